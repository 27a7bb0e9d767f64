"""NPs in a polymer melt: Kremer-Grest chains and Lennard-Jones spheres (paper, Model and Methodology)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nanonet.composition import MELT_DENSITY, Composition, check_repulsion, np_volume, number_of_nps
from nanonet.errors import InputError
from nanonet.potentials.lennard_jones import CUTOFF
from nanonet.protocol import Protocol
from nanonet.records import CompositionRecord
from nanonet.systems.base import (
    Array,
    Bond,
    Configuration,
    Ensemble,
    ForceField,
    Numbers,
    OfComposition,
    Pair,
    check_start,
)
from nanonet.systems.placement import place_alone, walk_chains

FENE_STIFFNESS, FENE_EXTENT = 30.0, 1.5  # K (epsilon/sigma^2) and R0 (sigma): paper, Model
FENE = Bond("fene", f"{FENE_STIFFNESS:g} {FENE_EXTENT:g} 1.0 1.0")
"""Bond of the chains, with its WCA core of the monomer's epsilon and sigma."""

_START_DENSITY = 0.7  # monomer density of the starting configuration: loose enough for a quick push-off


@dataclass(frozen=True)
class Melt(OfComposition):
    """NPs of a composition in its polymer.

    Examples
    --------
    >>> from nanonet.protocol import preset
    >>> Melt(Composition(3, 40, 0.002, 0.5, 1.0)).numbers(preset("smoke"))
    Numbers(nps=18, chains=201, particles=8058, rigid=0)
    """

    composition: Composition

    kind: ClassVar[str] = "melt"
    entries: ClassVar[tuple[str, ...]] = ("composition",)
    ensemble: ClassVar[Ensemble] = "npt"
    accelerated: ClassVar[bool] = True

    def parameters(self) -> dict[str, object]:
        """The composition, as plain values."""
        return {"composition": self.composition.to_json()}

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, object]) -> Melt:
        """The melt of plain values."""
        return cls(CompositionRecord.from_json(parameters["composition"], "composition").value)

    def numbers(self, protocol: Protocol) -> Numbers:
        """Numbers of NPs and of chains that give the composition's density in a box of at least `min_box`."""
        c = self.composition
        check_repulsion(c)
        nps = number_of_nps(c.density, protocol.min_box, protocol.min_nps)
        return melt_numbers(nps, nps / c.density, c.diameter, c.chain_length)

    def configuration(self, protocol: Protocol, nps: Array | None = None) -> Configuration:
        """NPs at random, as one compact crystal, or where they were placed, and chains between them.

        With placed NPs (positions in a box of the volume n / density) the chains grow in that volume, so that the NPs
        need not move.
        """
        c, numbers = self.composition, self.numbers(protocol)
        check_start(protocol, placed=nps is not None)
        if nps is not None and nps.shape != (numbers.nps, 3):
            raise InputError(f"positions of NPs have shape {nps.shape}; allowed is {(numbers.nps, 3)}")
        box = start_box(numbers, c.diameter) if nps is None else (numbers.nps / c.density) ** (1.0 / 3.0)
        rng = np.random.default_rng(protocol.seed)
        centres = place_alone(numbers.nps, box, c.diameter, protocol.start, rng) if nps is None else nps % box
        chains = walk_chains(numbers.chains, c.chain_length, box, centres, contact(c.diameter), rng)
        return Configuration.of_chains(box, chains, centres)

    def force_field(self) -> ForceField:
        """Lennard-Jones pairs, FENE bonds; an NP is as dense as a monomer (our choice: g(r) has no mass)."""
        c = self.composition
        pairs = (*polymer_pairs(c.diameter, c.eps_pn), Pair("2 2", c.eps_nn, c.diameter, CUTOFF * c.diameter))
        return ForceField((1.0, c.diameter**3), pairs, (FENE,))

    def __str__(self) -> str:
        return str(self.composition)


def polymer_pairs(diameter: float, eps_pn: float) -> tuple[Pair, Pair]:
    """Pairs of monomers, and of a monomer and an NP.

    Examples
    --------
    >>> [pair.epsilon for pair in polymer_pairs(3.0, eps_pn=0.7)]
    [1.0, 0.7]
    """
    mixed = contact(diameter)
    return Pair("1 1", 1.0, 1.0, CUTOFF), Pair("1 2", eps_pn, mixed, CUTOFF * mixed)


def contact(diameter: float) -> float:
    """Distance (sigma) of a monomer and an NP in contact.

    Examples
    --------
    >>> contact(3.0)
    2.0
    """
    return 0.5 * (diameter + 1.0)


def melt_numbers(nps: int, volume: float, diameter: float, chain_length: int) -> Numbers:
    """Numbers of particles that fill a volume (sigma^3) with NPs and melt.

    The density is an outcome under NPT, so this is an estimate: the melt at its known density plus a volume an NP.
    `InputError` where the NPs leave no room for even one chain.

    Examples
    --------
    >>> melt_numbers(nps=18, volume=9000.0, diameter=3.0, chain_length=40)
    Numbers(nps=18, chains=201, particles=8058, rigid=0)
    """
    melt = volume - nps * np_volume(diameter)
    chains = round(melt * MELT_DENSITY / chain_length)
    if chains < 1:
        raise InputError(
            f"density = {nps / volume:g} leaves no room for polymer between NPs of diameter = {diameter:g}; allowed is "
            "an NP volume fraction that leaves room for one chain"
        )
    return Numbers(nps, chains, nps + chains * chain_length)


def start_box(numbers: Numbers, diameter: float) -> float:
    """Edge (sigma) of the box of a starting configuration.

    Examples
    --------
    >>> round(start_box(melt_numbers(18, 9000.0, 3.0, 40), diameter=3.0), 1)
    23.0
    """
    beads = numbers.particles - numbers.nps
    volume = beads / _START_DENSITY + numbers.nps * 4.0 / 3.0 * math.pi * contact(diameter) ** 3
    return float(volume ** (1.0 / 3.0))
