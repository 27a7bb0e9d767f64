from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nanonet
from nanonet import Dataset, InputError
from nanonet.errors import NanonetWarning
from nanonet.evaluate.baselines import Mean, Nearest
from nanonet.evaluate.cross_validation import coverage, held_out
from nanonet.evaluate.metrics import FLOOR, ln_rmse
from nanonet.evaluate.splits import splits
from nanonet.formats import emulator_file, potential_table
from nanonet.formats.model_folder import seal
from nanonet.learn import gaussian_process
from nanonet.learn.gaussian_process import GaussianProcess
from nanonet.models import gaussian_process as posterior
from nanonet.models.gaussian_process import CurveProcess
from nanonet.models.kernels import KERNELS, Correlations, correlation
from nanonet.models.transforms import TRANSFORMS
from nanonet.potentials.dilute import DiluteLimit
from nanonet.potentials.many_body import ManyBody
from nanonet.rdf import standard_grid
from tests.conftest import made_up_curves

R = standard_grid()
PRIOR = ManyBody(emulator_file.shipped())


def _smooth(n: int, seed: int = 0, noise: float = 0.0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Inputs (n, 2) of other meanings than a composition's, and curves that depend on them smoothly."""
    random = np.random.default_rng(seed)
    X = random.uniform([-1, 100], [1, 300], (n, 2))
    z = (X[:, 1:] - 200) / 100
    G = (
        1
        + (1 + 0.5 * X[:, :1] + 0.3 * z**2) * np.exp(-((R - 4 - 0.5 * z) ** 2))
        + noise * random.standard_normal((n, 100))
    )
    return X, np.maximum(G, 0.0)


@pytest.fixture(scope="module")
def fitted() -> GaussianProcess:
    data = Dataset.shipped()
    return GaussianProcess(PRIOR).fit(data.X, data.G, data.r, data.errors)


@pytest.mark.parametrize("kernel", ["matern", "gaussian"])
def test_it_learns_smooth_curves_of_any_inputs(kernel: str) -> None:
    X, G = _smooth(32)
    model = GaussianProcess(kernel=kernel).fit(X, G, R)
    new, true = _smooth(200, seed=1)
    error = np.sqrt(np.mean((model.predict(new) - true) ** 2))
    assert error < 0.1 * np.sqrt(np.mean((G.mean(axis=0) - true) ** 2))
    assert model.predict(X) == pytest.approx(G, abs=0.05)


def test_bands_hold_what_they_say() -> None:
    X, G = _smooth(32, noise=0.05)
    model = GaussianProcess().fit(X, G, R, np.full_like(G, 0.05))
    new, true = _smooth(200, seed=1, noise=0.05)
    g, low, high = model.band(new)
    assert (low <= g).all()
    assert (g <= high).all()
    assert 0.85 < np.mean(coverage(true, low, high)) < 0.97


def test_drawn_curves_fill_the_band(fitted: GaussianProcess) -> None:
    X = np.array([[4.5, 30, 0.001, 1.5, 1.0], [3, 40, 0.002, 0.5, 0.3]])
    drawn = fitted.sample(X, 2000, seed=3)
    assert drawn.shape == (2000, 2, 100)
    assert np.array_equal(drawn, fitted.sample(X, 2000, seed=3))
    g, low, high = fitted.band(X)
    counted = g > 0.1
    inside = ((drawn >= low) & (drawn <= high)).mean(axis=0)[counted]
    assert np.mean(inside) == pytest.approx(0.9, abs=0.02)
    assert np.median(drawn, axis=0)[counted] == pytest.approx(g[counted], rel=0.1)


def test_far_away_it_knows_as_little_as_before(fitted: GaussianProcess) -> None:
    near, far = (
        fitted.process_.relative_variance(fitted.process_.X),
        fitted.process_.relative_variance(np.array([[3, 400, 0.02, 0.5, 0.3]])),
    )
    assert far[0] > near.max()
    assert far[0] == pytest.approx(1.0 + fitted.process_.noise.max(), rel=0.05)


def test_implicit_nps_carry_it_where_nothing_was_simulated(fitted: GaussianProcess) -> None:
    """Laws: no NPs inside the core; far apart g of 1 where dilute NPs repel each other and less where they gather.

    And the more attractive the polymer is, the less contact.
    """
    X = np.array([[3.0, 30, 0.0004, 0.5, eps] for eps in (0.3, 0.8, 1.2)])
    g = fitted.predict(X)
    assert g[:, R < 2].max() < 0.01
    assert g[2, R > 9] == pytest.approx(1.0, abs=0.5)
    assert g[0, R > 9].max() < 0.5
    contact = g[:, (R > 2.5) & (R < 3.5)].max(axis=1)
    assert (np.diff(contact) < 0).all()


def test_it_beats_nearest_and_mean_on_runs_left_out() -> None:
    """The shipped model, by what its card says of runs left out (`make model`)."""
    data = Dataset.shipped()
    best = np.inf
    for simple in (Nearest(), Mean(), Mean(FLOOR)):
        pairs = splits(len(data), len(data), X=data.X)
        guesses = [simple.fit(data.X[train], data.G[train], data.r).predict(data.X[test])[0] for train, test in pairs]
        best = min(best, float(np.nanmean(ln_rmse(data.G, guesses))))
    tested = nanonet.load().card["cross_validation"]
    assert tested["ln_rmse"] < 0.55 * best
    assert 0.85 < tested["coverage"] < 0.95


def test_curves_move_the_prior_mean_its_parameters() -> None:
    """Curves that a prior mean makes with other parameters bring it there."""
    data = Dataset.shipped()
    X = data.X[np.array([entry["second_virial"] < -5 for entry in data.provenance])]
    true = PRIOR.with_parameters((0.8, 0.05, 0.1, 1.1))
    found = gaussian_process._prior_fitted_to(PRIOR, X, true.evaluate(X, R).curves, R, TRANSFORMS["ln"](0.03))
    assert found.parameters[:3] == pytest.approx(true.parameters[:3], abs=0.03)


def test_curves_with_large_errors_count_less() -> None:
    X, G = _smooth(16, noise=0.01)
    bad = G.copy()
    bad[3] += 0.5
    error = np.full_like(G, 0.01)
    error[3] = 0.5
    at = X[3:4]
    sure, unsure = (GaussianProcess().fit(X, bad, R, one).predict(at)[0] for one in (np.full_like(G, 0.01), error))
    assert np.abs(unsure - G[3]).mean() < 0.7 * np.abs(sure - G[3]).mean()


def test_folders_of_earlier_versions_are_read(tmp_path: Path) -> None:
    """About the dilute limit, without the curves' own noise: as commit f6642f2 wrote them."""
    X, G, r = made_up_curves(8)
    fitted = GaussianProcess(DiluteLimit(potential_table.shipped())).fit(X, G, r)
    folder = fitted.export(tmp_path / "model")
    with np.load(folder / "process.npz") as file:
        arrays = {name: file[name] for name in file.files if name != "own_noise"}
    np.savez(folder / "process.npz", **arrays)
    card = json.loads((folder / "model.json").read_text())
    del card["prior"]
    card["sha256"]["process.npz"] = hashlib.sha256((folder / "process.npz").read_bytes()).hexdigest()
    (folder / "model.json").write_text(json.dumps(seal(card)))
    assert nanonet.load(folder).predict_curves(X) == pytest.approx(fitted.predict(X), rel=1e-6)


def test_gradients_do_not_depend_on_the_order_and_permutations_change_nothing() -> None:
    X, G = _smooth(12)
    order = np.random.default_rng(0).permutation(12)
    one, other = GaussianProcess().fit(X, G, R), GaussianProcess().fit(X[order], G[order], R)
    new, _ = _smooth(5, seed=2)
    assert one.predict(new) == pytest.approx(other.predict(new), abs=2e-3)


def test_correlations_are_those_of_the_book() -> None:
    a, b = np.array([[0.0]]), np.array([[0.7]])
    assert correlation(a, b, np.array([2.0]), "gaussian")[0, 0] == pytest.approx(np.exp(-0.5 * 0.35**2))
    d = np.sqrt(5) * 0.35
    assert correlation(a, b, np.array([2.0]), "matern")[0, 0] == pytest.approx((1 + d + d * d / 3) * np.exp(-d))


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("single", [False, True])
def test_correlations_of_several_kernels_are_those_of_each(kernel: str, single: bool) -> None:
    random = np.random.default_rng(0)
    a, b, lengths = random.normal(size=(7, 3)), random.normal(size=(5, 3)), random.uniform(0.3, 3, (4, 3))
    expected = np.stack([correlation(a, b, one, kernel) for one in lengths], axis=1)
    assert Correlations(b, lengths, kernel, single)(a) == pytest.approx(expected, abs=1e-6 if single else 1e-13)


def test_curves_without_errors_are_taken_and_the_card_says_so(tmp_path: Path) -> None:
    X, G, r = made_up_curves(8)
    model = GaussianProcess(PRIOR).fit(X, G, r, np.full_like(G, np.nan))
    card = nanonet.load(model.export(tmp_path / "model")).card
    assert "estimated" in card["noise"]
    with_errors = GaussianProcess(PRIOR).fit(X, G, r, 0.1 * G)
    assert "errors of the curves" in nanonet.load(with_errors.export(tmp_path / "other")).card["noise"]


def test_the_folder_says_what_learn_says(fitted: GaussianProcess, tmp_path: Path) -> None:
    predictor = nanonet.load(fitted.export(tmp_path / "model"))
    assert isinstance(predictor.model, CurveProcess)
    X = np.random.default_rng(0).uniform([2, 25, 0.0003, 0.1, 0.1], [5, 40, 0.004, 2.5, 1.5], (300, 5))
    assert predictor.predict_curves(X) == pytest.approx(fitted.predict(X), rel=1e-9)
    for ours, theirs in zip(predictor.predict_bands(X), fitted.band(X), strict=True):
        assert ours == pytest.approx(theirs, rel=1e-9)
    assert np.array_equal(predictor.sample_curves(X[:2], 5), fitted.sample(X[:2], 5))


BAD = np.ones((6, 100))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"G": np.where(np.arange(100) == 3, np.nan, BAD)}, "not finite"),
        ({"G": -BAD}, "below 0"),
        ({"G": BAD}, "the same curve"),
        ({"r": R[:50]}, "r has shape"),
        ({"X": np.ones((6, 2))}, "the same 2 inputs"),
        ({"X": np.ones((5, 2))}, "5 rows but G has 6"),
        ({"error": np.ones((6, 3))}, "error has shape"),
        ({"error": -BAD}, "below 0 or above 100000"),
    ],
)
def test_bad_arrays_are_refused(change: dict[str, NDArray[np.float64]], what: str) -> None:
    X, G = _smooth(6)
    given: dict[str, Any] = {"X": X, "G": G, "r": R, "error": None} | change
    with pytest.raises(InputError, match=what):
        GaussianProcess().fit(**given)


