"""A composition of a polymer nanocomposite: the five numbers that nanonet starts from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from nanonet.errors import InputError
from nanonet.space import InputSpace, TypedPoint

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

MIN_EPS_NN = 0.02
"""Least NP-NP attraction that is predicted or simulated: the repulsion 4 eps_nn (D / r)^12 is what keeps NPs apart."""

COPY = 0.03
"""Distance, in units of the ranges, below which two inputs count as one: replicas whose measured densities differ."""

MAX_VOLUME_FRACTION = 0.4
"""Largest allowed NP volume fraction pi/6 density diameter^3."""


MIN_BOX = 20.8
"""Smallest box edge (sigma) of a run by the standard rule: g(r) to 10 sigma needs more than 20."""

MIN_NPS = 8
"""Smallest number of NPs of a run by the standard rule: fewer give no RDF worth the name."""

MELT_DENSITY = 0.934
"""Monomer density of the melt without NPs at T = P = 1 (sigma^-3): trial runs of N = 40 gave 0.934(1)."""

BOND = 0.97
"""Length (sigma) of a FENE bond of the melt."""


def np_volume(diameter: float) -> float:
    """Volume (sigma^3) of melt that an NP takes the place of: a sphere of diameter D + 0.45 (measured at D = 3).

    Examples
    --------
    >>> round(np_volume(3.0), 1)
    21.5
    """
    return math.pi / 6.0 * (diameter + 0.45) ** 3


def number_of_nps(density: float, min_box: float = MIN_BOX, min_nps: int = MIN_NPS) -> int:
    """Number of NPs of a run: as many as a box of edge `min_box` (sigma) holds at the density, `min_nps` at least.

    The volume follows: V = n / density. g(r) of NPs that have gathered scales with V and depends on n, so it means
    something only beside them.

    Examples
    --------
    >>> number_of_nps(0.002), number_of_nps(0.0005)
    (18, 8)
    """
    return max(min_nps, math.ceil(density * min_box**3))


_DIAMETER = {"long_name": "NP diameter", "symbol": "D", "unit": "sigma", "spellings": ("σ",), "low": 1, "high": 10}
_LENGTH = {"long_name": "Beads a chain", "symbol": "N", "whole": True, "spellings": ("beads",), "low": 2, "high": 500}
_DENSITY = {
    "long_name": "NPs a volume",
    "symbol": "rho",
    "latex": "ρ",
    "unit": "sigma^-3",
    "spellings": ("σ^-3", "σ⁻³", "1/sigma^3", "1/σ^3"),
    "low": 1e-5,
    "high": 0.02,
    "log": True,
}
_ENERGY = {"unit": "epsilon", "spellings": ("ε", "eps"), "low": 0, "high": 5}
_EPS_NN = _ENERGY | {"long_name": "NP-NP attraction", "latex": "ε_{NN}"}
_EPS_PN = _ENERGY | {"long_name": "Polymer-NP attraction", "latex": "ε_{PN}"}


@dataclass(frozen=True, order=True)
class Composition(TypedPoint):
    """Composition of a polymer nanocomposite (paper, Model and Methodology), in Lennard-Jones units.

    Parameters
    ----------
    diameter:
        NP diameter D (sigma), 1 to 10.
    chain_length:
        Beads a chain N, a whole number, 2 to 500.
    density:
        NPs a volume rho (sigma^-3), 1e-5 to 0.02.
    eps_nn, eps_pn:
        Depths of the NP-NP and the polymer-NP attraction (epsilon), 0 to 5.

    Raises
    ------
    InputError
        A field is not a finite number, lies outside its limits, or the NP volume fraction exceeds 0.4.

    Examples
    --------
    >>> composition = Composition(diameter=3, chain_length=40, density=0.002, eps_nn=0.5, eps_pn=1.0)
    >>> print(composition)
    D=3 N=40 rho=0.002 eps_nn=0.5 eps_pn=1
    >>> composition.nps, round(composition.volume_fraction, 4)
    (18, 0.0283)
    >>> Composition(3, 40, 0.002, 0.5, eps_pn=-1)
    Traceback (most recent call last):
    nanonet.errors.InputError: eps_pn = -1 is not between 0 and 5
    """

    diameter: float = field(metadata=_DIAMETER)
    chain_length: int = field(metadata=_LENGTH)
    density: float = field(metadata=_DENSITY)
    eps_nn: float = field(metadata=_EPS_NN)
    eps_pn: float = field(metadata=_EPS_PN)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.volume_fraction > MAX_VOLUME_FRACTION:
            raise InputError(
                f"NP volume fraction = {self.volume_fraction:.3g} (density = {self.density:g}, "
                f"diameter = {self.diameter:g}) is not at most {MAX_VOLUME_FRACTION:g}"
            )

    @classmethod
    def refused_rows(cls, array: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which rows (n,) of an array (n, 5) have too large an NP volume fraction."""
        diameter, density = (array[:, NANOCOMPOSITE.column(name)] for name in ("diameter", "density"))
        return math.pi / 6.0 * density * diameter**3 > MAX_VOLUME_FRACTION

    @property
    def volume_fraction(self) -> float:
        """NP volume fraction pi/6 density diameter^3."""
        return math.pi / 6.0 * self.density * self.diameter**3

    @property
    def nps(self) -> int:
        """Number of NPs n that a run of this composition has by the standard rule (`number_of_nps`)."""
        return number_of_nps(self.density)

    @property
    def space(self) -> InputSpace:
        """`NANOCOMPOSITE`."""
        return NANOCOMPOSITE


