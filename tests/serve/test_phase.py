from __future__ import annotations

import csv
import json
import time
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from nanonet import Dataset, InputError, Predictor
from nanonet.composition import FIELDS
from nanonet.formats.curve_csv import read_rdf
from nanonet.models.base import Band
from nanonet.phases.classify import classify
from nanonet.phases.state import BRIDGING, CONTACT, DISPERSION, STATES, UNCERTAIN, Criteria
from nanonet.plots.phases import draw_plane
from nanonet.predict import predictor as predict_model
from nanonet.predict.phase_map import compute_map, near_plane
from tests.synthetic import grid, made_up

FIVE = ["--diameter", 3, "--chain-length", 40, "--density", 0.002, "--eps-nn", 0.5, "--eps-pn", 1.0]
PLANE = ["--x", "eps_pn", "--y", "eps_nn", "--diameter", 3, "--chain-length", 40, "--density", 0.002]
DEPTHS = np.linspace(0.0, 3.0, 5)


class Known:
    """A model in which W is -eps_nn in contact, give or take eps_pn where it is not sure."""

    def __init__(self, uncertain: bool) -> None:
        self.x, self.uncertain = grid(3.0), uncertain
        self.X = np.array([[3, 40, 0.002, 0.0, 0.1], [3.1, 40, 0.002, 3.0, 1.0], [5, 30, 0.002, 1, 0.5]])

    def _curves(self, X: NDArray[np.float64], noise: float) -> NDArray[np.float64]:
        depths = np.maximum(X[:, 3] + X[:, 4] * noise, 0.0)
        return np.array([made_up(self.x, x[0], (0.0, depth)) for x, depth in zip(X, depths, strict=True)])

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        return self._curves(np.asarray(X), 0.0)

    def band(self, X: ArrayLike) -> Band | None:
        g = self.predict(X)
        return Band(g, 0.5 * g, 2 * g) if self.uncertain else None

    def sample(self, X: ArrayLike, draws: int, seed: int = 0, common: bool = False) -> NDArray[np.float64]:
        noise = np.random.default_rng(seed).standard_normal(draws) * self.uncertain
        return np.array([self._curves(np.asarray(X), float(e)) for e in noise])

    def caveat(self, X: NDArray[np.float64]) -> str:
        return ""


def known(uncertain: bool) -> Predictor:
    """It stands in for what `nanonet.load` gives; what eps_pn exceeds 0.9 lies outside."""
    found = Predictor(Known(uncertain), {"kind": "known", "inputs": list(FIELDS)})
    found.outside = lambda X: np.asarray(X)[:, 4] > 0.9  # type: ignore[method-assign]
    return found


