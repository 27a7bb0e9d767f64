"""Fits a Gaussian process over curves (`models.gaussian_process`), on plain arrays, and writes its model folder.

Curves of few simulations share one kernel (a separable process: Conti & O'Hagan 2010, doi:10.1016/j.jspi.2009.08.006);
from `APART` curves on each principal component has a kernel of its own. Correlation lengths and noise are those of the
largest marginal likelihood under a weak prior (Rasmussen & Williams 2006, section 5.4). Bands are calibrated on curves
left out (`models.calibration`).
"""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize

from nanonet.curve import G_R, Quantity
from nanonet.errors import InputError, NanonetWarning
from nanonet.evaluate.splits import duplicate_pairs, splits
from nanonet.formats.model_writing import write_model
from nanonet.interpolation import interpolate_rows
from nanonet.learn.arrays import checked
from nanonet.learn.estimator import CurveEstimator
from nanonet.learn.kernel_fit import fit_kernel, hyperpriors
from nanonet.models import process_folder
from nanonet.models.base import LEVEL, Array, Band, BoolArray, PriorMean
from nanonet.models.calibration import Calibration, local_scale
from nanonet.models.gaussian_process import CurveProcess, ScorePosterior
from nanonet.models.kernels import KERNELS, correlation
from nanonet.models.transforms import TRANSFORMS, Transform
from nanonet.rdf import MAX_G

APART = 30
"""Curves from which on each principal component has its own kernel."""

FLOOR = 0.03
"""Added to g before the logarithm, in units of the scale: below it pairs are too few to count."""

_TALL = 10.0  # curves that rise higher are learnt as logarithms
_MODES = 12
_MOST_FITTED = 300  # curves that lengths and noise are fitted to: the time grows with the third power
_LEAST = 1e-4  # variance of t where nothing ever varied, as a share of the mean over the grid
_TINY = 1e-12  # variance of what is known to every digit
_TRIES = 150  # of a prior mean's parameters
_SURE = 0.1  # standard deviation of t that no curve is below: runs of one composition differ by it
_SHARE = 0.5  # how many neighbours the mean of all errors counts as, in the local scale
_FAR_OFF = 25.0  # square error in predicted variances that a bin counts with at most: one must not widen all bands
_WIDTH = 0.7  # of the local scale, in correlation lengths
_DOUBTED, _UNLIKE = 3.0, 50.0  # how many times as high as its prediction a curve may rise: with a warning, at all


