"""Run folders -> dataset of any curve that is measured on the NPs' trajectories."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np

from nanonet.analyze import trajectory
from nanonet.analyze.entries import merge
from nanonet.analyze.runs import Measured, measured_record, replica_group
from nanonet.curve import Curve
from nanonet.dataset import Dataset
from nanonet.errors import InputError
from nanonet.formats.run_folder import RECORD, THINNED, TRAJECTORY, read_finished
from nanonet.records import MeasuredRun, RunRecord

Found = TypeVar("Found", bound=Measured)
Measure = Callable[[trajectory.Trajectory, RunRecord], Found]


@dataclass(frozen=True, eq=False)
class CurveRun(Generic[Found]):
    """What is measured on a run."""

    record: MeasuredRun
    measured: Found


def measure_run(folder: str | os.PathLike[str], measure: Measure[Found]) -> CurveRun[Found]:
    """Measure a finished run on its `trajectory.gsd`, or where that is gone on its `thinned.gsd`.

    Raises
    ------
    InputError
        The folder is no run, is unfinished, or its trajectory cannot be used; the folder is named.

    Examples
    --------
    >>> from nanonet.analyze.structure_factor import measure
    >>> measure_run("run1", lambda frames, record: measure(frames)).measured.nps
    18
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
        measured = measure(frames, record)
        return CurveRun(measured_record(record, frames, measured), measured)
    except InputError as error:
        raise InputError(f"run {folder}: {error}") from None


def analyze(
    folders: Sequence[str | os.PathLike[str]],
    measure: Measure[Found],
    curve_of: Callable[[Found], Curve],
    progress: Callable[[int, int], None] | None = None,
) -> Dataset:
    """The dataset of a curve of finished run folders, replicas of a composition together (`entries.merge`).

    Its grid has the points that the curves of all runs have. Nothing is interpolated.

    Raises
    ------
    InputError
        As `measure_run`; a folder is given twice, or the curves have fewer than 2 points in common.

    Examples
    --------
    >>> from nanonet.analyze.structure_factor import measure
    >>> analyze(["run1"], lambda frames, record: measure(frames), lambda found: found.structure).quantity.name
    'S'
    """
    ids: dict[str, object] = {}
    for folder in folders:
        if (identity := read_finished(folder).id) in ids:
            raise InputError(f"run {folder} is the same run as {ids[identity]} (id {identity})")
        ids[identity] = folder
    groups: dict[str, list[tuple[MeasuredRun, Curve]]] = {}
    for i, folder in enumerate(folders):
        run = measure_run(folder, measure)
        group = groups.setdefault(replica_group(run.record.composition, run.record.protocol), [])
        group.append((run.record, curve_of(run.measured)))
        if progress is not None:
            progress(i + 1, len(folders))
    curves = [curve for group in groups.values() for _, curve in group]
    q, grid = curves[0].quantity, reduce(np.intersect1d, (curve.x for curve in curves))
    if len(grid) < 2:
        raise InputError(f"the curves of the runs have {len(grid)} values of {q.x} in common; allowed are 2 or more")
    entries = []
    for group in groups.values():
        own = [(curve, np.isin(curve.x, grid)) for _, curve in group]
        errors = [np.zeros(len(grid)) if curve.error is None else curve.error[common] for curve, common in own]
        entries.append(merge([record for record, _ in group], [curve.y[common] for curve, common in own], errors))
    return Dataset.from_arrays(
        [tuple(one.composition.to_json().values()) for one in entries],
        [one.y for one in entries],
        grid,
        [one.error for one in entries],
        quantity=q,
        provenance=[one.provenance for one in entries],
    )
