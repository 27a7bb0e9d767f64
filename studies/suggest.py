"""Whether suggested runs make the predictor better sooner: `python studies/suggest.py [STARTS]`.

Replay on what has been simulated: from some compositions drawn at random the shipped explicit and implicit datasets are
"run" in batches, chosen by `nanonet.design.suggest` (for each core-hour, or as if all cost the same), space-filling
(farthest from what is known) or at random; after each batch a Gaussian process is fitted anew, and asked for
compositions that no way may choose. Core-hours are those of explicit runs in both. Writes docs/results/suggest.json and
suggest.png, and prints the table of docs/design.md. STARTS (30) for each dataset.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nanonet import Dataset
from nanonet.design.box import box_of
from nanonet.design.price import explicit_hours
from nanonet.design.suggest import suggest
from nanonet.evaluate.cross_validation import error_of
from nanonet.formats.atomic import writing
from nanonet.learn.train import gaussian_process_for
from nanonet.plots.style import COLOURS, save
from nanonet.predict.predictor import Predictor
from nanonet.protocol import preset

Array = NDArray[np.float64]

RESULTS = Path(__file__).parents[1] / "docs" / "results"
WAYS = ("random", "space-filling", "suggested", "suggested, by core-hours")
SIZES = {"explicit": (15, 8, 3, 8), "implicit": (60, 12, 6, 8)}
"""Compositions left out, in the first batch and in each further one, and further batches."""


def main(starts: int) -> None:
    found = {}
    for name, sizes in SIZES.items():
        data = Dataset.shipped(name)
        prices = np.array([explicit_hours(c, preset("standard")) for c in data.compositions])
        began = time.process_time()
        runs = [[_replay(data, prices, way, seed, *sizes) for way in WAYS] for seed in range(starts)]
        found[name] = _compared(np.array(runs))
        found[name] |= {"compositions": len(data), "sizes": sizes, "starts": starts}
        print(f"{name}: {time.process_time() - began:.0f} s of one core")
        _print(found[name])
    with writing(RESULTS / "suggest.json") as temporary:
        temporary.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    _draw(found)


def _replay(
    data: Dataset, prices: Array, way: str, seed: int, left_out: int, first: int, batch: int, batches: int
) -> list[tuple[float, float]]:
    """Core-hours so far and error on what is left out, after each batch; the same first batch for all ways."""
    order = np.random.default_rng(seed).permutation(len(data))
    test, pool = order[:left_out], order[left_out:].tolist()
    known, rest = pool[:first], pool[first:]
    random = np.random.default_rng([seed, 1])
    trail = []
    for step in range(batches + 1):
        model = _fitted(data.subset(known))
        error = error_of(data.Y[test], model.predict_curves(data.X[test]), data.quantity)["ln_rmse"]
        trail.append((float(prices[known].sum()), float(error)))
        if step < batches:
            for i in _chosen(way, data, model, prices, known, rest, batch, random):
                known.append(i)
                rest.remove(i)
    return trail


def _chosen(
    way: str, data: Dataset, model: Predictor, prices: Array, known: list[int], rest: list[int], batch: int,
    random: np.random.Generator,
) -> list[int]:  # fmt: skip
    if way == "random":
        return [int(i) for i in random.choice(rest, batch, replace=False)]
    if way == "space-filling":
        return _farthest(data.X, known, rest, batch)
    priced = {tuple(x): p for x, p in zip(data.X.tolist(), prices.tolist(), strict=True)}
    hours = (lambda X: np.array([priced[tuple(x)] for x in X.tolist()])) if "hours" in way else None
    low, high = data.X.min(axis=0), data.X.max(axis=0)
    bounds = {n: (float(a), float(b)) for n, a, b in zip(data.space.names, low, high, strict=True)}
    picked = suggest(model, batch, box_of(model, {}, bounds), hours=hours, candidates=data.X[rest])
    places = {tuple(x): i for i, x in enumerate(data.X.tolist())}
    return [places[one.point.values] for one in picked]


def _farthest(X: Array, known: list[int], rest: list[int], batch: int) -> list[int]:
    """One after the other that whose nearest known composition is farthest, density by its logarithm."""
    u = np.column_stack([X[:, :2], np.log(X[:, 2]), X[:, 3:]])
    u = (u - u.min(axis=0)) / np.ptp(u, axis=0)
    found: list[int] = []
    for _ in range(batch):
        free = [i for i in rest if i not in found]
        apart = np.linalg.norm(u[free][:, None] - u[known + found], axis=2).min(axis=1)
        found.append(free[int(apart.argmax())])
    return found


def _fitted(data: Dataset) -> Predictor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        process = gaussian_process_for(data).fit(data.X, data.Y, data.x, data.errors).process_
    return Predictor(process, {"kind": "gp", "inputs": list(data.space.names)})


def _compared(runs: Array) -> dict[str, Any]:
    """Of runs (starts, ways, steps, 2): errors at even core-hours, and differences from random with their errors."""
    low, high = runs[..., 0, 0].max(), runs[..., -1, 0].min()
    hours = np.linspace(low, high, 9)
    errors = np.array([[np.interp(hours, *trail.T) for trail in start] for start in runs])
    apart = errors - errors[:, :1]
    n = len(runs)
    return {
        "hours": hours.tolist(),
        "error": dict(zip(WAYS, errors.mean(axis=0).tolist(), strict=True)),
        "standard_error": dict(zip(WAYS, (errors.std(axis=0, ddof=1) / np.sqrt(n)).tolist(), strict=True)),
        "less_than_random": dict(zip(WAYS, apart.mean(axis=0).tolist(), strict=True)),
        "less_error": dict(zip(WAYS, (apart.std(axis=0, ddof=1) / np.sqrt(n)).tolist(), strict=True)),
    }


def _print(found: dict[str, Any]) -> None:
    print("| core-hours | " + " | ".join(WAYS) + " |\n|---|" + "---|" * len(WAYS))
    for k, h in enumerate(found["hours"]):
        cells = []
        for way in WAYS:
            error, less, bar = (found[name][way][k] for name in ("error", "less_than_random", "less_error"))
            cells.append(f"{error:.3f}" + ("" if way == WAYS[0] else f" ({less:+.3f} ± {bar:.3f})"))
        print(f"| {h:.1f} | " + " | ".join(cells) + " |")


def _draw(found: dict[str, dict[str, Any]]) -> None:
    figure = Figure(figsize=(9.6, 3.8), layout="constrained")
    for axes, (name, one) in zip(figure.subplots(1, len(found)), found.items(), strict=True):
        for way, colour in zip(WAYS, ("0.45", *COLOURS), strict=False):
            y, bar = np.array(one["error"][way]), np.array(one["standard_error"][way])
            axes.plot(one["hours"], y, color=colour, lw=1.8, label=way)
            axes.fill_between(one["hours"], y - bar, y + bar, color=colour, alpha=0.18, lw=0)
        axes.set(xlabel="core-hours of explicit runs", ylabel="error of ln g, left out")
        axes.set_title(f"{name}: {one['compositions']} compositions, {one['starts']} starts", fontsize=10)
        axes.tick_params(direction="in", which="both", top=True, right=True)
    axes.legend(frameon=False, fontsize=8)
    save(figure, RESULTS / "suggest.png")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
