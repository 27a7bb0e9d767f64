"""The commands of the predictors: `nanonet predict`, `nanonet train`; and how an RDF is shown and written."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from nanonet.composition import NANOCOMPOSITE
from nanonet.errors import InputError
from nanonet.grafted import GRAFTED, GraftedComposition
from nanonet.serve.options import (
    DatasetFile,
    Given,
    Inputs,
    Model,
    any_input,
    check_outputs,
    needs_extra,
    numbers_by_name,
    progress_bar,
    read_dataset,
)
from nanonet.serve.terminal import print

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nanonet.composition import Composition
    from nanonet.curve import Curve
    from nanonet.dataset import Dataset
    from nanonet.evaluate.cross_validation import Scores
    from nanonet.phases.state import PhaseClassification
    from nanonet.potentials.theory import Theory
    from nanonet.predict.applicability import Support
    from nanonet.predict.intervals import Interval
    from nanonet.predict.prediction import Prediction

KINDS = ("gp", "nanonet")


@any_input
def predict(
    inputs: Inputs,
    model: Model = None,
    given: Given = None,
    plot: Annotated[Path | None, typer.Option(help="Write a plot (.png, .pdf, .svg).")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write r, g, its error or the ends of its band.")] = None,
    show_values: Annotated[bool, typer.Option("--values", help="Print g(r) too.")] = False,
    table: Annotated[
        Path | None, typer.Option(help="Predict each row of a table of inputs (.csv, .nc, .parquet); needs --out.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Table of curves to write (.csv, .nc, .parquet).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Refuse what lies outside of the data.")] = False,
    theory: Annotated[
        bool, typer.Option("--theory", help="Draw the dilute limit and an integral equation beside it.")
    ] = False,
    simulate_implicit: Annotated[
        bool,
        typer.Option("--simulate-implicit", help="Run the implicit NPs it starts from, not emulate them (seconds)."),
    ] = False,
) -> None:
    """Predict the curve of a composition (or of other inputs, by --set), what is read off it, and what it rests on."""
    values = values_of(inputs, given)
    if table is not None or out is not None:
        alone = {"plot": plot, "csv": csv, "values": show_values, "json": as_json, "theory": theory}
        alone["simulate-implicit"] = simulate_implicit
        _predict_table(table, out, model, strict, [*named_inputs(inputs, given), *(k for k, x in alone.items() if x)])
        return
    if not given:
        composition_of(values)  # refused before the model is loaded
    if theory and plot is None:
        raise InputError("--theory draws lines in the plot; needed is --plot FILE")
    check_outputs(csv, plot)
    from nanonet.formats.curve_csv import write_curve
    from nanonet.predict.predictor import load

    predictor = load(model)
    if simulate_implicit:
        predictor = predictor.about_run(predictor.point(values))
    found = predictor.predict_all(values, strict=strict)
    support, point = found.support, found.point
    if theory and isinstance(point, GraftedComposition) and point.n_grafts:
        raise InputError("--theory knows NPs without grafts; allowed is n_grafts = 0")
    if csv is not None:
        pairs = zip(point.space.names, point.values, strict=True)
        known = {name: value for name, value in pairs if name in ("diameter", "density")}
        comment = f"predicted for {point}; {support}"
        write_curve(csv, found.curve, comment, known.get("diameter"), known.get("density"))
    if plot is not None:
        from nanonet.plots.rdf import plot_prediction

        note = "\n".join([str(support), *(f"warning: {text}" for text in support.warnings)])
        beside: tuple[Theory, ...] = ()
        if theory:
            from nanonet.formats.potential_table import shipped
            from nanonet.potentials.theory import lines

            beside = lines(shipped(), found.composition)
        plot_prediction(plot, found.curve, point, note, beside)
    if as_json:
        print(json.dumps(found.to_json(), allow_nan=False))
        return
    print_prediction(found)
    for name, path in (("plot", plot), ("table", csv)):
        if path is not None:
            print(f"{name:<13}{path}")
    if show_values:
        print_table(found.curve)


def _predict_table(table: Path | None, out: Path | None, model: str | None, strict: bool, others: list[str]) -> None:
    if table is None or out is None:
        raise InputError(f"--{'out' if table is None else 'table'} needs --{'table' if table is None else 'out'} FILE")
    if others:
        raise InputError(
            f"{others[0]} is given beside --table, whose columns are the inputs and whose curves go to --out"
        )
    from nanonet.predict.many import predict_table
    from nanonet.predict.predictor import load

    with progress_bar("predicting") as progress:
        found = predict_table(load(model), table, out, strict, progress)
    print(f"predicted  {found.rows:,} rows")
    if found.outside:
        print(f"warning    {found.outside:,} rows lie outside of the model's data (column outside)")
    if found.unused:
        print(f"note       columns that are no inputs: {', '.join(found.unused)}")
    print(f"written    {out}")


def train(
    dataset: DatasetFile,
    out: Annotated[Path, typer.Option(help="Model folder to write.")],
    kind: Annotated[str, typer.Option(help="gp (Gaussian process) or nanonet (the paper's).")] = "gp",
    epochs: Annotated[int, typer.Option(help="Passes over the curves at most (nanonet).")] = 400,
    seed: Annotated[int, typer.Option(help="Of weights, order and forest (nanonet).")] = 0,
    paper: Annotated[bool, typer.Option("--paper", help="nanonet with the published settings.")] = False,
) -> None:
    """Train a predictor on a dataset and write a model folder, with scores on curves left out in its card."""
    from nanonet.formats.atomic import check_replaceable
    from nanonet.formats.model_folder import CARD

    if kind not in KINDS:
        raise InputError(f"kind = {kind!r} is not one of {', '.join(KINDS)}")
    data = read_dataset(dataset)
    check_replaceable(out, CARD)
    if paper and kind != "nanonet":
        raise InputError(f"--paper is for --kind nanonet, not {kind}")
    if kind == "gp":
        _train_gaussian(data, out)
    else:
        _train_network(data, out, epochs, seed, paper)


def evaluate(
    dataset: DatasetFile,
    kind: Annotated[str, typer.Option(help="gp (Gaussian process) or nanonet (the paper's).")] = "gp",
    epochs: Annotated[int, typer.Option(help="Passes over the curves at most (nanonet).")] = 400,
    seed: Annotated[int, typer.Option(help="Of the folds, and of the network.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Say how well a predictor does on curves of a dataset that it has not seen, beside trivial ones."""
    if kind not in KINDS:
        raise InputError(f"kind = {kind!r} is not one of {', '.join(KINDS)}")
    data = read_dataset(dataset)
    with needs_extra("learn"):
        from nanonet.learn import evaluate as evaluation
    with progress_bar("evaluating") as progress, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of small training sets: that is what is measured
        found = evaluation.evaluate(data, kind, epochs, seed, progress)
    if as_json:
        print(json.dumps(found.to_json(), allow_nan=False))
        return
    name = data.quantity.name
    print(f"data       {len(data)} {_points(data)}, in {found.folds} folds; copies are left out together")
    print(f"error      {_rmse(found.model, data)}")
    others = ", ".join(f"{one} {error:.2f}" for one, error in found.baselines.items())
    print(f"           of trivial models: {others}")
    if "coverage" in found.model:
        share, error = 100 * found.model["coverage"], 100 * found.model["coverage_error"]
        print(f"bands      90 % bands hold {share:.0f} ± {error:.0f} % of {name}")
    print("learning   " + ", ".join(f"{error:.2f} from {size}" for size, error in found.learning_curve) + " curves")


