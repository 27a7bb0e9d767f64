"""The file of umbrella runs: one JSON file, a row a run, with the histograms and mean forces of its windows."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence

from nanonet.errors import InputError
from nanonet.formats.atomic import writing
from nanonet.formats.reading import read_json
from nanonet.records import UmbrellaFile, UmbrellaRow

NAME = "windows.json"
"""What the file is called beside a dataset, and among the shipped data."""

FORMAT = 1


def write(path: str | os.PathLike[str], runs: Sequence[UmbrellaRow], bin_width: float) -> None:
    """Write rows of runs whose histograms have bins of a width (sigma), whole or not at all.

    Raises
    ------
    InputError, OutputError
        As `atomic.writing`.
    """
    content = {
        "nanonet_format": FORMAT,
        "comment": "Lennard-Jones units; force is the mean of dW_poly/dr over each window (kT/sigma)",
        "bin": bin_width,
        "runs": [run.to_json() for run in runs],
    }
    with writing(path) as temporary:
        temporary.write_text(json.dumps(content, allow_nan=False) + "\n", encoding="utf-8")


def read(path: str | os.PathLike[str]) -> tuple[tuple[UmbrellaRow, ...], float]:
    """The rows of a file that `write` wrote, and the width of their bins; `InputError` names what is wrong."""
    what = "file of umbrella runs"
    content = read_json(path, UmbrellaFile, what)
    if content.nanonet_format != FORMAT:
        raise InputError(f"{what} {path} cannot be read: nanonet_format = {content.nanonet_format} is not {FORMAT}")
    return content.runs, content.bin
