"""What LAMMPS reads, as text: pure functions of a composition (or windows), a protocol and a starting configuration.

The model (paper, Model and Methodology): Kremer-Grest chains, Lennard-Jones NPs, every pair truncated and shifted to
zero at 2.5 times its sigma; bonded monomers feel the FENE bond with its own WCA core and no other pair potential.
Type 1 is the monomer, type 2 the NP.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nanonet.composition import Composition
from nanonet.formats.lammps_dump import ALL_COLUMNS, NP_COLUMNS
from nanonet.formats.lammps_log import COLUMNS, MARKER
from nanonet.formats.run_folder import CONFIGURATIONS, DATA, END, LOG, NP_DUMP, RESTARTS, RESUME, START, TABLE
from nanonet.potentials.lennard_jones import CUTOFF
from nanonet.simulate.implicit import KEY, Implicit
from nanonet.simulate.protocol import Protocol
from nanonet.simulate.system import Subject, System, particle_numbers
from nanonet.windows import Windows

FENE_STIFFNESS, FENE_EXTENT = 30.0, 1.5  # K (epsilon/sigma^2) and R0 (sigma): paper, Model
_SKIN = 0.5  # of the neighbour lists (sigma): 0.3 to 0.8 differ by less than 10 % in speed (docs/speed.md)
_PRUNED_SKIN = 1.0  # where our pair style prunes the lists between (docs/speed.md)
_PUSH_STEPS = 1_000
_SETTLE_STEPS = 2_000


def np_mass(subject: Subject) -> float:
    """Mass of an NP (monomer masses), as dense as a monomer; alone it has mass 1. Our choice: g(r) has no mass."""
    return 1.0 if isinstance(subject, Implicit) else subject.diameter**3


def data_text(system: System, mass: float) -> str:
    """The LAMMPS data file (atom style bond) of a starting configuration with NPs of a mass.

    Monomers come first, chain by chain; molecule numbers count the chains from 1, NPs belong to molecule 0. Dimers
    have bonds of types 2, 3, ..., one each.
    """
    chains, beads, _ = system.monomers.shape
    monomers, nps = chains * beads, len(system.nps)
    ids = np.arange(1, monomers + 1).reshape(chains, beads)
    molecules = np.repeat(np.arange(1, chains + 1), beads)
    bonds = [(1, a, b) for a, b in zip(ids[:, :-1].ravel().tolist(), ids[:, 1:].ravel().tolist(), strict=True)]
    if system.dimers:
        bonds += [(2 + i, monomers + 2 * i + 1, monomers + 2 * i + 2) for i in range(nps // 2)]
    box = f"0.0 {system.box:.10g}"
    lines = [
        f"nanonet: {chains} chains of {beads} monomers (type 1), {nps} NPs (type 2)",
        "",
        f"{monomers + nps} atoms",
        f"{len(bonds)} bonds",
        "2 atom types",
        f"{1 + (nps // 2 if system.dimers else 0)} bond types",
        "2 extra bond per atom",
        "",
        f"{box} xlo xhi",
        f"{box} ylo yhi",
        f"{box} zlo zhi",
        "",
        "Masses",
        "",
        "1 1.0",
        f"2 {mass:.10g}",
        "",
        "Atoms # bond",
        "",
        *_atoms(1, 1, molecules, system.monomers.reshape(-1, 3), system.box),
        *_atoms(monomers + 1, 2, np.zeros(nps, dtype=np.int64), system.nps, system.box),
    ]
    if len(bonds):
        lines += ["", "Bonds", "", *(f"{i} {kind} {a} {b}" for i, (kind, a, b) in enumerate(bonds, start=1))]
    return "\n".join(lines) + "\n"


def _atoms(
    first: int, kind: int, molecules: NDArray[np.int64], positions: NDArray[np.float64], box: float
) -> list[str]:
    """Lines of the section Atoms, positions wrapped into the box with their image flags."""
    images = np.floor(positions / box).astype(int)
    inside = positions - images * box
    return [
        f"{first + i} {molecule} {kind} {x:.6f} {y:.6f} {z:.6f} {a} {b} {c}"
        for i, (molecule, (x, y, z), (a, b, c)) in enumerate(
            zip(molecules.tolist(), inside.tolist(), images.tolist(), strict=True)
        )
    ]


def start_text(subject: Subject, protocol: Protocol) -> str:
    """The LAMMPS input that runs a subject from its data file to the end."""
    if isinstance(subject, Implicit):
        seed, temperature = protocol.seed + 3, protocol.temperature
        velocities = f"velocity all create {temperature:g} {seed} mom yes rot no dist gaussian\n"
        return _IMPLICIT_START + velocities + _implicit(protocol)
    bonds = _spring_bonds(subject) if isinstance(subject, Windows) else (ATOMS, BONDS)
    return (
        _HEAD_START.format(*bonds) + _push_off(subject, protocol) + interactions(subject) + _settle(protocol)
        + _hold(protocol) + _begin(protocol) + _run(protocol)
    )  # fmt: skip


def resume_text(subject: Subject, protocol: Protocol) -> str:
    """The LAMMPS input that goes on from a restart file: `lmp -in resume.in -var restart restart.a`."""
    nps, chains = particle_numbers(subject, protocol)
    if isinstance(subject, Implicit):
        return _HEAD_RESUME + _expect(nps) + _implicit(protocol)
    bonds = ""
    if isinstance(subject, Windows):  # restart files do not hold the coefficients of bond style hybrid
        bonds = "".join(_spring_bonds(subject)).split("\n", 2)[2]
    return _HEAD_RESUME + bonds + _expect(nps + chains * subject.chain_length) + interactions(subject) + _run(protocol)


ATOMS = """\
units lj
atom_style bond
bond_style fene
special_bonds fene
"""
"""What comes before the particles: bonded monomers are left out of the pair potentials."""

BONDS = f"""\
bond_coeff 1 {FENE_STIFFNESS:g} {FENE_EXTENT:g} 1.0 1.0
"""
"""The FENE bond with its WCA core of the monomer's epsilon and sigma."""


