"""How a composition is simulated: steps, time step, ensemble, size of the system, output."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any

from nanonet.composition import MIN_BOX, MIN_NPS
from nanonet.errors import InputError

_WHOLE = {
    "equilibration_steps",
    "production_steps",
    "frame_every",
    "configurations",
    "min_nps",
    "restart_every",
    "seed",
    "bond_substeps",
}
_MAY_BE_ZERO = {"pressure", "equilibration_steps", "configurations", "seed", "anneal_from"}
_LARGEST = 1_000_000_000  # of every number: LAMMPS counts the steps of a run in 32 bits
_TEXTS = {"name", "start"}
_REPLICA_STRIDE = 1_000  # between the seeds of replicas: a run derives some seeds of its own from its seed

STARTS = ("dispersed", "clustered", "implicit")
"""Where the NPs start: at random in the box, in one compact crystal, or where implicit NPs came to equilibrium."""

_HOLD = 150.0  # tau for which NPs from an implicit run are held; of a short protocol an eighth of its equilibration


@dataclass(frozen=True)
class Protocol:
    """Everything about a run that is not its composition, in Lennard-Jones units.

    Parameters
    ----------
    name:
        Name of the preset that it comes from.
    timestep:
        Time step of velocity Verlet (tau).
    equilibration_steps, production_steps:
        Steps before and while NP coordinates are recorded.
    frame_every:
        Steps from one recorded frame of NP coordinates to the next.
    configurations:
        Whole configurations (polymer and NPs) written during production; its last step is always among them.
    min_box:
        Smallest box edge aimed at (sigma).
    min_nps:
        Smallest number of NPs.
    restart_every:
        Steps from one restart file to the next.
    temperature, pressure:
        T* and P* of the NPT ensemble (paper: 1 and 1).
    thermostat_damping, barostat_damping:
        Relaxation times of the Nose-Hoover thermostat and barostat (tau). Our choice, the paper gives none:
        100 and 1,000 of its time steps, as LAMMPS recommends.
    seed:
        Seed of the starting configuration and of the velocities.
    start:
        `dispersed` (NPs at random), `clustered` (all NPs in one crystal), or `implicit` (the last positions of NPs
        without polymer, whose potential has the polymer in it: `nanonet.campaign.starts`). What has equilibrated does
        not depend on it: two runs that started apart and agree are the best sign.
    bond_substeps:
        Steps of the bonds in one time step (r-RESPA, Tuckerman 1992, doi:10.1063/1.463137): stiff bonds, not pairs,
        limit the time step. 1 is plain velocity Verlet.
    anneal_from:
        Of implicit runs: temperature at which equilibration starts, falling evenly to `temperature` at its end; 0 is
        equilibration at `temperature`.

    Raises
    ------
    InputError
        A field is not a number, not positive, or not whole where it must be; an unknown start.

    Examples
    --------
    >>> Protocol("mine", 0.01, 1000, 5000, 100, 5, min_box=20.8, min_nps=8, restart_every=1000).total_steps
    6000
    """

    name: str
    timestep: float
    equilibration_steps: int
    production_steps: int
    frame_every: int
    configurations: int
    min_box: float
    min_nps: int
    restart_every: int
    temperature: float = 1.0
    pressure: float = 1.0
    thermostat_damping: float = 0.5
    barostat_damping: float = 5.0
    seed: int = 1
    start: str = "dispersed"
    bond_substeps: int = 1
    anneal_from: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in _TEXTS:
                if not isinstance(value, str):
                    raise InputError(f"{field.name} = {value!r} is not a text")
                continue
            if isinstance(value, (bool, str)) or not isinstance(value, (int, float)) or not abs(value) < math.inf:
                raise InputError(f"{field.name} = {value!r} is not a finite number")
            if field.name in _WHOLE and not isinstance(value, int):
                raise InputError(f"{field.name} = {value!r} is not a whole number")
            if value < 0 or (value == 0 and field.name not in _MAY_BE_ZERO):
                allowed = "0 or above" if field.name in _MAY_BE_ZERO else "above 0"
                raise InputError(f"{field.name} = {value!r} is not {allowed}")
            if value > _LARGEST:
                raise InputError(f"{field.name} = {value!r} is not at most {_LARGEST}")
        if self.start not in STARTS:
            raise InputError(f"start = {self.start!r} is not one of {', '.join(STARTS)}")
        if self.seed > 899_999_999:  # LAMMPS takes seeds up to 9e8; we derive others from this one
            raise InputError(f"seed = {self.seed} is not between 0 and 899999999")
        for name in ("equilibration_steps", "production_steps"):
            if getattr(self, name) % self.frame_every:
                raise InputError(
                    f"{name} = {getattr(self, name)} is not a multiple of frame_every = {self.frame_every}"
                )
        if self.configurations and self.production_steps % self.configurations:
            raise InputError(
                f"production_steps = {self.production_steps} is not a multiple of "
                f"configurations = {self.configurations}"
            )

    @property
    def hold_steps(self) -> int:
        """Steps before equilibration in which NPs from an implicit run are held while the polymer relaxes."""
        return min(round(_HOLD / self.timestep), self.equilibration_steps // 8) if self.start == "implicit" else 0

    @property
    def total_steps(self) -> int:
        """Steps of equilibration and production together."""
        return self.equilibration_steps + self.production_steps

    @property
    def frames(self) -> int:
        """Frames of NP coordinates that production records (its starting point is not one of them)."""
        return self.production_steps // self.frame_every

    @property
    def frame_steps(self) -> range:
        """The steps of these frames."""
        return range(self.equilibration_steps + self.frame_every, self.total_steps + 1, self.frame_every)

    def extended(self, production_steps: int) -> Protocol:
        """The same protocol with more production; whole configurations come as often as before.

        Raises
        ------
        InputError
            `production_steps` is less than before, or no multiple of the interval between configurations.
        """
        if production_steps < self.production_steps:
            raise InputError(f"production_steps = {production_steps} is not {self.production_steps} or more")
        configurations = 0
        if self.configurations:
            every = self.production_steps // self.configurations
            if production_steps % every:
                raise InputError(f"production_steps = {production_steps} is not a multiple of {every}")
            configurations = production_steps // every
        return replace(self, production_steps=production_steps, configurations=configurations)

    def replica(self, number: int, start: str | None = None) -> Protocol:
        """The same protocol with seeds of its own, for replica 1, 2, ...; on request from another start."""
        seed = (self.seed + _REPLICA_STRIDE * number) % 900_000_000
        return replace(self, seed=seed, start=self.start if start is None else start)


PRESETS: dict[str, Protocol] = {
    # A real melt with NPs in about half a minute of one core: for tests and first tries. It has not equilibrated.
    "smoke": Protocol(
        name="smoke", timestep=0.01, equilibration_steps=1_500, production_steps=1_000, frame_every=25,
        configurations=2, min_box=MIN_BOX, min_nps=MIN_NPS, restart_every=1_000, bond_substeps=2,
    ),
    # 1,000 tau of equilibration, 2,500 tau of production, a frame every tau: about 20 minutes of one core. NPs start
    # where implicit ones came to equilibrium (from a dispersed start those that condense need far longer). Pairs have
    # twice the paper's time step, bonds the paper's: density, temperature, energy and g(r) agree with the paper's
    # (docs/results/validation.md, case time_step; with 0.01 for the bonds too the volume is 0.2 % larger).
    "standard": Protocol(
        name="desk", timestep=0.01, equilibration_steps=100_000, production_steps=250_000, frame_every=100,
        configurations=50, min_box=MIN_BOX, min_nps=MIN_NPS, restart_every=10_000, bond_substeps=2, start="implicit",
    ),
    # The paper's steps, time step, thermostat and barostat and number of configurations (paper, MD Simulations and
    # Data Curation). It does not give the numbers of particles: ours are 20 NPs or more.
    "paper": Protocol(
        name="paper", timestep=0.005, equilibration_steps=10_000_000, production_steps=10_000_000, frame_every=1_000,
        configurations=50, min_box=MIN_BOX, min_nps=20, restart_every=50_000,
    ),
}  # fmt: skip
"""Protocols by the name of the preset. `Protocol.name` is part of a run's identity: that of `standard` is `desk`."""

