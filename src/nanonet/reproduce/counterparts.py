"""The counterparts of the paper's figures 4 to 7."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from nanonet.composition import Composition
from nanonet.learn.scoring import ln_rmse, paired_bootstrap
from nanonet.picture import draw_curves
from nanonet.rdf import RDF, Peak
from nanonet.reproduce import figures, snapshots
from nanonet.reproduce.page import Block, Picture, Points, Table, Text
from nanonet.reproduce.published import Published, compare
from nanonet.reproduce.scores import LEGEND, Row, measure, spread, table
from nanonet.reproduce.studies import PAPER, Context, Study, by_name, network, trivial
from nanonet.reproduce.tasks import unpacked

PHASES = {
    (3.0, 40.0, 0.00072, 0.1, 0.1): "microscopic phase separation, first peak at r ≈ D",
    (3.0, 40.0, 0.00032, 0.5, 1.0): "bridging by a polymer layer, first peak at r ≈ D + d",
    (3.0, 40.0, 0.00082, 0.2, 0.4): "dispersion, a low peak at r ≈ 8",
}
"""Compositions of the paper's figure 4 (D, N, rho, eps_nn, eps_pn), and what the paper sees there."""


def _no_rows(context: Context) -> Mapping[str, Row]:
    return {}


def _phases(context: Context) -> list[Block]:
    data = context.evidence.explicit
    figure = Figure(figsize=(12.6, 8.6), layout="constrained")
    axes = figure.subplots(2, 3, height_ratios=(1.15, 1))
    lines, without = [], 0
    for column, (nominal, said) in enumerate(PHASES.items()):
        found = [i for i in range(len(data)) if np.allclose(_nominal(context, i), nominal, rtol=1e-6)]
        upper, lower = axes[0, column], axes[1, column]
        figures.rdf_axes(lower, nominal[0])
        lower.set_xlabel("r (σ)")
        seen = None if context.runs is None else snapshots.find(context.runs, nominal)
        if seen is None:
            without += 1
            upper.text(0.5, 0.5, "no kept configuration", ha="center", va="center", transform=upper.transAxes)
            upper.set(xticks=[], yticks=[])
        else:
            snapshots.draw(upper, *seen)
        name = f"D={nominal[0]:g} N={nominal[1]:g} rho={nominal[2]:g} eps_nn={nominal[3]:g} eps_pn={nominal[4]:g}"
        upper.set_title(f"({'abc'[column]}) {name}", fontsize=9.5)
        if not found:
            lines.append([name, "not in the dataset", "", "", "", said])
            continue
        rdf, entry = data.rdfs[found[0]], data.provenance[found[0]]
        figures.rdf_curve(lower, rdf, "", figures.COLOURS[0])
        verdict = "yes" if entry.get("convergence", {}).get("converged") else "no"
        lines.append(
            [name, str(entry.get("nps", "–")), _peak(rdf.first_peak, rdf), _peak(rdf.second_peak, rdf), verdict, said]
        )
    axes[1, 0].set_ylabel("g(r)")
    figures.save(figure, context.folder / "figure4.png")
    missing = f" {without} of 3 snapshots are not available: no kept run folder." if without else ""
    return [
        Text(
            "The paper's figure 4 shows three compositions that stand for its three phases. We simulated the same "
            "three "
            "with our own choice of what it does not say (numbers of particles, box, NP mass, length)."
        ),
        Picture(
            "figure4.png",
            "Counterpart of figure 4. Above: the last kept configuration of each run, seen through the whole box along "
            "z; NPs blue, monomers green at half their diameter, translucent. Below: g(r), band of one standard error; "
            f"dashed: r = D.{missing}",
        ),
        Table(("composition", "NPs", "first peak", "second peak", "converged", "the paper sees"), lines),
        Text(
            "Peaks are maxima above 1 that stand out of their errors; “none” means that no pair correlation does. With "
            "so few NPs a run that is not converged shows where NPs go, not how many."
        ),
    ]


