"""Tables of numbers as people and programs write them: CSV of spreadsheets, of ours, and LAMMPS's own RDFs."""

from __future__ import annotations

import csv
import math
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nanonet.composition import NANOCOMPOSITE
from nanonet.errors import InputError
from nanonet.formats.atomic import writing
from nanonet.formats.reading import read_text
from nanonet.space import Point

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_GRIDS = {"r": ("sigma", "σ"), "q": ("1/sigma", "1/σ", "sigma^-1")}
UNITS = _GRIDS | {one.name: one.units for one in NANOCOMPOSITE.inputs}
"""Units that the heading of a column may name: all numbers are in Lennard-Jones units."""

_HEADING = re.compile(r"(?P<name>[A-Za-z_][A-Za-z_0-9]*)\s*(?P<argument>\([rq]\))?\s*(?P<unit>[\[(/].*)?")
_LAMMPS = re.compile(r"# Time-averaged data for fix ")
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")
_ANY = ("lj", "1", "-", "")  # of every column
_MAX_BYTES = 1 << 26


@dataclass(frozen=True)
class Table:
    """Columns of texts, with the line that each row stands on.

    Attributes
    ----------
    title:
        What the file is and its path, for messages.
    columns:
        By the names of the headings, units taken off.
    lines:
        Line of each row in the file, counted from 1.
    comments:
        Lines that start with #, without it.
    """

    title: str
    columns: dict[str, list[str]]
    lines: list[int]
    comments: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    """Units that headings name, by column."""

    def numbers(self, name: str) -> list[float]:
        """A column as finite numbers; `InputError` names the line, the column and the value."""
        found = []
        for line, text in zip(self.lines, self.columns[name], strict=True):
            try:
                value = float(text)
            except ValueError:
                raise InputError(f"{self.title}, line {line}: {name} = {text!r} is not a number") from None
            if not math.isfinite(value):
                raise InputError(f"{self.title}, line {line}: {name} = {text!r} is not a finite number")
            found.append(value)
        return found

    def optional(self, name: str) -> list[float] | None:
        """A column as numbers, or None where it is missing or empty; `InputError` where it is filled in part only."""
        texts = self.columns.get(name, [])
        if not any(texts):
            return None
        if "" in texts:
            line = self.lines[texts.index("")]
            raise InputError(f"{self.title}, line {line}: {name} is empty; allowed is a column filled in whole or not")
        return self.numbers(name)


def read_table(
    path: str | os.PathLike[str],
    what: str,
    names: Sequence[str],
    units: Mapping[str, tuple[str, ...]] | None = UNITS,
    plain: Sequence[str] = (),
) -> Table:
    """A table with a heading line: columns apart by commas, semicolons (then decimal commas are read too) or tabs.

    A byte order mark, quotes, any ends of lines, blank lines, comments (#) and headings with a unit, such as
    `r (sigma)`, are understood; so is what LAMMPS's `fix ave/time` writes of one `compute rdf`, as r and g.

    Parameters
    ----------
    path, what:
        The file, and what it is called in messages.
    names:
        Headings that are known, for messages.
    units:
        Units that a heading may name, by column, besides none; None: any.
    plain:
        Columns of a file of numbers alone, without a heading, as far as there are any; empty: it must have a heading.

    Raises
    ------
    InputError
        The file cannot be read, has no heading or no rows, a column twice, a row of another length, or a unit that is
        not allowed; the line is named.
    """
    return parse_table(read_text(path, what, _MAX_BYTES), f"{what} {path}", names, units, plain)


def parse_table(
    text: str,
    title: str,
    names: Sequence[str],
    units: Mapping[str, tuple[str, ...]] | None = UNITS,
    plain: Sequence[str] = (),
) -> Table:
    """The table in a text; `title` is what messages call it. The rest as of `read_table`."""
    lines = text.splitlines()
    comments = tuple(line.strip()[1:].strip() for line in lines if _is_comment(line))
    if lines and _LAMMPS.match(lines[0]):
        return _lammps(title, lines, comments)
    rows = [(i, line) for i, line in enumerate(lines, start=1) if line.strip() and not _is_comment(line)]
    if not rows:
        raise InputError(f"{title} is empty; allowed are columns {', '.join(names)}")
    delimiter = next((mark for mark in ",;\t" if mark in rows[0][1]), " " if plain else ",")
    first, *others = ((i, _cells(title, i, line, delimiter)) for i, line in rows)
    given: list[tuple[str, str]] = []
    if plain and all(_NUMBER.fullmatch(text) for text in first[1]):
        if len(first[1]) > len(plain):
            raise InputError(
                f"{title}, line {first[0]}: {len(first[1])} columns without a heading; allowed are {', '.join(plain)}"
            )
        given, others = [(name, "") for name in plain[: len(first[1])]], [first, *others]
    else:
        given = [heading_of(title, first[0], text, names, units) for text in first[1]]
    headings = [name for name, _ in given]
    for heading in headings:
        if headings.count(heading) > 1:
            raise InputError(f"{title}, line {first[0]}: column {heading} stands twice")
    if not others:
        raise InputError(f"{title} has a heading and no rows")
    for i, cells in others:
        if len(cells) != len(headings):
            raise InputError(
                f"{title}, line {i}: {len(cells)} values for the {len(headings)} columns {', '.join(headings)}"
            )
    columns = {heading: [cells[k] for _, cells in others] for k, heading in enumerate(headings)}
    return Table(title, columns, [i for i, _ in others], comments, {name: unit for name, unit in given if unit})


