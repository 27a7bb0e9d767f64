"""Linear interpolation of many rows on one evenly spaced grid, each row at points of its own."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

F = TypeVar("F", bound=np.floating)


def interpolate_rows(
    rows: NDArray[F], grid: NDArray[np.float64], points: NDArray[np.float64], right: float | None = None
) -> NDArray[F]:
    """Rows (..., n, k) on an evenly spaced grid (k,), linearly interpolated each at its own points (n, m).

    Outside of the grid a row takes its end values, or `right` beyond its end.
    """
    place = (points - grid[0]) / (grid[1] - grid[0])
    i = np.clip(np.floor(place).astype(np.intp), 0, len(grid) - 2)
    fraction = np.clip(place - i, 0.0, 1.0).astype(rows.dtype, copy=False)
    i += len(grid) * np.arange(len(i))[:, None]
    flat = rows.reshape(*rows.shape[:-2], -1)
    left = flat.take(i, axis=-1)
    i += 1
    values = flat.take(i, axis=-1)
    values -= left
    values *= fraction
    values += left
    if right is not None:
        values[..., place > len(grid) - 1] = right
    return np.asarray(values, dtype=rows.dtype)
