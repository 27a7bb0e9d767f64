"""What ships: the simulated runs and the model trained on them."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import nanonet
from docs.make import datasheet, grafted
from nanonet import Composition, Dataset
from nanonet.analyze.pairs import measure
from nanonet.analyze.trajectory import read
from nanonet.campaign.design import FIGURE_4
from nanonet.evaluate.baselines import Mean, Nearest
from nanonet.evaluate.cross_validation import folded
from nanonet.evaluate.metrics import FLOOR
from nanonet.learn.train import DOUBT, doubted
from nanonet.learn.training import STUCK
from nanonet.models.load import SHIPPED
from nanonet.predict.predictor import OutsideDataWarning
from nanonet.structure_factor import StructureFactor
from tests.synthetic import draw, trace

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
    for runs in DATA.runs:
        assert runs
        for run in runs:
            assert run.record["protocol"]["name"] == "desk"
            assert run.record["production_tau"] >= 2500
            assert run.record["nps"] >= 8
            assert run.record["box"] > 20.5
            assert run.record["polymer"]["configurations"] >= 50
            assert "2025" in run.record["lammps"]


def test_figure_4_and_independent_replicas_are_there() -> None:
    nominal = {
        replace(c, density=entry["nominal_density"])
        for c, entry in zip(DATA.compositions, DATA.provenance, strict=True)
    }
    assert set(FIGURE_4) <= nominal
    both = [entry for entry in DATA.provenance if entry["convergence"]["independent"]]
    assert len(both) >= 2
    assert all(entry["convergence"]["agreement"] is not None for entry in both)


def test_condensing_nps_that_began_dispersed_teach_nothing_where_gathered_ones_are_known() -> None:
    gathered = 0
    for entry, runs, g in zip(DATA.provenance, DATA.runs, DATA.G, strict=True):
        starts = {run.record["id"]: run.record["start"] for run in runs}
        if entry["regime"] == "condensing" and len(set(starts.values())) > 1:
            gathered += 1
            assert {starts[name] for name in entry["left_out"]} == {"dispersed"}
            shorter = [run.rdf.g.max() for run in runs if run.record["id"] in entry["left_out"]]
            assert g.max() > 1.5 * max(shorter)
    assert gathered >= 8


def _contact(eps_pn: float) -> float:
    """Largest g closer than a monomer's diameter to contact, D = 3, eps_nn = 0.5, nominal density 0.002."""
    (i,) = (
        i
        for i, (c, entry) in enumerate(zip(DATA.compositions, DATA.provenance, strict=True))
        if (c.diameter, c.eps_nn, c.eps_pn, entry["nominal_density"]) == (3, 0.5, eps_pn, 0.002)
    )
    return float(DATA.G[i][DATA.r < 3.5].max())


def test_weak_polymer_np_attraction_gives_contact_and_strong_suppresses_it() -> None:
    assert _contact(0.3) > 5
    assert _contact(1.0) < 0.1 * _contact(0.3)


@pytest.mark.parametrize("i", [i for i, rdf in enumerate(DATA.rdfs) if rdf.first_peak is not None])
def test_the_image_keeps_the_first_peak_of_real_curves(i: int) -> None:
    """Where it was; a hump before it that the error bars rule out may count in the image, which has none."""
    before = DATA.rdfs[i].first_peak
    assert before is not None
    after = min(trace(draw(DATA.rdfs[i])).peaks(), key=lambda peak: abs(peak.position - before.position))
    assert after.height == pytest.approx(before.height, rel=0.03)
    assert abs(after.position - before.position) <= ROW


def test_what_is_kept_of_the_runs_says_what_the_dataset_says(kept_runs: list[Path]) -> None:
    """Every tenth frame: the same g within the errors of so few frames."""
    runs = {run.record["id"]: run for behind in DATA.runs for run in behind}
    folders = {folder.name: folder for folder in kept_runs}
    assert folders.keys() == runs.keys()
    for identity, folder in sorted(folders.items())[:3]:
        run = runs[identity]
        assert len(list(folder.glob("*.lammpstrj.gz"))) == 1
        thinned = read(folder / "thinned.gsd")
        assert len(thinned.positions) == run.record["frames"] // 10
        measured = measure(thinned)
        assert measured.density == pytest.approx(run.record["density"], rel=2e-3)
        assert measured.rdf.error is not None
        assert (np.abs(measured.rdf.g - run.rdf.g) < 6 * measured.rdf.error).all()


@pytest.mark.parametrize("name", SHIPPED)
def test_the_models_rest_on_the_dataset(name: str) -> None:
    """That of S(q) on the kept trajectories of its runs, in another order."""
    card = nanonet.load(name).card
    if name == "sq":
        apart = np.abs(np.array(card["X"])[:, None] / DATA.X - 1.0).max(axis=2)
        assert sorted(apart.argmin(axis=1).tolist()) == list(range(len(DATA)))
        assert apart.min(axis=1).max() < 0.01
    else:
        data = Dataset.shipped("grafted") if name == "grafted" else DATA
        assert np.array_equal(card["X"], data.X)
        assert [run["id"] for run in card["runs"]] == [entry["id"] for entry in data.provenance]


