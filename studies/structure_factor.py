"""How well S(q) of a composition is predicted by the others: `python -m studies.structure_factor FILE.nc`.

The file is what `nanonet structure-factor data/runs/* --out FILE.nc` writes. Leave one composition out, of a Gaussian
process, of the mean of the other curves and of S = 1: root mean square error of ln S over all bins and over the lowest.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nanonet import Dataset
from nanonet.evaluate.cross_validation import coverage, width
from nanonet.evaluate.metrics import ln_noise, ln_rmse
from nanonet.learn.gaussian_process import GaussianProcess

LOWEST = 3


def main(path: Path) -> None:
    data = Dataset.load(path)
    n = len(data)
    medians, lows, highs = (np.empty_like(data.Y) for _ in range(3))
    for i in range(n):
        rest = np.arange(n) != i
        model = GaussianProcess(quantity=data.quantity).fit(data.X[rest], data.Y[rest], data.x, data.errors[rest])
        medians[i], lows[i], highs[i] = (one[0] for one in model.band(data.X[[i]]))
    guesses = {
        "Gaussian process": medians,
        "mean of the others": (data.Y.sum(axis=0) - data.Y) / (n - 1),
        "S = 1": np.ones_like(data.Y),
    }
    print(f"{n} compositions, {len(data.x)} bins of q from {data.x[0]:.2g} to {data.x[-1]:.2g}")
    print(f"{'RMSE of ln S':<20} all bins  lowest {LOWEST}")
    for name, guess in guesses.items():
        print(f"{name:<20}{_mean(ln_rmse(data.Y, guess)):9.2f}{_mean(_lowest(data, guess)):10.2f}")
    noise = ln_noise(data.Y, data.errors), ln_noise(data.Y[:, :LOWEST], data.errors[:, :LOWEST])
    print(f"{'errors of the runs':<20}{_mean(noise[0]):9.2f}{_mean(noise[1]):10.2f}")
    for end, where in ((None, "all bins"), (LOWEST, f"lowest {LOWEST}")):
        part = slice(0, end)
        held = coverage(data.Y[:, part], lows[:, part], highs[:, part])
        wide = _mean(width(data.Y[:, part], lows[:, part], highs[:, part]))
        print(f"90 % band, {where}: holds {100 * held.mean():.0f} %, width {wide:.2f} in ln S")


def _lowest(data: Dataset, guess: NDArray[np.float64]) -> NDArray[np.float64]:
    return ln_rmse(data.Y[:, :LOWEST], guess[:, :LOWEST])


def _mean(values: NDArray[np.float64]) -> float:
    return float(np.nanmean(values))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
