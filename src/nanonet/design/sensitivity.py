"""Which inputs matter: Sobol indices of what is read off predicted curves, with the band's part told apart.

What is read off a drawn curve varies with the inputs and, at given inputs, with what the model leaves open. By the law
of total variance the first part is the variance of the mean over drawn curves; the second, the band's share, is the
mean of their variance. Of the first part the inputs have their Sobol indices (Saltelli et al. 2010,
doi:10.1016/j.cpc.2009.09.018; `scipy.stats.sobol_indices`): alone, and with all interactions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from nanonet.design.box import Box, Limits, box_of
from nanonet.design.readings import Array, Reading, reading, tells_state
from nanonet.errors import InputError, check_seed, check_whole
from nanonet.phases.state import STATES
from nanonet.predict.predictor import Predictor

_DRAWS = 32  # curves at each point
_OPEN, _OPEN_DRAWS = 128, 512  # points at which the variance within is found, and curves there
_CHUNK = 1 << 22  # values of curves that are held at once
_RESAMPLED = 200


class Share(NamedTuple):
    """What one input does to a number."""

    name: str
    first: float
    """Share of the explained variance that the input takes alone."""
    total: float
    """Share with all interactions in which it takes part."""
    first_error: float
    """Standard error, by bootstrap."""
    total_error: float
    """The same."""


@dataclass(frozen=True)
class Sensitivity:
    """What makes a number vary.

    Parameters
    ----------
    reading:
        The number.
    mean, deviation:
        Its mean over the inputs, and its standard deviation with what the model leaves open.
    band:
        Share of its variance that the model leaves open at given inputs.
    shares:
        Of the free inputs, in the order of the columns.
    logarithm:
        Whether it is of the number's logarithm.
    """

    reading: Reading
    mean: float
    deviation: float
    band: float
    shares: tuple[Share, ...]
    logarithm: bool

    @property
    def text(self) -> str:
        """What it is of, in words."""
        return f"ln {self.reading.text}" if self.logarithm else self.reading.text

    def to_json(self) -> dict[str, object]:
        """As plain values."""
        return {
            "name": self.reading.name,
            "text": self.text,
            "mean": self.mean,
            "deviation": self.deviation,
            "band": self.band,
            "inputs": {one.name: {k: v for k, v in one._asdict().items() if k != "name"} for one in self.shares},
        }


def sensitivities(
    model: Predictor,
    names: Sequence[str] = (),
    *,
    fixed: Mapping[str, float] | None = None,
    bounds: Mapping[str, Limits] | None = None,
    points: int = 512,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Sensitivity, ...]:
    """Sobol indices of numbers that are read off the curves of a model.

    Parameters
    ----------
    model:
        One that draws curves.
    names:
        As of `readings.reading`; left out: first peak, neighbours and states, or the highest point of other curves. A
        peak's height counts by its logarithm, 1 where g(r) has no peak.
    fixed, bounds:
        Inputs that are held, and limits of the others; otherwise the range of the model's data, evenly (in the
        logarithm where an input is declared so).
    points:
        A power of 2: the curves of `points` x (free inputs + 2) inputs are drawn.
    seed:
        Of all random numbers.
    progress:
        Called with inputs done and in all.

    Raises
    ------
    InputError
        The model has no uncertainty, a name or an input is not allowed, fewer than two inputs are free, or `points` is
        no power of 2 between 16 and 16384.

    Examples
    --------
    >>> from nanonet.predict.predictor import load
    >>> (found,) = sensitivities(load(), ["peak_height"], fixed={"diameter": 3, "chain_length": 40}, points=16)
    >>> [share.name for share in found.shares]
    ['density', 'eps_nn', 'eps_pn']
    """
    from scipy.stats import qmc

    if not model.uncertain:
        raise InputError(
            f"a model of kind {model.card['kind']!r} does not know how sure it is; allowed is one with bands"
        )
    check_whole("points", points, 16, 16384)
    check_seed(seed)
    if points & (points - 1):
        raise InputError(f"points = {points} is not a power of 2")
    box = box_of(model, fixed or {}, bounds or {})
    if len(box.free) < 2:
        raise InputError(f"only {box.free[0]} is free: with one input there is nothing to compare")
    usual = ("peak_height", "neighbours", *STATES) if tells_state(model) else ("peak_height", "peak_position")
    asked = [reading(name, model) for name in names or usual]
    free = len(box.free)
    ab = qmc.Sobol(2 * free, seed=seed).random(points)
    a, b = ab[:, :free], ab[:, free:]
    mixed = [np.where(np.arange(free) == i, b, a) for i in range(free)]
    mean, _ = _moments(model, asked, box, np.concatenate([a, b, *mixed]), _DRAWS, seed, progress)
    variance = _moments(model, asked, box, a[:_OPEN], _OPEN_DRAWS, seed)[1].mean(axis=1)
    f = mean.reshape(len(asked), free + 2, points)
    random = np.random.default_rng(seed)
    first, total = _indices(f.copy())  # SciPy before 1.15 centres them where they stand
    resampled = [_indices(f[..., random.integers(0, points, points)]) for _ in range(_RESAMPLED)]
    errors = np.std(resampled, axis=0)
    f = f[:, :2]  # at a and b: even over the inputs
    whole = f.var(axis=(1, 2)) + variance
    return tuple(
        Sensitivity(
            one,
            float(f[k].mean()),
            float(np.sqrt(whole[k])),
            float(variance[k] / whole[k]) if whole[k] > 0 else 0.0,
            tuple(Share(name, *(float(x[k, i]) for x in (first, total, *errors))) for i, name in enumerate(box.free)),
            _by_logarithm(one, model),
        )
        for k, one in enumerate(asked)
    )


def _indices(f: Array) -> tuple[Array, Array]:
    """Sobol indices (numbers, free), first and total, of values (numbers, free + 2, n): at A, at B, and mixed."""
    from scipy.stats import sobol_indices

    parts = {"f_A": f[:, 0], "f_B": f[:, 1], "f_AB": np.moveaxis(f[:, 2:], 1, 0)}
    found = sobol_indices(func=parts, n=f.shape[-1])
    shape = (len(f), f.shape[1] - 2)
    return np.reshape(found.first_order, shape), np.reshape(found.total_order, shape)


def _by_logarithm(one: Reading, model: Predictor) -> bool:
    return one.name == "peak_height" and tells_state(model)


def _moments(
    model: Predictor, asked: Sequence[Reading], box: Box, u: Array, draws: int, seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Array, Array]:  # fmt: skip
    """Mean and variance (numbers, n) over drawn curves of each number at points of the unit cube (n, free)."""
    X = box.points(u)
    size = max(1, _CHUNK // (draws * len(model.r)))
    parts = []
    for i in range(0, len(X), size):
        rows = X[i : i + size]
        curves = np.moveaxis(model.sample_curves(rows, draws, seed, common=True), 0, 1)
        columns = dict(zip(box.space.names, rows.T, strict=True))
        values = []
        for one in asked:
            v = one.read(model.r, curves, columns)
            values.append(np.log(np.nan_to_num(v, nan=1.0)) if _by_logarithm(one, model) else v)
        parts.append(np.array(values))
        if progress is not None:
            progress(min(i + size, len(X)), len(X))
    drawn = np.concatenate(parts, axis=1)
    known = np.isfinite(drawn)
    count = np.maximum(known.sum(axis=2), 1)
    mean = np.where(known, drawn, 0.0).sum(axis=2) / count
    variance = np.where(known, (drawn - mean[..., None]) ** 2, 0.0).sum(axis=2) / np.maximum(count - 1, 1)
    return mean, variance
