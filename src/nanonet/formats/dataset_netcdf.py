"""The dataset file: one row a composition, one row a run behind it, in a self-describing netCDF file (HDF5)."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nanonet.composition import NANOCOMPOSITE
from nanonet.curve import G_R, Quantity
from nanonet.errors import InputError
from nanonet.formats.atomic import writing
from nanonet.formats.reading import MAX_ARRAYS, parse_json, read_bytes
from nanonet.grafted import known_space
from nanonet.records import MeasuredRun, Provenance
from nanonet.space import InputSpace

if TYPE_CHECKING:
    import h5py
    import xarray as xr

Array = NDArray[np.float64]

FORMAT = 2  # 1: without the runs behind the entries; read too
DECLARED = 3  # with other inputs or another quantity than those of nanonet's own datasets, which it declares

_TEXTS = ("provenance", "run_record")  # variables that hold JSON; format 1 has the first alone
_SIGNATURE, _HEAP = b"\x89HDF\r\n\x1a\n", b"GCOL\x01\x00\x00\x00"

_OURS: dict[str, object] = {
    "title": "NP-NP radial distribution functions of polymer nanocomposites",
    "nanonet_format": FORMAT,
    "comment": "Lennard-Jones units; density is measured (NPs / mean volume under NPT)",
}
_OTHER: dict[str, object] = {"title": "curves and the inputs that they depend on", "nanonet_format": DECLARED}


@dataclass(frozen=True, eq=False)
class Columns:
    """What a dataset file holds: n entries on one grid of m separations, and the runs behind them.

    Attributes
    ----------
    space, quantity:
        What inputs and curves are.
    X:
        Inputs (n, p).
    x, y, error:
        Grid (m,); curves and standard errors (n, m), NaN where they are not known.
    provenance:
        How each entry was made.
    runs:
        The runs: number of its entry, record, curve (m,), standard errors (m,), curves of its blocks (b, m).
    """

    space: InputSpace
    quantity: Quantity
    X: Array
    x: Array
    y: Array
    error: Array
    provenance: Sequence[Provenance]
    runs: Sequence[tuple[int, MeasuredRun, Array, Array, Array]]


def write(path: str | os.PathLike[str], content: Columns) -> None:
    """Write the file, whole or not at all.

    Raises
    ------
    InputError, OutputError
        As `atomic.writing`.
    """
    whole, runs = to_xarray(content), content.runs
    arrays = [str(name) for name, array in whole.variables.items() if array.dtype.kind in "if" and array.size]
    encoding: dict[str, dict[str, object]] = {name: {"fletcher32": True} for name in arrays}
    for name in ("run_blocks", "run_g") if runs else (content.quantity.name, "error"):
        encoding[name] |= {"zlib": True, "complevel": 4}
    # made in memory: HDF5 does not survive a full disk
    packed = whole.to_netcdf(engine="h5netcdf", encoding=encoding)
    with writing(path) as temporary:
        temporary.write_bytes(packed)


def to_xarray(content: Columns) -> xr.Dataset:
    """What the file holds, as an xarray dataset; `InputError` for an input that is called as another column is."""
    import xarray as xr

    q, runs, m = content.quantity, content.runs, len(content.x)
    taken = {q.name, q.x, "error", "entry", "run", "block", *_TEXTS, "run_entry", "run_g", "run_error", "run_blocks"}
    if clash := taken.intersection(content.space.names):
        raise InputError(f"an input is called {', '.join(sorted(clash))}, as another column of a dataset file is")
    columns = {
        one.name: ("entry", x, {"units": one.unit}) for one, x in zip(content.space.inputs, content.X.T, strict=True)
    }
    declared: dict[str, object] = {}
    if content.space != NANOCOMPOSITE or q != G_R:
        declared = {name: json.dumps(one.to_json()) for name, one in (("inputs", content.space), ("quantity", q))}
    blocks = max((len(one[4]) for one in runs), default=0)
    texts = {
        "provenance": [json.dumps(entry.to_json(), sort_keys=True) for entry in content.provenance],
        "run_record": [json.dumps(one[1].to_json(), sort_keys=True) for one in runs],
    }
    return xr.Dataset(
        {
            **columns,
            q.name: (("entry", q.x), content.y, {"long_name": q.long_name, "units": q.unit}),
            "error": (("entry", q.x), content.error, {"long_name": f"standard error of {q.name}", "units": q.unit}),
            "provenance": ("entry", texts["provenance"]),
            "run_entry": ("run", np.array([one[0] for one in runs], dtype=np.int64), {"long_name": "entry of a run"}),
            "run_g": (("run", q.x), _stack([one[2] for one in runs], (m,))),
            "run_error": (("run", q.x), _stack([one[3] for one in runs], (m,))),
            "run_blocks": (
                ("run", "block", q.x),
                _stack([_padded(one[4], blocks) for one in runs], (blocks, m)),
                {"long_name": "g of consecutive blocks of a run"},
            ),
            "run_record": ("run", np.array(texts["run_record"], dtype=str)),
        },
        coords={q.x: (q.x, content.x, {"long_name": q.x_long_name, "units": q.x_unit})},
        attrs={**(_OTHER | declared if declared else _OURS), "texts_sha256": _digest(texts)},
    )


def read(path: str | os.PathLike[str]) -> Columns:
    """Read a file that `write` wrote, of this format or an earlier one.

    An input with a default value that the file does not have is at that value.

    Raises
    ------
    InputError
        It is no such file, or damaged: file and reason are named.
    """
    content = read_bytes(path, "dataset")
    if not content.startswith(_SIGNATURE):
        raise InputError(f"dataset {path} cannot be read: it is not a netCDF-4 file (HDF5)")
    try:
        import h5py

        _check_heaps(content)
        with h5py.File(io.BytesIO(content), "r") as file:
            _check_arrays(file)
            return _read(file)
    except Exception as error:  # whatever a broken file makes the readers say
        raise InputError(f"dataset {path} cannot be read: {error}") from None


def _read(file: h5py.File) -> Columns:
    found = int(np.ravel(file.attrs.get("nanonet_format", 0))[0])
    if found not in (1, FORMAT, DECLARED):
        raise InputError(f"nanonet_format = {found} is not {FORMAT} or {DECLARED}")
    space, q = NANOCOMPOSITE, G_R
    if found == DECLARED:
        space = InputSpace.from_json(parse_json(str(file.attrs["inputs"]), list[dict[str, object]], "inputs"))
        space = known_space(space)
        q = Quantity.from_json(parse_json(str(file.attrs["quantity"]), dict[str, object], "quantity"))
    x, y, errors = (file[name][...] for name in (q.x, q.name, "error"))
    columns = [
        file[one.name][...] if one.default is None or one.name in file else np.full(len(y), one.default)
        for one in space.inputs
    ]
    texts = {name: _texts(file[name]) for name in _TEXTS[:found]}
    if file.attrs.get("texts_sha256", digest := _digest(texts)) != digest:
        raise InputError("provenance or run_record is not what its checksum says")
    provenance = [parse_json(x, Provenance, f"provenance of entry {i}") for i, x in enumerate(texts[_TEXTS[0]])]
    if not len(y) == len(errors) == len(provenance):
        raise InputError(f"it has {len(y)} {q.name}, {len(errors)} error and {len(provenance)} provenance")
    runs = []
    if found >= FORMAT and texts[_TEXTS[1]]:
        parts = [file[name][...] for name in ("run_entry", "run_g", "run_error", "run_blocks")]
        for k, (text, entry, curve, error, blocks) in enumerate(zip(texts[_TEXTS[1]], *parts, strict=True)):
            if not 0 <= entry < len(y):
                raise InputError(f"run_entry[{k}] = {entry} is not between 0 and {len(y) - 1}")
            record = parse_json(text, MeasuredRun, f"run_record {k}")
            runs.append((int(entry), record, curve, error, blocks[~np.isnan(blocks).all(axis=1)]))
    return Columns(space, q, np.column_stack(columns), x, y, errors, provenance, runs)


def _check_heaps(content: bytes) -> None:
    """Refuse an HDF5 file with a heap of texts on which the library would walk for ever (format, III.E: GCOL).

    A heap is a chain of objects; HDF5 goes on from one to the next without asking whether it moves.
    """
    place = content.find(_HEAP)
    while place >= 0:
        end = place + int.from_bytes(content[place + 8 : place + 16], "little")
        step = place + 16
        while step + 16 <= end <= len(content):
            number = int.from_bytes(content[step : step + 2], "little")
            size = int.from_bytes(content[step + 8 : step + 16], "little")
            length = 16 + -(-size // 8) * 8 if number else size  # number 0: what is left, its head included
            if length < 16 or step + length > end:
                raise InputError(f"its heap at byte {place} is damaged")
            step += length
        place = content.find(_HEAP, place + 4)


def _check_arrays(file: h5py.File) -> None:
    """Refuse an HDF5 file whose arrays lie in other files, are links, or unpack to more than `MAX_ARRAYS` bytes."""
    import h5py

    total = 0
    for name in file:
        if not isinstance(file.get(name, getlink=True), h5py.HardLink):
            raise InputError(f"{name} is a link to another place")
        item = file[name]
        if not isinstance(item, h5py.Dataset):
            raise InputError(f"{name} is not an array")
        if item.external or item.is_virtual:
            raise InputError(f"the data of {name} lie in another file")
        total += item.size * item.dtype.itemsize
        if total > MAX_ARRAYS:
            raise InputError(f"{name} has shape {item.shape}; allowed are {MAX_ARRAYS:,} bytes in all")


def _texts(column: h5py.Dataset) -> list[str]:
    """Texts of an HDF5 variable, one by one: together they may take `MAX_ARRAYS` bytes."""
    texts: list[str] = []
    total = 0
    for i in range(column.shape[0]):
        text = column[i]
        total += len(text)
        if total > MAX_ARRAYS:
            raise InputError(f"{column.name.lstrip('/')} has texts of more than {MAX_ARRAYS:,} bytes")
        texts.append(text.decode() if isinstance(text, bytes) else str(text))
    return texts


def _digest(texts: Mapping[str, Sequence[str]]) -> str:
    """Checksum of the texts of a file; HDF5 has its own for arrays."""
    return hashlib.sha256(json.dumps(texts, sort_keys=True).encode()).hexdigest()


def _padded(blocks: Array, count: int) -> Array:
    return np.pad(blocks, ((0, count - len(blocks)), (0, 0)), constant_values=np.nan)


def _stack(arrays: list[Array], shape: tuple[int, ...]) -> Array:
    return np.array(arrays, dtype=np.float64).reshape(len(arrays), *shape)
