"""Our bonds and our constant temperature and pressure against LAMMPS's fene and npt, with lj/cut for the pairs."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from nanonet.formats import run_folder
from nanonet.simulate import accelerate, lmp
from nanonet.simulate.lmp import Lmp

COMPILER = any(shutil.which(name) for name in ("c++", "g++", "clang++"))
pytestmark = pytest.mark.skipif(not COMPILER, reason="no C++ compiler on this machine")
THERMO = "\nthermo_style custom step temp press vol pe ebond pxx pxy\nthermo_modify format float %.12g\nthermo 5\n"


@pytest.fixture(scope="module")
def real() -> Lmp:
    return lmp.inspect(lmp.find_lmp())


@pytest.fixture
def folder(smoke_run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(smoke_run, tmp_path / "run"))


def _rows(real: Lmp, folder: Path, plugin: bool, restart: str = run_folder.END, ranks: int = 1) -> NDArray[np.float64]:
    """Forty steps from a restart file, with LAMMPS's styles or ours but for the pairs; leaves another restart file."""
    text = re.sub(r"(?s)\nrestart \d.*", "", (folder / run_folder.RESUME).read_text())
    text = text.replace("pair_style ${style}", "pair_style lj/cut")
    (folder / "in").write_text(f"{text}{THERMO}run 40\nwrite_restart then\n")
    mpirun = Path(real.command[0]).with_name("mpirun")
    if ranks > 1 and not mpirun.exists():
        pytest.skip("no mpirun beside lmp")
    words = [str(mpirun), "-n", str(ranks), *real.command] if ranks > 1 else [*real.command]
    words += accelerate.choose("plugin", real).arguments if plugin else ()
    done = subprocess.run(
        [*words, "-log", "none", "-in", "in", "-var", "restart", restart], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-1500:]
    found = re.findall(r"^ *Step.*\n((?: *\d.*\n)+)Loop", done.stdout, flags=re.MULTILINE)[-1]
    return np.array([row.split() for row in found.splitlines()], dtype=np.float64)


@pytest.mark.parametrize("ranks", [1, 2])
def test_the_same_steps(real: Lmp, folder: Path, ranks: int) -> None:
    """From a state with thermostats in motion: all digits but those of rounding."""
    expected, found = _rows(real, folder, plugin=False), _rows(real, folder, plugin=True, ranks=ranks)
    assert len(expected) == 9
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("ours_first", [True, False])
def test_either_goes_on_where_the_other_stopped(real: Lmp, folder: Path, ours_first: bool) -> None:
    _rows(real, folder, plugin=ours_first)
    (folder / "then").rename(folder / "former")
    expected = _rows(real, folder, plugin=ours_first, restart="former")
    found = _rows(real, folder, plugin=not ours_first, restart="former")
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((r"iso 1 1 5", "iso 1 2 5"), "knows constant temperatures and pressures only"),
        ((r"fix npt all", "group some type 1\nfix npt some"), "is for all particles in an orthogonal periodic box"),
        ((r" \$\{substeps\}", ""), "expects: temp T T damping iso P P damping substeps N"),
        ((r"special_bonds fene|$", "special_bonds lj 0 0 1\n"), "requires special_bonds fene"),
        ((r"bond_coeff 1 .*", "bond_coeff 1 30"), "expects: type K R0 epsilon sigma"),
    ],
)
def test_what_they_cannot_do_is_said(real: Lmp, folder: Path, change: tuple[str, str], said: str) -> None:
    deck = folder / run_folder.RESUME
    text = re.sub(r"(?s)\nrestart \d.*", "\nrun 1\n", deck.read_text())
    if "special" in change[0]:
        text = text.replace("\nrun 1", "\nspecial_bonds lj 0 0 1\nrun 1")
    else:
        text = re.sub(*change, text)
    (folder / "in").write_text(text.replace("pair_style ${style}", "pair_style lj/cut"))
    words = [*real.command, *accelerate.choose("plugin", real).arguments, "-log", "none", "-in", "in"]
    done = subprocess.run([*words, "-var", "restart", run_folder.END], cwd=folder, capture_output=True, text=True)
    assert done.returncode
    assert re.search(rf"ERROR: (Bond style fene|Fix npt)/nanonet {said}", done.stdout), done.stdout[-500:]


def test_bonds_that_are_too_long(real: Lmp, tmp_path: Path) -> None:
    """As LAMMPS has it: a warning, and the force of the longest that is allowed; far beyond, an error."""
    text = re.sub(r"(?s)create_atoms 2.*?(?=mass)", "create_atoms 1 single 1 1 1 units box\nX", accelerate._CHECK)
    text = re.sub(r"create_bonds many large.*\n|(?s:\ngroup large type 2)", "", text)
    results = []
    for length in (1.45, 1.6, 3.2):
        other = f"create_atoms 1 single 1 1 {1 + length} units box\n"
        deck = text.replace("X", other).replace("create_bonds many all all 1 0.9 1.0", "create_bonds single/bond 1 1 2")
        (tmp_path / "in").write_text(deck)
        for extra in ((), accelerate.choose("plugin", real).arguments):
            done = subprocess.run(
                [*real.command, "-log", "none", "-in", "in", *extra], cwd=tmp_path, capture_output=True, text=True
            )
            row = re.search(r"^ *Step.*\n(?:WARN.*\n)?(.*)$", done.stdout, flags=re.MULTILINE)
            results.append((done.returncode, "FENE bond too long" in done.stdout, row and row[1].split()))
            assert done.returncode == 0 or "Bad FENE bond" in done.stdout + done.stderr, done.stdout[-800:]
    for expected, found in zip(results[::2], results[1::2], strict=True):
        assert found == expected
    assert [warned for _, warned, _ in results[::2]] == [True, True, True]
    assert results[-1][0] != 0
