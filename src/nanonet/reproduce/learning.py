"""Learning curves: error against the number of compositions learnt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from nanonet.evaluate.splits import MIN_CURVES
from nanonet.plots import report as figures
from nanonet.reproduce.chapters import PREDICTORS, Chapter, Context, predictors, trivial
from nanonet.reproduce.page import Block, FigureFile, Text
from nanonet.reproduce.scores import Comparison, measure, repeated

_TRIVIAL = ("nearest", "mean of g", "mean of ln g")


def _bases(context: Context, implicit: int | None) -> dict[str, Comparison]:
    """What is drawn, by label, with so many implicit compositions."""
    baselines = trivial(context, implicit=implicit)
    return predictors(context, implicit) | {baselines[name].label: baselines[name] for name in _TRIVIAL}


def _explicit_sizes(context: Context) -> list[int]:
    """From as few as can be learnt to all that a split has."""
    n = len(context.known.explicit)
    most = n - n // context.budget.folds
    return sorted({max(MIN_CURVES, most * part // 8) for part in (2, 4, 6)} | {most})


def _implicit_sizes(context: Context) -> list[int | None]:
    if context.known.implicit is None:
        return []
    m = len(context.known.implicit)
    return [0, *sorted({max(1, m // 8), max(1, m // 2)}), None]


def _cut(row: Comparison, size: int) -> Comparison:
    """The same splits with `size` of each training set, drawn by a lot in which smaller sets are part of larger."""

    def fewer(indices: tuple[int, ...], seed: int) -> tuple[int, ...]:
        order = np.random.default_rng(seed).permutation(len(indices))[:size]
        return tuple(sorted(indices[i] for i in order))

    fits = [[replace(fit, train=fewer(fit.train, fit.seed)) for fit in fold] for fold in row.fits]
    return replace(row, fits=fits)


def _lines(context: Context) -> tuple[dict[str, list[Comparison]], dict[str, list[Comparison]]]:
    """Rows of the two panels: explicit compositions alone, and all of those with implicit ones."""
    explicit: dict[str, list[Comparison]] = {}
    for label, row in _bases(context, 0).items():
        explicit[label] = [_cut(row, size) for size in _explicit_sizes(context)]
    implicit: dict[str, list[Comparison]] = {}
    for size in _implicit_sizes(context):
        for label, row in _bases(context, size).items():
            implicit.setdefault(label, []).append(row)
    return explicit, implicit


def _rows(context: Context) -> list[Comparison]:
    return [row for lines in _lines(context) for rows in lines.values() for row in rows]


def _write(context: Context) -> list[Block]:
    explicit, implicit = _lines(context)
    shown = [figures.Against("explicit compositions learnt, alone", _points(context, explicit), {})]
    if implicit:
        xlabel = "explicit and implicit compositions learnt"
        shown.append(figures.Against(xlabel, _points(context, implicit), {}))
    figures.against(context.folder / "learning.png", shown)
    first = next(iter(PREDICTORS))
    said = [f"{one.curves[first][1][0]:.2f} to {one.curves[first][1][-1]:.2f}" for one in shown]
    text = f"With more explicit compositions alone {first}'s error goes from {said[0]}."
    if implicit:
        text += f" With all explicit ones of a split and more and more implicit ones it goes from {said[1]}."
    return [
        Text(f"Error of g(r) of held-out explicit compositions against how many compositions were learnt. {text}"),
        FigureFile(
            "learning.png",
            "Learning curves: RMSE of ln g, weighted; bars: standard deviation over repeated splits where there are "
            "several. Smaller training sets are part of larger ones.",
        ),
    ]


def _points(context: Context, lines: Mapping[str, list[Comparison]]) -> dict[str, tuple[Any, ...]]:
    found = {}
    for label, rows in lines.items():
        sizes = [
            np.mean([len(context.known.training(t.train, t.test, t.implicit)[0]) for t in row.flat]) for row in rows
        ]
        scores = [repeated(measure(row, context.results, context.known).weighted) for row in rows]
        found[label] = (sizes, [mean for mean, _ in scores], [deviation for _, deviation in scores])
    return found


CHAPTERS = {"learning": Chapter("Learning curves", _rows, _write)}
