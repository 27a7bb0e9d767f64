"""One entry of a dataset, and the runs behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nanonet.composition import Composition
from nanonet.curve import Curve
from nanonet.errors import InputError
from nanonet.rdf import RDF
from nanonet.records import MeasuredRun, Provenance
from nanonet.space import Point


@dataclass(frozen=True, eq=False)
class Run:
    """One simulation: what an entry of a dataset rests on, alone or with replicas.

    Parameters
    ----------
    record:
        How the run was made and what else was measured on it.
    rdf:
        Its RDF.
    blocks:
        g of consecutive blocks of its trajectory (blocks, m).
    """

    record: MeasuredRun
    rdf: RDF
    blocks: NDArray[np.float64]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Run):
            return NotImplemented
        return self.record == other.record and self.rdf == other.rdf and np.array_equal(self.blocks, other.blocks)

    def __hash__(self) -> int:
        return hash(self.rdf)


class Entry(NamedTuple):
    """One entry of a dataset."""

    point: Point
    curve: Curve
    provenance: Provenance
    runs: tuple[Run, ...]

    @property
    def composition(self) -> Composition:
        """The point as a composition; `InputError` where it is none."""
        return compositions_of([self.point])[0]

    @property
    def rdf(self) -> RDF:
        """The curve as an RDF; `InputError` where it is none."""
        return rdfs_of([self.curve])[0]


def compositions_of(points: Sequence[Point]) -> tuple[Composition, ...]:
    """Points as compositions; `InputError` where they are none."""
    for one in points:
        if not isinstance(one, Composition):
            raise InputError(f"the inputs are {', '.join(one.space.names)}, not those of a composition")
    return tuple(points)  # type: ignore[arg-type]  # checked


def rdfs_of(curves: Sequence[Curve]) -> tuple[RDF, ...]:
    """Curves as RDFs; `InputError` where they are none."""
    for one in curves:
        if not isinstance(one, RDF):
            raise InputError(f"the curves are of {one.quantity.name}({one.quantity.x}), not of g(r)")
    return tuple(curves)  # type: ignore[arg-type]  # checked
