"""The counterpart of figure 7: predicted against simulated g(r), with all scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nanonet.evaluate.metrics import ln_rmse, paired_bootstrap
from nanonet.plots import report as figures
from nanonet.rdf import RDF
from nanonet.reproduce.chapters import (
    PREDICTORS,
    Chapter,
    Context,
    network,
    predictors,
    published,
    training_sets,
    trivial,
)
from nanonet.reproduce.page import Block, FigureFile, Points, Table, Text
from nanonet.reproduce.phases import peak_text, phase_text
from nanonet.reproduce.scores import LEGEND, Comparison, measure, table

_HEADER = (
    "composition", "first peak, simulated", "predicted", "second peak, simulated", "predicted", "phase, simulated",
    "predicted", "ln g, weighted",
)  # fmt: skip


def _group(context: Context, implicit: int | None) -> dict[str, Comparison]:
    """All that is compared, trained on the same data: predictors, nanoNET's variants, trivial baselines."""
    paper = published(context, "nanoNET, the paper's settings", implicit)
    default = network(context, "nanoNET", implicit=implicit)
    variants = {
        "one feature": Comparison("nanoNET, one feature a split", default.fits, part="one_feature"),
        "paper": paper,
        "paper, one feature": Comparison(
            "nanoNET, the paper's settings, one feature a split", paper.fits, part="one_feature"
        ),
    }
    return predictors(context, implicit) | variants | trivial(context, implicit=implicit)


def _rows(context: Context) -> list[Comparison]:
    return [row for implicit in training_sets(context).values() for row in _group(context, implicit).values()]


def _write(context: Context) -> list[Block]:
    data = context.known.explicit
    lines: list[Comparison | str] = []
    peaks: list[list[str]] = []
    curves: dict[str, NDArray[np.float64]] = {}
    chosen = np.sort(np.random.default_rng(0).permutation(len(data))[: context.budget.shown]).tolist()
    for said, implicit in training_sets(context).items():
        rows = _group(context, implicit)
        lines += [f"trained on {said}", *rows.values()]
        for label in PREDICTORS:
            found = measure(rows[label], context.results, context.known).curves[0]
            curves[f"{label}, {said}"] = found
            errors = ln_rmse(data.G, found, error=data.errors)
            peaks.append([f"predicted by {label} trained on {said}"])
            peaks += [_peak_line(context, i, RDF(data.r, found[i]), float(errors[i])) for i in chosen]
    shown = [{"simulated": data.rdfs[i]} | {label: RDF(data.r, g[i]) for label, g in curves.items()} for i in chosen]
    figures.panels(context.folder / "figure7.png", [data.compositions[i] for i in chosen], shown)
    return [
        Text(
            f"Every composition is predicted by models that have not seen it, {context.budget.folds}-fold "
            "cross-validation. Implicit compositions are training data, they are never scored; those that repeat a "
            "held-out composition are left out with it."
        ),
        FigureFile(
            "figure7.png",
            f"Counterpart of figure 7: {len(chosen)} held-out compositions, drawn by lot from {len(data)}, from the "
            "first of the repeated splits. Band: one standard error of the simulation.",
        ),
        Table(
            _HEADER,
            peaks,
            "The same compositions; g of the peak at r in sigma. Phases as `nanonet phase` reads them off g(r).",
        ),
        table(lines, context.results, context.known, LEGEND),
        *_verdicts(context),
    ]


def _verdicts(context: Context) -> list[Block]:
    """Predictors against the trivial baselines, and both kinds of data against one, by a paired bootstrap."""
    items, errors = [], {}
    for said, implicit in training_sets(context).items():
        rows = _group(context, implicit)
        errors[said] = {
            name: measure(row, context.results, context.known).weighted.mean(axis=0) for name, row in rows.items()
        }
        for label in PREDICTORS:
            for name in ("nearest", "mean of g", "mean of ln g"):
                items.append(
                    f"{said}: {label} against {rows[name].label}: {_verdict(errors[said][label], errors[said][name])}"
                )
    if context.both:
        few, many = errors.values()
        for label in PREDICTORS:
            items.append(
                f"{label}: explicit and implicit data against explicit alone: {_verdict(many[label], few[label])}"
            )
    said = (
        "Differences in ln g, weighted (95 % interval of a bootstrap over compositions); negative: the first is better."
    )
    return [Text(said), Points(items)]


def _verdict(a: NDArray[np.float64], b: NDArray[np.float64]) -> str:
    found = paired_bootstrap(a, b)
    low, high = found.interval95
    word = "better" if high < 0 else "worse" if low > 0 else "not told apart"
    return f"{found.difference:+.2f} ({low:+.2f} to {high:+.2f}), {word}"


def _peak_line(context: Context, i: int, predicted: RDF, error: float) -> list[str]:
    composition, rdf = context.known.explicit.compositions[i], context.known.explicit.rdfs[i]
    pairs = [
        [peak_text(one.first_peak, one) for one in (rdf, predicted)],
        [peak_text(one.second_peak, one) for one in (rdf, predicted)],
        [phase_text(one, composition) for one in (rdf, predicted)],
    ]
    return [str(composition), *(cell for pair in pairs for cell in pair), f"{error:.2f}"]


CHAPTERS = {"prediction": Chapter("Predicted against simulated g(r) (figure 7)", _rows, _write)}