def test_bad_settings_and_uses_are_refused(fitted: GaussianProcess, tmp_path: Path) -> None:
    X, G = _smooth(6)
    with pytest.raises(InputError, match="kernel = 'cubic' is not one of"):
        GaussianProcess(kernel="cubic").fit(X, G, R)
    with pytest.raises(InputError, match="the dilute limit takes the 5"):
        GaussianProcess(PRIOR).fit(X, G, R)
    with pytest.raises(InputError, match="has not been fitted"):
        GaussianProcess().predict(X)
    with pytest.raises(InputError, match=r"shape \(1, 2\); allowed is \(n, 5\)"):
        fitted.predict([[1.0, 2.0]])
    with pytest.raises(InputError, match="finite"):
        fitted.band([[np.nan] * 5])
    assert fitted.predict(np.empty((0, 5))).shape == (0, 100)
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"holds no model\.json"):
        fitted.export(tmp_path)


def test_copies_do_not_make_a_score_better() -> None:
    """A dataset that holds every composition twice, other noise in each, is scored as one that holds it once."""
    X, G, r = made_up_curves(12)
    noise = np.random.default_rng(0).normal(0.0, 0.05, G.shape)
    both = np.concatenate([X, X * [1, 1, 1.003, 1, 1]]), np.concatenate([G * np.exp(noise), G * np.exp(-noise)])
    once = held_out(GaussianProcess, X, both[1][:12], r)
    twice = held_out(GaussianProcess, *both, r)
    score, again = (float(np.nanmean(ln_rmse(g, found[0]))) for g, found in ((both[1][:12], once), (both[1], twice)))
    assert again > 0.7 * score
    assert GaussianProcess().fit(*both, r).left_out_ > 0.7 * GaussianProcess().fit(X, both[1][:12], r).left_out_
    few = [0, 0, 0, 1, 2, 3]
    with pytest.raises(InputError, match=r"without curve . and its copies 3 curves are left; allowed are 4 or more"):
        held_out(GaussianProcess, X[few], G[few], r)


