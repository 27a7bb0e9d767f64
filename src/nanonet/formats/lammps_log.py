"""What LAMMPS prints while it runs, to its output and its log: the start of a run's clock, and rows of numbers."""

from __future__ import annotations

import re
from pathlib import Path

MARKER = "nanonet: time runs"
"""Printed when a run's clock is set: from here on the first column of the rows counts its steps."""

COLUMNS = "step temp press vol pe"
"""Of the rows (thermo style custom)."""

_CLOCK = re.compile(re.escape(MARKER) + r" from step (\d+)")
_ROW = re.compile(r"\s*(\d+)(?:\s+[-+.\deEnaif]+){4}\s*$")
_TAIL = 4_000  # bytes of a log in which its last rows stand


def clock_step(line: str) -> int | None:
    """The step at which the clock is set, if the line has it."""
    found = _CLOCK.match(line)
    return None if found is None else int(found[1])


def row_step(line: str) -> int | None:
    """The step of a line, if it is a row of numbers."""
    found = _ROW.match(line)
    return None if found is None else int(found[1])


def last_step(log: Path) -> int:
    """The last step in a log; 0 where there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _TAIL))
            whole = file.read().rpartition(b"\n")[0].decode("utf-8", "replace").split("\n")[1:]
    except OSError:
        return 0
    return next((step for line in reversed(whole) if (step := row_step(line)) is not None), 0)
