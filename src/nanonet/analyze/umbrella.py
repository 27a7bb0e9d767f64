"""Umbrella runs -> mean forces: what the polymer does between two NPs at each separation."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nanonet.analyze import trajectory
from nanonet.analyze.equilibrium import block_error
from nanonet.errors import InputError
from nanonet.formats.reading import read_bytes
from nanonet.formats.run_folder import TRAJECTORY, read_finished
from nanonet.potentials.mediated import MeanForces, PairInputs
from nanonet.records import Seeded, UmbrellaRunRecord
from nanonet.systems.umbrella import UmbrellaWindows
from nanonet.umbrella_runs import BIN, UmbrellaRun

BLOCKS = 20
"""Blocks of an umbrella run for its error bars."""

MIN_OVERLAP = 0.05
"""Smallest part that the separations of neighbouring windows must share."""

MAX_DRIFT = 4.0
"""Largest difference between the halves of a window's forces, in its standard errors."""


@dataclass(frozen=True, eq=False)
class Series:
    """One umbrella run, frame by frame: n dimers.

    Attributes
    ----------
    separations:
        Distance of the partners (frames, n), sigma.
    forces:
        What balances the polymer's W'(r) on average (frames, n), kT/sigma: see `follow`.
    """

    separations: NDArray[np.float64]
    forces: NDArray[np.float64]


def follow(frames: trajectory.Trajectory, windows: UmbrellaWindows) -> Series:
    """Separations and forces of the dimers of a trajectory.

    Where partners have the distance r and the springs the energy K (r - r0)^2, the average over a window is exactly

        <W'> = < 2 / r - 2 K (r - r0) + f >        (T* = 1)

    with f the part of the other dimers' direct repulsion that pulls the partners apart, (f_2 - f_1) . e / 2. It holds
    for each window on its own and asks for no overlap; and unlike histograms it separates the polymer's force.
    (Umbrella integration: Kaestner & Thiel 2005, doi:10.1063/1.2052648; here without its Gaussian approximation.)

    Examples
    --------
    >>> windows = UmbrellaWindows(PairInputs(3, 40, 1.0))
    >>> follow(trajectory.read("w1/trajectory.gsd"), windows).separations.shape
    (400, 22)
    """
    positions, boxes = frames.positions, frames.boxes[:, None]
    arms = positions[:, 1::2] - positions[:, 0::2]
    arms -= boxes * np.rint(arms / boxes)
    separations = np.linalg.norm(arms, axis=2)
    others = _repulsion(positions, boxes, windows.exclusion)
    apart = 0.5 * np.einsum("fnd,fnd->fn", others[:, 1::2] - others[:, 0::2], arms / separations[..., None])
    rest, stiffness = np.array(windows.springs).T
    return Series(separations, 2.0 / separations - 2.0 * stiffness * (separations - rest) + apart)


def _repulsion(positions: NDArray[np.float64], boxes: NDArray[np.float64], reach: float) -> NDArray[np.float64]:
    """Direct forces (frames, NPs, 3) between NPs of different dimers: LJ, cut at its minimum `reach`, epsilon 1."""
    forces = np.zeros_like(positions)
    for i in range(positions.shape[1]):
        delta = positions[:, i : i + 1] - positions
        delta -= boxes * np.rint(delta / boxes)
        squared = np.einsum("fnd,fnd->fn", delta, delta)
        squared[:, [i, i ^ 1]] = np.inf
        inverse6 = 0.5 * (reach**2 / squared) ** 3  # (sigma / r)^6 with the minimum at reach
        strength = np.where(squared < reach**2, 24.0 * (2.0 * inverse6**2 - inverse6) / squared, 0.0)
        forces[:, i] = np.einsum("fn,fnd->fd", strength, delta)
    return forces


