from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import ArrayLike

import nanonet
from nanonet import Composition, Dataset, InputError
from nanonet.campaign import campaign
from nanonet.campaign.design import MAX_VOLUME_FRACTION, RANGES, read_csv
from nanonet.campaign.workspace import Workspace, create
from nanonet.design import active
from nanonet.design import suggest as suggest_module
from nanonet.design.box import box_of
from nanonet.design.price import explicit_hours, implicit_hours, implicit_off
from nanonet.design.suggest import Cheaper, Suggestion, suggest
from nanonet.learn.gaussian_process import GaussianProcess
from nanonet.models.gaussian_process import CurveProcess
from nanonet.predict.predictor import Predictor
from nanonet.protocol import preset
from nanonet.space import Input, InputSpace
from tests.conftest import TINY, TINY_COMPOSITION
from tests.design.made_up import flat_model

SPACE = InputSpace((Input("a", low=0, high=1), Input("b", low=0, high=1)))


@pytest.fixture(scope="module")
def known_on_the_left() -> Predictor:
    """A process of curves of a and b whose data all have a below a half."""
    random = np.random.default_rng(0)
    X = random.uniform(0, 1, (30, 2)) * [0.5, 1.0]
    x = np.linspace(0, 1, 20)
    Y = 2 + np.sin(6 * X[:, :1] + 3 * x) + np.cos(5 * X[:, 1:]) * x
    process = GaussianProcess(quantity=nanonet.curve.Quantity("y")).fit(X, Y, x).process_
    return Predictor(process, {"kind": "gp", "inputs": ["a", "b"], "space": SPACE.to_json(), "quantity": {"name": "y"}})


def test_the_gain_is_what_conditioning_removes(known_on_the_left: Predictor) -> None:
    process = known_on_the_left.model
    assert isinstance(process, CurveProcess)
    box = box_of(known_on_the_left, {}, {"a": (0, 1), "b": (0, 1)})
    chosen = suggest(known_on_the_left, 3, box)
    assert chosen[0].point.values[0] > 0.6  # where nothing is known
    assert chosen[0].gain > chosen[1].gain > 0
    # posterior variances with and without a further observation, by inverting the whole matrix anew
    new, z = np.array([[0.9, 0.5]]), np.random.default_rng(1).uniform(0, 1, (50, 2))
    before = process.covariances(z, z)
    step = process.covariances(z, new)
    own = process.covariances(new, new)
    again = CurveProcess(
        **{name: getattr(process, name) for name in ("x", "grid", "mean", "modes", "variances", "group", "lengths")},
        **{name: getattr(process, name) for name in ("noise", "low", "span", "spread", "kernel", "transform")},
        X=np.concatenate([process.X, new]), scores=np.concatenate([process.scores, process.scores[:1]]),
        weights=np.append(process.weights, 1.0), own_noise=np.append(process.own_noise, 1.0),
        calibration=process.calibration,
    )  # fmt: skip
    after = again.covariances(z, z)
    for old, cross, at, now in zip(before, step, own, after, strict=True):
        expected = np.diag(old.matrix) - cross.matrix[:, 0] ** 2 / (at.matrix[0, 0] + at.noise)
        assert np.diag(now.matrix) == pytest.approx(expected, abs=1e-6)


def test_what_runs_counts_as_known_and_prices_count(known_on_the_left: Predictor) -> None:
    box = box_of(known_on_the_left, {}, {"a": (0, 1), "b": (0, 1)})
    first = suggest(known_on_the_left, 1, box)[0]
    taken = np.array([first.point.values])
    (second,) = suggest(known_on_the_left, 1, box, taken=taken)
    assert np.linalg.norm(np.subtract(second.point.values, first.point.values)) > 0.1
    both = suggest(known_on_the_left, 2, box)
    assert second.point == both[1].point  # as if it had been chosen in one batch
    cheap = suggest(known_on_the_left, 4, box, hours=lambda X: np.where(X[:, 0] > 0.7, 100.0, 1.0))
    assert all(one.point.values[0] <= 0.7 and one.hours == 1 for one in cheap)
    only = suggest(known_on_the_left, 2, box, candidates=np.array([[0.2, 0.2], [0.9, 0.9]]))
    assert [one.point.values for one in only] == [(0.9, 0.9), (0.2, 0.2)]


