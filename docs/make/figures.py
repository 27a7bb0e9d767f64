"""Makes rdf.png, all.png and data.md in docs/results from the shipped data and model: `make figures` (some minutes)."""

from __future__ import annotations

import math
import os
import warnings
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from matplotlib.figure import Figure

import nanonet
from docs.make import RESULTS, ROOT
from nanonet import RDF, Dataset, Peak
from nanonet.check_dataset import check_dataset
from nanonet.dataset import Run
from nanonet.evaluate.baselines import Mean, Nearest
from nanonet.evaluate.cross_validation import held_out as leave_out
from nanonet.evaluate.metrics import FLOOR, ln_rmse
from nanonet.evaluate.splits import splits
from nanonet.learn.nanonet import NanoNet
from nanonet.learn.train import doubted, gaussian_process_for
from nanonet.plots.rdf import draw_axes, plot_panels
from nanonet.plots.style import COLOURS, draw_curve, save, symbols

FOLDS = 10
"""Of nanoNET, which takes most of the time, and of the Gaussian process (`held_out`)."""

SHIPPED = ROOT / "src" / "nanonet" / "data" / "simulated.nc"


def main() -> None:
    data = Dataset.shipped()
    parts = splits(len(data), FOLDS, X=data.X)
    held_out = np.empty_like(data.G)
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        for (_, test), curves in zip(parts, pool.map(_without, [data] * FOLDS, *zip(*parts, strict=True)), strict=True):
            held_out[test] = curves
    bands = leave_out(lambda: gaussian_process_for(data), data.X, data.G, data.r, doubted(data))
    _weak_and_strong(data, held_out, bands)
    _all_runs(data)
    (RESULTS / "data.md").write_text(_page(data, held_out, bands[0]))


