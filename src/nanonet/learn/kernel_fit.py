"""Correlation lengths and noise of a Gaussian process by the largest posterior (Rasmussen & Williams 2006, 5.4)."""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import minimize

from nanonet.models.base import Array, PriorMean
from nanonet.models.kernels import JITTER, correlation, radial_slope

_MANY = 100  # curves that leave little doubt about the parameters: one start
_NOISE = np.log(3e-4), np.log(1.5)  # bounds: standard deviation of the noise in those of a score
_LENGTHS = np.log(0.1), np.log(30.0)


def hyperpriors(inputs: int, prior: PriorMean | None) -> tuple[Array, Array]:
    """Centres and widths of the normal priors of the logarithms of lengths (q,) and of the noise, (q + 1,).

    Around a prior mean what remains hangs on its features; other inputs have to earn their place.

    Examples
    --------
    >>> centre, width = hyperpriors(5, None)
    >>> np.exp(centre).round(2), width
    (array([2.  , 2.  , 2.  , 2.  , 2.  , 0.05]), array([1.5, 1.5, 1.5, 1.5, 1.5, 2. ]))
    """
    if prior is None:
        return np.log(np.r_[np.full(inputs, 2.0), 0.05]), np.r_[np.full(inputs, 1.5), 2.0]
    own = inputs - prior.features
    return np.log(np.r_[np.full(own, 6.0), np.full(prior.features, 0.4), 0.6]), np.r_[np.full(inputs, 0.5), 0.7]


def fit_kernel(
    inputs: Array, scores: Array, kernel: str, centre: Array, width: Array, own: Array
) -> tuple[Array, float]:
    """Correlation lengths (q,) and relative noise variance of the largest posterior, for scores (n, c) of one group.

    `own` (n,): as of `ScorePosterior.condition`.

    Examples
    --------
    >>> X = np.linspace(-1, 1, 8)[:, None]
    >>> lengths, noise = fit_kernel(X, np.sin(3 * X), "gaussian", *hyperpriors(1, None), np.ones(8))
    >>> bool(0.2 < lengths[0] < 5.0), noise < 0.1
    (True, True)
    """
    n, q = inputs.shape
    sizes = (scores**2).sum(axis=0)
    outputs = float(sizes.sum() ** 2 / (sizes**2).sum())  # how many independent curves' worth the scores are
    differences = (inputs[:, None] - inputs[None]) ** 2

    def loss(t: Array) -> tuple[float, Array]:
        lengths, noise = np.exp(t[:q]), math.exp(2.0 * t[q])
        plain = correlation(inputs, inputs, lengths, kernel)
        try:
            factor = np.linalg.cholesky(plain + np.diag(noise * own + JITTER))
        except np.linalg.LinAlgError:
            return 1e12, np.zeros(q + 1)
        half = np.linalg.inv(factor)
        inverse = half.T @ half
        solved = inverse @ scores
        fit_term = float(np.einsum("ij,ij->", scores, solved))
        off = (t - centre) / width
        value = 0.5 * outputs * n * math.log(fit_term) + outputs * float(np.log(np.diag(factor)).sum())
        inner = outputs * (inverse - n / fit_term * solved @ solved.T)
        radial = radial_slope(plain, differences, lengths, kernel)
        slope = 0.5 * np.einsum("ij,ijk->k", inner * radial, differences) / lengths**2
        gradient = np.append(slope, noise * (np.diag(inner) @ own)) + off / width
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
