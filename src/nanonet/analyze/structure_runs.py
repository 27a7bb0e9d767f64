"""Run folders -> S(q), and a dataset of it on the bins of q that the boxes of all runs allow."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from nanonet.analyze import curve_runs
from nanonet.analyze.curve_runs import CurveRun
from nanonet.analyze.structure_factor import StructureMeasurement, measure
from nanonet.dataset import Dataset
from nanonet.structure_factor import Q_MAX


def measure_run(
    folder: str | os.PathLike[str], method: str = "direct", q_max: float = Q_MAX
) -> CurveRun[StructureMeasurement]:
    """S(q) of a finished run; see `structure_factor.measure` and `curve_runs.measure_run`.

    Examples
    --------
    >>> measure_run("run1").measured.nps
    18
    """
    return curve_runs.measure_run(folder, lambda frames, _: measure(frames, method=method, q_max=q_max))


def analyze(
    folders: Sequence[str | os.PathLike[str]],
    q_max: float = Q_MAX,
    progress: Callable[[int, int], None] | None = None,
) -> Dataset:
    """The dataset of S(q) of finished run folders; see `curve_runs.analyze`.

    Where the boxes of runs differ, the lowest bins of the larger ones are left out.

    Examples
    --------
    >>> analyze(["run1"]).quantity.name
    'S'
    """
    return curve_runs.analyze(
        folders, lambda frames, _: measure(frames, q_max=q_max), lambda found: found.structure, progress
    )
