"""Whole configurations of grafted NPs -> where their grafts and the matrix are: brush height, overlap, first layer."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nanonet.analyze.equilibrium import BLOCKS, block_error
from nanonet.errors import InputError
from nanonet.formats import lammps_dump
from nanonet.grafted import GraftedComposition
from nanonet.records import GraftRecord
from nanonet.systems.base import NP

Array = NDArray[np.float64]

BIN = 0.2
"""Width of the bins of profiles (sigma), from the surface on."""


@dataclass(frozen=True, eq=False)
class GraftedConfiguration:
    """Grafted NPs at one moment, in an orthogonal periodic box.

    Attributes
    ----------
    step, box:
        Step of the run, box edges (3,), sigma.
    matrix:
        Beads of the matrix (m, 3), sigma.
    grafts:
        Beads of grafts (k, grafts, beads, 3), by NPs, the graft points first.
    nps:
        NPs (k, 3).
    """

    step: int
    box: Array
    matrix: Array
    grafts: Array
    nps: Array


def read(path: str | os.PathLike[str], composition: GraftedComposition) -> GraftedConfiguration:
    r"""Read a whole configuration that `simulate` wrote; `InputError` where it is not one of the composition.

    Examples
    --------
    >>> from pathlib import Path
    >>> head = "ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n3\nITEM: BOX BOUNDS pp pp pp\n0 9\n0 9\n0 9\n"
    >>> text = "ITEM: ATOMS id mol type x y z ix iy iz\n1 1 1 7 5 5 0 0 0\n2 2 3 6.5 5 5 0 0 0\n3 2 2 5 5 5 0 0 0\n"
    >>> _ = Path("one.lammpstrj").write_text(head + text, encoding="utf-8")
    >>> hairy = GraftedComposition(3, 40, 0.002, 0.5, 1.0, n_grafts=1, graft_length=2)
    >>> read("one.lammpstrj", hairy).grafts.shape  # NPs, grafts, beads, xyz
    (1, 1, 2, 3)
    """
    frame = lammps_dump.read_one(path)
    rows = frame.rows[np.argsort(frame.rows[:, 0])]
    grafts, length = composition.n_grafts, composition.graft_length
    nps = int((rows[:, 2] == NP).sum())
    free, bodies = nps * grafts * (length - 1), nps * (grafts + 1)
    matrix = len(rows) - free - bodies
    if not nps or matrix < 0 or (rows[-nps:, 2] != NP).any() or len(np.unique(rows[:, 0])) < len(rows):
        raise InputError(f"configuration {path} is not one of {composition}")
    at = rows[:, 3:6]
    points = at[matrix + free : matrix + free + nps * grafts].reshape(nps, grafts, 1, 3)
    chains = at[matrix : matrix + free].reshape(nps, grafts, length - 1, 3)
    return GraftedConfiguration(
        frame.step, frame.edges, at[:matrix], np.concatenate([points, chains], axis=2), at[-nps:]
    )


def measure(configurations: Sequence[GraftedConfiguration], diameter: float) -> GraftRecord:
    """What grafts and matrix do around NPs of a diameter (sigma), averaged over configurations.

    Heights are distances from the NP's surface. The shares say what polymer the beads of an NP's grafts have about
    them, in shells about the NP: of their own NP, of other NPs' grafts (the overlap of brushes), of the matrix (high in
    a wet brush, low in a dry one); together they are 1. The first layer is the largest density of all beads within
    1.6 sigma of the surface. Graft points do not count. Errors are one standard error, from blocks of configurations.

    Raises
    ------
    InputError
        No configuration.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> matrix, grafts = rng.uniform(0, 20, (2000, 3)), 10.0 + rng.normal(size=(1, 12, 10, 3))
    >>> one = GraftedConfiguration(0, np.full(3, 20.0), matrix, grafts, np.full((1, 3), 10.0))
    >>> measure([one], diameter=3.0).configurations
    1
    """
    configurations = list({c.step: c for c in configurations}.values())
    if not configurations:
        raise InputError("no whole configurations; a run writes as many as its protocol's `configurations`")
    reach = 0.5 * min(float(c.box.min()) for c in configurations)
    edges = np.arange(0.5 * diameter, reach, BIN)
    volume = 4.0 / 3.0 * np.pi * np.diff(edges**3)
    found = [_one(c, diameter, edges, volume) for c in configurations]
    profiles = np.array([one[0] for one in found])
    values = np.array([one[1] for one in found])
    blocks = min(BLOCKS, len(found))
    error = block_error(values, blocks) if len(found) > 1 else np.full(values.shape[1], np.nan)
    height, end, bond, others, matrix = (
        (round(float(v), 6), round(float(e), 6) if np.isfinite(e) else None)
        for v, e in zip(values.mean(axis=0), error, strict=True)
    )
    mean = profiles.mean(axis=0)
    near = edges[:-1] < 0.5 * diameter + 1.6
    layer = int(np.argmax(mean.sum(axis=0)[near]))
    middles = 0.5 * (edges[:-1] + edges[1:])
    return GraftRecord(
        configurations=len(found),
        height=height,
        end_height=end,
        bond=bond,
        overlap=others,
        matrix_share=matrix,
        layer=(round(float(middles[layer]), 6), round(float(mean.sum(axis=0)[layer]), 6)),
        r=tuple(round(float(x), 6) for x in middles),
        own=tuple(round(float(x), 6) for x in mean[0]),
        other=tuple(round(float(x), 6) for x in mean[1]),
        matrix=tuple(round(float(x), 6) for x in mean[2]),
    )


def _one(c: GraftedConfiguration, diameter: float, edges: Array, volume: Array) -> tuple[Array, tuple[float, ...]]:
    """Densities (3, bins) of own grafts, others' grafts and matrix about an NP, and what is read off this moment."""
    counts = np.zeros((3, len(volume)))
    heights, ends = [], []
    free = c.grafts[:, :, 1:]
    every = free.reshape(-1, 3)
    for i, centre in enumerate(c.nps):
        own = _distances(free[i], centre, c.box)
        heights.append(own.mean() - 0.5 * diameter)
        ends.append(own[:, -1].mean() - 0.5 * diameter)
        mine, all_grafts = (np.histogram(d, edges)[0] for d in (own, _distances(every, centre, c.box)))
        counts += mine, all_grafts - mine, np.histogram(_distances(c.matrix, centre, c.box), edges)[0]
    profiles = counts / (volume * len(c.nps))
    total = profiles.sum(axis=0)
    weight = counts[0] / counts[0].sum()
    share = (weight * np.divide(profiles, total, out=np.zeros_like(profiles), where=total > 0)).sum(axis=1)
    steps = np.diff(c.grafts, axis=2)
    steps -= c.box * np.rint(steps / c.box)
    bond = np.linalg.norm(steps, axis=3).mean()
    return profiles, (float(np.mean(heights)), float(np.mean(ends)), float(bond), float(share[1]), float(share[2]))


def _distances(points: Array, centre: Array, box: Array) -> Array:
    apart = points - centre
    apart -= box * np.rint(apart / box)
    return np.asarray(np.linalg.norm(apart, axis=-1))
