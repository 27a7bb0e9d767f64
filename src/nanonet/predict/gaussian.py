"""A Gaussian process's model folder that answers, with 90 % bands and intervals: NumPy alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nanonet.composition import Composition, as_composition, to_array
from nanonet.dilute import PolymerTable
from nanonet.errors import InputError
from nanonet.formats.reading import read_arrays
from nanonet.gaussian import ARRAYS, CurveProcess
from nanonet.predict.model import Basis, Interval, Intervals, Predictor, checked_file
from nanonet.rdf import RDF, Peak, coordination_numbers, peaks_of

KIND = "gaussian process"
DRAWS = 400
"""Curves drawn for intervals of what is read off a curve."""


class GaussianPredictor(Predictor):
    """A loaded Gaussian process; make one with `nanonet.load`."""

    def __init__(self, card: Mapping[str, Any], process: CurveProcess) -> None:
        super().__init__(card)
        if not (np.array_equal(self._X, process.X) and np.array_equal(self.r, process.r)):
            raise InputError("model.json and process.npz do not belong together")
        self.process = process

    @staticmethod
    def load(folder: Path, card: Mapping[str, Any]) -> GaussianPredictor:
        """Read the arrays of a model folder whose card has been read; `InputError` names a file that cannot be used."""
        content = checked_file(folder / "process.npz", card)
        prior = None
        if "potential.npz" in card["sha256"]:
            path = folder / "potential.npz"
            prior = PolymerTable.parse(checked_file(path, card), f"model file {path}")
        arrays = read_arrays(content, ARRAYS, f"model file {folder / 'process.npz'}")
        try:
            process = CurveProcess(
                **arrays, kernel=str(card.get("kernel")), transform=str(card.get("transform")), prior=prior
            )
        except Exception as error:  # whatever arrays that do not belong together make NumPy say
            raise InputError(f"model file {folder / 'process.npz'} cannot be used: {error}") from None
        return GaussianPredictor(card, process)

    def predict_curves(self, X: ArrayLike) -> NDArray[np.float64]:
        """Curves (n, m) on the grid `r` for inputs (n, p), without any warning: medians.

        Raises
        ------
        InputError
            Wrong shape, or values that are not finite.
        """
        return self.process.predict(X)

    def predict_bands(self, X: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Medians, lower and upper ends of the 90 % bands, each (n, m); the same errors."""
        return self.process.band(X)

    def sample_curves(self, X: ArrayLike, n: int, seed: int = 0, common: bool = False) -> NDArray[np.float64]:
        """Curves (n, len(X), m) that are equally likely for each input: drawn along r together, inputs apart.

        With `common` all inputs share their random numbers, as a map of many wants it.
        """
        if isinstance(n, bool) or not isinstance(n, int) or n < 1:
            raise InputError(f"n = {n!r} is not a whole number of 1 or more")
        return self.process.sample(X, n, seed, common)

    def intervals(
        self, composition: Composition | Sequence[float], radius: float | None = None, seed: int = 0
    ) -> Intervals:
        """90 % intervals of the first peak and of the coordination number, from drawn curves.

        `radius` (sigma) of the coordination number: 1.5 D where not given, and within the grid.
        """
        composition = as_composition(composition)
        x = to_array([composition])
        curves = self.sample_curves(x, DRAWS, seed)[:, 0]
        return intervals_of(self.process.predict(x)[0], curves, self.r, composition, radius)

    def basis(self, composition: Composition | Sequence[float]) -> Basis:
        """As for every model; also says where the table of W_poly ends."""
        composition = as_composition(composition)
        found = super().basis(composition)
        if self.process.prior is None or not self.process.prior.outside(to_array([composition]))[0]:
            return found
        text = "W_poly is not known there: that of the nearest diameter, chain length and eps_pn in its table was taken"
        return replace(found, warnings=(*found.warnings, text))

    def _rdf(self, x: NDArray[np.float64]) -> RDF:
        g, low, high = self.process.band(x[None])
        return RDF(self.r, g[0], low=np.minimum(low[0], g[0]), high=np.maximum(high[0], g[0]))


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
