"""Polymer-grafted NPs in a polymer matrix or alone: each NP and its graft points are one rigid body.

The first bead of a graft touches the NP's surface and keeps its place there; the other beads are a chain like those of
the matrix. Particles stand in the order matrix, grafts, bodies (all graft points, then all NPs).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from nanonet.composition import BOND, MELT_DENSITY, check_repulsion, np_volume, number_of_nps
from nanonet.errors import InputError
from nanonet.grafted import GraftedComposition
from nanonet.potentials.lennard_jones import CUTOFF
from nanonet.protocol import Protocol
from nanonet.records import CompositionRecord
from nanonet.systems.base import (
    MONOMER,
    NP,
    Array,
    Configuration,
    Ensemble,
    ForceField,
    Numbers,
    OfComposition,
    Pair,
    check_start,
)
from nanonet.systems.melt import FENE, contact, polymer_pairs
from nanonet.systems.placement import place_alone, walk_chains

GRAFT = 3
"""Type of the beads of grafts where the matrix attracts them otherwise than its own; else they are monomers."""

_START_DENSITY = 0.6  # monomer density of the starting configuration: chains must find a way between brushes
_LOOSE = 0.4  # density of grafts between the NPs of a crystal
_GATHERED = 0.5  # largest share of the starting box that a crystal may take: it fits if it is turned and moved
_TRIES = 1_000  # to turn and move it
_CLEAR = 0.9  # beads start so much (sigma) farther out than graft points: between them they would be caught


@dataclass(frozen=True)
class Grafted(OfComposition):
    """Grafted NPs of a composition, in a matrix or alone.

    Examples
    --------
    >>> from nanonet.protocol import preset
    >>> Grafted(GraftedComposition(3, 40, 0.002, 0.5, 1.0, n_grafts=12, graft_length=10)).numbers(preset("smoke"))
    Numbers(nps=18, chains=147, particles=8058, rigid=234)
    """

    composition: GraftedComposition

    kind: ClassVar[str] = "grafted"
    entries: ClassVar[tuple[str, ...]] = ("composition", "grafted")
    ensemble: ClassVar[Ensemble] = "npt"

    def __post_init__(self) -> None:
        if not self.composition.n_grafts:
            raise InputError("n_grafts = 0 is no grafted NP; allowed is 1 or more")

    @property
    def accelerated(self) -> bool:
        """Whether all beads are of one type, as our pair style needs them."""
        return self.composition.eps_gm == 1.0

    def parameters(self) -> dict[str, object]:
        """The composition, as plain values, and that it has grafts."""
        return {"composition": self.composition.to_json(), "grafted": True}

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, object]) -> Grafted:
        """The grafted NPs of plain values."""
        found = CompositionRecord.from_json(parameters["composition"], "composition").value
        if not isinstance(found, GraftedComposition):
            raise InputError("its composition has no grafts")
        return cls(found)

    @property
    def beads(self) -> int:
        """Beads of grafts an NP that are not graft points."""
        return self.composition.n_grafts * (self.composition.graft_length - 1)

    def numbers(self, protocol: Protocol) -> Numbers:
        """Numbers of particles that give the composition's density, in a box that no NP with its grafts spans."""
        c = self.composition
        check_repulsion(c)
        nps = number_of_nps(c.density, max(protocol.min_box, c.span), protocol.min_nps)
        matrix = nps * _matrix(c)
        chains = round(matrix / c.chain_length) if c.chain_length else 0
        if c.chain_length and chains < 1:
            raise InputError(
                f"density = {c.density:g} leaves no room for a chain of {c.chain_length} beads between grafts; allowed "
                "are a lower one, or chain_length = 0 (no matrix)"
            )
        bodies = nps * (1 + c.n_grafts)
        return Numbers(nps, chains, chains * c.chain_length + nps * self.beads + bodies, bodies)

    @property
    def has_room(self) -> bool:
        """Whether the NPs could gather in a part of the box: their crystal takes half of the starting one or less."""
        c = self.composition
        crystal = _crystal(c) ** 3  # fcc at the distance 2^(1/6) d: each NP has the volume d^3
        return c.chain_length > 0 and crystal <= _GATHERED * _start_volume(c, _matrix(c) + self.beads)

    def configuration(self, protocol: Protocol, nps: Array | None = None) -> Configuration:
        """NPs at random or as one crystal, turned at random, grafts that grow from them, chains between.

        A crystal has room for the grafts between its NPs; without matrix it fills more than the box (`InputError`).
        """
        from scipy.stats import special_ortho_group  # takes a second to import

        c, numbers = self.composition, self.numbers(protocol)
        check_start(protocol)
        rng = np.random.default_rng(protocol.seed)
        box = (numbers.nps * _start_volume(c, (numbers.particles - numbers.rigid) / numbers.nps)) ** (1.0 / 3.0)
        size = _crystal(c) if protocol.start == "clustered" else c.diameter + 2.0
        centres = place_alone(numbers.nps, box, size, protocol.start, rng, _TRIES)
        turns = special_ortho_group.rvs(3, size=numbers.nps, random_state=rng).reshape(-1, 3, 3)
        outward = np.einsum("kij,gj->kgi", turns, even_points(c.n_grafts))
        reach, count = contact(c.diameter), numbers.nps * c.n_grafts
        points, second = ((centres[:, None] + r * outward).reshape(-1, 3) for r in (reach, reach + BOND))
        free = reach + _CLEAR
        grafts = walk_chains(count, c.graft_length - 1, box, centres, free, rng, second)
        grafts = np.concatenate([points[:, None], grafts], axis=1)
        chains = walk_chains(numbers.chains, max(1, c.chain_length), box, centres, free, rng)
        return _joined(box, chains, grafts, centres, GRAFT if c.eps_gm != 1.0 else MONOMER)

    def force_field(self) -> ForceField:
        """As of the melt; where `eps_gm` is not 1, beads of grafts are a third type of particle."""
        c = self.composition
        pairs: tuple[Pair, ...] = polymer_pairs(c.diameter, c.eps_pn)
        pairs += (Pair("2 2", c.eps_nn, c.diameter, CUTOFF * c.diameter),)
        masses: tuple[float, ...] = (1.0, c.diameter**3)
        if c.eps_gm != 1.0:
            mixed = contact(c.diameter)
            pairs += (
                Pair("1 3", c.eps_gm, 1.0, CUTOFF),
                Pair("2 3", c.eps_pn, mixed, CUTOFF * mixed),
                Pair("3 3", 1.0, 1.0, CUTOFF),
            )
            masses += (1.0,)
        return ForceField(masses, pairs, (FENE,))

    def __str__(self) -> str:
        return str(self.composition)


