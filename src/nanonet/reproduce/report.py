"""The report: computes what is missing, then writes the page. `nanonet reproduce` calls this."""

from __future__ import annotations

import datetime
import json
import platform
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from threadpoolctl import threadpool_limits

from nanonet.errors import InputError
from nanonet.formats.atomic import check_replaceable, writing
from nanonet.reproduce import (
    alternatives,
    forests,
    leak,
    learning,
    paper_split,
    phases,
    prediction,
    reconstruction,
    variations,
)
from nanonet.reproduce.chapters import Chapter, ComputeBudget, Context
from nanonet.reproduce.fits import CrossValidationFit, FitStore
from nanonet.reproduce.page import Block, Heading, Points, Text, to_html, to_markdown
from nanonet.reproduce.training_data import TrainingData

PAGE, SUMMARY, SETTINGS, RESULTS = "report.html", "summary.md", "report.json", "results"

_FOUND = {
    name: chapter
    for module in (phases, reconstruction, forests, prediction, paper_split, leak, variations, alternatives, learning)
    for name, chapter in module.CHAPTERS.items()
}
CHAPTERS: dict[str, Chapter] = {
    name: _FOUND[name]
    for name in (
        "phases",
        "autoencoder",
        "forest",
        "prediction",
        "split",
        "leak",
        "latent",
        "architecture",
        "direct",
        "codecs",
        "learning",
    )
}
"""The chapters, in order."""

QUICK_IMPLICIT = 12
"""Implicit compositions that a quick run looks at."""


def reproduce(
    out: Path,
    known: TrainingData,
    *,
    budget: ComputeBudget | None = None,
    only: Sequence[str] = (),
    runs: Path | None = None,
    source: str = "the shipped datasets",
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write the report into a folder; what was computed there before, by the same code on the same data, is kept.

    Parameters
    ----------
    out:
        Made if need be; an older report there is replaced.
    known:
        What the chapters are made from.
    budget:
        How much is computed; default: all.
    only:
        Names of chapters to compute; the page has those whose results are all there. None: all.
    runs:
        Kept run folders with whole configurations, for snapshots.
    source:
        Where the data come from, in the words of the page.
    progress:
        Called with the fits done and the fits in all.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    InputError
        A chapter that does not exist, or `out` holds something else than a report.
    """
    for name in only:
        if name not in CHAPTERS:
            raise InputError(f"chapter = {name!r} is not one of {', '.join(CHAPTERS)}")
    check_replaceable(out, SETTINGS)
    budget = budget or ComputeBudget()
    if budget.quick and known.implicit is not None:
        few = known.implicit.subset(range(min(len(known.implicit), QUICK_IMPLICIT)))
        known = replace(known, implicit=few)
    results = out / RESULTS
    results.mkdir(parents=True, exist_ok=True)
    with writing(out / SETTINGS) as temporary:
        temporary.write_text(json.dumps(_settings(known, budget, source), indent=1) + "\n", encoding="utf-8")
    store = FitStore(results, known)
    context = Context(known, budget, store.result, out, runs)
    missing = store.missing([fit for name in only or CHAPTERS for fit in CHAPTERS[name].fits(context)])
    with threadpool_limits(limits=1):  # on busy cores scikit-learn's threads wait for one another
        for done, fit in enumerate(missing):
            if progress is not None:
                progress(done, len(missing))
            store.compute(fit)
        if progress is not None and missing:
            progress(len(missing), len(missing))
        blocks = _opening(context, source, store) + _chapters(context, store)
    for file, text in ((PAGE, to_html(blocks)), (SUMMARY, to_markdown(blocks))):
        with writing(out / file) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return out / PAGE


def _chapters(context: Context, store: FitStore) -> list[Block]:
    """All chapters whose fits are there, what they cost, and what is not there yet."""
    blocks: list[Block] = []
    absent: list[str] = []
    used: dict[Path, CrossValidationFit] = {}
    for name, chapter in CHAPTERS.items():
        fits = chapter.fits(context)
        if store.missing(fits):
            absent.append(f"{chapter.title}: `--only {name}`")
            continue
        blocks += [Heading(chapter.title), *chapter.write(context)]
        used |= {store.path(fit): fit for fit in fits}
    hours = sum(float(store.result(fit)["seconds"]) for fit in used.values()) / 3600
    blocks += [
        Heading("Cost"),
        Text(f"The {len(used)} fits behind this page took {60 * hours:.0f} minutes of processor time."),
    ]
    if absent:
        blocks += [Heading("Not computed yet"), Points(absent)]
    return blocks


def _settings(known: TrainingData, budget: ComputeBudget, source: str) -> dict[str, object]:
    names = ("nanonet-pnc", "torch", "scikit-learn", "numpy")
    return {
        "date": datetime.date.today().isoformat(),
        "source": source,
        "explicit": len(known.explicit),
        "implicit": 0 if known.implicit is None else len(known.implicit),
        "plan": dict(vars(budget)),
        "versions": {"python": platform.python_version()} | {name: version(name) for name in names},
    }


def _opening(context: Context, source: str, store: FitStore) -> list[Block]:
    known, budget = context.known, context.budget
    data = known.explicit
    verdicts = [bool(entry.get("convergence", {}).get("converged")) for entry in data.provenance]
    implicit, rich = "no implicit ones", ""
    if known.implicit is not None:
        implicit = f"{len(known.implicit)} implicit ones (NPs alone with a polymer-mediated potential)"
        rich = f" ({budget.rich_repeats} where implicit compositions are learnt too, 1 of the paper's settings there)"
    blocks: list[Block] = [
        Heading("nanoNET as published, on our own data", 1),
        Text(
            "The machine-learning half of Ayush, Seth and Patra, Soft Matter 19, 5502 (2023): its figures 4 to 7 and "
            f"the studies that it names, by `nanonet reproduce` from {source}: {len(data)} explicit compositions (NPs "
            f"in polymer), of which {sum(verdicts)} are converged, and {implicit}. The paper has 80 explicit ones. "
            "Our data are not the paper's, so numbers are compared as what the same method gives."
        ),
        Text(
            f"Scores count on held-out explicit compositions only: {budget.folds}-fold cross-validation, "
            f"{budget.repeats} repeat(s) with other splits and seeds{rich}, {budget.cheap_repeats} of what takes "
            "little time. "
            "Everything is split before anything is fitted, except in the chapter on the leak."
        ),
    ]
    if not store.missing(CHAPTERS["split"].fits(context)):
        blocks.insert(1, Text(paper_split.verdict(context)))
    if len(data) < 40:
        blocks.append(
            Text(
                f"**{len(data)} compositions are few.** Differences between rows that are smaller than their spread, "
                "or than a few hundredths in ln g, mean nothing; more will come with more simulations, by the same "
                "command."
            )
        )
    if budget.quick:
        blocks.append(
            Text(
                "**A quick run: networks were hardly trained. It shows that the report works; its numbers mean "
                "nothing.**"
            )
        )
    return blocks
