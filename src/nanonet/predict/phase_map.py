"""States of the NPs over a plane of two inputs, the other three held, from any model that gives curves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from nanonet.composition import MIN_EPS_NN, NANOCOMPOSITE
from nanonet.curve import G_R, Quantity
from nanonet.dataset import Dataset
from nanonet.errors import InputError
from nanonet.formats.atomic import writing
from nanonet.phases.classify import decide, probabilities
from nanonet.phases.state import STATES, Criteria
from nanonet.predict.rows import rows_of
from nanonet.space import InputSpace

NEAR_PLANE = 0.15
"""How far from the plane of a map (each held input, in units of its simulated range) a simulation is still shown."""

SAMPLES = 400
"""Curves drawn for each point of a map, where nothing else is asked for."""

_CHUNK = 40  # points whose curves are held at once


Array = NDArray[np.float64]


class MappedModel(Protocol):
    """What a map asks of a model; a `predictor.Predictor` is one."""

    @property
    def X(self) -> Array:
        """Inputs (n, p) that it knows: their ranges are those of the axes."""

    @property
    def space(self) -> InputSpace:
        """What it can be asked for."""

    @property
    def inputs(self) -> Sequence[str]:
        """Names of its p inputs, those of `space` or fewer."""

    @property
    def quantity(self) -> Quantity:
        """What its curves are of."""

    @property
    def r(self) -> Array:
        """Grid (m,) of its curves."""

    @property
    def uncertain(self) -> bool:
        """Whether curves that are drawn differ."""

    def sample_curves(self, X: Array, n: int, seed: int = 0, common: bool = False) -> Array:
        """Equally likely curves (n, len(X), m), with `common` from the same random numbers for all inputs."""

    def outside(self, X: Array) -> NDArray[np.bool_]:
        """Which inputs (n,) are far from what it knows."""


class PhaseMap(NamedTuple):
    """Probabilities of the states over a plane."""

    names: tuple[str, str]
    held: dict[str, float]
    x: Array
    y: Array
    shares: Array
    """(len(y), len(x), 3), in the order of `phases.state.STATES`."""
    outside: NDArray[np.bool_]
    """(len(y), len(x)): where the model warns that its data are far."""
    span: dict[str, float]
    """Simulated range of each input."""
    method: str
    """Where the probabilities come from."""
    space: InputSpace
    """Of the model's inputs."""

    @property
    def title(self) -> str:
        """What is held."""
        return ", ".join(f"{name} = {value:g}" for name, value in self.held.items())


def compute_map(
    model: MappedModel,
    names: tuple[str, str],
    held: Mapping[str, float | None],
    ranges: tuple[tuple[float, float] | None, tuple[float, float] | None],
    steps: int,
    criteria: Criteria,
    progress: Callable[[int, int], None] | None = None,
    samples: int = SAMPLES,
) -> PhaseMap:
    """Probabilities over a plane, from curves (`samples` a point) that the model draws.

    The state follows from g(r), the diameter and the density, so these are among the inputs of the model.
    `progress` is called with the points done and those in all. `InputError` for what makes no plane.

    Examples
    --------
    >>> from nanonet.predict.predictor import load
    >>> held = {"diameter": 3, "chain_length": 40, "density": 0.002}
    >>> found = compute_map(load(), ("eps_pn", "eps_nn"), held, (None, None), 3, Criteria(), samples=50)
    >>> [STATES[i] for i in found.shares[0, [0, 2]].argmax(axis=1)]  # at the least and the largest eps_pn
    ['contact aggregation', 'dispersion']
    """
    space = model.space
    if model.quantity != G_R or not {"diameter", "density"} <= set(space.names):
        raise InputError(
            f"the model predicts {model.quantity.name} of {', '.join(model.inputs)}; "
            "the state of NPs follows from g(r), diameter and density"
        )
    for name in (*names, *held):
        space.column(name)
    for name in names:
        if name not in model.inputs:
            raise InputError(f"{name} is not one of the model's inputs {', '.join(model.inputs)}")
        if held.get(name) is not None:
            raise InputError(f"{name} = {held[name]:g} is given, but the map runs over it")
    if names[0] == names[1]:
        raise InputError(f"x and y are both {names[0]}; allowed are two different inputs")
    fixed = {name: value for name in space.names if name not in names and (value := held.get(name)) is not None}
    missing = [one for one in space.names if one not in names and one not in fixed and space[one].default is None]
    if missing:
        raise InputError(f"{missing[0]} is missing; a map over {names[0]} and {names[1]} holds the others")
    if not 2 <= steps <= 500:
        raise InputError(f"steps = {steps} is not between 2 and 500")
    known = model.X
    axes = []
    for name, limits in zip(names, ranges, strict=True):
        column = known[:, model.inputs.index(name)]
        low, high = (float(column.min()), float(column.max())) if limits is None else limits
        if limits is None and space == NANOCOMPOSITE and name == "eps_nn":
            low = max(low, MIN_EPS_NN)
        if not space[name].check(low) < space[name].check(high):
            raise InputError(f"range of {name} = {low:g} to {high:g} is not rising")
        axis = np.linspace(low, high, steps)
        axes.append(np.unique(axis.round()) if space[name].whole else axis)
    first, second = np.meshgrid(*axes)
    columns = {one.name: np.full(first.size, fixed.get(one.name, one.default)) for one in space.inputs}
    columns |= {names[0]: first.ravel(), names[1]: second.ravel()}
    points = np.column_stack([columns[name] for name in space.names])
    X = rows_of(space, model.inputs, points, "point {} of the map".format)
    shares, method = _shares(model, X, (columns["diameter"], columns["density"]), criteria, progress, samples)
    outside = model.outside(X)
    return PhaseMap(
        names, {n: fixed[n] for n in space.names if n in fixed}, axes[0], axes[1],
        shares.reshape(*first.shape, -1), outside.reshape(first.shape),
        dict(zip(model.inputs, np.ptp(known, axis=0).tolist(), strict=True)), method, space,
    )  # fmt: skip


