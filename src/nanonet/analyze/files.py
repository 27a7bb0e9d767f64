"""Trajectory files -> RDF or mean squared displacement, density, and how far they can be trusted."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict, Unpack

import numpy as np
from numpy.typing import NDArray

from nanonet.analyze import displacement
from nanonet.analyze.chosen import Chosen, choose
from nanonet.analyze.displacement import DisplacementMeasurement
from nanonet.analyze.equilibrium import assess, statistics_of
from nanonet.analyze.frames import Batch, batch_size
from nanonet.analyze.lengths import duration, in_time, length_unit
from nanonet.analyze.neighbours import GAPS, Neighbours
from nanonet.analyze.pairs import Measurement, measure_batches
from nanonet.analyze.source import in_file
from nanonet.curve import G_R, MSD, Curve, Quantity
from nanonet.errors import InputError, check_whole
from nanonet.rdf import BINS, R_MAX, curve_of
from nanonet.records import Convergence

Progress = Callable[[int, int], None]

_MAX_BINS = 100_000
_MAX_FOLLOWED = 2_000  # NPs: all pairs are looked at
_AT_A_TIME = 100  # frames, of which displacements are taken


class Options(TypedDict, total=False):
    """What `chosen.choose` takes."""

    topology: Path | None
    selection: str | None
    cross: str | None
    units: str | None
    sigma: str | None
    first: int
    last: int | None
    every: int
    wanted: str | None


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
    """

    measured: Measurement
    unit: str
    frames: int
    others: int | None
    diameter: float | None
    verdict: Convergence | None
    no_verdict: str


@dataclass(frozen=True, eq=False)
class FileDisplacement:
    """What is measured on NPs that are followed through trajectory files; units are those of its curve."""

    measured: DisplacementMeasurement
    frames: int
    unit: str
    """Of length."""


@dataclass(frozen=True, eq=False)
class FileCurve:
    """A curve that was measured on a trajectory file."""

    curve: Curve
    frames: int
    known: dict[str, object]
    """What is known of it: fields of a `records.Provenance`."""


def measure_files(
    paths: Sequence[Path],
    *,
    r_max: str | None = None,
    bins: int = BINS,
    diameter: str | None = None,
    progress: Progress | None = None,
    **options: Unpack[Options],
) -> FileMeasurement:
    """RDF and density of NPs in one trajectory file, or in several that follow one another.

    Memory does not grow with the number of frames, but for a few numbers a frame.

    Parameters
    ----------
    paths, options:
        As `chosen.choose`; with `cross` g is that between the two kinds.
    r_max, bins:
        End of the grid, by default 10 sigma, and number of bins.
    diameter:
        NP diameter, for the verdict.
    progress:
        Called with the frames done and all.

    Raises
    ------
    InputError
        A value or a file cannot be used; the text names it.

    Examples
    --------
    >>> found = measure_files([Path("run1/trajectory.gsd")])
    >>> found.measured.nps, found.frames
    (18, 40)
    """
    check_whole("bins", bins, 1, _MAX_BINS)
    chosen = choose(paths, **options)
    source, nps, others, unit = chosen.source, chosen.nps, chosen.others, chosen.unit
    if others is None and len(nps) < 2:
        raise InputError(f"{source.name} has {len(nps)} NPs; a pair needs 2 or more")
    end = chosen.length("r_max", r_max)
    if end is None:
        if unit != "sigma":
            raise InputError(f"r_max is not given: its default is 10 sigma, and lengths are in {unit} without --sigma")
        end = R_MAX
    size = chosen.length("diameter", diameter)
    if size is None and source.diameters is not None:
        size = _common(source.diameters[nps] * chosen.scale)
    no_verdict = _no_verdict(unit, size, len(nps), options.get("cross"))
    seen = None if no_verdict or size is None else Neighbours(size)
    pairs = len(nps) * (len(nps) - 1) // 2 if others is None else len(nps) * len(others)
    least = math.inf

    def parts() -> Iterator[Batch]:
        nonlocal least
        for part in _shown(chosen, batch_size(pairs), progress):
            yield part
            least = min(least, float(part.heights.min())) if part.boxes[:, 3:].any() else least
            if seen is not None:
                seen.add(part)

    count = len(chosen.frames)
    with in_file(source.name):
        measured = measure_batches(parts(), count, r_max=end, bins=bins, unit=unit)
    verdict = None
    if seen is not None and size is not None:
        if least < 2.0 * (size + max(GAPS)):
            no_verdict = f"the tilted box has a height of {least:.2f}; neighbours need {2 * (size + max(GAPS)):.2f}"
        else:
            verdict = assess([statistics_of(seen)], ["dispersed"])
    return FileMeasurement(measured, unit, count, None if others is None else len(others), size, verdict, no_verdict)


