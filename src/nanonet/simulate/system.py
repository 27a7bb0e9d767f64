"""Starting configuration: NPs placed at random or in a crystal, chains as random walks between them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanonet.composition import Composition, check_repulsion, number_of_nps
from nanonet.errors import InputError
from nanonet.simulate.implicit import Implicit
from nanonet.simulate.protocol import Protocol
from nanonet.windows import APART, Windows

Subject = Composition | Windows | Implicit
"""What a run simulates."""

MELT_DENSITY = 0.934
"""Monomer density of the melt without NPs at T = P = 1 (sigma^-3): trial runs of N = 40 gave 0.934(1)."""

_START_DENSITY = 0.7  # monomer density of the starting configuration: loose enough for a quick push-off
_NP_SHELL = 0.45  # an NP takes the melt's volume of a sphere of diameter D + 0.45 (D = 3: measured box of a trial run)
_BOND = 0.97  # length of a step of the walk (sigma): the FENE bond of the melt
_PACKING = 0.34  # volume fraction of the zones that dimers of windows keep free
_NO_FOLD = 1.02  # beads two bonds apart stay this far apart (Auhl et al. 2003, doi:10.1063/1.1628670)


class ClusterTooLargeError(InputError):
    """The NPs do not fit into the box as one cluster."""


@dataclass(frozen=True, eq=False)
class System:
    """A starting configuration in a cubic periodic box.

    Attributes
    ----------
    box:
        Box edge (sigma); the box reaches from 0 to it.
    monomers:
        Positions of the monomers (chains, beads, 3), unwrapped: a bond never spans the box.
    nps:
        Positions of the NPs (n, 3), inside the box; partners unwrapped.
    dimers:
        Whether NPs 2i and 2i + 1 are partners.
    """

    box: float
    monomers: NDArray[np.float64]
    nps: NDArray[np.float64]
    dimers: bool = False


@dataclass(frozen=True, eq=False)
class Placement:
    """Where the NPs of an explicit run begin.

    Attributes
    ----------
    nps:
        Positions (n, 3) in a periodic box of the volume n / density (sigma).
    record:
        How they were found: plain values for the run's record.
    """

    nps: NDArray[np.float64]
    record: Mapping[str, Any]


def particle_numbers(subject: Subject, protocol: Protocol) -> tuple[int, int]:
    """Numbers of NPs and of chains that give the subject's density in a box of at least `min_box`.

    The density is an outcome under NPT, so this is an estimate: the melt at its known density plus a volume an NP.

    Raises
    ------
    InputError
        The NPs leave no room for even one chain, or nothing keeps them apart.
    """
    if not isinstance(subject, Windows):  # dimers of windows have a repulsion of their own
        check_repulsion(subject.composition if isinstance(subject, Implicit) else subject)
    if isinstance(subject, Implicit):
        return number_of_nps(subject.composition.density, protocol.min_box, protocol.min_nps), 0
    if isinstance(subject, Windows):
        nps = 2 * len(subject.springs)
        volume = _windows_box(subject, protocol.min_box) ** 3
    else:
        nps = number_of_nps(subject.density, protocol.min_box, protocol.min_nps)
        volume = nps / subject.density
    melt = volume - nps * math.pi / 6.0 * (subject.diameter + _NP_SHELL) ** 3
    chains = round(melt * MELT_DENSITY / subject.chain_length)
    if chains < 1:
        raise InputError(
            f"density = {nps / volume:g} leaves no room for polymer between NPs of diameter = "
            f"{subject.diameter:g}; allowed is an NP volume fraction that leaves room for one chain"
        )
    return nps, chains


def build(subject: Subject, protocol: Protocol, nps_at: NDArray[np.float64] | None = None) -> System:
    """Place the particles of a run; the protocol's seed decides where.

    NPs go in at random, as far apart as the box allows, or as one compact crystal (the protocol's `start`), dimers of
    windows at random; chains are random walks of bonds of 0.97 that do not fold back and that stay out of the NPs.
    Monomers of different chains may overlap: the push-off of the script parts them.

    Parameters
    ----------
    subject, protocol:
        What is simulated and how.
    nps_at:
        Positions (n, 3) of the NPs in a box of the volume n / density (sigma), for the start `implicit`. The chains
        then grow in that volume, so that the NPs need not move.

    Raises
    ------
    InputError
        The particles do not fit; `nps_at` is missing, or of another number of NPs.
    """
    nps, chains = particle_numbers(subject, protocol)
    if protocol.start == "implicit":
        if not isinstance(subject, Composition) or nps_at is None:
            raise InputError("start = 'implicit' needs the NPs of an implicit run: place=nanonet.campaign.starts.place")
        if nps_at.shape != (nps, 3):
            raise InputError(f"positions of NPs have shape {nps_at.shape}; allowed is {(nps, 3)}")
    if protocol.anneal_from and not isinstance(subject, Implicit):
        raise InputError(f"anneal_from = {protocol.anneal_from:g} is for implicit runs only; allowed is 0")
    if isinstance(subject, Implicit):
        box = (nps / subject.composition.density) ** (1.0 / 3.0)
        rng = np.random.default_rng(protocol.seed)
        return System(box, np.empty((0, 1, 3)), _place_alone(nps, box, subject.diameter, protocol, rng))
    beads = chains * subject.chain_length
    contact = 0.5 * (subject.diameter + 1.0)
    volume = beads / _START_DENSITY + nps * 4.0 / 3.0 * math.pi * contact**3
    if isinstance(subject, Composition) and nps_at is not None:
        volume = nps / subject.density
    box = volume ** (1.0 / 3.0)
    rng = np.random.default_rng(protocol.seed)
    centres: NDArray[np.float64]
    if nps_at is not None:
        centres = nps_at % box
    elif isinstance(subject, Windows):
        centres = _place_dimers(subject, box, rng)
    else:
        centres = _place_alone(nps, box, subject.diameter, protocol, rng)
    walks = _walk_chains(chains, subject.chain_length, box, centres, contact, rng)
    return System(box=box, monomers=walks, nps=centres, dimers=isinstance(subject, Windows))


def _place_alone(
    nps: int, box: float, diameter: float, protocol: Protocol, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Positions (nps, 3) of NPs that are no dimers, by the protocol's start."""
    place = _place_cluster if protocol.start == "clustered" else _place_nps
    return place(nps, box, diameter, rng)


def _place_nps(n: int, box: float, diameter: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Random positions (n, 3), pairs at least one diameter + 1 apart, or less where that does not fit."""
    for gap in (1.0, 0.5, 0.2, 0.0):
        placed = np.empty((0, 3))
        for _ in range(2_000 * n):
            trial = rng.uniform(0.0, box, 3)
            if not len(placed) or _distances(placed, trial, box).min() >= diameter + gap:
                placed = np.vstack([placed, trial])
                if len(placed) == n:
                    return placed
    raise InputError(f"{n} NPs of diameter = {diameter:g} do not fit into a box of edge {box:.2f}; lower the density")


def _place_cluster(n: int, box: float, diameter: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Positions (n, 3) of one compact fcc crystal, neighbours at the potential's minimum, turned and put at random."""
    spacing = 2.0 ** (1.0 / 6.0) * diameter
    reach = math.ceil(n ** (1.0 / 3.0)) + 1
    cells = np.stack(np.meshgrid(*[np.arange(-reach, reach + 1)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    sites = spacing / math.sqrt(2.0) * cells[cells.sum(axis=1) % 2 == 0]
    sites = sites - rng.uniform(0.0, spacing / math.sqrt(2.0), 3)
    sites = sites[np.argsort(np.linalg.norm(sites, axis=1))[:n]]
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    placed = np.asarray((sites @ turn + rng.uniform(0.0, box, 3)) % box)
    for i in range(1, n):
        if _distances(placed[:i], placed[i], box).min() < 0.99 * spacing:
            raise ClusterTooLargeError(
                f"{n} NPs of diameter = {diameter:g} do not fit into a box of edge {box:.2f} as one cluster; "
                "lower the density or take start = 'dispersed'"
            )
    return placed


def _windows_box(windows: Windows, min_box: float) -> float:
    """Edge (sigma) of a box that holds the dimers with their zones, and whose half is longer than any of them."""
    zones = 2 * len(windows.springs) * math.pi / 6.0 * windows.exclusion**3
    return float(max(min_box, (zones / _PACKING) ** (1.0 / 3.0), 2.0 * windows.reach + 0.5))


def _place_dimers(windows: Windows, box: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Positions (2 dimers, 3): dimers at random, the longest first; NPs 2i and 2i + 1 are partners."""
    order = np.argsort([-separation for separation, _ in windows.springs], kind="stable")
    for gap in (APART, 2.0, 1.0):
        placed = np.empty((0, 3))
        for i in order:
            for _ in range(5_000):
                pair = _dimer(windows.springs[i][0], box, rng)
                delta = placed[:, None] - pair
                delta -= box * np.rint(delta / box)
                if not len(placed) or np.linalg.norm(delta, axis=2).min() >= windows.diameter + gap:
                    placed = np.vstack([placed, pair])
                    break
            else:
                break
        else:
            positions = np.empty_like(placed)
            positions[np.column_stack([2 * order, 2 * order + 1]).ravel()] = placed
            return positions
    raise InputError(
        f"{len(windows.springs)} dimers of diameter = {windows.diameter:g} do not fit into a box of {box:.2f}"
    )


def _dimer(separation: float, box: float, rng: np.random.Generator) -> NDArray[np.float64]:
    arm = rng.normal(size=3)
    arm *= 0.5 * separation / np.linalg.norm(arm)
    centre = rng.uniform(0.0, box, 3)
    return np.array([centre - arm, centre + arm])


def _walk_chains(
    chains: int, beads: int, box: float, nps: NDArray[np.float64], contact: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Random walks (chains, beads, 3), all grown together, one bead at a time."""
    walks = np.empty((chains, beads, 3))
    left = np.arange(chains)  # chains still to be grown; one that runs into a dead end starts again elsewhere
    for _ in range(200):
        grown = _grow(len(left), beads, box, nps, contact, rng)
        done = np.isfinite(grown).all(axis=(1, 2))
        walks[left[done]] = grown[done]
        left = left[~done]
        if not len(left):
            return walks
    raise InputError(f"{len(left)} of {chains} chains of {beads} beads found no way between the NPs; lower the density")


def _grow(
    chains: int, beads: int, box: float, nps: NDArray[np.float64], contact: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """One attempt at `chains` walks: NaN from the bead on that found no room."""
    walks = np.full((chains, beads, 3), np.nan)
    for bead in range(beads):
        todo = np.arange(chains) if bead == 0 else np.flatnonzero(np.isfinite(walks[:, bead - 1, 0]))
        for _ in range(50):
            if bead == 0:
                trial = rng.uniform(0.0, box, (len(todo), 3))
            else:
                step = rng.normal(size=(len(todo), 3))
                trial = walks[todo, bead - 1] + _BOND * step / np.linalg.norm(step, axis=1, keepdims=True)
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
