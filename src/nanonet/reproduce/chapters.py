"""What a chapter of the report is, and the comparisons that several of them share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nanonet.learn.nanonet import PAPER as SETTINGS
from nanonet.reproduce.fits import CrossValidationFit
from nanonet.reproduce.page import Block
from nanonet.reproduce.scores import Comparison, Results, crossed
from nanonet.reproduce.training_data import TrainingData

PAPER: Mapping[str, Any] = {**SETTINGS, "attempts": 1}
"""The paper's settings of the network, without the restarts that it does not mention."""


PREDICTORS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "nanoNET": ("nanonet", {}),
    "Gaussian process": ("gaussian process", {}),
}
"""Predictors of figure 7's table and of the learning curves: a model of `models.MODELS` and its settings, by name.

Another predictor enters here.
"""


@dataclass(frozen=True)
class ComputeBudget:
    """How much is computed."""

    folds: int = 5
    """Of every cross-validation: 5 is the paper's 80/20."""
    repeats: int = 3
    """Of the cross-validation of networks and of what else takes seconds a fit, on explicit compositions."""
    rich_repeats: int = 2
    """The same where implicit ones are learnt too, which takes minutes."""
    cheap_repeats: int = 5
    """Of what takes less."""
    draws: int = 3
    """Of the paper's 68 and 12 compositions by lot; one where implicit ones are learnt too."""
    study_implicit: int = 25
    """Implicit compositions that the variations of the network learn besides explicit ones, in rows of their own; 0:
    they learn explicit ones alone."""
    latents: tuple[int, ...] = (2, 4, 8, 16, 32)
    trees: int = 100
    """Largest forest of figure 6."""
    shown: int = 12
    """Compositions of figure 7."""
    epochs: int = 0
    """Of every network; 0: the model's own."""
    quick: bool = False

    @property
    def training(self) -> dict[str, Any]:
        """Settings of every network."""
        return {"epochs": self.epochs, "attempts": 1} if self.epochs else {}


QUICK = ComputeBudget(
    folds=2,
    repeats=1,
    rich_repeats=1,
    cheap_repeats=2,
    draws=1,
    study_implicit=4,
    latents=(2, 8),
    trees=10,
    shown=4,
    epochs=2,
    quick=True,
)
"""A small version that shows that everything works; its numbers mean nothing."""


@dataclass(frozen=True)
class Context:
    """What a chapter works with."""

    known: TrainingData
    budget: ComputeBudget
    results: Results
    folder: Path
    """Where figures are written."""
    runs: Path | None
    """Kept run folders with whole configurations."""

    @property
    def both(self) -> bool:
        """Whether there are implicit compositions."""
        return self.known.implicit is not None


@dataclass(frozen=True)
class Chapter:
    """A chapter of the report: the fits that it needs, and what it writes once they are there."""

    title: str
    rows: Callable[[Context], Iterable[Comparison | str]]
    """What it scores; headings between rows do not count."""
    write: Callable[[Context], list[Block]]

    def fits(self, context: Context) -> list[CrossValidationFit]:
        """All its fits."""
        return [fit for row in self.rows(context) if isinstance(row, Comparison) for fit in row.flat]


def network(context: Context, label: str, settings: Mapping[str, Any] | None = None, **kwargs: Any) -> Comparison:
    """A cross-validated nanoNET."""
    return slow(context, label, "nanonet", {**(settings or {}), **context.budget.training}, **kwargs)


def published(context: Context, label: str, implicit: int | None) -> Comparison:
    """The paper's settings; cross-validated once where implicit compositions are learnt in all of their 400 epochs."""
    return network(context, label, PAPER, implicit=implicit, repeats=None if implicit == 0 else 1)


def slow(
    context: Context,
    label: str,
    model: str,
    settings: Mapping[str, Any] | None = None,
    *,
    implicit: int | None = 0,
    repeats: int | None = None,
    **kwargs: Any,
) -> Comparison:
    """A cross-validated model that takes seconds a fit, or that is compared with one on the same splits."""
    X, budget = context.known.explicit.X, context.budget
    if repeats is None:
        repeats = budget.repeats if implicit == 0 else budget.rich_repeats
    return Comparison(label, crossed(X, budget.folds, repeats, model, settings, implicit=implicit, **kwargs))


def cheap(
    context: Context, label: str, model: str, settings: Mapping[str, Any] | None = None, **kwargs: Any
) -> Comparison:
    """A cross-validated model that takes little time."""
    X, budget = context.known.explicit.X, context.budget
    return Comparison(label, crossed(X, budget.folds, budget.cheap_repeats, model, settings, **kwargs))


def predictors(context: Context, implicit: int | None) -> dict[str, Comparison]:
    """All of `PREDICTORS`."""
    return {
        label: network(context, label, settings, implicit=implicit)
        if model == "nanonet"
        else slow(context, label, model, settings, implicit=implicit)
        for label, (model, settings) in PREDICTORS.items()
    }


def trivial(context: Context, **kwargs: Any) -> dict[str, Comparison]:
    """What everything must be compared with."""
    names = {
        "black image": "black image",
        "mean image": "mean image",
        "mean of g": "mean of g",
        "mean of ln g": "mean of ln g",
        "nearest": "nearest simulated composition",
    }
    return {model: cheap(context, label, model, **kwargs) for model, label in names.items()}


def references(context: Context, implicit: int | None) -> dict[str, Comparison]:
    """The default network and the trivial baselines, trained on the same data."""
    default = network(context, "nanoNET, default", implicit=implicit)
    return {"default": default, **trivial(context, implicit=implicit)}


Group = Callable[[Context, int | None], Mapping[str, Comparison]]
"""Rows that are compared, by name, for so many implicit compositions learnt; None: all."""


def compared(context: Context, group: Group, fitted_on: Mapping[str, int | None]) -> list[Comparison | str]:
    """A group and its references for everything that they are trained on, each under its heading."""
    lines: list[Comparison | str] = []
    for said, implicit in fitted_on.items():
        lines += [f"trained on {said}", *group(context, implicit).values(), *references(context, implicit).values()]
    return lines


def training_sets(context: Context) -> dict[str, int | None]:
    """What models are trained on, in words, and how many implicit compositions that means."""
    explicit: dict[str, int | None] = {"explicit compositions": 0}
    return explicit | ({"explicit and implicit compositions": None} if context.both else {})


def variation_training_sets(context: Context) -> dict[str, int | None]:
    """The same of the variations of the network."""
    if context.known.implicit is None or not context.budget.study_implicit:
        return {"explicit compositions": 0}
    number = min(context.budget.study_implicit, len(context.known.implicit))
    return {"explicit compositions": 0, f"explicit and {number} implicit compositions": number}
