"""Fits a Gaussian process over curves (`nanonet.gaussian`), on plain arrays, and writes its model folder.

Curves of few simulations share one kernel (a separable process: Conti & O'Hagan 2010, doi:10.1016/j.jspi.2009.08.006);
from `APART` curves on each principal component has a kernel of its own. Correlation lengths and noise are those of the
largest marginal likelihood under a weak prior. Bands are calibrated on curves left out (conformal prediction with a
local scale: Lei et al. 2018, doi:10.1080/01621459.2017.1307116).
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize

from nanonet.dilute import PolymerTable
from nanonet.errors import InputError
from nanonet.formats.atomic import writing_folder
from nanonet.formats.model_folder import seal
from nanonet.gaussian import (
    ARRAYS,
    JITTER,
    KERNELS,
    LEVEL,
    TRANSFORMS,
    CurveProcess,
    correlation,
    local_scale,
    prior_curves,
    residuals,
)
from nanonet.learn.arrays import checked
from nanonet.learn.scoring import splits, twin_pairs
from nanonet.rdf import MAX_G

FORMAT = 1
CARD = "model.json"
KIND = "gaussian process"
APART = 30
"""Curves from which on each principal component has its own kernel."""

FLOOR = 0.03
"""Added to g before the logarithm: below it pairs are too few to count."""

CAP = 4.0
"""Depth (kT) at which the prior's attraction levels off; between 2.5 and 7 the choice hardly matters."""

_TALL = 10.0  # curves that rise higher are learnt as logarithms
_MODES = 12
_MANY = 100  # curves that leave little doubt about the parameters: one start
_LEAST = 1e-4  # variance of y where nothing ever varied, as a share of the mean over the grid
_TINY = 1e-12  # variance of what is known to every digit
_FARTHEST = 1_000.0
_SHARE = 0.5  # how many neighbours the mean of all errors counts as, in the local scale
_WIDTH = 0.7  # of the local scale, in correlation lengths
_NOISE = np.log(3e-4), np.log(1.5)  # bounds: standard deviation of the noise in those of a score
_LENGTHS = np.log(0.1), np.log(30.0)

Array = NDArray[np.float64]


