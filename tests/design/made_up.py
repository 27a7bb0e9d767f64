"""A model of two inputs whose curves are known exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from nanonet.curve import Quantity
from nanonet.models.base import HALF_WIDTH, Array, Band
from nanonet.predict.predictor import Predictor
from nanonet.space import Input, InputSpace

SPACE = InputSpace((Input("temperature", "kelvin", 100, 600), Input("size", low=1, high=8, whole=True)))
QUANTITY = Quantity("c", "t", "correlation")


class Flat:
    """Curves c(t) = temperature / 100 + size * 0.1 * a normal number, the same at all t."""

    X = np.array([(t, n) for t in (200.0, 300.0, 400.0, 500.0) for n in (1.0, 3.0, 5.0)])
    x = np.arange(1.0, 6.0)
    uncertain = True

    def predict(self, X: ArrayLike) -> Array:
        rows = np.asarray(X, dtype=np.float64)
        return np.repeat(rows[:, :1] / 100.0, len(self.x), axis=1)

    def band(self, X: ArrayLike) -> Band:
        y, half = self.predict(X), HALF_WIDTH * 0.1 * np.asarray(X)[:, 1:]
        return Band(y, y - half, y + half)

    def sample(self, X: ArrayLike, draws: int, seed: int = 0, common: bool = False) -> Array:
        rows = np.asarray(X, dtype=np.float64)
        noise = np.random.default_rng(seed).standard_normal((draws, 1 if common else len(rows)))
        return self.predict(rows) + (0.1 * rows[:, 1] * noise)[..., None]

    def caveat(self, X: Array) -> str:
        return ""


def flat_model() -> Predictor:
    card = {"kind": "flat", "inputs": list(SPACE.names), "space": SPACE.to_json(), "quantity": QUANTITY.to_json()}
    return Predictor(Flat(), card)
