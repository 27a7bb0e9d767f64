"""What the JSON records hold, as typed values; and the identity of a run.

Entries that may be missing are of later versions than the first.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, make_dataclass
from typing import Annotated, ClassVar, cast

from msgspec import Meta

from nanonet.composition import NANOCOMPOSITE, Composition
from nanonet.errors import InputError
from nanonet.grafted import GRAFTED
from nanonet.schema import Record

_Count = Annotated[int, Meta(ge=0, le=10**12)]
_Above = Annotated[int, Meta(ge=1, le=10**12)]
_Positive = Annotated[float, Meta(gt=0)]
_Pair = tuple[float | None, float | None]
_Measured = tuple[float, float | None]
_Springs = tuple[tuple[float, float], ...]


_Numbers = make_dataclass(
    "_Numbers",
    [
        (one.name, float) if one.default is None else (one.name, float | None, field(default=None))
        for one in sorted(GRAFTED.inputs, key=lambda one: one.default is not None)
    ],
    bases=(Record,),
    frozen=True,
    eq=False,
)


class CompositionRecord(_Numbers):  # type: ignore[valid-type, misc]  # its fields are those of the declaration
    """The inputs of a composition, as numbers; `Composition` checks their limits."""

    @property
    def value(self) -> Composition:
        """The composition; `InputError` for what is out of its limits."""
        space = NANOCOMPOSITE if self.n_grafts is None else GRAFTED
        return cast("Composition", space.point({name: x for name, x in self.items() if name in space.names}))


@dataclass(frozen=True, eq=False)
class UmbrellaRecord(Record):
    """Umbrella windows of two NPs, by their pair inputs: separation and stiffness of each spring."""

    diameter: float
    chain_length: float
    eps_pn: float
    springs: _Springs


@dataclass(frozen=True, eq=False)
class PotentialRecord(Record):
    """W_poly of an implicit run: separations (sigma) and values (kT)."""

    r: tuple[float, ...]
    w: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class ProtocolRecord(Record):
    """What is read of a protocol; `Protocol` checks the rest."""

    name: str
    timestep: _Positive
    equilibration_steps: _Count
    production_steps: _Above
    frame_every: _Above
    seed: int
    start: str | None = None
    anneal_from: float | None = None

    @property
    def production_tau(self) -> float:
        """Production (tau)."""
        return self.production_steps * self.timestep


@dataclass(frozen=True, eq=False)
class Segment(Record):
    """The last segment of a run: its steps and its time (seconds)."""

    steps: _Count | None = None
    seconds: Annotated[float, Meta(ge=0)] | None = None

    @property
    def speed(self) -> float | None:
        """Steps a second; None where it is not known."""
        return round(self.steps / self.seconds, 1) if self.steps is not None and self.seconds else None


@dataclass(frozen=True, eq=False)
class RunRecord(Record):
    """`run.json`: what a run simulates and how."""

    in_file: ClassVar = {"last_segment": "last_stretch"}

    id: str
    protocol: ProtocolRecord
    nanonet: str
    nps: _Count
    chains: _Count
    start: str
    format: int | None = None
    system: tuple[str, ...] | None = None
    """Names of the entries that are the parameters of its system; None where they are among the three that follow."""
    composition: CompositionRecord | None = None
    windows: UmbrellaRecord | None = None
    potential: PotentialRecord | None = None
    monomers: _Count | None = None
    np_mass: float | None = None
    lammps: str | None = None
    accelerator: str | None = None
    last_segment: Segment | None = None
    implicit: Mapping[str, object] | None = None
    """Where the NPs of an explicit run started: the implicit runs, and their results."""

    @property
    def parameters(self) -> dict[str, object]:
        """What it simulates, as plain values."""
        names = self.system or [name for name in ("windows", "composition", "potential") if name in self]
        return {name: self.get(name) for name in names}


@dataclass(frozen=True, eq=False)
class PolymerRecord(Record):
    """`polymer.json`, and the same in the record of a run in a dataset: pairs are a value and its standard error."""

    nulls = frozenset({"layer_error", "g_error"})

    configurations: _Above
    layer: tuple[float, float]
    layer_radius: float
    adsorbed: _Pair
    bridged: _Pair
    bridged_near: _Pair
    partners: _Pair
    id: str | None = None
    layer_error: float | None = None
    shared_monomer: _Pair | None = None
    g: tuple[float, ...] | None = None
    g_error: tuple[float, ...] | None = None
    profile: tuple[tuple[float, float, int], ...] | None = None


@dataclass(frozen=True, eq=False)
class GraftRecord(Record):
    """`grafts.json`, and the same in a dataset: what grafts and matrix do; pairs are a value and its standard error."""

    configurations: _Above
    height: _Measured
    """Mean distance of grafts' beads, graft points apart, from the surface of their NP (sigma)."""
    end_height: _Measured
    """The same of the free ends."""
    bond: _Measured
    """Mean length of the grafts' bonds (sigma)."""
    overlap: _Measured
    """Share of other NPs' grafts in the polymer about an NP's grafts."""
    matrix_share: _Measured
    """Share of the matrix in it."""
    layer: tuple[float, float]
    """Distance from the NP's centre (sigma) and density (sigma^-3) of the first layer of beads."""
    r: tuple[float, ...]
    """Middles (sigma) of the bins of the profiles."""
    own: tuple[float, ...]
    other: tuple[float, ...]
    matrix: tuple[float, ...]
    """Densities (sigma^-3) about an NP: of its own grafts, of other NPs', of the matrix."""
    id: str | None = None


