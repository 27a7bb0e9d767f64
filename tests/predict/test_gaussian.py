from __future__ import annotations

import json
import shutil
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

import nanonet
from nanonet import Composition, Dataset, InputError, OutsideDataWarning
from nanonet.formats.model_folder import seal
from nanonet.predict.gaussian import GaussianPredictor
from nanonet.predict.model import largest_leverage, leverage

INSIDE = Composition(3, 38, 0.0012, 0.5, 0.5)


@pytest.fixture(scope="module")
def predictor() -> GaussianPredictor:
    found = nanonet.load()
    assert isinstance(found, GaussianPredictor)
    return found


def test_a_prediction_has_a_band_and_intervals(predictor: GaussianPredictor) -> None:
    rdf = predictor.predict(INSIDE)
    assert rdf.low is not None
    assert rdf.high is not None
    assert rdf.first_peak is not None
    found = predictor.intervals(INSIDE)
    for interval, value in (
        (found.peak_height, rdf.first_peak.height),
        (found.peak_position, rdf.first_peak.position),
        (found.coordination_number, rdf.coordination_number(found.radius, INSIDE.density, INSIDE.nps)),
    ):
        assert interval is not None
        assert interval.low <= value <= interval.high
    assert 0.9 < found.peak_probability <= 1.0


def test_all_five_inputs_count_together(predictor: GaussianPredictor) -> None:
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


@pytest.mark.parametrize("name", ["process.npz", "potential.npz", "model.json"])
@pytest.mark.parametrize("damage", ["missing", "cut", "empty"])
def test_a_damaged_file_is_named(name: str, damage: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(str(files("nanonet") / "data" / "gp"), tmp_path / "model"))
    path = folder / name
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:1000] if damage == "cut" else b"")
    with pytest.raises(InputError, match=name.replace(".", r"\.")):
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


def test_sampling_refuses_no_draws(predictor: GaussianPredictor) -> None:
    with pytest.raises(InputError, match="n = 0 is not"):
        predictor.sample_curves([[3, 40, 0.002, 0.5, 0.3]], 0)