def _train_gaussian(data: Dataset, out: Path) -> None:
    from nanonet.curve import G_R

    with needs_extra("learn"):
        from nanonet.learn.train import numbers_known, train_gaussian_process
    with progress_bar("training") as progress:
        model, tested = train_gaussian_process(data, out, progress)
    print(
        f"trained    on {len(data)} {_points(data)}; left out: {_rmse(tested, data)}, 90 % bands hold "
        f"{100 * tested['coverage']:.0f} ± {100 * tested['coverage_error']:.0f} % of {data.quantity.name}"
    )
    if data.space == NANOCOMPOSITE and data.quantity == G_R and not numbers_known(data):
        print(
            "note       entries lack the number of NPs, or have another than the standard rule's: the model starts from"
        )
        print("           the dilute limit, not from implicit NPs")
    if not model.noise_known_:
        print("note       the curves have no error bars: their noise is estimated")
    print(f"written    {out}")


def _train_network(data: Dataset, out: Path, epochs: int, seed: int, paper: bool) -> None:
    with needs_extra("learn"):
        from nanonet.learn.nanonet import NanoNet
        from nanonet.learn.train import fit_network, score_network
    network = (NanoNet.paper if paper else NanoNet)(epochs=epochs, seed=seed, quantity=data.quantity)
    with progress_bar("training") as progress:
        warned = fit_network(network, data, progress)
    for text in warned:
        print(f"warning    {text}")
    print("scoring    on curves left out, 5 times the training")
    tested = score_network(network, data, out)
    history = network.history_
    left_out = "" if tested is None else f"; left out: {_rmse(tested, data)}"
    print(
        f"trained    on {len(data)} runs, {len(history.losses)} epochs: image MSE {history.mse:.5f} (mean image "
        f"{history.mse_mean:.5f}, black image {history.mse_black:.5f}){left_out}\nwritten    {out}"
    )


def _rmse(tested: Scores, data: Dataset) -> str:
    name = data.quantity.name
    return (
        f"RMSE of ln {name} {tested['ln_rmse']:.2f}" if "ln_rmse" in tested else f"RMSE of {name} {tested['rmse']:.2f}"
    )


def _points(data: Dataset) -> str:
    from nanonet.composition import NANOCOMPOSITE

    return "compositions" if data.space == NANOCOMPOSITE else "points"


