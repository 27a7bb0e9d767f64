"""The command line. A command's module is imported when it is asked for; what it needs it imports inside."""

from __future__ import annotations

import importlib
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from nanonet.serve import terminal
from nanonet.serve.terminal import print

COMMANDS = {
    "predict": "predict",
    "sweep": "sweep",
    "phase": "phase",
    "phase-map": "phase",
    "design": "design",
    "sensitivity": "design",
    "theory": "theory",
    "serve": "service",
    "dataset": "dataset",
    "train": "predict",
    "evaluate": "predict",
    "simulate": "simulate",
    "extend": "simulate",
    "campaign": "campaign",
    "analyze": "analyze",
    "msd": "analyze",
    "structure-factor": "structure_factor",
    "windows": "multiscale",
    "potential": "multiscale",
    "potential-table": "multiscale",
    "emulator": "multiscale",
    "implicit": "multiscale",
    "reproduce": "reproduce",
}
"""Commands, and the module of each in this room: a function of the command's name, or a Typer `app` of several."""


class _Commands(TyperGroup):
    """The commands of `COMMANDS`, each made when it is asked for."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = dict.fromkeys(COMMANDS)  # type: ignore[assignment]  # None: not made yet

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a name, None if there is none."""
        if cmd_name in COMMANDS and self.commands[cmd_name] is None:
            self.commands[cmd_name] = _made(cmd_name)
        return self.commands.get(cmd_name)


def _made(name: str) -> Any:
    module = importlib.import_module(f"nanonet.serve.{COMMANDS[name]}")
    several = getattr(module, "app", None)
    if several is None:
        several = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings=_HELP)
        several.command(name)(getattr(module, name.replace("-", "_")))
    return typer.main.get_command(several)


_HELP = {"help_option_names": ["-h", "--help"]}
app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=_HELP,
    help="Nanoparticles in a polymer: simulate and predict their radial distribution function g(r).",
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"nanonet {version('nanonet-pnc')}")
        raise typer.Exit


@app.callback()
def nanonet(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Nanoparticles in a polymer: simulate and predict their radial distribution function g(r)."""


def main() -> None:
    """Run the command line: exit status 2 and one message, no traceback, for what the user can mend."""
    sys.exit(terminal.run(app))


if __name__ == "__main__":
    main()
