from __future__ import annotations

import numpy as np
import pytest

from nanonet.evaluate.metrics import black_mse, ln_rmse, mean_mse
from nanonet.learn.regressors import (
    CurveRegressor,
    DenseAutoencoder,
    ImagePCA,
    LatentRegressor,
    MeanImage,
    TSNEBaseline,
)
from nanonet.models.image import rasterize
from tests.conftest import made_up_curves

X, G, R = made_up_curves(24)


@pytest.mark.parametrize("kind", ["forest", "network", "ridge"])
@pytest.mark.parametrize("logarithm", [True, False])
def test_direct_regression_fits_what_it_learns(kind: str, logarithm: bool) -> None:
    model = CurveRegressor(kind, logarithm=logarithm).fit(X, G, R)
    predicted = model.predict(X)
    assert predicted.shape == G.shape
    assert (predicted >= 0).all()
    targets, learnt = (np.log(np.maximum(c, 1e-3)) if logarithm else c for c in (G, predicted))
    part = 0.9 if kind == "ridge" else 0.5  # a plane through curved answers explains little
    assert np.square(learnt - targets).mean() < part * np.square(targets - targets.mean(axis=0)).mean()


def test_boosting_of_few_outputs() -> None:
    predicted = CurveRegressor("boosting").fit(X, G[:, 50:54], R[50:54]).predict(X)
    assert ln_rmse(G[:, 50:54], predicted).mean() < 0.05


def test_principal_components_of_curves_are_undone() -> None:
    few = CurveRegressor("forest", components=2).fit(X, G, R).predict(X)
    many = CurveRegressor("forest", components=20).fit(X, G, R).predict(X)
    assert ln_rmse(G, many).mean() < ln_rmse(G, few).mean()


def test_all_principal_components_give_images_back() -> None:
    images = rasterize(G, R)
    codec = ImagePCA(100).fit(images)
    codes = codec.encode(images)
    assert codes.shape == (24, 23)
    assert codec.decode(codes.astype(np.float32)) == pytest.approx(images, abs=1e-4)


def test_trivial_images() -> None:
    images = rasterize(G, R)
    for black, error in ((False, mean_mse(images)), (True, black_mse(images))):
        codec = MeanImage(black).fit(images)
        drawn = codec.decode(codec.encode(images).astype(np.float32))
        assert np.square(drawn - images).mean() == pytest.approx(error, rel=1e-5)


def test_a_dense_autoencoder_learns_and_repeats_itself() -> None:
    images = rasterize(G[:4], R)
    learnt = LatentRegressor(DenseAutoencoder(4, epochs=120, seed=1)).fit(X[:4], G[:4], R)
    rebuilt = learnt.decode(learnt.encode(images).astype(np.float32))
    assert np.square(rebuilt - images).mean() < mean_mse(images)
    first, second = (LatentRegressor(DenseAutoencoder(4, epochs=5, seed=1)).fit(X[:4], G[:4], R) for _ in range(2))
    assert (first.predict(X) == second.predict(X)).all()


def test_t_sne_can_only_answer_with_curves_that_it_knows() -> None:
    model = TSNEBaseline().fit(X[:16], G[:16], R)
    predicted = model.predict(X)
    assert all(any((curve == known).all() for known in G[:16]) for curve in predicted)
    assert any((curve != known).any() for curve, known in zip(predicted[16:], G[16:], strict=True))
