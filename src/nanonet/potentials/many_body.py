"""What becomes of g(r) of implicit NPs where many meet in polymer: a prior mean with four parameters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nanonet.composition import FIELDS
from nanonet.interpolation import F, shift_rows
from nanonet.potentials.dilute import Expected
from nanonet.potentials.emulator import FINE, Emulator, PairWell, describe, features_of, gathering, second_virial
from nanonet.potentials.lennard_jones import lj_cut_shifted, lj_rows
from nanonet.potentials.mediated import PolymerPotential

Array = NDArray[np.float64]

PARAMETERS = ("share", "shift", "blur", "stiffness")
"""Names of the parameters of a `ManyBody`."""

_NODES, _WEIGHTS = (one[2:] for one in np.polynomial.hermite_e.hermegauss(5))  # 0 and the two on the right
_WEIGHTS = _WEIGHTS / (_WEIGHTS[0] + 2.0 * _WEIGHTS[1:].sum())
_FINE = FINE.astype(np.float32)
_REACH = float(_NODES @ _WEIGHTS)
_RISE = 0.2  # of r_min: beyond contact the blur rises to its full width
_STEEP = 50.0  # kT: U_nn beyond which W_poly no longer matters
_HARDLY = 1e-3  # a gathering, or a width, that counts as none
_BOUNDS = ((0.05, 1.5), (-0.5, 0.5), (0.0, 0.5), (0.1, 10.0))


class Gathered(NamedTuple):
    """Compositions in the state that their NPs gather to."""

    gate: Array
    """How far they gather (n,), 0 to 1."""
    well: PairWell
    """W with what is left of its attraction."""
    features: Array
    """Inputs of a kernel (n, q)."""


@dataclass(frozen=True, eq=False)
class ManyBody:
    """g(r) expected of explicit NPs, from that of implicit ones: a `models.base.PriorMean`.

    Where NPs gather, the polymer that attracts two of them is shared with others: part of W_poly's attraction is left,
    a little further out. And soft NPs are liquid where pairs alone would make a crystal: g is averaged beyond contact
    over a width that falls with eps_nn. Dispersed NPs are taken as pairs make them.

    Parameters
    ----------
    emulator:
        g(r) of implicit NPs.
    share:
        Of the attraction of W_poly that is left.
    shift:
        How far out it moves (sigma).
    blur:
        Width of the average in units of r_min, at eps_nn = 0.
    stiffness:
        eps_nn (epsilon) over which the width falls to 1/e.

    Examples
    --------
    >>> from nanonet.formats import emulator_file
    >>> r = (np.arange(100) + 0.5) / 10
    >>> ManyBody(emulator_file.shipped()).evaluate(np.array([[3, 40, 0.002, 0.5, 1.0]]), r).curves.shape
    (1, 100)
    """

    emulator: Emulator
    share: float = 0.67
    shift: float = 0.1
    blur: float = 0.16
    stiffness: float = 1.1

    features = 2
    beyond = Emulator.beyond

    @property
    def parameters(self) -> tuple[float, ...]:
        """Share, shift, blur, stiffness."""
        return tuple(getattr(self, name) for name in PARAMETERS)

    def with_parameters(self, values: tuple[float, ...]) -> ManyBody:
        """The same with other parameters, within bounds."""
        share, shift, blur, stiffness = (
            float(np.clip(value, *bounds)) for value, bounds in zip(values, _BOUNDS, strict=True)
        )
        return replace(self, share=share, shift=shift, blur=blur, stiffness=stiffness)

    def evaluate(self, X: Array, x: Array) -> Expected:
        """g (n, m), place r / r_min, and as features how far NPs gather (0 to 1) and the logarithm of their number."""
        state = self.gathered(X)
        return self.expected(X, x, self.emulator.curves(X, x, state.well), state)

    def expected(self, X: Array, x: Array, curves: NDArray[np.floating], state: Gathered) -> Expected:
        """The same from curves (n, m) of implicit NPs with the potential of `state`."""
        place = x / state.well.r_min[:, None]
        width = state.gate * self.blur * state.well.r_min * np.exp(-X[:, FIELDS.index("eps_nn")] / self.stiffness)
        width = np.where(width > _HARDLY, width, 0.0) / (x[1] - x[0])
        steps = ((place - 1.0) * (1.0 / _RISE)).clip(0.0, 1.0).astype(curves.dtype)
        steps *= width[:, None].astype(curves.dtype)
        return Expected(_averaged(curves, steps).astype(np.float64), state.features, place)

    def gathered(self, X: Array) -> Gathered:
        """The potentials of compositions X (n, 5) with what is left of W_poly's attraction where NPs gather."""
        polymer = self.emulator.potential.polymer(X, FINE)
        diameter, eps_nn = (X[:, FIELDS.index(name)] for name in ("diameter", "eps_nn"))
        direct = lj_rows(_FINE, diameter, eps_nn)
        w = direct + polymer
        gate = gathering(second_virial(X, w))
        core = slice(int(np.searchsorted(FINE, diameter.max(initial=0.0))))
        polymer[:, core] = np.minimum(w[:, core], _STEEP) - np.minimum(direct[:, core], _STEEP)
        counted = np.where(gate > _HARDLY, gate, 0.0)
        polymer = shift_rows(polymer, counted * (-self.shift / (FINE[1] - FINE[0])), len(FINE))
        attraction = np.minimum(polymer, 0.0)
        attraction *= (counted * (self.share - 1.0)).astype(np.float32)[:, None]
        polymer += attraction
        np.add(direct, polymer, out=w)

        def exact(places: NDArray[np.intp]) -> Array:
            own = np.take_along_axis(polymer, places, axis=1)
            return own + lj_cut_shifted(FINE[places], diameter[:, None], eps_nn[:, None])

        return Gathered(gate, describe(X, w, exact), features_of(X, gate))

    def polymer(self, X: Array, potential: PolymerPotential) -> tuple[Array, Array]:
        """r and W_poly (k,) with what is left of its attraction, of one composition X (1, 5) whose W_poly is given."""
        gate = float(gathering(second_virial(X, self.emulator.potential.pmf(X, FINE)))[0])
        w = np.interp(potential.r - self.shift * gate, potential.r, potential.w)
        return potential.r, np.where(w < 0, w * (1.0 - gate * (1.0 - self.share)), w)

    def outside(self, X: Array) -> NDArray[np.bool_]:
        """As of the emulator."""
        return self.emulator.outside(X)

    def check(self, X: Array, x: Array) -> None:
        """As of the emulator."""
        self.emulator.check(X, x)


