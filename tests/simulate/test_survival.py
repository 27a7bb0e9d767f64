"""A run survives what happens to runs: kills, full disks, broken files; and goes on, longer if wanted."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import gsd.hoomd
import pytest

from nanonet import InputError, SimulationError
from nanonet.analyze.trajectory import read
from nanonet.formats import run_folder
from nanonet.protocol import Protocol
from nanonet.simulate import engine, frames, lmp, process
from tests.conftest import TINY, TINY_COMPOSITION

LONG = replace(TINY, equilibration_steps=2_000, production_steps=12_000, frame_every=20, configurations=6)
"""Long enough to be killed often."""

SHORT = replace(LONG, equilibration_steps=400, production_steps=1_600, configurations=4)
"""One with several restart files."""


def _steps(trajectory: Path) -> list[int]:
    with gsd.hoomd.open(str(trajectory), "r") as file:
        return [frame.configuration.step for frame in file]


def _due(protocol: Protocol) -> list[int]:
    return list(
        range(protocol.equilibration_steps + protocol.frame_every, protocol.total_steps + 1, protocol.frame_every)
    )


def _run_until_free(folder: Path, protocol: Protocol) -> Path:
    """Run as soon as the LAMMPS of a killed run has let go of the folder: it does when nobody listens any more."""
    for _ in range(300):
        try:
            return engine.run(TINY_COMPOSITION, protocol, folder)
        except InputError as error:
            if "in use" not in str(error):
                raise
            time.sleep(0.1)
    raise AssertionError("the folder was never free")


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "run"
    engine.run(TINY_COMPOSITION, LONG, folder)
    return folder


def _bookkeeping(folder: Path) -> dict[str, object]:
    """All that must not depend on how often a run was interrupted."""
    record = json.loads((folder / run_folder.RECORD).read_text())
    del record["last_stretch"]
    return {
        "record": record,
        "steps": _steps(folder / run_folder.TRAJECTORY),
        "configurations": sorted(path.name for path in (folder / run_folder.CONFIGURATIONS).iterdir()),
        "files": sorted(path.name for path in folder.iterdir() if not path.name.startswith("restart")),
    }


@pytest.mark.parametrize("wanted", [5, pytest.param(20, marks=pytest.mark.long)])
def test_kills_leave_no_trace(wanted: int, tmp_path: Path, uninterrupted: Path) -> None:
    """SIGKILL to the whole process group, or to our half of it alone, at random moments."""
    folder = tmp_path / "run"
    code = (
        "from pathlib import Path; from tests.simulate.test_survival import LONG, TINY_COMPOSITION;"
        f"from nanonet.simulate import engine; engine.run(TINY_COMPOSITION, LONG, Path({str(folder)!r}))"
    )
    moments = random.Random(0)
    kills = 0
    while kills < wanted:
        runner = subprocess.Popen([sys.executable, "-c", code], start_new_session=True, stderr=subprocess.DEVNULL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            runner.wait(moments.uniform(0.3, 2.0))
        if runner.poll() is None:
            os.killpg(runner.pid, signal.SIGKILL)
            kills += 1
        runner.wait()
        if (folder / run_folder.TRAJECTORY).exists():  # done before the last kill: what was reached is right
            assert _bookkeeping(folder) == _bookkeeping(uninterrupted)
            shutil.rmtree(folder)
    _run_until_free(folder, LONG)
    assert _bookkeeping(folder) == _bookkeeping(uninterrupted)


def test_killed_while_the_result_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "run"
    for step in ("convert", "recorded_steps"):
        with monkeypatch.context() as patch, contextlib.suppress(KeyboardInterrupt):
            patch.setattr(frames, step, _interrupted)
            engine.run(TINY_COMPOSITION, TINY, folder)
        assert not (folder / run_folder.TRAJECTORY).exists()
    assert _steps(engine.run(TINY_COMPOSITION, TINY, folder)) == _due(TINY)


def test_what_a_killed_process_had_begun_to_write_goes(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with contextlib.suppress(KeyboardInterrupt), pytest.MonkeyPatch.context() as patch:
        patch.setattr(frames, "convert", _interrupted)
        engine.run(TINY_COMPOSITION, TINY, folder)
    begun = [folder / ".run.k2_j8x1a.json", folder / run_folder.CONFIGURATIONS / ".600.lammpstrj.4gsstydq.gz"]
    for path in begun:
        path.write_bytes(b"half")
    engine.run(TINY_COMPOSITION, TINY, folder)
    assert [path for path in begun if path.exists()] == []
    assert (folder / ".lock").exists()


def _interrupted(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """A function that makes a disk of some kilobytes, and a larger one of it when called again."""
    disk = tmp_path / "disk"
    disk.mkdir()

    def make(kilobytes: int) -> Path:
        options = f"size={kilobytes}k" + (",remount" if disk.is_mount() else "")
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", disk], capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"a small disk cannot be made here: {done.stderr.strip()}")
        return disk

    yield make
    if disk.is_mount():
        subprocess.run(["umount", "--lazy", disk], check=True)


@pytest.mark.parametrize("kilobytes", [40, 150, 230, 400])  # the deck has 40 kB, a restart file 80, all frames 300
def test_a_full_disk_is_named_and_survived(small_disk: Callable[[int], Path], kilobytes: int) -> None:
    folder = small_disk(kilobytes) / "run"
    with pytest.raises(SimulationError, match=r"No space left on device|LAMMPS failed: ERROR"):
        engine.run(TINY_COMPOSITION, LONG, folder)
    assert not (folder / run_folder.TRAJECTORY).exists()
    small_disk(20_000)
    assert _steps(engine.run(TINY_COMPOSITION, LONG, folder)) == _due(LONG)


def test_a_disk_that_fills_up_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(frames, "convert", full)
        with pytest.raises(SimulationError, match="No space left on device; once that is mended"):
            engine.run(TINY_COMPOSITION, TINY, tmp_path / "run")
    before = (tmp_path / "run" / run_folder.END).stat().st_mtime_ns
    assert _steps(engine.run(TINY_COMPOSITION, TINY, tmp_path / "run")) == _due(TINY)
    assert (tmp_path / "run" / run_folder.END).stat().st_mtime_ns != before  # it only had to write its end again


def _unfinished(folder: Path) -> Path:
    """A run of SHORT that stopped behind its last step, with all its restart files and its dump."""
    engine.write_deck(TINY_COMPOSITION, SHORT, folder)
    words = [*lmp.find_lmp(), "-log", "none", "-in", run_folder.START]
    subprocess.run(words, cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _unfinished(tmp_path_factory.mktemp("runs") / "run")


def _copy(stopped: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(stopped, tmp_path / "run", copy_function=shutil.copy2))


@pytest.mark.parametrize("damage", ["cut", "emptied", "garbled"])
def test_a_broken_restart_file_is_passed_over(stopped: Path, tmp_path: Path, damage: str) -> None:
    folder = _copy(stopped, tmp_path)
    newest = folder / process.good_restarts(folder)[0]
    assert newest.name == run_folder.END
    content = newest.read_bytes()
    middle = len(content) // 2
    newest.write_bytes({"cut": content[:-100], "emptied": b"", "garbled": content[:40] + content[middle:]}[damage])
    os.utime(newest)
    seen: list[int] = []
    trajectory = engine.run(TINY_COMPOSITION, SHORT, folder, progress=lambda done, _: seen.append(done))
    assert _steps(trajectory) == _due(SHORT)
    assert (folder / run_folder.LOG).read_bytes().count(b"read_restart restart.") >= 1
    assert min(seen[1:]) >= SHORT.total_steps - 2 * SHORT.restart_every  # from the one before, not from the beginning


def test_frames_that_were_lost_are_run_again(stopped: Path, tmp_path: Path) -> None:
    folder = _copy(stopped, tmp_path)
    dump = folder / run_folder.NP_DUMP
    texts = dump.read_bytes().split(b"ITEM: TIMESTEP\n")
    del texts[-3]  # behind the last but one restart file: two frames before the end
    dump.write_bytes(b"ITEM: TIMESTEP\n".join(texts)[:-20])
    seen: list[int] = []
    trajectory = engine.run(TINY_COMPOSITION, SHORT, folder, progress=lambda done, _: seen.append(done))
    assert _steps(trajectory) == _due(SHORT)
    assert min(seen[1:]) == SHORT.total_steps - SHORT.restart_every


def test_frames_lost_before_all_restart_files_begin_anew(stopped: Path, tmp_path: Path) -> None:
    folder = _copy(stopped, tmp_path)
    dump = folder / run_folder.NP_DUMP
    texts = dump.read_bytes().split(b"ITEM: TIMESTEP\n")
    dump.write_bytes(b"ITEM: TIMESTEP\n".join(texts[:5] + texts[6:]))
    seen: list[int] = []
    assert _steps(engine.run(TINY_COMPOSITION, SHORT, folder, progress=lambda done, _: seen.append(done))) == _due(
        SHORT
    )
    assert 0 in seen[1:]


def test_a_restart_file_of_another_run_is_refused(stopped: Path, tmp_path: Path) -> None:
    other = replace(SHORT, min_box=11.0)
    folder = engine.write_deck(TINY_COMPOSITION, other, tmp_path / "run")
    shutil.copy(stopped / "restart.a", folder)
    with pytest.raises(SimulationError, match=r"(?s)no restart file .* holds \d+ particles, this run has \d+"):
        engine.run(TINY_COMPOSITION, other, folder)
    assert (folder / "restart.a").exists()


def test_a_restart_file_of_another_version_is_refused(stopped: Path, tmp_path: Path) -> None:
    folder = _copy(stopped, tmp_path)
    record = json.loads((folder / run_folder.RECORD).read_text())
    (folder / run_folder.RECORD).write_text(json.dumps(record | {"lammps": "7 Jan 2022"}))
    with pytest.raises(InputError, match=r"are of LAMMPS 7 Jan 2022, this is LAMMPS .*2025"):
        engine.run(TINY_COMPOSITION, SHORT, folder)
    for name in (*run_folder.RESTARTS, run_folder.END):
        (folder / name).unlink()
    assert _steps(engine.run(TINY_COMPOSITION, SHORT, folder)) == _due(SHORT)  # nothing to go on from: no conflict


def test_a_folder_of_another_format_is_refused(stopped: Path, tmp_path: Path) -> None:
    folder = _copy(stopped, tmp_path)
    record = json.loads((folder / run_folder.RECORD).read_text())
    for content, said in ((json.dumps(record | {"format": 0}), "format = 0 is not 1"), ("{", "cannot be read")):
        (folder / run_folder.RECORD).write_text(content)
        with pytest.raises(InputError, match=said):
            engine.run(TINY_COMPOSITION, SHORT, folder)


def test_a_finished_run_is_extended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "run"
    short = engine.run(TINY_COMPOSITION, TINY, folder)
    first = read(short).positions
    longer = TINY.extended(1_200)
    assert longer.configurations == 4
    with monkeypatch.context() as patch, contextlib.suppress(KeyboardInterrupt):
        patch.setattr(frames, "convert", _interrupted)
        engine.run(TINY_COMPOSITION, longer, folder)  # stopped on the way: the shorter run is still whole
    assert engine.run(TINY_COMPOSITION, TINY, folder) == short
    assert len(read(short).positions) == TINY.frames
    trajectory = engine.extend(folder, 1_200)
    assert trajectory == short
    assert _steps(trajectory) == _due(longer)
    assert (read(trajectory).positions[: TINY.frames] == first).all()
    record = json.loads((folder / run_folder.RECORD).read_text())
    assert record["id"] == engine.run_id(TINY_COMPOSITION, longer)
    assert Protocol(**record["protocol"]) == longer
    names = sorted(path.name for path in (folder / run_folder.CONFIGURATIONS).iterdir())
    assert names == [f"{step}.lammpstrj.gz" for step in (1200, 1500, 300, 600, 900)]
    with pytest.raises(InputError, match="holds another run"):
        engine.run(TINY_COMPOSITION, TINY, folder)
    with pytest.raises(InputError, match=r"production_steps = 600 is not 1200 or more"):
        engine.extend(folder, 600)


def test_an_unfinished_run_is_not_extended(stopped: Path) -> None:
    with pytest.raises(InputError, match="is not finished"):
        engine.extend(stopped, 24_000)


def test_without_its_restart_file_a_run_gets_a_replica(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    engine.run(TINY_COMPOSITION, TINY, folder)
    for name in (*run_folder.RESTARTS, run_folder.END):
        (folder / name).unlink()
    with pytest.raises(InputError, match="no restart file any more"):
        engine.run(TINY_COMPOSITION, TINY.extended(1_200), folder)
    trajectory = engine.extend(folder, 1_200)
    assert trajectory.parent.name == "run-replica1"
    record = json.loads((trajectory.parent / run_folder.RECORD).read_text())
    assert record["protocol"] == asdict(TINY.replica(1))
    assert engine.extend(folder, 1_200).parent.name == "run-replica2"
    assert len(_steps(folder / run_folder.TRAJECTORY)) == TINY.frames
