"""One moment of a trajectory file, whatever its format."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nanonet.errors import InputError


class Frame(NamedTuple):
    """Particles at one moment, lengths in the file's own unit."""

    step: int | None
    """Step of the run, None where the file does not give it."""
    box: NDArray[np.float64]
    """Edges and tilts (6,): Lx, Ly, Lz, xy, xz, yz."""
    positions: NDArray[np.float64]
    """Array (n, 3), wrapped or not."""
    types: tuple[str, ...] | None = None
    """Type of each particle, None where the format has none."""
    ids: tuple[int, ...] | None = None
    """Number of each particle in rising order, None where the format has none."""


def upright(vectors: ArrayLike, positions: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Box (6,) and positions (n, 3), turned so that the first box vector lies along x and the second in the xy plane.

    Raises
    ------
    InputError
        The box vectors (3, 3), a row each, are not finite or span no volume.
    """
    rows, points = np.asarray(vectors, dtype=np.float64), np.asarray(positions, dtype=np.float64)
    if not np.isfinite(rows).all():
        raise InputError(f"the box vectors are {rows.ravel().tolist()}; allowed are finite numbers")
    if not abs(np.linalg.det(rows)) > 0:
        raise InputError(f"the box vectors {rows.ravel().tolist()} span no volume; g(r) needs a periodic box")
    if not np.triu(rows, 1).any() and (np.diag(rows) > 0).all():
        return rows[(0, 1, 2, 1, 2, 2), (0, 1, 2, 0, 0, 1)], points
    lower = np.linalg.cholesky(rows @ rows.T)
    turned = np.asarray(points @ np.linalg.inv(rows) @ lower, dtype=np.float64)
    return np.asarray(lower[(0, 1, 2, 1, 2, 2), (0, 1, 2, 0, 0, 1)], dtype=np.float64), turned
