"""What a simulation costs, in hours of one core."""

from __future__ import annotations

from functools import cache

import numpy as np

from nanonet.analyze.entries import second_virial
from nanonet.composition import Composition
from nanonet.dataset import Dataset
from nanonet.potentials.mediated import CONDENSES
from nanonet.protocol import Protocol
from nanonet.systems.kinds import as_system

BEAD_STEPS = 2.2e6
"""Beads times steps that one core makes a second (docs/results/multiscale.md)."""


def explicit_hours(composition: Composition, protocol: Protocol) -> float:
    """Core-hours of one explicit run; `InputError` for a composition that cannot be simulated.

    They grow with the box, which for the least number of NPs grows with one over the density.

    Examples
    --------
    >>> from nanonet.protocol import preset
    >>> round(explicit_hours(Composition(3, 40, 0.002, 0.5, 1.0), preset("standard")), 2)
    0.36
    """
    particles = as_system(composition).numbers(protocol).particles
    return particles * protocol.total_steps / BEAD_STEPS / 3600.0


def implicit_hours(composition: Composition) -> float:
    """Core-hours of a composition's implicit runs, W_poly being known: the median of the shipped ones.

    Examples
    --------
    >>> implicit_hours(Composition(3, 40, 0.002, 0.5, 1.0)) < 0.01
    True
    """
    return _of_implicit(_may_condense(composition))[0]


def implicit_off(composition: Composition) -> float:
    """By how much ln g of implicit runs is off from explicit ones beyond all known errors, a standard deviation.

    Examples
    --------
    >>> implicit_off(Composition(3, 40, 0.002, 0.5, 1.2)) < implicit_off(Composition(3, 40, 0.002, 0.5, 0.2))
    True
    """
    return _of_implicit(_may_condense(composition))[1]


@cache
def _of_implicit(condensing: bool) -> tuple[float, float]:
    """Median core-hours, and the discrepancy, that the shipped implicit compositions of a regime have on record."""
    found = [
        (entry.core_hours, entry.discrepancy)
        for entry in Dataset.shipped("implicit").provenance
        if (entry.second_virial is None or entry.second_virial < CONDENSES) == condensing
    ]
    hours, off = (float(np.median([one for one in values if one is not None])) for values in zip(*found, strict=True))
    return hours, off


def _may_condense(composition: Composition) -> bool:
    virial = second_virial(composition)
    return virial is None or virial < CONDENSES
