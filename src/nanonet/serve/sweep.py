"""The command `nanonet sweep`: predictions over a grid of inputs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nanonet.errors import InputError
from nanonet.serve.options import Given, Inputs, Model, any_input, name_and_value, progress_bar
from nanonet.serve.predict import named_inputs, values_of
from nanonet.serve.terminal import print

if TYPE_CHECKING:
    from nanonet.models.base import Array
    from nanonet.space import InputSpace

FORM = "NAME=LOW:HIGH:COUNT or NAME=VALUE,VALUE,..."


@any_input
def sweep(
    inputs: Inputs,
    vary: Annotated[
        list[str],
        typer.Option(help="An input and its values, as LOW:HIGH:COUNT or VALUE,VALUE,...", metavar="NAME=VALUES"),
    ],
    out: Annotated[Path, typer.Option(help="File to write (.nc; a row a point: .csv, .parquet).")],
    model: Model = None,
    given: Given = None,
    plot: Annotated[Path | None, typer.Option(help="Write a plot (.png, .pdf, .svg), of one or two inputs.")] = None,
) -> None:
    """Predict over one or more inputs, the others held: curves with bands, peaks and neighbours with intervals."""
    from nanonet.formats.prediction_tables import check_table_path
    from nanonet.predict import sweep as sweeps
    from nanonet.predict.predictor import load

    held, named = values_of(inputs, given), named_inputs(inputs, None)
    check_table_path(out)
    if plot is not None:
        from nanonet.plots.sweep import check_sweep_plot

        check_sweep_plot(plot, len(vary))
    predictor = load(model)
    axes: dict[str, Array] = {}
    for text in vary:
        name, values = name_and_value("vary", text)
        if name in axes:
            raise InputError(f"{name} is varied twice")
        axes[name] = values_along(predictor.space, name, values)
    held = {name: value for name, value in held.items() if name in (*predictor.space.names, *named)}
    with progress_bar("predicting") as progress:
        found = sweeps.sweep(predictor, axes, held, progress)
    found.write(out)
    if plot is not None:
        from nanonet.plots.sweep import plot_sweep

        plot_sweep(plot, found)
    outside = int(found.columns["outside"].sum())
    sizes = " x ".join(f"{len(x)} of {name}" for name, x in axes.items())
    print(f"predicted  {sizes}: {len(found.columns['outside']):,} curves")
    if outside:
        print(f"warning    {outside:,} points lie outside of the model's data (outside = 1)")
    for path in (out, plot):
        if path is not None:
            print(f"written    {path}")


def values_along(space: InputSpace, name: str, text: str) -> Array:
    """Values of an input that a text names, rising: evenly spaced (in the logarithm, where so declared), or as listed.

    `InputError` for another form, a value that is not allowed, or one that stands twice. Of whole inputs, evenly spaced
    values are rounded.
    """
    import numpy as np

    from nanonet.predict.sweep import MOST

    one = space[name]
    try:
        if ":" in text:
            first, last, number = text.split(":")
            low, high, count = one.check(float(first)), one.check(float(last)), int(number)
            if not (low < high and 2 <= count <= MOST):
                raise InputError(f"vary {name} = {text}: allowed are rising ends and 2 to {MOST:,} values")
            values = np.geomspace(low, high, count) if one.log else np.linspace(low, high, count)
            values[[0, -1]] = low, high
            return np.unique(values.round()) if one.whole else values
        listed = np.array(sorted(one.check(float(value)) for value in text.split(",")))
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"vary {name} = {text!r} is not {FORM}") from None
    if (np.diff(listed) == 0).any():
        raise InputError(f"vary {name} = {text}: a value stands twice")
    return listed
