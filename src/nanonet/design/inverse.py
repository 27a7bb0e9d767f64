"""Inverse design: points of a model's inputs that meet targets, by the probability that they do.

The probability is the share of equally likely curves, drawn along r together, that meet all targets at once. Thousands
of space-filling points are scored with common random numbers, so that what differs between them is no noise; the best
of each neighbourhood are improved locally, and scored again with new random numbers, which favour none of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nanonet.design.box import Box, Limits, box_of
from nanonet.design.readings import Array
from nanonet.design.targets import Target
from nanonet.errors import InputError, check_seed, check_whole
from nanonet.predict.intervals import Interval
from nanonet.predict.prediction import Prediction
from nanonet.predict.predictor import Predictor

Progress = Callable[[int, int], None]

MET = 0.5
"""Probability from which on a point counts as meeting the targets."""

SAME_KIND = 0.15
"""Answers are at least so far apart, in units of the free inputs' ranges, times the root of their number."""

_SCREENED = {1: 256, 2: 1024}  # points of the first round, by the number of free inputs
_MANY = 4096
_DRAWS, _DRAWS_REFINED, _DRAWS_SCORED = 32, 128, 1000  # curves a point: first round, local rounds, what is told
_STEPS = (0.15, 0.1, 0.05, 0.025)  # of the local rounds, in units of the ranges
_TRIED = 8  # points about each, a local round
_NICHES = 3  # neighbourhoods that are improved, for each answer
_SHIFTS = 8  # points over which a tolerance is averaged
_ROBUST = 96  # points of the first round that are scored with tolerances
_CHUNK = 1 << 22  # values of curves that are held at once
_LEAST = 0.01  # less probable answers after the first are not worth telling


class Reached(NamedTuple):
    """What the curves of an answer say of one target."""

    target: Target
    probability: float
    """Of this target alone."""
    median: float
    """Of the number that it asks for; NaN where hardly a curve has one."""
    interval: Interval | None
    """90 %; None where fewer than a tenth of the curves have one."""


@dataclass(frozen=True)
class Answer:
    """A point of the inputs, and how far it meets the targets."""

    prediction: Prediction
    """Its curve with the band, what is read off it and what it rests on."""
    probability: float
    """That all targets are met at once, with inputs off by up to the tolerances where such were asked for."""
    error: float
    """Standard error of that probability, from the number of curves."""
    reached: tuple[Reached, ...]
    cost: float
    """What its inputs cost, in units of probability; 0 where no cost was given."""

    @property
    def outside(self) -> bool:
        """Whether it lies outside of the model's data."""
        return bool(self.prediction.support.warnings)

    def to_json(self) -> dict[str, object]:
        """As plain values: the prediction's, and how far the targets are met."""
        return {
            "probability": self.probability,
            "probability_error": self.error,
            "cost": self.cost,
            "outside": self.outside,
            "targets": [
                {
                    "target": str(one.target),
                    "probability": one.probability,
                    "median": one.median if math.isfinite(one.median) else None,
                    "interval": None if one.interval is None else list(one.interval),
                }
                for one in self.reached
            ],
            **self.prediction.to_json(),
        }


@dataclass(frozen=True)
class Design:
    """Answers to an inverse question, the most probable first."""

    targets: tuple[Target, ...]
    box: Box
    answers: tuple[Answer, ...]
    scored: int
    """Points that were tried."""
    notes: tuple[str, ...]
    """What limits the answers, in words."""

    @property
    def met(self) -> bool:
        """Whether any answer meets the targets with a probability of `MET` or more."""
        return self.answers[0].probability >= MET

    def to_json(self) -> dict[str, object]:
        """As plain values."""
        return {
            "targets": [str(one) for one in self.targets],
            "fixed": dict(self.box.fixed),
            "bounds": {name: list(ends) for name, ends in self.box.limits.items()},
            "met": self.met,
            "notes": list(self.notes),
            "scored": self.scored,
            "answers": [one.to_json() for one in self.answers],
        }


