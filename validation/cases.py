"""What is known about the model, measured again: each case runs LAMMPS and returns checks.

The long tests assert them, and docs/results/validation.md shows them (`make validation`). Melts, NPs and boxes are
small enough for minutes of one core and large enough for error bars that decide.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nanonet import RDF, Composition
from nanonet.analyze import configurations, pairs
from nanonet.analyze.equilibrium import block_error
from nanonet.analyze.replicas import combine
from nanonet.analyze.trajectory import Trajectory, read
from nanonet.formats import lammps_dump, run_folder
from nanonet.protocol import Protocol, preset
from nanonet.simulate import engine, script
from nanonet.systems.base import Configuration
from nanonet.systems.melt import Melt
from nanonet.systems.placement import walk_chains
from validation.checks import Check, run_lmp, table
from validation.grafted_cases import brush, rigid_energy
from validation.umbrella_cases import lone_dimer, windows_and_eps_nn

KREMER_GREST = "Kremer-Grest targets as ESPResSo's kremerGrest.tcl lists them"
OWN_RUNS = "trial runs of the design notes, 60 chains"
LJ_FLUID = (
    "LJ fluid cut and shifted at 2.5: Allen & Tildesley's example guide; Thol 2015, doi:10.1007/s10765-014-1764-4"
)

COEXISTENCE = "Trokhymchuk & Alejandre, J Chem Phys 111, 8510 (1999), as Allen & Tildesley's example guide has it"


ATOMS, BONDS = script.bond_text(Melt(Composition(3, 40, 1e-3, 1.0, 1.0)).force_field())


def _bare_melt(box: float, chains: NDArray[np.float64]) -> str:
    """Data file of chains without NPs."""
    return script.data_text(Configuration.of_chains(box, chains, np.empty((0, 3))), (1.0, 3.0))


def _mean(series: NDArray[np.float64]) -> tuple[float, float]:
    return float(series.mean()), float(block_error(series, 10))


def _within(a: RDF, b: RDF, name: str, source: str, edges: list[float]) -> list[Check]:
    """Two independent RDFs, averaged over ranges of r, agree within three standard errors of their difference."""
    checks = []
    for low, high in pairwise(edges):
        inside = (a.r > low) & (a.r < high)
        weight = a.r[inside] ** 2 / np.sum(a.r[inside] ** 2)
        value, other = float(weight @ a.g[inside]), float(weight @ b.g[inside])
        assert a.error is not None
        assert b.error is not None
        # neighbouring bins share their pairs' slow motion: their errors are taken as fully correlated
        error, other_error = float(weight @ a.error[inside]), float(weight @ b.error[inside])
        difference = math.hypot(error, other_error)
        checks.append(
            Check(f"{name}: g between {low:g} and {high:g}", value, difference, other, 3 * difference, source)
        )
    return checks


def attractive_melt(folder: Path) -> list[Check]:
    """Melt without NPs, N = 40, at P = 1 and P = 0: density, bond length, size of the chains."""
    checks = []
    for pressure, density, bond in ((1.0, 0.934, 0.9645), (0.0, 0.887, 0.9657)):
        place = folder / f"P{pressure:g}"
        place.mkdir()
        protocol = replace(
            preset("standard"), start="dispersed", timestep=0.005, equilibration_steps=40_000, production_steps=160_000,
            frame_every=200,
            configurations=40, pressure=pressure, bond_substeps=1,
        )  # fmt: skip
        chains = walk_chains(60, 40, 15.1, np.empty((0, 3)), 1.0, np.random.default_rng(5))
        composition = Composition(3, 40, 1e-3, 1, 1)
        (place / run_folder.DATA).write_text(_bare_melt(15.1, chains))
        (place / run_folder.CONFIGURATIONS).mkdir()
        text = script.start_text(composition, protocol).replace("thermo 500", "thermo 100")
        rows = table(run_lmp(place, text, accelerator="auto"))
        found = [configurations.read(path) for path in (place / run_folder.CONFIGURATIONS).iterdir()]
        value, error = _mean(2400 / rows[:, 3])
        checks.append(Check(f"P={pressure:g}: monomer density", value, error, density, 0.003, OWN_RUNS))
        value, error = _mean(rows[:, 1])
        checks.append(Check(f"P={pressure:g}: temperature", value, error, 1.0, 0.003, "thermostat"))
        value, error = _mean(rows[:, 2])
        checks.append(Check(f"P={pressure:g}: pressure", value, error, pressure, 0.02, "barostat"))
        lengths = np.linalg.norm(np.concatenate([np.diff(c.chains, axis=1) for c in found]), axis=2)
        checks.append(Check(f"P={pressure:g}: bond length", float(lengths.mean()), 1e-4, bond, 0.0015, OWN_RUNS))
        radius = np.array([_radius(c.chains) for c in found])
        checks.append(Check(f"P={pressure:g}: Rg^2", *_mean(radius), 10.0, 1.0, OWN_RUNS))
    return checks


def _radius(chains: NDArray[np.float64]) -> float:
    """Mean squared radius of gyration of chains (chains, beads, 3)."""
    return float(np.mean(np.sum((chains - chains.mean(axis=1, keepdims=True)) ** 2, axis=2)))


def kremer_grest(folder: Path) -> list[Check]:
    """The purely repulsive melt at density 0.85: chain sizes and pressure of N = 25 and 50.

    The pressure is taken with the time step 0.005: with 0.01 it is 0.03 higher.
    """
    checks = []
    for beads, end, radius, pressure, steps in ((25, 37.8, 6.3, 4.97, 150_000), (50, 82.7, 13.3, 4.93, 400_000)):
        place = folder / f"N{beads}"
        place.mkdir()
        n = 5_000 // beads
        box = (n * beads / 0.85) ** (1 / 3)
        chains = walk_chains(n, beads, box, np.empty((0, 3)), 1.0, np.random.default_rng(6))
        (place / run_folder.DATA).write_text(_bare_melt(box, chains))
        composition, protocol = Composition(3, beads, 1e-3, 1, 1), replace(preset("smoke"), configurations=1)
        prepare = re.sub(r"(?s)\n# NPT.*", "\n", script.start_text(composition, protocol))
        prepare = prepare.replace("pair_coeff 1 1 1 1 2.5", "pair_coeff 1 1 1 1 1.122462048309373")
        text = f"""{prepare}
