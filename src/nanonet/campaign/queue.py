"""Windows in a campaign: their place in the queue, when they are good enough, their file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest
from pathlib import Path

import numpy as np

from nanonet.analyze import potential_gp
from nanonet.analyze.windows import measure_windows
from nanonet.campaign.workspace import Task, Workspace, locked
from nanonet.composition import Composition
from nanonet.errors import InputError
from nanonet.formats.run_folder import read_record
from nanonet.windows import WindowRun, Windows, combine, load, save

TARGET = (3.0, 5.0), (0.5, 1.0)
"""Standard error of W_poly at contact (kT) that windows are to reach: at these D (sigma) these, straight between."""


def in_turn(subjects: Sequence[Composition | Windows]) -> list[Composition | Windows]:
    """Windows and compositions one after the other, each kind in its own order."""
    windows = [one for one in subjects if isinstance(one, Windows)]
    compositions = [one for one in subjects if isinstance(one, Composition)]
    return [one for pair in zip_longest(windows, compositions) for one in pair if one is not None]


def known_windows(workspace: Workspace) -> tuple[WindowRun, ...]:
    """The window runs in the workspace's file of results."""
    return _known(workspace.forces)


def _known(path: Path) -> tuple[WindowRun, ...]:
    """The window runs of a file, if there is one, with what a campaign needs of their records."""
    runs = load(path) if path.exists() else ()
    for run in runs:
        _made(run, path)
    return runs


def _made(run: WindowRun, path: Path) -> None:
    for name in ("protocol", "tau", "problems"):
        if getattr(run.record, name) is None:
            raise InputError(f"run {run.id} in {path} cannot be used: it has no {name}")


def windows_done(task: Task, known: Iterable[WindowRun]) -> bool:
    """Whether as long a run of the same windows with the same seed is there."""
    wanted = task.protocol.production_steps * task.protocol.timestep * (1 - 1e-9)
    return any(
        run.windows == task.subject and (run.record.tau or 0.0) >= wanted and _place(run)[1] == task.protocol.seed
        for run in known
    )


def contact_error(runs: Sequence[WindowRun]) -> float:
    """Standard error (kT) of W_poly at the separation D, from window runs of one triple."""
    forces = combine(runs)
    return potential_gp.fit([forces]).predict(forces.triple).at(forces.triple.diameter)[1]


def worst_windows(workspace: Workspace, wanted: Sequence[Windows], max_replicas: int) -> list[tuple[float, Task]]:
    """Replicas of windows that miss their target: by how much (a factor above 1), and the task."""
    found = []
    for windows in wanted:
        runs = {run.id: run for run in known_windows(workspace) if run.windows == windows}
        free: list[Task] = []
        for replica in range(max_replicas):
            task = workspace.task(windows, replica)
            if windows_done(task, runs.values()):
                continue
            if workspace.state(task).name == "done":
                run = measure_windows(workspace.folder(task) / "run")
                runs[run.id] = run
            else:
                free.append(task)
        if free and runs:
            error = contact_error(list(runs.values()))
            target = float(np.interp(windows.diameter, *TARGET))
            if error > target:
                found.append((error / target, free[0]))
    return found


def collect_windows(path: Path, folders: Iterable[Path], say: Callable[[str], None] = print) -> None:
    """Add finished window runs to a file, which is made if it does not exist; a longer run replaces its former self."""
    with locked(path.parent):
        runs = {_place(run): run for run in _known(path)}
        ids = {run.id for run in runs.values()}
        added = 0
        for folder in folders:
            try:
                if read_record(folder).id in ids:
                    continue
                run = measure_windows(folder)
            except InputError as error:  # one bad run keeps nobody else out
                say(f"left out   {error}")
                continue
            kept = runs.get(_place(run))
            if kept is not None and (kept.record.tau or 0.0) >= (run.record.tau or 0.0):
                continue
            runs[_place(run)] = run
            added += 1
            problems = "".join(f"; {problem}" for problem in run.record.problems or ())
            say(f"collected  {run.windows}, seed {_place(run)[1]}{problems}")
        if added:
            save(path, list(runs.values()))


def _place(run: WindowRun) -> tuple[Windows, int | None]:
    return run.windows, None if run.record.protocol is None else run.record.protocol.seed
