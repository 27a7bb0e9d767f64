"""Frames -> mean squared displacement (MSD) of the NPs over lag time, with error bars."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nanonet.analyze.equilibrium import BLOCKS, block_error
from nanonet.analyze.frames import Batch, batches, displacements
from nanonet.analyze.trajectory import Trajectory
from nanonet.curve import MSD, Curve
from nanonet.errors import InputError

_A_DECADE = 10  # lag times
_FARTHEST = 0.4  # of the box, from one frame to the next: half a box cannot be told from half a box the other way
_MAX_BYTES = 1 << 32


@dataclass(frozen=True, eq=False)
class DisplacementMeasurement:
    """Mean squared displacement and density of the NPs of a trajectory."""

    msd: Curve
    """A curve of `curve.MSD`, in the units that were given, with standard errors."""
    density: float
    """NPs / mean volume."""
    density_error: float
    """Standard error of the density, from block averages."""
    nps: int
    """Number of NPs."""


def measure(trajectory: Trajectory, timestep: float, *, lag_max: float | None = None) -> DisplacementMeasurement:
    """MSD of the NPs of a trajectory whose steps are known, of so many tau each; see `measure_batches`.

    Raises
    ------
    InputError
        Its steps are not known, or as `measure_batches`.

    Examples
    --------
    >>> from nanonet.analyze.trajectory import read
    >>> measure(read("run1/trajectory.gsd"), timestep=0.01).msd
    Curve of msd at 7 values of t, 0.25 to 2
    """
    if len(trajectory.steps) < 2:
        raise InputError("the steps of its frames are not known, or it has one frame only")
    interval = (trajectory.steps[1] - trajectory.steps[0]) * timestep
    return measure_batches(batches(trajectory), len(trajectory.steps), interval, lag_max=lag_max)


def measure_batches(
    parts: Iterable[Batch],
    frames: int,
    interval: float,
    *,
    lag_max: float | None = None,
    blocks: int = BLOCKS,
    unit: str = "sigma",
    time_unit: str = "tau",
) -> DisplacementMeasurement:
    """MSD of the particles of frames that follow one another in even steps.

    NPs are followed through periodic borders by the nearest image from frame to frame, in fractions of the box: a box
    that changes its size moves nothing. The squared displacement over a lag time is averaged over all NPs and all
    moments that the lag fits behind. Lag times are ten a decade. The standard error is the larger of the scatter of
    blocks of starting moments and of that between NPs.

    Parameters
    ----------
    parts:
        The frames, in order; a second kind does not count.
    frames:
        Their number in all.
    interval:
        Time from one frame to the next.
    lag_max:
        Largest lag time; left out: a fifth of the trajectory.
    blocks:
        Number of consecutive blocks for the error bars.
    unit, time_unit:
        Units of the positions and of the interval.

    Raises
    ------
    InputError
        Steps that are not even, an NP that moves by more than 0.4 of the box between frames, a largest lag time beyond
        half the trajectory or too short for two lag times, too few frames for the blocks, or more than 4 GiB of them.

    Examples
    --------
    >>> from nanonet.analyze.frames import batches
    >>> from nanonet.analyze.trajectory import read
    >>> trajectory = read("run1/trajectory.gsd")
    >>> measure_batches(batches(trajectory), len(trajectory.positions), interval=0.25).nps
    18
    """
    most = frames // BLOCKS if lag_max is None else math.floor(lag_max / interval * (1 + 1e-9))
    if lag_max is not None and most > frames // 2:
        raise InputError(
            f"lag_max = {lag_max:g} {time_unit} is more than half the trajectory, {frames * interval / 2:g} {time_unit}"
        )
    if most < 2:
        shown = "a fifth of them" if lag_max is None else f"lag_max = {lag_max:g} {time_unit}"
        raise InputError(
            f"{frames} frames, {interval:g} {time_unit} apart: {shown} leaves {max(most, 0)} lag times; "
            "allowed are 2 or more"
        )
    path, volumes = _followed(parts, frames)
    lags = _lags(most)
    msd, error = np.empty((2, len(lags)))
    for i, k in enumerate(lags):
        moved = path[k:] - path[:-k]
        squared = np.einsum("tnd,tnd->tn", moved, moved)
        msd[i] = squared.mean()
        between = squared.mean(axis=0).std(ddof=1) / math.sqrt(squared.shape[1]) if squared.shape[1] > 1 else 0.0
        error[i] = max(float(block_error(squared.mean(axis=1), blocks)), between)
    quantity = replace(MSD, unit=f"{unit}^2", x_unit=time_unit)
    volume = float(volumes.mean())
    density = path.shape[1] / volume
    return DisplacementMeasurement(
        Curve(quantity, np.array([float(f"{lag * interval:.10g}") for lag in lags]), msd, error),
        density,
        density * float(block_error(volumes, blocks)) / volume,
        path.shape[1],
    )


def _lags(most: int) -> NDArray[np.int64]:
    """Lag times in frames, ten a decade: the same ones whatever the last one is."""
    steps = np.round(10.0 ** (np.arange(_A_DECADE * math.log10(most) + 1.0) / _A_DECADE)).astype(np.int64)
    return np.unique(steps[steps <= most])


def _followed(parts: Iterable[Batch], frames: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Positions (frames, n, 3) followed through periodic borders from 0, and volumes (frames,)."""
    moved: list[NDArray[np.float64]] = []
    volumes: list[NDArray[np.float64]] = []
    vectors, before, seen = np.zeros((3, 3)), None, 0
    steps: list[int | None] = []
    for part in parts:
        if 24 * part.positions.shape[1] * frames > _MAX_BYTES:
            raise InputError(
                f"{frames} frames of {part.positions.shape[1]} NPs; allowed are {_MAX_BYTES:,} bytes in all"
            )
        here, before = displacements(part, before)
        far = np.abs(here).max(axis=(1, 2))
        if (far > _FARTHEST).any():
            i = int(np.argmax(far > _FARTHEST))
            raise InputError(
                f"frame {seen + i} of those that count: an NP moved by {far[i]:.2f} of the box since the frame before; "
                f"allowed is {_FARTHEST:g}, so that it can be followed through periodic borders: more frames are needed"
            )
        moved.append(here)
        volumes.append(part.volumes)
        vectors += part.vectors.sum(axis=0)
        steps += part.steps
        seen += len(here)
    _check_even(steps)
    path = np.concatenate(moved)
    np.cumsum(path, axis=0, out=path)
    return path @ (vectors / seen), np.concatenate(volumes)


def _check_even(steps: list[int | None]) -> None:
    """Refuse steps, where they are known, that are not evenly spaced."""
    known = [step for step in steps if step is not None]
    apart = np.diff(known)
    if not len(apart) or not any(known):
        return
    if len(odd := np.flatnonzero(apart != apart[0])):
        i = int(odd[0])
        raise InputError(
            f"frame {i + 1} of those that count has the step {known[i + 1]}, {apart[i]} after the one before; the "
            f"first two are {apart[0]} apart: allowed are frames that are evenly spaced"
        )
