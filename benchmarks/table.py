"""What `nanonet predict --table` takes, and that its memory does not grow with the rows: python benchmarks/table.py

    python benchmarks/table.py [--rows 10000 1000000] [--suffixes nc parquet csv]

A process a row of the table that is printed, one thread; points are drawn within the range of the shipped model.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import nanonet


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--suffixes", nargs="+", default=["nc", "parquet"])
    options = parser.parse_args()
    print("| rows | to | s | s of the processor | peak memory, MB | file, MB |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        for rows in options.rows:
            table = Path(name) / "points.csv"
            _write(table, rows)
            for suffix in options.suffixes:
                out = Path(name) / f"curves.{suffix}"
                start = time.perf_counter()
                process = subprocess.Popen(
                    [Path(sys.executable).with_name("nanonet"), "predict", "--table", table, "--out", out],
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | {"OMP_NUM_THREADS": "1"},
                )  # fmt: skip
                _, status, used = os.wait4(process.pid, 0)
                if status:
                    raise SystemExit(f"{suffix}: status {status}")
                wall, cpu = time.perf_counter() - start, used.ru_utime + used.ru_stime
                size = out.stat().st_size / 1e6
                print(f"| {rows:,} | {suffix} | {wall:.1f} | {cpu:.1f} | {used.ru_maxrss / 1e3:.0f} | {size:.0f} |")
                out.unlink()


def _write(path: Path, rows: int) -> None:
    """Points within the range of the shipped model, as CSV."""
    model = nanonet.load()
    X = np.random.default_rng(0).uniform(model.X.min(0), model.X.max(0), (rows, model.X.shape[1]))
    columns = dict(zip(model.inputs, X.T, strict=True))
    columns["chain_length"][:] = columns["chain_length"].round()
    columns["density"][:] = np.minimum(columns["density"], 0.38 * 6 / np.pi / columns["diameter"] ** 3)
    np.savetxt(path, X, fmt="%.6g", delimiter=",", header=",".join(columns), comments="")


if __name__ == "__main__":
    main()
