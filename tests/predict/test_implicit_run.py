from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import nanonet
from nanonet import InputError
from nanonet.analyze import implicit_runs
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


def test_what_cannot_be_run_is_refused() -> None:
    with pytest.raises(InputError, match="implicit = 'both' is not one of emulated, run"):
        nanonet.load().predict(DISPERSED, implicit="both")
    with pytest.raises(InputError, match="does not start from implicit NPs"):
        nanonet.load("nanonet").predict(DISPERSED, implicit="run")
    with pytest.raises(InputError, match="W_poly is not known, diameter = 6 is not between 2 and 5"):
        nanonet.load().predict([6, 40, 0.001, 0.5, 1.0], implicit="run")
