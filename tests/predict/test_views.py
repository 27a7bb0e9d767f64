from __future__ import annotations

import warnings

import numpy as np
import pytest

import nanonet
from nanonet import fourier
from nanonet.composition import Composition
from nanonet.errors import InputError
from nanonet.predict import views
from nanonet.predict.predictor import Predictor
from nanonet.rdf import RDF, standard_grid

C = Composition(3, 40, 0.002, 0.5, 1.0)


@pytest.fixture(scope="module")
def model() -> Predictor:
    return nanonet.load()


def test_every_view_has_its_quantity_and_a_band(model: Predictor) -> None:
    assert views.names(model) == ("g", "W", "S", "n")
    for name in views.names(model):
        found = views.view(model, C, name)
        assert found.quantity == views.OF_RDF[name]
        assert found.low is not None
        assert found.high is not None


def test_the_potential_of_mean_force_is_minus_ln_g(model: Predictor) -> None:
    rdf, w = model.curve(C), views.view(model, C, "W")
    g, low, high = (np.interp(w.x, rdf.x, one) for one in (rdf.y, rdf.low, rdf.high) if one is not None)
    shift = w.y + np.log(g)
    np.testing.assert_allclose(shift, shift[0], atol=1e-9)
    assert w.low is not None
    assert w.high is not None
    np.testing.assert_allclose(w.low + np.log(high), shift[0], atol=1e-9)
    seen = low > 1e-6
    np.testing.assert_allclose(w.high[seen] + np.log(low[seen]), shift[0], atol=1e-9)


def test_neighbours_within_r_are_coordination_numbers(model: Predictor) -> None:
    rdf, n = model.curve(C), views.view(model, C, "n")
    assert isinstance(rdf, RDF)
    for i in (20, 50, 99):
        assert n.y[i] == pytest.approx(min(rdf.coordination_number(float(n.x[i]), C.density, C.nps), C.nps - 1))
    assert (np.diff(n.y) >= 0).all()


def test_the_structure_factor_is_the_transform_of_g(model: Predictor) -> None:
    rdf, s = model.curve(C), views.view(model, C, "S")
    assert isinstance(rdf, RDF)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fourier.TransformWarning)
        expected = fourier.from_rdf(RDF(rdf.r, rdf.g), C.density, views.WAVE_NUMBERS, nps=C.nps)
    np.testing.assert_allclose(s.y, expected.s)


def test_an_ideal_gas_has_neither_mean_force_nor_structure() -> None:
    flat = RDF(standard_grid(), np.ones(100))
    np.testing.assert_allclose(views.of_rdf(flat, C, "W").y, 0, atol=1e-12)
    np.testing.assert_allclose(views.of_rdf(flat, C, "S").y, 1)
    n = views.of_rdf(flat, C, "n")
    even = 4 / 3 * np.pi * n.x**3 * C.density * (C.nps - 1) / C.nps
    np.testing.assert_allclose(n.y, np.minimum(even, C.nps - 1))
    assert views.of_rdf(flat, C, "g") is flat


def test_what_is_no_view_is_refused(model: Predictor) -> None:
    with pytest.raises(InputError, match="view = 'T' is not one of g, W, S, n"):
        views.view(model, C, "T")
    with pytest.raises(InputError, match=r"eps_nn = 0 is not 0.02 or above"):
        views.view(model, [3, 40, 0.002, 0.0, 1.0], "g")
    with pytest.raises(InputError, match="no pair of NPs is seen"):
        views.potential_of_mean_force(RDF([0.5, 1.5, 2.5], [0, 0, 0]), 1.0)


def test_a_model_without_bands_has_views_without_them() -> None:
    network = nanonet.load("nanonet")
    for name in views.names(network):
        assert views.view(network, C, name).low is None


def test_many_points_at_once_are_those_of_one_each(model: Predictor) -> None:
    points = [C, Composition(4, 30, 0.001, 1.0, 0.5)]
    for point, found in zip(points, model.predict_each(points), strict=True):
        np.testing.assert_allclose(found.curve.y, model.curve(point).y, rtol=1e-5)
        assert found.support == model.support(point)
        assert found.state is None
    assert model.predict_each([]) == ()
    with pytest.raises(InputError, match="row 1: eps_pn = -1 is not between"):
        model.predict_each([C, [3, 40, 0.002, 0.5, -1.0]])
