"""What is wanted of a curve: a state, a number within limits, a curve near another; and whether curves meet it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nanonet.curve import G_R, Curve
from nanonet.design.readings import Array, Columns, Reading, reading, tells_state
from nanonet.errors import InputError
from nanonet.formats.curve_csv import read_curve
from nanonet.phases.state import STATES
from nanonet.predict.predictor import Predictor

LOWEST = "lowest"
"""In place of a number: as low as the model's inputs make it."""

_SHARE = 0.2  # a number without tolerance: within a fifth of it
_OWN = {"peak_position": 0.2, "well_depth": 0.5, "neighbours": 0.5}  # the least tolerance where none is given
_CURVE = 0.3  # of a wanted curve: root mean square difference of ln g; of others in units of their own
_FLOOR = 0.03  # added to g before its logarithm is taken, as models do
_FAR = 10.0  # a miss is not counted further
_SHORT = {"contact": STATES[0], "aggregated": STATES[0], "bridged": STATES[1], "dispersed": STATES[2]}


@dataclass(frozen=True)
class Target:
    """A number that is read off a curve, and between which limits it is wanted.

    Parameters
    ----------
    reading:
        What is read.
    low, high:
        Limits, both included; infinite where there is none.
    lowest:
        Whether `high` is still to be found: the lowest tenth of what the inputs allow.
    curve:
        The curve that is wanted, where one is.
    """

    reading: Reading
    low: float
    high: float
    lowest: bool = False
    curve: Curve | None = None

    def __str__(self) -> str:
        name, r = self.reading.text, self.reading
        if r.name in STATES:
            return f"state: {r.name}"
        if self.lowest and math.isinf(self.high):
            return f"{name}: as low as can be"
        if math.isinf(self.low):
            return f"{name}: at most {r.in_units(self.high)}"
        if r.name == "curve":
            return f"{name}: at most {r.in_units(self.high)}"
        return f"{name}: {self.low:.3g} to {r.in_units(self.high)}"

    def misses(self, values: Array) -> Array:
        """How far numbers lie outside of the limits, 0 where they do not, in units of half their distance, to 10."""
        width = 0.5 * (self.high - self.low)
        if not (math.isfinite(width) and width > 0):
            width = max(0.1 * abs(self.high if math.isfinite(self.high) else self.low), 1e-9)
        off = np.maximum(np.maximum(self.low - values, values - self.high), 0.0) / width
        return np.minimum(np.nan_to_num(off, nan=_FAR, posinf=_FAR), _FAR)

    def read(self, r: Array, curves: Array, inputs: Columns) -> Array:
        """The numbers (n, s) of curves (n, s, m)."""
        return self.reading.read(r, curves, inputs)


def parse(
    texts: Iterable[str], model: Predictor, radius: float | None = None, interpolate: bool = False
) -> tuple[Target, ...]:
    """Targets of texts `NAME=VALUE`: `state=bridging`, `peak_height=2:4`, `peak_position=4+-0.2`, `curve=FILE`, ...

    `readings.reading` has the names. A value is `LOW:HIGH`, either of which may be left out, or `X+-TOLERANCE`, or `X`,
    which is taken to a fifth (a place to 0.2 sigma at least, neighbours and kT to 0.5), or `lowest`. A
    file has a curve on the model's grid, or part of it; its tolerance (`FILE+-0.3`) is that of the root mean square of
    the difference of ln(g + 0.03), of another quantity in units of the wanted curve's own root mean square.

    Raises
    ------
    InputError
        A text is none, a name or value is not allowed, the file is not on the model's grid (with `interpolate` it is
        put there), or targets contradict one another.

    Examples
    --------
    >>> from nanonet.predict.predictor import load
    >>> [str(one) for one in parse(["state=contact", "neighbours=4:8"], load())]
    ['state: contact aggregation', 'other NPs within 1.5 D: 4 to 8']
    """
    found = [_parsed(text, model, radius, interpolate) for text in texts]
    if not found:
        raise InputError("no target; needed is one or more, such as state=dispersion")
    _check_together(found)
    return tuple(found)


def _parsed(text: str, model: Predictor, radius: float | None, interpolate: bool) -> Target:
    name, mark, value = (part.strip() for part in text.partition("="))
    if not (name and mark and value):
        raise InputError(f"target = {text!r} is not NAME=VALUE")
    name = name.replace("-", "_")
    if name == "state":
        if not tells_state(model):
            reading(STATES[0], model)  # refuses it, with the reason
        state = _SHORT.get(value, value)
        if state not in STATES:
            raise InputError(f"state = {value!r} is not one of {', '.join(STATES)}")
        return Target(reading(state, model), 1.0, 1.0)
    if name == "curve":
        return _wanted_curve(value, model, interpolate)
    try:
        what = reading(name, model, radius)
    except InputError as error:
        raise InputError(f"target {text!r}: {error}; or state=NAME, curve=FILE") from None
    if value == LOWEST:
        if name == "peak_position":
            raise InputError(f"{name} = {LOWEST} is not allowed: give limits")
        return Target(what, -math.inf, math.inf, lowest=True)
    low, high = _limits(name, value)
    _check_limits(what, low, high, model)
    return Target(what, low, high)