def test_what_cheap_runs_tell_ends_where_they_are_off(known_on_the_left: Predictor) -> None:
    process = known_on_the_left.model
    assert isinstance(process, CurveProcess)
    box = box_of(known_on_the_left, {}, {"a": (0, 1), "b": (0, 1)})
    spread = float(np.sqrt(process.variances.sum() / len(process.grid)))

    def chosen(off: float, known: ArrayLike = (), **given: float) -> tuple[Suggestion, ...]:
        cheaper = Cheaper(
            lambda X: np.full(len(X), 0.1),
            lambda X: np.full(len(X), off),
            np.asarray(known, dtype=np.float64).reshape(-1, 2),
        )
        return suggest(known_on_the_left, 8, box, cheaper=cheaper, **given)  # type: ignore[arg-type]

    plain = suggest(known_on_the_left, 1, box)[0]
    exact = chosen(0.0)
    assert all(one.cheaper and one.hours == 0.1 for one in exact)
    assert exact[0].gain == pytest.approx(plain.gain, rel=0.1)  # as good as the real one, at a tenth of its price
    useless = chosen(100 * spread)
    assert not any(one.cheaper for one in useless)
    assert useless[0].gain == pytest.approx(plain.gain, rel=0.1)
    poor = chosen(spread)  # some cheap ones, then what they leave open
    assert {one.cheaper for one in poor} == {True, False}
    assert sum(one.hours for one in chosen(spread, budget=1.5)) <= 1.5
    random = np.random.default_rng(0).uniform(0, 1, (60, 2))
    assert sum(one.cheaper for one in chosen(spread, random)) < sum(one.cheaper for one in poor)


def test_a_dilute_run_costs_more() -> None:
    dilute, dense = Composition(3, 40, 0.0005, 0.5, 1.0), Composition(3, 40, 0.002, 0.5, 1.0)
    standard = preset("standard")
    assert explicit_hours(dilute, standard) == pytest.approx(1.8 * explicit_hours(dense, standard), rel=0.05)
    assert implicit_off(dense) < 0.5 < implicit_off(Composition(3, 40, 0.002, 2.0, 0.1))  # where NPs condense
    assert implicit_hours(dense) < 0.05 * explicit_hours(dense, standard)


def test_a_campaign_is_not_told_what_it_has(tmp_path: Path) -> None:
    model = nanonet.load()
    plain = active.propose(model, 3)
    for one in plain:
        c = one.point
        assert isinstance(c, Composition)
        assert all(low <= x <= high for x, (low, high) in zip(c.values, RANGES.values(), strict=True))
        assert c.volume_fraction <= MAX_VOLUME_FRACTION
        assert one.hours == pytest.approx(explicit_hours(c, preset("standard")))
    design = tuple(one.point for one in plain if isinstance(one.point, Composition))
    workspace = create(tmp_path / "work", design, preset("standard"), tmp_path / "data.nc")
    more = active.propose(model, 3, workspace=workspace)
    assert not {one.point for one in more} & set(design)
    longer = active.extended(workspace, more)
    assert longer.design == (*design, *(one.point for one in more))
    assert [row.number for row in campaign.status(longer)] == list(range(6))
    wanted = active.propose(model, 3, targets=["state=bridging"])
    assert {one.point for one in wanted} != {one.point for one in plain}