def test_the_model_of_grafted_nps_says_how_little_it_knows() -> None:
    data, model = Dataset.shipped("grafted"), nanonet.load("grafted")
    assert len(data) >= 8
    assert data.space.names[5:] == ("n_grafts", "graft_length", "eps_gm")
    assert all(run.record.grafts is not None for runs in data.runs for run in runs)
    support = model.support(data.points[0])
    assert f"{sum(run['converged'] for run in model.card['runs'])} of them converged (few, g left out" in str(support)
    assert str(support).count("diameter eps_nn eps_pn eps_gm never varied") == 1
    open_ = np.array([one.convergence is None or not one.convergence.converged for one in data.provenance])
    assert (doubted(data)[open_] >= DOUBT * data.Y[open_]).all()
    with pytest.warns(OutsideDataWarning, match="diameter = 4 is outside the simulated 3 to 3"):
        model.predict({**data.points[4].to_json(), "diameter": 4.0})


def test_the_structure_factor_is_predicted_with_its_band() -> None:
    """Nearest to a simulated composition its S(q) lies in the band of most bins, and it tends to 1."""
    found = nanonet.load("sq").predict([3, 40, 0.002, 0.5, 1.0])
    assert isinstance(found, StructureFactor)
    assert found.low is not None
    assert found.high is not None
    far = found.q > 5.0
    assert ((found.low < 1.0) & (found.high > 1.0))[far].mean() > 0.9
    assert found.s[far] == pytest.approx(1.0, abs=0.1)


def test_the_network_has_learnt_more_than_trivial_models() -> None:
    """Its images are not the mean image, and in the folds of its card it predicts better than mean and nearest do."""
    card = nanonet.load("nanonet").card
    assert card["training"]["mse"] < STUCK * card["training"]["mse_mean"]
    for make in (Mean, partial(Mean, FLOOR), Nearest):
        trivial = folded(make, DATA.X, DATA.Y, DATA.x)
        assert trivial is not None
        assert card["cross_validation"]["ln_rmse"] < 0.95 * trivial["ln_rmse"]


def test_the_card_tells_what_curves_left_out_say() -> None:
    """How well it foretells curves left out is measured in tests/learn/test_gaussian.py."""
    card = nanonet.load().card
    assert card["kind"] == "gaussian process"
    assert 0 < card["cross_validation"]["ln_rmse"] < np.log(10)
    assert 0.85 <= card["cross_validation"]["coverage"] <= 0.95
    assert card["range"]["high"] == DATA.X.max(axis=0).tolist()
    assert {"created", "versions", "noise"} <= card.keys()


@pytest.mark.parametrize("name", SHIPPED)
def test_predictions_are_the_golden_ones(name: str) -> None:
    """Golden numbers; after a wanted change, `python -m tests.test_data` writes them and the checksums."""
    golden = json.loads(GOLDEN.read_text())
    predicted = nanonet.load(name).predict_curves(_inputs(name, golden["X"]))
    assert predicted == pytest.approx(np.array(golden["G"][name]), rel=1e-3, abs=1e-4)


def _inputs(name: str, X: list[list[float]]) -> list[list[float]]:
    return [[*row, 12, 8, 1] for row in X] if name == "grafted" else X


def test_checksums_are_those_of_the_files() -> None:
    assert datasheet.SUMS.read_text() == datasheet.checksums(), "`make datasheet` writes them again"


def test_the_datasheet_has_the_numbers_of_the_data(kept_runs: list[Path]) -> None:
    assert len(kept_runs) == sum(map(len, DATA.runs))
    block = datasheet.START + datasheet.numbers() + datasheet.END
    assert block in datasheet.PAGE.read_text(), "`make datasheet` writes them again"


def test_the_page_of_grafted_nps_has_the_numbers_of_the_data() -> None:
    block = grafted.START + grafted.table() + grafted.END
    assert block in grafted.PAGE.read_text(), "`python -m docs.make.grafted` writes them again"


def test_no_two_nps_are_in_one_place() -> None:
    """Deep inside of the core there are no pairs, and the band of the default model knows it."""
    composition = Composition(3, 40, 0.002, 0.5, 1.0)
    rdf = nanonet.load().predict(composition)
    core = rdf.r < 0.6 * composition.diameter
    assert rdf.high is not None
    assert (rdf.g[core] == 0).all()
    assert (rdf.high[core] == 0).all()
    assert rdf.g[rdf.r > composition.diameter].min() > 0


if __name__ == "__main__":
    compositions = [
        Composition(3, 40, 0.002, 0.5, 1.0),
        Composition(3, 40, 0.002, 0.5, 0.3),
        Composition(4.5, 27, 0.001, 2, 0.5),
    ]
    X = [[c.diameter, c.chain_length, c.density, c.eps_nn, c.eps_pn] for c in compositions]
    curves = {name: np.round(nanonet.load(name).predict_curves(_inputs(name, X)), 6).tolist() for name in SHIPPED}
    GOLDEN.write_text(json.dumps({"X": X, "G": curves}) + "\n")
    datasheet.main()
