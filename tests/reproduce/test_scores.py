from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from nanonet import Dataset
from nanonet.reproduce.fits import CrossValidationFit
from nanonet.reproduce.scores import HEADER, Comparison, crossed, measure, repeated, spread, table
from nanonet.reproduce.training_data import TrainingData
from tests.conftest import made_up_curves


@pytest.fixture
def known(made_up_dataset: Dataset) -> TrainingData:
    return TrainingData(made_up_dataset, None)


def _answers(known: TrainingData, factor: float, stuck: bool = False) -> Any:
    """Results of a model that is off by a factor in g, and answers each fold in its own order."""

    def result(fit: CrossValidationFit) -> dict[str, Any]:
        curves = factor * known.explicit.G[list(fit.test)]
        k = len(fit.test)
        part = {"G": (2 * curves).tolist(), "mse": [0.5] * k, "mae": [0.25] * k}
        errors = {"mse": [float(i) for i in fit.test], "mae": [0.0] * k}
        return {"G": curves.tolist(), **errors, "seconds": 2.0, "stuck": stuck, "other": part}

    return result


def test_folds_are_put_together_in_order(known: TrainingData) -> None:
    row = Comparison("made up", crossed(known.explicit.X, 3, 2, "nearest"))
    found = measure(row, _answers(known, math.e), known)
    assert found.mse == pytest.approx(np.tile(np.arange(8.0), (2, 1)))
    assert found.curves[1] == pytest.approx(math.e * known.explicit.G)
    assert found.plain == pytest.approx(np.ones((2, 8)))
    assert found.weighted == pytest.approx(np.ones((2, 8)))
    assert found.log_ratio == pytest.approx(np.ones((2, 8)))
    assert found.shift == pytest.approx(np.zeros((2, 8)))
    assert found.agree.all()
    truth = known.neighbours(known.explicit.G)
    assert found.neighbours[0] == pytest.approx((math.e - 1) * truth)
    assert (found.seconds, found.stuck) == (2.0, 0)


def test_a_row_may_take_a_part_of_the_results(known: TrainingData) -> None:
    fits = crossed(known.explicit.X, 2, 1, "nearest")
    whole, part = (measure(Comparison("x", fits, part=name), _answers(known, 1.0), known) for name in ("", "other"))
    assert whole.plain == pytest.approx(np.zeros((1, 8)))
    assert part.plain == pytest.approx(np.full((1, 8), math.log(2)))
    assert part.mse == pytest.approx(np.full((1, 8), 0.5))


def test_a_table_has_a_cell_for_every_column_and_says_what_is_stuck(known: TrainingData) -> None:
    row = Comparison("made up", crossed(known.explicit.X, 2, 2, "nearest"))
    made = table(["a group", row], _answers(known, 1.0, stuck=True), known, "caption")
    assert list(made.rows[0]) == ["a group"]
    assert len(made.rows[1]) == len(HEADER)
    assert made.rows[1][0] == "made up (stuck 4 of 4)"
    assert made.rows[1][1] == "0.00 ± 0.00"
    assert "caption" in made.caption


def test_every_composition_is_held_out_once_a_repeat_with_the_repeats_seed() -> None:
    for repeat, fits in enumerate(crossed(made_up_curves(9)[0], 4, 3, "nanonet", {"latent": 2}, implicit=None)):
        assert sorted(i for fit in fits for i in fit.test) == list(range(9))
        assert {fit.seed for fit in fits} == {repeat}
        assert all(not set(fit.train) & set(fit.test) and fit.implicit is None for fit in fits)


def test_spread_is_over_repeats() -> None:
    values = np.array([[1.0, 3.0, np.nan], [3.0, 5.0, np.nan]])
    assert spread(values) == "3.00 ± 1.41"
    assert spread(values[:1]) == "2.00"
    assert spread(np.full((2, 2), np.nan)) == "–"
    assert repeated(values) == pytest.approx((3.0, math.sqrt(2)))
