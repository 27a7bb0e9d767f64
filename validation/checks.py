"""What validation cases share: a check, and LAMMPS run on an input script."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nanonet.simulate.accelerate import choose
from nanonet.simulate.lmp import find_lmp, inspect


@dataclass(frozen=True)
class Check:
    """One number against what it should be."""

    name: str
    measured: float
    error: float
    """Standard error of the measured value, as far as the run knows it."""
    expected: float
    tolerance: float
    """Largest difference that passes."""
    source: str

    @property
    def passed(self) -> bool:
        return abs(self.measured - self.expected) <= self.tolerance


def run_lmp(folder: Path, text: str, *, accelerator: str = "none") -> str:
    """Run an input script in a folder; returns what LAMMPS prints."""
    (folder / "in").write_text(text)
    lmp = inspect(find_lmp())
    words = [*lmp.command, "-log", "none", *choose(accelerator, lmp).arguments, "-in", "in"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:]
    return done.stdout


def table(output: str) -> NDArray[np.float64]:
    """Rows of the last thermo table."""
    body = re.split(r"^ *Step.*$", output, flags=re.MULTILINE)[-1].split("Loop time")[0]
    return np.array([line.split() for line in body.strip().splitlines()], dtype=float)
