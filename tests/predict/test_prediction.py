from __future__ import annotations

import json
import shutil
from dataclasses import FrozenInstanceError
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

import nanonet
from nanonet import Composition, Dataset, InputError, OutsideDataWarning, Predictor
from nanonet.formats import potential_table
from nanonet.formats.model_folder import seal
from nanonet.models.gaussian_process import CurveProcess
from nanonet.predict.applicability import largest_leverage, leverage
from tests.synthetic import damage_file

INSIDE = Composition(3, 38, 0.0012, 0.5, 0.5)


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    found = nanonet.load()
    assert isinstance(found.model, CurveProcess)
    return found


def test_a_prediction_has_a_band_and_intervals(predictor: Predictor) -> None:
    rdf = predictor.predict(INSIDE)
    assert rdf.low is not None
    assert rdf.high is not None
    assert rdf.first_peak is not None
    found = predictor.intervals(INSIDE)
    assert found is not None
    for interval, value in (
        (found.peak_height, rdf.first_peak.height),
        (found.peak_position, rdf.first_peak.position),
        (found.coordination_number, rdf.coordination_number(found.radius, INSIDE.density, INSIDE.nps)),
    ):
        assert interval is not None
        assert interval.low <= value <= interval.high
    assert 0.9 < found.peak_probability <= 1.0


def test_all_five_inputs_count_together(predictor: Predictor) -> None:
    """Each input is within its range, but not together."""
    X = Dataset.shipped().X
    corner = Composition(5, 40, 0.0035, 2.3, 0.1)
    x = np.array([5, 40, 0.0035, 2.3, 0.1])
    assert ((x >= X.min(axis=0)) & (x <= X.max(axis=0))).all()
    basis = predictor.basis(corner)
    assert basis.warnings
    assert len(basis.neighbours) == 3
    assert list(basis.distances) == sorted(basis.distances)
    with pytest.warns(OutsideDataWarning):
        predictor.predict(corner)
    with pytest.raises(InputError, match="outside the simulated compositions"):
        predictor.predict(corner, strict=True)
    assert predictor.predict(INSIDE, strict=True) == predictor.predict(INSIDE)


def test_leverage_sees_a_gap_that_no_single_input_shows() -> None:
    t = np.linspace(0, 1, 20)
    line = np.column_stack([t, t + 0.02 * np.sin(40 * t)])
    limit = largest_leverage(line)
    inside, off = leverage(line, np.array([[0.5, 0.5], [0.2, 0.8]]))
    assert inside < limit
    assert off > 10 * limit


DAMAGES = [(name, damage) for name in ("process.npz", "model.json") for damage in ("missing", "cut", "empty")]


@pytest.mark.parametrize(("name", "damage"), [*DAMAGES, ("potential.npz", "cut"), ("potential.npz", "empty")])
def test_a_damaged_file_is_named(name: str, damage: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(str(files("nanonet") / "data" / "gp"), tmp_path / "model"))
    (folder / "potential.npz").write_bytes(potential_table.shipped_bytes())
    damage_file(folder / name, damage)
    with pytest.raises(InputError, match=name.replace(".", r"\.")):
        nanonet.load(folder)


def test_a_folder_without_a_table_means_the_shipped_one_if_its_card_says_so(tmp_path: Path) -> None:
    shipped = files("nanonet") / "data" / "gp"
    assert not (shipped / "potential.npz").is_file()
    folder = Path(shutil.copytree(str(shipped), tmp_path / "model"))
    without = nanonet.load(folder).predict(INSIDE)
    (folder / "potential.npz").write_bytes(potential_table.shipped_bytes())
    assert nanonet.load(folder).predict(INSIDE) == without
    (folder / "potential.npz").unlink()
    card = json.loads((folder / "model.json").read_text())
    card["sha256"]["potential.npz"] = "0" * 64
    (folder / "model.json").write_text(json.dumps(seal(card)))
    with pytest.raises(
        InputError, match=r"potential\.npz does not exist, and the one that comes with nanonet is another"
    ):
        nanonet.load(folder)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"kind": "oracle"}, "kind 'oracle'"),
        ({"kernel": "cubic"}, "kernel 'cubic'"),
        ({"r": [0.1, 0.2]}, "do not belong together"),
        ({"sha256": []}, r"sha256 = \[\]: expected `object`"),
        ({"sha256": {}}, "damaged"),
    ],
)
def test_a_card_edited_by_hand_is_refused(changes: dict[str, object], what: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(str(files("nanonet") / "data" / "gp"), tmp_path / "model"))
    card = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(seal(card | changes)))
    with pytest.raises(InputError, match=what):
        nanonet.load(folder)


def test_sampling_refuses_no_draws(predictor: Predictor) -> None:
    with pytest.raises(InputError, match="n = 0 is not"):
        predictor.sample_curves([[3, 40, 0.002, 0.5, 0.3]], 0)


def test_a_prediction_is_a_value_with_all_that_is_read_off(predictor: Predictor) -> None:
    found = predictor.predict_all(INSIDE)
    assert found.rdf == predictor.predict(INSIDE)
    assert found.intervals == predictor.intervals(INSIDE)
    assert found.support == predictor.support(INSIDE) == predictor.basis(INSIDE)
    assert found.state is not None
    content = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert content["state"]["state"] == found.state.state
    assert list(content["basis"]["nearest"].values()) == list(found.support.nearest.values)
    assert content["intervals"]["neighbours"] == found.neighbours.number
    assert content["first_peak"]["height"] == found.rdf.peaks()[0].height
    with pytest.raises(FrozenInstanceError):
        found.rdf = found.rdf  # type: ignore[misc]
    with pytest.warns(OutsideDataWarning):
        far = predictor.predict(Composition(9, 40, 0.0005, 0.5, 0.5))
    unknown = predictor.predict_all(Composition(9, 40, 0.0005, 0.5, 0.5))
    assert unknown.rdf == far
    assert (unknown.state, unknown.to_json()["state"]) == (None, None)
    assert "r ends at a gap" in unknown.state_unknown


def test_a_model_without_bands_says_so() -> None:
    predictor = nanonet.load("nanonet")
    found = predictor.predict_all(INSIDE)
    assert (predictor.uncertain, found.intervals, found.rdf.low) == (False, None, None)
    assert found.neighbours.interval is None
    assert found.to_json()["intervals"] is None
    x = [[3, 38, 0.0012, 0.5, 0.5]]
    assert np.array_equal(predictor.sample_curves(x, 3), np.repeat(predictor.predict_curves(x)[None], 3, axis=0))
    with pytest.raises(InputError, match="a model of kind 'nanonet' has no bands"):
        predictor.predict_bands(x)
