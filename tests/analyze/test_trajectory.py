from __future__ import annotations

from pathlib import Path

import gsd.hoomd
import numpy as np
import pytest

from nanonet import InputError
from nanonet.analyze.trajectory import Trajectory, read


def _write(
    path: Path, frames: int = 3, n: int = 4, box: object = (21, 22, 23, 0, 0, 0), types: object = ("NP",)
) -> None:
    rng = np.random.default_rng(0)
    with gsd.hoomd.open(str(path), "w") as file:
        for step in range(frames):
            frame = gsd.hoomd.Frame()
            frame.configuration.step = step
            frame.configuration.box = box
            frame.particles.N = n
            frame.particles.types = list(types)  # type: ignore[call-overload]
            frame.particles.typeid = np.arange(n) % len(list(types))  # type: ignore[call-overload]
            frame.particles.position = rng.uniform(-10, 10, (n, 3))
            file.append(frame)


def test_reads_nps_only(tmp_path: Path) -> None:
    _write(tmp_path / "t.gsd", types=("A", "NP"))
    trajectory = read(tmp_path / "t.gsd")
    assert trajectory.positions.shape == (3, 2, 3)
    assert np.array_equal(trajectory.boxes[0], [21, 22, 23])
    assert trajectory.volumes == pytest.approx(21 * 22 * 23)


def test_bad_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read(tmp_path / "none.gsd")
    (tmp_path / "empty.gsd").write_bytes(b"")
    with pytest.raises(InputError, match=r"empty\.gsd cannot be used"):
        read(tmp_path / "empty.gsd")
    _write(tmp_path / "t.gsd", frames=50, n=30)
    (tmp_path / "cut.gsd").write_bytes((tmp_path / "t.gsd").read_bytes()[:3000])
    with pytest.raises(InputError, match=r"cut\.gsd cannot be used"):
        read(tmp_path / "cut.gsd")
    _write(tmp_path / "none.gsd", frames=0)
    with pytest.raises(InputError, match="no frames"):
        read(tmp_path / "none.gsd")
    _write(tmp_path / "one.gsd", n=1)
    with pytest.raises(InputError, match="1 NPs"):
        read(tmp_path / "one.gsd")
    _write(tmp_path / "tilted.gsd", box=(21, 22, 23, 0.1, 0, 0))
    with pytest.raises(InputError, match="tilted"):
        read(tmp_path / "tilted.gsd")
    _write(tmp_path / "types.gsd", types=("A", "B"))
    with pytest.raises(InputError, match="must be called NP"):
        read(tmp_path / "types.gsd")


@pytest.mark.parametrize(
    ("positions", "boxes"),
    [
        (np.zeros((2, 3)), np.ones((2, 3))),
        (np.zeros((2, 4, 3)), np.ones((3, 3))),
        (np.full((2, 4, 3), np.nan), np.ones((2, 3))),
        (np.zeros((2, 4, 3)), np.zeros((2, 3))),
    ],
)
def test_bad_arrays_are_refused(positions: np.ndarray, boxes: np.ndarray) -> None:
    with pytest.raises(InputError):
        Trajectory(positions, boxes)


def _steps(path: Path, steps: list[int], places: list[int] | None = None) -> None:
    """A GSD file whose frame of step s has its NPs at x = s / 1000, or where `places` says."""
    with gsd.hoomd.open(str(path), "w") as file:
        for step, place in zip(steps, places or steps, strict=True):
            frame = gsd.hoomd.Frame()
            frame.configuration.step = step
            frame.configuration.box = [22, 22, 22, 0, 0, 0]
            frame.particles.N = 2
            frame.particles.types = ["NP"]
            frame.particles.position = [[place / 1000, 0, 0], [place / 1000, 5, 0]]
            file.append(frame)


def test_steps_that_do_not_rise_are_named(tmp_path: Path) -> None:
    whole, overlap, mixed, unknown = (tmp_path / f"{name}.gsd" for name in ("whole", "overlap", "mixed", "unknown"))
    _steps(whole, [0, 100, 200, 300, 400])
    _steps(overlap, [0, 100, 200, 300, 200, 300, 400])
    _steps(mixed, [0, 200, 100, 400, 300])
    _steps(unknown, [0, 0, 0], [0, 100, 200])
    assert read(whole).steps == (0, 100, 200, 300, 400)
    for path, said in ((overlap, "frame 4: its step is 200"), (mixed, "frame 2: its step is 100")):
        with pytest.raises(InputError, match=f"{said}, that of the frame before is .*: frames stand doubled or out"):
            read(path)
    assert len(read(unknown).positions) == 3  # other programs write no steps
    assert read(unknown).steps == ()


def test_a_file_that_unpacks_to_a_multiple_is_refused(tmp_path: Path) -> None:
    """A GSD frame without positions of its own takes no room in the file, and all of it in memory."""
    path = tmp_path / "huge.gsd"
    with gsd.hoomd.open(str(path), "w") as file:
        frame = gsd.hoomd.Frame()
        frame.configuration.box = [22, 22, 22, 0, 0, 0]
        frame.particles.N = 1_000_000_000
        file.append(frame)
    with pytest.raises(InputError, match="1 frames of 1000000000 particles"):
        read(path)


def test_two_dimensions_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "flat.gsd"
    with gsd.hoomd.open(str(path), "w") as file:
        frame = gsd.hoomd.Frame()
        frame.configuration.box = [22, 22, 1, 0, 0, 0]
        frame.configuration.dimensions = 2
        frame.particles.N = 2
        frame.particles.types = ["NP"]
        file.append(frame)
    with pytest.raises(InputError, match="2 dimensions"):
        read(path)
