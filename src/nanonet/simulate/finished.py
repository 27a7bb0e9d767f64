"""What a run folder holds."""

from __future__ import annotations

import os
from pathlib import Path

from nanonet.composition import Composition
from nanonet.errors import InputError
from nanonet.formats.run_folder import RECORD
from nanonet.protocol import Protocol, protocol_of
from nanonet.simulate import engine, process
from nanonet.systems.base import System


def started_protocol(folder: str | os.PathLike[str]) -> Protocol | None:
    """Protocol of the run that a folder holds, finished or not; None where there is none."""
    folder = Path(folder)
    return protocol_of(engine.read_record(folder).protocol) if (folder / RECORD).exists() else None


def covers(folder: Path, system: System | Composition, protocol: Protocol) -> bool:
    """Whether a folder holds this run, finished, with as much production or more."""
    if engine.finished_id(folder) is None:
        return False
    record = engine.read_record(folder)
    recorded = protocol_of(record.protocol)
    if recorded.production_steps < protocol.production_steps:
        return False
    try:
        longer = protocol.extended(recorded.production_steps)
    except InputError:
        return False
    return bool(engine.run_id(system, longer) == record.id)


def can_be_extended(folder: Path) -> bool:
    """Whether a folder holds a finished run with a restart file from which it can resume."""
    return engine.finished_id(folder) is not None and bool(process.good_restarts(folder))
