"""Cross-validation: predictions of curves that models were not fitted on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NotRequired, Protocol, TypedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nanonet.errors import InputError
from nanonet.evaluate.metrics import FLOOR, ln_rmse
from nanonet.evaluate.splits import MIN_CURVES, splits

LEAVE_ONE_OUT = 30
"""Largest number of curves that are left out one by one; more go in ten folds."""

Array = NDArray[np.float64]


class Scores(TypedDict):
    """What a model's card reports of its predictions of curves that it has not seen."""

    ln_rmse: float
    coverage: NotRequired[float]
    coverage_error: NotRequired[float]
    band_width_ln: NotRequired[float]
    how: str


class Estimator(Protocol):
    """Learns curves G (n, m) on a grid r (m,) from inputs X (n, p), and predicts some."""

    def fit(self, X: ArrayLike, G: ArrayLike, r: ArrayLike) -> Estimator:
        """Learn; returns itself."""

    def predict(self, X: ArrayLike) -> Array:
        """Curves (n, m)."""


class BandedEstimator(Protocol):
    """One with a band, which takes the errors of curves (n, m)."""

    def fit(self, X: ArrayLike, G: ArrayLike, r: ArrayLike, error: ArrayLike | None) -> BandedEstimator:
        """Learn; returns itself."""

    def band(self, X: ArrayLike) -> tuple[Array, Array, Array]:
        """Medians and ends of the 90 % bands (n, m)."""


def held_out(
    make: Callable[[], BandedEstimator],
    X: Array,
    G: Array,
    r: Array,
    error: Array | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Array, Array, Array]:
    """Medians and ends of the 90 % bands (n, m) of each curve by models that have not seen it, nor a copy of it.

    `InputError` where too few others are left to learn from.
    """
    n = len(X)
    found = np.empty((3, *G.shape))
    pairs = splits(n, n if n <= LEAVE_ONE_OUT else 10, X=X)
    _check(pairs)
    for i, (train, test) in enumerate(pairs):
        model = make().fit(X[train], G[train], r, None if error is None else error[train])
        found[:, test] = model.band(X[test])
        if progress is not None:
            progress(i + 1, len(pairs))
    return found[0], found[1], found[2]


def folded(make: Callable[[], Estimator], X: Array, G: Array, r: Array, folds: int = 5) -> Scores | None:
    """Scores of models without bands, each curve predicted by one that has not seen its fold: plain values for a card.

    Copies are left out together. None for fewer curves than can be learnt and left out one after the other.
    """
    if len(X) < folds or min(len(train) for train, _ in splits(len(X), folds, X=X)) < MIN_CURVES:
        return None
    predicted = np.empty_like(G)
    for train, test in splits(len(X), folds, X=X):
        predicted[test] = make().fit(X[train], G[train], r).predict(X[test])
    return {
        "ln_rmse": round(float(np.nanmean(ln_rmse(G, predicted))), 4),
        "how": f"{folds} folds, each curve by a model that has not seen it; bins with g above {FLOOR:g}",
    }


def _check(pairs: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]) -> None:
    for train, test in pairs:
        if len(train) < MIN_CURVES:
            raise InputError(
                f"without curve {test[0]} and its copies {len(train)} curves are left; allowed are {MIN_CURVES} or more"
            )


def coverage(G: Array, low: Array, high: Array) -> Array:
    """Share of the bins with g above `FLOOR` that the band holds, for each curve (n,); NaN where there are none."""
    counted = G > FLOOR
    inside = (low <= G) & (high >= G) & counted
    number = counted.sum(axis=1)
    return np.where(number > 0, inside.sum(axis=1) / np.maximum(number, 1), np.nan)


def width(G: Array, low: Array, high: Array) -> Array:
    """Mean width of the band in ln g over the same bins, for each curve (n,); its ends count from `FLOOR` on."""
    counted = G > FLOOR
    ratio = np.log(np.maximum(high, FLOOR)) - np.log(np.maximum(low, FLOOR))
    return np.where(counted.any(axis=1), (ratio * counted).sum(axis=1) / np.maximum(counted.sum(axis=1), 1), np.nan)


def scores(G: Array, median: Array, low: Array, high: Array) -> Scores:
    """Plain values for a model's card."""
    covered = coverage(G, low, high)
    n = int((~np.isnan(covered)).sum())
    return {
        "ln_rmse": round(float(np.nanmean(ln_rmse(G, median))), 4),
        "coverage": round(float(np.nanmean(covered)), 4),
        "coverage_error": round(float(np.nanstd(covered, ddof=1) / np.sqrt(n)), 4),
        "band_width_ln": round(float(np.nanmean(width(G, low, high))), 4),
        "how": f"each curve by a model that has not seen it; bins with g above {FLOOR:g}; coverage by 90 % bands",
    }
