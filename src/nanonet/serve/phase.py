"""The commands of the phases: `nanonet phase` (the state of one RDF or many), `nanonet phase-map` (over two inputs)."""

from __future__ import annotations

import dataclasses
import json
import math
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from nanonet.errors import InputError
from nanonet.serve.options import progress_bar
from nanonet.serve.terminal import print

if TYPE_CHECKING:
    from nanonet.composition import Composition
    from nanonet.dataset import Dataset
    from nanonet.phase import Criteria, Estimate, Place, Verdict
    from nanonet.rdf import RDF

Diameter = Annotated[float | None, typer.Option(help="NP diameter D (sigma).")]
ChainLength = Annotated[float | None, typer.Option(help="Beads a chain N.")]
Density = Annotated[float | None, typer.Option(help="NPs a volume rho (sigma^-3).")]
EpsNN = Annotated[float | None, typer.Option(help="NP-NP attraction (epsilon).")]
EpsPN = Annotated[float | None, typer.Option(help="Polymer-NP attraction (epsilon).")]
Model = Annotated[str | None, typer.Option(help="Shipped model (gp, nanonet) or model folder; default: gp.")]
Depth = Annotated[float, typer.Option(help="How deep a minimum of W must be to hold a pair (kT).")]
Confidence = Annotated[float, typer.Option(help="Probability that a verdict needs; less is 'uncertain'.")]


class Judged(NamedTuple):
    """A curve with its verdict."""

    title: str
    rdf: RDF
    diameter: float
    verdict: Verdict