def test_all_entries_of_a_dataset(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    status, out, err = run("phase", "explicit")
    assert (status, err) == (0, "")
    lines = [line for line in out.splitlines() if " D=" in line]
    assert len(lines) == len(Dataset.shipped())
    assert all(line.startswith((*STATES, UNCERTAIN)) for line in lines)
    Dataset.shipped().subset([0, 1]).save(tmp_path / "two.nc")
    status, out, _ = run("phase", tmp_path / "two.nc", "--json", "--plot", tmp_path / "two.png")
    assert (tmp_path / "two.png").read_bytes().startswith(b"\x89PNG")
    content = json.loads(out)
    assert len(content) == 2
    assert sum(content[0]["probabilities"].values()) == pytest.approx(1)


def test_one_entry_says_why(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    data = Dataset.shipped()
    entry = next(
        i
        for i, provenance in enumerate(data.provenance)
        if provenance["regime"] == "condensing" and not provenance["convergence"]["converged"]
    )
    status, out, _ = run("phase", "explicit", "--entry", entry, "--plot", tmp_path / "one.pdf")
    assert status == 0
    assert "state        contact aggregation" in out
    for word in ("contact      W = -", "barrier", "closest", "neighbours", "not converged"):
        assert word in out
    assert (tmp_path / "one.pdf").exists()
    status, out, _ = run("phase", "explicit", "--entry", entry, "--json")
    content = json.loads(out)
    assert content["state"] == CONTACT
    assert content["contact"]["w"]["value"] < -1
    assert content["contact"]["w"]["error"] > 0


def test_implicit_entries_say_what_their_probabilities_leave_out(run) -> None:  # type: ignore[no-untyped-def]
    status, out, _ = run("phase", "implicit", "--entry", 0)
    assert status == 0
    assert "spread of implicit against explicit runs" in out


def test_tables_of_our_own_and_of_others(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    ours = tmp_path / "ours.csv"
    assert run("predict", *FIVE, "--csv", ours)[0] == 0
    rdf, diameter, density = read_rdf(ours)
    assert (diameter, density, len(rdf.r)) == (3, 0.002, 100)
    status, out, _ = run("phase", ours)
    assert status == 0
    assert f"state        {classify(rdf, 3, 0.002).state}" in out
    r = grid(4.0)
    g = made_up(r, 4.0, (1.2, 2.5))
    other = tmp_path / "other.csv"
    other.write_text("r,g,error\n" + "".join(f"{a:.4f},{b:.6f},{0.1 * b:.6f}\n" for a, b in zip(r, g, strict=True)))
    status, out, _ = run("phase", other, "--diameter", 4, "--json")
    content = json.loads(out)
    assert (content["state"], content["layers"]) == (BRIDGING, 1)
    assert any("no density" in text for text in content["caveats"])
    status, out, _ = run("phase", other, "--diameter", 4, "--depth", 3, "--json")
    assert json.loads(out)["state"] == DISPERSION
    status, _, err = run("phase", other)
    assert status == 2
    assert "diameter is missing" in err


def test_what_analyze_writes_is_taken_as_it_is(run, smoke_run: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    for source in (smoke_run, smoke_run / "trajectory.gsd"):
        assert run("analyze", source, "--out", tmp_path / "rdf.csv")[0] == 0
        rdf, diameter, density = read_rdf(tmp_path / "rdf.csv")
        assert (diameter, len(rdf.r)) == (3, 100)
        assert density == pytest.approx(0.002, rel=0.05)
        status, out, err = run("phase", tmp_path / "rdf.csv")
        assert (status, err) == (0, "")
        assert "state        " in out


def test_predictions_are_judged(run, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    status, out, _ = run("phase", *FIVE)
    assert status == 0
    assert "predicted for D=3 N=40" in out
    monkeypatch.setattr(predict_model, "load", lambda folder=None: known(uncertain=True))
    status, out, _ = run("phase", *FIVE[:-3], 1.2, "--eps-pn", 0.5, "--json")
    content = json.loads(out)
    assert content["state"] == UNCERTAIN
    assert content["probabilities"][CONTACT] == pytest.approx(0.6, abs=0.06)  # 1.2 + 0.5 x > 1 and crowding


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["phase", *FIVE[:-2]], "eps_pn is missing"),
        (["phase", "none.csv"], "none.csv cannot be read"),
        (["phase", "none.nc"], "none.nc cannot be read: it does not exist"),
        (["phase", "explicit", "--entry", 99], "entry = 99 is not between 0 and"),
        (["phase", "explicit", "--diameter", 3], "diameter is not for datasets"),
        (["phase", "explicit", "--depth", 0], "depth = 0 is not above 0"),
        (["phase", "explicit", "--plot", "x.txt"], "suffix"),
        (["phase-map", *PLANE[:-2]], "density is missing"),
        (["phase-map", *PLANE, "--eps-pn", 1], "eps_pn = 1 is given, but the map runs over it"),
        (["phase-map", "--x", "mass", *PLANE[2:]], "mass is not one of diameter"),
        (["phase-map", "--x", "eps_nn", *PLANE[2:], "--eps-pn", 1], "x and y are both eps_nn"),
        (["phase-map", *PLANE, "--steps", 1], "steps = 1 is not between"),
        (["phase-map", *PLANE, "--x-range", 1, 0.5], "range of eps_pn = 1 to 0.5 is not rising"),
        (["phase-map", *PLANE, "--csv", "none/map.csv"], "does not exist"),
    ],
)
def test_nonsense_is_refused(run, words: list[object], message: str) -> None:  # type: ignore[no-untyped-def]
    status, _, err = run(*words)
    assert status == 2
    assert message in err


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "r,g\n1,x\n", "r,g\n1,2\n1,2\n", "r,g,error\n0.5,1,0.1\n1.5,1\n"])
def test_tables_that_are_none_are_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(InputError):
        read_rdf(path)


