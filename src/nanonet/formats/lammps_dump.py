"""Particles as LAMMPS writes them (dump style custom): frames of text, one after the other in a file.

A frame is nine lines of header (step, number of particles, box, columns) and a line a particle.
"""

from __future__ import annotations

import gzip
import io
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nanonet.errors import InputError
from nanonet.formats.atomic import writing
from nanonet.formats.reading import read_bytes

NP_COLUMNS = "id x y z ix iy iz"
"""Of the frames of NPs alone."""

ALL_COLUMNS = "id mol type x y z ix iy iz"
"""Of whole configurations."""

_HEADER = 9
_START = b"ITEM: TIMESTEP\n"
_BOX = b"ITEM: BOX BOUNDS pp pp pp"
_MAX_BYTES = 1 << 30


@dataclass(frozen=True, eq=False)
class Frame:
    """Particles at one moment in an orthogonal periodic box.

    Attributes
    ----------
    step:
        Step of the run.
    bounds:
        Ends of the box (3, 2), sigma.
    rows:
        Columns of the particles (n, c), by their ids.
    """

    step: int
    bounds: NDArray[np.float64]
    rows: NDArray[np.float64]

    @property
    def edges(self) -> NDArray[np.float64]:
        """Box edges (3,), sigma."""
        return np.asarray(self.bounds[:, 1] - self.bounds[:, 0])


def complete(content: bytes) -> Iterator[bytes]:
    """Texts of the complete frames of a dump; whatever else stands between, truncated frames too, is passed over."""
    for text in content.split(_START)[1:]:
        lines = text.split(b"\n")
        try:
            count = int(lines[2])
            columns = len(lines[_HEADER - 2].split()) - 2  # behind ITEM: ATOMS
            rows = lines[_HEADER - 1 : -1]
        except (IndexError, ValueError):
            continue
        if lines[-1] == b"" and len(rows) == count and all(len(row.split()) == columns for row in rows):
            yield _START + text


def step_of(text: bytes) -> int:
    """Step of the text of a frame."""
    return int(text.split(b"\n", 2)[1])


def parse(text: bytes, columns: str) -> Frame:
    """The frame of a text.

    Raises
    ------
    InputError
        It has other columns, more than one frame, another number of particles than in its header, or a box that is
        tilted or not periodic; what is no such text at all.
    """
    lines = text.splitlines()
    try:
        found = lines[_HEADER - 1].decode()
        if found != f"ITEM: ATOMS {columns}":
            raise InputError(f"its columns are {found!r}; allowed is {columns}")
        if lines[4].split() != _BOX.split():
            raise InputError(
                f"its box is {lines[4].decode()!r}; allowed is an orthogonal periodic one, BOX BOUNDS pp pp pp"
            )
        if (count := lines.count(_START.strip())) > 1:
            raise InputError(f"it has {count} moments; allowed is 1")
        bounds = np.array([line.split() for line in lines[5:8]], dtype=np.float64).reshape(3, 2)
        rows = np.array(b" ".join(lines[_HEADER:]).split(), dtype=np.float64).reshape(-1, len(columns.split()))
        if len(rows) != int(lines[3]):
            raise InputError(f"it has {len(rows)} particles, its header has {lines[3].decode()}")
        return Frame(int(lines[1]), bounds, rows[np.argsort(rows[:, 0], kind="stable")])
    except InputError:
        raise
    except (ValueError, IndexError) as error:
        raise InputError(str(error)) from None


def read_frames(path: str | os.PathLike[str], columns: str = NP_COLUMNS) -> Iterator[Frame]:
    """The complete frames of a dump; `InputError` for one that is not as `parse` wants it."""
    path = Path(path)
    try:
        for text in complete(path.read_bytes()):
            yield parse(text, columns)
    except InputError as error:
        raise InputError(f"{path} is no dump of our deck: {error}") from None


def drop_torn_frames(path: Path) -> None:
    """Take out of a dump what is not a complete frame: what a killed LAMMPS, or a full disk, cut short."""
    if not path.exists():
        return
    content = path.read_bytes()
    whole = b"".join(complete(content))
    if whole != content:
        with writing(path) as temporary:
            temporary.write_bytes(whole)


def pack(path: Path, particles: int) -> None:
    """Compress a file of one frame of so many particles, beside it; a truncated one is left out. The file goes."""
    content = path.read_bytes()
    if content.count(b"\n") == _HEADER + particles:
        with writing(path.with_name(path.name + ".gz")) as temporary:
            temporary.write_bytes(gzip.compress(content, compresslevel=6, mtime=0))
    path.unlink()


def read_one(path: str | os.PathLike[str], columns: str = ALL_COLUMNS) -> Frame:
    """The frame of a file (`.lammpstrj` or `.lammpstrj.gz`) that holds one.

    Raises
    ------
    InputError
        The file is missing, cut short, unpacks to more than 1 GiB, or is not as `parse` wants it.
    """
    path = Path(path)
    content = read_bytes(path, "configuration")
    try:
        return parse(_unpacked(content) if path.suffix == ".gz" else content, columns)
    except ValueError as error:
        raise InputError(f"configuration {path} cannot be used: {error}") from None


def _unpacked(content: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            unpacked = file.read(_MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"it cannot be unpacked: {error}") from None
    if len(unpacked) > _MAX_BYTES:
        raise InputError(f"it unpacks to more than {_MAX_BYTES:,} bytes")
    return unpacked
