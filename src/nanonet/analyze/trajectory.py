"""NP trajectories: positions of the NPs and the box, frame by frame."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nanonet.errors import InputError


@dataclass(frozen=True, eq=False)
class Trajectory:
    """NP positions over time in an orthogonal periodic box that may fluctuate.

    Parameters
    ----------
    positions:
        Array (frames, n, 3) in sigma, wrapped or not.
    boxes:
        Box edges (frames, 3) in sigma.

    Raises
    ------
    InputError
        No frame, fewer than 2 NPs, wrong shapes, values that are not finite, or an edge that is not above 0.
    """

    positions: NDArray[np.float64]
    boxes: NDArray[np.float64]

    def __post_init__(self) -> None:
        for name in ("positions", "boxes"):
            object.__setattr__(self, name, _array(name, getattr(self, name)))
        if self.positions.ndim != 3 or self.positions.shape[2] != 3:
            raise InputError(f"positions have shape {self.positions.shape}; allowed is (frames, n, 3)")
        if self.boxes.shape != (len(self.positions), 3):
            raise InputError(f"boxes have shape {self.boxes.shape}; allowed is ({len(self.positions)}, 3)")
        if not len(self.positions):
            raise InputError("the trajectory has no frames")
        if self.positions.shape[1] < 2:
            raise InputError(f"the trajectory has {self.positions.shape[1]} NPs; a pair needs 2 or more")
        if self.boxes.min() <= 0:
            raise InputError(f"a box edge is {self.boxes.min():g}; allowed is above 0")

    @property
    def volumes(self) -> NDArray[np.float64]:
        """Volume of the box in each frame (frames,), sigma^3."""
        return np.asarray(self.boxes.prod(axis=1))


def read(path: str | os.PathLike[str]) -> Trajectory:
    """Read a GSD trajectory: its particles of type `NP`, or all of them where there is one type only.

    Raises
    ------
    InputError
        The file is missing, empty, cut short, or no GSD file; the box is tilted; the number of NPs changes.
    """
    import gsd.hoomd

    path = Path(path)
    if not path.is_file():
        raise InputError(f"trajectory {path} does not exist")
    positions, boxes = [], []
    try:
        with gsd.hoomd.open(str(path), "r") as file:
            for frame in file:
                edges = np.asarray(frame.configuration.box, dtype=np.float64)
                if np.any(edges[3:]):
                    raise InputError("the box is tilted; allowed are orthogonal boxes")
                positions.append(np.asarray(frame.particles.position, dtype=np.float64)[_nps(frame.particles)])
                boxes.append(edges[:3])
        if not positions:
            raise InputError("the trajectory has no frames")
        if len({len(p) for p in positions}) > 1:
            raise InputError("the number of NPs changes from frame to frame")
        return Trajectory(np.array(positions), np.array(boxes))
    except (InputError, OSError, RuntimeError, KeyError) as error:
        raise InputError(f"trajectory {path} cannot be used: {error}") from None


def _nps(particles: object) -> NDArray[np.bool_]:
    types = list(particles.types)  # type: ignore[attr-defined]
    ids = np.asarray(particles.typeid)  # type: ignore[attr-defined]
    if "NP" in types:
        return np.asarray(ids == types.index("NP"))
    if len(types) == 1:
        return np.ones(len(ids), dtype=bool)
    raise InputError(f"particle types are {types}; one must be called NP")


def _array(name: str, values: ArrayLike) -> NDArray[np.float64]:
    array = np.array(values, dtype=np.float64)
    if not np.isfinite(array).all():
        raise InputError(f"{name} have values that are not finite")
    array.flags.writeable = False
    return array
