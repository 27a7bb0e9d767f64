"""A campaign's folder: its design and protocol, and a signac job for every run."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import signac

from nanonet.campaign.targets import protocol_for
from nanonet.composition import Composition
from nanonet.dataset import Dataset
from nanonet.errors import InputError, OutputError
from nanonet.formats.atomic import check_parent, writing
from nanonet.formats.lammps_log import last_step
from nanonet.formats.reading import read_json
from nanonet.formats.run_folder import LOG
from nanonet.formats.umbrella_json import NAME as WINDOWS_NAME
from nanonet.protocol import Protocol, protocol_of, shown_name
from nanonet.records import CampaignRecord, StatusRecord
from nanonet.simulate import engine, finished
from nanonet.systems.base import System
from nanonet.systems.kinds import as_system, system_from_json
from nanonet.umbrella_runs import load as load_windows

RECORD = "campaign.json"
STATUS = "status.json"
FORMAT = 1


@dataclass(frozen=True)
class Task:
    """One run of a campaign."""

    system: System
    protocol: Protocol
    """With the production that every run of the campaign has: what the job's identity is made of."""
    production_steps: int | None = None
    """Production that this run is to reach, where that is more."""

    @property
    def goal(self) -> Protocol:
        """The protocol with the production that the run is to reach."""
        return self.protocol if self.production_steps is None else self.protocol.extended(self.production_steps)

    @property
    def state_point(self) -> dict[str, Any]:
        """What signac hashes to the job's identity: all parameters of the run."""
        point: dict[str, Any] = json.loads(json.dumps(self.system.parameters()))
        protocol = asdict(self.protocol)
        del protocol["anneal_from"]  # of implicit runs only, and younger than the first workspaces
        return {**point, "protocol": protocol}


@dataclass(frozen=True)
class State:
    """How far a task is."""

    name: str
    """`waiting`, `running`, `interrupted`, `failed` or `done`."""
    step: int = 0
    total: int = 0
    seconds_left: float | None = None
    reason: str = ""
    """Why it failed."""


@dataclass(frozen=True)
class Workspace:
    """An open campaign.

    Attributes
    ----------
    path:
        Its folder, a signac project.
    design:
        Compositions in the order in which they are run.
    protocol:
        Protocol of every first run; replicas have other seeds and starts.
    dataset:
        Dataset file into which finished runs are collected, and which shows what need not be run again.
    windows:
        Other systems in the order in which they are run, beside the compositions: umbrella windows.
    forces:
        File of umbrella runs, as `dataset` is that of the compositions.
    """

    path: Path
    design: tuple[Composition, ...]
    protocol: Protocol
    dataset: Path
    windows: tuple[System, ...] = ()

    @property
    def forces(self) -> Path:
        """File of umbrella runs (JSON), beside the dataset."""
        return self.dataset.with_name(WINDOWS_NAME)

    @property
    def systems(self) -> tuple[System, ...]:
        """Those of the compositions, then umbrella windows: a system's place is its number."""
        return (*map(as_system, self.design), *self.windows)

    def task(self, what: System | Composition, replica: int = 0) -> Task:
        """The first run of a system, or replica 1, 2, ... (`nanonet.campaign.targets`)."""
        system = as_system(what)
        return Task(system, protocol_for(system, self.protocol, replica))

    def folder(self, task: Task) -> Path:
        """Folder of a task's job, which may not exist yet."""
        return Path(_project(self.path).open_job(task.state_point).path)

    def prepare(self, task: Task) -> Path:
        """Make the job of a task; returns its folder."""
        job = _project(self.path).open_job(task.state_point)
        job.init()
        return Path(job.path)

    def tasks(self) -> list[Task]:
        """Every task that has a job: of this design or of an earlier one in the same folder."""
        found = []
        for job in _project(self.path):
            try:
                point = job.statepoint()
                task = Task(system_from_json(point), protocol_of(point["protocol"]))
                protocol_for(task.system, self.protocol)  # a kind that a campaign runs
            except Exception as error:  # whatever a damaged file makes signac raise
                raise InputError(f"the job {job.path} cannot be used: {type(error).__name__}: {error}") from None
            found.append(task)
        return found

    def state(self, task: Task) -> State:
        """How far a task is, seen from outside: it may be run by another process on another machine."""
        job = self.folder(task)
        run, total = job / "run", task.goal.total_steps
        try:
            if finished.covers(run, task.system, task.goal):
                return State("done", total, total)
        except InputError as error:
            return State("failed", 0, total, reason=str(error))
        status = _read_status(job)
        step = last_step(run / LOG)
        if engine.is_in_use(run):
            return State("running", step, total, _seconds_left(status, step, total))
        if status.error:
            return State("failed", step, total, reason=status.error)
        return State("interrupted" if run.exists() else "waiting", step, total)


