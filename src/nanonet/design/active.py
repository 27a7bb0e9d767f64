"""A campaign that learns: from what it has found, compositions to simulate next, into its design."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import cast

import numpy as np

from nanonet.campaign.design import LOWEST_DENSITY, MAX_VOLUME_FRACTION, RANGES
from nanonet.campaign.workspace import Workspace, create
from nanonet.composition import COPY, NANOCOMPOSITE, Composition, near_duplicates, to_array
from nanonet.dataset import Dataset
from nanonet.design.box import Box, Limits, box_of
from nanonet.design.price import explicit_hours, implicit_hours, implicit_off
from nanonet.design.readings import Array, tells_state
from nanonet.design.suggest import Cheaper, Suggestion, suggest
from nanonet.design.targets import parse
from nanonet.errors import InputError
from nanonet.learn.train import card_of, gaussian_process_for
from nanonet.predict.predictor import Predictor
from nanonet.protocol import Protocol, preset

FIDELITIES = ("explicit", "implicit", "both")
"""What can be suggested, each at its price: runs for the model of their kind, or both for that of explicit runs."""

LEAST = 12
"""Compositions that a dataset needs before suggestions rest on it alone; before that they rest on the shipped one."""


def model_of(dataset: Dataset) -> Predictor:
    """A Gaussian process fitted to a dataset, without the scores that `nanonet train` takes its time for.

    Examples
    --------
    >>> model_of(Dataset.shipped().subset(range(8))).uncertain
    True
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        fitted = gaussian_process_for(dataset).fit(dataset.X, dataset.Y, dataset.x, dataset.errors)
    return Predictor(fitted.process_, {"kind": "gp", **card_of(dataset)})


def learnt_so_far(workspace: Workspace) -> Predictor:
    """The model of what a campaign has found; of the shipped dataset where that is less than `LEAST` compositions.

    Examples
    --------
    >>> from nanonet.campaign.design import design
    >>> from nanonet.campaign.workspace import create
    >>> from nanonet.protocol import preset
    >>> Dataset.shipped().subset(range(12)).save("twelve.nc")
    >>> len(learnt_so_far(create("work12", design(2), preset("smoke"), "twelve.nc")).X)
    12
    """
    data = Dataset.load(workspace.dataset) if workspace.dataset.exists() else None
    return model_of(Dataset.shipped() if data is None or len(data) < LEAST else data)


def propose(
    model: Predictor,
    count: int,
    *,
    workspace: Workspace | None = None,
    protocol: Protocol | None = None,
    fidelity: str = "explicit",
    fixed: Mapping[str, float] | None = None,
    bounds: Mapping[str, Limits] | None = None,
    targets: Sequence[str] = (),
    hours: float | None = None,
    implicit: Dataset | None = None,
    seed: int = 0,
) -> tuple[Suggestion, ...]:
    """Compositions to simulate next, within the ranges of the standard design where nothing else is said.

    Parameters
    ----------
    model:
        A Gaussian process of g(r) of compositions.
    count:
        How many.
    workspace:
        A campaign: its design, and what it ran for earlier ones, is not suggested again and counts as known.
    protocol:
        Whose price is counted; left out: the workspace's, or `standard`.
    fidelity:
        One of `FIDELITIES`.
    fixed, bounds:
        Inputs that are held, and limits of others.
    targets:
        As of `targets.parse`: only what tells whether they are met counts.
    hours:
        Core-hours of all together; `count` is the most then.
    implicit:
        With `both`: implicit runs that there are. Left out: the shipped ones.
    seed:
        Of the space-filling candidates.

    Raises
    ------
    InputError
        As of `suggest.suggest`, `box.box_of` and `targets.parse`, or the model is of other inputs.

    Examples
    --------
    >>> from nanonet.predict.predictor import load
    >>> from nanonet.protocol import preset
    >>> found = propose(load(), 1, protocol=preset("standard"), fixed={"diameter": 3})
    >>> found[0].point.diameter, found[0].gain > 0
    (3.0, True)
    """
    if not (tells_state(model) and model.space == NANOCOMPOSITE):
        raise InputError(
            f"the model predicts {model.quantity.name} of {', '.join(model.inputs)}; a campaign needs one of g(r) of "
            "compositions"
        )
    if fidelity not in FIDELITIES:
        raise InputError(f"fidelity = {fidelity!r} is not one of {', '.join(FIDELITIES)}")
    if hours is not None and not (math.isfinite(hours) and hours > 0):
        raise InputError(f"hours = {hours!r} is not a number above 0")
    box = _box(model, fidelity, fixed or {}, bounds or {})
    used = protocol or (workspace.protocol if workspace is not None else preset("standard"))
    price = _price(fidelity, used)
    wanted = parse(targets, model) if targets else ()
    taken = np.empty((0, len(box.space))) if workspace is None else _taken(workspace, model)
    cheaper = None
    if fidelity == "both":
        known = Dataset.shipped("implicit") if implicit is None else implicit
        if known.space != NANOCOMPOSITE:
            raise InputError(f"implicit is a dataset of {', '.join(known.space.names)}; needed is one of compositions")
        cheaper = Cheaper(_of_rows(implicit_hours), _of_rows(implicit_off), known.X)
    return suggest(
        model, count, box, taken=taken, hours=_of_rows(price),
        allowed=lambda X: np.array([_can_run(x, price) for x in X.tolist()]), targets=wanted, cheaper=cheaper,
        budget=hours, seed=seed,
    )  # fmt: skip


