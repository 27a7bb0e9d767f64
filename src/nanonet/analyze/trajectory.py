"""NP trajectories: positions of the NPs and the box, frame by frame."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nanonet.analyze.source import risen
from nanonet.errors import InputError

_MAX_BYTES = 1 << 32  # positions in single precision


@dataclass(frozen=True, eq=False)
class Trajectory:
    """NP positions over time in an orthogonal periodic box that may fluctuate.

    Parameters
    ----------
    positions:
        Array (frames, n, 3) in sigma, wrapped or not.
    boxes:
        Box edges (frames, 3) in sigma.
    diameter:
        NP diameter (sigma), None where it is not known.
    steps:
        Step of each frame; empty where they are not known.

    Raises
    ------
    InputError
        No frame, fewer than 2 NPs, wrong shapes, values that are not finite, or an edge that is not above 0.

    Examples
    --------
    >>> Trajectory(np.zeros((2, 5, 3)), np.full((2, 3), 20.0)).volumes
    array([8000., 8000.])
    """

    positions: NDArray[np.float64]
    boxes: NDArray[np.float64]
    diameter: float | None = None
    steps: tuple[int, ...] = ()

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

    In a file that gives all frames the step 0 steps are not known.

    Raises
    ------
    InputError
        The file is missing, empty, cut short, or no GSD file; the box is tilted or not in three dimensions; the number
        of NPs changes; frames are doubled or out of order; or they take more than 4 GiB.

    Examples
    --------
    >>> read("run1/trajectory.gsd").positions.shape
    (40, 18, 3)
    """
    import gsd.hoomd

    path = Path(path)
    if not path.is_file():
        raise InputError(f"trajectory {path} does not exist or is no file")
    try:
        with gsd.hoomd.open(str(path), "r") as file:
            if not len(file):
                raise InputError("the trajectory has no frames")
            _check_size(file, 0)
            first = file[0]
            frames = [_frame(first)]
            for i in range(1, len(file)):
                moved = _moved(file.file, i, first)
                if moved is None:
                    _check_size(file, i)
                    moved = _frame(file[i])
                frames.append(moved)
        if len({len(positions) for _, positions, _ in frames}) > 1:
            raise InputError("the number of NPs changes from frame to frame")
        steps = risen([step for step, _, _ in frames])
        boxes = np.array([edges for _, _, edges in frames])
        positions = np.array([positions for _, positions, _ in frames])
        return Trajectory(positions, boxes, _diameter(first), steps)
    except (InputError, OSError, RuntimeError, LookupError, ValueError, TypeError, MemoryError) as error:
        raise InputError(f"trajectory {path} cannot be used: {error}") from None


def _check_size(file: Any, i: int) -> None:
    """Refuse frames that unpack to more than `_MAX_BYTES`: a frame without positions of its own is free."""
    source = file.file
    own = next((k for k in (i, 0) if source.chunk_exists(frame=k, name="particles/N")), None)
    particles = 0 if own is None else int(source.read_chunk(frame=own, name="particles/N")[0])
    if 12 * particles * len(file) > _MAX_BYTES:
        raise InputError(f"{len(file)} frames of {particles} particles; allowed are {_MAX_BYTES:,} bytes in all")


def _moved(source: Any, i: int, first: Any) -> tuple[int, NDArray[np.float64], NDArray[np.float64]] | None:
    """As `_frame`, of a frame with the particles of the first one (five times as fast); None where they are others."""
    own = {name: source.chunk_exists(frame=i, name=name) for name in (*_FIXED, *_MOVING)}
    if any(own[name] for name in _FIXED):
        return None
    step, box, position = (source.read_chunk(frame=i, name=name) if own[name] else None for name in _MOVING)
    edges = _edges(first.configuration.box if box is None else box)
    with np.errstate(invalid="ignore"):  # what is not finite is refused below
        positions = np.asarray(first.particles.position if position is None else position, dtype=np.float64)
    return int(first.configuration.step if step is None else step[0]), positions[_nps(first.particles)], edges


_FIXED = ("particles/N", "particles/types", "particles/typeid", "configuration/dimensions")
_MOVING = ("configuration/step", "configuration/box", "particles/position")


def _edges(box: Any) -> NDArray[np.float64]:
    edges = np.asarray(box, dtype=np.float64)
    if np.any(edges[3:]):
        raise InputError("the box is tilted; allowed are orthogonal boxes")
    return edges[:3]


def _frame(frame: Any) -> tuple[int, NDArray[np.float64], NDArray[np.float64]]:
    """Step, positions of the NPs (n, 3), box edges (3,)."""
    edges = _edges(frame.configuration.box)
    if frame.configuration.dimensions != 3:
        raise InputError(f"the box has {frame.configuration.dimensions} dimensions; allowed are 3")
    with np.errstate(invalid="ignore"):  # what is not finite is refused below
        positions = np.asarray(frame.particles.position, dtype=np.float64)[_nps(frame.particles)]
    return int(frame.configuration.step), positions, edges


def _diameter(frame: Any) -> float | None:
    """Diameter that all NPs have in common; GSD's default, 1, says nothing."""
    found = np.unique(np.asarray(frame.particles.diameter, dtype=np.float64)[_nps(frame.particles)])
    return float(found[0]) if len(found) == 1 and np.isfinite(found[0]) and found[0] > 0 and found[0] != 1 else None


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
