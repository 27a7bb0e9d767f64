"""Trajectory files -> RDF, density, and how far they can be trusted, a few frames at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nanonet.analyze.equilibrium import assess, statistics_of
from nanonet.analyze.frames import Batch, batch_size
from nanonet.analyze.lengths import PER_NM, length
from nanonet.analyze.neighbours import GAPS, Neighbours
from nanonet.analyze.pairs import Measurement, measure_batches
from nanonet.analyze.selection import load_topology, named_nps, select
from nanonet.analyze.source import UNITS, Source, in_file
from nanonet.analyze.sources import open_files
from nanonet.errors import InputError, check_whole
from nanonet.formats.frame import Frame
from nanonet.formats.text_frames import in_frame
from nanonet.rdf import BINS, R_MAX
from nanonet.records import Convergence

_MAX_BINS = 100_000
_MAX_FOLLOWED = 2_000  # NPs: all pairs are looked at


@dataclass(frozen=True, eq=False)
class FileMeasurement:
    """What is measured on the NPs of trajectory files.

    Attributes
    ----------
    measured:
        g(r) and density, lengths in `unit`.
    unit:
        `sigma`, or the unit of the file, `nm` or `A`, where the length of a sigma is not known.
    frames:
        Number of frames that count.
    others:
        Number of particles of the second kind, None where there is one kind only.
    diameter:
        NP diameter in `unit`, None where it is not known.
    verdict:
        Drift, memory and convergence as of our own runs, or None.
    no_verdict:
        Why there is none, in words; empty where there is one.
    notes:
        What was left out when the frames were read, in words.
    """

    measured: Measurement
    unit: str
    frames: int
    others: int | None
    diameter: float | None
    verdict: Convergence | None
    no_verdict: str
    notes: tuple[str, ...]


def measure_files(
    paths: Sequence[Path],
    *,
    topology: Path | None = None,
    selection: str | None = None,
    cross: str | None = None,
    units: str | None = None,
    sigma: str | None = None,
    r_max: str | None = None,
    bins: int = BINS,
    first: int = 0,
    last: int | None = None,
    every: int = 1,
    diameter: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> FileMeasurement:
    """RDF and density of NPs in one trajectory file, or in several that follow one another.

    Memory does not grow with the number of frames, but for a few numbers a frame.

    Parameters
    ----------
    paths, topology:
        Trajectory files, and a file that says what their particles are.
    selection, cross:
        The NPs in MDAnalysis's language, by default those of type or name `NP` or all of one type; and a second kind,
        g then is that between the two.
    units:
        What lengths in the file are, a key of `sources.UNITS`; not needed where the format says it.
    sigma:
        Length of a sigma, as `0.5nm`: results are then in sigma.
    r_max, bins:
        End of the grid, by default 10 sigma, and number of bins.
    first, last, every:
        Frames that count, by their numbers from 0; the last one included.
    diameter:
        NP diameter, for the verdict.
    progress:
        Called with the frames done and all.

    Raises
    ------
    InputError
        A value or a file cannot be used; the text names it.
    """
    check_whole("bins", bins, 1, _MAX_BINS)
    source = open_files(paths)
    of_file = _file_unit(source, units)
    unit, scale = _result_unit(of_file, sigma)
    end = _in_unit("r_max", r_max, unit, of_file, scale)
    if end is None:
        if unit != "sigma":
            raise InputError(f"r_max is not given: its default is 10 sigma, and lengths are in {unit} without --sigma")
        end = R_MAX
    size = _in_unit("diameter", diameter, unit, of_file, scale)
    chosen = _chosen(source, first, last, every)
    nps, others = _particles(source, topology, selection, cross)
    if size is None and source.diameters is not None:
        size = _common(source.diameters[nps] * scale)
    no_verdict = _no_verdict(unit, size, len(nps), cross)
    seen = None if no_verdict or size is None else Neighbours(size)
    pairs = len(nps) * (len(nps) - 1) // 2 if others is None else len(nps) * len(others)
    least = math.inf

    def parts() -> Iterator[Batch]:
        nonlocal least
        done = 0
        for part in _batches(source, chosen, nps, others, scale, batch_size(pairs)):
            yield part
            least = min(least, float(part.heights.min())) if part.boxes[:, 3:].any() else least
            if seen is not None:
                seen.add(part)
            done += len(part.positions)
            if progress is not None:
                progress(done, len(chosen))

    measured = measure_batches(parts(), len(chosen), r_max=end, bins=bins, unit=unit)
    verdict = None
    if seen is not None and size is not None:
        if least < 2.0 * (size + max(GAPS)):
            no_verdict = f"the tilted box has a height of {least:.2f}; neighbours need {2 * (size + max(GAPS)):.2f}"
        else:
            verdict = assess([statistics_of(seen)], ["dispersed"])
    count = None if others is None else len(others)
    return FileMeasurement(measured, unit, len(chosen), count, size, verdict, no_verdict, source.notes)


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


def _result_unit(of_file: str, sigma: str | None) -> tuple[str, float]:
    """Unit of the results, and by what lengths in the file are multiplied."""
    if sigma is None:
        return of_file, 1.0
    if of_file == "sigma":
        raise InputError(
            f"sigma = {sigma}: lengths in the file are in sigma; allowed is it with units real, metal, nm, A"
        )
    value, unit = length("sigma", sigma)
    if unit not in PER_NM:
        raise InputError(f"sigma = {sigma} has no unit; allowed are nm and A, as 0.5nm")
    return "sigma", PER_NM[unit] / PER_NM[of_file] / value


def _in_unit(name: str, text: str | None, unit: str, of_file: str, scale: float) -> float | None:
    """A length in the unit of the results."""
    if text is None:
        return None
    value, own = length(name, text)
    if own in (None, unit):
        return value
    if own == "sigma" or of_file == "sigma":
        raise InputError(f"{name} = {text}: lengths are in {unit}, and the length of a sigma is not known")
    return value * PER_NM[of_file] / PER_NM[own] * scale


def _chosen(source: Source, first: int, last: int | None, every: int) -> range:
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
        if len(nps) < 2:
            raise InputError(f"{source.name} has {len(nps)} NPs; a pair needs 2 or more")
        return nps, None
    others = select(universe, cross)
    if (both := np.intersect1d(nps, others)).size:
        raise InputError(f"cross = {cross!r} shares {both.size} particles with the NPs; allowed are two kinds apart")
    return nps, others


def _common(diameters: NDArray[np.float64]) -> float | None:
    """Diameter that all have in common; GSD's default, 1, says nothing."""
    found = np.unique(diameters)
    return float(found[0]) if len(found) == 1 and np.isfinite(found[0]) and found[0] > 0 and found[0] != 1 else None


