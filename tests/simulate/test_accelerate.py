from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest

from nanonet import InputError
from nanonet.formats import run_folder
from nanonet.simulate import accelerate, cache, engine, lmp, process
from nanonet.simulate.lmp import Lmp
from tests.conftest import TINY, TINY_COMPOSITION

COMPILER = any(shutil.which(name) for name in ("c++", "g++", "clang++"))
needs_compiler = pytest.mark.skipif(not COMPILER, reason="no C++ compiler on this machine")


@pytest.fixture(scope="module")
def real() -> Lmp:
    return lmp.inspect(lmp.find_lmp())


def _lmp(**pair_styles: str) -> Lmp:
    return Lmp(("lmp",), "1 Apr 2031", {"Pair": frozenset(pair_styles.values()), "Command": frozenset()})


def test_lammps_own_accelerators(real: Lmp) -> None:
    assert accelerate.choose("none", real).arguments == ()
    assert accelerate.choose("opt", real).arguments == ("-sf", "opt")
    omp = accelerate.choose("omp", real, threads=2)
    assert (omp.arguments, omp.threads) == (("-sf", "omp", "-pk", "omp", "2"), 2)
    gpu = accelerate.choose("gpu", _lmp(gpu="lj/cut/gpu"))
    assert gpu.arguments == ("-sf", "gpu", "-pk", "gpu", "1")
    kokkos = _lmp(kk="lj/cut/kk")
    assert accelerate.choose("kokkos", kokkos, 4).arguments == ("-k", "on", "t", "4", "-sf", "kk")
    chosen = accelerate.choose("kokkos", replace(kokkos, kokkos="CUDA Serial"), 2)
    assert (chosen.arguments, chosen.threads) == (("-k", "on", "g", "2", "-sf", "kk"), 1)


@pytest.mark.parametrize("name", ["opt", "omp", "kokkos", "gpu"])
def test_what_a_lammps_lacks_is_named(name: str) -> None:
    with pytest.raises(InputError, match=rf"accelerator = '{name}'.*lacks the pair style lj/cut/.*\(package "):
        accelerate.choose(name, _lmp())
    with pytest.warns(accelerate.FallbackWarning, match="'auto' takes 'none'"):
        assert accelerate.choose("auto", _lmp()).name == "none"


def test_bad_choices_are_named(real: Lmp) -> None:
    with pytest.raises(InputError, match="accelerator = 'cuda' is not one of auto, plugin"):
        accelerate.choose("cuda", real)
    with pytest.raises(InputError, match="threads = 0 is not a whole number between 1 and 1024"):
        accelerate.choose("omp", real, threads=0)


