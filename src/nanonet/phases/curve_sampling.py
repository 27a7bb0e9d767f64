"""Curves that an RDF may stand for: drawn within its error bars or its band."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nanonet.errors import InputError
from nanonet.models.base import HALF_WIDTH
from nanonet.rdf import RDF

CORRELATION = 0.8
"""Distance (monomer diameters) over which errors of ln g are correlated, exp(-distance / 0.8);
see docs/results/phases.md."""

_UNSEEN = 10.0  # how much higher -ln g may be (kT) than where a single pair would have been seen

TINY = 1e-9
"""A g that is as good as none."""


def sample_curves(
    rdf: RDF, samples: int, seed: int = 0, common: float = 0.0, monomer: float = 1.0
) -> NDArray[np.float64]:
    """Curves (samples, m) by the 90 % band or the error bars of an RDF; itself (1, m) where it has neither.

    A band need not be symmetric: each side of g is log-normal by the end of the band there.

    Parameters
    ----------
    rdf:
        g(r), with error bars, a band, or nothing.
    samples, seed:
        How many, and of the random numbers.
    common:
        Part of the relative standard error of g that all distances share; it is left out.
    monomer:
        Diameter of a monomer (in the unit of r).

    Raises
    ------
    InputError
        `samples` is less than 1, or `common` less than 0.

    Examples
    --------
    >>> r = (np.arange(100) + 0.5) / 10
    >>> sample_curves(RDF(r, np.ones(100), np.full(100, 0.1)), samples=5).shape
    (5, 100)
    """
    if not (np.isfinite(common) and common >= 0):
        raise InputError(f"common = {common:g} is not 0 or above")
    if rdf.low is not None and rdf.high is not None:
        low, g, high = (np.log(np.maximum(curve, TINY)) for curve in (rdf.low, rdf.g, rdf.high))
        noise = _correlated(rdf.r, samples, seed, monomer)
        return np.asarray(np.exp(g + noise * np.where(noise > 0, high - g, g - low) / HALF_WIDTH))
    if rdf.error is None:
        return rdf.g[None]
    error = np.sqrt(np.maximum(rdf.error**2 - (common * rdf.g) ** 2, 0.0))
    return sample_with_errors(rdf.r, rdf.g, error, samples, seed, monomer)


def sample_with_errors(
    r: NDArray[np.float64],
    g: NDArray[np.float64],
    error: NDArray[np.float64],
    samples: int,
    seed: int = 0,
    monomer: float = 1.0,
) -> NDArray[np.float64]:
    """Curves (samples, m) that g (m,) with standard errors (m,) may stand for.

    g is log-normal with its mean and its error; errors of ln g are correlated over `CORRELATION`, because the bins of
    a well are filled by the same few pairs. Where no pair was seen, -ln g may be anything from what a single pair
    would have made it (the error of g there) to 10 kT above.

    Examples
    --------
    >>> r = (np.arange(100) + 0.5) / 10
    >>> curves = sample_with_errors(r, np.ones(100), np.full(100, 0.1), samples=1000)
    >>> round(float(curves.std()), 1)
    0.1
    """
    noise = _correlated(r, samples, seed, monomer)
    width = np.sqrt(np.log1p((error / np.where(g > 0, g, 1.0)) ** 2))
    unseen = error * np.exp(-_UNSEEN * np.random.default_rng([seed, 1]).random((samples, 1)))
    return np.where(g > 0, g * np.exp(width * noise - 0.5 * width**2), unseen)


def _correlated(r: NDArray[np.float64], samples: int, seed: int, monomer: float) -> NDArray[np.float64]:
    """Normal numbers (samples, m), correlated along r over `CORRELATION`."""
    if samples < 1:
        raise InputError(f"samples = {samples} is not 1 or more")
    kept = float(np.exp(-(r[1] - r[0]) / monomer / CORRELATION))
    noise = np.random.default_rng(seed).standard_normal((samples, len(r)))
    for i in range(1, len(r)):
        noise[:, i] = kept * noise[:, i - 1] + np.sqrt(1.0 - kept**2) * noise[:, i]
    return noise
