from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanonet import RDF, InputError
from nanonet.rdf import first_peaks, peaks_of, standard_grid

R = standard_grid()


def test_standard_grid_is_the_papers() -> None:
    assert len(R) == 100
    assert R[0] == pytest.approx(0.05)
    assert R[-1] == pytest.approx(9.95)


@pytest.mark.parametrize(
    ("r", "g", "error", "what"),
    [
        (R, np.ones(99), None, "g has 99 values but r has 100"),
        (R, np.ones(100), np.ones(3), "error has 3 values"),
        (R, -np.ones(100), None, r"g\[0\] = -1"),
        (R, np.where(R > 5, np.nan, 1.0), None, "not finite"),
        (R[::-1], np.ones(100), None, "evenly spaced"),
        (R**2, np.ones(100), None, "evenly spaced"),
        (R - 0.05, np.ones(100), None, "centre of a bin"),
        (np.ones((2, 2)), np.ones((2, 2)), None, "one dimension"),
        ("text", np.ones(100), None, "array of numbers"),
        ([1.0], [1.0], None, "2 or more"),
    ],
)
def test_bad_values_are_refused(r: object, g: object, error: object, what: str) -> None:
    with pytest.raises(InputError, match=what):
        RDF(r, g, error)  # type: ignore[arg-type]


def test_is_a_value_that_keeps_its_arrays() -> None:
    g = np.ones(100)
    rdf = RDF(R, g)
    g[:] = 7
    assert rdf.g[0] == 1
    with pytest.raises(ValueError, match="read-only"):
        rdf.g[0] = 2
    assert rdf == RDF(R, np.ones(100))
    assert hash(rdf) == hash(RDF(R, np.ones(100)))
    assert rdf != RDF(R, np.ones(100), np.zeros(100))
    assert "error bars not known" in str(rdf)
    assert "not known" not in str(RDF(R, np.ones(100), np.zeros(100)))


@given(radius=st.floats(0.0, 10.0), density=st.floats(1e-4, 0.02))
def test_coordination_number_of_an_ideal_gas_is_the_volume_times_the_density(radius: float, density: float) -> None:
    expected = density * 4.0 / 3.0 * np.pi * radius**3
    assert RDF(R, np.ones(100)).coordination_number(radius, density) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(nps=st.integers(2, 100), radius=st.floats(0.1, 10.0))
def test_each_of_n_nps_has_n_less_one_others(nps: int, radius: float) -> None:
    whole = RDF(R, np.ones(100)).coordination_number(radius, 0.002)
    assert RDF(R, np.ones(100)).coordination_number(radius, 0.002, nps) == pytest.approx(whole * (nps - 1) / nps)


def test_coordination_number_is_the_integral_of_g() -> None:
    g = np.exp(-((R - 3.0) ** 2)) * 5
    fine = np.linspace(0, 6, 60_001)
    integrand = 4 * np.pi * fine**2 * 0.003 * 5 * np.exp(-((fine - 3.0) ** 2))
    expected = integrand.sum() * (fine[1] - fine[0])
    assert RDF(R, g).coordination_number(6.0, 0.003) == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize(("radius", "density"), [(-1, 0.002), (10.2, 0.002), (3, 0), (3, float("nan"))])
def test_coordination_number_refuses(radius: float, density: float) -> None:
    with pytest.raises(InputError):
        RDF(R, np.ones(100)).coordination_number(radius, density)
    with pytest.raises(InputError, match="nps = 1 is not 2 or more"):
        RDF(R, np.ones(100)).coordination_number(3.0, 0.002, 1)


def test_peaks_are_found_and_noise_is_not() -> None:
    g = 1 + 20 * np.exp(-(((R - 3.05) / 0.2) ** 2)) + 2 * np.exp(-(((R - 5.55) / 0.3) ** 2))
    rdf = RDF(R, g)
    assert rdf.first_peak is not None
    assert rdf.second_peak is not None
    assert rdf.first_peak.position == pytest.approx(3.05)
    assert rdf.first_peak.height == pytest.approx(21, rel=1e-3)
    assert rdf.second_peak.position == pytest.approx(5.55)
    noisy = RDF(R, g + 0.05 * np.sin(40 * R))
    assert len(noisy.peaks()) == 2
    uncertain = RDF(R, g, np.full(100, 1.5))
    assert len(uncertain.peaks()) == 1  # the second is not known to fall by two standard errors


def test_a_level_top_counts_once_at_its_middle() -> None:
    g = np.ones(100)
    g[30:32] = 4.0
    (peak,) = RDF(R, g).peaks()
    assert peak.position == pytest.approx(0.5 * (R[30] + R[31]))


def test_nothing_above_1_is_no_peak() -> None:
    assert RDF(R, np.ones(100)).first_peak is None
    assert RDF(R, np.zeros(100)).first_peak is None
    assert RDF(R, 0.9 * np.exp(-((R - 3) ** 2))).first_peak is None


def test_a_band_holds_g_and_is_part_of_the_value() -> None:
    g = np.ones(100)
    banded = RDF(R, g, low=0.5 * g, high=2 * g)
    assert "90 % band" in str(banded)
    assert banded == RDF(R, g, low=0.5 * g, high=2 * g)
    assert hash(banded) == hash(RDF(R, g, low=0.5 * g, high=2 * g))
    assert banded != RDF(R, g)
    assert banded != RDF(R, g, low=0.5 * g, high=3 * g)
    with pytest.raises(InputError, match=r"g\[0\] = 1 is not between low = 1.5 and 2"):
        RDF(R, g, low=1.5 * g, high=2 * g)
    with pytest.raises(InputError, match="only one of low and high"):
        RDF(R, g, low=0.5 * g)
    with pytest.raises(InputError, match="high has 3 values"):
        RDF(R, g, low=0.5 * g, high=np.ones(3))


@given(st.integers(0, 10**6))
def test_first_peaks_of_many_curves_are_those_of_each(seed: int) -> None:
    random = np.random.default_rng(seed)
    curves = np.vstack([random.gamma(2, 1, (20, 30)), np.round(random.gamma(2, 1, (20, 30)), 1), np.ones((1, 30))])
    r = standard_grid(3.0, 30)
    places, heights = first_peaks(r, curves)
    expected = [one[0] if one else (np.nan, np.nan) for one in peaks_of(r, curves)]
    assert np.array_equal(np.column_stack([places, heights]), expected, equal_nan=True)
