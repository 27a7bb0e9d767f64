"""The counterpart of figure 5: the autoencoder's losses, and images beside their reconstructions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from nanonet.models.image import rasterize
from nanonet.plots import report as figures
from nanonet.plots.style import symbols
from nanonet.reproduce.chapters import Chapter, Context, network, published, training_sets
from nanonet.reproduce.fits import CrossValidationFit, unpacked
from nanonet.reproduce.page import Block, FigureFile, Points, Table, Text
from nanonet.reproduce.published import Published, compare
from nanonet.reproduce.scores import Comparison, Results, rebuilt, spread

_HEADER = (
    "network", "MAE, training", "MAE, held out", "MSE, training", "MSE, held out", "MSE, mean image",
    "MSE, black image", "epochs",
)  # fmt: skip
_SETTINGS = ("default", "the paper's settings")


def _rows(context: Context) -> dict[str, Comparison]:
    """Networks by their settings and what they learnt."""
    rows: dict[str, Comparison] = {}
    for said, implicit in training_sets(context).items():
        default, paper = (f"{name}, {said}" for name in _SETTINGS)
        rows |= {default: network(context, default, implicit=implicit), paper: published(context, paper, implicit)}
    return rows


def _write(context: Context) -> list[Block]:
    rows = _rows(context)
    richest = list(rows)[-len(_SETTINGS) :]
    shown = {label: context.results(rows[label].fits[0][0]) for label in richest}
    blocks: list[Block] = [
        Text(
            "The autoencoder alone: images against what it makes of them, for the images that it learnt and for "
            "those of held-out explicit compositions. Every split is 80/20 and is made before anything is fitted. The "
            "paper trains on 60 curves (its methods) or 68 (its results); a split here on "
            f"{', on '.join(_numbers(context))}."
        ),
        Table(
            _HEADER,
            [_line(row, context.results) for row in rows.values()],
            "Mean ± standard deviation over splits; the mean and the black image are those of the training set.",
        ),
    ]
    trainings = [figures.training_of(label, one["history"]) for label, one in shown.items()]
    figures.losses(context.folder / "figure5a.png", trainings)
    caption = (
        "Counterpart of figure 5a: mean squared error of grey levels in one training, whatever loss was minimised."
    )
    blocks.append(FigureFile("figure5a.png", caption))
    blocks.append(_images(context, rows[richest[0]].fits[0][0], shown))
    items = []
    for label, name in zip(richest, _SETTINGS, strict=True):
        mae, mse = (
            rebuilt(rows[label], context.results, *which).mean() for which in (("train", "mae"), ("test", "mse"))
        )
        items.append(f"MAE of the training set, {name}: {compare(float(mae), Published.MAE)}")
        items.append(f"MSE of held-out images, {name}: {compare(float(mse), Published.MSE)}")
    return [*blocks, Points(items)]


def _numbers(context: Context) -> list[str]:
    """How many curves the first split trains on, by data."""
    fit = next(iter(_rows(context).values())).fits[0][0]
    return [
        f"{len(context.known.training(fit.train, fit.test, implicit)[0])} {said}"
        for said, implicit in training_sets(context).items()
    ]


def _line(row: Comparison, results: Results) -> list[str]:
    every = [results(fit) for fit in row.flat]
    histories = [one["history"] for one in every]
    stuck = sum(one["stuck"] for one in every)
    label = row.label + (f" (stuck {stuck} of {len(every)})" if stuck else "")
    errors = [rebuilt(row, results, kind, error) for error in ("mae", "mse") for kind in ("train", "test")]
    levels = [np.mean([history[f"mse_{kind}"] for history in histories]) for kind in ("mean", "black")]
    epochs = np.mean([len(history["losses"]) for history in histories])
    return [label, *(spread(e[:, None], "{:.4f}") for e in errors), *(f"{v:.4f}" for v in levels), f"{epochs:.0f}"]


def _images(context: Context, fit: CrossValidationFit, shown: Mapping[str, Mapping[str, Any]]) -> FigureFile:
    data = context.known.explicit
    chosen = list(fit.test)[:3]
    rows = {"simulated": list(rasterize(data.G[chosen], data.r))}
    for label, result in shown.items():
        rows[label.replace(", ", "\n", 1)] = list(unpacked(result["rebuilt_pictures"])[: len(chosen)])
    titles = [symbols(data.compositions[i], "\n") for i in chosen]
    figures.reconstructions(context.folder / "figure5b.png", titles, rows)
    return FigureFile(
        "figure5b.png",
        "Counterpart of figure 5b to d, for compositions that the network has not seen: the image of the simulated "
        "g(r) and what the autoencoder makes of it. r to the right, ln g upwards.",
    )


CHAPTERS = {"autoencoder": Chapter("The autoencoder (figure 5)", lambda context: _rows(context).values(), _write)}
