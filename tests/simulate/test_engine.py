from __future__ import annotations

import contextlib
import gzip
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import gsd.hoomd
import numpy as np
import pytest

from nanonet import InputError, SimulationError
from nanonet.formats import lammps_dump, run_folder
from nanonet.protocol import Protocol, preset
from nanonet.simulate import engine, frames, lmp
from tests.conftest import SMOKE, TINY, TINY_COMPOSITION


def _steps(trajectory: Path) -> list[int]:
    with gsd.hoomd.open(str(trajectory), "r") as file:
        return [frame.configuration.step for frame in file]


EXPECTED = list(range(320, 901, 20))


def _when_free(folder: Path, protocol: Protocol) -> Path:
    """Run as soon as the LAMMPS of a killed run has let go of the folder: it does when nobody listens any more."""
    for _ in range(300):
        with contextlib.suppress(InputError):
            return engine.run(TINY_COMPOSITION, protocol, folder)
        time.sleep(0.1)
    raise AssertionError("the folder was never free")


def test_a_trajectory_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    pipe, damaged, dump = tmp_path / "pipe", tmp_path / "damaged", tmp_path / "dump"
    os.mkfifo(pipe)
    damaged.write_bytes(b"no GSD")
    for path, said in ((pipe, "it is not a regular file"), (damaged, "Not a GSD file")):
        for read in (
            lambda path: frames.last_step(path),
            lambda path: frames.recorded_steps(dump, path),
            lambda path: frames.convert(dump, tmp_path / "new", [0], 2.0, 8.0, earlier=path),
        ):
            with pytest.raises(InputError, match=f"trajectory {path} cannot be used: {said}"):
                read(path)


def test_a_smoke_run_is_a_melt_with_nps(smoke_run: Path) -> None:
    record = json.loads((smoke_run / run_folder.RECORD).read_text())
    assert record["nps"] == 18
    assert "2025" in record["lammps"]
    with gsd.hoomd.open(str(smoke_run / run_folder.TRAJECTORY), "r") as file:
        assert len(file) == preset("smoke").frames
        boxes = np.array([frame.configuration.box for frame in file])
        last = file[-1].particles
    assert last.N == 18
    assert last.types == ["NP"]
    assert np.abs(last.position).max() <= boxes[-1, 0] / 2
    volume = boxes[:, 0].mean() ** 3
    assert 18 / volume == pytest.approx(SMOKE.density, rel=0.03)
    assert volume ** (1 / 3) > 20.5


def test_a_smoke_run_keeps_whole_configurations(smoke_run: Path) -> None:
    record = json.loads((smoke_run / run_folder.RECORD).read_text())
    written = sorted((smoke_run / run_folder.CONFIGURATIONS).iterdir())
    assert [path.name for path in written] == [f"{step}.lammpstrj.gz" for step in (1500, 2000, 2500)]
    with gzip.open(written[-1], "rt") as file:
        lines = file.read().splitlines()
    assert len(lines) == 9 + record["monomers"] + record["nps"]


def test_a_finished_run_is_not_run_again(smoke_run: Path) -> None:
    before = (smoke_run / run_folder.TRAJECTORY).stat().st_mtime_ns
    assert engine.run(SMOKE, preset("smoke"), smoke_run) == smoke_run / run_folder.TRAJECTORY
    assert (smoke_run / run_folder.TRAJECTORY).stat().st_mtime_ns == before


