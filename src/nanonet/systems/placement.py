"""Where particles start: NPs at random or in a crystal, dimers, chains as random walks between them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanonet.composition import BOND
from nanonet.errors import InputError

_NO_FOLD = 1.02  # beads two bonds apart stay this far apart (Auhl et al. 2003, doi:10.1063/1.1628670)
_MISSED = 10_000  # random places that are taken, in a row, after which there is none for another NP


class ClusterTooLargeError(InputError):
    """The NPs do not fit into the box as one cluster."""


@dataclass(frozen=True, eq=False)
class Placement:
    """Where the NPs of an explicit run start.

    Attributes
    ----------
    nps:
        Positions (n, 3) in a periodic box of the volume n / density (sigma).
    record:
        How they were found: plain values for the run's record.
    """

    nps: NDArray[np.float64]
    record: Mapping[str, Any]


def place_alone(
    nps: int, box: float, diameter: float, start: str, rng: np.random.Generator, tries: int = 1
) -> NDArray[np.float64]:
    """Positions (nps, 3) of NPs that are no dimers: `clustered` in one crystal, or else at random.

    A crystal is turned and moved so many times until it fits (`ClusterTooLargeError` where it does not).

    Examples
    --------
    >>> place_alone(8, 20.8, 3.0, "clustered", np.random.default_rng(0)).shape
    (8, 3)
    """
    if start == "clustered":
        return _place_cluster(nps, box, diameter, rng, tries)
    return _place_nps(nps, box, diameter, rng)


def _place_nps(n: int, box: float, diameter: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Random positions (n, 3), pairs at least one diameter + 1 apart, or less where that does not fit.

    Where chance finds no place any more, random sites of an fcc lattice.
    """
    for gap in (1.0, 0.5, 0.2, 0.0):
        placed, missed = np.empty((0, 3)), 0
        while missed < _MISSED:
            trial = rng.uniform(0.0, box, 3)
            if len(placed) and _distances(placed, trial, box).min() < diameter + gap:
                missed += 1
                continue
            placed, missed = np.vstack([placed, trial]), 0
            if len(placed) == n:
                return placed
    cells = math.ceil((n / 4.0) ** (1.0 / 3.0) - 1e-9)
    if box / cells / math.sqrt(2.0) >= diameter:
        corners = np.stack(np.meshgrid(*[np.arange(2 * cells)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
        sites = corners[corners.sum(axis=1) % 2 == 0] * (box / cells / 2.0)
        return np.asarray((rng.permutation(sites)[:n] + rng.uniform(0.0, box, 3)) % box)
    raise InputError(f"{n} NPs of diameter = {diameter:g} do not fit into a box of edge {box:.2f}; lower the density")


def _place_cluster(n: int, box: float, diameter: float, rng: np.random.Generator, tries: int) -> NDArray[np.float64]:
    """Positions (n, 3) of one compact fcc crystal, neighbours at the potential's minimum, turned and put at random."""
    spacing = 2.0 ** (1.0 / 6.0) * diameter
    reach = math.ceil(n ** (1.0 / 3.0)) + 1
    cells = np.stack(np.meshgrid(*[np.arange(-reach, reach + 1)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    lattice = spacing / math.sqrt(2.0) * cells[cells.sum(axis=1) % 2 == 0]
    for _ in range(tries):
        sites = lattice - rng.uniform(0.0, spacing / math.sqrt(2.0), 3)
        sites = sites[np.argsort(np.linalg.norm(sites, axis=1))[:n]]
        turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
        placed = np.asarray((sites @ turn + rng.uniform(0.0, box, 3)) % box)
        if all(_distances(placed[:i], placed[i], box).min() >= 0.99 * spacing for i in range(1, n)):
            return placed
    raise ClusterTooLargeError(
        f"{n} NPs of diameter = {diameter:g} do not fit into a box of edge {box:.2f} as one cluster; "
        "lower the density or take start = 'dispersed'"
    )


def place_dimers(
    separations: Sequence[float], diameter: float, gaps: Sequence[float], box: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Positions (2 dimers, 3): dimers at random, the longest first; NPs 2i and 2i + 1 are partners.

    NPs of different dimers keep the first of the gaps between their surfaces (sigma) with which all fit.

    Examples
    --------
    >>> pairs = place_dimers([3.0, 4.0], 3.0, (1.0,), 30.0, np.random.default_rng(0))
    >>> np.linalg.norm(pairs[::2] - pairs[1::2], axis=1).round(6)
    array([3., 4.])
    """
    order = np.argsort([-separation for separation in separations], kind="stable")
    for gap in gaps:
        placed = np.empty((0, 3))
        for i in order:
            for _ in range(5_000):
                pair = _dimer(separations[i], box, rng)
                delta = placed[:, None] - pair
                delta -= box * np.rint(delta / box)
                if not len(placed) or np.linalg.norm(delta, axis=2).min() >= diameter + gap:
                    placed = np.vstack([placed, pair])
                    break
            else:
                break
        else:
            positions = np.empty_like(placed)
            positions[np.column_stack([2 * order, 2 * order + 1]).ravel()] = placed
            return positions
    raise InputError(f"{len(separations)} dimers of diameter = {diameter:g} do not fit into a box of {box:.2f}")


def _dimer(separation: float, box: float, rng: np.random.Generator) -> NDArray[np.float64]:
    arm = rng.normal(size=3)
    arm *= 0.5 * separation / np.linalg.norm(arm)
    centre = rng.uniform(0.0, box, 3)
    return np.array([centre - arm, centre + arm])


def walk_chains(
    chains: int,
    beads: int,
    box: float,
    nps: NDArray[np.float64],
    contact: float,
    rng: np.random.Generator,
    first: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Random walks (chains, beads, 3), all grown together, one bead at a time; from their first beads (chains, 3).

    Examples
    --------
    >>> walk_chains(2, 5, 20.0, np.zeros((1, 3)), 2.0, np.random.default_rng(0)).shape
    (2, 5, 3)
    """
    walks = np.full((chains, beads, 3), np.nan)
    if first is not None:
        walks[:, 0] = first
    left = np.arange(chains)  # chains still to be grown; one that runs into a dead end starts again
    for _ in range(200):
        grown = _grow(walks[left], box, nps, contact, rng)
        done = np.isfinite(grown).all(axis=(1, 2))
        walks[left[done]] = grown[done]
        left = left[~done]
        if not len(left):
            return walks
    raise InputError(f"{len(left)} of {chains} chains of {beads} beads found no way between the NPs; lower the density")


def _grow(
    walks: NDArray[np.float64], box: float, nps: NDArray[np.float64], contact: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """One attempt to grow walks (chains, beads, 3) beyond their first beads, or NaN: NaN from where was no room."""
    chains, beads, _ = walks.shape
    for bead in range(int(np.isfinite(walks[:, 0]).all()), beads):
        todo = np.arange(chains) if bead == 0 else np.flatnonzero(np.isfinite(walks[:, bead - 1, 0]))
        for _ in range(50):
            if bead == 0:
                trial = rng.uniform(0.0, box, (len(todo), 3))
            else:
                step = rng.normal(size=(len(todo), 3))
                trial = walks[todo, bead - 1] + BOND * step / np.linalg.norm(step, axis=1, keepdims=True)
            free = ~_overlaps(trial, nps, box, contact)
            if bead > 1:
                free &= np.linalg.norm(trial - walks[todo, bead - 2], axis=1) > _NO_FOLD
            walks[todo[free], bead] = trial[free]
            todo = todo[~free]
            if not len(todo):
                break
    return walks


def _overlaps(points: NDArray[np.float64], nps: NDArray[np.float64], box: float, contact: float) -> NDArray[np.bool_]:
    """Whether each point (n, 3) is nearer than `contact` to any NP."""
    inside = np.zeros(len(points), dtype=bool)
    for centre in nps:
        inside |= _distances(points, centre, box) < contact
    return inside


def _distances(points: NDArray[np.float64], centre: NDArray[np.float64], box: float) -> NDArray[np.float64]:
    """Minimum-image distances (n,) of points (n, 3) from one centre (3,) in a cubic box."""
    delta = points - centre
    delta -= box * np.rint(delta / box)
    return np.asarray(np.linalg.norm(delta, axis=1))
