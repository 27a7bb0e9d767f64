"""The states of NPs, what separates them, and the state of one RDF with what speaks for it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from nanonet.errors import InputError

CONTACT, BRIDGING, DISPERSION = "contact aggregation", "bridging", "dispersion"
STATES = (CONTACT, BRIDGING, DISPERSION)
"""What a curve can show; the order of all probabilities."""
UNCERTAIN = "uncertain"
"""The verdict where no state is probable enough."""


@dataclass(frozen=True)
class Criteria:
    """What separates the states. W is in kT and counts from its value far away, gaps h = r - D are between surfaces.

    Where no pair is far away (all NPs of a run are in one cluster), W counts from the uniform density, g = 1.

    Parameters
    ----------
    depth:
        How deep the deepest minimum of W must be to hold a pair, beyond what crowding does (kT); one kT is what
        thermal motion takes away.
    monomer:
        Diameter of a monomer, the length in which gaps are measured (in the unit of r: 1 sigma).
    layers:
        Monomer layers that a bridge may have; with more in between, NPs are apart.
    confidence:
        Probability that a state needs in order to be the verdict.

    Raises
    ------
    InputError
        `depth` or `monomer` is not above 0, `layers` not 1 to 3 (4 is far away), `confidence` not 0.5 to 1.

    Examples
    --------
    >>> Criteria(confidence=0.8).depth
    1.0
    """

    depth: float = 1.0
    monomer: float = 1.0
    layers: int = 3
    confidence: float = 0.9

    def __post_init__(self) -> None:
        for name in ("depth", "monomer"):
            if not (np.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise InputError(f"{name} = {getattr(self, name):g} is not above 0")
        if self.layers not in (1, 2, 3):
            raise InputError(f"layers = {self.layers} is not 1, 2 or 3")
        if not 0.5 <= self.confidence < 1:
            raise InputError(f"confidence = {self.confidence:g} is not between 0.5 and 1")


class Estimate(NamedTuple):
    """A number with its standard error, which is NaN where errors of g are not known."""

    value: float
    error: float

    def to_json(self) -> dict[str, float | None]:
        """As plain values: a number that is infinite or not known becomes None."""
        return {name: value if math.isfinite(value) else None for name, value in self._asdict().items()}


class Place(NamedTuple):
    """An extremum of the potential of mean force."""

    gap: float
    """Distance between the surfaces, r - D (sigma); below 0 where soft cores are pressed together."""
    w: Estimate
    """W there (kT), from its value far away; infinite where no pair was seen."""


@dataclass(frozen=True)
class PhaseClassification:
    """The state of the NPs of one RDF, and what speaks for it."""

    state: str
    """One of `STATES`, or `UNCERTAIN`."""
    probabilities: Mapping[str, float]
    """Of each of `STATES`, from the error bars; they sum to 1."""
    layers: int | None
    """Monomer layers between two NPs at the minimum `bridge`, None where there is none."""
    contact: Place | None
    """The minimum of W where no monomer fits between (gap below half a monomer), None where W has none."""
    barrier: Place | None
    """The maximum of W between `contact` and `bridge`, None where either is missing."""
    bridge: Place | None
    """The deepest minimum of W where monomer layers fit between, None where W has none."""
    closest: float
    """How near the surfaces come (sigma): the gap at which W, inwards of its deepest minimum, exceeds `depth`."""
    crowding: float
    """How much of W's depth crowding explains (kT): that of hard spheres which come as near; 0 without a density."""
    excess_contact: Estimate | None
    """Neighbours up to a gap of half a monomer, less those that g far away would put there; None without a density."""
    excess_layers: Estimate | None
    """The same where one to `Criteria.layers` monomer layers fit between."""
    caveats: tuple[str, ...]
    """What the verdict leaves open."""

    def to_json(self) -> dict[str, object]:
        """As plain values: numbers that are infinite or not known become None."""
        places = {name: getattr(self, name) for name in ("contact", "barrier", "bridge")}
        return {
            "state": self.state,
            "most_probable": self.most_probable,
            "probabilities": dict(self.probabilities),
            "layers": self.layers,
            **{name: place and {"gap": place.gap, "w": place.w.to_json()} for name, place in places.items()},
            "closest": self.closest,
            "crowding": self.crowding,
            "excess_contact": self.excess_contact and self.excess_contact.to_json(),
            "excess_layers": self.excess_layers and self.excess_layers.to_json(),
            "caveats": list(self.caveats),
        }

    @property
    def most_probable(self) -> str:
        """The state of the highest probability, whether that suffices for a verdict or not."""
        return max(STATES, key=lambda state: self.probabilities[state])