def _autoencoder_rows(context: Context) -> dict[str, Row]:
    repeats = context.plan.repeats
    rows = {
        "default": network(context, "default, explicit", repeats),
        "paper": network(context, "the paper's settings, explicit", repeats, PAPER),
    }
    if context.both:
        rows["default both"] = network(context, "default, explicit and implicit", repeats, implicit=None)
        rows["paper both"] = network(
            context, "the paper's settings, explicit and implicit", repeats, PAPER, implicit=None
        )
    return rows


def _autoencoder(context: Context) -> list[Block]:
    rows = _autoencoder_rows(context)
    lines = []
    best: dict[str, dict[str, float]] = {}
    for name, row in rows.items():
        results = [context.results(task) for task in row.flat]
        learnt = [one for one in results if not one["stuck"]]
        label = row.label + (
            f" (stuck {len(results) - len(learnt)} of {len(results)})" if len(learnt) < len(results) else ""
        )
        if not learnt:
            lines.append([label, *["–"] * 7])
            continue
        values = {
            f"{error} {kind}": np.array([np.mean(one["rebuilt"][kind][error]) for one in learnt])
            for error in ("mae", "mse")
            for kind in ("train", "test")
        }
        best[name] = {key: float(found.mean()) for key, found in values.items()}
        histories = [one["history"] for one in learnt]
        levels = [np.mean([history[f"mse_{kind}"] for history in histories]) for kind in ("mean", "black")]
        epochs = np.mean([len(history["losses"]) for history in histories])
        lines.append(
            [label, *(_plus_minus(found) for found in values.values()), *(f"{v:.4f}" for v in levels), f"{epochs:.0f}"]
        )
    header = (
        "network",
        "MAE, training",
        "MAE, held out",
        "MSE, training",
        "MSE, held out",
        "MSE, mean picture",
        "MSE, black picture",
        "epochs",
    )
    blocks: list[Block] = [
        Text(
            "The autoencoder alone: pictures against what it makes of them, for the pictures that it learnt and for "
            "those "
            "of held-out explicit compositions. Every split is 80/20 and is made before anything is fitted."
        ),
        Table(
            header,
            lines,
            "Mean ± standard deviation over splits; the mean and the black picture are those of the training set.",
        ),
    ]
    chosen = ["paper both", "default both"] if context.both else ["paper", "default"]
    shown = [(rows[name], context.results(rows[name].tasks[0][0])) for name in chosen]
    trainings = [figures.training_of(row.label, one["history"]) for row, one in shown if not one["stuck"]]
    if trainings:
        figures.losses(context.folder / "figure5a.png", trainings)
        blocks.append(Picture("figure5a.png", "Counterpart of figure 5a: losses of one training on one split."))
    pictures = _rebuilt_pictures(context, shown)
    if pictures:
        blocks.append(pictures)
    return blocks + _published_autoencoder(best)


def _rebuilt_pictures(context: Context, shown: Sequence[tuple[Row, Mapping[str, Any]]]) -> Picture | None:
    data = context.evidence.explicit
    task = shown[0][0].tasks[0][0]
    chosen = list(task.test)[:3]
    rows = {"simulated": list(draw_curves(data.G[chosen], data.r))}
    for row, result in shown:
        if not result["stuck"]:
            rows[row.label.replace(", ", "\n", 1)] = list(unpacked(result["rebuilt_pictures"])[: len(chosen)])
    if len(rows) < 2:
        return None
    figures.reconstructions(
        context.folder / "figure5b.png", [figures.symbols(data.compositions[i]) for i in chosen], rows
    )
    return Picture(
        "figure5b.png",
        "Counterpart of figure 5b to d, for compositions that the network has not seen: the picture of the simulated "
        "g(r) "
        "and what the autoencoder makes of it. r to the right, ln g upwards.",
    )


def _published_autoencoder(best: Mapping[str, Mapping[str, float]]) -> list[Block]:
    if not best:
        return [Text("No network learnt anything, so there is nothing to compare with the paper's numbers.")]
    items = []
    for name, label in (("paper both", "the paper's settings"), ("default both", "our default")):
        found = best.get(name) or best.get(name.removesuffix(" both"))
        if found:
            items.append(f"MAE of the training set, {label}: " + compare(found["mae train"], Published.MAE))
            items.append(f"MSE of held-out pictures, {label}: " + compare(found["mse test"], Published.MSE))
    return [Points(items)]


