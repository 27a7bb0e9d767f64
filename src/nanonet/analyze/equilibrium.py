"""How far the averages of trajectories can be trusted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from nanonet.analyze.frames import batches
from nanonet.analyze.neighbours import Neighbours
from nanonet.analyze.trajectory import Trajectory
from nanonet.errors import InputError
from nanonet.records import Convergence, TrajectoryStatistics

BLOCKS = 5
"""Blocks of a trajectory. Few and long: NPs need hundreds of tau to enter and leave contact."""


def block_means(series: NDArray[np.float64], blocks: int = BLOCKS) -> NDArray[np.float64]:
    """Means (blocks, ...) over consecutive blocks of a series (frames, ...); block lengths differ by one frame at most.

    Raises
    ------
    InputError
        Fewer than 2 blocks, or fewer frames than blocks.

    Examples
    --------
    >>> block_means(np.arange(10.0), blocks=5)
    array([0.5, 2.5, 4.5, 6.5, 8.5])
    """
    if blocks < 2:
        raise InputError(f"blocks = {blocks} is not 2 or more")
    if len(series) < blocks:
        raise InputError(f"{len(series)} frames cannot be cut into {blocks} blocks")
    return np.array([part.mean(axis=0) for part in np.array_split(series, blocks)])


def block_error(series: NDArray[np.float64], blocks: int = BLOCKS) -> NDArray[np.float64]:
    """Standard error (...) of the mean of a series (frames, ...), from the scatter of its block means.

    Right as long as a block is longer than the series' memory; too small for a trajectory that is trapped.

    Examples
    --------
    >>> round(float(block_error(np.random.default_rng(0).normal(size=10_000))), 3)  # 0.01, from five blocks
    0.01
    """
    means = block_means(series, blocks)
    return np.asarray(means.std(axis=0, ddof=1) / np.sqrt(len(means)))


def assess_trajectories(trajectories: Sequence[Trajectory], diameter: float, starts: Sequence[str]) -> Convergence:
    """Whether the trajectories of a composition, one or independent replicas, are at equilibrium.

    Two numbers of neighbours are followed: pairs in contact (gap between the surfaces below one monomer) and pairs
    that at most three monomers keep apart. Converged means:

    - two trajectories or more that started from independent implicit configurations, or one from each end (dispersed
      and clustered), differ by at most 3 standard errors or 10 %: one trajectory alone cannot show that;
    - the halves of each differ by at most 2.5 standard errors or 5 %;
    - each has 5 independent samples or more: its error comes from 5 blocks, which must be longer than its memory.

    Contacts of NPs that have gathered seldom break, and need not: independent starts that agree show equilibrium.

    Parameters
    ----------
    trajectories, diameter:
        What is assessed, and the NPs' diameter (sigma).
    starts:
        How each trajectory started: `dispersed`, `clustered`, `implicit` or `annealed`.

    Raises
    ------
    InputError
        No trajectory, or another number of starts.

    Examples
    --------
    >>> from nanonet.analyze.trajectory import read
    >>> assess_trajectories([read("run1/trajectory.gsd")], 3.0, ["dispersed"]).converged  # one run alone
    False
    """
    return assess([trajectory_statistics(trajectory, diameter) for trajectory in trajectories], starts)


def assess(
    seen: Sequence[TrajectoryStatistics], starts: Sequence[str], both_ends: bool = False, one_end: bool = False
) -> Convergence:
    """As `assess_trajectories`, from the statistics of each trajectory.

    With `both_ends` independent implicit configurations are not enough: there must be a run from each end.
    With `one_end` NPs cannot start clustered, and two dispersed runs are independent.

    Examples
    --------
    >>> from nanonet.analyze.trajectory import read
    >>> seen = trajectory_statistics(read("run1/trajectory.gsd"), 3.0)
    >>> assess([seen], ["dispersed"]).converged  # one run alone
    False
    """
    if not seen or len(seen) != len(starts):
        raise InputError(f"{len(seen)} trajectories and {len(starts)} starts; allowed are as many, 1 or more")
    drifting = max((one for one in seen), key=lambda one: one.drift if _matters(one) else 0.0)
    samples = min(min(one.samples) for one in seen)
    pairs = list(combinations(seen, 2))
    agreement = max((_difference(a, b)[0] for a, b in pairs), default=None)
    spread = max((_difference(a, b)[1] for a, b in pairs), default=None)
    apart = max((_difference(a, b)[0] for a, b in pairs if not agree(a, b)), default=0.0)
    independent = {"dispersed", "clustered"} <= set(starts) or (
        not both_ends and any(a != b or one_end or a in _INDEPENDENT for a, b in combinations(starts, 2))
    )
    events, changes = sum(one.contact_events for one in seen), sum(one.changes or 0 for one in seen)
    mobility = sum(one.mobility for one in seen) / len(seen)
    faults = []
    if _matters(drifting):
        faults.append(f"the halves differ by {drifting.drift:.1f} standard errors")
    if apart:
        faults.append(f"the replicas differ by {apart:.1f} standard errors ({100 * (spread or 0.0):.0f} %)")
    if samples < _MIN_SAMPLES:
        faults.append(f"only {samples:.1f} independent samples")
    if not independent:
        missing = "no runs from both ends" if both_ends else "no independent starts"
        faults.append("one start alone" if len(seen) == 1 else missing)
    good = f"no drift, {samples:.0f} independent samples or more in each run"
    if agreement is not None:
        good += f", {len(seen)} runs within {agreement:.1f} standard errors ({100 * (spread or 0.0):.0f} %)"
    return Convergence(
        drift=max(one.drift for one in seen),
        inefficiency=max(one.inefficiency for one in seen),
        samples=samples,
        contact_events=events,
        contacts=any(one.contacts for one in seen),
        mobility=mobility,
        agreement=agreement,
        spread=spread,
        changes=changes,
        independent=independent,
        converged=not faults,
        reason="; ".join(faults) or good,
        shortfall=max(
            drifting.drift / _MAX_DRIFT if _matters(drifting) else 0.0,
            apart / _MAX_DIFFERENCE,
            _MIN_SAMPLES / max(samples, 0.1),
            0.0 if independent else _ALONE,
        ),
    )


def trajectory_statistics(trajectory: Trajectory, diameter: float) -> TrajectoryStatistics:
    """Numbers of neighbours of NPs of a diameter (sigma) through a trajectory; see `assess_trajectories`.

    Examples
    --------
    >>> from nanonet.analyze.trajectory import read
    >>> contact, near = trajectory_statistics(read("run1/trajectory.gsd"), diameter=3.0).means
    >>> contact < near
    True
    """
    seen = Neighbours(diameter)
    for part in batches(trajectory):
        seen.add(part)
    return statistics_of(seen)


def statistics_of(seen: Neighbours) -> TrajectoryStatistics:
    """What the numbers of neighbours that were followed say of equilibrium.

    Examples
    --------
    >>> from nanonet.analyze.trajectory import read
    >>> seen = Neighbours(3.0)
    >>> for part in batches(read("run1/trajectory.gsd")):
    ...     seen.add(part)
    >>> len(statistics_of(seen).means)
    2
    """
    samples = tuple(_independent_samples(series) for series in seen.near)
    largest = seen.largest
    return TrajectoryStatistics(
        means=tuple(float(series.mean()) for series in seen.near),
        errors=tuple(float(series.std() / np.sqrt(n)) for series, n in zip(seen.near, samples, strict=True)),
        samples=samples,
        inefficiency=max(len(series) / n for series, n in zip(seen.near, samples, strict=True)),
        drift=max(drift(series) for series in seen.near),
        contact_events=seen.contact_events,
        contacts=bool(seen.near[0].any()),
        mobility=seen.squared_displacement / seen.diameter**2,
        drift_relative=max(_relative_drift(series) for series in seen.near),
        largest=float(largest.mean()),
        changes=_changes(largest),
    )


def agree(a: TrajectoryStatistics, b: TrajectoryStatistics) -> bool:
    """Whether two trajectories' numbers of neighbours differ by at most 3 standard errors or 10 %.

    Examples
    --------
    >>> from nanonet.analyze.trajectory import read
    >>> seen = trajectory_statistics(read("run1/trajectory.gsd"), 3.0)
    >>> agree(seen, seen)
    True
    """
    return all(difference <= _MAX_DIFFERENCE or relative <= _MAX_SPREAD for difference, relative in _differences(a, b))


def _difference(a: TrajectoryStatistics, b: TrajectoryStatistics) -> tuple[float, float]:
    """Largest difference between two trajectories' numbers of neighbours, in standard errors and relative."""
    found = _differences(a, b)
    return max(difference for difference, _ in found), max(relative for _, relative in found)


