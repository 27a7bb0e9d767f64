"""Where runs are run: processes on this machine, or the workers of parsl on a cluster."""

from __future__ import annotations

import logging
import os
import runpy
import shlex
import sys
import time
import warnings
from collections.abc import Mapping
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import Any

from nanonet.campaign import starts
from nanonet.campaign.workers import LocalPool
from nanonet.errors import InputError, MissingExtraError, NanonetError
from nanonet.protocol import Protocol
from nanonet.simulate import engine
from nanonet.simulate.accelerate import FallbackWarning, check_choice
from nanonet.simulate.lmp import find_lmp, inspect
from nanonet.systems.kinds import system_from_json

SCHEDULERS = {"htex": "parsl_htex.py", "slurm": "parsl_slurm.py", "pbs": "parsl_pbs.py"}
"""Ready parsl configurations by name; a file of one's own serves as well."""


MAX_CORES = 100_000
"""Runs at a time, at most."""


class _OutOfTimeError(Exception):
    """The campaign's hours are over."""


def executor(scheduler: str, cores: int) -> Executor:
    """An executor by name: `processes`, one of `SCHEDULERS`, or a Python file that defines a parsl `config`.

    Raises
    ------
    InputError
        An unknown scheduler, or a file without a parsl configuration.
    MissingExtraError
        parsl is not installed.
    """
    if scheduler == "processes":
        return LocalPool(cores)
    path = Path(__file__).with_name(SCHEDULERS[scheduler]) if scheduler in SCHEDULERS else Path(scheduler)
    if path.suffix != ".py" or not path.is_file():
        names = ", ".join(["processes", *SCHEDULERS])
        raise InputError(f"scheduler = {scheduler!r} is not one of {names}, nor a Python file with a parsl config")
    try:
        from parsl.concurrent import ParslPoolExecutor
        from parsl.config import Config
    except ImportError as error:
        raise MissingExtraError(f"{error}: this needs  pip install 'nanonet-pnc[cluster]'") from None
    # parsl starts programs of its own by name: they lie beside this Python, which need not be on the path
    beside, path_variable = str(Path(sys.executable).parent), os.environ.get("PATH", "")
    if beside not in path_variable.split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([beside, path_variable])
    try:
        config = runpy.run_path(str(path)).get("config")
    except Exception as error:  # whatever a file of the user's own raises
        raise InputError(f"the scheduler file {path} fails: {type(error).__name__}: {error}") from None
    if not isinstance(config, Config):
        raise InputError(f"the scheduler file {path} defines no parsl Config named config")
    pool: Executor = ParslPoolExecutor(config)
    return pool


def check_options(scheduler: str, options: Mapping[str, Any]) -> None:
    """Find what would make every run fail before the first starts; of LAMMPS only where the runs are on this machine.

    Raises
    ------
    InputError
        No such accelerator, a number of threads out of range, or no LAMMPS that serves.
    """
    accelerator, threads, lmp = (options.get(name) for name in ("accelerator", "threads", "lmp"))
    check_choice("auto" if accelerator is None else accelerator, 1 if threads is None else threads)
    if scheduler == "processes":
        inspect(find_lmp(lmp))
    elif lmp is not None:
        try:
            shlex.split(lmp)
        except ValueError as error:
            raise InputError(f"lmp = {lmp!r} is not a command: {error}") from None


def stop(pool: Executor) -> None:
    """End the workers of an executor and what they run now: it resumes next time."""
    if isinstance(pool, LocalPool):
        pool.stop()
    else:
        shut_down(pool, wait=False)  # parsl ends its jobs


def shut_down(pool: Executor, *, wait: bool, cancel: bool = False) -> None:
    """Shut an executor down; of parsl's, which takes its log's handler away and leaves the file open, that too."""
    logs = [one for one in logging.getLogger("parsl").handlers if isinstance(one, logging.FileHandler)]
    pool.shutdown(wait=wait, cancel_futures=cancel)
    for log in logs:
        log.close()


def work(job: str, point: dict[str, Any], options: dict[str, Any], deadline: float) -> str:
    """Run one task, given as its state point, in its job's folder until it is done or time is over; on the worker.

    Returns
    -------
    str
        `done` (behind a colon: why it was slower than it could be), `stopped` (time is over; the run resumes next
        time), `busy` (another process runs it), or `failed` with the reason.
    """
    from nanonet.campaign.workspace import write_status

    folder = Path(job)
    started: list[int] = []

    def progress(step: int, total: int) -> None:
        if time.time() > deadline:
            raise _OutOfTimeError
        if not started and step:
            started.append(step)
            write_status(folder, step=step, time=time.time())

    try:
        protocol = Protocol(**point["protocol"])
        place = partial(starts.place, lmp=options.get("lmp"))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", FallbackWarning)
            engine.run(system_from_json(point), protocol, folder / "run", place=place, progress=progress, **options)
    except _OutOfTimeError:
        return "stopped"
    except engine.FolderInUseError:
        return "busy"
    except NanonetError as error:
        write_status(folder, error=str(error))
        return f"failed: {error}"
    write_status(folder)
    notes = [str(one.message) for one in caught if issubclass(one.category, FallbackWarning)]
    return ": ".join(["done", *notes])