def find(
    model: Predictor,
    targets: Sequence[Target],
    *,
    fixed: Mapping[str, float] | None = None,
    bounds: Mapping[str, Limits] | None = None,
    costs: Mapping[str, float] | None = None,
    tolerances: Mapping[str, float] | None = None,
    count: int = 5,
    seed: int = 0,
    progress: Progress | None = None,
) -> Design:
    """Points of a model's inputs that meet targets, ranked by the probability that all are met at once.

    Parameters
    ----------
    model:
        One that draws curves (`uncertain`).
    targets:
        What is wanted; `targets.parse`.
    fixed, bounds:
        Values of inputs that are held, and limits of others; the rest is free within the range of the model's data.
    costs:
        For an input the probability that going from the lower to the upper end of its range is worth: what is ranked
        is probability minus cost.
    tolerances:
        How far inputs may be off (either way, evenly): the probability is averaged over that, which favours places
        where it does not matter.
    count:
        Answers at most. No two are closer than `SAME_KIND`.
    seed:
        Of all random numbers.
    progress:
        Called with rounds done and in all.

    Raises
    ------
    InputError
        The model has no uncertainty, no target is given, or an input, value, cost or tolerance is not allowed.
    """
    if not model.uncertain:
        raise InputError(
            f"a model of kind {model.card['kind']!r} does not know how sure it is, so no probability can be told; "
            "allowed is one with bands, such as gp"
        )
    if not targets:
        raise InputError("no target; needed is one or more")
    check_whole("count", count, 1, 50)
    check_seed(seed)
    box = box_of(model, fixed or {}, bounds or {})
    weights = _weights(box, costs or {})
    scorer = _Scorer(model, tuple(targets), box, _shifts(box, tolerances or {}, seed))
    tell = progress or (lambda done, total: None)
    rounds = len(_STEPS) + 2
    found, notes = _first_round(scorer, weights, seed)
    tell(1, rounds)
    niches = _apart(found, _NICHES * count)
    random = np.random.default_rng(seed)
    for i, step in enumerate(_STEPS):
        niches = _improved(scorer, niches, step, weights, random, seed)
        tell(2 + i, rounds)
    final = scorer.score(niches.u, _DRAWS_SCORED, seed + 1, weights)  # new numbers: the best of many was also lucky
    chosen = _apart(final, count)
    keep = [0, *(i for i in range(1, len(chosen.u)) if chosen.probability[i] >= _LEAST)]
    answers = [scorer.answer(chosen, i, seed + 1, weights) for i in keep]
    tell(rounds, rounds)
    best = answers[0].probability
    if best < MET:
        priced = " at these costs" if weights.any() else ""
        notes.append(
            f"nothing in range meets it{priced}: the most probable has {_sure(best)}, and is what comes nearest"
        )
    return Design(scorer.targets, box, tuple(answers), scorer.count, tuple(notes))


def share_met(model: Predictor, targets: Sequence[Target], box: Box, X: Array, draws: int, seed: int = 0) -> Array:
    """Share (n,) of drawn curves of inputs X (n, p) that meet all targets at once."""
    return np.asarray(_Scorer(model, tuple(targets), box, None).meets(X, draws, seed)[0].mean(axis=1))


class _Scored(NamedTuple):
    """Points of the unit cube (n, free); their scores (n,): probability less cost, then how far targets are missed."""

    u: Array
    score: Array
    probability: Array

    def take(self, which: NDArray[np.intp]) -> _Scored:
        return _Scored(self.u[which], self.score[which], self.probability[which])


