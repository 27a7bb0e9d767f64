"""Time of the command line's start and of predictions with the shipped model:  python benchmarks/predict.py."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np

import nanonet


def main() -> None:
    times = []
    for _ in range(7):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "nanonet.serve.cli", "--help"], capture_output=True, check=True)
        times.append(time.perf_counter() - start)
    print(f"nanonet --help        {1e3 * np.median(times):8.0f} ms   (median of 7)")
    start = time.perf_counter()
    predictor = nanonet.load()
    print(f"load                  {1e3 * (time.perf_counter() - start):8.1f} ms")
    low, high = predictor._X.min(axis=0), predictor._X.max(axis=0)
    rng = np.random.default_rng(0)
    for n, repeats in ((1, 300), (1_000, 3)):
        X = rng.uniform(low, high, (n, 5))
        times = []
        for _ in range(repeats):
            start = time.perf_counter()
            predictor.predict_curves(X)
            times.append(time.perf_counter() - start)
        print(f"{n:5d} composition(s)  {1e3 * np.median(times):8.2f} ms   (median of {repeats})")


if __name__ == "__main__":
    main()
