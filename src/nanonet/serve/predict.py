"""The commands of the predictors: `nanonet predict`, `nanonet train`; and how an RDF is shown and written."""

from __future__ import annotations

import dataclasses
import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nanonet.errors import InputError, NanonetWarning
from nanonet.serve.options import needs_extra, progress_bar
from nanonet.serve.terminal import print

if TYPE_CHECKING:
    from nanonet.composition import Composition
    from nanonet.dataset import Dataset
    from nanonet.phase import Verdict
    from nanonet.predict.model import Basis, Interval, Intervals, Predictor
    from nanonet.rdf import RDF, Peak

Diameter = Annotated[float, typer.Option(help="NP diameter D (sigma).")]
ChainLength = Annotated[float, typer.Option(help="Beads a chain N.")]
Density = Annotated[float, typer.Option(help="NPs a volume rho (sigma^-3).")]
EpsNN = Annotated[float, typer.Option(help="NP-NP attraction (epsilon).")]
EpsPN = Annotated[float, typer.Option(help="Polymer-NP attraction (epsilon).")]

KINDS = ("gp", "nanonet")


def predict(
    diameter: Diameter,
    chain_length: ChainLength,
    density: Density,
    eps_nn: EpsNN,
    eps_pn: EpsPN,
    model: Annotated[str | None, typer.Option(help="Shipped model (gp, nanonet) or model folder; default: gp.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Write a plot (.png, .pdf, .svg).")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write r, g, its error or the ends of its band.")] = None,
    table: Annotated[bool, typer.Option("--table", help="Print g(r) too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Refuse a composition outside of the data.")] = False,
) -> None:
    """Predict g(r) of a composition, the state of its NPs, peaks and neighbours, and say what that rests on."""
    chosen = composition_of(diameter, chain_length, density, eps_nn, eps_pn)
    from nanonet.formats.atomic import check_parent

    if csv is not None:
        check_parent(csv)
    if plot is not None:
        from nanonet.serve.plot import check_plot_path

        check_plot_path(plot)
    from nanonet.formats.curve_csv import write_rdf
    from nanonet.predict.model import OutsideDataWarning, load

    predictor = load(model)
    basis = predictor.basis(chosen)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OutsideDataWarning)  # shown below, in our own words
        rdf = predictor.predict(chosen, strict=strict)
    intervals = predictor.intervals(chosen)
    verdict = _verdict(predictor, chosen, rdf)
    if csv is not None:
        write_rdf(csv, rdf, f"predicted for {chosen}; {basis}", chosen.diameter, chosen.density)
    if plot is not None:
        from nanonet.serve.plot import plot_rdf

        note = "\n".join([str(basis), *(f"warning: {text}" for text in basis.warnings)])
        plot_rdf(plot, rdf, chosen, note)
    if as_json:
        content = {
            "composition": dataclasses.asdict(chosen),
            "nps": chosen.nps,
            "volume": chosen.nps / chosen.density,
            "r": rdf.r.tolist(),
            "g": rdf.g.tolist(),
            "error": None if rdf.error is None else rdf.error.tolist(),
            "low": None if rdf.low is None else rdf.low.tolist(),
            "high": None if rdf.high is None else rdf.high.tolist(),
            "state": None if isinstance(verdict, str) else {"state": verdict.state, **verdict.probabilities},
            **{f"{name}_peak": peak and peak._asdict() for name, peak, *_ in _peaks(rdf, intervals)},
            "intervals": None if intervals is None else dataclasses.asdict(intervals),
            "basis": {**dataclasses.asdict(basis), "nearest": dataclasses.asdict(basis.nearest),
                      "distance": basis.distance},
        }  # fmt: skip
        print(json.dumps(content, allow_nan=False))
        return
    print_prediction(rdf, chosen, verdict, intervals, basis)
    for name, path in (("plot", plot), ("table", csv)):
        if path is not None:
            print(f"{name:<13}{path}")
    if table:
        print_table(rdf)


def _verdict(predictor: Predictor, composition: Composition, rdf: RDF) -> Verdict | str:
    """The state of the NPs, or why it is not known."""
    from nanonet.phase import Criteria
    from nanonet.serve.phase import verdict_of

    try:
        return verdict_of(predictor, composition, rdf, Criteria())
    except InputError as error:  # g(r) is too short for NPs of this size
        return f"not known: {error}"


