"""The direct potential of two NPs."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

F = TypeVar("F", bound=np.floating)

CUTOFF = 2.5
"""Of every Lennard-Jones pair, in units of its sigma: paper, Model."""

_NEAREST = 0.1  # sigma: the 12th power of less, and of large NPs, is none that single precision holds


def lj_cut_shifted(r: ArrayLike, diameter: ArrayLike, eps_nn: ArrayLike) -> NDArray[np.float64]:
    """U_nn (kT at T* = 1) of two NPs at distances r (sigma): Lennard-Jones, cut and shifted to zero at 2.5 D.

    Distances, diameters and depths are numbers, or arrays that NumPy broadcasts.

    Examples
    --------
    >>> lj_cut_shifted([3.0 * 2 ** (1 / 6), 7.5], diameter=3.0, eps_nn=0.5).round(3)  # the minimum, the cutoff
    array([-0.492,  0.   ])
    """
    distance, size = np.asarray(r, dtype=np.float64), np.asarray(diameter, dtype=np.float64)
    inverse = (size * size * size) ** 2 / (distance * distance * distance) ** 2  # a power of 6 takes ten times as long
    end = CUTOFF**-6
    values = np.asarray(inverse - 1.0)
    values *= inverse
    values -= end * (end - 1.0)
    values = values * (4.0 * np.asarray(eps_nn, dtype=np.float64))
    return np.asarray(np.where(distance < CUTOFF * size, values, 0.0))


def lj_rows(r: NDArray[F], diameters: NDArray[np.float64], eps_nn: NDArray[np.float64]) -> NDArray[F]:
    """The same (n, m) at rising distances r (m,) of NPs with diameters (n,) and depths (n,), several times as fast.

    In the precision of r; nearer than 0.1 sigma it is the value there.

    Examples
    --------
    >>> lj_rows(np.array([3.0 * 2 ** (1 / 6), 7.5]), np.array([3.0]), np.array([0.5])).round(3)
    array([[-0.492,  0.   ]])
    """
    far, size, depth = np.maximum(r, _NEAREST) ** -6, diameters**6, 4.0 * eps_nn
    end = CUTOFF**-6
    factors = np.stack([depth * size * size, -depth * size, -depth * end * (end - 1.0)], axis=1).astype(r.dtype)
    values = factors @ np.stack([far * far, far, np.ones_like(far)])
    ends = (CUTOFF * diameters).astype(r.dtype)
    some = slice(int(np.searchsorted(r, ends.min(initial=np.inf))), None)
    values[:, some] *= r[some] < ends[:, None]
    return values
