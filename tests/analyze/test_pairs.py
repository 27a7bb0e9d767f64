from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nanonet import InputError
from nanonet.analyze import frames, pairs
from nanonet.analyze.pairs import measure
from nanonet.analyze.trajectory import Trajectory


def _gas(frames: int, n: int, seed: int, low: float = 20.5, high: float = 30.0) -> Trajectory:
    """An ideal gas in a box whose edges fluctuate wildly and independently."""
    rng = np.random.default_rng(seed)
    boxes = rng.uniform(low, high, (frames, 3))
    return Trajectory(rng.uniform(-0.5, 0.5, (frames, n, 3)) * boxes[:, None], boxes)


def _oracle(trajectory: Trajectory, bins: int = 100, r_max: float = 10.0) -> np.ndarray:
    """g(r) by the definition: every pair, minimum images, each frame by its own volume."""
    edges = np.linspace(0, r_max, bins + 1)
    shells = 4 / 3 * np.pi * np.diff(edges**3)
    total = np.zeros(bins)
    for points, box in zip(trajectory.positions, trajectory.boxes, strict=True):
        i, j = np.triu_indices(len(points), 1)
        delta = points[i] - points[j]
        distances = np.linalg.norm(delta - box * np.rint(delta / box), axis=1)
        counts = np.histogram(distances, edges)[0]
        total += counts * box.prod() / shells / len(i)
    return np.asarray(total / len(trajectory.positions))


def test_agrees_with_the_definition() -> None:
    trajectory = _gas(30, 25, seed=1)
    measured = measure(trajectory)
    # single precision may move a pair that lies on the border of two bins
    difference = np.abs(measured.rdf.g - _oracle(trajectory))
    assert np.median(difference) < 1e-5
    assert np.count_nonzero(difference > 1e-3) <= 2
    assert measured.density == pytest.approx(25 / trajectory.boxes.prod(axis=1).mean())
    assert measured.nps == 25


@pytest.mark.parametrize("n", [2, 5, 40])
def test_an_ideal_gas_has_g_1_whatever_the_box_and_the_number(n: int) -> None:
    frames = 200_000 // (n * (n - 1))
    rdf = measure(_gas(frames, n, seed=n)).rdf
    outer = rdf.r > 3.0
    pulls = (rdf.g[outer] - 1.0) / rdf.error[outer]  # type: ignore[index]
    assert rdf.g[outer].mean() == pytest.approx(1.0, abs=0.02)  # without (n-1)/n it would be 0.5 for n = 2
    assert np.sqrt(np.mean(pulls**2)) < 1.2


@given(seed=st.integers(0, 1000), shift=st.lists(st.floats(-50, 50), min_size=3, max_size=3))
@settings(max_examples=15, deadline=None)
def test_translation_wrapping_and_order_change_nothing(seed: int, shift: list[float]) -> None:
    rng = np.random.default_rng(seed)
    trajectory = _gas(6, 8, seed)
    images = rng.integers(-2, 3, trajectory.positions.shape) * trajectory.boxes[:, None]
    order = rng.permutation(8)
    moved = Trajectory((trajectory.positions + images + np.array(shift))[:, order], trajectory.boxes)
    before, after = measure(trajectory), measure(moved)
    # single precision may move a pair across a border of bins, from one bin to its neighbour
    shells = np.diff(np.linspace(0, 10, 101) ** 3)
    change = np.cumsum((after.rdf.g - before.rdf.g) * shells)
    one_pair = np.max(trajectory.volumes) / (4 / 3 * np.pi) / 28 / 6
    assert np.count_nonzero(np.abs(change) > 0.01 * one_pair) <= 3


def test_error_bars_of_a_gas_are_honest() -> None:
    curves = [measure(_gas(100, 20, seed)).rdf for seed in range(30)]
    outer = curves[0].r > 4
    scatter = np.std([c.g[outer] for c in curves], axis=0, ddof=1)
    claimed = np.sqrt(np.mean([c.error[outer] ** 2 for c in curves], axis=0))  # type: ignore[index]
    assert 0.9 < np.median(claimed / scatter) < 1.5


def test_a_bin_without_a_pair_has_the_error_of_one_pair() -> None:
    trajectory = _gas(10, 2, seed=0)
    rdf = measure(trajectory).rdf
    assert rdf.error is not None
    empty = np.flatnonzero(rdf.g == 0)
    shells = 4 / 3 * np.pi * np.diff(np.linspace(0, 10, 101) ** 3)
    expected = 1.0 / (shells * (1.0 / trajectory.volumes).sum())
    assert rdf.error[empty] == pytest.approx(expected[empty], rel=1e-5)


def test_a_box_too_small_for_10_sigma_is_refused() -> None:
    with pytest.raises(InputError, match=r"box edge = 19\.\d+ is too small: g\(r\) to 10 sigma needs more than 20"):
        measure(_gas(10, 5, 0, low=19.5, high=19.9))
    assert len(measure(_gas(10, 5, 0, low=19.5, high=19.9), r_max=9.0, bins=90).rdf.r) == 90


def test_too_few_frames_are_refused() -> None:
    with pytest.raises(InputError, match="4 frames cannot be cut into 5 blocks"):
        measure(_gas(4, 5, 0))


def test_nps_in_one_cluster_have_all_others_as_neighbours() -> None:
    """Eight NPs in one cluster have seven neighbours each, whatever the box does: not eight."""
    rng = np.random.default_rng(0)
    edges = rng.uniform(24.0, 26.0, 50)
    corners = np.array(np.meshgrid([0, 3.1], [0, 3.1], [0, 3.1])).reshape(3, -1).T
    positions = corners + rng.normal(0, 0.05, (50, 8, 3)) + rng.uniform(0, 24, (50, 1, 3))
    found = measure(Trajectory(positions % edges[:, None, None], np.repeat(edges[:, None], 3, axis=1)))
    assert found.rdf.coordination_number(8.0, found.density, found.nps) == pytest.approx(7.0, rel=1e-6)


def test_few_nps_and_many_are_counted_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """All pairs by NumPy, a few frames at a time, and near ones by freud; boxes of three different edges."""
    rng = np.random.default_rng(5)
    boxes = rng.uniform(21.0, 26.0, (17, 3))
    gas = Trajectory(rng.uniform(-1.0, 2.0, (17, 30, 3)) * boxes[:, None], boxes)
    monkeypatch.setattr(frames, "_DISTANCES", 1_000)
    few, near = (
        np.concatenate([count(part, 10.0, 200) for part in frames.batches(gas)])
        for count in (pairs.count_all, pairs.count_near)
    )
    assert few.sum() > 1_000
    assert np.abs(few - near).sum() <= 2  # freud computes in single precision: a pair at an edge may fall either side