def train(
    dataset: Annotated[Path, typer.Argument(help="Dataset file (.nc).")],
    out: Annotated[Path, typer.Option(help="Model folder to write.")],
    kind: Annotated[str, typer.Option(help="gp (Gaussian process) or nanonet (the paper's).")] = "gp",
    epochs: Annotated[int, typer.Option(help="Passes over the curves at most (nanonet).")] = 400,
    seed: Annotated[int, typer.Option(help="Of weights, order and forest (nanonet).")] = 0,
    paper: Annotated[bool, typer.Option("--paper", help="nanonet with the published settings.")] = False,
) -> None:
    """Train a predictor on a dataset and write a model folder, with scores on curves left out in its card."""
    from nanonet.dataset import Dataset
    from nanonet.formats.atomic import check_replaceable

    if kind not in KINDS:
        raise InputError(f"kind = {kind!r} is not one of {', '.join(KINDS)}")
    data = Dataset.load(dataset)
    check_replaceable(out, "model.json")
    if paper and kind != "nanonet":
        raise InputError(f"--paper is for --kind nanonet, not {kind}")
    if kind == "gp":
        _train_gaussian(data, out)
    else:
        _train_network(data, out, epochs, seed, paper)


def _train_gaussian(data: Dataset, out: Path) -> None:
    from nanonet.dilute import PolymerTable

    with needs_extra("learn"):
        from nanonet.learn.gaussian import GaussianProcess
        from nanonet.learn.model import card_of
        from nanonet.learn.validation import held_out, scores
    prior = PolymerTable.shipped()
    with progress_bar("training") as progress:
        model = GaussianProcess(prior).fit(data.X, data.G, data.r, data.errors)
        found = held_out(lambda: GaussianProcess(prior), data.X, data.G, data.r, data.errors, progress)
    tested = scores(data.G, *found)
    model.export(out, card_of(data) | {"cross_validation": tested, "range": _range(data)})
    print(
        f"trained    on {len(data)} compositions; left out: RMSE of ln g {tested['ln_rmse']:.2f}, 90 % bands hold "
        f"{100 * tested['coverage']:.0f} ± {100 * tested['coverage_error']:.0f} % of g"
    )
    if not model.noise_known:
        print("note       the curves have no error bars: their noise is estimated")
    print(f"written    {out}")


def _train_network(data: Dataset, out: Path, epochs: int, seed: int, paper: bool) -> None:
    with needs_extra("learn"):
        from nanonet.learn.model import NanoNet, card_of
        from nanonet.learn.validation import folded

    def make(**settings: Any) -> NanoNet:
        return (NanoNet.paper if paper else NanoNet)(epochs=epochs, seed=seed, **settings)

    network = make()
    with warnings.catch_warnings(record=True) as caught, progress_bar("training") as progress:
        warnings.simplefilter("always", UserWarning)
        network.fit(data.X, data.G, data.r, progress=progress)
    ours = [warning for warning in caught if issubclass(warning.category, NanonetWarning)]
    for text in dict.fromkeys(str(warning.message) for warning in ours):
        print(f"warning    {text}")
    print("scoring    on curves left out, 5 times the training")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # fewer curves than latents: said above
        tested = folded(lambda: make(keep_stuck=True), data.X, data.G, data.r)
    network.export(out, card_of(data) | {"cross_validation": tested, "range": _range(data)})
    history = network.history
    left_out = "" if tested is None else f"; left out: RMSE of ln g {tested['ln_rmse']:.2f}"
    print(
        f"trained    on {len(data)} runs, {len(history.losses)} epochs: picture MSE {history.mse:.5f} (mean picture "
        f"{history.mse_mean:.5f}, black picture {history.mse_black:.5f}){left_out}\nwritten    {out}"
    )


def _range(data: Dataset) -> dict[str, list[float]]:
    """Least and largest simulated value of each input."""
    return {"low": data.X.min(axis=0).tolist(), "high": data.X.max(axis=0).tolist()}


def composition_of(diameter: float, chain_length: float, density: float, eps_nn: float, eps_pn: float) -> Composition:
    """The composition that the options name; `InputError` for one out of its limits."""
    from nanonet.composition import Composition

    return Composition(diameter, chain_length, density, eps_nn, eps_pn)  # type: ignore[arg-type]


