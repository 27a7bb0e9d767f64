"""GSD files -> frames, one at a time."""

from __future__ import annotations

from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from nanonet.analyze.source import Source, checked, risen, universe_of
from nanonet.errors import InputError
from nanonet.formats.frame import Frame
from nanonet.formats.text_frames import in_frame

_MAX_PARTICLES = 1 << 28


def open_gsd(path: Path) -> Source:
    """The frames of a GSD file."""
    import gsd.hoomd

    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise InputError("its path is not UTF-8 text, which the reader of GSD files needs") from None
    with gsd.hoomd.open(str(path), "r") as file:
        if not len(file):
            raise InputError("it is empty; allowed are one frame or more")
        _check_size(file)
        head = file[0]
        if head.configuration.dimensions != 3:
            raise InputError(f"the box has {head.configuration.dimensions} dimensions; allowed are 3")
        risen([int(_chunk(file.file, i, "configuration/step", [0])[0]) for i in range(len(file))])
        first, total = _gsd_frame(file, 0, head), len(file)
        diameters = np.asarray(head.particles.diameter, dtype=np.float64)

    def frames(chosen: Container[int]) -> Iterator[Frame]:
        with gsd.hoomd.open(str(path), "r") as file:
            base = file[0]
            for number in range(total):
                if number in chosen:
                    with in_frame(number):
                        yield _gsd_frame(file, number, base, first)

    def read(chosen: Container[int]) -> Iterator[Frame]:
        return checked(str(path), first, chosen, frames(chosen), total)

    return Source(str(path), total, first, read, lambda: universe_of(first), default="lj", diameters=diameters)


def _check_size(file: Any) -> None:
    for i in range(len(file)):
        particles = int(_chunk(file.file, i, "particles/N", [0])[0])
        if particles > _MAX_PARTICLES:
            raise InputError(f"frame {i} has {particles} particles; allowed are {_MAX_PARTICLES:,}")


def _chunk(source: Any, i: int, name: str, default: Any) -> Any:
    """What a frame holds, or else what frame 0 holds, or else the default."""
    own = next((k for k in (i, 0) if source.chunk_exists(frame=k, name=name)), None)
    return default if own is None else source.read_chunk(frame=own, name=name)


_FIXED = ("particles/N", "particles/types", "particles/typeid", "configuration/dimensions")


def _gsd_frame(file: Any, i: int, base: Any, first: Frame | None = None) -> Frame:
    if first is None or any(file.file.chunk_exists(frame=i, name=name) for name in _FIXED):
        base = file[i]
        names = list(base.particles.types)
        types = tuple(names[k] for k in base.particles.typeid)
        if base.configuration.dimensions != 3:
            raise InputError(f"the box has {base.configuration.dimensions} dimensions; allowed are 3")
    else:
        types = first.types or ()
    x, y, z, xy, xz, yz = np.asarray(_chunk(file.file, i, "configuration/box", base.configuration.box), np.float64)
    positions = _chunk(file.file, i, "particles/position", base.particles.position)
    with np.errstate(invalid="ignore"):  # what is not finite is refused later
        points = np.asarray(positions, dtype=np.float64)
    return Frame(int(_chunk(file.file, i, "configuration/step", [0])[0]), np.array([x, y, z, xy * y, xz * z, yz * z]),
                 points, types)  # fmt: skip
