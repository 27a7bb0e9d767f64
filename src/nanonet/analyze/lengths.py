"""Lengths and times with a unit, as people write them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from nanonet.errors import InputError

PER_NM = {"nm": 1.0, "A": 10.0}
"""How many of each unit are a nanometre."""

PER_PS = {"fs": 1e3, "ps": 1.0, "ns": 1e-3, "us": 1e-6}
"""How many of each unit are a picosecond."""

_CALLED = {"angstrom": "A", "Angstrom": "A", "ANGSTROM": "A", "Å": "A"}
_MEASURE = re.compile(r"([0-9.eE+-]+?)\s*([^\W\d]+)?")


def length(name: str, text: str) -> tuple[float, str | None]:
    """Value and unit of a text such as `0.5nm`, `60A`, `10 sigma` or `12`, which has none; `InputError` otherwise.

    Examples
    --------
    >>> length("sigma", "0.5nm"), length("r_max", "12")
    ((0.5, 'nm'), (12.0, None))
    """
    return _measure(name, text, {"sigma": 1.0, **PER_NM}, "a length above 0; allowed are 12, 12sigma, 6nm or 60A")


def duration(name: str, text: str) -> tuple[float, str | None]:
    """Value and unit of a text such as `2ps`, `10 tau` or `10`, which has none; `InputError` otherwise.

    Examples
    --------
    >>> duration("interval", "2ps")
    (2.0, 'ps')
    """
    return _measure(name, text, {"tau": 1.0, **PER_PS}, "a time above 0; allowed are 10, 10tau, 20fs, 2ps, 1ns or 1us")


def in_time(name: str, text: str, unit: str, own: str | None = None) -> float:
    """A time of a text in a unit; `own` is that of a number alone, else it is `unit`.

    Raises
    ------
    InputError
        The text is no time, or its unit cannot be turned into the other: tau is not known in seconds.

    Examples
    --------
    >>> in_time("interval", "2ns", "ps")
    2000.0
    """
    value, given = duration(name, text)
    given = given or own or unit
    if given == unit:
        return value
    if not {given, unit} <= set(PER_PS):
        raise InputError(f"{name} = {text} is in {given}; times are in {unit}")
    return value * PER_PS[unit] / PER_PS[given]


def length_unit(text: str) -> str:
    """A unit of length as it is called here: `A` for angstrom.

    Examples
    --------
    >>> length_unit("angstrom")
    'A'
    """
    return _CALLED.get(text, text)


def _measure(name: str, text: str, units: Mapping[str, float], allowed: str) -> tuple[float, str | None]:
    found = _MEASURE.fullmatch(text.strip())
    try:
        value = float(found[1]) if found else math.nan
    except ValueError:
        value = math.nan
    unit = None if found is None or found[2] is None else length_unit(found[2])
    if not (math.isfinite(value) and value > 0) or unit not in (None, *units):
        raise InputError(f"{name} = {text} is not {allowed}")
    return value, unit
