"""Trajectories in text: LAMMPS dumps with any columns and extended XYZ, plain or compressed (.gz, .zst).

A file is read twice: `scan` finds the frames and whether all are whole, `read` gives the particles of those wanted.
Neither keeps more than a frame.
"""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Container, Iterator
from contextlib import contextmanager
from itertools import count, islice
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nanonet.errors import InputError
from nanonet.formats.frame import Frame, upright

_PERIODIC = re.compile(rb"ITEM: BOX BOUNDS (xy xz yz )?pp pp pp")
_ITEMS = re.compile(rb"ITEM: (TIMESTEP|NUMBER OF ATOMS|UNITS|TIME|BOX BOUNDS|ATOMS)\b")
_KEY = re.compile(r"(\w+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|\{([^}]*)\}|(\S+))")
_PLACES = ("xu", "yu", "zu"), ("x", "y", "z"), ("xsu", "ysu", "zsu"), ("xs", "ys", "zs")
_MAX_LINE = 1 << 16


class Scan(NamedTuple):
    """What the headers of a file say."""

    steps: tuple[int | None, ...]
    """Step of each frame, None where it is not given."""
    units: str | None
    """Unit style that a dump declares, or None."""


class _Header(NamedTuple):
    particles: int
    step: int | None = None
    units: str | None = None
    box: tuple[bytes, ...] = ()
    columns: tuple[str, ...] = ()
    """Of a dump the names of the columns, of XYZ its line of properties."""


def is_dump(name: str) -> bool:
    """Whether a name is that of a LAMMPS dump, compressed or not."""
    return bool(re.search(r"\.(lammpstrj|lammpsdump|dump)(\.gz|\.zst)?$", name.lower()))


def is_xyz(name: str) -> bool:
    """Whether a name is that of an extended XYZ file, compressed or not."""
    return bool(re.search(r"\.(xyz|extxyz)(\.gz|\.zst)?$", name.lower()))


def scan(path: Path) -> Scan:
    """Look at the headers of all frames of a file.

    Raises
    ------
    InputError
        The file cannot be read, has no frame, is no such file, or a frame is cut short.
    """
    steps: list[int | None] = []
    units = None
    for header, rows in _frames(path):
        lines, line = 0, b""
        for line in rows:  # noqa: B007  # the last one is looked at
            lines += 1
        if lines < header.particles or not line.endswith(b"\n"):
            with in_frame(len(steps)):
                raise InputError(f"it is cut short: {lines} lines, the last not whole, of {header.particles} particles")
        units = units or header.units
        steps.append(header.step)
    if not steps:
        raise InputError("it has no whole frame; allowed are one or more")
    return Scan(tuple(steps), units)


def read(path: Path, chosen: Container[int]) -> Iterator[Frame]:
    """The chosen frames of a file, by their numbers from 0, particles in the order of their ids where they have some.

    Raises
    ------
    InputError
        As `scan`; a box that is not periodic, missing columns, a text in place of a number, or an id twice.
    """
    parse = _dump_frame if is_dump(path.name) else _xyz_frame
    for number, (header, rows) in enumerate(_frames(path)):
        if number in chosen:
            with in_frame(number):
                yield parse(header, b"".join(rows))
        else:
            for _ in rows:
                pass


@contextmanager
def in_frame(number: int) -> Iterator[None]:
    """Name the frame in a message."""
    try:
        yield
    except InputError as error:
        raise InputError(f"frame {number}: {error}") from None


def _frames(path: Path) -> Iterator[tuple[_Header, Iterator[bytes]]]:
    """Header of each frame, and the lines of its particles, all of which are to be read before the next."""
    header_of = _dump_header if is_dump(path.name) else _xyz_header
    with _opened(path) as file:
        for number in count():
            with in_frame(number):
                if (header := header_of(file)) is None:
                    return
                yield header, islice(file, header.particles)


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """The unpacked bytes of a file."""
    if path.suffix == ".gz":
        with gzip.open(path, "rb") as file:
            yield file  # type: ignore[misc]  # it has what is used
    elif path.suffix == ".zst":
        import zstandard

        with (
            path.open("rb") as packed,
            zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True) as one,
        ):
            yield io.BufferedReader(one, 1 << 20)
    else:
        with path.open("rb") as file:
            yield file


def _line(file: IO[bytes]) -> bytes:
    line = file.readline(_MAX_LINE)
    if not line.endswith(b"\n"):
        raise InputError("it is cut short, or no such file, in its header" if line else "it is cut short in its header")
    return line.strip()


