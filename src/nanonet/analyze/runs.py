"""Run folders -> Dataset."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nanonet.analyze import configurations, pairs, polymer, trajectory
from nanonet.analyze.entries import entry
from nanonet.analyze.equilibrium import examine
from nanonet.composition import Composition
from nanonet.dataset import Dataset, Run
from nanonet.errors import InputError
from nanonet.formats.atomic import writing
from nanonet.formats.reading import read_bytes, read_json
from nanonet.formats.run_folder import CONFIGURATIONS, POLYMER, RECORD, TRAJECTORY
from nanonet.records import PolymerRecord, RunRecord, check_id, need

# Fields of a protocol in which replicas of one composition may differ. Substeps of the bonds: without them the volume
# of desk is 0.2 % larger and g(r) the same within its errors (docs/simulation.md).
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
    """
    runs: list[Run] = []
    ids: dict[str, object] = {}
    for i, folder in enumerate(folders):
        run = measure_run(folder)
        if (identity := run.record["id"]) in ids:
            raise InputError(f"run {folder} is the same run as {ids[identity]} (id {identity})")
        ids[identity] = folder
        runs.append(run)
        if progress is not None:
            progress(i + 1, len(folders))
    return assemble(runs)


def measure_run(folder: str | os.PathLike[str]) -> Run:
    """What one finished run folder says; `InputError` as for `analyze`."""
    folder = Path(folder)
    record = _read_record(folder)
    if not (folder / TRAJECTORY).exists():
        raise InputError(f"run {folder} is not finished: it has no {TRAJECTORY}; run it again to go on")
    frames = trajectory.read(folder / TRAJECTORY)
    protocol = record["protocol"]
    expected = (protocol["production_steps"] // protocol["frame_every"], record["nps"])
    if frames.positions.shape[:2] != expected:
        raise InputError(
            f"run {folder}: {TRAJECTORY} has {len(frames.positions)} frames of {frames.positions.shape[1]} NPs; "
            f"{RECORD} says {expected[0]} frames of {expected[1]} NPs"
        )
    try:
        nominal = Composition(**record["composition"])
        measured = pairs.measure(frames)
        kept = ("id", "composition", "protocol", "nanonet", "lammps", "accelerator", "nps", "chains", "start")
        content = {
            **{name: record[name] for name in kept},
            "trajectory_sha256": hashlib.sha256(read_bytes(folder / TRAJECTORY, "trajectory")).hexdigest(),
            "frames": len(frames.positions),
            "production_tau": protocol["production_steps"] * protocol["timestep"],
            "density": measured.density,
            "density_error": measured.density_error,
            "box": float(frames.volumes.mean() ** (1.0 / 3.0)),
            "steps_per_second": _speed(record),
            "examination": asdict(examine(frames, nominal.diameter)),
            "polymer": _polymer(folder, record),
        }
        if frames.notes:
            content["notes"] = list(frames.notes)
        if "implicit" in record:  # where its NPs came from
            content["implicit"] = record["implicit"]
        if "potential" in record:
            content["fidelity"] = "implicit"
        return Run(json.loads(json.dumps(content)), measured.rdf, measured.blocks)
    except InputError as error:
        raise InputError(f"run {folder}: {error}") from None


def _speed(record: Mapping[str, Any]) -> float | None:
    """Steps a second of the last stretch that the run went on for; None where it is not known."""
    stretch = record.get("last_stretch") or {}
    return round(stretch["steps"] / stretch["seconds"], 1) if stretch.get("seconds") else None


def assemble(runs: Sequence[Run]) -> Dataset:
    """The dataset of measured runs: replicas together, entries in the order of their first runs."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(family(run.record["composition"], run.record["protocol"]), []).append(run)
    return Dataset.concatenate([entry(group) for group in groups.values()])


def family(composition: Mapping[str, Any], protocol: Mapping[str, Any]) -> str:
    """What replicas of one another have in common, as text: the composition and what of a protocol is physics."""
    physics = {name: value for name, value in protocol.items() if name not in _FREE}
    return json.dumps([composition, physics], sort_keys=True)


def _polymer(folder: Path, record: dict[str, Any]) -> dict[str, Any] | None:
    """Structure of the polymer as plain values: from the whole configurations, or as it was measured before.

    A run is often kept with fewer configurations than it wrote, so what all of them say is left beside it.
    """
    path = folder / POLYMER
    found = sorted((folder / CONFIGURATIONS).glob("*.lammpstrj.gz"), key=lambda name: int(name.name.split(".")[0]))
    if path.is_file():
        try:
            kept: dict[str, Any] = read_json(path, PolymerRecord, "record of the polymer")
            if kept.get("id") == record["id"] and "g_error" in kept and kept["configurations"] >= len(found):
                return kept
        except InputError:
            pass  # damaged: it is made again
    if not found:
        return None
    structure = polymer.measure([configurations.read(name) for name in found], record["composition"]["diameter"])
    content = {"id": record["id"], **_plain(structure)}
    try:
        with writing(path) as temporary:
            temporary.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    except OSError:
        pass  # a folder that cannot be written to: it is measured again next time
    return content


def _plain(structure: polymer.PolymerStructure) -> dict[str, Any]:
    def estimate(value: polymer.Estimate) -> list[float | None]:
        return [round(x, 6) if math.isfinite(x) else None for x in (value.value, value.error)]

    return {
        "configurations": structure.configurations,
        "layer": [round(x, 6) for x in structure.layer],
        "layer_error": structure.g.error_at(structure.layer.position),
        "layer_radius": round(structure.layer_radius, 6),
        **{
            name: estimate(getattr(structure, name))
            for name in ("adsorbed", "bridged", "bridged_near", "shared_monomer", "partners")
        },
        "g": [round(float(x), 5) for x in structure.g.g],
        "g_error": None if structure.g.error is None else [round(float(x), 5) for x in structure.g.error],
        "profile": [[round(r, 6), round(fraction, 6), pairs] for r, fraction, pairs in structure.profile],
    }


def _read_record(folder: Path) -> dict[str, Any]:
    path = folder / RECORD
    if not path.is_file():
        raise InputError(f"{folder} is not a run of nanonet: it has no {RECORD}")
    record: dict[str, Any] = read_json(path, RunRecord, "run record")
    need(record, ["composition"], f"run record {path}")
    check_id(record, f"run record {path}")
    record.setdefault("lammps", "unknown")
    record.setdefault("accelerator", "opt")  # of runs from before it was recorded
    return record
