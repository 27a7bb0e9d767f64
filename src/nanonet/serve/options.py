"""Options and helpers that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from nanonet.errors import MissingExtraError

LmpCommand = Annotated[str | None, typer.Option("--lmp", help="LAMMPS command; default: $NANONET_LMP, then lmp.")]
Accelerator = Annotated[str, typer.Option(help="Of the pair forces: auto, plugin, opt, omp, kokkos, gpu, none.")]
Threads = Annotated[int, typer.Option(help="Threads of each process (omp, kokkos), or GPUs of a node.")]


@contextmanager
def needs_extra(name: str) -> Iterator[None]:
    """Turn a failed import into the hint which extra brings it."""
    try:
        yield
    except ImportError as error:
        raise MissingExtraError(f"{error}: this needs  pip install 'nanonet-pnc[{name}]'") from None


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error, from the first sign of progress on."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=Console(stderr=True)
    )
    task = bar.add_task(what, total=None)

    def show(done: int, total: int) -> None:
        bar.start()
        bar.update(task, completed=done, total=total)

    try:
        yield show
    finally:
        if bar.live.is_started:
            bar.stop()
