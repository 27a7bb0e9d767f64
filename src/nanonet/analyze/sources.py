"""Trajectory files of LAMMPS, HOOMD, GROMACS and others -> frames, by the endings of their names."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from pathlib import Path

from nanonet.analyze.gsd_source import open_gsd
from nanonet.analyze.mdanalysis_sources import open_data, open_dcd, open_trr, open_xtc
from nanonet.analyze.source import UNITS, Order, Source, checked, in_file, risen, universe_of
from nanonet.errors import InputError
from nanonet.formats import text_frames
from nanonet.formats.frame import Frame

SUFFIXES = ".gsd, .lammpstrj, .lammpsdump, .dump, .xyz, .extxyz (these also with .gz and .zst), .data, .xtc, .trr, .dcd"
_OPENING = {".gsd": open_gsd, ".xtc": open_xtc, ".trr": open_trr, ".dcd": open_dcd, ".data": open_data}
_LAMMPS_STYLES = ("lj", "real", "metal")


def is_trajectory(name: str) -> bool:
    """Whether a name has the ending of a trajectory.

    Examples
    --------
    >>> is_trajectory("nps.lammpstrj.gz"), is_trajectory("rdf.csv")
    (True, False)
    """
    return text_frames.is_dump(name) or text_frames.is_xyz(name) or Path(name).suffix.lower() in _OPENING


def open_files(paths: Sequence[Path]) -> Source:
    """The frames of one file, or of several in the order in which they are given.

    Raises
    ------
    InputError
        A file is missing, of another format, empty, cut short, or has frames doubled or out of order; or the files
        are of different units or systems.

    Examples
    --------
    >>> open_files([Path("run1/trajectory.gsd")]).frames
    40
    """
    sources = [open_file(path) for path in paths]
    if len(sources) == 1:
        return sources[0]
    head = sources[0]
    for one in sources[1:]:
        if (one.units, one.default) != (head.units, head.default):
            raise InputError(f"{one.name} and {head.name} are of different formats or units; allowed is one for all")

    def read(chosen: Container[int]) -> Iterator[Frame]:
        before, order = 0, Order()
        for one in sources:
            inner = [number for number in range(one.frames) if before + number in chosen]
            for number, frame in zip(inner, one.read(set(inner)), strict=True):
                with in_file(one.name), text_frames.in_frame(number):
                    order.check(frame.step)
                yield frame
            before += one.frames

    name = f"{head.name} and {len(sources) - 1} more"
    frames = sum(one.frames for one in sources)
    return Source(name, frames, head.first, read, head.universe, head.units, head.default, head.diameters)


def open_file(path: Path) -> Source:
    """The frames of a file; `InputError` as `open_files`.

    Examples
    --------
    >>> open_file(Path("run1/trajectory.gsd")).frames
    40
    """
    if not path.is_file():
        raise InputError(f"trajectory {path} does not exist or is no file")
    suffix = path.suffix.lower()
    with in_file(str(path)):
        if not path.stat().st_size:
            raise InputError("it is empty; allowed are one frame or more")
        if text_frames.is_dump(path.name) or text_frames.is_xyz(path.name):
            return _text(path)
        opening = _OPENING.get(suffix)
        if opening is None:
            raise InputError(f"files {suffix or 'without an ending'} are not known; allowed are {SUFFIXES}")
        return opening(path)


def _text(path: Path) -> Source:
    found = text_frames.scan(path)
    risen(found.steps)
    units: tuple[str, ...] = tuple(UNITS)
    if found.units is not None:
        if found.units not in _LAMMPS_STYLES:
            raise InputError(f"its units are {found.units!r}; allowed are {', '.join(_LAMMPS_STYLES)}")
        units = (found.units,)
    first = next(text_frames.read(path, {0}))
    total = len(found.steps)

    def read(chosen: Container[int]) -> Iterator[Frame]:
        return checked(str(path), first, chosen, text_frames.read(path, chosen), total)

    return Source(str(path), total, first, read, lambda: universe_of(first), units, found.units)
