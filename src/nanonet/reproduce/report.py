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
from nanonet.reproduce import alternatives, forests, leak, learning, phases, prediction, reconstruction, variations
from nanonet.reproduce.page import Block, Heading, Points, Text, to_html, to_markdown
from nanonet.reproduce.studies import Context, Plan, Study
from nanonet.reproduce.tasks import Task, TaskStore
from nanonet.reproduce.training_data import TrainingData

PAGE, SUMMARY, SETTINGS, RESULTS = "report.html", "summary.md", "report.json", "results"

_FOUND = {
    name: study
    for module in (phases, reconstruction, forests, prediction, leak, variations, alternatives, learning)
    for name, study in module.STUDIES.items()
}
STUDIES: dict[str, Study] = {
    name: _FOUND[name]
    for name in (
        "phases",
        "autoencoder",
        "forest",
        "prediction",
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
    plan: Plan | None = None,
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
    plan:
        How much is computed; default: all.
    only:
        Names of studies to compute; the page has those whose results are all there. None: all.
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
        A study that does not exist, or `out` holds something else than a report.
    """
    for name in only:
        if name not in STUDIES:
            raise InputError(f"study = {name!r} is not one of {', '.join(STUDIES)}")
    check_replaceable(out, SETTINGS)
    plan = plan or Plan()
    if plan.quick and known.implicit is not None:
        few = known.implicit.subset(range(min(len(known.implicit), QUICK_IMPLICIT)))
        known = replace(known, implicit=few)
    results = out / RESULTS
    results.mkdir(parents=True, exist_ok=True)
    with writing(out / SETTINGS) as temporary:
        temporary.write_text(json.dumps(_settings(known, plan, source), indent=1) + "\n", encoding="utf-8")
    store = TaskStore(results, known)
    context = Context(known, plan, store.result, out, runs)
    missing = store.missing([task for name in only or STUDIES for task in STUDIES[name].tasks(context)])
    with threadpool_limits(limits=1):  # on busy cores scikit-learn's threads wait for one another
        for done, task in enumerate(missing):
            if progress is not None:
                progress(done, len(missing))
            store.compute(task)
        if progress is not None and missing:
            progress(len(missing), len(missing))
        blocks = _opening(context, source) + _chapters(context, store)
    for file, text in ((PAGE, to_html(blocks)), (SUMMARY, to_markdown(blocks))):
        with writing(out / file) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return out / PAGE


def _chapters(context: Context, store: TaskStore) -> list[Block]:
    """All chapters whose fits are there, what they cost, and what is not there yet."""
    blocks: list[Block] = []
    absent: list[str] = []
    used: dict[Path, Task] = {}
    for name, study in STUDIES.items():
        tasks = study.tasks(context)
        if store.missing(tasks):
            absent.append(f"{study.title}: `--only {name}`")
            continue
        blocks += [Heading(study.title), *study.write(context)]
        used |= {store.path(task): task for task in tasks}
    hours = sum(float(store.result(task)["seconds"]) for task in used.values()) / 3600
    blocks += [
        Heading("Cost"),
        Text(f"The {len(used)} fits behind this page took {60 * hours:.0f} minutes of processor time."),
    ]
    if absent:
        blocks += [Heading("Not computed yet"), Points(absent)]
    return blocks


def _settings(known: TrainingData, plan: Plan, source: str) -> dict[str, object]:
    names = ("nanonet-pnc", "torch", "scikit-learn", "numpy")
    return {
        "date": datetime.date.today().isoformat(),
        "source": source,
        "explicit": len(known.explicit),
        "implicit": 0 if known.implicit is None else len(known.implicit),
        "plan": dict(vars(plan)),
        "versions": {"python": platform.python_version()} | {name: version(name) for name in names},
    }


def _opening(context: Context, source: str) -> list[Block]:
    known, plan = context.known, context.plan
    data = known.explicit
    verdicts = [bool(entry.get("convergence", {}).get("converged")) for entry in data.provenance]
    implicit, rich = "no implicit ones", ""
    if known.implicit is not None:
        implicit = f"{len(known.implicit)} implicit ones (NPs alone with a polymer-mediated potential)"
        rich = f" ({plan.rich_repeats} where implicit compositions are learnt too, 1 of the paper's settings there)"
    blocks: list[Block] = [
        Heading("nanoNET as published, on our own data", 1),
        Text(
            "The machine-learning half of Ayush, Seth and Patra, Soft Matter 19, 5502 (2023): its figures 4 to 7 and "
            f"the studies that it names, by `nanonet reproduce` from {source}: {len(data)} explicit compositions (NPs "
            f"in polymer), of which {sum(verdicts)} are converged, and {implicit}. The paper has 80 explicit ones. "
            "Our data are not the paper's, so numbers are compared as what the same method gives."
        ),
        Text(
            f"Scores count on held-out explicit compositions only: {plan.folds}-fold cross-validation, {plan.repeats} "
            f"repeat(s) with other splits and seeds{rich}, {plan.cheap_repeats} of what takes little time. "
            "Everything is split before anything is fitted, except in the chapter on the leak."
        ),
    ]
    if len(data) < 40:
        blocks.append(
            Text(
                f"**{len(data)} compositions are few.** Differences between rows that are smaller than their spread, "
                "or than a few hundredths in ln g, mean nothing; more will come with more simulations, by the same "
                "command."
            )
        )
    if plan.quick:
        blocks.append(
            Text(
                "**A quick run: networks were hardly trained. It shows that the report works; its numbers mean "
                "nothing.**"
            )
        )
    return blocks
