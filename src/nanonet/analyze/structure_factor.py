"""Frames -> S(q) of the NPs with error bars: by the wave vectors that a periodic box allows, or by Debye's formula."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nanonet.analyze.equilibrium import BLOCKS, block_error, block_means
from nanonet.analyze.trajectory import Trajectory
from nanonet.errors import InputError
from nanonet.structure_factor import Q_MAX, Q_WIDTH, StructureFactor

METHODS = ("direct", "debye")
_MOST = 1e8  # wave vectors of a frame
_AT_A_TIME = 1 << 17  # of these: their amplitudes stay in the cache


@dataclass(frozen=True, eq=False)
class StructureMeasurement:
    """S(q) and density of the NPs of a trajectory."""

    structure: StructureFactor
    """S(q) with standard errors."""
    density: float
    """NPs / mean volume (sigma^-3)."""
    density_error: float
    """Standard error of the density, from block averages."""
    nps: int
    """Number of NPs."""
    blocks: NDArray[np.float64]
    """S of consecutive blocks of the trajectory (blocks, m)."""


def measure(
    trajectory: Trajectory,
    *,
    method: str = "direct",
    q_max: float = Q_MAX,
    width: float = Q_WIDTH,
    blocks: int = BLOCKS,
) -> StructureMeasurement:
    """S(q) of the NPs of a trajectory in bins of q: from 0 to `width`, from there to 2 `width`, ..., to `q_max`.

    `direct`: in each frame the mean of abs(sum over j of exp(i q r_j))^2 / n over all q = 2 pi (a/Lx, b/Ly, c/Lz) of a
    bin, with whole a, b, c and the box of that frame; right in a periodic box, without a window. Bins start behind the
    last one that has no such q in some frame. The standard error is the larger of the scatter of block averages and of
    that of as many independent amplitudes, S over the root of their number.

    `debye`: at the middle of each bin 1 + 2/n times the sum of sin(q r)/(q r) over the nearest images of all pairs, by
    freud. Bins start at 4 pi over the shortest edge, above which freud holds it valid; there, too, it is off, for the
    nearest images fill a box and not all of space.

    Parameters
    ----------
    trajectory:
        NP positions.
    method:
        One of `METHODS`.
    q_max, width:
        End of the last bin, a multiple of the width of a bin (1/sigma).
    blocks:
        Number of consecutive blocks for the error bars.

    Raises
    ------
    InputError
        The method is another, `q_max` is no multiple of `width` or too large for the box or too small, or there are
        fewer frames than blocks.

    Examples
    --------
    >>> from nanonet.analyze.trajectory import read
    >>> measure(read("run1/trajectory.gsd"), q_max=3.0).structure.q.shape
    (14,)
    """
    if method not in METHODS:
        raise InputError(f"method = {method!r} is not one of {', '.join(METHODS)}")
    if not (math.isfinite(width) and width > 0):
        raise InputError(f"width = {width:g} is not above 0")
    bins = round(q_max / width) if math.isfinite(q_max) else 0
    if bins < 2 or not math.isclose(bins * width, q_max):
        raise InputError(f"q_max = {q_max:g} is not {width:g} times a whole number, 2 or more")
    largest = (q_max / math.pi) ** 3 * float(trajectory.volumes.max()) / 2.0
    if method == "direct" and largest > _MOST:
        raise InputError(f"q_max = {q_max:g} asks for {largest:.1g} wave vectors in this box; allowed are {_MOST:.0g}")
    centres = np.asarray(np.round(width * (np.arange(bins) + 0.5), 10), dtype=np.float64)
    nps = trajectory.positions.shape[1]
    if method == "direct":
        sums, counts = _direct(trajectory, bins, width)
        filled = np.asarray((counts > 0).all(axis=0))
    else:
        sums, counts = _debye(trajectory, centres), np.ones((len(trajectory.boxes), bins))
        filled = np.asarray(centres >= 4.0 * math.pi / trajectory.boxes.min())
    start = bins - int(np.argmin(filled[::-1])) if not filled.all() else 0
    if bins - start < 2:
        raise InputError(
            f"q_max = {q_max:g} leaves {bins - start} bins with wave vectors of a box with edge "
            f"{trajectory.boxes.min():.2f}; allowed are 2 or more"
        )
    frames = sums[:, start:] / counts[:, start:]
    s, error = frames.mean(axis=0), block_error(frames, blocks)
    if method == "direct":
        error = np.maximum(error, s / np.sqrt(0.5 * counts[:, start:].sum(axis=0)))
    volumes = trajectory.volumes
    density = nps / float(volumes.mean())
    return StructureMeasurement(
        StructureFactor(centres[start:], np.maximum(s, 0.0), error),
        density,
        density * float(block_error(volumes, blocks)) / float(volumes.mean()),
        nps,
        block_means(frames, blocks),
    )


def _direct(trajectory: Trajectory, bins: int, width: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sums of amplitudes squared / n, and numbers of wave vectors, in each bin of each frame (frames, bins).

    Those of q and -q are the same: of each pair one is computed, and counts twice. exp(i q r) is a product over axes.
    """
    sums, counts = np.zeros((2, len(trajectory.boxes), bins))
    for i, (positions, edges) in enumerate(zip(trajectory.positions, trajectory.boxes, strict=True)):
        unit = 2.0 * math.pi / edges
        a, b, c = (np.arange(-int(bins * width / one), int(bins * width / one) + 1) for one in unit)
        c = c[c >= 0]
        ex, ey, ez = (
            np.exp(1j * one * np.multiply.outer(n, x)) for n, one, x in zip((a, b, c), unit, positions.T, strict=True)
        )
        flat = np.add.outer((b * unit[1]) ** 2, (c * unit[2]) ** 2)
        twice = np.broadcast_to(np.where(c > 0, 2.0, 1.0), flat.shape)
        step = max(1, _AT_A_TIME // flat.size)
        for first in range(0, len(a), step):
            part = slice(first, first + step)
            amplitude = (ex[part, None] * ey).reshape(-1, len(positions)) @ ez.T
            q = np.sqrt(np.add.outer((a[part] * unit[0]) ** 2, flat)).ravel()
            place = np.minimum(q / width, bins).astype(np.int64)
            weight = np.broadcast_to(twice, (len(a[part]), *flat.shape)).ravel() * (q > 0)
            power = weight * (amplitude.real**2 + amplitude.imag**2).ravel()
            sums[i] += np.bincount(place, power, bins + 1)[:bins]
            counts[i] += np.bincount(place, weight, bins + 1)[:bins]
    return sums / trajectory.positions.shape[1], counts


def _debye(trajectory: Trajectory, q: NDArray[np.float64]) -> NDArray[np.float64]:
    """S (frames, m) at evenly spaced q (m,), by freud."""
    import freud

    counter = freud.diffraction.StaticStructureFactorDebye(num_k_values=len(q), k_max=q[-1], k_min=q[0])
    found = np.empty((len(trajectory.boxes), len(q)))
    for i, (positions, edges) in enumerate(zip(trajectory.positions, trajectory.boxes, strict=True)):
        box = freud.box.Box(*edges)
        counter.compute((box, box.wrap(positions - 0.5 * edges)), reset=True)
        found[i] = counter.S_k
    return found
