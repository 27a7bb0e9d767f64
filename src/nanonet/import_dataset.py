"""Datasets from what others have: a table of results with a curve file each, an archive of arrays, a wide table."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nanonet.composition import FIELDS, NANOCOMPOSITE
from nanonet.curve import Curve, Quantity
from nanonet.dataset import Dataset
from nanonet.errors import InputError
from nanonet.formats.archive import arrays_of
from nanonet.formats.tables import Table, read_table, read_wide
from nanonet.rdf import curve_of
from nanonet.records import Provenance
from nanonet.space import Input, InputSpace, Point

CURVE = "curve"
"""Column of a table of results that names the files of the curves."""

_TEXTS = ("fidelity", "source")  # columns that go into the provenance
_HOW = ("topology", "select", "units", "first", "last", "every", "interval")  # columns that say how it is measured

Array = NDArray[np.float64]


@dataclass(frozen=True)
class CurveFile:
    """What was found in the file of a curve."""

    curve: Curve
    note: str = ""
    """What was done to it, if anything."""
    known: Mapping[str, object] = field(default_factory=dict)
    """What is known of it: fields of a `records.Provenance`."""


class Imported(NamedTuple):
    """A dataset, and what was done to make it, in words."""

    data: Dataset
    notes: tuple[str, ...] = ()


def from_table(
    path: str | os.PathLike[str],
    space: InputSpace | None,
    quantity: Quantity,
    read: Callable[[Path, Mapping[str, str]], CurveFile],
    interpolate: bool = False,
    grid: Array | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Imported:
    """A dataset of a table with a row a result: a column for each input, and `curve`, the file of its curve.

    Files are named from the folder of the table. Columns `fidelity` and `source` are optional texts. How a trajectory
    is measured may stand in columns `topology` (a file), `select`, `units`, `first`, `last`, `every` and `interval`,
    where no input is called so.

    Parameters
    ----------
    path:
        The table (CSV), headings with or without a unit.
    space:
        The inputs; None: those of a composition if all its names are columns, else every other column, with the unit of
        its heading and without limits.
    quantity:
        What the curves are of.
    read:
        Reads the file of a curve, given the cells of its row that say how it is measured.
    interpolate:
        Whether curves on different grids are brought to one, linearly; else they are refused.
    grid:
        Grid (m,) that the curves must have; left out: that of the first.
    progress:
        Called with the rows done and all.

    Raises
    ------
    InputError
        A column is missing or unknown, a unit is not the declared one, a value is not allowed or missing, two rows have
        the same inputs, a file is no curve, or grids differ; the line is named.
    """
    table = read_table(path, "table", (CURVE,), units=None)
    if CURVE not in table.columns:
        raise InputError(
            f"{table.title} has columns {', '.join(table.columns)}; needed is {CURVE}, the file of a curve"
        )
    inputs = () if space is None else space.names
    how = [name for name in _HOW if name in table.columns and name not in inputs]
    names = [name for name in table.columns if name not in (CURVE, *_TEXTS, *how)]
    space = _space(table.title, names, table.units, space)
    points = _points(table, space)
    folder = Path(path).parent
    found, done = [], []
    for i, (line, name) in enumerate(zip(table.lines, table.columns[CURVE], strict=True)):
        if not name:
            raise InputError(f"{table.title}, line {line}: {CURVE} is empty")
        cells = {key: table.columns[key][i] for key in how if table.columns[key][i]}
        if "topology" in cells:
            cells["topology"] = str(folder / cells["topology"])
        try:
            found.append(read(folder / name, cells))
        except InputError as error:
            raise InputError(f"{table.title}, line {line}: {error}") from None
        done += [f"{name}: {found[-1].note}"] if found[-1].note else []
        if progress is not None:
            progress(len(found), len(table.lines))
    where = [f"{table.title}, line {line}" for line in table.lines]
    curves, notes = on_one_grid([one.curve for one in found], where, interpolate, grid)
    texts = {name: table.columns[name] for name in _TEXTS if name in table.columns}
    origin = [
        f"{Path(path).name}, line {line}: {name}" for line, name in zip(table.lines, table.columns[CURVE], strict=True)
    ]
    provenance = _provenance(texts, origin, [one.known for one in found])
    return Imported(Dataset(points, tuple(curves), tuple(provenance)), (*done, *notes))


def from_archive(
    path: str | os.PathLike[str], space: InputSpace, quantity: Quantity, names: Mapping[str, str] | None = None
) -> Imported:
    """A dataset of an .npz file with arrays of inputs (n, p), curves (n, m), their grid (m,), perhaps errors (n, m).

    `names` says which array is which: keys `inputs`, `curves`, `grid`, `errors`. Left out are `X`, `Y` or the name of
    the quantity, the name of its abscissa, and `error` if there is one.

    Raises
    ------
    InputError
        The file is no such archive, an array is missing or has another shape, or a row is not allowed.
    """
    arrays = arrays_of(path, quantity, names or {})
    X, Y = arrays["inputs"], arrays["curves"]
    if X.ndim != 2 or X.shape[1] != len(space):
        raise InputError(f"archive {path}: inputs have shape {X.shape}; allowed is (n, {len(space)})")
    origin = [f"{Path(path).name}, row {i}" for i in range(len(X))]
    try:
        made = _provenance({}, origin)
        data = Dataset.from_arrays(X, Y, arrays["grid"], arrays.get("errors"), space, quantity, made)
    except InputError as error:
        raise InputError(f"archive {path}: {error}") from None
    _refuse_duplicates(data.points, [f"archive {path}, row {i}" for i in range(len(X))])
    return Imported(data)


def from_wide_table(path: str | os.PathLike[str], space: InputSpace | None, quantity: Quantity) -> Imported:
    """A dataset of a CSV file with a row a curve: columns of inputs by name, then one a point of the grid, its heading.

    Raises
    ------
    InputError
        The file is no such table, or a row is not allowed: its line is named.
    """
    table, x, Y = read_wide(path, "table")
    space = _space(table.title, list(table.columns), table.units, space)
    points = _points(table, space)
    curves = []
    for line, y in zip(table.lines, Y, strict=True):
        try:
            curves.append(curve_of(quantity, x, y))
        except InputError as error:
            raise InputError(f"{table.title}, line {line}: {error}") from None
    origin = [f"{Path(path).name}, line {line}" for line in table.lines]
    return Imported(Dataset(points, tuple(curves), tuple(_provenance({}, origin))))


def extended(data: Dataset, more: Dataset) -> Dataset:
    """A dataset with the entries of another after its own.

    Raises
    ------
    InputError
        Other inputs, quantity or grid, or an entry of the same inputs as one that there is.
    """
    if more.space != data.space:
        raise InputError(
            f"inputs {', '.join(more.space.names)} are not those of the dataset: {', '.join(data.space.names)}"
        )
    if more.quantity != data.quantity:
        raise InputError(f"curves of {more.quantity.name} are not of what the dataset has, {data.quantity.name}")
    where = [f"entry {i} of the dataset" for i in range(len(data))] + [f"new entry {i}" for i in range(len(more))]
    _refuse_duplicates((*data.points, *more.points), where)
    return Dataset.concatenate([data, more])


def on_one_grid(
    curves: Sequence[Curve], where: Sequence[str], interpolate: bool, grid: Array | None = None
) -> tuple[list[Curve], tuple[str, ...]]:
    """Curves on one grid, and what was done; `where` names each in messages.

    Those on another grid than the first are refused, or with `interpolate` brought linearly, their errors too, to the
    points of `grid`, else of the first grid, that all of them cover.
    """
    first = curves[0].x if grid is None else grid
    others = [i for i, curve in enumerate(curves) if not np.array_equal(curve.x, first)]
    if not others:
        return list(curves), ()
    i, q = others[0], curves[0].quantity
    if not interpolate:
        raise InputError(
            f"{where[i]}: its {_grid(curves[i].x, q.x)} are not those of "
            f"{'the dataset' if grid is not None else where[0]}, {_grid(first, q.x)}; allowed with --interpolate"
        )
    low, high = max(curve.x[0] for curve in curves), min(curve.x[-1] for curve in curves)
    common = first[(first >= low) & (first <= high)]
    if grid is not None and len(common) < len(grid):
        raise InputError(f"the curves have {q.x} = {low:g} to {high:g} in common; needed are {_grid(grid, q.x)}")
    if len(common) < 2:
        raise InputError(f"the curves have {q.x} = {low:g} to {high:g} in common; needed are 2 points of the first")
    found = [
        curve_of(q, common, np.interp(common, curve.x, curve.y),
                 None if curve.error is None else np.interp(common, curve.x, curve.error))
        for curve in curves
    ]  # fmt: skip
    note = f"{len(others)} of {len(curves)} curves were interpolated linearly to {_grid(common, q.x)}"
    return found, (note,)


def _grid(x: Array, name: str) -> str:
    return f"{len(x)} values of {name}, {x[0]:g} to {x[-1]:g}"


def _space(title: str, names: Sequence[str], units: Mapping[str, str], space: InputSpace | None) -> InputSpace:
    """The inputs of a table whose other columns are `names`; units of headings must be the declared ones."""
    if space is None:
        if set(FIELDS) <= set(names):
            space = NANOCOMPOSITE
        elif not names:
            raise InputError(f"{title} has no column for an input")
        else:
            space = InputSpace(tuple(Input(name, units.get(name, "1")) for name in names))
    for name in names:
        if name not in space.names:
            raise InputError(f"{title}: column {name} is not one of {', '.join((*space.names, CURVE, *_TEXTS, *_HOW))}")
        own = space[name]
        if name in units and units[name] not in (own.unit, *own.units):
            raise InputError(f"{title}: {name} is in {units[name]!r}; declared is {own.unit!r}")
    missing = [one.name for one in space.inputs if one.name not in names and one.default is None]
    if missing:
        raise InputError(f"{title} has no column {', '.join(missing)}")
    return space


def _points(table: Table, space: InputSpace) -> tuple[Point, ...]:
    columns = {name: table.numbers(name) for name in space.names if name in table.columns}
    points = []
    for i, line in enumerate(table.lines):
        try:
            points.append(space.point({name: values[i] for name, values in columns.items()}))
        except InputError as error:
            raise InputError(f"{table.title}, line {line}: {error}") from None
    _refuse_duplicates(points, [f"{table.title}, line {line}" for line in table.lines])
    return tuple(points)


def _refuse_duplicates(points: Sequence[Point], where: Sequence[str]) -> None:
    seen: dict[tuple[float, ...], str] = {}
    for point, place in zip(points, where, strict=True):
        if point.values in seen:
            raise InputError(
                f"{place}: {point} stands in {seen[point.values]} too; allowed is one curve a point: give the mean of "
                "replicas, with its error"
            )
        seen[point.values] = place


def _provenance(
    texts: Mapping[str, Sequence[str]], origin: Sequence[str], known: Sequence[Mapping[str, object]] = ()
) -> list[Provenance]:
    rows = []
    for i, place in enumerate(origin):
        own = {name: column[i] for name, column in texts.items() if column[i]}
        more = known[i] if known else {}
        rows.append(Provenance.from_json({"source": place, **more, **own}, f"provenance {i}"))
    return rows
