"""The commands `nanonet campaign ...`."""

from __future__ import annotations

import json
import math
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nanonet.composition import NANOCOMPOSITE
from nanonet.errors import InputError, NanonetError, check_whole, printable
from nanonet.serve.options import Accelerator, LmpCommand, Threads, needs_extra, numbers_by_name, ranges_by_name
from nanonet.serve.terminal import print

if TYPE_CHECKING:
    from nanonet.campaign.campaign import Row
    from nanonet.design.suggest import Suggestion

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="Simulate many compositions: design, run, status, collect.",
)

Workspace = Annotated[Path, typer.Argument(help="Folder of the campaign.")]

_COLOURS = {"running": "cyan", "interrupted": "yellow", "failed": "red", "done": "green", "collected": "green"}


@app.command()
def init(
    workspace: Workspace,
    dataset: Annotated[Path, typer.Option(help="Dataset file (.nc) that results go to; what it holds is not rerun.")],
    design: Annotated[Path | None, typer.Option(help="CSV of compositions; default: the standard design.")] = None,
    count: Annotated[int, typer.Option(help="Compositions of the standard design.")] = 80,
    protocol: Annotated[str, typer.Option(help="smoke, standard or paper.")] = "standard",
    windows: Annotated[
        int, typer.Option(help="Pair inputs (D, N, eps_pn) of the standard design to measure by umbrella windows.")
    ] = 0,
) -> None:
    """Make a campaign, or change the design of the one in the folder."""
    from nanonet.protocol import preset, shown_name

    with needs_extra("sim"):
        from nanonet.campaign.design import design as standard
        from nanonet.campaign.design import pair_inputs, read_csv
        from nanonet.campaign.workspace import create
        from nanonet.systems.umbrella import UmbrellaWindows
    check_whole("windows", windows, 0, 10_000)
    compositions = standard(count) if design is None else read_csv(design)
    chosen = [UmbrellaWindows(pair) for pair in pair_inputs(windows)] if windows else []
    made = create(workspace, compositions, preset(protocol), dataset, chosen)
    beside = f" and umbrella windows for {len(chosen)} sets of pair inputs" if chosen else ""
    print(f"campaign   of {len(made.design)} compositions{beside}, protocol {shown_name(protocol)}, in {made.path}")
    print(f"next       nanonet campaign run {workspace} --cores 2 --hours 8")


@app.command()
def run(
    workspace: Workspace,
    cores: Annotated[int, typer.Option(help="Runs at a time.")] = 1,
    hours: Annotated[float | None, typer.Option(help="Stop by then; what is unfinished resumes next time.")] = None,
    only: Annotated[str | None, typer.Option(help="Numbers of the design, such as 0,3,5-8; default: all.")] = None,
    replicas: Annotated[int, typer.Option(help="Runs of a composition at most, where it is not converged.")] = 4,
    suggest: Annotated[
        int | None, typer.Option(help="When nothing is left: so many suggested compositions more, until --hours.")
    ] = None,
    scheduler: Annotated[
        str, typer.Option(help="processes (this machine), htex, slurm, pbs, or a Python file with a parsl config.")
    ] = "processes",
    lmp: LmpCommand = None,
    accelerator: Accelerator = "auto",
    threads: Threads = 1,
) -> None:
    """Run what the design still lacks, then replicas of what is not converged; finished runs are collected.

    Compositions and umbrella windows alternate.
    """
    with needs_extra("sim"):
        from nanonet.campaign import campaign
        from nanonet.campaign.workspace import open_workspace
    opened = open_workspace(workspace)
    options = {"lmp": lmp, "accelerator": accelerator, "threads": threads}
    chosen = None if only is None else _numbers(only, len(opened.systems))
    if suggest is not None:
        check_whole("suggest", suggest, 1, 1000)
        if hours is None or only is not None:
            raise InputError("--suggest adds compositions until --hours are over; needed is --hours, without --only")
        with needs_extra("learn"):
            from nanonet.design import active
    again = "stopped    the same command resumes"
    deadline = time.time() + 3600 * (hours or 0.0)
    while True:
        left = None if hours is None else hours if suggest is None else max(1e-6, (deadline - time.time()) / 3600)
        try:
            finished = campaign.run(
                opened, cores=cores, hours=left, only=chosen, max_replicas=replicas, scheduler=scheduler,
                options=options,
            )  # fmt: skip
        except NanonetError:
            campaign.collect(opened)
            raise
        except (KeyboardInterrupt, SystemExit):
            print(again)
            raise
        campaign.collect(opened)
        if suggest is None or not finished:
            break
        found = active.propose(active.learnt_so_far(opened), suggest, workspace=opened)
        opened = active.extended(opened, found)
        for one in found:
            print(f"suggested  {one.point}")
    print("done       nothing is left to do" if finished else again)


