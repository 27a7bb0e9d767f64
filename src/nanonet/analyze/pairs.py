"""Frames -> measured density and RDF with error bars."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nanonet.analyze.equilibrium import BLOCKS
from nanonet.analyze.frames import Batch, batches, inside, squared_distances
from nanonet.analyze.trajectory import Trajectory
from nanonet.errors import InputError
from nanonet.rdf import BINS, R_MAX, RDF, standard_grid

_FEW = 5_000  # pairs of NPs that are all looked at


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

    Examples
    --------
    >>> from nanonet.analyze.trajectory import read
    >>> found = measure(read("run1/trajectory.gsd"))
    >>> found.nps, round(found.density, 5)
    (18, 0.00194)
    """
    return measure_batches(batches(trajectory), len(trajectory.positions), r_max=r_max, bins=bins, blocks=blocks)


def measure_batches(
    parts: Iterable[Batch],
    frames: int,
    *,
    r_max: float = R_MAX,
    bins: int = BINS,
    blocks: int = BLOCKS,
    unit: str = "sigma",
) -> Measurement:
    """As `measure`, of frames that are not all in memory at a time; of two kinds it is g between them.

    Parameters
    ----------
    parts:
        The frames, in order. Those of one trajectory all have a second kind or none.
    frames:
        Their number in all, which sets the ends of the blocks.
    r_max, bins, blocks:
        As for `measure`.
    unit:
        Unit of the positions, for messages.

    Raises
    ------
    InputError
        As for `measure`; of a tilted box half the distance of opposite faces counts. There are other than `frames`
        frames.

    Examples
    --------
    >>> from nanonet.analyze.trajectory import read
    >>> trajectory = read("run1/trajectory.gsd")
    >>> measure_batches(batches(trajectory), len(trajectory.positions)).rdf.r.shape
    (100,)
    """
    if blocks < 2:
        raise InputError(f"blocks = {blocks} is not 2 or more")
    if frames < blocks:
        raise InputError(f"{frames} frames cannot be cut into {blocks} blocks")
    shells = 4.0 / 3.0 * math.pi * np.diff(np.linspace(0.0, r_max, bins + 1) ** 3)
    lengths = np.array([len(part) for part in np.array_split(np.arange(frames), blocks)])
    block_of = np.repeat(np.arange(blocks), lengths)
    sums, volumes = np.zeros((blocks, bins)), np.zeros(blocks)
    counts, inverse_volumes, seen, nps, pairs = np.zeros(bins), 0.0, 0, 0, 0.0
    for part in parts:
        _check_heights(part, r_max, unit)
        nps = part.positions.shape[1]
        pairs = 0.5 * nps * (nps - 1) if part.others is None else float(nps * part.others.shape[1])
        found = count(part, r_max, bins)
        blocks_here = block_of[seen : seen + len(found)]
        if len(blocks_here) < len(found):
            break
        np.add.at(sums, blocks_here, found * part.volumes[:, None])
        np.add.at(volumes, blocks_here, part.volumes)
        counts += found.sum(axis=0)
        inverse_volumes += float((1.0 / part.volumes).sum())
        seen += len(found)
    else:
        if seen == frames:
            g = sums / lengths[:, None] / (pairs * shells)
            counting = np.sqrt(np.maximum(counts, 1.0)) / (pairs * shells * inverse_volumes)
            density, error = nps / float(volumes.sum() / frames), 1.0 / math.sqrt(blocks)
            return Measurement(
                rdf=RDF(
                    standard_grid(r_max, bins),
                    sums.sum(axis=0) / frames / (pairs * shells),
                    np.maximum(g.std(axis=0, ddof=1) * error, counting),
                ),
                density=density,
                density_error=density * density / nps * float((volumes / lengths).std(ddof=1)) * error,
                nps=nps,
                blocks=g,
            )
    raise InputError(f"there are not {frames} frames, as was said before: the file changed while it was read")


def _check_heights(part: Batch, r_max: float, unit: str) -> None:
    smallest = float(part.heights.min())
    if not smallest > 2.0 * r_max:
        name = "height of the tilted box" if part.boxes[:, 3:].any() else "box edge"
        raise InputError(
            f"{name} = {smallest:.2f} is too small: g(r) to {r_max:g} {unit} needs more than {2 * r_max:g}"
        )


def count(part: Batch, r_max: float, bins: int) -> NDArray[np.float64]:
    """Pairs in each bin of each frame (frames, bins), of the particles or of the two kinds.

    Examples
    --------
    >>> part = Batch(np.array([[[0.5, 0, 0], [9.5, 0, 0]]]), np.array([[10.0, 10.0, 10.0, 0.0, 0.0, 0.0]]))
    >>> count(part, r_max=4.0, bins=4)
    array([[0., 1., 0., 0.]])
    """
    nps = part.positions.shape[1]
    pairs = nps * (nps - 1) // 2 if part.others is None else nps * part.others.shape[1]
    return (count_all if pairs <= _FEW else count_near)(part, r_max, bins)


def count_all(part: Batch, r_max: float, bins: int) -> NDArray[np.float64]:
    """Pairs in each bin of each frame (frames, bins), from the distances of all pairs.

    Examples
    --------
    >>> part = Batch(np.array([[[0.5, 0, 0], [9.5, 0, 0]]]), np.array([[10.0, 10.0, 10.0, 0.0, 0.0, 0.0]]))
    >>> count_all(part, r_max=4.0, bins=4)
    array([[0., 1., 0., 0.]])
    """
    found = np.minimum(np.sqrt(squared_distances(part)) * (bins / r_max), bins).astype(np.int64)
    found += (bins + 1) * np.arange(len(found))[:, None]  # of each frame one bin more, for all that is farther
    counted = np.bincount(found.ravel(), minlength=(bins + 1) * len(found))
    return counted.reshape(len(found), bins + 1)[:, :bins].astype(np.float64)


def count_near(part: Batch, r_max: float, bins: int) -> NDArray[np.float64]:
    """As `count_all`, by freud, which searches near each NP only.

    Examples
    --------
    >>> part = Batch(np.array([[[0.5, 0, 0], [9.5, 0, 0]]]), np.array([[10.0, 10.0, 10.0, 0.0, 0.0, 0.0]]))
    >>> count_near(part, r_max=4.0, bins=4)
    array([[0., 1., 0., 0.]])
    """
    import freud

    counter = freud.density.RDF(bins=bins, r_max=r_max)
    points = inside(part.positions, part)
    others = None if part.others is None else inside(part.others, part)
    counts = np.empty((len(points), bins))
    for i, (x, y, z, xy, xz, yz) in enumerate(part.boxes):
        box = freud.box.Box(x, y, z, xy / y, xz / z, yz / z)
        counter.compute((box, points[i]), query_points=None if others is None else others[i], reset=True)
        counts[i] = counter.bin_counts
    return counts / 2.0 if others is None else counts  # of one kind freud counts both directions
