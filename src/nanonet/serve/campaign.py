"""The commands `nanonet campaign ...`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nanonet.composition import NANOCOMPOSITE
from nanonet.errors import InputError, NanonetError, check_whole, printable
from nanonet.serve.options import Accelerator, LmpCommand, Threads, needs_extra
from nanonet.serve.terminal import print

if TYPE_CHECKING:
    from nanonet.campaign.campaign import Row

app = typer.Typer(no_args_is_help=True, help="Simulate many compositions: design, run, status, collect.")

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
    from nanonet.protocol import preset

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
    print(f"campaign   of {len(made.design)} compositions{beside}, protocol {protocol}, in {made.path}")
    print(f"next       nanonet campaign run {workspace} --cores 2 --hours 8")


@app.command()
def run(
    workspace: Workspace,
    cores: Annotated[int, typer.Option(help="Runs at a time.")] = 1,
    hours: Annotated[float | None, typer.Option(help="Stop by then; what is unfinished resumes next time.")] = None,
    only: Annotated[str | None, typer.Option(help="Numbers of the design, such as 0,3,5-8; default: all.")] = None,
    replicas: Annotated[int, typer.Option(help="Runs of a composition at most, where it is not converged.")] = 4,
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
    again = "stopped    the same command resumes"
    try:
        finished = campaign.run(
            opened, cores=cores, hours=hours, only=chosen, max_replicas=replicas, scheduler=scheduler,
            options=options,
        )  # fmt: skip
    except NanonetError:
        campaign.collect(opened)
        raise
    except (KeyboardInterrupt, SystemExit):
        print(again)
        raise
    campaign.collect(opened)
    print("done       nothing is left to do" if finished else again)


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
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("#", *(one.symbol for one in NANOCOMPOSITE.inputs), "start"):
        table.add_column(name, justify="left" if name == "start" else "right")
    table.add_column("state")
    table.add_column("", overflow="fold")
    for row in rows:
        inputs = row.task.system.inputs
        name = row.state.name
        cells = [
            format(inputs[one.name], ".3g" if one.log else "g") if one.name in inputs else ""
            for one in NANOCOMPOSITE.inputs
        ]
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
