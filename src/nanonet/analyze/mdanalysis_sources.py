"""XTC, TRR, DCD and LAMMPS data files -> frames, by MDAnalysis's readers."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanonet.analyze import xtc_process
from nanonet.analyze.source import UNITS, Order, Source, checked, quiet, universe_of
from nanonet.errors import InputError
from nanonet.formats.frame import Frame, upright
from nanonet.formats.text_frames import in_frame


def open_xtc(path: Path) -> Source:
    """The frames of an XTC file, read in a process of its own (`xtc_process`)."""
    with _xtc_process(path) as (total, end, _):
        if end != path.stat().st_size:
            raise InputError(f"it is cut short: {total} frames are whole, and part of one follows")

    def frames(chosen: Container[int]) -> Iterator[Frame]:
        order = Order()
        with _xtc_process(path) as (_, _, rows):
            for number, (step, box, positions) in enumerate(rows):
                with in_frame(number):
                    order.check(int(step))
                    if number in chosen:
                        yield Frame(int(step), *upright(box, positions))

    return _binary(path, total, frames, ("nm", "lj"), "nm")


@contextmanager
def _xtc_process(path: Path) -> Iterator[tuple[int, int, Iterator[Any]]]:
    """Number of frames, bytes up to their end, and rows of step, box (3, 3) and positions (n, 3)."""
    words = [sys.executable, "-P", "-W", "ignore", xtc_process.__file__, os.path.abspath(path)]  # noqa: PTH100
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None

        def read(kind: np.dtype[Any]) -> Any:
            content = process.stdout.read(kind.itemsize)  # type: ignore[union-attr]  # it was asked for
            if len(content) == kind.itemsize:
                return np.frombuffer(content, kind)[0]
            said = process.stderr.read().decode(errors="replace").strip().splitlines()[-1:]  # type: ignore[union-attr]
            reason = f"the reader ends by signal {-status}" if (status := process.wait()) < 0 else " ".join(said)
            raise InputError(f"it is cut short, damaged, or no such file: {reason}")

        try:
            total, end, n = read(np.dtype("(3,)i8")).tolist()
            row = np.dtype([("step", "i8"), ("box", "f4", (3, 3)), ("x", "f4", (n, 3))])
            yield total, end, (read(row) for _ in range(total))
        finally:
            process.kill()


def open_trr(path: Path) -> Source:
    """The frames of a TRR file; no file of offsets is left beside it."""
    with quiet():
        from MDAnalysis.lib.formats.libmdaxdr import TRRFile
    try:
        with TRRFile(str(path)) as file:
            total = len(file)
            file.seek(total - 1)
            file.read()
            if file._bytes_tell() != path.stat().st_size:
                raise InputError(f"it is cut short: {total} frames are whole, and part of one follows")
    except OSError as error:
        raise InputError(f"it is cut short, damaged, or no such file: {error}") from None

    def frames(chosen: Container[int]) -> Iterator[Frame]:
        order = Order()
        with TRRFile(str(path)) as file:
            for number in range(total):
                with in_frame(number):
                    try:
                        one = file.read()
                    except OSError as error:
                        raise InputError(f"it is cut short or damaged: {error}") from None
                    order.check(int(one.step))
                    if number in chosen:
                        if not one.hasx:
                            raise InputError("it has no positions")
                        yield Frame(int(one.step), *upright(one.box, one.x))

    return _binary(path, total, frames, ("nm", "lj"), "nm")


def open_dcd(path: Path) -> Source:
    """The frames of a DCD file."""
    with quiet():
        from MDAnalysis.coordinates.DCD import DCDReader
        from MDAnalysis.lib.formats.libdcd import DCDFile
    total = _dcd_frames(path)
    try:
        DCDFile(str(path)).close()  # where this fails, DCDReader prints a traceback as it goes
    except OSError as error:
        raise InputError(f"it is damaged, or no DCD file: {error}") from None

    def frames(chosen: Container[int]) -> Iterator[Frame]:
        with quiet(), DCDReader(str(path), convert_units=False) as file:
            for number in range(total):
                if number in chosen:
                    with in_frame(number):
                        ts = file[number]
                        yield Frame(None, *upright(_vectors(ts.dimensions), ts.positions))

    return _binary(path, total, frames, tuple(UNITS), None)


def _dcd_frames(path: Path) -> int:
    """Number of frames of a DCD file, by its size; MDAnalysis passes over one that is cut short."""
    with path.open("rb") as file:
        head = file.read(100)
        order = next((one for one in "<>" if head[:8] == struct.pack(f"{one}i4s", 84, b"CORD")), None)
        if order is None or len(head) < 100:
            raise InputError("it is cut short, or no DCD file")
        numbers = struct.unpack(f"{order}20i", head[8:88])
        (title,) = struct.unpack(f"{order}i", head[92:96])
        file.seek(92 + 8 + title + 4)
        particles = struct.unpack(f"{order}i", file.read(4).rjust(4, b"\0"))[0]
    if numbers[8]:
        raise InputError(f"{numbers[8]} of its particles are fixed; allowed are files that hold all in each frame")
    start, cell, axes = 92 + 8 + title + 12, 56 if numbers[10] else 0, 4 if numbers[11] else 3
    total, rest = divmod(path.stat().st_size - start, cell + axes * (8 + 4 * particles))
    if rest or particles < 1 or total < numbers[0]:
        raise InputError(f"it is cut short: its header says {numbers[0]} frames, {max(total, 0)} are whole")
    return int(total)


def _vectors(dimensions: Any) -> NDArray[np.float64]:
    """Box vectors (3, 3) of edges and angles in degrees."""
    if dimensions is None or not np.all(np.asarray(dimensions) > 0):
        raise InputError("it has no box; g(r) needs a periodic one")
    a, b, c, *angles = (float(x) for x in dimensions)
    alpha, beta, gamma = (0.0 if angle == 90 else float(np.cos(np.radians(angle))) for angle in angles)
    sine = np.sqrt(1.0 - gamma**2)
    lean = (alpha - beta * gamma) / sine
    rest = 1.0 - beta**2 - lean**2
    if not rest > 0:
        raise InputError(f"the angles of its box are {angles}; they span no volume")
    return np.array([[a, 0, 0], [b * gamma, b * sine, 0], [c * beta, c * lean, c * np.sqrt(rest)]])


def open_data(path: Path) -> Source:
    """The one frame of a LAMMPS data file."""
    universe = data_universe(path)
    with quiet():
        ts = universe.trajectory.ts
        first = Frame(
            None, *upright(_vectors(ts.dimensions), ts.positions), tuple(universe.atoms.types),
            tuple(universe.atoms.ids.tolist()),
        )  # fmt: skip

    def read(chosen: Container[int]) -> Iterator[Frame]:
        return iter([first] if 0 in chosen else [])

    return Source(str(path), 1, first, read, lambda: universe)


def data_universe(path: Path) -> Any:
    """Universe of a LAMMPS data file, whose columns are those of the style that it names."""
    with path.open(encoding="utf-8", errors="replace") as file:
        style = next((found[1] for line in file if (found := re.match(r"\s*Atoms\s*#\s*(\w+)", line))), None)
    if style not in _STYLES:
        raise InputError(
            f"the heading of its atoms names the style {style}; allowed is `Atoms # STYLE` with STYLE one of "
            f"{', '.join(_STYLES)}"
        )
    with quiet():
        import MDAnalysis

        return MDAnalysis.Universe(
            str(path), format="DATA", topology_format="DATA", atom_style=_STYLES[style], convert_units=False
        )


_STYLES = {
    "atomic": "id type x y z",
    "charge": "id type charge x y z",
    "bond": "id resid type x y z",
    "angle": "id resid type x y z",
    "molecular": "id resid type x y z",
    "full": "id resid type charge x y z",
}


def _binary(
    path: Path,
    total: int,
    frames: Callable[[Container[int]], Iterator[Frame]],
    units: tuple[str, ...],
    default: str | None,
) -> Source:
    if not total:
        raise InputError("it is empty; allowed are one frame or more")
    first = next(frames({0}))

    def read(chosen: Container[int]) -> Iterator[Frame]:
        return checked(str(path), first, chosen, frames(chosen), total)

    return Source(str(path), total, first, read, lambda: universe_of(first), units, default)
