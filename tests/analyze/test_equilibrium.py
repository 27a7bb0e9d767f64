from __future__ import annotations

import numpy as np
import pytest

from nanonet import InputError
from nanonet.analyze.equilibrium import assess, block_error, block_means, inefficiency
from nanonet.analyze.trajectory import Trajectory

BOX = 12.0


def _walk(frames: int, n: int, step: float, seed: int = 0) -> Trajectory:
    """Ideal Brownian particles, wrapped."""
    rng = np.random.default_rng(seed)
    positions = rng.uniform(0, BOX, (1, n, 3)) + np.cumsum(rng.normal(0, step, (frames, n, 3)), axis=0)
    return Trajectory(positions % BOX, np.full((frames, 3), BOX))


def test_blocks_partition_the_series() -> None:
    series = np.arange(12.0)
    assert np.array_equal(block_means(series, 4), [1, 4, 7, 10])
    assert block_error(np.ones(10), 5) == 0
    for blocks in (1, 13):
        with pytest.raises(InputError):
            block_means(series, blocks)


def test_block_error_of_white_noise_is_the_known_one() -> None:
    noise = np.random.default_rng(0).normal(size=(10_000, 200))
    assert np.sqrt(np.mean(block_error(noise) ** 2)) == pytest.approx(0.01, rel=0.1)


def testinefficiency_of_an_autoregressive_series_is_the_known_one() -> None:
    rng = np.random.default_rng(1)
    noise, memory = rng.normal(size=200_000), 0.9
    series = np.empty_like(noise)
    series[0] = noise[0]
    for i in range(1, len(noise)):
        series[i] = memory * series[i - 1] + noise[i]
    assert inefficiency(series) == pytest.approx((1 + memory) / (1 - memory), rel=0.1)
    assert inefficiency(noise) == pytest.approx(1.0, abs=0.05)


def test_particles_that_mix_converge() -> None:
    verdict = assess([_walk(4000, 12, 0.4)], diameter=2.0)
    assert verdict.converged
    assert verdict.entries >= 10
    # free diffusion: MSD = 3 step^2 frames, less the share of the centre of mass
    assert verdict.mobility * 4.0 == pytest.approx(3 * 0.4**2 * 4000 * 11 / 12, rel=0.6)


def test_particles_that_stand_still_do_not() -> None:
    verdict = assess([_walk(200, 12, 1e-4)], diameter=2.0)
    assert not verdict.converged
    assert "moved by only" in verdict.reason


def test_a_cluster_that_grows_is_a_drift() -> None:
    trajectory = _walk(2000, 12, 0.3)
    shrink = np.linspace(1.0, 0.2, 2000)[:, None, None]
    centre = np.array([6.0, 6.0, 6.0])
    verdict = assess([Trajectory(centre + (trajectory.positions - centre) * shrink, trajectory.boxes)], 2.0)
    assert not verdict.converged
    assert "halves differ" in verdict.reason


def test_a_pair_that_goes_to_and_fro_enters_each_time() -> None:
    distance = np.tile([5.0, 2.8, 2.2, 2.8, 2.2, 5.0], 7)  # within, between and beyond: only from afar counts
    positions = np.zeros((len(distance), 2, 3))
    positions[:, 1, 0] = distance
    assert assess([Trajectory(positions, np.full((len(distance), 3), BOX))], 2.0).entries == 7


def test_replicas_that_agree_and_replicas_that_do_not() -> None:
    replicas = [_walk(3000, 12, 0.4, seed) for seed in (3, 4, 5)]
    together = assess(replicas, diameter=2.0)
    assert together.converged
    assert together.badness <= 1
    assert together.agreement is not None
    assert together.samples == pytest.approx(sum(assess([r], 2.0).samples for r in replicas), rel=0.5)
    assert "3 replicas" in together.reason
    crowded = Trajectory(replicas[0].positions, replicas[0].boxes * 0.8)  # the same walk in a smaller box
    apart = assess([replicas[1], crowded], diameter=2.0)
    assert not apart.converged
    assert "replicas differ" in apart.reason
    assert apart.badness > 1
    assert assess(replicas[:1], 2.0).agreement is None
    with pytest.raises(InputError, match="no trajectory"):
        assess([], 2.0)
