"""Ways to predict g(r) of a composition compared on the same splits, for docs/predictor.md:

    python studies/candidates.py [--out build/candidates] [--minutes M]

Ten folds, copies left out together; learning curves take random training sets of other sizes. Parameters are tuned
inside the training part only. What was computed is kept in `--out` under a hash of the code and data; a killed run
resumes, and with `--minutes` it stops in time. When all is there it writes docs/results/candidates.md,
docs/results/candidates.json and docs/results/learning_curves.png. An hour of one core.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nanonet import Dataset
from nanonet.composition import COPY, FIELDS, near_duplicates
from nanonet.errors import InputError
from nanonet.evaluate.baselines import Mean, Nearest
from nanonet.evaluate.cross_validation import coverage, width
from nanonet.evaluate.metrics import FLOOR, ln_noise, ln_rmse, paired_bootstrap
from nanonet.evaluate.splits import splits as folds_of
from nanonet.evaluate.store import Store
from nanonet.formats import potential_table
from nanonet.formats.atomic import writing
from nanonet.learn.gaussian_process import GaussianProcess
from nanonet.learn.kernel_fit import fit_kernel, hyperpriors
from nanonet.learn.nanonet import NanoNet
from nanonet.learn.train import doubted, gaussian_process_for
from nanonet.models.base import PriorMean
from nanonet.models.gaussian_process import ScorePosterior
from nanonet.models.image import rasterize, read_images
from nanonet.plots.style import COLOURS, save
from nanonet.potentials.dilute import DiluteLimit
from nanonet.potentials.integral_equation import GRID, pair_correlation
from nanonet.potentials.lennard_jones import lj_cut_shifted

HERE = Path(__file__).parent
RESULTS = HERE.parent / "docs" / "results"
DATA, IMPLICIT, TABLE = Dataset.shipped(), Dataset.shipped("implicit"), potential_table.shipped()
X, G, R, ERRORS = DATA.X, DATA.G, DATA.r, DATA.errors
FOLDS, SIZES, DRAWS = 10, (20, 40), 3
SHIPPED = "GP on ln g about emulated implicit NPs, many in polymer (shipped)"
DILUTE = "GP on ln g about exp(-W), W = U_nn + W_poly"

Array = NDArray[Any]
Answer = tuple[Array, Array | None, Array | None]
PRIOR = DiluteLimit(TABLE)


class Everywhere:
    """A potential that is known of every composition."""

    def outside(self, X: Array) -> NDArray[np.bool_]:
        return np.zeros(len(X), dtype=bool)


class NoPotential(Everywhere):
    """Curves are only lined up at contact."""

    def pmf(self, X: Array, r: Array) -> Array:
        return np.zeros((len(X), len(r)))


class DirectPotential(Everywhere):
    """The direct potential alone: what is learnt is the polymer's part."""

    def pmf(self, X: Array, r: Array) -> Array:
        return np.minimum(lj_cut_shifted(r, X[:, :1], X[:, FIELDS.index("eps_nn"), None]), 50.0)


class LowerFidelity(Everywhere):
    """A process of implicit runs, in place of the dilute limit."""

    def __init__(self, process: GaussianProcess) -> None:
        self.process = process

    def pmf(self, X: Array, r: Array) -> Array:
        return np.asarray(-np.log(np.maximum(self.process.predict(X), 1e-4)))


def gaussian(prior: PriorMean | None, train: Array, test: Array, **settings: Any) -> Answer:
    model = GaussianProcess(prior, **settings).fit(X[train], G[train], R, ERRORS[train])
    return model.band(X[test])


def two_fidelities(train: Array, test: Array) -> Answer:
    """Implicit runs first, then what explicit ones say beyond (Le Gratiet & Garnier 2014)."""
    return gaussian(DiluteLimit(LowerFidelity(_implicit(tuple(test)))), train, test)


def shipped(train: Array, test: Array) -> Answer:
    return gaussian_process_for(DATA).fit(X[train], G[train], R, doubted(DATA)[train]).band(X[test])


def prior_alone(train: Array, test: Array) -> Answer:
    model = gaussian_process_for(DATA).fit(X[train], G[train], R, doubted(DATA)[train])
    prior = model.process_.prior
    assert prior is not None
    return prior.evaluate(X[test], R).curves, None, None


def implicit_alone(train: Array, test: Array) -> Answer:
    return _implicit(tuple(test)).band(X[test])