def test_progress_ends_at_the_last_step(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    trajectory = engine.run(TINY_COMPOSITION, TINY, tmp_path / "run", progress=lambda a, b: seen.append((a, b)))
    assert seen[0] == (0, 900)
    assert seen[-1] == (900, 900)
    written = sorted(path.name for path in (tmp_path / "run" / run_folder.CONFIGURATIONS).iterdir())
    assert written == ["300.lammpstrj.gz", "600.lammpstrj.gz", "900.lammpstrj.gz"]
    assert _steps(trajectory) == EXPECTED


def test_a_deck_runs_by_hand(tmp_path: Path) -> None:
    folder = engine.write_deck(TINY_COMPOSITION, TINY, tmp_path / "deck")
    assert not (folder / run_folder.LOG).exists()
    words = [*lmp.find_lmp(), "-log", "none", "-in", run_folder.START]
    subprocess.run(words, cwd=folder, check=True, capture_output=True)
    assert len(list((folder / run_folder.CONFIGURATIONS).glob("*.lammpstrj"))) == 3
    # and what was run by hand counts: the engine only has to convert it
    assert _steps(engine.run(TINY_COMPOSITION, TINY, folder)) == EXPECTED


def test_a_killed_run_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    long = replace(TINY, production_steps=3000, restart_every=100)
    code = (
        "from pathlib import Path; from tests.conftest import TINY_COMPOSITION, TINY; from dataclasses import replace;"
        "from nanonet.simulate import engine; engine.run(TINY_COMPOSITION,"
        f"replace(TINY, production_steps=3000, restart_every=100), Path({str(folder)!r}))"
    )
    interrupted = 0
    for kill_when in ("restart.a", "nps.lammpstrj"):
        process = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
        while process.poll() is None and not (folder / kill_when).exists():
            time.sleep(0.01)
        time.sleep(0.2)
        if process.poll() is None:
            interrupted += 1
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert interrupted == 2
    trajectory = _when_free(folder, long)
    assert _steps(trajectory) == list(range(320, 3301, 20))
    assert (folder / run_folder.CONFIGURATIONS / "3300.lammpstrj.gz").exists()  # the end, though no multiple of 1500
    log = (folder / run_folder.LOG).read_text()
    assert "read_restart" in log


def test_a_truncated_frame_and_a_truncated_restart_are_passed_over(tmp_path: Path) -> None:
    folder = engine.write_deck(TINY_COMPOSITION, TINY, tmp_path / "run")
    words = [*lmp.find_lmp(), "-log", "none", "-in", run_folder.START]
    subprocess.run(words, cwd=folder, check=True, capture_output=True)
    dump = folder / run_folder.NP_DUMP
    whole = dump.read_bytes()
    dump.write_bytes(whole[:-30])
    lammps_dump.drop_truncated_frames(dump)
    assert whole.startswith(dump.read_bytes())
    assert dump.read_bytes().count(b"ITEM: TIMESTEP") == whole.count(b"ITEM: TIMESTEP") - 1
    end = folder / run_folder.END
    end.write_bytes(end.read_bytes()[:-100])
    os.utime(end)
    assert _steps(engine.run(TINY_COMPOSITION, TINY, folder)) == EXPECTED


def _wrapped_lmp(tmp_path: Path, text: str) -> str:
    """A program that behaves like lmp when asked what it is, and otherwise does what the shell text says."""
    real = " ".join(lmp.find_lmp())
    program = tmp_path / "my-lmp"
    program.write_text(f'#!/bin/sh\ncase " $* " in *" -h "*) exec {real} -h;; esac\n{text}\n')
    program.chmod(0o755)
    return real


def test_a_failing_lammps_speaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = _wrapped_lmp(tmp_path, "echo 'ERROR: mine'; exit 3")
    monkeypatch.chdir(tmp_path)  # a chosen program may be a relative path
    with pytest.raises(SimulationError, match=r"(?s)ERROR: mine.*exit status 3.*my-lmp --extra.*start.in"):
        engine.run(TINY_COMPOSITION, TINY, "run", lmp="./my-lmp --extra")
    assert not (tmp_path / "run" / run_folder.TRAJECTORY).exists()
    assert _steps(engine.run(TINY_COMPOSITION, TINY, "run", lmp=real)) == EXPECTED


def test_folders_of_others_are_left_alone(tmp_path: Path, smoke_run: Path) -> None:
    with pytest.raises(InputError, match="holds another run"):
        engine.run(SMOKE, replace(preset("smoke"), seed=2), smoke_run)
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        engine.run(SMOKE, preset("smoke"), tmp_path)
    with pytest.raises(InputError, match="does not exist"):
        engine.run(SMOKE, preset("smoke"), tmp_path / "no" / "run")
    with pytest.raises(InputError, match="a file has that name"):
        engine.run(SMOKE, preset("smoke"), tmp_path / "notes.txt")


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    folder = engine.write_deck(TINY_COMPOSITION, TINY, tmp_path / "run")
    with engine._lock(folder), pytest.raises(InputError, match="in use"):
        engine.run(TINY_COMPOSITION, TINY, folder)


def test_a_runs_identity_is_golden() -> None:
    plain = replace(preset("smoke"), bond_substeps=1)
    assert engine.run_id(SMOKE, plain) == "57973dc249cc74ba"  # from before there were substeps and starts
    assert engine.run_id(SMOKE, preset("smoke")) == "a5a0f702d1513b68"
    assert engine.run_id(SMOKE, replace(plain, seed=2)) != "57973dc249cc74ba"


def test_a_start_is_part_of_the_identity_and_replicas_have_their_own() -> None:
    smoke = preset("smoke")
    protocols = [smoke, smoke.replica(1), smoke.replica(2), replace(smoke, start="clustered"), smoke.extended(2_000)]
    assert len({engine.run_id(SMOKE, protocol) for protocol in protocols}) == len(protocols)
    assert engine.run_id(SMOKE, smoke.replica(1, "clustered")) == "2a1dcdef1ad08384"
