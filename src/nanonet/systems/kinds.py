"""The kinds of systems there are, and how one is found again from the parameters in a record."""

from __future__ import annotations

from collections.abc import Mapping

from nanonet.composition import Composition
from nanonet.errors import InputError
from nanonet.grafted import GraftedComposition
from nanonet.systems.base import System
from nanonet.systems.grafted import Grafted
from nanonet.systems.implicit import Implicit
from nanonet.systems.melt import Melt
from nanonet.systems.umbrella import UmbrellaWindows

SYSTEMS: dict[str, type[System]] = {cls.kind: cls for cls in (Melt, UmbrellaWindows, Implicit, Grafted)}
"""Kinds by name."""


def as_system(what: System | Composition) -> System:
    """A system as it is; of a composition its melt, with grafted NPs where it has grafts.

    Examples
    --------
    >>> as_system(Composition(3, 40, 0.002, 0.5, 1.0)).parameters().keys()
    dict_keys(['composition'])
    """
    if isinstance(what, GraftedComposition):
        return Grafted(what) if what.n_grafts else Melt(what.core)
    return Melt(what) if isinstance(what, Composition) else what


def system_from_json(parameters: Mapping[str, object]) -> System:
    """The system of plain values that `parameters` gave, other entries beside them or not; `InputError` if none is.

    Examples
    --------
    >>> melt = as_system(Composition(3, 40, 0.002, 0.5, 1.0))
    >>> system_from_json(melt.parameters()) == melt
    True
    """
    known = sorted(SYSTEMS.values(), key=lambda cls: -len(cls.entries))
    for cls in known:
        if all(name in parameters for name in cls.entries):
            return cls.from_parameters(parameters)
    raise InputError("it has no composition, nor the parameters of another kind of system")