def _without(data: Dataset, train: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Predictions (k, m) for the runs of a fold by a network that has seen neither them nor copies of them."""
    rest = data.subset(train)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # fewer curves than latents: known, and said on the page
        print(f"training on {len(rest)} of {len(data)} runs", flush=True)
        return np.asarray(NanoNet().fit(rest.X, rest.G, rest.r).predict(data.X[test]))


def _weak_and_strong(data: Dataset, held_out: np.ndarray, bands: tuple[np.ndarray, ...]) -> None:
    """The two runs that differ in eps_pn alone: simulated, and predicted by both models without having seen them."""
    nominal = [entry["nominal_density"] for entry in data.provenance]
    panels = []
    for name, eps_pn in (("weak", 0.3), ("strong", 1.0)):
        (i,) = (
            i
            for i, c in enumerate(data.compositions)
            if (c.diameter, c.chain_length, nominal[i], c.eps_nn, c.eps_pn) == (3, 40, 0.002, 0.5, eps_pn)
        )
        curves = {
            "simulated, ± 1 standard error": data.rdfs[i],
            "Gaussian process without this run, 90 % band": RDF(data.r, bands[0][i], low=bands[1][i], high=bands[2][i]),
            "nanoNET without this run": RDF(data.r, held_out[i]),
        }
        title = f"{name} polymer–NP attraction\n{symbols(data.compositions[i])}"
        panels.append((title, data.X[i, 0], curves))
    plot_panels(RESULTS / "rdf.png", panels)


def _all_runs(data: Dataset) -> None:
    columns = 3
    rows = math.ceil(len(data) / columns)
    figure = Figure(figsize=(4.2 * columns, 3.0 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel, composition, rdf in zip(axes, data.compositions, data.rdfs, strict=False):
        draw_axes(panel, composition.diameter)
        draw_curve(panel, rdf, "simulated", COLOURS[0])
        panel.set_title(symbols(composition), fontsize=9)
    for panel in axes[len(data) :]:
        panel.set_visible(False)
    save(figure, RESULTS / "all.png")


def _page(data: Dataset, held_out: np.ndarray, process: np.ndarray) -> str:
    nearest, mean = np.empty_like(data.G), np.empty_like(data.G)
    for i in range(len(data)):
        rest = [j for j in range(len(data)) if j != i]
        X, G = data.X[rest], data.G[rest]
        nearest[i] = Nearest().fit(X, G, data.r).predict(data.X[i : i + 1])[0]
        mean[i] = Mean().fit(X, G, data.r).predict(data.X[i : i + 1])[0]
    errors = {
        "Gaussian process": ln_rmse(data.G, process),
        "nanoNET": ln_rmse(data.G, held_out),
        "nearest simulated composition": ln_rmse(data.G, nearest),
        "mean of the other RDFs": ln_rmse(data.G, mean),
    }
    runs = [run.record for behind in data.runs for run in behind]
    lines = [
        "# The shipped data",
        "",
        "Written by `make figures` from the shipped dataset and model; do not edit.",
        "",
        f"{len(data)} compositions, {len(runs)} runs of protocol `standard` or longer, "
        f"{sum(run['production_tau'] for run in runs):,.0f} tau of production in all after 1,000 tau of equilibration "
        "each. The density is measured. The error of a peak is one standard error: from 5 blocks of each run, and from "
        "the scatter of replicas where there are any; it is too small where NPs seldom enter or leave contact. "
        f"`nanonet dataset check` finds {len(check_dataset(SHIPPED))} faults in the file.",
        "",
        "| D | N | rho | eps_nn | eps_pn | NPs | runs (starts) | production (tau) | first peak g | at r "
        "| second peak g | at r | converged |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for c, rdf, p in zip(data.compositions, data.rdfs, data.provenance, strict=True):
        peaks = f"{_peak(rdf, rdf.first_peak)} | {_peak(rdf, rdf.second_peak)}"
        lines.append(
            f"| {c.diameter:g} | {c.chain_length} | {c.density:.5f} | {c.eps_nn:g} | {c.eps_pn:g} | {p['nps']} "
            f"| {p['replicas']} ({', '.join(p['starts'])}) | {p['production_tau']:,.0f} | {peaks} "
            f"| {'yes' if p['convergence']['converged'] else 'no'} |"
        )
    verdicts = [p["convergence"] for p in data.provenance]
    lines += [
        "",
        "![all compositions](all.png)",
        "",
        "## What is not converged, and why",
        "",
        f"{sum(v['converged'] for v in verdicts)} of {len(data)} compositions are converged by the criteria in "
        "[simulation.md](../simulation.md). The others are what their length allows; "
        "their error bars are lower bounds.",
        "",
        "| composition | converged | because |",
        "|---|---|---|",
        *(
            f"| {c} | {'yes' if v['converged'] else 'no'} | {v['reason']} |"
            for c, v in zip(data.compositions, verdicts, strict=True)
        ),
        "",
        "## The polymer",
        "",
        "From the whole configurations of the longest run of each; the terms are those of [simulation.md]"
        "(../simulation.md). Errors are one standard error.",
        "",
        "| composition | first layer g | at r | monomers in it | NP pairs joined by a chain | near pairs joined "
        "| near pairs joined by one monomer | near NPs joined to an NP |",
        "|---|---|---|---|---|---|---|---|",
        *(_polymer(c, behind) for c, behind in zip(data.compositions, data.runs, strict=True)),
        "",
        "## What these data cannot tell",
        "",
        "- Contact values of attractive NPs: they enter and leave contact a few times a run at most. A first peak of "
        "ten and more says that they cluster, not how much.",
        "- Anything that depends on the number of NPs, such as g inside a cluster that holds nearly all of them.",
        "- g beyond 10 sigma, structure factors at small q, dynamics in units of anything but this model's.",
        "- Compositions far from those in the table: a prediction says which of them is nearest.",
        "",
        "## What a model of so few runs can do",
        "",
        "Each composition predicted by models that have not seen it, with the default settings: trained on all the "
        f"others, the Gaussian process and nanoNET in {FOLDS} folds. Root mean square error of ln g over the bins "
        "where the simulated g exceeds "
        f"{FLOOR:g} (a prediction below that counts as that).",
        "",
        "| run | " + " | ".join(errors) + " |",
        "|---|" + "---|" * len(errors),
        *(
            f"| {c} | " + " | ".join(f"{values[i]:.2f}" for values in errors.values()) + " |"
            for i, c in enumerate(data.compositions)
        ),
        "| **mean** | " + " | ".join(f"**{values.mean():.2f}**" for values in errors.values()) + " |",
        "",
    ]
    return "\n".join(lines)


def _polymer(composition: nanonet.Composition, behind: tuple[Run, ...]) -> str:
    found = [run.record["polymer"] for run in behind if run.record["polymer"]]
    if not found:
        return f"| {composition} | – | – | – | – | – | – | – |"
    seen = max(found, key=lambda one: int(one["configurations"]))
    values = [_estimate(seen[name]) for name in ("adsorbed", "bridged", "bridged_near", "shared_monomer", "partners")]
    height = _estimate([seen["layer"][1], seen["layer_error"]])
    return f"| {composition} | {height} | {seen['layer'][0]:.2f} | {' | '.join(values)} |"


def _estimate(pair: list[float | None]) -> str:
    value, error = pair
    if value is None:
        return "–"
    return f"{value:.3g}" + ("" if error is None else f" ± {error:.1g}")


def _peak(rdf: RDF, peak: Peak | None) -> str:
    if peak is None:
        return "– | –"
    error = rdf.error_at(peak.position)
    return f"{peak.height:.3g}{'' if error is None else f' ± {error:.2g}'} | {peak.position:.2f}"


if __name__ == "__main__":
    main()
