"""Work through a design: what is next, run it, see how far it is, collect what is finished."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from nanonet.analyze.entries import has_room
from nanonet.campaign.dispatch import MAX_CORES, check_options, executor, shut_down, stop, work
from nanonet.campaign.results import RESULTS, Known, Results, find_known, interleave
from nanonet.campaign.workspace import State, Task, Workspace
from nanonet.dataset import Dataset
from nanonet.errors import InputError, SimulationError, check_whole
from nanonet.formats.atomic import check_parent
from nanonet.systems.base import System

logger = logging.getLogger(__name__)

RETRIES = 2
"""How often a run that failed, or whose worker died, is tried again before the campaign passes it over."""

MAX_REPLICAS = 4
"""Runs of one composition, at most."""

_PATIENCE = 5.0  # seconds before a folder that was in use is tried again


@dataclass
class _Progress:
    """State of a call of `run` that no file holds."""

    failures: dict[str, int] = field(default_factory=dict)  # by job
    not_before: dict[str, float] = field(default_factory=dict)
    ended: int = 0  # runs that are done or were stopped in time
    last_failure: str = ""
    notes: set[str] = field(default_factory=lambda: {""})  # said already


def run(
    workspace: Workspace,
    *,
    cores: int = 1,
    hours: float | None = None,
    only: Iterable[int] | None = None,
    max_replicas: int = MAX_REPLICAS,
    scheduler: str = "processes",
    options: Mapping[str, Any] | None = None,
) -> bool:
    """Run what the design lacks, compositions and umbrella windows alternately; then replicas of what is not converged.

    Parameters
    ----------
    workspace:
        The campaign.
    cores:
        Runs at a time.
    hours:
        Stop by then, cleanly: what is unfinished resumes next time. None: until there is nothing left to do.
    only:
        Numbers of compositions of the design, counted from 0, and behind them of windows; default: all.
    max_replicas:
        Runs of one composition, at most; 1 adds no replicas.
    scheduler:
        `nanonet.campaign.dispatch.executor`.
    options:
        For `nanonet.simulate.engine.run`: lmp, accelerator, threads.

    Returns
    -------
    bool
        Whether nothing is left to do: False when time was over or runs failed.

    Raises
    ------
    InputError
        A number is out of range, the dataset cannot be read, or no run could start with these options.
    OutputError
        The dataset could not be written in its folder.
    SimulationError
        Every run that was tried failed.

    Examples
    --------
    >>> from nanonet.campaign.workspace import open_workspace
    >>> run(open_workspace("work"), cores=2, hours=8)  # doctest: +SKIP
    """
    check_whole("cores", cores, 1, MAX_CORES)
    check_whole("replicas", max_replicas, 1, 100)
    if hours is not None and not 0 < hours <= 1e6:
        raise InputError(f"hours = {hours:g} is not above 0 and at most 1000000")
    check_parent(workspace.dataset)
    systems = workspace.systems
    chosen = list(range(len(systems))) if only is None else sorted(set(only))
    for number in chosen:
        if not 0 <= number < len(systems):
            raise InputError(f"number {number} is not between 0 and {len(systems) - 1}")
    deadline = math.inf if hours is None else time.time() + 3600 * hours
    known = find_known(workspace)
    wanted = interleave([systems[number] for number in chosen])
    progress = _Progress()
    pending: dict[Future[str], Task] = {}
    if _next(workspace, wanted, known, progress, (), max_replicas)[0] is not None:
        check_options(scheduler, options or {})
    pool = executor(scheduler, cores)
    try:
        while True:
            waiting = False
            while len(pending) < cores and time.time() < deadline:
                task, waiting = _next(workspace, wanted, known, progress, list(pending.values()), max_replicas)
                if task is None:
                    break
                pending[_submit(pool, workspace, task, dict(options or {}), deadline)] = task
                logger.info(f"starts     {_named(task)}")
            if not pending and (not waiting or time.time() > deadline):
                break
            done, _ = wait(pending, timeout=_PATIENCE, return_when=FIRST_COMPLETED)
            if not pending:
                time.sleep(min(_PATIENCE, max(0.0, deadline - time.time())))
            broken = False
            for future in done:
                task = pending.pop(future)
                broken |= _settle(workspace, task, future, progress)
            if broken:  # the pool is lost with its worker: the other runs, killed with it, resume in a new one
                for task in pending.values():
                    logger.info(f"again      {_named(task)}: its worker died with another")
                pending.clear()
                shut_down(pool, wait=False, cancel=scheduler == "processes")  # parsl cannot cancel
                pool = executor(scheduler, cores)
    except BaseException:
        stop(pool)
        raise
    shut_down(pool, wait=True)
    if progress.failures and not progress.ended:
        raise SimulationError(f"every run failed; the last: {progress.last_failure}")
    return time.time() < deadline and not progress.failures


def _submit(pool: Executor, workspace: Workspace, task: Task, options: dict[str, Any], deadline: float) -> Future[str]:
    job = workspace.prepare(task)
    point = {**task.state_point, "protocol": asdict(task.goal)}
    return pool.submit(work, str(job), point, options, deadline)


def _settle(workspace: Workspace, task: Task, future: Future[str], progress: _Progress) -> bool:
    """Take note of how a task ended; returns whether the pool broke with it."""
    job = str(workspace.folder(task))
    error = future.exception()
    outcome = future.result() if error is None else f"failed: its worker died ({type(error).__name__}: {error})"
    if outcome == "busy":
        progress.not_before[job] = time.time() + _PATIENCE
        return False
    if outcome.startswith("failed"):
        progress.failures[job] = progress.failures.get(job, 0) + 1
        progress.not_before[job] = time.time() + _PATIENCE
        progress.last_failure = outcome.removeprefix("failed: ")
    else:
        progress.failures.pop(job, None)
        progress.ended += 1
    verdict, _, reason = outcome.partition(": ")
    if verdict == "done" and reason not in progress.notes:
        logger.info(f"note       {reason}")
        progress.notes.add(reason)
    logger.info(f"{verdict:<10} {_named(task)}{f': {reason}' if verdict == 'failed' else ''}")
    return isinstance(error, BrokenExecutor)


def _named(task: Task) -> str:
    if task.system.composition is None:
        return str(task.system) if task.protocol.seed == 1 else f"{task.system}, seed {task.protocol.seed}"
    longer = "" if task.production_steps is None else f", to {task.production_steps * task.protocol.timestep:g} tau"
    room = "" if has_room(task.system.composition) else " (no room for a cluster)"
    return f"{task.system}, {task.protocol.start} start{room}, seed {task.protocol.seed}{longer}"


def _next(
    workspace: Workspace,
    systems: Sequence[System],
    known: Known,
    progress: _Progress,
    pending: Sequence[Task],
    max_replicas: int,
) -> tuple[Task | None, bool]:
    """The next task to start, if there is one now; and whether one may come later."""
    waiting = bool(pending)
    for system in systems:
        task = workspace.task(system)
        if task in pending or known[system.kind].is_done(workspace, task):
            continue
        may, later = _may_start(workspace, task, progress)
        if may:
            return task, True
        waiting |= later
    if waiting or max_replicas < 2:
        return None, waiting
    worst: list[tuple[float, Task]] = []
    for system in systems:
        for shortfall, task in known[system.kind].more(workspace, system, max_replicas):
            if task in pending:
                break
            may, later = _may_start(workspace, task, progress)
            if may:
                worst.append((shortfall, task))
            waiting |= later
    return (max(worst, key=lambda one: one[0])[1], True) if worst else (None, waiting)


def _may_start(workspace: Workspace, task: Task, progress: _Progress) -> tuple[bool, bool]:
    """Whether a task may start now, and whether it may later."""
    job = str(workspace.folder(task))
    if progress.failures.get(job, 0) > RETRIES:
        return False, False
    return time.time() >= progress.not_before.get(job, 0.0), True


@dataclass(frozen=True)
class Row:
    """One composition, or one replica of it, in the table that `status` gives."""

    number: int | None
    """Place in the design; None for a run of an earlier design in the same folder."""
    task: Task
    state: State
    """`collected` besides the names of `Workspace.state`."""


def status(workspace: Workspace) -> list[Row]:
    """How far every composition of the design, all umbrella windows and every replica is.

    Examples
    --------
    >>> from nanonet.campaign.design import design
    >>> from nanonet.campaign.workspace import create
    >>> from nanonet.protocol import preset
    >>> rows = status(create("work", design(2), preset("smoke"), "mine.nc"))
    >>> [row.state.name for row in rows]
    ['waiting', 'waiting']
    """
    known = find_known(workspace)
    numbers = {system: number for number, system in enumerate(workspace.systems)}
    tasks = {json.dumps(task.state_point, sort_keys=True): task for task in workspace.tasks()}
    for system in workspace.systems:
        task = workspace.task(system)
        tasks.setdefault(json.dumps(task.state_point, sort_keys=True), task)
    rows = []
    for task in tasks.values():
        state = workspace.state(task)
        if known[task.system.kind].is_collected(task):
            state = State("collected", state.total, state.total)
        rows.append(Row(numbers.get(task.system), task, state))
    return sorted(rows, key=lambda row: (row.number is None, row.number or 0, row.task.protocol.seed))


def collect(workspace: Workspace) -> Dataset | None:
    """Add finished runs to the workspace's files of results; returns the dataset, or None when there is nothing at all.

    Compositions go to the dataset, windows to the file of umbrella runs. A file is replaced whole or not at all. Twice,
    or in another order, gives the same file; two collections at once take turns. Of two runs with the same seed and
    start the longer one stays. A run that cannot be measured is left out, with the reason.

    Examples
    --------
    >>> from nanonet.campaign.design import design
    >>> from nanonet.campaign.workspace import create
    >>> from nanonet.protocol import preset
    >>> collect(create("work", design(2), preset("smoke"), "mine.nc")) is None  # nothing has run
    True
    """
    folders: dict[type[Results], list[Path]] = {results: [] for results in RESULTS.values()}
    for task in workspace.tasks():
        if workspace.state(task).name == "done":
            folders[RESULTS[task.system.kind]].append(workspace.folder(task) / "run")
    for results, found in folders.items():
        results.collect(workspace, found)
    return Dataset.load(workspace.dataset) if workspace.dataset.exists() else None
