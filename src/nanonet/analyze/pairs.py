"""Frames -> measured density and RDF with error bars."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nanonet.analyze.equilibrium import BLOCKS, block_error, block_means
from nanonet.analyze.trajectory import Trajectory
from nanonet.errors import InputError
from nanonet.rdf import BINS, R_MAX, RDF, standard_grid

_FEW = 100  # NPs of which all pairs are looked at
_DISTANCES = 300_000  # at a time: they stay in the cache


@dataclass(frozen=True, eq=False)
class Measurement:
    """What is measured on the NPs of a trajectory."""

    rdf: RDF
    """g(r) with standard errors."""
    density: float
    """NPs / mean volume (sigma^-3): paper, MD Simulations and Data Curation."""
    density_error: float
    """Standard error of the density, from block averages."""
    nps: int
    """Number of NPs."""
    blocks: NDArray[np.float64]
    """g of consecutive blocks of the trajectory (blocks, m)."""


def measure(trajectory: Trajectory, *, r_max: float = R_MAX, bins: int = BINS, blocks: int = BLOCKS) -> Measurement:
    """RDF and density of the NPs of a trajectory.

    Each frame is normalised by its own volume, and by n (n - 1) / 2 pairs of n NPs, so that g of an ideal gas is 1 in
    a box of any size that fluctuates in any way. The standard error of a bin is the larger of the scatter of block
    averages and of the counting error of its pairs; of a bin in which no pair was ever seen it is the g that a single
    pair in a single frame would have given.

    Parameters
    ----------
    trajectory:
        NP positions.
    r_max:
        End of the grid (sigma).
    bins:
        Number of bins.
    blocks:
        Number of consecutive blocks for the error bars.

    Raises
    ------
    InputError
        Half a box edge is shorter than `r_max` in some frame, or there are fewer frames than blocks.
    """
    half = 0.5 * float(trajectory.boxes.min())
    if half <= r_max:
        raise InputError(
            f"box edge = {2 * half:.2f} is too small: g(r) to {r_max:g} sigma needs more than {2 * r_max:g}"
        )
    nps = trajectory.positions.shape[1]
    pairs = (_count_all if nps <= _FEW else _count_near)(trajectory, r_max, bins)
    edges = np.linspace(0.0, r_max, bins + 1)
    shells = 4.0 / 3.0 * math.pi * np.diff(edges**3)
    expected = np.outer(0.5 * nps * (nps - 1) / trajectory.volumes, shells)  # of an ideal gas
    frames = pairs / expected
    counting = np.sqrt(np.maximum(pairs.sum(axis=0), 1.0)) / expected.sum(axis=0)
    error = np.maximum(block_error(frames, blocks), counting)
    density = nps / float(trajectory.volumes.mean())
    return Measurement(
        rdf=RDF(standard_grid(r_max, bins), frames.mean(axis=0), error),
        density=density,
        density_error=density * float(block_error(trajectory.volumes, blocks)) / float(trajectory.volumes.mean()),
        nps=nps,
        blocks=block_means(frames, blocks),
    )


def _count_all(trajectory: Trajectory, r_max: float, bins: int) -> NDArray[np.float64]:
    """Pairs in each bin of each frame (frames, bins), from the distances of all pairs."""
    first, second = np.triu_indices(trajectory.positions.shape[1], 1)
    at_a_time = max(1, _DISTANCES // len(first))
    counts = np.empty((len(trajectory.positions), bins))
    for begin in range(0, len(counts), at_a_time):
        positions = trajectory.positions[begin : begin + at_a_time]
        boxes = trajectory.boxes[begin : begin + at_a_time, None]
        squared = np.zeros((len(positions), len(first)))
        for axis in range(3):
            apart = positions[:, first, axis] - positions[:, second, axis]
            apart -= boxes[..., axis] * np.rint(apart / boxes[..., axis])
            squared += apart**2
        found = np.minimum(np.sqrt(squared) * (bins / r_max), bins).astype(np.int64)
        found += (bins + 1) * np.arange(len(positions))[:, None]  # of each frame one bin more, for all that is farther
        counted = np.bincount(found.ravel(), minlength=(bins + 1) * len(positions))
        counts[begin : begin + at_a_time] = counted.reshape(len(positions), bins + 1)[:, :bins]
    return counts


def _count_near(trajectory: Trajectory, r_max: float, bins: int) -> NDArray[np.float64]:
    """As `_count_all`, by freud, which searches near each NP only."""
    import freud

    counter = freud.density.RDF(bins=bins, r_max=r_max)
    boxes = trajectory.boxes[:, None]
    inside = trajectory.positions - boxes * np.round(trajectory.positions / boxes)
    counts = np.empty((len(inside), bins))
    for i, (points, edges) in enumerate(zip(inside, trajectory.boxes, strict=True)):
        counter.compute((freud.box.Box(*edges), points), reset=True)
        counts[i] = counter.bin_counts
    return counts / 2.0  # freud counts both directions
