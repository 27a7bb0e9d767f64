from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nanonet import Dataset, InputError
from nanonet.learn.forest import Forest
from nanonet.learn.model import NanoNet
from nanonet.learn.scoring import ln_rmse
from nanonet.learn.training import TrainingError
from nanonet.picture import draw_curves, trace_curves
from tests.conftest import made_up_curves


def test_a_small_set_is_learnt(trained: NanoNet, made_up_dataset: Dataset) -> None:
    history = trained.history
    assert history.mse < 0.7 * history.mse_mean < history.mse_black
    assert history.losses[-1] < 0.1 * history.losses[0]
    pictures = draw_curves(made_up_dataset.G, made_up_dataset.r)
    rebuilt = trace_curves(trained.decode(trained.encode(pictures).astype(np.float32)), made_up_dataset.r)
    mean_curve = np.exp(np.log(np.maximum(made_up_dataset.G, 0.05)).mean(axis=0))
    baseline = ln_rmse(made_up_dataset.G, np.tile(mean_curve, (8, 1))).mean()
    assert ln_rmse(made_up_dataset.G, rebuilt).mean() < 0.7 * baseline


def test_predictions_are_curves(trained: NanoNet, made_up_dataset: Dataset) -> None:
    predicted = trained.predict(made_up_dataset.X)
    assert predicted.shape == (8, 100)
    assert np.isfinite(predicted).all()
    assert predicted.min() >= 0
    assert trained.predict_pictures(made_up_dataset.X[:2]).shape == (2, 64, 64)


def test_a_seed_decides() -> None:
    X, G, r = made_up_curves(5)
    with pytest.warns(UserWarning, match="5 curves for a latent space of 8"):
        first = NanoNet(epochs=60, latent_noise=0, seed=1).fit(X, G, r).predict(X)
    with pytest.warns(UserWarning, match="5 curves"):
        again = NanoNet(epochs=60, latent_noise=0, seed=1).fit(X, G, r).predict(X)
    assert np.array_equal(first, again)


def test_any_inputs_and_any_grid_will_do() -> None:
    _, G, _ = made_up_curves(6)
    X, r = np.linspace(-5, 5, 6)[:, None] * [1.0, -1e6, 0.0], 2.0 + 0.1 * np.arange(73)
    network = NanoNet(latent=4, epochs=60, latent_noise=0).fit(X, G[:, 10:83], r)
    assert network.predict(X).shape == (6, 73)


def test_a_network_that_learns_nothing_is_an_error() -> None:
    X, G, r = made_up_curves(4)
    with (
        pytest.warns(UserWarning, match="4 curves"),
        pytest.raises(TrainingError, match=r"nothing in 2 attempts.*black"),
    ):
        NanoNet(activation="relu", loss="mse", epochs=1, attempts=2).fit(X, G, r)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"X": np.ones((7, 5))}, "X has 7 rows but G has 8"),
        ({"X": np.ones(8)}, "X has shape"),
        ({"X": np.full((8, 5), np.nan)}, "X has values that are not finite"),
        ({"X": [["a"] * 5] * 8}, "X is not an array of numbers"),
        ({"G": -np.ones((8, 100))}, "G has values below 0"),
        ({"G": np.full((8, 100), np.inf)}, "G has values that are not finite"),
        ({"r": np.ones(99)}, r"r has shape \(99,\)"),
        ({"r": np.ones(100)}, "rising"),
    ],
)
def test_bad_arrays_are_refused(change: dict[str, object], what: str) -> None:
    X, G, r = made_up_curves(8)
    with pytest.raises(InputError, match=what):
        NanoNet().fit(**({"X": X, "G": G, "r": r} | change))  # type: ignore[arg-type]


def test_fewer_than_4_curves_and_bad_settings_are_refused() -> None:
    X, G, r = made_up_curves(3)
    with pytest.raises(InputError, match="3 curves; allowed are 4 or more"):
        NanoNet().fit(X, G, r)
    for setting in (
        {"activation": "tanh"},
        {"loss": "mae"},
        {"epochs": 0},
        {"trees": 1.5},
        {"seed": -1},
        {"learning_rate": 0},
        {"latent_noise": -1},
    ):
        with pytest.raises(InputError, match=next(iter(setting))):
            NanoNet(**setting).fit(*made_up_curves(8))


def test_what_has_not_been_fitted_cannot_answer(trained: NanoNet, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not been fitted"):
        NanoNet().predict([[1.0]])
    with pytest.raises(InputError, match="not been fitted"):
        NanoNet().export(tmp_path / "model")
    with pytest.raises(InputError, match="X has 2 columns; allowed are 5"):
        trained.predict([[1.0, 2.0]])


def test_a_forest_is_exact_where_all_trees_agree() -> None:
    X = np.repeat(np.arange(4.0), 50)[:, None]
    forest = Forest.fit(X, X * [10.0, 0.0], trees=20, seed=0)
    assert forest.predict(X) == pytest.approx(X * [10.0, 0.0])


def test_export_replaces_a_model_and_nothing_else(trained: NanoNet, tmp_path: Path) -> None:
    trained.export(tmp_path / "model")
    trained.export(tmp_path / "model", {"note": "second"})
    assert json.loads((tmp_path / "model" / "model.json").read_text())["note"] == "second"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model"]
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").write_text("mine")
    with pytest.raises(InputError, match=r"holds no model\.json"):
        trained.export(tmp_path / "other")
    with pytest.raises(InputError, match="does not exist"):
        trained.export(tmp_path / "no" / "model")
