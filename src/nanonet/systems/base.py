"""What every kind of system has to give: its parameters, where its particles start, and the forces between them.

Type 1 is the monomer, type 2 the NP; a kind may have further types.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from nanonet.composition import Composition
from nanonet.errors import InputError
from nanonet.protocol import Protocol as RunProtocol

Array = NDArray[np.float64]

MONOMER, NP = 1, 2
"""Types of particles."""

Ensemble = Literal["npt", "langevin"]
"""`npt`: Nose-Hoover thermostat and barostat, after a push-off; `langevin`: a bath in the starting volume."""


class Numbers(NamedTuple):
    """How many particles a run has."""

    nps: int
    chains: int
    particles: int
    rigid: int = 0
    """Particles of rigid bodies, the last ones: each NP with what is fixed to it, one molecule."""


class Pair(NamedTuple):
    """A Lennard-Jones pair, truncated and shifted: types such as `1 2`, depth, diameter and cutoff (sigma)."""

    types: str
    epsilon: float
    sigma: float
    cutoff: float


class Bond(NamedTuple):
    """A type of bond: style of LAMMPS and its coefficients."""

    style: str
    coefficients: str


class PairTable(Protocol):
    """A potential between NPs that is tabulated from `inner` to `outer` (sigma)."""

    @property
    def title(self) -> str:
        """What it is, for people."""

    @property
    def inner(self) -> float:
        """Smallest separation of the table."""

    @property
    def outer(self) -> float:
        """Largest separation of the table; beyond it there is no force."""

    def at(self, r: Array) -> Array:
        """Rows (n, 3) of separation, energy and force at separations (n,)."""


@dataclass(frozen=True)
class ForceField:
    """Forces between particles, in Lennard-Jones units.

    Attributes
    ----------
    masses:
        Of the types of particles, from type 1.
    pairs:
        Of all pairs of types; empty with a `table`. Bonded particles have no pair potential.
    bonds:
        Types of bonds, from type 1.
    bond_reach:
        Largest separation (sigma) that bonded NPs may come to; 0 where NPs have no bonds.
    table:
        A tabulated potential, of all pairs.

    Examples
    --------
    >>> ForceField((1.0,), (Pair("1 1", 1.0, 1.0, 2.5),)).pairs[0].cutoff
    2.5
    """

    masses: tuple[float, ...]
    pairs: tuple[Pair, ...] = ()
    bonds: tuple[Bond, ...] = ()
    bond_reach: float = 0.0
    table: PairTable | None = None


@dataclass(frozen=True, eq=False)
class Configuration:
    """A starting configuration in a cubic periodic box.

    Attributes
    ----------
    box:
        Box edge (sigma); the box reaches from 0 to it.
    positions:
        Positions (n, 3), in the box or not: a bond never spans the box.
    types:
        Types of the particles (n,).
    molecules:
        Number (n,) of each particle's chain, from 1; 0 where it is in none.
    bonds:
        Bonds (b, 3): type, first and second particle, counted from 0.

    Examples
    --------
    >>> Configuration(10.0, np.zeros((1, 3)), np.ones(1, np.int64), np.zeros(1, np.int64)).positions.shape
    (1, 3)
    """

    box: float
    positions: Array
    types: NDArray[np.int64]
    molecules: NDArray[np.int64]
    bonds: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 3), dtype=np.int64))

    @staticmethod
    def of_chains(box: float, monomers: Array, nps: Array, *, dimers: bool = False) -> Configuration:
        """Chains (c, beads, 3), which come first, and NPs (k, 3); `dimers`: NPs 2i and 2i + 1 have bonds of type 2 + i.

        Beads of a chain have bonds of type 1.
        """
        chains, beads, _ = monomers.shape
        ids = np.arange(chains * beads).reshape(chains, beads)
        first, count = chains * beads, len(nps)
        bonds = [np.column_stack([np.ones(ids[:, 1:].size), ids[:, :-1].ravel(), ids[:, 1:].ravel()])]
        if dimers:
            pairs = np.arange(count // 2)
            bonds.append(np.column_stack([2 + pairs, first + 2 * pairs, first + 2 * pairs + 1]))
        return Configuration(
            box,
            np.concatenate([monomers.reshape(-1, 3), nps]),
            np.repeat([MONOMER, NP], [first, count]),
            np.concatenate([np.repeat(np.arange(1, chains + 1), beads), np.zeros(count, dtype=np.int64)]),
            np.concatenate(bonds).astype(np.int64),
        )

    @property
    def nps(self) -> Array:
        """Positions (k, 3) of the NPs."""
        return np.asarray(self.positions[self.types == NP])

    @property
    def monomers(self) -> Array:
        """Positions (c, beads, 3) of the monomers of chains of one length."""
        chains = int(self.molecules.max(initial=0))
        found = np.asarray(self.positions[self.types == MONOMER])
        return found.reshape(chains, -1, 3) if chains else np.empty((0, 1, 3))


class System(Protocol):
    """What a run simulates."""

    kind: ClassVar[str]
    """Name of the kind."""
    entries: ClassVar[tuple[str, ...]]
    """Names of its parameters in a record. No other kind has the same."""
    ensemble: ClassVar[Ensemble]

    @property
    def accelerated(self) -> bool:
        """Whether LAMMPS's accelerators and our pair style have its forces."""

    @property
    def diameter(self) -> float:
        """NP diameter (sigma)."""

    @property
    def composition(self) -> Composition | None:
        """The composition whose g(r) a run gives; None where it gives something else."""

    @property
    def inputs(self) -> Mapping[str, float]:
        """What a table shows of it: inputs by their names."""

    def parameters(self) -> dict[str, object]:
        """Plain values, by `entries`: a run's identity is a hash of them."""

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, object]) -> Self:
        """The system of such values; `InputError` for what is missing or bad."""

    def numbers(self, protocol: RunProtocol) -> Numbers:
        """How many particles a run has; `InputError` where they do not fit, or nothing keeps NPs apart."""

    def configuration(self, protocol: RunProtocol, nps: Array | None = None) -> Configuration:
        """Where the particles of a run start; the protocol's seed decides.

        `nps`: positions (k, 3) of NPs that are placed already, for the start `implicit`. `InputError` where the
        particles do not fit, or the start is not one of this kind.
        """

    def force_field(self) -> ForceField:
        """The forces between its particles."""


def check_start(protocol: RunProtocol, *, placed: bool = False, anneals: bool = False) -> None:
    """Refuse a start that a kind has not: `implicit` where no NPs were placed, cooling where it is not known.

    Examples
    --------
    >>> from nanonet.protocol import preset
    >>> check_start(preset("smoke"))
    >>> check_start(preset("standard"))
    Traceback (most recent call last):
        ...
    nanonet.errors.InputError: start = 'implicit' needs the NPs of an implicit run: place=nanonet.campaign.starts.place
    """
    if protocol.start == "implicit" and not placed:
        raise InputError("start = 'implicit' needs the NPs of an implicit run: place=nanonet.campaign.starts.place")
    if protocol.anneal_from and not anneals:
        raise InputError(f"anneal_from = {protocol.anneal_from:g} is for implicit runs only; allowed is 0")


class OfComposition:
    """What systems share whose run gives g(r) of a composition."""

    composition: Composition

    @property
    def diameter(self) -> float:
        """NP diameter (sigma)."""
        return self.composition.diameter

    @property
    def inputs(self) -> Mapping[str, float]:
        """The numbers of the composition."""
        return self.composition.to_json()