def test_without_a_compiler_the_plugin_says_so(real: Lmp, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(InputError, match=r"'plugin' cannot be used: there is no C\+\+ compiler"):
        accelerate.choose("plugin", real)
    with pytest.warns(accelerate.FallbackWarning, match=r"'auto' takes 'opt': .* there is no C\+\+ compiler"):
        assert accelerate.choose("auto", real).name == "opt"


@needs_compiler
def test_headers_must_be_those_of_the_program(real: Lmp, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the headers are of LAMMPS 2025.*, the program is LAMMPS 1 Apr 2031"):
        accelerate.choose("plugin", Lmp(real.command, "1 Apr 2031", real.styles))
    monkeypatch.setenv(accelerate.HEADERS_VARIABLE, str(tmp_path))
    with pytest.raises(InputError, match=r"no header pair\.h in"):
        accelerate.choose("plugin", real)


def test_versions_are_compared_by_day_and_update() -> None:
    assert accelerate._same_version("2025.7.22.4.0", "22 Jul 2025 - Update 4")
    assert accelerate._same_version("2025.7.22.0.0", "22 Jul 2025")
    assert not accelerate._same_version("2025.7.22.3.0", "22 Jul 2025 - Update 4")
    assert not accelerate._same_version("2025.7.22.4.0", "unknown")


@needs_compiler
def test_a_pair_style_that_is_wrong_is_refused(real: Lmp, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the check after compiling is for: the same source with a constant changed, and with an error in it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    source, header = (path.read_text() for path in accelerate.SOURCES)
    (tmp_path / "clusters.h").write_text(header)
    (tmp_path / "quick").write_text(f'#!/bin/sh\nexec {cache.compiler()} "$@" -O0\n')
    (tmp_path / "quick").chmod(0o755)
    monkeypatch.setenv("CXX", str(tmp_path / "quick"))
    for change, said in ((("48.0 * epsilon", "48.1 * epsilon"), "disagrees with lj/cut"), (("W;", "W"), "compile")):
        wrong = source if change[0] in source else source + change[0]
        (tmp_path / "pair_nanonet.cpp").write_text(wrong.replace(*change))
        monkeypatch.setattr(accelerate, "SOURCES", (tmp_path / "pair_nanonet.cpp", tmp_path / "clusters.h"))
        with pytest.raises(accelerate._UnusableError, match=said) as caught:
            accelerate.plugin(real)
        with monkeypatch.context() as once:  # compiled once
            once.setattr(accelerate, "plugin", Mock(side_effect=caught.value))
            with pytest.raises(InputError, match=said):
                accelerate.choose("plugin", real)
            with pytest.warns(accelerate.FallbackWarning, match=said):
                assert accelerate.choose("auto", real).name == "opt"
    assert not list((tmp_path / "cache" / "nanonet").rglob("*"))[1:]


def _forces(folder: Path, words: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Pressure and energy, and the forces (n, 3), of the last moment of a smoke run."""
    text = (folder / run_folder.RESUME).read_text()
    text = re.sub(r"(?s)\n# production.*", "\n", text).replace("step temp press vol pe", "step press pe pxy pxz pyz")
    (folder / "forces.in").write_text(
        text + "run 0\nwrite_dump all custom forces.txt id fx fy fz modify sort id format float %.10g\n"
    )
    done = subprocess.run(
        [*words, "-log", "none", "-in", "forces.in", "-var", "restart", run_folder.END],
        cwd=folder, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-1500:]
    row = re.findall(r"^ *Step.*\n(.*)$", done.stdout, flags=re.MULTILINE)[-1]
    return np.array(row.split()[1:], dtype=float), np.loadtxt(folder / "forces.txt", skiprows=9)[:, 1:]


@needs_compiler
@pytest.mark.parametrize("ranks", [1, 2])
def test_the_plugin_computes_what_lj_cut_does(real: Lmp, smoke_run: Path, tmp_path: Path, ranks: int) -> None:
    """A real melt: the forces to single precision (rms 1e-5 of the rms force), so the physics is the same."""
    folder = Path(shutil.copytree(smoke_run, tmp_path / "run"))
    chosen = accelerate.choose("plugin", real)
    thermo, forces = _forces(folder, list(real.command))
    mpirun = Path(real.command[0]).with_name("mpirun")
    prefix = [str(mpirun), "-n", str(ranks)] if ranks > 1 else []
    if prefix and not mpirun.exists():
        pytest.skip("no mpirun beside lmp")
    ours, our_forces = _forces(folder, [*prefix, *real.command, *chosen.arguments])
    assert ours == pytest.approx(thermo, rel=1e-5, abs=1e-5)
    rms = np.sqrt(np.mean(forces**2))
    assert np.sqrt(np.mean((our_forces - forces) ** 2)) < 1e-5 * rms
    assert np.abs(our_forces - forces).max() < 3e-4 * rms
    assert np.abs(our_forces.sum(axis=0)).max() < 0.1  # of some 9,000 forces of rms 30: they sum to zero


@needs_compiler
def test_energy_is_conserved(real: Lmp, smoke_run: Path, tmp_path: Path) -> None:
    """NVE at the time step of standard: neither style lets the energy drift by 0.1 % of kT a monomer and 10 tau."""
    folder = Path(shutil.copytree(smoke_run, tmp_path / "run"))
    text = re.sub(r"(?s)\nfix npt.*", "", (folder / run_folder.RESUME).read_text())
    (folder / "nve.in").write_text(
        text + "\nthermo_style custom step etotal\nthermo_modify norm yes\nthermo 100\nfix nve all nve\nrun 1000\n"
    )
    words = [*real.command, *accelerate.choose("plugin", real).arguments, "-log", "none", "-in", "nve.in"]
    done = subprocess.run(
        [*words, "-var", "restart", run_folder.END], cwd=folder, capture_output=True, text=True, check=True
    )
    rows = re.findall(r"^ +(\d+) +([-.\d]+) *$", done.stdout, flags=re.MULTILINE)
    energy = np.array([float(value) for _, value in rows])
    assert len(energy) == 11
    assert np.abs(energy[1:] - energy[1]).max() < 1e-3


def test_a_restart_file_is_good_when_it_has_both_its_ends(smoke_run: Path, tmp_path: Path) -> None:
    assert process.good_restarts(smoke_run)[0] == run_folder.END
    (tmp_path / run_folder.END).write_bytes((smoke_run / run_folder.END).read_bytes()[:-40])
    assert process.good_restarts(tmp_path) == []


@needs_compiler
def test_odd_letters_in_the_path_of_the_cache(real: Lmp, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Made once, loaded from there by the next: nothing falls back, nothing is compiled again."""
    whole = accelerate.plugin(real)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", "a relative path")
    monkeypatch.setattr(accelerate, "_compile", lambda *words: shutil.copy(whole, words[-1]))
    path = accelerate.plugin(real)
    assert path.is_relative_to(tmp_path / "a relative path")
    monkeypatch.setattr(accelerate, "_compile", None)
    trajectory = engine.run(TINY_COMPOSITION, TINY, tmp_path / "run")
    assert json.loads((trajectory.parent / "run.json").read_text())["accelerator"] == "plugin"
    load = tmp_path / "load.in"
    load.write_text(accelerate._CHECK.partition("units lj")[0] + "plugin list\n")
    for name in ("o'clock", 'say "so"', "ü$x#&"):
        (tmp_path / name).mkdir()
        words = accelerate._options(Path(shutil.copy(path, tmp_path / name / path.name)))
        done = subprocess.run([*real.command, "-log", "none", "-in", load, *words], capture_output=True, text=True)
        assert (done.returncode, "lj/nanonet" in done.stdout) == (0, True), done.stdout
    for name in ('three """', "two\nlines"):
        with pytest.raises(accelerate._UnusableError, match="LAMMPS cannot read the path"):
            accelerate._options(tmp_path / name / path.name)


@pytest.fixture
def compiled(real: Lmp, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A compiled file, of a compiler that is quick, in a cache of its own, made under the most careless umask."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "new" / "cache"))
    monkeypatch.setattr(shutil, "which", lambda name: sys.executable)
    monkeypatch.setattr(accelerate, "_compile", lambda *words: words[-1].write_bytes(b"compiled" * 1000))
    monkeypatch.setattr(accelerate, "_check", lambda lmp, path: None)
    before = os.umask(0)
    try:
        return accelerate.plugin(real)
    finally:
        os.umask(before)


def test_the_cache_is_the_users_own_whatever_the_umask(compiled: Path) -> None:
    assert stat.S_IMODE(compiled.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(compiled.stat().st_mode) == 0o600
    assert compiled.stem.endswith(hashlib.sha256(compiled.read_bytes()).hexdigest())
    assert [path.name for path in compiled.parent.iterdir()] == [compiled.name]


@pytest.mark.parametrize("damage", ["empty", "half", "zeroed", "link", "fifo", "writable by others"])
def test_a_compiled_file_that_does_not_fit_is_compiled_again(real: Lmp, compiled: Path, damage: str) -> None:
    whole = compiled.read_bytes()
    if damage == "writable by others":
        compiled.chmod(0o666)
    elif damage in ("link", "fifo"):
        other = compiled.rename(compiled.with_name("other"))
        compiled.symlink_to(other) if damage == "link" else os.mkfifo(compiled)
    else:
        compiled.write_bytes({"empty": b"", "half": whole[: len(whole) // 2], "zeroed": bytes(len(whole))}[damage])
    assert accelerate.choose("auto", real).name == "plugin"
    (again,) = compiled.parent.glob("*.so")
    assert again.is_file()
    assert not again.is_symlink()
    assert stat.S_IMODE(again.stat().st_mode) == 0o600
    assert again.stem.endswith(hashlib.sha256(again.read_bytes()).hexdigest())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_what_another_user_planted_is_never_loaded(real: Lmp, compiled: Path) -> None:
    planted = b"planted"
    path = compiled.with_name(
        f"{compiled.stem.rsplit('-', 1)[0]}-{hashlib.sha256(planted).hexdigest()}.so"
    )  # its name fits its content
    compiled.unlink()
    path.write_bytes(planted)
    os.chown(path, 12345, 12345)
    assert accelerate.plugin(real).read_bytes() != planted
    os.chown(compiled.parent, 12345, 12345)
    with pytest.raises(InputError, match=r"'plugin' cannot be used: .* belongs to another user \(number 12345\)"):
        accelerate.choose("plugin", real)


def test_a_cache_where_others_may_write_is_refused(
    real: Lmp, compiled: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    compiled.parent.chmod(0o770)
    with pytest.raises(InputError, match=r"others may write in .*/nanonet/compiled \(mode 0770; allowed is 0700\)"):
        accelerate.choose("plugin", real)
    with pytest.warns(accelerate.FallbackWarning, match="'auto' takes 'opt': our pair style, .*others may write"):
        assert accelerate.choose("auto", real).name == "opt"
    compiled.parent.chmod(0o700)
    cache = compiled.parents[2]
    cache.chmod(0o777)
    with pytest.raises(InputError, match=r"everybody may write in .*/cache, where its folder lies"):
        accelerate.choose("plugin", real)
    cache.chmod(0o1777)  # as /tmp
    assert accelerate.choose("plugin", real).name == "plugin"
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(InputError, match=r"file/nanonet/compiled cannot be used: (File exists|Not a directory)"):
        accelerate.choose("plugin", real)