def print_prediction(
    rdf: RDF, composition: Composition, verdict: Verdict | str, intervals: Intervals | None, basis: Basis
) -> None:
    """State, peaks and neighbours with their intervals, what it rests on: a line each; `verdict` or why not."""
    edge = (composition.nps / composition.density) ** (1 / 3)
    print(f"composition  {composition}; g for {composition.nps} NPs in a box of edge {edge:.1f} sigma")
    print(f"state        {verdict if isinstance(verdict, str) else _state(verdict)}")
    for name, peak, probability, height, position in _peaks(rdf, intervals):
        if peak is None:
            text = "none" if probability is None else _unresolved(probability, height, position)
        else:
            text = f"g = {peak.height:.3g}{_ends(height)} at r = {peak.position:.2f}{_ends(position)} sigma"
            text += "" if probability is None else f", probability {sure(probability)}"
        print(f"{name + ' peak':<13}{text}")
    if intervals is None:
        radius, ends = min(1.5 * composition.diameter, float(rdf.r[-1])), ""
        number = rdf.coordination_number(radius, composition.density, composition.nps)
    else:
        radius, number, ends = intervals.radius, intervals.neighbours, _ends(intervals.coordination_number)
    print(f"neighbours   {number:.3g}{ends} other NPs within r = {radius:g} sigma of an NP")
    if rdf.error is None and rdf.low is None:
        print("error bars   not known")
    print(f"rests on     {basis.line}")
    if basis.warnings:
        print(f"warning      {'; '.join(basis.warnings)}")


def _state(verdict: Verdict) -> str:
    from nanonet.phase import UNCERTAIN

    shares = verdict.probabilities
    if any("no error bars" in caveat for caveat in verdict.caveats):
        return f"{verdict.state} (no probability: the model has no error bars)"
    if verdict.state == UNCERTAIN:
        ranked = sorted(shares.items(), key=lambda one: -one[1])
        return "uncertain: " + ", ".join(f"{name} {sure(p)}" for name, p in ranked)
    others = ", ".join(f"{name} {sure(p)}" for name, p in shares.items() if name != verdict.state)
    return f"{verdict.state}, probability {sure(shares[verdict.state])} ({others})"


def _peaks(
    rdf: RDF, intervals: Intervals | None
) -> tuple[tuple[str, Peak | None, float | None, Interval | None, Interval | None], ...]:
    """Name, peak of the predicted curve, and where known its probability and intervals of height and position."""
    if intervals is None:
        return ("first", rdf.first_peak, None, None, None), ("second", rdf.second_peak, None, None, None)
    i = intervals
    return (
        ("first", i.peak, i.peak_probability, i.peak_height, i.peak_position),
        ("second", i.second_peak, i.second_probability, i.second_height, i.second_position),
    )


def _unresolved(probability: float, height: Interval | None, position: Interval | None) -> str:
    """A peak that the median curve does not have, though curves within the band may."""
    if height is None or position is None:
        return f"none; probability of one {sure(probability)}"
    return (
        f"not resolved: the median curve has none; probability {sure(probability)} of one, "
        f"g = {height} at r = {position} sigma"
    )


def _ends(interval: Interval | None) -> str:
    return "" if interval is None else f" (90 %: {interval})"


def sure(probability: float) -> str:
    """A probability that was counted: never quite 0 or 1."""
    return "above 0.99" if probability > 0.99 else "below 0.01" if probability < 0.01 else f"{probability:.2f}"


def print_table(rdf: RDF) -> None:
    """g(r) in columns."""
    banded = rdf.low is not None and rdf.high is not None
    columns = 4 if banded else 5
    rows = -(-len(rdf.r) // columns)
    print("\ng(r)" + (", 90 % band in brackets" if banded else "") + "\n")
    print("   ".join([f"{'r/sigma':>7} {'g':>{28 if banded else 9}}"] * columns))
    for row in range(rows):
        print("   ".join(_cell(rdf, i) for i in range(row, len(rdf.r), rows)))


def _cell(rdf: RDF, i: int) -> str:
    text = f"{rdf.r[i]:7.2f} {rdf.g[i]:9.4g}"
    return text if rdf.low is None or rdf.high is None else f"{text} ({rdf.low[i]:7.3g} {rdf.high[i]:7.3g})"
