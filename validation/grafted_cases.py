"""Validation cases of grafted NPs: see `cases`."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from nanonet.analyze.grafts import measure, read
from nanonet.formats import run_folder
from nanonet.grafted import GraftedComposition
from nanonet.protocol import Protocol, preset
from nanonet.records import GraftRecord
from nanonet.simulate import engine, script
from nanonet.systems.grafted import Grafted
from validation.checks import Check, run_lmp, table

DAOUD_COTTON = "Daoud & Cotton 1982, doi:10.1051/jphys:01982004303053100"
LENGTH = f"1/2 of ideal chains to 3/5 and more of stretched ones, {DAOUD_COTTON}"
NUMBER = f"0 of single grafts, 1/5 of {DAOUD_COTTON}, 1/3 of grafts that fill the space"
WETTING = "long matrix chains leave a brush of shorter ones: Kumar et al. 2013, doi:10.1021/ma4001385"
_TAU = 200


def _protocol(min_box: float = 20.8) -> Protocol:
    return replace(
        preset("standard"), start="dispersed", name="brush", equilibration_steps=_TAU * 50, min_box=min_box,
        production_steps=_TAU * 100, configurations=40,
    )  # fmt: skip


def brush(folder: Path) -> list[Check]:
    """Height of the brush against length and number of grafts, wet and dry brushes, bonds, two boxes."""
    usual = GraftedComposition(3, 20, 0.001, 1.0, 0.8, n_grafts=10, graft_length=8)
    cases = {
        "usual": usual,
        "longer": replace(usual, graft_length=20),
        "more": replace(usual, n_grafts=40),
        "short matrix": replace(usual, n_grafts=40, chain_length=4),
        "long matrix": replace(usual, n_grafts=40, chain_length=60),
    }
    folder.mkdir(exist_ok=True)
    boxes = {name: _protocol() for name in cases} | {"large box": _protocol(20.8 * 2 ** (1 / 3))}

    def run(name: str) -> GraftRecord:
        composition, out = cases.get(name, usual), folder / name.replace(" ", "_")
        engine.run(composition, boxes[name], out)
        found = sorted((out / run_folder.CONFIGURATIONS).glob("*.gz"))
        return measure([read(path, composition) for path in found], composition.diameter)

    with ThreadPoolExecutor(2) as pool:
        found = dict(zip(boxes, pool.map(run, boxes), strict=True))
    at, large = found["usual"], found["large box"]
    checks = [
        Check("bond length of grafts", *_pair(at.bond), 0.9645, 0.0015, "bond length of the melt at P = 1"),
        _power("ends of grafts: power of their length", at, found["longer"], 19 / 7, (0.6, 0.12), LENGTH),
        _power("ends of grafts: power of their number", at, found["more"], 4.0, (0.17, 0.17), NUMBER),
        _ratio("matrix in the brush, N = 60 over N = 4", found["long matrix"], found["short matrix"], (0.85, 0.14)),
    ]
    for name, text in (("height", "height of the brush"), ("matrix_share", "matrix in the brush")):
        (x, dx), (y, dy) = (_pair(getattr(one, name)) for one in (at, large))
        allowed, source = 3 * math.hypot(dx, dy), "the same with twice as many NPs"
        checks.append(Check(f"{text} in a box of twice the volume", x, math.hypot(dx, dy), y, allowed, source))
    return checks


def _pair(values: tuple[float, float | None]) -> tuple[float, float]:
    return values[0], math.nan if values[1] is None else values[1]


def _power(
    name: str, a: GraftRecord, b: GraftRecord, factor: float, expected: tuple[float, float], source: str
) -> Check:
    """The power of the ends' height between two runs whose grafts differ by a factor; `expected`: value, tolerance."""
    (x, dx), (y, dy) = _pair(a.end_height), _pair(b.end_height)
    error = math.hypot(dx / x, dy / y) / math.log(factor)
    return Check(name, math.log(y / x) / math.log(factor), error, *expected, source)


def _ratio(name: str, a: GraftRecord, b: GraftRecord, expected: tuple[float, float]) -> Check:
    (x, dx), (y, dy) = _pair(a.matrix_share), _pair(b.matrix_share)
    return Check(name, x / y, x / y * math.hypot(dx / x, dy / y), *expected, WETTING)


def rigid_energy(folder: Path) -> list[Check]:
    """Rigid bodies among free beads keep their energy without thermostat and barostat."""
    composition = GraftedComposition(2, 8, 0.004, 0.5, 1.0, n_grafts=5, graft_length=4)
    protocol = replace(_protocol(8.0), min_nps=8, equilibration_steps=2_000, production_steps=2_000)
    engine.run(composition, protocol, folder / "run")
    numbers = Grafted(composition).numbers(protocol)
    steps = 40_000
    text = f"""read_restart {(folder / "run" / run_folder.END)}
group bodies id > {numbers.particles - numbers.rigid}
group free subtract all bodies
{script.interactions(composition)}
timestep 0.005
fix rigid bodies rigid/nve/small molecule
fix move free nve
thermo_style custom step temp pe etotal
thermo_modify norm yes
thermo 100
run {steps}
"""
    rows = table(run_lmp(folder, text))
    energy = rows[:, 3]
    slope = np.polyfit(rows[:, 0] * 0.005, energy, 1)[0]
    return [
        Check("drift of the energy a particle in 200 tau", slope * 200, float(energy.std()), 0.0, 0.002, "conserved"),
        Check("temperature", float(rows[:, 1].mean()), float(rows[:, 1].std() / 10), 1.0, 0.05, "of the run before"),
    ]
