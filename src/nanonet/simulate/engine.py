"""Runs LAMMPS in a folder, resumes after an interruption, and fails loudly."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from nanonet.composition import Composition
from nanonet.errors import InputError, SimulationError
from nanonet.formats import lammps_dump
from nanonet.formats.atomic import remove_leftovers, writing
from nanonet.formats.run_folder import (
    CONFIGURATIONS,
    DATA,
    FORMAT,
    NP_DUMP,
    RECORD,
    RESUME,
    START,
    TABLE,
    TRAJECTORY,
    write_record,
)
from nanonet.protocol import Protocol, protocol_of, shown_name
from nanonet.records import ProtocolRecord, RunRecord, Segment
from nanonet.simulate import frames, langevin, process, script
from nanonet.simulate.accelerate import choose
from nanonet.simulate.finished import finished_id as finished_id
from nanonet.simulate.finished import read_record as read_record
from nanonet.simulate.finished import run_id as run_id
from nanonet.simulate.lmp import find_lmp, inspect
from nanonet.systems.base import NP, System
from nanonet.systems.kinds import as_system, system_from_json
from nanonet.systems.placement import Placement

Place = Callable[[Composition, Protocol, Path], Placement]
"""Finds where the NPs of an explicit run start, given its folder; called once, before the run has a deck."""


class FolderInUseError(InputError):
    """Another process runs in the folder."""


def run(
    system: System | Composition,
    protocol: Protocol,
    folder: str | os.PathLike[str],
    *,
    lmp: str | None = None,
    accelerator: str = "auto",
    threads: int = 1,
    place: Place | None = None,
    progress: process.Progress | None = None,
) -> Path:
    """Simulate a system, or a composition in its melt, in a folder and return the path of its NP trajectory (GSD).

    A folder with an unfinished run of the same system and protocol resumes from its last good restart file; a
    finished one is returned as it is, and is extended when the protocol differs in a longer production only: until that
    has ended the folder keeps its shorter trajectory.

    Parameters
    ----------
    system, protocol:
        What to simulate and how.
    folder:
        Made if it does not exist (its parent must).
    lmp:
        Command of the LAMMPS program, e.g. `"mpirun -np 4 lmp"`; default: the environment variable `NANONET_LMP`,
        then `lmp` beside this Python, then on the path.
    accelerator, threads:
        How LAMMPS computes the pair forces: `nanonet.simulate.accelerate.choose`. Few NPs with implicit polymer run in
        a compiled loop of ours (`nanonet.simulate.langevin`) with `auto` and `plugin`, unless `lmp` names a LAMMPS.
    place:
        Needed for the start `implicit`: `nanonet.campaign.starts.place`.
    progress:
        Called with (steps done, steps in all) about every 500 steps.

    Raises
    ------
    InputError
        The folder holds another run, is in use, cannot be made, or its restart files come from another version of
        LAMMPS; no `lmp` was found, or it lacks a style; the particles do not fit.
    SimulationError
        LAMMPS failed (with its last words, the command and the folder), or the disk is full. What was reached stays.

    Examples
    --------
    >>> run(Composition(3, 40, 0.002, 0.5, 1.0), preset("standard"), "run1")  # doctest: +SKIP
    """
    system = as_system(system)
    numbers = system.numbers(protocol)
    trajectory = Path(folder) / TRAJECTORY
    if finished_id(Path(folder)) == run_id(system, protocol):
        return trajectory
    in_lammps = Path(folder).is_dir() and process.good_restarts(Path(folder))  # where it then resumes
    if not in_lammps and langevin.supports(system) and langevin.serves(numbers.nps, lmp, accelerator):
        return _run_loop(system, protocol, _prepare(folder), progress)
    program = inspect(find_lmp(lmp), rigid=numbers.rigid > 0)
    acceleration = choose(accelerator if system.accelerated else "none", program, threads)
    if acceleration.name == "kokkos" and protocol.bond_substeps > 1:
        raise InputError(
            f"accelerator = 'kokkos' has no substeps of the bonds, and bond_substeps = {protocol.bond_substeps}; "
            "take the protocol paper, or one with bond_substeps = 1 and timestep = 0.005"
        )
    folder = _prepare(folder)
    with _lock(folder) as lock, _disk(folder):
        record = _record_in(system, protocol, folder, place)
        _check_version(folder, record, program.version)
        started = time.monotonic()
        record = replace(record, lammps=program.version, accelerator=_joined(record.accelerator, acceleration.name))
        if not trajectory.exists():
            write_record(folder, record)
        words = [*program.command, "-log", "none", *acceleration.arguments]
        first_step = process.run_steps(
            words, protocol, folder, trajectory, lock=lock, threads=acceleration.threads, progress=progress
        )
        record = replace(
            _of_protocol(record, system, protocol), last_segment=Segment(protocol.total_steps - first_step)
        )
        _finish(folder, system, protocol, record, started)
        return trajectory


def _run_loop(system: System, protocol: Protocol, folder: Path, progress: process.Progress | None) -> Path:
    """NPs with implicit polymer, from their start to their end: seconds, so what was cut short starts again."""
    trajectory = folder / TRAJECTORY
    with _lock(folder), _disk(folder):
        record = _record_in(system, protocol, folder, None)
        started = time.monotonic()
        start = system.configuration(protocol)
        found = langevin.run(system, protocol, start.box, start.nps, progress)
        with writing(trajectory) as temporary:
            mass = system.force_field().masses[NP - 1]
            frames.write(temporary, protocol.frame_steps, start.box, found, system.diameter, mass)
            segment = Segment(protocol.total_steps, round(time.monotonic() - started, 3))
            record = replace(record, lammps="not used", accelerator=langevin.NAME, last_segment=segment)
            write_record(folder, _of_protocol(record, system, protocol))
    return trajectory


def extend(folder: str | os.PathLike[str], production_steps: int, **options: Any) -> Path:
    """Give a finished run more production: its own where its restart file is still there, otherwise a replica.

    A replica has the same protocol with seeds of its own, gets `production_steps` less what the run has (but is not
    shorter than the run), and stands beside the folder, with `-replica1` (or the next free number) behind its name.

    Parameters
    ----------
    folder:
        A finished run.
    production_steps:
        Steps of production in all.
    options:
        As for `run`.

    Returns
    -------
    Path
        The trajectory: of the folder itself, or of the replica.

    Raises
    ------
    InputError
        The run is not finished, or has more production already; and as for `run`.

    Examples
    --------
    >>> extend("run1", production_steps=500_000)  # doctest: +SKIP
    """
    folder = Path(folder)
    record = read_record(folder)
    if finished_id(folder) is None:
        raise InputError(f"the run in {folder} is not finished: simulate it to its end before it is extended")
    system, protocol = system_from_json(record.parameters), protocol_of(record.protocol)
    longer = protocol.extended(production_steps)
    if process.good_restarts(folder) or longer == protocol or record.accelerator == langevin.NAME:
        return run(system, longer, folder, **options)
    more = protocol.extended(max(production_steps - protocol.production_steps, protocol.production_steps))
    number = 1
    while (other := folder.with_name(f"{folder.name}-replica{number}")).exists():
        replica = more.replica(number)
        if finished_id(other) != run_id(system, replica):
            return run(system, replica, other, **options)
        number += 1
    return run(system, more.replica(number), other, **options)


def write_deck(
    system: System | Composition, protocol: Protocol, folder: str | os.PathLike[str], place: Place | None = None
) -> Path:
    """Write what LAMMPS needs (data file and input scripts) without running it; returns the folder.

    Run there with any LAMMPS that has the package MOLECULE: `lmp -log none -in start.in`.

    Examples
    --------
    >>> from nanonet.protocol import preset
    >>> (write_deck(Composition(3, 40, 0.002, 0.5, 1.0), preset("smoke"), "deck") / "start.in").exists()
    True
    """
    system = as_system(system)
    system.numbers(protocol)
    folder = _prepare(folder)
    with _lock(folder), _disk(folder):
        _record_in(system, protocol, folder, place)
    return folder


def _prepare(folder: str | os.PathLike[str]) -> Path:
    folder = Path(folder)
    if not folder.parent.is_dir():
        raise InputError(f"cannot make the folder {folder}: {folder.parent} does not exist")
    if folder.exists() and not folder.is_dir():
        raise InputError(f"cannot make the folder {folder}: a file has that name")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / RECORD).exists() and not (folder / ".lock").exists():
        raise InputError(f"the folder {folder} is not empty and holds no run of nanonet; choose another")
    folder.mkdir(exist_ok=True)
    return folder


@contextmanager
def _lock(folder: Path) -> Iterator[int]:
    """Hold the folder for this process and for the LAMMPS that it starts, which inherits the lock's descriptor."""
    descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise FolderInUseError(
                f"the folder {folder} is in use by another run (or its LAMMPS is still stopping)"
            ) from None
        yield descriptor
    finally:
        os.close(descriptor)


