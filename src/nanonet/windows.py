"""Umbrella windows: NP dimers in one melt, each tied at a separation of its own.

Partners feel the polymer and their spring, not each other, so the mean forces say what the polymer does between two
NPs: W_poly(r; D, N, eps_pn). NPs of different dimers only keep one another at a distance. That repulsion pushes
partners together (others have more room when their zones overlap), which is why the analysis takes its force out.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, astuple, dataclass
from importlib.resources import as_file, files

import numpy as np

from nanonet.errors import InputError
from nanonet.formats import umbrella_json
from nanonet.potentials.mediated import MeanForces, Triple
from nanonet.records import UmbrellaRow, UmbrellaRunRecord

APART = 3.0
"""Gap (sigma) below which NPs of different dimers repel each other."""

REACH = 4.75
"""Gap (sigma) of the farthest window: beyond it W_poly has died out."""

BIN = 0.05
"""Width (sigma) of the bins of separation in the files of window runs."""


_SAID = {"diameter", "chain_length", "eps_pn", "springs", "force", "error", "first_bin", "weights"}  # of a row
_INNERMOST = 0.8  # of D: separation of the innermost spring; the melt pulls its pair further in
_NEAR = 1.6  # gap (sigma) up to which the windows are narrow
_STEPS = 0.22, 0.3  # between the springs (sigma): near, far
_STIFFNESS = 20.0, 20.0  # near, in units of epsilon/sigma^2 for each sigma of D: the pull grows with D; far


@dataclass(frozen=True)
class Windows:
    """Dimers of NPs in a melt, in Lennard-Jones units.

    Parameters
    ----------
    triple:
        Diameter, chain length, eps_pn.
    springs:
        (separation r0, stiffness K) of each dimer: its spring has the energy K (r - r0)^2. Left out: those of
        `springs(diameter)`.

    Raises
    ------
    InputError
        A spring is no pair of numbers above 0.
    """

    triple: Triple
    springs: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "springs", _checked(self.springs or springs(self.triple.diameter)))

    @property
    def diameter(self) -> float:
        """NP diameter (sigma)."""
        return self.triple.diameter

    @property
    def chain_length(self) -> int:
        """Beads a chain."""
        return self.triple.chain_length

    @property
    def eps_pn(self) -> float:
        """Depth of the polymer-NP attraction (epsilon)."""
        return self.triple.eps_pn

    @property
    def exclusion(self) -> float:
        """Distance (sigma) below which NPs of different dimers repel each other."""
        return self.diameter + APART

    @property
    def reach(self) -> float:
        """Largest separation (sigma) that a dimer may come to."""
        return max(separation + 5.0 / math.sqrt(2.0 * stiffness) for separation, stiffness in self.springs)

    def __str__(self) -> str:
        return f"windows {self.triple}"


def springs(diameter: float) -> tuple[tuple[float, float], ...]:
    """Separation r0 (sigma) and stiffness K (epsilon/sigma^2, energy K (r - r0)^2) of the windows for NPs of a size.

    From inside contact to a gap of 4.75: narrow and stiff where the polymer's pull is strong, wider further out. The
    error of W depends on the time that all dimers spend at a separation, hardly on the stiffness.
    """
    near = np.arange(_INNERMOST * diameter, diameter + _NEAR, _STEPS[0])
    far = np.linspace(near[-1], diameter + REACH, 1 + math.ceil((diameter + REACH - near[-1]) / _STEPS[1]))[1:]
    return tuple(
        (round(float(r), 3), stiffness)
        for group, stiffness in ((near, _STIFFNESS[0] * diameter), (far, _STIFFNESS[1]))
        for r in group
    )


def _checked(found: Sequence[Sequence[float]]) -> tuple[tuple[float, float], ...]:
    """Springs as a tuple of pairs of numbers above 0."""
    for i, spring in enumerate(found):
        if len(spring) != 2 or not all(math.isfinite(x) and x > 0 for x in spring):
            raise InputError(f"springs[{i}] = {spring!r} is not a separation and a stiffness, both above 0")
    return tuple((float(separation), float(stiffness)) for separation, stiffness in found)


@dataclass(frozen=True, eq=False)
class WindowRun:
    """One finished window run: what it was, and what it says.

    Parameters
    ----------
    windows:
        What was simulated.
    forces:
        Its mean forces, one a spring.
    record:
        How it was made, and how good it is.
    """

    windows: Windows
    forces: MeanForces
    record: UmbrellaRunRecord

    @property
    def id(self) -> str:
        """Identity of the run."""
        return self.record.id


def combine(runs: Sequence[WindowRun]) -> MeanForces:
    """All window runs of one triple side by side: replicas, and runs with other springs.

    Raises
    ------
    InputError
        No run, or runs of different triples.
    """
    if not runs:
        raise InputError("no window run; allowed are 1 or more")
    triple = runs[0].forces.triple
    for run in runs:
        if run.forces.triple != triple:
            raise InputError(f"window runs of {triple} and of {run.forces.triple} cannot be put together")
    low = min(run.forces.grid[0] for run in runs)
    high = max(run.forces.grid[-1] for run in runs)
    count = round((high - low) / BIN)
    parts = []
    for run in runs:
        before = round((run.forces.grid[0] - low) / BIN)
        after = count - before - run.forces.weights.shape[1]
        parts.append(np.pad(run.forces.weights, ((0, 0), (before, after))))
    return MeanForces(
        triple,
        low + BIN * np.arange(count + 1),
        np.concatenate(parts),
        np.concatenate([run.forces.force for run in runs]),
        np.concatenate([run.forces.error for run in runs]),
    )


def grouped(runs: Iterable[WindowRun]) -> dict[Triple, list[WindowRun]]:
    """Window runs by their triple, in the order of their first runs."""
    groups: dict[Triple, list[WindowRun]] = {}
    for run in runs:
        groups.setdefault(run.windows.triple, []).append(run)
    return groups


def by_triple(runs: Iterable[WindowRun]) -> tuple[MeanForces, ...]:
    """The mean forces of every triple, in the order of their first runs."""
    return tuple(combine(group) for group in grouped(runs).values())


def save(path: str | os.PathLike[str], runs: Sequence[WindowRun]) -> None:
    """Write window runs to one JSON file, whole or not at all; `InputError` if its folder is missing."""
    rows = [
        UmbrellaRow.from_json(
            {
                **run.record,
                **asdict(run.windows.triple),
                "springs": run.windows.springs,
                "force": [round(float(x), 5) for x in run.forces.force],
                "error": [round(float(x), 5) for x in run.forces.error],
                "first_bin": round(run.forces.grid[0] / BIN),
                "weights": [[round(float(x), 6) for x in row] for row in run.forces.weights],
            }
        )
        for run in sorted(runs, key=lambda one: (astuple(one.windows.triple), one.id))
    ]
    umbrella_json.write(path, rows, BIN)


def load(path: str | os.PathLike[str]) -> tuple[WindowRun, ...]:
    """Read a file that `save` wrote; `InputError` names the file and what is wrong with it."""
    rows, width = umbrella_json.read(path)
    try:
        return tuple(_run(row, width) for row in rows)
    except (ValueError, TypeError) as error:  # arrays that do not belong together
        raise InputError(f"file of window runs {path} cannot be read: {error}") from None


def shipped() -> tuple[WindowRun, ...]:
    """The window runs that come with nanonet."""
    with as_file(files("nanonet") / "data" / umbrella_json.NAME) as path:
        return load(path)


def _run(row: UmbrellaRow, width: float) -> WindowRun:
    triple = Triple(row.diameter, int(row.chain_length), row.eps_pn)
    windows = Windows(triple, _checked(row.springs))
    weights = np.array(row.weights, dtype=np.float64)
    if weights.ndim != 2 or not (weights.sum(axis=1) > 0).all():
        raise InputError(f"weights of run {row.id} are no rows that sum to more than 0")
    weights /= weights.sum(axis=1, keepdims=True)
    grid = width * (row.first_bin + np.arange(weights.shape[1] + 1))
    forces = MeanForces(triple, grid, weights, np.array(row.force), np.array(row.error))
    kept = {name: value for name, value in row.items() if name not in _SAID}
    return WindowRun(windows, forces, UmbrellaRunRecord.from_json(kept))
