"""A composition whose NPs carry grafted chains: the five numbers, and those of the grafts."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from nanonet.composition import BOND, MELT_DENSITY, MIN_BOX, NANOCOMPOSITE, Composition, np_volume, number_of_nps
from nanonet.errors import InputError
from nanonet.space import InputSpace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_COVERAGE = 0.8  # largest share of the sphere of graft points that their cross-sections may cover
_ROOM = 0.2  # by how much the density at which grafts fill the space may differ from its estimate

_EXTENSION = 2.0
_END_TO_END = 1.64  # mean square end-to-end distance a bond, C_inf l^2 (Kremer & Grest 1990, doi:10.1063/1.458541)

_LENGTH = {"long_name": "Beads a matrix chain (0: no matrix)", "symbol": "N", "whole": True, "low": 0, "high": 500}
_GRAFTS = {"long_name": "Grafts an NP", "symbol": "n_g", "whole": True, "low": 0, "high": 500}
_BEADS = {"long_name": "Beads a graft", "symbol": "N_g", "whole": True, "spellings": ("beads",), "low": 0, "high": 200}
_EPS_GM = {"long_name": "Graft-matrix attraction", "unit": "epsilon", "spellings": ("ε", "eps"), "low": 0, "high": 5}


def most_grafts(diameter: float) -> int:
    """Largest number of grafts of an NP: graft points are beads of diameter 1 that touch its surface.

    Examples
    --------
    >>> most_grafts(3.0)
    51
    """
    return math.floor(_COVERAGE * 4.0 * (diameter + 1.0) ** 2)


@dataclass(frozen=True, order=True)
class GraftedComposition(Composition):
    """Composition of polymer-grafted NPs, in a polymer matrix or alone, in Lennard-Jones units.

    A graft is a chain of the polymer whose first bead, the graft point, is fixed to the surface of its NP. Without
    grafts it is the composition of its first five numbers.

    Parameters
    ----------
    diameter, density, eps_nn, eps_pn:
        As of `Composition`; `eps_pn` holds for grafts and matrix alike.
    chain_length:
        Beads a chain of the matrix, 2 to 500; 0: no matrix, grafted NPs alone.
    n_grafts:
        Grafts an NP, 0 to what its surface holds (`most_grafts`).
    graft_length:
        Beads a graft with its graft point, 2 to 200.
    eps_gm:
        Depth of the attraction between beads of grafts and of the matrix (epsilon), 0 to 5. 1 is that of like beads.

    Raises
    ------
    InputError
        A field is not allowed; the surface does not hold so many grafts; grafts without length, or a length without
        grafts; the density leaves no room for the grafts, or, without matrix, is not what the grafts fill.

    Examples
    --------
    >>> hairy = GraftedComposition(3, 40, 0.002, 0.5, 1.0, n_grafts=12, graft_length=10)
    >>> print(hairy)
    D=3 N=40 rho=0.002 eps_nn=0.5 eps_pn=1 n_g=12 N_g=10
    >>> round(hairy.graft_density, 3)
    0.424
    >>> print(hairy.core)
    D=3 N=40 rho=0.002 eps_nn=0.5 eps_pn=1
    >>> GraftedComposition(3, 40, 0.002, 0.5, 1.0, n_grafts=80, graft_length=10)
    Traceback (most recent call last):
    nanonet.errors.InputError: n_grafts = 80 is not at most 51, which the surface of an NP of diameter = 3 holds
    """

    chain_length: int = field(metadata=_LENGTH)
    n_grafts: int = field(default=0, metadata=_GRAFTS)
    graft_length: int = field(default=0, metadata=_BEADS)
    eps_gm: float = field(default=1.0, metadata=_EPS_GM)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.chain_length == 1:
            raise InputError("chain_length = 1 is not 0 (no matrix) or 2 to 500")
        if self.n_grafts and self.graft_length < 2:
            raise InputError(f"graft_length = {self.graft_length} with n_grafts = {self.n_grafts}; allowed is 2 to 200")
        if not self.n_grafts:
            if self.graft_length:
                raise InputError(f"graft_length = {self.graft_length} needs n_grafts of 1 or more")
            if not self.chain_length:
                raise InputError("chain_length = 0 (no matrix) needs n_grafts of 1 or more")
        if self.n_grafts > most_grafts(self.diameter):
            raise InputError(
                f"n_grafts = {self.n_grafts} is not at most {most_grafts(self.diameter)}, which the surface of an NP "
                f"of diameter = {self.diameter:g} holds"
            )
        alone = 1.0 / (np_volume(self.diameter) + self.graft_volume)
        if not self.chain_length and abs(self.density / alone - 1.0) > _ROOM:
            raise InputError(
                f"density = {self.density:g} with chain_length = 0 (no matrix): the grafts fill the space between NPs "
                f"at {alone:.3g}, and within {_ROOM:.0%} of it is allowed"
            )
        if self.n_grafts and self.density > alone * (1.0 + _ROOM):
            raise InputError(f"density = {self.density:g} is not at most {alone:.3g}, where the grafts fill the space")

    @classmethod
    def refused_rows(cls, array: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which rows (n,) of an array (n, 8) are refused although each number is within its limits."""
        import numpy as np

        def refused(row: list[float]) -> bool:
            try:
                GRAFTED.point(row)
            except InputError:
                return True
            return False

        return np.array([refused(row) for row in array.tolist()], dtype=np.bool_)

    @property
    def graft_volume(self) -> float:
        """Volume an NP (sigma^3) that its grafts take at the density of the melt."""
        return self.n_grafts * self.graft_length / MELT_DENSITY

    @property
    def graft_density(self) -> float:
        """Grafts an area of the NP's surface, n_g / (pi D^2) (sigma^-2)."""
        return self.n_grafts / (math.pi * self.diameter**2)

    @property
    def span(self) -> float:
        """Largest distance (sigma) across an NP with its grafts: no box of a run is smaller.

        A graft reaches as far as it is long, or twice as far as a free chain of the melt in the root mean square.
        """
        bonds = max(0, self.graft_length - 1)
        return self.diameter + 1.0 + 2.0 * min(BOND * bonds, _EXTENSION * math.sqrt(_END_TO_END * bonds))

    @property
    def nps(self) -> int:
        """Number of NPs n of a run by the standard rule, in a box of `span` or more."""
        return number_of_nps(self.density, max(MIN_BOX, self.span))

    @property
    def core(self) -> Composition:
        """The same without its grafts, in the space of five numbers; `InputError` where there is no matrix."""
        return cast("Composition", NANOCOMPOSITE.point({name: getattr(self, name) for name in NANOCOMPOSITE.names}))

    @property
    def space(self) -> InputSpace:
        """`GRAFTED`."""
        return GRAFTED


GRAFTED = InputSpace.of(GraftedComposition)
"""The eight numbers of grafted NPs, declared; those of the grafts are none unless they are given."""


def known_space(space: InputSpace) -> InputSpace:
    """`NANOCOMPOSITE` or `GRAFTED`, whose points are compositions, where a space has their inputs; else as it is.

    Examples
    --------
    >>> known_space(GraftedComposition.space) is GraftedComposition.space
    True
    """
    return next((known for known in (NANOCOMPOSITE, GRAFTED) if known == space), space)
