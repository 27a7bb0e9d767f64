"""A run's folder: what its files are called, and its record."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

from nanonet.errors import InputError
from nanonet.formats.atomic import writing
from nanonet.formats.reading import MAX_JSON, parse_json, read_bytes
from nanonet.records import RunRecord, check_id

RECORD = "run.json"
TRAJECTORY = "trajectory.gsd"
THINNED = "thinned.gsd"  # every tenth frame of it, in a run that is kept (data/README.md)
POLYMER, GRAFTS = "polymer.json", "grafts.json"  # what was measured on the whole configurations

# the deck: what LAMMPS reads
DATA = "system.data"
START = "start.in"
RESUME = "resume.in"
TABLE = "potential.table"

# what LAMMPS writes: its log, frames, and alternating restart files, with one more at the end
LOG = "log.lammps"
NP_DUMP = "nps.lammpstrj"
CONFIGURATIONS = "configurations"
RESTARTS = ("restart.a", "restart.b")
END = "restart.end"

FORMAT = 1


def read_record(folder: str | os.PathLike[str]) -> RunRecord:
    """The record of the run in a folder.

    Raises
    ------
    InputError
        There is none, it is damaged or of another version, or its id is not that of its parameters and protocol.
    """
    path = Path(folder) / RECORD
    if not path.is_file():
        raise InputError(f"{folder} is not a run of nanonet: it has no {RECORD}")
    what = f"run record {path}"
    record = parse_json(read_bytes(path, "run record", MAX_JSON), RunRecord, what)
    if record.format not in (None, FORMAT):
        raise InputError(
            f"{what} cannot be used: format = {record.format} is not {FORMAT}: another version of nanonet wrote it"
        )
    check_id(record.id, record.parameters, record.protocol, what)
    return record


def read_finished(folder: str | os.PathLike[str]) -> RunRecord:
    """As `read_record`, of a run that has ended: what early records lack is said."""
    record = read_record(folder)
    return replace(record, lammps=record.lammps or "unknown", accelerator=record.accelerator or "opt")


def write_record(folder: Path, record: RunRecord) -> None:
    """Write the record of a run, whole or not at all."""
    with writing(folder / RECORD) as temporary:
        temporary.write_text(json.dumps(record.to_json(), indent=1) + "\n", encoding="utf-8")
