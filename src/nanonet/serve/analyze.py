"""The command `nanonet analyze`: run folders -> dataset, trajectories -> g(r)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nanonet.errors import InputError
from nanonet.serve.options import needs_extra, progress_bar
from nanonet.serve.terminal import print

if TYPE_CHECKING:
    from nanonet.records import PolymerRecord


def analyze(
    paths: Annotated[
        list[Path], typer.Argument(help="Run folders, or the files of one trajectory.", metavar="PATH...")
    ],
    out: Annotated[Path, typer.Option(help="Dataset (.nc), or the RDF of one run or trajectory (.csv).")],
    topology: Annotated[Path | None, typer.Option(help="File that says what the particles are.")] = None,
    select: Annotated[str | None, typer.Option(help="NPs, in MDAnalysis's language; default: type or name NP.")] = None,
    cross: Annotated[str | None, typer.Option(help="A second kind: g between the two.")] = None,
    units: Annotated[str | None, typer.Option(help="Of lengths in the file: lj, real, metal, nm, A.")] = None,
    sigma: Annotated[str | None, typer.Option(help="Length of a sigma, as 0.5nm: results in sigma.")] = None,
    r_max: Annotated[str | None, typer.Option(help="End of g(r), as 12, 6nm, 60A; default: 10 sigma.")] = None,
    bins: Annotated[int | None, typer.Option(help="Bins of g(r); default: 100.")] = None,
    first: Annotated[int | None, typer.Option(help="First frame that counts, from 0.")] = None,
    last: Annotated[int | None, typer.Option(help="Last frame that counts.")] = None,
    every: Annotated[int | None, typer.Option(help="Of these every so many.")] = None,
    diameter: Annotated[str | None, typer.Option(help="NP diameter, which the verdict needs.")] = None,
) -> None:
    """Measure density and g(r) with error bars from finished runs, or from trajectories of other programs."""
    from nanonet.formats.atomic import check_parent

    check_parent(out)
    for path in paths:
        if not path.exists():
            raise InputError(f"{path} does not exist")
    given = {"topology": topology, "selection": select, "cross": cross, "units": units, "sigma": sigma, "r_max": r_max,
             "bins": bins, "first": first, "last": last, "every": every, "diameter": diameter}  # fmt: skip
    options = {name: value for name, value in given.items() if value is not None}
    files = [path for path in paths if not path.is_dir()]
    if out.suffix not in (".nc", ".csv") or (out.suffix == ".csv" and not files and len(paths) > 1):
        raise InputError(f"out = {out} is not one of FILE.nc (runs) and FILE.csv (one run or trajectory)")
    if out.suffix == ".nc" and files:
        raise InputError(f"{files[0]} is not a run folder; write the RDF of a trajectory to FILE.csv")
    if files and len(files) < len(paths):
        raise InputError(f"{files[0]} is a file and others are folders; allowed are run folders, or files")
    if options and not files:
        raise InputError(f"{next(iter(options))} is for trajectories; of run folders the record says all")
    with needs_extra("trajectories" if options or paths[0].suffix not in ("", ".gsd") else "sim"):
        if files:
            _analyze_files(paths, out, options)
        else:
            _analyze_runs(paths, out)
    print(f"written    {out}")


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
    for note in found.notes:
        print(f"note       {note}")
    measured, verdict = found.measured, found.verdict
    second = "" if found.others is None else f", g with {found.others} others"
    density = f"density {measured.density:.6g} +- {measured.density_error:.1g} {found.unit}^-3"
    print(f"{density}, {measured.nps} NPs{second}, {found.frames} frames\n  {measured.rdf.text(found.unit)}")
    if found.unit != "sigma":
        print(f"note       lengths are in {found.unit}: --sigma was not given")
    if verdict is None:
        print(f"note       no verdict: {found.no_verdict}")
    else:
        print(f"  {'converged' if verdict.converged else 'NOT converged'}: {verdict.reason}")
        print(f"  halves differ by {verdict.drift:.1f} standard errors, memory of {verdict.inefficiency:.1f} frames")
    write_curve(out, measured.rdf, f"measured from {paths[0].name}", found.diameter, measured.density, found.unit)


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
