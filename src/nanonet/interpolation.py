"""Linear interpolation of many rows on one evenly spaced grid, each row at points of its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def interpolate_rows(
    rows: NDArray[np.float64], grid: NDArray[np.float64], points: NDArray[np.float64], right: float | None = None
) -> NDArray[np.float64]:
    """Rows (..., n, k) on an evenly spaced grid (k,), linearly interpolated each at its own points (n, m).

    Outside of the grid a row takes its end values, or `right` beyond its end.
    """
    place = (points - grid[0]) / (grid[1] - grid[0])
    i = np.clip(np.floor(place).astype(np.intp), 0, len(grid) - 2)
    fraction = np.clip(place - i, 0.0, 1.0)
    i += len(grid) * np.arange(len(i))[:, None]
    flat = rows.reshape(*rows.shape[:-2], -1)
    left = flat.take(i, axis=-1)
    i += 1
    values = flat.take(i, axis=-1)
    values -= left
    values *= fraction
    values += left
    return values if right is None else np.where(place > len(grid) - 1, right, values)
