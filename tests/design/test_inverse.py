from __future__ import annotations

import json
import math
import warnings
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nanonet
from nanonet import Composition, InputError
from nanonet.composition import FIELDS
from nanonet.design import inverse
from nanonet.design.inverse import SAME_KIND, find
from nanonet.design.readings import OF_COMPOSITIONS, reading
from nanonet.design.targets import parse
from nanonet.formats.curve_csv import write_curve
from nanonet.fourier import TransformWarning, from_rdf
from nanonet.phases.classify import classify_curves, mean_force_potential
from nanonet.phases.state import STATES
from nanonet.predict.predictor import Predictor
from nanonet.rdf import RDF, coordination_numbers, peaks_of
from tests.design.made_up import flat_model


@pytest.fixture(scope="module")
def model() -> Predictor:
    return nanonet.load()


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search of fewer points."""
    monkeypatch.setattr(inverse, "_MANY", 256)
    monkeypatch.setattr(inverse, "_STEPS", (0.1,))


def test_answers_are_ranked_by_the_exact_probability() -> None:
    model = flat_model()
    found = find(model, parse(["c@2=3.1+-0.2"], model))
    best = found.answers[0]
    temperature, size = best.prediction.point.values
    assert size == 1
    assert temperature == pytest.approx(310, abs=5)
    assert best.probability == pytest.approx(math.erf(2 / math.sqrt(2)), abs=0.03)  # within two standard deviations
    assert [one.probability for one in found.answers] == sorted((a.probability for a in found.answers), reverse=True)
    assert found.met
    assert (
        json.loads(json.dumps(found.to_json(), allow_nan=False))["answers"][0]["inputs"]["temperature"] == temperature
    )


def test_all_targets_are_met_by_the_same_curve() -> None:
    model = flat_model()
    # each alone has a half at temperature 300, both at once are met by no curve: they are flat
    found = find(model, parse(["c@2=:2.999", "c@4=3.001:"], model), fixed={"temperature": 300})
    assert found.answers[0].probability == 0
    assert all(one.probability == pytest.approx(0.5, abs=0.06) for one in found.answers[0].reached)
    assert not found.met
    assert "what comes nearest" in found.notes[0]


def test_no_two_answers_are_of_a_kind_and_whole_inputs_are_whole() -> None:
    model = flat_model()
    found = find(model, parse(["c@2=2.5:4.5"], model), count=5)
    assert len(found.answers) == 5
    unit = np.array([[(t - 200) / 300, n / 5] for t, n in (one.prediction.point.values for one in found.answers)])
    assert all(n == round(n) for _, n in (one.prediction.point.values for one in found.answers))
    assert all(np.linalg.norm(a - b) > 0.5 * SAME_KIND * math.sqrt(2) for a, b in combinations(unit, 2))


def test_costs_and_tolerances_move_the_answer() -> None:
    model = flat_model()
    targets = parse(["c@2=3:5"], model)
    cheap = find(model, targets, costs={"temperature": 0.5}, fixed={"size": 1}).answers[0]
    assert cheap.prediction.point.values[0] == pytest.approx(325, abs=6)  # where the density is 0.5 / 300
    assert cheap.cost > 0
    plain = find(model, targets, fixed={"size": 1}, bounds={"temperature": (300, 330)}).answers[0]
    robust = find(model, targets, fixed={"size": 1}, bounds={"temperature": (300, 330)}, tolerances={"temperature": 60})
    assert plain.probability > 0.98
    assert 0.6 < robust.answers[0].probability < 0.9  # a quarter to a third of what it may be off is too cold


def test_robust_answers_differ_too(model: Predictor) -> None:
    """Where the best points all lie together, others are tried as well."""
    held = {"diameter": 3, "chain_length": 40, "density": 0.002}
    targets = parse(["state=dispersion", "neighbours=:2"], model)
    assert len(find(model, targets, fixed=held, tolerances={"eps_pn": 0.1}).answers) > 2


def test_answers_of_the_shipped_model(model: Predictor, short: None) -> None:
    targets = parse(["state=contact", "neighbours=4:8"], model)
    found = find(model, targets, fixed={"diameter": 3}, count=3)
    assert found.met
    for one in found.answers:
        c = one.prediction.point
        assert isinstance(c, Composition)
        assert c.diameter == 3
        assert not one.outside
        # the same is told as by a prediction, from other random numbers
        state = one.prediction.state
        assert state is not None
        assert one.reached[0].probability == pytest.approx(state.probabilities[STATES[0]], abs=0.06)
    found = find(model, parse(["small_q=lowest"], model), bounds={"density": (0.0005, 0.001)}, count=1)
    assert found.targets[0].high < 10
    assert found.answers[0].reached[0].median <= found.targets[0].high


def test_outside_of_the_data_is_answered_with_the_caveat(model: Predictor, short: None) -> None:
    found = find(model, parse(["state=dispersion"], model), fixed={"diameter": 5.4, "density": 0.0005}, count=1)
    assert found.answers[0].outside
    assert any("outside of the model's data" in one for one in found.notes)
    with pytest.raises(InputError, match="r ends at a gap"):
        find(model, parse(["state=dispersion"], model), fixed={"diameter": 8, "density": 0.0005})
    far = find(model, parse(["state=dispersion"], model), bounds={"diameter": (4.5, 8)}, count=1)
    assert far.answers[0].probability > 0.5


def test_what_is_read_off_many_curves_is_what_is_read_off_one(model: Predictor) -> None:
    X = model.X[::12]
    curves = np.moveaxis(model.sample_curves(X, 20, common=True), 0, 1)
    columns = dict(zip(model.inputs, X.T, strict=True))
    read = {name: reading(name, model).read(model.r, curves, columns) for name in (*OF_COMPOSITIONS, *STATES)}
    for i, row in enumerate(X):
        c = Composition(*row)
        first = [one[0] if one else (np.nan, np.nan) for one in peaks_of(model.r, curves[i])]
        assert read["peak_position"][i] == pytest.approx([p for p, _ in first], nan_ok=True)
        assert read["peak_height"][i] == pytest.approx([h for _, h in first], nan_ok=True)
        numbers = coordination_numbers(model.r, curves[i], min(1.5 * c.diameter, model.r[-1]), c.density, c.nps)
        assert read["neighbours"][i] == pytest.approx(np.minimum(numbers, c.nps - 1))
        depth = reading("well_depth", model).read(
            model.r, curves[i : i + 1, :1], {k: x[i : i + 1] for k, x in columns.items()}
        )
        assert depth[0, 0] == pytest.approx(-mean_force_potential(model.r, curves[i, 0], c.diameter).min())
        verdict = classify_curves(model.r, curves[i], c.diameter, c.density)
        assert {s: read[s][i].mean() for s in STATES} == pytest.approx(dict(verdict.probabilities))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", TransformWarning)
            s = from_rdf(RDF(model.r, curves[i, 0]), c.density, [2 * np.pi / model.r[-1], 2.0], nps=c.nps)
        assert s.s[0] == pytest.approx(max(read["small_q"][i, 0], 0.0))


def test_a_wanted_curve_is_found_again(model: Predictor, short: None, tmp_path: Path) -> None:
    rdf = model.predict([3, 40, 0.002, 0.5, 1.0])
    write_curve(tmp_path / "wanted.csv", rdf, "wanted")
    (target,) = parse([f"curve={tmp_path / 'wanted.csv'}+-0.5"], model)
    found = find(model, [target], fixed={"diameter": 3, "density": 0.002}, count=1)
    assert found.answers[0].reached[0].median < 1
    coarse = RDF(rdf.r[1::2], rdf.g[1::2])
    write_curve(tmp_path / "coarse.csv", coarse, "wanted")
    (part,) = parse([f"curve={tmp_path / 'coarse.csv'}"], model)
    write_curve(tmp_path / "other.csv", RDF(rdf.r + 0.05, np.interp(rdf.r + 0.05, rdf.r, rdf.g)), "wanted")
    (other,) = parse([f"curve={tmp_path / 'other.csv'}"], model, interpolate=True)
    columns = dict(zip(model.inputs, model.X[:1].T, strict=True))
    for same in (part, other):
        assert same.read(model.r, np.asarray(rdf.g)[None, None], columns)[0, 0] < 0.1
    with pytest.raises(InputError, match="another grid"):
        parse([f"curve={tmp_path / 'other.csv'}"], model)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ([], "no target"),
        (["state"], "not NAME=VALUE"),
        (["state=solid"], "state = 'solid' is not one of contact aggregation"),
        (["state=contact", "state=dispersion"], "contradictory targets: state = "),
        (["peak_height=2:3", "peak_height=4:5"], "contradictory targets: height of the first peak"),
        (["peak_height=2:3", "peak_height=2.5:5"], "peak_height is given twice"),
        (["peak_height=0.2:0.9"], "a peak of g"),
        (["peak_height=3:2"], "do not rise"),
        (["peak_height=nan"], "do not rise"),
        (["peak_height=:"], "do not rise"),
        (["peak_height=3+-0"], "do not rise"),
        (["peak_height=high"], "is not X, X"),
        (["peak_position=20"], "is not on the grid"),
        (["neighbours=-3+-1"], "is below 0"),
        (["charge=3"], "charge is not one of peak_position.*g@X; or state=NAME"),
        (["g@30=2"], "is not g@X with X between"),
        (["peak_position=lowest"], "give limits"),
        (["curve=nowhere.csv"], "nowhere.csv"),
        (["curve=nowhere.csv+-x"], "tolerance 'x' is not a number above 0"),
    ],
)
def test_bad_targets_are_explained(model: Predictor, targets: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse(targets, model)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"fixed": {"diameter": 30}}, "diameter = 30 is not between 1 and 10"),
        ({"fixed": {"chain_length": 30.5}}, "not a whole number"),
        ({"fixed": {"charge": 1}}, "charge is not one of diameter"),
        ({"fixed": {"eps_nn": 0.001}}, "eps_nn = 0.001 is not 0.02 or above"),
        ({"fixed": {"diameter": 3}, "bounds": {"diameter": (2, 4)}}, "fixed and has bounds"),
        ({"bounds": {"diameter": (4, 2)}}, "do not rise"),
        ({"bounds": {"diameter": (2, 40)}}, "diameter = 40 is not between"),
        ({"bounds": {"diameter": (9, 10), "density": (0.015, 0.02)}}, "volume fraction is too high"),
        ({"fixed": dict(zip(FIELDS, (3, 40, 0.002, 0.5, 1.0), strict=True))}, "no input is free"),
        ({"costs": {"diameter": math.inf}}, "not a finite number"),
        ({"costs": {"charge": 1.0}}, "charge is not one of"),
        ({"fixed": {"diameter": 3}, "costs": {"diameter": 1.0}}, "the input is fixed"),
        ({"tolerances": {"eps_pn": 0.0}}, "tolerance of eps_pn = 0 is not above 0"),
        ({"count": 0}, "count = 0 is not"),
    ],
)
def test_bad_questions_are_explained(model: Predictor, given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        find(model, parse(["state=dispersion"], model), **given)


def test_a_model_must_know_how_sure_it_is() -> None:
    network = nanonet.load("nanonet")
    with pytest.raises(InputError, match="kind 'nanonet' does not know how sure it is"):
        find(network, parse(["state=dispersion"], network))
    with pytest.raises(InputError, match=r"read off g\(r\) with diameter and density; the model predicts c"):
        parse(["state=dispersion"], flat_model())
    with pytest.raises(InputError, match="neighbours is read off"):
        parse(["neighbours=3"], flat_model())
