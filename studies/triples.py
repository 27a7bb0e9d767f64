"""Where windows are needed next: `python studies/triples.py [COUNT]`.

One set of pair inputs (D, N, eps_pn) after the other: that of the standard design's 80 compositions whose W_poly at
contact misses its target (`nanonet.campaign.potentials.TARGET`) by the largest factor, given the shipped windows and
those chosen before it. What the forces of windows to come will be does not matter for that, only how sure they will be:
as the shipped ones at the nearest diameter.
"""

from __future__ import annotations

import sys

import numpy as np

from nanonet import umbrella_runs
from nanonet.analyze import potential_gp
from nanonet.campaign.design import design
from nanonet.campaign.potentials import TARGET
from nanonet.potentials.mediated import MeanForces, PairInputs
from nanonet.systems.umbrella import springs as springs_of

WIDTH = 1.0 / np.sqrt(2.0)  # a window of stiffness K has a standard deviation of about this over the root of K


def main(count: int) -> None:
    known = list(umbrella_runs.by_pair_inputs(umbrella_runs.shipped()))
    scales = potential_gp.fit(known).scales
    candidates = sorted({_pair_inputs(c.diameter, c.chain_length, c.eps_pn) for c in design(80)}, key=str)
    for number in range(count + 1):
        model = potential_gp.PotentialGP(tuple(known), scales)
        missed = [_error(model, pair) / float(np.interp(pair.diameter, *TARGET)) for pair in candidates]
        within = sum(x <= 1.0 for x in missed)
        print(f"{number} more pairs: {within} of {len(candidates)} within their target, median {np.median(missed):.2f}")
        worst = candidates[int(np.argmax(missed))]
        if number < count:
            error = _error(model, worst)
            print(f"    next {worst}: error {error:.2f} kT, {max(missed):.2f} times its target")
            known.append(_to_come(worst, known))


def _pair_inputs(diameter: float, chain_length: int, eps_pn: float) -> PairInputs:
    return PairInputs(round(diameter, 1), chain_length, round(eps_pn, 1))


def _error(model: potential_gp.PotentialGP, pair: PairInputs) -> float:
    return model.predict(pair).at(pair.diameter)[1]


def _to_come(pair: PairInputs, known: list[MeanForces]) -> MeanForces:
    """Windows that have not been run: Gaussians about their springs, with the errors of others of that size."""
    like = min(known, key=lambda one: abs(one.pair_inputs.diameter - pair.diameter))
    springs = springs_of(pair.diameter)
    low = umbrella_runs.BIN * round((springs[0][0] - 1.0) / umbrella_runs.BIN)
    bins = round((springs[-1][0] + 2.0 - low) / umbrella_runs.BIN)
    grid = np.asarray(low + umbrella_runs.BIN * np.arange(bins + 1), dtype=np.float64)
    middles = 0.5 * (grid[:-1] + grid[1:])
    rows = np.array([np.exp(-0.5 * ((middles - r) * np.sqrt(k) / WIDTH) ** 2) for r, k in springs])
    gaps = like.means - like.pair_inputs.diameter
    errors = np.interp([r - pair.diameter for r, _ in springs], np.sort(gaps), like.error[np.argsort(gaps)])
    return MeanForces(pair, grid, rows / rows.sum(axis=1, keepdims=True), np.zeros(len(springs)), errors)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
