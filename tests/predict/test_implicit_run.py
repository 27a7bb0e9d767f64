from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import nanonet
from nanonet import InputError
from nanonet.analyze import implicit_runs
from nanonet.predict.implicit_run import about_run
from nanonet.predict.predictor import OutsideDataWarning
from nanonet.protocol import IMPLICIT

DISPERSED = [3, 40, 0.002, 0.5, 1.0]


def test_implicit_nps_are_run_in_place_of_the_emulator(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same g(r) within the band where NPs are dispersed; a run that is too short says so."""
    short = replace(IMPLICIT, equilibration_steps=20_000, production_steps=100_000)
    monkeypatch.setattr(implicit_runs, "IMPLICIT", short)
    model = nanonet.load()
    emulated, run = model.predict(DISPERSED), model.predict(DISPERSED, implicit="run")
    assert emulated.low is not None
    assert emulated.high is not None
    counted = emulated.g > 0.3
    within = (emulated.low < run.g) & (run.g < emulated.high)
    assert within[counted].mean() > 0.9
    assert np.sqrt(np.mean(np.log(run.g[counted] / emulated.g[counted]) ** 2)) < 0.2  # 0.04 to 0.12 with eight seeds
    assert not np.array_equal(run.g, emulated.g)
    monkeypatch.setattr(implicit_runs, "IMPLICIT", replace(short, equilibration_steps=400, production_steps=4_000))
    with pytest.warns(OutsideDataWarning, match="the implicit run has not converged"):
        model.predict([3, 40, 0.002, 0.5, 0.3], implicit="run")
    with pytest.raises(InputError, match="the implicit run has not converged"):
        model.predict([3, 40, 0.002, 0.5, 0.3], implicit="run", strict=True)


def test_runs_of_before_are_found_in_their_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    short = replace(IMPLICIT, equilibration_steps=400, production_steps=4_000)
    monkeypatch.setattr(implicit_runs, "IMPLICIT", short)
    model, composition = nanonet.load().model, nanonet.Composition(3, 40, 0.002, 0.5, 1.0)
    first = about_run(model, composition, tmp_path).predict([DISPERSED])
    trajectories = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*/trajectory.gsd")}
    assert len(trajectories) >= 2  # from both ends
    assert np.array_equal(about_run(model, composition, tmp_path).predict([DISPERSED]), first)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("*/trajectory.gsd")} == trajectories


def test_what_cannot_be_run_is_refused() -> None:
    with pytest.raises(InputError, match="implicit = 'both' is not one of emulated, run"):
        nanonet.load().predict(DISPERSED, implicit="both")
    with pytest.raises(InputError, match="does not start from implicit NPs"):
        nanonet.load("nanonet").predict(DISPERSED, implicit="run")
    with pytest.raises(InputError, match="W_poly is not known, diameter = 6 is not between 2 and 5"):
        nanonet.load().predict([6, 40, 0.001, 0.5, 1.0], implicit="run")