def test_a_map_of_a_model_without_error_bars(  # type: ignore[no-untyped-def]
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predict_model, "load", lambda folder=None: known(uncertain=False))
    plot, table = tmp_path / "map.png", tmp_path / "map.csv"
    status, out, err = run("phase-map", *PLANE, "--steps", 6, "--plot", plot, "--csv", table)
    assert (status, "36/36" in err) == (0, True)
    assert "the model has no error bars" in out
    assert plot.read_bytes().startswith(b"\x89PNG")
    with table.open() as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    assert len(rows) == 36
    assert list(rows[0]) == [
        "eps_pn", "eps_nn", "contact_aggregation", "bridging", "dispersion", "verdict", "outside",
    ]  # fmt: skip
    assert all(sum(float(row[s.replace(" ", "_")]) for s in STATES) == pytest.approx(1) for row in rows)


def test_a_map_of_draws_shows_where_the_states_meet() -> None:
    held = {"diameter": 3.0, "chain_length": 40.0, "density": 0.002}
    found = compute_map(known(uncertain=True), ("eps_pn", "eps_nn"), held, (None, None), 7, Criteria())
    assert found.shares.shape == (7, 7, 3)
    np.testing.assert_allclose(found.shares.sum(axis=-1), 1.0)
    contact = found.shares[..., STATES.index(CONTACT)]
    assert (np.diff(contact, axis=0) >= 0).all()  # with eps_nn
    assert contact[0, 0] == 0.0
    assert contact[-1, 0] == 1.0
    assert 0.3 < contact[2, -1] < 0.7  # eps_nn = 1, the model is not sure
    assert found.outside[:, -1].all()
    assert not found.outside[:, :-2].any()
    assert "400 curves a point that the model draws" in found.method
    hard = compute_map(known(uncertain=False), ("eps_pn", "eps_nn"), held, (None, None), 7, Criteria())
    assert set(np.unique(hard.shares)) == {0.0, 1.0}


def test_options_take_hyphens_and_a_map_is_quick(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    words = ["--x", "eps-pn", "--y", "eps-nn", *PLANE[4:]]
    begun = time.process_time()
    status, out, err = run("phase-map", *words, "--csv", tmp_path / "map.csv")
    assert status == 0
    assert "1600/1600" in err  # the progress bar
    assert "40 x 40 points" in out
    assert time.process_time() - begun < 15  # 3 on an idle machine
    status, _, err = run("phase-map", *words, "--y-range", 0, 1)
    assert (status, "eps_nn = 0 is not 0.02 or above" in err) == (2, True)


def test_simulations_near_the_plane_are_marked() -> None:
    held = {"diameter": 3.0, "chain_length": 40.0, "density": 0.002}
    found = compute_map(known(uncertain=False), ("eps_pn", "eps_nn"), held, (None, (0.2, 2.0)), 3, Criteria())
    data = Dataset.shipped()
    near = near_plane(found, data)
    assert 0 < len(near) < len(data)
    for i, x, y in near:
        c = data.compositions[i]
        assert (c.eps_pn, c.eps_nn) == (x, y)
        assert abs(c.diameter - 3) <= 0.15 * 2


def test_chain_lengths_of_a_map_are_whole() -> None:
    held = {"diameter": 3.0, "eps_pn": 0.5, "density": 0.002}
    found = compute_map(known(uncertain=False), ("chain_length", "eps_nn"), held, (None, None), 30, Criteria())
    assert found.x.tolist() == list(range(30, 41))


def test_what_is_outside_is_hatched() -> None:
    held = {"diameter": 3.0, "chain_length": 40.0, "density": 0.002}
    hatches = []
    for x_range in ((0.1, 0.8), (0.1, 1.0), (0.92, 1.0)):  # none, some and all of it outside
        found = compute_map(known(uncertain=False), ("eps_pn", "eps_nn"), held, (x_range, None), 8, Criteria())
        axes = Figure().subplots()
        draw_plane(axes, found, [], Criteria())
        hatches.append([c for c in axes.collections if getattr(c, "hatches", None) == ["////"]])
    assert [len(found) for found in hatches] == [0, 1, 1]
    assert all(len(found[0].get_paths()[0]) > 0 for found in hatches[1:])
