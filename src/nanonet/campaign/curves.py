"""Curves of a campaign: their runs, which is done, which comes next, and their dataset."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from nanonet.analyze.entries import DISPERSED, assess_records, recorded_statistics, regime, second_virial
from nanonet.analyze.runs import assemble, measure_run, replica_group
from nanonet.campaign.finished_runs import add_finished
from nanonet.campaign.workspace import Task, Workspace, locked
from nanonet.composition import Composition
from nanonet.dataset import Dataset, Run
from nanonet.errors import InputError
from nanonet.simulate import engine, finished
from nanonet.systems.base import System

logger = logging.getLogger(__name__)

MAX_LENGTH = 4
"""How long a run may be extended to, in units of the campaign's production."""


@dataclass(frozen=True)
class Curves:
    """Runs behind curves.

    Attributes
    ----------
    runs:
        Those in the dataset, by their replica groups (`nanonet.analyze.runs.replica_group`).
    measured:
        What was measured here before, by run id.
    """

    runs: Mapping[str, Sequence[Run]]
    measured: dict[str, Run] = field(default_factory=dict)

    @classmethod
    def read(cls, workspace: Workspace) -> Curves:
        """The runs in the workspace's dataset."""
        found: dict[str, list[Run]] = {}
        if workspace.dataset.exists():
            for runs in Dataset.load(workspace.dataset).runs:
                for one in runs:
                    recorded_statistics(one.record)  # a campaign resumes from it
                    found.setdefault(replica_group(one.record.composition, one.record.protocol), []).append(one)
        return cls(found)

    @staticmethod
    def collect(workspace: Workspace, folders: Iterable[Path]) -> None:
        """Add finished run folders to the dataset."""
        add_runs(workspace.dataset, folders)

    def is_done(self, workspace: Workspace, task: Task) -> bool:
        """Whether a first run is finished here, or another in the dataset takes its place.

        Any as long run of a composition does, with one exception: a run that started dispersed does not, where NPs may
        condense and the task starts otherwise.
        """
        if workspace.state(task).name == "done":
            return True
        found = {run.record.starting_point for run in self._as_long(task)}
        if found == {"dispersed"} and task.protocol.start != "dispersed":
            return regime(second_virial(_composition(task.system))) == DISPERSED
        return bool(found)

    def is_collected(self, task: Task) -> bool:
        """Whether this very replica is in the dataset."""
        return any(one.record.slot == _slot(task) for one in self._as_long(task))

    def more(self, workspace: Workspace, system: System, max_replicas: int) -> list[tuple[float, Task]]:
        """As `more_of`, from all runs that are known."""
        return more_of(workspace, system, self.runs_of(workspace, system, max_replicas), max_replicas)

    def runs_of(self, workspace: Workspace, system: System, max_replicas: int) -> list[Run]:
        """Runs of a system: those in the dataset, and those that finished here (in place of shorter ones)."""
        known = self.runs.get(replica_group(_composition(system).to_json(), asdict(workspace.protocol)), ())
        found = {one.record.slot: one for one in known}
        for replica in range(2 * max_replicas):
            task = workspace.task(system, replica)
            identity = engine.finished_id(workspace.folder(task) / "run")
            if identity is None:
                continue
            if identity not in self.measured:
                self.measured[identity] = measure_run(workspace.folder(task) / "run")
            before, now = found.get(_slot(task)), self.measured[identity]
            if before is None or before.record.production_tau < now.record.production_tau:
                found[_slot(task)] = now
        return list(found.values())

    def _as_long(self, task: Task) -> list[Run]:
        """Runs in the dataset of a task's composition, any replica, with as much production or more."""
        wanted = task.goal.production_steps * task.protocol.timestep * (1 - 1e-9)
        runs = self.runs.get(replica_group(_composition(task.system).to_json(), asdict(task.protocol)), ())
        return [one for one in runs if one.record.production_tau >= wanted]


