from __future__ import annotations

import numpy as np
import pytest

from nanonet.errors import InputError
from nanonet.evaluate.baselines import Mean, Nearest
from nanonet.evaluate.metrics import (
    SOFTENING,
    black_mse,
    coordination_numbers,
    first_peaks,
    ln_noise,
    ln_rmse,
    mean_mse,
    paired_bootstrap,
    peak_errors,
    r2,
)
from nanonet.evaluate.splits import splits
from nanonet.rdf import RDF, standard_grid

R = standard_grid()
BUMP = 1 + 3 * np.exp(-(((R - 3.05) / 0.4) ** 2))


def test_trivial_images() -> None:
    images = np.zeros((2, 64, 64), dtype=np.float32)
    images[0, :, 3] = 1
    images[1, :, 5] = 1
    assert black_mse(images) == pytest.approx(1 / 64)
    assert mean_mse(images) == pytest.approx(2 * 0.25 / 64)


def test_ln_rmse_counts_where_g_is_known() -> None:
    true = np.array([[0.0, 1.0, 2.0], [0.01, 0.0, 0.04]])
    assert ln_rmse(true, true)[0] == 0
    assert ln_rmse(true, true * np.e)[0] == pytest.approx(1.0)
    assert ln_rmse(true, np.zeros((2, 3)))[0] == pytest.approx(np.sqrt((np.log(20) ** 2 + np.log(40) ** 2) / 2))
    assert np.isnan(ln_rmse(true, true)[1])


def test_ln_rmse_counts_uncertain_bins_less() -> None:
    true, guess = np.array([[1.0, 1.0]]), np.array([[np.e, 1.0]])
    equal = ln_rmse(true, guess)
    assert equal == pytest.approx(np.sqrt(0.5))
    for error in ([[0.3, 0.3]], [[0.0, 0.0]], [[np.nan, np.nan]]):
        assert ln_rmse(true, guess, error=error) == pytest.approx(equal)
    weight = 1 / (1 + (0.5 / SOFTENING) ** 2)
    assert ln_rmse(true, guess, error=[[0.5, 0.0]]) == pytest.approx(np.sqrt(weight / (weight + 1)))


def test_noise_is_what_a_perfect_prediction_scores() -> None:
    random = np.random.default_rng(0)
    truth = np.tile(1 + BUMP, (400, 1))
    error = truth * random.uniform(0.01, 0.1, truth.shape)
    seen = truth + error * random.standard_normal(truth.shape)
    scored = np.sqrt(np.mean(ln_rmse(seen, truth, error=error) ** 2))
    expected = np.sqrt(np.mean(ln_noise(seen, error) ** 2))
    assert scored == pytest.approx(expected, rel=0.05)


def test_first_peaks_are_those_of_the_rdf() -> None:
    flat = np.ones_like(BUMP)
    found = first_peaks([BUMP, flat], R)
    peak = RDF(R, BUMP).first_peak
    assert peak is not None
    assert tuple(found[0]) == (peak.position, peak.height)
    assert np.isnan(found[1]).all()
    hidden = first_peaks([BUMP], R, [np.full_like(BUMP, 2.0)])
    assert np.isnan(hidden).all(), "what falls less than two standard errors is no peak"


def test_peak_errors() -> None:
    wider = 1 + 6 * np.exp(-(((R - 3.55) / 0.4) ** 2))
    flat = np.ones_like(R)
    errors = peak_errors([BUMP, BUMP, flat], [wider, flat, flat], R)
    assert errors.ratio[0] == pytest.approx(7 / 4)
    assert errors.shift[0] == pytest.approx(0.5)
    assert np.isnan(errors.ratio[1:]).all()
    assert errors.agree.tolist() == [True, False, True]


def test_coordination_number_of_an_ideal_gas() -> None:
    found = coordination_numbers(np.ones((2, 100)), R, [3.0, 6.0], [0.01, 0.02], [None, None])
    assert found == pytest.approx([0.01 * 4 / 3 * np.pi * 27, 0.02 * 4 / 3 * np.pi * 216])


