"""Trivial models, with which everything must be compared."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Mean:
    """Predicts the same curve for every input: the mean of those that it was fitted to.

    Parameters
    ----------
    floor:
        None: the mean of g, best for errors of g. A number: the exponential of the mean of ln max(g, floor), best
        for errors of ln g; 0 where no curve exceeds the floor.

    Examples
    --------
    >>> Mean().fit(np.array([[0.0], [1.0]]), np.array([[1.0], [3.0]]), np.array([0.5])).predict(np.array([[0.2]]))
    array([[2.]])
    """

    def __init__(self, floor: float | None = None) -> None:
        self.floor = floor

    def fit(self, X: ArrayLike, G: ArrayLike, r: ArrayLike) -> Mean:
        """Take the mean of the curves G (n, m); X and r do not count."""
        curves = np.asarray(G, dtype=np.float64)
        if self.floor is None:
            self.curve = curves.mean(axis=0)
        else:
            mean = np.exp(np.log(np.maximum(curves, self.floor)).mean(axis=0))
            self.curve = np.where((curves > self.floor).any(axis=0), mean, 0.0)
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """The mean curve for each of the inputs X (n, p), as (n, m)."""
        return np.tile(self.curve, (len(np.asarray(X)), 1))


class Nearest:
    """Predicts the curve of the nearest input that it was fitted to, each column in units of its range there.

    Examples
    --------
    >>> Nearest().fit(np.array([[0.0], [1.0]]), np.array([[1.0], [3.0]]), np.array([0.5])).predict(np.array([[0.2]]))
    array([[1.]])
    """

    def fit(self, X: ArrayLike, G: ArrayLike, r: ArrayLike) -> Nearest:
        """Remember inputs X (n, p) and curves G (n, m); r does not count."""
        self.X, self.G = np.asarray(X, dtype=np.float64), np.asarray(G, dtype=np.float64)
        span = np.ptp(self.X, axis=0)
        self.span = np.where(span > 0, span, np.inf)  # what never varied tells nothing
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """The nearest curves (n, m) for inputs X (n, p)."""
        apart = (np.asarray(X, dtype=np.float64)[:, None] - self.X) / self.span
        return np.asarray(self.G[np.square(apart).sum(axis=2).argmin(axis=1)])