def _bonds(subject: Composition | Windows) -> str:
    """The bonds once more: our own style of them where it is loaded, under the name that restart files know."""
    atoms, bonds = _spring_bonds(subject) if isinstance(subject, Windows) else (ATOMS, BONDS)
    return "".join(f"{line}\n" for line in atoms.splitlines() if line.startswith("bond_style")) + bonds


def _spring_bonds(windows: Windows) -> tuple[str, str]:
    """As `ATOMS` and `BONDS`, with the springs of dimers: partners are bonded, so they have no pair potential."""
    springs = "".join(
        f"bond_coeff {i} harmonic {stiffness:.10g} {separation:.10g}\n"
        for i, (separation, stiffness) in enumerate(windows.springs, start=2)
    )
    return (
        ATOMS.replace("bond_style fene", "bond_style hybrid fene harmonic"),
        BONDS.replace("bond_coeff 1", "bond_coeff 1 fene") + springs,
    )


_HEAD_START = f"""\
# nanonet: run with  lmp -log none -in {START}  (any LAMMPS with the package MOLECULE; faster: -sf opt)
log {LOG}
{{}}pair_style soft 1.0
read_data {DATA}
{{}}"""

_HEAD_RESUME = f"""\
# nanonet: run with  lmp -log none -in {RESUME} -var restart {RESTARTS[0]}
log {LOG} append
read_restart ${{restart}}
"""


_IMPLICIT_START = f"""\
# nanonet: run with  lmp -log none -in {START}
log {LOG}
units lj
atom_style bond
bond_style none
pair_style zero 2.5
read_data {DATA}
"""