@dataclass(frozen=True, eq=False)
class TrajectoryStatistics(Record):
    """Averages and correlations of one trajectory; kept, so that later replicas can be assessed together with it."""

    in_file: ClassVar = {"contact_events": "entries"}

    means: tuple[float, ...]
    """Neighbours of an NP: in contact, and at most three monomers away."""
    errors: tuple[float, ...]
    """Their standard errors."""
    samples: tuple[float, ...]
    """Independent samples of each."""
    inefficiency: float
    drift: float
    contact_events: int
    """Times that a pair came into contact from afar."""
    contacts: bool
    """Whether any pair was ever in contact."""
    mobility: float
    drift_relative: float | None = None
    """Largest difference between the halves' mean numbers of neighbours, over the mean; None: not recorded."""
    largest: float | None = None
    """Mean share of the NPs in the largest cluster; None: not recorded."""
    changes: int | None = None
    """Times that the NPs went from one cluster to dispersed or back; None: not recorded."""


@dataclass(frozen=True, eq=False)
class Convergence(Record):
    """Whether the trajectories of one composition are at equilibrium; what is None was not recorded."""

    nulls = frozenset({"agreement", "spread"})
    in_file: ClassVar = {"contact_events": "entries", "shortfall": "badness"}

    converged: bool
    """The verdict."""
    reason: str = ""
    """Why, in words."""
    drift: float | None = None
    """Largest difference between the halves' mean numbers of neighbours, in its standard errors."""
    inefficiency: float | None = None
    """Statistical inefficiency of the numbers of neighbours, the largest: frames for one independent sample."""
    samples: float | None = None
    """Statistically independent samples of the numbers of neighbours, the fewest of any trajectory."""
    contact_events: int | None = None
    """Times that a pair came into contact from afar, all trajectories together."""
    contacts: bool | None = None
    """Whether any pair was ever in contact."""
    mobility: float | None = None
    """Mean squared displacement of an NP over a trajectory, in units of D^2; mean of the trajectories."""
    agreement: float | None = None
    """Largest difference between two trajectories' numbers of neighbours, in its standard errors; None for one."""
    spread: float | None = None
    """Largest relative difference between two trajectories' numbers of neighbours; None for one."""
    changes: int | None = None
    """Times that the NPs went from one cluster to dispersed or back, all trajectories together."""
    independent: bool | None = None
    """Whether the trajectories started independently at equilibrium, or at both ends (dispersed and clustered)."""
    shortfall: float | None = None
    """How far from converged: the largest factor by which a criterion of `assess` is missed; at most 1 if it is."""


@dataclass(frozen=True, eq=False)
class Provenance(Record):
    """How an entry of a dataset was made; what is None is not known."""

    id: str | None = None
    fidelity: str | None = None
    nps: _Count | None = None
    volume: float | None = None
    """Mean volume of the box (sigma^3)."""
    nominal_density: _Positive | None = None
    """The density that was aimed at (sigma^-3)."""
    density_error: float | None = None
    production_tau: float | None = None
    replicas: _Count | None = None
    starts: tuple[str, ...] | None = None
    second_virial: float | None = None
    regime: str | None = None
    weights: tuple[float, ...] | None = None
    """Weight of each run behind the entry."""
    left_out: Mapping[str, str] | None = None
    """Why runs of weight 0 do not count, by their ids."""
    between: bool | None = None
    convergence: Convergence | None = None
    w_contact: float | None = None
    w_contact_error: float | None = None
    discrepancy: float | None = None
    flags: tuple[str, ...] | None = None
    core_hours: float | None = None  # of an entry whose runs are not kept
    nanonet: str | None = None
    lammps: str | None = None


