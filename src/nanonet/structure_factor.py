"""The static structure factor S(q) of NPs, with its error bars; that of hard spheres in closed form."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nanonet.curve import Curve, Quantity
from nanonet.errors import InputError

Q_MAX, Q_WIDTH = 8.0, 0.2
"""Largest wave number and width of its bins (1/sigma) where nothing else is asked for."""

S_Q = Quantity(
    "S", "q", "NP-NP static structure factor", "wave number, bin centres", x_unit="1/sigma", low=0.0, limit=1.0
)
"""The static structure factor of NPs, S(q) = <abs(sum over j of exp(i q r_j))^2> / n."""


class StructureFactor(Curve):
    """Static structure factor S(q) of NPs: a curve of `S_Q`.

    Parameters
    ----------
    q:
        Wave numbers (m,) in 1/sigma, 0 or above, rising.
    s:
        Values (m,), not negative.
    error:
        Standard errors (m,) of `s`, or None where they are not known.
    low, high:
        Ends (m,) of the 90 % band of a prediction, `s` between them; or both None.

    Raises
    ------
    InputError
        Shapes do not match, a value is not finite or negative, `q` does not rise, only one end of the band is given,
        or `s` is not within it.

    Examples
    --------
    >>> percus_yevick([1.0, 2.0, 3.0], packing_fraction=0.2, diameter=2.0)
    Curve of S at 3 values of q, 1 to 3, error bars not known
    """

    _least_x = 0.0

    def __init__(
        self,
        q: ArrayLike,
        s: ArrayLike,
        error: ArrayLike | None = None,
        low: ArrayLike | None = None,
        high: ArrayLike | None = None,
    ) -> None:
        super().__init__(S_Q, q, s, error, low, high)  # type: ignore[arg-type]  # made arrays there

    @property
    def q(self) -> NDArray[np.float64]:
        """Wave numbers (m,) in 1/sigma."""
        return self.x

    @property
    def s(self) -> NDArray[np.float64]:
        """Values (m,)."""
        return self.y


def percus_yevick(q: ArrayLike, packing_fraction: float, diameter: float = 1.0) -> StructureFactor:
    """S(q) of hard spheres by the Percus-Yevick equation, which is solved exactly.

    Parameters
    ----------
    q:
        Wave numbers (m,) in 1/sigma.
    packing_fraction:
        Volume of the spheres over that of the box, 0 to 0.7.
    diameter:
        Of the spheres (sigma).

    Raises
    ------
    InputError
        `packing_fraction` or `diameter` is out of its limits, or `q` are no wave numbers.

    Notes
    -----
    Wertheim, doi:10.1103/PhysRevLett.10.321; Thiele, doi:10.1063/1.1734272; Hansen & McDonald, Theory of Simple
    Liquids, chapter 4.

    Examples
    --------
    >>> percus_yevick([0.1, 7.0], packing_fraction=0.4).s.round(3)
    array([0.04 , 1.834])
    """
    if not 0.0 <= packing_fraction <= 0.7:
        raise InputError(f"packing_fraction = {packing_fraction:g} is not between 0 and 0.7")
    if not (math.isfinite(diameter) and diameter > 0):
        raise InputError(f"diameter = {diameter:g} is not above 0")
    eta, x = packing_fraction, diameter * np.asarray(q, dtype=np.float64)
    lambda1 = (1 + 2 * eta) ** 2 / (1 - eta) ** 4
    lambda2 = -((1 + 0.5 * eta) ** 2) / (1 - eta) ** 4
    nodes, weights = np.polynomial.legendre.leggauss(32 + int(x.max(initial=0.0)))
    s, weights = 0.5 * (nodes + 1.0), 0.5 * weights
    c = -(lambda1 + 6.0 * eta * lambda2 * s + 0.5 * eta * lambda1 * s**3)
    transform = 24.0 * eta * np.sinc(np.multiply.outer(x, s) / np.pi) @ (weights * c * s**2)
    return StructureFactor(q, 1.0 / (1.0 - transform))