def extended(workspace: Workspace, suggestions: Sequence[Suggestion]) -> Workspace:
    """The campaign with suggested explicit runs at the end of its design, which its record has from now on.

    Examples
    --------
    >>> from nanonet.campaign.design import design
    >>> from nanonet.campaign.workspace import create
    >>> from nanonet.design.suggest import Suggestion
    >>> from nanonet.protocol import preset
    >>> workspace = create("work", design(2), preset("smoke"), "mine.nc")
    >>> len(extended(workspace, [Suggestion(Composition(3, 33, 0.002, 0.5, 1.0), 0.1, 0.4)]).design)
    3
    """
    new = [cast("Composition", one.point) for one in suggestions if not one.cheaper]
    return create(workspace.path, (*workspace.design, *new), workspace.protocol, workspace.dataset, workspace.windows)


def _box(model: Predictor, fidelity: str, fixed: Mapping[str, float], bounds: Mapping[str, Limits]) -> Box:
    ranges = dict(RANGES)
    if fidelity == "implicit":
        ranges["density"] = (LOWEST_DENSITY, RANGES["density"][1])
    usual = {name: ends for name, ends in ranges.items() if name not in fixed}
    return box_of(model, fixed, {**usual, **bounds})


def _taken(workspace: Workspace, model: Predictor) -> Array:
    """Inputs (k, p) of the design and of all jobs that the model does not know yet."""
    systems = (*workspace.design, *(task.system.composition for task in workspace.tasks()))
    X = to_array(dict.fromkeys(one for one in systems if one is not None))
    return X[~near_duplicates(X, model.X, np.ptp(model.X, axis=0), COPY)] if len(X) else X


def _price(fidelity: str, protocol: Protocol) -> Callable[[Composition], float]:
    return implicit_hours if fidelity == "implicit" else lambda one: explicit_hours(one, protocol)


def _of_rows(of: Callable[[Composition], float]) -> Callable[[Array], Array]:
    """Numbers (n,) of rows of inputs (n, 5)."""
    return lambda X: np.array([of(_composition(x)) for x in X.tolist()])


def _composition(row: list[float]) -> Composition:
    return Composition(*row)  # type: ignore[arg-type]  # a whole float becomes an int there


def _can_run(row: list[float], price: Callable[[Composition], float]) -> bool:
    """Whether a campaign takes the composition: not too crowded, and a box of it can be made."""
    try:
        composition = _composition(row)
        price(composition)
    except InputError:
        return False
    return composition.volume_fraction <= MAX_VOLUME_FRACTION
