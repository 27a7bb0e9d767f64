"""Options and helpers that several commands share."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nanonet.composition import FIELDS, NANOCOMPOSITE
from nanonet.errors import InputError, MissingExtraError
from nanonet.grafted import GRAFTED
from nanonet.space import InputSpace

if TYPE_CHECKING:
    from nanonet.dataset import Dataset

Inputs = dict[str, float | None]
"""Values of inputs by name; None of those that were not given."""

LmpCommand = Annotated[str | None, typer.Option("--lmp", help="LAMMPS command; default: $NANONET_LMP, then lmp.")]
Accelerator = Annotated[str, typer.Option(help="Of the pair forces: auto, plugin, opt, omp, kokkos, gpu, none.")]
Model = Annotated[
    str | None, typer.Option(help="Model folder, or a shipped model: gp (default), nanonet, sq (of S(q)), grafted.")
]
DatasetFile = Annotated[Path, typer.Argument(help="Dataset file (.nc), or a shipped one: explicit, implicit.")]
Given = Annotated[
    list[str] | None, typer.Option("--set", help="An input by name, for models of any inputs.", metavar="NAME=VALUE")
]
Threads = Annotated[int, typer.Option(help="Threads of each process (omp, kokkos), or GPUs of a node.")]


def inputs_as_options(
    *names: str, optional: tuple[str, ...] = (), space: InputSpace = NANOCOMPOSITE
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command an option for each input of a composition in place of its first parameter, which gets all values.

    Names, texts and defaults are those of the declaration. `names` are those that must be given where they have no
    default, `optional` those that may be left out.
    """
    options = []
    for name in (*names, *optional):
        one = space[name]
        needed = name in names and one.default is None
        kind: object = Annotated[float if needed else float | None, typer.Option(help=one.help)]
        default = inspect.Parameter.empty if needed else one.default
        options.append(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind))
    return _gathered(lambda own: [*options, *own], (*names, *optional))


def _gathered(
    every: Callable[[list[inspect.Parameter]], list[inspect.Parameter]], names: tuple[str, ...]
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command options in place of its first parameter, which gets their values by name.

    `every` makes the parameters that Typer reads of the command's other ones.
    """

    def decorated(command: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
        shown = every([one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own])

        @functools.wraps(command)
        def run(**given: object) -> None:
            command({name: given.pop(name) for name in names}, **given)

        run.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]  # what Typer reads
        run.__annotations__ = {one.name: one.annotation for one in shown}
        return run

    return decorated


def how_measured(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command options of how a trajectory is measured (`HOW`); its first parameter gets their values by name."""
    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=HOW[name]) for name in names
    ]
    return _gathered(lambda own: [*own, *options], names)


HOW: dict[str, object] = {
    "topology": Annotated[Path | None, typer.Option(help="File that says what the particles are.")],
    "select": Annotated[str | None, typer.Option(help="NPs, in MDAnalysis's language; default: type or name NP.")],
    "cross": Annotated[str | None, typer.Option(help="A second kind: g between the two.")],
    "units": Annotated[str | None, typer.Option(help="Of lengths in the file: lj, real, metal, nm, A.")],
    "sigma": Annotated[str | None, typer.Option(help="Length of a sigma, as 0.5nm: results in sigma.")],
    "r_max": Annotated[str | None, typer.Option(help="End of g(r), as 12, 6nm, 60A; default: 10 sigma.")],
    "bins": Annotated[int | None, typer.Option(help="Bins of g(r); default: 100.")],
    "first": Annotated[int | None, typer.Option(help="First frame that counts, from 0.")],
    "last": Annotated[int | None, typer.Option(help="Last frame that counts.")],
    "every": Annotated[int | None, typer.Option(help="Of these every so many.")],
    "diameter": Annotated[str | None, typer.Option(help="NP diameter, which the verdict needs.")],
    "interval": Annotated[str | None, typer.Option(help="Time from a frame of the file to the next: 10 (tau), 2ps.")],
    "lag_max": Annotated[str | None, typer.Option(help="Largest lag time; default: a fifth of the trajectory.")],
}
"""How a trajectory is measured."""

CHOICE = ("topology", "select", "units", "sigma", "first", "last", "every")
"""Those of `HOW` that say which particles and frames count, and in which unit."""


def measuring(given: Mapping[str, object]) -> dict[str, Any]:
    """Those of `HOW` that were given, as `analyze.files` calls them."""
    return {"selection" if name == "select" else name: value for name, value in given.items() if value is not None}


every_input = inputs_as_options(*FIELDS)
"""All inputs of a composition, to be given but for those with a default."""

grafts_too = inputs_as_options(*GRAFTED.names, space=GRAFTED)
"""The same, and those of grafts."""

any_input = inputs_as_options(optional=FIELDS)
"""All inputs of a composition, each of which may be left out."""


def read_dataset(source: str | Path) -> Dataset:
    """The dataset of a file, or the shipped one of a name."""
    from nanonet.dataset import SHIPPED, Dataset

    return Dataset.shipped(str(source)) if str(source) in SHIPPED else Dataset.load(source)


def name_and_value(option: str, text: str) -> tuple[str, str]:
    """The two sides of `NAME=VALUE`; `InputError`, which names the option, for another text."""
    name, mark, value = text.partition("=")
    if not (name.strip() and mark and value.strip()):
        raise InputError(f"{option} = {text!r} is not NAME=VALUE")
    return name.strip().replace("-", "_"), value.strip()


def numbers_by_name(option: str, texts: Iterable[str] | None) -> dict[str, float]:
    """Values of texts `NAME=VALUE`; `InputError`, which names the option, for another text, or a name twice."""
    found: dict[str, float] = {}
    for text in texts or ():
        name, value = name_and_value(option, text)
        if name in found:
            raise InputError(f"{option}: {name} is given twice")
        found[name] = _number(option, name, value)
    return found


def ranges_by_name(option: str, texts: Iterable[str] | None) -> dict[str, tuple[float, float]]:
    """Limits of texts `NAME=LOW:HIGH`; the same errors."""
    found: dict[str, tuple[float, float]] = {}
    for text in texts or ():
        name, value = name_and_value(option, text)
        low, mark, high = value.partition(":")
        if name in found:
            raise InputError(f"{option}: {name} is given twice")
        if not mark:
            raise InputError(f"{option} = {text!r} is not NAME=LOW:HIGH")
        found[name] = (_number(option, name, low), _number(option, name, high))
    return found


def _number(option: str, name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{option}: {name} = {text.strip()!r} is not a number") from None


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
