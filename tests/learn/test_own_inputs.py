"""Other inputs and other quantities than g(r) of compositions: dataset file, both models, predictions."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import nanonet
from nanonet import Dataset, InputError
from nanonet.curve import Quantity
from nanonet.learn.nanonet import NanoNet
from nanonet.learn.train import fit_network, score_network, train_gaussian_process
from nanonet.phases.state import Criteria
from nanonet.predict.phase_map import compute_map
from nanonet.predict.predictor import OutsideDataWarning
from nanonet.space import Input, InputSpace

SPACE = InputSpace(
    (Input("temperature", "epsilon/k", 0.5, 2.0, symbol="T"), Input("density", "sigma^-3", 0.01, 1.0, log=True))
)
T = np.linspace(0, 5, 40)
DAMPED = Quantity("c", "t", "velocity autocorrelation", "time", x_unit="tau", limit=0.0)
GROWING = Quantity("msd", "t", "mean squared displacement", "time", "sigma^2", "tau", low=0.0)


def _damped(X: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.exp(-T * X[:, :1]) * np.cos(3.0 * T * X[:, 1:] ** 0.2))


def _growing(X: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(40.0 * X[:, :1] * T**2 / (1 + T * X[:, 1:]))


def _dataset(quantity: Quantity, n: int = 24) -> Dataset:
    X = SPACE.from_unit_cube(np.random.default_rng(1).random((n, 2)))
    Y = _damped(X) if quantity is DAMPED else _growing(X)
    return Dataset.from_arrays(X, Y, T, space=SPACE, quantity=quantity, provenance=[{"source": "made"}] * n)


@pytest.mark.parametrize("quantity", [DAMPED, GROWING], ids=lambda one: one.name)
def test_from_arrays_to_a_prediction(quantity: Quantity, tmp_path: Path) -> None:
    data = _dataset(quantity)
    data.save(tmp_path / "mine.nc")
    loaded = Dataset.load(tmp_path / "mine.nc")
    assert loaded == data
    assert loaded.space == SPACE
    assert loaded.quantity == quantity
    assert loaded.provenance[0]["source"] == "made"

    _, tested = train_gaussian_process(loaded, tmp_path / "gp")
    assert tested["rmse" if quantity is DAMPED else "ln_rmse"] < 0.3
    assert tested["coverage"] > 0.7
    predictor = nanonet.load(tmp_path / "gp")
    assert (predictor.space, predictor.quantity) == (SPACE, quantity)
    asked = {"temperature": 1.2, "density": 0.2}
    curve = predictor.predict(asked)
    assert curve.quantity == quantity
    assert curve.low is not None
    truth = (_damped if quantity is DAMPED else _growing)(np.array([[1.2, 0.2]]))[0]
    assert np.abs(curve.y - truth).max() < 0.1 * np.abs(truth).max()
    found = predictor.predict_all(asked)
    content = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert content["inputs"] == asked
    assert content[quantity.name] == curve.y.tolist()
    assert content["basis"]["nearest"].keys() == asked.keys()
    assert found.state is None
    with pytest.raises(InputError, match="the curve is of"):
        found.peaks  # noqa: B018

    with pytest.raises(InputError, match=r"temperature = 3 is not between 0.5 and 2"):
        predictor.predict({"temperature": 3, "density": 0.2})
    with pytest.raises(InputError, match="density is missing"):
        predictor.predict({"temperature": 1})
    with pytest.raises(InputError, match="the model's inputs are temperature, density"):
        predictor.predict(nanonet.Composition(3, 40, 0.002, 0.5, 1.0))
    with pytest.warns(OutsideDataWarning, match="nearest simulated|outside the simulated"):
        predictor.predict({"temperature": 2.0, "density": 1.0})
    with pytest.raises(InputError, match="the state of NPs follows from g"):
        compute_map(predictor, ("temperature", "density"), {}, (None, None), 5, Criteria())


@pytest.mark.parametrize("quantity", [DAMPED, GROWING], ids=lambda one: one.name)
def test_nanonet_takes_its_axes_from_the_quantity(quantity: Quantity, tmp_path: Path) -> None:
    data = _dataset(quantity, 12)
    network = NanoNet(size=16, latent=3, epochs=10, keep_stuck=True, trees=5, quantity=quantity)
    fit_network(network, data)
    assert network.axes_.low <= data.Y.min()
    assert network.axes_.high >= data.Y.max()
    score_network(network, data, tmp_path / "network")
    predictor = nanonet.load(tmp_path / "network")
    asked = data.X[:5]
    assert predictor.predict_curves(asked) == pytest.approx(network.predict(asked), abs=3e-4 * np.ptp(data.Y))
    curve = predictor.predict({"temperature": 1.2, "density": 0.2})
    assert curve.quantity == quantity
    assert curve.error is None


def test_what_does_not_belong_together_is_refused(tmp_path: Path) -> None:
    data = _dataset(DAMPED, 4)
    with pytest.raises(InputError, match="not those of a composition"):
        data.compositions  # noqa: B018
    with pytest.raises(InputError, match=r"curves are of c\(t\), not of g\(r\)"):
        data.rdfs  # noqa: B018
    with pytest.raises(InputError, match=r"points\[4\] has other inputs"):
        Dataset.concatenate([data, Dataset.shipped().subset([0])])
    with pytest.raises(InputError, match="row 1: temperature = 9 is not"):
        Dataset.from_arrays([[1, 0.1], [9, 0.1]], np.ones((2, 3)), [1, 2, 3], space=SPACE, quantity=DAMPED)
    with pytest.raises(InputError, match="Y has shape"):
        Dataset.from_arrays([[1, 0.1]], np.ones((2, 3)), [1, 2, 3], space=SPACE, quantity=DAMPED)
    other = InputSpace((Input("error", high=1.0, low=0.0),))
    clash = Dataset.from_arrays([[0.1], [0.2]], np.ones((2, 3)), [1, 2, 3], space=other, quantity=DAMPED)
    with pytest.raises(InputError, match="an input is called error"):
        clash.save(tmp_path / "clash.nc")