def _limits(name: str, text: str) -> tuple[float, float]:
    """Lower and upper limit of `LOW:HIGH`, `X+-TOLERANCE` or `X`."""
    allowed = f"{name} = {text!r} is not X, X+-TOLERANCE or LOW:HIGH"
    low, colon, high = (part.strip() for part in text.partition(":"))
    centre, mark, width = text.replace("±", "+-").partition("+-")
    try:
        if colon:
            ends = (float(low or -math.inf), float(high or math.inf))
        else:
            x = float(centre)
            tolerance = float(width) if mark else max(_SHARE * abs(x), _OWN.get(name, 0.0))
            ends = (x - tolerance, x + tolerance)
    except ValueError:
        raise InputError(allowed) from None
    if not ends[0] < ends[1] or ends == (-math.inf, math.inf) or not (colon or math.isfinite(ends[0])):
        raise InputError(f"{allowed}: limits {ends[0]:g} and {ends[1]:g} do not rise")
    return ends


def _check_limits(what: Reading, low: float, high: float, model: Predictor) -> None:
    """`InputError` for limits that no curve can meet."""
    r, own = model.r, tells_state(model)
    if what.name == "peak_position" and not (low <= r[-1] and high >= r[0]):
        raise InputError(f"{what.name} = {low:g} to {high:g} is not on the grid, {r[0]:g} to {r[-1]:g}")
    if what.name == "peak_height" and own and high <= 1.0:
        raise InputError(f"{what.name} = {low:g} to {high:g}: a peak of g(r) is higher than 1")
    if what.name in ("neighbours", "well_depth", "small_q") and high < 0:
        raise InputError(f"{what.name} = {low:g} to {high:g} is below 0")
    if "@" in what.name and high < model.quantity.low:
        raise InputError(f"{what.name} = {low:g} to {high:g} is below {model.quantity.low:g}")


def _check_together(targets: Sequence[Target]) -> None:
    """`InputError` for two states, or limits of one number that exclude each other."""
    named = [one.reading.name for one in targets if one.reading.name in STATES]
    if len(set(named)) > 1:
        raise InputError(f"contradictory targets: state = {' and '.join(named)}; a curve shows one")
    for i, one in enumerate(targets):
        for other in targets[:i]:
            if one.reading.name != other.reading.name:
                continue
            if one.reading.name == "curve" or max(one.low, other.low) <= min(one.high, other.high):
                raise InputError(f"{one.reading.name} is given twice")
            raise InputError(f"contradictory targets: {other}, and {one}")


def _wanted_curve(text: str, model: Predictor, interpolate: bool) -> Target:
    path, mark, width = text.replace("±", "+-").rpartition("+-")
    if not mark:
        path, width = text, str(_CURVE)
    try:
        tolerance = float(width)
    except ValueError:
        tolerance = math.nan
    if not (math.isfinite(tolerance) and tolerance > 0):
        raise InputError(f"curve = {text!r}: the tolerance {width!r} is not a number above 0")
    curve, r = read_curve(path, model.quantity).curve, model.r
    same = np.abs(curve.x[:, None] - r) <= 1e-6 * abs(r[-1])
    inside = (r >= curve.x[0]) & (r <= curve.x[-1]) if interpolate else same.any(axis=0)
    if not (interpolate or same.any(axis=1).all()):
        raise InputError(
            f"curve {path} is on another grid ({len(curve.x)} points, {curve.x[0]:g} to {curve.x[-1]:g}) than the "
            f"model ({len(r)}, {r[0]:g} to {r[-1]:g}); --interpolate puts it there"
        )
    if inside.sum() < 2:
        raise InputError(f"curve {path} ({curve.x[0]:g} to {curve.x[-1]:g}) does not reach the model's grid")
    wanted = np.interp(r[inside], curve.x, curve.y)
    bounded = model.quantity == G_R
    scale = 1.0 if bounded else max(float(np.sqrt(np.mean(wanted**2))), 1e-12)
    goal = np.log(wanted + _FLOOR) if bounded else wanted / scale

    def read(r: Array, curves: Array, inputs: Columns) -> Array:
        values = curves[..., inside]
        values = np.log(values + _FLOOR) if bounded else values / scale
        return np.asarray(np.sqrt(np.mean((values - goal) ** 2, axis=-1)))

    name = Path(path).name
    text = f"difference of ln g from {name}" if bounded else f"difference from {name} as a share of its size"
    what = Reading("curve", "1", f"{text}, root mean square", read)
    return Target(what, 0.0, tolerance, curve=curve)