def create(
    path: str | os.PathLike[str],
    design: Iterable[Composition],
    protocol: Protocol,
    dataset: str | os.PathLike[str],
    windows: Iterable[System] = (),
) -> Workspace:
    """Make a campaign's folder, or give the campaign in it a longer or another design, or other umbrella windows.

    Raises
    ------
    InputError
        The folder's parent is missing, it holds something else or a campaign of another protocol, the design is empty
        or has a composition that cannot be simulated, the dataset's folder does not exist, or what is there already,
        as dataset or as umbrella runs beside it, is none.
    OutputError
        The dataset could not be written in its folder.

    Examples
    --------
    >>> from nanonet.campaign.design import design
    >>> from nanonet.protocol import preset
    >>> len(create("work", design(2), preset("smoke"), "mine.nc").design)
    2
    """
    path = Path(path).absolute()
    compositions, chosen = tuple(design), tuple(windows)
    if not compositions:
        raise InputError("a design of no compositions; allowed are 1 or more")
    for number, composition in enumerate(compositions):
        try:
            as_system(composition).numbers(protocol)
        except InputError as error:
            raise InputError(f"composition {number} of the design, {composition}: {error}") from None
    if not path.parent.is_dir():
        raise InputError(f"cannot make the workspace {path}: {path.parent} does not exist")
    if path.exists() and not path.is_dir():
        raise InputError(f"cannot make the workspace {path}: a file has that name")
    if (path / RECORD).exists():
        before = open_workspace(path)
        if before.protocol != protocol:
            other = shown_name(before.protocol.name)
            raise InputError(f"the workspace {path} holds a campaign of another protocol ({other}); choose another")
    elif path.is_dir() and any(path.iterdir()):
        raise InputError(f"the workspace {path} is not empty and holds no campaign; choose another folder")
    target = Path(dataset).absolute()
    if (shown := os.fsencode(target).decode(errors="backslashreplace")) != str(target):
        raise InputError(f"dataset = {shown} is not UTF-8 text; {RECORD} could not keep it")
    if target.parent != path:  # which is made now
        check_parent(target)
    for known, load in ((target, Dataset.load), (target.with_name(WINDOWS_NAME), load_windows)):
        if known.exists():
            load(known)
    record = {
        "format": FORMAT,
        "protocol": asdict(protocol),
        "dataset": str(target),
        "design": [composition.to_json() for composition in compositions],
        "windows": [one.parameters()["windows"] for one in chosen],
    }
    existed, is_new = path.exists(), not (path / RECORD).exists()
    try:
        path.mkdir(exist_ok=True)
        signac.init_project(str(path))
        with writing(path / RECORD) as temporary:
            temporary.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    except BaseException as error:
        if is_new:  # a failed beginning leaves nothing
            for made in path.iterdir() if existed else (path,):
                shutil.rmtree(made, ignore_errors=True)
        if isinstance(error, OSError) and not isinstance(error, OutputError):
            raise OutputError(f"cannot make the workspace {path}: {error.strerror or error}") from None
        raise
    return Workspace(path, compositions, protocol, target, chosen)


def open_workspace(path: str | os.PathLike[str]) -> Workspace:
    """Open a campaign's folder; `InputError` when there is none or another version made it.

    Examples
    --------
    >>> from nanonet.campaign.design import design
    >>> from nanonet.protocol import preset
    >>> _ = create("work", design(2), preset("smoke"), "mine.nc")
    >>> open_workspace("work").protocol.name
    'smoke'
    """
    path = Path(path).absolute()
    if not (path / RECORD).is_file():
        raise InputError(f"{path} is no workspace: it has no {RECORD}; make one with  nanonet campaign init")
    record = read_json(path / RECORD, CampaignRecord, "campaign")
    try:
        if record.format != FORMAT:
            raise InputError(f"format = {record.format} is not {FORMAT}: another version of nanonet made it")
        design = tuple(entry.value for entry in record.design)
        chosen = tuple(system_from_json({"windows": entry}) for entry in record.windows)
        return Workspace(path, design, protocol_of(record.protocol), Path(record.dataset), chosen)
    except (InputError, TypeError) as error:
        raise InputError(f"the workspace {path} cannot be used: {error}") from None


def write_status(job: Path, **content: object) -> None:
    """Leave word in a job's folder about its run: what `state` reads.

    Examples
    --------
    >>> write_status(Path("run1"), state="waiting")
    """
    with writing(job / STATUS) as temporary:
        temporary.write_text(json.dumps(content) + "\n", encoding="utf-8")


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder's own lock, waiting for it: two collections into one dataset take turns. Leaves no file behind.

    Examples
    --------
    >>> with locked(Path("run1")):
    ...     pass
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@lru_cache(maxsize=8)
def _project(path: Path) -> Any:
    return signac.get_project(str(path))


def _read_status(job: Path) -> StatusRecord:
    try:
        return read_json(job / STATUS, StatusRecord, "status")
    except InputError:  # there is none, or it is damaged: the next run writes it again
        return StatusRecord()


def _seconds_left(status: StatusRecord, step: int, total: int) -> float | None:
    """From the speed since the run was taken up."""
    if status.step is None or status.time is None or step <= status.step:
        return None
    return (time.time() - status.time) / (step - status.step) * (total - step)
