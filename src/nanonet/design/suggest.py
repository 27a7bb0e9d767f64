"""What to simulate next: points that make a Gaussian process surer, for the hours that they cost.

The gain of a point is how much of the predictive variance of curves, integrated along a curve and over the inputs, an
observation there is expected to remove (active learning Cohn; doi:10.1613/jair.295): the posterior variance of a
Gaussian process does not depend on what is observed. So a batch is chosen one point after the other, each given those
before it, and given what runs already. With targets the variance counts where it is open whether they are met.

Cheaper runs of the same points, whose curves are off (`Cheaper`), can stand in the same batch: such a curve is the true
one and a difference from it, a Gaussian process with the kernel of the curves, of its own variance and independent of
them. So what many cheap runs tell ends at that difference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nanonet.composition import near_duplicates
from nanonet.design.box import Box
from nanonet.design.inverse import share_met
from nanonet.design.readings import Array
from nanonet.design.targets import Target
from nanonet.errors import InputError, check_seed, check_whole
from nanonet.models.gaussian_process import CurveProcess, GroupCovariance
from nanonet.models.kernels import correlation
from nanonet.predict.predictor import Predictor
from nanonet.space import Point

_CANDIDATES, _OF_EACH, _REFERENCES = 512, 256, 256  # with two ways to run them: of each
_DRAWS = 64  # curves at each reference, for the probability that targets are met
_ELSEWHERE = 0.02  # weight of references where it is clear whether targets are met


class Suggestion(NamedTuple):
    """A point to simulate."""

    point: Point
    gain: float
    """Share of the variance left by those before it that it is expected to remove."""
    hours: float
    """Core-hours of the run; 1 where no price was given."""
    cheaper: bool = False
    """Whether it is to be run the cheaper way."""


class Cheaper(NamedTuple):
    """A second way to run points."""

    hours: Callable[[Array], Array]
    """Price (n,) of points (n, p)."""
    off: Callable[[Array], Array]
    """Standard deviation (n,) by which its curves are off, transformed as the model learns them: of g that of ln g."""
    known: Array
    """Inputs (k, p) that were run so, and of which the model knows nothing."""


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
    cheaper: Cheaper | None = None,
    budget: float | None = None,
    seed: int = 0,
) -> tuple[Suggestion, ...]:
    """Points to simulate next, by gain an hour, each given those before it.

    Parameters
    ----------
    model:
        A Gaussian process of ours.
    count:
        How many; with a budget at most.
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
    cheaper:
        A second way to run them.
    budget:
        Core-hours of all together.
    seed:
        Of the space-filling points.

    Raises
    ------
    InputError
        The model is another, `count` is not allowed, there are fewer candidates, or the budget is too small for any.

    Examples
    --------
    >>> from nanonet.design.box import box_of
    >>> from nanonet.predict.predictor import load
    >>> model = load()
    >>> found = suggest(model, 1, box_of(model, {"diameter": 3}, {}))
    >>> found[0].gain > 0
    True
    """
    process = model.model
    if not isinstance(process, CurveProcess):
        raise InputError(f"a model of kind {model.card['kind']!r} cannot say what to simulate next; allowed is gp")
    check_whole("count", count, 1, 1000)
    check_seed(seed)
    references = _space_filling(box, allowed, _REFERENCES, seed + 1)
    known = np.empty((0, model.X.shape[1])) if taken is None else np.asarray(taken, dtype=np.float64)
    if candidates is None:
        candidates = _space_filling(box, allowed, _CANDIDATES if cheaper is None else _OF_EACH, seed)
        every = np.concatenate([model.X, known])
        candidates = candidates[~near_duplicates(candidates, every, np.ptp(model.X, axis=0))]
    if len(candidates) < count and budget is None:
        raise InputError(f"count = {count} is more than the {len(candidates)} points that could be simulated")
    price = np.ones(len(candidates)) if hours is None else hours(candidates)
    weights = process.widening(references) ** 2
    if targets:
        p = share_met(model, targets, box, references, _DRAWS, seed)
        weights = weights * (4.0 * p * (1.0 - p) + _ELSEWHERE)
    first = len(candidates)  # of the cheaper ones
    if cheaper is not None:
        every = np.concatenate([model.X, cheaper.known])
        new = candidates[~near_duplicates(candidates, every, np.ptp(model.X, axis=0))]
        price = np.concatenate([price, cheaper.hours(new)])
        candidates = np.concatenate([candidates, new])
        known = np.concatenate([known, cheaper.known])
    own = np.concatenate([candidates, known])
    groups = [
        one._replace(matrix=one.matrix.copy()) for one in process.covariances(np.concatenate([references, own]), own)
    ]
    if cheaper is not None:
        off = np.where(_is_cheap(first, len(candidates), len(cheaper.known), len(own)), cheaper.off(own), 0.0)
        _set_off(process, groups, own, off)
    left = _variance(process.covariances(references, references), weights)
    if len(known):
        left -= _condition(groups, weights, np.arange(len(candidates), len(own)))
    free = np.ones(len(candidates), dtype=bool)
    spent, found = 0.0, []
    for _ in range(count):
        gains = _gains(groups, weights)[: len(candidates)]
        if budget is not None:
            free &= spent + price <= budget
        if not free.any():
            break
        best = int(np.argmax(np.where(free, gains / price, -np.inf)))
        named = dict(zip(box.space.names, candidates[best].tolist(), strict=True))
        found.append(Suggestion(model.point(named), float(gains[best] / left), float(price[best]), best >= first))
        left -= _condition(groups, weights, np.array([best]))
        free[best] = False
        spent += float(price[best])
    if not found:
        raise InputError(f"hours = {budget:g} is too little for any run; the cheapest takes {price.min():.2g}")
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


def _gains(groups: Sequence[GroupCovariance], weights: Array) -> Array:
    """How much of that variance an observation at each of k points is expected to remove (k,)."""
    references = len(weights)
    total = np.zeros(groups[0].matrix.shape[1])
    for one in groups:
        own = np.maximum(np.diag(one.matrix[references:]), 0.0) + one.noise
        total += one.variance * (weights @ one.matrix[:references] ** 2) / own
    return total


def _condition(groups: Sequence[GroupCovariance], weights: Array, which: NDArray[np.intp]) -> float:
    """Take observations at these of the k points into account, in place; returns the variance that they remove."""
    references, removed = len(weights), 0.0
    for one in groups:
        rows, columns = one.matrix[references + which], one.matrix[:, which]
        solved = np.linalg.solve(rows[:, which] + one.noise * np.eye(len(which)), columns.T)
        removed += one.variance * float(weights @ np.einsum("ij,ji->i", columns[:references], solved[:, :references]))
        one.matrix[...] -= columns @ solved[:, references:]
    return removed


def _is_cheap(first: int, candidates: int, known: int, count: int) -> NDArray[np.bool_]:
    """Which of the candidates and the known points, one after the other, are run the cheaper way: the last of each."""
    places = np.arange(count)
    return ((first <= places) & (places < candidates)) | (places >= count - known)


def _set_off(process: CurveProcess, groups: Sequence[GroupCovariance], X: Array, off: Array) -> None:
    """Add the covariance of what curves at points X (k, p) are off by, standard deviations (k,), in place."""
    share = off / np.sqrt(process.variances.sum() / len(process.grid))
    features = np.empty((len(X), 0)) if process.prior is None else process.prior.evaluate(X, process.x)[1]
    scaled = (np.column_stack([X, features]) - process.low) / process.span
    for one, lengths in zip(groups, process.lengths[np.unique(process.group)], strict=True):
        one.matrix[-len(X) :] += np.outer(share, share) * correlation(scaled, scaled, lengths, process.kernel)
