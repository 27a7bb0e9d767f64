"""What a study is, and the rows that several of them share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nanonet.learn.model import PAPER as SETTINGS
from nanonet.reproduce.evidence import Evidence
from nanonet.reproduce.page import Block
from nanonet.reproduce.scores import Results, Row, crossed
from nanonet.reproduce.tasks import Task

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
class Plan:
    """How much is computed."""

    folds: int = 5
    """Of every cross-validation: 5 is the paper's 80/20."""
    repeats: int = 2
    """Of the main comparisons with networks that learn explicit compositions."""
    rich_repeats: int = 1
    """The same where they also learn implicit ones, which takes longer."""
    study_repeats: int = 1
    """Of the variations of the network."""
    study_implicit: int = 0
    """Implicit compositions that the variations learn besides explicit ones: 0 for the time that they take."""
    cheap_repeats: int = 5
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


QUICK = Plan(
    folds=2,
    repeats=1,
    study_repeats=1,
    study_implicit=4,
    cheap_repeats=2,
    latents=(2, 8),
    trees=10,
    shown=4,
    epochs=2,
    quick=True,
)
"""A small version that shows that everything works; its numbers mean nothing."""


@dataclass(frozen=True)
class Context:
    """What a study works with."""

    evidence: Evidence
    plan: Plan
    results: Results
    folder: Path
    """Where figures are written."""
    runs: Path | None
    """Kept run folders with whole configurations."""

    @property
    def both(self) -> bool:
        """Whether there are implicit compositions."""
        return self.evidence.implicit is not None


@dataclass(frozen=True)
class Study:
    """A chapter of the report: the fits that it needs, and what it writes once they are there."""

    title: str
    rows: Callable[[Context], Mapping[str, Row]]
    write: Callable[[Context], list[Block]]

    def tasks(self, context: Context) -> list[Task]:
        """All its fits."""
        return [task for row in self.rows(context).values() for task in row.flat]


def network_repeats(context: Context, implicit: int | None) -> int:
    """Repeats of the main comparisons."""
    return context.plan.repeats if implicit == 0 else context.plan.rich_repeats


def network(
    context: Context, label: str, repeats: int, settings: Mapping[str, Any] | None = None, **kwargs: Any
) -> Row:
    """A cross-validated nanoNET."""
    plan, n = context.plan, len(context.evidence.explicit)
    chosen = {**(settings or {}), **plan.training}
    return Row(label, crossed(n, plan.folds, repeats, "nanonet", chosen, **kwargs))


def cheap(
    context: Context,
    label: str,
    model: str,
    settings: Mapping[str, Any] | None = None,
    repeats: int = 0,
    **kwargs: Any,
) -> Row:
    """Another cross-validated model; so many repeats, or those of what takes little time."""
    n, plan = len(context.evidence.explicit), context.plan
    return Row(label, crossed(n, plan.folds, repeats or plan.cheap_repeats, model, settings, **kwargs))


def trivial(context: Context, **kwargs: Any) -> dict[str, Row]:
    """What everything must be compared with."""
    names = {
        "black picture": "black picture",
        "mean picture": "mean picture",
        "mean of g": "mean of g",
        "mean of ln g": "mean of ln g",
        "nearest": "nearest simulated composition",
    }
    return {model: cheap(context, label, model, **kwargs) for model, label in names.items()}


def references(context: Context, implicit: int | None) -> dict[str, Row]:
    """The default network and the trivial baselines, trained on the same data."""
    default = network(context, "nanoNET, default", context.plan.study_repeats, implicit=implicit)
    return {"default": default, **trivial(context, implicit=implicit)}


def teachings(context: Context) -> dict[str, int | None]:
    """What models are trained on, in words, and how many implicit compositions that means."""
    explicit: dict[str, int | None] = {"explicit compositions": 0}
    return explicit | ({"explicit and implicit compositions": None} if context.both else {})


def richest(context: Context) -> int | None:
    """How many implicit compositions the variations learn besides explicit ones."""
    return context.plan.study_implicit if context.both else 0


def learnt(context: Context, implicit: int | None) -> str:
    """What models were trained on, as a sentence."""
    if implicit == 0 or context.evidence.implicit is None:
        return "Trained on explicit compositions alone."
    number = min(len(context.evidence.implicit), len(context.evidence.implicit) if implicit is None else implicit)
    return f"Trained on explicit and {number} implicit compositions, none of which repeats a held-out one."
