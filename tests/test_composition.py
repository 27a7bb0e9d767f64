from __future__ import annotations

import math
from dataclasses import FrozenInstanceError, astuple, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanonet import Composition, InputError
from nanonet.composition import from_array, near_duplicates, to_array

GOOD = Composition(diameter=3, chain_length=40, density=0.002, eps_nn=0.5, eps_pn=1.0)


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("diameter", 0.99, "between 1 and 10"),
        ("diameter", 10.01, "between 1 and 10"),
        ("chain_length", 1, "between 2 and 500"),
        ("chain_length", 501, "between 2 and 500"),
        ("chain_length", 40.5, "whole number"),
        ("density", 0.9e-5, "between 1e-05 and 0.02"),
        ("density", 0.021, "between 1e-05 and 0.02"),
        ("eps_nn", -0.1, "between 0 and 5"),
        ("eps_nn", 5.1, "between 0 and 5"),
        ("eps_pn", -1.0, "between 0 and 5"),
        ("eps_pn", math.nan, "finite"),
        ("eps_pn", math.inf, "finite"),
        ("eps_pn", "1.0", "not a number"),
        ("eps_pn", None, "not a number"),
        ("eps_pn", True, "not a number"),
        ("eps_pn", [1.0], "not a number"),
    ],
)
def test_a_bad_field_is_named_with_its_value_and_what_is_allowed(field: str, value: object, allowed: str) -> None:
    with pytest.raises(InputError) as caught:
        replace(GOOD, **{field: value})  # type: ignore[arg-type]
    assert field in str(caught.value)
    assert allowed in str(caught.value)


def test_too_much_volume_is_refused() -> None:
    with pytest.raises(InputError, match="volume fraction"):
        Composition(5, 40, 0.0062, 1, 1)
    assert Composition(5, 40, 0.0061, 1, 1).volume_fraction == pytest.approx(0.399, abs=0.001)


def test_limits_themselves_are_allowed() -> None:
    Composition(1, 2, 1e-5, 0, 0)
    Composition(10, 500, 1e-5, 5, 5)


def test_is_a_value() -> None:
    assert Composition(3.0, 40.0, 0.002, 0.5, 1) == GOOD  # type: ignore[arg-type]
    assert isinstance(Composition(3, 40.0, 0.002, 0.5, 1).chain_length, int)  # type: ignore[arg-type]
    assert hash(replace(GOOD)) == hash(GOOD)
    assert str(GOOD) == "D=3 N=40 rho=0.002 eps_nn=0.5 eps_pn=1"
    with pytest.raises(FrozenInstanceError):
        GOOD.density = 0.001  # type: ignore[misc]


@given(
    st.builds(
        Composition,
        st.floats(1, 3),
        st.integers(2, 500),
        st.floats(1e-5, 0.02),
        st.floats(0, 5),
        st.floats(0, 5),
    )
)
def test_arrays_and_objects_carry_the_same(composition: Composition) -> None:
    array = to_array([composition])
    assert array.shape == (1, 5)
    assert tuple(array[0]) == astuple(composition)
    assert from_array(array) == (composition,)


def test_a_bad_row_is_numbered() -> None:
    rows = np.array([[3, 40, 0.002, 0.5, 1.0], [3, 40, 0.002, 0.5, -1.0]])
    with pytest.raises(InputError, match=r"row 1: eps_pn = -1"):
        from_array(rows)
    with pytest.raises(InputError, match=r"shape \(2, 4\)"):
        from_array(rows[:, :4])


def test_near_duplicates_all_but_repeat_what_is_held_out() -> None:
    X = [[1.0, 0.0, 5.0], [1.0, 9.0, 5.0], [1.05, 1.0, 5.0], [2.0, 0.0, 5.0]]
    assert near_duplicates(X, [[1.0, 0.0, 5.0], [3.0, 0.0, 5.0]], [1.0, 100.0, 0.0]).tolist() == [
        True,
        True,
        True,
        False,
    ]
