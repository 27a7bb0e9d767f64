"""A fitted Gaussian process over curves: its arrays, and what they predict; `learn.gaussian_process` fits it.

Curves are learnt as t = T(y) - T(y0) at places u where the prior mean y0 lines them up (none: t = T(y)), T a transform.
t(u; x) = mean(u) + sum over c of z_c(x) V_c(u), V the principal components; each score z_c is a Gaussian process over
the scaled inputs; scores of one group share a kernel.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nanonet.errors import InputError
from nanonet.interpolation import interpolate_rows
from nanonet.models.base import HALF_WIDTH, Array, Band, PriorMean, check_inputs
from nanonet.models.calibration import Calibration
from nanonet.models.chunks import chunks_of, work_out
from nanonet.models.kernels import JITTER, KERNELS, Correlations, correlation
from nanonet.models.transforms import Transform

ARRAYS = (
    "X", "x", "grid", "mean", "modes", "scores", "variances", "group", "lengths", "noise", "low", "span", "spread",
    "weights", "own_noise",
)  # fmt: skip
"""Names of the arrays of a `CurveProcess`."""

_NONE = 5e-3  # a prior mean that counts as none
_NOISY = 0.03  # relative noise above which kernels in single precision, 1e-7, change scores by less than 4e-6

_WINDOW = np.exp(-0.5 * (np.arange(-6, 7) / 3) ** 2)
_WINDOW /= np.linalg.norm(_WINDOW)  # neighbours on a curve belong together: noise is smoothed over some bins


@dataclass(frozen=True, eq=False)
class ScorePosterior:
    """Posterior of scores given those of n curves; scores of one group share a kernel and the relative noise.

    Rasmussen & Williams (2006), eqs 2.23 to 2.26, in units of each score's prior variance.
    """

    inputs: Array
    """Scaled inputs (n, q) of the curves."""
    group: NDArray[np.int64]
    """Of each score (c,)."""
    lengths: Array
    """Of each group (g, q)."""
    noise: Array
    """Of each group (g,)."""
    inverse: Array
    """Of the correlations with noise (g, n, n)."""
    roots: Array
    """Whose products with their own transposes the inverses are (g, n, n)."""
    solved: Array
    """Products of the inverses with the scores (g n, c), 0 where a score is of another group."""
    variances: Array
    """Prior variances (c,) of largest likelihood."""
    kernel: str

    @staticmethod
    def condition(
        inputs: Array, scores: Array, group: NDArray[np.int64], lengths: Array, noise: Array, kernel: str, own: Array
    ) -> ScorePosterior:
        """From scores (n, c) of groups (c,) whose kernels have lengths (groups, q) and noise (groups,).

        `own` (n,) is the noise of each curve, as a multiple of that of its group.
        """
        present, group = np.unique(group, return_inverse=True)
        lengths, noise = lengths[present], noise[present]
        matrix = Correlations(inputs, lengths, kernel)(inputs).transpose(1, 0, 2)
        matrix += (noise[:, None] * own + JITTER)[..., None] * np.eye(len(inputs))
        roots = np.linalg.inv(np.linalg.cholesky(matrix)).transpose(0, 2, 1)
        inverse = roots @ roots.transpose(0, 2, 1)
        solved = (inverse @ scores) * (group == np.arange(len(present))[:, None])[:, None]
        variances = np.einsum("ij,gij->j", scores, solved) / len(inputs)
        return ScorePosterior(
            inputs, group, lengths, noise, inverse, roots, solved.reshape(-1, len(group)), variances, kernel
        )

    def predict(self, new: Array) -> tuple[Array, Array]:
        """Means (l, c) at scaled inputs (l, q), and variances with noise as a share of the prior's (l, c)."""
        correlations, solved, roots = self._working
        cross = correlations(new)
        means = cross.reshape(len(new), -1) @ solved
        whitened = cross.transpose(1, 0, 2) @ roots
        known = np.einsum("gln,gln->lg", whitened, whitened)
        share = np.maximum(1.0 - known, 0.0) + self.noise
        return np.asarray(means, dtype=np.float64), share[:, self.group]

    @cached_property
    def _working(self) -> tuple[Correlations, Array, Array]:
        """What predictions take, in single precision where noise allows it."""
        single = bool(self.noise.min() > _NOISY)
        kind = np.float32 if single else np.float64
        correlations = Correlations(self.inputs, self.lengths, self.kernel, single)
        return correlations, cast(Array, self.solved.astype(kind)), cast(Array, self.roots.astype(kind))

    def covariances(self, a: Array, b: Array) -> tuple[GroupCovariance, ...]:
        """Of each group between scaled inputs a (l, q) and b (k, q)."""
        found = []
        for i, (lengths, noise, inverse) in enumerate(zip(self.lengths, self.noise, self.inverse, strict=True)):
            cross, other = (correlation(x, self.inputs, lengths, self.kernel) for x in (a, b))
            matrix = correlation(a, b, lengths, self.kernel) - cross @ inverse @ other.T
            found.append(GroupCovariance(float(self.variances[self.group == i].sum()), float(noise), matrix))
        return tuple(found)


