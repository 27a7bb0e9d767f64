"""Whole configurations: polymer and NPs at one moment, as `simulate` writes them."""

from __future__ import annotations

import gzip
import io
import os
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nanonet.errors import InputError
from nanonet.reading import read_bytes

_COLUMNS = "id mol type x y z ix iy iz"
_HEADER = 9
_MONOMER, _NP = 1, 2  # types in our decks
_MAX_BYTES = 1 << 30


@dataclass(frozen=True, eq=False)
class Configuration:
    """All particles at one moment in an orthogonal periodic box.

    Attributes
    ----------
    step:
        Step of the run.
    box:
        Box edges (3,), sigma.
    monomers:
        Positions (chains, beads, 3), sigma, wrapped into the box or not.
    nps:
        Positions (n, 3), sigma.
    """

    step: int
    box: NDArray[np.float64]
    monomers: NDArray[np.float64]
    nps: NDArray[np.float64]

    @property
    def chains(self) -> NDArray[np.float64]:
        """Monomers (chains, beads, 3) with every chain in one piece: no bond spans the box."""
        steps = np.diff(self.monomers, axis=1)
        steps -= self.box * np.rint(steps / self.box)
        return np.concatenate([self.monomers[:, :1], self.monomers[:, :1] + np.cumsum(steps, axis=1)], axis=1)


def read(path: str | os.PathLike[str]) -> Configuration:
    """Read a LAMMPS dump (`.lammpstrj` or `.lammpstrj.gz`) of one configuration, its particles in any order.

    Types are those of our decks: 1 a monomer, 2 an NP; beads of a chain (`mol`) are bonded in the order of their ids.

    Raises
    ------
    InputError
        The file is missing, cut short, or has other columns than id mol type x y z ix iy iz; the box is tilted or not
        periodic; there is more than one moment in it; an id stands twice; a type is not 1 or 2; chains differ.
    """
    path = Path(path)
    try:
        lines = _content(path).decode().splitlines()
        if lines[8] != f"ITEM: ATOMS {_COLUMNS}":
            raise InputError(f"its columns are {lines[8]!r}; allowed is {_COLUMNS}")
        if lines[4].split() != ["ITEM:", "BOX", "BOUNDS", "pp", "pp", "pp"]:
            raise InputError(f"its box is {lines[4]!r}; allowed is an orthogonal periodic one, BOX BOUNDS pp pp pp")
        if lines.count("ITEM: TIMESTEP") > 1:
            raise InputError(f"it has {lines.count('ITEM: TIMESTEP')} moments; allowed is 1")
        bounds = np.array([line.split() for line in lines[5:8]], dtype=np.float64).reshape(3, 2)
        rows = np.array(" ".join(lines[_HEADER:]).split(), dtype=np.float64).reshape(-1, 9)
        if len(rows) != int(lines[3]):
            raise InputError(f"it has {len(rows)} particles, its header says {lines[3]}")
        return _sorted(int(lines[1]), bounds[:, 1] - bounds[:, 0], rows)
    except (ValueError, IndexError) as error:
        raise InputError(f"configuration {path} cannot be used: {error}") from None


def _content(path: Path) -> bytes:
    """Content of a dump, unpacked; a small file that unpacks to a huge one is refused."""
    content = read_bytes(path, "configuration")
    if path.suffix != ".gz":
        return content
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            unpacked = file.read(_MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"it cannot be unpacked: {error}") from None
    if len(unpacked) > _MAX_BYTES:
        raise InputError(f"it unpacks to more than {_MAX_BYTES:,} bytes")
    return unpacked


def _sorted(step: int, box: NDArray[np.float64], rows: NDArray[np.float64]) -> Configuration:
    """A configuration from rows (n, 9): chains by their number, beads and NPs by their ids."""
    if not (np.isfinite(rows).all() and np.isfinite(box).all() and (box > 0).all()):
        raise InputError("it has numbers that are not finite, or a box edge that is not above 0")
    if len(np.unique(rows[:, 0])) < len(rows):
        raise InputError("an id stands more than once")
    monomer = rows[:, 2] == _MONOMER
    if not (monomer | (rows[:, 2] == _NP)).all():
        kinds = ", ".join(f"{kind:g}" for kind in np.unique(rows[:, 2]))
        raise InputError(f"its types are {kinds}; allowed are {_MONOMER} (monomers) and {_NP} (NPs)")
    beads, nps = rows[monomer], rows[~monomer]
    beads = beads[np.lexsort((beads[:, 0], beads[:, 1]))]
    _, lengths = np.unique(beads[:, 1], return_counts=True)
    if len(set(lengths.tolist())) > 1:
        raise InputError(f"its chains have {lengths.min()} to {lengths.max()} beads; allowed is one length")
    monomers = beads[:, 3:6].reshape(len(lengths), -1, 3) if len(lengths) else np.empty((0, 1, 3))
    return Configuration(step, box, monomers, nps[np.argsort(nps[:, 0]), 3:6])