@pytest.mark.parametrize("curves", [10, 40])
def test_one_high_peak_is_learnt_or_refused(curves: int) -> None:
    X, G, r = made_up_curves(curves)
    G[7, 30] = 7864
    if curves == 10:
        assert GaussianProcess().fit(X, G, r).predict(X)[7, 30] == pytest.approx(7864, rel=0.2)
        return
    with pytest.raises(InputError, match=r"curve 7: g = 7864 at r = 3\.05 is taken for noise .* allowed is 50 times"):
        GaussianProcess().fit(X, G, r)
    for height in (2000, 1000, 500):
        G[7, 30] = height
        with pytest.warns(NanonetWarning, match=rf"curve 7: g = {height} at r = 3\.05 .* not give its peak back"):
            GaussianProcess().fit(X, G, r)
    unsure = np.full_like(G, 0.05)
    unsure[7] = G[7]  # its errors say that it may be as low as the others: no warning
    GaussianProcess().fit(X, G, r, unsure)


def test_high_peaks_are_learnt_or_refused() -> None:
    X, G, r = made_up_curves(12)
    high = G.copy()
    high[:, 30] *= 7864 / G[3, 30]
    median, _, upper = GaussianProcess().fit(X, high, r).band(X)
    assert median[3, 30] == pytest.approx(7864, rel=0.2)
    assert upper[3, 30] > median[3, 30]
    high[3, 30] = 2e5
    with pytest.raises(InputError, match=r"curve 3 of G has 200000 at r = 3\.05; allowed is up to 100000"):
        GaussianProcess().fit(X, high, r)
    with pytest.raises(InputError, match=r"no curve rises above 0\.03"):
        GaussianProcess().fit(X, G * 1e-3, r)
    with pytest.raises(InputError, match="error has values that are below 0 or above 100000"):
        GaussianProcess().fit(X, G, r, np.full(G.shape, 1e300))


