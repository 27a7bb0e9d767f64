from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from nanonet import InputError
from nanonet.simulate import engine, lmp
from tests.conftest import TINY, TINY_COMPOSITION

HELP = """
Large-scale Atomic/Molecular Massively Parallel Simulator - 1 Apr 2031

* Atom styles:

atomic          bond

* Pair styles:

lj/cut          lj/cut/gpu      soft
zero

* Bond styles:

BONDS

* Fix styles

adapt           langevin        npt             nve/limit

* Command styles:

run
"""


def _program(folder: Path, text: str) -> str:
    (folder / "help").write_text(text)
    program = folder / "lmp"
    program.write_text(f"#!/bin/sh\ncat {folder}/help\n")
    program.chmod(0o755)
    return str(program)


def test_a_missing_lmp_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="'no-such-lmp -x' is not a program"):
        engine.run(TINY_COMPOSITION, TINY, tmp_path / "run", lmp="no-such-lmp -x")
    monkeypatch.setenv(lmp.LMP_VARIABLE, "other-lmp")
    with pytest.raises(InputError, match="'other-lmp' is not a program"):
        lmp.find_lmp()
    monkeypatch.delenv(lmp.LMP_VARIABLE)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(InputError, match=r"nanonet-pnc\[sim\]"):
        lmp.find_lmp()
    assert not (tmp_path / "run").exists()


def test_what_a_lammps_is_and_has(tmp_path: Path) -> None:
    found = lmp.inspect([_program(tmp_path, HELP.replace("BONDS", "fene"))])
    assert found.version == "1 Apr 2031"
    assert found.has("Pair", "zero")
    assert found.has("Pair", "lj/cut/gpu")
    assert not found.has("Pair", "lj/cut/omp")
    assert found.kokkos == ""
    gpus = HELP.replace("BONDS", "fene").replace("* Atom", "KOKKOS package API: CUDA Serial\n\n* Atom")
    assert lmp.inspect([_program(tmp_path, gpus)]).kokkos == "CUDA Serial"
    real = lmp.inspect(lmp.find_lmp())
    assert "2025" in real.version
    assert real.has("Pair", "lj/cut/opt")


def test_a_missing_style_is_named_with_its_package(tmp_path: Path) -> None:
    program = _program(tmp_path, HELP.replace("BONDS", "harmonic"))
    with pytest.raises(InputError, match=r"1 Apr 2031\) lacks the bond style fene \(package MOLECULE\)"):
        engine.run(TINY_COMPOSITION, TINY, tmp_path / "run", lmp=program)
    assert not (tmp_path / "run").exists()
    with pytest.raises(InputError, match="lacks the pair style soft"):
        lmp.inspect([_program(tmp_path, HELP.replace("BONDS", "fene").replace("soft", ""))])


def test_kokkos_and_substeps_do_not_go_together(tmp_path: Path) -> None:
    program = _program(tmp_path, HELP.replace("BONDS", "fene").replace("lj/cut/gpu", "lj/cut/kk "))
    with pytest.raises(InputError, match="'kokkos' has no substeps of the bonds, and bond_substeps = 2"):
        engine.run(
            TINY_COMPOSITION, replace(TINY, bond_substeps=2), tmp_path / "run", lmp=program, accelerator="kokkos"
        )
    assert not (tmp_path / "run").exists()


def test_what_is_no_lammps_speaks(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is not a LAMMPS that runs here; it says: 'no such library'"):
        lmp.inspect([_program(tmp_path, "no such library")])
    (tmp_path / "lmp").write_bytes(b"\x7fELF")
    with pytest.raises(InputError, match="cannot be run"):
        lmp.inspect([str(tmp_path / "lmp")])


def test_lammps_does_not_take_itself_for_a_rank_of_the_job_we_are_in(monkeypatch: pytest.MonkeyPatch) -> None:
    ranks = (
        *(
            "PMI_FD",
            "PMI_RANK",
            "PMI2_JOBID",
            "PMIX_RANK",
            "OMPI_COMM_WORLD_RANK",
            "HYDRA_PMI_PROXY",
            "MPI_LOCALRANKID",
        ),
        *(
            "SLURM_STEP_ID",
            "SLURM_STEPID",
            "SLURM_PROCID",
            "SLURM_SRUN_COMM_PORT",
            "SLURM_MPI_TYPE",
            "SLURM_PMIX_VERSION",
        ),
    )
    others = ("SLURM_JOB_ID", "SLURM_CONF", "OMP_NUM_THREADS", "MPICH_VERSION", "PBS_NODEFILE", "LD_LIBRARY_PATH")
    for name in (*ranks, *others):
        monkeypatch.setenv(name, "7")
    for command in (["/opt/bin/lmp"], ["/opt/bin/lmp", "-k", "on"], ["nice", "lmp"]):
        assert not set(ranks) & set(lmp.environment(command))
        assert set(others) <= set(lmp.environment(command))
    for command in (["mpirun", "-np", "8", "lmp"], ["/usr/bin/srun", "lmp"], ["nice", "/opt/mpiexec.hydra", "lmp"]):
        assert set(ranks) <= set(lmp.environment(command))


def test_a_run_below_a_launcher_whose_descriptor_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `mpiexec -n 1 nanonet simulate ...` is to LAMMPS; with a launcher of the user's own the ranks are its."""
    monkeypatch.setenv("PMI_FD", "97")
    monkeypatch.setenv("PMI_RANK", "0")
    assert engine.run(TINY_COMPOSITION, TINY, tmp_path / "run").exists()
    launcher = tmp_path / "mpirun"
    launcher.write_text(f'#!/bin/sh\necho "$PMI_FD" >> {tmp_path}/seen\nunset PMI_FD PMI_RANK\nexec "$@"\n')
    launcher.chmod(0o755)
    engine.run(TINY_COMPOSITION, TINY, tmp_path / "ours", lmp=f"{launcher} {lmp.find_lmp()[0]}")
    assert set((tmp_path / "seen").read_text().split()) == {"97"}
