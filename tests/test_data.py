"""What ships: the simulated runs and the model trained on them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import nanonet
from nanonet import Composition, Dataset
from nanonet.analyze.runs import analyze
from nanonet.picture import draw, trace

ROOT = Path(__file__).parents[1]
GOLDEN = Path(__file__).parent / "golden" / "predictions.json"
ROW = 10.0 / 64

DATA = Dataset.shipped()


def test_the_data_span_the_papers_range() -> None:
    assert len(DATA) >= 8
    assert (DATA.X[:, 0].min(), DATA.X[:, 0].max()) == (2, 5)
    assert DATA.X[:, 4].min() <= 0.1
    assert DATA.X[:, 4].max() >= 1.2
    assert np.isfinite(DATA.errors).all()
    assert len({entry["id"] for entry in DATA.provenance}) == len(DATA)


def test_measured_densities_are_near_the_nominal_ones_and_not_them() -> None:
    nominal = np.array([entry["nominal_density"] for entry in DATA.provenance])
    assert DATA.X[:, 2] == pytest.approx(nominal, rel=0.05)
    assert (DATA.X[:, 2] != nominal).all()


def test_every_run_says_how_it_was_made() -> None:
    for entry in DATA.provenance:
        assert entry["protocol"]["name"] == "desk"
        assert entry["production_tau"] >= 1000
        assert entry["nps"] >= 8
        assert "2025" in entry["lammps"]


def _contact(eps_pn: float) -> float:
    """Largest g closer than a monomer's diameter to contact, D = 3, eps_nn = 0.5."""
    (i,) = (i for i, c in enumerate(DATA.compositions) if (c.diameter, c.eps_nn, c.eps_pn) == (3, 0.5, eps_pn))
    return float(DATA.G[i][DATA.r < 3.5].max())


def test_weak_polymer_np_attraction_gives_contact_and_strong_suppresses_it() -> None:
    assert _contact(0.3) > 5
    assert _contact(1.0) < 1


@pytest.mark.parametrize("i", range(len(DATA)))
def test_the_picture_keeps_the_first_peak_of_real_curves(i: int) -> None:
    before, after = DATA.rdfs[i].first_peak, trace(draw(DATA.rdfs[i])).first_peak
    assert before is not None
    assert after is not None
    assert after.height == pytest.approx(before.height, rel=0.03)
    assert abs(after.position - before.position) <= ROW


def test_the_dataset_is_what_analyze_makes_of_the_kept_trajectories() -> None:
    folders = sorted((ROOT / "data" / "runs").iterdir())
    assert {folder.name for folder in folders} == {entry["id"] for entry in DATA.provenance}
    again = analyze(folders[:2])
    for composition, rdf, entry in zip(again.compositions, again.rdfs, again.provenance, strict=True):
        i = [e["id"] for e in DATA.provenance].index(entry["id"])
        assert composition == DATA.compositions[i]
        assert rdf.g == pytest.approx(DATA.G[i], rel=1e-5, abs=1e-5)
        assert rdf.error == pytest.approx(DATA.errors[i], rel=1e-4, abs=1e-5)


def test_the_model_rests_on_the_dataset() -> None:
    card = nanonet.load().card
    assert np.array_equal(card["X"], DATA.X)
    assert [run["id"] for run in card["runs"]] == [entry["id"] for entry in DATA.provenance]
    assert card["training"]["mse"] < 0.5 * card["training"]["mse_mean"]


def test_predictions_are_the_golden_ones() -> None:
    """Golden numbers; after a wanted change:  python -m tests.test_data."""
    golden = json.loads(GOLDEN.read_text())
    predicted = nanonet.load().predict_curves(golden["X"])
    assert predicted == pytest.approx(np.array(golden["G"]), rel=1e-3, abs=1e-4)


if __name__ == "__main__":
    compositions = [
        Composition(3, 40, 0.002, 0.5, 1.0),
        Composition(3, 40, 0.002, 0.5, 0.3),
        Composition(4.5, 27, 0.001, 2, 0.5),
    ]
    X = [[c.diameter, c.chain_length, c.density, c.eps_nn, c.eps_pn] for c in compositions]
    curves = np.round(nanonet.load().predict_curves(X), 6)
    GOLDEN.write_text(json.dumps({"X": X, "G": curves.tolist()}) + "\n")
