"""nanoNET with aligned images and Gaussian processes of its latents."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone

from nanonet.dataset import Dataset
from nanonet.evaluate.metrics import ln_rmse
from nanonet.formats import potential_table
from nanonet.learn.aligned import PLACES, AlignedNanoNet, _moved


def test_a_curve_comes_back_from_its_place() -> None:
    data = Dataset.shipped()
    for g, composition in zip(data.G[::9], data.compositions[::9], strict=True):
        scaled = data.r / composition.diameter
        back = _moved(_moved(g, scaled, PLACES), PLACES, scaled)
        assert ln_rmse(g[None], back[None])[0] < 0.3  # steep flanks are rounded by the grid


@pytest.fixture(scope="module")
def fitted() -> tuple[AlignedNanoNet, Dataset]:
    data = Dataset.shipped().subset(range(0, 80, 5))
    return AlignedNanoNet(potential_table.shipped(), epochs=150, keep_stuck=True).fit(data.X, data.G, data.r), data


def test_curves_come_back_where_they_were(fitted: tuple[AlignedNanoNet, Dataset]) -> None:
    model, data = fitted
    predicted = model.predict(data.X)
    assert predicted.shape == data.G.shape
    assert (predicted >= 0).all()
    assert (predicted[:, data.r < 0.5] == 0).all()
    mean = np.exp(np.log(data.G + 0.05).mean(axis=0)) - 0.05
    assert ln_rmse(data.G, predicted).mean() < 0.8 * ln_rmse(data.G, np.tile(mean, (len(data), 1))).mean()


def test_it_is_an_estimator_as_scikit_learn_has_them(fitted: tuple[AlignedNanoNet, Dataset]) -> None:
    copy = clone(fitted[0])
    assert copy.get_params()["epochs"] == 150
    assert not hasattr(copy, "network_")