def phase(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="[SOURCE]",
            help="RDF (.csv), dataset (.nc), or `explicit` or `implicit`: the shipped ones. Left out: a prediction.",
        ),
    ] = None,
    entry: Annotated[int | None, typer.Option(help="Of a dataset; left out: all, a line each.")] = None,
    diameter: Diameter = None,
    chain_length: ChainLength = None,
    density: Density = None,
    eps_nn: EpsNN = None,
    eps_pn: EpsPN = None,
    model: Model = None,
    depth: Depth = 1.0,
    confidence: Confidence = 0.9,
    plot: Annotated[Path | None, typer.Option(help="Write a plot (.png, .pdf, .svg).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Say whether NPs aggregate in contact, are bridged by polymer or dispersed, and how sure that is."""
    from nanonet.composition import FIELDS
    from nanonet.formats.curve_csv import is_table
    from nanonet.phase import Criteria

    if plot is not None:
        from nanonet.serve.plot import check_plot_path

        check_plot_path(plot)
    five = dict(zip(FIELDS, (diameter, chain_length, density, eps_nn, eps_pn), strict=True))
    criteria = Criteria(depth=depth, confidence=confidence)
    if source is None:
        found = [_predicted(five, model, criteria)]
    elif is_table(source):
        found = [_of_csv(Path(source), diameter, density, criteria)]
    else:
        given = [name for name, value in (*five.items(), ("model", model)) if value is not None]
        if given:
            raise InputError(f"{given[0]} is not for datasets; their entries know their compositions")
        found = judge_dataset(_dataset(source), entry, criteria)
    if plot is not None:
        from nanonet.serve.phase_plot import draw_judged

        draw_judged(plot, [(one.title, one.rdf, one.diameter, one.verdict) for one in found], criteria)
    if as_json:
        content = [{"title": one.title, **_plain(one.verdict)} for one in found]
        print(json.dumps(content[0] if len(content) == 1 else content, allow_nan=False))
        return
    if len(found) > 1:
        print(f"{'state':<19} contact, bridging, dispersion (%)")
    for one in found:
        print(_line(one) if len(found) > 1 else "\n".join(_report(one)))
    if plot is not None:
        print(f"written      {plot}")


def phase_map(
    x: Annotated[str, typer.Option(help="Input along the abscissa.")],
    y: Annotated[str, typer.Option(help="Input along the ordinate.")],
    diameter: Diameter = None,
    chain_length: ChainLength = None,
    density: Density = None,
    eps_nn: EpsNN = None,
    eps_pn: EpsPN = None,
    x_range: Annotated[tuple[float, float] | None, typer.Option(help="Default: the simulated range.")] = None,
    y_range: Annotated[tuple[float, float] | None, typer.Option(help="Default: the simulated range.")] = None,
    steps: Annotated[int, typer.Option(help="Points along each input.")] = 40,
    model: Model = None,
    dataset: Annotated[Path | None, typer.Option(help="Simulations to mark (.nc); default: the shipped.")] = None,
    depth: Depth = 1.0,
    confidence: Confidence = 0.9,
    plot: Annotated[Path | None, typer.Option(help="Write a plot (.png, .pdf, .svg).")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the probabilities.")] = None,
) -> None:
    """Map the states over two of the five inputs, the other three held, with probabilities."""
    from nanonet.composition import FIELDS
    from nanonet.dataset import Dataset
    from nanonet.formats.atomic import check_parent
    from nanonet.phase import STATES, UNCERTAIN, Criteria, decide
    from nanonet.predict.model import load
    from nanonet.serve.phase_map import compute_map, near_plane, write_map

    if csv is not None:
        check_parent(csv)
    if plot is not None:
        from nanonet.serve.plot import check_plot_path

        check_plot_path(plot)
    five = dict(zip(FIELDS, (diameter, chain_length, density, eps_nn, eps_pn), strict=True))
    criteria = Criteria(depth=depth, confidence=confidence)
    names = (x.replace("-", "_"), y.replace("-", "_"))
    with progress_bar("mapping") as progress:
        found = compute_map(load(model), names, five, (x_range, y_range), steps, criteria, progress)
    if csv is not None:
        write_map(csv, found, criteria)
    if plot is not None:
        known = Dataset.shipped() if dataset is None else Dataset.load(dataset)
        marks = near_plane(found, [one.verdict.state for one in judge_dataset(known, None, criteria)], known)
        from nanonet.serve.phase_plot import draw_map

        draw_map(plot, found, marks, criteria)
    verdicts = [decide(shares, criteria) for shares in found.shares.reshape(-1, len(STATES))]
    print(f"map          {found.title}, {len(found.x)} x {len(found.y)} points")
    for state in (*STATES, UNCERTAIN):
        print(f"{100 * verdicts.count(state) / len(verdicts):9.1f} %  {state}")
    print(f"{100 * found.outside.mean():9.1f} %  outside the model's data")
    print(f"probability  {found.basis}")
    for path in (plot, csv):
        if path is not None:
            print(f"written      {path}")


def judge_dataset(data: Dataset, entry: int | None, criteria: Criteria) -> list[Judged]:
    """Verdicts on the entries of a dataset, or on one, with what their provenance adds to the caveats."""
    from nanonet.phase import judge

    if entry is not None and not 0 <= entry < len(data):
        raise InputError(f"entry = {entry} is not between 0 and {len(data) - 1}")
    found = []
    for i in range(len(data)) if entry is None else [entry]:
        c, rdf, provenance = data.compositions[i], data.rdfs[i], data.provenance[i]
        spread = float(provenance.get("discrepancy", 0.0))
        verdict = judge(rdf, c.diameter, c.density, criteria, common=spread, nps=provenance.get("nps"))
        more = []
        if spread and rdf.error is not None:
            more.append(f"the spread of implicit against explicit runs, {spread:.2g} in ln g, is not in probabilities")
        convergence = provenance.get("convergence") or {}
        if convergence.get("converged") is False:
            more.append(f"the runs are not converged: {convergence.get('reason', 'no reason is given')}")
        verdict = dataclasses.replace(verdict, caveats=(*verdict.caveats, *more))
        found.append(Judged(f"{i} {c}", rdf, c.diameter, verdict))
    return found


def _of_csv(path: Path, diameter: float | None, density: float | None, criteria: Criteria) -> Judged:
    from nanonet.formats.curve_csv import read_rdf
    from nanonet.phase import judge

    rdf, size, dense = read_rdf(path)
    size = diameter if diameter is not None else size
    if size is None:
        raise InputError(f"diameter is missing: RDF {path} does not name D, so it must be given")
    dense = density if density is not None else dense
    return Judged(path.name, rdf, size, judge(rdf, size, dense, criteria))


def _predicted(five: dict[str, float | None], model: str | None, criteria: Criteria) -> Judged:
    from nanonet.composition import Composition
    from nanonet.predict.model import OutsideDataWarning, load

    missing = [name for name, value in five.items() if value is None]
    if missing:
        raise InputError(f"{missing[0]} is missing; give a file, or all of {', '.join(five)}")
    c = Composition(**five)  # type: ignore[arg-type]  # a whole float becomes an int in Composition
    predictor: Any = load(model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OutsideDataWarning)  # a caveat below
        rdf = predictor.predict(c)
    verdict = verdict_of(predictor, c, rdf, criteria)
    caveats = (*verdict.caveats, *predictor.basis(c).warnings)
    return Judged(f"predicted for {c}", rdf, c.diameter, dataclasses.replace(verdict, caveats=caveats))


def verdict_of(predictor: Any, composition: Composition, rdf: RDF, criteria: Criteria) -> Verdict:
    """The state of a predicted RDF, from curves that the model draws where it can."""
    import numpy as np

    from nanonet.composition import to_array
    from nanonet.phase import judge, judge_curves

    if not hasattr(predictor, "sample_curves"):
        return judge(rdf, composition.diameter, composition.density, criteria, nps=composition.nps)
    curves = np.asarray(predictor.sample_curves(to_array([composition]), 1000, 0))[:, 0]
    c = composition
    return judge_curves(predictor.r, curves, c.diameter, c.density, criteria, c.nps)


def _dataset(source: str) -> Dataset:
    from nanonet.dataset import SHIPPED, Dataset

    return Dataset.shipped(source) if source in SHIPPED else Dataset.load(source)


def _line(one: Judged) -> str:
    shares = " ".join(f"{100 * p:5.1f}" for p in one.verdict.probabilities.values())
    return f"{one.verdict.state:<19} {shares}  {one.title}"


def _report(one: Judged) -> list[str]:
    """What is printed of a verdict."""
    from nanonet.phase import UNCERTAIN

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


def _plain(verdict: Verdict) -> dict[str, Any]:
    """A verdict as JSON has it: numbers that are infinite or not known become null."""

    def place(one: Place | None) -> dict[str, Any] | None:
        return None if one is None else {"gap": one.gap, "w": estimate(one.w)}

    def estimate(one: Estimate | None) -> dict[str, float | None] | None:
        return None if one is None else {n: v if math.isfinite(v) else None for n, v in one._asdict().items()}

    return {
        "state": verdict.state, "most_probable": verdict.most_probable,
        "probabilities": dict(verdict.probabilities), "layers": verdict.layers,
        "contact": place(verdict.contact), "barrier": place(verdict.barrier), "bridge": place(verdict.bridge),
        "closest": verdict.closest, "crowding": verdict.crowding,
        "excess_contact": estimate(verdict.excess_contact), "excess_layers": estimate(verdict.excess_layers),
        "caveats": list(verdict.caveats),
    }  # fmt: skip
