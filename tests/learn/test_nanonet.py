from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nanonet import Dataset, InputError
from nanonet.evaluate.metrics import ln_rmse
from nanonet.learn.forest import Forest
from nanonet.learn.nanonet import PAPER, NanoNet
from nanonet.learn.training import TrainingError
from nanonet.models.image import rasterize, read_images
from tests.conftest import made_up_curves


def test_a_small_set_is_learnt(trained: NanoNet, made_up_dataset: Dataset) -> None:
    history = trained.history_
    assert history.mse < 0.7 * history.mse_mean < history.mse_black
    assert history.mses[-1] < 0.7 * history.mse_mean < history.mses[0]
    images = rasterize(made_up_dataset.G, made_up_dataset.r)
    rebuilt = read_images(trained.decode(trained.encode(images).astype(np.float32)), made_up_dataset.r)
    mean_curve = np.exp(np.log(np.maximum(made_up_dataset.G, 0.05)).mean(axis=0))
    baseline = ln_rmse(made_up_dataset.G, np.tile(mean_curve, (8, 1))).mean()
    assert ln_rmse(made_up_dataset.G, rebuilt).mean() < 0.7 * baseline


def test_predictions_are_curves(trained: NanoNet, made_up_dataset: Dataset) -> None:
    predicted = trained.predict(made_up_dataset.X)
    assert predicted.shape == (8, 100)
    assert np.isfinite(predicted).all()
    assert predicted.min() >= 0
    assert trained.predict_images(made_up_dataset.X[:2]).shape == (2, 64, 64)


def _small(**changes: Any) -> NanoNet:
    """A network that trains in no time and learns little."""
    settings: dict[str, Any] = {
        "size": 16,
        "filters": (8, 4),
        "latent": 4,
        "epochs": 5,
        "latent_noise": 0.1,
        "keep_stuck": True,
    }
    return NanoNet(**(settings | {"attempts": 1} | changes))


def test_a_seed_decides() -> None:
    X, G, r = made_up_curves(5)
    with pytest.warns(UserWarning, match="5 curves for a latent space of 6"):
        first = _small(latent=6, seed=1).fit(X, G, r)
    again, other = _small(seed=1, latent=5).fit(X, G, r), _small(seed=2, latent=5).fit(X, G, r)
    with pytest.warns(UserWarning, match="5 curves"):
        same = _small(latent=6, seed=1).fit(X, G, r)
    assert first.history_ == same.history_
    assert np.array_equal(first.predict(X), same.predict(X))
    assert again.history_.losses != other.history_.losses


def test_any_inputs_any_grid_and_any_size_will_do() -> None:
    _, G, _ = made_up_curves(6)
    X, r = np.linspace(-5, 5, 6)[:, None] * [1.0, -1e6, 0.0], 2.0 + 0.1 * np.arange(73)
    for size in (16, 128):
        network = _small(size=size, epochs=2).fit(X, G[:, 10:83], r)
        assert network.predict(X).shape == (6, 73)
        assert network.predict_images(X).shape == (6, size, size)
        assert np.array_equal(network.predict(X), network.predict(X + np.array([0.0, 0.0, 7.0])))  # it never changed


def test_the_papers_settings_by_name() -> None:
    network = NanoNet.paper(seed=3)
    assert network.settings | PAPER == network.settings | {"filters": (64, 32, 32, 16, 16, 8)}
    assert (network.activation, network.loss, network.epochs, network.trees) == ("relu", "mse", 400, 20)
    assert (network.size, network.latent, network.latent_noise, network.max_features) == (64, 8, 0, 1.0)
    assert (network.converge, network.seed) == (False, 3)
    assert NanoNet.paper(max_features=1).max_features == 1


def test_the_autoencoder_may_learn_from_other_curves_than_the_forest() -> None:
    X, G, r = made_up_curves(12)
    together = _small().fit(X[:8], G[:8], r)
    leaked = _small().fit(X[:8], G[:8], r, autoencoder_G=G)
    watched = _small().fit(X[:8], G[:8], r, validation_G=G[8:])
    assert len(leaked.X_) == 8
    assert leaked.history_.losses != together.history_.losses
    assert leaked.history_.mse_black == pytest.approx(np.mean(rasterize(G, r, 16) ** 2), rel=1e-5)
    assert watched.history_.losses == together.history_.losses
    assert len(watched.history_.validation_mses) == 5
    with pytest.raises(InputError, match=r"r has shape \(100,\); allowed is \(99,\), the columns of autoencoder_G"):
        _small().fit(X, G, r, autoencoder_G=G[:, 1:])
    with pytest.raises(InputError, match="validation_G has values below 0"):
        _small().fit(X, G, r, validation_G=-G)


def test_images_of_no_curve_are_not_encoded(trained: NanoNet) -> None:
    with pytest.raises(InputError, match="image 1 was drawn by no curve"):
        trained.encode(np.stack([rasterize(np.ones((1, 100)), trained.r_)[0], np.zeros((64, 64))]))
    with pytest.raises(InputError, match="32 pixels a side; allowed are 64"):
        trained.encode(rasterize(np.ones((1, 100)), trained.r_, 32))


def test_one_feature_a_split_is_another_forest() -> None:
    rng = np.random.default_rng(0)
    X, Z = rng.random((50, 4)), rng.random((50, 2))
    forests = [Forest.fit(X, Z, trees=5, max_features=m, seed=0) for m in (1.0, 4, 1)]
    assert np.array_equal(forests[0].predict(X), forests[1].predict(X))
    assert not np.array_equal(forests[0].predict(X), forests[2].predict(X))
    with pytest.raises(InputError, match=r"max_features = 5 is neither a part.* 1 to 4"):
        Forest.fit(X, Z, trees=5, max_features=5, seed=0)


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
        ({"r": np.full(100, np.nan)}, "rising"),
        ({"G": np.full((8, 100), np.nan)}, "G has values that are not finite"),
        ({"X": np.ones((8, 5))}, "X has the same 5 inputs in all 8 rows"),
        ({"G": np.ones((8, 100))}, "G has the same curve in all 8 rows"),
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
        {"size": 48},
        {"latent": 0},
        {"filters": ()},
        {"filters": (8, 8, 8, 8, 8, 8, 8)},
        {"filters": (8, 0)},
        {"initial": "zero"},
        {"start_at_mean": 1},
        {"max_features": 0.0},
        {"max_features": 1.5},
        {"max_features": 6},
    ):
        with pytest.raises(InputError, match=next(iter(setting))):
            _small(**setting).fit(*made_up_curves(8))


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
