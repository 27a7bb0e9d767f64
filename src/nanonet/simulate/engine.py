"""Runs LAMMPS in a folder, goes on after an interruption, and fails loudly."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from nanonet import records
from nanonet.composition import FIELDS, Composition
from nanonet.errors import InputError, SimulationError
from nanonet.formats import lammps_dump, run_folder
from nanonet.formats.atomic import writing
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
from nanonet.potentials.mediated import Triple
from nanonet.records import ProtocolRecord, RunRecord, Segment
from nanonet.simulate import frames, langevin, process, script
from nanonet.simulate.accelerate import choose
from nanonet.simulate.implicit import Implicit, table_text
from nanonet.simulate.lmp import find_lmp, inspect
from nanonet.simulate.protocol import Protocol, protocol_of
from nanonet.simulate.system import Placement, Subject, build, particle_numbers
from nanonet.windows import Windows

Place = Callable[[Composition, Protocol, Path], Placement]
"""Finds where the NPs of an explicit run begin, given its folder; called once, before the run has a deck."""


class FolderInUseError(InputError):
    """Another process runs in the folder."""


def run(
    subject: Subject,
    protocol: Protocol,
    folder: str | os.PathLike[str],
    *,
    lmp: str | None = None,
    accelerator: str = "auto",
    threads: int = 1,
    place: Place | None = None,
    progress: process.Progress | None = None,
) -> Path:
    """Simulate a composition, or windows, in a folder and return the path of its NP trajectory (GSD).

    A folder with an unfinished run of the same subject and protocol goes on from its last good restart file; a
    finished one is returned as it is, and goes on when the protocol differs in a longer production only: until that
    has ended the folder keeps its shorter trajectory.

    Parameters
    ----------
    subject, protocol:
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
    """
    nps, _ = particle_numbers(subject, protocol)
    trajectory = Path(folder) / TRAJECTORY
    if finished_id(Path(folder)) == run_id(subject, protocol):
        return trajectory
    in_lammps = Path(folder).is_dir() and process.good_restarts(Path(folder))  # where it then goes on
    if isinstance(subject, Implicit) and not in_lammps and langevin.serves(nps, lmp, accelerator):
        return _run_loop(subject, protocol, _prepare(folder), progress)
    program = inspect(find_lmp(lmp))
    acceleration = choose("none" if isinstance(subject, Implicit) else accelerator, program, threads)
    if acceleration.name == "kokkos" and protocol.bond_substeps > 1:
        raise InputError(
            f"accelerator = 'kokkos' has no substeps of the bonds, and bond_substeps = {protocol.bond_substeps}; "
            "take the protocol paper, or one with bond_substeps = 1 and timestep = 0.005"
        )
    folder = _prepare(folder)
    with _lock(folder) as lock, _disk(folder):
        record = _begin(subject, protocol, folder, place)
        _check_version(folder, record, program.version)
        begun = time.monotonic()
        record = replace(record, lammps=program.version, accelerator=_joined(record.accelerator, acceleration.name))
        if not trajectory.exists():
            write_record(folder, record)
        words = [*program.command, "-log", "none", *acceleration.arguments]
        first_step = process.run_steps(
            words, protocol, folder, trajectory, lock=lock, threads=acceleration.threads, progress=progress
        )
        record = replace(
            _of_protocol(record, subject, protocol), last_stretch=Segment(protocol.total_steps - first_step)
        )
        _finish(folder, subject, protocol, record, begun)
        return trajectory


def _run_loop(subject: Implicit, protocol: Protocol, folder: Path, progress: process.Progress | None) -> Path:
    """NPs with implicit polymer, from their start to their end: seconds, so what was cut short begins anew."""
    trajectory = folder / TRAJECTORY
    with _lock(folder), _disk(folder):
        record = _begin(subject, protocol, folder, None)
        begun = time.monotonic()
        system = build(subject, protocol)
        found = langevin.run(subject, protocol, system.box, system.nps, progress)
        with writing(trajectory) as temporary:
            mass = script.np_mass(subject)
            frames.write(temporary, protocol.frame_steps, system.box, found, subject.diameter, mass)
            segment = Segment(protocol.total_steps, round(time.monotonic() - begun, 3))
            record = replace(record, lammps="not used", accelerator=langevin.NAME, last_stretch=segment)
            write_record(folder, _of_protocol(record, subject, protocol))
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
    """
    folder = Path(folder)
    record = read_record(folder)
    if finished_id(folder) is None:
        raise InputError(f"the run in {folder} is not finished: simulate it to its end before it is extended")
    subject, protocol = subject_of(record.parameters), protocol_of(record.protocol)
    longer = protocol.extended(production_steps)
    if process.good_restarts(folder) or longer == protocol or record.accelerator == langevin.NAME:
        return run(subject, longer, folder, **options)
    more = protocol.extended(max(production_steps - protocol.production_steps, protocol.production_steps))
    number = 1
    while (other := folder.with_name(f"{folder.name}-replica{number}")).exists():
        replica = more.replica(number)
        if finished_id(other) != run_id(subject, replica):
            return run(subject, replica, other, **options)
        number += 1
    return run(subject, more.replica(number), other, **options)


