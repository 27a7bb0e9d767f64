"""A curve in a CSV file: x, y, and its error or the ends of its band; of an RDF the NPs' diameter and density too."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nanonet.curve import G_R, OPTIONAL, Curve, Quantity
from nanonet.errors import InputError
from nanonet.formats.atomic import writing
from nanonet.formats.tables import UNITS, Table, read_table
from nanonet.rdf import RDF, curve_of
from nanonet.structure_factor import S_Q

_CALLED = {G_R: "RDF", S_Q: "structure factor"}
_ROUNDING = 1e-9

_VALUE = re.compile(r"(diameter|density) = (\S+)")
# What versions before wrote in one line; a name of a file stands at another place in it
_BEFORE = re.compile(r"nanonet: (?:predicted|measured) for D=(?P<diameter>\S+) N=\d+ rho=(?P<density>\S+) eps_nn=")
_BEFORE_TRAJECTORY = re.compile(r"nanonet: measured from .*, density (?P<density>\S+)")


class TabulatedCurve(NamedTuple):
    """What the file of a curve says."""

    curve: Curve
    diameter: float | None
    """NP diameter D (sigma), None where the file does not say."""
    density: float | None
    """NPs a volume (sigma^-3), None where the file does not say."""
    reordered: bool = False
    """Whether its rows did not stand in the order of x."""


class Tabulated(NamedTuple):
    """What the file of an RDF says."""

    rdf: RDF
    diameter: float | None
    """NP diameter D (sigma), None where the file does not say."""
    density: float | None
    """NPs a volume (sigma^-3), None where the file does not say."""


def write_curve(
    path: str | os.PathLike[str],
    curve: Curve,
    comment: str,
    diameter: float | None = None,
    density: float | None = None,
    unit: str | None = None,
) -> None:
    """Write columns x, y by their names, error, and for a prediction with a band its ends; what is not known is empty.

    Diameter and density stand above as lines `# diameter = 3`; `InputError` if the folder is missing. Headings name
    units other than those of Lennard-Jones, as `t [ns]`. `unit` is that of the abscissa where it is not the quantity's,
    as r of an RDF in nm: such a table is not read back, since all g(r) that is read is in sigma.
    """
    banded = curve.low is not None and curve.high is not None
    lines = [f"# nanonet: {''.join(c if c.isprintable() else ' ' for c in comment)}"]
    lines += [f"# {name} = {x:.10g}" for name, x in (("diameter", diameter), ("density", density)) if x is not None]
    if curve.error is None:
        lines.append("# low, high: 90 % band" if banded else "# error bars not known")
    q = curve.quantity
    own = q.x_unit if unit is None else unit
    heading = q.x if own == "1" or (q in _CALLED and own == q.x_unit) else f"{q.x} [{own}]"
    lines.append(f"{heading},{q.name}{'' if q.unit == '1' else f' [{q.unit}]'},error" + (",low,high" if banded else ""))
    for i, (x, y) in enumerate(zip(curve.x, curve.y, strict=True)):
        error = "" if curve.error is None else format(curve.error[i], ".6g")
        ends = "" if curve.low is None or curve.high is None else f",{curve.low[i]:.6g},{curve.high[i]:.6g}"
        lines.append(f"{x:.6g},{y:.6g},{error}{ends}")
    with writing(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_rdf(path: str | os.PathLike[str]) -> Tabulated:
    """RDF of a file of `write_curve`, or of any table with r, g, and error or low, high; see `read_curve`.

    A row at r = 0 where g is 0 is left out: r are centres of bins.
    """
    found = read_curve(path, G_R)
    assert isinstance(found.curve, RDF)
    return Tabulated(found.curve, found.diameter, found.density)


def read_curve(path: str | os.PathLike[str], quantity: Quantity, sort: bool = False) -> TabulatedCurve:
    """Curve of a file of `write_curve`, or of any table with its two columns, and error or low, high (`tables`).

    Without a heading the columns are x, y and error. Values below the bound of the quantity by no more than rounding
    (a billionth of the largest) are set to the bound. With `sort` rows may stand in any order of x, as in digitised
    curves.

    Raises
    ------
    InputError
        The file is missing or is no such table, a unit is not the quantity's, or the values are no curve of it; the
        file, the line and what is allowed are named.
    """
    q, names = quantity, (quantity.x, quantity.name, *OPTIONAL)
    y_units = () if q.unit == "1" else (q.unit,)
    units = {q.x: UNITS[q.x] if q in _CALLED else (q.x_unit,)} | dict.fromkeys(names[1:], y_units)
    table = read_table(path, _CALLED.get(q, f"curve of {q.name}"), names, units, names[:3])
    known = _values(table)
    curve, reordered = _curve(table, q, sort)
    return TabulatedCurve(curve, known.get("diameter"), known.get("density"), reordered)


def _curve(table: Table, q: Quantity, sort: bool) -> tuple[Curve, bool]:
    """The curve, and whether its rows were sorted."""
    names = (q.x, q.name, *OPTIONAL)
    for name in (q.x, q.name):
        if name not in table.columns:
            known, allowed = ", ".join(table.columns), ", ".join(names)
            raise InputError(f"{table.title} has columns {known}; allowed are {allowed}, needed {q.x} and {q.name}")
    found = {name: table.optional(name) for name in names}
    for name in (q.x, q.name):
        if found[name] is None:
            raise InputError(f"{table.title}, line {table.lines[0]}: {name} is empty")
    columns = {name: np.array(values) for name, values in found.items() if values is not None}
    lines, back = np.array(table.lines), np.flatnonzero(np.diff(columns[q.x]) <= 0)
    if back.size and not sort:
        before, after = columns[q.x][back[0]], columns[q.x][back[0] + 1]
        raise InputError(f"{table.title}, line {lines[back[0] + 1]}: {q.x} = {after:g} does not rise above {before:g}")
    if back.size:
        order = np.argsort(columns[q.x], kind="stable")
        columns, lines = {name: values[order] for name, values in columns.items()}, lines[order]
    if q == G_R and columns["r"][0] == 0 and columns["g"][0] == 0:
        columns, lines = {name: values[1:] for name, values in columns.items()}, lines[1:]
    x, y = columns.pop(q.x), columns.pop(q.name)
    y = np.where((y < q.low) & (y > q.low - _ROUNDING * np.abs(y).max(initial=0.0)), q.low, y)
    try:
        return curve_of(q, x, y, **columns), bool(back.size)
    except InputError as error:
        raise InputError(f"{table.title} cannot be used: {_with_line(str(error), lines.tolist())}") from None


def _with_line(text: str, lines: Sequence[int]) -> str:
    """A message about `g[3]` with the line of the file in its place, of those that the values stand on."""
    found = re.match(r"(\w+)\[(\d+)\]", text)
    if found is None:
        return text
    return f"line {lines[int(found[2])]}: {found[1]}{text[found.end() :]}"


def _values(table: Table) -> dict[str, float]:
    """Diameter and density, where nanonet wrote them as values."""
    found: dict[str, str] = {}
    for comment in table.comments:
        if one := _VALUE.fullmatch(comment):
            found.setdefault(one[1], one[2])
    head = next((comment for comment in table.comments if comment.startswith("nanonet: ")), "")
    for pattern, whole in ((_BEFORE, False), (_BEFORE_TRAJECTORY, True)):
        if not found and (one := pattern.fullmatch(head) if whole else pattern.match(head)):
            found = one.groupdict()
    values = {}
    for name, text in found.items():
        try:
            values[name] = float(text)
        except ValueError:
            raise InputError(f"{table.title}: {name} = {text!r} is not a number") from None
    return values


def is_table(source: str) -> bool:
    """Whether a name is that of a table rather than of a dataset."""
    return Path(source).suffix.lower() not in ("", ".nc", ".nc4", ".h5", ".hdf5")
