"""Arrays of inputs and curves in a NumPy archive (.npz)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from nanonet.curve import Quantity
from nanonet.errors import InputError
from nanonet.formats.reading import array_shapes, read_arrays, read_bytes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROLES = ("inputs", "curves", "grid", "errors")
"""What an array can be."""


def arrays_of(
    path: str | os.PathLike[str], quantity: Quantity, names: Mapping[str, str]
) -> dict[str, NDArray[np.float64]]:
    """Arrays of an .npz file by their roles (`ROLES`), which `names` or the usual names give.

    Usual are `X` (inputs), `Y` or the quantity's name (curves), the name of its abscissa (grid), `error` (errors, which
    may be missing). `InputError` for another file, an unknown role, or an array that is missing.
    """
    for role in names:
        if role not in ROLES:
            raise InputError(f"array {role} is not one of {', '.join(ROLES)}")
    content = read_bytes(path, "archive")
    shapes = array_shapes(content, f"archive {path}")
    usual = {"inputs": ("X",), "curves": ("Y", quantity.name), "grid": (quantity.x,), "errors": ("error",)}
    chosen = {}
    for role in ROLES:
        tried = (names[role],) if role in names else usual[role]
        name = next((one for one in tried if one in shapes), None)
        if name is not None:
            chosen[role] = name
        elif role != "errors" or role in names:
            known = ", ".join(f"{one} {shape}" for one, shape in sorted(shapes.items()))
            raise InputError(
                f"archive {path} has no array {' or '.join(tried)} of {role}; it has {known}: say which with "
                f"--array {role}=NAME"
            )
    found = read_arrays(content, chosen.values(), f"archive {path}")
    return {role: found[name].astype("float64") for role, name in chosen.items()}
