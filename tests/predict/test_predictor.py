from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import nanonet
from nanonet import Composition, Dataset, InputError, OutsideDataWarning
from nanonet.formats.model_folder import seal
from nanonet.learn.nanonet import NanoNet
from nanonet.models.nanonet import OnnxNanoNet
from tests.synthetic import damage_file


def test_the_exported_model_says_what_learn_says(trained: NanoNet, model_folder: Path) -> None:
    rng = np.random.default_rng(0)
    low, high = trained.X_.min(axis=0), trained.X_.max(axis=0)
    X = rng.uniform(low - 0.3 * (high - low), high + 0.3 * (high - low), (60, 5))
    predictor = nanonet.load(model_folder)
    assert isinstance(predictor.model, OnnxNanoNet)
    assert predictor.model.predict_images(X) == pytest.approx(trained.predict_images(X), abs=1e-5)
    # reading g multiplies the rounding of single precision by the height of a stroke, up to 64 pixels
    assert predictor.predict_curves(X) == pytest.approx(trained.predict(X), rel=3e-4, abs=1e-5)


def test_a_prediction_tells_what_it_rests_on(model_folder: Path, made_up_dataset: Dataset) -> None:
    predictor = nanonet.load(model_folder)
    composition = made_up_dataset.compositions[2]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rdf = predictor.predict(composition)
    assert rdf.error is None
    assert np.array_equal(rdf.r, made_up_dataset.r)
    basis = predictor.basis(composition)
    assert basis.nearest == composition
    assert basis.distance == 0
    assert (basis.simulations, basis.nps) == (8, (10, 17))
    assert basis.converged == 3
    assert "8 simulations of 10 to 17 NPs, 3 of them converged" in str(basis)
    assert "8 simulations" in repr(predictor)


def test_far_from_the_data_it_warns(model_folder: Path, made_up_dataset: Dataset) -> None:
    predictor = nanonet.load(model_folder)
    far = Composition(9, 200, 0.0005, 4.5, 4.5)
    with pytest.warns(OutsideDataWarning) as caught:
        predictor.predict(far)
    (text,) = [str(w.message) for w in caught]  # one warning, all reasons in it
    assert "diameter = 9 is outside the simulated" in text
    assert "farther than any two neighbours" in text
    assert text == "; ".join(predictor.basis(far).warnings)


def test_what_is_asked_for_is_answered_in_kind(model_folder: Path, made_up_dataset: Dataset) -> None:
    predictor, X = nanonet.load(model_folder), made_up_dataset.X[:3]
    names = made_up_dataset.space.names
    curves = predictor.predict(X)
    assert curves.shape == (3, len(predictor.r))
    by_name = dict(zip(names, X[1].tolist(), strict=True))
    assert predictor.predict(by_name) == predictor.predict(**by_name)
    np.testing.assert_allclose(predictor.predict(**by_name).y, curves[1], rtol=1e-5, atol=1e-6)
    table = pd.DataFrame(X[:, ::-1], columns=names[::-1], index=["a", "b", "c"])
    found = predictor.predict(table)
    assert list(found.index) == ["a", "b", "c"]
    np.testing.assert_array_equal(found.to_numpy(), curves)
    np.testing.assert_array_equal(found.columns, predictor.r)
    with pytest.raises(InputError, match="no column density"):
        predictor.predict(table.drop(columns="density"))
    with pytest.raises(InputError, match="diameter is given beside a point"):
        predictor.predict(by_name, diameter=3)
    with pytest.raises(InputError, match="row 1: diameter = 99"):
        predictor.predict(np.array([X[0], [99, *X[0, 1:]]]))
    far = np.array([X[0], [10, *X[0, 1:]]])
    with pytest.warns(nanonet.OutsideDataWarning, match="1 of 2 points lie outside"):
        predictor.predict(far)
    with pytest.raises(InputError, match="the first is row 1"):
        predictor.predict(far, strict=True)


def test_notebooks_show_what_matters() -> None:
    model = nanonet.load()
    assert "Model gaussian" in model._repr_html_()
    found = model.predict_all([3, 40, 0.002, 0.5, 1.0])
    html = found._repr_html_()
    for text in ("Prediction for D=3 N=40", "state", "first peak", "rests on", "data:image/png;base64,"):
        assert text in html
    assert len(found.plot().lines) == 2  # the curve, and a line at 1