@cache
def _implicit(test: tuple[int, ...]) -> GaussianProcess:
    """A process of implicit runs, without those of the held-out compositions."""
    others = ~near_duplicates(IMPLICIT.X, X[list(test)], np.ptp(X, axis=0))
    noise = IMPLICIT.errors[others]
    return GaussianProcess(PRIOR).fit(IMPLICIT.X[others], IMPLICIT.G[others], IMPLICIT.r, noise)


def dilute(train: Array, test: Array) -> Answer:
    return np.exp(-TABLE.pmf(X[test], R)), None, None


def levelled(train: Array, test: Array) -> Answer:
    """exp(-W) with its attraction levelling off at a depth that fits the training part best."""
    w = TABLE.pmf(X, R)
    found = {c: np.exp(np.where(w < 0, c * np.tanh(-w / c), -w)) for c in (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0)}
    best = min(found.values(), key=lambda g: float(ln_rmse(G[train], g[train]).mean()))
    return best[test], None, None


def liquid(train: Array, test: Array) -> Answer:
    fine: Array = GRID
    found = (pair_correlation(TABLE.pmf(X[[i]], fine)[0], float(X[i, 2])) for i in test)
    exact = np.exp(-TABLE.pmf(X[test], R))  # where no equation converges
    g = [exact[k] if closure == "dilute" else np.interp(R, GRID, one) for k, (one, closure) in enumerate(found)]
    return np.array(g), None, None


def network(train: Array, test: Array) -> Answer:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        model = NanoNet().fit(X[train], G[train], R)
    model_codes = model.encode(rasterize(G[train], R))  # for the candidate below: the same network
    low, span = X[train].min(axis=0), np.maximum(np.ptp(X[train], axis=0), 1e-12)
    a, b = (X[train] - low) / span, (X[test] - low) / span
    mean = model_codes.mean(axis=0)
    centred, group = model_codes - mean, np.zeros(model_codes.shape[1], dtype=np.int64)
    lengths, noise = fit_kernel(a, centred, "matern", *hyperpriors(a.shape[1], None), np.ones(len(a)))
    posterior = ScorePosterior.condition(a, centred, group, lengths[None], np.array([noise]), "matern", np.ones(len(a)))
    z = posterior.predict(b)[0] + mean
    return model.predict(X[test]), read_images(model.decode(z.astype(np.float32)), R), None


CANDIDATES: dict[str, Callable[[Array, Array], Answer]] = {
    "mean of ln g": lambda a, b: (Mean(FLOOR).fit(X[a], G[a], R).predict(X[b]), None, None),
    "nearest simulated composition": lambda a, b: (Nearest().fit(X[a], G[a], R).predict(X[b]), None, None),
    "exp(-W): no learning": dilute,
    "exp(-W), its attraction levelled off": levelled,
    "integral equation with U_nn + W_poly (HNC, else PY, else exp(-W))": liquid,
    "GP of implicit runs alone": implicit_alone,
    "GP on principal components of ln g = -W": lambda a, b: gaussian(None, a, b, transform="ln"),
    "the same, r from contact": lambda a, b: gaussian(DiluteLimit(NoPotential()), a, b),
    "GP on W - U_nn, r from contact": lambda a, b: gaussian(DiluteLimit(DirectPotential()), a, b),
    "two fidelities: GP on explicit runs about a GP of implicit runs": two_fidelities,
    DILUTE: lambda a, b: gaussian(PRIOR, a, b),
    "the shipped model's prior mean alone": prior_alone,
    SHIPPED: shipped,
    "nanoNET": network,
}
LATENT = "nanoNET's latents by a GP in place of the forest"


def splits() -> list[tuple[str, Array, Array]]:
    """(label, train, test): folds, then random training sets of each size."""
    n = len(X)
    found = [("left out", train, test) for train, test in folds_of(n, FOLDS, X=X)]
    for size in (s for s in SIZES if s < n - 1):
        for draw in range(DRAWS):
            order = np.random.default_rng([size, draw]).permutation(n)
            found.append((str(size), np.sort(order[:size]), np.sort(order[size:])))
    return [
        (label, train[~near_duplicates(X[train], X[test], np.ptp(X, axis=0), COPY)], test)
        for label, train, test in found
    ]


