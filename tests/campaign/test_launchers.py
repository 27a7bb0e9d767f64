"""Campaigns whose workers are ranks of an MPI job or steps of Slurm: their LAMMPS must not take itself for one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nanonet.campaign.workspace import Workspace, create, open_workspace
from tests.conftest import TINY, TINY_COMPOSITION

BESIDE = Path(sys.executable).parent
MPIEXEC = BESIDE / "mpiexec"
needs_mpiexec = pytest.mark.skipif(not MPIEXEC.exists(), reason="no mpiexec beside this Python")

PARSL_BELOW_MPIEXEC = """\
import os
from parsl.config import Config
from parsl.executors import HighThroughputExecutor
from parsl.launchers import MpiExecLauncher
from parsl.providers import LocalProvider

provider = LocalProvider(init_blocks=1, min_blocks=1, max_blocks=1, launcher=MpiExecLauncher())
executor = HighThroughputExecutor(label="nanonet", address="127.0.0.1", max_workers_per_node=2, provider=provider)
config = Config(executors=[executor], run_dir=os.environ["NANONET_PARSL_DIR"])
"""


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.chdir(tmp_path)  # parsl's launchers leave a list of nodes where they are started
    design = tuple(replace(TINY_COMPOSITION, eps_pn=eps_pn) for eps_pn in (0.4, 1.0))
    return create(tmp_path / "work", design, TINY, tmp_path / "data.nc")


def _run(words: list[str | Path], **variables: str) -> str:
    """What a command prints that must end well."""
    environment = {**os.environ, "PATH": f"{BESIDE}{os.pathsep}{os.environ['PATH']}", **variables}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _campaign(workspace: Workspace, *more: str | Path) -> list[str | Path]:
    return [BESIDE / "nanonet", "campaign", "run", workspace.path, "--cores", "2", "--replicas", "1", *more]


def _all_done(workspace: Workspace, said: str) -> bool:
    workspace = open_workspace(workspace.path)
    ended = [workspace.state(workspace.task(subject)).name == "done" for subject in workspace.systems]
    return all(ended) and "nothing is left to do" in said and "failed" not in said


@needs_mpiexec
def test_a_campaign_below_mpiexec(two: Workspace) -> None:
    assert _all_done(two, _run([MPIEXEC, "-n", "1", *_campaign(two)]))


@needs_mpiexec
def test_workers_that_mpiexec_starts_as_on_a_pbs_cluster(two: Workspace, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(PARSL_BELOW_MPIEXEC)
    (tmp_path / "nodes").write_text("localhost\n")
    variables = {"PBS_NODEFILE": str(tmp_path / "nodes"), "NANONET_PARSL_DIR": str(tmp_path / "parsl")}
    assert _all_done(two, _run(_campaign(two, "--scheduler", tmp_path / "mine.py"), **variables))


@pytest.fixture
def slurm(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a Slurm of one node, which runs meanwhile."""
    if not shutil.which("slurmctld") or not shutil.which("munged") or os.geteuid() != 0:
        pytest.skip("a Slurm of one's own needs the packages slurm-wlm and munge, and root")
    script, folder = Path(__file__).with_name("one_node_slurm.sh"), tmp_path / "slurm"
    subprocess.run([script, "start", folder], check=True, timeout=60)
    try:
        yield {"SLURM_CONF": str(folder / "slurm.conf"), "NANONET_PARSL_DIR": str(tmp_path / "parsl")}
    finally:
        subprocess.run([script, "stop", folder], check=True)


@pytest.mark.long
def test_a_real_slurm_of_one_node(two: Workspace, slurm: dict[str, str]) -> None:
    variables = {**slurm, "NANONET_WORKERS": "2", "NANONET_NODES": "1", "NANONET_WALLTIME": "00:10:00"}
    assert _all_done(two, _run(_campaign(two, "--scheduler", "slurm"), **variables))
    single = two.path.parent / "one"
    five = ["--diameter", "2", "--chain-length", "10", "--density", "0.004", "--eps-nn", "0.5", "--eps-pn", "1"]
    words: list[str | Path] = [BESIDE / "nanonet", "simulate", *five, "--protocol", "smoke", "--out", single]
    _run(["srun", "-n", "1", *words], **slurm)
    assert (single / "trajectory.gsd").exists()
    for _ in range(60):  # the job may still be completing
        if not (left := _run(["squeue", "--noheader"], **slurm)):
            break
        time.sleep(1)
    assert left == ""