def _prediction_rows(context: Context) -> dict[str, Row]:
    rows = _autoencoder_rows(context)
    rows |= trivial(context)
    if context.both:
        rows |= {f"{name} both": row for name, row in trivial(context, implicit=None).items()}
    for name in [name for name in ("default", "paper", "default both", "paper both") if name in rows]:
        label = rows[name].label.replace(", ", ", one feature a split, ", 1)
        rows[f"{name}, one feature"] = Row(label, rows[name].tasks, part="one_feature")
    return rows


def _prediction(context: Context) -> list[Block]:
    data, rows = context.evidence.explicit, _prediction_rows(context)
    names = ("default", "default, one feature", "paper", "paper, one feature")
    plain = ("black picture", "mean picture", "mean of g", "mean of ln g", "nearest")
    lines: list[Row | str] = ["trained on explicit compositions", *by_name(rows, (*names, *plain))]
    if context.both:
        lines.append("trained on explicit and implicit compositions")
        lines += by_name(
            rows,
            [*(f"{n.split(',')[0]} both{n[len(n.split(',')[0]) :]}" for n in names), *(f"{n} both" for n in plain)],
        )
    curves = {
        name: measure(rows[name], context.results, context.evidence).curves[0]
        for name in ("default", "default both")
        if name in rows
    }
    labels = {"default": "explicit", "default both": "explicit and implicit"}
    chosen = np.sort(np.random.default_rng(0).permutation(len(data))[: context.plan.shown])
    figures.panels(
        context.folder / "figure7.png",
        [data.compositions[i] for i in chosen],
        [
            {"simulated": data.rdfs[i]} | {f"predicted, {labels[n]}": RDF(data.r, g[i]) for n, g in curves.items()}
            for i in chosen
        ],
    )
    peaks = []
    for name, found in curves.items():
        peaks.append([f"predicted by nanoNET trained on {labels[name]} compositions"])
        errors = ln_rmse(data.G, found, error=data.errors)
        peaks += [_peak_line(context, i, RDF(data.r, found[i]), float(errors[i])) for i in range(len(data))]
    return [
        Text(
            f"Every composition is predicted by models that have not seen it, {context.plan.folds}-fold "
            "cross-validation. "
            "Implicit compositions teach, they are never scored; those that repeat a held-out composition are left out "
            "with it."
        ),
        Picture(
            "figure7.png",
            f"Counterpart of figure 7: {len(chosen)} held-out compositions, drawn by lot from {len(data)}, from the "
            "first "
            "of the repeated splits. Band: one standard error of the simulation.",
        ),
        Table(
            (
                "composition",
                "first peak, simulated",
                "predicted",
                "second peak, simulated",
                "predicted",
                "phase, simulated",
                "predicted",
                "ln g, weighted",
            ),
            peaks,
            "g of the peak at r in sigma, first of the repeated splits.",
        ),
        table(lines, context.results, context.evidence, LEGEND),
        *_verdicts(context, rows),
    ]


def _verdicts(context: Context, rows: Mapping[str, Row]) -> list[Block]:
    found = {
        name: measure(rows[name], context.results, context.evidence).weighted.mean(axis=0)
        for name in ("default", "default both", "nearest", "nearest both", "mean of ln g", "mean of ln g both")
        if name in rows
    }
    end = " both" if context.both else ""
    pairs = [(f"default{end}", f"nearest{end}"), (f"default{end}", f"mean of ln g{end}")]
    if context.both:
        pairs.append(("default both", "default"))
    items = []
    for a, b in pairs:
        one = paired_bootstrap(found[a], found[b])
        low, high = one.interval95
        word = "better" if high < 0 else "worse" if low > 0 else "not told apart"
        names = [
            rows[name].label + (", all data" if name.endswith("both") and "default" not in name else "")
            for name in (a, b)
        ]
        items.append(
            f"nanoNET ({names[0]}) less {names[1]}: {one.difference:+.2f} in ln g, weighted, 95 % interval "
            f"{low:+.2f} to "
            f"{high:+.2f} (bootstrap over compositions): {word}."
        )
    return [Points(items)]