@pytest.mark.parametrize("height", [0.04, 7.0, 1e5])
def test_curves_of_which_one_bin_differs_are_learnt(height: float) -> None:
    X, _, r = made_up_curves(5)
    for ground in (0.0, 1.0):
        G = np.full((5, 100), ground)
        G[2, 30] = height
        for found in GaussianProcess().fit(X, G, r).band(X):
            assert np.isfinite(found).all()
            assert (found >= 0).all()


def test_predictions_in_single_precision_are_those_in_double(monkeypatch: pytest.MonkeyPatch) -> None:
    """Medians and bands of the shipped model, far from its data too, to 3e-4 of themselves or of 1e-3."""
    model = nanonet.load()
    low, high = model.X.min(axis=0), model.X.max(axis=0)
    X = np.random.default_rng(0).uniform(low, high, (500, len(low)))
    single = np.array(model.predict_bands(X))
    monkeypatch.setattr(posterior, "_single", lambda values: values)
    monkeypatch.setattr(posterior, "_NOISY", np.inf)
    double = np.array(model.predict_bands(X))
    assert (np.abs(single - double) <= 3e-4 * np.maximum(double, 1e-3)).all()


def test_of_many_curves_the_kernels_are_fitted_to_some(monkeypatch: pytest.MonkeyPatch) -> None:
    """All curves count in the predictions: what was left out of the fit of the kernels is met as well."""
    X, x = np.random.default_rng(0).uniform(0.0, 1.0, (60, 2)), np.linspace(0.0, 3.0, 20)
    G = np.exp(np.sin(x + X[:, :1]) * (1.0 + X[:, 1:]))
    whole = GaussianProcess().fit(X[:50], G[:50], x)
    monkeypatch.setattr(gaussian_process, "_MOST_FITTED", 30)
    part = GaussianProcess().fit(X[:50], G[:50], x)
    errors = [np.sqrt(np.mean((np.log(one.predict(X[50:])) - np.log(G[50:])) ** 2)) for one in (whole, part)]
    assert errors[1] < max(2.0 * errors[0], 0.01)