def more_of(
    workspace: Workspace, system: System | Composition, runs: Sequence[Run], max_replicas: int
) -> list[tuple[float, Task]]:
    """What would bring a composition nearer to convergence: tasks, each with how far it is from it; best first.

    Another replica, until two or more runs started independently; then more time for the shortest of the runs that are
    here; then replicas again, up to `max_replicas` runs.

    Examples
    --------
    >>> from nanonet.campaign.design import design
    >>> from nanonet.campaign.workspace import create
    >>> from nanonet.protocol import preset
    >>> workspace = create("work", design(2), preset("smoke"), "mine.nc")
    >>> more_of(workspace, workspace.design[0], [], max_replicas=4)
    []
    """
    if not runs:
        return []
    choice, verdict = assess_records([run.record for run in runs])
    if verdict.converged:
        return []
    shortfall = verdict.shortfall or 0.0
    replica = _free_replica(workspace, system, runs) if len(runs) < max_replicas else None
    if not verdict.independent:
        return [(shortfall, replica)] if replica else []
    longer = _longer(workspace, system, [runs[i] for i in choice.used], max_replicas)
    return [(shortfall, task) for task in (longer, replica) if task is not None][:1]


def _longer(workspace: Workspace, system: System | Composition, runs: Sequence[Run], max_replicas: int) -> Task | None:
    """The shortest of the runs that lie here and may be extended, with as much production again."""
    steps = {run.record.slot: run.record.protocol.production_steps for run in runs}
    found = []
    for replica in range(2 * max_replicas):
        task = workspace.task(system, replica)
        before, once = steps.get(_slot(task)), task.protocol.production_steps
        if before is None or before + once > MAX_LENGTH * once:
            continue
        if finished.can_be_extended(workspace.folder(task) / "run"):
            found.append((before, replace(task, production_steps=before + once)))
    return min(found, key=lambda one: one[0])[1] if found else None


def _free_replica(workspace: Workspace, system: System | Composition, runs: Sequence[Run]) -> Task:
    """The first replica that has not been run; one from a start that no run had comes first."""
    have = {one.record.slot for one in runs}
    starts = {start for _, start in have}
    free = [
        task
        for task in (workspace.task(system, replica) for replica in range(2 * len(runs) + 2))
        if _slot(task) not in have
    ]
    return next((task for task in free if task.protocol.start not in starts), free[0])


def _composition(system: System) -> Composition:
    assert system.composition is not None  # of a kind whose runs give curves
    return system.composition


def _slot(task: Task) -> tuple[int, str]:
    return task.protocol.seed, task.protocol.start


def add_runs(path: str | os.PathLike[str], folders: Iterable[Path]) -> Dataset | None:
    """Add finished run folders to a dataset file, which is made if it does not exist; see `collect`.

    Examples
    --------
    >>> len(add_runs("runs.nc", [Path("run1")]))
    1
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise InputError(f"cannot write {path}: the folder {path.parent} does not exist")
    with locked(path.parent):
        before = Dataset.load(path) if path.exists() else None
        for one in () if before is None else (one for behind in before.runs for one in behind):
            recorded_statistics(one.record)
        runs = {} if before is None else {_place(one): one for behind in before.runs for one in behind}
        bare = [] if before is None else [i for i, behind in enumerate(before.runs) if not behind]
        added = add_finished(
            runs,
            folders,
            measure_run,
            _place,
            length=lambda one: one.record.production_tau,
            identity=lambda one: one.record.id,
            describe=lambda one: f"{one.record.composition.value}, seed {one.record.protocol.seed}",
        )
        if not added:
            return before
        parts = [assemble([runs[place] for place in sorted(runs)])]
        if before is not None and bare:
            parts.append(before.subset(bare))
        dataset = Dataset.concatenate(parts)
        dataset.save(path)
        return dataset


def _place(one: Run) -> tuple[str, int, str]:
    return (replica_group(one.record.composition, one.record.protocol), *one.record.slot)
