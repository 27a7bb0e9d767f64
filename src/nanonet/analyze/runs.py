"""Run folders -> Dataset."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nanonet.analyze import pairs, trajectory
from nanonet.analyze.equilibrium import assess
from nanonet.composition import Composition
from nanonet.dataset import Dataset
from nanonet.errors import InputError

RECORD = "run.json"
TRAJECTORY = "trajectory.gsd"


def analyze(folders: Sequence[str | os.PathLike[str]], progress: Callable[[int, int], None] | None = None) -> Dataset:
    """The dataset of finished run folders, in the given order: each a `run.json` beside a `trajectory.gsd`.

    The composition's density is the measured one; the nominal one goes into the provenance.

    Raises
    ------
    InputError
        A folder is no run, is unfinished, or its trajectory cannot be used; the folder is named.
    """
    parts = []
    for i, folder in enumerate(folders):
        parts.append(_analyze_run(Path(folder)))
        if progress is not None:
            progress(i + 1, len(folders))
    return Dataset.concatenate(parts)


def _analyze_run(folder: Path) -> Dataset:
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
        measured = pairs.measure(frames)
        nominal = Composition(**record["composition"])
        composition = Composition(**(record["composition"] | {"density": measured.density}))
    except InputError as error:
        raise InputError(f"run {folder}: {error}") from None
    provenance = {
        **{name: record[name] for name in ("id", "nanonet", "lammps", "nps", "chains", "start")},
        "nominal_density": nominal.density,
        "density_error": measured.density_error,
        "protocol": protocol,
        "frames": len(frames.positions),
        "production_tau": protocol["production_steps"] * protocol["timestep"],
        "blocks": len(measured.blocks),
        "convergence": asdict(assess(frames, nominal.diameter)),
    }
    return Dataset((composition,), (measured.rdf,), (provenance,))


def _read_record(folder: Path) -> dict[str, Any]:
    path = folder / RECORD
    if not path.is_file():
        raise InputError(f"{folder} is not a run of nanonet: it has no {RECORD}")
    try:
        record: dict[str, Any] = json.loads(path.read_text())
        for name in ("id", "nanonet", "nps", "chains", "start", "composition", "protocol"):
            record[name]
        record.setdefault("lammps", "unknown")
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} cannot be used: {type(error).__name__} {error}") from None
    return record
