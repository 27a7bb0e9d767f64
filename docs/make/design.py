"""Writes docs/results/design.md and its figures: `python -m docs.make.design [SIMULATION ...]`.

Three questions of inverse design, one for each state; their first answers were simulated. What the model said before is
kept in docs/results/design.json, and asked anew only where that file is missing. A SIMULATION is a dataset (.nc) or a
run folder; those of one composition count together. Without any, the page has the predictions alone.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import nanonet
from docs.make import RESULTS
from nanonet import RDF, Composition, Dataset
from nanonet.analyze.runs import analyze
from nanonet.composition import FIELDS, near_duplicates, to_array
from nanonet.design.inverse import find
from nanonet.design.sensitivity import sensitivities
from nanonet.design.targets import Target, parse
from nanonet.entry import Entry
from nanonet.formats.atomic import writing
from nanonet.phases.classify import classify
from nanonet.phases.curve_sampling import sample_curves
from nanonet.phases.state import STATES
from nanonet.plots.design import draw_wanted, plot_sensitivities
from nanonet.plots.rdf import draw_axes
from nanonet.plots.style import COLOURS, draw_curve, save, symbols
from nanonet.predict.predictor import Predictor

QUESTIONS: tuple[tuple[tuple[str, ...], dict[str, float]], ...] = (
    (("state=contact", "neighbours=4:8"), {"diameter": 3}),
    (("state=bridging",), {}),
    (("state=dispersion", "small_q=lowest"), {"diameter": 3}),
)
KEPT = RESULTS / "design.json"
SAME = 0.03  # of the ranges: the density of a run is an outcome
DRAWS = 1000  # curves within the error bars of a simulation


def main(sources: Sequence[str]) -> None:
    model = nanonet.load()
    if not KEPT.exists():
        _keep(model)
    kept = json.loads(KEPT.read_text())
    simulated = [_simulated(one, model, sources) for one in kept]
    _draw(kept, simulated, model)
    plot_sensitivities(RESULTS / "sensitivity.png", sensitivities(model, points=1024))
    with writing(RESULTS / "design.md") as temporary:
        temporary.write_text("\n".join(_page(kept, simulated, model)) + "\n", encoding="utf-8")


def _keep(model: Predictor) -> None:
    found = []
    for texts, fixed in QUESTIONS:
        design = find(model, parse(texts, model), fixed=fixed)
        limits = [[x if np.isfinite(x) else None for x in (one.low, one.high)] for one in design.targets]
        first = design.answers[0].to_json()
        found.append({"asked": texts, "fixed": fixed, "limits": limits, "notes": design.notes, "answer": first})
    with writing(KEPT) as temporary:
        temporary.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _targets(one: dict[str, Any], model: Predictor) -> list[Target]:
    """Those of a question, with the limits that they had when it was asked."""
    found = []
    for target, (low, high) in zip(parse(one["asked"], model), one["limits"], strict=True):
        ends = (-np.inf if low is None else low, np.inf if high is None else high)
        found.append(Target(target.reading, *ends))
    return found


def _simulated(one: dict[str, Any], model: Predictor, sources: Sequence[str]) -> tuple[Entry, float, list[str]] | None:
    """The simulation of an answer, the probability that it meets the targets, and what it says of each; or None."""
    c = Composition(**one["answer"]["composition"])
    folders = [path for path in sources if Path(path).is_dir()]
    data = [Dataset.load(path) for path in sources if path not in folders]
    data += [analyze([path for path in folders if _composition(path) == c])] if folders else []
    span = np.ptp(model.X, axis=0)
    for part in data:
        same = np.flatnonzero(near_duplicates(part.X, to_array([c]), span, SAME))
        if len(same):
            entry = part[int(same[0])]
            return entry, *_verdict(_targets(one, model), entry)
    return None


def _composition(folder: str) -> Composition:
    from nanonet.formats.run_folder import read_record

    record = read_record(folder)
    assert record.composition is not None
    return record.composition.value


def _verdict(targets: Sequence[Target], entry: Entry) -> tuple[float, list[str]]:
    """Share of the curves within a simulation's error bars that meets all targets, and what each says of them."""
    rdf, c = entry.rdf, entry.composition
    curves = sample_curves(rdf, DRAWS)[None]
    columns = {name: np.array([value]) for name, value in zip(FIELDS, c.values, strict=True)}
    met, texts = np.ones(DRAWS, dtype=bool), []
    for one in targets:
        values = one.read(rdf.r, curves, columns)[0]
        own = one.misses(values) == 0.0
        met &= own
        if one.reading.name not in STATES:
            low, middle, high = np.nanquantile(values, (0.05, 0.5, 0.95))
            texts.append(f"{one.reading.text}: {middle:.3g} ({low:.3g} to {high:.3g})")
    state = classify(rdf, c.diameter, c.density, nps=entry.provenance.get("nps"))
    shares = ", ".join(f"{name} {p:.2f}" for name, p in state.probabilities.items())
    return float(met.mean()), [f"state: {shares}", *texts]


