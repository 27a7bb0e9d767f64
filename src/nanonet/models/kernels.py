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
    scale = np.sqrt(0.5 if kernel == "gaussian" else 5.0) / lengths
    x, y = a * scale, b * scale
    squared = x @ (-2.0 * y.T)  # in place from here on: there may be many inputs
    squared += np.square(y).sum(axis=1)
    squared += np.square(x).sum(axis=1)[:, None]
    if single:
        squared = squared.astype(np.float32)
    np.maximum(squared, 0.0, out=squared)
    if kernel == "gaussian":
        return np.asarray(np.exp(np.negative(squared, out=squared), out=squared), dtype=np.float64)
    d = np.sqrt(squared)
    squared /= 3.0
    squared += d
    squared += 1.0
    squared *= np.exp(np.negative(d, out=d), out=d)
    return np.asarray(squared, dtype=np.float64)


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
