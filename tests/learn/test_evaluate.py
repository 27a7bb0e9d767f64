"""Cross-validation of a predictor beside trivial ones."""

from __future__ import annotations

import numpy as np
import pytest

from nanonet import Dataset, InputError
from nanonet.curve import Quantity
from nanonet.learn.evaluate import evaluate
from nanonet.space import Input, InputSpace

SPACE = InputSpace((Input("a"), Input("b")))


def _data(n: int, signed: bool = False) -> Dataset:
    """Smooth curves of two inputs."""
    X, x = np.random.default_rng(0).uniform(0.0, 1.0, (n, 2)), np.linspace(0.0, 3.0, 20)
    Y = np.sin(x + X[:, :1]) * (1.0 + X[:, 1:])
    q = Quantity("y", "x") if signed else Quantity("y", "x", low=0.0)
    return Dataset.from_arrays(X, Y if signed else np.exp(Y), x, space=SPACE, quantity=q)


@pytest.mark.parametrize("signed", [False, True])
def test_a_smooth_function_is_learnt_better_the_more_is_seen(signed: bool) -> None:
    found = evaluate(_data(16, signed))
    error = found.learning_curve[-1][1]
    assert found.measure == ("rmse" if signed else "ln_rmse")
    assert found.folds == 16
    assert found.model[found.measure] == error  # type: ignore[literal-required]
    assert error < 0.3 * found.baselines["nearest"] < 0.3 * found.baselines["mean"]
    assert [size for size, _ in found.learning_curve] == [8, 11, 15]
    assert error < found.learning_curve[0][1]
    assert 0.5 < found.model["coverage"] <= 1.0


def test_copies_do_not_give_the_answer_away() -> None:
    data = _data(8)
    twice = Dataset.concatenate([data, data])
    assert evaluate(twice).baselines["nearest"] == pytest.approx(evaluate(data).baselines["nearest"], abs=1e-3)


def test_too_few_curves_and_other_kinds_are_refused() -> None:
    with pytest.raises(InputError, match="4 entries; allowed are 5 or more"):
        evaluate(_data(4))
    with pytest.raises(InputError, match="kind = 'forest' is not one of gp, nanonet"):
        evaluate(_data(6), "forest")