timestep 0.01
fix nve all nve
fix bath all langevin 1 1 2.0 77
thermo_style custom step temp press vol pe
thermo 100
run {steps // 3}
dump whole all custom {steps // 60} {run_folder.CONFIGURATIONS}/*.lammpstrj id mol type x y z ix iy iz
dump_modify whole sort id
run {steps}
undump whole
timestep 0.005
run 5000
run 80000
"""
        (place / run_folder.CONFIGURATIONS).mkdir()
        rows = table(run_lmp(place, text, accelerator="auto"))
        found = [configurations.read(path).chains for path in (place / run_folder.CONFIGURATIONS).iterdir()]
        ends = np.array([np.mean(np.sum((c[:, -1] - c[:, 0]) ** 2, axis=1)) for c in found])
        gyration = np.array([_radius(c) for c in found])
        checks += [
            Check(f"N={beads}: R^2", *_mean(ends), end, 0.06 * end, KREMER_GREST),
            Check(f"N={beads}: Rg^2", *_mean(gyration), radius, 0.05 * radius, KREMER_GREST),
            Check(f"N={beads}: pressure", *_mean(rows[:, 2]), pressure, 0.05, KREMER_GREST),
        ]
    return checks


MIXING = Composition(diameter=2, chain_length=25, density=0.006, eps_nn=0.3, eps_pn=1.0)
"""A composition whose NPs mix within some hundred tau."""

_MIXING_TAU = 1_000


def _mixing(timestep: float, seed: int = 1) -> Protocol:
    steps = round(_MIXING_TAU / timestep)
    return replace(
        preset("standard"), start="dispersed", name="mixing", timestep=timestep, equilibration_steps=steps // 4,
        production_steps=steps,
        frame_every=round(1 / timestep), configurations=20, min_box=16.4, seed=seed,
        bond_substeps=round(timestep / 0.005),
    )  # fmt: skip


def _measured(folder: Path, protocol: Protocol) -> tuple[RDF, NDArray[np.float64], NDArray[np.float64]]:
    """RDF to 8 sigma, thermo rows (step temp press vol pe) and bond lengths by configuration, of three replicas."""
    folder.mkdir()
    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(lambda k: engine.run(MIXING, protocol.replica(k), folder / f"{k}"), range(3)))
    measured = [pairs.measure(read(trajectory), r_max=8.0, bins=80) for trajectory in runs]
    rows = np.concatenate([table((trajectory.parent / run_folder.LOG).read_text()) for trajectory in runs])
    found = [configurations.read(path).chains for path in sorted(folder.glob(f"*/{run_folder.CONFIGURATIONS}/*"))]
    bonds = np.array([np.linalg.norm(np.diff(chains, axis=1), axis=2).mean() for chains in found])
    return combine(measured, [1.0] * len(measured)).rdf, rows, bonds


def time_step(folder: Path) -> list[Check]:
    """The time step of smoke and standard (0.01, bonds 0.005) against the paper's (0.005): density, temperature, g(r).

    Three replicas each: contacts of NPs last for hundreds of tau, blocks of one run do not see all of their scatter.
    """
    long, long_rows, long_bonds = _measured(folder / "0.01", _mixing(0.01))
    short, short_rows, short_bonds = _measured(folder / "0.005", _mixing(0.005, seed=2))
    checks = []
    source = "the same with the paper's time step 0.005"
    record = json.loads((folder / "0.01" / "0" / run_folder.RECORD).read_text())
    particles = record["monomers"] + record["nps"]
    for name, column, scale in (("temperature", 1, 1.0), ("volume a particle", 3, 1 / particles)):
        value, error = _mean(long_rows[:, column] * scale)
        other, other_error = _mean(short_rows[:, column] * scale)
        allowed = 3 * math.hypot(error, other_error)
        checks.append(Check(name, value, math.hypot(error, other_error), other, allowed, source))
    for name, ours, theirs, tolerance in (
        ("potential energy a particle", long_rows[:, 4], short_rows[:, 4], 0.01),
        ("bond length", long_bonds, short_bonds, 0.001),
    ):
        (value, error), (other, other_error) = _mean(ours), _mean(theirs)
        checks.append(Check(name, value, math.hypot(error, other_error), other, tolerance, source))
    return checks + _within(long, short, "dt 0.01", source, [1.6, 2.4, 3.0, 3.6, 4.4, 6.0, 8.0])


def box_size(folder: Path) -> list[Check]:
    """D = 5, whose NPs see each other further than half of a standard box, in that box and in twice the volume."""
    composition = Composition(diameter=5, chain_length=25, density=0.0015, eps_nn=0.5, eps_pn=0.7)
    measured = []
    for edge in (20.8, 20.8 * 2 ** (1 / 3)):
        protocol = replace(
            preset("standard"),
            start="dispersed",
            equilibration_steps=30_000,
            production_steps=70_000,
            configurations=2,
            min_box=edge,
        )
        measured.append(pairs.measure(read(engine.run(composition, protocol, folder / f"{edge:.1f}"))))
    small, large = measured
    source = f"the same with {large.nps} NPs instead of {small.nps}"
    error = math.hypot(small.density_error, large.density_error)
    density = Check("NP density", small.density, error, large.density, 0.01 * large.density, source)
    return [density, *_within(small.rdf, large.rdf, "box 20.8", source, [4.2, 5.4, 6.6, 8.0, 10.0])]


def barostat(folder: Path) -> list[Check]:
    """A box held at the mean volume of an NPT run has that run's pressure."""
    protocol = replace(_mixing(0.01), equilibration_steps=20_000, production_steps=60_000)
    engine.run(MIXING, protocol, folder / "npt")
    rows = table((folder / "npt" / run_folder.LOG).read_text())
    volume, error = _mean(rows[:, 3])
    resume = (folder / "npt" / run_folder.RESUME).read_text().replace("${restart}", run_folder.END)
    text = re.sub(r"(?s)\nfix npt.*", "\n", resume).replace(f"log {run_folder.LOG} append\n", "")
    edge = volume ** (1 / 3)
    half = edge / 2
    text += f"""
change_box all x final {-half} {half} y final {-half} {half} z final {-half} {half} remap units box
fix nvt all nvt temp 1 1 0.5
thermo 50
run 10000
run 60000
"""
    pressure, pressure_error = _mean(table(run_lmp(folder / "npt", text, accelerator="auto"))[:, 2])
    stiffness = 1.0 / float(rows[:, 3].var())  # -dP/dV, from the volume's fluctuations at T = 1
    expected_error = math.hypot(pressure_error, stiffness * error)
    return [Check("pressure at the mean NPT volume", pressure, expected_error, 1.0, 0.03, "barostat's pressure")]


def coexistence(folder: Path) -> list[Check]:
    """NPs alone at T* = 0.8: a slab of liquid beside its vapour."""
    diameter, temperature = 3.0, 0.8
    unit = diameter * math.sqrt(diameter**3 * temperature)  # LJ time of the NPs with epsilon 1 / T*
    liquid = np.stack(np.meshgrid(np.arange(11), np.arange(11), np.arange(14), indexing="ij"), axis=-1).reshape(-1, 3)
    edge = 11 * diameter * 0.73 ** (-1 / 3)
    length = 42 * diameter * 0.73 ** (-1 / 3)
    positions = (liquid + 0.5) * diameter * 0.73 ** (-1 / 3) + [0, 0, length / 3]
    data = script.data_text(Configuration.of_chains(edge, np.empty((0, 1, 3)), positions), (1.0, diameter**3))
    data = re.sub(r".* zlo zhi", f"0.0 {length:.10g} zlo zhi", data)
    data = re.sub(r"(?m)^(\d+ 0 2 \S+ \S+) \S+ (\S+ \S+) \S+$", r"\1 Z \2 0", data)
    for z in positions[:, 2]:
        data = data.replace(" Z ", f" {z:.6f} ", 1)
    (folder / "nps.data").write_text(data)
    text = f"""{ATOMS}
pair_style lj/cut 2.5
read_data nps.data
{BONDS}
{script.interactions(Composition(diameter, 40, 1e-3, 1 / temperature, 1.0))}
velocity all create 1.0 9 mom yes
timestep {0.005 * unit * math.sqrt(1 / temperature):.6f}
fix nvt all nvt temp 1 1 {0.5 * unit:.6f}
fix still all momentum 1000 linear 1 1 1
thermo_style custom step temp pzz
thermo 20
run 40000
dump nps all custom 500 nps.lammpstrj id x y z ix iy iz
run 120000
"""
    rows = table(run_lmp(folder, text, accelerator="opt"))
    profiles = []
    for frame in lammps_dump.read_frames(folder / "nps.lammpstrj"):
        z = (frame.rows[:, 3] - frame.bounds[2, 0]) / frame.edges[2]
        centre = np.angle(np.exp(2j * np.pi * z).mean()) / (2 * np.pi)  # of the slab, on the periodic circle
        profiles.append(np.histogram((z - centre + 0.5) % 1, 42, (0, 1))[0] * 42 / (edge**2 * length) * diameter**3)
    profile = np.array(profiles)
    inner = profile[:, 18:24].mean(axis=1)
    pressure = rows[:, 2] * diameter**3 * temperature  # in units of the NPs' epsilon 1 / T* and diameter
    return [
        Check("T*=0.8: density of the liquid", *_mean(inner), 0.730, 0.015, COEXISTENCE),
        Check("T*=0.8: pressure normal to the surface", *_mean(pressure), 0.013, 0.003, COEXISTENCE),
    ]


def bare_nps(folder: Path, diameter: float, steps: int) -> tuple[NDArray[np.float64], Trajectory]:
    """NPs alone, 500 of them, at density 0.75 and T* = 1 of the LJ fluid: (thermo rows, trajectory)."""
    per_side, unit = 8, diameter * np.sqrt(diameter**3)
    box = (500 / 0.75) ** (1 / 3) * diameter
    grid = np.stack(np.meshgrid(*[np.arange(per_side)] * 3), axis=-1).reshape(-1, 3)[:500]
    system = Configuration.of_chains(box, np.empty((0, 1, 3)), (grid + 0.5) * box / per_side)
    (folder / "nps.data").write_text(script.data_text(system, (1.0, diameter**3)))
    text = f"""{ATOMS}
pair_style lj/cut 2.5
read_data nps.data
{BONDS}
{script.interactions(Composition(diameter, 40, 1e-3, 1.0, 1.0))}
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
"""
    output = run_lmp(folder, text)
    positions = np.array([frame.rows[:, 1:4] for frame in lammps_dump.read_frames(folder / "nps.lammpstrj")])
    return table(output), Trajectory(positions, np.full((len(positions), 3), box))


def lj_fluid(folder: Path) -> list[Check]:
    """NPs alone are the Lennard-Jones fluid, at density 0.75 and T* = 1."""
    thermo, _ = bare_nps(folder, diameter=3.0, steps=12_000)
    return [
        Check("T*=1, density 0.75: potential energy", *_mean(thermo[:, 2]), -4.4286, 0.02, LJ_FLUID),
        Check("T*=1, density 0.75: pressure", *_mean(27.0 * thermo[:, 1]), 0.9897, 0.12, LJ_FLUID),
    ]


CASES: dict[str, Callable[[Path], list[Check]]] = {
    "attractive_melt": attractive_melt,
    "kremer_grest": kremer_grest,
    "lj_fluid": lj_fluid,
    "coexistence": coexistence,
    "barostat": barostat,
    "time_step": time_step,
    "box_size": box_size,
    "windows_and_eps_nn": windows_and_eps_nn,
    "lone_dimer": lone_dimer,
    "rigid_energy": rigid_energy,
    "brush": brush,
}
