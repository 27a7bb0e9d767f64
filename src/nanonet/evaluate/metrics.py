"""Errors of images and of g(r), and whether one model's are smaller than another's.

All on plain arrays: inputs X (n, p), curves G (n, m) on a grid r (m,), one row an entry; what is not defined for an
entry is NaN there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nanonet.errors import InputError
from nanonet.rdf import RDF

FLOOR = 0.05
"""g below this is left out of logarithmic errors: it comes from a handful of pairs."""

SOFTENING = 0.1
"""Error of ln g below which all bins count alike: nobody needs g(r) to better than a tenth."""


def black_mse(images: NDArray[np.float32]) -> float:
    """Mean squared error of an all-black image against images (n, 64, 64).

    Examples
    --------
    >>> black_mse(np.ones((1, 64, 64), np.float32))
    1.0
    """
    return float(np.mean(np.square(images, dtype=np.float64)))


def mean_mse(images: NDArray[np.float32]) -> float:
    """Mean squared error of the mean of the images (n, 64, 64) against each of them.

    Examples
    --------
    >>> mean_mse(np.stack([np.zeros((64, 64)), np.ones((64, 64))]).astype(np.float32))
    0.25
    """
    return float(np.mean(np.square(images - images.mean(axis=0, dtype=np.float64))))


def ln_rmse(
    G: ArrayLike, predicted: ArrayLike, floor: float = FLOOR, error: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Root mean square error of ln g of each curve (n,), over the bins where the true g (n, m) exceeds `floor`.

    A prediction below `floor` counts as `floor`. NaN for a curve that nowhere exceeds it. With `error`, the standard
    errors of `G` (n, m), a bin counts by 1 / (s^2 + SOFTENING^2), where s = error / g is the error of its ln g;
    without, and where an error is NaN (not known), s is 0.

    Examples
    --------
    >>> ln_rmse(np.ones((1, 3)), np.full((1, 3), np.e))
    array([1.])
    """
    true, guess = np.asarray(G, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
    difference = np.log(np.maximum(guess, floor)) - np.log(np.where(true > floor, true, 1.0))
    return _weighted_rms(difference, true, floor, error)


def ln_noise(G: ArrayLike, error: ArrayLike, floor: float = FLOOR) -> NDArray[np.float64]:
    """What `ln_rmse` with `error` expects of a perfect prediction, for the simulations' own errors alone (n,).

    Examples
    --------
    >>> ln_noise(np.ones((1, 3)), np.full((1, 3), 0.1)).round(2)
    array([0.1])
    """
    true, noise = np.asarray(G, dtype=np.float64), np.asarray(error, dtype=np.float64)
    return _weighted_rms(noise / np.where(true > floor, true, 1.0), true, floor, error)


def _weighted_rms(
    difference: NDArray[np.float64], true: NDArray[np.float64], floor: float, error: ArrayLike | None
) -> NDArray[np.float64]:
    counted = true > floor
    s = np.zeros_like(true) if error is None else np.asarray(error, dtype=np.float64) / np.where(counted, true, 1.0)
    weights = np.where(counted, 1.0 / (np.nan_to_num(s, nan=0.0) ** 2 + SOFTENING**2), 0.0)
    squares = (weights * np.where(counted, difference, 0.0) ** 2).sum(axis=1)
    total = weights.sum(axis=1)
    return np.asarray(np.sqrt(np.where(total > 0, squares / np.where(total > 0, total, 1.0), np.nan)))


def first_peaks(G: ArrayLike, r: ArrayLike, error: ArrayLike | None = None) -> NDArray[np.float64]:
    """Position and height (n, 2) of the first peak of each curve, as `RDF.first_peak` finds it; NaN where none.

    Examples
    --------
    >>> r = (np.arange(100) + 0.5) / 10
    >>> first_peaks(1 + np.exp(-((r - 3.05) ** 2))[None], r).round(2)
    array([[3.05, 2.  ]])
    """
    curves, grid = np.asarray(G, dtype=np.float64), np.asarray(r, dtype=np.float64)
    errors = [None] * len(curves) if error is None else [_known(one) for one in np.asarray(error, dtype=np.float64)]
    peaks = [RDF(grid, g, s).first_peak for g, s in zip(curves, errors, strict=True)]
    return np.array([(math.nan, math.nan) if peak is None else tuple(peak) for peak in peaks]).reshape(-1, 2)


class PeakErrors(NamedTuple):
    """How predicted first peaks differ from true ones, entry by entry; NaN where either curve has none."""

    ratio: NDArray[np.float64]
    """Predicted height / true height (n,)."""
    shift: NDArray[np.float64]
    """Predicted position - true position (n,), in the unit of r."""
    agree: NDArray[np.bool_]
    """Whether both curves have a first peak or neither does (n,)."""


def peak_errors(G: ArrayLike, predicted: ArrayLike, r: ArrayLike, error: ArrayLike | None = None) -> PeakErrors:
    """Compare the first peaks of predicted curves (n, m) with those of the true ones, whose errors may be given.

    Examples
    --------
    >>> r = (np.arange(100) + 0.5) / 10
    >>> g = 1 + np.exp(-((r - 3.05) ** 2))[None]
    >>> peak_errors(g, 2 * g, r).ratio
    array([2.])
    """
    true, guess = first_peaks(G, r, error), first_peaks(predicted, r)
    agree = np.isnan(true[:, 1]) == np.isnan(guess[:, 1])
    return PeakErrors(guess[:, 1] / true[:, 1], guess[:, 0] - true[:, 0], agree)


def coordination_numbers(
    G: ArrayLike, r: ArrayLike, radii: ArrayLike, densities: ArrayLike, nps: Sequence[int | None]
) -> NDArray[np.float64]:
    """Mean number of others about a particle (n,) of curves (n, m), each within its own radius, at its own density.

    `nps` is the number of particles in the box of each; see `RDF.coordination_number`.

    Examples
    --------
    >>> r = (np.arange(100) + 0.5) / 10
    >>> coordination_numbers(np.ones((1, 100)), r, [3.0], [0.01], [None]).round(3)
    array([1.131])
    """
    curves, grid = np.asarray(G, dtype=np.float64), np.asarray(r, dtype=np.float64)
    rows = zip(curves, np.asarray(radii, dtype=np.float64), np.asarray(densities, dtype=np.float64), nps, strict=True)
    return np.array([RDF(grid, g).coordination_number(radius, density, n) for g, radius, density, n in rows])


def r2(true: ArrayLike, predicted: ArrayLike) -> float:
    """Coefficient of determination over all columns of (n, k) arrays, each column about its own mean.

    Examples
    --------
    >>> r2([[0.0], [1.0]], [[0.0], [1.0]])
    1.0
    """
    a, b = np.asarray(true, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
    return float(1.0 - np.square(a - b).sum() / np.square(a - a.mean(axis=0)).sum())


class Paired(NamedTuple):
    """Mean of a - b over entries, and what resampling the entries makes of it."""

    difference: float
    interval90: tuple[float, float]
    interval95: tuple[float, float]
    fraction: float
    """Of the resamplings, those with a mean below 0: a is the smaller."""


def paired_bootstrap(a: ArrayLike, b: ArrayLike, seed: int = 0, draws: int = 10_000) -> Paired:
    """Whether errors a (n,) are smaller than errors b (n,) of the same entries, by resampling the entries.

    Errors of one entry from several repeats belong together: give their mean. Entries with a NaN are left out.

    Raises
    ------
    InputError
        The arrays are not of one length, or nothing is left.

    Examples
    --------
    >>> found = paired_bootstrap([0.1, 0.2, 0.1, 0.2], [0.3, 0.3, 0.4, 0.5])
    >>> round(found.difference, 3), found.interval90[1] < 0
    (-0.225, True)
    """
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if first.ndim != 1 or first.shape != second.shape:
        raise InputError(f"a has shape {first.shape} and b has shape {second.shape}; allowed is one length")
    difference = (first - second)[~np.isnan(first - second)]
    if not len(difference):
        raise InputError("no entry has both errors")
    chosen = np.random.default_rng(seed).integers(len(difference), size=(draws, len(difference)))
    means = difference[chosen].mean(axis=1)
    low95, low90, high90, high95 = (float(v) for v in np.quantile(means, (0.025, 0.05, 0.95, 0.975)))
    return Paired(float(difference.mean()), (low90, high90), (low95, high95), float((means < 0).mean()))


def _known(error: NDArray[np.float64]) -> NDArray[np.float64] | None:
    return None if np.isnan(error).any() else error
