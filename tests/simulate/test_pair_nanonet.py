"""Our pair style against lj/cut: along a run, in odd boxes, built for other processors."""

from __future__ import annotations

import functools
import platform
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from nanonet.formats import run_folder
from nanonet.simulate import accelerate, lmp
from nanonet.simulate.lmp import Lmp

COMPILER = next((path for name in ("c++", "g++", "clang++") if (path := shutil.which(name))), None)
Answer = Callable[[str], tuple[NDArray[np.float64], NDArray[np.float64]]]
pytestmark = pytest.mark.skipif(COMPILER is None, reason="no C++ compiler on this machine")

BUILDS = {"this machine": "", "AVX2": "-mno-avx512f", "no vectors": "-mno-avx"}
"""What the compiler is told besides -march=native: sixteen lanes where there is AVX-512, eight, eight taken apart."""


@pytest.fixture(scope="module")
def real() -> Lmp:
    return lmp.inspect(lmp.find_lmp())


@pytest.fixture(scope="module", params=BUILDS)
def build(request: pytest.FixtureRequest, real: Lmp, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Options of LAMMPS that load our pair style, compiled for one kind of processor."""
    flags = BUILDS[request.param]
    if not flags:
        return list(accelerate.choose("plugin", real).arguments)
    if platform.machine() != "x86_64":
        pytest.skip("there are other processors of this kind only for x86_64")
    folder = tmp_path_factory.mktemp("build")
    compiler = folder / "compiler"
    compiler.write_text(f'#!/bin/sh\nexec {COMPILER} "$@" {flags}\n')
    compiler.chmod(0o755)
    accelerate._compile(str(compiler), accelerate._headers(real), real.version, folder / "pair.so")
    return list(accelerate._options(folder / "pair.so"))


def _run(real: Lmp, folder: Path, text: str, *words: str, ranks: int = 1) -> str:
    (folder / "in").write_text(text)
    mpirun = Path(real.command[0]).with_name("mpirun")
    if ranks > 1 and not mpirun.exists():
        pytest.skip("no mpirun beside lmp")
    prefix = [str(mpirun), "-n", str(ranks)] if ranks > 1 else []
    done = subprocess.run(
        [*prefix, *real.command, "-log", "none", "-in", "in", *words], cwd=folder, capture_output=True, text=True
    )
    return done.stdout


def _last_row(output: str) -> NDArray[np.float64]:
    rows = re.findall(r"^ *Step.*\n(?:.*\n)*?Loop", output, flags=re.MULTILINE)
    assert rows, output[-1500:]
    return np.array(rows[-1].splitlines()[-2].split(), dtype=np.float64)


def _forces(path: Path) -> NDArray[np.float64]:
    return np.loadtxt(path, skiprows=9)[:, 1:]


_STATE = "\nwrite_dump all custom forces.{0} id fx fy fz modify sort id format float %.10g\n"


@pytest.mark.parametrize("ranks", [1, 2])
def test_forces_along_a_run(real: Lmp, build: list[str], smoke_run: Path, tmp_path: Path, ranks: int) -> None:
    """Lists that were pruned some steps ago, particles that crossed borders: forces as lj/cut computes them anew."""
    folder = Path(shutil.copytree(smoke_run, tmp_path / "run"))
    deck = (folder / run_folder.RESUME).read_text()
    thermo = "step press pe pxx pyy pzz pxy pxz pyz"
    text = re.sub(r"(?s)\nrestart \d.*", "", deck).replace("step temp press vol pe", thermo)
    text += "\nthermo_modify format float %.10g\n"
    states = range(3)
    for state in states:
        text += f"run {29 + 4 * state}{_STATE.format(state)}write_restart state.{state}\n"
    ours = _run(real, folder, text, *build, "-var", "restart", run_folder.END, ranks=ranks)
    rows = re.findall(r"^ *Step.*\n(?:.*\n)*?Loop", ours, flags=re.MULTILINE)
    assert len(rows) == len(states), ours[-1500:]
    still = re.sub(r"(?s)\n# NPT.*", f"\nthermo_style custom {thermo}\nthermo_modify format float %.10g\n", deck)
    for state in states:
        expected = _last_row(
            _run(real, folder, still + "run 0" + _STATE.format("expected"), "-var", "restart", f"state.{state}")
        )
        found = np.array(rows[state].splitlines()[-2].split(), dtype=np.float64)
        assert found == pytest.approx(expected, rel=1e-5, abs=2e-5)
        a, b = _forces(folder / f"forces.{state}"), _forces(folder / "forces.expected")
        rms = np.sqrt(np.mean(b**2))
        assert np.sqrt(np.mean((a - b) ** 2)) < 1e-5 * rms
        assert np.abs(a - b).max() < 3e-4 * rms


@pytest.fixture(scope="module")
def by_lj_cut(real: Lmp, tmp_path_factory: pytest.TempPathFactory) -> Answer:
    """The last row and the forces of a random box by LAMMPS's own styles, the same for every build."""

    @functools.cache
    def answer(text: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        folder = tmp_path_factory.mktemp("expected")
        return _last_row(_run(real, folder, text)), _forces(folder / "forces.random")

    return answer


def _random_box(side: float, monomers: int, nps: int, seed: int, lists: str) -> str:
    """A box of chance positions with bonds between monomers, between NPs, and between both; they are weak."""
    text = re.sub(r"block.*", f"block 0 {side} 0 {side} 0 {side}", accelerate._CHECK)
    text = text.replace("random 1300 4711", f"random {monomers} {seed}")
    text = text.replace("random 4 4712", f"random {nps} {seed + 1}")
    text = text.replace(
        "create_bonds many all all 1 0.9 1.0",
        "create_bonds many all all 1 0.9 1.0\nbond_coeff 1 fene 3.0 9.0 1.0 1.0",
    )
    text = text.replace("neighbor 0.5 multi\ncomm_modify mode multi", lists)
    return text + _STATE.format("random")


@pytest.mark.parametrize(
    ("side", "monomers", "nps", "lists"),
    [
        (12.0, 1200, 4, "neighbor 1.0 multi\ncomm_modify mode multi"),
        # a particle meets several images of another, and its own
        (5.5, 120, 1, "neighbor 1.0 multi\ncomm_modify mode multi"),
        (14.0, 3, 5, "neighbor 0.0 bin"),
        (14.0, 900, 0, "neighbor 0.3 bin"),
    ],
)
def test_boxes_of_all_kinds(
    real: Lmp, build: list[str], by_lj_cut: Answer, tmp_path: Path, side: float, monomers: int, nps: int, lists: str
) -> None:
    text = _random_box(side, monomers, nps, 4711, lists)
    if nps == 0:
        text = re.sub(r"create_atoms 2.*\n|create_bonds many large.*\n", "", text)
    expected, b = by_lj_cut(text)
    found = _last_row(_run(real, tmp_path, text, *build))
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-5 * np.abs(expected).max())
    a = _forces(tmp_path / "forces.random")
    assert np.sqrt(np.mean((a - b) ** 2)) < 1e-5 * np.sqrt(np.mean(b**2))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("region box block 0 12 0 12 0 12", "region box prism 0 12 0 12 0 12 1 0 0"), "requires an orthogonal box"),
        (("run 0", "comm_style tiled\nbalance 1.0 rcb\nrun 0"), "requires comm_style brick"),
        (("special_bonds fene", "special_bonds lj 0 0 1"), "requires special_bonds fene"),
        (("units lj", "units lj\nnewton off"), "requires newton on"),
        (("atom_style bond", "atom_style atomic"), "requires an atom style with bonds"),
    ],
)
def test_what_it_cannot_do_is_said(real: Lmp, tmp_path: Path, change: tuple[str, str], said: str) -> None:
    text = accelerate._CHECK.replace(*change)
    if "atomic" in change[1]:
        text = re.sub(r"(?m)^(special_bonds|bond_|create_bonds).*\n", "", text).replace(
            " bond/types 2 extra/bond/per/atom 12 extra/special/per/atom 40", ""
        )
    if "tiled" in change[1]:
        text = text.replace("comm_modify mode multi\n", "")
    output = _run(real, tmp_path, text, *accelerate.choose("plugin", real).arguments)
    assert f"ERROR: Pair style lj/nanonet {said}" in output, output[-800:]
