"""g(r) at infinite dilution, exp(-W), as the prior mean of a model: what NPs do beyond it is learnt as a difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from nanonet.composition import FIELDS
from nanonet.errors import InputError

CAP = 4.0
"""Depth (kT) at which attraction levels off; between 2.5 and 7 the choice hardly matters."""

_FARTHEST = 1_000.0  # end of a grid of distances (sigma)


class PairPotential(Protocol):
    """A potential of mean force of two NPs, by composition; `PotentialTable` is one."""

    def pmf(self, X: NDArray[np.float64], r: NDArray[np.float64]) -> NDArray[np.float64]:
        """W(r) (n, m), kT, of compositions X (n, 5) at separations r (m,)."""

    def outside(self, X: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Of which compositions (n,) W is not known."""


class MediatedPotential(PairPotential, Protocol):
    """One that tells the polymer's part; `PotentialTable` is one."""

    def polymer(self, X: NDArray[np.float64], r: NDArray[np.float64]) -> NDArray[np.float32]:
        """W_poly(r) (n, m), kT, of compositions X (n, 5) at rising separations r (m,)."""


class Expected(NamedTuple):
    """What a prior mean says of n inputs."""

    curves: NDArray[np.float64]
    """(n, m)"""
    features: NDArray[np.float64]
    """Further inputs of the kernel (n, q)."""
    place: NDArray[np.float64]
    """Where on the abscissa (n, m), evenly spaced, differences of curves line up."""


@dataclass(frozen=True, eq=False)
class DiluteLimit:
    """g0 = exp(-W) of compositions, from contact on: a `models.base.PriorMean`.

    Parameters
    ----------
    potential:
        W(r).
    cap:
        Attraction deeper than this (kT) levels off, cap tanh(-W / cap): no run reaches exp(10).

    Examples
    --------
    >>> from nanonet.formats import potential_table
    >>> r = (np.arange(100) + 0.5) / 10
    >>> DiluteLimit(potential_table.shipped()).evaluate(np.array([[3, 40, 0.002, 0.5, 1.0]]), r).curves.shape
    (1, 100)
    """

    potential: PairPotential
    cap: float = CAP

    beyond = "W_poly is not known there: that of the nearest diameter, chain length and eps_pn in its table was taken"
    features = 1
    parameters = ()

    def evaluate(self, X: NDArray[np.float64], x: NDArray[np.float64]) -> Expected:
        """g0 (n, m) at distances x (m,), asinh of the depth of W's well (n, 1), and the gap x - D (n, m)."""
        w = self.potential.pmf(X, x)
        ln_g = np.negative(w).astype(np.float32)  # as W's table is; NumPy's exp and tanh are several times as fast
        capped = self.cap * np.tanh(np.maximum(ln_g, 0.0) / self.cap)
        np.minimum(ln_g, 0.0, out=ln_g)
        ln_g += capped
        g0 = np.exp(ln_g, out=ln_g).astype(np.float64)
        return Expected(g0, np.arcsinh(-w.min(axis=1))[:, None], x - X[:, FIELDS.index("diameter"), None])

    def with_parameters(self, values: tuple[float, ...]) -> DiluteLimit:
        """Itself: it has none."""
        return self

    def outside(self, X: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Of which compositions (n,) W is not known: that of the nearest known one was taken."""
        return self.potential.outside(X)

    def check(self, X: NDArray[np.float64], x: NDArray[np.float64]) -> None:
        """As `check_grid`."""
        check_grid(X, x)


def check_grid(X: NDArray[np.float64], x: NDArray[np.float64]) -> None:
    """`InputError` where X are no compositions, or x is no evenly spaced grid of distances that ends in reason.

    Examples
    --------
    >>> check_grid(np.array([[3, 40, 0.002, 0.5, 1.0]]), (np.arange(100) + 0.5) / 10)
    """
    if X.shape[1] != len(FIELDS):
        raise InputError(f"X has {X.shape[1]} columns; the dilute limit takes the {len(FIELDS)} of a composition")
    if not np.allclose(np.diff(x), x[1] - x[0], rtol=1e-3):
        raise InputError("r is not evenly spaced")
    if not 1.0 <= x[-1] <= _FARTHEST:
        raise InputError(f"r ends at {x[-1]:g}; allowed are 1 to {_FARTHEST:g} (sigma) with the dilute limit")
