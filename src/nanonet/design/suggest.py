"""What to simulate next: points that make a Gaussian process surer, for the hours that they cost.

The gain of a point is how much of the predictive variance of curves, integrated along a curve and over the inputs, an
observation there is expected to remove (active learning Cohn; doi:10.1613/jair.295): the posterior variance of a
Gaussian process does not depend on what is observed. So a batch is chosen one point after the other, each given those
before it, and given what runs already. With targets the variance counts where it is open whether they are met.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from nanonet.composition import near_duplicates
from nanonet.design.box import Box
from nanonet.design.inverse import share_met
from nanonet.design.readings import Array
from nanonet.design.targets import Target
from nanonet.errors import InputError, check_seed, check_whole
from nanonet.models.gaussian_process import CurveProcess, GroupCovariance
from nanonet.predict.predictor import Predictor
from nanonet.space import Point

_CANDIDATES, _REFERENCES = 512, 256
_DRAWS = 64  # curves at each reference, for the probability that targets are met
_ELSEWHERE = 0.02  # weight of references where it is clear whether targets are met


class Suggestion(NamedTuple):
    """A point to simulate."""

    point: Point
    gain: float
    """Share of the variance left by those before it that it is expected to remove."""
    hours: float
    """Core-hours of the run; 1 where no price was given."""


def suggest(
    model: Predictor,
    count: int,
    box: Box,
    *,
    taken: Array | None = None,
    hours: Callable[[Array], Array] | None = None,
    allowed: Callable[[Array], Array] | None = None,
    targets: Sequence[Target] = (),
    candidates: Array | None = None,
    seed: int = 0,
) -> tuple[Suggestion, ...]:
    """Points to simulate next, by gain an hour, each given those before it.

    Parameters
    ----------
    model:
        A Gaussian process of ours.
    count:
        How many.
    box:
        Where: the variance is integrated over it.
    taken:
        Inputs (k, p) that run, or will, and of which the model knows nothing yet.
    hours:
        Price (n,) of points (n, p); left out: all cost the same.
    allowed:
        Which points (n,) of (n, p) may be suggested; left out: all that are points.
    targets:
        What is wanted, where that alone is to become surer.
    candidates:
        Points (n, p) to choose from; left out: space-filling ones, none of which all but repeats what is
        known or taken (`composition.near_duplicates`).
    seed:
        Of the space-filling points.

    Raises
    ------
    InputError
        The model is another, `count` is not allowed, or there are fewer candidates.
    """
    process = model.model
    if not isinstance(process, CurveProcess):
        raise InputError(f"a model of kind {model.card['kind']!r} cannot say what to simulate next; allowed is gp")
    check_whole("count", count, 1, 1000)
    check_seed(seed)
    references = _space_filling(box, allowed, _REFERENCES, seed + 1)
    known = np.empty((0, model.X.shape[1])) if taken is None else np.asarray(taken, dtype=np.float64)
    if candidates is None:
        candidates = _space_filling(box, allowed, _CANDIDATES, seed)
        every = np.concatenate([model.X, known])
        candidates = candidates[~near_duplicates(candidates, every, np.ptp(model.X, axis=0))]
    if len(candidates) < count:
        raise InputError(f"count = {count} is more than the {len(candidates)} points that could be simulated")
    price = np.ones(len(candidates)) if hours is None else hours(candidates)
    weights = process.widening(references) ** 2
    if targets:
        p = share_met(model, targets, box, references, _DRAWS, seed)
        weights = weights * (4.0 * p * (1.0 - p) + _ELSEWHERE)
    own = np.concatenate([candidates, known])
    groups = [
        one._replace(matrix=one.matrix.copy()) for one in process.covariances(np.concatenate([references, own]), own)
    ]
    left = _variance(process.covariances(references, references), weights)
    free = np.ones(len(candidates), dtype=bool)
    for k in range(len(known)):
        left -= _gains(groups, weights, len(references))[len(candidates) + k]
        _condition(groups, len(references), len(candidates) + k)
    found = []
    for _ in range(count):
        gains = _gains(groups, weights, len(references))[: len(candidates)]
        best = int(np.argmax(np.where(free, gains / price, -np.inf)))
        named = dict(zip(box.space.names, candidates[best].tolist(), strict=True))
        found.append(Suggestion(model.point(named), float(gains[best] / left), float(price[best])))
        left -= gains[best]
        _condition(groups, len(references), best)
        free[best] = False
    return tuple(found)


def _space_filling(box: Box, allowed: Callable[[Array], Array] | None, count: int, seed: int) -> Array:
    """At least so many points (n, p) of a box that are allowed, or as many as there are; each once."""
    from scipy.stats import qmc

    sobol = qmc.Sobol(len(box.free), seed=seed)
    found = np.empty((0, len(box.space)))
    for _ in range(8):
        X = box.points(sobol.random(count))
        X = X[box.allowed(X)]
        found = np.unique(np.concatenate([found, X if allowed is None else X[allowed(X)]]), axis=0)
        if len(found) >= count:
            return found[np.random.default_rng(seed).permutation(len(found))[:count]]
    if not len(found):
        raise InputError("no point within the bounds can be simulated")
    return found


def _variance(groups: Sequence[GroupCovariance], weights: Array) -> float:
    """Variance of curves, weighted over references, of covariances among these."""
    return float(sum(one.variance * weights @ np.maximum(np.diag(one.matrix), 0.0) for one in groups))


def _gains(groups: Sequence[GroupCovariance], weights: Array, references: int) -> Array:
    """How much of that variance an observation at each of k points is expected to remove (k,)."""
    total = np.zeros(groups[0].matrix.shape[1])
    for one in groups:
        own = np.maximum(np.diag(one.matrix[references:]), 0.0) + one.noise
        total += one.variance * (weights @ one.matrix[:references] ** 2) / own
    return total


def _condition(groups: Sequence[GroupCovariance], references: int, k: int) -> None:
    """Take an observation at point k into account, in place."""
    for one in groups:
        column, row = one.matrix[:, k].copy(), one.matrix[references + k].copy()
        one.matrix[...] -= np.outer(column, row) / (max(row[k], 0.0) + one.noise)
