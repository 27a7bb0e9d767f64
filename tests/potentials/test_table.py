from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from nanonet import Composition, InputError, umbrella_runs
from nanonet.analyze import potential_gp
from nanonet.analyze.tabulate import tabulate
from nanonet.composition import MIN_EPS_NN, check_repulsion
from nanonet.formats import potential_table
from nanonet.interpolation import interpolate_rows, shift_rows
from nanonet.potentials.lennard_jones import lj_cut_shifted, lj_rows
from nanonet.potentials.mediated import PairInputs
from nanonet.rdf import standard_grid

R = standard_grid()
TABLE = potential_table.shipped()


def test_the_table_is_what_the_windows_say() -> None:
    """At grid points to the rounding, in between to a tenth of what the process itself is unsure of."""
    model = potential_gp.fit(umbrella_runs.by_pair_inputs(umbrella_runs.shipped()), scales=_scales())
    made = tabulate(model, (3.0, 3.25), (32.0, 40.0), (0.9, 1.0))
    found = model.predict(PairInputs(3.25, 40, 1.0))
    x = np.array([[3.25, 40, 1e-5, 0.7, 1.0]])
    inside = (found.r[0] < R) & (found.r[-1] > R)
    expected = np.interp(R, found.r, found.w - found.w[-1]) + lj_cut_shifted(R, 3.25, 0.7)
    assert made.pmf(x, R)[0, inside] == pytest.approx(np.minimum(expected, 50)[inside], abs=0.15)
    between = model.predict(PairInputs(3.125, 36, 0.95))
    x = np.array([[3.125, 36, 1e-5, 0.0, 0.95]])
    near = (R > 2.7) & (between.r[-1] > R)
    expected = np.interp(R, between.r, between.w - between.w[-1])
    assert made.pmf(x, R)[0, near] == pytest.approx(expected[near], abs=0.4)


def _scales() -> np.ndarray:
    return np.log([6.0, 1.2, 0.45, 1.2, 1.5, 40.0, 0.8, 4.0])


def test_beyond_its_end_only_the_direct_potential_is_left_and_the_core_is_closed() -> None:
    x = np.array([[2.0, 30, 1e-5, 1.0, 0.5]])
    w = TABLE.pmf(x, R)[0]
    assert w[R > 2 + 4.8] == pytest.approx(lj_cut_shifted(R[R > 6.8], 2.0, 1.0))
    assert (w[R < 0.9] > 20).all()


def test_outside_it_takes_the_rim_and_says_so() -> None:
    x = np.array([[3.0, 40, 0.001, 0.5, 1.5], [3.0, 40, 0.001, 0.5, 3.0]])
    assert TABLE.outside(x).tolist() == [False, True]
    w = TABLE.pmf(x, R)
    assert w[0] == pytest.approx(w[1], abs=1e-6)


def test_saved_is_loaded_and_damage_is_named(tmp_path: Path) -> None:
    potential_table.save(tmp_path / "table.npz", TABLE)
    assert np.array_equal(potential_table.load(tmp_path / "table.npz").w, TABLE.w)
    (tmp_path / "bad.npz").write_bytes(b"nonsense")
    with pytest.raises(InputError, match=r"bad\.npz cannot be read"):
        potential_table.load(tmp_path / "bad.npz")
    with pytest.raises(InputError, match="not finite"):
        replace(TABLE, gaps=np.full(len(TABLE.gaps), np.nan))
    with pytest.raises(InputError, match="rising"):
        replace(TABLE, gaps=TABLE.gaps[::-1])
    with pytest.raises(InputError, match="w has shape"):
        replace(TABLE, w=TABLE.w[:1])


def test_rows_are_interpolated_each_at_its_own_points() -> None:
    grid = np.array([0.0, 1.0, 2.0])
    rows = np.array([[0.0, 1.0, 4.0], [5.0, 6.0, 7.0]])
    points = np.array([[-1.0, 0.5, 1.5, 3.0], [0.0, 1.0, 2.0, 2.5]])
    assert interpolate_rows(rows, grid, points) == pytest.approx(np.array([[0, 0.5, 2.5, 4], [5, 6, 7, 7]]))
    assert interpolate_rows(rows, grid, points, right=0.0)[:, -1] == pytest.approx([0, 0])


@pytest.mark.parametrize("right", [None, 0.0])
def test_shifted_rows_are_interpolated_rows(right: float | None) -> None:
    random = np.random.default_rng(0)
    rows, start = random.normal(size=(200, 51)), random.uniform(-150, 100, 200)
    start[:4] = 50, 51, -3, 0
    expected = interpolate_rows(rows, np.arange(51.0), start[:, None] + np.arange(80), right)
    assert shift_rows(rows, start, 80, right) == pytest.approx(expected, abs=1e-12)


def test_lennard_jones_of_many_is_that_of_each() -> None:
    random = np.random.default_rng(0)
    diameters, eps = random.uniform(1, 10, 20), random.uniform(0, 5, 20)
    r = np.linspace(0.2, 12, 300)
    expected = lj_cut_shifted(r, diameters[:, None], eps[:, None])
    assert lj_rows(r, diameters, eps) == pytest.approx(expected, rel=1e-9, abs=1e-9)
    single = lj_rows(r.astype(np.float32), diameters, eps)
    assert single.dtype == np.float32
    assert single == pytest.approx(expected, rel=1e-5, abs=1e-5)


def test_the_weakest_repulsion_keeps_nps_apart() -> None:
    """From `MIN_EPS_NN` on no measured W_poly presses NPs nearer than 0.6 D (docs/notation.md)."""
    table = potential_table.shipped()
    for diameter, length, eps_pn in product(
        np.linspace(table.diameters[0], table.diameters[-1], 7), table.chain_lengths, table.eps_pn
    ):
        x = np.array([[diameter, length, 0.002, MIN_EPS_NN, eps_pn]])
        r = np.linspace(0.3, 0.6, 7) * diameter
        assert table.pmf(x, r).min() > 10.0
    with pytest.raises(InputError, match=r"eps_nn = 0\.01 is not 0\.02 or above"):
        check_repulsion(Composition(3, 40, 0.002, 0.01, 1.0))
    check_repulsion(Composition(3, 40, 0.002, MIN_EPS_NN, 1.0))
