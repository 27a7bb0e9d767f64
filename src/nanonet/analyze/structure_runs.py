"""Run folders -> dataset of S(q) on the bins of q that the boxes of all runs allow."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nanonet.analyze import trajectory
from nanonet.analyze.entries import merge
from nanonet.analyze.equilibrium import trajectory_statistics
from nanonet.analyze.runs import replica_group
from nanonet.analyze.structure_factor import StructureMeasurement, measure
from nanonet.dataset import Dataset
from nanonet.errors import InputError
from nanonet.formats.run_folder import RECORD, THINNED, TRAJECTORY, read_finished
from nanonet.records import MeasuredRun
from nanonet.structure_factor import Q_MAX, S_Q


@dataclass(frozen=True, eq=False)
class StructureRun:
    """S(q) of a run."""

    record: MeasuredRun
    measured: StructureMeasurement


def measure_run(folder: str | os.PathLike[str], method: str = "direct", q_max: float = Q_MAX) -> StructureRun:
    """S(q) of a finished run, from its `trajectory.gsd`, or where that is gone its `thinned.gsd`; see `measure`.

    Raises
    ------
    InputError
        The folder is no run, is unfinished, or its trajectory cannot be used; the folder is named.
    """
    folder = Path(folder)
    record = read_finished(folder)
    if record.composition is None:
        raise InputError(f"run record {folder / RECORD} cannot be used: it has no composition")
    path = next((folder / name for name in (TRAJECTORY, THINNED) if (folder / name).exists()), None)
    if path is None:
        raise InputError(f"run {folder} is not finished: it has neither {TRAJECTORY} nor {THINNED}")
    frames = trajectory.read(path)
    nps = frames.positions.shape[1]
    if nps != record.nps:
        raise InputError(f"run {folder}: {path.name} has {nps} NPs; {RECORD} says {record.nps}")
    try:
        measured = measure(frames, method=method, q_max=q_max)
        found = MeasuredRun(
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
            notes=frames.notes or None,
        )
    except InputError as error:
        raise InputError(f"run {folder}: {error}") from None
    return StructureRun(found, measured)


def analyze(
    folders: Sequence[str | os.PathLike[str]],
    q_max: float = Q_MAX,
    progress: Callable[[int, int], None] | None = None,
) -> Dataset:
    """The dataset of S(q) of finished run folders, replicas of a composition together (`entries.merge`).

    Its bins are those that every box fills (`structure_factor.measure`, direct): where boxes differ, the lowest bins of
    the larger ones are left out. Nothing is interpolated.

    Raises
    ------
    InputError
        A folder is no run, is unfinished, is given twice, or its trajectory cannot be used; the folder is named.
    """
    ids: dict[str, object] = {}
    for folder in folders:
        if (identity := read_finished(folder).id) in ids:
            raise InputError(f"run {folder} is the same run as {ids[identity]} (id {identity})")
        ids[identity] = folder
    groups: dict[str, list[StructureRun]] = {}
    for i, folder in enumerate(folders):
        run = measure_run(folder, q_max=q_max)
        groups.setdefault(replica_group(run.record.composition, run.record.protocol), []).append(run)
        if progress is not None:
            progress(i + 1, len(folders))
    bins = min(len(run.measured.structure.q) for runs in groups.values() for run in runs)
    entries = []
    for runs in groups.values():
        curves = [run.measured.structure for run in runs]
        errors = [np.zeros_like(curve.s) if curve.error is None else curve.error for curve in curves]
        entries.append(
            merge([run.record for run in runs], [one.s[-bins:] for one in curves], [one[-bins:] for one in errors])
        )
    return Dataset.from_arrays(
        [tuple(one.composition.to_json().values()) for one in entries],
        [one.y for one in entries],
        curves[0].q[-bins:],
        [one.error for one in entries],
        quantity=S_Q,
        provenance=[one.provenance for one in entries],
    )
