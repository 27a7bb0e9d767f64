"""Umbrella windows: NP dimers in one melt, each tied at a separation of its own.

Partners feel the polymer and their spring, not each other, so the mean forces are those of the polymer between two
NPs: W_poly(r; D, N, eps_pn). NPs of different dimers only keep one another at a distance. That repulsion pushes
partners together (others have more room when their zones overlap), which is why the analysis takes its force out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np

from nanonet.composition import Composition
from nanonet.errors import InputError
from nanonet.potentials.mediated import PairInputs
from nanonet.protocol import Protocol
from nanonet.records import UmbrellaRecord
from nanonet.systems.base import Array, Bond, Configuration, Ensemble, ForceField, Numbers, Pair, check_start
from nanonet.systems.melt import FENE, contact, melt_numbers, polymer_pairs, start_box
from nanonet.systems.placement import place_dimers, walk_chains

APART = 3.0
"""Gap (sigma) below which NPs of different dimers repel each other."""

REACH = 4.75
"""Gap (sigma) of the farthest window: beyond it W_poly has died out."""

_PACKING = 0.34  # volume fraction of the zones that dimers keep free
_GAPS = (APART, 2.0, 1.0)  # between the surfaces of different dimers at the start, the first with which all fit
_INNERMOST = 0.8  # of D: separation of the innermost spring; the melt pulls its pair further in
_NEAR = 1.6  # gap (sigma) up to which the windows are narrow
_STEPS = 0.22, 0.3  # between the springs (sigma): near, far
_STIFFNESS = 20.0, 20.0  # near, in units of epsilon/sigma^2 for each sigma of D: the pull grows with D; far


@dataclass(frozen=True)
class UmbrellaWindows:
    """Dimers of NPs in a melt, in Lennard-Jones units.

    Parameters
    ----------
    pair_inputs:
        Diameter, chain length, eps_pn.
    springs:
        (separation r0, stiffness K) of each dimer: its spring has the energy K (r - r0)^2. Left out: those of
        `springs(diameter)`.

    Raises
    ------
    InputError
        A spring is no pair of numbers above 0.

    Examples
    --------
    >>> len(UmbrellaWindows(PairInputs(3, 40, 1.0)).springs)
    22
    """

    pair_inputs: PairInputs
    springs: tuple[tuple[float, float], ...] = ()

    kind: ClassVar[str] = "umbrella"
    entries: ClassVar[tuple[str, ...]] = ("windows",)
    ensemble: ClassVar[Ensemble] = "npt"
    accelerated: ClassVar[bool] = True
    composition: ClassVar[Composition | None] = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "springs", _checked(self.springs or springs(self.pair_inputs.diameter)))

    @property
    def diameter(self) -> float:
        """NP diameter (sigma)."""
        return self.pair_inputs.diameter

    @property
    def chain_length(self) -> int:
        """Beads a chain."""
        return self.pair_inputs.chain_length

    @property
    def eps_pn(self) -> float:
        """Depth of the polymer-NP attraction (epsilon)."""
        return self.pair_inputs.eps_pn

    @property
    def exclusion(self) -> float:
        """Distance (sigma) below which NPs of different dimers repel each other."""
        return self.diameter + APART

    @property
    def reach(self) -> float:
        """Largest separation (sigma) that a dimer may come to."""
        return max(separation + 5.0 / math.sqrt(2.0 * stiffness) for separation, stiffness in self.springs)

    @property
    def inputs(self) -> Mapping[str, float]:
        """Diameter, chain length and eps_pn."""
        return asdict(self.pair_inputs)

    def parameters(self) -> dict[str, object]:
        """Pair inputs and springs, as plain values."""
        return {"windows": {**asdict(self.pair_inputs), "springs": self.springs}}

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, object]) -> UmbrellaWindows:
        """The windows of plain values."""
        found = UmbrellaRecord.from_json(parameters["windows"], "windows")
        return cls(PairInputs(found.diameter, int(found.chain_length), found.eps_pn), found.springs)

    def numbers(self, protocol: Protocol) -> Numbers:
        """Two NPs a dimer, in a box that holds them with their zones and whose half is longer than any dimer."""
        nps = 2 * len(self.springs)
        zones = nps * math.pi / 6.0 * self.exclusion**3
        box = max(protocol.min_box, (zones / _PACKING) ** (1.0 / 3.0), 2.0 * self.reach + 0.5)
        return melt_numbers(nps, float(box) ** 3, self.diameter, self.chain_length)

    def configuration(self, protocol: Protocol, nps: Array | None = None) -> Configuration:
        """Dimers at random, and chains between them."""
        numbers = self.numbers(protocol)
        check_start(protocol)
        box = start_box(numbers, self.diameter)
        rng = np.random.default_rng(protocol.seed)
        centres = self.place(box, rng)
        chains = walk_chains(numbers.chains, self.chain_length, box, centres, contact(self.diameter), rng)
        return Configuration.of_chains(box, chains, centres, dimers=True)

    def place(self, box: float, rng: np.random.Generator) -> Array:
        """Positions (2 dimers, 3) of the dimers in a box, at random; NPs 2i and 2i + 1 are partners."""
        return place_dimers([separation for separation, _ in self.springs], self.diameter, _GAPS, box, rng)

    def force_field(self) -> ForceField:
        """As of the melt, with springs between partners and a repulsion between NPs of different dimers."""
        repulsion = Pair("2 2", 1.0, self.exclusion / 2.0 ** (1.0 / 6.0), self.exclusion)
        springs = (Bond("harmonic", f"{stiffness:.10g} {separation:.10g}") for separation, stiffness in self.springs)
        pairs = (*polymer_pairs(self.diameter, self.eps_pn), repulsion)
        return ForceField((1.0, self.diameter**3), pairs, (FENE, *springs), bond_reach=self.reach)

    def __str__(self) -> str:
        return f"windows {self.pair_inputs}"


def springs(diameter: float) -> tuple[tuple[float, float], ...]:
    """Separation r0 (sigma) and stiffness K (epsilon/sigma^2, energy K (r - r0)^2) of the windows for NPs of a size.

    From inside contact to a gap of 4.75: narrow and stiff where the polymer's pull is strong, wider further out. The
    error of W depends on the time that all dimers spend at a separation, hardly on the stiffness.

    Examples
    --------
    >>> springs(3.0)[0]
    (2.4, 60.0)
    """
    near = np.arange(_INNERMOST * diameter, diameter + _NEAR, _STEPS[0])
    far = np.linspace(near[-1], diameter + REACH, 1 + math.ceil((diameter + REACH - near[-1]) / _STEPS[1]))[1:]
    return tuple(
        (round(float(r), 3), stiffness)
        for group, stiffness in ((near, _STIFFNESS[0] * diameter), (far, _STIFFNESS[1]))
        for r in group
    )


def _checked(found: Sequence[Sequence[float]]) -> tuple[tuple[float, float], ...]:
    """Springs as a tuple of pairs of numbers above 0."""
    for i, spring in enumerate(found):
        if len(spring) != 2 or not all(math.isfinite(x) and x > 0 for x in spring):
            raise InputError(f"springs[{i}] = {spring!r} is not a separation and a stiffness, both above 0")
    return tuple((float(separation), float(stiffness)) for separation, stiffness in found)
