"""NPs alone: the polymer enters as a pair potential, U_nn + W_poly, in a table that LAMMPS reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from nanonet.composition import Composition, check_repulsion
from nanonet.errors import InputError
from nanonet.potentials.lennard_jones import CUTOFF, lj_cut_shifted
from nanonet.potentials.mediated import PolymerPotential

KEY = "NP"

MAX_END = 0.3
"""Largest W_poly (kT) at its last separation: a potential that has not died out there is refused."""

MIN_CORE = 5.0
"""How far (kT) U_nn + W_poly must rise above its minimum towards the innermost sampled separation."""

_ROWS = 3_000
_INNERMOST = 0.5  # of D: separation at which the table begins


@dataclass(frozen=True)
class Implicit:
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

    @property
    def diameter(self) -> float:
        """NP diameter (sigma)."""
        return self.composition.diameter

    def __str__(self) -> str:
        return f"implicit {self.composition}"


def implicit(composition: Composition, potential: PolymerPotential) -> Implicit:
    """Put a composition and the polymer-mediated potential of its triple together.

    Raises
    ------
    InputError
        The potential is of another triple, does not reach zero, or its range does not reach the repulsive core.
    """
    check_repulsion(composition)
    triple = potential.triple
    for name in ("diameter", "chain_length", "eps_pn"):
        if getattr(triple, name) != getattr(composition, name):
            raise InputError(
                f"{name} = {getattr(composition, name):g} of the composition is not that of the potential, "
                f"{getattr(triple, name):g}"
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


def table(subject: Implicit) -> NDArray[np.float64]:
    """Rows (n, 3) of separation, U_nn + W_poly and force; W_poly goes on as a straight line inside of its range."""
    return _at(subject, np.linspace(_INNERMOST * subject.diameter, _end(subject), _ROWS))


def force_table(subject: Implicit, rows: int) -> tuple[float, float, NDArray[np.float64]]:
    """First and last squared separation, and the force over the separation at `rows` evenly spaced between them."""
    squared = np.linspace((_INNERMOST * subject.diameter) ** 2, _end(subject) ** 2, rows)
    points = np.sqrt(squared)
    return float(squared[0]), float(squared[-1]), _at(subject, points)[:, 2] / points


def _end(subject: Implicit) -> float:
    return max(CUTOFF * subject.diameter, subject.r[-1])


def _at(subject: Implicit, points: NDArray[np.float64]) -> NDArray[np.float64]:
    r, w = np.array(subject.r), np.array(subject.w)
    w = w - w[-1]
    spline = CubicSpline(r, w)
    eps, diameter = subject.composition.eps_nn, subject.diameter
    inside = np.clip(points, r[0], r[-1])
    polymer = spline(inside) + np.where(points < r[0], spline(r[0], 1) * (points - r[0]), 0.0)
    slope = np.where(points > r[-1], 0.0, spline(inside, 1))
    inverse6 = (diameter / points) ** 6
    force = np.where(points < CUTOFF * diameter, 24.0 * eps * (2.0 * inverse6**2 - inverse6) / points, 0.0)
    return np.column_stack([points, lj_cut_shifted(points, diameter, eps) + polymer, force - slope])


def table_text(subject: Implicit) -> str:
    """The LAMMPS table file (pair_style table)."""
    rows = table(subject)
    head = f"# nanonet: {subject}: U_nn + W_poly\n\n{KEY}\nN {len(rows)} R {rows[0, 0]:.10g} {rows[-1, 0]:.10g}\n\n"
    return head + "".join(f"{i} {r:.10g} {u:.10g} {f:.10g}\n" for i, (r, u, f) in enumerate(rows.tolist(), start=1))