def _differences(a: TrajectoryStatistics, b: TrajectoryStatistics) -> list[tuple[float, float]]:
    """Difference of each number of neighbours, in standard errors and over the mean."""
    found = []
    for mean_a, mean_b, error_a, error_b in zip(a.means, b.means, a.errors, b.errors, strict=True):
        difference, error = abs(mean_a - mean_b), math.hypot(error_a, error_b)
        in_errors = 0.0 if difference == 0 else min(difference / error, _NEVER) if error > 0 else _NEVER
        found.append((in_errors, 0.0 if difference == 0 else 2.0 * difference / (mean_a + mean_b)))
    return found


def _matters(one: TrajectoryStatistics) -> bool:
    """Whether a trajectory drifts: beyond its error, and by more than a twentieth where that is recorded."""
    return one.drift > _MAX_DRIFT and (one.drift_relative is None or one.drift_relative > _MAX_RELATIVE_DRIFT)


_NEVER = 1e3  # of numbers that never changed and differ: JSON has no infinity
_MAX_DRIFT, _MAX_DIFFERENCE = 2.5, 3.0  # standard errors
_MAX_RELATIVE_DRIFT, _MAX_SPREAD = 0.05, 0.1  # less than that is the same for whoever uses the number
_MIN_SAMPLES = float(BLOCKS)
_ALONE = 1.5  # shortfall of having no second start
_INDEPENDENT = ("implicit", "annealed")  # two of these started independently: each came from a run of its own
_GATHERED, _SCATTERED = 2.0 / 3.0, 1.0 / 3.0  # share of the NPs in the largest cluster above and below which they are


