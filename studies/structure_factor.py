"""How well S(q) of a composition is predicted by the others: `python -m studies.structure_factor FILE.nc RUN`.

The file is what `nanonet structure-factor data/runs/* --out FILE.nc` writes. Leave one composition out, of a Gaussian
process, of the mean of the other curves and of S = 1: root mean square error of ln S over all bins and over the lowest.
Then S(q) transformed from the shipped g(r), which ends at 10 sigma, against that of the wave vectors of the box; and
the time that a run (a folder of data/runs) takes, beside freud's.
"""

from __future__ import annotations

import sys
import time
import warnings
from pathlib import Path

import freud
import numpy as np
from numpy.typing import NDArray

from nanonet import Dataset
from nanonet.analyze import trajectory
from nanonet.analyze.structure_factor import measure
from nanonet.dataset import Entry
from nanonet.evaluate.cross_validation import coverage, width
from nanonet.evaluate.metrics import ln_noise, ln_rmse
from nanonet.fourier import WINDOWS, TransformWarning, from_rdf
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


def transforms(data: Dataset) -> None:
    """Root mean square difference of S from g(r) and S of the box, by window, regime and range of q."""
    shipped = {_key(one): one for one in Dataset.shipped()}
    ranges = ((0.2, 0.6), (0.6, 1.2), (1.2, 8.0))
    print("S from g(r) minus S of the box, rms     " + "  ".join(f"q {low:g} to {high:g}" for low, high in ranges))
    regimes = np.array([one.regime for one in data.provenance])
    for window in WINDOWS:
        rows = []
        for one in data:
            own = shipped[_key(one)]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", TransformWarning)
                rows.append(from_rdf(own.rdf, own.composition.density, data.x, window, own.provenance.nps).s)
        for regime in ("dispersed", "condensing"):
            off = (np.array(rows) - data.Y)[regimes == regime]
            parts = [off[:, (data.x > low) & (data.x < high)] for low, high in ranges]
            print(f"  {window:<6}{regime:<32}" + "".join(f"{np.sqrt(np.mean(part**2)):<14.2f}" for part in parts))


def _key(one: Entry) -> tuple[object, ...]:
    c = one.composition
    return c.diameter, c.chain_length, one.provenance.nominal_density, c.eps_nn, c.eps_pn


def timing(folder: Path) -> None:
    """Seconds of our sums and of freud's for one kept run."""
    frames = trajectory.read(folder / "thinned.gsd")
    before = time.perf_counter()
    measure(frames)
    ours = time.perf_counter() - before
    counter = freud.diffraction.StaticStructureFactorDirect(bins=40, k_max=8.0)
    before = time.perf_counter()
    for positions, edges in zip(frames.positions, frames.boxes, strict=True):
        box = freud.box.Box(*edges)
        counter.compute((box, box.wrap(positions - 0.5 * edges)))
    theirs = time.perf_counter() - before
    size = f"{len(frames.positions)} frames of {frames.positions.shape[1]} NPs"
    print(f"{size}, q to 8: {ours:.1f} s, freud (one of eight wave vectors) {theirs:.1f} s")


def _lowest(data: Dataset, guess: NDArray[np.float64]) -> NDArray[np.float64]:
    return ln_rmse(data.Y[:, :LOWEST], guess[:, :LOWEST])


def _mean(values: NDArray[np.float64]) -> float:
    return float(np.nanmean(values))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
    transforms(Dataset.load(sys.argv[1]))
    timing(Path(sys.argv[2]))
