"""What a simulation costs, in hours of one core."""

from __future__ import annotations

from nanonet.analyze.entries import second_virial
from nanonet.campaign.implicit import CONDENSES
from nanonet.composition import Composition
from nanonet.protocol import Protocol
from nanonet.systems.kinds import as_system

BEAD_STEPS = 2.2e6
"""Beads times steps that one core makes a second (docs/results/multiscale.md)."""

IMPLICIT_HOURS = {False: 0.0018, True: 0.0084}
"""Of all implicit runs of a composition, whether its NPs may condense or not (docs/results/multiscale.md, Cost)."""

IMPLICIT_OFF = {False: 0.21, True: 0.96}
"""Spread of ln g between implicit and explicit runs beyond all known errors, likewise (the same, Comparison)."""


def explicit_hours(composition: Composition, protocol: Protocol) -> float:
    """Core-hours of one explicit run; `InputError` for a composition that cannot be simulated.

    They grow with the box, which for the least number of NPs grows with one over the density.
    """
    numbers = as_system(composition).numbers(protocol)
    particles = numbers.nps + numbers.chains * composition.chain_length
    return particles * protocol.total_steps / BEAD_STEPS / 3600.0


def implicit_hours(composition: Composition) -> float:
    """Core-hours of a composition's implicit runs, W_poly being known."""
    return IMPLICIT_HOURS[_may_condense(composition)]


def implicit_off(composition: Composition) -> float:
    """By how much ln g of implicit runs of a composition is off, a standard deviation."""
    return IMPLICIT_OFF[_may_condense(composition)]


def _may_condense(composition: Composition) -> bool:
    virial = second_virial(composition)
    return virial is None or virial < CONDENSES
