"""g(r) as the paper's image: a white line on black, 64 x 64, on a logarithmic ordinate.

An image is an array (64, 64) of grey levels from 0 (black) to 1 (white). Its rows count the abscissa, its columns
the ordinate (paper, Convolutional Neural Network Autoencoder): `image[i, j]` is the level at distance i and height
j. The abscissa reaches from 0 to the end of the grid (10 sigma), the ordinate from g = 0.001 to 300 (paper, MD
Simulations and Data Curation).

Drawing: each of the 64 rows takes the largest g of the bins whose centres it covers (interpolating would flatten
the peaks), values beyond the ordinate go to its ends, and a line joins the rows' middles. A pixel is as bright as the
part of its row's width in which the line passes through it, shared between the two nearest pixels, so that the levels
of a row add up to 1 and their centre of mass is the mean height of the line in that row. Steep edges are therefore
long, dim strokes.

Tracing: levels below 1 to 2 % of their row's brightest are a decoder's haze and fade out. The mean heights of all
rows are a linear, invertible function of the heights at the rows' middles: solving it gives those back exactly, steep
edges included. A height at the bottom of the ordinate reads as g = 0.

What an image loses: of two bins in one row the lower one (peak positions move by up to a row, 0.16 sigma); g below
0.001 and above 300; the error bars.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nanonet.curve import G_R, Quantity
from nanonet.errors import InputError

SIZE = 64
"""Pixels a side (paper, Convolutional Neural Network Autoencoder)."""

LOWEST, HIGHEST = 0.001, 300.0
"""Ends of the logarithmic ordinate (paper, MD Simulations and Data Curation)."""

_HAZE = (0.01, 0.02)  # parts of a row's brightest level between which a pixel fades out (size 64); strokes have 0.03
_SAMPLES = 64  # points a half row at which the line's height is taken when it is drawn
_BOTTOM = 0.05  # pixels above the bottom up to which a height reads as g = 0: 1 % in g

_BLOCK = 32  # images that are traced at once, within the cache
_TOLERANCE = 0.02  # by which a level of a drawn image may be off


@dataclass(frozen=True)
class Axes:
    """Axes of an image: the ends of its ordinate, whether that is logarithmic, and from where the abscissa runs.

    Parameters
    ----------
    low, high:
        Ends of the ordinate; what lies beyond goes to them.
    log:
        Whether it is logarithmic: a height at its bottom reads as 0 then.
    start:
        Left end of the abscissa; None: half a step before the grid.
    """

    low: float = LOWEST
    high: float = HIGHEST
    log: bool = True
    start: float | None = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise InputError(f"ends of an ordinate = {self.low!r}, {self.high!r}; allowed are finite, rising ones")
        if self.log and self.low <= 0:
            raise InputError(f"lower end of a logarithmic ordinate = {self.low:g} is not above 0")

    @staticmethod
    def of(quantity: Quantity, Y: NDArray[np.float64]) -> Axes:
        """The paper's for g(r), and otherwise as the curves Y (n, m) reach.

        Logarithmic over the five decades below the highest value for what is never negative and spans more than two;
        else even, a twentieth of the span beyond either end.
        """
        if quantity == G_R:
            return PAPER
        low, high = float(Y.min()), float(Y.max())
        if quantity.bounded and high > 100.0 * float(np.median(Y)):
            return Axes(1e-5 * high, 1.2 * high, True, None)
        edge = 0.05 * (high - low)
        return Axes(max(low - edge, quantity.low), high + edge, False, None)


PAPER = Axes()
"""Of g(r), as in the paper."""


def rasterize(G: ArrayLike, r: ArrayLike, size: int = SIZE, axes: Axes = PAPER) -> NDArray[np.float32]:
    """Images (n, size, size) of curves G (n, m) on the grid r (m,) of bin centres.

    Raises
    ------
    InputError
        Shapes do not match, or a value of G is not finite, or negative where the ordinate is logarithmic.

    Examples
    --------
    >>> r = (np.arange(100) + 0.5) / 10
    >>> rasterize(np.ones((1, 100)), r).shape
    (1, 64, 64)
    """
    curves, grid = np.asarray(G, dtype=np.float64), np.asarray(r, dtype=np.float64)
    if curves.ndim != 2 or grid.shape != curves.shape[1:]:
        raise InputError(f"G has shape {curves.shape} and r has shape {grid.shape}; allowed are (n, m) and (m,)")
    if not np.isfinite(curves).all() or (axes.log and (curves < 0).any()):
        raise InputError("G has values that are negative or not finite")
    heights = _heights(_row_maxima(curves, _from_start(grid, axes), size), size, axes)
    return _draw_lines(heights)


def read_images(images: ArrayLike, r: ArrayLike, axes: Axes = PAPER) -> NDArray[np.float64]:
    """Curves (n, m) on the grid r (m,) that images (n, size, size) show.

    Each row's reading is the centre of mass of its line. A row without any light reads as the bottom of the ordinate,
    which is 0 where that is logarithmic.

    Raises
    ------
    InputError
        The images are not square, or a level is negative or not finite.

    Examples
    --------
    >>> r = (np.arange(100) + 0.5) / 10
    >>> bool(abs(read_images(rasterize(np.full((1, 100), 2.0), r), r) / 2.0 - 1.0).max() < 0.02)
    True
    """
    levels, grid = _checked_levels(images), np.asarray(r, dtype=np.float64)
    heights = np.concatenate(
        [np.empty((0, levels.shape[1])), *(_read_heights(_without_haze(part)) for part in _blocks(levels))]
    )
    size = levels.shape[1]
    part = heights / (size - 1)
    if axes.log:
        values = axes.low * (axes.high / axes.low) ** part
        values[heights < _BOTTOM] = 0.0
    else:
        values = axes.low + (axes.high - axes.low) * part
    return np.asarray(values[:, _rows(_from_start(grid, axes), size)])


def check_images(images: ArrayLike) -> NDArray[np.float32]:
    """Images (n, size, size) as they are, if curves could have drawn them: what is read from them draws them again.

    For images from outside; those of a decoder need not pass. Levels and their sum over a row may be off by 0.02,
    which is less than 256 grey levels do to the long, dim stroke of a steep edge.

    Raises
    ------
    InputError
        Not square, a level below 0, above 1 or not finite, a row without a line or with too much light, or a line that
        no curve follows; the image and the row are named.

    Examples
    --------
    >>> r = (np.arange(100) + 0.5) / 10
    >>> check_images(rasterize(np.ones((1, 100)), r)).shape
    (1, 64, 64)
    >>> check_images(np.ones((1, 64, 64)))
    Traceback (most recent call last):
        ...
    nanonet.errors.InputError: image 0 was drawn by no curve: the levels of row 0 add up to 64, not 1
    """
    levels = _checked_levels(images)
    if levels.size and levels.max() > 1.0 + _TOLERANCE:
        raise InputError(f"images have a level of {levels.max():g}; allowed are 0 to 1")
    light = levels.sum(axis=2)
    for i, j in np.argwhere(np.abs(light - 1.0) > _TOLERANCE)[:1]:
        raise InputError(f"image {i} was drawn by no curve: the levels of row {j} add up to {light[i, j]:.3g}, not 1")
    off = np.abs(_draw_lines(_read_heights(levels.astype(np.float64))) - levels).max(axis=2)
    if off.size and off.max() > _TOLERANCE:
        i, j = np.unravel_index(off.argmax(), off.shape)
        raise InputError(
            f"image {i} was drawn by no curve: in row {j} the line that it shows is off by {off[i, j]:.2g}"
        )
    return levels.astype(np.float32)


def _checked_levels(images: ArrayLike) -> NDArray[np.float64 | np.float32]:
    try:
        levels = np.asarray(images)
        levels = levels if levels.dtype == np.float32 else levels.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        raise InputError("images are not an array of numbers") from None
    if levels.ndim != 3 or levels.shape[1] != levels.shape[2]:
        raise InputError(f"images have shape {levels.shape}; allowed is (n, size, size)")
    if not np.isfinite(levels).all() or (levels < 0).any():
        raise InputError("images have levels that are negative or not finite")
    return levels


def _blocks(levels: NDArray[np.float64 | np.float32]) -> Iterator[NDArray[np.float64]]:
    for i in range(0, len(levels), _BLOCK):
        yield levels[i : i + _BLOCK].astype(np.float64)


def _read_heights(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Heights (n, size) of the line at the rows' middles; 0 in a row without light."""
    size = levels.shape[2]
    moments = levels @ np.stack([np.ones(size), np.arange(size)], axis=1)
    means = moments[..., 1] / np.where(moments[..., 0] > 0, moments[..., 0], 1.0)
    return np.asarray(np.clip(means @ _smoothing_inverse(size).T, 0.0, size - 1.0))


