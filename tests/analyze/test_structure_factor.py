from __future__ import annotations

import freud
import numpy as np
import pytest

from nanonet import InputError
from nanonet.analyze.structure_factor import measure
from nanonet.analyze.trajectory import Trajectory


def _clusters(frames: int, seed: int = 0, edge: float = 20.0) -> Trajectory:
    """Pairs of particles 2 sigma apart, anywhere and in any direction, in a box that fluctuates."""
    rng = np.random.default_rng(seed)
    boxes = np.full((frames, 3), edge) * rng.uniform(0.99, 1.01, (frames, 1))
    first = rng.uniform(0, 1, (frames, 10, 3)) * boxes[:, None]
    arm = rng.normal(size=first.shape)
    arm *= 2.0 / np.linalg.norm(arm, axis=2, keepdims=True)
    return Trajectory(np.concatenate([first, first + arm], axis=1), boxes)


def test_every_allowed_wave_vector_counts_once() -> None:
    one = _clusters(1)
    both = Trajectory(np.repeat(one.positions, 5, axis=0), np.repeat(one.boxes, 5, axis=0))
    found = measure(both, q_max=2.0).structure
    whole = np.array(list(np.ndindex(15, 15, 15))) - 7
    q = 2 * np.pi * whole / one.boxes[0]
    size = np.linalg.norm(q, axis=1)
    power = np.abs(np.exp(1j * one.positions[0] @ q.T).sum(axis=0)) ** 2 / 20
    for k, middle in enumerate(found.q):
        assert found.s[k] == pytest.approx(power[(size >= middle - 0.1) & (size < middle + 0.1)].mean(), rel=1e-9)


def test_freud_agrees_where_it_looks() -> None:
    """freud takes the wave vectors without a negative component only, one of four or eight; the average is the same."""
    frames = _clusters(200)
    found = measure(frames, q_max=4.0).structure
    counter = freud.diffraction.StaticStructureFactorDirect(bins=20, k_max=4.0, k_min=0.0)
    rows = []
    for positions, edges in zip(frames.positions, frames.boxes, strict=True):
        box = freud.box.Box(*edges)
        counter.compute((box, box.wrap(positions - 0.5 * edges)))
        rows.append(np.array(counter.S_k))
    theirs = np.array(rows)[:, -len(found.q) :]
    assert found.error is not None
    error = np.hypot(found.error, theirs.std(axis=0) / np.sqrt(len(rows)))
    assert np.sqrt(np.mean(((found.s - theirs.mean(axis=0)) / error) ** 2)) < 1.5
    positions, edges = frames.positions[0], frames.boxes[0]
    octant = 2 * np.pi * np.array([n for n in np.ndindex(3, 3, 3) if sum(k * k for k in n) == 2]) / edges
    power = np.abs(np.exp(1j * positions @ octant.T).sum(axis=0)) ** 2 / 20
    narrow = freud.diffraction.StaticStructureFactorDirect(bins=10, k_max=0.5, k_min=0.4)
    box = freud.box.Box(*edges)
    narrow.compute((box, box.wrap(positions - 0.5 * edges)))
    assert np.nanmax(np.abs(narrow.S_k)) == pytest.approx(power.mean(), rel=1e-4)


def test_debye_is_the_sum_over_pairs() -> None:
    frames = _clusters(20)
    found = measure(frames, method="debye", q_max=4.0).structure
    assert found.q[0] >= 4 * np.pi / frames.boxes.min() > found.q[0] - 0.2
    expected = np.ones(len(found.q))
    for positions, edges in zip(frames.positions, frames.boxes, strict=True):
        apart = positions[:, None] - positions
        apart -= edges * np.rint(apart / edges)
        r = np.linalg.norm(apart, axis=2)[np.triu_indices(20, 1)]
        expected += 2 / 20 * np.sinc(np.multiply.outer(found.q, r) / np.pi).sum(axis=1) / len(frames.boxes)
    assert found.s == pytest.approx(np.maximum(expected, 0), abs=1e-4)


def test_pairs_at_a_fixed_distance_are_seen_by_both() -> None:
    frames = _clusters(300)
    direct = measure(frames, q_max=4.0).structure
    expected = 1 + np.sinc(direct.q * 2.0 / np.pi)
    assert direct.s[2:] == pytest.approx(expected[2:], abs=0.06)
    debye = measure(frames, method="debye", q_max=4.0).structure
    assert debye.s[8:] == pytest.approx((1 + np.sinc(debye.q * 2.0 / np.pi))[8:], abs=0.06)


def test_bins_start_where_the_box_fills_them() -> None:
    assert measure(_clusters(5, edge=7.9), q_max=4.0).structure.q[0] == pytest.approx(2.3)  # none in 2.0 to 2.2
    assert measure(_clusters(5, edge=20.0), q_max=4.0).structure.q[0] == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"method": "fourier"}, "method = 'fourier' is not one of direct, debye"),
        ({"q_max": 4.1}, "q_max = 4.1 is not 0.2 times a whole number"),
        ({"q_max": float("nan")}, "q_max = nan"),
        ({"q_max": 0.4}, "leaves 1 bins"),
        ({"q_max": 400.0}, "wave vectors in this box"),
        ({"width": 0.0}, "width = 0 is not above 0"),
        ({"blocks": 9}, "5 frames cannot be cut into 9 blocks"),
    ],
)
def test_what_cannot_be_measured_is_named(options: dict[str, object], said: str) -> None:
    with pytest.raises(InputError) as caught:
        measure(_clusters(5), **options)  # type: ignore[arg-type]
    assert said in str(caught.value)
