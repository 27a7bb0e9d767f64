"""The file of a table of W_poly: one .npz with its axes and values."""

from __future__ import annotations

import io
import os
from functools import cache
from importlib.resources import files

import numpy as np

from nanonet.formats.atomic import writing
from nanonet.formats.reading import read_arrays, read_bytes
from nanonet.potentials.table import ARRAYS, PotentialTable

NAME = "potential.npz"


def to_bytes(table: PotentialTable) -> bytes:
    """The content of the file."""
    content = io.BytesIO()
    np.savez_compressed(content, **{name: getattr(table, name) for name in ARRAYS})
    return content.getvalue()


def parse(content: bytes, what: str) -> PotentialTable:
    """The table in the content of a file; `InputError` has `what` it is and what is wrong with it."""
    arrays = read_arrays(content, ARRAYS, what)
    return PotentialTable(*(arrays[name] for name in ARRAYS))


def save(path: str | os.PathLike[str], table: PotentialTable) -> None:
    """Write the file, whole or not at all."""
    with writing(path) as temporary:
        temporary.write_bytes(to_bytes(table))


def load(path: str | os.PathLike[str]) -> PotentialTable:
    """Read the file; `InputError` names it and what is wrong with it."""
    return parse(read_bytes(path, "table of W_poly"), f"table of W_poly {path}")


@cache
def shipped() -> PotentialTable:
    """The table made from the umbrella windows that come with nanonet (`make model`)."""
    return parse(shipped_bytes(), f"table of W_poly {NAME}")


def shipped_bytes() -> bytes:
    """The content of the file of that table."""
    return (files("nanonet") / "data" / NAME).read_bytes()
