"""The commands of the multiscale engine: `nanonet windows`, `potential`, `potential-table`, `implicit`."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nanonet.composition import NANOCOMPOSITE, PAIR_INPUTS
from nanonet.serve.options import (
    Accelerator,
    Inputs,
    LmpCommand,
    Threads,
    check_outputs,
    inputs_as_options,
    needs_extra,
    progress_bar,
)
from nanonet.serve.terminal import print

if TYPE_CHECKING:
    from nanonet.analyze.potential_gp import PotentialGP
    from nanonet.composition import Composition
    from nanonet.potentials.mediated import PolymerPotential
    from nanonet.systems.implicit import Implicit

WindowsFile = Annotated[
    Path | None, typer.Option("--windows", help="File of umbrella runs (.json); default: the shipped ones.")
]


@inputs_as_options(*PAIR_INPUTS.names)
def windows(
    inputs: Inputs,
    out: Annotated[Path, typer.Option(help="Folder of the run; an unfinished run there resumes.")],
    production_steps: Annotated[int | None, typer.Option(help="Instead of 300,000 (3,000 tau).")] = None,
    replica: Annotated[int, typer.Option(help="Number of a replica with seeds of its own; 0: the first run.")] = 0,
    lmp: LmpCommand = None,
    accelerator: Accelerator = "auto",
    threads: Threads = 1,
) -> None:
    """Simulate the umbrella windows of two NPs (D, N, eps_pn): all separations in one box."""
    from nanonet.errors import check_whole
    from nanonet.potentials.mediated import PairInputs

    with needs_extra("sim"):
        from nanonet.analyze import potential_gp
        from nanonet.analyze.umbrella import measure_windows
        from nanonet.protocol import WINDOWS
        from nanonet.simulate import engine

    from nanonet.systems.umbrella import UmbrellaWindows

    check_whole("replica", replica, 0, 100_000)
    protocol = WINDOWS if replica == 0 else WINDOWS.replica(replica)
    if production_steps is not None:
        protocol = replace(protocol, production_steps=production_steps)
    subject = UmbrellaWindows(PairInputs(**inputs))  # type: ignore[arg-type]  # checked there
    print(f"simulating {subject}, {len(subject.springs)} dimers, into {out}")
    with progress_bar("simulating") as progress:
        engine.run(subject, protocol, out, lmp=lmp, accelerator=accelerator, threads=threads, progress=progress)
    run = measure_windows(out)
    for problem in run.record.problems or ():
        print(f"problem    {problem}")
    _print_potential(potential_gp.fit([run.forces]).predict(subject.pair_inputs), None)


@inputs_as_options(*PAIR_INPUTS.names, optional=("eps_nn",))
def potential(
    inputs: Inputs,
    windows_file: WindowsFile = None,
    plot: Annotated[Path | None, typer.Option(help="Write a plot (.png, .pdf, .svg).")] = None,
    csv: Annotated[
        Path | None, typer.Option(help="Write r, W_poly, its error, and with --eps-nn the sum with U_nn.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """The polymer-mediated potential between two NPs at infinite dilution, with its error."""
    from nanonet.potentials.mediated import PairInputs

    check_outputs(csv, plot)
    eps_nn = inputs.pop("eps_nn")
    pair = PairInputs(**inputs)  # type: ignore[arg-type]  # checked there
    if eps_nn is not None:
        NANOCOMPOSITE["eps_nn"].check(eps_nn)
    found = _model(windows_file).predict(pair)
    if csv is not None:
        _write_csv(csv, found, eps_nn)
    if plot is not None:
        from nanonet.plots.rdf import plot_potential

        plot_potential(plot, found, eps_nn)
    if as_json:
        content = {
            **asdict(pair), "eps_nn": eps_nn, "r": found.r.round(4).tolist(), "w_poly": found.w.round(5).tolist(),
            "error": found.error.round(5).tolist(), "extrapolated": found.extrapolated,
            "total": None if eps_nn is None else found.total(eps_nn).round(5).tolist(),
        }  # fmt: skip
        print(json.dumps(content, allow_nan=False))
        return
    _print_potential(found, eps_nn)
    for path in (plot, csv):
        if path is not None:
            print(f"written    {path}")


def potential_table(
    out: Annotated[Path, typer.Argument(help="File of the table to write (.npz).")],
    windows_file: WindowsFile = None,
) -> None:
    """Write W_poly on a grid of pair inputs, the table that a model predicts from."""
    from nanonet.formats import potential_table
    from nanonet.formats.atomic import check_parent

    with needs_extra("sim"):
        from nanonet.analyze.tabulate import tabulate
    check_parent(out)
    table = tabulate(_model(windows_file))
    potential_table.save(out, table)
    print(f"table      {out}: {' x '.join(map(str, table.w.shape[:3]))} pair inputs, {table.w.shape[3]} distances")


def implicit(
    folder: Annotated[Path, typer.Argument(help="Where the runs lie; what is finished there is not run again.")],
    out: Annotated[Path, typer.Option(help="Dataset file to write (.nc).")],
    count: Annotated[int, typer.Option(help="Compositions of the standard implicit design.")] = 200,
    design: Annotated[Path | None, typer.Option(help="CSV of compositions instead.")] = None,
    windows_file: WindowsFile = None,
    explicit: Annotated[Path | None, typer.Option(help="Explicit dataset to compare with; default: shipped.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write the comparisons (.json).")] = None,
    cores: Annotated[int, typer.Option(help="Compositions at a time.")] = 1,
    compact: Annotated[bool, typer.Option("--compact", help="Entries alone, without the runs behind them.")] = False,
    lmp: LmpCommand = None,
) -> None:
    """Simulate many compositions with the polymer as a pair potential, and compare with all explicit runs."""
    from nanonet.dataset import Dataset

    with needs_extra("sim"):
        from nanonet.campaign import fidelity
        from nanonet.campaign.design import implicit_design, read_csv
        from nanonet.campaign.implicit import REGIMES, generate
    from nanonet.errors import InputError, check_whole
    from nanonet.formats.atomic import check_parent

    check_whole("cores", cores, 1, 10_000)
    check_parent(out)
    if report is not None:
        check_parent(report)
    if not folder.parent.is_dir():
        raise InputError(f"cannot make the folder {folder}: {folder.parent} does not exist")
    if folder.exists() and not folder.is_dir():
        raise InputError(f"cannot make the folder {folder}: a file has that name")
    check_parent(folder / "one" if folder.is_dir() else folder)
    compositions = implicit_design(count) if design is None else read_csv(design)
    known = Dataset.shipped() if explicit is None else Dataset.load(explicit)
    model = _model(windows_file)  # half a minute
    folder.mkdir(exist_ok=True)
    compared = fidelity.compare(known, model, folder / "compared", lmp=lmp)
    if report is not None:
        fidelity.save(report, compared)
    beyond = {kind: fidelity.discrepancy(compared, kind) for kind in REGIMES}
    print("\n".join(f"beyond     known errors, {kind}: {value:.2f} in ln g" for kind, value in beyond.items()))
    data = generate(
        compositions, model, folder / "runs", out, discrepancy=beyond, cores=cores, lmp=lmp, keep_runs=not compact
    )
    print(f"dataset    {out}: {data}")


def emulator(
    out: Annotated[Path, typer.Argument(help="File of the emulator to write (.npz).")],
    dataset: Annotated[Path | None, typer.Option(help="Implicit compositions; default: the shipped ones.")] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write errors of compositions left out, and a learning curve (.json).")
    ] = None,
) -> None:
    """Train an emulator of g(r) of implicit NPs, from which a Gaussian process of explicit ones starts."""
    from nanonet.dataset import Dataset
    from nanonet.formats import emulator_file, potential_table
    from nanonet.formats.atomic import check_parent, writing

    for path in (out, report):
        if path is not None:
            check_parent(path)
    data = Dataset.shipped("implicit") if dataset is None else Dataset.load(dataset)
    with needs_extra("learn"):
        from nanonet.learn.emulator import score, train_emulator
    potential = potential_table.shipped()
    with progress_bar("training") as progress:
        emulator_file.save(out, train_emulator(data, potential, progress))
    print(f"written    {out}, fitted to {len(data)} compositions")
    if report is not None:
        with progress_bar("scoring") as progress:
            found = score(data, potential, progress=progress)
        with writing(report) as temporary:
            temporary.write_text(json.dumps(found.to_json(), indent=1) + "\n", encoding="utf-8")
        errors = ", ".join(f"{name} {error:.3f}" for name, error in found.errors.items())
        print(f"left out   RMSE of ln g: {errors}\nwritten    {report}")


def implicit_subject(composition: Composition) -> Implicit:
    """A composition with the shipped W_poly of its NPs in place of the polymer; warns where that is not sure."""
    model = _model(None)
    with needs_extra("sim"):
        from nanonet.campaign.implicit import flags, potential_of
        from nanonet.systems.implicit import implicit
    found = potential_of(model, composition)
    for flag in flags(found, composition):
        print(f"warning    {flag}")
    return implicit(composition, found)


def _model(path: Path | None) -> PotentialGP:
    from nanonet import umbrella_runs

    with needs_extra("sim"):
        from nanonet.analyze import potential_gp
    return potential_gp.fit(
        umbrella_runs.by_pair_inputs(umbrella_runs.shipped() if path is None else umbrella_runs.load(path))
    )


def _print_potential(found: PolymerPotential, eps_nn: float | None) -> None:
    pair = found.pair_inputs
    print(f"W_poly     {pair}, kT, zero far apart")
    print(f"{'r':>10} {'gap':>7} {'W_poly':>9} {'error':>7}" + ("" if eps_nn is None else f" {'W_poly+U_nn':>12}"))
    total = None if eps_nn is None else found.total(eps_nn)
    for i in range(0, len(found.r), 4):
        row = f"{found.r[i]:10.2f} {found.r[i] - pair.diameter:7.2f} {found.w[i]:9.2f} {found.error[i]:7.2f}"
        print(row if total is None else f"{row} {total[i]:12.2f}")
    w, error = found.at(pair.diameter)
    print(f"contact    W_poly(D) = {w:.2f} ± {error:.2f}")
    if found.extrapolated:
        print(f"warning    {found.extrapolated}")


def _write_csv(path: Path, found: PolymerPotential, eps_nn: float | None) -> None:
    from nanonet.formats.atomic import writing

    lines = [f"# W_poly of {found.pair_inputs}, kT; r in sigma" + (f"; U_nn with eps_nn={eps_nn:g}" if eps_nn else "")]
    lines.append("r,w_poly,error" + ("" if eps_nn is None else ",w_poly_plus_u_nn"))
    total = None if eps_nn is None else found.total(eps_nn)
    for i, (r, w, error) in enumerate(zip(found.r, found.w, found.error, strict=True)):
        lines.append(f"{r:.4f},{w:.5f},{error:.5f}" + ("" if total is None else f",{total[i]:.5f}"))
    with writing(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
