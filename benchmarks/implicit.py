"""Times compositions with implicit NPs: `python benchmarks/implicit.py` (two minutes of one core).

Compositions of the design take turns in the compiled loop and in LAMMPS, from both ends and with their analysis; then
steps of both for some numbers of NPs, and what becomes of a run's frames. The seconds are those of the processor (this
process and the LAMMPS that it starts), so that a busy machine counts less. Options: how many compositions, 24 if left
out.
"""

from __future__ import annotations

import re
import resource
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import gsd.hoomd
import numpy as np

from nanonet import Composition
from nanonet.analyze import pairs
from nanonet.analyze.frames import batches
from nanonet.analyze.trajectory import read
from nanonet.campaign.design import design
from nanonet.campaign.implicit import simulate
from nanonet.campaign.starts import potential_of, why_not
from nanonet.formats import run_folder
from nanonet.protocol import IMPLICIT
from nanonet.simulate import engine, langevin
from nanonet.simulate.frames import write
from nanonet.simulate.lmp import find_lmp
from nanonet.systems.implicit import implicit
from nanonet.systems.kinds import as_system


def main(count: int = 24) -> None:
    compositions = [one for one in design(4 * count)[::3] if not why_not(one)][:count]
    lammps = " ".join(find_lmp())
    seconds: dict[str, list[float]] = {"compiled loop": [], "LAMMPS": []}
    runs, nps = [], []
    with tempfile.TemporaryDirectory() as scratch:
        for i, composition in enumerate(compositions):
            potential = potential_of(composition)
            for name, lmp in (("compiled loop", None), ("LAMMPS", lammps)):
                folder = Path(scratch) / f"{i} {name}"
                folder.mkdir()
                before = _processor()
                found = simulate(composition, potential, folder, lmp=lmp)
                seconds[name].append(_processor() - before)
                if lmp is None:
                    runs.append(len(found))
                    nps.append(found[0].record["nps"])
    print(f"{len(compositions)} compositions, {np.mean(nps):.0f} NPs and {np.mean(runs):.1f} runs each in the middle\n")
    print("| | s a composition | 1,000 of them, min |\n|---|---|---|")
    for name, found_seconds in seconds.items():
        mean = np.mean(found_seconds[1:])  # the first compiles and loads
        print(f"| {name} | {mean:.2f} | {1000 * mean / 60:.0f} |")


def steps() -> None:
    """Microseconds a step, the best of three."""
    print("\n| NPs | compiled loop, microseconds a step | LAMMPS |\n|---|---|---|")
    composition = Composition(diameter=3, chain_length=40, density=0.0008, eps_nn=0.5, eps_pn=1.0)
    subject = implicit(composition, potential_of(composition))
    lammps = " ".join(find_lmp())
    with tempfile.TemporaryDirectory() as scratch:
        for nps in (8, 19, 36, 64):
            protocol = replace(IMPLICIT, min_nps=nps)
            system = as_system(subject).configuration(protocol)
            ours, theirs = [], []
            for i in range(3):
                before = _processor()
                langevin.run(subject, protocol, system.box, system.nps)
                ours.append(_processor() - before)
                folder = Path(scratch) / f"{nps} {i}"
                engine.run(subject, protocol, folder, lmp=lammps)
                loops = re.findall(r"Loop time of ([\d.]+)(?s:.*?)([\d.]+)% CPU", (folder / run_folder.LOG).read_text())
                theirs.append(sum(float(seconds) * min(float(share), 100.0) / 100.0 for seconds, share in loops))
            micro = (1e6 * min(seconds) / protocol.total_steps for seconds in (ours, theirs))
            print(f"| {nps} | " + " | ".join(f"{value:.2f}" for value in micro) + " |")


def frames_of_a_run() -> None:
    """Seconds for the 1,000 frames of a run of 19 NPs, the best of three."""
    rng = np.random.default_rng(1)
    positions = rng.uniform(0.0, 22.0, (1_000, 19, 3))
    best: dict[str, float] = {}

    def note(name: str, before: float) -> None:
        best[name] = min(best.get(name, np.inf), _processor() - before)

    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "a.gsd"
        for _ in range(3):
            write(path, range(1, 1_001), 22.0, positions, 3.0, 1.0)
            with gsd.hoomd.open(str(path), "r") as file:
                before = _processor()
                whole = list(file)
                note("read, frame by frame in gsd.hoomd", before)
            before = _processor()
            with gsd.hoomd.open(str(Path(scratch) / "b.gsd"), "w") as file:
                for frame in whole:
                    file.append(frame)
            note("written, frame by frame in gsd.hoomd", before)
            before = _processor()
            write(path, range(1, 1_001), 22.0, positions, 3.0, 1.0)
            note("written", before)
            before = _processor()
            found = read(path)
            note("read", before)
            for name, count in (("pairs by NumPy", pairs.count_all), ("pairs by freud", pairs.count_near)):
                before = _processor()
                for part in batches(found):
                    count(part, 10.0, 100)
                note(name, before)
    print("\n| frames of a run | s |\n|---|---|")
    for name, seconds in best.items():
        print(f"| {name} | {seconds:.3f} |")


def _processor() -> float:
    """Seconds of the processor that this process and its children have taken."""
    usage = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in usage)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
    steps()
    frames_of_a_run()