def _lists(subject: Composition | Windows) -> str:
    """Lists, ghosts and sorting by the cutoff of each pair of types; KOKKOS and GPU know one cutoff only."""
    reach = f"{subject.reach + 1.0:.4g}" if isinstance(subject, Windows) else ""  # partners must see each other
    bin_reach, multi_reach = (f' &\n"comm_modify cutoff {reach}"', f" cutoff/multi 2 {reach}") if reach else ("", "")
    return f"""\
if "$(is_active(package,kokkos)) || $(is_active(package,gpu))" then &
"neighbor {_SKIN:g} bin"{bin_reach} &
else &
"neighbor {_SKIN:g} multi" &
"comm_modify mode multi reduce/multi{multi_reach}" &
"atom_modify sort 200 2.0"
neigh_modify every 1 delay 0 check yes
"""


def _expect(particles: int) -> str:
    """Stop when the restart file is that of another system."""
    return f"""\
variable particles equal atoms
if "${{particles}} != {particles}" then &
"print 'ERROR: the restart file holds ${{particles}} particles, this run has {particles}'" &
"quit 1"
"""


def _pairs(subject: Composition | Windows) -> tuple[tuple[str, float, float, float], ...]:
    """(types, epsilon, sigma, cutoff) of each pair of types."""
    diameter = subject.diameter
    mixed = 0.5 * (diameter + 1.0)
    if isinstance(subject, Windows):
        nps = ("2 2", 1.0, subject.exclusion / 2.0 ** (1.0 / 6.0), subject.exclusion)
    else:
        nps = ("2 2", subject.eps_nn, diameter, CUTOFF * diameter)
    return (("1 1", 1.0, 1.0, CUTOFF), ("1 2", subject.eps_pn, mixed, CUTOFF * mixed), nps)


def _push_off(subject: Composition | Windows, protocol: Protocol) -> str:
    """Part overlapping particles with a soft repulsion that grows."""
    minimum = 2.0 ** (1.0 / 6.0)
    soft = "".join(f"pair_coeff {types} 0.0 {minimum * sigma:.10g}\n" for types, _, sigma, _ in _pairs(subject))
    return f"""
# overlapping monomers are pushed apart
group moving type {"1" if protocol.hold_steps else "1 2"}
{_lists(subject)}{soft}\
timestep 0.005
thermo 500
thermo_style custom {COLUMNS}
thermo_modify flush yes
velocity moving create {protocol.temperature:g} {protocol.seed + 1} mom yes rot no dist gaussian
variable push equal ramp(0,50)
fix push all adapt 1 pair soft a * * v_push
fix limit moving nve/limit 0.1
fix bath moving langevin {protocol.temperature:g} {protocol.temperature:g} 0.5 {protocol.seed + 2}
run {_PUSH_STEPS}
unfix push
"""


def interactions(subject: Composition | Windows) -> str:
    """Pair potentials of the model and the neighbour lists that suit particles of two sizes."""
    coefficients = "".join(
        f"pair_coeff {types} {epsilon:.10g} {sigma:.10g} {cutoff:.10g}\n"
        for types, epsilon, sigma, cutoff in _pairs(subject)
    )
    return f"""
# the model: Lennard-Jones, truncated and shifted to zero at {CUTOFF:g} sigma of each pair
variable style index lj/cut
if "${{style}} == lj/nanonet" then "plugin load ${{plugin}}" "suffix nanonet"
{_bonds(subject)}\
pair_style ${{style}} {CUTOFF:g}
pair_modify shift yes
{coefficients}{_lists(subject)}\
if "${{style}} == lj/nanonet" then "neighbor {_PRUNED_SKIN:g} multi"
"""


def _settle(protocol: Protocol) -> str:
    return f"""
# the model's potentials under a limited step
unfix limit
fix limit moving nve/limit 0.05
run {_SETTLE_STEPS}
unfix limit
unfix bath
"""


def _hold(protocol: Protocol) -> str:
    """NPs that an implicit run placed stay (the box scales their positions) until the polymer has relaxed."""
    if not protocol.hold_steps:
        return ""
    return f"""
# the polymer relaxes about NPs that are held
velocity moving create {protocol.temperature:g} {protocol.seed + 4} mom yes rot no dist gaussian
if "${{style}} == lj/nanonet" then "suffix off"
{_integrate(protocol, "moving")}run {protocol.hold_steps}
unfix npt
if "${{style}} == lj/nanonet" then "suffix on"
"""


