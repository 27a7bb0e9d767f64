"""The shipped predictor on explicit compositions left out, beside what it replaced: python studies/predictor.py.

Writes docs/results/predictor.md and predictor.json: ten folds, copies left out together. A minute of one core.

    python studies/predictor.py --simulate-implicit build/predictor

adds the model whose implicit NPs are run instead of emulated (a quarter of an hour of one core); the runs lie in that
folder, and it resumes.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nanonet import Dataset
from nanonet.campaign.implicit import regime
from nanonet.evaluate.baselines import Nearest
from nanonet.evaluate.cross_validation import coverage, width
from nanonet.evaluate.metrics import (
    FLOOR,
    coordination_numbers,
    first_peaks,
    ln_rmse,
    paired_bootstrap,
    peak_errors,
)
from nanonet.evaluate.splits import splits
from nanonet.formats import emulator_file, potential_table
from nanonet.formats.atomic import writing
from nanonet.learn.gaussian_process import GaussianProcess
from nanonet.learn.train import doubted, gaussian_process_for
from nanonet.potentials.dilute import DiluteLimit
from nanonet.predict.implicit_run import about_run
from nanonet.predict.intervals import intervals_of

RESULTS = Path(__file__).parents[1] / "docs" / "results"
DRAWS = 200
DATA = Dataset.shipped()
Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
OURS, FORMER, PRIOR, EMULATOR = "this model", "about the dilute limit", "its prior mean alone", "implicit, emulated"
RUN = "this model, implicit NPs run"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulate-implicit", type=Path, metavar="FOLDER", help="run the implicit NPs, in this folder")
    folder = parser.parse_args().simulate_implicit
    G, r, X = DATA.G, DATA.r, DATA.X
    models = (OURS, RUN, FORMER) if folder else (OURS, FORMER)
    medians = {name: np.empty_like(G) for name in (*models, PRIOR, "nearest composition")}
    bands = {name: np.empty((2, *G.shape)) for name in models}
    held: dict[str, Array] = {name: np.full(len(X), np.nan) for name in ("height", "place", "neighbours")}
    for train, test in splits(len(X), 10, X=X):
        ours = gaussian_process_for(DATA).fit(X[train], G[train], r, doubted(DATA)[train])
        former = GaussianProcess(DiluteLimit(potential_table.shipped())).fit(X[train], G[train], r, DATA.errors[train])
        for name, model in ((OURS, ours), (FORMER, former)):
            medians[name][test], *bands[name][:, test] = model.band(X[test])
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
            for i in test:
                run = about_run(ours.process_, DATA.compositions[i], folder)
                medians[RUN][[i]], *bands[RUN][:, [i]] = run.band(X[[i]])
                print(f"implicit NPs run: {DATA.compositions[i]}", flush=True)
        prior = ours.process_.prior
        assert prior is not None
        medians[PRIOR][test] = prior.evaluate(X[test], r).curves
        medians["nearest composition"][test] = Nearest().fit(X[train], G[train], r).predict(X[test])
        curves = ours.sample(X[test], DRAWS)
        for k, i in enumerate(test):
            _hold(held, int(i), medians[OURS][i], curves[:, k])
    medians[EMULATOR] = emulator_file.shipped().predict(X, r)
    b2 = np.array([entry.second_virial for entry in DATA.provenance])
    kinds = np.array([regime(one) for one in b2.tolist()])
    verdicts = [entry.convergence for entry in DATA.provenance]
    converged = np.array([one is not None and one.converged for one in verdicts])
    subsets = {
        "all": np.ones(len(X), dtype=bool), "dispersed": kinds == "dispersed", "condensing": kinds == "condensing",
        "converged": converged,
    }  # fmt: skip
    errors = {name: ln_rmse(G, one) for name, one in medians.items()}
    floor = ln_rmse(
        G, G * np.exp(np.where(G > FLOOR, DATA.errors / np.maximum(G, FLOOR), 0.0))
    )  # of curves one standard error off
    found = {
        "counts": {name: int(own.sum()) for name, own in subsets.items()},
        "floor": {name: _mean(floor[own]) for name, own in subsets.items()},
        "ln_rmse": {name: {sub: _mean(one[own]) for sub, own in subsets.items()} for name, one in errors.items()},
        "bands": {
            name: {sub: _band(band[0], band[1], own) for sub, own in subsets.items()} for name, band in bands.items()
        },
        "ranges": _ranges(*bands[OURS]),
        "peaks": {name: _peaks(one, subsets["condensing"]) for name, one in medians.items()},
        "intervals": {name: [_mean(one), int((~np.isnan(one)).sum())] for name, one in held.items()},
        "against": {
            other: paired_bootstrap(errors[OURS][converged], errors[other][converged]).interval95
            for other in (FORMER, "nearest composition")
        },
    }
    with writing(RESULTS / "predictor.json") as temporary:
        temporary.write_text(json.dumps(found, indent=1) + "\n")
    with writing(RESULTS / "predictor.md") as temporary:
        temporary.write_text(_page(found))


def _hold(held: dict[str, Array], i: int, median: Array, curves: Array) -> None:
    """Whether the intervals of peak and neighbours of entry i hold what its own curve has."""
    composition = DATA.compositions[i]
    said = intervals_of(median, curves, DATA.r, composition)
    place, height = first_peaks(DATA.G[i : i + 1], DATA.r, DATA.errors[i : i + 1])[0]
    nps = [composition.nps]
    (n,) = coordination_numbers(DATA.G[i : i + 1], DATA.r, [said.radius], [composition.density], nps)
    pairs = (("height", said.peak_height, height), ("place", said.peak_position, place),
             ("neighbours", said.coordination_number, n))  # fmt: skip
    for name, interval, value in pairs:
        if interval is not None and np.isfinite(value):
            held[name][i] = interval.low <= value <= interval.high


def _band(low: Array, high: Array, own: Flags) -> list[float]:
    """Coverage, its standard error, and the mean factor either way."""
    covered = coverage(DATA.G[own], low[own], high[own])
    half = 0.5 * np.nanmean(width(DATA.G[own], low[own], high[own]))
    return [_mean(covered), round(float(np.nanstd(covered) / np.sqrt(len(covered))), 4), round(float(np.exp(half)), 3)]


def _ranges(low: Array, high: Array) -> dict[str, float]:
    """Coverage by gap r - D."""
    gap = DATA.r - DATA.X[:, :1]
    counted = DATA.G > FLOOR
    inside = (low <= DATA.G) & (high >= DATA.G)
    edges = ((-2.0, 0.5), (0.5, 1.5), (1.5, 3.0), (3.0, 8.0))
    return {f"{a:g} to {b:g}": _mean(inside[counted & (gap >= a) & (gap < b)]) for a, b in edges}


def _peaks(guess: Array, own: Flags) -> list[float]:
    """Median |ln ratio| of first peaks' heights, median shift (sigma), and the share within 0.1 sigma."""
    found = peak_errors(DATA.G[own], guess[own], DATA.r, DATA.errors[own])
    off = np.abs(found.shift)
    near = _mean((off <= 0.1 + 1e-9)[~np.isnan(off)])
    return [round(float(np.nanmedian(one)), 3) for one in (np.abs(np.log(found.ratio)), off)] + [near]


