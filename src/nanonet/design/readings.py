"""Numbers that are read off curves: of thousands of them at once, as searches and sensitivities ask for."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanonet.composition import number_of_nps
from nanonet.curve import G_R, Quantity
from nanonet.errors import InputError
from nanonet.fourier import rdf_kernel
from nanonet.phases.classify import states, well_depths
from nanonet.phases.state import STATES
from nanonet.predict.predictor import Predictor
from nanonet.rdf import first_peaks

Array = NDArray[np.float64]
Columns = Mapping[str, Array]
"""Values (n,) of each input."""


@dataclass(frozen=True)
class Reading:
    """A number that a curve has.

    Parameters
    ----------
    name, unit:
        As it is asked for; unit `1` for a pure number.
    text:
        What it is, in words.
    read:
        From the grid (m,), curves (n, s, m) and the values of the inputs (n,) of each of n points: numbers (n, s), NaN
        where a curve has none.
    """

    name: str
    unit: str
    text: str
    read: Callable[[Array, Array, Columns], Array]

    def in_units(self, value: float) -> str:
        """A value with its unit."""
        return f"{value:.3g}" + ("" if self.unit == "1" else f" {self.unit}")


OF_COMPOSITIONS = ("peak_position", "peak_height", "neighbours", "well_depth", "small_q")
"""Names of what is read off g(r) of a composition, besides the states."""

OF_CURVES = ("peak_position", "peak_height")
"""Names of what is read off any curve: where it is highest, and how high."""


def reading(name: str, model: Predictor, radius: float | None = None) -> Reading:
    """What is read off the curves of a model, by its name.

    Of g(r) with diameter and density: `peak_position` and `peak_height` of the first peak, `neighbours` within
    `radius` (sigma; left out: 1.5 D), `well_depth` of the potential of mean force from its value far away (kT),
    `small_q` (S at the least wave number that g(r) tells, 2 pi over its end) and the states, 1 where a curve shows
    it. Of other curves the highest point is the peak. `NAME@X`, with the name of the quantity, is the value at X.

    Raises
    ------
    InputError
        No such name, or one that the model's curves do not have.

    Examples
    --------
    >>> from nanonet.predict.predictor import load
    >>> one = reading("peak_height", load())
    >>> r = (np.arange(100) + 0.5) / 10
    >>> one.read(r, 1 + np.exp(-((r - 3.05) ** 2))[None, None], {})
    array([[2.]])
    """
    own = tells_state(model)
    if name in STATES:
        _needs(own, name, model)
        return Reading(name, "1", f"probability of {name}", _state(STATES.index(name)))
    if "@" in name:
        return _value_at(name, model)
    if name not in (OF_COMPOSITIONS if own else OF_CURVES):
        _needs(own or name not in OF_COMPOSITIONS, name, model)
        allowed = (*((*OF_COMPOSITIONS, *STATES) if own else OF_CURVES), f"{model.quantity.name}@X")
        raise InputError(f"{name} is not one of {', '.join(allowed)}")
    if radius is not None and not model.r[0] < radius <= model.r[-1]:
        raise InputError(f"radius = {radius:g} is not between {model.r[0]:g} and {model.r[-1]:g}, the grid")
    q, first = model.quantity, "first" if own else "highest"
    least = 2.0 * math.pi / float(model.r[-1])
    within = "1.5 D" if radius is None else f"{radius:g} sigma"
    return {
        "peak_position": Reading(name, q.x_unit, f"place of the {first} peak", _peak(model.quantity, 0)),
        "peak_height": Reading(name, q.unit, f"height of the {first} peak", _peak(model.quantity, 1)),
        "neighbours": Reading(name, "1", f"other NPs within {within}", _neighbours(radius)),
        "well_depth": Reading(name, "kT", "depth of the potential of mean force", _well_depth),
        "small_q": Reading(name, "1", f"S at q = {least:.2g}/sigma, by the g(r) that is known", _small_q),
    }[name]


def tells_state(model: Predictor) -> bool:
    """Whether the model's curves are g(r) with the diameter and the density of the NPs, which tell their state.

    Examples
    --------
    >>> from nanonet.predict.predictor import load
    >>> tells_state(load()), tells_state(load("sq"))
    (True, False)
    """
    return model.quantity == G_R and {"diameter", "density"} <= set(model.inputs)


def numbers_of_nps(density: Array) -> Array:
    """NPs (n,) in the box of a run of each density (n,), by the standard rule.

    Examples
    --------
    >>> numbers_of_nps(np.array([0.002, 0.0005]))
    array([18.,  8.])
    """
    return np.array([number_of_nps(x) for x in density.tolist()], dtype=np.float64)


def _needs(own: bool, name: str, model: Predictor) -> None:
    if not own:
        raise InputError(
            f"{name} is read off g(r) with diameter and density; the model predicts {model.quantity.name} of "
            f"{', '.join(model.inputs)}"
        )


def _state(index: int) -> Callable[[Array, Array, Columns], Array]:
    def read(r: Array, curves: Array, inputs: Columns) -> Array:
        return _each(lambda one, d, n: states(r, one, d, n) == index, curves, inputs)

    return read


def _each(read: Callable[[Array, float, float], NDArray[Any]], curves: Array, inputs: Columns) -> Array:
    """Numbers (n, s) of curves (n, s, m), NaN at points whose g(r) ends too near; `InputError` where all do."""
    found, error = np.full(curves.shape[:2], np.nan), None
    for i, (d, n) in enumerate(zip(inputs["diameter"].tolist(), inputs["density"].tolist(), strict=True)):
        try:
            found[i] = read(curves[i], d, n)
        except InputError as short:
            error = short
    if error is not None and np.isnan(found).all():
        raise error
    return found


def _peak(quantity: Quantity, which: int) -> Callable[[Array, Array, Columns], Array]:
    def read(r: Array, curves: Array, inputs: Columns) -> Array:
        if quantity == G_R:
            found = first_peaks(r, curves.reshape(-1, len(r)))[which]
        else:
            top = curves.reshape(-1, len(r)).argmax(axis=1)
            found = r[top] if which == 0 else curves.reshape(-1, len(r)).max(axis=1)
        return found.reshape(curves.shape[:2])

    return read


def _neighbours(radius: float | None) -> Callable[[Array, Array, Columns], Array]:
    def read(r: Array, curves: Array, inputs: Columns) -> Array:
        width = (r[-1] - r[0]) / (len(r) - 1)
        edges = np.append(r - 0.5 * width, r[-1] + 0.5 * width)
        ends = np.minimum(1.5 * inputs["diameter"] if radius is None else np.full(len(curves), radius), r[-1])
        volumes = 4.0 / 3.0 * math.pi * np.diff(np.minimum(edges, ends[:, None]) ** 3, axis=1)
        nps = numbers_of_nps(inputs["density"])
        found = np.einsum("nsm,nm->ns", curves, volumes) * (inputs["density"] * (nps - 1) / nps)[:, None]
        return np.asarray(np.minimum(found, (nps - 1)[:, None]))  # no NP has more neighbours

    return read


def _well_depth(r: Array, curves: Array, inputs: Columns) -> Array:
    return _each(lambda one, d, n: well_depths(r, one, d), curves, inputs)


def _small_q(r: Array, curves: Array, inputs: Columns) -> Array:
    nps = numbers_of_nps(inputs["density"])
    weights = rdf_kernel(r, np.array([2.0 * math.pi / r[-1]]))[0]
    return np.asarray(1.0 + ((curves - 1.0) @ weights) * (inputs["density"] * (nps - 1) / nps)[:, None])


def _value_at(name: str, model: Predictor) -> Reading:
    """The value of a curve at a place, between points of the grid on a straight line."""
    q, r = model.quantity, model.r
    own, _, text = name.partition("@")
    try:
        place = float(text)
    except ValueError:
        place = math.nan
    if own != q.name or not r[0] <= place <= r[-1]:
        raise InputError(f"{name} is not {q.name}@X with X between {r[0]:g} and {r[-1]:g}")
    i = min(int(np.searchsorted(r, place, side="right")), len(r) - 1)
    share = float((place - r[i - 1]) / (r[i] - r[i - 1]))

    def read(r: Array, curves: Array, inputs: Columns) -> Array:
        return (1.0 - share) * curves[..., i - 1] + share * curves[..., i]

    return Reading(name, q.unit, f"{q.name} at {q.x} = {place:g}", read)
