"""Mean forces -> the polymer-mediated potential W_poly(r; D, N, eps_pn), at measured pair inputs and between.

One Gaussian process does all: it takes the mean forces for what they are, averages of the slope of W over windows of
known shape, smooths them with their errors (and finds by how much those are too small: blocks miss the slowest
motions), assumes that W dies out far from contact, and interpolates between pair inputs.
The separation enters as the gap h = r - D, in which contacts and polymer layers line up for all sizes. The prior of W
has two parts: one in units of D, to which the force between large spheres is proportional (Derjaguin), and one
proportional to eps_pn D^2, because the polymer's attraction to an NP reaches 2.5 (D + 1)/2 in this model, so that the
monomers which two NPs share or lose grow with their surface.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize

from nanonet.composition import COPY, PAIR_INPUTS, near_duplicates
from nanonet.errors import InputError
from nanonet.potentials.mediated import MeanForces, PairInputs, PolymerPotential
from nanonet.systems.umbrella import REACH

STEP = 0.05
"""Distance (sigma) between the separations at which a potential is given."""

_INNER = 0.2  # how far (sigma) below the innermost sampled separation a potential is still given

# Natural logarithms: amplitude (kT at h = 0 and D = 3), decay length of the amplitudes (sigma), correlation length in
# h (sigma); factor of the windows' errors; correlation lengths in D (sigma), N and eps_pn; amplitude of the part that
# is linear in eps_pn (kT at h = 0, D = 3, eps_pn = 1). First guess and bounds; the factor's upper bound is what
# replicas of windows gave (docs/results/multiscale.md): beyond it the process would call structure noise.
_GUESS = np.log([6.0, 1.2, 0.45, 1.2, 1.5, 40.0, 0.8, 4.0])
_BOUNDS = np.log([(0.5, 60), (0.8, 2.5), (0.2, 1.0), (1.0, 1.5), (1.0, 2.0), (15, 60), (0.3, 2.0), (0.05, 60)])
_ALONE = 4  # of them, those that the mean forces of one pair determine


@dataclass(frozen=True, eq=False)
class PotentialGP:
    """A fitted Gaussian process for W_poly.

    Attributes
    ----------
    data:
        The mean forces that it was fitted to.
    scales:
        Natural logarithms of its parameters: amplitude, decay length, correlation length in h; factor by which the
        windows' errors are too small; correlation lengths in D, N, eps_pn; amplitude of the part linear in eps_pn.
    """

    data: tuple[MeanForces, ...]
    scales: NDArray[np.float64]

    def predict(self, pair: PairInputs) -> PolymerPotential:
        """W_poly of two NPs from inside contact to where it has died out, with its covariance.

        Outside of the sampled pair inputs the potential says so in `extrapolated`.
        """
        inner = np.array([one.means.min() - one.pair_inputs.diameter for one in self.data])
        sizes = np.array([one.pair_inputs.diameter for one in self.data])
        order = np.argsort(sizes)
        start = pair.diameter + float(np.interp(pair.diameter, sizes[order], inner[order])) - _INNER
        r = STEP * np.arange(np.ceil(start / STEP), np.floor((pair.diameter + REACH) / STEP) + 1)
        here = r - pair.diameter, pair
        cross = np.concatenate([_kernel(*here, *_nodes(one), self.scales) @ _slopes(one).T for one in self.data], 1)
        factor, values = self._solved
        w = cross @ cho_solve(factor, values)
        covariance = _kernel(*here, *here, self.scales) - cross @ cho_solve(factor, cross.T)
        return PolymerPotential(pair, r, w, covariance, self._outside(pair))

    @cached_property
    def _solved(self) -> tuple[tuple[NDArray[np.float64], bool], NDArray[np.float64]]:
        return _factor(self.data, self.scales)

    def _outside(self, pair: PairInputs) -> str:
        found = []
        for name in ("diameter", "chain_length", "eps_pn"):
            sampled = [getattr(one.pair_inputs, name) for one in self.data]
            value, low, high = getattr(pair, name), min(sampled), max(sampled)
            if not low <= value <= high:
                found.append(f"{name} = {value:g} is not between {low:g} and {high:g}")
        return "; ".join(found)


def fit(data: Sequence[MeanForces], scales: NDArray[np.float64] | None = None) -> PotentialGP:
    """Fit the process to the mean forces of one pair of NPs or more.

    Parameters
    ----------
    data:
        Mean forces, one entry for each set of pair inputs.
    scales:
        As in `PotentialGP`; left out: those of the largest marginal likelihood within bounds.

    Raises
    ------
    InputError
        No data, or pair inputs stand twice.

    Examples
    --------
    >>> from nanonet.umbrella_runs import by_pair_inputs, shipped
    >>> forces = by_pair_inputs(shipped())[0]
    >>> fit([forces]).predict(forces.pair_inputs).w.shape
    (111,)
    """
    if not data:
        raise InputError("no mean forces to fit; allowed are those of 1 pair or more")
    measured = [one.pair_inputs for one in data]
    for pair in measured:
        if measured.count(pair) > 1:
            raise InputError(f"mean forces of {pair} stand twice; put them together first")
    if scales is None:
        free = _ALONE if len(data) == 1 else len(_GUESS)

        def loss(x: NDArray[np.float64]) -> float:
            return -_log_likelihood(data, np.append(x, _GUESS[free:]))

        best = minimize(loss, _GUESS[:free], bounds=_BOUNDS[:free], method="L-BFGS-B", options={"maxiter": 60})
        scales = np.append(best.x, _GUESS[free:])
    return PotentialGP(tuple(data), np.asarray(scales))


def leave_one_out(data: Sequence[MeanForces]) -> list[tuple[PolymerPotential, PolymerPotential]]:
    """For each pair of NPs: W_poly from all others, and from its own windows alone, on the same separations.

    Other windows of the same pair inputs, or of near duplicates, are left out with it.

    Examples
    --------
    >>> from nanonet.umbrella_runs import by_pair_inputs, shipped
    >>> len(leave_one_out(by_pair_inputs(shipped())[:2]))
    2
    """
    X = PAIR_INPUTS.array(one.pair_inputs for one in data)
    found = []
    for i, one in enumerate(data):
        copies = near_duplicates(X, X[[i]], np.ptp(X, axis=0), COPY)
        others = fit([other for other, copy in zip(data, copies, strict=True) if not copy])
        found.append((others.predict(one.pair_inputs), fit([one]).predict(one.pair_inputs)))
    return found


def _nodes(one: MeanForces) -> tuple[NDArray[np.float64], PairInputs]:
    """Gaps (b + 1,) at the edges of the bins, and the pair inputs."""
    return one.grid - one.pair_inputs.diameter, one.pair_inputs


def _slopes(one: MeanForces) -> NDArray[np.float64]:
    """What makes the windows' mean slopes (n,) from W at the nodes (b + 1,): within a bin the slope is a difference."""
    padded = np.pad(one.weights, ((0, 0), (1, 1)))
    return np.asarray((padded[:, :-1] - padded[:, 1:]) / (one.grid[1] - one.grid[0]))


