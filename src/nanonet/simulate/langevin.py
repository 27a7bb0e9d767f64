"""Langevin dynamics of NPs alone, in a compiled loop (`langevin.cpp`): LAMMPS's own steps, without its cost of a start.

Of a step of a few particles LAMMPS spends most on communication, lists and output (docs/speed.md). This loop has the
same integrator, thermostat and table.
"""

from __future__ import annotations

import ctypes
import os
import warnings
from collections.abc import Callable
from functools import cache as remembered
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanonet.errors import SimulationError
from nanonet.protocol import Protocol
from nanonet.simulate import cache
from nanonet.simulate.accelerate import FallbackWarning
from nanonet.simulate.lmp import LMP_VARIABLE, ask
from nanonet.systems.base import System

NAME = "loop"
"""What a run's record names as its accelerator."""

MAX_NPS = 64
"""Most NPs that run here: the loop meets all pairs, and LAMMPS, which has lists, is faster with more."""

SOURCE = Path(__file__).with_name("langevin.cpp")
_FLAGS = ("-std=c++17", "-O3", "-march=native", "-Wno-psabi", "-fno-math-errno", "-fPIC", "-shared")
_LANES = 4  # as in the source
_ROWS = 4_000  # of the table, as many as the deck gives LAMMPS
_STEPS_A_CALL = 50_000  # between reports of progress
_VELOCITIES, _NOISE = 3, 2  # which random numbers, as the deck numbers its seeds


class UnusableError(Exception):
    """The loop cannot be compiled here; the text gives the reason."""


def supports(system: System) -> bool:
    """Whether the loop has the forces and the bath of a system: NPs of mass 1 alone, with a table.

    Examples
    --------
    >>> from nanonet.composition import Composition
    >>> from nanonet.systems.melt import Melt
    >>> supports(Melt(Composition(3, 40, 0.002, 0.5, 1.0)))
    False
    """
    forces = system.force_field()
    alone = forces.table is not None and not forces.bonds and set(forces.masses) == {1.0}
    return alone and system.ensemble == "langevin"


def serves(nps: int, lmp: str | None, accelerator: str) -> bool:
    """Whether so many NPs run in the loop: unless a LAMMPS or one of its accelerators is asked for.

    Where it cannot be compiled, a warning gives the reason.

    Examples
    --------
    >>> serves(20, lmp="/opt/lammps/bin/lmp", accelerator="auto")
    False
    """
    if nps > MAX_NPS or accelerator not in ("auto", "plugin") or lmp or os.environ.get(LMP_VARIABLE):
        return False
    try:
        compiled()
    except UnusableError as error:
        warnings.warn(f"NPs with implicit polymer run in LAMMPS, several times slower: {error}", FallbackWarning,
                      stacklevel=2)  # fmt: skip
        return False
    return True


@remembered
def compiled() -> Path:
    """The compiled loop, in the user's cache under a hash of all that matters; made and checked on first use.

    Raises
    ------
    UnusableError
        There is no compiler, the cache cannot be used, or the loop disagrees with NumPy.
    """
    try:
        return cache.built("langevin", "\n".join([SOURCE.read_text(encoding="utf-8"), *_FLAGS]), _make)
    except (cache.CacheError, OSError) as error:
        raise UnusableError(str(error)) from None


def _make(compiler: str, target: Path) -> None:
    done = ask([compiler, *_FLAGS, str(SOURCE), "-o", str(target)])
    if done.returncode:
        raise UnusableError(f"it does not compile: {done.stderr.strip()[-1000:]}")
    _check(target)


