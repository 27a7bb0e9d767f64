"""Frames -> measured density and RDF with error bars."""

from __future__ import annotations

import math
from dataclasses import dataclass

import freud
import numpy as np
from numpy.typing import NDArray

from nanonet.analyze.equilibrium import BLOCKS, block_error, block_means
from nanonet.analyze.trajectory import Trajectory
from nanonet.errors import InputError
from nanonet.rdf import BINS, R_MAX, RDF, standard_grid


@dataclass(frozen=True, eq=False)
class Measurement:
    """What a trajectory says about its NPs."""

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
    counter = freud.density.RDF(bins=bins, r_max=r_max, normalization_mode="finite_size")
    frames = np.empty((len(trajectory.positions), bins))
    pairs = np.zeros(bins)
    for i, (points, edges) in enumerate(zip(trajectory.positions, trajectory.boxes, strict=True)):
        box = freud.box.Box(*edges)
        counter.compute((box, box.wrap(points)), reset=True)
        frames[i] = counter.rdf
        pairs += np.asarray(counter.bin_counts) / 2.0
    edges = np.linspace(0.0, r_max, bins + 1)
    shells = 4.0 / 3.0 * math.pi * np.diff(edges**3)
    expected = shells * 0.5 * nps * (nps - 1) * (1.0 / trajectory.volumes).sum()
    counting = np.sqrt(np.maximum(pairs, 1.0)) / expected
    error = np.maximum(block_error(frames, blocks), counting)
    density = nps / float(trajectory.volumes.mean())
    return Measurement(
        rdf=RDF(standard_grid(r_max, bins), frames.mean(axis=0), error),
        density=density,
        density_error=density * float(block_error(trajectory.volumes, blocks)) / float(trajectory.volumes.mean()),
        nps=nps,
        blocks=block_means(frames, blocks),
    )
