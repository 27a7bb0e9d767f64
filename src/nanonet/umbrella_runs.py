"""Umbrella runs: what each run was, and its mean forces; the file of all of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import as_file, files

import numpy as np

from nanonet.errors import InputError
from nanonet.formats import umbrella_json
from nanonet.potentials.mediated import MeanForces, PairInputs
from nanonet.records import UmbrellaRow, UmbrellaRunRecord
from nanonet.systems.umbrella import UmbrellaWindows

BIN = 0.05
"""Width (sigma) of the bins of separation in the files of umbrella runs."""


_SAID = {"diameter", "chain_length", "eps_pn", "springs", "force", "error", "first_bin", "weights"}  # of a row


@dataclass(frozen=True, eq=False)
class UmbrellaRun:
    """One finished umbrella run: what it was, and its mean forces.

    Parameters
    ----------
    windows:
        What was simulated.
    forces:
        Its mean forces, one a spring.
    record:
        How it was made, and how good it is.
    """

    windows: UmbrellaWindows
    forces: MeanForces
    record: UmbrellaRunRecord

    @property
    def id(self) -> str:
        """Identity of the run."""
        return self.record.id


def combine(runs: Sequence[UmbrellaRun]) -> MeanForces:
    """All umbrella runs of one pair of NPs side by side: replicas, and runs with other springs.

    Raises
    ------
    InputError
        No run, or runs of different pair inputs.
    """
    if not runs:
        raise InputError("no umbrella run; allowed are 1 or more")
    pair = runs[0].forces.pair_inputs
    for run in runs:
        if run.forces.pair_inputs != pair:
            raise InputError(f"umbrella runs of {pair} and of {run.forces.pair_inputs} cannot be put together")
    low = min(run.forces.grid[0] for run in runs)
    high = max(run.forces.grid[-1] for run in runs)
    count = round((high - low) / BIN)
    parts = []
    for run in runs:
        before = round((run.forces.grid[0] - low) / BIN)
        after = count - before - run.forces.weights.shape[1]
        parts.append(np.pad(run.forces.weights, ((0, 0), (before, after))))
    return MeanForces(
        pair,
        low + BIN * np.arange(count + 1),
        np.concatenate(parts),
        np.concatenate([run.forces.force for run in runs]),
        np.concatenate([run.forces.error for run in runs]),
    )


def grouped(runs: Iterable[UmbrellaRun]) -> dict[PairInputs, list[UmbrellaRun]]:
    """Umbrella runs by their pair inputs, in the order of their first runs."""
    groups: dict[PairInputs, list[UmbrellaRun]] = {}
    for run in runs:
        groups.setdefault(run.windows.pair_inputs, []).append(run)
    return groups


def by_pair_inputs(runs: Iterable[UmbrellaRun]) -> tuple[MeanForces, ...]:
    """The mean forces of all pair inputs, in the order of their first runs."""
    return tuple(combine(group) for group in grouped(runs).values())


def save(path: str | os.PathLike[str], runs: Sequence[UmbrellaRun]) -> None:
    """Write umbrella runs to one JSON file, whole or not at all; `InputError` if its folder is missing."""
    rows = [
        UmbrellaRow.from_json(
            {
                **run.record,
                **asdict(run.windows.pair_inputs),
                "springs": run.windows.springs,
                "force": [round(float(x), 5) for x in run.forces.force],
                "error": [round(float(x), 5) for x in run.forces.error],
                "first_bin": round(run.forces.grid[0] / BIN),
                "weights": [[round(float(x), 6) for x in row] for row in run.forces.weights],
            }
        )
        for run in sorted(runs, key=lambda one: (one.windows.pair_inputs.values, one.id))
    ]
    umbrella_json.write(path, rows, BIN)


def load(path: str | os.PathLike[str]) -> tuple[UmbrellaRun, ...]:
    """Read a file that `save` wrote; `InputError` names the file and what is wrong with it."""
    rows, width = umbrella_json.read(path)
    try:
        return tuple(_run(row, width) for row in rows)
    except (ValueError, TypeError) as error:  # arrays that do not belong together
        raise InputError(f"file of umbrella runs {path} cannot be read: {error}") from None


def shipped() -> tuple[UmbrellaRun, ...]:
    """The umbrella runs that come with nanonet."""
    with as_file(files("nanonet") / "data" / umbrella_json.NAME) as path:
        return load(path)


def _run(row: UmbrellaRow, width: float) -> UmbrellaRun:
    pair = PairInputs(row.diameter, int(row.chain_length), row.eps_pn)
    windows = UmbrellaWindows(pair, row.springs)
    weights = np.array(row.weights, dtype=np.float64)
    if weights.ndim != 2 or not (weights.sum(axis=1) > 0).all():
        raise InputError(f"weights of run {row.id} are no rows that sum to more than 0")
    weights /= weights.sum(axis=1, keepdims=True)
    grid = width * (row.first_bin + np.arange(weights.shape[1] + 1))
    forces = MeanForces(pair, grid, weights, np.array(row.force), np.array(row.error))
    kept = {name: value for name, value in row.items() if name not in _SAID}
    return UmbrellaRun(windows, forces, UmbrellaRunRecord.from_json(kept))
