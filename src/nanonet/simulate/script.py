"""What LAMMPS reads, as text: pure functions of a system, a protocol and a starting configuration.

Every pair is truncated and shifted to zero; bonded particles feel their bond and no other pair potential.
Type 1 is the monomer, type 2 the NP.
"""

from __future__ import annotations

import numpy as np

from nanonet.composition import Composition
from nanonet.formats.lammps_dump import ALL_COLUMNS, NP_COLUMNS
from nanonet.formats.lammps_log import COLUMNS, MARKER
from nanonet.formats.run_folder import CONFIGURATIONS, DATA, END, LOG, NP_DUMP, RESTARTS, RESUME, START, TABLE
from nanonet.potentials.lennard_jones import CUTOFF
from nanonet.protocol import Protocol
from nanonet.systems.base import NP, Configuration, ForceField, PairTable, System
from nanonet.systems.kinds import as_system

_SKIN = 0.5  # of the neighbour lists (sigma): 0.3 to 0.8 differ by less than 10 % in speed (docs/speed.md)
_PRUNED_SKIN = 1.0  # where our pair style prunes the lists between (docs/speed.md)
_PUSH_STEPS = 1_000
_SETTLE_STEPS = 2_000


_TABLE_KEY = "NP"
_TABLE_ROWS = 3_000


def data_text(start: Configuration, masses: tuple[float, ...], bond_types: int = 1) -> str:
    """The LAMMPS data file (atom style bond) of a starting configuration, with the masses of its types of particles.

    Molecule numbers count the chains, then rigid bodies, from 1; what belongs to none has molecule 0.

    Examples
    --------
    >>> data_text(Configuration(10.0, np.zeros((1, 3)), np.ones(1, int), np.zeros(1, int)), (1.0,)).splitlines()[2]
    '1 atoms'
    """
    images = np.floor(start.positions / start.box).astype(int)
    inside = start.positions - images * start.box
    columns = (start.molecules, start.types, inside, images)
    atoms = [
        f"{i} {molecule} {kind} {x:.6f} {y:.6f} {z:.6f} {a} {b} {c}"
        for i, (molecule, kind, (x, y, z), (a, b, c)) in enumerate(
            zip(*(column.tolist() for column in columns), strict=True), start=1
        )
    ]
    nps = len(start.nps)
    box = f"0.0 {start.box:.10g}"
    lines = [
        f"nanonet: {len(atoms) - nps} monomers (type 1), {nps} NPs (type {NP})",
        "",
        f"{len(atoms)} atoms",
        f"{len(start.bonds)} bonds",
        f"{len(masses)} atom types",
        f"{max(1, bond_types)} bond types",
        "2 extra bond per atom",
        "",
        f"{box} xlo xhi",
        f"{box} ylo yhi",
        f"{box} zlo zhi",
        "",
        "Masses",
        "",
        f"1 {masses[0]:.1f}",
        *(f"{kind} {mass:.10g}" for kind, mass in enumerate(masses[1:], start=2)),
        "",
        "Atoms # bond",
        "",
        *atoms,
    ]
    if len(start.bonds):
        bonds = enumerate(start.bonds.tolist(), start=1)
        lines += ["", "Bonds", "", *(f"{i} {kind} {a + 1} {b + 1}" for i, (kind, a, b) in bonds)]
    return "\n".join(lines) + "\n"


def table_text(table: PairTable) -> str:
    """The LAMMPS table file (pair_style table) of a tabulated potential.

    Examples
    --------
    >>> from nanonet.formats import potential_table
    >>> from nanonet.potentials.mediated import PairInputs
    >>> from nanonet.systems.implicit import implicit
    >>> composition = Composition(3, 40, 0.002, 0.5, 1.0)
    >>> system = implicit(composition, potential_table.shipped().potential(PairInputs.of(composition)))
    >>> table_text(system).splitlines()[2]
    'NP'
    """
    rows = table.at(np.linspace(table.inner, table.outer, _TABLE_ROWS))
    head = f"# nanonet: {table.title}\n\n{_TABLE_KEY}\n"
    head += f"N {len(rows)} R {rows[0, 0]:.10g} {rows[-1, 0]:.10g}\n\n"
    return head + "".join(f"{i} {r:.10g} {u:.10g} {f:.10g}\n" for i, (r, u, f) in enumerate(rows.tolist(), start=1))


