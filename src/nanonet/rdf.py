"""The NP-NP radial distribution function of one composition, with its error bars."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nanonet.curve import G_R, Curve, Quantity
from nanonet.errors import InputError
from nanonet.structure_factor import S_Q, StructureFactor

if TYPE_CHECKING:
    from matplotlib.axes import Axes

R_MAX = 10.0
"""Largest NP-NP distance of the standard grid (sigma): paper, MD Simulations and Data Curation."""

MAX_G = 1e5
"""Largest g that models learn: two NPs that always touch at the lowest density that a composition may have."""

MAX_DENSITY, MAX_NPS = 1e6, 10**12
"""Largest number of particles a volume, whatever the unit, and of particles in a box."""

BINS = 100
"""Bins of the standard grid, each 0.1 sigma wide: paper, MD Simulations and Data Curation."""


def standard_grid(r_max: float = R_MAX, bins: int = BINS) -> NDArray[np.float64]:
    """Bin centres (bins,) from 0 to `r_max`; by default the paper's: 0.05, 0.15, ... 9.95 sigma.

    Examples
    --------
    >>> standard_grid()[[0, -1]].round(2).tolist()
    [0.05, 9.95]
    """
    return np.asarray((np.arange(bins) + 0.5) * (r_max / bins))


class Peak(NamedTuple):
    """A maximum of g(r)."""

    position: float
    """Distance r of the maximum (sigma)."""
    height: float
    """g there."""


class RDF(Curve):
    """NP-NP radial distribution function g(r): a curve of `curve.G_R` on an even grid.

    Parameters
    ----------
    r:
        Bin centres (m,) in sigma, evenly spaced, the first half a bin above 0 or further out.
    g:
        Values (m,), not negative.
    error:
        Standard errors (m,) of `g` of a simulation, or None where they are not known.
    low, high:
        Ends (m,) of the 90 % band of a prediction, `g` between them; or both None.

    Raises
    ------
    InputError
        Shapes do not match, a value is not finite or negative, `r` is not evenly spaced and rising, only one end of
        the band is given, or `g` is not within it.

    Examples
    --------
    >>> r = standard_grid()
    >>> rdf = RDF(r, 1 + np.exp(-((r - 3.25) ** 2)) - np.exp(-((r - 1.0) ** 2)))
    >>> rdf.first_peak.position, round(rdf.first_peak.height, 2)
    (3.25, 1.99)
    >>> round(rdf.coordination_number(radius=4.5, density=0.002), 2)
    1.15
    """

    _least_x = 0.0

    def __init__(
        self,
        r: ArrayLike,
        g: ArrayLike,
        error: ArrayLike | None = None,
        low: ArrayLike | None = None,
        high: ArrayLike | None = None,
    ) -> None:
        super().__init__(G_R, r, g, error, low, high)  # type: ignore[arg-type]  # made arrays there

    @property
    def r(self) -> NDArray[np.float64]:
        """Bin centres (m,) in sigma."""
        return self.x

    @property
    def g(self) -> NDArray[np.float64]:
        """Values (m,)."""
        return self.y

    def _check_grid(self) -> None:
        steps = np.diff(self.r)
        if steps.min() <= 0 or not np.allclose(steps, steps[0], rtol=1e-3):
            raise InputError("r is not evenly spaced and rising")
        if self.r[0] < 0.499 * steps[0]:
            raise InputError(f"r = {self.r[0]:g} is not the centre of a bin of width {steps[0]:g} at or above 0")

    def label_axes(self, ax: Axes) -> Axes:
        """Name the axes, with a logarithmic ordinate as in the paper and a line at g = 1; returns them."""
        ax.set(
            yscale="log", xlim=(0.0, self.r[-1] + 0.5 * self.bin_width), xlabel="NP-NP distance r (σ)", ylabel="g(r)"
        )
        ax.axhline(1.0, color="0.6", lw=0.8, ls=":")
        return ax

    @property
    def bin_width(self) -> float:
        """Width of a bin (sigma)."""
        return float((self.r[-1] - self.r[0]) / (len(self.r) - 1))

    @property
    def first_peak(self) -> Peak | None:
        """The peak nearest to contact, or None when g nowhere rises above 1."""
        return self._peak(0)

    @property
    def second_peak(self) -> Peak | None:
        """The peak that follows the first, or None."""
        return self._peak(1)

    def _peak(self, index: int) -> Peak | None:
        peaks = self.peaks()
        return peaks[index] if index < len(peaks) else None

    def peaks(self) -> tuple[Peak, ...]:
        """Peaks of g(r) by rising distance.

        A peak is higher than 1, and on both sides g falls by at least a tenth of its height, and by two standard
        errors of the difference where errors are known, before anything as high follows: what falls less is noise
        on a shoulder. Bins of equal height at the top count as one, at their middle.
        """
        return peaks_of(self.r, self.g[None], self.error)[0]

    def error_at(self, position: float) -> float | None:
        """Standard error of g in the bin nearest to a distance (sigma), or None where errors are not known."""
        return None if self.error is None else float(self.error[np.abs(self.r - position).argmin()])

    def coordination_number(self, radius: float, density: float, nps: int | None = None) -> float:
        """Mean number of other NPs within a distance of an NP, 4 pi density (n - 1) / n times the integral of r^2 g(r).

        Parameters
        ----------
        radius:
            Distance (sigma) within the grid.
        density:
            NPs a volume n / V (sigma^-3).
        nps:
            Number of NPs n in the box of which g is: each has (n - 1) / V others about it, and g is 1 where these are
            spread evenly. Left out: n without end, which counts n / V; for a box of n NPs that is too large by
            n / (n - 1).

        Raises
        ------
        InputError
            `radius` lies outside the grid, `density` is not above 0, or `nps` is not 2 or more.
        """
        return float(coordination_numbers(self.r, self.g[None], radius, density, nps)[0])

    def __str__(self) -> str:
        return self.text()

    def text(self, unit: str = "sigma") -> str:
        """Grid and first peaks in words; `unit` is that of r."""
        text = f"RDF of {len(self.r)} bins to {self.r[-1] + 0.5 * self.bin_width:g} {unit}"
        for name, peak in (("first", self.first_peak), ("second", self.second_peak)):
            if peak is not None:
                error = self.error_at(peak.position)
                bar = "" if error is None else f" ± {error:.2g}"
                text += f", {name} peak g = {peak.height:.3g}{bar} at r = {peak.position:.2f}"
        return text + self._known()


def curve_of(
    quantity: Quantity,
    x: ArrayLike,
    y: ArrayLike,
    error: ArrayLike | None = None,
    low: ArrayLike | None = None,
    high: ArrayLike | None = None,
) -> Curve:
    """A curve of a quantity: an `RDF` where it is g(r), a `StructureFactor` where it is S(q).

    Examples
    --------
    >>> curve_of(Quantity("c"), [1, 2, 3], [0.5, 1.0, 1.5])
    Curve of c at 3 values of x, 1 to 3, error bars not known
    """
    if quantity == G_R:
        return RDF(x, y, error, low, high)
    if quantity == S_Q:
        return StructureFactor(x, y, error, low, high)
    return Curve(quantity, x, y, error, low, high)  # type: ignore[arg-type]  # made arrays there


def peaks_of(
    r: NDArray[np.float64], curves: NDArray[np.float64], error: NDArray[np.float64] | None = None
) -> list[tuple[Peak, ...]]:
    """Peaks of each of many curves (n, m) on one grid (m,), of all of which `error` (m,) is; see `RDF.peaks`.

    Examples
    --------
    >>> r = standard_grid()
    >>> [[round(peak.position, 2) for peak in peaks] for peaks in peaks_of(r, 1 + np.exp(-((r - 3.05) ** 2))[None])]
    [[3.05]]
    """
    places, errors = r.tolist(), None if error is None else error.tolist()
    found = []
    for g in curves.tolist():
        tops = _tops(g, errors)
        found.append(tuple(Peak(0.5 * (places[left] + places[right]), g[left]) for left, right in tops))
    return found


def first_peaks(r: NDArray[np.float64], curves: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Position and height (n,) of the first peak of each of many curves (n, m), NaN where there is none.

    As the first of `peaks_of` without errors, all curves at once: from left to right, the highest value so far is a
    peak where g is a tenth below it on both sides and it is above 1.

    Examples
    --------
    >>> r = standard_grid()
    >>> position, height = first_peaks(r, 1 + np.exp(-((r - 3.05) ** 2))[None])
    >>> position.round(2), height.round(2)
    (array([3.05]), array([2.]))
    """
    g = curves.T
    top, low, before = g[0].copy(), g[0].copy(), g[0].copy()  # highest since the last fall; lowest, and that before it
    first, last = np.zeros((2, len(curves)), dtype=np.int64)  # bins of the highest
    level, sought = np.ones((2, len(curves)), dtype=np.bool_)
    tied = np.zeros(len(curves), dtype=np.bool_)  # as high twice, apart: no peak
    for j in range(1, len(r)):
        y = g[j]
        higher, equal = sought & (y > top), sought & (y == top)
        tied = ~higher & (tied | (equal & ~level))
        before, top, first = np.where(higher, low, before), np.where(higher, y, top), np.where(higher, j, first)
        level = higher | (equal & level)
        last, low = np.where(level, j, last), np.minimum(low, y)
        fallen = sought & (top - y >= 0.1 * top)
        sought &= ~(fallen & ~tied & (top > 1.0) & (top - before >= 0.1 * top))
        again = fallen & sought
        top, low, before = (np.where(again, y, one) for one in (top, low, before))
        first, last = np.where(again, j, first), np.where(again, j, last)
        level, tied = level | again, tied & ~again
    return np.where(sought, np.nan, 0.5 * (r[first] + r[last])), np.where(sought, np.nan, top)


