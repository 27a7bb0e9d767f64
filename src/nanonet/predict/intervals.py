"""What is read off a predicted curve, peaks and neighbours, with 90 % intervals from equally likely curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nanonet.composition import Composition
from nanonet.rdf import RDF, Peak, coordination_numbers, peaks_of


class Interval(NamedTuple):
    """Ends of a 90 % interval."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:.3g} to {self.high:.3g}"


@dataclass(frozen=True)
class Intervals:
    """Peaks of the predicted (median) curve and the neighbours, with 90 % intervals from equally likely curves."""

    peak_probability: float
    """Share of the curves that have `peak`; without one, that have any first peak."""
    peak_height: Interval | None
    """Of those curves; None where hardly any has one."""
    peak_position: Interval | None
    """Of the same (sigma)."""
    coordination_number: Interval | None
    """Other NPs within `radius`."""
    radius: float
    """sigma."""
    peak: Peak | None = None
    """First peak of the predicted curve; None where it has none: the place is then not known, or nothing exceeds 1."""
    second_probability: float = 0.0
    """As of the first."""
    second_height: Interval | None = None
    """As of the first."""
    second_position: Interval | None = None
    """As of the first (sigma)."""
    second_peak: Peak | None = None
    """As of the first."""
    neighbours: float = 0.0
    """Median of the other NPs within `radius`."""


def intervals_of(
    median: NDArray[np.float64],
    curves: NDArray[np.float64],
    r: NDArray[np.float64],
    composition: Composition,
    radius: float | None = None,
) -> Intervals:
    """Peaks of the median curve (m,), with intervals from curves (draws, m) that are equally likely.

    A drawn curve has a peak of the median curve where its own highest peak lies between the same minima of the median.
    Where the median curve has no such peak, what the drawn curves have by the same number (first, second) is told.
    `radius` as in `intervals`.

    Examples
    --------
    >>> r = np.arange(0.05, 10, 0.1)
    >>> curves = 1 + np.array([[1.0], [2.0], [3.0]]) * np.exp(-((r - 3.05) ** 2))
    >>> found = intervals_of(curves[1], curves, r, Composition(3, 40, 0.002, 0.5, 1.0))
    >>> [round(end, 1) for end in found.peak_height]
    [2.1, 3.9]
    """
    radius = min(1.5 * composition.diameter if radius is None else radius, float(r[-1]))
    draws = len(curves)
    found = peaks_of(r, curves)
    rdf = RDF(r, median)
    peaks = rdf.peaks()
    numbers = coordination_numbers(r, curves, radius, composition.density, composition.nps)
    numbers = np.minimum(numbers, composition.nps - 1)  # no NP has more neighbours

    def read(i: int) -> tuple[Peak | None, float, Interval | None, Interval | None]:
        peak = peaks[i] if i < len(peaks) else None
        if peak is None:
            same = [one[i] for one in found if len(one) > i]
        else:
            low, high = _between_minima(rdf, peaks, i)
            inside = ([p for p in one if low <= p.position <= high] for one in found)
            same = [max(one, key=lambda p: p.height) for one in inside if one]
        height = _interval([p.height for p in same], draws, peak and peak.height)
        position = _interval([p.position for p in same], draws, peak and peak.position)
        return peak, len(same) / draws, height, position

    first, second = read(0), read(1)
    return Intervals(
        peak=first[0],
        peak_probability=first[1],
        peak_height=first[2],
        peak_position=first[3],
        coordination_number=_interval(numbers.tolist(), draws),
        radius=radius,
        second_peak=second[0],
        second_probability=second[1],
        second_height=second[2],
        second_position=second[3],
        neighbours=float(np.median(numbers)),
    )


def _between_minima(rdf: RDF, peaks: Sequence[Peak], i: int) -> tuple[float, float]:
    """Where g is lowest between a peak and those next to it, or the ends of the curve."""
    tops = [0, *(int(np.abs(rdf.r - peak.position).argmin()) for peak in peaks), len(rdf.r) - 1]
    left, top, right = tops[i : i + 3]
    return float(rdf.r[left + rdf.g[left : top + 1].argmin()]), float(rdf.r[top + rdf.g[top : right + 1].argmin()])


def _interval(values: Sequence[float], draws: int, value: float | None = None) -> Interval | None:
    """Ends of 90 % of the values, widened to hold `value`; None where fewer than a tenth of the draws have one."""
    if len(values) < 0.1 * draws:
        return None
    low, high = np.quantile(values, (0.05, 0.95)).tolist()
    return Interval(low, high) if value is None else Interval(min(low, value), max(high, value))
