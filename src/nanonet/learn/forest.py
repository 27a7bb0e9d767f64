"""Scaled random forest: composition -> latent (paper, Random Forest; figures 2 and 6)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestRegressor

from nanonet.errors import InputError


@dataclass(frozen=True)
class Scaling:
    """Maps each column to 0..1 by the least and largest value that it was made from; a constant column maps to 0.

    Examples
    --------
    >>> Scaling.of(np.array([[1.0], [3.0]])).scale(np.array([[2.0]]))
    array([[0.5]], dtype=float32)
    """

    low: NDArray[np.float64]
    span: NDArray[np.float64]

    @staticmethod
    def of(values: NDArray[np.float64]) -> Scaling:
        """The scaling of the columns of an array (n, p)."""
        low = values.min(axis=0)
        span = values.max(axis=0) - low
        return Scaling(low, np.where(span > 0, span, 1.0))

    def scale(self, values: NDArray[np.float64]) -> NDArray[np.float32]:
        """Values (n, p) to 0..1."""
        return np.asarray((values - self.low) / self.span, dtype=np.float32)

    def restore(self, scaled: NDArray[np.float32]) -> NDArray[np.float32]:
        """The inverse of `scale`."""
        return np.asarray(scaled * self.span + self.low, dtype=np.float32)


@dataclass(frozen=True)
class Forest:
    """Random forest between scaled inputs (n, p) and scaled latents (n, k).

    Examples
    --------
    >>> X = np.linspace(0, 1, 8)[:, None]
    >>> Forest.fit(X, np.hstack([X, X**2]), trees=10, seed=0).predict(X).shape
    (8, 2)
    """

    inputs: Scaling
    latents: Scaling
    trees: RandomForestRegressor

    @staticmethod
    def fit(
        X: NDArray[np.float64], Z: NDArray[np.float64], *, trees: int, max_features: float = 1.0, seed: int
    ) -> Forest:
        """Fit a forest.

        `max_features` is what a split may look at, as scikit-learn reads it: 1.0 is all inputs (most likely what the
        paper's "default value of one" means), the whole number 1 a single one.

        Raises
        ------
        InputError
            `max_features` is not allowed.
        """
        check_max_features(max_features, X.shape[1])
        inputs, latents = Scaling.of(X), Scaling.of(Z)
        forest = RandomForestRegressor(n_estimators=trees, max_features=max_features, random_state=seed)
        return Forest(inputs, latents, forest.fit(inputs.scale(X), latents.scale(Z)))

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.float32]:
        """Latents (n, k) of inputs (n, p)."""
        scaled = self.trees.predict(self.inputs.scale(X)).reshape(len(X), -1)
        return self.latents.restore(scaled.astype(np.float32))


def check_max_features(max_features: float, inputs: int) -> None:
    """`InputError` unless it is a part above 0.0 and up to 1.0, or a whole number from 1 to the number of inputs.

    Examples
    --------
    >>> check_max_features(0.5, inputs=5)  # half of them
    """
    whole = isinstance(max_features, int) and not isinstance(max_features, bool)
    part = isinstance(max_features, float) and 0.0 < max_features <= 1.0
    if not part and not (whole and 1 <= max_features <= inputs):
        raise InputError(
            f"max_features = {max_features!r} is neither a part, above 0.0 and up to 1.0, nor a whole number of "
            f"inputs, 1 to {inputs}"
        )