def _draw(
    kept: list[dict[str, Any]], simulated: Sequence[tuple[Entry, float, list[str]] | None], model: Predictor
) -> None:
    figure = Figure(figsize=(4.6 * len(kept), 4.2), layout="constrained")
    for axes, one, run in zip(figure.subplots(1, len(kept)), kept, simulated, strict=True):
        answer = one["answer"]
        c, targets = Composition(**answer["composition"]), _targets(one, model)
        draw_axes(axes, c.diameter)
        draw_wanted(axes, targets)
        predicted = RDF(answer["r"], answer["g"], low=answer["low"], high=answer["high"])
        draw_curve(axes, predicted, f"predicted, p = {answer['probability']:.2f}", COLOURS[0])
        if run is not None:
            hit = "hit" if run[1] >= 0.5 else "miss"
            draw_curve(axes, run[0].rdf, f"simulated: {hit}", "0.1", "-", 1.4)
        axes.legend(frameon=False, fontsize=8, loc="upper right")
        axes.set_title(f"wanted: {'; '.join(_short(t) for t in targets)}\n{symbols(c)}", fontsize=9)
    save(figure, RESULTS / "design.png")


def _short(target: Target) -> str:
    name = target.reading.name
    if name in STATES:
        return name
    return f"{name} at most {target.high:.2g}" if np.isinf(target.low) else f"{name} {target.low:g} to {target.high:g}"


def _page(
    kept: list[dict[str, Any]], simulated: Sequence[tuple[Entry, float, list[str]] | None], model: Predictor
) -> list[str]:
    lines = ["# Inverse design, held against simulation", ""]
    lines += [
        "Written by `python -m docs.make.design` with the simulations as arguments; do not edit. What the model said "
        "before they were run is kept in `design.json`.",
        "",
        "![Predicted and simulated g(r) of three answers](design.png)",
        "",
        "*Blue: predicted, with the 90 % band. Black: simulated afterwards from the equilibrium start, band of one "
        "standard error. Shaded: what was wanted, where it has a place on the axes.*",
        "",
        "| asked (`nanonet design`) | first answer | probability | simulated | hit |",
        "|---|---|---|---|---|",
    ]
    for one, run in zip(kept, simulated, strict=True):
        asked = " ".join(f"--target {text}" for text in one["asked"])
        asked += "".join(f" --fix {name}={value:g}" for name, value in one["fixed"].items())
        c = Composition(**one["answer"]["composition"])
        seen, hit = ("not yet", "") if run is None else ("; ".join(run[2]), _hit(run[1]))
        lines.append(f"| `{asked}` | {c} | {one['answer']['probability']:.2f} | {seen} | {hit} |")
    lines += ["", "Hit: at least half of the curves within the simulation's error bars meet all targets at once."]
    lines += [f"\nSaid by the search: {note}." for one in kept for note in one["notes"]]
    runs = [(run, one) for run, one in zip(simulated, kept, strict=True) if run is not None]
    for (entry, _, _), one in runs:
        low, g, high = (np.array(one["answer"][name]) for name in ("low", "g", "high"))
        counted = entry.rdf.g > 0.03
        inside = float(((entry.rdf.g >= low) & (entry.rdf.g <= high))[counted].mean())
        off = float(np.sqrt(np.mean((np.log(entry.rdf.g + 0.03) - np.log(g + 0.03))[counted] ** 2)))
        verdict = entry.provenance.convergence
        converged = "" if verdict is None else f"; the run is {'' if verdict.converged else 'not '}judged converged"
        lines.append(
            f"\n{entry.composition}: the band holds {100 * inside:.0f} % of g, ln g is off by {off:.2f}{converged}."
        )
    return lines


def _hit(share: float) -> str:
    return f"{'hit' if share >= 0.5 else 'miss'} ({share:.2f})"


if __name__ == "__main__":
    main(sys.argv[1:])
