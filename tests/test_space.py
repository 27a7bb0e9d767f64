"""Declared inputs: what is checked, kept and made from a declaration."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanonet import Composition
from nanonet.composition import FIELDS, NANOCOMPOSITE
from nanonet.errors import InputError
from nanonet.space import Input, InputSpace

SPACE = InputSpace(
    (
        Input("temperature", "kelvin", 200, 500, symbol="T"),
        Input("beads", "1", 2, 40, whole=True),
        Input("density", "nm^-3", 1e-4, 1e-1, log=True, default=1e-2),
    )
)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("temperature", 100, "temperature = 100 is not between 200 and 500"),
        ("temperature", "300", "temperature = '300' is not a number"),
        ("temperature", True, "temperature = True is not a number"),
        ("temperature", math.nan, "temperature = nan is not a finite number"),
        ("beads", 2.5, "beads = 2.5 is not a whole number"),
        ("beads", 41, "beads = 41 is not between 2 and 40"),
    ],
)
def test_a_bad_value_is_named(name: str, value: object, message: str) -> None:
    with pytest.raises(InputError) as caught:
        SPACE.check({"temperature": 300, "beads": 10} | {name: value})
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "2r"}, "name of an input = '2r'; allowed are letters, digits and underscores"),
        ({"name": "x", "low": 2, "high": 1}, "x: low = 2 is not below high = 1"),
        ({"name": "x", "low": 0, "high": 1, "log": True}, "x: limits of a logarithmic input are 0 and 1, not above 0"),
        ({"name": "x", "low": 0, "high": 1, "default": 2}, "x = 2 is not between 0 and 1"),
        ({"name": "x", "low": "0"}, "x: low = '0' is not a number"),
    ],
)
def test_a_bad_declaration_is_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as caught:
        Input(**values)  # type: ignore[arg-type]
    assert str(caught.value) == message


def test_points_by_name_in_order_and_with_defaults() -> None:
    assert SPACE.check({"beads": 4, "temperature": 250}) == (250.0, 4.0, 0.01)
    assert SPACE.check([250, 4, 0.02]) == (250.0, 4.0, 0.02)
    with pytest.raises(InputError, match=r"temperature, beads are missing"):
        SPACE.check({})
    with pytest.raises(InputError, match=r"pressure is not one of temperature, beads, density"):
        SPACE.check({"temperature": 300, "beads": 3, "pressure": 1})
    with pytest.raises(InputError, match=r"2 numbers; needed are the 3 inputs temperature, beads, density"):
        SPACE.check([1, 2])


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=5))
def test_the_unit_cube_fills_the_space(u: list[tuple[float, float, float]]) -> None:
    X = SPACE.from_unit_cube(u)
    inside = [SPACE.check(row) for row in np.clip(X, [200, 2, 1e-4], [500, 40, 1e-1]).tolist()]
    assert np.allclose(inside, X)


def test_a_logarithmic_input_is_even_in_its_logarithm() -> None:
    X = SPACE.from_unit_cube([[0.5, 0.5, 0.5]])
    assert X[0, 2] == pytest.approx(math.sqrt(1e-4 * 1e-1))


def test_parts_and_narrower_limits() -> None:
    assert NANOCOMPOSITE.subspace("diameter", "eps_pn").names == ("diameter", "eps_pn")
    assert SPACE.within({"temperature": (250, 300)})["temperature"].allowed == "between 250 and 300"
    with pytest.raises(InputError, match=r"temperature = 100 is not between 200 and 500"):
        SPACE.within({"temperature": (100, 300)})
    with pytest.raises(InputError, match=r"stands twice"):
        SPACE.subspace("beads", "beads")


def test_a_sixth_input_of_nanocomposites_is_a_declaration() -> None:
    """A typed point with one more field: its space, its checks, its default and its arrays follow."""

    @dataclass(frozen=True)
    class Stiff(Composition):
        stiffness: float = field(default=0.0, metadata={"unit": "epsilon", "low": 0, "high": 10, "symbol": "k"})

    space = InputSpace.of(Stiff)
    assert space.names == (*FIELDS, "stiffness")
    assert space.check(dict(zip(FIELDS, (3, 40, 0.002, 0.5, 1), strict=True))) == (3.0, 40.0, 0.002, 0.5, 1.0, 0.0)
    with pytest.raises(InputError, match=r"stiffness = 11 is not between 0 and 10"):
        space.check((3, 40, 0.002, 0.5, 1, 11))
    assert space["stiffness"].units == ("epsilon",)


def test_the_five_are_declared_once() -> None:
    assert FIELDS == ("diameter", "chain_length", "density", "eps_nn", "eps_pn")
    assert [one.unit for one in NANOCOMPOSITE.inputs] == ["sigma", "1", "sigma^-3", "epsilon", "epsilon"]
    assert [one.name for one in NANOCOMPOSITE.inputs if one.whole] == ["chain_length"]


def test_a_point_of_a_space_without_a_class_has_its_values_and_knows_its_space() -> None:
    space = InputSpace((Input("temperature", "kelvin", 200, 500, symbol="T"), Input("density", "g/cm^3", 0.1, 2.0)))
    point = space.point([300, 0.9])
    assert point.space is space
    assert point.values == (300.0, 0.9)
    assert point.to_json() == {"temperature": 300.0, "density": 0.9}
    assert point == space.point({"density": 0.9, "temperature": 300})