def write_deck(
    subject: Subject, protocol: Protocol, folder: str | os.PathLike[str], place: Place | None = None
) -> Path:
    """Write what LAMMPS needs (data file and input scripts) without running it; returns the folder.

    Run there with any LAMMPS that has the package MOLECULE: `lmp -log none -in start.in`.
    """
    particle_numbers(subject, protocol)
    folder = _prepare(folder)
    with _lock(folder), _disk(folder):
        _begin(subject, protocol, folder, place)
    return folder


def run_id(subject: Subject, protocol: Protocol) -> str:
    """Identity of a run: a hash of what it simulates and how (16 hexadecimal digits)."""
    return records.run_id(plain(subject), asdict(protocol))


def plain(subject: Subject) -> dict[str, Any]:
    """A subject as plain values, as records and campaigns keep it."""
    if isinstance(subject, Implicit):
        return {"composition": asdict(subject.composition), "potential": {"r": subject.r, "w": subject.w}}
    if isinstance(subject, Windows):
        return {"windows": {**asdict(subject.triple), "springs": subject.springs}}
    return {"composition": asdict(subject)}


def subject_of(record: Mapping[str, Any]) -> Subject:
    """The subject of plain values that `plain` gave."""
    if "windows" in record:
        fields = record["windows"]
        triple = Triple(*(fields[name] for name in ("diameter", "chain_length", "eps_pn")))
        return Windows(triple, tuple(tuple(spring) for spring in fields["springs"]))
    if "composition" not in record:
        raise InputError("it has neither composition nor windows")
    composition = Composition(*(record["composition"][name] for name in FIELDS))
    if "potential" in record:
        return Implicit(composition, tuple(record["potential"]["r"]), tuple(record["potential"]["w"]))
    return composition


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
    """Whether a run, or the LAMMPS that it started, holds a folder now."""
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
            f"cannot write in {folder}: {error.strerror or error}; once that is mended, the same command goes on"
        ) from None


