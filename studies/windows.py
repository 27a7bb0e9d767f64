"""Which estimator makes the best W_poly of windows: `python studies/windows.py [RUN_FOLDER]`.

Ours (mean forces and a Gaussian process, nanonet.analyze) against MBAR (Shirts & Chodera 2008,
doi:10.1063/1.2978177), on windows whose W is known: dimers in a made-up W without memory, and crowded dimers without
polymer, of which W is zero. With the folder of a window run, both on that run too. MBAR's W is counted from its
last bins, ours dies out by itself. pymbar comes with `pip install --group studies`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pymbar import FES

from nanonet.analyze import potential_gp, trajectory
from nanonet.analyze.umbrella import follow, mean_forces
from nanonet.formats import run_folder
from nanonet.simulate import engine
from nanonet.systems.kinds import system_from_json
from nanonet.systems.umbrella import UmbrellaWindows
from tests.analyze.made_up import PAIR, made_up_windows, w_poly
from validation.umbrella_cases import CROWDED, dimers_alone


def mbar(frames: trajectory.Trajectory, windows: UmbrellaWindows, r: NDArray[np.float64]) -> NDArray[np.float64]:
    """W at separations (m,) by MBAR in bins of 0.1 sigma, zero over the last five."""
    separations = follow(frames, windows).separations[:: max(1, len(frames.positions) // 1_000)]
    rest, stiffness = np.array(windows.springs).T
    samples = separations.T.ravel()
    energies = stiffness[:, None] * (samples - rest[:, None]) ** 2
    counts = np.full(len(rest), len(separations))
    edges = np.append(r - 0.05, r[-1] + 0.05)
    fes = FES(energies, counts)
    fes.generate_fes(np.zeros(len(samples)), samples, fes_type="histogram", histogram_parameters={"bin_edges": [edges]})
    found = fes.get_fes(r, reference_point="from-specified", fes_reference=r[-1])["f_i"]
    w = found + 2.0 * np.log(r)
    return np.asarray(w - w[-5:].mean())


def ours(frames: trajectory.Trajectory, windows: UmbrellaWindows, r: NDArray[np.float64]) -> NDArray[np.float64]:
    """W at separations (m,) as nanonet makes it."""
    found = potential_gp.fit([mean_forces(follow(frames, windows), windows)]).predict(windows.pair_inputs)
    return np.interp(r, found.r, found.w)


def report(name: str, deviations: dict[str, list[NDArray[np.float64]]], r: NDArray[np.float64]) -> None:
    print(f"{name}: root mean square deviation over all separations, at contact, and mean at contact (kT)")
    near = np.abs(r - 3.0) < 0.06
    for method, rows in deviations.items():
        values = np.array(rows)
        contact = values[:, near]
        rms = np.sqrt(np.mean(values**2)), np.sqrt(np.mean(contact**2))
        print(f"  {method:<6} {rms[0]:6.2f} {rms[1]:6.2f} {contact.mean():6.2f}")


def main(folders: list[Path]) -> None:
    methods = {"MBAR": mbar, "ours": ours}
    r = np.arange(2.45, 7.5, 0.1)
    known = w_poly(r, PAIR)
    found: dict[str, list[NDArray[np.float64]]] = {name: [] for name in methods}
    for seed in range(8):
        windows, frames = made_up_windows(PAIR, 400, seed)
        for name, method in methods.items():
            found[name].append(method(frames, windows, r) - known)
    report("known W, no memory", found, r)
    r = np.arange(2.95, 7.0, 0.1)
    found = {name: [] for name in methods}
    for seed in range(4):
        with tempfile.TemporaryDirectory() as folder:
            frames = dimers_alone(Path(folder), CROWDED, 0.0, seed + 1)
        for name, method in methods.items():
            found[name].append(method(frames, CROWDED, r))
    report("crowded dimers, W = 0", found, r)
    for place in folders:
        record = engine.read_record(place)
        subject = system_from_json(record)
        assert isinstance(subject, UmbrellaWindows)
        frames = trajectory.read(place / run_folder.TRAJECTORY)
        r = np.arange(subject.diameter - 0.55, subject.diameter + 4.5, 0.25)
        print(f"{place}: r, MBAR, ours")
        for row in zip(r, mbar(frames, subject, r), ours(frames, subject, r), strict=True):
            print("  {:6.2f} {:8.2f} {:8.2f}".format(*row))


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]])
