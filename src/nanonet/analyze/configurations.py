"""Whole configurations: polymer and NPs at one moment, as `simulate` writes them."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nanonet.errors import InputError
from nanonet.formats import lammps_dump

_MONOMER, _NP = 1, 2  # types in our decks


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

    Examples
    --------
    >>> box = np.array([20.0, 20.0, 20.0])
    >>> Configuration(0, box, np.zeros((5, 40, 3)), np.zeros((2, 3))).monomers.shape
    (5, 40, 3)
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
    r"""Read a LAMMPS dump (`.lammpstrj` or `.lammpstrj.gz`) of one configuration, its particles in any order.

    Types are those of our decks: 1 a monomer, 2 an NP; beads of a chain (`mol`) are bonded in the order of their ids.

    Raises
    ------
    InputError
        The file is missing, cut short, or has other columns than id mol type x y z ix iy iz; the box is tilted or not
        periodic; there is more than one moment in it; an id stands twice; a type is not 1 or 2; chains differ.

    Examples
    --------
    >>> from pathlib import Path
    >>> head = "ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n3\nITEM: BOX BOUNDS pp pp pp\n0 9\n0 9\n0 9\n"
    >>> text = "ITEM: ATOMS id mol type x y z ix iy iz\n1 1 1 1 1 1 0 0 0\n2 1 1 2 1 1 0 0 0\n3 0 2 5 5 5 0 0 0\n"
    >>> _ = Path("one.lammpstrj").write_text(head + text, encoding="utf-8")
    >>> read("one.lammpstrj").monomers.shape  # chains, beads, xyz
    (1, 2, 3)
    """
    frame = lammps_dump.read_one(path)
    try:
        return _sorted(frame.step, frame.edges, frame.rows)
    except InputError as error:
        raise InputError(f"configuration {path} cannot be used: {error}") from None


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
