"""Tables of points, a row a point: CSV, netCDF or Parquet, read some rows at a time."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanonet.errors import InputError, MissingExtraError, NanonetError
from nanonet.formats.tables import heading_of
from nanonet.space import InputSpace

Array = NDArray[np.float64]

SUFFIXES = (".csv", ".nc", ".parquet")


@dataclass(frozen=True)
class PointTable:
    """An open table of points.

    Attributes
    ----------
    rows:
        Their number n.
    unused:
        Columns that are no inputs.
    parts:
        Makes an iterator over arrays of points (up to that many, q) in the order of the space, each with a function
        that says where in the file a row of it stands.
    """

    rows: int
    unused: tuple[str, ...]
    parts: Callable[[int], Iterator[tuple[Array, Callable[[int], str]]]]


@contextmanager
def open_points(path: str | os.PathLike[str], space: InputSpace) -> Iterator[PointTable]:
    """Open a table with a column for each input of a space; those with a default may be missing.

    Values are numbers, not yet held against the limits of the inputs.

    Raises
    ------
    InputError
        The file cannot be read, is damaged or empty, has no column for an input, or one twice; then, on reading, a
        value that is no number. File and row are named.
    MissingExtraError
        Parquet without pyarrow.
    """
    opened = {".csv": _csv, ".nc": _netcdf, ".parquet": _parquet}
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"table {path} has suffix {Path(path).suffix!r}; allowed are {', '.join(SUFFIXES)}")
    if not Path(path).is_file():
        raise InputError(f"table {path} cannot be read: it is no file")
    with opened[suffix](path, space) as table:
        if not table.rows:
            raise InputError(f"table {path} has no rows")
        yield table


def needs_pyarrow() -> Any:
    """The library that reads and writes Parquet; `MissingExtraError` where it is not installed."""
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtraError(f"{error}: Parquet needs  pip install 'nanonet-pnc[tables]'") from None
    return pyarrow


@contextmanager
def _csv(path: str | os.PathLike[str], space: InputSpace) -> Iterator[PointTable]:
    title = f"table {path}"
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            start, head = next(((i, line) for i, line in enumerate(file, 1) if _counts(line)), (0, ""))
            mark = next((mark for mark in ",;\t" if mark in head), ",")
            if not head:
                raise InputError(f"{title} is empty; allowed are columns {', '.join(space.names)}")
            (cells,) = csv.reader([head], delimiter=mark)
            units = {one.name: one.units for one in space.inputs}
            names = [heading_of(title, start, text.strip(), space.names, units)[0] for text in cells]
            columns = _columns(title, names, space)
            count = sum(map(_counts, file))

            def parts(size: int) -> Iterator[tuple[Array, Callable[[int], str]]]:
                file.seek(0)
                numbered = enumerate(file, 1)
                lines = list(islice(numbered, start, start + size))  # behind the heading
                while lines:
                    lines = [one for one in lines if _counts(one[1])]
                    numbers = [i for i, _ in lines]
                    rows = list(csv.reader((line for _, line in lines), delimiter=mark))
                    if len(rows) != len(numbers):
                        raise InputError(f"{title}: a quoted value has a line break between lines {_ends(numbers)}")
                    for i, row in zip(numbers, rows, strict=True):
                        if len(row) != len(names):
                            raise InputError(f"{title}, line {i}: {len(row)} values for the {len(names)} columns")
                    if rows:
                        yield _of_texts(title, rows, numbers, columns, space, mark), _at(title, "line", numbers)
                    lines = list(islice(numbered, size))

            yield PointTable(count, _unused(names, space), parts)
    except UnicodeDecodeError as error:
        raise InputError(f"{title} cannot be read: byte {error.start} is no UTF-8 text") from None
    except csv.Error as error:
        raise InputError(f"{title} cannot be read: {error}") from None


def _ends(numbers: Sequence[int]) -> str:
    return f"{numbers[0]} and {numbers[-1]}"


def _counts(line: str) -> bool:
    """Whether a line is neither blank nor a comment."""
    return not (line.isspace() or line.lstrip().startswith("#"))


def _of_texts(
    title: str, rows: Sequence[Sequence[str]], lines: Sequence[int], columns: Sequence[int | None], space: InputSpace,
    mark: str,
) -> Array:  # fmt: skip
    if mark != ",":
        rows = [[cell.replace(",", ".") for cell in cells] for cells in rows]
    found = np.empty((len(rows), len(space)))
    for k, (one, column) in enumerate(zip(space.inputs, columns, strict=True)):
        if column is None:
            found[:, k] = one.default
            continue
        texts = [cells[column] for cells in rows]
        try:
            found[:, k] = np.array(texts, dtype=np.float64)
        except ValueError:
            for line, text in zip(lines, texts, strict=True):
                try:
                    float(text)
                except ValueError:
                    raise InputError(f"{title}, line {line}: {one.name} = {text.strip()!r} is not a number") from None
    return found


@contextmanager
def _netcdf(path: str | os.PathLike[str], space: InputSpace) -> Iterator[PointTable]:
    import h5py

    title = f"table {path}"
    with _explained(title, "netCDF-4", OSError), h5py.File(path, "r") as file:
        names = [name for name in file if isinstance(file.get(name, getlink=True), h5py.HardLink)]
        names = [name for name in names if isinstance(file[name], h5py.Dataset)]
        names = [name for name in names if name in space.names or not file[name].is_scale]  # a dimension
        columns = _columns(title, names, space)
        chosen = [None if column is None else file[names[column]] for column in columns]
        shape = next(one.shape for one in chosen if one is not None)
        for name, one in zip(space.names, chosen, strict=True):
            if one is not None and (one.dtype.kind not in "iuf" or one.external or one.is_virtual):
                raise InputError(f"{title}: {name} is no array of numbers in this file")
            if one is not None and (one.ndim != 1 or one.shape != shape):
                raise InputError(f"{title}: {name} has shape {one.shape}; allowed is one number a row")
        (count,) = shape

        def parts(size: int) -> Iterator[tuple[Array, Callable[[int], str]]]:
            for i in range(0, count, size):
                rows = range(i, min(i + size, count))
                yield _stacked(chosen, space, slice(rows.start, rows.stop)), _at(title, "row", rows)

        yield PointTable(count, _unused(names, space), parts)


@contextmanager
def _explained(title: str, form: str, *kinds: type[Exception]) -> Iterator[None]:
    """Turn what a library raises of a damaged file into an `InputError`; those of ours pass."""
    try:
        yield
    except kinds as error:
        if isinstance(error, NanonetError):
            raise
        raise InputError(f"{title} cannot be read as {form}: {error}") from None


def _stacked(columns: Sequence[Any], space: InputSpace, rows: slice) -> Array:
    size = rows.stop - rows.start
    return np.column_stack(
        [np.full(size, one.default) if x is None else x[rows] for one, x in zip(space.inputs, columns, strict=True)]
    ).astype(np.float64)


@contextmanager
def _parquet(path: str | os.PathLike[str], space: InputSpace) -> Iterator[PointTable]:
    title = f"table {path}"
    arrow = needs_pyarrow()
    with (
        _explained(title, "Parquet", arrow.ArrowException, OSError),
        Path(path).open("rb") as source,  # pyarrow takes names of UTF-8 alone
        arrow.parquet.ParquetFile(source) as file,
    ):
        names = list(file.schema_arrow.names)
        columns = _columns(title, names, space)
        wanted = [names[column] for column in columns if column is not None]

        def parts(size: int) -> Iterator[tuple[Array, Callable[[int], str]]]:
            start = 0
            for batch in file.iter_batches(batch_size=size, columns=wanted):
                rows = range(start, start + batch.num_rows)
                chosen = [
                    None if column is None else batch.column(names[column]).to_numpy(zero_copy_only=False)
                    for column in columns
                ]
                for one, x in zip(space.inputs, chosen, strict=True):
                    if x is not None and x.dtype.kind not in "iuf":
                        raise InputError(f"{title}: {one.name} is no column of numbers")
                yield _stacked(chosen, space, slice(0, len(rows))), _at(title, "row", rows)
                start = rows.stop

        yield PointTable(file.metadata.num_rows, _unused(names, space), parts)


def _columns(title: str, names: Sequence[str], space: InputSpace) -> list[int | None]:
    """Where each input stands among the columns; None for one that is left at its default."""
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"{title}: column {name} stands twice")
    missing = [one.name for one in space.inputs if one.name not in names and one.default is None]
    if missing or not set(names) & set(space.names):
        raise InputError(f"{title} has no column {', '.join(missing or space.names)}; it has {', '.join(names)}")
    return [names.index(name) if name in names else None for name in space.names]


def _unused(names: Sequence[str], space: InputSpace) -> tuple[str, ...]:
    return tuple(name for name in names if name not in space.names)


def _at(title: str, what: str, numbers: Sequence[int]) -> Callable[[int], str]:
    return lambda i: f"{title}, {what} {numbers[i]}"