def _shares(
    model: MappedModel, X: Array, sizes_densities: tuple[Array, Array], criteria: Criteria,
    progress: Callable[[int, int], None] | None, samples: int,
) -> tuple[Array, str]:  # fmt: skip
    """Probabilities (n, 3), and where they come from: draws from the model, or none."""
    sizes, dense = sizes_densities
    draws, method = 1, "none: the model has no error bars, so each point is judged as predicted"
    if model.uncertain:
        draws, method = samples, f"from {samples} curves a point that the model draws"
    parts = []
    for i in range(0, len(X), _CHUNK):
        part = slice(i, i + _CHUNK)
        curves = np.moveaxis(model.sample_curves(X[part], draws, 0, common=True), 0, 1)
        parts.append(probabilities(model.r, curves, sizes[part], dense[part], criteria))
        if progress is not None:
            progress(min(i + _CHUNK, len(X)), len(X))
    return np.concatenate(parts), method


def near_plane(found: PhaseMap, known: Dataset) -> list[tuple[int, float, float]]:
    """Number, x and y of the simulated points whose held inputs are near those of a map.

    Examples
    --------
    >>> from nanonet.dataset import Dataset
    >>> from nanonet.predict.predictor import load
    >>> held = {"diameter": 3, "chain_length": 40, "density": 0.002}
    >>> found = compute_map(load(), ("eps_pn", "eps_nn"), held, (None, None), 2, Criteria(), samples=10)
    >>> len(near_plane(found, Dataset.shipped())) > 1
    True
    """
    near = []
    for i, point in enumerate(known.points):
        values = dict(zip(point.space.names, point.values, strict=True))
        apart = [abs(values[n] - value) / (found.span.get(n) or 1.0) for n, value in found.held.items()]
        if max(apart, default=0.0) <= NEAR_PLANE:
            near.append((i, values[found.names[0]], values[found.names[1]]))
    return near


def write_map(path: Path, found: PhaseMap, criteria: Criteria) -> None:
    """The probabilities of a map as CSV.

    Examples
    --------
    >>> from nanonet.predict.predictor import load
    >>> held = {"diameter": 3, "chain_length": 40, "density": 0.002}
    >>> found = compute_map(load(), ("eps_pn", "eps_nn"), held, (None, None), 2, Criteria(), samples=10)
    >>> write_map(Path("map.csv"), found, Criteria())
    """
    lines = [f"# nanonet: states at {found.title}; probabilities {found.method}"]
    lines.append(",".join([*found.names, *STATES, "verdict", "outside"]).replace(" ", "_"))
    for k, y in enumerate(found.y):
        for i, x in enumerate(found.x):
            shares = found.shares[k, i]
            numbers = ",".join(f"{value:.6g}" for value in (x, y, *shares))
            lines.append(f"{numbers},{decide(shares, criteria)},{int(found.outside[k, i])}")
    with writing(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
