"""What estimators of curves share: scikit-learn's conventions, so that its `clone` and searches take them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator

from nanonet.curve import Quantity
from nanonet.errors import InputError
from nanonet.evaluate.metrics import r2


class CurveEstimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """An estimator that learns curves G (n, m) on a grid r (m,) from inputs X (n, p).

    `fit(X, G)` takes the grid from the parameter `r`, `fit(X, G, r)` as given: scikit-learn would cut a grid that it is
    told to hand on as if it had a row a sample, where it has as many points as there are samples.
    """

    r: ArrayLike | None
    quantity: Quantity

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Curves (n, m) for inputs (n, p)."""
        raise NotImplementedError

    def score(self, X: ArrayLike, G: ArrayLike) -> float:
        """Coefficient of determination of curves G (n, m) of inputs X (n, p), over all their values."""
        return r2(G, self.predict(X))

    def _grid(self, r: ArrayLike | None) -> ArrayLike:
        if r is not None:
            return r
        if self.r is None:
            raise InputError("r is missing: give the grid of the curves to fit, or as the parameter r")
        return self.r