def _no_verdict(unit: str, diameter: float | None, nps: int, cross: str | None) -> str:
    if cross is not None:
        return "g is between two kinds"
    if unit != "sigma":
        return f"neighbours are counted within 1 and 3 sigma of the surfaces, and lengths are in {unit}; give --sigma"
    if diameter is None:
        return "the diameter of the NPs is not known; give --diameter"
    return f"there are {nps} NPs; pairs are followed of {_MAX_FOLLOWED:,} or fewer" if nps > _MAX_FOLLOWED else ""


def _batches(
    source: Source,
    chosen: range,
    nps: NDArray[np.int64],
    others: NDArray[np.int64] | None,
    scale: float,
    size: int,
) -> Iterator[Batch]:
    """The chosen frames, some at a time; `InputError` for what is not finite, flat, or the same as the frame before."""
    kept: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
    wanted = nps if others is None else np.concatenate([nps, others])
    before = None
    flat = np.ones(3, dtype=bool)
    with in_file(source.name):
        for done, (number, frame) in enumerate(zip(chosen, source.read(chosen), strict=True), start=1):
            points = frame.positions[wanted]
            with in_frame(number):
                _check(frame, points, before)
            before = points
            flat &= np.ptp(points, axis=0) == 0
            if done == len(chosen) and flat.any() and len(wanted) > 2:
                raise InputError(f"all particles have one {'xyz'[int(np.argmax(flat))]}; allowed are three dimensions")
            kept.append((points * scale, frame.box * scale))
            if len(kept) == size or done == len(chosen):
                positions, boxes = (np.array(values) for values in zip(*kept, strict=True))
                yield Batch(positions[:, : len(nps)], boxes, None if others is None else positions[:, len(nps) :])
                kept = []


def _check(frame: Frame, points: NDArray[np.float64], before: NDArray[np.float64] | None) -> None:
    if not np.isfinite(points).all():
        raise InputError("the position of a particle is not finite")
    if not (np.isfinite(frame.box).all() and frame.box[:3].min() > 0):
        raise InputError(f"its box has edges {frame.box[:3].tolist()}; allowed are edges above 0")
    if frame.step is None and before is not None and np.array_equal(points, before):
        raise InputError("all positions are those of the frame before: it stands doubled")
