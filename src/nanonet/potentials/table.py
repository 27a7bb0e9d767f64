"""W_poly on a grid over diameter, chain length, eps_pn and the gap r - D, so that W(r) of any composition is quick."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nanonet.composition import FIELDS, PAIR_INPUTS
from nanonet.errors import InputError
from nanonet.interpolation import interpolate_rows, shift_rows
from nanonet.potentials.lennard_jones import lj_rows
from nanonet.potentials.mediated import PairInputs, PolymerPotential

INNER_SLOPE = 30.0
"""How fast (kT/sigma) W_poly is taken to rise inside of the innermost separation of the umbrella windows."""

ARRAYS = ("diameters", "chain_lengths", "eps_pn", "gaps", "w")
_COLUMNS = tuple(FIELDS.index(name) for name in PAIR_INPUTS.names)
_EPS_NN = FIELDS.index("eps_nn")
_FARTHEST = 50.0
_INNERMOST = 0.6  # r (sigma) below which a potential is not given


@dataclass(frozen=True, eq=False)
class PotentialTable:
    """W_poly on a grid, linear in between; pair inputs outside of the grid take the values at its rim.

    Parameters
    ----------
    diameters, chain_lengths, eps_pn:
        Rising values (a,), (b,), (c,) of D (sigma), N and eps_pn (epsilon).
    gaps:
        Evenly spaced r - D (k,) in sigma; W_poly is 0 beyond.
    w:
        W_poly (a, b, c, k), kT.

    Raises
    ------
    InputError
        Shapes do not match, a value is not finite, or an axis does not rise.
    """

    diameters: NDArray[np.float64]
    chain_lengths: NDArray[np.float64]
    eps_pn: NDArray[np.float64]
    gaps: NDArray[np.float64]
    w: NDArray[np.float32]
    _finer: dict[int, NDArray[np.float32]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        for name in ARRAYS:
            kind = np.float32 if name == "w" else np.float64
            values = np.array(getattr(self, name), dtype=kind)
            if not np.isfinite(values).all():
                raise InputError(f"table of W_poly: {name} has values that are not finite")
            values.flags.writeable = False
            object.__setattr__(self, name, values)
        axes = (self.diameters, self.chain_lengths, self.eps_pn, self.gaps)
        for name, axis in zip(ARRAYS, axes, strict=False):
            if axis.ndim != 1 or len(axis) < 2 or (np.diff(axis) <= 0).any():
                raise InputError(f"table of W_poly: {name} are not 2 or more rising values")
        if self.w.shape != tuple(len(axis) for axis in axes):
            raise InputError(f"table of W_poly: w has shape {self.w.shape}")

    def pmf(self, X: NDArray[np.float64], r: NDArray[np.float64]) -> NDArray[np.float64]:
        """Potential of mean force W(r) = U_nn + W_poly (n, m), kT, of compositions X (n, 5) at separations r (m,)."""
        w = lj_rows(r, X[:, 0], X[:, _EPS_NN])
        w += self.polymer(X, r)
        return np.minimum(w, _FARTHEST, out=w)

    def polymer(self, X: NDArray[np.float64], r: NDArray[np.float64]) -> NDArray[np.float32]:
        """W_poly(r) (n, m), kT, of compositions X (n, 5) at rising separations r (m,), with a core that repels."""
        w = self._between(X, r)
        edge = X[:, 0] + self.gaps[0]
        inside = int(np.searchsorted(r, edge.max(initial=0.0)))
        core = np.subtract.outer(edge, r[:inside]).astype(np.float32)
        np.maximum(core, 0.0, out=core)
        core *= INNER_SLOPE
        w[:, :inside] += core
        return w

    def potential(self, pair: PairInputs) -> PolymerPotential:
        """W_poly of two NPs; its covariance is NaN, since the table holds no errors.

        Outside of the table the potential is that at its rim, and `extrapolated` is set.
        """
        axes = (self.diameters, self.chain_lengths, self.eps_pn)
        beyond = [
            f"{name} = {value:g} is not between {axis[0]:g} and {axis[-1]:g}"
            for name, value, axis in zip(PAIR_INPUTS.names, pair.values, axes, strict=True)
            if not axis[0] <= value <= axis[-1]
        ]
        X = np.zeros((1, len(FIELDS)))
        X[0, list(_COLUMNS)] = pair.values
        r = self.gaps[self.gaps > _INNERMOST - pair.diameter] + pair.diameter
        w = self._between(X, r)[0]
        covariance = np.full((len(r), len(r)), np.nan)
        return PolymerPotential(pair, r, w, covariance, "; ".join(beyond))

    def outside(self, X: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which compositions (n,) lie outside of the table."""
        axes = (self.diameters, self.chain_lengths, self.eps_pn)
        beyond = [(X[:, i] < axis[0]) | (X[:, i] > axis[-1]) for i, axis in zip(_COLUMNS, axes, strict=True)]
        return np.asarray(np.any(beyond, axis=0))

    def _between(self, X: NDArray[np.float64], r: NDArray[np.float64]) -> NDArray[np.float32]:
        """W_poly (n, m) by linear interpolation; 0 beyond the last gap."""
        n = len(X)
        corners, weights = np.zeros((n, 1), dtype=np.intp), np.ones((n, 1))
        for column, axis in zip(_COLUMNS, (self.diameters, self.chain_lengths, self.eps_pn), strict=True):
            x = np.minimum(np.maximum(X[:, column], axis[0]), axis[-1])
            i = np.minimum(np.searchsorted(axis, x, side="right") - 1, len(axis) - 2)
            upper = ((x - axis[i]) / (axis[i + 1] - axis[i]))[:, None]
            first = corners * len(axis) + i[:, None]
            corners = np.concatenate([first, first + 1], axis=1)
            weights = np.concatenate([weights * (1.0 - upper), weights * upper], axis=1)
        weights = weights.astype(np.float32)[:, None]
        step = self.gaps[1] - self.gaps[0]
        finer = round(step / (r[1] - r[0])) if len(r) > 1 else 0
        if finer < 1 or np.abs(r[0] + np.arange(len(r)) * (step / finer) - r).max() > 1e-9 * step:
            rows = weights @ self._on_finer_gaps(1).take(corners, axis=0)
            return interpolate_rows(rows[:, 0], self.gaps, r - X[:, :1], right=0.0)
        rows = weights @ self._on_finer_gaps(finer).take(corners, axis=0)
        return shift_rows(rows[:, 0], (r[0] - X[:, 0] - self.gaps[0]) * (finer / step), len(r), right=0.0)

    def _on_finer_gaps(self, finer: int) -> NDArray[np.float32]:
        """Rows (a b c, l), linear in between, on gaps with a step that is so many times finer."""
        if finer not in self._finer:
            rows = self.w.reshape(-1, len(self.gaps))
            part = (np.arange(finer) / finer).astype(np.float32)
            between = rows[:, :-1, None] + np.diff(rows, axis=1)[..., None] * part
            self._finer[finer] = np.concatenate([between.reshape(len(rows), -1), rows[:, -1:]], axis=1)
        return self._finer[finer]