def _begin(protocol: Protocol) -> str:
    return f"""
# all particles are free, and time starts at 0
group moving delete
velocity all create {protocol.temperature:g} {protocol.seed + 3} mom yes rot no dist gaussian
reset_timestep 0
"""


def _run(protocol: Protocol) -> str:
    """NPT equilibration and production, from wherever the clock stands."""
    whole = last = ""
    if protocol.configurations:
        every, columns = protocol.production_steps // protocol.configurations, ALL_COLUMNS
        whole = f"""\
dump whole all custom {every} {CONFIGURATIONS}/*.lammpstrj {columns}
dump_modify whole sort id format float %.4f first no
"""
        last = f"""\
write_dump all custom {CONFIGURATIONS}/{protocol.total_steps}.lammpstrj {columns} modify sort id format float %.4f
"""
    return f"""
# NPT: Nose-Hoover thermostat and barostat, velocity Verlet
{_integrate(protocol, "all")}{_stretches(protocol, whole, last)}"""


def _integrate(protocol: Protocol, group: str) -> str:
    """NPT of a group of particles; the others only scale with the box."""
    temperature, pressure, n = protocol.temperature, protocol.pressure, protocol.bond_substeps
    substeps = f"run_style respa 2 {n} bond 1 pair 2\n" if n > 1 else ""
    # ours moves all particles and must be told of substeps; npt finds out
    ours, told = "", ""
    if group == "all":
        ours, told = (
            f"""\
variable substeps string ""
if "${{style}} == lj/nanonet" then "variable substeps string 'substeps {n}'"
""",
            " ${substeps}",
        )
    return f"""\
timestep {protocol.timestep:g}
{substeps}{_THERMO}{ours}fix npt {group} npt temp {temperature:g} {temperature:g} {protocol.thermostat_damping:g} \
iso {pressure:g} {pressure:g} {protocol.barostat_damping:g}{told}
"""


_THERMO = f"""\
thermo 500
thermo_style custom {COLUMNS}
thermo_modify flush yes
"""


def _stretches(protocol: Protocol, whole: str = "", last: str = "", annealed: str = "") -> str:
    """Equilibration and production up to their last steps, with restart files and NP frames.

    `annealed` comes between them, where the temperature falls during equilibration.
    """
    end = protocol.equilibration_steps
    ramp = f" start 0 stop {end}" if annealed else ""
    return f"""\
restart {protocol.restart_every} {RESTARTS[0]} {RESTARTS[1]}
variable now equal step
print "{MARKER} from step ${{now}}"
if "${{now}} < {end}" then "run {end} upto{ramp}"
{annealed}
# production
group nps type 2
dump nps nps custom {protocol.frame_every} {NP_DUMP} {NP_COLUMNS}
dump_modify nps sort id append yes format float %.5f first no
{whole}run {protocol.total_steps} upto
{last}write_restart {END}
"""


def _implicit(protocol: Protocol) -> str:
    """NPs alone with their tabulated potential, under a Langevin thermostat in a given volume."""
    temperature = protocol.temperature
    bath = f"{temperature:g} {protocol.thermostat_damping:g} {protocol.seed + 2}\n"
    constant = f"fix bath all langevin {temperature:g} {bath}"
    annealed = f"unfix bath\n{constant}" if protocol.anneal_from else ""
    return f"""
# U_nn + W_poly from a table
pair_style table linear 4000
pair_coeff * * {TABLE} {KEY}
neighbor 1.2 bin
neigh_modify every 10 delay 0 check yes

# Langevin thermostat, velocity Verlet
timestep {protocol.timestep:g}
{_THERMO}thermo 5000
fix move all nve
{f"fix bath all langevin {protocol.anneal_from:g} {bath}" if annealed else constant}\
{_stretches(protocol, annealed=annealed)}"""