def _averaged(curves: NDArray[F], widths: NDArray[F]) -> NDArray[F]:
    """Curves (n, m) averaged over normal distributions of these widths (n, m) in steps of the grid.

    Beyond its ends a curve has its end values.
    """
    ends = curves[:, :1], curves[:, -1:]
    found = np.diff(curves, 2, axis=1, prepend=ends[0], append=ends[1])  # within a step linear interpolation is this
    found *= widths
    found *= _REACH
    found += curves
    further = np.flatnonzero(widths.max(axis=1, initial=0.0) * _NODES[-1] > 1.0)
    if len(further):
        found[further] = _averaged_further(curves[further], widths[further])
    return found


def _averaged_further(curves: NDArray[F], widths: NDArray[F]) -> NDArray[F]:
    (n, m), far = curves.shape, int(widths.max() * _NODES[-1]) + 1
    padded = np.concatenate([curves[:, [0] * far], curves, curves[:, [-1] * far]], axis=1)
    flat, here = padded.ravel(), np.arange(n)[:, None] * padded.shape[1] + np.arange(far, far + m)
    found = curves * _WEIGHTS[0].astype(curves.dtype)
    for node, weight in zip(_NODES[1:], _WEIGHTS[1:], strict=True):
        part = widths * node.astype(widths.dtype)
        whole = part.astype(np.intp)
        part -= whole
        right, left = here + whole, here - whole
        near = flat.take(right)
        near += flat.take(left)
        right += 1
        left -= 1
        beyond = flat.take(right)
        beyond += flat.take(left)
        beyond -= near
        beyond *= part
        near += beyond
        near *= weight
        found += near
    return found
