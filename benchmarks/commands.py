"""What commands take as whole processes, beside a bare Python process: python benchmarks/commands.py

    python benchmarks/commands.py [--former PATH/TO/nanonet] [--repeats 5]

`--former` is the `nanonet` of another environment, such as that of a former commit: the same commands by it, in turn
with ours. Medians of wall time and of processor time; one thread.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from nanonet import Dataset

DATA = Path(__file__).parents[1] / "src" / "nanonet" / "data" / "simulated.nc"
FIVE = ["--diameter", "3", "--chain-length", "40", "--density", "0.002", "--eps-nn", "0.5", "--eps-pn", "1"]
PLANE = ["--x", "eps_pn", "--y", "eps_nn", "--steps", "40", *FIVE[:6]]
COMMANDS = {
    "--help": ["--help"],
    "predict": ["predict", *FIVE],
    "predict --plot": ["predict", *FIVE, "--plot", "rdf.png"],
    "phase": ["phase", *FIVE],
    "phase-map, 40 x 40": ["phase-map", *PLANE, "--plot", "map.png"],
    "dataset check, the shipped one": ["dataset", "check", str(DATA)],
    "dataset check, 80 compositions": ["dataset", "check", "80.nc"],
    "100,000 predictions with bands": [
        "import numpy as np, nanonet; m = nanonet.load(); X = np.array(m.card['X']);"
        "m.predict_bands(np.random.default_rng(0).uniform(X.min(0), X.max(0), (100_000, X.shape[1])))"
    ],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--former", type=Path)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    ours = Path(sys.executable).with_name("nanonet")
    programs = [ours, *([options.former.absolute()] if options.former else [])]
    bare = [sys.executable, "-c", "pass"]
    least = 1.0
    print(
        "| command | s | s of the processor | times a bare Python |"
        + " former, s | former / now |" * (len(programs) - 1)
    )
    print("|---" * (4 + 2 * (len(programs) - 1)) + "|")
    with tempfile.TemporaryDirectory() as folder:
        _eighty().save(Path(folder) / "80.nc")
        for name, words in {"a bare Python process": bare, **COMMANDS}.items():
            calls = [bare] if words is bare else [_call(program, words) for program in programs]
            found = np.array([[_time(call, folder) for call in calls] for _ in range(options.repeats)])
            wall, cpu = np.median(found[..., 0], axis=0), np.median(found[..., 1], axis=0)
            least = wall[0] if words is bare else least
            former = f" {wall[1]:.2f} | {wall[1] / wall[0]:.2f} |" if len(calls) > 1 else ""
            print(f"| {name} | {wall[0]:.2f} | {cpu[0]:.2f} | {wall[0] / least:.0f} |{former}", flush=True)


def _eighty() -> Dataset:
    """As many entries as a whole campaign: those that ship, and again at other densities (runs stand twice)."""
    data = Dataset.load(DATA)
    points = [replace(one, density=1.01 * one.density) for one in data.compositions]
    return Dataset.concatenate([data, Dataset(tuple(points), data.curves, data.provenance, data.runs)])[:80]


def _call(program: Path, words: list[str]) -> list[str]:
    """A command of `nanonet`, or code for the Python beside it."""
    return [str(program.with_name("python")), "-c", *words] if words[0].startswith("import") else [str(program), *words]


def _time(call: list[str], folder: str) -> tuple[float, float]:
    """Seconds of wall time and of the processor."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(call, cwd=folder, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    if done.returncode > 1:  # 1: a check that found faults
        raise SystemExit(f"{call}: {done.stderr[-800:]}")
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
