from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from nanonet import InputError, umbrella_runs
from nanonet.analyze.trajectory import Trajectory
from nanonet.analyze.umbrella import follow, mean_forces, measure_windows, problems
from nanonet.potentials.mediated import PairInputs
from nanonet.records import UmbrellaRunRecord
from nanonet.systems.umbrella import REACH, UmbrellaWindows
from nanonet.umbrella_runs import BIN, UmbrellaRun
from tests.analyze.made_up import PAIR, made_up_windows, w_poly
from tests.conftest import TINY_WINDOWS


def test_mean_forces_of_exact_samples(tmp_path: Path) -> None:
    """Independent samples of dimers in a known W_poly: every mean force is right within its error."""
    subject, trajectory = made_up_windows(PAIR, frames=2_000, seed=1)
    found = mean_forces(follow(trajectory, subject), subject)
    values = w_poly(found.grid, PAIR)
    scores = (found.force - found.weights @ (np.diff(values) / BIN)) / found.error
    assert np.abs(scores).max() < 4.0
    assert np.sqrt(np.mean(scores**2)) == pytest.approx(1.0, abs=0.5)


def test_forces_of_other_dimers_are_taken_out() -> None:
    """Four NPs in a row: the repulsion between the inner two pulls both dimers together."""
    subject = UmbrellaWindows(PairInputs(3.0, 40, 1.0), ((4.0, 10.0), (4.0, 10.0)))
    positions = np.array([[[2.0, 5, 5], [6.0, 5, 5], [11.5, 5, 5], [15.5, 5, 5]]])
    series = follow(Trajectory(positions, np.full((1, 3), 40.0)), subject)
    reach = subject.exclusion
    inverse6 = 0.5 * (reach / 5.5) ** 6
    push = 24.0 * (2.0 * inverse6**2 - inverse6) / 5.5
    assert push > 0
    assert series.separations[0] == pytest.approx([4.0, 4.0])
    assert series.forces[0] == pytest.approx([2.0 / 4.0 - 0.5 * push] * 2)


def test_windows_that_do_not_overlap_are_named() -> None:
    springs = tuple((separation, 200.0) for separation in (3.0, 3.1, 4.4))
    subject, trajectory = made_up_windows(PAIR, frames=400, seed=2, springs=springs)
    series = follow(trajectory, subject)
    (said,) = problems(mean_forces(series, subject), series)
    assert said == "the windows at 3.09 and 4.41 sigma share only 0.0 %"


def test_a_window_that_drifts_is_named() -> None:
    subject, trajectory = made_up_windows(PAIR, frames=400, seed=2)
    series = follow(trajectory, subject)
    series.forces[200:, 4] += 30.0
    said = problems(mean_forces(series, subject), series)
    assert len(said) == 1
    assert "halves" in said[0]


def test_a_window_run_is_measured_saved_and_read(windows_run: Path, tmp_path: Path) -> None:
    run = measure_windows(windows_run)
    assert run.windows == TINY_WINDOWS
    assert len(run.forces.force) == len(TINY_WINDOWS.springs)
    assert run.record["tau"] == pytest.approx(6.0)
    path = tmp_path / "windows.json"
    umbrella_runs.save(path, [run])
    (again,) = umbrella_runs.load(path)
    assert again.record == run.record
    assert again.windows == run.windows
    assert again.forces.force == pytest.approx(run.forces.force, abs=1e-5)
    assert again.forces.means == pytest.approx(run.forces.means, abs=1e-4)
    umbrella_runs.save(tmp_path / "again.json", [again])
    assert umbrella_runs.load(tmp_path / "again.json")[0].forces.means == pytest.approx(again.forces.means, abs=1e-6)


def test_replicas_stand_side_by_side() -> None:
    runs = [_run(seed) for seed in (1, 2)]
    together = umbrella_runs.combine(runs)
    assert len(together.force) == 2 * len(runs[0].forces.force)
    assert together.means == pytest.approx(np.concatenate([run.forces.means for run in runs]))
    assert len(umbrella_runs.by_pair_inputs(runs)) == 1


def _run(seed: int, pair: PairInputs = PAIR) -> UmbrellaRun:
    subject, trajectory = made_up_windows(pair, frames=200, seed=seed)
    return UmbrellaRun(subject, mean_forces(follow(trajectory, subject), subject), UmbrellaRunRecord(id=f"{seed:016}"))


def test_what_windows_refuse(windows_run: Path, smoke_run: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="eps_pn = -1 is not between 0 and 5"):
        PairInputs(3.0, 40, -1)
    with pytest.raises(InputError, match=r"chain_length = 30\.5 is not a whole number"):
        PairInputs(3.0, 30.5, 1.0)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"springs\[1\] = \(3.0, -1.0\)"):
        UmbrellaWindows(PAIR, ((2.9, 10.0), (3.0, -1.0)))
    with pytest.raises(InputError, match="is no umbrella run"):
        measure_windows(smoke_run)
    with pytest.raises(InputError, match="cannot be put together"):
        umbrella_runs.combine([_run(1), _run(2, PairInputs(4.0, 40, 1.0))])
    with pytest.raises(InputError, match="allowed are 1 or more"):
        umbrella_runs.combine([])
    unfinished = tmp_path / "run"
    shutil.copytree(windows_run, unfinished)
    (unfinished / "trajectory.gsd").unlink()
    with pytest.raises(InputError, match="is not finished"):
        measure_windows(unfinished)
    bad = tmp_path / "windows.json"
    with pytest.raises(InputError, match="does not exist"):
        umbrella_runs.load(bad)
    for text in ("{", '{"nanonet_format": 99, "runs": []}', '{"nanonet_format": 1, "bin": 0.05, "runs": [{}]}'):
        bad.write_text(text)
        with pytest.raises(InputError, match=r"windows\.json cannot be (read|used)"):
            umbrella_runs.load(bad)


def test_springs_follow_from_the_diameter() -> None:
    for diameter in (2.0, 3.3, 5.0):
        subject = UmbrellaWindows(PairInputs(diameter, 30, 1.0))
        separations: NDArray[np.float64] = np.array([separation for separation, _ in subject.springs])
        assert separations[0] == pytest.approx(0.8 * diameter, abs=1e-3)
        assert separations[-1] == pytest.approx(diameter + REACH, abs=1e-3)
        assert np.diff(separations).max() < 0.31
        assert np.diff(separations).min() > 0.1
