"""W_poly on a grid of pair inputs, so that predictions need no Gaussian process: `nanonet potential-table`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nanonet.analyze.potential_gp import STEP, PotentialGP
from nanonet.potentials.mediated import PairInputs
from nanonet.potentials.table import INNER_SLOPE, PotentialTable
from nanonet.systems.umbrella import REACH

DIAMETERS = np.round(np.arange(2.0, 5.01, 0.25), 6)
CHAIN_LENGTHS = np.array([25.0, 32.0, 40.0])
EPS_PN = np.round(np.arange(0.1, 1.51, 0.1), 6)


def tabulate(
    model: PotentialGP,
    diameters: Sequence[float] = tuple(DIAMETERS),
    chain_lengths: Sequence[float] = tuple(CHAIN_LENGTHS),
    eps_pn: Sequence[float] = tuple(EPS_PN),
) -> PotentialTable:
    """W_poly on a grid of pair inputs, to 0.01 kT, from a fitted process.

    Examples
    --------
    >>> from nanonet.analyze.potential_gp import fit
    >>> from nanonet.umbrella_runs import by_pair_inputs, shipped
    >>> model = fit(by_pair_inputs(shipped())[:2])
    >>> tabulate(model, diameters=[2.9, 3.0], chain_lengths=[39.0, 40.0], eps_pn=[0.9, 1.0]).w.shape[:3]
    (2, 2, 2)
    """
    gaps = np.arange(-1.5, REACH + 0.5 * STEP, STEP)
    shape = (len(diameters), len(chain_lengths), len(eps_pn), len(gaps))
    w = np.zeros(shape)
    for i, diameter in enumerate(diameters):
        for j, length in enumerate(chain_lengths):
            for k, eps in enumerate(eps_pn):
                found = model.predict(PairInputs(float(diameter), int(length), round(float(eps), 6)))
                own = found.r - diameter
                rise = INNER_SLOPE * np.maximum(own[0] - gaps, 0.0)
                w[i, j, k] = np.interp(gaps, own, found.w - found.w[-1]) + rise
    return PotentialTable(
        diameters=np.asarray(diameters, dtype=np.float64),
        chain_lengths=np.asarray(chain_lengths, dtype=np.float64),
        eps_pn=np.asarray(eps_pn, dtype=np.float64),
        gaps=gaps,
        w=np.round(w, 2).astype(np.float32),
    )