def _matrix(c: GraftedComposition) -> float:
    """Beads of the matrix an NP."""
    return (1.0 / c.density - np_volume(c.diameter) - c.graft_volume) * MELT_DENSITY


def _start_volume(c: GraftedComposition, beads: float) -> float:
    """Volume an NP (sigma^3) of a starting box with so many beads an NP that are no graft points."""
    return beads / _START_DENSITY + math.pi / 6.0 * (c.diameter + 2.0) ** 3


def _crystal(c: GraftedComposition) -> float:
    """Diameter (sigma) of NPs whose fcc crystal has room for the grafts, also for one that points at a neighbour."""
    reach, free = contact(c.diameter), contact(c.diameter) + _CLEAR
    face = max(math.sqrt(3.0) * free, reach + BOND + math.sqrt(free**2 - BOND**2))  # chains can pass; a graft can bend
    room = math.sqrt(2.0) * (np_volume(c.diameter) + c.n_grafts * c.graft_length / _LOOSE)
    return float(max(1.05 * face, room ** (1.0 / 3.0)) / 2.0 ** (1.0 / 6.0))


def _joined(box: float, chains: Array, grafts: Array, nps: Array, kind: int) -> Configuration:
    """Matrix chains (c, N, 3), grafts (k g, L, 3) with their graft points first, NPs (k, 3), as one configuration.

    Molecules are numbered: matrix chains, grafts without their graft points, bodies.
    """
    free, points = grafts[:, 1:], grafts[:, 0]
    c, beads, _ = chains.shape
    g, more, _ = free.shape
    chain = np.arange(c * beads).reshape(c, beads)
    graft = c * beads + np.arange(g * more).reshape(g, more)
    point = c * beads + g * more + np.arange(g)
    ends = [(chain[:, :-1], chain[:, 1:]), (point, graft[:, 0]), (graft[:, :-1], graft[:, 1:])]
    pairs = np.concatenate([np.column_stack([a.ravel(), b.ravel()]) for a, b in ends])
    body = c + g + 1 + np.arange(len(nps))
    return Configuration(
        box,
        np.concatenate([chains.reshape(-1, 3), free.reshape(-1, 3), points, nps]),
        np.repeat([MONOMER, kind, NP], [c * beads, g * (more + 1), len(nps)]),
        np.concatenate(
            [np.repeat(np.arange(1, c + g + 1), [*[beads] * c, *[more] * g]), np.repeat(body, g // len(nps)), body]
        ),
        np.column_stack([np.ones(len(pairs), dtype=np.int64), pairs]),
    )


@lru_cache(maxsize=64)
def even_points(count: int) -> Array:
    """Points (count, 3) evenly on the unit sphere: from a golden spiral they repel one another (1 / r) to rest."""
    i = np.arange(count) + 0.5
    height, turn = 1.0 - 2.0 * i / count, math.pi * (1.0 + math.sqrt(5.0)) * i
    ring = np.sqrt(1.0 - height**2)
    points = np.column_stack([ring * np.cos(turn), ring * np.sin(turn), height])
    step = 0.1 / count
    for _ in range(500 if count > 1 else 0):
        apart = points[:, None] - points
        distance = np.linalg.norm(apart, axis=2) + np.eye(count)
        points = points + step * (apart / distance[:, :, None] ** 3).sum(axis=1)
        points /= np.linalg.norm(points, axis=1, keepdims=True)
    return points
