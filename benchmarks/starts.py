"""The start from implicit NPs: what it costs, and how long the polymer takes about NPs that are held.

`python benchmarks/starts.py`, some minutes of one core. Costs are shares of a standard run, whose time is that of a
short stretch of its production, scaled up. Relaxation: means over 12.5 tau of the potential energy, the volume and the
monomers within two monomers of an NP's surface, in units of their fluctuation about the mean of the last 125 tau.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nanonet import Composition
from nanonet.campaign import starts
from nanonet.formats import run_folder
from nanonet.protocol import preset
from nanonet.simulate import engine
from nanonet.simulate.accelerate import choose
from nanonet.simulate.lmp import find_lmp, inspect

COMPOSITIONS = {
    "D=3, condensing": Composition(diameter=3, chain_length=40, density=0.002, eps_nn=0.5, eps_pn=0.3),
    "D=4.53, dispersed, the strongest adsorption of the design": Composition(
        diameter=4.53, chain_length=38, density=0.00106, eps_nn=1.76, eps_pn=1.36
    ),
}
SAMPLE = 2_000  # steps of production that are timed
HELD = 50_000  # steps for which NPs are held to see the polymer relax
WINDOW = 1_250  # steps a mean: 12.5 tau


def main() -> None:
    for name, composition in COMPOSITIONS.items():
        with tempfile.TemporaryDirectory() as scratch:
            print(f"## {name}: {composition}")
            _cost(composition, Path(scratch))
            _relaxation(composition, Path(scratch))


def _cost(composition: Composition, scratch: Path) -> None:
    standard = preset("standard")
    short = replace(
        standard, equilibration_steps=SAMPLE, production_steps=SAMPLE, configurations=1, frame_every=SAMPLE // 5
    )
    begun = time.monotonic()
    folder = engine.write_deck(composition, short, scratch / "run", starts.place)
    implicit = time.monotonic() - begun
    begun = time.monotonic()
    engine.run(composition, short, folder)
    elapsed = time.monotonic() - begun
    loops = [float(x) for x in re.findall(r"Loop time of (\S+) on", (folder / run_folder.LOG).read_text())]
    a_step = (loops[-1] + loops[-2]) / (2 * SAMPLE)
    whole = a_step * standard.total_steps
    print(f"steps/s                {1 / a_step:.0f} ({elapsed:.0f} s in all)")
    print(f"implicit runs          {implicit:.1f} s, {100 * implicit / whole:.2f} % of a standard run")
    held = standard.hold_steps / standard.total_steps
    print(f"NPs held               {standard.hold_steps} steps, {100 * held:.2f} %")
    print(f"both                   {100 * (implicit / whole + held):.2f} %")


def _relaxation(composition: Composition, scratch: Path) -> None:
    folder = engine.write_deck(composition, preset("standard"), scratch / "held", starts.place)
    held, _ = (folder / run_folder.START).read_text().split("unfix npt\n")
    before, _ = held.rsplit("run ", 1)
    reach = 0.5 * composition.diameter + 2.0
    measured = f"""\
group nps type 2
compute near nps coord/atom cutoff {reach:g} 1
compute layer nps reduce ave c_near
thermo_style custom step pe vol c_layer
thermo 50
run {HELD}
"""
    (folder / run_folder.START).write_text(before.replace(" reduce/multi", "") + measured)  # full lists of compute near
    program = inspect(find_lmp())
    command = [*program.command, "-log", "none", *choose("auto", program).arguments, "-in", run_folder.START]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    rows = _last_table(folder / run_folder.LOG)
    names = ("energy", "volume", "adsorbed")
    late = rows[rows[:, 0] > rows[-1, 0] - 10 * WINDOW]
    print(f"{'tau':>9}" + "".join(f"{name:>12}" for name in names))
    per = WINDOW // 50
    spread = np.array([late[k * per : (k + 1) * per, 1:].mean(axis=0) for k in range(10)]).std(axis=0, ddof=1)
    for k in range(len(rows) // per - 10):
        part = (rows[k * per : (k + 1) * per, 1:].mean(axis=0) - late[:, 1:].mean(axis=0)) / spread
        print(f"{12.5 * (k + 0.5):9.1f}" + "".join(f"{x:12.1f}" for x in part))
    print("late mean" + "".join(f"{x:12.4g}" for x in late[:, 1:].mean(axis=0)))


def _last_table(log: Path) -> NDArray[np.float64]:
    """Rows (n, 4) of the last thermodynamic output of a log."""
    lines = log.read_text().split("c_layer", 1)[1].splitlines()[1:]
    rows = [line.split() for line in lines if re.fullmatch(r"\s*\d+(\s+[-+.\de]+){3}\s*", line)]
    return np.array(rows, dtype=np.float64)


if __name__ == "__main__":
    main()