def follow_files(
    paths: Sequence[Path],
    interval: str,
    *,
    lag_max: str | None = None,
    time_unit: str | None = None,
    progress: Progress | None = None,
    **options: Unpack[Options],
) -> FileDisplacement:
    """Mean squared displacement of NPs in one trajectory file, or in several that follow one another.

    Parameters
    ----------
    paths, options:
        As `chosen.choose`.
    interval:
        Time from one frame of the files to the next, as `2ps`; without a unit tau, where lengths in them are in sigma.
    lag_max:
        Largest lag time, by default a fifth of the trajectory.
    time_unit:
        Unit that times must have; None: that of the interval.
    progress:
        Called with the frames done and all.

    Raises
    ------
    InputError
        A value or a file cannot be used; the text names it.

    Examples
    --------
    >>> follow_files([Path("run1/trajectory.gsd")], interval="0.25 tau").frames
    40
    """
    chosen = choose(paths, **options)
    own = duration("interval", interval)[1] or ("tau" if chosen.of_file == "sigma" else None)
    if own is None:
        raise InputError(f"interval = {interval} has no unit; allowed are fs, ps, ns, us and tau, as 2ps")
    unit = time_unit or own
    apart = in_time("interval", interval, unit, own)
    longest = None if lag_max is None else in_time("lag_max", lag_max, unit)
    with in_file(chosen.source.name):
        measured = displacement.measure_batches(
            _shown(chosen, _AT_A_TIME, progress), len(chosen.frames), apart * chosen.frames.step, lag_max=longest,
            unit=chosen.unit, time_unit=unit,
        )  # fmt: skip
    return FileDisplacement(measured, len(chosen.frames), chosen.unit)


def measure_quantity(
    path: Path,
    quantity: Quantity,
    *,
    r_max: str | None = None,
    bins: int | None = None,
    interval: str | None = None,
    lag_max: str | None = None,
    **options: Unpack[Options],
) -> FileCurve:
    """g(r) or the mean squared displacement, whichever a quantity is, of the NPs of a trajectory file, in its units.

    Raises
    ------
    InputError
        It is neither, or as `measure_files` and `follow_files`.

    Examples
    --------
    >>> from nanonet.curve import G_R
    >>> measure_quantity(Path("run1/trajectory.gsd"), G_R).frames
    40
    """
    q, what = quantity, f"trajectory {path} cannot be used: "
    of_g, of_msd = ((one.name, one.x) == (q.name, q.x) for one in (G_R, MSD))
    if not (of_g or of_msd):
        raise InputError(f"{what}measured are g(r) and msd(t), the curves of the dataset are {q.name}({q.x})")
    others = (
        {"interval": interval, "lag_max": lag_max}
        if of_g
        else {"r_max": r_max, "bins": bins, "cross": options.get("cross")}
    )
    for name, value in others.items():
        if value is not None:
            raise InputError(f"{name} = {value} is not for {q.name}({q.x})")
    if of_g:
        options["wanted"] = length_unit(q.x_unit)
        found = measure_files([path], r_max=r_max, bins=BINS if bins is None else bins, **options)
        curve, verdict = found.measured.rdf, found.verdict
        known: dict[str, object] = {"nps": found.measured.nps}
        if verdict is not None:
            known["convergence"] = verdict.to_json()
        return FileCurve(curve_of(q, curve.r, curve.g, curve.error), found.frames, known)
    if interval is None:
        raise InputError(f"{what}interval is not given: the time from one of its frames to the next, as 2ps")
    options["wanted"] = length_unit(q.unit.removesuffix("^2"))
    followed = follow_files([path], interval, lag_max=lag_max, time_unit=q.x_unit, **options)
    msd = followed.measured.msd
    return FileCurve(curve_of(q, msd.x, msd.y, msd.error), followed.frames, {"nps": followed.measured.nps})


def _shown(chosen: Chosen, size: int, progress: Progress | None) -> Iterator[Batch]:
    """The frames, some at a time, with progress."""
    done = 0
    for part in chosen.batches(size):
        yield part
        done += len(part.positions)
        if progress is not None:
            progress(done, len(chosen.frames))


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