class GaussianProcess:
    """Predicts curves with calibrated bands; nothing here knows what the inputs mean, only a prior does.

    Parameters
    ----------
    prior:
        g0 to start from (the dilute limit of compositions), or None for any inputs and curves.
    kernel:
        `matern` (5/2) or `gaussian`; None: Gaussian where curves are few and a prior is there, Matern otherwise.
    transform:
        `ln` or `sqrt`; None: the square root where no curve exceeds 10.
    """

    def __init__(
        self, prior: PolymerTable | None = None, *, kernel: str | None = None, transform: str | None = None
    ) -> None:
        self.prior = prior
        self.kernel = kernel
        self.transform = transform

    def fit(
        self,
        X: ArrayLike,
        G: ArrayLike,
        r: ArrayLike,
        error: ArrayLike | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> GaussianProcess:
        """Learn curves G (n, m) on the grid r (m,) from inputs X (n, p); returns itself.

        `error` (n, m) holds the standard errors of G, NaN where not known; the noise is estimated in any case, and is
        not taken to be smaller than these errors say.

        Raises
        ------
        InputError
            As `arrays.checked`; no curve above 0.03; errors of another shape, negative or above `MAX_G`; inputs that
            the prior does not take; a grid that is not evenly spaced, with a prior; a setting that does not exist.
        """
        for name, allowed in (("kernel", KERNELS), ("transform", TRANSFORMS)):
            if getattr(self, name) not in (None, *allowed):
                raise InputError(f"{name} = {getattr(self, name)!r} is not one of {', '.join(allowed)}")
        inputs, curves, grid = checked(X, G, r)
        errors = _errors(error, curves)
        if self.prior is not None:
            if inputs.shape[1] != 5:
                raise InputError(f"X has {inputs.shape[1]} columns; the dilute limit takes the 5 of a composition")
            if not np.allclose(np.diff(grid), grid[1] - grid[0], rtol=1e-3):
                raise InputError("r is not evenly spaced")
            if not 1.0 <= grid[-1] <= _FARTHEST:
                raise InputError(
                    f"r ends at {grid[-1]:g}; allowed are 1 to {_FARTHEST:g} (sigma) with the dilute limit"
                )
        if curves.max() <= FLOOR:
            raise InputError(f"no curve rises above {FLOOR:g}: there is nothing to learn")
        transform = self.transform or ("ln" if self.prior is not None or curves.max() > _TALL else "sqrt")
        cap = 0.0 if self.prior is None else CAP
        self.left_out, self.process = _fit(
            inputs, curves, grid, errors, self.prior, cap, transform, self.kernel, progress
        )
        self.noise_known = errors is not None
        return self

    def predict(self, X: ArrayLike) -> Array:
        """Curves (n, m) for inputs (n, p)."""
        return self._fitted().predict(X)

    def band(self, X: ArrayLike) -> tuple[Array, Array, Array]:
        """Medians and ends of the 90 % bands, each (n, m)."""
        return self._fitted().band(X)

    def sample(self, X: ArrayLike, draws: int, seed: int = 0) -> Array:
        """Curves (draws, n, m); see `CurveProcess.sample`."""
        return self._fitted().sample(X, draws, seed)

    def export(self, folder: str | os.PathLike[str], card: Mapping[str, Any] | None = None) -> Path:
        """Write the model folder that `nanonet.load` reads: `process.npz`, `model.json`, with a prior `potential.npz`.

        Made whole or not at all; `card` as in `NanoNet.export`. `InputError`: not fitted, or not to be written there.
        """
        process = self._fitted()
        with writing_folder(folder, CARD) as temporary:
            with (temporary / "process.npz").open("wb") as file:
                np.savez_compressed(file, **{name: getattr(process, name) for name in ARRAYS})
            names = ["process.npz"]
            if process.prior is not None:
                process.prior.save(temporary / "potential.npz")
                names.append("potential.npz")
            content = {
                "format": FORMAT,
                "kind": KIND,
                **(card or {}),
                "X": process.X.tolist(),
                "r": process.r.tolist(),
                "kernel": process.kernel,
                "transform": process.transform,
                "noise": (
                    "from the errors of the curves, and no smaller than the fit finds it"
                    if self.noise_known
                    else "estimated from the curves: they came without errors"
                ),
                "training": {
                    "left_out_rms": round(self.left_out, 4),
                    "cap": float(process.settings[1]),
                    "conformal_factor": round(float(process.settings[3]), 4),
                    "lengths": np.round(process.lengths, 4).tolist(),
                    "relative_noise_variance": np.round(process.noise, 6).tolist(),
                },
                "versions": {"python": platform.python_version()}
                | {name: version(name) for name in ("nanonet-pnc", "numpy", "scipy")},
                "sha256": {name: hashlib.sha256((temporary / name).read_bytes()).hexdigest() for name in names},
            }
            (temporary / CARD).write_text(json.dumps(seal(content), indent=1, allow_nan=False) + "\n", encoding="utf-8")
        return Path(folder)

    def _fitted(self) -> CurveProcess:
        if not hasattr(self, "process"):
            raise InputError("this GaussianProcess has not been fitted; call fit first")
        return self.process


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
    X: Array, G: Array, r: Array, errors: Array | None, prior: PolymerTable | None, cap: float, transform: str,
    kernel: str | None, progress: Callable[[int, int], None] | None,
) -> tuple[float, CurveProcess]:  # fmt: skip
    """Root mean square error of y, left out, and the process."""
    n = len(X)
    start, features = prior_curves(prior, X, r, cap, transform, FLOOR)
    contact = np.zeros(n) if prior is None else prior.contact(X)
    step = r[1] - r[0]
    grid = r if prior is None else step * np.arange(
        math.floor((r[0] - contact.max()) / step), math.ceil((r[-1] - contact.min()) / step) + 1
    )  # fmt: skip
    y = residuals(G, start, r, grid, contact, transform, FLOOR)
    low = features.min(axis=0)
    span = np.where(np.ptp(features, axis=0) > 0, np.ptp(features, axis=0), 1.0)
    scaled = (features - low) / span
    together = n < APART
    kind = kernel or ("gaussian" if together and prior is not None else "matern")
    own = _noise(G, errors, r, grid, contact, transform)
    mean, modes, scores, spread = _reduced(y, own, centred=prior is None)
    count = len(modes)
    groups = [np.arange(count)] if together else [np.array([i]) for i in range(count)]
    centre, width = _beliefs(scaled.shape[1], prior is not None)
    found = []
    for i, group in enumerate(groups):
        found.append(_parameters(scaled, scores[:, group], kind, centre, width))
        if progress is not None:
            progress(i + 1, len(groups))
    lengths, noise = np.array([f[0] for f in found]), np.array([f[1] for f in found])
    group_of = np.concatenate([np.full(len(group), i) for i, group in enumerate(groups)])
    variances = _solve(scaled, scores, group_of, lengths, noise, kind, scaled[:0])[2]
    misses, variance = np.empty(y.shape), np.empty(y.shape)
    for train, test in splits(n, n if n <= APART else 10, X=X):
        part = _reduced(y[train], own[train], centred=prior is None)
        kept = group_of[: len(part[1])]
        z, share, sizes = _solve(scaled[train], part[2], kept, lengths, noise, kind, scaled[test])
        misses[test] = y[test] - part[0] - z @ part[1]
        variance[test] = np.maximum((share * sizes) @ part[1] ** 2 + part[3] ** 2, _TINY)
    counted = _counted(G, r, grid, contact)
    squared = np.where(counted, misses**2 / np.where(counted, variance, 1.0), 0.0)
    weights = squared.sum(axis=1) / np.maximum(counted.sum(axis=1), 1)
    near = correlation(scaled, scaled, lengths[0] * _WIDTH, "gaussian")
    near[twin_pairs(X)] = 0.0  # nor do copies say how far off a curve is that is not known
    scale = np.maximum(local_scale(near, weights, _SHARE), _TINY)
    ratios = (np.sqrt(squared) / scale[:, None])[counted]
    factor = float(np.quantile(ratios, LEVEL))
    process = CurveProcess(
        X, r, grid, mean, modes, scores, variances,
        group_of,
        lengths, noise, low, span, spread, weights, np.array([FLOOR, cap, _WIDTH, factor, _SHARE]),
        kind, transform, prior,
    )  # fmt: skip
    return float(np.sqrt(np.mean(misses[counted] ** 2))), process


