"""NPs alone: the polymer enters as a pair potential, U_nn + W_poly, in a table that LAMMPS reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nanonet.composition import Composition, check_repulsion, number_of_nps
from nanonet.errors import InputError
from nanonet.potentials.lennard_jones import CUTOFF, lj_cut_shifted
from nanonet.potentials.mediated import PolymerPotential
from nanonet.protocol import Protocol
from nanonet.records import CompositionRecord, PotentialRecord
from nanonet.systems.base import Array, Configuration, Ensemble, ForceField, Numbers, OfComposition, check_start
from nanonet.systems.placement import place_alone

MAX_END = 0.3
"""Largest W_poly (kT) at its last separation: a potential that has not died out there is refused."""

MIN_CORE = 5.0
"""How far (kT) U_nn + W_poly must rise above its minimum towards the innermost sampled separation."""

_INNERMOST = 0.5  # of D: separation at which the table starts


@dataclass(frozen=True)
class Implicit(OfComposition):
    """A composition whose polymer is a pair potential.

    Parameters
    ----------
    composition:
        What is simulated.
    r, w:
        W_poly: separations (sigma) and values (kT), as `implicit` takes them from a `PolymerPotential`.
    """

    composition: Composition
    r: tuple[float, ...]
    w: tuple[float, ...]

    kind: ClassVar[str] = "implicit"
    entries: ClassVar[tuple[str, ...]] = ("composition", "potential")
    ensemble: ClassVar[Ensemble] = "langevin"
    accelerated: ClassVar[bool] = False

    def parameters(self) -> dict[str, object]:
        """Composition and W_poly, as plain values."""
        return {"composition": self.composition.to_json(), "potential": {"r": self.r, "w": self.w}}

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, object]) -> Implicit:
        """The system of plain values."""
        found = PotentialRecord.from_json(parameters["potential"], "potential")
        composition = CompositionRecord.from_json(parameters["composition"], "composition")
        return cls(composition.value, found.r, found.w)

    def numbers(self, protocol: Protocol) -> Numbers:
        """As many NPs as an explicit run has."""
        check_repulsion(self.composition)
        nps = number_of_nps(self.composition.density, protocol.min_box, protocol.min_nps)
        return Numbers(nps, 0, nps)

    def configuration(self, protocol: Protocol, nps: Array | None = None) -> Configuration:
        """NPs at random, or as one compact crystal, in the volume of the density."""
        count = self.numbers(protocol).nps
        check_start(protocol, anneals=True)
        box = (count / self.composition.density) ** (1.0 / 3.0)
        rng = np.random.default_rng(protocol.seed)
        placed = place_alone(count, box, self.diameter, protocol.start, rng)
        return Configuration.of_chains(box, np.empty((0, 1, 3)), placed)

    def force_field(self) -> ForceField:
        """U_nn + W_poly from a table, which is this system itself; NPs of mass 1."""
        return ForceField((1.0, 1.0), table=self)

    @property
    def title(self) -> str:
        """What the table holds."""
        return f"{self}: U_nn + W_poly"

    @property
    def inner(self) -> float:
        """Separation (sigma) at which the table starts."""
        return _INNERMOST * self.diameter

    @property
    def outer(self) -> float:
        """Separation (sigma) at which it ends."""
        return max(CUTOFF * self.diameter, self.r[-1])

    def at(self, r: Array) -> Array:
        """Rows (n, 3) of separation, U_nn + W_poly and force; W_poly is a straight line inside of its range."""
        from scipy.interpolate import CubicSpline  # half a second to import

        known, w = np.array(self.r), np.array(self.w)
        w = w - w[-1]
        spline = CubicSpline(known, w)
        eps, diameter = self.composition.eps_nn, self.diameter
        inside = np.clip(r, known[0], known[-1])
        polymer = spline(inside) + np.where(r < known[0], spline(known[0], 1) * (r - known[0]), 0.0)
        slope = np.where(r > known[-1], 0.0, spline(inside, 1))
        inverse6 = (diameter / r) ** 6
        force = np.where(r < CUTOFF * diameter, 24.0 * eps * (2.0 * inverse6**2 - inverse6) / r, 0.0)
        return np.column_stack([r, lj_cut_shifted(r, diameter, eps) + polymer, force - slope])

    def __str__(self) -> str:
        return f"implicit {self.composition}"


def implicit(composition: Composition, potential: PolymerPotential) -> Implicit:
    """Put a composition and the polymer-mediated potential of its NPs together.

    Raises
    ------
    InputError
        The potential is of other pair inputs, does not reach zero, or its range does not reach the repulsive core.

    Examples
    --------
    >>> from nanonet.formats import potential_table
    >>> from nanonet.potentials.mediated import PairInputs
    >>> potential = potential_table.shipped().potential(PairInputs(3, 40, 1.0))
    >>> implicit(Composition(3, 40, 0.002, 0.5, 1.0), potential).composition.density
    0.002
    """
    check_repulsion(composition)
    pair = potential.pair_inputs
    for name in ("diameter", "chain_length", "eps_pn"):
        if getattr(pair, name) != getattr(composition, name):
            raise InputError(
                f"{name} = {getattr(composition, name):g} of the composition is not that of the potential, "
                f"{getattr(pair, name):g}"
            )
    if not abs(potential.w[-1]) <= MAX_END:
        raise InputError(
            f"W_poly = {potential.w[-1]:.2g} kT at its end, {potential.r[-1]:.2f} sigma, is not within {MAX_END:g} of "
            "zero: windows further out are needed"
        )
    total = potential.total(composition.eps_nn)
    if not total[0] - total.min() >= MIN_CORE:
        raise InputError(
            f"U_nn + W_poly at {potential.r[0]:.2f} sigma is only {total[0] - total.min():.2g} kT above its minimum; "
            f"allowed is {MIN_CORE:g} or more: windows further in are needed"
        )
    return Implicit(composition, tuple(np.round(potential.r, 6).tolist()), tuple(np.round(potential.w, 6).tolist()))
