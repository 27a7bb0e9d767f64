"""The polymer-mediated potential of two NPs (polymer-mediated interactions, the field's term), from mean forces."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nanonet.composition import PAIR_INPUTS, Composition
from nanonet.errors import InputError
from nanonet.potentials.lennard_jones import CUTOFF, lj_cut_shifted
from nanonet.space import InputSpace, TypedPoint

CONDENSES = -1.5
"""Reduced second virial coefficient below which NPs may condense."""


@dataclass(frozen=True)
class PairInputs(TypedPoint):
    """Inputs of the polymer-mediated potential of two NPs: diameter D (sigma), chain length N, eps_pn (epsilon).

    Raises
    ------
    InputError
        A field is out of the limits that it has in a `Composition`.

    Examples
    --------
    >>> PairInputs.of(Composition(3, 40, 0.002, 0.5, 1.0))
    PairInputs(diameter=3.0, chain_length=40, eps_pn=1.0)
    """

    diameter: float
    chain_length: int
    eps_pn: float

    @property
    def space(self) -> InputSpace:
        """`PAIR_INPUTS`."""
        return PAIR_INPUTS

    @classmethod
    def of(cls, composition: Composition) -> PairInputs:
        """Those of the NPs of a composition."""
        return cls(composition.diameter, composition.chain_length, composition.eps_pn)


@dataclass(frozen=True, eq=False)
class MeanForces:
    """What the umbrella windows of two NPs measure: the mean of W'(r) = dW_poly/dr over the separations of each window.

    Parameters
    ----------
    pair_inputs:
        Diameter, chain length, eps_pn.
    grid:
        Edges (b + 1,) of the bins of separation (sigma), evenly spaced.
    weights:
        How often each of n windows was in each bin (n, b); rows sum to 1.
    force:
        Mean of W' over each window (n,), kT/sigma.
    error:
        Standard errors (n,) of `force`.

    Raises
    ------
    InputError
        Shapes do not match, a value is not finite, an error is not above 0, or a row does not sum to 1.
    """

    pair_inputs: PairInputs
    grid: NDArray[np.float64]
    weights: NDArray[np.float64]
    force: NDArray[np.float64]
    error: NDArray[np.float64]

    def __post_init__(self) -> None:
        for name in ("grid", "weights", "force", "error"):
            values = np.array(getattr(self, name), dtype=np.float64)
            if not np.isfinite(values).all():
                raise InputError(f"{name} has values that are not finite")
            values.flags.writeable = False
            object.__setattr__(self, name, values)
        n = len(self.force)
        if self.weights.shape != (n, len(self.grid) - 1) or self.error.shape != (n,):
            raise InputError(
                f"weights have shape {self.weights.shape} and error {self.error.shape}; "
                f"allowed are {(n, len(self.grid) - 1)} and {(n,)}"
            )
        steps = np.diff(self.grid)
        if steps.min() <= 0 or not np.allclose(steps, steps[0]):
            raise InputError("grid is not evenly spaced and rising")
        if not np.allclose(self.weights.sum(axis=1), 1.0):
            raise InputError("a row of weights does not sum to 1")
        if self.error.min() <= 0:
            raise InputError(f"error = {self.error.min():g} is not above 0")

    @property
    def means(self) -> NDArray[np.float64]:
        """Mean separation (n,) of each window (sigma)."""
        return np.asarray(self.weights @ (0.5 * (self.grid[:-1] + self.grid[1:])))


@dataclass(frozen=True, eq=False)
class PolymerPotential:
    """Polymer-mediated potential W_poly(r) of two NPs, zero far apart, with its uncertainty.

    Parameters
    ----------
    pair_inputs:
        Diameter, chain length, eps_pn.
    r:
        Separations (m,) in sigma, rising.
    w:
        W_poly there (m,), kT.
    covariance:
        Its covariance (m, m), kT^2.
    extrapolated:
        What lies outside of what was sampled, in words; empty where nothing does.
    """

    pair_inputs: PairInputs
    r: NDArray[np.float64]
    w: NDArray[np.float64]
    covariance: NDArray[np.float64] = field(repr=False)
    extrapolated: str = ""

    @property
    def error(self) -> NDArray[np.float64]:
        """Standard error (m,) of W_poly (kT)."""
        return np.sqrt(np.maximum(np.diag(self.covariance), 0.0))

    def total(self, eps_nn: float) -> NDArray[np.float64]:
        """Potential of mean force W(r) = U_nn + W_poly (m,) at infinite dilution, kT."""
        return lj_cut_shifted(self.r, self.pair_inputs.diameter, eps_nn) + self.w

    def second_virial(self, eps_nn: float) -> float:
        """Second virial coefficient of the NPs, in units of that of hard spheres of diameter D.

        Below about -1.5 particles with short-ranged attraction condense (Noro & Frenkel 2000, doi:10.1063/1.1288684).
        """
        diameter = self.pair_inputs.diameter
        r = np.linspace(self.r[0], max(CUTOFF * diameter, self.r[-1]), 4_000)
        w = lj_cut_shifted(r, diameter, eps_nn) + np.interp(r, self.r, self.w, right=0.0)
        integral = np.trapezoid((1.0 - np.exp(-w)) * r**2, r) + self.r[0] ** 3 / 3.0
        return float(3.0 * integral / diameter**3)

    def at(self, r: float) -> tuple[float, float]:
        """W_poly and its standard error at a separation (sigma) within the range; `InputError` outside."""
        if not (math.isfinite(r) and self.r[0] <= r <= self.r[-1]):
            raise InputError(f"r = {r:g} is not between {self.r[0]:g} and {self.r[-1]:g}")
        return float(np.interp(r, self.r, self.w)), float(np.interp(r, self.r, self.error))