def coordination_numbers(
    r: NDArray[np.float64], curves: NDArray[np.float64], radius: float, density: float, nps: int | None = None
) -> NDArray[np.float64]:
    """Of each of many curves (n, m) on one grid (m,): (n,); see `RDF.coordination_number`.

    Examples
    --------
    >>> r = standard_grid()
    >>> coordination_numbers(r, np.ones((1, 100)), radius=3.0, density=0.01).round(3)  # 4/3 pi 27 0.01
    array([1.131])
    """
    edges = _edges(r)
    if not edges[0] <= radius <= edges[-1] + 1e-9:
        raise InputError(f"radius = {radius:g} is not between {edges[0]:g} and {edges[-1]:g}")
    volumes = 4.0 / 3.0 * math.pi * np.diff(np.clip(edges, None, radius) ** 3)
    return np.asarray(others_a_volume(density, nps) * (curves @ volumes))


def running_coordination_numbers(
    r: NDArray[np.float64], curves: NDArray[np.float64], density: float, nps: int | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Outer ends (m,) of the bins, and the coordination numbers (n, m) within each; as `coordination_numbers`.

    Examples
    --------
    >>> ends, numbers = running_coordination_numbers(standard_grid(), np.ones((1, 100)), density=0.01)
    >>> round(float(ends[29]), 3), round(float(numbers[0, 29]), 3)
    (3.0, 1.131)
    """
    edges = _edges(r)
    shells = 4.0 / 3.0 * math.pi * np.diff(edges**3)
    return edges[1:], np.asarray(others_a_volume(density, nps) * np.cumsum(curves * shells, axis=1))


def _edges(r: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ends (m + 1,) of bins with centres r (m,)."""
    width = (r[-1] - r[0]) / (len(r) - 1)
    return np.append(r - 0.5 * width, r[-1] + 0.5 * width)


def check_density(density: float) -> None:
    """`InputError` for a density that is not above 0, or more than any unit of length explains.

    Examples
    --------
    >>> check_density(-0.1)
    Traceback (most recent call last):
        ...
    nanonet.errors.InputError: density = -0.1 is not above 0 and at most 1e+06
    """
    if not 0.0 < density <= MAX_DENSITY:
        raise InputError(f"density = {density:g} is not above 0 and at most {MAX_DENSITY:g}")


def others_a_volume(density: float, nps: int | None) -> float:
    """Other NPs a volume about each of n; `InputError` for what is no density or number of NPs.

    Examples
    --------
    >>> others_a_volume(0.002, nps=20), others_a_volume(0.002, nps=None)
    (0.0019, 0.002)
    """
    check_density(density)
    if nps is not None and not 2 <= nps <= MAX_NPS:
        raise InputError(f"nps = {nps} is not 2 or more, at most {MAX_NPS:,}")
    return density * (1.0 if nps is None else (nps - 1) / nps)


def _tops(g: list[float], error: list[float] | None) -> list[tuple[int, int]]:
    """First and last index of each peak of a curve: runs of equal values, ends of the curve excluded."""
    found = []
    left = 1
    while left < len(g) - 1:
        right = left
        while right + 1 < len(g) and g[right + 1] == g[left]:
            right += 1
        height = g[left]
        if height > 1.0 and g[left - 1] < height and right + 1 < len(g) and g[right + 1] < height:
            own = None if error is None else min(error[left : right + 1])
            inside, outside = range(left - 1, -1, -1), range(right + 1, len(g))
            if _falls(g, inside, height, error, own) and _falls(g, outside, height, error, own):
                found.append((left, right))
        left = right + 1
    return found


def _falls(g: list[float], way: range, height: float, error: list[float] | None, own: float | None) -> bool:
    """Whether g falls far enough below a height along a way before it is as high again."""
    for i in way:
        if g[i] >= height:
            return False
        fall = height - g[i]
        if fall >= 0.1 * height and (error is None or own is None or fall >= 2.0 * math.hypot(error[i], own)):
            return True
    return False
