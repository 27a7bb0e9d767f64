"""Tables of predicted curves, a row a point: CSV, netCDF or Parquet, written some rows at a time."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanonet.curve import Quantity
from nanonet.errors import InputError, OutputError
from nanonet.formats.atomic import check_parent, writing
from nanonet.formats.point_tables import SUFFIXES, needs_pyarrow
from nanonet.space import InputSpace

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Layout:
    """What the columns of a table of predictions are.

    Attributes
    ----------
    space, quantity:
        Of points and curves.
    x:
        Grid (m,) of the curves.
    banded:
        Whether they have 90 % bands.
    numbers:
        Names of the further columns, a number a row, with what each is.
    note:
        Of what the predictions are: model and version.
    """

    space: InputSpace
    quantity: Quantity
    x: Array
    banded: bool
    numbers: Mapping[str, str]
    note: str

    @property
    def curves(self) -> tuple[str, ...]:
        """Names of the columns that hold a curve a row: medians, and the ends of the bands."""
        return (self.quantity.name, "low", "high") if self.banded else (self.quantity.name,)


Columns = Mapping[str, NDArray[Any]]
"""Some rows of a table: inputs and numbers (n,), curves (n, m), by name."""


def check_table_path(path: str | os.PathLike[str]) -> Path:
    """The path, if a table can be written there; `InputError` for another suffix, `MissingExtraError` for Parquet."""
    if Path(path).suffix.lower() not in SUFFIXES:
        raise InputError(f"table {path} has suffix {Path(path).suffix!r}; allowed are {', '.join(SUFFIXES)}")
    if Path(path).suffix.lower() == ".parquet":
        needs_pyarrow()
    return check_parent(path)


@contextmanager
def writing_predictions(path: str | os.PathLike[str], layout: Layout, rows: int) -> Iterator[Callable[[Columns], None]]:
    """What takes the `rows` rows of a table part by part; the file takes its name when the block ends well.

    Curves are kept in single precision.

    Raises
    ------
    InputError, OutputError, MissingExtraError
        As `check_table_path`; an input is called as another column; the disk is full.
    """
    check_table_path(path)
    names = [*layout.space.names, *layout.numbers, *layout.curves, layout.quantity.x]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"input {name} is called as another column of a table of predictions is")
    opened = {".csv": _csv, ".nc": _netcdf, ".parquet": _parquet}[Path(path).suffix.lower()]
    with writing(path) as temporary, opened(temporary, layout, rows) as write:

        def checked(part: Columns) -> None:
            needed = sum(np.asarray(one).nbytes for one in part.values())
            if shutil.disk_usage(temporary.parent).free < 4 * needed:  # HDF5 does not survive a full disk
                raise OutputError(f"cannot write {path}: the disk is full")
            write(part)

        yield checked


@contextmanager
def _csv(path: Path, layout: Layout, rows: int) -> Iterator[Callable[[Columns], None]]:
    plain = [*layout.space.names, *layout.numbers]
    heads = [*plain, *(f"{name}_{x:g}" for name in layout.curves for x in layout.x)]
    form = ",".join(["%.10g"] * len(plain) + ["%.6g"] * (len(layout.curves) * len(layout.x))) + "\n"
    with path.open("w", encoding="utf-8") as file:
        file.write(f"# {layout.note}\n{','.join(heads)}\n")

        def write(part: Columns) -> None:
            table = np.column_stack([*(part[name] for name in plain), *(part[name] for name in layout.curves)])
            file.writelines(form % tuple(row) for row in table.tolist())

        yield write


class _Sink(io.FileIO):
    """A file whose first error comes from `check` and `close`: HDF5 itself does not survive a full disk."""

    failed: OSError | None = None

    def write(self, data: Any) -> int:
        """Write all of the data, or keep the error."""
        rest = memoryview(data)
        with self._kept():
            while rest:
                rest = rest[super().write(rest) :]
        return len(data)

    def truncate(self, size: int | None = None) -> int:
        """Set the size, or keep the error."""
        with self._kept():
            super().truncate(size)
        return size or 0

    def check(self) -> None:
        """Raise the error that was kept."""
        if self.failed is not None:
            raise self.failed

    def __exit__(self, *error: object) -> None:
        """Close it; raise the error that was kept."""
        self.close()
        self.check()

    @contextmanager
    def _kept(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.failed = self.failed or error


@contextmanager
def _netcdf(path: Path, layout: Layout, rows: int) -> Iterator[Callable[[Columns], None]]:
    import h5netcdf

    q, done = layout.quantity, 0
    about = {one.name: {"long_name": one.long_name, "units": one.unit} for one in layout.space.inputs}
    about |= {name: {"long_name": text} for name, text in layout.numbers.items()}
    ends = ("median of {}", "lower end of the 90 % band of {}", "upper end of the 90 % band of {}")
    with _Sink(path, "w+") as sink, h5netcdf.File(sink, "w") as file:
        file.attrs["title"] = layout.note
        file.attrs["inputs"], file.attrs["quantity"] = (json.dumps(one.to_json()) for one in (layout.space, q))
        file.dimensions = {"row": rows, q.x: len(layout.x)}
        grid = file.create_variable(q.x, (q.x,), data=layout.x)
        grid.attrs.update({"long_name": q.x_long_name, "units": q.x_unit})
        for name, texts in about.items():
            file.create_variable(name, ("row",), "f8").attrs.update(texts)
        for name, text in zip(layout.curves, ends if layout.banded else ("{}",), strict=True):
            texts = {"long_name": text.format(q.long_name), "units": q.unit}
            file.create_variable(name, ("row", q.x), "f4").attrs.update(texts)

        def write(part: Columns) -> None:
            nonlocal done
            end = done + len(part[q.name])
            for name in (*about, *layout.curves):
                file.variables[name][done:end] = part[name]
            done = end
            sink.check()

        yield write


@contextmanager
def _parquet(path: Path, layout: Layout, rows: int) -> Iterator[Callable[[Columns], None]]:
    arrow = needs_pyarrow()
    plain, m = [*layout.space.names, *layout.numbers], len(layout.x)
    kind = arrow.list_(arrow.float32(), m)
    fields = [(name, arrow.float64()) for name in plain] + [(name, kind) for name in layout.curves]
    declared = {"inputs": layout.space.to_json(), "quantity": layout.quantity.to_json()}
    texts = {"title": layout.note, layout.quantity.x: json.dumps(layout.x.tolist())}
    texts |= {name: json.dumps(values) for name, values in declared.items()}
    schema = arrow.schema(fields, metadata=texts)
    with (
        path.open("wb") as sink,  # pyarrow takes names of UTF-8 alone
        arrow.parquet.ParquetWriter(sink, schema, compression="none", use_dictionary=False) as file,
    ):

        def write(part: Columns) -> None:
            columns = [arrow.array(np.asarray(part[name], dtype=np.float64)) for name in plain]
            for name in layout.curves:
                flat = arrow.array(np.ascontiguousarray(part[name], dtype=np.float32).ravel())
                columns.append(arrow.FixedSizeListArray.from_arrays(flat, m))
            file.write_table(arrow.table(columns, schema=schema))

        yield write
