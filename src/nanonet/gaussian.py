"""A fitted Gaussian process over curves: its arrays, and what they predict. NumPy alone; `learn.gaussian` fits it.

Curves are learnt as y = tau(g) - tau(g0) at separations u from contact, where g0 is the prior (the dilute limit, or
none) and tau = ln(g + floor) or the square root. y(u; x) = mean(u) + sum over c of z_c(x) V_c(u); each score z_c is a
Gaussian process over the scaled inputs, with a Matern-5/2 or Gaussian kernel; scores of one group share a kernel.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cache, cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nanonet.dilute import PolymerTable, shifted
from nanonet.errors import InputError
from nanonet.rdf import MAX_G

KERNELS = ("matern", "gaussian")
TRANSFORMS = ("ln", "sqrt")
LEVEL = 0.9
"""Of the bands: the share of simulated values that they should hold."""

_GAUSSIAN_HALF_WIDTH = 1.6448536  # of 90 % of a normal distribution, in standard deviations
_CHUNK = 500  # inputs at once: bounds the memory
_HEAP = 1 << 24  # bytes; see `_all`
_NONE = 5e-3  # g of the dilute limit that counts as none
_HIGHEST = float(np.log(10.0 * MAX_G))  # ln g is not taken beyond: ten times what can be learnt


_WINDOW = np.exp(-0.5 * (np.arange(-6, 7) / 3) ** 2)
_WINDOW /= np.linalg.norm(_WINDOW)  # neighbours of g(r) belong together: noise is smoothed over some bins


@dataclass(frozen=True, eq=False)
class CurveProcess:
    """A Gaussian process over curves on the grid r (m,).

    Parameters
    ----------
    X:
        Inputs (n, p) that it was fitted to.
    r:
        Grid of the curves (m,).
    grid:
        Evenly spaced separations (k,) from contact on which the scores live; r itself where nothing is shifted.
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
        Scaling (q,) of the q inputs: those of X, then the depth of the prior's well where there is a prior.
    spread:
        What the modes leave out: standard deviation of y (k,).
    weights:
        For each of the n curves its mean square error, left out, in units of the predicted one (n,): local scale.
    settings:
        Numbers (5,): floor of ln, cap of the prior (0: none), width of the local scale, conformal factor, share of
        the global scale.
    kernel, transform:
        One of `KERNELS`, of `TRANSFORMS`.
    prior:
        The dilute limit, or None.
    """

    X: NDArray[np.float64]
    r: NDArray[np.float64]
    grid: NDArray[np.float64]
    mean: NDArray[np.float64]
    modes: NDArray[np.float64]
    scores: NDArray[np.float64]
    variances: NDArray[np.float64]
    group: NDArray[np.int64]
    lengths: NDArray[np.float64]
    noise: NDArray[np.float64]
    low: NDArray[np.float64]
    span: NDArray[np.float64]
    spread: NDArray[np.float64]
    weights: NDArray[np.float64]
    settings: NDArray[np.float64]
    kernel: str = "matern"
    transform: str = "ln"
    prior: PolymerTable | None = field(default=None, repr=False)

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
            "settings": (5,), "r": (len(self.r),),
        }  # fmt: skip
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                raise InputError(f"{name} has shape {getattr(self, name).shape}; allowed is {shape}")
        if not (n and p and c and q == p + (self.prior is not None)):
            raise InputError(f"{q} scaled inputs for {p} inputs and {'a' if self.prior else 'no'} prior")
        if self.group.min() < 0 or self.group.max() >= groups:
            raise InputError(f"group is not between 0 and {groups - 1}")
        if self.lengths.min() <= 0 or self.noise.min() <= 0 or self.span.min() <= 0 or self.variances.min() < 0:
            raise InputError("lengths, noise and span are not all above 0, or a variance is below 0")
        if self.kernel not in KERNELS or self.transform not in TRANSFORMS:
            raise InputError(f"kernel {self.kernel!r} or transform {self.transform!r} does not exist")

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Curves (n, m) for inputs (n, p): the medians. `InputError` for a wrong shape or values not finite."""
        (g,) = self._all(X, band=False)
        return g

    def band(self, X: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Medians, and lower and upper ends of the 90 % bands, each (n, m)."""
        g, low, high = self._all(X, band=True)
        return g, low, high

    def sample(self, X: ArrayLike, draws: int, seed: int = 0, common: bool = False) -> NDArray[np.float64]:
        """Curves (draws, n, m) drawn from what the process, the noise and the calibration leave open.

        The values along a curve belong together; different inputs of one call are drawn apart, or with `common` from
        the same random numbers: what differs between them is then no noise, and many take less time.
        """
        random = np.random.default_rng(seed)
        found = []
        for part in self._parts(X):
            prior, place, inputs = self._start(part)
            z, share = self._scores(inputs)
            deviations = np.sqrt(share * self.variances) * (self._scale(inputs) / _GAUSSIAN_HALF_WIDTH)[:, None]
            apart = 1 if common else len(part)
            noise = random.standard_normal((draws, apart, len(self.modes)))
            rough = random.standard_normal((draws, apart, len(self.grid) + len(_WINDOW) - 1))
            drawn = np.empty((draws, len(part), len(self.r)))
            if common:
                random = np.random.default_rng(seed)  # the next part has the same numbers
            for contact in set(place[:, 0].tolist()):  # what is linear in the draws is shifted once for all of them
                own = np.flatnonzero(place[:, 0] == contact)
                at = place[own[0]] if self.prior is not None else None
                scale = (self._scale(inputs[own]) / _GAUSSIAN_HALF_WIDTH)[:, None]
                who = slice(None) if common else own
                y = (z[own] + noise[:, who] * deviations[own]) @ self._placed(self.modes, at)
                y += self._placed(self.mean[None], at)
                y += scale * (rough[:, who] @ self._placed(_smoothing(len(self.grid)) * self.spread, at))
                drawn[:, own] = self._lifted(y, prior[own], self._learnt(prior[own]))
            found.append(drawn)
        return np.concatenate(found, axis=1) if found else np.empty((draws, 0, len(self.r)))

    def unknown(self, X: ArrayLike) -> NDArray[np.float64]:
        """Posterior variance as a share of the prior variance (n,), the largest of the groups: 0 known, 1 unknown."""
        return np.concatenate([np.empty(0), *(self._scores(self._start(x)[2])[1].max(axis=1) for x in self._parts(X))])

    def _parts(self, X: ArrayLike) -> list[NDArray[np.float64]]:
        try:
            inputs = np.asarray(X, dtype=np.float64)
        except (TypeError, ValueError):
            raise InputError("X is not an array of numbers") from None
        p = self.X.shape[1]
        if inputs.ndim != 2 or inputs.shape[1] != p:
            raise InputError(f"X has shape {inputs.shape}; allowed is (n, {p})")
        if not np.isfinite(inputs).all():
            raise InputError("X has values that are not finite")
        return [inputs[i : i + _CHUNK] for i in range(0, len(inputs), _CHUNK)]

    def _start(self, X: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """tau(g0) (n, m), separations from contact (n, m), scaled inputs (n, q)."""
        prior, inputs = prior_curves(self.prior, X, self.r, self.settings[1], self.transform, self.settings[0])
        return prior, self.r - self._contact(X)[:, None], (inputs - self.low) / self.span

    def _contact(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.zeros(len(X)) if self.prior is None else self.prior.contact(X)

    def _all(self, X: ArrayLike, band: bool) -> list[NDArray[np.float64]]:
        """What `_curves` says of all inputs: 3 arrays (n, m) with a band, else 1."""
        parts = self._parts(X)
        if len(parts) > 1:  # glibc keeps freed memory up to twice the largest block freed so far: without this, each
            np.empty(_HEAP, dtype=np.uint8)  # part would give its memory back and fault it in anew, a third of the time
        found = [np.empty((sum(map(len, parts)), len(self.r))) for _ in range(3 if band else 1)]
        for i, part in enumerate(parts):
            for whole, values in zip(found, self._curves(part, band), strict=True):
                whole[i * _CHUNK : i * _CHUNK + len(part)] = values
        return found

    def _curves(self, X: NDArray[np.float64], band: bool) -> tuple[NDArray[np.float64], ...]:
        prior, place, inputs = self._start(X)
        z, share = self._scores(inputs)
        y = self.mean + z @ self.modes
        learnt = self._learnt(prior)
        if not band:
            return (self._lifted(self._shifted(y, place), prior, learnt),)
        variance = (share * self.variances) @ self.modes**2 + self.spread**2
        y, half = self._shifted(np.stack([y, self._scale(inputs)[:, None] * np.sqrt(variance)]), place)
        return tuple(self._lifted(one, prior, learnt) for one in (y, y - half, y + half))

    def _shifted(self, y: NDArray[np.float64], place: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values (..., n, k) on the grid at separations `place` (n, m) from contact; as they are without a prior."""
        return y if self.prior is None else shifted(y, self.grid, place)

    def _placed(self, rows: NDArray[np.float64], at: NDArray[np.float64] | None) -> NDArray[np.float64]:
        """Rows (l, k) on the grid at separations `at` (m,) from contact, (l, m); as they are without a prior."""
        return rows if at is None else shifted(rows, self.grid, np.broadcast_to(at, (len(rows), len(at))))

    def _learnt(self, prior: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """How much of what was learnt counts (n, m): it lifts no g where the dilute limit has none, as in the core."""
        if self.prior is None:
            return None
        dilute = np.maximum(np.exp(prior) - self.settings[0], 0.0)
        return np.asarray(dilute / (dilute + _NONE))

    def _lifted(
        self, y: NDArray[np.float64], prior: NDArray[np.float64], learnt: NDArray[np.float64] | None
    ) -> NDArray[np.float64]:
        """g (..., n, m) from y (..., n, m) at the distances r, tau(g0) (n, m) and what `_learnt` says (n, m)."""
        values = y + prior if learnt is None else y * learnt
        if learnt is not None:
            values += prior
        if self.transform == "sqrt":
            return np.asarray(np.maximum(values, 0.0) ** 2)
        np.exp(np.minimum(values, _HIGHEST, out=values), out=values)
        values -= self.settings[0]
        return np.maximum(values, 0.0, out=values)

    def _scores(self, inputs: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Posterior means of the scores (n, c), and their variances with noise as a share of the prior's (n, c)."""
        z, share = np.empty((len(inputs), len(self.modes))), np.empty((len(inputs), len(self.modes)))
        for i, (inverse, alpha) in enumerate(self._solved):
            own = self.group == i
            cross = correlation(inputs, self._scaled, self.lengths[i], self.kernel)
            z[:, own] = cross @ alpha
            left = 1.0 - np.einsum("ij,ij->i", cross @ inverse, cross)
            share[:, own] = (np.maximum(left, 0.0) + self.noise[i])[:, None]
        return z, share

    def _scale(self, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Half-width of the 90 % band in predicted standard deviations (n,): larger where curves were missed."""
        _, _, width, factor, share = self.settings
        near = correlation(inputs, self._scaled, self.lengths[0] * width, "gaussian")
        return np.asarray(factor * local_scale(near, self.weights, share))

    @cached_property
    def _scaled(self) -> NDArray[np.float64]:
        return self._start(self.X)[2]

    @cached_property
    def _solved(self) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """For each group the inverse of the correlation with noise (n, n), and its product with the scores."""
        found = []
        for i, (lengths, noise) in enumerate(zip(self.lengths, self.noise, strict=True)):
            matrix = correlation(self._scaled, self._scaled, lengths, self.kernel)
            inverse = np.linalg.inv(matrix + (noise + JITTER) * np.eye(len(matrix)))
            found.append((inverse, inverse @ self.scores[:, self.group == i]))
        return found


ARRAYS = tuple(f.name for f in fields(CurveProcess) if f.name not in ("kernel", "transform", "prior"))
"""Names of the arrays of a process: what a model folder has to hold."""

JITTER = 1e-9
"""Added to correlations, which rounding could make singular."""


@cache
def _smoothing(bins: int) -> NDArray[np.float64]:
    """Matrix (bins + 12, bins) from white noise to noise of unit variance, correlated along the grid."""
    matrix = np.zeros((bins + len(_WINDOW) - 1, bins))
    for i, weight in enumerate(_WINDOW):
        matrix[np.arange(bins) + i, np.arange(bins)] = weight
    return matrix


def correlation(
    a: NDArray[np.float64], b: NDArray[np.float64], lengths: NDArray[np.float64], kernel: str
) -> NDArray[np.float64]:
    """Correlation (len(a), len(b)) of two sets of scaled inputs; Rasmussen & Williams (2006), eqs 4.9 and 4.17."""
    scale = np.sqrt(0.5 if kernel == "gaussian" else 5.0) / lengths
    x, y = a * scale, b * scale
    squared = x @ (-2.0 * y.T)  # in place from here on: there may be many inputs
    squared += (y**2).sum(axis=1)
    squared += (x**2).sum(axis=1)[:, None]
    np.maximum(squared, 0.0, out=squared)
    if kernel == "gaussian":
        return np.asarray(np.exp(np.negative(squared, out=squared), out=squared))
    d = np.sqrt(squared)
    squared /= 3.0
    squared += d
    squared += 1.0
    squared *= np.exp(np.negative(d, out=d), out=d)
    return np.asarray(squared)


def local_scale(near: NDArray[np.float64], weights: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """Root mean square of left-out errors near each of n inputs (n,); the mean of all counts as `share` neighbours."""
    return np.asarray(np.sqrt((near @ weights + share * weights.mean()) / (near.sum(axis=1) + share)))


def tau(g: NDArray[np.float64], transform: str, floor: float) -> NDArray[np.float64]:
    """ln(g + floor), or the square root (which evens out the noise of counts)."""
    return np.asarray(np.sqrt(g) if transform == "sqrt" else np.log(g + floor))


def prior_curves(
    prior: PolymerTable | None, X: NDArray[np.float64], r: NDArray[np.float64], cap: float, transform: str, floor: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """tau(g0) (n, m), and the inputs of the kernel (n, q): X, with a prior also asinh of the depth of its well.

    ln g0 = -W, but attraction deeper than `cap` (kT) levels off, cap tanh(-W / cap): no run reaches exp(10).
    """
    if prior is None:
        return np.zeros((len(X), len(r))), X
    w = prior.mean_force(X, r)
    ln_g = np.where(w < 0, cap * np.tanh(-w / cap), -w)
    depth = np.arcsinh(-w.min(axis=1))
    return tau(np.exp(ln_g), transform, floor), np.column_stack([X, depth])


def residuals(
    G: NDArray[np.float64],
    prior: NDArray[np.float64],
    r: NDArray[np.float64],
    grid: NDArray[np.float64],
    contact: NDArray[np.float64],
    transform: str,
    floor: float,
) -> NDArray[np.float64]:
    """y = tau(g) - tau(g0) (n, k) at separations `grid` from contact; beyond the curve its end values."""
    y = tau(G, transform, floor) - prior
    if not contact.any():
        return y
    return shifted(y, r, grid + contact[:, None])