def is_in_use(folder: str | os.PathLike[str]) -> bool:
    """Whether a run, or the LAMMPS that it started, holds a folder now.

    Examples
    --------
    >>> is_in_use("run1")
    False
    """
    lock = Path(folder) / ".lock"
    if not lock.exists():
        return False
    descriptor = os.open(lock, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


@contextmanager
def _disk(folder: Path) -> Iterator[None]:
    """Turn a failed write (a full disk) into a readable error."""
    try:
        yield
    except OSError as error:
        raise SimulationError(
            f"cannot write in {folder}: {error.strerror or error}; once that is mended, the same command resumes"
        ) from None


def _record_in(system: System, protocol: Protocol, folder: Path, place: Place | None) -> RunRecord:
    """The folder's record and deck, made where they are missing; the record may be that of a shorter production."""
    identity = run_id(system, protocol)
    path = folder / RECORD
    if path.exists():
        record = read_record(folder)
        if record.id != identity and not _is_longer(system, protocol, folder, record):
            raise InputError(
                f"the folder {folder} holds another run ({system_from_json(record.parameters)}, protocol "
                f"{shown_name(record.protocol.name)}, id {record.id}); choose another folder"
            )
    else:
        placed: Placement | None = None
        if protocol.start == "implicit" and place is not None and system.composition is not None:
            placed = place(system.composition, protocol, folder)
        start, forces = system.configuration(protocol, None if placed is None else placed.nps), system.force_field()
        _write(folder / DATA, script.data_text(start, forces.masses, len(forces.bonds)))
        if forces.table is not None:
            _write(folder / TABLE, script.table_text(forces.table))
        numbers, parameters = system.numbers(protocol), system.parameters()
        known = {one.name for one in fields(RunRecord)}
        content = {
            "format": FORMAT,
            "id": identity,
            "nanonet": _version(),
            **parameters,
            **({} if parameters.keys() <= known else {"system": list(parameters)}),
            "protocol": asdict(protocol),
            "nps": numbers.nps,
            "chains": numbers.chains,
            "monomers": numbers.particles - numbers.nps,
            "np_mass": forces.masses[NP - 1],
            "start": protocol.start,
            **({} if placed is None else {"implicit": placed.record}),
        }
        record = RunRecord.from_json(content)
    _write(folder / START, script.start_text(system, protocol))
    _write(folder / RESUME, script.resume_text(system, protocol))
    (folder / CONFIGURATIONS).mkdir(exist_ok=True)
    if not path.exists():
        write_record(folder, record)
    return record


def _of_protocol(record: RunRecord, system: System, protocol: Protocol) -> RunRecord:
    """The record with a protocol, which may be longer than before, and the id that belongs to it."""
    return replace(record, id=run_id(system, protocol), protocol=ProtocolRecord.from_json(asdict(protocol)))


def _is_longer(system: System, protocol: Protocol, folder: Path, record: RunRecord) -> bool:
    """Whether a protocol is that of a finished run with more production, and the run can be resumed."""
    try:
        recorded = protocol_of(record.protocol)
        longer = recorded.extended(protocol.production_steps)
    except InputError:
        return False
    if longer != protocol or run_id(system, recorded) != record.id or not (folder / TRAJECTORY).exists():
        return False
    if not process.good_restarts(folder) and record.accelerator != langevin.NAME:
        raise InputError(
            f"the run in {folder} cannot be extended: it has no restart file any more; run a replica with another seed"
        )
    return True


def _check_version(folder: Path, record: RunRecord, version: str) -> None:
    before = record.lammps or version
    if before != version and process.good_restarts(folder):
        raise InputError(
            f"the restart files in {folder} are of LAMMPS {before}, this is LAMMPS {version}: they do not read one "
            "another's safely; continue with the former, or start in another folder"
        )


def _joined(before: str | None, now: str) -> str:
    """Names of all accelerators that a run has had."""
    return ", ".join(dict.fromkeys([*(before.split(", ") if before else []), now]))


def _write(path: Path, text: str) -> None:
    with writing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _version() -> str:
    from importlib.metadata import version

    return version("nanonet-pnc")


def _finish(folder: Path, system: System, protocol: Protocol, record: RunRecord, started: float) -> None:
    """Compress the whole configurations, complete the record, and last of all put the trajectory in its place."""
    dump, trajectory = folder / NP_DUMP, folder / TRAJECTORY
    for place in (folder, folder / CONFIGURATIONS):
        remove_leftovers(place)
    for path in sorted((folder / CONFIGURATIONS).glob("*.lammpstrj")):
        lammps_dump.pack(path, (record.monomers or 0) + record.nps)
    with writing(trajectory) as temporary:
        mass = system.force_field().masses[NP - 1]
        frames.convert(dump, temporary, protocol.frame_steps, system.diameter, mass, earlier=trajectory)
        assert record.last_segment is not None
        segment = replace(record.last_segment, seconds=round(time.monotonic() - started, 1))
        write_record(folder, replace(record, last_segment=segment))
    dump.unlink()
