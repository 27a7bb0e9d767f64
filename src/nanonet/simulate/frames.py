"""The NP frames that LAMMPS wrote as text become a GSD trajectory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import gsd.hoomd
import numpy as np
from numpy.typing import NDArray

from nanonet.errors import InputError, SimulationError
from nanonet.formats import lammps_dump

_T = TypeVar("_T")


def recorded_steps(dump: Path, trajectory: Path) -> set[int]:
    """Steps of the complete frames of a dump and of the trajectory of an earlier segment.

    Examples
    --------
    >>> len(recorded_steps(Path("none.lammpstrj"), Path("run1/trajectory.gsd")))
    40
    """
    found = {lammps_dump.step_of(text) for text in lammps_dump.complete(dump.read_bytes())} if dump.exists() else set()
    if trajectory.exists():
        found |= _opened(trajectory, lambda file: {int(frame.configuration.step) for frame in file})
    return found


def last_step(trajectory: Path) -> int:
    """Step of the last frame of a trajectory; `InputError` when it cannot be read.

    Examples
    --------
    >>> last_step(Path("run1/trajectory.gsd"))
    2500
    """
    return _opened(trajectory, lambda file: int(file[-1].configuration.step))


def _opened(trajectory: Path, read: Callable[[Any], _T]) -> _T:
    """What `read` takes out of a trajectory; `InputError` when that is damaged, or no regular file."""
    try:
        if not trajectory.is_file():
            raise InputError("it is not a regular file")
        with gsd.hoomd.open(str(trajectory), "r") as file:
            return read(file)
    except (InputError, OSError, RuntimeError, LookupError, ValueError, TypeError, MemoryError) as error:
        raise InputError(f"trajectory {trajectory} cannot be used: {error}; run in another folder") from None


def convert(
    dump: Path, trajectory: Path, steps: Iterable[int], diameter: float, mass: float, earlier: Path | None = None
) -> None:
    r"""Write the frames of a dump at the given steps as GSD, each once; of a step that stands twice the last counts.

    Positions are wrapped into a box centred on 0, image flags kept. Steps that the dump lacks are taken from an
    `earlier` trajectory, where there is one.

    Raises
    ------
    SimulationError
        A step is missing.
    InputError
        The earlier trajectory cannot be read.

    Examples
    --------
    >>> head = "ITEM: TIMESTEP\n100\nITEM: NUMBER OF ATOMS\n1\nITEM: BOX BOUNDS pp pp pp\n0 9\n0 9\n0 9\n"
    >>> text = head + "ITEM: ATOMS id x y z ix iy iz\n1 1 2 3 0 0 0\n"
    >>> _ = Path("nps.lammpstrj").write_text(text, encoding="utf-8")
    >>> convert(Path("nps.lammpstrj"), Path("nps.gsd"), [100], diameter=3.0, mass=27.0)
    """
    try:
        found = {frame.step: frame for frame in lammps_dump.read_frames(dump)} if dump.exists() else {}
    except InputError as error:
        raise SimulationError(str(error)) from None
    before: dict[int, gsd.hoomd.Frame] = {}
    if earlier is not None and earlier.exists():
        before = _opened(earlier, lambda file: {int(frame.configuration.step): frame for frame in file})
    missing = [step for step in steps if step not in found and step not in before]
    if missing:
        raise SimulationError(
            f"{dump} lacks {len(missing)} frames, the first at step {missing[0]}; the same command runs them again"
        )
    with gsd.hoomd.open(str(trajectory), "w") as file:
        for step in steps:
            file.append(
                before[step]
                if step not in found
                else _frame(step, found[step].bounds, found[step].rows, diameter, mass)
            )


def write(
    trajectory: Path, steps: Sequence[int], box: float, positions: NDArray[np.float64], diameter: float, mass: float
) -> None:
    """Write positions (frames, n, 3) of NPs in a cube from 0 to `box` as GSD, wrapped, with image flags.

    Examples
    --------
    >>> write(Path("nps.gsd"), [0, 100], 10.0, np.zeros((2, 1, 3)), diameter=3.0, mass=27.0)
    >>> last_step(Path("nps.gsd"))
    100
    """
    fractions = positions / box
    images = np.floor(fractions)
    inside = ((fractions - images - 0.5) * box).astype(np.float32)
    atoms = np.zeros((positions.shape[1], 7))
    atoms[:, 1:4] = positions[0]
    with gsd.hoomd.open(str(trajectory), "w") as file:
        file.append(_frame(steps[0], np.array([[0.0, box]] * 3), atoms, diameter, mass))
        for step, now, image in zip(steps[1:], inside[1:], images[1:].astype(np.int32), strict=True):
            # what does not change is not written again; `append`, which looks for it, takes ten times as long
            file.file.write_chunk("configuration/step", np.array([step], dtype=np.uint64))
            file.file.write_chunk("particles/position", now)
            file.file.write_chunk("particles/image", image)
            file.file.end_frame()


def _frame(
    step: int, bounds: NDArray[np.float64], atoms: NDArray[np.float64], diameter: float, mass: float
) -> gsd.hoomd.Frame:
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
    return frame
