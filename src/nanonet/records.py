"""What the JSON records hold, as types that `nanonet.formats.reading` checks them against; and the identity of a run.

Entries of later versions are kept, entries of known names have to be what they are here. Those
that may be missing are of later versions than the first.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, NotRequired, TypedDict

from msgspec import Meta

from nanonet.errors import InputError

_Count = Annotated[int, Meta(ge=0, le=10**12)]
_Above = Annotated[int, Meta(ge=1, le=10**12)]
_Positive = Annotated[float, Meta(gt=0)]
_Maybe = float | None
_Pair = tuple[_Maybe, _Maybe]


class CompositionRecord(TypedDict):
    """The five numbers of a composition; `Composition` checks their limits."""

    diameter: float
    chain_length: float
    density: float
    eps_nn: float
    eps_pn: float


class WindowsRecord(TypedDict):
    """Windows of a triple."""

    diameter: float
    chain_length: float
    eps_pn: float
    springs: list[tuple[float, float]]


class PotentialRecord(TypedDict):
    """W_poly of an implicit run."""

    r: list[float]
    w: list[float]


class ProtocolRecord(TypedDict):
    """What is read of a protocol; `Protocol` checks the rest."""

    name: str
    timestep: _Positive
    equilibration_steps: _Count
    production_steps: _Above
    frame_every: _Above
    seed: int
    start: NotRequired[str]


class Stretch(TypedDict, total=False):
    """The last stretch that a run went on for."""

    steps: _Count
    seconds: Annotated[float, Meta(ge=0)]


class RunRecord(TypedDict):
    """`run.json`: what a run simulates and how."""

    id: str
    protocol: ProtocolRecord
    nanonet: str
    nps: _Count
    chains: _Count
    start: str
    format: NotRequired[int]
    composition: NotRequired[CompositionRecord]
    windows: NotRequired[WindowsRecord]
    potential: NotRequired[PotentialRecord]
    monomers: NotRequired[_Count]
    np_mass: NotRequired[float]
    lammps: NotRequired[str]
    accelerator: NotRequired[str]
    last_stretch: NotRequired[Stretch | None]


class PolymerRecord(TypedDict):
    """`polymer.json`, and the same in the record of a run in a dataset."""

    id: NotRequired[str]
    configurations: _Above
    layer: tuple[float, float]
    layer_error: NotRequired[_Maybe]
    layer_radius: float
    adsorbed: _Pair
    bridged: _Pair
    bridged_near: _Pair
    shared_monomer: NotRequired[_Pair]
    partners: _Pair
    g: NotRequired[list[float]]
    g_error: NotRequired[list[float] | None]
    profile: NotRequired[list[tuple[float, float, int]]]


class StatusRecord(TypedDict, total=False):
    """`status.json` of a job of a campaign."""

    error: str
    step: _Count
    time: float


class CampaignRecord(TypedDict):
    """`campaign.json`."""

    format: int
    protocol: ProtocolRecord
    dataset: str
    design: list[CompositionRecord]
    windows: NotRequired[list[WindowsRecord]]


class Convergence(TypedDict, total=False):
    """The verdict on the runs of an entry."""

    converged: bool
    reason: str


class Provenance(TypedDict, total=False):
    """How an entry of a dataset was made."""

    id: str
    fidelity: str
    nps: _Count
    nominal_density: _Positive
    density_error: _Maybe
    production_tau: float
    replicas: _Count
    starts: list[str]
    convergence: Convergence | None
    discrepancy: float
    flags: list[str]
    nanonet: str
    lammps: str


class MeasuredRun(TypedDict, total=False):
    """A run behind an entry of a dataset."""

    id: str
    composition: CompositionRecord
    protocol: ProtocolRecord
    nanonet: str
    lammps: str
    accelerator: str
    fidelity: str
    nps: _Count
    chains: _Count
    start: str
    trajectory_sha256: str
    frames: _Count
    production_tau: float
    density: float
    density_error: _Maybe
    box: float
    steps_per_second: _Maybe
    examination: dict[str, Any]
    polymer: PolymerRecord | None
    notes: list[str]


class Seeded(TypedDict):
    """What is read of the protocol of a run of windows."""

    seed: int


class WindowRunRecord(TypedDict):
    """A run in a file of window runs."""

    id: str
    protocol: NotRequired[Seeded]
    tau: NotRequired[float]
    diameter: float
    chain_length: float
    eps_pn: float
    springs: list[tuple[float, float]]
    force: list[float]
    error: list[float]
    first_bin: Annotated[int, Meta(ge=0, le=10_000)]
    weights: list[list[float]]
    problems: NotRequired[list[str]]


class WindowsFile(TypedDict):
    """The file of window runs."""

    nanonet_format: int
    bin: _Positive
    runs: list[WindowRunRecord]


class Scaling(TypedDict):
    """How inputs or latents are scaled."""

    low: list[float]
    span: list[float]


class CardRun(TypedDict, total=False):
    """A run that a model has learnt from."""

    nps: _Count
    converged: bool


class Card(TypedDict):
    """`model.json`."""

    format: int
    kind: str
    X: list[list[float]]
    r: list[float]
    sha256: dict[str, str]
    checksum: NotRequired[str]
    inputs: NotRequired[list[str]]
    runs: NotRequired[list[CardRun]]
    kernel: NotRequired[str]
    transform: NotRequired[str]
    input_scaling: NotRequired[Scaling]
    latent_scaling: NotRequired[Scaling]


_LATER = {"start": "dispersed", "bond_substeps": 1, "anneal_from": 0.0}
# Fields of a protocol that came later than the first runs: where they have these values they do not count


def run_id(subject: Mapping[str, Any], protocol: Mapping[str, Any]) -> str:
    """Identity of a run, 16 hexadecimal digits: a hash of what it simulates and how, both as plain values.

    `subject` has `composition`, for an implicit run also `potential`, or `windows`.
    """
    settings = {name: value for name, value in protocol.items() if name not in _LATER or value != _LATER[name]}
    text = json.dumps([*subject.values(), settings], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def check_id(record: Mapping[str, Any], what: str) -> None:
    """Refuse the record of a run that does not belong to its id: someone changed one of the two."""
    subject = {name: record[name] for name in ("windows", "composition", "potential") if name in record}
    expected = run_id(subject, record["protocol"])
    if record["id"] != expected:
        raise InputError(
            f"{what} cannot be used: id = {record['id']!r} is not that of its composition and protocol, {expected!r}: "
            "one of them was changed, or another version of nanonet wrote it"
        )


def need(record: Mapping[str, Any], names: Iterable[str], what: str) -> None:
    """Refuse a record that lacks one of the entries."""
    for name in names:
        if name not in record:
            raise InputError(f"{what} cannot be used: it has no {name}")
