"""g(r) of a composition from U_nn + W_poly at no cost: the dilute limit, or the Ornstein-Zernike equation."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nanonet.composition import Composition
from nanonet.errors import InputError
from nanonet.potentials.dilute import PairPotential
from nanonet.potentials.integral_equation import GRID, solve
from nanonet.rdf import RDF, standard_grid

CLOSURES = ("HNC", "PY")
DILUTE = "dilute"

_FINE = np.asarray(0.002 * np.arange(1, 6_001), dtype=np.float64)  # where exp(-W) is computed (sigma)
_INSIDE = 10  # points of a bin over which g is averaged


@dataclass(frozen=True, eq=False)
class Theory:
    """g(r) of a composition by a theory."""

    rdf: RDF
    """In bins of the standard grid; without errors, for it has none of its own."""
    closure: str
    """What gave it: `HNC`, `PY`, or `dilute`, exp(-W)."""
    asked: str | None = None
    """The closure that was asked for and did not converge; None where it did."""
    extrapolated: bool = False
    """Whether W_poly is not known there: that of the nearest pair inputs was taken."""

    @property
    def converged(self) -> bool:
        """Whether this is what was asked for."""
        return self.asked is None

    @property
    def label(self) -> str:
        """What it is, for a legend."""
        return "dilute limit" if self.closure == DILUTE else f"integral equation ({self.closure})"


def theory(potential: PairPotential, composition: Composition, closure: str | None = None) -> Theory:
    """g(r) of NPs with the pair potential of a composition at its density.

    The polymer acts between pairs only, as it does on two NPs alone; see `integral_equation` for the closures. An
    equation without a solution (inside the spinodal, where NPs condense) gives way to the dilute limit, exp(-W).

    Parameters
    ----------
    potential:
        W(r) by composition: `formats.potential_table.shipped()`.
    composition:
        The composition.
    closure:
        `HNC`, `PY` or `dilute`; left out: the first of these with a solution.

    Raises
    ------
    InputError
        Another closure.

    Notes
    -----
    Hansen & McDonald, Theory of Simple Liquids, chapter 4.

    Examples
    --------
    >>> from nanonet.formats import potential_table
    >>> theory(potential_table.shipped(), Composition(3, 40, 0.002, 0.5, 1.0)).closure
    'HNC'
    """
    check_closure(closure)
    X = np.array([composition.values])
    extrapolated = bool(potential.outside(X)[0])
    tried = CLOSURES if closure is None else () if closure == DILUTE else (closure,)
    w = potential.pmf(X, GRID)[0]
    for one in tried:
        g = solve(w, composition.density, one)
        if g is not None:
            return Theory(_binned(GRID, g), one, None, extrapolated)
    dilute = Theory(_binned(_FINE, np.exp(-potential.pmf(X, _FINE)[0])), DILUTE, None, extrapolated)
    return replace(dilute, asked=" and ".join(tried)) if tried else dilute


def lines(potential: PairPotential, composition: Composition) -> tuple[Theory, ...]:
    """What stands beside a prediction: the dilute limit, and the integral equation where it has a solution.

    Examples
    --------
    >>> from nanonet.formats import potential_table
    >>> [one.label for one in lines(potential_table.shipped(), Composition(3, 40, 0.002, 0.5, 1.0))]
    ['dilute limit', 'integral equation (HNC)']
    """
    found = (theory(potential, composition, DILUTE), theory(potential, composition))
    return found if found[1].converged else found[:1]


def check_closure(closure: str | None) -> None:
    """`InputError` for a closure that is none.

    Examples
    --------
    >>> check_closure("HNC")
    >>> check_closure("MSA")
    Traceback (most recent call last):
        ...
    nanonet.errors.InputError: closure = 'MSA' is not one of HNC, PY, dilute
    """
    if closure is not None and closure not in (*CLOSURES, DILUTE):
        raise InputError(f"closure = {closure!r} is not one of {', '.join((*CLOSURES, DILUTE))}")


def _binned(x: NDArray[np.float64], g: NDArray[np.float64]) -> RDF:
    """Means of g over the shells of the standard bins."""
    r = standard_grid()
    places = r[:, None] + (r[1] - r[0]) * ((np.arange(_INSIDE) + 0.5) / _INSIDE - 0.5)
    return RDF(r, (np.interp(places, x, g) * places**2).sum(axis=1) / (places**2).sum(axis=1))