def test_r2_knows_each_column_by_its_own_mean() -> None:
    true = np.array([[0.0, 10.0], [1.0, 11.0]])
    assert r2(true, true) == 1
    assert r2(true, np.tile(true.mean(axis=0), (2, 1))) == pytest.approx(0)
    assert r2(true, np.full((2, 2), true.mean())) < -10


def test_each_mean_is_the_best_constant_for_its_own_error() -> None:
    curves = np.exp(np.random.default_rng(0).normal(0, 1, (30, 10)))
    curves[:, 0] = 0
    plain, logarithmic = (
        Mean(floor).fit(np.zeros((30, 1)), curves, R[:10]).predict([[0]] * 30) for floor in (None, 0.05)
    )
    assert np.sqrt(np.mean((plain - curves) ** 2)) < np.sqrt(np.mean((logarithmic - curves) ** 2))
    assert (ln_rmse(curves, logarithmic) ** 2).mean() < (ln_rmse(curves, plain) ** 2).mean()
    assert (logarithmic[:, 0] == 0).all()


def test_nearest_scales_each_input_by_its_range_and_ignores_constant_ones() -> None:
    X = np.array([[0.0, 0.0, 7.0], [1.0, 1000.0, 7.0]])
    G = np.array([[1.0, 1.0], [2.0, 2.0]])
    model = Nearest().fit(X, G, R[:2])
    assert (model.predict(X) == G).all()
    assert (model.predict([[0.9, 300.0, 8.0]]) == G[1]).all()
    assert (model.predict([[0.9, 50.0, 8.0]]) == G[0]).all()


def test_splits_test_every_entry_once_a_repeat() -> None:
    found = splits(11, folds=4, repeats=3, seed=5)
    assert len(found) == 12
    for train, test in found:
        assert sorted([*train, *test]) == list(range(11))
    for repeat in range(3):
        tested = [i for _, test in found[4 * repeat : 4 * repeat + 4] for i in test]
        assert sorted(tested) == list(range(11))
    again = splits(11, folds=4, repeats=3, seed=5)
    assert all((a[1] == b[1]).all() for a, b in zip(found, again, strict=True))
    assert any(len(a[1]) != len(b[1]) or (a[1] != b[1]).any() for a, b in zip(found[:4], found[4:8], strict=True))
    for folds, repeats in ((1, 1), (12, 1), (3, 0)):
        with pytest.raises(InputError):
            splits(11, folds, repeats)


def test_copies_of_what_is_tested_are_not_learnt() -> None:
    X = np.array([[i / 10, j / 10] for i in range(4) for j in range(3)])
    twice = np.concatenate([X, X + np.array([0.003, 0.0])])  # replicas whose measured densities differ
    n = len(X)
    for train, test in splits(2 * n, folds=6, repeats=2, X=twice):
        assert len(train) > n
        assert not set(train % n) & set(test % n)
    alone = splits(n, folds=4, X=X)
    assert all((a[0] == b[0]).all() for a, b in zip(alone, splits(n, folds=4), strict=True))


def test_paired_bootstrap_covers_the_true_difference() -> None:
    random = np.random.default_rng(1)
    hard = random.gamma(4.0, 1.0, size=(200, 40))  # what both share: entries that are hard for both
    covered = 0
    for i, shared in enumerate(hard):
        found = paired_bootstrap(shared + random.normal(-0.2, 0.5, 40), shared, seed=i, draws=500)
        assert found.interval95[0] <= found.interval90[0] <= found.difference <= found.interval90[1]
        covered += found.interval90[0] < -0.2 < found.interval90[1]
    assert 0.82 < covered / 200 < 0.95
    sure = paired_bootstrap(hard[0] - 1, hard[0])
    assert sure.difference == pytest.approx(-1)
    assert sure.fraction == 1
    assert paired_bootstrap([1.0, np.nan], [2.0, 0.0]).difference == -1
    with pytest.raises(InputError, match="shape"):
        paired_bootstrap([1.0], [1.0, 2.0])
    with pytest.raises(InputError, match="no entry"):
        paired_bootstrap([np.nan], [1.0])