def inefficiency(series: NDArray[np.float64]) -> float:
    """Statistical inefficiency 1 + 2 sum of the autocorrelation up to its first zero, in frames.

    Examples
    --------
    >>> inefficiency(np.repeat(np.random.default_rng(0).normal(size=200), 10)) > 5  # each value ten times
    True
    """
    n = len(series)
    centred = series - series.mean()
    transform = np.fft.rfft(centred, 2 * n)
    covariance = np.fft.irfft(np.abs(transform) ** 2)[:n] / np.arange(n, 0, -1)
    correlation = covariance / covariance[0]
    end = int(np.argmax(correlation <= 0)) or n
    return float(1.0 + 2.0 * correlation[1:end].sum())


def _independent_samples(series: NDArray[np.float64]) -> float:
    """Frames over inefficiency; a number that never changes has no memory."""
    return float(len(series)) if np.ptp(series) == 0 else len(series) / inefficiency(series)


def drift(series: NDArray[np.float64]) -> float:
    """Difference between the means of the halves in its standard errors.

    Examples
    --------
    >>> drift(np.linspace(0, 1, 100)) > 3
    True
    """
    if np.ptp(series) == 0:
        return 0.0
    half = len(series) // 2
    first, second = series[:half], series[half:]
    variance = 0.5 * (first.var() + second.var())
    frames = 0.5 * sum(inefficiency(part) if np.ptp(part) else 1.0 for part in (first, second))
    error = np.sqrt(2.0 * variance * frames / half)
    return float(abs(first.mean() - second.mean()) / error) if error > 0 else _NEVER


def _relative_drift(series: NDArray[np.float64]) -> float:
    """Difference between the means of the halves, over the mean of all."""
    half, mean = len(series) // 2, float(series.mean())
    return 0.0 if mean == 0 else abs(float(series[:half].mean() - series[half:].mean())) / mean


def _changes(largest: NDArray[np.float64]) -> int:
    """Times that the share of the largest cluster went from above 2/3 to below 1/3 or back."""
    states = np.where(largest > _GATHERED, 1, np.where(largest < _SCATTERED, -1, 0))
    states = states[states != 0]
    return int(np.count_nonzero(np.diff(states)))
