"""Time and memory of predictions with the shipped models, and the command line's start: python benchmarks/predict.py.

Predictions run on one core and include reading g(r) from the images; best times, because machines are shared.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time

import numpy as np

import nanonet
from nanonet import Predictor
from nanonet.models.load import SHIPPED


def main() -> None:
    times = []
    for _ in range(7):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "nanonet.serve.cli", "--help"], capture_output=True, check=True)
        times.append(time.perf_counter() - start)
    print(f"nanonet --help        {1e3 * np.median(times):8.0f} ms   (median of 7)")
    for name in SHIPPED:
        start = time.perf_counter()
        predictor = nanonet.load(name)
        print(f"load {name:10}       {1e3 * (time.perf_counter() - start):8.1f} ms")
        _time(predictor)
        if predictor.uncertain:
            _time_bands(predictor)
    print(f"memory at most        {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:8.0f} MB")


def _time(predictor: Predictor) -> None:
    rows = np.array(predictor.X)
    rng = np.random.default_rng(0)
    for n, repeats in ((1, 300), (1_000, 5), (10_000, 2)):
        X = rng.uniform(rows.min(axis=0), rows.max(axis=0), (n, rows.shape[1]))
        wall, cpu = [], []
        for _ in range(repeats):
            start, started = time.perf_counter(), time.process_time()
            predictor.predict_curves(X)
            wall.append(time.perf_counter() - start)
            cpu.append(time.process_time() - started)
        print(
            f"{n:6} composition(s) {1e3 * min(wall):8.2f} ms   (best of {repeats}; {1e3 * min(cpu):.2f} ms of the "
            "processor)"
        )


def _time_bands(predictor: Predictor) -> None:
    rows = np.array(predictor.X)
    rng = np.random.default_rng(0)
    for n, repeats in ((1, 300), (100_000, 3)):
        X = rng.uniform(rows.min(axis=0), rows.max(axis=0), (n, rows.shape[1]))
        wall, cpu = [], []
        for _ in range(repeats):
            start, started = time.perf_counter(), time.process_time()
            predictor.predict_bands(X)
            wall.append(time.perf_counter() - start)
            cpu.append(time.process_time() - started)
        print(
            f"{n:6} with bands     {1e3 * min(wall):8.2f} ms   (best of {repeats}; {1e3 * min(cpu):.2f} ms of the "
            "processor)"
        )


if __name__ == "__main__":
    main()
