"""Errors of pictures and of g(r), and what they must be compared with."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FLOOR = 0.05
"""g below this is left out of logarithmic errors: it rests on a handful of pairs."""


def black_mse(pictures: NDArray[np.float32]) -> float:
    """Mean squared error of an all-black picture against pictures (n, 64, 64)."""
    return float(np.mean(np.square(pictures, dtype=np.float64)))


def mean_mse(pictures: NDArray[np.float32]) -> float:
    """Mean squared error of the mean of the pictures (n, 64, 64) against each of them."""
    return float(np.mean(np.square(pictures - pictures.mean(axis=0, dtype=np.float64))))


def ln_rmse(G: ArrayLike, predicted: ArrayLike, floor: float = FLOOR) -> NDArray[np.float64]:
    """Root mean square error of ln g of each curve (n,), over the bins where the true g (n, m) exceeds `floor`.

    A prediction below `floor` counts as `floor`. NaN for a curve that nowhere exceeds it.
    """
    true, guess = np.asarray(G, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
    counted = true > floor
    difference = np.log(np.maximum(guess, floor)) - np.log(np.where(counted, true, 1.0))
    squares = np.where(counted, difference**2, 0.0).sum(axis=1)
    number = counted.sum(axis=1)
    return np.asarray(np.sqrt(np.where(number > 0, squares / np.maximum(number, 1), np.nan)))
