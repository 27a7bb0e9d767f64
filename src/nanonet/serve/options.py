"""Options and helpers that several commands share."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from nanonet.composition import FIELDS, NANOCOMPOSITE
from nanonet.errors import InputError, MissingExtraError

Inputs = dict[str, float | None]
"""Values of inputs by name; None of those that were not given."""

LmpCommand = Annotated[str | None, typer.Option("--lmp", help="LAMMPS command; default: $NANONET_LMP, then lmp.")]
Accelerator = Annotated[str, typer.Option(help="Of the pair forces: auto, plugin, opt, omp, kokkos, gpu, none.")]
Threads = Annotated[int, typer.Option(help="Threads of each process (omp, kokkos), or GPUs of a node.")]


def inputs_as_options(
    *names: str, optional: tuple[str, ...] = ()
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command an option for each input of a composition in place of its first parameter, which gets all values.

    Names, texts and defaults are those of the declaration (`composition.NANOCOMPOSITE`). `names` are those that must be
    given, `optional` those that may be left out.
    """

    def decorated(command: Callable[..., None]) -> Callable[..., None]:
        options = []
        for name in (*names, *optional):
            one = NANOCOMPOSITE[name]
            needed = name in names and one.default is None
            kind: object = Annotated[float if needed else float | None, typer.Option(help=one.help)]
            default = inspect.Parameter.empty if needed else one.default
            options.append(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind))
        own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
        every = [*options, *(one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own)]

        @functools.wraps(command)
        def run(**given: object) -> None:
            command({name: given.pop(name) for name in (*names, *optional)}, **given)

        run.__signature__ = inspect.Signature(every)  # type: ignore[attr-defined]  # what Typer reads
        run.__annotations__ = {one.name: one.annotation for one in every}
        return run

    return decorated


every_input = inputs_as_options(*FIELDS)
"""All inputs of a composition, to be given but for those with a default."""

any_input = inputs_as_options(optional=FIELDS)
"""The same, each of which may be left out."""


def name_and_value(option: str, text: str) -> tuple[str, str]:
    """The two sides of `NAME=VALUE`; `InputError`, which names the option, for another text."""
    name, mark, value = text.partition("=")
    if not (name.strip() and mark and value.strip()):
        raise InputError(f"{option} = {text!r} is not NAME=VALUE")
    return name.strip().replace("-", "_"), value.strip()


def check_outputs(table: Path | None, plot: Path | None) -> None:
    """Refuse, before anything is computed, files that cannot be written where they are asked for."""
    from nanonet.formats.atomic import check_parent

    if table is not None:
        check_parent(table)
    if plot is not None:
        from nanonet.plots.style import check_plot_path  # Matplotlib takes its time

        check_plot_path(plot)


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
