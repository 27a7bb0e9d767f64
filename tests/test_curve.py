"""Curves of any quantity."""

from __future__ import annotations

import numpy as np
import pytest

from nanonet import RDF, InputError
from nanonet.curve import G_R, Curve, Quantity
from nanonet.rdf import curve_of

C = Quantity("c", "t", "velocity autocorrelation", unit="sigma^2/tau^2", x_unit="tau", limit=0.0)


def test_a_curve_may_be_negative_where_its_quantity_is() -> None:
    curve = Curve(C, [0, 1, 3], [1.0, -0.5, 0.1], error=[0.1, 0.1, 0.2])  # type: ignore[arg-type]
    assert curve.y.tolist() == [1.0, -0.5, 0.1]
    assert not curve.y.flags.writeable
    assert str(curve) == "Curve of c at 3 values of t, 0 to 3"
    positive = Quantity("msd", "t", low=0.0)
    with pytest.raises(InputError, match=r"msd\[1\] = -0.5 is not 0 or above"):
        Curve(positive, curve.x, curve.y)
    assert not C.bounded
    assert positive.bounded


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ([0, 0, 1], [1, 1, 1], "t is not rising"),
        ([0, 1], [1, 2, 3], "c has 3 values but t has 2"),
        ([0, 1], [1, np.nan], r"c\[1\] = nan is not finite"),
        ([0], [1], "t has 1 values"),
        ([0, 1], ["a", 1], "c is not an array of numbers"),
    ],
)
def test_bad_values_are_named_as_the_quantity_calls_them(x: list[float], y: list[float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Curve(C, x, y)  # type: ignore[arg-type]


def test_an_rdf_is_a_curve_of_g() -> None:
    r, g = np.arange(0.05, 1, 0.1), np.ones(10)
    rdf = curve_of(G_R, r, g)
    assert isinstance(rdf, RDF)
    assert rdf == RDF(r, g)
    assert rdf.quantity == G_R
    assert np.array_equal(rdf.x, rdf.r)
    assert np.array_equal(rdf.y, rdf.g)
    assert rdf != Curve(C, r, g)
    assert not isinstance(curve_of(C, r, g), RDF)


def test_a_quantity_as_plain_values_and_back() -> None:
    for one in (C, G_R):
        assert Quantity.from_json(one.to_json()) == one
    for bad, message in (
        ({"name": "a b"}, "name of a quantity"),
        ({"name": "t", "x": "t"}, "both called t"),
        ({"name": "c", "limit": "high"}, "limit = 'high' is not a number"),
        ({"name": "c", "colour": 1}, "colour"),
        ({"name": "c", "unit": 3}, "unit = 3 is not a text"),
    ):
        with pytest.raises(InputError, match=message):
            Quantity.from_json(bad)