def _reduced(y: Array, own: Array, centred: bool) -> tuple[Array, Array, Array, Array]:
    """Mean (k,), principal components (c, k) and scores (n, c) of y (n, k); what they leave out and noise adds (k,)."""
    mean = y.mean(axis=0) if centred else np.zeros(y.shape[1])
    _, sizes, modes = np.linalg.svd(y - mean, full_matrices=False)
    count = max(1, min(_MODES, len(y) - 1, int((sizes**2 > 1e-7 * (sizes**2).sum()).sum())))
    scores = (y - mean) @ modes[:count].T
    left = y - mean - scores @ modes[:count]
    least = _LEAST * np.mean((y - mean) ** 2)
    return mean, modes[:count], scores, np.sqrt(np.mean(left**2 + own, axis=0) + least)


def _solve(
    inputs: Array, scores: Array, group: NDArray[np.int64], lengths: Array, noise: Array, kernel: str, new: Array
) -> tuple[Array, Array, Array]:
    """Scores predicted for new inputs (l, c), their variances as shares (l, c), and the prior variances (c,)."""
    z, share = (np.empty((len(new), scores.shape[1])) for _ in range(2))
    variances = np.empty(len(group))
    for i in np.unique(group):
        own = group == i
        matrix = correlation(inputs, inputs, lengths[i], kernel) + (noise[i] + JITTER) * np.eye(len(inputs))
        inverse = np.linalg.inv(matrix)
        solved = inverse @ scores[:, own]
        variances[own] = np.einsum("ij,ij->j", scores[:, own], solved) / len(inputs)
        cross = correlation(new, inputs, lengths[i], kernel)
        z[:, own] = cross @ solved
        left = 1.0 - np.einsum("ij,ij->i", cross @ inverse, cross)
        share[:, own] = (np.maximum(left, 0.0) + noise[i])[:, None]
    return z, share, variances