NANOCOMPOSITE = InputSpace.of(Composition)
"""The five numbers, declared: what is physical and can be simulated, not what was sampled."""

FIELDS = NANOCOMPOSITE.names
"""Names of the five fields, in the order of the columns of every array of compositions."""

PAIR_INPUTS = NANOCOMPOSITE.subspace("diameter", "chain_length", "eps_pn")
"""What the polymer-mediated potential of two NPs depends on."""

LIMITS = {one.name: (one.low, one.high) for one in NANOCOMPOSITE.inputs}
"""Allowed values of each field, both ends included."""


def as_composition(value: Composition | Sequence[float]) -> Composition:
    """A composition as it is, or of its five numbers in the order of `FIELDS`; `InputError` for anything else.

    Examples
    --------
    >>> as_composition([3, 40, 0.002, 0.5, 1.0]).eps_pn
    1.0
    """
    import numpy as np

    if isinstance(value, Composition):
        return value
    try:
        row = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        row = None
    if row is None or row.shape != (len(FIELDS),):
        shape = "" if row is None or not row.ndim else f" of shape {row.shape}"
        raise InputError(
            f"{type(value).__name__}{shape} is not a Composition, nor its numbers {', '.join(FIELDS)}; "
            "for many at once there is predict_curves"
        )
    return Composition(*row.tolist())


def check_repulsion(composition: Composition) -> None:
    """Refuse a composition whose NPs hardly repel each other.

    U_nn vanishes with eps_nn, its repulsion too: NPs could pass through each other, and polymer, which only measured
    separations near contact say anything about, would press them into one another. `InputError` below `MIN_EPS_NN`.

    Examples
    --------
    >>> check_repulsion(Composition(3, 40, 0.002, 0.5, 1.0))  # 0.02 or above
    """
    if composition.eps_nn < MIN_EPS_NN:
        raise InputError(
            f"eps_nn = {composition.eps_nn:g} is not {MIN_EPS_NN:g} or above: the repulsion 4 eps_nn (D / r)^12 is all "
            "that keeps NPs apart (docs/notation.md)"
        )


def to_array(compositions: Iterable[Composition]) -> NDArray[np.float64]:
    """Compositions as an array (n, 5), columns in the order of `FIELDS`.

    Examples
    --------
    >>> to_array([Composition(3, 40, 0.002, 0.5, 1.0)]).tolist()
    [[3.0, 40.0, 0.002, 0.5, 1.0]]
    """
    return NANOCOMPOSITE.array(compositions)


def from_array(array: ArrayLike) -> tuple[Composition, ...]:
    """Rows of an array (n, 5), columns in the order of `FIELDS`, as compositions; `InputError` for a bad row.

    Examples
    --------
    >>> from_array([[3, 40, 0.002, 0.5, 1.0]])[0].chain_length
    40
    """
    return cast("tuple[Composition, ...]", NANOCOMPOSITE.points(array))


def near_duplicates(X: ArrayLike, held_out: ArrayLike, span: ArrayLike, closer: float = 0.1) -> NDArray[np.bool_]:
    """Which inputs X (n, p) all but repeat one of `held_out` (k, p): (n,), distances in units of `span` (p,).

    Curves of what is held out, or of another source (a cheaper simulation, say), must not be trained on where they
    belong to a held-out input: leave them out.

    Examples
    --------
    >>> near_duplicates([[3.0, 0.5], [4.0, 0.5]], [[3.01, 0.5]], span=[1.0, 1.0])
    array([ True, False])
    """
    import numpy as np

    scale = np.where(np.asarray(span) > 0, span, np.inf)
    apart = (np.asarray(X, dtype=np.float64)[:, None] - np.asarray(held_out, dtype=np.float64)) / scale
    return np.asarray(np.sqrt(np.square(apart).sum(axis=2)).min(axis=1) < closer)
