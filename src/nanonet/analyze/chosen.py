"""Which particles and frames of trajectory files count, and the unit of what is measured on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nanonet.analyze.frames import Batch
from nanonet.analyze.lengths import PER_NM, length
from nanonet.analyze.selection import load_topology, named_nps, select
from nanonet.analyze.source import UNITS, Source, in_file
from nanonet.analyze.sources import open_files
from nanonet.errors import InputError, check_whole
from nanonet.formats.frame import Frame
from nanonet.formats.text_frames import in_frame


@dataclass(frozen=True, eq=False)
class Chosen:
    """Particles and frames of trajectory files.

    Attributes
    ----------
    source:
        The files.
    frames:
        Numbers of the frames that count.
    nps, others:
        Numbers of the NPs, and of a second kind or None.
    of_file, unit:
        Length unit of the files, and of results: `sigma`, `nm` or `A`.
    scale:
        By what lengths in the files are multiplied.
    """

    source: Source
    frames: range
    nps: NDArray[np.int64]
    others: NDArray[np.int64] | None
    of_file: str
    unit: str
    scale: float

    def length(self, name: str, text: str | None) -> float | None:
        """A length of a text in the unit of results, None of none; `InputError` names it where that cannot be."""
        if text is None:
            return None
        value, own = length(name, text)
        if own in (None, self.unit):
            return value
        if own == "sigma" or self.of_file == "sigma":
            raise InputError(f"{name} = {text}: lengths are in {self.unit}, and the length of a sigma is not known")
        return value * PER_NM[self.of_file] / PER_NM[own] * self.scale

    def batches(self, size: int) -> Iterator[Batch]:
        """The frames, some at a time; `InputError` for what is not finite, flat, or the same as the frame before."""
        kept: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
        steps: list[int | None] = []
        n = len(self.nps)
        wanted = self.nps if self.others is None else np.concatenate([self.nps, self.others])
        before = None
        flat = np.ones(3, dtype=bool)
        with in_file(self.source.name):
            numbered = zip(self.frames, self.source.read(self.frames), strict=True)
            for done, (number, frame) in enumerate(numbered, start=1):
                points = frame.positions[wanted]
                with in_frame(number):
                    _check(frame, points, before)
                before = points
                flat &= np.ptp(points, axis=0) == 0
                if done == len(self.frames) and flat.any() and len(wanted) > 2:
                    axis = "xyz"[int(np.argmax(flat))]
                    raise InputError(f"all particles have one {axis}; allowed are three dimensions")
                kept.append((points * self.scale, frame.box * self.scale))
                steps.append(frame.step)
                if len(kept) == size or done == len(self.frames):
                    positions, boxes = (np.array(values) for values in zip(*kept, strict=True))
                    others = None if self.others is None else positions[:, n:]
                    yield Batch(positions[:, :n], boxes, others, tuple(steps))
                    kept, steps = [], []


def choose(
    paths: Sequence[Path],
    *,
    topology: Path | None = None,
    selection: str | None = None,
    cross: str | None = None,
    units: str | None = None,
    sigma: str | None = None,
    first: int = 0,
    last: int | None = None,
    every: int = 1,
    wanted: str | None = None,
) -> Chosen:
    """Open one trajectory file, or several that follow one another, and choose particles and frames.

    Parameters
    ----------
    paths, topology:
        Trajectory files, and a file that says what their particles are.
    selection, cross:
        The NPs in MDAnalysis's language, by default those of type or name `NP` or all of one type; and a second kind.
    units:
        What lengths in the file are, a key of `source.UNITS`; not needed where the format says it.
    sigma:
        Length of a sigma, as `0.5nm`: results are then in sigma.
    first, last, every:
        Frames that count, by their numbers from 0; the last one included.
    wanted:
        Unit that results must have; None: sigma where it is known, else the unit of the file.

    Raises
    ------
    InputError
        A value or a file cannot be used; the text names it.

    Examples
    --------
    >>> chosen = choose([Path("run1/trajectory.gsd")], first=10)
    >>> len(chosen.frames), len(chosen.nps), chosen.unit
    (30, 18, 'sigma')
    """
    source = open_files(paths)
    of_file = _file_unit(source, units)
    unit, scale = _result_unit(source, of_file, sigma, wanted)
    chosen = _frames(source, first, last, every)
    nps, others = _particles(source, topology, selection, cross)
    return Chosen(source, chosen, nps, others, of_file, unit, scale)


def _file_unit(source: Source, units: str | None) -> str:
    """Length unit of a file."""
    allowed = ", ".join(source.units)
    if units is None:
        if source.default is None:
            raise InputError(
                f"units of {source.name} are not given and the format does not say them; allowed are {allowed}"
            )
        return UNITS[source.default]
    if units not in source.units:
        raise InputError(f"units = {units!r} is not one of those that {source.name} can have: {allowed}")
    return UNITS[units]


def _result_unit(source: Source, of_file: str, sigma: str | None, wanted: str | None) -> tuple[str, float]:
    """Unit of the results, and by what lengths in the file are multiplied."""
    if sigma is None:
        if wanted in (None, of_file):
            return of_file, 1.0
        if wanted in PER_NM and of_file in PER_NM:
            return wanted, PER_NM[wanted] / PER_NM[of_file]
        hint = "; needed is --sigma, the length of a sigma" if wanted == "sigma" else ""
        raise InputError(f"lengths in {source.name} are in {of_file}, those of the dataset in {wanted}{hint}")
    if of_file == "sigma":
        raise InputError(
            f"sigma = {sigma}: lengths in the file are in sigma; allowed is it with units real, metal, nm, A"
        )
    if wanted not in (None, "sigma"):
        raise InputError(f"sigma = {sigma}: lengths would be in sigma, those of the dataset are in {wanted}")
    value, unit = length("sigma", sigma)
    if unit not in PER_NM:
        raise InputError(f"sigma = {sigma} has no unit; allowed are nm and A, as 0.5nm")
    return "sigma", PER_NM[unit] / PER_NM[of_file] / value


def _frames(source: Source, first: int, last: int | None, every: int) -> range:
    check_whole("first", first, 0, source.frames - 1)
    check_whole("last", source.frames - 1 if last is None else last, first, source.frames - 1)
    check_whole("every", every, 1, source.frames)
    return range(first, source.frames if last is None else last + 1, every)


def _particles(
    source: Source, topology: Path | None, selection: str | None, cross: str | None
) -> tuple[NDArray[np.int64], NDArray[np.int64] | None]:
    """Numbers of the NPs, and of the second kind."""
    universe = None if topology is None else load_topology(topology, source)
    if universe is None and (selection is not None or cross is not None):
        universe = source.universe()
    if selection is not None:
        nps = select(universe, selection)
    elif universe is not None:
        atoms = universe.atoms
        labels = ([*map(str, getattr(atoms, name))] if hasattr(atoms, name) else None for name in ("types", "names"))
        nps = named_nps(source.name, *labels)
    else:
        nps = named_nps(source.name, source.first.types)
    if cross is None:
        return nps, None
    others = select(universe, cross)
    if (both := np.intersect1d(nps, others)).size:
        raise InputError(f"cross = {cross!r} shares {both.size} particles with the NPs; allowed are two kinds apart")
    return nps, others


def _check(frame: Frame, points: NDArray[np.float64], before: NDArray[np.float64] | None) -> None:
    if not np.isfinite(points).all():
        raise InputError("the position of a particle is not finite")
    if not (np.isfinite(frame.box).all() and frame.box[:3].min() > 0):
        raise InputError(f"its box has edges {frame.box[:3].tolist()}; allowed are edges above 0")
    if not frame.step and before is not None and np.array_equal(points, before):
        raise InputError("all positions are those of the frame before: it stands doubled")
