"""A TOML file that declares the inputs of a dataset and what its curves are of.

    [inputs.temperature]
    unit = "kelvin"
    low = 200
    high = 500

    [quantity]  # left out: g(r)
    name = "msd"
    x = "t"
    unit = "nm^2"
    x_unit = "ns"
    low = 0

Entries of an input are the parameters of `space.Input`, those of the quantity the parameters of `curve.Quantity`.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import fields
from typing import Any

from nanonet.curve import G_R, Quantity
from nanonet.errors import InputError
from nanonet.formats.reading import read_text
from nanonet.space import Input, InputSpace

_MAX_BYTES = 1 << 20


def read_declaration(path: str | os.PathLike[str]) -> tuple[InputSpace, Quantity]:
    """Inputs in the order of the file, and the quantity, g(r) where the file has none.

    Raises
    ------
    InputError
        The file is missing or no TOML, has no inputs, or an entry is not allowed: it is named.
    """
    what = f"declaration {path}"
    try:
        content = tomllib.loads(read_text(path, "declaration", _MAX_BYTES))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{what} is no TOML: {error}") from None
    for name in content:
        if name not in ("inputs", "quantity"):
            raise InputError(f"{what}: {name} is not one of inputs, quantity")
    inputs = content.get("inputs")
    if not isinstance(inputs, dict) or not inputs:
        raise InputError(f"{what} has no inputs; needed is a table [inputs.NAME] for each")
    try:
        space = InputSpace(tuple(_made(Input, f"inputs.{name}", one, name=name) for name, one in inputs.items()))
        quantity = _made(Quantity, "quantity", content["quantity"]) if "quantity" in content else G_R
    except InputError as error:
        raise InputError(f"{what}: {error}") from None
    return space, quantity


def _made(kind: Any, where: str, values: object, **given: str) -> Any:
    """An `Input` or a `Quantity` of a table of the file."""
    if not isinstance(values, dict):
        raise InputError(f"{where} is no table")
    allowed = [one.name for one in fields(kind) if one.name not in given]
    for name in values:
        if name not in allowed:
            raise InputError(f"{where}.{name} is not one of {', '.join(allowed)}")
    if kind is Quantity and "name" not in values:
        raise InputError(f"{where}.name is missing")
    return kind(**given, **values)
