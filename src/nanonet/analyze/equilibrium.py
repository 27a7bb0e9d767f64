"""How far the averages of trajectories can be trusted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from nanonet.analyze.trajectory import Trajectory
from nanonet.errors import InputError

BLOCKS = 5
"""Blocks of a trajectory. Few and long: NPs need hundreds of tau to enter and leave contact."""


def block_means(series: NDArray[np.float64], blocks: int = BLOCKS) -> NDArray[np.float64]:
    """Means (blocks, ...) over consecutive blocks of a series (frames, ...); block lengths differ by one frame at most.

    Raises
    ------
    InputError
        Fewer than 2 blocks, or fewer frames than blocks.
    """
    if blocks < 2:
        raise InputError(f"blocks = {blocks} is not 2 or more")
    if len(series) < blocks:
        raise InputError(f"{len(series)} frames cannot be cut into {blocks} blocks")
    return np.array([part.mean(axis=0) for part in np.array_split(series, blocks)])


def block_error(series: NDArray[np.float64], blocks: int = BLOCKS) -> NDArray[np.float64]:
    """Standard error (...) of the mean of a series (frames, ...), from the scatter of its block means.

    Right as long as a block is longer than the series' memory; too small for a trajectory that is trapped.
    """
    means = block_means(series, blocks)
    return np.asarray(means.std(axis=0, ddof=1) / np.sqrt(len(means)))


@dataclass(frozen=True)
class Convergence:
    """Whether the trajectories of one composition have forgotten their starts and seen their pairs often enough."""

    drift: float
    """Largest difference between the halves' mean numbers of neighbours, in its standard errors."""
    inefficiency: float
    """Statistical inefficiency of the numbers of neighbours, the largest: frames for one independent sample."""
    samples: float
    """Statistically independent samples of the numbers of neighbours, the fewest; all trajectories together."""
    entries: int
    """Times that a pair came into contact from afar, all trajectories together."""
    contacts: bool
    """Whether any pair was ever in contact."""
    mobility: float
    """Mean squared displacement of an NP over a trajectory, in units of D^2; mean of the trajectories."""
    agreement: float | None
    """Largest difference between two trajectories' numbers of neighbours, in its standard errors; None for one."""
    converged: bool
    """The verdict."""
    reason: str
    """What it rests on, in words."""

    @property
    def badness(self) -> float:
        """How far from converged: the largest factor by which a criterion of `assess` is missed; at most 1 if it is."""
        return max(
            self.drift / _MAX_DRIFT,
            (self.agreement or 0.0) / _MAX_DIFFERENCE,
            _MIN_SAMPLES / max(self.samples, 0.1),
            _MIN_ENTRIES / max(self.entries, 1) if self.contacts else 0.0,
            _MIN_MOBILITY / max(self.mobility, 0.01),
        )


def assess(trajectories: Sequence[Trajectory], diameter: float) -> Convergence:
    """Judge the trajectories of a composition with NPs of a diameter (sigma): one, or independent replicas.

    Two numbers of neighbours are followed: pairs in contact (gap between the surfaces below one monomer) and pairs
    that at most three monomers keep apart. A pair enters contact when its gap falls below half a monomer after it was
    above one and a half. Converged means: no drift above 2.5 standard errors, 10 independent samples or more, 10
    entries into contact or more where there were contacts at all, a mobility of 1 or more, and replicas (best: from
    different starts) that differ by at most 3 standard errors. One trajectory alone cannot show that last thing.

    Raises
    ------
    InputError
        No trajectory.
    """
    return judge([examine(trajectory, diameter) for trajectory in trajectories])


def judge(seen: Sequence[Examination]) -> Convergence:
    """The verdict of `assess` on trajectories that were examined before."""
    if not seen:
        raise InputError("no trajectory to judge; allowed are 1 or more")
    drift = max(one.drift for one in seen)
    samples = min(sum(one.samples[k] for one in seen) for k in range(len(_GAPS)))
    entries = sum(one.entries for one in seen)
    mobility = sum(one.mobility for one in seen) / len(seen)
    agreement = max((_difference(a, b) for a, b in combinations(seen, 2)), default=None)
    faults = []
    if drift > _MAX_DRIFT:
        faults.append(f"the halves differ by {drift:.1f} standard errors")
    if agreement is not None and agreement > _MAX_DIFFERENCE:
        faults.append(f"the replicas differ by {agreement:.1f} standard errors")
    if samples < _MIN_SAMPLES:
        faults.append(f"only {samples:.1f} independent samples")
    contacts = any(one.contacts for one in seen)
    if contacts and entries < _MIN_ENTRIES:
        faults.append(f"only {entries} entries into contact")
    if mobility < _MIN_MOBILITY:
        faults.append(f"the NPs moved by only {mobility:.2g} D^2")
    good = f"no drift, {samples:.0f} independent samples, {entries} entries into contact, {mobility:.2g} D^2 moved"
    if agreement is not None:
        good += f", {len(seen)} replicas within {agreement:.1f} standard errors"
    inefficiency = max(one.inefficiency for one in seen)
    verdict, reason = not faults, "; ".join(faults) or good
    return Convergence(drift, inefficiency, samples, entries, contacts, mobility, agreement, verdict, reason)


