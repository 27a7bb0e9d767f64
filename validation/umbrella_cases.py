"""Validation cases of windows and of W_poly: see `cases`."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np

from nanonet import umbrella_runs
from nanonet.analyze.trajectory import Trajectory
from nanonet.analyze.umbrella import follow, mean_forces, measure_windows
from nanonet.formats import lammps_dump, run_folder
from nanonet.potentials.lennard_jones import CUTOFF, lj_cut_shifted
from nanonet.potentials.mediated import PairInputs
from nanonet.protocol import WINDOWS
from nanonet.simulate import engine, script
from nanonet.systems.base import Configuration
from nanonet.systems.umbrella import UmbrellaWindows
from nanonet.umbrella_runs import BIN
from validation.checks import Check, run_lmp

CROWDED = UmbrellaWindows(PairInputs(3.0, 40, 1.0), tuple((2.9 + 0.3 * i, 20.0) for i in range(16)))
"""Windows of which dimers alone fill a box."""


def dimers_alone(folder: Path, windows: UmbrellaWindows, eps_nn: float, seed: int) -> Trajectory:
    """Crowded dimers without polymer under a Langevin thermostat; partners feel U_nn beside their springs."""
    box = (2 * len(windows.springs) * np.pi / 6 * windows.exclusion**3 / 0.34) ** (1 / 3)
    placed = windows.place(box, np.random.default_rng(seed))
    start = Configuration.of_chains(box, np.empty((0, 1, 3)), placed, dimers=True)
    (folder / "nps.data").write_text(script.data_text(start, (1.0, 1.0), 1 + len(windows.springs)))
    atoms, bonds = script.bond_text(windows.force_field())
    text = f"""{atoms}
pair_style lj/cut 2.5
read_data nps.data
{bonds}
{script.interactions(windows)}
velocity all create 1.0 7 mom yes
timestep 0.01
fix move all nve
fix bath all langevin 1.0 1.0 1.0 {seed}
run 5000
dump nps all custom 100 nps.lammpstrj id x y z ix iy iz
dump_modify nps sort id
run 300000
"""
    run_lmp(folder, with_direct(folder, text, windows, eps_nn))
    positions = np.array([frame.rows[:, 1:4] for frame in lammps_dump.read_frames(folder / "nps.lammpstrj")])
    return Trajectory(positions, np.full((len(positions), 3), box))


def with_direct(folder: Path, text: str, windows: UmbrellaWindows, eps_nn: float) -> str:
    """A script of windows, changed so that partners feel U_nn beside their springs: from a table."""
    r = np.linspace(0.6 * windows.diameter, windows.reach + 2.0, 6_000)
    inverse6 = (windows.diameter / r) ** 6
    inside = r < CUTOFF * windows.diameter
    force = np.where(inside, 24.0 * eps_nn * (2.0 * inverse6**2 - inverse6) / r, 0.0)
    sections = []
    for i, (separation, stiffness) in enumerate(windows.springs, start=2):
        energy = stiffness * (r - separation) ** 2 + lj_cut_shifted(r, windows.diameter, eps_nn)
        total = force - 2.0 * stiffness * (r - separation)
        rows = "".join(
            f"{k} {a:.8g} {b:.8g} {c:.8g}\n" for k, (a, b, c) in enumerate(zip(r, energy, total, strict=True), 1)
        )
        sections.append(f"W{i}\nN {len(r)}\n\n{rows}\n")
        spring = f"bond_coeff {i} harmonic {stiffness:.10g} {separation:.10g}\n"
        assert spring in text
        text = text.replace(spring, f"bond_coeff {i} table springs.table W{i}\n")
    (folder / "springs.table").write_text("# springs and U_nn\n\n" + "\n".join(sections))
    return text.replace("hybrid fene harmonic", f"hybrid fene table linear {len(r)}")


def windows_and_eps_nn(folder: Path) -> list[Check]:
    """With NPs held in place the polymer cannot feel eps_nn: W' of windows with and without U_nn between partners."""
    pair, springs = PairInputs(2.0, 25, 0.5), tuple((2.0 + 0.25 * i, 40.0) for i in range(6))
    windows = UmbrellaWindows(pair, springs)
    protocol = replace(WINDOWS, equilibration_steps=20_000, production_steps=100_000, frame_every=50, min_box=16.0)
    found = []
    for eps_nn in (0.0, 1.5):
        place = folder / f"eps{eps_nn:g}"
        place.mkdir()
        forces = windows.force_field()
        (place / run_folder.DATA).write_text(
            script.data_text(windows.configuration(protocol), forces.masses, len(forces.bonds))
        )
        text = with_direct(place, script.start_text(windows, protocol), windows, eps_nn)
        run_lmp(place, text, accelerator="auto")
        frames = list(lammps_dump.read_frames(place / run_folder.NP_DUMP))
        boxes = np.array([frame.edges for frame in frames])
        series = follow(Trajectory(np.array([frame.rows[:, 1:4] for frame in frames]), boxes), windows)
        found.append(mean_forces(series, windows))
    without, attracted = found
    slope = np.diff(lj_cut_shifted(attracted.grid, pair.diameter, 1.5)) / BIN
    checks = []
    for i in range(len(springs)):
        direct_part = float(attracted.weights[i] @ slope)
        error = math.hypot(without.error[i], attracted.error[i])
        # the windows are not at the same separations: U_nn moves them, by at most a tenth of sigma
        name = f"W' at {without.means[i]:.2f} without and at {attracted.means[i]:.2f} with U_nn (eps_nn 1.5)"
        value, other = float(attracted.force[i] - direct_part), float(without.force[i])
        checks.append(Check(name, value, error, other, 3 * error + 0.5, "exact: NPs held in place"))
    return checks


def lone_dimer(folder: Path) -> list[Check]:
    """One dimer alone in its box has the mean force that it has among the dimers of the shipped windows."""
    (shipped,) = [run for run in umbrella_runs.shipped() if run.windows.pair_inputs == PairInputs(3.0, 40, 1.0)][:1]
    checks = []
    for i in (8, 11):  # on the flank of the barrier, and beyond it
        alone = UmbrellaWindows(shipped.windows.pair_inputs, (shipped.windows.springs[i],))
        protocol = replace(WINDOWS, production_steps=200_000, min_box=16.0)
        engine.run(alone, protocol, folder / f"dimer{i}")
        found = measure_windows(folder / f"dimer{i}").forces
        error = math.hypot(float(found.error[0]), float(shipped.forces.error[i]))
        name = f"W' at {found.means[0]:.2f} alone, and at {shipped.forces.means[i]:.2f} in the shipped windows"
        expected = float(shipped.forces.force[i])
        checks.append(Check(name, float(found.force[0]), error, expected, 3 * error, "shipped windows"))
    return checks