class GaussianProcess(CurveEstimator):
    """Predicts curves with calibrated bands; nothing here depends on what the inputs mean, only a prior mean does.

    Parameters
    ----------
    prior:
        The prior mean to start from (`potentials.dilute.DiluteLimit` of compositions), or None for any inputs and
        curves.
    kernel:
        `matern` (5/2) or `gaussian`; None: Gaussian where curves are few and a prior mean is there, Matern otherwise.
    transform:
        `ln`, `sqrt` or `none`; None: as the quantity is, `none` where it may be negative, otherwise the square root
        where no curve exceeds 10 times its scale, else the logarithm.
    quantity:
        What the curves are of. Its scale is its limit at large x, or the root mean square of the curves.
    r:
        Grid of the curves where `fit` is not given one.

    Attributes
    ----------
    process_:
        The fitted `models.gaussian_process.CurveProcess`.
    left_out_:
        Root mean square error of the transformed curves, left out.

    Examples
    --------
    >>> X, r = np.linspace(0, 1, 8)[:, None], np.array([1.0, 2.0])
    >>> process = GaussianProcess().fit(X, 1 + X * r, r)
    >>> process.predict([[0.5]]).round(1)
    array([[1.5, 2. ]])
    """

    def __init__(
        self,
        prior: PriorMean | None = None,
        *,
        kernel: str | None = None,
        transform: str | None = None,
        quantity: Quantity = G_R,
        r: ArrayLike | None = None,
    ) -> None:
        self.prior = prior
        self.kernel = kernel
        self.transform = transform
        self.quantity = quantity
        self.r = r

    def fit(
        self,
        X: ArrayLike,
        G: ArrayLike,
        r: ArrayLike | None = None,
        error: ArrayLike | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> GaussianProcess:
        """Learn curves G (n, m) on the grid r (m,) from inputs X (n, p); returns itself.

        `error` (n, m) holds the standard errors of G, NaN where not known; the noise is estimated in any case, and is
        not taken to be smaller than these errors.

        Raises
        ------
        InputError
            As `arrays.checked`; no curve above 0.03 of its scale; errors of another shape, negative or above `MAX_G`;
            inputs or a grid that the prior mean does not take; a setting that does not exist; a curve so much higher
            than all others that it would be taken for noise (from 3 times its prediction on there is a warning).
        """
        for name, allowed in (("kernel", KERNELS), ("transform", tuple(TRANSFORMS))):
            if getattr(self, name) not in (None, *allowed):
                raise InputError(f"{name} = {getattr(self, name)!r} is not one of {', '.join(allowed)}")
        inputs, curves, grid = checked(X, G, self._grid(r), self.quantity)
        errors = _errors(error, curves)
        prior = self.prior
        if prior is not None:
            prior.check(inputs, grid)
        bounded, scale = self.quantity.bounded, self.quantity.limit or math.sqrt(np.mean(curves**2))
        if bounded and curves.max() <= FLOOR * scale:
            raise InputError(f"no curve rises above {FLOOR * scale:g}: there is nothing to learn")
        if not bounded and self.transform not in (None, "none"):
            raise InputError(f"transform = {self.transform!r} is not for {self.quantity.name}, which may be negative")
        name = "ln" if self.prior is not None or curves.max() > _TALL * scale else "sqrt"
        name = self.transform or (name if bounded else "none")
        made = TRANSFORMS[name](FLOOR * scale)
        if prior is not None and prior.parameters:
            prior = _prior_fitted_to(prior, inputs, curves, grid, made)
        self.process_, self.left_out_ = _fit(inputs, curves, grid, errors, prior, made, self.kernel, progress)
        if bounded:
            _check_learnt(curves, errors, self.process_.predict(inputs), grid, _TALL * scale, self.quantity)
        self.noise_known_ = errors is not None
        return self

    def predict(self, X: ArrayLike) -> Array:
        """Curves (n, m) for inputs (n, p)."""
        return self._fitted().predict(X)

    def band(self, X: ArrayLike) -> Band:
        """Medians and ends of the 90 % bands, each (n, m)."""
        return self._fitted().band(X)

    def sample(self, X: ArrayLike, draws: int, seed: int = 0) -> Array:
        """Curves (draws, n, m); see `CurveProcess.sample`."""
        return self._fitted().sample(X, draws, seed)

    def export(self, folder: str | os.PathLike[str], card: Mapping[str, object] | None = None) -> Path:
        """Write the model folder that `nanonet.load` reads: `process.npz`, `model.json`, with a prior `potential.npz`.

        Made whole or not at all; `card` as in `NanoNet.export`. `InputError`: not fitted, not to be written there, or a
        prior mean that no folder can hold.
        """
        process = self._fitted()
        entries = process_folder.entries_of(process)
        content = {
            **(card or {}),
            **entries,
            **({} if self.quantity == G_R else {"quantity": self.quantity.to_json()}),
            "noise": (
                "from the errors of the curves, and no smaller than the fit finds it"
                if self.noise_known_
                else "estimated from the curves: they came without errors"
            ),
            "training": {
                "left_out_rms": round(self.left_out_, 4),
                "lengths": np.round(process.lengths, 4).tolist(),
                "relative_noise_variance": np.round(process.noise, 6).tolist(),
            },
        }
        files = process_folder.files_of(process)
        return write_model(folder, process_folder.KIND, files, content, ("nanonet-pnc", "numpy", "scipy"))

    def _fitted(self) -> CurveProcess:
        if not hasattr(self, "process_"):
            raise InputError("this GaussianProcess has not been fitted; call fit first")
        return self.process_


def _check_learnt(
    curves: Array, errors: Array | None, predicted: Array, grid: Array, tall: float, quantity: Quantity
) -> None:
    """Refuse, or above `_DOUBTED` say, a curve (n, m) that rises above `tall` and far above what was learnt of it.

    Of a curve with errors two of them are taken off: it may be that low.
    """
    rows, tops = np.arange(len(curves)), curves.argmax(axis=1)
    height, learnt = curves[rows, tops], predicted[rows, tops]
    least = height if errors is None else height - 2.0 * np.nan_to_num(errors[rows, tops])
    ratio = np.where(height > tall, least / np.maximum(learnt, _TINY), 0.0)
    noisy = np.flatnonzero(ratio > _DOUBTED)
    if not len(noisy):
        return
    worst = noisy[ratio[noisy].argmax()]
    text = (
        f"curve {worst}: {quantity.name} = {height[worst]:.6g} at {quantity.x} = {grid[tops[worst]]:g} is taken for "
        f"noise beside the other curves, which give {learnt[worst]:.3g} there"
    )
    if ratio[worst] > _UNLIKE:
        raise InputError(f"{text}; allowed is {_UNLIKE:g} times as much. Leave it out, or add curves like it")
    others = f"; {len(noisy) - 1} more are above {_DOUBTED:g} times" if len(noisy) > 1 else ""
    warnings.warn(f"{text}{others}. The model will not give its peak back", NanonetWarning, stacklevel=3)


def _errors(error: ArrayLike | None, curves: Array) -> Array | None:
    """Standard errors (n, m) with NaN where not known, or None where none is."""
    if error is None:
        return None
    errors = np.asarray(error, dtype=np.float64)
    if errors.shape != curves.shape:
        raise InputError(f"error has shape {errors.shape}; allowed is {curves.shape}, that of G")
    if (errors < 0).any() or (errors > MAX_G).any():
        raise InputError(f"error has values that are below 0 or above {MAX_G:g}")
    return None if np.isnan(errors).all() else errors


def _fit(
    X: Array, G: Array, x: Array, errors: Array | None, prior: PriorMean | None, transform: Transform,
    kernel: str | None, progress: Callable[[int, int], None] | None,
) -> tuple[CurveProcess, float]:  # fmt: skip
    """The process, and the root mean square error of t, left out."""
    aligned, features = _align(X, G, x, errors, prior, transform)
    low = features.min(axis=0)
    span = np.where(np.ptp(features, axis=0) > 0, np.ptp(features, axis=0), 1.0)
    scaled = (features - low) / span
    together = len(X) < APART
    kind = kernel or ("gaussian" if together and prior is not None else "matern")
    reduced = _reduce(aligned.t, aligned.variance, centred=prior is None)
    own = _own_noise(aligned)
    group, lengths, noise = _hyperparameters(scaled, reduced.scores, own, together, kind, prior, progress)
    variances = ScorePosterior.condition(scaled, reduced.scores, group, lengths, noise, kind, own).variances
    misses, predicted = _left_out(X, scaled, aligned, own, group, lengths, noise, kind, prior is None)
    weights, calibration = _calibrate(X, scaled, misses, predicted, aligned.counted, lengths[0])
    process = CurveProcess(
        X, x, aligned.grid, reduced.mean, reduced.modes, reduced.scores, variances, group, lengths, noise, low, span,
        reduced.spread, weights, own, kind, transform, calibration, prior,
    )  # fmt: skip
    return process, float(np.sqrt(np.mean(misses[aligned.counted] ** 2)))


def _prior_fitted_to(prior: PriorMean, X: Array, G: Array, x: Array, transform: Transform) -> PriorMean:
    """The prior mean with the parameters that bring it nearest to the curves: least sum of each curve's own error."""
    counted = transform.floor < G
    chosen = counted.any(axis=1)
    t = np.where(counted, transform(G), 0.0)[chosen]
    counted, rows, bins = counted[chosen], X[chosen], counted[chosen].sum(axis=1)

    def loss(values: Array) -> float:
        y0 = prior.with_parameters(tuple(values.tolist())).evaluate(rows, x).curves
        return float(np.sqrt((np.where(counted, t - transform(y0), 0.0) ** 2).sum(axis=1) / bins).sum())

    found = minimize(
        loss, prior.parameters, method="Nelder-Mead", options={"maxfev": _TRIES, "xatol": 1e-3, "fatol": 1e-3}
    )
    return prior.with_parameters(tuple(np.round(found.x, 4).tolist()))


class _Aligned(NamedTuple):
    """Curves lined up at the origin of the prior mean, as differences from it."""

    grid: Array
    """Separations (k,) from the origin."""
    t: Array
    """T(y) - T(y0) (n, k); beyond a curve its end values."""
    variance: Array
    """Of t, by the curves' own errors (n, k); 0 where they are not known."""
    counted: BoolArray
    """Where a curve has pairs to speak of (n, k)."""


def _align(
    X: Array, G: Array, x: Array, errors: Array | None, prior: PriorMean | None, transform: Transform
) -> tuple[_Aligned, Array]:
    """Curves lined up, and the inputs of the kernel (n, q): X, and the features of the prior mean."""
    squared = np.zeros(G.shape)
    if errors is not None:
        # The error of an empty bin is that of one pair, in the core an absurd one: what is empty is left to the process
        squared = np.where((G > 0) | (not transform.bounded), (np.nan_to_num(errors) * transform.slope(G)) ** 2, 0.0)
    if prior is None:
        return _Aligned(x, transform(G), squared, np.greater(G, transform.floor) | (not transform.bounded)), X
    y0, features, lined = prior.evaluate(X, x)
    step = np.median(np.diff(lined, axis=1))
    grid = step * np.arange(math.floor(lined.min() / step), math.ceil(lined.max() / step) + 1)
    place = x[0] + (grid - lined[:, :1]) * (x[-1] - x[0]) / (lined[:, -1:] - lined[:, :1])
    t = interpolate_rows(transform(G) - transform(y0), x, place)
    variance, seen = (
        np.array([np.interp(p, x, one) for p, one in zip(place, rows, strict=True)]) for rows in (squared, G)
    )
    counted = (seen > transform.floor) & (place >= x[0]) & (place <= x[-1])
    return _Aligned(grid, t, variance, counted), np.column_stack([X, features])


def _own_noise(aligned: _Aligned) -> Array:
    """Noise variance of each curve (n,) in units of their geometric mean: by its own errors, and what none is below."""
    bins = np.maximum(aligned.counted.sum(axis=1), 1)
    squared = np.where(aligned.counted, aligned.variance, 0.0).sum(axis=1) / bins + _SURE**2
    return np.asarray(squared / np.exp(np.log(squared).mean()))


class _Reduced(NamedTuple):
    """Principal components of t."""

    mean: Array
    """(k,)"""
    modes: Array
    """(c, k)"""
    scores: Array
    """(n, c)"""
    spread: Array
    """Standard deviation (k,) of what the components leave out and noise adds."""


def _reduce(t: Array, own: Array, centred: bool, most: int = _MODES) -> _Reduced:
    """At most so many principal components of t (n, k), whose noise has the variance `own` (n, k)."""
    mean = t.mean(axis=0) if centred else np.zeros(t.shape[1])
    _, sizes, modes = np.linalg.svd(t - mean, full_matrices=False)
    count = max(1, min(most, len(t) - 1, int((sizes**2 > 1e-7 * (sizes**2).sum()).sum())))
    scores = (t - mean) @ modes[:count].T
    left = t - mean - scores @ modes[:count]
    least = _LEAST * np.mean((t - mean) ** 2) if centred else _SURE**2
    return _Reduced(mean, modes[:count], scores, np.sqrt(np.mean(left**2 + own, axis=0) + least))


def _hyperparameters(
    scaled: Array, scores: Array, own: Array, together: bool, kernel: str, prior: PriorMean | None,
    progress: Callable[[int, int], None] | None,
) -> tuple[NDArray[np.int64], Array, Array]:  # fmt: skip
    """Group of each score (c,), correlation lengths (groups, q) and relative noise variances (groups,).

    Of more than `_MOST_FITTED` curves a subset is enough for them (subset of data; Rasmussen & Williams 2006, 8.3.2).
    """
    if len(scaled) > _MOST_FITTED:
        chosen = np.sort(np.random.default_rng(0).choice(len(scaled), _MOST_FITTED, replace=False))
        scaled, scores, own = scaled[chosen], scores[chosen], own[chosen]
    count = scores.shape[1]
    group = np.zeros(count, dtype=np.int64) if together else np.arange(count)
    centre, width = hyperpriors(scaled.shape[1], prior)
    found = []
    groups = int(group[-1]) + 1
    for i in range(groups):
        found.append(fit_kernel(scaled, scores[:, group == i], kernel, centre, width, own))
        if progress is not None:
            progress(i + 1, groups)
    return group, np.array([f[0] for f in found]), np.array([f[1] for f in found])


def _left_out(
    X: Array, scaled: Array, aligned: _Aligned, own: Array, group: NDArray[np.int64], lengths: Array, noise: Array,
    kernel: str, centred: bool,
) -> tuple[Array, Array]:  # fmt: skip
    """Errors of t (n, k), each curve by a process of the same kernels that has not seen it, and predicted variances."""
    t, n = aligned.t, len(X)
    misses, variance = np.empty(t.shape), np.empty(t.shape)
    for train, test in splits(n, n if n <= APART else 10, X=X):
        part = _reduce(t[train], aligned.variance[train], centred, len(group))
        posterior = ScorePosterior.condition(
            scaled[train], part.scores, group[: len(part.modes)], lengths, noise, kernel, own[train]
        )
        z, share = posterior.predict(scaled[test])
        misses[test] = t[test] - part.mean - z @ part.modes
        variance[test] = np.maximum((share * posterior.variances) @ part.modes**2 + part.spread**2, _TINY)
    return misses, variance


def _calibrate(
    X: Array, scaled: Array, misses: Array, variance: Array, counted: BoolArray, lengths: Array
) -> tuple[Array, Calibration]:
    """Mean square error of each curve (n,), left out, in units of the predicted one, and how wide bands are."""
    squared = np.where(counted, misses**2 / np.where(counted, variance, 1.0), 0.0)
    weights = np.minimum(squared, _FAR_OFF).sum(axis=1) / np.maximum(counted.sum(axis=1), 1)
    near = correlation(scaled, scaled, lengths * _WIDTH, "gaussian")
    near[duplicate_pairs(X)] = 0.0  # nor do copies show how far off the curve of a new input is
    scale = np.maximum(local_scale(near, weights, _SHARE), _TINY)
    ratios = (np.sqrt(squared) / scale[:, None])[counted]
    return weights, Calibration(_WIDTH, float(np.quantile(ratios, LEVEL)), _SHARE)
