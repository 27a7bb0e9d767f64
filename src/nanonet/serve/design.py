"""The commands `nanonet design` (what to make) and `nanonet sensitivity` (which inputs matter)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nanonet.serve.options import check_outputs, needs_extra, numbers_by_name, progress_bar, ranges_by_name
from nanonet.serve.predict import sure
from nanonet.serve.terminal import print

if TYPE_CHECKING:
    from nanonet.design.inverse import Answer, Design

Model = Annotated[str | None, typer.Option(help="Shipped model or model folder with bands; default: gp.")]
Targets = Annotated[
    list[str] | None,
    typer.Option(
        "--target",
        metavar="NAME=VALUE",
        help="state=dispersion (or bridging, contact), peak_position, peak_height, neighbours, well_depth, small_q, "
        "curve=FILE, or g@X, the value at r = X; a VALUE is LOW:HIGH, X+-TOLERANCE, X or lowest. "
        "Again for more: all are met at once.",
    ),
]
Fix = Annotated[list[str] | None, typer.Option("--fix", metavar="NAME=VALUE", help="Hold an input.")]
Bounds = Annotated[
    list[str] | None, typer.Option(metavar="NAME=LOW:HIGH", help="Limits of an input; default: the model's data.")
]


def design(
    targets: Targets = None,
    fixed: Fix = None,
    bounds: Bounds = None,
    cost: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=WEIGHT", help="Probability that an input's range is worth, from low to high."),
    ] = None,
    tolerance: Annotated[
        list[str] | None, typer.Option(metavar="NAME=WIDTH", help="How far an input may be off: robust answers.")
    ] = None,
    radius: Annotated[float | None, typer.Option(help="Of neighbours (sigma); default: 1.5 D.")] = None,
    interpolate: Annotated[bool, typer.Option("--interpolate", help="A wanted curve may be on another grid.")] = False,
    count: Annotated[int, typer.Option(help="Answers at most.")] = 5,
    model: Model = None,
    seed: Annotated[int, typer.Option(help="Of the search.")] = 0,
    plot: Annotated[Path | None, typer.Option(help="Write a plot (.png, .pdf, .svg).")] = None,
    csv: Annotated[
        Path | None, typer.Option(help="Write the answers' inputs, as `campaign init --design` takes.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Find inputs that meet targets, ranked by the probability that they do."""
    held, limits = numbers_by_name("fix", fixed), ranges_by_name("bounds", bounds)
    costs, widths = numbers_by_name("cost", cost), numbers_by_name("tolerance", tolerance)
    check_outputs(csv, plot)
    with needs_extra("design"):
        import scipy.stats  # noqa: F401  # which searches need; half a second

        from nanonet.design.inverse import find
        from nanonet.design.targets import parse
    from nanonet.formats.tables import write_points
    from nanonet.predict.predictor import load

    loaded = load(model)
    wanted = parse(targets or (), loaded, radius, interpolate)
    with progress_bar("searching") as progress:
        found = find(
            loaded, wanted, fixed=held, bounds=limits, costs=costs, tolerances=widths, count=count, seed=seed,
            progress=progress,
        )  # fmt: skip
    if csv is not None:
        write_points(csv, [one.prediction.point for one in found.answers])
    if plot is not None:
        from nanonet.plots.design import plot_design

        plot_design(plot, found)
    if as_json:
        print(json.dumps(found.to_json(), allow_nan=False))
        return
    _print_design(found)
    for path in (plot, csv):
        if path is not None:
            print(f"written      {path}")


def sensitivity(
    of: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="peak_height, peak_position, neighbours, well_depth, small_q, a state, or g@X; default: first peak, "
            "neighbours and states.",
        ),
    ] = None,
    fixed: Fix = None,
    bounds: Bounds = None,
    points: Annotated[int, typer.Option(help="Of the sampling, a power of 2.")] = 512,
    model: Model = None,
    seed: Annotated[int, typer.Option(help="Of the sampling.")] = 0,
    plot: Annotated[Path | None, typer.Option(help="Write a plot (.png, .pdf, .svg).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Say which inputs matter for what is read off curves: Sobol indices, and the share that the model leaves open."""
    held, limits = numbers_by_name("fix", fixed), ranges_by_name("bounds", bounds)
    if plot is not None:
        from nanonet.plots.style import check_plot_path

        check_plot_path(plot)
    from nanonet.predict.predictor import load

    with needs_extra("design"):
        import scipy.stats  # noqa: F401

        from nanonet.design.sensitivity import sensitivities
    loaded = load(model)
    with progress_bar("sampling") as progress:
        found = sensitivities(
            loaded, of or (), fixed=held, bounds=limits, points=points, seed=seed, progress=progress
        )  # fmt: skip
    if plot is not None:
        from nanonet.plots.design import plot_sensitivities

        plot_sensitivities(plot, found)
    if as_json:
        print(json.dumps([one.to_json() for one in found], allow_nan=False))
        return
    for one in found:
        print(f"\n{one.text}: mean {one.mean:.3g}, standard deviation {one.deviation:.2g}")
        print(f"{100 * one.band:6.0f} %         left open by the model at given inputs; of the rest:")
        for share in one.shares:
            print(
                f"{100 * share.first:6.0f} ± {100 * share.first_error:<2.0f} %    {share.name} alone, "
                f"{100 * share.total:.0f} ± {100 * share.total_error:.0f} % with interactions"
            )
    if plot is not None:
        print(f"written      {plot}")


def _print_design(found: Design) -> None:
    for target in found.targets:
        print(f"wanted       {target}")
    held = ", ".join(f"{name} = {value:g}" for name, value in found.box.fixed.items())
    free = ", ".join(f"{name} {low:g} to {high:g}" for name, (low, high) in found.box.limits.items())
    print(f"searched     {found.scored} points, {free}" + (f"; {held}" if held else ""))
    for note in found.notes:
        print(f"note         {note}")
    for number, answer in enumerate(found.answers, 1):
        print("\n".join(_lines(number, answer)))


def _lines(number: int, answer: Answer) -> list[str]:
    from nanonet.phases.state import STATES

    p = answer.prediction
    bar = f" ± {answer.error:.2f}" if 0.01 <= answer.probability <= 0.99 else ""
    lines = [f"\n{number}            {p.point}", f"probability  {sure(answer.probability)}{bar}"]
    if answer.cost:
        lines[-1] += f"; cost {answer.cost:.2f}"
    for one in answer.reached:
        r = one.target.reading
        if r.name not in STATES or len(answer.reached) > 1:
            text = "" if one.interval is None else f"{r.in_units(one.median)} (90 %: {one.interval}), "
            text = f"{r.text}: {text}probability" if r.name not in STATES else r.text
            lines.append(f"             {text} {sure(one.probability)}")
    if p.state is not None:
        shares = ", ".join(f"{name} {sure(x)}" for name, x in p.state.probabilities.items())
        lines.append(f"state        {shares}")
    lines.append(f"rests on     {p.support.line}")
    if answer.outside:
        lines.append(f"warning      {'; '.join(p.support.warnings)}")
    return lines