def start_text(what: System | Composition, protocol: Protocol) -> str:
    """The LAMMPS input that runs a system from its data file to the end.

    Examples
    --------
    >>> from nanonet.protocol import preset
    >>> "fix" in start_text(Composition(3, 40, 0.002, 0.5, 1.0), preset("smoke"))
    True
    """
    system = as_system(what)
    forces = system.force_field()
    if system.ensemble == "langevin":
        seed, temperature = protocol.seed + 3, protocol.temperature
        velocities = f"velocity all create {temperature:g} {seed} mom yes rot no dist gaussian\n"
        return _head(forces, "zero 2.5") + velocities + _forces(forces) + _langevin(protocol)
    bodies = _bodies(system, protocol)
    return (
        _head(forces, "soft 1.0") + bodies + _push_off(forces, protocol, held=bool(bodies)) + _forces(forces)
        + _settle(protocol) + _hold(protocol) + _release(protocol) + _run(protocol, rigid=bool(bodies))
    )  # fmt: skip


def resume_text(what: System | Composition, protocol: Protocol) -> str:
    """The LAMMPS input that resumes from a restart file: `lmp -in resume.in -var restart restart.a`.

    Examples
    --------
    >>> from nanonet.protocol import preset
    >>> "read_restart" in resume_text(Composition(3, 40, 0.002, 0.5, 1.0), preset("smoke"))
    True
    """
    system = as_system(what)
    forces = system.force_field()
    bonds = ""
    if len({bond.style for bond in forces.bonds}) > 1:  # restart files do not hold the coefficients of hybrid styles
        styles, coefficients = bond_text(forces)
        bonds = styles.split("\n", 2)[2] + coefficients
    bodies = _bodies(system, protocol)
    ensemble = _langevin(protocol) if system.ensemble == "langevin" else _run(protocol, rigid=bool(bodies))
    return _HEAD_RESUME + bonds + _expect(system.numbers(protocol).particles) + bodies + _forces(forces) + ensemble


def interactions(what: System | Composition) -> str:
    """The potentials of a system, and the neighbour lists that suit them.

    Examples
    --------
    >>> "pair_coeff" in interactions(Composition(3, 40, 0.002, 0.5, 1.0))
    True
    """
    return _forces(as_system(what).force_field())


def bond_text(forces: ForceField) -> tuple[str, str]:
    r"""What comes before the particles (styles; who is bonded has no pair potential), and the coefficients of bonds.

    Examples
    --------
    >>> from nanonet.systems.melt import FENE
    >>> bond_text(ForceField((1.0,), bonds=(FENE,)))[1]
    'bond_coeff 1 30 1.5 1.0 1.0\n'
    """
    styles = dict.fromkeys(bond.style for bond in forces.bonds)
    hybrid = len(styles) > 1
    named = f"{'hybrid ' if hybrid else ''}{' '.join(styles)}" if styles else "none"
    special = "special_bonds fene\n" if styles else ""
    coefficients = (
        f"bond_coeff {i} {f'{bond.style} ' if hybrid else ''}{bond.coefficients}\n"
        for i, bond in enumerate(forces.bonds, start=1)
    )
    return f"units lj\natom_style bond\nbond_style {named}\n{special}", "".join(coefficients)


def _head(forces: ForceField, pair_style: str) -> str:
    styles, coefficients = bond_text(forces)
    hint = "  (any LAMMPS with the package MOLECULE; faster: -sf opt)" if forces.bonds else ""
    return f"""\
# nanonet: run with  lmp -log none -in {START}{hint}
log {LOG}
{styles}pair_style {pair_style}
read_data {DATA}
{coefficients}"""


_HEAD_RESUME = f"""\
# nanonet: run with  lmp -log none -in {RESUME} -var restart {RESTARTS[0]}
log {LOG} append
read_restart ${{restart}}
"""


def _lists(forces: ForceField) -> str:
    """Lists, ghosts and sorting by the cutoff of each pair of types; KOKKOS and GPU have one cutoff only."""
    reach = f"{forces.bond_reach + 1.0:.4g}" if forces.bond_reach else ""  # partners must see each other
    bin_reach, multi_reach = (f' &\n"comm_modify cutoff {reach}"', f" cutoff/multi {NP} {reach}") if reach else ("", "")
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


def _bodies(system: System, protocol: Protocol) -> str:
    """Groups of the particles in rigid bodies, and of those that are in none; nothing where there are no bodies."""
    numbers = system.numbers(protocol)
    if not numbers.rigid:
        return ""
    return f"""
# NPs and what is fixed to them, and all others
group bodies id > {numbers.particles - numbers.rigid}
group free subtract all bodies
"""


