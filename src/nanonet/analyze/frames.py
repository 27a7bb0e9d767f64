"""Some frames at a time: positions and boxes, tilted ones too, and the distances in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nanonet.analyze.trajectory import Trajectory

_DISTANCES = 300_000  # at a time: they stay in the cache


@dataclass(frozen=True, eq=False)
class Batch:
    """Some consecutive frames of a trajectory.

    Attributes
    ----------
    positions:
        Array (frames, n, 3), wrapped or not.
    boxes:
        Edges and tilts (frames, 6): Lx, Ly, Lz, xy, xz, yz. The box vectors are (Lx, 0, 0), (xy, Ly, 0) and
        (xz, yz, Lz), all in the unit of the positions.
    others:
        Positions (frames, m, 3) of a second kind, or None.
    steps:
        Step of each frame, None where it is not known.

    Examples
    --------
    >>> Batch(np.zeros((1, 3, 3)), np.array([[10.0, 10.0, 10.0, 0.0, 0.0, 0.0]])).volumes
    array([1000.])
    """

    positions: NDArray[np.float64]
    boxes: NDArray[np.float64]
    others: NDArray[np.float64] | None = None
    steps: tuple[int | None, ...] = ()

    @property
    def volumes(self) -> NDArray[np.float64]:
        """Volume of the box in each frame (frames,)."""
        return np.asarray(self.boxes[:, :3].prod(axis=1))

    @property
    def heights(self) -> NDArray[np.float64]:
        """Distances of opposite faces of the box (frames, 3): its edges where it is not tilted."""
        if not self.boxes[:, 3:].any():
            return self.boxes[:, :3]
        return np.asarray(1.0 / np.linalg.norm(np.linalg.inv(self.vectors), axis=1))

    @property
    def vectors(self) -> NDArray[np.float64]:
        """Box vectors (frames, 3, 3), a row each."""
        found = np.zeros((len(self.boxes), 3, 3))
        for column, (row, axis) in enumerate(((0, 0), (1, 1), (2, 2), (1, 0), (2, 0), (2, 1))):
            found[:, row, axis] = self.boxes[:, column]
        return found


def batches(trajectory: Trajectory) -> Iterator[Batch]:
    """A trajectory in parts whose distances stay in the cache.

    Examples
    --------
    >>> from nanonet.analyze.trajectory import read
    >>> sum(len(part.positions) for part in batches(read("run1/trajectory.gsd")))
    40
    """
    frames, nps, _ = trajectory.positions.shape
    boxes = np.hstack([trajectory.boxes, np.zeros((frames, 3))])
    size = batch_size(nps * (nps - 1) // 2)
    for start in range(0, frames, size):
        part = slice(start, start + size)
        yield Batch(trajectory.positions[part], boxes[part], None, trajectory.steps[part])


def batch_size(pairs: int) -> int:
    """Frames of so many pairs that are best counted at a time.

    Examples
    --------
    >>> batch_size(pairs=1000)
    300
    """
    return max(1, _DISTANCES // max(pairs, 1))


def pair_indices(part: Batch) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and second particle of every pair.

    Examples
    --------
    >>> pair_indices(Batch(np.zeros((1, 3, 3)), np.array([[10.0, 10.0, 10.0, 0.0, 0.0, 0.0]])))
    (array([0, 0, 1]), array([1, 2, 2]))
    """
    nps = part.positions.shape[1]
    if part.others is None:
        first, second = np.triu_indices(nps, 1)
        return first, second
    return np.repeat(np.arange(nps), part.others.shape[1]), np.tile(np.arange(part.others.shape[1]), nps)


def squared_distances(part: Batch) -> NDArray[np.float64]:
    """Squared distances (frames, pairs) of nearest images; right up to half the least height of the box.

    A tilted box is filled by the same images as an upright one of its edges: images are taken off along z, y, x. A
    vector shorter than half the least height lies in that upright box.

    Examples
    --------
    >>> box = np.array([[10.0, 10.0, 10.0, 0.0, 0.0, 0.0]])
    >>> squared_distances(Batch(np.array([[[0.5, 0, 0], [9.5, 0, 0]]]), box))
    array([[1.]])
    """
    first, second = pair_indices(part)
    seconds = part.positions if part.others is None else part.others
    apart = [part.positions[:, first, axis] - seconds[:, second, axis] for axis in range(3)]
    tilted = part.boxes[:, 3:].any()
    for axis in (2, 1, 0):
        edge = part.boxes[:, axis, None]
        images = np.rint(apart[axis] / edge)
        apart[axis] -= edge * images
        if tilted:
            for lower, column in {2: ((0, 4), (1, 5)), 1: ((0, 3),), 0: ()}[axis]:
                apart[lower] -= part.boxes[:, column, None] * images
    return np.asarray(apart[0] ** 2 + apart[1] ** 2 + apart[2] ** 2)


def displacements(part: Batch, before: NDArray[np.float64] | None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Displacements (frames, n, 3) from frame to frame by the nearest image, and where the last frame is (n, 3).

    Both are fractions of the box vectors, in which a box that only changes its size moves nothing. `before` is where
    the frame before the first one was; without one the first displacement is 0.

    Examples
    --------
    >>> box = np.array([10.0, 10.0, 10.0, 0.0, 0.0, 0.0])
    >>> moved, last = displacements(Batch(np.array([[[0.5, 0, 0]], [[9.5, 0, 0]]]), np.array([box, box])), None)
    >>> moved[-1].round(2)  # through the border
    array([[-0.1,  0. ,  0. ]])
    """
    fractions = part.positions @ np.linalg.inv(part.vectors)
    steps = np.diff(fractions, axis=0, prepend=(fractions[0] if before is None else before)[None])
    steps -= np.rint(steps)
    return np.asarray(steps), np.asarray(fractions[-1])


def inside(points: NDArray[np.float64], part: Batch) -> NDArray[np.float64]:
    """Points (frames, n, 3) in the image of their box about 0.

    Examples
    --------
    >>> part = Batch(np.zeros((1, 1, 3)), np.array([[10.0, 10.0, 10.0, 0.0, 0.0, 0.0]]))
    >>> inside(np.array([[[9.0, 0.0, 0.0]]]), part)
    array([[[-1.,  0.,  0.]]])
    """
    vectors = part.vectors
    fractions = points @ np.linalg.inv(vectors)
    return np.asarray((fractions - np.rint(fractions)) @ vectors)
