"""The command `nanonet reproduce`: the paper's figures and studies on our own data, in one report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from nanonet.serve.options import needs_extra, progress_bar
from nanonet.serve.terminal import print


def reproduce(
    out: Annotated[Path, typer.Option(help="Folder of the report; what is computed there is not computed again.")],
    dataset: Annotated[Path | None, typer.Option(help="Dataset (.nc) to score on; default: the shipped one.")] = None,
    implicit: Annotated[Path | None, typer.Option(help="Implicit dataset (.nc); default: the shipped one.")] = None,
    kept_runs: Annotated[
        Path | None, typer.Option(help="Folder of kept run folders, for snapshots; left out: no snapshots.")
    ] = None,
    only: Annotated[list[str] | None, typer.Option(help="A chapter to compute; may be given several times.")] = None,
    alone: Annotated[
        bool, typer.Option("--explicit-alone", help="Learn from explicit compositions alone, in a third of the time.")
    ] = False,
    repeats: Annotated[
        int | None,
        typer.Option(help="Repeats of networks; default: 3, and 2 where implicit compositions are learnt too."),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A small version, whose numbers mean nothing.")] = False,
) -> None:
    """Write the paper's figures and studies, trained on our own data, as one report."""
    from nanonet.dataset import Dataset
    from nanonet.errors import InputError, check_whole

    if kept_runs is not None and not kept_runs.is_dir():
        raise InputError(f"kept_runs = {kept_runs} is not a folder")
    with needs_extra("learn"):
        from nanonet.reproduce.chapters import QUICK, ComputeBudget
        from nanonet.reproduce.report import SUMMARY
        from nanonet.reproduce.report import reproduce as write
        from nanonet.reproduce.training_data import TrainingData
    data = Dataset.shipped() if dataset is None else Dataset.load(dataset)
    others = Dataset.shipped("implicit") if implicit is None else Dataset.load(implicit)
    known = TrainingData.of(data, others)
    named = ["the shipped dataset" if dataset is None else dataset.name]
    if alone:
        known = TrainingData(known.explicit, None)
    else:
        named.append("the shipped implicit one" if implicit is None else implicit.name)
    budget = QUICK if quick else ComputeBudget()
    if repeats is not None:
        check_whole("repeats", repeats, 1, 1000)
        budget = replace(budget, repeats=repeats, rich_repeats=repeats)
    with progress_bar("fitting") as progress:
        page = write(
            out,
            known,
            budget=budget,
            only=only or (),
            runs=kept_runs,
            source=" and ".join(named),
            progress=progress,
        )
    print(f"written    {page}\nwritten    {out / SUMMARY}")
