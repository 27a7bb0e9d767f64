"""What is done, and which run of a composition comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from nanonet.analyze.entries import DISPERSED, assess_runs, examination, regime, second_virial
from nanonet.analyze.runs import family, measure_run
from nanonet.campaign.queue import known_windows, windows_done
from nanonet.campaign.workspace import Task, Workspace
from nanonet.composition import Composition
from nanonet.dataset import Dataset, Run
from nanonet.simulate import engine, run_folder
from nanonet.windows import WindowRun, Windows

MAX_LENGTH = 4
"""How long a run may be extended to, in units of the campaign's production."""


@dataclass(frozen=True)
class Known:
    """What the files of results hold: it need not be run again, wherever it was run."""

    runs: Mapping[str, Sequence[Run]]
    """By family."""
    windows: tuple[WindowRun, ...]


def find_known(workspace: Workspace) -> Known:
    """Read the workspace's files of results."""
    found: dict[str, list[Run]] = {}
    if workspace.dataset.exists():
        for runs in Dataset.load(workspace.dataset).runs:
            for one in runs:
                examination(one)  # a campaign goes on from it
                found.setdefault(family(one.record.composition, one.record.protocol), []).append(one)
    return Known(found, known_windows(workspace))


def is_done(workspace: Workspace, task: Task, known: Known) -> bool:
    """Whether a first run is finished here, or another in the files of results takes its place.

    Any as long run of a composition does, with one exception: a run that began dispersed does not, where NPs may
    condense and the task begins otherwise.
    """
    if workspace.state(task).name == "done":
        return True
    if isinstance(task.subject, Windows):
        return windows_done(task, known.windows)
    found = {run.record.starting_point for run in _as_long(task, known)}
    if found == {"dispersed"} and task.protocol.start != "dispersed":
        return regime(second_virial(task.subject)) == DISPERSED
    return bool(found)


def is_collected(task: Task, known: Known) -> bool:
    """Whether this very replica is in the files of results."""
    if isinstance(task.subject, Windows):
        return windows_done(task, known.windows)
    return any(one.record.slot == _slot(task) for one in _as_long(task, known))


def runs_of(
    workspace: Workspace, composition: Composition, known: Known, measured: dict[str, Run], max_replicas: int
) -> list[Run]:
    """Measured runs of a composition: those in the dataset, and those that finished here (in place of shorter ones).

    `measured` keeps, by identity, what was measured before.
    """
    found = {one.record.slot: one for one in known.runs.get(_family(workspace, composition), ())}
    for replica in range(2 * max_replicas):
        task = workspace.task(composition, replica)
        identity = engine.finished_id(workspace.folder(task) / "run")
        if identity is None:
            continue
        if identity not in measured:
            measured[identity] = measure_run(workspace.folder(task) / "run")
        before = found.get(_slot(task))
        if before is None or before.record.production_tau < measured[identity].record.production_tau:
            found[_slot(task)] = measured[identity]
    return list(found.values())


def more_of(
    workspace: Workspace, composition: Composition, runs: Sequence[Run], max_replicas: int
) -> list[tuple[float, Task]]:
    """What would bring a composition nearer to convergence: tasks, each with how far it is from it; best first.

    Another replica, until two or more runs began independently; then more time for the shortest of the runs that are
    here; then replicas again, up to `max_replicas` runs.
    """
    if not runs:
        return []
    choice, verdict = assess_runs(runs)
    if verdict.converged:
        return []
    badness = verdict.badness or 0.0
    replica = _free_replica(workspace, composition, runs) if len(runs) < max_replicas else None
    if not verdict.independent:
        return [(badness, replica)] if replica else []
    longer = _longer(workspace, composition, [runs[i] for i in choice.used], max_replicas)
    return [(badness, task) for task in (longer, replica) if task is not None][:1]


def _longer(workspace: Workspace, composition: Composition, runs: Sequence[Run], max_replicas: int) -> Task | None:
    """The shortest of the runs that lie here and may be extended, with as much production again."""
    steps = {run.record.slot: run.record.protocol.production_steps for run in runs}
    found = []
    for replica in range(2 * max_replicas):
        task = workspace.task(composition, replica)
        before, once = steps.get(_slot(task)), task.protocol.production_steps
        if before is None or before + once > MAX_LENGTH * once:
            continue
        if run_folder.can_be_extended(workspace.folder(task) / "run"):
            found.append((before, replace(task, production_steps=before + once)))
    return min(found, key=lambda one: one[0])[1] if found else None


def _free_replica(workspace: Workspace, composition: Composition, runs: Sequence[Run]) -> Task:
    """The first replica that has not been run; one from a start that no run had comes first."""
    have = {one.record.slot for one in runs}
    starts = {start for _, start in have}
    free = [
        task
        for task in (workspace.task(composition, replica) for replica in range(2 * len(runs) + 2))
        if _slot(task) not in have
    ]
    return next((task for task in free if task.protocol.start not in starts), free[0])


def _as_long(task: Task, known: Known) -> list[Run]:
    """Runs in the dataset of a task's composition, any replica, with as much production or more."""
    wanted = task.goal.production_steps * task.protocol.timestep * (1 - 1e-9)
    assert isinstance(task.subject, Composition)
    runs = known.runs.get(family(asdict(task.subject), asdict(task.protocol)), ())
    return [one for one in runs if one.record.production_tau >= wanted]


def _family(workspace: Workspace, composition: Composition) -> str:
    return family(asdict(composition), asdict(workspace.protocol))


def _slot(task: Task) -> tuple[int, str]:
    return task.protocol.seed, task.protocol.start