CURVES = ("nearest simulated composition", "nanoNET", "GP on principal components of ln g = -W", DILUTE, SHIPPED)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE.parent / "build" / "candidates")
    parser.add_argument("--minutes", type=float, default=np.inf)
    parser.add_argument("--skip-network", action="store_true", help="leave out nanoNET, which takes most of the time")
    parser.add_argument("--dataset", type=Path, help="explicit compositions; default: the shipped ones")
    options = parser.parse_args()
    if options.dataset is not None:
        _use(Dataset.load(options.dataset))
    end = time.monotonic() + 60 * options.minutes
    results: list[dict[str, Any]] = []
    todo = [(name, *split) for split in splits() for name in CANDIDATES]  # all of a split: what is shared is kept
    todo.sort(key=lambda one: one[0] == "nanoNET")  # the dear one last
    for name, label, train, test in todo:
        if (label != "left out" and name not in CURVES) or (options.skip_network and name == "nanoNET"):
            continue
        path = Store(options.out).path(*_dependencies(name, train, test))
        if not path.exists() and time.monotonic() > end:
            print("time is up; the same command resumes")
            if label != "left out":  # only learning curves are missing: the tables can be written
                break
            return
        results.append(Store(options.out).result(path, partial(_answer, name, label, train, test)))
    _write(results)


def _answer(name: str, label: str, train: Array, test: Array) -> dict[str, Any]:
    started = time.perf_counter()
    try:
        g, low, high = CANDIDATES[name](train, test)
    except InputError as error:  # of few curves one may stand out too far to be learnt
        print(f"{name}, {label}: {error}", flush=True)
        return {"name": name, "label": label, "size": len(train), "test": test.tolist(), "g": None, "seconds": 0.0}
    print(f"{name}, {label}, {test.tolist()}: {ln_rmse(G[test], g).mean():.2f}", flush=True)
    return {
        "name": name, "label": label, "size": len(train), "test": test.tolist(), "g": g.tolist(),
        "low": None if low is None else low.tolist(), "high": None if high is None else high.tolist(),
        "seconds": time.perf_counter() - started,
    }  # fmt: skip


def _use(data: Dataset) -> None:
    """Compare on other data than the shipped."""
    global DATA, X, G, R, ERRORS
    DATA, X, G, R, ERRORS = data, data.X, data.G, data.r, data.errors


def _dependencies(name: str, train: Array, test: Array) -> tuple[object, ...]:
    """Data, split, and what the candidates are made of; this script does not count."""
    models = (NanoNet(),) if name == "nanoNET" else ()
    return name, train, test, X, G, doubted(DATA), IMPLICIT.X, IMPLICIT.G, gaussian_process_for(DATA), Mean(), *models


