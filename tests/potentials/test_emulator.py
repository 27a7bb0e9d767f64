from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from nanonet import Composition, Dataset, InputError
from nanonet.evaluate.metrics import ln_rmse
from nanonet.formats import emulator_file, potential_table
from nanonet.potentials import many_body
from nanonet.potentials.emulator import ARRAYS, Emulator, gathering, number, well_of
from nanonet.potentials.lennard_jones import lj_cut_shifted
from nanonet.potentials.many_body import ManyBody
from nanonet.potentials.theory import theory
from nanonet.rdf import standard_grid

R = standard_grid()
EMULATOR = emulator_file.shipped()
DISPERSED = np.array([[3, 40, 0.002, 0.5, 1.0], [2.2, 30, 0.003, 0.3, 1.2], [4, 33, 0.001, 1.0, 1.0]])
GATHERED = np.array([[3, 40, 0.002, 0.5, 0.3], [4, 35, 0.002, 0.2, 0.1], [2.5, 30, 0.003, 2.0, 0.4]])


class Bare:
    """NPs without polymer."""

    def pmf(self, X: NDArray[np.float64], r: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.minimum(lj_cut_shifted(r, X[:, :1], X[:, 3, None]), 50.0)

    def polymer(self, X: NDArray[np.float64], r: NDArray[np.float64]) -> NDArray[np.float32]:
        return np.zeros((len(X), len(r)), dtype=np.float32)

    def outside(self, X: NDArray[np.float64]) -> NDArray[np.bool_]:
        return np.zeros(len(X), dtype=bool)


def test_what_is_read_off_a_potential_is_that_of_lennard_jones() -> None:
    X = np.array([[2.0, 40, 0.001, 1.0, 1.0], [3.0, 40, 0.001, 2.0, 1.0]])
    well = well_of(Bare(), X)
    assert well.r_min == pytest.approx(2 ** (1 / 6) * X[:, 0], abs=0.01)
    assert (well.contact < X[:, 0]).all()
    assert well.second_virial[1] < well.second_virial[0] < 0  # T* = 1 and 1/2 lie below Boyle's temperature, 3.4
    assert gathering(np.array([5.0, -3.0, -1e4])) == pytest.approx([0, 0.5, 1], abs=0.01)
    assert number(X).tolist() == [Composition(*x).nps for x in X.tolist()]


def test_dispersed_nps_are_those_of_the_integral_equation() -> None:
    """The law at low densities: Percus-Yevick, which knows nothing of what taught the networks."""
    table = potential_table.shipped()
    exact = np.array([theory(table, Composition(*x), "PY").rdf.g for x in DISPERSED.tolist()])
    assert ln_rmse(exact, EMULATOR.predict(DISPERSED, R)).max() < 0.2
    assert EMULATOR.predict(DISPERSED, R)[:, R < 1.5].max() < 0.05


def test_it_repeats_what_it_was_taught_within_noise() -> None:
    data = Dataset.shipped("implicit")
    few = slice(0, None, 10)
    assert np.median(ln_rmse(data.G[few], EMULATOR.predict(data.X[few], data.r))) < 0.2
    assert not EMULATOR.outside(data.X).any()
    assert EMULATOR.outside(np.array([[5.5, 30, 0.001, 1.0, 1.0]])).all()
    coarse = EMULATOR.predict(DISPERSED, R[:60])
    assert coarse == pytest.approx(EMULATOR.predict(DISPERSED, R)[:, :60], abs=0.05)


def test_many_bodies_change_what_gathers_only() -> None:
    plain = ManyBody(EMULATOR, share=1.0, shift=0.0, blur=0.0)
    for X in (DISPERSED, GATHERED):
        assert plain.evaluate(X, R).curves == pytest.approx(EMULATOR.predict(X, R), rel=1e-3, abs=1e-4)
    changed = ManyBody(EMULATOR)
    assert ln_rmse(EMULATOR.predict(DISPERSED, R), changed.evaluate(DISPERSED, R).curves).max() < 0.05
    low, high = changed.evaluate(GATHERED, R).curves.max(axis=1), EMULATOR.predict(GATHERED, R).max(axis=1)
    assert (low < 0.9 * high).all()  # lower first peaks, as measured
    alone = np.concatenate([changed.evaluate(x[None], R).curves for x in GATHERED])
    assert changed.evaluate(GATHERED, R).curves == pytest.approx(alone, rel=1e-4)
    assert changed.with_parameters((9, 9, 9, 99)).parameters == (1.5, 0.5, 0.5, 10.0)


@pytest.mark.parametrize("first", [0, 30])
def test_curves_are_averaged_over_normal_distributions(first: int) -> None:
    """By five nodes of Gauss and Hermite, between bins linearly, whether these are near or far apart."""
    random, m = np.random.default_rng(0), 100
    curves, widths = random.uniform(0, 3, (6, m)), random.uniform(0, 1, (6, m - first))
    widths *= np.array([0.0, 0.1, 0.3, 0.4, 8.0, 60.0])[:, None]
    nodes, weights = np.polynomial.hermite_e.hermegauss(5)
    places = np.arange(first, m) + widths * nodes[:, None, None]
    read = [[np.interp(at, np.arange(m), one) for at, one in zip(part, curves, strict=True)] for part in places]
    expected = np.tensordot(weights / weights.sum(), read, axes=1)
    assert many_body._averaged(curves, widths, first) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", ["shells", "weights_1", "biases_3", "projection"])
def test_files_that_do_not_belong_together_are_refused(name: str) -> None:
    arrays = {one: getattr(EMULATOR, one) for one in ARRAYS}
    with pytest.raises(InputError, match="emulator: "):
        Emulator(Bare(), **(arrays | {name: arrays[name][..., :-1]}))
    with pytest.raises(InputError, match=f"emulator: {name} has values that are not finite"):
        replace(EMULATOR, **{name: np.full_like(arrays[name], np.nan)})
