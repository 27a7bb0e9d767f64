"""What a run folder holds."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

from nanonet import records
from nanonet.composition import Composition
from nanonet.errors import InputError
from nanonet.formats import run_folder
from nanonet.formats.run_folder import RECORD, TRAJECTORY
from nanonet.protocol import Protocol, protocol_of
from nanonet.records import RunRecord
from nanonet.simulate import frames, process
from nanonet.systems.base import System
from nanonet.systems.kinds import as_system, system_from_json


def run_id(system: System | Composition, protocol: Protocol) -> str:
    """Identity of a run: a hash of what it simulates and how (16 hexadecimal digits).

    Examples
    --------
    >>> from nanonet.protocol import preset
    >>> run_id(Composition(3, 40, 0.002, 0.5, 1.0), preset("standard"))
    'a80c1aa51f1080c1'
    """
    return records.run_id(as_system(system).parameters(), asdict(protocol))


def read_record(folder: Path) -> RunRecord:
    """The record of the run in a folder, whose system and protocol this version supports; `InputError` otherwise.

    Examples
    --------
    >>> read_record(Path("run1")).protocol.name
    'smoke'
    """
    record = run_folder.read_record(folder)
    try:
        system_from_json(record.parameters), protocol_of(record.protocol)
    except InputError as error:
        raise InputError(f"run record {folder / RECORD} cannot be used: {error}") from None
    return record


def finished_id(folder: Path) -> str | None:
    """Identity of the finished run in a folder, if there is one.

    Examples
    --------
    >>> finished_id(Path("run1"))
    'a5a0f702d1513b68'
    """
    if not (folder / TRAJECTORY).exists() or not (folder / RECORD).exists():
        return None
    record = read_record(folder)
    if frames.last_step(folder / TRAJECTORY) != protocol_of(record.protocol).total_steps:
        return None
    return record.id


def started_protocol(folder: str | os.PathLike[str]) -> Protocol | None:
    """Protocol of the run that a folder holds, finished or not; None where there is none.

    Examples
    --------
    >>> started_protocol("run1").name, started_protocol("nothing")
    ('smoke', None)
    """
    folder = Path(folder)
    return protocol_of(read_record(folder).protocol) if (folder / RECORD).exists() else None


def covers(folder: Path, system: System | Composition, protocol: Protocol) -> bool:
    """Whether a folder holds this run, finished, with as much production or more.

    Examples
    --------
    >>> from nanonet.protocol import preset
    >>> covers(Path("run1"), Composition(3, 40, 0.002, 0.5, 1.0), preset("smoke"))
    True
    """
    if finished_id(folder) is None:
        return False
    record = read_record(folder)
    recorded = protocol_of(record.protocol)
    if recorded.production_steps < protocol.production_steps:
        return False
    try:
        longer = protocol.extended(recorded.production_steps)
    except InputError:
        return False
    return bool(run_id(system, longer) == record.id)


def can_be_extended(folder: Path) -> bool:
    """Whether a folder holds a finished run with a restart file from which it can resume.

    Examples
    --------
    >>> can_be_extended(Path("run1"))  # its restart files are gone
    False
    """
    return finished_id(folder) is not None and bool(process.good_restarts(folder))
