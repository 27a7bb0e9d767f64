"""Time g(r) of one trajectory file of 50 NPs: ours, freud's alone and MDAnalysis's InterRDF; and memory at two lengths.

python benchmarks/trajectories.py [frames]
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

NPS, EDGE, BINS = 50, 30.0, 100


def write(folder: Path, frames: int) -> None:
    """The same gas as a LAMMPS dump, GSD, DCD and XTC file."""
    import gsd.hoomd
    import MDAnalysis
    from MDAnalysis.coordinates.memory import MemoryReader

    positions = np.random.default_rng(0).uniform(0, EDGE, (frames, NPS, 3)).astype(np.float32)
    box = np.array([EDGE, EDGE, EDGE, 90, 90, 90], dtype=np.float32)
    with (folder / "a.lammpstrj").open("w") as dump:
        for step, points in enumerate(positions):
            dump.write(f"ITEM: TIMESTEP\n{step}\nITEM: NUMBER OF ATOMS\n{NPS}\nITEM: BOX BOUNDS pp pp pp\n")
            dump.write(f"0 {EDGE}\n" * 3 + "ITEM: ATOMS id type x y z\n")
            dump.writelines(f"{i} 1 {x:.5f} {y:.5f} {z:.5f}\n" for i, (x, y, z) in enumerate(points, start=1))
    with gsd.hoomd.open(str(folder / "a.gsd"), "w") as file:
        for step, points in enumerate(positions):
            frame = gsd.hoomd.Frame()
            frame.configuration.step, frame.configuration.box = step, [EDGE, EDGE, EDGE, 0, 0, 0]
            frame.particles.N, frame.particles.types, frame.particles.position = NPS, ["NP"], points - 0.5 * EDGE
            file.append(frame)
    universe = MDAnalysis.Universe.empty(NPS, trajectory=True)
    universe.load_new(positions, format=MemoryReader, dimensions=box)
    for name in ("a.dcd", "a.xtc"):
        universe.atoms.write(str(folder / name), frames="all")


def ours(path: Path) -> None:
    from nanonet.analyze.files import measure_files

    nm = path.suffix == ".xtc"
    given = {"units": "nm", "sigma": "1A"} if nm else {"units": "lj"}
    measure_files([path], selection="all", bins=BINS, diameter="3", **given)  # type: ignore[arg-type]


def by_freud(path: Path) -> None:
    import freud
    import gsd.hoomd

    counter = freud.density.RDF(bins=BINS, r_max=10.0)
    with gsd.hoomd.open(str(path), "r") as file:
        for frame in file:
            counter.compute((frame.configuration.box, frame.particles.position), reset=False)
    counter.rdf  # noqa: B018  # it is computed when asked for


def by_mdanalysis(path: Path) -> None:
    import MDAnalysis
    from MDAnalysis.analysis.rdf import InterRDF

    kind = {"format": "LAMMPSDUMP"} if path.suffix == ".lammpstrj" else {}
    universe = MDAnalysis.Universe(str(path), **kind) if kind or path.suffix == ".gsd" else MDAnalysis.Universe(
        MDAnalysis.Universe.empty(NPS)._topology, str(path)
    )  # fmt: skip
    InterRDF(universe.atoms, universe.atoms, nbins=BINS, range=(0.0, 10.0), exclusion_block=(1, 1)).run()


def _frames_a_second(frames: int, measure: Callable[[Path], None], path: Path) -> str:
    start = time.perf_counter()
    measure(path)
    return f"{frames / (time.perf_counter() - start):,.0f}"


def main(frames: int) -> None:
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write(folder, 50)
        for path in (*folder.glob("a.*"),):  # imports are not timed
            ours(path)
        by_freud(folder / "a.gsd")
        by_mdanalysis(folder / "a.dcd")
        write(folder, frames)
        print(
            f"{frames:,} frames of {NPS} NPs, {BINS} bins to 10; frames a second\n\n| file | ours | freud | InterRDF |"
        )
        print("|---|---|---|---|")
        for name in ("a.lammpstrj", "a.gsd", "a.dcd", "a.xtc"):
            freud = _frames_a_second(frames, by_freud, folder / name) if name == "a.gsd" else ""
            row = (_frames_a_second(frames, ours, folder / name), freud)
            print(f"| {name[1:]} | {' | '.join(row)} | {_frames_a_second(frames, by_mdanalysis, folder / name)} |")
        print("\n| frames | peak memory (MB), .lammpstrj | .gsd |\n|---|---|---|")
        for length in (frames // 10, frames):
            write(folder, length)
            peaks = [_peak(folder / name) for name in ("a.lammpstrj", "a.gsd")]
            print(f"| {length:,} | {peaks[0]:.0f} | {peaks[1]:.0f} |")


def _peak(path: Path) -> float:
    """Peak memory (MB) of a process that measures one file."""
    found = subprocess.run([sys.executable, __file__, "--measure", path], capture_output=True, text=True, check=True)
    return float(found.stdout)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        ours(Path(sys.argv[2]))
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
