"""Potentials of a campaign, from umbrella windows: when they are good enough, and their file."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nanonet.analyze import potential_gp
from nanonet.analyze.umbrella import measure_windows
from nanonet.campaign.finished_runs import add_finished
from nanonet.campaign.workspace import Task, Workspace, locked
from nanonet.errors import InputError
from nanonet.systems.base import System
from nanonet.systems.umbrella import UmbrellaWindows
from nanonet.umbrella_runs import UmbrellaRun, combine, load, save

logger = logging.getLogger(__name__)

TARGET = (3.0, 5.0), (0.5, 1.0)
"""Standard error of W_poly at contact (kT) that umbrella runs are to reach: at these D (sigma), linear between."""


@dataclass(frozen=True)
class Potentials:
    """Umbrella runs in the workspace's file of results."""

    runs: tuple[UmbrellaRun, ...]

    @classmethod
    def read(cls, workspace: Workspace) -> Potentials:
        """The umbrella runs in the workspace's file."""
        return cls(_known(workspace.forces))

    @staticmethod
    def collect(workspace: Workspace, folders: Iterable[Path]) -> None:
        """Add finished run folders to the file."""
        collect_windows(workspace.forces, folders)

    def is_done(self, workspace: Workspace, task: Task) -> bool:
        """Whether a run is finished here, or is in the file."""
        return workspace.state(task).name == "done" or self.is_collected(task)

    def is_collected(self, task: Task) -> bool:
        """Whether as long a run of the same umbrella windows with the same seed is in the file."""
        return windows_done(task, self.runs)

    def more(self, workspace: Workspace, system: System, max_replicas: int) -> list[tuple[float, Task]]:
        """The next replica of umbrella windows that miss their target, with the factor by which they do."""
        runs = {run.id: run for run in _known(workspace.forces) if run.windows == system}
        free: list[Task] = []
        for replica in range(max_replicas):
            task = workspace.task(system, replica)
            if windows_done(task, runs.values()):
                continue
            if workspace.state(task).name == "done":
                run = measure_windows(workspace.folder(task) / "run")
                runs[run.id] = run
            else:
                free.append(task)
        if not free or not runs:
            return []
        error, target = contact_error(list(runs.values())), float(np.interp(system.diameter, *TARGET))
        return [(error / target, free[0])] if error > target else []


def _known(path: Path) -> tuple[UmbrellaRun, ...]:
    """The umbrella runs of a file, if there is one, with what a campaign needs of their records."""
    runs = load(path) if path.exists() else ()
    for run in runs:
        _made(run, path)
    return runs


def _made(run: UmbrellaRun, path: Path) -> None:
    for name in ("protocol", "tau", "problems"):
        if getattr(run.record, name) is None:
            raise InputError(f"run {run.id} in {path} cannot be used: it has no {name}")


def windows_done(task: Task, known: Iterable[UmbrellaRun]) -> bool:
    """Whether as long a run of the same umbrella windows with the same seed is there.

    Examples
    --------
    >>> from nanonet.campaign.workspace import Task
    >>> from nanonet.potentials.mediated import PairInputs
    >>> from nanonet.protocol import WINDOWS
    >>> windows_done(Task(UmbrellaWindows(PairInputs(3, 40, 1.0)), WINDOWS), [])
    False
    """
    wanted = task.protocol.production_steps * task.protocol.timestep * (1 - 1e-9)
    return any(
        run.windows == task.system and (run.record.tau or 0.0) >= wanted and _place(run)[1] == task.protocol.seed
        for run in known
    )


def contact_error(runs: Sequence[UmbrellaRun]) -> float:
    """Standard error (kT) of W_poly at the separation D, from umbrella runs of the same pair inputs.

    Examples
    --------
    >>> from nanonet.umbrella_runs import shipped
    >>> contact_error(shipped()[:1]) < 1.0
    True
    """
    forces = combine(runs)
    return potential_gp.fit([forces]).predict(forces.pair_inputs).at(forces.pair_inputs.diameter)[1]


def collect_windows(path: Path, folders: Iterable[Path]) -> None:
    """Add finished umbrella runs to a file, made if it does not exist; a longer run replaces its former self.

    Examples
    --------
    >>> collect_windows(Path("windows.json"), [Path("w1")])
    """
    with locked(path.parent):
        runs = {_place(run): run for run in _known(path)}
        added = add_finished(
            runs,
            folders,
            measure_windows,
            _place,
            length=lambda run: run.record.tau or 0.0,
            identity=lambda run: run.id,
            describe=lambda run: "; ".join([f"{run.windows}, seed {_place(run)[1]}", *(run.record.problems or ())]),
        )
        if added:
            save(path, list(runs.values()))


def _place(run: UmbrellaRun) -> tuple[UmbrellaWindows, int | None]:
    return run.windows, None if run.record.protocol is None else run.record.protocol.seed
