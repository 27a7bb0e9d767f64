"""Campaigns that are told to end, or are killed: no worker and no LAMMPS stays, and the runs go on next time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nanonet.campaign import campaign
from nanonet.campaign.workers import LocalPool
from nanonet.campaign.workspace import Workspace, create
from nanonet.errors import SimulationError
from nanonet.simulate import engine
from nanonet.simulate.lmp import find_lmp
from tests.campaign.test_campaign import _frames
from tests.conftest import TINY, TINY_COMPOSITION

LONG = replace(TINY, production_steps=300_000, configurations=0)


@pytest.fixture
def two(tmp_path: Path) -> Workspace:
    design = tuple(replace(TINY_COMPOSITION, eps_pn=eps_pn) for eps_pn in (0.4, 1.0))
    return create(tmp_path / "work", design, LONG, tmp_path / "data.nc")


@pytest.fixture
def started(two: Workspace, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    """`nanonet campaign run` in a process group of its own, once both its runs have a restart file."""
    variables = {
        **os.environ,
        "NANONET_WORKERS": "2",
        "NANONET_PARSL_DIR": str(tmp_path / "parsl"),
        "MARK": str(tmp_path),
    }
    words: list[str | Path] = [Path(sys.executable).with_name("nanonet"), "campaign", "run", two.path, "--cores", "2"]
    process = subprocess.Popen(
        [*words, "--scheduler", request.param], env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
    )  # fmt: skip
    for _ in range(900):
        if len(list(two.path.glob("workspace/*/run/restart.a"))) == 2 or process.poll() is not None:
            break
        time.sleep(0.1)
    yield process
    for left in _alive(tmp_path):
        os.kill(left, signal.SIGKILL)
    process.wait()


def _alive(mark: Path) -> list[int]:
    """Processes of the campaign: whatever has its mark in its environment, and has not ended."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                marked = f"MARK={mark}\0".encode() in (entry / "environ").read_bytes()
                state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
            except OSError:
                continue
            if marked and state not in "ZX":
                found.append(int(entry.name))
    return found


def _wait_for_the_end(mark: Path, seconds: float) -> list[int]:
    """What is left of a campaign after some time."""
    until = time.monotonic() + seconds
    while (left := _alive(mark)) and time.monotonic() < until:
        time.sleep(0.2)
    return left


@pytest.mark.parametrize("started", ["processes", "htex"], indirect=True)
def test_term_ends_the_campaign_with_all_that_it_started(
    started: subprocess.Popen[str], two: Workspace, tmp_path: Path
) -> None:
    assert len(_alive(tmp_path)) >= 5  # the campaign, two workers, a LAMMPS each
    started.terminate()
    out, err = started.communicate(timeout=60)
    assert started.returncode == 128 + signal.SIGTERM
    assert "Traceback" not in out + err
    assert "the same command resumes" in out
    assert _wait_for_the_end(tmp_path, 30) == []
    assert [row.state.name for row in campaign.status(two)] == ["interrupted"] * 2


@pytest.mark.parametrize("started", ["processes", pytest.param("htex", marks=pytest.mark.long)], indirect=True)
def test_workers_do_not_outlive_a_campaign_that_was_killed(
    started: subprocess.Popen[str], two: Workspace, tmp_path: Path
) -> None:
    started.kill()
    started.communicate(timeout=60)
    assert _wait_for_the_end(tmp_path, 60) == []
    assert [row.state.name for row in campaign.status(two)] == ["interrupted"] * 2


@pytest.mark.parametrize("started", ["processes"], indirect=True)
def test_ctrl_c_is_quiet_and_quick(started: subprocess.Popen[str], tmp_path: Path) -> None:
    os.killpg(started.pid, signal.SIGINT)  # as a terminal does it: to all processes of the group
    out, err = started.communicate(timeout=30)
    assert started.returncode == 130
    assert "Traceback" not in out + err
    assert err.strip() == "interrupted"
    assert _wait_for_the_end(tmp_path, 10) == []


def test_what_was_terminated_goes_on(tmp_path: Path) -> None:
    """The frames are all there, each once."""
    workspace = create(
        tmp_path / "work", (TINY_COMPOSITION,), replace(TINY, production_steps=10_000), tmp_path / "data.nc"
    )
    job = workspace.prepare(workspace.task(TINY_COMPOSITION))
    pool = LocalPool(1)
    task = workspace.task(TINY_COMPOSITION)
    future = pool.submit(engine.run, task.system, task.protocol, job / "run")
    while not (job / "run" / "restart.b").exists():
        time.sleep(0.05)
    pool.stop()
    assert future.exception() is not None
    assert workspace.state(task).name == "interrupted"
    assert campaign.run(workspace, max_replicas=1)
    assert _frames(workspace, TINY_COMPOSITION) == list(range(320, 10_301, 20))


def test_a_campaign_of_which_every_run_fails_is_an_error(two: Workspace, tmp_path: Path) -> None:
    program = tmp_path / "lmp"
    program.write_text(f'#!/bin/sh\n[ "$1" = -h ] && exec {find_lmp()[0]} -h\necho ERROR: no\nexit 1\n')
    program.chmod(0o755)
    with pytest.raises(SimulationError) as caught:
        campaign.run(two, cores=2, options={"lmp": str(program)})
    lines = str(caught.value).splitlines()
    assert lines[0] == "every run failed; the last: LAMMPS failed: ERROR: no"
    assert lines[1].startswith("(exit status 1; command:")
    assert len(lines) == 2
