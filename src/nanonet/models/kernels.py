"""Stationary kernels with a correlation length for each input (Rasmussen & Williams 2006, chapter 4)."""

from __future__ import annotations

import numpy as np

from nanonet.models.base import Array

KERNELS = ("matern", "gaussian")
"""Matern of order 5/2 (eq. 4.17), squared exponential (eq. 4.9)."""

JITTER = 1e-9
"""Added to the diagonal of correlations, which rounding could make singular."""


def correlation(a: Array, b: Array, lengths: Array, kernel: str, single: bool = False) -> Array:
    """Correlation (len(a), len(b)) of two sets of scaled inputs (n, q), (l, q), with correlation lengths (q,).

    With `single` roots and exponentials are taken in single precision, several times as fast where those in double
    precision are not vectorised.

    Examples
    --------
    >>> correlation(np.zeros((1, 1)), np.array([[0.0], [1.0]]), np.ones(1), "gaussian").round(3)
    array([[1.   , 0.607]])
    """
    squared = _powers(a) @ _distance_factors(b, lengths[None], kernel)
    return np.asarray(_of_squared(squared.astype(np.float32) if single else squared, kernel), dtype=np.float64)


class Correlations:
    """Correlations of any inputs (n, q) with l known ones (l, q), by g kernels with lengths (g, q).

    With `single` as of `correlation`; they are in single precision then.

    Examples
    --------
    >>> Correlations(np.array([[0.0], [1.0]]), np.ones((3, 1)), "gaussian")(np.zeros((1, 1))).shape
    (1, 3, 2)
    """

    def __init__(self, known: Array, lengths: Array, kernel: str, single: bool = False) -> None:
        self._factors = _distance_factors(known, lengths, kernel)
        self._shape, self._kernel, self._kind = (len(lengths), len(known)), kernel, "f4" if single else "f8"

    def __call__(self, new: Array) -> Array:
        """Correlations (n, g, l)."""
        squared = (_powers(new) @ self._factors).astype(self._kind, copy=False)
        return _of_squared(squared, self._kernel).reshape(len(new), *self._shape)


def _powers(a: Array) -> Array:
    """What the factors of `_distance_factors` are of, (n, 2q + 1)."""
    return np.concatenate([a * a, a, np.ones((len(a), 1))], axis=1)


def _distance_factors(b: Array, lengths: Array, kernel: str) -> Array:
    """Factors (2q + 1, g l) of the squares and values of other inputs (n, q), and of 1, in squared distances to b."""
    weights = (0.5 if kernel == "gaussian" else 5.0) / lengths**2
    linear = -2.0 * weights[..., None] * b.T
    parts = [np.broadcast_to(weights[..., None], linear.shape), linear, (weights @ (b * b).T)[:, None]]
    return np.concatenate(parts, axis=1).transpose(1, 0, 2).reshape(2 * b.shape[1] + 1, -1)


def _of_squared(squared: Array, kernel: str) -> Array:
    """Correlations of squared distances, which are overwritten: there may be many."""
    np.maximum(squared, 0.0, out=squared)
    if kernel == "gaussian":
        return np.exp(np.negative(squared, out=squared), out=squared)
    d = np.sqrt(squared)
    squared *= 1.0 / 3.0
    squared += d
    squared += 1.0
    squared *= np.exp(np.negative(d, out=d), out=d)
    return squared


def radial_slope(correlations: Array, differences: Array, lengths: Array, kernel: str) -> Array:
    """-2 dk/ds (n, n), s the squared distance in units of the lengths (q,), of squared `differences` (n, n, q).

    Examples
    --------
    >>> a = np.array([[0.0], [1.0]])
    >>> radial_slope(correlation(a, a, np.ones(1), "gaussian"), (a[:, None] - a) ** 2, np.ones(1), "gaussian").round(3)
    array([[1.   , 0.607],
           [0.607, 1.   ]])
    """
    if kernel == "gaussian":
        return correlations
    d = np.sqrt(5.0 * (differences / lengths**2).sum(axis=2))
    return np.asarray((5.0 / 3.0) * (1.0 + d) * np.exp(-d))
