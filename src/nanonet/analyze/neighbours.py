"""Frames -> numbers of neighbours through time, clusters, contact events and displacement, a few frames at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from nanonet.analyze.frames import Batch, displacements, squared_distances

GAPS = (1.0, 3.0)
"""Between the surfaces (sigma): pairs in contact, and pairs that at most three monomers keep apart."""

_CLUSTER_GAP = 1.5  # between the surfaces (sigma): NPs nearer than that are in one cluster, a bridging monomer included
_INNER, _OUTER = 0.5, 1.5  # gaps (sigma): a contact event goes from beyond the one to within the other


class Neighbours:
    """What is followed through the frames of one trajectory: a few numbers a frame.

    Parameters
    ----------
    diameter:
        NP diameter (sigma).

    Examples
    --------
    >>> from nanonet.analyze.frames import batches
    >>> from nanonet.analyze.trajectory import read
    >>> seen = Neighbours(diameter=3.0)
    >>> for part in batches(read("run1/trajectory.gsd")):
    ...     seen.add(part)
    >>> seen.near.shape
    (2, 40)
    """

    def __init__(self, diameter: float) -> None:
        self.diameter = diameter
        self.contact_events = 0
        self._near: list[NDArray[np.float64]] = []
        self._largest: list[NDArray[np.float64]] = []
        self._frames = 0
        self._away: NDArray[np.bool_] | None = None
        self._moved: NDArray[np.float64] | None = None
        self._fractions: NDArray[np.float64] | None = None
        self._vectors = np.zeros((3, 3))

    def add(self, part: Batch) -> None:
        """Follow the particles through some more frames; a second kind does not count."""
        nps = part.positions.shape[1]
        squared = squared_distances(Batch(part.positions, part.boxes))
        within = [squared < (self.diameter + gap) ** 2 for gap in (*GAPS, _CLUSTER_GAP, _INNER)]
        beyond = squared > (self.diameter + _OUTER) ** 2
        self._near.append(2.0 / nps * np.array([near.sum(axis=1) for near in within[:2]]))
        self._largest.append(_largest_clusters(within[2], nps))
        self._add_events(within[3], beyond)
        self._add_displacement(part)

    @property
    def near(self) -> NDArray[np.float64]:
        """Neighbours of an NP within each of the gaps (2, frames)."""
        return np.concatenate(self._near, axis=1)

    @property
    def largest(self) -> NDArray[np.float64]:
        """Share of the NPs in the largest cluster (frames,)."""
        return np.concatenate(self._largest)

    @property
    def squared_displacement(self) -> float:
        """Mean squared displacement of an NP from the first frame to the last, through periodic borders (sigma^2)."""
        assert self._moved is not None
        moved = self._moved @ (self._vectors / self._frames)
        moved -= moved.mean(axis=0)  # the box as a whole does not count
        return float(np.mean(np.sum(moved**2, axis=1)))

    def _add_events(self, inner: NDArray[np.bool_], beyond: NDArray[np.bool_]) -> None:
        """Pairs' crossings from afar to contact; the starting frame counts as neither."""
        if self._away is None:
            self._away = np.zeros(inner.shape[1], dtype=bool)
        entering = inner.any(axis=0)  # the others cannot come into contact in these frames
        away = self._away[entering]
        for entered, left in zip(inner[:, entering], beyond[:, entering], strict=True):
            self.contact_events += int(np.count_nonzero(entered & away))
            away = (away | left) & ~entered
        self._away |= beyond.any(axis=0)
        self._away[entering] = away

    def _add_displacement(self, part: Batch) -> None:
        steps, self._fractions = displacements(part, self._fractions)
        moved = steps.sum(axis=0)
        self._moved = moved if self._moved is None else self._moved + moved
        self._vectors += part.vectors.sum(axis=0)
        self._frames += len(steps)


def _largest_clusters(near: NDArray[np.bool_], nps: int) -> NDArray[np.float64]:
    """Share of the NPs in the largest cluster (frames,), from which pairs (frames, pairs) are near."""
    i, j = np.triu_indices(nps, 1)
    frames, pairs = np.nonzero(near)
    nodes = len(near) * nps  # one graph of all frames: those of a frame stand together
    links = coo_array((np.ones(len(pairs)), (frames * nps + i[pairs], frames * nps + j[pairs])), shape=(nodes, nodes))
    clusters = connected_components(links, directed=False)[1]
    sizes = np.bincount(clusters)[clusters].reshape(len(near), nps)
    return np.asarray(sizes.max(axis=1) / nps)
