"""Where a model may be asked: near its training data, each input alone and all together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanonet.composition import Composition
from nanonet.space import InputSpace, Point

Array = NDArray[np.float64]

NEAREST = 3
"""How many simulated compositions a prediction names."""

_NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}
_FEW = 20  # curves, below which a prediction says how far off a model of so few is
_MARGIN = 0.02  # beyond the simulated range of an input, in units of that range


@dataclass(frozen=True)
class Support:
    """What a prediction rests on."""

    simulations: int
    """Simulated compositions that the model was fitted to."""
    nps: tuple[int, int]
    """Smallest and largest number of NPs in one of those runs; (0, 0) where the model does not say."""
    converged: int | None
    """How many of those runs were judged converged; None where the model does not say."""
    neighbours: tuple[Point, ...]
    """The nearest of them, by rising distance."""
    distances: tuple[float, ...]
    """Their distances, each input in units of its simulated range."""
    leverage: float
    """How far all inputs together lie outside of the data: at most `leverage_limit` for what is inside."""
    leverage_limit: float
    """Largest leverage of a simulated composition with respect to the others."""
    warnings: tuple[str, ...]
    """Why the point is outside the data; empty if it is not."""
    little: str = ""
    """What a model of few curves does not know, in words; empty of others."""

    @property
    def nearest(self) -> Point:
        """The nearest simulated composition, or other point."""
        return self.neighbours[0]

    @property
    def distance(self) -> float:
        """Its distance."""
        return self.distances[0]

    def __str__(self) -> str:
        low, high = self.nps
        nps = f" of {low} to {high} NPs" if high > low else f" of {low} NPs" if high else ""
        verdict = "" if self.converged is None else f", {self.converged} of them converged"
        verdict += f" ({self.little})" if self.little else ""
        near = "; ".join(f"{c} ({d:.2f})" for c, d in zip(self.neighbours, self.distances, strict=True))
        ours = isinstance(self.nearest, Composition)
        what, where = ("simulations", "simulated compositions") if ours else ("curves", "points")
        return f"{self.simulations} {what}{nps}{verdict}; nearest {where} (distance in units of the ranges): {near}"

    @property
    def line(self) -> str:
        """The same in one line, with the nearest composition alone."""
        return f"{str(self).partition(';')[0]}; nearest {self.nearest} ({self.distance:.2f} of the ranges)"


@dataclass(frozen=True, eq=False)
class ApplicabilityDomain:
    """The surroundings of training inputs X (n, p): within their ranges, near one of them, of small leverage.

    Examples
    --------
    >>> ApplicabilityDomain(np.array([[0.0], [1.0], [2.0], [3.0]])).outside(np.array([[1.4], [9.0]]))
    array([False,  True])
    """

    X: Array

    def outside(self, inputs: Array) -> NDArray[np.bool_]:
        """Which inputs (l, p) lie outside, (l,)."""
        low, high, span = self._range
        beyond = ((inputs < low - _MARGIN * span) | (inputs > high + _MARGIN * span)).any(axis=1)
        distances = np.linalg.norm((inputs[:, None] - self.X) / span, axis=2).min(axis=1)
        own = _leverage(self._inverse, (inputs - low) / span)
        return np.asarray(beyond | (distances > self._reach) | (own > self._limit))

    def nearest(self, x: Array) -> tuple[NDArray[np.intp], Array]:
        """Rows of `X` nearest to inputs x (p,), by rising distance, and their distances in units of the ranges."""
        distances = np.linalg.norm((self.X - x) / self._range[2], axis=1)
        order = np.argsort(distances, kind="stable")[:NEAREST]
        return order, np.asarray(distances[order])

    def support(self, x: Array, space: InputSpace, card: Mapping[str, Any]) -> Support:
        """What a prediction for inputs x (p,) of a space rests on, with what the card says of the runs."""
        low, high, span = self._range
        order, distances = self.nearest(x)
        texts = [
            f"{name} = {value:g} is outside the simulated {a:g} to {b:g}"
            for name, value, a, b, s in zip(space.names, x, low, high, span, strict=True)
            if not a - _MARGIN * s <= value <= b + _MARGIN * s
        ]
        if distances[0] > self._reach:
            texts.append(
                f"the nearest simulated composition is {distances[0]:.2f} away (in units of the ranges), "
                f"farther than any two neighbours in the data ({self._reach:.2f})"
            )
        own = float(_leverage(self._inverse, (x - low)[None] / span)[0])
        if own > self._limit:
            texts.append(
                f"all {_NUMBERS.get(len(x), len(x))} inputs together lie outside the simulated compositions (leverage "
                f"{own:.2f}, in the data at most {self._limit:.2f})"
            )
        runs = card.get("runs", ())
        nps = [int(run["nps"]) for run in runs if "nps" in run]
        verdicts = [bool(run["converged"]) for run in runs if "converged" in run]
        return Support(
            simulations=len(self.X),
            nps=(min(nps), max(nps)) if nps else (0, 0),
            converged=sum(verdicts) if verdicts else None,
            neighbours=space.points(self.X[order]),
            distances=tuple(distances.tolist()),
            leverage=own,
            leverage_limit=self._limit,
            warnings=tuple(texts),
            little=self._little(space, card) if len(self.X) < _FEW else "",
        )

    def _little(self, space: InputSpace, card: Mapping[str, Any]) -> str:
        off = (card.get("cross_validation") or {}).get("ln_rmse")
        constant = [name for name, x in zip(space.names, self.X.T, strict=True) if np.ptp(x) == 0]
        told = ["few"] + ([] if off is None else [f"g left out of them is off by a factor of {np.exp(off):.1f}"])
        return ", ".join(told + ([f"{' '.join(constant)} never varied"] if constant else []))

    @cached_property
    def _range(self) -> tuple[Array, Array, Array]:
        """Least and largest training inputs, and their difference, 1 where there is none."""
        low, high = self.X.min(axis=0), self.X.max(axis=0)
        return low, high, np.where(high > low, high - low, 1.0)

    @cached_property
    def _scaled(self) -> Array:
        low, _, span = self._range
        return np.asarray((self.X - low) / span)

    @cached_property
    def _inverse(self) -> Array:
        return _inverse(self._scaled)

    @cached_property
    def _reach(self) -> float:
        """Largest distance from one training input to its nearest other."""
        if len(self._scaled) < 2:
            return 0.0
        distances = np.linalg.norm(self._scaled[:, None] - self._scaled[None], axis=2)
        np.fill_diagonal(distances, np.inf)
        return float(distances.min(axis=1).max())

    @cached_property
    def _limit(self) -> float:
        return largest_leverage(self._scaled)


def leverage(inputs: Array, x: Array) -> Array:
    """Leverage (l,) of each x (l, p) with respect to inputs (n, p).

    q (Q^T Q)^-1 q with q = (1, x): how far x lies from the middle of the data along directions in which they hardly
    extend, whatever each input alone does. A slight ridge keeps directions in which nothing varies out of it.

    Examples
    --------
    >>> leverage(np.array([[0.0], [1.0], [2.0]]), np.array([[1.0], [4.0]])).round(2)
    array([0.33, 4.83])
    """
    return _leverage(_inverse(inputs), x)


def _inverse(inputs: Array) -> Array:
    rows = np.column_stack([np.ones(len(inputs)), inputs])
    return np.asarray(np.linalg.inv(rows.T @ rows + 1e-3 * np.eye(rows.shape[1])))


def _leverage(inverse: Array, x: Array) -> Array:
    asked = np.column_stack([np.ones(len(x)), x])
    return np.asarray(np.einsum("ij,ij->i", asked @ inverse, asked))


def largest_leverage(inputs: Array) -> float:
    """The largest leverage of one of the inputs (n, p) with respect to all others.

    Examples
    --------
    >>> round(largest_leverage(np.array([[0.0], [1.0], [2.0], [3.0]])), 2)
    2.33
    """
    inside = leverage(inputs, inputs)
    return float((inside / np.maximum(1.0 - inside, 1e-9)).max())