def _kernel(
    gaps: NDArray[np.float64],
    pair: PairInputs,
    others: NDArray[np.float64],
    other: PairInputs,
    scales: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Prior covariance (m, n) of W at gaps (m,) of one pair and at gaps (n,) of another, kT^2."""
    amplitude, decay, in_gap, _, in_diameter, in_length, in_eps, attraction = np.exp(scales)
    sizes = ((pair.diameter - other.diameter) / in_diameter) ** 2 + (
        (pair.chain_length - other.chain_length) / in_length
    ) ** 2
    depths = ((pair.eps_pn - other.eps_pn) / in_eps) ** 2
    derjaguin = (amplitude / 3.0) ** 2 * pair.diameter * other.diameter * np.exp(-0.5 * depths)
    linear = (attraction / 9.0) ** 2 * pair.eps_pn * other.eps_pn * (pair.diameter * other.diameter) ** 2
    near = np.exp(-0.5 * ((gaps[:, None] - others) / in_gap) ** 2)
    fading = np.exp(-gaps / decay)[:, None] * np.exp(-others / decay)
    return np.asarray((derjaguin + linear) * np.exp(-0.5 * sizes) * near * fading)


def _factor(
    data: Sequence[MeanForces], scales: NDArray[np.float64]
) -> tuple[tuple[NDArray[np.float64], bool], NDArray[np.float64]]:
    """Cholesky factor of the covariance of all mean forces, and their values."""
    slopes, ends = [_slopes(one) for one in data], np.cumsum([0, *(len(one.force) for one in data)])
    noise = np.exp(scales[_ALONE - 1]) * np.concatenate([one.error for one in data])
    covariance = np.diag(noise**2 + 1e-8)
    for i, one in enumerate(data):
        for k in range(i + 1):  # the lower triangle is all that the factor needs
            block = slopes[i] @ _kernel(*_nodes(one), *_nodes(data[k]), scales) @ slopes[k].T
            covariance[ends[i] : ends[i + 1], ends[k] : ends[k + 1]] += block
    return cho_factor(covariance, lower=True), np.concatenate([one.force for one in data])


def _log_likelihood(data: Sequence[MeanForces], scales: NDArray[np.float64]) -> float:
    """Logarithm of the marginal likelihood (Rasmussen & Williams 2006, eq. 2.30)."""
    factor, values = _factor(data, scales)
    fit_term = float(values @ cho_solve(factor, values))
    return -0.5 * fit_term - float(np.log(np.diag(factor[0])).sum()) - 0.5 * len(values) * float(np.log(2.0 * np.pi))