def test_five_numbers_are_a_composition(model_folder: Path, made_up_dataset: Dataset) -> None:
    predictor = nanonet.load(model_folder)
    five = made_up_dataset.X[2]
    assert predictor.predict(five.tolist()) == predictor.predict(made_up_dataset.compositions[2])
    assert predictor.basis(five).nearest == made_up_dataset.compositions[2]
    for wrong in ([made_up_dataset.compositions[0]], 3, "abc", [1, 2]):
        with pytest.raises(InputError, match="is not a Composition, nor its numbers"):
            predictor.predict(wrong)
    with pytest.raises(InputError, match="diameter = 99"):
        predictor.predict([99, 40, 0.002, 0.5, 1.0])
    with pytest.raises(InputError, match="model = 3 is not a folder"):
        nanonet.load(3)  # type: ignore[arg-type]


def test_what_is_outside_is_the_same_for_one_and_for_many(made_up_dataset: Dataset) -> None:
    predictor = nanonet.load()
    rng = np.random.default_rng(0)
    X = rng.uniform([1, 20, 0.0002, 0.05, 0], [6, 50, 0.003, 3, 2], (200, 5))
    X[:, 1] = X[:, 1].round()
    alone = [any("W_poly" not in text for text in predictor.basis(x).warnings) for x in X]
    assert predictor.outside(X).tolist() == alone
    assert 20 < sum(alone) < 200


def test_wrong_arrays_are_refused(model_folder: Path) -> None:
    predictor = nanonet.load(model_folder)
    with pytest.raises(InputError, match=r"shape \(1, 2\); allowed is \(n, 5\)"):
        predictor.predict_curves([[1.0, 2.0]])
    with pytest.raises(InputError, match="finite"):
        predictor.predict_curves([[np.nan] * 5])
    with pytest.raises(InputError, match="not an array of numbers"):
        predictor.predict_curves([["a"] * 5])
    assert predictor.predict_curves(np.empty((0, 5))).shape == (0, 100)


def test_a_model_of_other_inputs_does_not_take_compositions(trained: NanoNet, tmp_path: Path) -> None:
    predictor = nanonet.load(trained.export(tmp_path / "model", {"inputs": list("abcde")}))
    assert predictor.predict_curves(trained.X_).shape == (8, 100)
    with pytest.raises(InputError, match="inputs are"):
        predictor.predict(Composition(3, 40, 0.002, 0.5, 1.0))


@pytest.mark.parametrize("name", ["forest.onnx", "decoder.onnx", "model.json"])
@pytest.mark.parametrize("damage", ["missing", "cut", "empty"])
def test_a_damaged_file_is_named(name: str, damage: str, model_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(model_folder, tmp_path / "model"))
    damage_file(folder / name, damage)
    with pytest.raises(InputError, match=name.replace(".", r"\.")):
        nanonet.load(folder)


def _edit(folder: Path, sealed: bool = True, **changes: object) -> None:
    card = json.loads((folder / "model.json").read_text())
    content = {k: v for k, v in (card | changes).items() if v is not None}
    (folder / "model.json").write_text(json.dumps(seal(content) if sealed else content))


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"format": 99}, "format 99; allowed is 1"),
        ({"r": None}, "missing required field `r`"),
        ({"X": "text"}, "X = 'text': expected `array`"),
        ({"X": [[1, 2], [3, 4]]}, "cannot be used"),
        ({"r": []}, "r is not an array of finite numbers"),
        ({"input_scaling": {"low": [0]}}, "input_scaling: object missing required field `span`"),
        ({"sha256": {}}, "damaged"),
    ],
)
def test_a_card_edited_by_hand_is_refused(
    changes: dict[str, object], what: str, model_folder: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(model_folder, tmp_path / "model"))
    _edit(folder, **changes)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=what):
        nanonet.load(folder)


def test_a_card_knows_itself(model_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(model_folder, tmp_path / "model"))
    _edit(folder, sealed=False, created="1999-01-01")
    with pytest.raises(InputError, match=r"model\.json is damaged: its own checksum"):
        nanonet.load(folder)
    _edit(folder, sealed=False, checksum=None)  # as versions before it wrote them
    assert nanonet.load(folder).card["created"] == "1999-01-01"


def test_not_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a folder"):
        nanonet.load(tmp_path / "none")


def test_common_random_numbers_draw_for_each_input_what_it_would_have_alone() -> None:
    """But for the single precision in which ln(g + 0.03) is worked out: so the ratios of g + 0.03 are compared."""
    model = nanonet.load()
    X = model.X[:3]
    together = model.sample_curves(X, 20, seed=3, common=True)
    for i in range(3):
        alone = model.sample_curves(X[i : i + 1], 20, seed=3)[:, 0]
        assert together[:, i] + 0.03 == pytest.approx(alone + 0.03, rel=1e-5)
