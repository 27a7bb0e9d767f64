"""Two NPs alone in the polymer, as a model whose states can be mapped."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nanonet import Composition, Dataset, umbrella_runs
from nanonet.analyze import potential_gp
from nanonet.composition import FIELDS, NANOCOMPOSITE, from_array
from nanonet.curve import G_R
from nanonet.potentials.lennard_jones import lj_cut_shifted
from nanonet.potentials.mediated import PairInputs, PolymerPotential
from nanonet.rdf import standard_grid


class Pair:
    """Two NPs alone in the polymer: g = exp(-W) of W = U_nn + W_poly, drawn within the errors of W_poly."""

    uncertain = True
    inputs = FIELDS
    quantity = G_R
    space = NANOCOMPOSITE

    def __init__(self) -> None:
        self.potentials = potential_gp.fit(umbrella_runs.by_pair_inputs(umbrella_runs.shipped()))
        self.X, self.r = Dataset.shipped("implicit").X, standard_grid()
        self._known: dict[PairInputs, PolymerPotential] = {}

    def _potential(self, c: Composition) -> PolymerPotential:
        pair = PairInputs.of(c)
        if pair not in self._known:
            self._known[pair] = self.potentials.predict(pair)
        return self._known[pair]

    def sample_curves(self, X: NDArray[np.float64], n: int, seed: int = 0, common: bool = True) -> NDArray[np.float64]:
        """Curves (n, len(X), m), of the same random numbers for all."""
        normal = np.random.default_rng(seed).standard_normal((n, 500))
        curves = np.zeros((n, len(X), len(self.r)))
        for k, c in enumerate(from_array(X)):
            found = self._potential(c)
            values, vectors = np.linalg.eigh(found.covariance)
            drawn = found.w + normal[:, : len(found.r)] * np.sqrt(np.maximum(values, 0.0)) @ vectors.T
            w = np.array([np.interp(self.r, found.r, one, left=50.0, right=0.0) for one in drawn])
            curves[:, k] = np.exp(-np.clip(w + lj_cut_shifted(self.r, c.diameter, c.eps_nn), -50.0, 50.0))
        return curves

    def outside(self, X: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which inputs (n, 5) lie outside of the windows."""
        return np.array([bool(self._potential(c).extrapolated) for c in from_array(X)])
