"""A run's folder: what its files are called, and its record."""

from __future__ import annotations

RECORD = "run.json"
TRAJECTORY = "trajectory.gsd"
POLYMER = "polymer.json"  # what was measured on the whole configurations

# the deck: what LAMMPS reads
DATA = "system.data"
START = "start.in"
RESUME = "resume.in"
TABLE = "potential.table"

# what LAMMPS writes: its log, frames, and restart files in turn, with one more at the end
LOG = "log.lammps"
NP_DUMP = "nps.lammpstrj"
CONFIGURATIONS = "configurations"
RESTARTS = ("restart.a", "restart.b")
END = "restart.end"