def test_bad_questions_are_explained(known_on_the_left: Predictor) -> None:
    box = box_of(known_on_the_left, {}, {})
    with pytest.raises(InputError, match="count = 0 is not"):
        suggest(known_on_the_left, 0, box)
    with pytest.raises(InputError, match="count = 3 is more than the 2 points"):
        suggest(known_on_the_left, 3, box, candidates=np.array([[0.2, 0.2], [0.9, 0.9]]))
    with pytest.raises(InputError, match="no point within the bounds can be simulated"):
        suggest(known_on_the_left, 1, box, allowed=lambda X: np.zeros(len(X), dtype=bool))
    flat = flat_model()
    with pytest.raises(InputError, match="kind 'flat' cannot say what to simulate next"):
        suggest(flat, 1, box_of(flat, {}, {}))
    with pytest.raises(InputError, match=r"predicts c of temperature, size; a campaign needs"):
        active.propose(flat, 1)
    with pytest.raises(InputError, match="fidelity = 'dilute' is not one of explicit, implicit, both"):
        active.propose(nanonet.load(), 1, fidelity="dilute")
    with pytest.raises(InputError, match="hours = 1e-05 is too little for any run"):
        active.propose(nanonet.load(), 1, hours=1e-5)
    with pytest.raises(InputError, match="hours = nan is not a number above 0"):
        active.propose(nanonet.load(), 1, hours=math.nan)


def test_a_campaign_goes_on_with_what_it_suggests(tmp_path: Path, run: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """When nothing is left, compositions are suggested from what it has found, until the hours are over."""
    workspace = create(tmp_path / "work", (TINY_COMPOSITION,), TINY, tmp_path / "data.nc")
    rounds: list[int] = []

    def finishes(opened: Workspace, **given: object) -> bool:
        rounds.append(len(opened.design))
        return len(rounds) < 3

    monkeypatch.setattr(campaign, "run", finishes)
    monkeypatch.setattr(active, "learnt_so_far", lambda opened: nanonet.load())
    monkeypatch.setattr(campaign, "collect", lambda opened: None)
    status, out, _ = run("campaign", "run", workspace.path, "--suggest", 2, "--hours", 1)  # type: ignore[operator]
    assert status == 0
    assert rounds == [1, 3, 5]
    assert out.count("suggested") == 4
    status, _, error = run("campaign", "run", workspace.path, "--suggest", 2)  # type: ignore[operator]
    assert status == 2
    assert "needed is --hours" in error


def test_suggestions_are_a_design(tmp_path: Path, run: object) -> None:
    status, out, _ = run("campaign", "suggest", "--count", 2, "--out", tmp_path / "next.csv")  # type: ignore[operator]
    assert status == 0
    assert "together" in out
    assert len(read_csv(tmp_path / "next.csv")) == 2
    status, _, error = run("campaign", "suggest", "--add")  # type: ignore[operator]
    assert status == 2
    assert "needed is WORKSPACE" in error


def test_both_fidelities_stand_in_one_batch(tmp_path: Path, run: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suggest_module, "_OF_EACH", 32)
    asked = ("campaign", "suggest", "--fidelity", "both", "--hours", 1, "--out", tmp_path / "next.csv")
    status, out, _ = run(*asked)  # type: ignore[operator]
    assert status == 0
    explicit, implicit = (read_csv(tmp_path / name) for name in ("next.csv", "next.implicit.csv"))
    assert out.count(" explicit ") == len(explicit) > 0
    assert out.count(" implicit ") == len(implicit) > 0
    hours = sum(explicit_hours(c, preset("standard")) for c in explicit) + sum(map(implicit_hours, implicit))
    assert hours <= 1
    status, text, _ = run(*asked[:4], "--count", 3, "--json")  # type: ignore[operator]
    assert len(suggested := json.loads(text)) == 3
    assert {one["fidelity"] for one in suggested} <= {"explicit", "implicit"}
    for wrong, message in (
        (("--implicit", tmp_path / "none.nc"), "needed is --fidelity both"),
        (("--fidelity", "both", "--implicit", tmp_path / "none.nc"), "none.nc"),
        (("--hours", 0), "hours = 0.0 is not a number above 0"),
    ):
        status, _, error = run("campaign", "suggest", *wrong)  # type: ignore[operator]
        assert (status, message in error) == (2, True), error


def test_a_model_is_fitted_to_what_was_found() -> None:
    data = Dataset.shipped().subset(range(14))
    assert active.model_of(data).predict_curves(data.X).shape == data.Y.shape
