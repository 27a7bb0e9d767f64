from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nanonet import InputError
from nanonet.analyze.equilibrium import (
    agree,
    assess,
    assess_trajectories,
    block_error,
    block_means,
    inefficiency,
    trajectory_statistics,
)
from nanonet.analyze.trajectory import Trajectory
from nanonet.records import TrajectoryStatistics

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


def test_inefficiency_of_an_autoregressive_series_is_the_known_one() -> None:
    rng = np.random.default_rng(1)
    noise, memory = rng.normal(size=200_000), 0.9
    series = np.empty_like(noise)
    series[0] = noise[0]
    for i in range(1, len(noise)):
        series[i] = memory * series[i - 1] + noise[i]
    assert inefficiency(series) == pytest.approx((1 + memory) / (1 - memory), rel=0.1)
    assert inefficiency(noise) == pytest.approx(1.0, abs=0.05)


def test_particles_that_mix_converge() -> None:
    verdict = assess_trajectories([_walk(4000, 12, 0.4, seed) for seed in (0, 1)], 2.0, ["implicit", "implicit"])
    assert verdict.converged
    assert verdict.contact_events is not None
    assert verdict.contact_events >= 10
    # free diffusion: MSD = 3 step^2 frames, less the share of the centre of mass
    assert verdict.mobility is not None
    assert verdict.mobility * 4.0 == pytest.approx(3 * 0.4**2 * 4000 * 11 / 12, rel=0.6)


def test_one_start_alone_does_not() -> None:
    verdict = assess_trajectories([_walk(4000, 12, 0.4)], 2.0, ["implicit"])
    assert not verdict.converged
    assert verdict.reason == "one start alone"
    assert verdict.agreement is None
    assert verdict.shortfall == 1.5
    again = assess_trajectories([_walk(4000, 12, 0.4, seed) for seed in (0, 1)], 2.0, ["dispersed", "dispersed"])
    assert again.reason == "no independent starts"
    assert assess_trajectories(
        [_walk(4000, 12, 0.4, seed) for seed in (0, 1)], 2.0, ["dispersed", "clustered"]
    ).converged


def test_blocks_shorter_than_the_memory_do_not() -> None:
    one = TrajectoryStatistics((1.0, 2.0), (0.1, 0.1), (50.0, 4.0), 500.0, 0.0, 20, True, 2.0)
    verdict = assess([one, one], ["implicit", "implicit"])
    assert not verdict.converged
    assert verdict.reason == "only 4.0 independent samples"
    assert verdict.shortfall == pytest.approx(5 / 4)


def test_a_cluster_that_grows_is_a_drift() -> None:
    trajectory = _walk(2000, 12, 0.3)
    shrink = np.linspace(1.0, 0.2, 2000)[:, None, None]
    centre = np.array([6.0, 6.0, 6.0])
    gathering = Trajectory(centre + (trajectory.positions - centre) * shrink, trajectory.boxes)
    verdict = assess_trajectories([gathering], 2.0, ["implicit"])
    assert not verdict.converged
    assert "halves differ" in verdict.reason


def test_a_pair_that_goes_to_and_fro_enters_each_time() -> None:
    distance = np.tile([5.0, 2.8, 2.2, 2.8, 2.2, 5.0], 7)  # within, between and beyond: only from afar counts
    positions = np.zeros((len(distance), 2, 3))
    positions[:, 1, 0] = distance
    pair = Trajectory(positions, np.full((len(distance), 3), BOX))
    assert assess_trajectories([pair], 2.0, ["implicit"]).contact_events == 7


def test_changes_between_one_cluster_and_none_are_counted() -> None:
    """Six NPs in a row that touch, then do not, then half of them do (no state of its own), then all again."""
    apart, touching = np.arange(6) * 4.5, np.arange(6) * 2.2
    half = np.where(np.arange(6) < 3, touching, 10.0 + apart)
    x = np.repeat([touching, apart, half, touching], [5, 5, 5, 5], axis=0)
    positions = np.zeros((20, 6, 3))
    positions[:, :, 0] = x
    seen = trajectory_statistics(Trajectory(positions, np.full((20, 3), 60.0)), 2.0)
    assert seen.changes == 2
    assert seen.largest == pytest.approx((1 + 1 / 6 + 3 / 6 + 1) / 4)


def test_replicas_that_agree_and_replicas_that_do_not() -> None:
    replicas = [_walk(3000, 12, 0.4, seed) for seed in (3, 4, 5)]
    together = assess_trajectories(replicas, 2.0, ["implicit"] * 3)
    assert together.converged
    assert together.shortfall is not None
    assert together.shortfall <= 1
    assert together.agreement is not None
    assert "3 runs within" in together.reason
    crowded = Trajectory(replicas[0].positions, replicas[0].boxes * 0.8)  # the same walk in a smaller box
    apart = assess_trajectories([replicas[1], crowded], 2.0, ["implicit", "implicit"])
    assert not apart.converged
    assert "replicas differ" in apart.reason
    assert apart.shortfall is not None
    assert apart.shortfall > 1
    with pytest.raises(InputError, match="0 trajectories"):
        assess_trajectories([], 2.0, [])
    with pytest.raises(InputError, match="2 trajectories and 1 starts"):
        assess_trajectories(replicas[:2], 2.0, ["implicit"])


def test_a_difference_below_a_tenth_is_none_however_small_the_errors() -> None:
    """Gathered NPs have neighbours counted to a percent: 14.0 against 14.4 is the same state."""
    one = TrajectoryStatistics((6.0, 14.0), (0.01, 0.02), (50.0, 50.0), 10.0, 0.0, 0, True, 0.5)
    for counts, same in (((6.1, 14.4), True), ((6.1, 16.0), False)):
        other = replace(one, means=counts)
        assert agree(one, other) is same
        assert assess([one, other], ["implicit", "implicit"]).converged is same
