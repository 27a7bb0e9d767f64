"""The LAMMPS process: from a run's data file, or its last good restart file, to its last step."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from nanonet.errors import SimulationError
from nanonet.formats.lammps_dump import drop_torn_frames
from nanonet.formats.lammps_log import clock_step, row_step
from nanonet.formats.run_folder import END, NP_DUMP, RESTARTS, RESUME, START
from nanonet.protocol import Protocol
from nanonet.simulate import frames
from nanonet.simulate.lmp import ending, environment

_RESTART_MAGIC = b"LammpS RestartT"  # a LAMMPS restart file starts and ends with it
_PATIENCE = 2.0  # seconds in which processes that were killed are to be gone

Progress = Callable[[int, int], None]
"""Called with the steps done and the steps in all, equilibration and production together."""


class _BadRestartError(SimulationError):
    """A restart file from which the run cannot resume."""


class _HoleError(_BadRestartError):
    """A restart file that lies behind frames that were lost."""


def run_steps(
    command: list[str],
    protocol: Protocol,
    folder: Path,
    trajectory: Path,
    *,
    lock: int,
    threads: int = 1,
    progress: Progress | None = None,
) -> int:
    """Run LAMMPS to the end of the protocol; returns the step at which it took up the run.

    Of several restart files the newest is tried first; one that LAMMPS cannot resume from, or that lies behind a gap
    in the recorded frames, is passed over. When gaps spoil them all, the run starts again.
    """
    if progress is not None:
        progress(0, protocol.total_steps)
    drop_torn_frames(folder / NP_DUMP)
    failures: list[SimulationError] = []
    for restart in good_restarts(folder):
        try:
            return _stretch(command, protocol, folder, trajectory, restart, lock, threads, progress)
        except _BadRestartError as error:
            failures.append(error)
    anew = all(isinstance(error, _HoleError) for error in failures)
    if not anew or trajectory.exists():
        first = failures[0] if failures else "there is none"
        raise SimulationError(f"no restart file in {folder} can be gone on from: {first}")
    (folder / NP_DUMP).unlink(missing_ok=True)
    return _stretch(command, protocol, folder, trajectory, None, lock, threads, progress)


def _stretch(
    command: list[str],
    protocol: Protocol,
    folder: Path,
    trajectory: Path,
    restart: str | None,
    lock: int,
    threads: int,
    progress: Progress | None,
) -> int:
    arguments = ["-in", START] if restart is None else ["-in", RESUME, "-var", "restart", restart]
    words = [*command, *arguments]
    variables = {**environment(command), "OMP_NUM_THREADS": str(threads)}
    last_words: deque[str] = deque(maxlen=12)
    first_step: int | None = None
    step = 0
    with subprocess.Popen(
        words, cwd=folder, env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        encoding="utf-8", errors="replace", pass_fds=(lock,), start_new_session=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        try:
            for line in process.stdout:
                last_words.append(line.rstrip())
                if (clock := clock_step(line)) is not None:
                    first_step = step = clock
                    _check_no_hole(protocol, folder, trajectory, restart, first_step)
                elif first_step is not None and (row := row_step(line)) is not None:
                    step = row
                    if progress is not None:
                        progress(step, protocol.total_steps)
        except BaseException:
            _kill(process)
            raise
    if process.returncode != 0:
        errors = [line for line in last_words if "ERROR" in line] or list(last_words)
        stuck = restart is not None and (first_step is None or step == first_step)
        raise (_BadRestartError if stuck else SimulationError)(
            "LAMMPS failed: "
            + "\n".join(errors)
            + f"\n({ending(process.returncode)}; command: {shlex.join(words)}; folder: {folder})"
        )
    return first_step or 0


def _kill(process: subprocess.Popen[str]) -> None:
    """End the process and its group (PyPI's `lmp` is a wrapper around the program), which then holds no lock."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    patience = time.monotonic() + _PATIENCE
    with contextlib.suppress(ProcessLookupError):
        while time.monotonic() < patience:
            os.killpg(process.pid, 0)
            time.sleep(0.01)


def _check_no_hole(protocol: Protocol, folder: Path, trajectory: Path, restart: str | None, step: int) -> None:
    """All frames up to a restart's step must be there: a full disk may have swallowed some."""
    if restart is None:
        return
    found = frames.recorded_steps(folder / NP_DUMP, trajectory)
    for due in protocol.frame_steps:
        if due <= step and due not in found:
            raise _HoleError(f"{restart} is of step {step}, but the frame of step {due} is missing")


def good_restarts(folder: Path) -> list[str]:
    """Names of the restart files that were written to their end, the newest first."""
    good = []
    for name in (*RESTARTS, END):
        path = folder / name
        if not path.exists():
            continue
        with path.open("rb") as file:
            head = file.read(len(_RESTART_MAGIC))
            file.seek(max(-64, -path.stat().st_size), os.SEEK_END)
            if head == _RESTART_MAGIC and _RESTART_MAGIC in file.read():
                good.append((path.stat().st_mtime_ns, name))
    return [name for _, name in sorted(good, reverse=True)]
