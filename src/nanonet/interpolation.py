"""Linear interpolation of many rows on one evenly spaced grid, each row at points of its own."""

from __future__ import annotations

import math
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
    place = (points - grid[0]) * (1.0 / (grid[1] - grid[0]))
    beyond = None if right is None else place > len(grid) - 1
    np.maximum(place, 0.0, out=place)  # np.clip is slow for few
    np.minimum(place, math.nextafter(len(grid) - 1.0, 0.0), out=place)
    whole = np.floor(place)
    place -= whole
    fraction = place.astype(rows.dtype, copy=False)
    whole += len(grid) * np.arange(len(whole), dtype=np.float64)[:, None]
    i = whole.astype(np.intp)
    flat = rows.reshape(math.prod(rows.shape[:-2]), rows.shape[-2] * rows.shape[-1])
    values = np.empty((*rows.shape[:-2], *i.shape), dtype=rows.dtype)
    for found, one in zip(values.reshape(len(flat), *i.shape), flat, strict=True):
        left = one.take(i)
        np.subtract(one[1:].take(i), left, out=found)
        found *= fraction
        found += left
    if beyond is not None:
        values[..., beyond] = right
    return values


def shift_rows(rows: NDArray[F], start: NDArray[np.float64], count: int, right: float | None = None) -> NDArray[F]:
    """Rows (n, k), linearly interpolated each at the places start + 0, 1, ..., count - 1 (n, count) in its grid steps.

    The same as `interpolate_rows` at evenly spaced points, several times as fast.
    """
    n, k = rows.shape
    start = np.minimum(np.maximum(start, -count), k)
    first = np.floor(start).astype(np.intp)
    fraction = (start - first).astype(rows.dtype)[:, None]
    before, after = max(0, -int(first.min(initial=0))), max(0, int(first.max(initial=0)) + count + 1 - k)
    padded = np.empty((n, before + k + after), dtype=rows.dtype)
    padded[:, :before] = rows[:, :1]
    padded[:, before : before + k] = rows
    padded[:, before + k :] = rows[:, -1:] if right is None else right
    shape, strides = (n, padded.shape[1] - count, count + 1), (*padded.strides, padded.itemsize)
    windows = np.ndarray(shape, padded.dtype, padded, 0, strides)[np.arange(n), first + before]
    values = windows[:, 1:] - windows[:, :-1]
    values *= fraction
    values += windows[:, :-1]
    if right is not None:  # nothing between the last value of a row and what is beyond
        end = k - 1 - first
        over = np.flatnonzero((end >= 0) & (end < count) & (fraction[:, 0] > 0))
        values[over, end[over]] = right
    return values