def _push_off(forces: ForceField, protocol: Protocol, *, held: bool = False) -> str:
    """Part overlapping particles with a soft repulsion that grows; rigid bodies are held."""
    minimum = 2.0 ** (1.0 / 6.0)
    soft = "".join(f"pair_coeff {types} 0.0 {minimum * sigma:.10g}\n" for types, _, sigma, _ in forces.pairs)
    types = " ".join(
        str(kind) for kind, _ in enumerate(forces.masses, start=1) if kind != NP or not protocol.hold_steps
    )
    return f"""
# overlapping monomers are pushed apart
group moving {"union free" if held else f"type {types}"}
{_lists(forces)}{soft}\
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


def _forces(forces: ForceField) -> str:
    """Pair potentials and neighbour lists; the bonds once more: our own style of them where it is loaded, too."""
    if forces.table is not None:
        return f"""
# U_nn + W_poly from a table
pair_style table linear 4000
pair_coeff * * {TABLE} {_TABLE_KEY}
neighbor 1.2 bin
neigh_modify every 10 delay 0 check yes
"""
    styles, bonds = bond_text(forces)
    style = "".join(f"{line}\n" for line in styles.splitlines() if line.startswith("bond_style"))
    coefficients = "".join(
        f"pair_coeff {types} {epsilon:.10g} {sigma:.10g} {cutoff:.10g}\n"
        for types, epsilon, sigma, cutoff in forces.pairs
    )
    return f"""
# the model: Lennard-Jones, truncated and shifted to zero at {CUTOFF:g} sigma of each pair
variable style index lj/cut
if "${{style}} == lj/nanonet" then "plugin load ${{plugin}}" "suffix nanonet"
{style}{bonds}\
pair_style ${{style}} {CUTOFF:g}
pair_modify shift yes
{coefficients}{_lists(forces)}\
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
{_integrate(protocol, "moving")}run {protocol.hold_steps}
unfix npt
"""


def _release(protocol: Protocol) -> str:
    return f"""
# all particles are free, and time starts at 0
group moving delete
velocity all create {protocol.temperature:g} {protocol.seed + 3} mom yes rot no dist gaussian
reset_timestep 0
"""


def _run(protocol: Protocol, *, rigid: bool = False) -> str:
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
{_rigid(protocol) if rigid else ""}{_integrate(protocol, "free" if rigid else "all")}\
{_stretches(protocol, whole, last)}"""


def _rigid(protocol: Protocol) -> str:
    """Rigid bodies under a thermostat of their own; the barostat of the others moves them with the box."""
    temperature = protocol.temperature
    bath = f"temp {temperature:g} {temperature:g} {protocol.thermostat_damping:g}"
    return f"fix rigid bodies rigid/nvt/small molecule {bath}\n"


def _integrate(protocol: Protocol, group: str) -> str:
    """NPT of a group of particles; the others only scale with the box. Our own style moves all, or is switched off."""
    temperature, pressure, n = protocol.temperature, protocol.pressure, protocol.bond_substeps
    substeps = f"run_style respa 2 {n} bond 1 pair 2\n" if n > 1 else ""
    damping, barostat = f"{protocol.thermostat_damping:g}", f"{pressure:g} {pressure:g} {protocol.barostat_damping:g}"
    fix = f"fix npt {group} npt temp {temperature:g} {temperature:g} {damping} iso {barostat}"
    if group == "all":  # ours must be told of substeps; npt finds out
        fix = f"""\
variable substeps string ""
if "${{style}} == lj/nanonet" then "variable substeps string 'substeps {n}'"
{fix} ${{substeps}}
"""
    else:
        fix = f"""\
if "${{style}} == lj/nanonet" then "suffix off"
{fix}
if "${{style}} == lj/nanonet" then "suffix on"
"""
    return f"timestep {protocol.timestep:g}\n{substeps}{_THERMO}{fix}"


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
group nps type {NP}
dump nps nps custom {protocol.frame_every} {NP_DUMP} {NP_COLUMNS}
dump_modify nps sort id append yes format float %.5f first no
{whole}run {protocol.total_steps} upto
{last}write_restart {END}
"""


def _langevin(protocol: Protocol) -> str:
    """A Langevin thermostat in a given volume."""
    temperature = protocol.temperature
    bath = f"{temperature:g} {protocol.thermostat_damping:g} {protocol.seed + 2}\n"
    constant = f"fix bath all langevin {temperature:g} {bath}"
    annealed = f"unfix bath\n{constant}" if protocol.anneal_from else ""
    return f"""
# Langevin thermostat, velocity Verlet
timestep {protocol.timestep:g}
{_THERMO}thermo 5000
fix move all nve
{f"fix bath all langevin {protocol.anneal_from:g} {bath}" if annealed else constant}\
{_stretches(protocol, annealed=annealed)}"""
