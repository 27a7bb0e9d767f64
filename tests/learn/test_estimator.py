"""The estimators in scikit-learn's own tools."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score

from nanonet import InputError
from nanonet.formats import potential_table
from nanonet.learn.estimator import CurveEstimator
from nanonet.learn.gaussian_process import GaussianProcess
from nanonet.learn.nanonet import NanoNet
from nanonet.learn.regressors import CurveRegressor, ImagePCA, LatentRegressor, TSNEBaseline
from nanonet.potentials.dilute import DiluteLimit
from tests.conftest import made_up_curves

X, G, R = made_up_curves(16)
SMALL = {
    "size": 16,
    "filters": [8, 4],
    "latent": 4,
    "epochs": 3,
    "keep_stuck": True,
    "attempts": 1,
}
MODELS = [
    GaussianProcess(r=R),
    GaussianProcess(DiluteLimit(potential_table.shipped()), kernel="matern", r=R),
    NanoNet(**SMALL, r=R),  # type: ignore[arg-type]
    CurveRegressor("ridge", r=R),
    LatentRegressor(ImagePCA(4), r=R),
    TSNEBaseline(r=R),
]


@pytest.mark.filterwarnings("ignore:curve .* is taken for noise")  # made-up curves are not what W gives
@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_clones_have_the_parameters_and_nothing_that_was_learnt(model: CurveEstimator) -> None:
    other = clone(model)
    assert type(other) is type(model)
    assert other.get_params(deep=False).keys() == model.get_params(deep=False).keys()
    assert other.fit(X, G) is other
    fitted = {name for name in vars(other) if name.endswith("_")}
    assert fitted
    assert vars(clone(other)).keys() == vars(other).keys() - fitted
    assert other.predict(X).shape == G.shape
    assert other.score(X, G) <= 1


def test_cross_validation_takes_them() -> None:
    for model in (GaussianProcess(r=R), CurveRegressor("ridge", r=R)):
        found = cross_val_score(model, X, G, cv=4)
        assert found.shape == (4,)
        assert np.isfinite(found).all()
        assert (cross_val_score(model, X, G, cv=4, scoring="neg_root_mean_squared_error") < 0).all()


def test_searches_name_their_parameters() -> None:
    search = GridSearchCV(GaussianProcess(r=R), {"kernel": ["matern", "gaussian"], "transform": ["ln", "sqrt"]}, cv=2)
    assert search.fit(X, G).best_params_.keys() == {"kernel", "transform"}
    assert search.best_estimator_.predict(X).shape == G.shape
    network = GridSearchCV(NanoNet(**SMALL, r=R), {"trees": [2, 4]}, cv=2)  # type: ignore[arg-type]
    assert network.fit(X, G).best_estimator_.trees in (2, 4)


def test_as_many_points_as_curves_and_no_grid_at_all() -> None:
    found = cross_val_score(GaussianProcess(r=R[:16]), X, G[:, 25:41], cv=2)
    assert np.isfinite(found).all()
    with pytest.raises(InputError, match="r is missing"):
        GaussianProcess().fit(X, G)
    given = GaussianProcess(r=R[:50]).fit(X, G, R)
    assert np.array_equal(given.process_.x, R)