def _leak_rows(context: Context) -> dict[str, Row]:
    repeats = context.plan.repeats
    rows = {
        "clean": network(context, "split before anything is fitted, explicit", repeats),
        "leak": network(context, "autoencoder sees the test curves, explicit", repeats, leak=True),
    }
    if context.both:
        rows["clean both"] = network(
            context, "split before anything is fitted, explicit and implicit", repeats, implicit=None
        )
        rows["leak both"] = network(
            context, "autoencoder sees the test curves, explicit and implicit", repeats, implicit=None, leak=True
        )
    return rows


def _leak(context: Context) -> list[Block]:
    rows = _leak_rows(context)
    items, found = [], {name: measure(row, context.results, context.evidence) for name, row in rows.items()}
    for end in ("", " both"):
        if f"leak{end}" not in rows:
            continue
        one = paired_bootstrap(found[f"leak{end}"].weighted.mean(axis=0), found[f"clean{end}"].weighted.mean(axis=0))
        low, high = one.interval95
        rebuilt = {
            name: np.mean(
                [
                    np.mean(r["rebuilt"]["test"]["mse"])
                    for r in map(context.results, rows[f"{name}{end}"].flat)
                    if not r["stuck"]
                ]
                or [np.nan]
            )
            for name in ("clean", "leak")
        }
        items.append(
            f"{'Explicit and implicit' if end else 'Explicit'} compositions: the leak is worth {one.difference:+.2f} "
            "in ln g, "
            f"weighted (95 % interval {low:+.2f} to {high:+.2f}); the autoencoder alone rebuilds the test pictures "
            "with an "
            f"MSE of {rebuilt['leak']:.4f} when it has seen them and {rebuilt['clean']:.4f} when it has not."
        )
    return [
        Text(
            "The paper splits the data for the autoencoder and again, apart from that, for the forest: most curves "
            "on which "
            "the forest is tested have been seen by the autoencoder, so their latents and their reconstruction are not "
            "those of unknown curves. Here is the same network with the split made before anything is fitted, and "
            "with an "
            "autoencoder that saw the test curves while the forest did not. Nothing else differs."
        ),
        table(list(rows.values()), context.results, context.evidence, LEGEND),
        Points(items),
    ]


def _nominal(context: Context, i: int) -> tuple[float, ...]:
    c = context.evidence.explicit.compositions[i]
    density = float(context.evidence.explicit.provenance[i].get("nominal_density", c.density))
    return (c.diameter, float(c.chain_length), density, c.eps_nn, c.eps_pn)


def _peak(peak: Peak | None, rdf: RDF) -> str:
    if peak is None:
        return "none"
    error = rdf.error_at(peak.position)
    return f"{peak.height:.3g}{'' if error is None else f' ± {error:.1g}'} at {peak.position:.2f}"


def _peak_line(context: Context, i: int, predicted: RDF, error: float) -> list[str]:
    data = context.evidence.explicit
    composition, rdf = data.compositions[i], data.rdfs[i]
    pairs = [(_peak(rdf.first_peak, rdf), _peak(predicted.first_peak, predicted))]
    pairs.append((_peak(rdf.second_peak, rdf), _peak(predicted.second_peak, predicted)))
    pairs.append((_phase(rdf, composition), _phase(predicted, composition)))
    return [str(composition), *(cell for pair in pairs for cell in pair), f"{error:.2f}"]


def _phase(rdf: RDF, composition: Composition) -> str:
    return "–"


def _plus_minus(values: np.ndarray) -> str:
    return spread(values[:, None], "{:.4f}")


STUDIES = {
    "phases": Study("Three phases (figure 4)", _no_rows, _phases),
    "autoencoder": Study("The autoencoder (figure 5)", _autoencoder_rows, _autoencoder),
    "prediction": Study("Predicted against simulated g(r) (figure 7)", _prediction_rows, _prediction),
    "leak": Study("What the paper's split is worth", _leak_rows, _leak),
}
