"""Lengths with a unit, as people write them."""

from __future__ import annotations

import math
import re

from nanonet.errors import InputError

PER_NM = {"nm": 1.0, "A": 10.0}
"""How many of each unit are a nanometre."""

_LENGTH = re.compile(r"([0-9.eE+-]+?)\s*(sigma|nm|A)?")


def length(name: str, text: str) -> tuple[float, str | None]:
    """Value and unit of a text such as `0.5nm`, `60A`, `10 sigma` or `12`, which has none; `InputError` otherwise."""
    found = _LENGTH.fullmatch(text.strip())
    try:
        value = float(found[1]) if found else math.nan
    except ValueError:
        value = math.nan
    if found is None or not (math.isfinite(value) and value > 0):
        raise InputError(f"{name} = {text} is not a length above 0; allowed are 12, 12sigma, 6nm or 60A")
    return value, found[2]