def _mean(values: Array | Flags) -> float:
    return round(float(np.nanmean(values)), 4)


def _page(found: dict) -> str:  # type: ignore[type-arg]
    counts, subs = found["counts"], list(found["counts"])
    head = " | ".join(f"{sub} ({counts[sub]})" for sub in subs)
    command = "python studies/predictor.py" + " --simulate-implicit build/predictor" * (RUN in found["ln_rmse"])
    lines = [
        "# The predictor on compositions left out", "",
        f"*Made by `{command}` from the shipped dataset: ten folds, copies left out together.*", "",
        f"RMSE of ln g, bins with g > {FLOOR:g}, mean over compositions:", "",
        f"| model | {head} |", "|---|" + "---|" * len(subs),
    ]  # fmt: skip
    lines += [
        f"| {name} | " + " | ".join(f"{row[s]:.2f}" for s in subs) + " |" for name, row in found["ln_rmse"].items()
    ]
    lines.append("| the simulations' own errors | " + " | ".join(f"{found['floor'][s]:.2f}" for s in subs) + " |")
    ends = "; ".join(f"{name}: {low:.2f} to {high:.2f}" for name, (low, high) in found["against"].items())
    lines += ["", f"Difference from others on converged ones (paired bootstrap, 95 %): {ends}.", ""]
    lines += ["90 % bands: share of bins held, and mean factor either way:", "", f"| model | {head} |"]
    lines.append("|---|" + "---|" * len(subs))
    for name, row in found["bands"].items():
        cells = (f"{100 * row[s][0]:.0f} ± {100 * row[s][1]:.0f} %, {row[s][2]:.2f}" for s in subs)
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    ranges = ", ".join(f"{name} {100 * value:.0f} %" for name, value in found["ranges"].items())
    lines += ["", f"By gap r - D (sigma): {ranges}.", "", "First peaks of condensing compositions:", ""]
    lines += [
        "| model | median error of ln height | median error of place (sigma) | place within 0.1 |",
        "|---|---|---|---|",
    ]
    lines += [f"| {name} | {a:.2f} | {b:.2f} | {100 * c:.0f} % |" for name, (a, b, c) in found["peaks"].items()]
    held = ", ".join(f"{name} {100 * share:.0f} % of {n}" for name, (share, n) in found["intervals"].items())
    return "\n".join([*lines, "", f"90 % intervals of what is read off a curve hold: {held}.", ""])


if __name__ == "__main__":
    main()
