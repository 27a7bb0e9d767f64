"""The commands of the phases: `nanonet phase` (the state of one RDF or many), `nanonet phase-map` (over two inputs)."""

from __future__ import annotations

import dataclasses
import json
import math
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nanonet.errors import InputError
from nanonet.serve.options import Given, Inputs, Model, any_input, check_outputs, progress_bar, read_dataset
from nanonet.serve.predict import values_of
from nanonet.serve.terminal import print

if TYPE_CHECKING:
    from nanonet.phases.classify_dataset import ClassifiedCurve
    from nanonet.phases.state import Criteria, Estimate

Depth = Annotated[float, typer.Option(help="How deep a minimum of W must be to hold a pair (kT).")]
Confidence = Annotated[float, typer.Option(help="Probability that a verdict needs; less is 'uncertain'.")]


@any_input
def phase(
    inputs: Inputs,
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="[SOURCE]",
            help="RDF (.csv), dataset (.nc), or `explicit` or `implicit`: the shipped ones. Left out: a prediction.",
        ),
    ] = None,
    entry: Annotated[int | None, typer.Option(help="Of a dataset; left out: all, a line each.")] = None,
    model: Model = None,
    depth: Depth = 1.0,
    confidence: Confidence = 0.9,
    plot: Annotated[Path | None, typer.Option(help="Write a plot (.png, .pdf, .svg).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Say whether NPs aggregate in contact, are bridged by polymer or dispersed, and how sure that is."""
    from nanonet.formats.curve_csv import is_table
    from nanonet.phases.classify_dataset import classify_dataset
    from nanonet.phases.state import Criteria

    check_outputs(None, plot)
    criteria = Criteria(depth=depth, confidence=confidence)
    if source is None:
        found = [_predicted(inputs, model, criteria)]
    elif is_table(source):
        found = [_of_csv(Path(source), inputs["diameter"], inputs["density"], criteria)]
    else:
        given = [name for name, value in (*inputs.items(), ("model", model)) if value is not None]
        if given:
            raise InputError(f"{given[0]} is not for datasets; their entries have compositions")
        found = classify_dataset(read_dataset(source), entry, criteria)
    if plot is not None:
        from nanonet.plots.phases import draw_judged

        draw_judged(plot, found, criteria)
    if as_json:
        content = [{"title": one.title, **one.verdict.to_json()} for one in found]
        print(json.dumps(content[0] if len(content) == 1 else content, allow_nan=False))
        return
    if len(found) > 1:
        print(f"{'state':<19} contact, bridging, dispersion (%)")
    for one in found:
        print(_line(one) if len(found) > 1 else "\n".join(_report(one)))
    if plot is not None:
        print(f"written      {plot}")


@any_input
def phase_map(
    inputs: Inputs,
    x: Annotated[str, typer.Option(help="Input along the abscissa.")],
    y: Annotated[str, typer.Option(help="Input along the ordinate.")],
    x_range: Annotated[tuple[float, float] | None, typer.Option(help="Default: the simulated range.")] = None,
    y_range: Annotated[tuple[float, float] | None, typer.Option(help="Default: the simulated range.")] = None,
    steps: Annotated[int, typer.Option(help="Points along each input.")] = 40,
    model: Model = None,
    given: Given = None,
    dataset: Annotated[
        Path | None, typer.Option(help="Simulations to mark (.nc); default: the shipped, on maps of compositions.")
    ] = None,
    depth: Depth = 1.0,
    confidence: Confidence = 0.9,
    plot: Annotated[Path | None, typer.Option(help="Write a plot (.png, .pdf, .svg).")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the probabilities.")] = None,
) -> None:
    """Map the states over two of the inputs, the others held, with probabilities."""
    from nanonet.composition import NANOCOMPOSITE
    from nanonet.dataset import Dataset
    from nanonet.phases.classify import decide
    from nanonet.phases.classify_dataset import classify_dataset
    from nanonet.phases.state import STATES, UNCERTAIN, Criteria
    from nanonet.predict.phase_map import compute_map, near_plane, write_map
    from nanonet.predict.predictor import load

    check_outputs(csv, plot)
    criteria = Criteria(depth=depth, confidence=confidence)
    names = (x.replace("-", "_"), y.replace("-", "_"))
    with progress_bar("mapping") as progress:
        predictor = load(model)
        found = compute_map(predictor, names, values_of(inputs, given), (x_range, y_range), steps, criteria, progress)
    if csv is not None:
        write_map(csv, found, criteria)
    if plot is not None:
        from nanonet.plots.phases import draw_map

        marks = []
        if dataset is not None or predictor.space == NANOCOMPOSITE:
            known = Dataset.shipped() if dataset is None else Dataset.load(dataset)
            for i, at_x, at_y in near_plane(found, known):
                (one,) = classify_dataset(known, i, criteria)
                marks.append((at_x, at_y, one.verdict.state))
        draw_map(plot, found, marks, criteria)
    verdicts = [decide(shares, criteria) for shares in found.shares.reshape(-1, len(STATES))]
    print(f"map          {found.title}, {len(found.x)} x {len(found.y)} points")
    for state in (*STATES, UNCERTAIN):
        print(f"{100 * verdicts.count(state) / len(verdicts):9.1f} %  {state}")
    print(f"{100 * found.outside.mean():9.1f} %  outside the model's data")
    print(f"probability  {found.method}")
    for path in (plot, csv):
        if path is not None:
            print(f"written      {path}")


def _of_csv(path: Path, diameter: float | None, density: float | None, criteria: Criteria) -> ClassifiedCurve:
    from nanonet.formats.curve_csv import read_rdf
    from nanonet.phases.classify import classify
    from nanonet.phases.classify_dataset import ClassifiedCurve

    rdf, size, dense = read_rdf(path)
    size = diameter if diameter is not None else size
    if size is None:
        raise InputError(f"diameter is missing: RDF {path} does not name D, so it must be given")
    dense = density if density is not None else dense
    return ClassifiedCurve(path.name, rdf, size, classify(rdf, size, dense, criteria))


def _predicted(five: dict[str, float | None], model: str | None, criteria: Criteria) -> ClassifiedCurve:
    from nanonet.composition import Composition
    from nanonet.phases.classify_dataset import ClassifiedCurve
    from nanonet.predict.predictor import OutsideDataWarning, load

    missing = [name for name, value in five.items() if value is None]
    if missing:
        raise InputError(f"{missing[0]} is missing; give a file, or all of {', '.join(five)}")
    c = Composition(**five)  # type: ignore[arg-type]  # a whole float becomes an int in Composition
    predictor = load(model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OutsideDataWarning)  # a caveat below
        rdf = predictor.predict(c)
    verdict = predictor.classify(c, criteria)
    caveats = (*verdict.caveats, *predictor.support(c).warnings)
    return ClassifiedCurve(f"predicted for {c}", rdf, c.diameter, dataclasses.replace(verdict, caveats=caveats))


def _line(one: ClassifiedCurve) -> str:
    shares = " ".join(f"{100 * p:5.1f}" for p in one.verdict.probabilities.values())
    return f"{one.verdict.state:<19} {shares}  {one.title}"


def _report(one: ClassifiedCurve) -> list[str]:
    """What is printed of a verdict."""
    from nanonet.phases.state import UNCERTAIN

    verdict = one.verdict
    likely = f" (most probable: {verdict.most_probable})" if verdict.state == UNCERTAIN else ""
    lines = [f"{one.title}\n", f"state        {verdict.state}{likely}"]
    lines.append("probability  " + ", ".join(f"{name} {p:.3f}" for name, p in verdict.probabilities.items()))
    layers = "" if verdict.layers is None else f", {verdict.layers} monomer layer{'s' * (verdict.layers > 1)} between"
    for name, place, more in (
        ("contact", verdict.contact, ""),
        ("barrier", verdict.barrier, ""),
        ("bridge", verdict.bridge, layers),
    ):
        text = "none" if place is None else f"W = {_number(place.w, '.2f')} kT at a gap of {place.gap:.2f} sigma{more}"
        lines.append(f"{name:<12} {text}")
    lines.append(f"closest      surfaces come as near as a gap of {verdict.closest:.2f} sigma; ")
    lines[-1] += f"crowding explains a depth of {verdict.crowding:.2f} kT"
    if verdict.excess_contact is not None and verdict.excess_layers is not None:
        lines.append(
            f"neighbours   {_number(verdict.excess_contact, '+.2f')} in contact and "
            f"{_number(verdict.excess_layers, '+.2f')} beyond layers, against what g far away would put there"
        )
    return lines + [f"caveat       {text}" for text in verdict.caveats]


def _number(estimate: Estimate, form: str) -> str:
    bar = "" if math.isnan(estimate.error) else f" ± {estimate.error:.2f}"
    return format(estimate.value, form) + bar