def run(
    system: System,
    protocol: Protocol,
    box: float,
    positions: NDArray[np.float64],
    progress: Callable[[int, int], None] | None = None,
) -> NDArray[np.float64]:
    """Simulate a system from positions (n, 3) in a cube with edge `box`; positions (frames, n, 3), unwrapped.

    Raises
    ------
    UnusableError
        As `compiled`.
    SimulationError
        Two NPs came so close that the potential is not known there.

    Examples
    --------
    >>> from nanonet.campaign.starts import potential_of
    >>> from nanonet.composition import Composition
    >>> from nanonet.protocol import IMPLICIT
    >>> from nanonet.systems.implicit import implicit
    >>> composition = Composition(3, 40, 0.002, 0.5, 1.0)
    >>> system = implicit(composition, potential_of(composition))
    >>> run(system, IMPLICIT, 20.8, np.array([[5.0, 5.0, 5.0], [9.0, 5.0, 5.0]]))  # doctest: +SKIP
    """
    loop = Loop(_loaded(compiled()), system, protocol, box, positions)
    found = []
    done, total, equilibration = 0, protocol.total_steps, protocol.equilibration_steps
    while done < total:
        if progress is not None:
            progress(done, total)
        every = protocol.frame_every if done >= equilibration else 0
        count = max(1, _STEPS_A_CALL // protocol.frame_every) * protocol.frame_every
        count = min(count, (total if every else equilibration) - done)
        hot, cold = (_temperature(protocol, step) for step in (done, done + count))
        frames = loop.step(count, hot, cold, every)
        found.append(frames)
        done += count
    if progress is not None:
        progress(total, total)
    return np.concatenate(found)


class Loop:
    """The state of NPs between calls of the compiled loop."""

    def __init__(
        self, call: Any, system: System, protocol: Protocol, box: float, positions: NDArray[np.float64]
    ) -> None:
        self.call, self.system, self.protocol, self.box = call, system, protocol, box
        self.count = len(positions)
        self.stride = -(-self.count // _LANES) * _LANES
        draws = np.random.default_rng([protocol.seed, _VELOCITIES]).normal(size=positions.shape)
        start = _temperature(protocol, 0)
        self.x, self.v = self._padded(positions), self._padded(np.sqrt(start) * (draws - draws.mean(axis=0)))
        self.f = np.zeros_like(self.x)
        self.random = np.random.SeedSequence([protocol.seed, _NOISE]).generate_state(4, np.uint64)
        self.inner, self.outer, self.over_r = force_table(system, _ROWS)

    def _padded(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        padded = np.zeros((3, self.stride))
        padded[:, : self.count] = values.T
        return padded

    def step(self, count: int, hot: float, cold: float, every: int) -> NDArray[np.float64]:
        """Move for `count` steps while the temperature goes from hot to cold; the positions of every so many steps."""
        frames = np.empty((count // every if every else 0, 3, self.stride))
        done = self.call(
            self.count, self.stride, self.box, _at(self.x), _at(self.v), _at(self.f), count, self.protocol.timestep,
            self.protocol.thermostat_damping, hot, cold, _at(self.over_r), len(self.over_r), self.inner, self.outer,
            _at(self.random), every, _at(frames),
        )  # fmt: skip
        if done < count:
            raise SimulationError(
                f"{self.system}: two NPs came closer than {self.inner**0.5:.3g} sigma, where their potential is not "
                "known; a smaller time step is needed"
            )
        return frames[:, :, : self.count].transpose(0, 2, 1)


def force_table(system: System, rows: int) -> tuple[float, float, NDArray[np.float64]]:
    """First and last squared separation, and the force over the separation at `rows` evenly spaced between them.

    Examples
    --------
    >>> from nanonet.composition import Composition
    >>> from nanonet.formats import potential_table
    >>> from nanonet.potentials.mediated import PairInputs
    >>> from nanonet.systems.implicit import implicit
    >>> composition = Composition(3, 40, 0.002, 0.5, 1.0)
    >>> system = implicit(composition, potential_table.shipped().potential(PairInputs.of(composition)))
    >>> inner, outer, force = force_table(system, rows=100)
    >>> bool(force[0] > 0), bool(abs(force[-1]) < 0.1)
    (True, True)
    """
    table = system.force_field().table
    assert table is not None  # see `supports`
    squared = np.linspace(table.inner**2, table.outer**2, rows)
    points = np.sqrt(squared)
    return float(squared[0]), float(squared[-1]), table.at(points)[:, 2] / points


def _temperature(protocol: Protocol, step: int) -> float:
    """Of the bath after a step: it falls evenly during equilibration where the protocol asks for it."""
    end = protocol.equilibration_steps
    if not protocol.anneal_from or step >= end:
        return protocol.temperature
    return protocol.anneal_from + (protocol.temperature - protocol.anneal_from) * step / end


def _at(array: NDArray[Any]) -> ctypes.c_void_p:
    return array.ctypes.data_as(ctypes.c_void_p)


@remembered
def _loaded(path: Path) -> Any:
    call = ctypes.CDLL(str(path)).nanonet_langevin
    whole, real, pointer = ctypes.c_long, ctypes.c_double, ctypes.c_void_p
    call.restype = whole
    call.argtypes = [
        ctypes.c_int, ctypes.c_int, real, pointer, pointer, pointer, whole, real, real, real, real, pointer,
        ctypes.c_int, real, real, pointer, whole, pointer,
    ]  # fmt: skip
    return call


def _check(path: Path) -> None:
    """What was compiled must move nine particles as NumPy does: without noise, and across the borders of the box."""
    rng = np.random.default_rng(1)
    count, stride, box, timestep, damping, steps = 9, 12, 8.0, 0.005, 2.0, 20
    at = np.stack(np.meshgrid(*[np.arange(3)] * 3), axis=-1).reshape(-1, 3)[::3] * 2.6 + rng.normal(0, 0.05, (9, 3))
    squared = np.linspace(1.0, 9.0, 500)
    over_r = np.ascontiguousarray(squared**-4 - 0.1 * squared**-2)
    x, v, f = (np.zeros((3, stride)) for _ in range(3))
    x[:, :count], v[:, :count] = at.T, rng.normal(size=(3, count))
    there, moving, force = at.copy(), v[:, :count].T.copy(), np.zeros((count, 3))
    for _ in range(steps):
        moving += 0.5 * timestep * force
        there += timestep * moving
        apart = there[:, None] - there[None]
        apart -= box * np.rint(apart / box)
        between = (apart**2).sum(axis=2)
        strength = np.where((between > 0) & (between < 9.0), np.interp(between, squared, over_r), 0.0)
        force = (strength[:, :, None] * apart).sum(axis=1) - moving / damping
        moving += 0.5 * timestep * force
    frames, state = np.empty((1, 3, stride)), np.arange(1, 5, dtype=np.uint64)
    _loaded(path)(
        count, stride, box, _at(x), _at(v), _at(f), steps, timestep, damping, 0.0, 0.0, _at(over_r), len(over_r), 1.0,
        9.0, _at(state), steps, _at(frames),
    )  # fmt: skip
    if not np.allclose(frames[0, :, :count].T, there, rtol=0.0, atol=1e-9):
        raise UnusableError("it disagrees with NumPy")