@dataclass(frozen=True, eq=False)
class MeasuredRun(Record):
    """A run behind an entry of a dataset: how it was made and what was measured on it."""

    nulls = frozenset({"polymer"})
    in_file: ClassVar = {"statistics": "examination"}

    id: str
    composition: CompositionRecord
    protocol: ProtocolRecord
    start: str
    production_tau: float
    nps: _Count
    density: float
    density_error: float
    nanonet: str | None = None
    lammps: str | None = None
    accelerator: str | None = None
    fidelity: str | None = None
    """`implicit`; None of an explicit run."""
    chains: _Count | None = None
    trajectory_sha256: str | None = None
    frames: _Count | None = None
    box: float | None = None
    steps_per_second: float | None = None
    statistics: TrajectoryStatistics | None = None
    polymer: PolymerRecord | None = None
    grafts: GraftRecord | None = None
    notes: tuple[str, ...] | None = None
    implicit: Mapping[str, object] | None = None

    @property
    def starting_point(self) -> str:
        """Where its NPs started: `dispersed`, `clustered`, `implicit`, `annealed` (an implicit run that was cooled)."""
        return "annealed" if self.protocol.anneal_from else self.start

    @property
    def slot(self) -> tuple[int, str]:
        """What tells replicas of one composition apart: seed and start."""
        return self.protocol.seed, self.start


@dataclass(frozen=True, eq=False)
class Seeded(Record):
    """What is read of the protocol of an umbrella run."""

    seed: int


@dataclass(frozen=True, eq=False)
class UmbrellaRunRecord(Record):
    """How an umbrella run was made, and how good it is."""

    id: str
    protocol: Seeded | None = None
    tau: float | None = None
    """Production."""
    problems: tuple[str, ...] | None = None
    """What is wrong with it, in words."""
    nps: _Count | None = None
    chains: _Count | None = None
    box: float | None = None
    steps_per_second: float | None = None


@dataclass(frozen=True, eq=False)
class UmbrellaRow(UmbrellaRunRecord):
    """The same in the file of umbrella runs, with what the run simulated and its mean forces."""

    diameter: float = field(kw_only=True)
    chain_length: float = field(kw_only=True)
    eps_pn: float = field(kw_only=True)
    springs: _Springs = field(kw_only=True)
    force: tuple[float, ...] = field(kw_only=True)
    error: tuple[float, ...] = field(kw_only=True)
    first_bin: Annotated[int, Meta(ge=0, le=10_000)] = field(kw_only=True)
    weights: tuple[tuple[float, ...], ...] = field(kw_only=True)


@dataclass(frozen=True, eq=False)
class UmbrellaFile(Record):
    """The file of umbrella runs."""

    nanonet_format: int
    bin: _Positive
    runs: tuple[UmbrellaRow, ...]


@dataclass(frozen=True, eq=False)
class StatusRecord(Record):
    """`status.json` of a job of a campaign."""

    error: str | None = None
    step: _Count | None = None
    time: float | None = None


@dataclass(frozen=True, eq=False)
class CampaignRecord(Record):
    """`campaign.json`."""

    format: int
    protocol: ProtocolRecord
    dataset: str
    design: tuple[CompositionRecord, ...]
    windows: tuple[UmbrellaRecord, ...] = ()


_LATER = {"start": "dispersed", "bond_substeps": 1, "anneal_from": 0.0}
# Fields of a protocol that came later than the first runs: where they have these values they do not count


def run_id(parameters: Mapping[str, object], protocol: Mapping[str, object]) -> str:
    """Identity of a run, 16 hexadecimal digits: a hash of what it simulates and how, both as plain values."""
    settings = {name: value for name, value in protocol.items() if name not in _LATER or value != _LATER[name]}
    text = json.dumps([*parameters.values(), settings], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def check_id(identity: str, parameters: Mapping[str, object], protocol: Mapping[str, object], what: str) -> None:
    """Refuse the record of a run that does not belong to its id: someone changed one of the two."""
    if identity != (expected := run_id(parameters, protocol)):
        raise InputError(
            f"{what} cannot be used: id = {identity!r} is not that of its composition and protocol, {expected!r}: "
            "one of them was changed, or another version of nanonet wrote it"
        )
