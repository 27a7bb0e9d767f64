"""The commands `nanonet analyze` and `nanonet msd`: run folders -> dataset, trajectories -> g(r) or MSD."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nanonet.errors import InputError
from nanonet.serve.options import CHOICE, how_measured, measuring, needs_extra, progress_bar
from nanonet.serve.terminal import print

if TYPE_CHECKING:
    from nanonet.curve import Curve
    from nanonet.records import GraftRecord, PolymerRecord

_ROUNDING = 1e-9  # of the volume of a box that does not change

Paths = Annotated[list[Path], typer.Argument(help="Run folders, or the files of one trajectory.", metavar="PATH...")]


@how_measured(*CHOICE, "cross", "r_max", "bins", "diameter")
def analyze(
    how: dict[str, Any],
    paths: Paths,
    out: Annotated[Path, typer.Option(help="Dataset (.nc), or the RDF of one run or trajectory (.csv).")],
) -> None:
    """Measure density and g(r) with error bars from finished runs, or from trajectories of other programs."""
    options = measuring(how)
    files = _are_files(paths, out, options, "RDF")
    with needs_extra("trajectories" if options or paths[0].suffix not in ("", ".gsd") else "sim"):
        if files:
            _analyze_files(paths, out, options)
        else:
            _analyze_runs(paths, out)
    print(f"written    {out}")


@how_measured("lag_max", "interval", *CHOICE)
def msd(
    how: dict[str, Any],
    paths: Paths,
    out: Annotated[Path, typer.Option(help="Dataset (.nc), or the MSD of one run or trajectory (.csv).")],
    plot: Annotated[Path | None, typer.Option(help="Draw the MSD (.png, .pdf, .svg).")] = None,
) -> None:
    """Mean squared displacement of the NPs over lag time, with error bars, from finished runs or trajectories."""
    if plot is not None:
        from nanonet.plots.style import check_plot_path

        check_plot_path(plot)
    options = measuring(how)
    lag_max = options.pop("lag_max", None)
    files = _are_files(paths, out, options, "MSD")
    if files and "interval" not in options:
        raise InputError("interval is not given: the time from one frame of the file to the next, as 10 (tau) or 2ps")
    with needs_extra("trajectories" if options.keys() - {"interval"} or paths[0].suffix not in ("", ".gsd") else "sim"):
        curves = _follow_files(paths, out, lag_max, options) if files else _follow_runs(paths, out, lag_max)
    print(f"written    {out}")
    if plot is not None:
        from matplotlib.figure import Figure

        from nanonet.plots.style import save

        figure = Figure(figsize=(6.4, 4.4), layout="constrained")
        ax = figure.subplots()
        ax.set(xscale="log", yscale="log")
        for curve in curves:
            curve.plot(curve.label_axes(ax))
        save(figure, plot)
        print(f"written    {plot}")


def _are_files(paths: list[Path], out: Path, options: dict[str, Any], what: str) -> bool:
    """Whether the paths are files of a trajectory, not run folders; `InputError` where paths and options do not fit."""
    from nanonet.formats.atomic import check_parent

    check_parent(out)
    for path in paths:
        if not path.exists():
            raise InputError(f"{path} does not exist")
    files = [path for path in paths if not path.is_dir()]
    if out.suffix not in (".nc", ".csv") or (out.suffix == ".csv" and not files and len(paths) > 1):
        raise InputError(f"out = {out} is not one of FILE.nc (runs) and FILE.csv (one run or trajectory)")
    if out.suffix == ".nc" and files:
        raise InputError(f"{files[0]} is not a run folder; write the {what} of a trajectory to FILE.csv")
    if files and len(files) < len(paths):
        raise InputError(f"{files[0]} is a file and others are folders; allowed are run folders, or files")
    if options and not files:
        raise InputError(f"{next(iter(options))} is for trajectories; of run folders the record says all")
    return bool(files)


def _analyze_runs(paths: list[Path], out: Path) -> None:
    from nanonet.analyze import runs
    from nanonet.formats.curve_csv import write_curve

    with progress_bar("analyzing") as progress:
        dataset = runs.analyze(paths, progress)
    for i, composition in enumerate(dataset.compositions):
        entry, verdict = dataset.provenance[i], dataset.provenance[i].convergence
        print(f"{composition}, {entry.replicas} run(s), {entry.production_tau:,.0f} tau\n  {dataset.rdfs[i]}")
        if verdict is not None:
            print(f"  {'converged' if verdict.converged else 'NOT converged'}: {verdict.reason}")
        for note in (note for run in dataset.runs[i] for note in run.record.notes or ()):
            print(f"  note: {note}")
        _print_polymer([run.record.polymer for run in dataset.runs[i] if run.record.polymer is not None])
        _print_grafts([run.record.grafts for run in dataset.runs[i] if run.record.grafts is not None])
    if out.suffix == ".nc":
        dataset.save(out)
    else:
        c = dataset.compositions[0]
        write_curve(out, dataset.rdfs[0], f"measured for {c}", c.diameter, c.density)


def _analyze_files(paths: list[Path], out: Path, options: dict[str, Any]) -> None:
    from nanonet.analyze.files import measure_files
    from nanonet.formats.curve_csv import write_curve

    with progress_bar("analyzing") as progress:
        found = measure_files(paths, progress=progress, **options)
    measured, verdict = found.measured, found.verdict
    second = "" if found.others is None else f", g with {found.others} others"
    density = _density(measured.density, measured.density_error, found.unit)
    print(f"{density}, {measured.nps} NPs{second}, {found.frames} frames\n  {measured.rdf.text(found.unit)}")
    if found.unit != "sigma":
        print(f"note       lengths are in {found.unit}: --sigma was not given")
    if verdict is None:
        print(f"note       no verdict: {found.no_verdict}")
    else:
        print(f"  {'converged' if verdict.converged else 'NOT converged'}: {verdict.reason}")
        print(f"  halves differ by {verdict.drift:.1f} standard errors, memory of {verdict.inefficiency:.1f} frames")
    write_curve(out, measured.rdf, f"measured from {paths[0].name}", found.diameter, measured.density, found.unit)


def _follow_runs(paths: list[Path], out: Path, lag_max: str | None) -> tuple[Curve, ...]:
    from nanonet.analyze import curve_runs, displacement
    from nanonet.analyze.lengths import in_time
    from nanonet.formats.curve_csv import write_curve

    longest = None if lag_max is None else in_time("lag_max", lag_max, "tau")
    with progress_bar("analyzing") as progress:
        data = curve_runs.analyze(
            paths,
            lambda frames, record: displacement.measure(frames, record.protocol.timestep, lag_max=longest),
            lambda found: found.msd,
            progress,
        )
    if out.suffix == ".nc":
        data.save(out)
        print(f"dataset    {out}: {data}")
    else:
        c = data.compositions[0]
        write_curve(out, data.curves[0], f"measured for {c}", c.diameter, c.density)
    _print_msd(data.curves[0])
    return data.curves


def _follow_files(paths: list[Path], out: Path, lag_max: str | None, options: dict[str, Any]) -> tuple[Curve, ...]:
    from nanonet.analyze.files import follow_files
    from nanonet.formats.curve_csv import write_curve

    with progress_bar("analyzing") as progress:
        found = follow_files(paths, lag_max=lag_max, progress=progress, **options)
    measured = found.measured
    density = _density(measured.density, measured.density_error, found.unit)
    print(f"{density}, {measured.nps} NPs, {found.frames} frames")
    _print_msd(measured.msd)
    write_curve(out, measured.msd, f"measured from {paths[0].name}")
    return (measured.msd,)


def _density(density: float, error: float, unit: str) -> str:
    bar = f" +- {error:.1g}" if error > _ROUNDING * density else ""
    return f"density {density:.6g}{bar} {unit}^-3"


def _print_msd(curve: Curve) -> None:
    q = curve.quantity
    assert curve.error is not None
    for i in (0, -1):
        print(f"MSD        {curve.y[i]:.4g} ± {curve.error[i]:.1g} {q.unit} at {q.x} = {curve.x[i]:.6g} {q.x_unit}")


def _print_polymer(found: list[PolymerRecord]) -> None:
    """What the polymer does, as the longest of the runs saw it."""
    if found:
        seen = max(found, key=lambda one: one.configurations)
        position, height = seen.layer
        bar = "" if seen.layer_error is None else f" ± {seen.layer_error:.1g}"
        print(
            f"  polymer: first layer g = {height:.3g}{bar} at {position:.2f}, ends at {seen.layer_radius:.2f}; "
            f"{seen.adsorbed[0]:.1f} monomers an NP; chains join {100 * (seen.bridged[0] or 0.0):.1f} % of NP pairs, "
            f"{seen.partners[0]:.2f} near NPs to an NP ({seen.configurations} configurations)"
        )


def _print_grafts(found: list[GraftRecord]) -> None:
    """What grafts and matrix do, as the longest of the runs saw it."""
    if found:
        seen = max(found, key=lambda one: one.configurations)
        print(
            f"  grafts: beads {_pair(seen.height)} above the surface, ends {_pair(seen.end_height)}; of the polymer "
            f"about them {_pair(seen.overlap)} is of other NPs' grafts, {_pair(seen.matrix_share)} of the matrix "
            f"({seen.configurations} configurations)"
        )


def _pair(pair: tuple[float, float | None]) -> str:
    value, error = pair
    return f"{value:.3g}" if error is None else f"{value:.3g} ± {error:.1g}"