def _number(text: bytes, what: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InputError(f"{what} = {text[:40].decode(errors='replace')!r} is not a whole number") from None


def _dump_header(file: IO[bytes]) -> _Header | None:
    step: int | None = None
    particles: int | None = None
    units: str | None = None
    box: tuple[bytes, ...] = ()
    first = file.readline(_MAX_LINE)
    if not first:
        return None
    line = first.strip()
    while True:
        if (item := _ITEMS.match(line)) is None:
            raise InputError(
                f"its header has {line[:60].decode(errors='replace')!r}; allowed are ITEMs of LAMMPS dumps"
            )
        if item[1] == b"ATOMS":
            if particles is None or not box:
                raise InputError("its header lacks the number of atoms or the box")
            return _Header(particles, step, units, box, tuple(line.decode(errors="replace").split()[2:]))
        if item[1] == b"BOX BOUNDS":
            box = (line, *(_line(file) for _ in range(3)))
        else:
            value = _line(file)
            if item[1] == b"TIMESTEP":
                step = _number(value, "TIMESTEP")
            elif item[1] == b"NUMBER OF ATOMS":
                particles = _number(value, "NUMBER OF ATOMS")
            elif item[1] == b"UNITS":
                units = value.decode(errors="replace")
        line = _line(file)


def _dump_frame(header: _Header, body: bytes) -> Frame:
    names = header.columns
    columns = _columns(header, body, len(names))
    if "id" not in names:
        raise InputError(f"its columns are {' '.join(names)}; id is needed: LAMMPS writes particles in any order")
    places = next((one for one in _PLACES if set(one) <= set(names)), None)
    if places is None:
        raise InputError(f"its columns are {' '.join(names)}; allowed are positions as x y z, xu, xs or xsu")
    ids = _numbers("id", columns[names.index("id")]).astype(np.int64)
    order = np.argsort(ids, kind="stable")
    ids = ids[order]
    if len(ids) and (twice := ids[1:][np.diff(ids) == 0]).size:
        raise InputError(f"id = {twice[0]} stands twice")
    box, low = _dump_box(header.box)
    positions = np.stack([_numbers(name, columns[names.index(name)]) for name in places], axis=1)[order]
    if places[0].startswith("xs"):
        (x, y, z, xy, xz, yz) = box
        positions = positions @ np.array([[x, 0, 0], [xy, y, 0], [xz, yz, z]])
    else:
        positions -= low
    label = "type" if "type" in names else "element" if "element" in names else None
    types = None
    if label is not None:
        texts = columns[names.index(label)]
        types = tuple(texts[i].decode(errors="replace") for i in order)
    return Frame(header.step, box, positions, types, tuple(ids.tolist()))


def _dump_box(lines: tuple[bytes, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Edges and tilts (6,), and the corner (3,) where the box vectors start."""
    shape = b" ".join(lines[0].split())
    if (found := _PERIODIC.fullmatch(shape)) is None:
        raise InputError(
            f"its box is {shape.decode(errors='replace')!r}; allowed are periodic ones, BOX BOUNDS [xy xz yz] pp pp pp"
        )
    rows = [_numbers("BOX BOUNDS", line.split()) for line in lines[1:]]
    if any(len(row) != (3 if found[1] else 2) for row in rows):
        raise InputError("the lines of its box have other than as many numbers as its heading says")
    edges = [float(row[1] - row[0]) for row in rows]
    xy, xz, yz = (float(row[2]) for row in rows) if found[1] else (0.0, 0.0, 0.0)
    # LAMMPS gives the ends of the upright box that holds it
    left, lower = min(0.0, xy, xz, xy + xz), min(0.0, yz)
    edges[0] -= max(0.0, xy, xz, xy + xz) - left
    edges[1] -= max(0.0, yz) - lower
    low = np.array([float(row[0]) for row in rows]) - (left, lower, 0.0)
    return np.array([*edges, xy, xz, yz]), low


def _xyz_header(file: IO[bytes]) -> _Header | None:
    first = file.readline(_MAX_LINE)
    if not first.strip():
        if first and file.read(_MAX_LINE).strip():
            raise InputError("a blank line stands where a number of particles is allowed")
        return None
    particles = _number(first.strip(), "number of particles")
    comment = _line(file).decode(errors="replace")
    keys = {
        found[1].lower(): next((x for x in found.groups()[1:] if x is not None), "") for found in _KEY.finditer(comment)
    }
    step = keys.get("step", keys.get("timestep"))
    box = (keys.get("lattice", "").encode(), keys.get("pbc", "T T T").encode())
    columns = tuple(keys.get("properties", "species:S:1:pos:R:3").split(":"))
    return _Header(particles, None if step is None else _number(step.encode(), "step"), None, box, columns)


def _xyz_frame(header: _Header, body: bytes) -> Frame:
    lattice, periodic = header.box
    if not lattice:
        raise InputError('it has no Lattice="..." in its second line; g(r) needs a periodic box')
    if periodic.split() != [b"T"] * 3:
        raise InputError(f"pbc = {periodic.decode()!r}; allowed is a box that is periodic in all directions, T T T")
    places, width = {}, 0
    try:
        for name, size in zip(header.columns[::3], header.columns[2::3], strict=True):
            places[name] = width
            width += int(size)
    except ValueError:
        raise InputError(f"Properties = {':'.join(header.columns)!r}; allowed are name:kind:number thrice") from None
    if "pos" not in places:
        raise InputError(f"Properties = {':'.join(header.columns)!r} lacks pos:R:3")
    columns = _columns(header, body, width)
    positions = np.stack([_numbers("pos", columns[places["pos"] + axis]) for axis in range(3)], axis=1)
    vectors = _numbers("Lattice", lattice.split())
    if len(vectors) != 9:
        raise InputError(f"Lattice has {len(vectors)} numbers; allowed are 9")
    species = columns[places["species"]] if "species" in places else None
    types = None if species is None else tuple(one.decode(errors="replace") for one in species)
    return Frame(header.step, *upright(vectors.reshape(3, 3), positions), types)


def _columns(header: _Header, body: bytes, width: int) -> list[list[bytes]]:
    words = body.split()
    if len(words) != header.particles * width or body.count(b"\n") != header.particles:
        raise InputError(f"it has {len(words)} values for {header.particles} particles of {width} columns")
    return [words[column::width] for column in range(width)]


def _numbers(name: str, texts: list[bytes]) -> NDArray[np.float64]:
    try:
        found = np.array(texts, dtype=np.float64)
    except ValueError as error:
        raise InputError(f"{name} holds a text that is not a number: {error}") from None
    if not np.isfinite(found).all():
        raise InputError(f"{name} = {texts[int(np.argmin(np.isfinite(found)))].decode()!r} is not a finite number")
    return found
