"""The command of structure factors: `nanonet structure-factor`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nanonet.errors import InputError
from nanonet.serve.options import check_outputs, needs_extra, progress_bar
from nanonet.serve.terminal import print

if TYPE_CHECKING:
    from nanonet.analyze.structure_factor import StructureMeasurement
    from nanonet.structure_factor import StructureFactor

_MOST_BINS = 10_000


def structure_factor(
    paths: Annotated[
        list[Path], typer.Argument(help="Run folders, or one GSD trajectory or RDF (.csv).", metavar="PATH...")
    ],
    out: Annotated[Path, typer.Option(help="S(q) of one path (.csv), or a dataset of run folders (.nc).")],
    method: Annotated[
        str, typer.Option(help="Of trajectories: direct (wave vectors of the box) or debye (pairs; .csv only).")
    ] = "direct",
    q_max: Annotated[
        float | None, typer.Option(help="Largest wave number (1/sigma), default 8; bins are 0.2 wide.")
    ] = None,
    density: Annotated[float | None, typer.Option(help="NPs a volume, where a .csv does not say (sigma^-3).")] = None,
    nps: Annotated[int | None, typer.Option(help="NPs in the box of an RDF, whose number then counts.")] = None,
    window: Annotated[
        str | None, typer.Option(help="On the integrand of a .csv: lorch or none; default lorch.")
    ] = None,
    to_rdf: Annotated[bool, typer.Option("--to-rdf", help="PATH is S(q) (.csv); write g(r).")] = False,
    plot: Annotated[Path | None, typer.Option(help="Write a plot of S(q) (.png, .pdf, .svg).")] = None,
) -> None:
    """Structure factor S(q) of the NPs: from runs, with error bars, or from g(r); and g(r) from S(q)."""
    from nanonet.structure_factor import Q_MAX

    end = Q_MAX if q_max is None else q_max
    from nanonet.analyze.sources import is_trajectory
    from nanonet.formats.curve_csv import is_table

    check_outputs(out, plot)
    for path in paths:
        if not path.exists():
            raise InputError(f"{path} does not exist")
    if out.suffix not in (".nc", ".csv") or (out.suffix == ".csv" and len(paths) > 1):
        raise InputError(f"out = {out} is not one of FILE.nc (runs) and FILE.csv (one path)")
    if out.suffix == ".nc" and (files := [path for path in paths if not path.is_dir()]):
        raise InputError(f"{files[0]} is not a run folder; write S(q) of a trajectory or an RDF to FILE.csv")
    for path in paths:
        if is_trajectory(path.name) and path.suffix.lower() != ".gsd" and not path.is_dir():
            raise InputError(f"{path} is not a trajectory that S(q) is measured of; allowed are .gsd and run folders")
    tabulated = not paths[0].is_dir() and is_table(paths[0].name) and paths[0].suffix.lower() != ".gsd"
    if to_rdf and not tabulated:
        raise InputError(f"--to-rdf takes S(q) in a table (.csv), not {paths[0]}")
    options = {"density": density, "nps": nps, "window": window}
    if not tabulated and (given := [name for name, value in options.items() if value is not None]):
        raise InputError(f"{given[0]} is for tables (.csv), not for {paths[0]}")
    if out.suffix == ".nc":
        if method != "direct" or plot is not None:
            raise InputError(f"{'--plot' if plot else f'method = {method!r}'} is for FILE.csv, not for out = {out}")
        _dataset(paths, out, end)
        return
    if to_rdf:
        _inverse(paths[0], out, density, window or "lorch")
        found = None
    elif tabulated:
        found = _of_rdf(paths[0], out, end, density, nps, window or "lorch")
    else:
        found = _of_trajectory(paths[0], out, method, end)
    if plot is not None:
        from nanonet.formats.curve_csv import read_curve
        from nanonet.plots.rdf import plot_structure_factors
        from nanonet.structure_factor import S_Q

        shown = read_curve(paths[0], S_Q).curve if found is None else found
        plot_structure_factors(plot, {paths[0].name: shown})  # type: ignore[dict-item]  # it is of S_Q
        print(f"written    {plot}")
    print(f"written    {out}")


def _dataset(folders: Sequence[Path], out: Path, q_max: float) -> None:
    with needs_extra("sim"):
        from nanonet.analyze import structure_runs
    from nanonet.structure_factor import Q_WIDTH

    with progress_bar("analyzing") as progress:
        data = structure_runs.analyze(folders, q_max, progress)
    data.save(out)
    print(
        f"dataset    {out}: {data}\n"
        f"bins       of q, {len(data.x)} from {data.x[0] - 0.5 * Q_WIDTH:.1f} to {data.x[-1] + 0.5 * Q_WIDTH:.1f}, "
        "which all boxes fill"
    )


def _of_trajectory(path: Path, out: Path, method: str, q_max: float) -> StructureFactor:
    with needs_extra("sim"):
        from nanonet.analyze import structure_factor, structure_runs, trajectory
        from nanonet.analyze.source import in_file
    from nanonet.formats.curve_csv import write_curve

    diameter: float | None
    measured: StructureMeasurement
    if path.is_dir():
        run = structure_runs.measure_run(path, method, q_max)
        measured, diameter = run.measured, run.record.composition.value.diameter
    else:
        frames = trajectory.read(path)
        with in_file(str(path)):
            measured = structure_factor.measure(frames, method=method, q_max=q_max)
        diameter = frames.diameter
    found = measured.structure
    print(f"density    {measured.density:.6g} ± {measured.density_error:.1g}, {measured.nps} NPs")
    if found.error is not None:
        print(
            f"S(q)       {found.s[0]:.3g} ± {found.error[0]:.1g} at q = {found.q[0]:.2g}, {len(found.q)} bins, {method}"
        )
    write_curve(out, found, f"S(q) measured from {path.name}, {method}", diameter, measured.density)
    return found


def _of_rdf(
    path: Path, out: Path, q_max: float, density: float | None, nps: int | None, window: str
) -> StructureFactor:
    import numpy as np

    from nanonet import fourier
    from nanonet.formats.curve_csv import read_rdf, write_curve
    from nanonet.structure_factor import Q_WIDTH

    rdf, diameter, known = read_rdf(path)
    dense = _density(path, density, known)
    bins = round(q_max / Q_WIDTH) if np.isfinite(q_max) else 0
    if not 2 <= bins <= _MOST_BINS:
        raise InputError(f"q_max = {q_max:g} is not between {2 * Q_WIDTH:g} and {_MOST_BINS * Q_WIDTH:g}")
    found = fourier.from_rdf(rdf, dense, np.round(Q_WIDTH * (np.arange(bins) + 0.5), 10), window, nps)
    print(f"S(q)       from g(r) to r = {rdf.r[-1] + 0.5 * rdf.bin_width:g}, window {window}, density {dense:g}")
    write_curve(out, found, f"S(q) from g(r) of {path.name}, window {window}", diameter, dense)
    return found


def _inverse(path: Path, out: Path, density: float | None, window: str) -> None:
    from nanonet import fourier
    from nanonet.formats.curve_csv import read_curve, write_curve
    from nanonet.structure_factor import S_Q

    found = read_curve(path, S_Q)
    dense = _density(path, density, found.density)
    rdf = fourier.to_rdf(found.curve, dense, None, window)  # type: ignore[arg-type]  # it is of S_Q
    print(f"g(r)       from S(q) to q = {found.curve.x[-1]:g}, window {window}, density {dense:g}\n  {rdf}")
    write_curve(out, rdf, f"g(r) from S(q) of {path.name}, window {window}", found.diameter, dense)


def _density(path: Path, given: float | None, known: float | None) -> float:
    dense = known if given is None else given
    if dense is None:
        raise InputError(f"{path} does not say the density of the NPs; give it with --density")
    return dense