def _begin(subject: Subject, protocol: Protocol, folder: Path, place: Place | None) -> RunRecord:
    """The folder's record and deck, made where they are missing; the record may be that of a shorter production."""
    identity = run_id(subject, protocol)
    path = folder / RECORD
    if path.exists():
        record = read_record(folder)
        if record.id != identity and not _is_longer(subject, protocol, folder, record):
            raise InputError(
                f"the folder {folder} holds another run ({subject_of(record.parameters)}, protocol "
                f"{record.protocol.name}, id {record.id}); choose another folder"
            )
    else:
        placed: Placement | None = None
        if protocol.start == "implicit" and place is not None and isinstance(subject, Composition):
            placed = place(subject, protocol, folder)
        system = build(subject, protocol, None if placed is None else placed.nps)
        chains, beads, _ = system.monomers.shape
        _write(folder / DATA, script.data_text(system, script.np_mass(subject)))
        if isinstance(subject, Implicit):
            _write(folder / TABLE, table_text(subject))
        content = {
            "format": FORMAT,
            "id": identity,
            "nanonet": _version(),
            **plain(subject),
            "protocol": asdict(protocol),
            "nps": len(system.nps),
            "chains": chains,
            "monomers": chains * beads,
            "np_mass": script.np_mass(subject),
            "start": protocol.start,
            **({} if placed is None else {"implicit": placed.record}),
        }
        record = RunRecord.from_json(content)
    _write(folder / START, script.start_text(subject, protocol))
    _write(folder / RESUME, script.resume_text(subject, protocol))
    (folder / CONFIGURATIONS).mkdir(exist_ok=True)
    if not path.exists():
        write_record(folder, record)
    return record


def read_record(folder: Path) -> RunRecord:
    """The record of the run in a folder, of which this version knows system and protocol; `InputError` otherwise."""
    record = run_folder.read_record(folder)
    try:
        subject_of(record.parameters), protocol_of(record.protocol)
    except InputError as error:
        raise InputError(f"run record {folder / RECORD} cannot be used: {error}") from None
    return record


def _of_protocol(record: RunRecord, subject: Subject, protocol: Protocol) -> RunRecord:
    """The record with a protocol, which may be longer than before, and the id that belongs to it."""
    return replace(record, id=run_id(subject, protocol), protocol=ProtocolRecord.from_json(asdict(protocol)))


def _is_longer(subject: Subject, protocol: Protocol, folder: Path, record: RunRecord) -> bool:
    """Whether a protocol is that of a finished run with more production, and the run can go on."""
    try:
        recorded = protocol_of(record.protocol)
        longer = recorded.extended(protocol.production_steps)
    except InputError:
        return False
    if longer != protocol or run_id(subject, recorded) != record.id or not (folder / TRAJECTORY).exists():
        return False
    if not process.good_restarts(folder) and record.accelerator != langevin.NAME:
        raise InputError(
            f"the run in {folder} cannot be extended: it has no restart file any more; run a replica with another seed"
        )
    return True


def finished_id(folder: Path) -> str | None:
    """Identity of the finished run in a folder, if there is one."""
    if not (folder / TRAJECTORY).exists() or not (folder / RECORD).exists():
        return None
    record = read_record(folder)
    if frames.last_step(folder / TRAJECTORY) != protocol_of(record.protocol).total_steps:
        return None
    return record.id


def _check_version(folder: Path, record: RunRecord, version: str) -> None:
    before = record.lammps or version
    if before != version and process.good_restarts(folder):
        raise InputError(
            f"the restart files in {folder} are of LAMMPS {before}, this is LAMMPS {version}: they do not read one "
            "another's safely; go on with the former, or start in another folder"
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


def _finish(folder: Path, subject: Subject, protocol: Protocol, record: RunRecord, begun: float) -> None:
    """Compress the whole configurations, complete the record, and last of all put the trajectory in its place."""
    dump, trajectory = folder / NP_DUMP, folder / TRAJECTORY
    for path in sorted((folder / CONFIGURATIONS).glob("*.lammpstrj")):
        lammps_dump.pack(path, (record.monomers or 0) + record.nps)
    with writing(trajectory) as temporary:
        mass = script.np_mass(subject)
        frames.convert(dump, temporary, protocol.frame_steps, subject.diameter, mass, earlier=trajectory)
        assert record.last_stretch is not None
        segment = replace(record.last_stretch, seconds=round(time.monotonic() - begun, 1))
        write_record(folder, replace(record, last_stretch=segment))
    dump.unlink()