@app.command()
def suggest(
    workspace: Annotated[Path | None, typer.Argument(help="Folder of a campaign; left out: the model alone.")] = None,
    count: Annotated[
        int | None, typer.Option(help="Compositions to suggest; default: 5, or what --hours allow.")
    ] = None,
    hours: Annotated[float | None, typer.Option(help="Core-hours that all may take together.")] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Write a CSV, as `init --design` takes; implicit runs beside it, as NAME.implicit.csv."),
    ] = None,
    add: Annotated[bool, typer.Option("--add", help="Put them at the end of the campaign's design.")] = False,
    target: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="What the runs are to serve, as of `nanonet design`; default: g(r)."),
    ] = None,
    fixed: Annotated[list[str] | None, typer.Option("--fix", metavar="NAME=VALUE", help="Hold an input.")] = None,
    bounds: Annotated[
        list[str] | None, typer.Option(metavar="NAME=LOW:HIGH", help="Limits; default: the standard design's.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Model (gp) or folder; default: fitted to the campaign's dataset, or shipped.")
    ] = None,
    fidelity: Annotated[
        str, typer.Option(help="explicit; implicit: for `nanonet implicit --design`; or both, each at its price.")
    ] = "explicit",
    implicit: Annotated[
        Path | None, typer.Option(help="With both: dataset of the implicit runs that there are; default: shipped.")
    ] = None,
    protocol: Annotated[str | None, typer.Option(help="Whose price counts; default: the campaign's.")] = None,
    seed: Annotated[int, typer.Option(help="Of the candidates.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Say which compositions to simulate next: those that make the predictor surer for the hours that they cost.

    What the campaign has run, runs or will run is known to it and not suggested again.
    """
    from nanonet.formats.atomic import check_parent
    from nanonet.formats.tables import write_points
    from nanonet.predict.predictor import load
    from nanonet.protocol import preset

    held, limits = numbers_by_name("fix", fixed), ranges_by_name("bounds", bounds)
    if out is not None:
        check_parent(out)
    if implicit is not None and fidelity != "both":
        raise InputError("--implicit names the runs that count as known; needed is --fidelity both")
    if add and (workspace is None or fidelity == "implicit"):
        raise InputError("--add puts explicit runs into a campaign; needed is WORKSPACE, without --fidelity implicit")
    with needs_extra("sim"):
        from nanonet.campaign.workspace import open_workspace
    with needs_extra("learn"):
        from nanonet.dataset import Dataset
        from nanonet.design import active

    def kind(one: Suggestion) -> str:
        return "implicit" if one.cheaper or fidelity == "implicit" else "explicit"

    opened = None if workspace is None else open_workspace(workspace)
    if model is not None:
        loaded = load(model)
    elif opened is not None and fidelity != "implicit":
        loaded = active.learnt_so_far(opened)
    else:
        loaded = active.model_of(Dataset.shipped("implicit")) if fidelity == "implicit" else load()
    found = active.propose(
        loaded, (5 if hours is None else 1000) if count is None else count, workspace=opened,
        protocol=None if protocol is None else preset(protocol), fidelity=fidelity, fixed=held, bounds=limits,
        targets=target or (), hours=hours, implicit=None if implicit is None else Dataset.load(implicit), seed=seed,
    )  # fmt: skip
    written = []
    for path, cheaper in ((out, False), (out and out.with_suffix(".implicit.csv"), True)):
        points = [one.point for one in found if one.cheaper == cheaper]
        if path is not None and points:
            write_points(path, points, [f"suggested by the model of {len(loaded.X)} compositions"])
            written.append(path)
    if add and opened is not None:
        active.extended(opened, found)
    if as_json:
        content = [
            {**one.point.to_json(), "gain": one.gain, "hours": one.hours, "fidelity": kind(one)} for one in found
        ]
        print(json.dumps(content, allow_nan=False))
        return
    print(
        f"model      of {len(loaded.X)} compositions; variance of g(r) that a run is expected to remove, and its price"
    )
    for one in found:
        print(f"{100 * one.gain:6.2f} %   {one.hours:.3g} core-hours   {kind(one)}   {one.point}")
    left = math.prod(1.0 - one.gain for one in found)
    print(f"together   {100 * (1.0 - left):.1f} % for {sum(one.hours for one in found):.3g} core-hours")
    for path in written:
        print(f"written    {path}")
    if add and opened is not None:
        print(f"added      to {opened.path}; a campaign that runs takes them up at its next  nanonet campaign run")


@app.command()
def status(workspace: Workspace) -> None:
    """Show how far every composition is."""
    with needs_extra("sim"):
        from nanonet.campaign import campaign
        from nanonet.campaign.workspace import open_workspace
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    opened = open_workspace(workspace)
    rows = campaign.status(opened)
    spaces = [row.task.system.composition.space for row in rows if row.task.system.composition is not None]
    columns = max(spaces, key=len, default=NANOCOMPOSITE).inputs  # grafted NPs have more
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("#", *(one.symbol for one in columns), "start"):
        table.add_column(name, justify="left" if name == "start" else "right")
    table.add_column("state")
    table.add_column("", overflow="fold")
    for row in rows:
        inputs = row.task.system.inputs
        name = row.state.name
        cells = [format(inputs[one.name], ".3g" if one.log else "g") if one.name in inputs else "" for one in columns]
        if "density" not in inputs:
            cells[NANOCOMPOSITE.column("density")] = row.task.system.kind
        number = "-" if row.number is None else str(row.number)
        table.add_row(
            number, *cells, row.task.protocol.start, f"[{_COLOURS.get(name, 'dim')}]{name}[/]", escape(_detail(row))
        )
    Console(soft_wrap=False, width=None).print(table)
    counts = {name: sum(row.state.name == name for row in rows) for name in ("waiting", *_COLOURS)}
    print("\n" + ", ".join(f"{count} {name}" for name, count in counts.items() if count))


@app.command()
def collect(workspace: Workspace) -> None:
    """Add finished runs to the campaign's dataset file, and umbrella runs to windows.json beside it."""
    with needs_extra("sim"):
        from nanonet.campaign import campaign
        from nanonet.campaign.workspace import open_workspace
    opened = open_workspace(workspace)
    dataset = campaign.collect(opened)
    print("nothing    has finished yet" if dataset is None else f"dataset    {opened.dataset}: {dataset}")


def _detail(row: Row) -> str:
    state = row.state
    if state.name == "failed":
        return printable(next(iter(state.reason.splitlines()), "")[:200])
    if state.name not in ("running", "interrupted") or not state.total:
        return ""
    left = "" if state.seconds_left is None else f", {_duration(state.seconds_left)} left"
    return f"{100 * state.step / state.total:.0f} %{left}"


def _duration(seconds: float) -> str:
    minutes = max(1, round(seconds / 60))
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"


def _numbers(text: str, count: int) -> list[int]:
    """`0,3,5-8` as numbers below a count."""
    found: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*([0-9]+)(?:-([0-9]+))?\s*", part)
        if match is None:
            raise InputError(f"only = {text!r} is not a list of numbers and ranges such as 0,3,5-8")
        first, last = (number.lstrip("0") or "0" for number in (match[1], match[2] or match[1]))
        for number in (first, last):
            if len(number) > 9 or int(number) >= count:
                raise InputError(f"only = {text!r}: {number} is not between 0 and {count - 1}")
        if int(last) < int(first):
            raise InputError(f"only = {text!r}: {first}-{last} is not a range that rises")
        found += range(int(first), int(last) + 1)
    return found