def _without_haze(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Levels (n, size, size) of the line alone: what is dim beside its row's brightest pixel fades out.

    The pixels next to a bright one stay: the ends of a stroke may be as dim as haze, but are far from its middle. The
    fading is continuous, so that rounding cannot make a pixel count here and not there.
    """
    brightest = levels.max(axis=2, keepdims=True)
    brightest[brightest == 0] = 1.0
    low, high = (part * SIZE / levels.shape[2] * brightest for part in _HAZE)
    weight = levels - low
    weight *= 1.0 / (high - low)
    np.clip(weight, 0.0, 1.0, out=weight)
    beside = weight.copy()
    np.maximum(beside[:, :, 1:], weight[:, :, :-1], out=beside[:, :, 1:])
    np.maximum(beside[:, :, :-1], weight[:, :, 1:], out=beside[:, :, :-1])
    beside *= levels
    return np.asarray(beside)


def _from_start(r: NDArray[np.float64], axes: Axes) -> NDArray[np.float64]:
    """The grid from the left end of the abscissa on."""
    if axes.start is None:
        return np.asarray(r - r[0] + 0.5 * (r[-1] - r[0]) / (len(r) - 1))
    return r if axes.start == 0 else r - axes.start


def _extent(r: NDArray[np.float64]) -> float:
    """Right end of the abscissa: the outer edge of the last bin."""
    return float(r[-1] + 0.5 * (r[-1] - r[0]) / (len(r) - 1))


def _rows(r: NDArray[np.float64], size: int) -> NDArray[np.int64]:
    """Row (m,) in which each bin's centre lies; one on the border of two rows belongs to the outer."""
    rows: NDArray[np.int64] = np.minimum(np.floor(r / _extent(r) * size + 1e-9).astype(np.int64), size - 1)
    return rows


def _row_maxima(curves: NDArray[np.float64], r: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Largest value (n, size) of the bins in each row; a row without a bin takes the nearest bin's value."""
    rows = _rows(r, size)
    maxima = np.full((len(curves), size), -np.inf)
    for column, row in enumerate(rows):
        np.maximum(maxima[:, row], curves[:, column], out=maxima[:, row])
    middles = (np.arange(size) + 0.5) * _extent(r) / size
    empty = np.setdiff1d(np.arange(size), rows)
    nearest = np.abs(middles[empty, None] - r).argmin(axis=1)
    maxima[:, empty] = curves[:, nearest]
    return maxima


def _heights(g: NDArray[np.float64], size: int, axes: Axes) -> NDArray[np.float64]:
    """Height of a value on the ordinate, in pixels: 0 at its lower end and below, size - 1 at its upper and above."""
    low, high = axes.low, axes.high
    inside = np.clip(g, low, high)
    part = np.log(inside / low) / math.log(high / low) if axes.log else (inside - low) / (high - low)
    return np.asarray(part * (size - 1))


def _draw_lines(heights: NDArray[np.float64]) -> NDArray[np.float32]:
    """Images of lines that pass through the given heights (n, size) at the rows' middles."""
    n, size = heights.shape
    before = np.concatenate([heights[:, :1], heights[:, :-1]], axis=1)
    after = np.concatenate([heights[:, 1:], heights[:, -1:]], axis=1)
    part = (np.arange(_SAMPLES) + 0.5) / _SAMPLES * 0.5
    left = heights[..., None] + (before - heights)[..., None] * part
    right = heights[..., None] + (after - heights)[..., None] * part
    line = np.concatenate([left, right], axis=2)
    lower = np.minimum(line.astype(int), size - 2)
    share = (line - lower) / line.shape[2]
    images = np.zeros((n, size, size))
    image, row = np.arange(n)[:, None, None], np.arange(size)[:, None]
    np.add.at(images, (image, row, lower), 1.0 / line.shape[2] - share)
    np.add.at(images, (image, row, lower + 1), share)
    return images.astype(np.float32)


@lru_cache(maxsize=8)
def _smoothing_inverse(size: int) -> NDArray[np.float64]:
    """Matrix from the mean height of the line in each row to its height at the rows' middles.

    Within a row the line runs from the middle of the step before to the middle of the step after, so its mean is
    3/4 of the height at the row's middle plus 1/8 of each neighbour's; the first and last row lack one neighbour.
    """
    matrix = 0.75 * np.eye(size) + 0.125 * (np.eye(size, k=1) + np.eye(size, k=-1))
    matrix[0, 0] = matrix[-1, -1] = 0.875
    return np.asarray(np.linalg.inv(matrix))
