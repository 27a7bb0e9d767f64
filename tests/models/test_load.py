"""A predictor of one's own: a class with what `CurveModel` asks for, and a line in the table of loaders."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import ArrayLike

import nanonet
from nanonet import Composition, Dataset, InputError, OutsideDataWarning
from nanonet.composition import FIELDS
from nanonet.formats.model_folder import ModelFolder
from nanonet.formats.model_writing import write_model
from nanonet.models import load
from nanonet.models.base import Array, Band, check_inputs
from nanonet.models.gaussian_process import CurveProcess
from nanonet.phases.state import Criteria
from nanonet.predict.phase_map import compute_map

INSIDE = Composition(3, 38, 0.0012, 0.5, 0.5)


@dataclass(frozen=True, eq=False)
class Scaled:
    """One curve, times the polymer's attraction; it is off by a fifth."""

    X: Array
    x: Array
    curve: Array

    uncertain = True

    @staticmethod
    def read(folder: ModelFolder) -> Scaled:
        return Scaled(folder.array("X", 2), folder.array("r", 1), np.frombuffer(folder.content("curve")))

    def predict(self, X: ArrayLike) -> Array:
        return check_inputs(X, self.X.shape[1])[:, 4:] * self.curve

    def band(self, X: ArrayLike) -> Band | None:
        g = self.predict(X)
        return Band(g, 0.8 * g, 1.2 * g)

    def sample(self, X: ArrayLike, draws: int, seed: int = 0, common: bool = False) -> Array:
        factor = np.random.default_rng(seed).uniform(0.8, 1.2, draws)
        return factor[:, None, None] * self.predict(X)

    def caveat(self, X: Array) -> str:
        return "the curve is always the same"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(load.LOADERS, "scaled", Scaled.read)
    data = Dataset.shipped()
    content = {"inputs": list(FIELDS), "X": data.X.tolist(), "r": data.r.tolist()}
    return write_model(tmp_path / "model", "scaled", {"curve": data.G[3].tobytes()}, content, ("numpy",))


def test_a_predictor_is_one_class_and_one_line(folder: Path) -> None:
    predictor = nanonet.load(folder)
    assert "scaled" in repr(predictor)
    with pytest.warns(OutsideDataWarning, match="always the same"):
        rdf = predictor.predict(INSIDE)
    assert rdf.low == pytest.approx(0.8 * rdf.g)
    found = predictor.predict_all(INSIDE)
    assert found.support.warnings == ("the curve is always the same",)
    assert found.intervals is not None
    assert found.state is not None
    held = {"diameter": 3, "chain_length": 40, "density": 1e-3}
    shown = compute_map(predictor, ("eps_pn", "eps_nn"), held, (None, None), 2, Criteria())
    assert shown.shares.sum(axis=-1) == pytest.approx(1)


def test_a_file_that_is_not_the_cards_is_refused(folder: Path) -> None:
    (folder / "curve").write_bytes(b"0" * 800)
    with pytest.raises(InputError, match="curve is damaged: its SHA-256"):
        nanonet.load(folder)


def test_a_name_that_no_folder_can_have_is_refused() -> None:
    with pytest.raises(InputError, match=r"model x+ is not a folder"):
        nanonet.load("x" * 5000)


def test_folders_of_before_there_were_named_settings_are_read() -> None:
    """The numbers of the shipped process are an array without names in its file."""
    model, folder = load.load_model("gp")
    assert isinstance(model, CurveProcess)
    if "settings" not in folder.card:
        assert model.transform.floor == 0.03
        assert model.calibration.factor == pytest.approx(folder.card["training"]["conformal_factor"], abs=1e-4)
