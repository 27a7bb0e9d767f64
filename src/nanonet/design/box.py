"""Where a search may look: inputs that are fixed, and the limits of those that are free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nanonet.composition import MIN_EPS_NN, NANOCOMPOSITE
from nanonet.design.readings import Array
from nanonet.errors import InputError
from nanonet.predict.predictor import Predictor
from nanonet.space import InputSpace

Limits = tuple[float, float]

DIGITS = 3
"""Of inputs that are found, as a person can make them: of the value where it is logarithmic, else of the range."""


@dataclass(frozen=True)
class Box:
    """A part of a space of inputs.

    Parameters
    ----------
    space:
        The model's inputs, in the order of the columns.
    fixed:
        Values of those that are held.
    limits:
        Limits of the others, both included.
    """

    space: InputSpace
    fixed: Mapping[str, float]
    limits: Mapping[str, Limits]

    @property
    def free(self) -> tuple[str, ...]:
        """Names of the inputs that are not held, in the order of the columns."""
        return tuple(name for name in self.space.names if name in self.limits)

    def points(self, u: Array) -> Array:
        """Inputs (n, p) of points (n, free) of the unit cube: whole inputs whole, others in `DIGITS` of their range."""
        found = np.empty((len(u), len(self.space)))
        for i, name in enumerate(self.space.names):
            if name in self.fixed:
                found[:, i] = self.fixed[name]
        for one, values in zip(self._free_space.inputs, self._free_space.from_unit_cube(u).T, strict=True):
            size = values if one.log else np.full(len(values), one.high - one.low)
            step = 10.0 ** (np.floor(np.log10(size)) + 1 - DIGITS)
            rounded = values if one.whole else np.round(np.round(values / step) * step, 12)
            found[:, self.space.column(one.name)] = np.clip(rounded, one.low, one.high)
        return found

    def allowed(self, X: Array) -> NDArray[np.bool_]:
        """Which inputs (n, p) make a point: some are forbidden together, as those of too high a volume fraction."""
        kind = self.space.kind
        return np.ones(len(X), dtype=bool) if kind is None else ~kind.refused_rows(X)

    def shift(self, X: Array, shifts: Array) -> Array:
        """Inputs (n, p) shifted by each of (k, p), within the declared limits, whole where they must be: (n, k, p)."""
        ends = np.array([(one.low, one.high) for one in self.space.inputs]).T
        moved = np.clip(X[:, None] + shifts, *ends)
        whole = [one.whole for one in self.space.inputs]
        moved[..., whole] = np.round(moved[..., whole])
        return np.asarray(moved)

    @cached_property
    def _free_space(self) -> InputSpace:
        return self.space.subspace(*self.free).within(dict(self.limits))


def box_of(model: Predictor, fixed: Mapping[str, float], bounds: Mapping[str, Limits]) -> Box:
    """Where to look for a model's inputs: limits that are not given are those of its data.

    An input that does not vary in the data is held where it is unless bounds say otherwise.

    Raises
    ------
    InputError
        A name is none of the model's inputs, a value or limit is not allowed, an input is both fixed and bounded, or
        none is free.

    Examples
    --------
    >>> from nanonet.predict.predictor import load
    >>> box_of(load(), {"diameter": 3}, {"density": (0.001, 0.002)}).limits["density"]
    (0.001, 0.002)
    """
    space = model.space.subspace(*model.inputs) if model.inputs != model.space.names else model.space
    held: dict[str, float] = {}
    limits: dict[str, Limits] = {}
    for name in (*fixed, *bounds):
        space.column(name)
    for i, one in enumerate(space.inputs):
        if one.name in fixed and one.name in bounds:
            raise InputError(f"{one.name} is fixed and has bounds; allowed is one of both")
        if one.name in fixed:
            held[one.name] = one.check(fixed[one.name])
            continue
        known = model.X[:, i]
        low, high = bounds.get(one.name, (float(known.min()), float(known.max())))
        if space == NANOCOMPOSITE and one.name == "eps_nn" and one.name not in bounds:
            low = max(low, MIN_EPS_NN)
        one.check(low)
        one.check(high)
        if low > high or (low == high and one.name in bounds):
            raise InputError(f"bounds of {one.name} = {low:g} to {high:g} do not rise")
        if low == high:
            held[one.name] = low
        else:
            limits[one.name] = (low, high)
    if space == NANOCOMPOSITE:
        least = held.get("eps_nn", limits.get("eps_nn", (MIN_EPS_NN,))[0])
        if least < MIN_EPS_NN:
            raise InputError(f"eps_nn = {least:g} is not {MIN_EPS_NN:g} or above: less does not keep NPs apart")
    if not limits:
        raise InputError(f"no input is free: all of {', '.join(space.names)} are fixed")
    return Box(space, held, limits)