def _noise(G: Array, errors: Array | None, r: Array, grid: Array, contact: Array, transform: str) -> Array:
    """Variance of y (n, k) that the curves' own errors say; 0 where they are not known."""
    if errors is None:
        return np.zeros((len(G), len(grid)))
    slope = 1.0 / (G + FLOOR) if transform == "ln" else 0.5 / np.sqrt(G + FLOOR)
    # The error of an empty bin is that of one pair, in the core an absurd one: what is empty is left to the process
    squared = np.where(G > 0, (np.nan_to_num(errors) * slope) ** 2, 0.0)
    if not contact.any():
        return squared
    return np.array([np.interp(grid + c, r, one) for c, one in zip(contact, squared, strict=True)])


def _counted(G: Array, r: Array, grid: Array, contact: Array) -> NDArray[np.bool_]:
    """Where on the grid from contact a curve (n, k) has pairs to speak of."""
    if not contact.any():
        return np.asarray(G > FLOOR)
    place = grid + contact[:, None]
    seen = np.array([np.interp(p, r, g) for p, g in zip(place, G, strict=True)]) > FLOOR
    return np.asarray(seen & (place >= r[0]) & (place <= r[-1]))


def _beliefs(inputs: int, prior: bool) -> tuple[Array, Array]:
    """Centres and widths of the normal priors of the logarithms of lengths (q,) and of the noise.

    Around a physical prior what remains hangs on the depth of its well; other inputs have to earn their place.
    """
    if not prior:
        return np.log(np.r_[np.full(inputs, 2.0), 0.05]), np.r_[np.full(inputs, 1.5), 2.0]
    return np.log(np.r_[np.full(inputs - 1, 6.0), 0.4, 0.6]), np.r_[np.full(inputs - 1, 0.5), 0.5, 0.7]


def _parameters(inputs: Array, scores: Array, kernel: str, centre: Array, width: Array) -> tuple[Array, float]:
    """Correlation lengths (q,) and relative noise variance of the largest posterior, for scores (n, c) of one group."""
    n, q = inputs.shape
    sizes = (scores**2).sum(axis=0)
    outputs = float(sizes.sum() ** 2 / (sizes**2).sum())  # how many independent curves' worth the scores are
    identity = np.eye(n)
    differences = (inputs[:, None] - inputs[None]) ** 2

    def loss(t: Array) -> tuple[float, Array]:
        lengths, noise = np.exp(t[:q]), math.exp(2.0 * t[q])
        plain = correlation(inputs, inputs, lengths, kernel)
        try:
            factor = np.linalg.cholesky(plain + (noise + JITTER) * identity)
        except np.linalg.LinAlgError:
            return 1e12, np.zeros(q + 1)
        half = np.linalg.inv(factor)
        inverse = half.T @ half
        solved = inverse @ scores
        fit_term = float(np.einsum("ij,ij->", scores, solved))
        off = (t - centre) / width
        value = 0.5 * outputs * n * math.log(fit_term) + outputs * float(np.log(np.diag(factor)).sum())
        inner = outputs * (inverse - n / fit_term * solved @ solved.T)
        if kernel == "gaussian":
            radial = plain
        else:
            d = np.sqrt(5.0 * (differences / lengths**2).sum(axis=2))
            radial = (5.0 / 3.0) * (1.0 + d) * np.exp(-d)
        slope = 0.5 * np.einsum("ij,ijk->k", inner * radial, differences) / lengths**2
        gradient = np.append(slope, noise * np.trace(inner)) + off / width
        return value + 0.5 * float(off @ off), gradient

    bounds = [_LENGTHS] * q + [_NOISE]
    best = None
    starts = (centre, np.append(centre[:q] - 0.7, centre[q]), np.append(centre[:q] + 0.7, centre[q] - 1.0))
    for start in starts if n < _MANY else starts[:1]:
        with np.errstate(over="ignore"):
            found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 60})
        if best is None or found.fun < best.fun:
            best = found
    assert best is not None
    return np.exp(best.x[:q]), math.exp(2.0 * float(best.x[q]))
