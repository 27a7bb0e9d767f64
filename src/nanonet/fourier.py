"""g(r) <-> S(q), for isotropic systems, with the window and what the finite range leaves open."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nanonet.errors import InputError, NanonetWarning
from nanonet.rdf import RDF, check_density, others_a_volume, standard_grid
from nanonet.structure_factor import StructureFactor

WINDOWS = ("lorch", "none")
"""Factors on the integrand: `lorch`, sin(pi x / x_max) / (pi x / x_max), or none.

Lorch, doi:10.1088/0022-3719/2/2/305: ripples of the cut become small, peaks become wider.
"""

_TAIL = 0.1  # share of the range that counts as its end
_AWAY = 0.02  # how far from 1 an end may be whatever its error, 0.05 where that is not known
_RIPPLE = 0.01  # below 0: what rounding and steps make of a curve that is 0
_GATHERED = 1.5  # others within the range over those of NPs that are spread evenly

Array = NDArray[np.float64]


class TransformWarning(NanonetWarning):
    """What the finite range of a curve makes unsure, or meaningless, in its transform."""


def from_rdf(rdf: RDF, density: float, q: ArrayLike, window: str = "lorch", nps: int | None = None) -> StructureFactor:
    """S(q) = 1 + 4 pi rho times the integral of r^2 (g - 1) sin(q r)/(q r) w(r), to the end of g.

    Errors are those of g's bins, taken as independent. Bins of width b damp S - 1 by sin(q b / 2) / (q b / 2). Where
    the result would be negative it is 0.

    Parameters
    ----------
    rdf, density:
        g(r), and NPs a volume (sigma^-3).
    q:
        Wave numbers (m,) in 1/sigma.
    window:
        One of `WINDOWS`.
    nps:
        Number of NPs n in the box of which g is, normalised by n (n - 1) / 2 pairs as `analyze.pairs` does: rho is
        (n - 1) / V then. Left out: n without end.

    Warns
    -----
    TransformWarning
        What `caveats` says, and where the result would be negative.

    Raises
    ------
    InputError
        `density` is not above 0, `nps` not 2 or more, the window is another, or `q` are no wave numbers.

    Notes
    -----
    Hansen & McDonald, Theory of Simple Liquids, chapter 4.

    Examples
    --------
    >>> rdf = RDF((np.arange(100) + 0.5) / 10, np.ones(100))  # an ideal gas
    >>> from_rdf(rdf, density=0.01, q=[1.0, 2.0]).s.tolist()
    [1.0, 1.0]
    """
    _check(density, window)
    wanted = np.asarray(q, dtype=np.float64)
    kernel = others_a_volume(density, nps) * rdf_kernel(rdf.r, wanted, window)
    s = 1.0 + kernel @ (rdf.g - 1.0)
    error = None if rdf.error is None else np.sqrt(kernel**2 @ rdf.error**2)
    _warn(caveats(rdf, density, wanted, nps), "S", wanted, "q", s)
    return StructureFactor(q, np.maximum(s, 0.0), error)


def rdf_kernel(r: Array, q: Array, window: str = "lorch") -> Array:
    """Matrix (k, m) that makes (S - 1) / rho at q (k,) of g - 1 on the grid r (m,); see `from_rdf`.

    Examples
    --------
    >>> rdf_kernel((np.arange(100) + 0.5) / 10, np.array([1.0, 2.0])).shape
    (2, 100)
    """
    width = (r[-1] - r[0]) / (len(r) - 1)
    weights = 4.0 * math.pi * width * r**2 * _window(r, r[-1] + 0.5 * width, window)
    return np.asarray(np.sinc(np.multiply.outer(q, r) / np.pi) * weights)


def to_rdf(structure: StructureFactor, density: float, r: ArrayLike | None = None, window: str = "lorch") -> RDF:
    """g(r) = 1 + 1 / (2 pi^2 rho r) times the integral of q (S - 1) sin(q r) w(q), by trapezoids to the end of S.

    From q = 0 to the first wave number q (S - 1) is a straight line. Errors are those of the values of S, taken as
    independent. Where the result would be negative it is 0.

    Parameters
    ----------
    structure, density:
        S(q), and NPs a volume (sigma^-3).
    r:
        Distances (k,) in sigma, evenly spaced; left out: the standard grid.
    window:
        One of `WINDOWS`.

    Warns
    -----
    TransformWarning
        S starts far from q = 0 or does not end at 1, distances go beyond what its steps resolve, or g would be
        negative.

    Raises
    ------
    InputError
        `density` is not above 0, the window is another, or `r` are no bins.

    Examples
    --------
    >>> to_rdf(StructureFactor(np.arange(0.1, 20, 0.1), np.ones(199)), density=0.01).g[50:53].round(3)
    array([1., 1., 1.])
    """
    _check(density, window)
    q = structure.q
    places = standard_grid() if r is None else np.asarray(r, dtype=np.float64)
    steps = np.diff(np.concatenate([[0.0], q]))
    widths = 0.5 * (steps + np.append(steps[1:], 0.0))
    weights = widths * q**2 * _window(q, q[-1], window) / (2.0 * math.pi**2 * density)
    kernel = np.sinc(np.multiply.outer(places, q) / np.pi) * weights
    g = 1.0 + kernel @ (structure.s - 1.0)
    error = None if structure.error is None else np.sqrt(kernel**2 @ structure.error**2)
    texts = []
    first, coarsest = float(q[0]), float(steps[1:].max())
    if first > 1.5 * coarsest:
        texts.append(f"S(q) starts at q = {first:.3g}: below it q (S - 1) is taken as a straight line to 0")
    if places.max(initial=0.0) > math.pi / coarsest:
        texts.append(f"steps of {coarsest:.3g} in q say nothing about r above {math.pi / coarsest:.3g}")
    texts += _end(q, structure.s, structure.error, "S", "q", "g(r) has ripples of the cut")
    _warn(texts, "g", places, "r", g)
    return RDF(places, np.maximum(g, 0.0), error)


def caveats(rdf: RDF, density: float, q: ArrayLike, nps: int | None = None) -> tuple[str, ...]:
    """Why S(q) from a g(r) that ends somewhere cannot be trusted, in words; empty where nothing speaks against it.

    Examples
    --------
    >>> rdf = RDF((np.arange(100) + 0.5) / 10, np.ones(100))
    >>> caveats(rdf, 0.01, [1.0])
    ()
    """
    wanted = np.asarray(q, dtype=np.float64)
    end = float(rdf.r[-1] + 0.5 * rdf.bin_width)
    texts = []
    if (wanted < 2.0 * math.pi / end).any():
        texts.append(f"g(r) ends at r = {end:g}: S(q) below q = {2.0 * math.pi / end:.3g} is made by the cut")
    texts += _end(rdf.r, rdf.g, rdf.error, "g", "r", "S(q) is wrong at small q")
    even = 4.0 / 3.0 * math.pi * end**3 * others_a_volume(density, nps)
    found = rdf.coordination_number(end, density, nps)
    if found > _GATHERED * even:
        texts.append(
            f"an NP has {found:.3g} others within {end:g}, {found / even:.1f} times those of NPs spread evenly: they "
            "have gathered, and S(q) at small q depends on the size of the box"
        )
    return tuple(texts)


def _end(x: Array, y: Array, error: Array | None, name: str, abscissa: str, what: str) -> list[str]:
    """That a curve does not end at 1, in words."""
    tail = slice(-max(2, round(_TAIL * len(x))), None)
    mean = float(y[tail].mean())
    bar = None if error is None else float(np.sqrt((error[tail] ** 2).sum()) / len(error[tail]))
    if abs(mean - 1.0) <= (0.05 if bar is None else max(_AWAY, 2.0 * bar)):
        return []
    shown = f"{mean:.3g}" if bar is None else f"{mean:.3g} ± {bar:.1g}"
    return [f"{name} is {shown} at the end, {abscissa} = {x[tail][0]:.3g} to {x[-1]:.3g}, not 1: {what}"]


def _window(x: Array, end: float, window: str) -> Array:
    return np.sinc(x / end) if window == "lorch" else np.ones_like(x)


def _check(density: float, window: str) -> None:
    check_density(density)
    if window not in WINDOWS:
        raise InputError(f"window = {window!r} is not one of {', '.join(WINDOWS)}")


def _warn(texts: Sequence[str], name: str, x: Array, abscissa: str, y: Array) -> None:
    negative = x[y < -_RIPPLE]
    if len(negative):
        texts = [*texts, f"{name} would be negative at {abscissa} = {negative[0]:.3g} to {negative[-1]:.3g}: it is 0"]
    for text in texts:
        warnings.warn(text, TransformWarning, stacklevel=3)
