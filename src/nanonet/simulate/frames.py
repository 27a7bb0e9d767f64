"""The NP frames that LAMMPS wrote as text become a GSD trajectory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import gsd.hoomd
import numpy as np
from numpy.typing import NDArray

from nanonet.errors import SimulationError

_HEADER = 9  # lines before the atoms of a frame in a LAMMPS dump


def drop_torn_frame(dump: Path) -> None:
    """Cut a dump off behind its last complete frame: what a killed LAMMPS was still writing goes."""
    if not dump.exists():
        return
    os.truncate(dump, max((end for _, _, end in _read(dump)), default=0))


def convert(dump: Path, trajectory: Path, steps: Iterable[int], diameter: float, mass: float) -> None:
    """Write the frames of a dump at the given steps as GSD, each once; of a step that stands twice the last counts.

    Positions are wrapped into a box centred on 0, image flags kept.

    Raises
    ------
    SimulationError
        A step is missing.
    """
    found = {step: (box, atoms) for step, (box, atoms), _ in _read(dump)} if dump.exists() else {}
    missing = [step for step in steps if step not in found]
    if missing:
        raise SimulationError(f"{dump} lacks {len(missing)} frames, the first at step {missing[0]}")
    with gsd.hoomd.open(str(trajectory), "w") as file:
        for step in steps:
            bounds, atoms = found[step]
            edges = bounds[:, 1] - bounds[:, 0]
            fractions = (atoms[:, 1:4] - bounds[:, 0]) / edges
            shift = np.floor(fractions)
            frame = gsd.hoomd.Frame()
            frame.configuration.step = step
            frame.configuration.box = [*edges, 0.0, 0.0, 0.0]
            frame.particles.N = len(atoms)
            frame.particles.types = ["NP"]
            frame.particles.position = (fractions - shift - 0.5) * edges
            frame.particles.image = (atoms[:, 4:7] + shift).astype(np.int32)
            frame.particles.diameter = np.full(len(atoms), diameter)
            frame.particles.mass = np.full(len(atoms), mass)
            file.append(frame)


def _read(dump: Path) -> Iterator[tuple[int, tuple[NDArray[np.float64], NDArray[np.float64]], int]]:
    """Complete frames of a dump: step, (bounds (3, 2), atoms (n, 7): id x y z ix iy iz), and the byte behind it."""
    with dump.open("rb") as file:
        while True:
            header = [file.readline() for _ in range(_HEADER)]
            if not header[-1].endswith(b"\n") or not header[0].startswith(b"ITEM: TIMESTEP"):
                return
            lines = [file.readline() for _ in range(int(header[3]))]
            if lines and not lines[-1].endswith(b"\n"):
                return
            bounds = np.array([line.split()[:2] for line in header[5:8]], dtype=np.float64)
            atoms = np.array([line.split() for line in lines], dtype=np.float64).reshape(len(lines), -1)
            yield int(header[1]), (bounds, atoms), file.tell()
