"""Whole configurations: polymer and NPs at one moment, as `simulate` writes them."""

from __future__ import annotations

import gzip
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nanonet.errors import InputError

_COLUMNS = "id mol type x y z ix iy iz"
_HEADER = 9


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
    """Read a LAMMPS dump (`.lammpstrj` or `.lammpstrj.gz`) of one configuration with ordered particles.

    Raises
    ------
    InputError
        The file is missing, cut short, or has other columns than id mol type x y z ix iy iz.
    """
    path = Path(path)
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        lines = content.decode().splitlines()
        if lines[8] != f"ITEM: ATOMS {_COLUMNS}":
            raise InputError(f"its columns are {lines[8]!r}; allowed is {_COLUMNS}")
        bounds = np.array([line.split()[:2] for line in lines[5:8]], dtype=np.float64)
        rows = np.array(" ".join(lines[_HEADER:]).split(), dtype=np.float64).reshape(-1, 9)
        if len(rows) != int(lines[3]):
            raise InputError(f"it has {len(rows)} particles, its header says {lines[3]}")
        monomer = rows[:, 2] == 1
        chains = len(np.unique(rows[monomer, 1]))
        monomers = rows[monomer, 3:6].reshape(chains, -1, 3) if chains else np.empty((0, 1, 3))
        return Configuration(int(lines[1]), bounds[:, 1] - bounds[:, 0], monomers, rows[~monomer, 3:6])
    except (OSError, EOFError, ValueError, IndexError) as error:
        raise InputError(f"configuration {path} cannot be used: {error}") from None