def _write(results: list[dict[str, Any]]) -> None:
    n = len(X)
    refused = {one["name"] for one in results if one["label"] == "left out" and one["g"] is None}
    left_out: dict[str, dict[str, Array]] = {}
    for one in results:
        if one["label"] != "left out" or one["name"] in refused:
            continue
        names = [(one["name"], one["g"])]
        if one["name"] == "nanoNET":
            names.append((LATENT, one["low"]))
        for name, g in names:
            kept = left_out.setdefault(name, {k: np.full(G.shape, np.nan) for k in ("g", "low", "high")})
            kept["g"][one["test"]] = g
            if one["high"] is not None:
                kept["low"][one["test"]], kept["high"][one["test"]] = one["low"], one["high"]
    errors = {name: ln_rmse(G, kept["g"]) for name, kept in left_out.items()}
    weighted = {name: ln_rmse(G, kept["g"], error=ERRORS) for name, kept in left_out.items()}
    lines = [
        f"{FOLDS} folds of {n} explicit compositions, copies left out together. RMSE of ln g over bins with g above "
        f"{FLOOR:g}, mean over compositions; weighted: bins by their own errors (`evaluate.metrics`). Difference: "
        "paired bootstrap over compositions, 95 % interval.",
        "",
        "| candidate | RMSE of ln g | weighted | less nanoNET's | less nearest's | 90 % band holds | width in ln g |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in sorted(errors, key=lambda k: -float(errors[k].mean())):
        pairs = []
        for other in ("nanoNET", "nearest simulated composition"):
            if other not in errors:
                pairs.append("not run")
                continue
            p = paired_bootstrap(errors[name], errors[other])
            low, high = p.interval95
            pairs.append("–" if name == other else f"{p.difference:+.2f} ({low:+.2f} to {high:+.2f})")
        kept = left_out[name]
        band = ["–", "–"]
        if not np.isnan(kept["high"]).any():
            covered = coverage(G, kept["low"], kept["high"])
            band = [f"{100 * covered.mean():.0f} %", f"{width(G, kept['low'], kept['high']).mean():.2f}"]
        bold = "**" if name == SHIPPED else ""
        lines.append(
            f"| {bold}{name}{bold} | {bold}{errors[name].mean():.2f}{bold} | {weighted[name].mean():.2f} "
            f"| {' | '.join(pairs)} | {' | '.join(band)} |"
        )
    lines += [f"| {name} | refused: to it a curve is noise | – | – | – | – | – |" for name in sorted(refused)]
    noise = float(ln_noise(G, ERRORS).mean())
    lines += [
        f"| floor: the simulations' own errors | {_floor():.2f} | {noise:.2f} | – | – | – | – |",
        "",
        "### Composition by composition",
        "",
        "| composition | nanoNET | nearest | exp(-W) | shipped | its band holds |",
        "|---|---|---|---|---|---|",
    ]
    best, missing = left_out[SHIPPED], np.full(n, np.nan)
    covered = coverage(G, best["low"], best["high"])
    for i, c in enumerate(DATA.compositions):
        shown = [
            errors.get(k, missing)[i]
            for k in ("nanoNET", "nearest simulated composition", "exp(-W): no learning", SHIPPED)
        ]
        lines.append(f"| {c} | {' | '.join(f'{v:.2f}' for v in shown)} | {100 * covered[i]:.0f} % |")
    lines += ["", "### Coverage of the 90 % band", ""]
    lines += ["| where | compositions | holds | width in ln g |", "|---|---|---|---|"]
    h = R - X[:, :1]
    depth = -TABLE.pmf(X, R).min(axis=1)
    regions = {
        "all": np.ones(G.shape, dtype=bool),
        "gap r - D below 1": h < 1,
        "gap 1 to 3": (h >= 1) & (h < 3),
        "gap above 3": h >= 3,
        "no well deeper than 2 kT in W": np.repeat(depth[:, None] < 2, len(R), axis=1),
        "deeper wells": np.repeat(depth[:, None] >= 2, len(R), axis=1),
    }
    for label, chosen in regions.items():
        part = np.where(chosen, G, 0.0)
        held = coverage(part, best["low"], best["high"])
        held, wide = held[~np.isnan(held)], width(part, best["low"], best["high"])
        error = 100 * held.std(ddof=1) / np.sqrt(len(held))
        lines.append(f"| {label} | {len(held)} | {100 * held.mean():.0f} ± {error:.0f} % | {np.nanmean(wide):.2f} |")
    seconds = {
        name: np.median([o["seconds"] for o in results if o["name"] == name]) for name in errors if name != LATENT
    }
    with writing(RESULTS / "candidates.md") as temporary:
        head = "*Written by `python studies/candidates.py`; do not edit.*"
        temporary.write_text("\n".join([head, "", *lines, ""]))
    with writing(RESULTS / "candidates.json") as temporary:
        content = {k: [round(float(v), 4) for v in e] for k, e in errors.items()}
        temporary.write_text(json.dumps({"ln_rmse": content, "seconds": seconds}, indent=1) + "\n")
    _learning_curves(results, errors)


def _floor() -> float:
    """RMSE of ln g, mean over compositions, of a perfect prediction: that of curves one standard error off."""
    return float(ln_rmse(G, G * np.exp(np.where(G > FLOOR, ERRORS / np.maximum(G, FLOOR), 0.0))).mean())


def _learning_curves(results: list[dict[str, Any]], errors: dict[str, Array]) -> None:
    figure = Figure(figsize=(6.4, 5.4), layout="constrained")
    axes = figure.subplots()
    for name, colour in zip(CURVES, ("0.6", "0.3", COLOURS[1], COLOURS[2], COLOURS[0]), strict=True):
        if name not in errors:
            continue
        points = []
        for size in SIZES:
            found = [ln_rmse(G[o["test"]], np.array(o["g"])).mean() for o in results
                     if o["name"] == name and o["label"] == str(size) and o["g"]]  # fmt: skip
            if found:
                points.append((size, np.mean(found), np.std(found)))
        points.append(
            (round((1 - 1 / FOLDS) * len(X)), errors[name].mean(), errors[name].std(ddof=1) / np.sqrt(len(X)))
        )
        size, mean, bar = np.array(points).T
        axes.errorbar(size, mean, bar, color=colour, marker="o", capsize=3, lw=1.8, label=name)
    axes.axhline(_floor(), color="0.5", ls=":", lw=1, label="the simulations' own errors")
    axes.set(xlabel="explicit compositions to learn from", ylabel="RMSE of ln g, held out", ylim=(0, 1.9))
    figure.legend(frameon=False, fontsize=8, loc="outside upper left")
    save(figure, RESULTS / "learning_curves.png")


if __name__ == "__main__":
    main()
