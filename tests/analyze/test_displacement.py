"""Mean squared displacements: cases that are known exactly, and freud and MDAnalysis on the same positions."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import gsd.hoomd
import numpy as np
import pytest

from nanonet import InputError
from nanonet.analyze.displacement import DisplacementMeasurement, measure, measure_batches
from nanonet.analyze.files import follow_files
from nanonet.analyze.frames import Batch
from nanonet.analyze.trajectory import Trajectory, read

pytest.importorskip("MDAnalysis", exc_type=ImportError)

from tests.analyze.made_up_files import TILTED, UPRIGHT, Array, dimensions_of, dump, universe, vectors, write


def _walk(frames: int, n: int, step: float, seed: int = 0) -> Array:
    """Random walks (frames, n, 3): each step is normal along each axis, of this standard deviation."""
    return np.cumsum(np.random.default_rng(seed).normal(0, step, (frames, n, 3)), axis=0)


def _parts(path: Array, boxes: Array, size: int = 7) -> Iterator[Batch]:
    """The walks in the image of their box (frames, 3, 3) nearest to the corner, some frames at a time."""
    inside = (path @ np.linalg.inv(boxes) % 1.0) @ boxes
    edges = boxes[:, (0, 1, 2, 1, 2, 2), (0, 1, 2, 0, 0, 1)]
    for i in range(0, len(path), size):
        yield Batch(inside[i : i + size], edges[i : i + size])


def _measured(path: Array, box: tuple[float, ...] = UPRIGHT, **options: float) -> DisplacementMeasurement:
    boxes = np.broadcast_to(vectors(box), (len(path), 3, 3))
    return measure_batches(_parts(path, boxes), len(path), 0.5, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("box", [UPRIGHT, TILTED], ids=["upright", "tilted"])
def test_random_walks_have_6_d_t_within_their_errors(box: tuple[float, ...]) -> None:
    """D = step^2 / (2 x 0.5). The scores of many walks have the width 1, as far as 5 blocks and few NPs tell."""
    scores = []
    for seed in range(30):
        found = _measured(_walk(300, 8, 0.6, seed), box).msd
        assert found.error is not None
        scores.append((found.y - 6 * 0.36 * found.x) / found.error)
    assert found.x.tolist() == [0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6.5, 8, 10, 12.5, 16, 20, 25, 30][: len(found.x)]
    assert found.x[-1] == 25
    assert np.abs(np.mean(scores, axis=0)).max() < 0.6
    assert 0.7 < np.std(scores) < 1.4


def test_ballistic_particles_have_v2_t2() -> None:
    velocities = np.random.default_rng(1).normal(0, 3, (20, 3))
    path = np.arange(60)[:, None, None] * 0.5 * velocities
    found = _measured(path, lag_max=15.0).msd
    assert found.y == pytest.approx((velocities**2).sum(axis=1).mean() * found.x**2)


def test_a_box_that_breathes_moves_nothing() -> None:
    fractions = np.random.default_rng(2).uniform(0, 1, (10, 3))
    boxes = (1 + 0.05 * np.sin(np.arange(50)))[:, None, None] * vectors(TILTED)
    found = measure_batches(_parts(fractions @ boxes, boxes), 50, 1.0)
    assert found.msd.y == pytest.approx(0, abs=1e-20)
    assert found.density == pytest.approx(10 / np.linalg.det(boxes).mean())


def test_it_is_that_of_freud_and_of_mdanalysis(tmp_path: Path) -> None:
    import freud
    from MDAnalysis.analysis.msd import EinsteinMSD

    path = _walk(100, 12, 0.5) + 10
    boxes = np.broadcast_to(vectors(UPRIGHT), (100, 3, 3))
    found = _measured(path).msd
    lags = np.rint(found.x / 0.5).astype(int)
    theirs = freud.msd.MSD(mode="window").compute(path).msd[lags]
    assert found.y == pytest.approx(theirs, rel=1e-4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = EinsteinMSD(universe(path, dimensions_of(boxes), 12), fft=False).run().results.timeseries[lags]
    assert found.y == pytest.approx(theirs, rel=1e-4)
    inside = (path @ np.linalg.inv(boxes) % 1.0) @ boxes
    (tmp_path / "a.lammpstrj").write_text(dump(inside, boxes, 12))
    for name in ("a.gsd", "a.dcd"):
        write(tmp_path / name, inside, boxes, 12)
    for name, units, interval in (("a.lammpstrj", "lj", "0.5"), ("a.gsd", "lj", "0.5tau"), ("a.dcd", "A", "500fs")):
        ours = follow_files([tmp_path / name], interval, units=units, selection="all").measured.msd
        assert ours.y == pytest.approx(theirs, rel=1e-3)
        assert ours.x / ours.x[0] == pytest.approx(lags)
    assert (ours.quantity.unit, ours.quantity.x_unit) == ("A^2", "fs")
    chosen = {"units": "A", "selection": "all", "sigma": "2nm", "every": 2}
    ours = follow_files([tmp_path / "a.dcd"], "500fs", time_unit="ps", **chosen).measured.msd  # type: ignore[arg-type]
    assert ours.x[0] == 1.0
    assert ours.y[0] == pytest.approx(theirs[1] / 400, rel=0.1)
    assert (ours.quantity.unit, ours.quantity.x_unit) == ("sigma^2", "ps")


def test_a_dump_whose_box_breathes_about_its_middle(tmp_path: Path) -> None:
    """The corner of the box moves with it; a particle that stays where it is in the box moves by nothing."""
    fractions = np.random.default_rng(3).uniform(0, 1, (10, 3))
    boxes = (1 + 0.05 * np.sin(np.arange(50)))[:, None, None] * vectors(UPRIGHT)
    lines = dump(fractions @ boxes, boxes, 10).splitlines()
    for i, line in enumerate(lines):
        if line.startswith("0 ") and len(line.split()) == 2:
            edge = float(line.split()[1])
            lines[i] = f"{-0.5 * edge:.9g} {0.5 * edge:.9g}"
        elif len(words := line.split()) == 5 and words[0].isdigit():
            (x, y, z), k = map(float, words[2:]), int(words[0]) - 1
            corner = np.array([x, y, z]) / fractions[k] * 0.5
            lines[i] = f"{words[0]} {words[1]} {x - corner[0]:.9g} {y - corner[1]:.9g} {z - corner[2]:.9g}"
    (tmp_path / "a.lammpstrj").write_text("\n".join(lines) + "\n")
    found = follow_files([tmp_path / "a.lammpstrj"], "1", units="lj", selection="all")
    assert found.measured.msd.y == pytest.approx(0, abs=1e-12)


def test_nps_of_a_kept_run_are_followed_as_their_image_flags_say(kept_runs: list[Path]) -> None:
    folder = kept_runs[0]
    with gsd.hoomd.open(str(folder / "thinned.gsd"), "r") as file:
        fractions = [one.particles.position / one.configuration.box[:3] + one.particles.image for one in file]
        box = np.mean([one.configuration.box[:3] for one in file], axis=0)
    path = np.array(fractions) * box
    found = measure(read(folder / "thinned.gsd"), 0.01).msd
    assert found.x[0] == 10
    for lag, y in zip(found.x / 10, found.y, strict=True):
        k = round(lag)
        assert y == pytest.approx(((path[k:] - path[:-k]) ** 2).sum(axis=2).mean(), rel=1e-5)


def test_what_cannot_be_followed_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"frame \d+ of those that count: an NP moved by 0\.[45]\d of the box"):
        _measured(_walk(100, 20, 4.0))
    with pytest.raises(InputError, match="lag_max = 30 tau is more than half the trajectory, 25 tau"):
        _measured(_walk(100, 5, 0.1), lag_max=30)
    with pytest.raises(
        InputError, match=r"9 frames, 0\.5 tau apart: a fifth of them leaves 1 lag times; allowed are 2"
    ):
        _measured(_walk(9, 5, 0.1))
    path, boxes = _walk(20, 5, 0.1) + 10, np.full((20, 3), 20.0)
    uneven = (*range(0, 1000, 100), *range(1100, 2100, 100))
    with pytest.raises(InputError, match="frame 10 of those that count has the step 1100, 200 after the one before"):
        measure(Trajectory(path, boxes, steps=uneven), 0.01)
    with pytest.raises(InputError, match="the steps of its frames are not known"):
        measure(Trajectory(path, boxes), 0.01)
    (tmp_path / "a.lammpstrj").write_text(dump(path, boxes[:, None] * np.eye(3), 5))
    for interval, options, said in (
        ("2", {"units": "A"}, "interval = 2 has no unit"),
        ("2 weeks", {}, "interval = 2 weeks is not a time above 0"),
        ("0", {}, "interval = 0 is not a time above 0"),
        ("2ps", {"lag_max": "3tau"}, "lag_max = 3tau is in tau; times are in ps"),
        ("2ps", {"time_unit": "tau"}, "interval = 2ps is in ps; times are in tau"),
    ):
        given = {"units": "lj", "selection": "all"} | options
        with pytest.raises(InputError, match=said):
            follow_files([tmp_path / "a.lammpstrj"], interval, **given)  # type: ignore[arg-type]
