"""Where the inputs of a model can be moved to: what sliders offer, and where they start."""

from __future__ import annotations

import math

from nanonet.composition import MIN_EPS_NN, NANOCOMPOSITE
from nanonet.predict.predictor import Predictor
from nanonet.space import Input

_MARGIN = 0.25  # of the range of the training inputs, beyond it on both sides


def known(p: Predictor, one: Input) -> tuple[float, float]:
    """Least and largest value of an input in the training data; of one that the model lacks its default.

    Examples
    --------
    >>> from nanonet.predict.predictor import load
    >>> model = load()
    >>> known(model, model.space["diameter"])
    (2.0, 5.0)
    """
    if one.name not in p.inputs:
        return one.default or 0.0, one.default or 0.0
    column = p.X[:, p.inputs.index(one.name)]
    return float(column.min()), float(column.max())


def offered(one: Input, low: float, high: float) -> tuple[float, float]:
    """Ends of a slider for an input: its range in the training data and a margin, within its limits.

    Examples
    --------
    >>> offered(Input("temperature", "kelvin", 0, 500), 200, 400)
    (150.0, 450.0)
    """
    if one.log:
        factor = (high / low) ** _MARGIN if high > low else 2.0
        ends = (low / factor, high * factor)
    else:
        span = (high - low) or abs(high) or 1.0
        ends = (low - _MARGIN * span, high + _MARGIN * span)
    ends = (max(ends[0], least(one)), min(ends[1], one.high))
    return (math.floor(ends[0]), math.ceil(ends[1])) if one.whole else ends


def least(one: Input) -> float:
    """The least value that is predicted.

    Examples
    --------
    >>> from nanonet.composition import NANOCOMPOSITE
    >>> least(NANOCOMPOSITE["eps_nn"])
    0.02
    """
    return MIN_EPS_NN if one == NANOCOMPOSITE["eps_nn"] else one.low


def middle(p: Predictor) -> tuple[float, ...]:
    """Training inputs nearest to the middle of them all: where a page starts.

    Examples
    --------
    >>> from nanonet.predict.predictor import load
    >>> len(middle(load()))
    5
    """
    low, high = p.X.min(axis=0), p.X.max(axis=0)
    apart = ((p.X - 0.5 * (low + high)) / ((high - low) + (high == low))) ** 2
    return p.space.point(dict(zip(p.inputs, p.X[apart.sum(axis=1).argmin()].tolist(), strict=True))).values
