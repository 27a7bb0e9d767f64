"""Cross-validation: predictions of curves that models were not fitted on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NotRequired, Protocol, TypedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nanonet.curve import G_R, Quantity
from nanonet.errors import InputError
from nanonet.evaluate.metrics import FLOOR, ln_rmse
from nanonet.evaluate.splits import MIN_CURVES, splits

LEAVE_ONE_OUT = 30
"""Largest number of curves that are left out one by one; more go in ten folds."""

Array = NDArray[np.float64]


class Scores(TypedDict):
    """What a model's card reports of its predictions of curves that it has not seen."""

    ln_rmse: NotRequired[float]
    """Of the logarithm, where curves are never negative."""
    rmse: NotRequired[float]
    """Of the curves themselves where they may be, in units of their spread about their mean curve."""
    coverage: NotRequired[float]
    coverage_error: NotRequired[float]
    band_width_ln: NotRequired[float]
    how: NotRequired[str]


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

    Examples
    --------
    >>> from nanonet.learn.gaussian_process import GaussianProcess
    >>> X, r = np.linspace(0, 1, 5)[:, None], np.array([1.0, 2.0])
    >>> median, low, high = held_out(GaussianProcess, X, 1 + X * r, r)
    >>> median.shape, bool((low <= high).all())
    ((5, 2), True)
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


def folded(
    make: Callable[[], Estimator], X: Array, G: Array, r: Array, folds: int = 5, quantity: Quantity = G_R
) -> Scores | None:
    """Scores of models without bands, each curve predicted by one that has not seen its fold: plain values for a card.

    Copies are left out together. None for fewer curves than can be learnt and left out one after the other.

    Examples
    --------
    >>> from nanonet.evaluate.baselines import Mean
    >>> X, r = np.linspace(0, 1, 10)[:, None], np.array([1.0, 2.0])
    >>> folded(Mean, X, 1 + X * r, r)
    {'ln_rmse': 0.2474, 'how': '5 folds, each curve by a model that has not seen it; bins with g above 0.05'}
    """
    if len(X) < folds or min(len(train) for train, _ in splits(len(X), folds, X=X)) < MIN_CURVES:
        return None
    predicted = np.empty_like(G)
    for train, test in splits(len(X), folds, X=X):
        predicted[test] = make().fit(X[train], G[train], r).predict(X[test])
    how = f"{folds} folds, each curve by a model that has not seen it{_counted(quantity, G)}"
    return {**error_of(G, predicted, quantity), "how": how}


def _check(pairs: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]) -> None:
    for train, test in pairs:
        if len(train) < MIN_CURVES:
            raise InputError(
                f"without curve {test[0]} and its copies {len(train)} curves are left; allowed are {MIN_CURVES} or more"
            )


def least(quantity: Quantity, Y: Array) -> float:
    """Value of a quantity above which the curves Y (n, m) count: `FLOOR` of its limit at large x, or of their rms.

    Examples
    --------
    >>> least(G_R, np.ones((1, 3)))
    0.05
    """
    if not quantity.bounded:
        return -np.inf
    return float(FLOOR * (quantity.limit or np.sqrt(np.mean(Y**2))))


def error_of(Y: Array, predicted: Array, quantity: Quantity) -> Scores:
    """Error of predicted curves (n, m) of a quantity: of the logarithm where it is never negative, else of y itself.

    Examples
    --------
    >>> error_of(np.ones((1, 3)), np.full((1, 3), np.e), G_R)
    {'ln_rmse': 1.0}
    """
    if quantity.bounded:
        return {"ln_rmse": round(float(np.nanmean(ln_rmse(Y, predicted, least(quantity, Y)))), 4)}
    spread = np.sqrt(np.mean((Y - Y.mean(axis=0)) ** 2))
    return {"rmse": round(float(np.sqrt(np.mean((Y - predicted) ** 2)) / spread), 4)}


def _counted(quantity: Quantity, Y: Array) -> str:
    if not quantity.bounded:
        return "; in units of the spread of the curves about their mean"
    return f"; bins with {quantity.name} above {least(quantity, Y):g}"


def coverage(G: Array, low: Array, high: Array, floor: float = FLOOR) -> Array:
    """Share of the bins with g above `floor` that the band holds, for each curve (n,); NaN where there are none.

    Examples
    --------
    >>> coverage(np.ones((1, 2)), np.array([[0.5, 1.5]]), np.array([[2.0, 2.0]]))
    array([0.5])
    """
    counted = floor < G
    inside = (low <= G) & (high >= G) & counted
    number = counted.sum(axis=1)
    return np.where(number > 0, inside.sum(axis=1) / np.maximum(number, 1), np.nan)


def width(G: Array, low: Array, high: Array, floor: float = FLOOR) -> Array:
    """Mean width of the band in ln g over the same bins, for each curve (n,); its ends count from `floor` on.

    Examples
    --------
    >>> width(np.ones((1, 2)), np.ones((1, 2)), np.full((1, 2), np.e))
    array([1.])
    """
    counted = floor < G
    ratio = np.log(np.maximum(high, floor)) - np.log(np.maximum(low, floor))
    return np.where(counted.any(axis=1), (ratio * counted).sum(axis=1) / np.maximum(counted.sum(axis=1), 1), np.nan)


def scores(G: Array, median: Array, low: Array, high: Array, quantity: Quantity = G_R) -> Scores:
    """Plain values for a model's card: of curves G (n, m) of a quantity, and of predictions of them.

    Examples
    --------
    >>> G = np.ones((2, 2))
    >>> scores(G, G, 0.5 * G, 2.0 * G)["coverage"]
    1.0
    """
    covered = coverage(G, low, high, least(quantity, G))
    n = int((~np.isnan(covered)).sum())
    found: Scores = {
        **error_of(G, median, quantity),
        "coverage": round(float(np.nanmean(covered)), 4),
        "coverage_error": round(float(np.nanstd(covered, ddof=1) / np.sqrt(n)), 4),
        "how": f"each curve by a model that has not seen it{_counted(quantity, G)}; coverage by 90 % bands",
    }
    if quantity.bounded:
        found["band_width_ln"] = round(float(np.nanmean(width(G, low, high, least(quantity, G)))), 4)
    return found