def named_inputs(inputs: Inputs, given: list[str] | None) -> list[str]:
    """Names of the inputs that were given."""
    defaults = {one.name: one.default for one in NANOCOMPOSITE.inputs}
    return [name for name, value in inputs.items() if value != defaults[name]] + (["set"] if given else [])


def values_of(inputs: Inputs, given: list[str] | None) -> dict[str, float]:
    """Values of the options and of `NAME=VALUE` texts; `InputError` for a text that is none, or a name twice."""
    values = {name: value for name, value in inputs.items() if value is not None}
    defaults = {one.name: one.default for one in NANOCOMPOSITE.inputs}
    if given:
        values = {name: value for name, value in values.items() if value != defaults[name]}
    named = numbers_by_name("set", given)
    for name in named:
        if name in values:
            raise InputError(f"{name} is given twice")
    return values | named


def composition_of(inputs: Mapping[str, float | None]) -> Composition:
    """The composition that the options name; `InputError` where one is missing or out of its limits."""
    space = GRAFTED if GRAFTED.names[-1] in inputs else NANOCOMPOSITE
    point = space.point({name: x for name, x in inputs.items() if x is not None})
    return point.core if isinstance(point, GraftedComposition) and not point.n_grafts else cast("Composition", point)


def print_prediction(found: Prediction) -> None:
    """State, peaks and neighbours with their intervals, what it rests on: a line each."""
    from nanonet.composition import Composition
    from nanonet.rdf import RDF

    if not (isinstance(found.point, Composition) and isinstance(found.curve, RDF)):
        _print_curve(found)
        return
    c, rdf, support, state = found.composition, found.rdf, found.support, found.state
    edge = (c.nps / c.density) ** (1 / 3)
    print(f"composition  {c}; g for {c.nps} NPs in a box of edge {edge:.1f} sigma")
    print(f"state        {f'not known: {found.state_unknown}' if state is None else _state(state)}")
    for name, peak, probability, height, position in found.peaks:
        if peak is None:
            text = "none" if probability is None else _unresolved(probability, height, position)
        else:
            text = f"g = {peak.height:.3g}{_ends(height)} at r = {peak.position:.2f}{_ends(position)} sigma"
            text += "" if probability is None else f", probability {sure(probability)}"
        print(f"{name + ' peak':<13}{text}")
    radius, number, interval = found.neighbours
    print(f"neighbours   {number:.3g}{_ends(interval)} other NPs within r = {radius:g} sigma of an NP")
    _print_support(rdf, support)


def _print_curve(found: Prediction) -> None:
    """A curve of other inputs or of another quantity: where it is largest, and what it rests on."""
    curve, q = found.curve, found.curve.quantity
    k = int(curve.y.argmax())
    ends = "" if curve.low is None or curve.high is None else f" (90 %: {curve.low[k]:.3g} to {curve.high[k]:.3g})"
    units = [text if text != "1" else "" for text in (q.unit, q.x_unit)]
    print(f"{'inputs':<13}{found.point}\n{'curve':<13}{q.long_name}: {len(curve.x)} values of {q.x}")
    largest = f"{q.name} = {curve.y[k]:.3g}{ends} {units[0]}".rstrip()
    print(f"{'largest':<13}{largest} at {q.x} = {curve.x[k]:.4g} {units[1]}")
    _print_support(curve, found.support)


def _print_support(curve: Curve, support: Support) -> None:
    if curve.error is None and curve.low is None:
        print("error bars   not known")
    print(f"rests on     {support.line}")
    if support.warnings:
        print(f"warning      {'; '.join(support.warnings)}")


def _state(verdict: PhaseClassification) -> str:
    from nanonet.phases.state import UNCERTAIN

    shares = verdict.probabilities
    if any("no error bars" in caveat for caveat in verdict.caveats):
        return f"{verdict.state} (no probability: the model has no error bars)"
    if verdict.state == UNCERTAIN:
        ranked = sorted(shares.items(), key=lambda one: -one[1])
        return "uncertain: " + ", ".join(f"{name} {sure(p)}" for name, p in ranked)
    others = ", ".join(f"{name} {sure(p)}" for name, p in shares.items() if name != verdict.state)
    return f"{verdict.state}, probability {sure(shares[verdict.state])} ({others})"


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


def print_table(curve: Curve) -> None:
    """The curve in columns."""
    q, banded = curve.quantity, curve.low is not None and curve.high is not None
    columns = 4 if banded else 5
    rows = -(-len(curve.x) // columns)
    print(f"\n{q.name}({q.x})" + (", 90 % band in brackets" if banded else "") + "\n")
    head = q.x if q.x_unit == "1" else f"{q.x}/{q.x_unit}"
    print("   ".join([f"{head:>7} {q.name:>{28 if banded else 9}}"] * columns))
    for row in range(rows):
        print("   ".join(_cell(curve, i) for i in range(row, len(curve.x), rows)))


def _cell(curve: Curve, i: int) -> str:
    text = f"{curve.x[i]:7.4g} {curve.y[i]:9.4g}"
    return text if curve.low is None or curve.high is None else f"{text} ({curve.low[i]:7.3g} {curve.high[i]:7.3g})"
