"""Times compositions with implicit NPs: `python benchmarks/implicit.py` (two minutes of one core).

Compositions of the design take turns in the compiled loop and in LAMMPS, from both ends and with their analysis. The
seconds are those of the processor (this process and the LAMMPS that it starts), so that a busy machine counts less.
Options: how many compositions, 24 if left out.
"""

from __future__ import annotations

import resource
import sys
import tempfile
from pathlib import Path

import numpy as np

from nanonet.campaign.design import design
from nanonet.campaign.implicit import simulate
from nanonet.campaign.starts import potential_of, why_not
from nanonet.simulate.lmp import find_lmp


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


def _processor() -> float:
    """Seconds of the processor that this process and its children have taken."""
    usage = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in usage)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