ALIASES = {"desk": "standard"}
"""Other names of presets, accepted wherever one is read."""

WINDOWS = Protocol(
    name="windows", timestep=0.01, equilibration_steps=50_000, production_steps=300_000, frame_every=100,
    configurations=0, min_box=20.8, min_nps=2, restart_every=10_000, bond_substeps=2,
)  # fmt: skip
"""Umbrella windows: 500 tau of equilibration, 3,000 tau of production. The number of NPs follows from the windows."""


def protocol_of(record: Mapping[str, Any]) -> Protocol:
    """The protocol of plain values, as records have it; `InputError` names a field that is unknown, missing or bad.

    Examples
    --------
    >>> from dataclasses import asdict
    >>> protocol_of(asdict(preset("smoke"))) == preset("smoke")
    True
    """
    names = [field.name for field in fields(Protocol)]
    for name in record:
        if name not in names:
            raise InputError(f"protocol.{name} is not known: another version of nanonet wrote it")
    for field in fields(Protocol):
        if field.name not in record and field.default is MISSING:
            raise InputError(f"protocol.{field.name} is missing")
    return Protocol(**record)


def preset(name: str) -> Protocol:
    """The preset `smoke`, `standard` or `paper`, by its name or an alias; `InputError` for another name.

    Examples
    --------
    >>> preset("paper").total_steps, preset("standard").start
    (20000000, 'implicit')
    """
    name = ALIASES.get(name, name)
    if name not in PRESETS:
        raise InputError(f"protocol = {name!r} is not one of {', '.join(PRESETS)}")
    return PRESETS[name]


def shown_name(name: str) -> str:
    """The name of a recorded protocol as people know it: a preset has that of `PRESETS`.

    Examples
    --------
    >>> shown_name(preset("standard").name)
    'standard'
    """
    return ALIASES.get(name, name)


IMPLICIT = Protocol(
    name="implicit", timestep=0.01, equilibration_steps=100_000, production_steps=200_000, frame_every=200,
    configurations=0, min_box=MIN_BOX, min_nps=MIN_NPS, restart_every=100_000, thermostat_damping=1.0,
)  # fmt: skip
"""NPs alone (mass 1) under a Langevin thermostat, 1,000 and 2,000 tau; as many as in `standard`, in a given volume."""

ANNEAL_FROM = 2.0
"""Temperature from which implicit NPs are cooled where dispersed and clustered starts differ."""