class GroupCovariance(NamedTuple):
    """Posterior covariance of the scores that share a kernel, between inputs; as a share of the prior variance."""

    variance: float
    """Prior variance, summed over these scores."""
    noise: float
    """Variance of an observation's noise, as a share too."""
    matrix: Array
    """(l, k)"""


class _Start(NamedTuple):
    """What is known of inputs before the scores are."""

    y0: Array | None
    """Prior mean (n, m)."""
    place: Array
    """Where the points of the grid line up (n, m)."""
    inputs: Array
    """Scaled inputs of the kernel (n, q)."""


@dataclass(frozen=True, eq=False)
class CurveProcess:
    """A Gaussian process over curves on the grid x (m,): a `base.CurveModel`.

    Parameters
    ----------
    X:
        Inputs (n, p) that it was fitted to.
    x:
        Grid of the curves (m,).
    grid:
        Evenly spaced places (k,) on which the components live; x itself without a prior mean.
    mean, modes:
        mean(u) (k,) and V (c, k).
    scores:
        z of the n curves (n, c).
    variances:
        Prior variance of each score (c,).
    group:
        For each score, which row of `lengths` and `noise` it has (c,).
    lengths, noise:
        Correlation lengths (groups, q) of the q scaled inputs, and noise (groups,) as a share of the variance.
    low, span:
        Scaling (q,) of the q inputs: those of X, then the features of the prior mean.
    spread:
        What the components leave out: standard deviation of t (k,).
    weights:
        For each of the n curves its mean square error, left out, in units of the predicted one (n,).
    own_noise:
        Noise variance of each of the n curves, as a multiple of `noise` (n,).
    kernel:
        One of `kernels.KERNELS`.
    transform:
        T.
    calibration:
        How wide bands are.
    prior:
        y0, or None.

    Raises
    ------
    InputError
        Shapes do not match, a value is not finite or allowed; it is named.
    """

    X: Array
    x: Array
    grid: Array
    mean: Array
    modes: Array
    scores: Array
    variances: Array
    group: NDArray[np.int64]
    lengths: Array
    noise: Array
    low: Array
    span: Array
    spread: Array
    weights: Array
    own_noise: Array
    kernel: str
    transform: Transform
    calibration: Calibration
    prior: PriorMean | None = field(default=None, repr=False)

    uncertain = True

    def __post_init__(self) -> None:
        for name in ARRAYS:
            values = np.array(getattr(self, name), dtype=np.int64 if name == "group" else np.float64)
            if not np.isfinite(values).all():
                raise InputError(f"{name} has values that are not finite")
            values.flags.writeable = False
            object.__setattr__(self, name, values)
        n, c, k, q = len(self.X), len(self.modes), len(self.grid), len(self.low)
        groups = len(self.noise)
        p = self.X.shape[1] if self.X.ndim == 2 else 0
        shapes = {
            "X": (n, p), "mean": (k,), "modes": (c, k), "scores": (n, c), "variances": (c,), "group": (c,),
            "lengths": (groups, q), "noise": (groups,), "low": (q,), "span": (q,), "spread": (k,), "weights": (n,),
            "own_noise": (n,), "x": (len(self.x),),
        }  # fmt: skip
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                raise InputError(f"{name} has shape {getattr(self, name).shape}; allowed is {shape}")
        if not (n and p and c and q == p + (0 if self.prior is None else self.prior.features)):
            raise InputError(f"{q} scaled inputs for {p} inputs and {'a' if self.prior else 'no'} prior")
        if self.group.min() < 0 or self.group.max() >= groups:
            raise InputError(f"group is not between 0 and {groups - 1}")
        if self.lengths.min() <= 0 or self.noise.min() <= 0 or self.span.min() <= 0 or self.own_noise.min() <= 0:
            raise InputError("lengths, noise, own_noise and span are not all above 0")
        if self.variances.min() < 0:
            raise InputError("variances has values below 0")
        if self.kernel not in KERNELS:
            raise InputError(f"kernel {self.kernel!r} is not one of {', '.join(KERNELS)}")

    def predict(self, X: ArrayLike) -> Array:
        """Curves (n, m) for inputs (n, p): the medians. `InputError` for a wrong shape or values not finite."""
        (curves,) = self._all(X, band=False)
        return curves

    def band(self, X: ArrayLike) -> Band:
        """Medians, and lower and upper ends of the 90 % bands, each (n, m)."""
        median, low, high = self._all(X, band=True)
        return Band(median, low, high)

    def sample(self, X: ArrayLike, draws: int, seed: int = 0, common: bool = False) -> Array:
        """Curves (draws, n, m) drawn from what the process, the noise and the calibration leave open.

        The values along a curve belong together; different inputs of one call are drawn apart, or with `common` from
        the same random numbers: what differs between them is then no noise, and many take less time.
        """
        random = np.random.default_rng(seed)
        found = []
        for part in self._parts(X):
            start = self._start(part)
            z, share = self._posterior.predict(start.inputs)
            scale = (self._half_width(start.inputs) / HALF_WIDTH)[:, None]
            deviations = np.sqrt(share * self.variances) * scale
            apart = 1 if common else len(part)
            noise = random.standard_normal((draws, apart, len(self.modes)))
            rough = random.standard_normal((draws, apart, len(self.grid) + len(_WINDOW) - 1))
            if common:  # the same noise for all: shifted with each curve
                random = np.random.default_rng(seed)  # the next part has the same numbers
                rough = rough @ (_smoothing(len(self.grid)) * self.spread)
                t = (z + noise * deviations) @ self.modes
                t += self.mean
                t += scale * rough
                drawn = self._curves_of(self._shifted(t, start.place), self._learnt(start.y0))
                found.append(drawn)
                continue
            drawn = np.empty((draws, len(part), len(self.x)))
            _, first, same = np.unique(start.place[:, [0, -1]], axis=0, return_index=True, return_inverse=True)
            for i, k in enumerate(first):  # what is linear in the draws is shifted once for all of them
                own, at = np.flatnonzero(same.ravel() == i), start.place[k]
                t = (z[own] + noise[:, own] * deviations[own]) @ self._placed(self.modes, at)
                t += self._placed(self.mean[None], at)
                t += scale[own] * (rough[:, own] @ self._placed(_smoothing(len(self.grid)) * self.spread, at))
                drawn[:, own] = self._curves_of(t, self._learnt(None if start.y0 is None else start.y0[own]))
            found.append(drawn)
        return np.concatenate(found, axis=1) if found else np.empty((draws, 0, len(self.x)))

    def caveat(self, X: Array) -> str:
        """What the prior mean does at inputs (n, p) outside of the training data."""
        return "" if self.prior is None or not self.prior.outside(X).any() else self.prior.beyond

    def relative_variance(self, X: ArrayLike) -> Array:
        """Relative posterior variance (n,), that over the prior variance, the largest of the groups: 0 to 1."""
        shares = (self._posterior.predict(self._start(part).inputs)[1].max(axis=1) for part in self._parts(X))
        return np.concatenate([np.empty(0), *shares])

    def covariances(self, A: ArrayLike, B: ArrayLike) -> tuple[GroupCovariance, ...]:
        """Posterior covariances between inputs A (l, p) and B (k, p), for each group of scores.

        Components are orthonormal: the sum of variance times share over all groups is that of t, integrated along the
        grid. They do not depend on the curves that were learnt, so those of runs to come need not be known.
        """
        a, b = (self._start(check_inputs(X, self.X.shape[1])).inputs for X in (A, B))
        return self._posterior.covariances(a, b)

    def widening(self, X: ArrayLike) -> Array:
        """By how much calibration widens the predicted standard deviation at inputs X (n, p), (n,)."""
        return self._half_width(self._start(check_inputs(X, self.X.shape[1])).inputs) / HALF_WIDTH

    def _parts(self, X: ArrayLike) -> list[Array]:
        return chunks_of(check_inputs(X, self.X.shape[1]))

    def _start(self, X: Array) -> _Start:
        if self.prior is None:
            return _Start(None, np.broadcast_to(self.x, (len(X), len(self.x))), (X - self.low) / self.span)
        y0, features, place = self.prior.evaluate(X, self.x)
        return _Start(y0, place, (np.column_stack([X, features]) - self.low) / self.span)

    def _all(self, X: ArrayLike, band: bool) -> list[Array]:
        """What `_curves` gives for all inputs: 3 arrays (n, m) with a band, else 1."""
        inputs = check_inputs(X, self.X.shape[1])
        return work_out(lambda part: self._curves(part, band), inputs, 3 if band else 1, len(self.x))

    def _curves(self, X: Array, band: bool) -> tuple[Array, ...]:
        start = self._start(X)
        z, share = self._posterior.predict(start.inputs)
        mean, modes, squares, spread = self._components
        t = cast(Array, np.empty((2 if band else 1, len(X), len(self.grid)), dtype=np.float32))
        np.matmul(_single(z), modes, out=t[0])
        t[0] += mean
        if band:
            half = np.matmul(_single(share * self.variances), squares, out=t[1])
            half += spread
            np.sqrt(half, out=half)
            half *= _single(self._half_width(start.inputs))[:, None]
        t = self._shifted(t, start.place)
        if band:
            t = np.stack([t[0], t[0] - t[1], t[0] + t[1]])
        return tuple(self._curves_of(t, self._learnt(None if start.y0 is None else _single(start.y0))))

    def _shifted(self, t: Array, place: Array) -> Array:
        """Values (..., n, k) at places `place` (n, m) of the grid; as they are without a prior."""
        return t if self.prior is None else interpolate_rows(t, self.grid, place)

    def _placed(self, rows: Array, at: Array) -> Array:
        """Rows (l, k) at places `at` (m,) of the grid, (l, m); as they are without a prior."""
        return self._shifted(rows, np.broadcast_to(at, (len(rows), len(at))))

    def _learnt(self, y0: Array | None) -> tuple[Array, Array] | None:
        """T(y0) (n, m), and how much of what was learnt counts (n, m): nothing where the prior mean has nothing."""
        return None if y0 is None else (self.transform(y0), y0 / (y0 + _NONE))

    def _curves_of(self, t: Array, learnt: tuple[Array, Array] | None) -> Array:
        """Curves (..., n, m) of t (..., n, m), which is overwritten, about what `_learnt` says."""
        if learnt is not None:
            start, counts = learnt
            t *= counts
            t += start
        return self.transform.inverse(t)

    def _half_width(self, inputs: Array) -> Array:
        return self.calibration.half_width(self._near(inputs)[:, 0], self.weights)

    @cached_property
    def _near(self) -> Correlations:
        """How near inputs are to those of the curves, as the calibration counts it."""
        lengths = self.lengths[:1] * self.calibration.width
        return Correlations(self._posterior.inputs, lengths, "gaussian", single=True)

    @cached_property
    def _components(self) -> tuple[Array, Array, Array, Array]:
        """In single precision: mean (k,), components (c, k), their squares, and the variance of what they leave out."""
        return _single(self.mean), _single(self.modes), _single(self.modes**2), _single(self.spread**2)

    @cached_property
    def _posterior(self) -> ScorePosterior:
        inputs = self._start(self.X).inputs
        return ScorePosterior.condition(
            inputs, self.scores, self.group, self.lengths, self.noise, self.kernel, self.own_noise
        )


def _single(values: Array) -> Array:
    """In single precision, which is enough once curves are left to work out: half the memory, faster exponentials."""
    return cast(Array, values.astype(np.float32))


@cache
def _smoothing(bins: int) -> Array:
    """Matrix (bins + 12, bins) from white noise to noise of unit variance, correlated along the grid."""
    matrix = np.zeros((bins + len(_WINDOW) - 1, bins))
    for i, weight in enumerate(_WINDOW):
        matrix[np.arange(bins) + i, np.arange(bins)] = weight
    return matrix
