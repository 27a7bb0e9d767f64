"""The commands of dataset files: `nanonet dataset create`, `add`, `import`, `show`, `check`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nanonet.errors import InputError
from nanonet.serve.options import (
    CHOICE,
    DatasetFile,
    how_measured,
    measuring,
    name_and_value,
    needs_extra,
    progress_bar,
    read_dataset,
)
from nanonet.serve.terminal import print

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from nanonet.analyze.files import FileCurve
    from nanonet.curve import Quantity
    from nanonet.dataset import Dataset
    from nanonet.import_dataset import Imported
    from nanonet.space import InputSpace

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="Dataset files: your own results, and what is in them.",
)

Table = Annotated[
    Path,
    typer.Option(
        help="CSV with a row a result: a column for each input, and `curve`, the file of its curve or a trajectory."
    ),
]
Declared = Annotated[
    Path | None,
    typer.Option(help="TOML file that declares inputs (unit, low, high, log, whole) and the quantity; default: g(r)."),
]
Interpolate = Annotated[
    bool, typer.Option("--interpolate", help="Bring curves on different grids to the first one, points sorted.")
]

_HOW = (*CHOICE, "cross", "r_max", "bins", "interval", "lag_max")


@app.command()
@how_measured(*_HOW)
def create(
    how: dict[str, Any],
    out: Annotated[Path, typer.Argument(help="Dataset file to write (.nc).")],
    table: Table,
    inputs: Declared = None,
    interpolate: Interpolate = False,
) -> None:
    """Make a dataset of a table of results, each with the file of its curve, or a trajectory, which is measured."""
    _check_out(out)
    space, quantity = _declared(inputs)
    _write(out, _from_table(table, space, quantity, interpolate, how))


@app.command()
@how_measured(*_HOW)
def add(
    how: dict[str, Any],
    dataset: Annotated[Path, typer.Argument(help="Dataset file (.nc) that gets the results.")],
    table: Table,
    interpolate: Annotated[
        bool, typer.Option("--interpolate", help="Bring curves to the grid of the dataset.")
    ] = False,
) -> None:
    """Add results of a table to a dataset: the same inputs, the same quantity."""
    from nanonet.dataset import Dataset
    from nanonet.import_dataset import Imported, extended

    data = Dataset.load(dataset)
    _check_out(dataset)
    more, notes = _from_table(table, data.space, data.quantity, interpolate, how, data.x)
    print(f"added      {len(more)} to {len(data)} entries")
    _write(dataset, Imported(extended(data, more), notes))


@app.command("import")
def import_(
    source: Annotated[
        Path, typer.Argument(help="Arrays (.npz), or a CSV with a row a curve and its grid as headings.")
    ],
    out: Annotated[Path, typer.Option(help="Dataset file to write (.nc).")],
    inputs: Declared = None,
    array: Annotated[
        list[str] | None,
        typer.Option(help="ROLE=NAME: which array holds the inputs, curves, grid or errors.", metavar="ROLE=NAME"),
    ] = None,
) -> None:
    """Make a dataset of an archive of arrays, or of a wide table."""
    from nanonet.import_dataset import from_archive, from_wide_table

    _check_out(out)
    space, quantity = _declared(inputs)
    if source.suffix == ".csv":
        if array:
            raise InputError(f"array = {array[0]} is for .npz files, not {source}")
        _write(out, from_wide_table(source, space, quantity))
        return
    if source.suffix != ".npz":
        raise InputError(f"source {source} has suffix {source.suffix!r}; allowed are .npz, .csv")
    if space is None:
        raise InputError(f"the columns of the inputs in {source} have no names; needed is --inputs FILE.toml")
    names = dict(name_and_value("array", text) for text in array or ())
    _write(out, from_archive(source, space, quantity, names))


@app.command()
def show(
    dataset: DatasetFile,
    plot: Annotated[Path | None, typer.Option(help="Draw all curves (.png, .pdf, .svg).")] = None,
    by: Annotated[
        str | None, typer.Option(help="Input that colours the curves; default: the first that varies.")
    ] = None,
) -> None:
    """Print the entries of a dataset, a line each, and draw their curves."""
    if plot is not None:
        from nanonet.plots.style import check_plot_path

        check_plot_path(plot)
    elif by is not None:
        raise InputError(f"by = {by!r} colours the curves of a plot; needed is --plot FILE")
    data = read_dataset(dataset)
    q = data.quantity
    columns = ["#", *(one.symbol for one in data.space.inputs), f"largest {q.name}", f"at {q.x}", "error", "made by"]
    rows = [columns]
    for i, entry in enumerate(data):
        curve, k = entry.curve, int(entry.curve.y.argmax())
        error = "" if curve.error is None else f"{curve.error[k]:.2g}"
        values = [f"{x:.5g}" for x in entry.point.values]
        made = [str(entry.provenance[name]) for name in ("fidelity", "source") if entry.provenance.get(name)]
        if entry.provenance.convergence is not None:
            made.append("converged" if entry.provenance.convergence.converged else "not converged")
        rows.append([str(i), *values, f"{curve.y[k]:.4g}", f"{curve.x[k]:.4g}", error, "; ".join(made)])
    widths = [max(len(row[k]) for row in rows) for k in range(len(columns))]
    for row in rows:
        print("  ".join(f"{text:>{w}}" for text, w in zip(row[:-1], widths, strict=False)) + "  " + row[-1])
    print(f"\n{data}\n{q.long_name}: {len(data.x)} values of {q.x}, {data.x[0]:g} to {data.x[-1]:g} {_unit(q.x_unit)}")
    verdicts = [one.convergence.converged for one in data.provenance if one.convergence is not None]
    if verdicts:
        print(f"{sum(verdicts)} of {len(data)} converged, {sum(map(len, data.runs))} runs")
    if plot is not None:
        from matplotlib.figure import Figure

        from nanonet.plots.style import save

        figure = Figure(figsize=(6.4, 4.4), layout="constrained")
        data.plot(figure.subplots(), by)
        save(figure, plot)
        print(f"written    {plot}")


@app.command()
def check(path: DatasetFile) -> None:
    """Look for faults in a dataset file, and explain each; exit status 1 when there are any."""
    from nanonet.check_dataset import problems

    try:
        data = read_dataset(path)
        faults = problems(data)
    except InputError as error:
        faults = [str(error)]
    for fault in faults:
        print(fault)
    if faults:
        print(f"\n{len(faults)} fault(s) in {path}")
        raise typer.Exit(1)
    print(f"no faults in {path}: {data}")


def _check_out(out: Path) -> None:
    from nanonet.formats.atomic import check_parent

    if out.suffix != ".nc":
        raise InputError(f"out = {out} has suffix {out.suffix!r}; allowed is .nc")
    check_parent(out)


def _declared(path: Path | None) -> tuple[InputSpace | None, Quantity]:
    """Inputs, None where nothing declares them, and the quantity."""
    from nanonet.curve import G_R
    from nanonet.formats.declaration import read_declaration

    return (None, G_R) if path is None else read_declaration(path)


def _unit(unit: str) -> str:
    return "" if unit == "1" else unit


def _from_table(
    table: Path,
    space: InputSpace | None,
    quantity: Quantity,
    interpolate: bool,
    how: Mapping[str, object],
    grid: NDArray[np.float64] | None = None,
) -> Imported:
    """The dataset of a table; trajectories are measured as options say, points of digitised curves may be sorted."""
    from nanonet.analyze.sources import is_trajectory
    from nanonet.formats.curve_csv import read_curve
    from nanonet.import_dataset import CurveFile, from_table

    options: dict[str, Any] = measuring(how)
    frames: list[int] = []

    def curve_file(path: Path, cells: Mapping[str, str]) -> CurveFile:
        if is_trajectory(path.name):
            found = _measured(path, quantity, options | measuring(cells))
            frames.append(found.frames)
            return CurveFile(found.curve, known=found.known)
        if cells:
            raise InputError(f"{next(iter(cells))} = {next(iter(cells.values()))} is for trajectories, not for {path}")
        read = read_curve(path, quantity, interpolate)
        return CurveFile(read.curve, f"its points were sorted by {quantity.x}" if read.reordered else "")

    with progress_bar("reading") as progress:
        made = from_table(table, space, quantity, curve_file, interpolate, grid, progress)
    if options and not frames:
        name = next(name for name, value in how.items() if value is not None)
        raise InputError(f"{name} is for trajectories, and {table} names none")
    if frames:
        few, many = min(frames), max(frames)
        print(f"measured   trajectories: {len(frames)}, of {few if few == many else f'{few} to {many}'} frames")
    return made


def _measured(path: Path, quantity: Quantity, options: Mapping[str, Any]) -> FileCurve:
    """The curve of a trajectory, measured as options and cells of a table say."""
    how = dict(options)
    for name in ("first", "last", "every"):
        if isinstance(text := how.get(name), str):
            if not text.isdecimal():
                raise InputError(f"{name} = {text!r} is not a whole number")
            how[name] = int(text)
    if "topology" in how:
        how["topology"] = Path(how["topology"])
    with needs_extra("trajectories" if how or path.suffix != ".gsd" else "sim"):
        from nanonet.analyze.files import measure_quantity

        return measure_quantity(path, quantity, **how)


def _write(out: Path, found: Imported) -> None:
    data: Dataset = found.data
    data.save(out)
    q = data.quantity
    for note in found.notes:
        print(f"note       {note}")
    if all(curve.error is None for curve in data.curves):
        print("note       the curves have no error bars: bands rest on how well left-out curves are predicted")
    print(f"curves     {q.name}({q.x}), {q.x} in {q.x_unit}: {len(data.x)} values, {data.x[0]:g} to {data.x[-1]:g}")
    print(f"written    {out}: {data}")
