"""S(q) of an ideal gas and of hard spheres, by simulation, in closed form and by transforms."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from nanonet import InputError
from nanonet.analyze.pairs import measure as measure_rdf
from nanonet.analyze.structure_factor import measure
from nanonet.analyze.trajectory import Trajectory
from nanonet.fourier import TransformWarning, from_rdf, to_rdf
from nanonet.potentials.integral_equation import GRID, solve
from nanonet.rdf import RDF
from nanonet.structure_factor import percus_yevick

DIAMETER = 2.0


def _density(eta: float) -> float:
    return eta * 6.0 / math.pi / DIAMETER**3


@pytest.mark.parametrize("eta", [0.0, 0.1, 0.3, 0.49])
def test_percus_yevick_has_its_compressibility_and_ends_at_1(eta: float) -> None:
    s = percus_yevick([0.0, 1e-4, 400.0], eta, DIAMETER).s
    assert s[:2] == pytest.approx((1 - eta) ** 4 / (1 + 2 * eta) ** 2, rel=1e-6)
    assert s[2] == pytest.approx(1.0, abs=1e-3)


@pytest.mark.filterwarnings("ignore::nanonet.fourier.TransformWarning")
@pytest.mark.parametrize("eta", [0.1, 0.3])
def test_percus_yevick_has_its_contact_value_and_no_spheres_that_overlap(eta: float) -> None:
    q = 0.1 * np.arange(1, 6_001)
    r = 0.1 * np.arange(1, 41)
    rdf = to_rdf(percus_yevick(q, eta, DIAMETER), _density(eta), r, "none")
    contact = (1 + 0.5 * eta) / (1 - eta) ** 2
    assert rdf.g[r < DIAMETER - 0.05].max() < 0.01
    assert rdf.g[19] == pytest.approx(0.5 * contact, rel=2e-3)  # the transform of a step is half way up it


def test_the_integral_equation_and_the_transform_give_the_exact_solution() -> None:
    eta = 0.3
    w = np.where(GRID < DIAMETER, 50.0, 0.0)
    w[np.isclose(GRID, DIAMETER)] = math.log(2.0)  # half of the step of exp(-w)
    g = solve(w, _density(eta), "PY")
    assert g is not None
    q = np.linspace(0.2, 6.0, 100)
    s = from_rdf(RDF(GRID, g), _density(eta), q, "none").s
    assert s == pytest.approx(percus_yevick(q, eta, DIAMETER).s, abs=1e-3)


@pytest.mark.filterwarnings("ignore::nanonet.fourier.TransformWarning")
def test_g_of_s_of_g_is_g() -> None:
    r = 0.05 * (np.arange(400) + 0.5)
    rdf = RDF(r, 1.0 + 0.8 * np.exp(-((r - 4.0) ** 2)) - np.exp(-((r / 2.0) ** 2)))
    q = 0.05 * np.arange(1, 601)
    s = from_rdf(rdf, 0.01, q[q >= 2 * math.pi / 20.0], "none")
    again = to_rdf(s, 0.01, r, "none")
    whole = to_rdf(from_rdf(rdf, 0.01, q, "none"), 0.01, r, "none")
    assert whole.g == pytest.approx(rdf.g, abs=1e-3)
    assert again.g == pytest.approx(rdf.g, abs=0.05)  # without the lowest wave numbers


@pytest.mark.filterwarnings("ignore::nanonet.fourier.TransformWarning")
def test_errors_of_s_are_those_of_draws() -> None:
    r = 0.1 * (np.arange(100) + 0.5)
    sigma, rng = np.full(100, 0.05), np.random.default_rng(0)
    q = np.array([0.7, 2.0])
    draws = [from_rdf(RDF(r, 1 + sigma * rng.normal(size=100)), 0.002, q, "lorch").s for _ in range(1_000)]
    error = from_rdf(RDF(r, np.ones(100), sigma), 0.002, q, "lorch").error
    assert error == pytest.approx(np.std(draws, axis=0), rel=0.1)


def test_an_ideal_gas_scatters_as_its_number_whatever_its_box() -> None:
    rng = np.random.default_rng(1)
    boxes = np.array([21.0, 24.0, 28.0]) * rng.uniform(0.97, 1.03, (200, 1))
    gas = Trajectory(rng.uniform(0, 1, (200, 20, 3)) * boxes[:, None], boxes)
    found = measure(gas, q_max=3.0).structure
    assert found.error is not None
    assert np.sqrt(np.mean(((found.s - 1) / found.error) ** 2)) < 1.5
    exact = 1 / np.sqrt(
        200 * 0.5 * 4 / 3 * math.pi * (3.0**3 - 2.8**3) * boxes.prod(axis=1).mean() / (2 * math.pi) ** 3
    )
    assert found.error[-1] == pytest.approx(exact, rel=0.6)


def hard_spheres(eta: float, n: int, sweeps: int, seed: int) -> Trajectory:
    """Hard spheres of diameter 2 by Monte Carlo, from a lattice; every tenth sweep."""
    rng = np.random.default_rng(seed)
    side = round(n ** (1 / 3))
    edge = (n / _density(eta)) ** (1 / 3)
    positions = edge / side * np.array(list(np.ndindex(side, side, side)), dtype=np.float64)
    frames: list[NDArray[np.float64]] = []
    for sweep in range(sweeps):
        for i, step in enumerate(rng.uniform(-0.8, 0.8, (n, 3))):
            apart = positions - (moved := positions[i] + step)
            apart -= edge * np.rint(apart / edge)
            squared = np.einsum("ij,ij->i", apart, apart)
            squared[i] = np.inf
            if squared.min() >= DIAMETER**2:
                positions[i] = moved
        if sweep >= sweeps // 5 and sweep % 10 == 0:
            frames.append(positions.copy())
    return Trajectory(np.array(frames), np.full((len(frames), 3), edge))


def test_simulated_hard_spheres_scatter_as_percus_and_yevick_say() -> None:
    """Direct sums and the transform of the measured g(r); Percus-Yevick is off by less than 0.02 at this density."""
    eta = 0.15
    spheres = hard_spheres(eta, 125, 1_500, seed=3)
    found = measure(spheres, q_max=5.0, width=0.5)
    fine = np.linspace(0.0, 0.5, 51)[:-1]
    exact = np.array([np.average(percus_yevick(p, eta, DIAMETER).s, weights=p**2) for p in
                      (k + fine for k in found.structure.q[1:] - 0.25)])  # fmt: skip
    assert found.structure.s[1:] == pytest.approx(exact, abs=0.03)
    rdf = measure_rdf(spheres, r_max=7.3, bins=73).rdf
    q = np.array([1.2, 2.0, 3.2, 4.5])
    with warnings.catch_warnings():
        warnings.simplefilter("error", TransformWarning)
        s = from_rdf(rdf, found.density, q, "none", found.nps)
    assert s.s == pytest.approx(percus_yevick(q, eta, DIAMETER).s, abs=0.05)


def test_what_the_cut_leaves_open_is_said() -> None:
    r = 0.1 * (np.arange(100) + 0.5)
    with pytest.warns(TransformWarning, match=r"g\(r\) ends at r = 10: S\(q\) below q = 0.628 is made by the cut"):
        from_rdf(RDF(r, np.ones(100)), 0.002, [0.5, 1.0])
    with pytest.warns(TransformWarning, match="g is 0.7 ± 0.03 at the end, r = 9.05 to 9.95, not 1"):
        from_rdf(RDF(r, np.full(100, 0.7), np.full(100, 0.1)), 0.002, [1.0, 2.0])
    gathered = RDF(r, np.where((r > 3) & (r < 6), 20.0, 1.0))
    with pytest.warns(TransformWarning, match="they have gathered, and S"):
        from_rdf(gathered, 0.0005, [1.0, 2.0])
    with pytest.warns(TransformWarning, match="S would be negative at q = 1 to 1: it is 0"):
        from_rdf(RDF(r, np.where((r > 3) & (r < 6), 3.0, 1.0)), 0.1, [1.0, 1.5])
    s = percus_yevick([2.0, 2.2, 2.4, 2.6], 0.3, DIAMETER)
    with pytest.warns(TransformWarning) as caught:
        to_rdf(s, _density(0.3))
    said = " ".join(str(one.message) for one in caught)
    assert "starts at q = 2: below it" in said
    assert "steps of 0.2 in q say nothing about r above 15.7" not in said
    assert "not 1: g(r) has ripples" in said
    with pytest.warns(TransformWarning) as caught:
        to_rdf(percus_yevick([0.4, 0.8, 1.2], 0.1, DIAMETER), _density(0.1))
    assert any("say nothing about r above 7.85" in str(one.message) for one in caught)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda rdf: from_rdf(rdf, 0.0, [1.0, 2.0]), "density = 0 is not above 0"),
        (lambda rdf: from_rdf(rdf, 0.1, [1.0, 2.0], "hann"), "window = 'hann' is not one of lorch, none"),
        (lambda rdf: from_rdf(rdf, 0.1, [1.0, 2.0], nps=1), "nps = 1 is not 2 or more"),
        (lambda rdf: from_rdf(rdf, 0.1, [-1.0, 2.0]), "q[0] = -1 is not 0 or above"),
        (lambda rdf: percus_yevick([1.0, 2.0], 0.8), "packing_fraction = 0.8 is not between 0 and 0.7"),
        (lambda rdf: percus_yevick([1.0, 2.0], 0.3, 0.0), "diameter = 0 is not above 0"),
        (lambda rdf: to_rdf(percus_yevick([1.0, 2.0], 0.3), -1.0), "density = -1 is not above 0"),
    ],
)
@pytest.mark.filterwarnings("ignore::nanonet.fourier.TransformWarning")
def test_what_cannot_be_transformed_is_named(call: Callable[[RDF], object], said: str) -> None:
    with pytest.raises(InputError) as caught:
        call(RDF(0.1 * (np.arange(100) + 0.5), np.ones(100)))
    assert said in str(caught.value)