class _Scorer:
    """Shares of drawn curves that meet targets, at points of a box."""

    def __init__(self, model: Predictor, targets: tuple[Target, ...], box: Box, shifts: Array | None) -> None:
        self.model, self.targets, self.box, self.shifts = model, targets, box, shifts
        self.count = 0
        low, high = model.X.min(axis=0), model.X.max(axis=0)
        self._span = np.where(high > low, high - low, 1.0)

    def score(self, u: Array, draws: int, seed: int, weights: Array, plain: bool = False) -> _Scored:
        """Points with their scores; `plain` without tolerances."""
        X = self.box.points(u)
        met, misses = self.meets(X, draws, seed, plain)
        probability = met.mean(axis=1)
        near = np.linalg.norm((X[:, None] - self.model.X) / self._span, axis=2).min(axis=1)
        score = probability - u @ weights - 0.01 * misses - 0.01 * near / math.sqrt(X.shape[1])
        self.count += len(u)
        return _Scored(u, score, probability)

    def meets(self, X: Array, draws: int, seed: int, plain: bool = False) -> tuple[NDArray[np.bool_], Array]:
        """Whether each drawn curve (n, curves) of inputs X (n, p) meets all targets, and the median miss (n,)."""
        met, misses = [], []
        size = max(1, _CHUNK // (draws * len(self.model.r)))
        shifted = X[:, None] if plain or self.shifts is None else self.box.shift(X, self.shifts)
        each = shifted.shape[1]
        rows = shifted.reshape(-1, X.shape[1])
        for i in range(0, len(rows), size):
            values = self.values(rows[i : i + size], draws, seed)
            off = np.array([one.misses(v) for one, v in zip(self.targets, values, strict=True)]).max(axis=0)
            met.append(off == 0.0)
            misses.append(np.median(off, axis=1))
        return (
            np.concatenate(met).reshape(len(X), each * draws),
            np.concatenate(misses).reshape(len(X), each).mean(axis=1) / 10.0,
        )

    def values(self, X: Array, draws: int, seed: int) -> list[Array]:
        """The number (n, draws) that each target asks for."""
        curves = np.moveaxis(self.model.sample_curves(X, draws, seed, common=True), 0, 1)
        columns = dict(zip(self.box.space.names, X.T, strict=True))
        return [one.read(self.model.r, curves, columns) for one in self.targets]

    def answer(self, found: _Scored, i: int, seed: int, weights: Array) -> Answer:
        """One of the points, with all that is told of it."""
        x = self.box.points(found.u[[i]])
        values = self.values(x, _DRAWS_SCORED, seed)
        p = float(found.probability[i])
        named = dict(zip(self.box.space.names, x[0].tolist(), strict=True))
        reached = tuple(_reached(one, v[0]) for one, v in zip(self.targets, values, strict=True))
        error = math.sqrt(max(p * (1.0 - p), 1.0 / _DRAWS_SCORED) / _DRAWS_SCORED)
        return Answer(self.model.predict_all(named), p, error, reached, float(found.u[i] @ weights))

    def inside(self, u: Array) -> NDArray[np.bool_]:
        """Which points lie within the model's data."""
        return ~self.model.outside(self.box.points(u))


def _first_round(scorer: _Scorer, weights: Array, seed: int) -> tuple[_Scored, list[str]]:
    """Space-filling points, scored; those outside of the data only where there are no others."""
    from scipy.stats import qmc

    free = len(scorer.box.free)
    u = qmc.Sobol(free, seed=seed).random(_SCREENED.get(free, _MANY))
    u = u[scorer.box.allowed(scorer.box.points(u))]
    notes: list[str] = []
    if not len(u):
        raise InputError("no point within the bounds is allowed: the NP volume fraction is too high")
    inside = scorer.inside(u)
    if inside.any():
        u = u[inside]
    else:
        notes.append("all that is in range lies outside of the model's data: probabilities are worth less there")
    found = scorer.score(u, _DRAWS, seed, weights, plain=True)
    if any(one.lowest for one in scorer.targets):
        _set_lowest(scorer, found.u, seed)
        found = scorer.score(u, _DRAWS, seed, weights, plain=True)
        for one in scorer.targets:
            if one.lowest:
                what = f"{one.reading.name} = lowest is {one.reading.in_units(one.high)} or less"
                notes.append(f"{what} here: the lowest tenth of the medians in range")
    if scorer.shifts is not None:
        best = np.argsort(-found.score, kind="stable")[:_ROBUST]
        several = _apart(found, _ROBUST).u  # the best may all be of a kind
        found = scorer.score(np.concatenate([found.u[best], several]), _DRAWS, seed, weights)
    return found, notes


def _set_lowest(scorer: _Scorer, u: Array, seed: int) -> None:
    """Put limits where as low as can be is asked for."""
    X = scorer.box.points(u)
    size = max(1, _CHUNK // (_DRAWS * len(scorer.model.r)))
    parts = [scorer.values(X[i : i + size], _DRAWS, seed) for i in range(0, len(X), size)]
    limited = []
    for k, one in enumerate(scorer.targets):
        medians = np.concatenate([np.median(part[k], axis=1) for part in parts])
        limited.append(replace(one, high=float(np.quantile(medians, 0.1))) if one.lowest else one)
    scorer.targets = tuple(limited)


def _improved(
    scorer: _Scorer, niches: _Scored, step: float, weights: Array, random: np.random.Generator, seed: int
) -> _Scored:
    """The best of each point and some about it, none of them outside of the data where it is not."""
    n, free = niches.u.shape
    moved = np.clip(niches.u[:, None] + step * random.standard_normal((n, _TRIED, free)), 0.0, 1.0)
    u = np.concatenate([niches.u[:, None], moved], axis=1).reshape(-1, free)
    owner = np.repeat(np.arange(n), _TRIED + 1)
    good = scorer.box.allowed(scorer.box.points(u)) & (scorer.inside(u) | ~scorer.inside(niches.u)[owner])
    found = scorer.score(u[good], _DRAWS_REFINED if scorer.shifts is None else _DRAWS, seed, weights)
    best = [own[found.score[own].argmax()] for own in (np.flatnonzero(owner[good] == i) for i in range(n))]
    return found.take(np.array(best))


def _apart(found: _Scored, count: int) -> _Scored:
    """The best by falling score, none of a kind with one before it."""
    least = SAME_KIND * math.sqrt(found.u.shape[1])
    chosen: list[int] = []
    for i in np.argsort(-found.score, kind="stable").tolist():
        if len(chosen) == count:
            break
        if all(np.linalg.norm(found.u[i] - found.u[k]) >= least for k in chosen):
            chosen.append(i)
    return found.take(np.array(chosen))


def _reached(target: Target, values: Array) -> Reached:
    """What numbers (s,) say of a target."""
    known = values[np.isfinite(values)]
    share = float((target.misses(values) == 0.0).mean())
    if len(known) < 0.1 * len(values):
        return Reached(target, share, math.nan, None)
    low, middle, high = np.quantile(known, (0.05, 0.5, 0.95)).tolist()
    return Reached(target, share, middle, Interval(low, high))


def _weights(box: Box, costs: Mapping[str, float]) -> Array:
    """Of the free inputs (free,), in units of their ranges; `InputError` for an input that is not free."""
    for name, value in costs.items():
        if box.space.column(name) >= 0 and name not in box.free:
            raise InputError(f"cost of {name} = {value:g}: the input is fixed, so it costs the same everywhere")
        if not math.isfinite(value):
            raise InputError(f"cost of {name} = {value!r} is not a finite number")
    return np.array([costs.get(name, 0.0) for name in box.free], dtype=np.float64)


def _shifts(box: Box, tolerances: Mapping[str, float], seed: int) -> Array | None:
    """By how much inputs are off (k, p), evenly within their tolerances; None without any."""
    from scipy.stats import qmc

    for name, value in tolerances.items():
        one = box.space[name]
        if not (math.isfinite(value) and 0 < value <= one.high - one.low):
            raise InputError(f"tolerance of {name} = {value:g} is not above 0 and at most {one.high - one.low:g}")
    if not tolerances:
        return None
    wide = np.array([tolerances.get(name, 0.0) for name in box.space.names])
    return np.asarray((2.0 * qmc.Sobol(len(wide), seed=seed).random(_SHIFTS) - 1.0) * wide)


def _sure(probability: float) -> str:
    return "below 0.01" if probability < 0.01 else f"{probability:.2f}"