@dataclass(frozen=True)
class Examination:
    """What one trajectory says; plain values, so that it can be kept and judged with replicas that come later."""

    means: tuple[float, ...]
    """Neighbours of an NP: in contact, and at most three monomers away."""
    errors: tuple[float, ...]
    """Their standard errors."""
    samples: tuple[float, ...]
    """Independent samples of each."""
    inefficiency: float
    drift: float
    entries: int
    contacts: bool
    """Whether any pair was ever in contact."""
    mobility: float


def examine(trajectory: Trajectory, diameter: float) -> Examination:
    """Follow the numbers of neighbours of NPs of a diameter (sigma) through a trajectory; see `assess`."""
    distances = _pair_distances(trajectory)
    nps = trajectory.positions.shape[1]
    near = [2.0 / nps * (distances < diameter + gap).sum(axis=1).astype(float) for gap in _GAPS]
    samples = tuple(_independent_samples(series) for series in near)
    return Examination(
        means=tuple(float(series.mean()) for series in near),
        errors=tuple(float(series.std() / np.sqrt(n)) for series, n in zip(near, samples, strict=True)),
        samples=samples,
        inefficiency=max(len(series) / n for series, n in zip(near, samples, strict=True)),
        drift=max(drift(series) for series in near),
        entries=_entries(distances, diameter + 0.5, diameter + 1.5),
        contacts=bool(near[0].any()),
        mobility=_squared_displacement(trajectory) / diameter**2,
    )


def _difference(a: Examination, b: Examination) -> float:
    """Largest difference between two trajectories' numbers of neighbours, in standard errors."""
    worst = 0.0
    for mean_a, mean_b, error_a, error_b in zip(a.means, b.means, a.errors, b.errors, strict=True):
        if mean_a != mean_b:
            error = math.hypot(error_a, error_b)
            worst = max(worst, abs(mean_a - mean_b) / error if error > 0 else _NEVER)
    return worst


_GAPS = (1.0, 3.0)  # between the surfaces (sigma): pairs in contact, and pairs that at most three monomers keep apart
_NEVER = 1e3  # of numbers that never changed and differ: JSON knows no infinity
_MAX_DRIFT, _MAX_DIFFERENCE, _MIN_SAMPLES, _MIN_ENTRIES, _MIN_MOBILITY = 2.5, 3.0, 10.0, 10, 1.0


def _pair_distances(trajectory: Trajectory) -> NDArray[np.float32]:
    """Minimum-image distances (frames, pairs)."""
    i, j = np.triu_indices(trajectory.positions.shape[1], 1)
    found = np.empty((len(trajectory.positions), len(i)), dtype=np.float32)
    for squared, points, edges in zip(found, trajectory.positions, trajectory.boxes, strict=True):
        squared[:] = 0.0
        for coordinate, edge in zip((points / edges).T, edges, strict=True):
            delta = (coordinate[i] - coordinate[j]).astype(np.float32)
            delta -= np.rint(delta)
            squared += np.float32(edge) ** 2 * delta**2
    return np.sqrt(found, out=found)


def inefficiency(series: NDArray[np.float64]) -> float:
    """Statistical inefficiency 1 + 2 sum of the autocorrelation up to its first zero, in frames."""
    n = len(series)
    centred = series - series.mean()
    transform = np.fft.rfft(centred, 2 * n)
    covariance = np.fft.irfft(np.abs(transform) ** 2)[:n] / np.arange(n, 0, -1)
    correlation = covariance / covariance[0]
    end = int(np.argmax(correlation <= 0)) or n
    return float(1.0 + 2.0 * correlation[1:end].sum())


def _independent_samples(series: NDArray[np.float64]) -> float:
    """Frames over inefficiency; a number that never changes counts once, unless it is 0."""
    if np.ptp(series) == 0:
        return float(len(series)) if series[0] == 0 else 1.0
    return len(series) / inefficiency(series)


def drift(series: NDArray[np.float64]) -> float:
    """Difference between the means of the halves in its standard errors."""
    if np.ptp(series) == 0:
        return 0.0
    half = len(series) // 2
    first, second = series[:half], series[half:]
    variance = 0.5 * (first.var() + second.var())
    frames = 0.5 * sum(inefficiency(part) if np.ptp(part) else 1.0 for part in (first, second))
    error = np.sqrt(2.0 * variance * frames / half)
    return float(abs(first.mean() - second.mean()) / error) if error > 0 else _NEVER


def _entries(distances: NDArray[np.float32], inner: float, outer: float) -> int:
    """Pairs' crossings from beyond `outer` to within `inner`; the starting frame counts as neither."""
    pairs = distances[:, (distances < inner).any(axis=0)]  # the others never enter
    away = np.zeros(pairs.shape[1], dtype=bool)
    count = 0
    for entered, left in zip(pairs < inner, pairs > outer, strict=True):
        count += int(np.count_nonzero(entered & away))
        away = (away | left) & ~entered
    return count


def _squared_displacement(trajectory: Trajectory) -> float:
    """Mean squared displacement of an NP from the first frame to the last, through periodic borders (sigma^2)."""
    fractions = trajectory.positions / trajectory.boxes[:, None]
    steps = np.diff(fractions, axis=0)
    steps -= np.rint(steps)
    moved = steps.sum(axis=0) * trajectory.boxes.mean(axis=0)
    moved -= moved.mean(axis=0)  # the box as a whole does not count
    return float(np.mean(np.sum(moved**2, axis=1)))
