"""The file of an emulator of implicit NPs: one .npz with the arrays of its networks."""

from __future__ import annotations

import io
import os
from functools import cache
from importlib.resources import files

import numpy as np

from nanonet.formats import potential_table
from nanonet.formats.atomic import writing
from nanonet.formats.reading import read_arrays
from nanonet.potentials.dilute import MediatedPotential
from nanonet.potentials.emulator import ARRAYS, Emulator

NAME = "emulator.npz"


def to_bytes(emulator: Emulator) -> bytes:
    """The content of the file."""
    content = io.BytesIO()
    np.savez_compressed(content, **{name: getattr(emulator, name) for name in ARRAYS})
    return content.getvalue()


def parse(content: bytes, what: str, potential: MediatedPotential) -> Emulator:
    """The emulator in the content of a file, of NPs with a potential; `InputError` has `what` is wrong with it."""
    arrays = read_arrays(content, ARRAYS, what)
    return Emulator(potential, **{name: arrays[name] for name in ARRAYS})


def save(path: str | os.PathLike[str], emulator: Emulator) -> None:
    """Write the file, whole or not at all."""
    with writing(path) as temporary:
        temporary.write_bytes(to_bytes(emulator))


@cache
def shipped() -> Emulator:
    """The one fitted to the implicit compositions that come with nanonet (`make model`)."""
    return parse(shipped_bytes(), f"emulator {NAME}", potential_table.shipped())


def shipped_bytes() -> bytes:
    """The content of the file of that emulator."""
    return (files("nanonet") / "data" / NAME).read_bytes()