def measure_windows(folder: str | os.PathLike[str]) -> UmbrellaRun:
    """The mean forces of a finished umbrella run.

    Raises
    ------
    InputError
        The folder is no finished umbrella run, or its trajectory cannot be used.

    Examples
    --------
    >>> measure_windows("w1").forces.pair_inputs
    PairInputs(diameter=3.0, chain_length=40, eps_pn=1.0)
    """
    folder = Path(folder)
    record = read_finished(folder)
    if (found := record.windows) is None:
        raise InputError(f"{folder} is no umbrella run: its record has no windows")
    windows = UmbrellaWindows(PairInputs(found.diameter, int(found.chain_length), found.eps_pn), found.springs)
    path = folder / TRAJECTORY
    if not path.exists():
        raise InputError(f"umbrella run {folder} is not finished: run it again to resume")
    frames = trajectory.read(path)
    if frames.positions.shape[1] != 2 * len(windows.springs):
        raise InputError(f"umbrella run {folder}: {frames.positions.shape[1]} NPs for {len(windows.springs)} dimers")
    series = follow(frames, windows)
    forces = mean_forces(series, windows)
    tau = record.protocol.production_tau
    memory = tau * (forces.error / series.forces.std(axis=0)) ** 2
    kept = UmbrellaRunRecord(
        id=record.id,
        protocol=Seeded.from_json(record.protocol),
        tau=tau,
        problems=tuple(problems(forces, series)),
        nps=record.nps,
        chains=record.chains,
        box=round(float(frames.volumes.mean() ** (1.0 / 3.0)), 4),
        steps_per_second=None if record.last_segment is None else record.last_segment.speed,
        others={
            "nanonet": record.nanonet,
            "lammps": record.lammps,
            "accelerator": record.accelerator,
            "memory_tau": [round(float(x), 2) for x in memory],
            "trajectory_sha256": hashlib.sha256(read_bytes(path, "trajectory")).hexdigest(),
        },
    )
    return UmbrellaRun(windows, forces, kept)


def mean_forces(series: Series, windows: UmbrellaWindows) -> MeanForces:
    """Means of the series of an umbrella run, with standard errors from the scatter of blocks.

    The spring's force decays fast and hides the polymer's slow part in its correlations: of a window of 3,000 tau,
    blocks of 75 to 300 tau gave the same error, and a correlation time up to the first zero two thirds of it.

    Examples
    --------
    >>> windows = UmbrellaWindows(PairInputs(3, 40, 1.0))
    >>> mean_forces(follow(trajectory.read("w1/trajectory.gsd"), windows), windows).force.shape
    (22,)
    """
    n = series.forces.shape[1]
    error = block_error(series.forces, BLOCKS)
    low, high = series.separations.min(), series.separations.max()
    grid = BIN * np.arange(np.floor(low / BIN), np.ceil(high / BIN) + 1.5)
    weights = np.array([np.histogram(series.separations[:, i], grid)[0] for i in range(n)]) / len(series.forces)
    return MeanForces(windows.pair_inputs, grid, weights, series.forces.mean(axis=0), error)


def problems(found: MeanForces, series: Series) -> list[str]:
    """What is wrong with an umbrella run: gaps between its windows, windows that drift; empty where nothing.

    Examples
    --------
    >>> windows = UmbrellaWindows(PairInputs(3, 40, 1.0))
    >>> series = follow(trajectory.read("w1/trajectory.gsd"), windows)
    >>> problems(mean_forces(series, windows), series)
    []
    """
    said = []
    order = np.argsort(found.means)
    for a, b in pairwise(order):
        shared = float(np.minimum(found.weights[a], found.weights[b]).sum())
        if shared < MIN_OVERLAP:
            said.append(
                f"the windows at {found.means[a]:.2f} and {found.means[b]:.2f} sigma share only {100 * shared:.1f} %"
            )
    first, second = np.array_split(series.forces, 2)
    moved = np.abs(first.mean(axis=0) - second.mean(axis=0)) / (
        2.0 * found.error
    )  # half as long, error of a difference
    if moved.max() > MAX_DRIFT:
        where = found.means[int(np.argmax(moved))]
        said.append(f"the halves of the window at {where:.2f} sigma differ by {moved.max():.1f} standard errors")
    return said
