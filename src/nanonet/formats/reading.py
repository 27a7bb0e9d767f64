"""Reading of files that may be damaged or come from strangers: regular ones, of bounded size, of a known shape.

Every file of ours comes in through here. Sizes are looked at before the data are, JSON is held against a schema, and
what does not fit is one `InputError` with the file, the entry, its value and what is allowed.
"""

from __future__ import annotations

import io
import math
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

from nanonet.errors import InputError
from nanonet.schema import Record, converted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_R = TypeVar("_R", bound=Record)

MAX_FILE = 1 << 30
"""Largest file (bytes) that is read as a whole."""

MAX_JSON = 1 << 28
"""Largest JSON file (bytes)."""

MAX_DEPTH = 100
"""Most lists and mappings of a JSON file in one another."""

MAX_ARRAYS = 1 << 30
"""Most memory (bytes) that the arrays, or the texts, of one file may take."""


def read_bytes(path: str | os.PathLike[str], what: str, limit: int = MAX_FILE) -> bytes:
    """Content of a file, called `what` in messages.

    Raises
    ------
    InputError
        The file is missing, is no regular file (a folder, a device, a pipe), is larger than `limit` bytes, or cannot
        be read.
    """
    place = Path(path)
    try:
        found = place.stat()
        if not stat.S_ISREG(found.st_mode):
            raise InputError(f"{what} {place} cannot be read: it is not a regular file")
        if found.st_size > limit:
            raise InputError(f"{what} {place} cannot be read: it has {found.st_size:,} bytes; allowed are {limit:,}")
        return place.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{what} {place} cannot be read: it does not exist") from None
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        if isinstance(error, InputError):
            raise
        raise InputError(f"{what} {place} cannot be read: {getattr(error, 'strerror', None) or error}") from None


def read_text(path: str | os.PathLike[str], what: str, limit: int = MAX_FILE) -> str:
    """Text of a UTF-8 file, without a byte order mark; `InputError` as `read_bytes`, and for what is no UTF-8."""
    try:
        return read_bytes(path, what, limit).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{what} {path} cannot be read: byte {error.start} is no UTF-8 text") from None


@overload
def read_json(path: str | os.PathLike[str], kind: type[_R], what: str) -> _R: ...


@overload
def read_json(path: str | os.PathLike[str], kind: object, what: str) -> Any: ...


def read_json(path: str | os.PathLike[str], kind: Any, what: str) -> Any:
    """What a JSON file holds, as `parse_json`; `InputError` if it cannot be read."""
    return parse_json(read_bytes(path, what, MAX_JSON), kind, f"{what} {path}")


@overload
def parse_json(content: bytes | str, kind: type[_R], what: str) -> _R: ...


@overload
def parse_json(content: bytes | str, kind: object, what: str) -> Any: ...


def parse_json(content: bytes | str, kind: Any, what: str) -> Any:
    """What a JSON text holds: a record (`nanonet.records`), or plain values of the type `kind`.

    Entries for which `kind` has no field are kept: a later version may have written them.

    Raises
    ------
    InputError
        No JSON (NaN and Infinity are none), nested too deep, or not of the type `kind`: the entry is named.
    """
    import msgspec

    try:
        values = msgspec.json.decode(content)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        reason = "nested too deep" if isinstance(error, RecursionError) else str(error)
        raise InputError(f"{what} cannot be read: {reason}") from None
    if _deeper(values, MAX_DEPTH):
        raise InputError(f"{what} cannot be read: nested too deep")
    return converted(values, kind, what)


def _deeper(values: object, depth: int) -> bool:
    """Whether lists and mappings lie in one another more than `depth` times; Python's own limit is another in each."""
    level = [values]
    while level and depth > 0:
        parts = (one.values() if isinstance(one, dict) else one for one in level if isinstance(one, (dict, list)))
        level = [one for part in parts for one in part if isinstance(one, (dict, list))]
        depth -= 1
    return bool(level)


def read_arrays(content: bytes, names: Iterable[str], what: str) -> dict[str, NDArray[Any]]:
    """Arrays of numbers of an .npz file; their sizes are taken from their headers before they are unpacked.

    Raises
    ------
    InputError
        The content is no .npz file, lacks an array, holds something else than numbers, or unpacks to more than
        `MAX_ARRAYS` bytes.
    """
    import zipfile

    import numpy as np

    total = 0
    chosen = tuple(names)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in chosen:
                with archive.open(f"{name}.npy") as file:
                    shape, dtype = _header(file)
                if dtype.kind not in "biuf":
                    raise InputError(f"{name} holds {dtype}; allowed are numbers")
                total += math.prod(shape) * dtype.itemsize
                if total > MAX_ARRAYS:
                    raise InputError(f"{name} has shape {shape}; allowed are {MAX_ARRAYS:,} bytes in all")
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return {name: np.asarray(arrays[name]) for name in chosen}
    except Exception as error:  # whatever a broken file makes the readers say
        raise InputError(f"{what} cannot be read: {error}") from None


def array_shapes(content: bytes, what: str) -> dict[str, tuple[int, ...]]:
    """Shapes of the arrays of an .npz file, by name; `InputError` for another file."""
    import zipfile

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found = {}
            for name in archive.namelist():
                if name.endswith(".npy"):
                    with archive.open(name) as file:
                        found[name.removesuffix(".npy")] = _header(file)[0]
            return found
    except Exception as error:  # whatever a broken file makes the readers say
        raise InputError(f"{what} cannot be read: {error}") from None


def _header(file: Any) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and type that the header of an .npy file promises."""
    from numpy.lib import format as npy

    version = npy.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        raise InputError(f"its .npy format {version} is not (1, 0) or (2, 0)")
    reader = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = reader(file)
    if any(length < 0 for length in shape):
        raise InputError(f"its shape {shape} is not allowed")
    return shape, dtype