def read_wide(path: str | os.PathLike[str], what: str) -> tuple[Table, NDArray[np.float64], NDArray[np.float64]]:
    """A table with a row a curve: its named columns, and the grid (m,) and values (n, m) of those headed by a number.

    `InputError` as of `read_table`, or for fewer than 2 columns headed by numbers.
    """
    import numpy as np

    title = f"{what} {path}"
    lines = read_text(path, what, _MAX_BYTES).splitlines()
    rows = [(i, line) for i, line in enumerate(lines, start=1) if line.strip() and not _is_comment(line)]
    if len(rows) < 2:
        raise InputError(f"{title} has no rows; allowed are a heading and a row a curve")
    delimiter = next((mark for mark in ",;\t" if mark in rows[0][1]), ",")
    first, *others = ((i, _cells(title, i, line, delimiter)) for i, line in rows)
    points = [k for k, text in enumerate(first[1]) if _NUMBER.fullmatch(text)]
    named = {k: heading_of(title, first[0], text, (), None) for k, text in enumerate(first[1]) if k not in points}
    names = [name for name, _ in named.values()]
    if len(points) < 2:
        raise InputError(
            f"{title}, line {first[0]}: {len(points)} headings are numbers; allowed are 2 or more, the grid"
        )
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"{title}, line {first[0]}: column {name} stands twice")
    for i, cells in others:
        if len(cells) != len(first[1]):
            raise InputError(f"{title}, line {i}: {len(cells)} values for the {len(first[1])} columns")
    columns = {name: [cells[k] for _, cells in others] for k, (name, _) in named.items()}
    numbers = [i for i, _ in others]
    grid = {first[1][k]: [cells[k] for _, cells in others] for k in points}
    values = Table(title, grid, numbers)
    table = Table(title, columns, numbers, (), {name: unit for name, unit in named.values() if unit})
    return table, np.array([float(x) for x in grid]), np.array([values.numbers(x) for x in grid]).T


def write_points(path: str | os.PathLike[str], points: Sequence[Point], comments: Sequence[str] = ()) -> None:
    """Points of one space of inputs, a row each below the names of the inputs, whole or not at all.

    Comments stand above, each behind a #. Such a table of compositions is a design. `InputError` if the folder is
    missing.
    """
    names = points[0].space.names
    lines = [f"# {''.join(c if c.isprintable() else ' ' for c in text)}" for text in comments]
    lines += [",".join(names), *(",".join(f"{value:.10g}" for value in one.values) for one in points)]
    with writing(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")


def _cells(title: str, number: int, line: str, delimiter: str) -> list[str]:
    if delimiter == " ":
        return line.split()
    try:
        (cells,) = csv.reader([line], delimiter=delimiter, strict=True)
    except (csv.Error, ValueError) as error:
        raise InputError(f"{title}, line {number}: {error}") from None
    texts = [cell.strip() for cell in cells]
    if delimiter == ",":
        return texts
    return [text.replace(",", ".") if re.fullmatch(r"[+-]?\d+,\d+([eE][+-]?\d+)?", text) else text for text in texts]


def heading_of(
    title: str, number: int, text: str, names: Iterable[str], units: Mapping[str, tuple[str, ...]] | None
) -> tuple[str, str]:
    """Name of a column, and its unit where one stands there; `InputError` for a unit that is not allowed."""
    found = _HEADING.fullmatch(text)
    if found is None:
        raise InputError(f"{title}, line {number}: {text!r} is no name of a column; allowed are {', '.join(names)}")
    unit = (found["unit"] or "").strip("[]()/ ")
    if units is None:
        return str(found["name"]), unit
    own = units.get(found["name"], ())
    if unit.lower() not in (*own, *_ANY):
        allowed = f"{own[0]}, or no unit" if own else "no unit"
        raise InputError(f"{title}, line {number}: {found['name']} is in {unit!r}; allowed is {allowed}")
    return str(found["name"]), unit


def _lammps(title: str, lines: Sequence[str], comments: tuple[str, ...]) -> Table:
    """What `fix ave/time ... mode vector` wrote of `compute rdf`: one block of rows `number r g coordination`."""
    data = [(i, line.split()) for i, line in enumerate(lines, start=1) if line.strip() and not _is_comment(line)]
    if not data or len(data[0][1]) != 2 or not data[0][1][1].isdigit():
        raise InputError(f"{title} is no RDF of LAMMPS: step and number of rows are missing")
    count = int(data[0][1][1])
    if len(data) > count + 1:
        raise InputError(f"{title}, line {data[count + 1][0]}: a second moment; allowed is one (ave running overwrite)")
    rows = data[1:]
    if len(rows) != count or not count:
        raise InputError(f"{title} has {len(rows)} rows; its head has {count}")
    for i, cells in rows:
        if len(cells) != 4:
            raise InputError(f"{title}, line {i}: {len(cells)} values; allowed are 4: number, r, g, coordination")
    columns = {"r": [cells[1] for _, cells in rows], "g": [cells[2] for _, cells in rows]}
    return Table(title, columns, [i for i, _ in rows], comments)
