"""Run folders -> Dataset."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

from nanonet.analyze import configurations, grafts, pairs, polymer, trajectory
from nanonet.analyze.entries import entry
from nanonet.analyze.equilibrium import trajectory_statistics
from nanonet.analyze.trajectory import Trajectory
from nanonet.composition import Composition
from nanonet.dataset import Dataset, Run
from nanonet.errors import InputError
from nanonet.formats.atomic import writing
from nanonet.formats.reading import read_bytes, read_json
from nanonet.formats.run_folder import CONFIGURATIONS, GRAFTS, POLYMER, RECORD, TRAJECTORY, read_finished
from nanonet.grafted import GRAFTED, GraftedComposition
from nanonet.records import GraftRecord, MeasuredRun, PolymerRecord, RunRecord

Kept = TypeVar("Kept", PolymerRecord, GraftRecord)


class Measured(Protocol):
    """What is measured on a run besides its curve."""

    @property
    def density(self) -> float:
        """NPs / mean volume (sigma^-3)."""

    @property
    def density_error(self) -> float:
        """Its standard error."""


# Fields of a protocol in which replicas of one composition may differ. Substeps of the bonds: without them the volume
# of `standard` is 0.2 % larger and g(r) the same within its errors (docs/simulation.md).
_FREE = ("name", "seed", "start", "equilibration_steps", "production_steps", "frame_every", "configurations",
         "restart_every", "min_nps", "bond_substeps", "anneal_from")  # fmt: skip


def analyze(folders: Sequence[str | os.PathLike[str]], progress: Callable[[int, int], None] | None = None) -> Dataset:
    """The dataset of finished run folders: each a `run.json` beside a `trajectory.gsd`.

    Runs of one composition under one protocol (replicas: other seeds, other starts, other lengths) become one entry,
    with the error between them; entries stand in the order in which their first runs are given. The composition's
    density is the measured one; the nominal one goes into the provenance.

    Raises
    ------
    InputError
        A folder is no run, is unfinished, is given twice, or its trajectory cannot be used; the folder is named.

    Examples
    --------
    >>> data = analyze(["run1"])
    >>> data.points[0].diameter, data.G.shape
    (3.0, (1, 100))
    """
    runs: list[Run] = []
    ids: dict[str, object] = {}
    for i, folder in enumerate(folders):
        run = measure_run(folder)
        if (identity := run.record.id) in ids:
            raise InputError(f"run {folder} is the same run as {ids[identity]} (id {identity})")
        ids[identity] = folder
        runs.append(run)
        if progress is not None:
            progress(i + 1, len(folders))
    return assemble(runs)


def measure_run(folder: str | os.PathLike[str]) -> Run:
    """What is measured on one finished run folder; `InputError` as for `analyze`.

    Examples
    --------
    >>> measure_run("run1").rdf.r.shape
    (100,)
    """
    folder = Path(folder)
    record = read_finished(folder)
    if record.composition is None:
        raise InputError(f"run record {folder / RECORD} cannot be used: it has no composition")
    if not (folder / TRAJECTORY).exists():
        raise InputError(f"run {folder} is not finished: it has no {TRAJECTORY}; run it again to resume")
    frames = trajectory.read(folder / TRAJECTORY)
    protocol = record.protocol
    expected = (protocol.production_steps // protocol.frame_every, record.nps)
    if frames.positions.shape[:2] != expected:
        raise InputError(
            f"run {folder}: {TRAJECTORY} has {len(frames.positions)} frames of {frames.positions.shape[1]} NPs; "
            f"{RECORD} says {expected[0]} frames of {expected[1]} NPs"
        )
    try:
        nominal = record.composition.value
        measured = pairs.measure(frames)
        found = replace(
            measured_record(record, frames, measured),
            accelerator=record.accelerator,
            chains=record.chains,
            trajectory_sha256=hashlib.sha256(read_bytes(folder / TRAJECTORY, "trajectory")).hexdigest(),
            box=float(frames.volumes.mean() ** (1.0 / 3.0)),
            steps_per_second=None if record.last_segment is None else record.last_segment.speed,
            **_structure(folder, record.id, nominal),
            implicit=record.implicit,
        )
        return Run(found, measured.rdf, measured.blocks)
    except InputError as error:
        raise InputError(f"run {folder}: {error}") from None


def measured_record(record: RunRecord, frames: Trajectory, measured: Measured) -> MeasuredRun:
    """What every measurement of a run of a composition keeps of its record, with the density and the statistics.

    Examples
    --------
    >>> from nanonet.analyze.pairs import measure
    >>> from nanonet.analyze.trajectory import read
    >>> from nanonet.simulate.finished import read_record
    >>> trajectory = read("run1/trajectory.gsd")
    >>> measured_record(read_record(Path("run1")), trajectory, measure(trajectory)).id
    'a5a0f702d1513b68'
    """
    assert record.composition is not None
    return MeasuredRun(
        id=record.id,
        composition=record.composition,
        protocol=record.protocol,
        start=record.start,
        production_tau=record.protocol.production_tau,
        nps=record.nps,
        density=measured.density,
        density_error=measured.density_error,
        nanonet=record.nanonet,
        lammps=record.lammps,
        fidelity="implicit" if record.potential is not None else None,
        frames=len(frames.positions),
        statistics=trajectory_statistics(frames, record.composition.value.diameter),
    )


def assemble(runs: Sequence[Run]) -> Dataset:
    """The dataset of measured runs: replicas together, entries in the order of their first runs.

    Beside grafted NPs those without grafts are points of the same inputs, with 0 grafts.

    Examples
    --------
    >>> len(assemble([measure_run("run1")]))
    1
    """
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(replica_group(run.record.composition, run.record.protocol), []).append(run)
    entries = [entry(group) for group in groups.values()]
    if any(one.space == GRAFTED for one in entries):
        entries = [replace(one, points=tuple(GRAFTED.point(x.to_json()) for x in one.points)) for one in entries]
    return Dataset.concatenate(entries)


def replica_group(composition: Mapping[str, object], protocol: Mapping[str, object]) -> str:
    """What replicas of one another have in common, as text: the composition and what of a protocol is physics.

    Examples
    --------
    >>> from dataclasses import asdict
    >>> from nanonet.protocol import preset
    >>> first, second = asdict(preset("smoke")), asdict(preset("smoke").replica(1))
    >>> replica_group({"diameter": 3}, first) == replica_group({"diameter": 3}, second)
    True
    """
    physics = {name: value for name, value in protocol.items() if name not in _FREE}
    return json.dumps([dict(composition), physics], sort_keys=True)


def _structure(folder: Path, identity: str, composition: Composition) -> dict[str, Any]:
    """Structure of the polymer of a run, or of its grafts: a field of `MeasuredRun`; none without configurations."""
    if isinstance(composition, GraftedComposition):

        def of_grafts(found: list[Path]) -> GraftRecord:
            return grafts.measure([grafts.read(name, composition) for name in found], composition.diameter)

        return {"grafts": _kept(folder / GRAFTS, GraftRecord, identity, of_grafts)}

    def of_polymer(found: list[Path]) -> PolymerRecord:
        return _record(polymer.measure([configurations.read(name) for name in found], composition.diameter))

    return {"polymer": _kept(folder / POLYMER, PolymerRecord, identity, of_polymer)}


def _kept(path: Path, kind: type[Kept], identity: str, measure: Callable[[list[Path]], Kept]) -> Kept | None:
    """What is measured on the whole configurations of a run, now or before.

    A run is often kept with fewer configurations than it wrote, so the result of all of them is left beside it.
    """
    folder = path.parent / CONFIGURATIONS
    found = sorted(folder.glob("*.lammpstrj.gz"), key=lambda name: int(name.name.split(".")[0]))
    if path.is_file():
        try:
            kept = read_json(path, kind, f"record of the {path.stem}")
            whole = kept.get("g_error", 0) is not None or kept.configurations == 1
            if kept.id == identity and whole and kept.configurations >= len(found):
                return kept
        except InputError:
            pass  # damaged: it is made again
    if not found:
        return None
    content = replace(measure(found), id=identity)
    try:
        with writing(path) as temporary:
            temporary.write_text(json.dumps(content.to_json(), indent=1, allow_nan=False) + "\n", encoding="utf-8")
    except OSError:
        pass  # a folder that cannot be written to: it is measured again next time
    return content


def _record(structure: polymer.PolymerStructure) -> PolymerRecord:
    def estimate(value: polymer.Estimate) -> tuple[float | None, float | None]:
        return _rounded(value.value), _rounded(value.error)

    g = structure.g
    return PolymerRecord(
        configurations=structure.configurations,
        layer=(round(structure.layer.position, 6), round(structure.layer.height, 6)),
        layer_error=g.error_at(structure.layer.position),
        layer_radius=round(structure.layer_radius, 6),
        adsorbed=estimate(structure.adsorbed),
        bridged=estimate(structure.bridged),
        bridged_near=estimate(structure.bridged_near),
        shared_monomer=estimate(structure.shared_monomer),
        partners=estimate(structure.partners),
        g=tuple(round(float(x), 5) for x in g.g),
        g_error=None if g.error is None else tuple(round(float(x), 5) for x in g.error),
        profile=tuple((round(r, 6), round(fraction, 6), pairs) for r, fraction, pairs in structure.profile),
    )


def _rounded(value: float) -> float | None:
    return round(value, 6) if math.isfinite(value) else None
