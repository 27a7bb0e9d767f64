"""The direct potential of two NPs."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

CUTOFF = 2.5
"""Of every Lennard-Jones pair, in units of its sigma: paper, Model."""


def lj_cut_shifted(r: ArrayLike, diameter: ArrayLike, eps_nn: ArrayLike) -> NDArray[np.float64]:
    """U_nn (kT at T* = 1) of two NPs at distances r (sigma): Lennard-Jones, cut and shifted to zero at 2.5 D.

    Distances, diameters and depths are numbers, or arrays that NumPy broadcasts.
    """
    distance, size = np.asarray(r, dtype=np.float64), np.asarray(diameter, dtype=np.float64)
    inverse = (size * size * size) ** 2 / (distance * distance * distance) ** 2  # a power of 6 takes ten times as long
    end = CUTOFF**-6
    values = np.asarray(inverse - 1.0)
    values *= inverse
    values -= end * (end - 1.0)
    values = values * (4.0 * np.asarray(eps_nn, dtype=np.float64))
    return np.asarray(np.where(distance < CUTOFF * size, values, 0.0))
