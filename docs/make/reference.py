"""The pages of the reference that follow from the code: commands, modules, records (`make docs` writes them)."""

from __future__ import annotations

import dataclasses
import inspect
import pkgutil
from importlib import import_module
from pathlib import Path

import typer

from nanonet import records
from nanonet.schema import Record
from nanonet.serve.cli import app

ROOMS = {
    "Values": ("composition", "grafted", "space", "curve", "rdf", "structure_factor", "fourier", "dataset", "errors"),
    "Predict": ("predict", "models", "phases", "evaluate"),
    "Learn": ("learn",),
    "Simulate": ("protocol", "systems", "simulate", "campaign"),
    "Analyze": ("analyze", "potentials"),
    "Decide": ("design",),
    "Show": ("plots",),
}
"""Modules and rooms of the reference, by what a reader wants to do."""

BEHIND = {
    *("analyze.gsd_source", "analyze.mdanalysis_sources", "analyze.source", "analyze.xtc_process"),
    *("campaign.dispatch", "campaign.finished_runs", "campaign.interchange", "campaign.workers"),
    *("campaign.parsl_common", "campaign.parsl_htex", "campaign.parsl_pbs", "campaign.parsl_slurm"),
    *("evaluate.fingerprint", "evaluate.store", "learn.gaussian", "learn.model", "learn.onnx_export", "learn.scoring"),
    *("models.onnx_graph", "models.process_folder", "plots.report", "simulate.cache", "simulate.process"),
}
"""Modules that only others of the package use, or that keep a former name: left out."""


def modules(names: tuple[str, ...]) -> list[str]:
    """Full names of what stands in the reference of modules and rooms."""
    found = []
    for name in names:
        module = import_module(f"nanonet.{name}")
        inner = [one.name for one in pkgutil.iter_modules(module.__path__)] if hasattr(module, "__path__") else []
        found += [name, *(f"{name}.{one}" for one in sorted(inner))]
    return [f"nanonet.{name}" for name in found if name not in BEHIND]


def write(folder: Path) -> None:
    """Write the pages into a folder."""
    folder.mkdir(exist_ok=True)
    pages = {"commands": _commands(), "files": _files()}
    for title, names in ROOMS.items():
        pages[title.lower()] = _modules(title, names)
    for name, text in pages.items():
        path = folder / f"{name}.md"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def _commands() -> str:
    """The help of every command."""
    lines = ["# Commands", "", "What `nanonet COMMAND --help` prints.", ""]
    group = typer.main.get_command(app)
    with group.make_context("nanonet", [], resilient_parsing=True) as context:
        for name in group.list_commands(context):  # type: ignore[attr-defined]
            lines += _command(group.get_command(context, name), f"nanonet {name}", 2)  # type: ignore[attr-defined]
    return "\n".join(lines)


def _command(command: typer.core.TyperCommand, name: str, level: int) -> list[str]:
    with command.make_context(name, [], resilient_parsing=True) as context:
        text = ["#" * level + f" {name}", "", "```text", command.get_help(context).strip(), "```", ""]
        for inner in command.list_commands(context) if hasattr(command, "list_commands") else ():
            text += _command(command.get_command(context, inner), f"{name} {inner}", level + 1)  # type: ignore[attr-defined]
    return text


def _modules(title: str, names: tuple[str, ...]) -> str:
    """One page of modules, each with what it makes public."""
    lines = [f"# {title}", ""]
    for full in modules(names):
        lines += [f"## {full}", "", "```{eval-rst}", f".. automodule:: {full}", "   :members:", "   :show-inheritance:"]
        lines += ["```", ""]
    return "\n".join(lines)


def _files() -> str:
    """The fields of every record that stands in a file as JSON."""
    lines = [
        "# Records in files",
        "",
        "JSON in run folders, datasets, campaigns and models; a field without default must be there.",
        "",
    ]
    for name, kind in vars(records).items():
        if inspect.isclass(kind) and issubclass(kind, Record) and kind is not Record and not name.startswith("_"):
            doc = " ".join((inspect.getdoc(kind) or "").split())
            lines += [f"## {name}", "", doc, "", "| field | type | default |", "|---|---|---|"]
            for one in dataclasses.fields(kind):
                key = kind.in_file.get(one.name, one.name)
                shown = str(one.type).replace("|", "or").replace("_", "\\_")
                default = "" if one.default is dataclasses.MISSING else repr(one.default)
                lines.append(f"| `{key}` | {shown} | {default} |")
            lines.append("")
    return "\n".join(lines)
