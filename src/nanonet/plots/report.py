"""The report's figures, from plain arrays; each is written as one PNG file."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image  # comes with matplotlib

from nanonet.composition import Composition
from nanonet.formats.atomic import writing
from nanonet.plots.style import COLOURS, draw_curve, mark_axes, symbols
from nanonet.rdf import RDF


def save(figure: Figure, path: Path, dpi: int = 110) -> None:
    """Write a figure in 256 colours, whole or not at all."""
    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=dpi)
    with writing(path) as temporary:
        Image.open(drawn).convert("RGB").quantize(256).save(temporary, format="PNG", optimize=True)


def panels(
    path: Path, compositions: Sequence[Composition], curves: Sequence[Mapping[str, RDF]], columns: int = 4
) -> None:
    """g(r) of several compositions, each with its curves by label (paper, figure 7)."""
    rows = math.ceil(len(compositions) / columns)
    figure = Figure(figsize=(3.5 * columns, 2.9 * rows + 0.5), layout="constrained")
    every = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for axes, composition, shown in zip(every, compositions, curves, strict=False):
        mark_axes(axes, composition.diameter, "0.7")
        axes.set(xticks=(2, 4, 6, 8))
        for i, (label, rdf) in enumerate(shown.items()):
            draw_curve(axes, rdf, label, ("0.15", *COLOURS)[i % 6], ("-", "-", "--", "-.", ":")[i % 5], 1.8)
        axes.set_title(symbols(composition, "\n"), fontsize=9.5)
    for axes in every[len(compositions) :]:
        axes.set_visible(False)
    figure.supxlabel("NP–NP distance r (σ)", fontsize=11)
    figure.supylabel("g(r)", fontsize=11)
    handles, labels = every[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=min(3, len(labels)), frameon=False)
    save(figure, path)


class Losses(NamedTuple):
    """One training: its losses, and the levels that they must be compared with."""

    title: str
    training: Sequence[float]
    validation: Sequence[float]
    levels: Mapping[str, float]
    """Horizontal lines by name."""
    unit: str
    """What the ordinate shows."""


def training_of(title: str, history: Mapping[str, Any]) -> Losses:
    """What a kept history of a training shows."""
    levels = {"mean image": history["mse_mean"], "black image": history["mse_black"]}
    return Losses(title, history["mses"], history["validation_mses"], levels, "mean squared error")


def losses(path: Path, trainings: Sequence[Losses]) -> None:
    """Losses against epoch (paper, figure 5 a)."""
    figure = Figure(figsize=(6.0 * len(trainings), 4.0), layout="constrained")
    for axes, one in zip(figure.subplots(1, len(trainings), squeeze=False)[0], trainings, strict=True):
        epochs = np.arange(1, len(one.training) + 1)
        axes.plot(epochs, one.training, color=COLOURS[0], lw=1.6, label="training")
        if len(one.validation):
            axes.plot(
                np.arange(1, len(one.validation) + 1), one.validation, color=COLOURS[1], lw=1.6, label="validation"
            )
        for (name, level), style in zip(one.levels.items(), ("--", ":", "-."), strict=False):
            axes.axhline(level, color="0.45", lw=1, ls=style, label=f"{name} ({level:.4f})")
        axes.set(xlabel="epoch", ylabel=one.unit, yscale="log", title=one.title)
        axes.legend(frameon=False, fontsize=9)
    save(figure, path)


def reconstructions(path: Path, titles: Sequence[str], rows: Mapping[str, Sequence[NDArray[np.float32]]]) -> None:
    """Images, one column a composition, one row a kind by name (paper, figure 5 b to d)."""
    figure = Figure(figsize=(2.3 * len(titles) + 1.2, 2.35 * len(rows) + 0.5), layout="constrained")
    grid = figure.subplots(len(rows), len(titles), squeeze=False)
    for line, (name, images) in zip(grid, rows.items(), strict=True):
        for axes, image in zip(line, images, strict=True):
            axes.imshow(image.T, origin="lower", cmap="gray", vmin=0, vmax=1, interpolation="nearest")
            axes.set(xticks=[], yticks=[])
        line[0].set_ylabel(name, fontsize=10)
    for axes, title in zip(grid[0], titles, strict=True):
        axes.set_title(title, fontsize=8)
    save(figure, path)


def trees(path: Path, numbers: NDArray[np.int64], curves: Mapping[str, NDArray[np.float64]]) -> None:
    """MSE of scaled latents against the number of trees: by label, (splits, numbers) (paper, figure 6 a)."""
    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.subplots()
    for i, (label, values) in enumerate(curves.items()):
        mean = values.mean(axis=0)
        axes.plot(numbers, mean, color=COLOURS[i // 2], ls=("-", "--")[i % 2], lw=1.8, label=label)
        if len(values) > 1:
            half = values.std(axis=0, ddof=1) / math.sqrt(len(values))
            axes.fill_between(numbers, mean - half, mean + half, color=COLOURS[i // 2], alpha=0.15, lw=0)
    axes.axvline(20, color="0.7", lw=0.8, ls=":")
    axes.set(xlabel="number of trees", ylabel="MSE of the scaled latents", ylim=(0, None), xlim=(0, numbers[-1]))
    axes.legend(frameon=False, fontsize=9)
    save(figure, path)


class Parity(NamedTuple):
    """Latents as the autoencoder gives them and as a forest predicts them, scaled to 0..1, all (n, k)."""

    title: str
    train: tuple[NDArray[np.float64], NDArray[np.float64]]
    test: tuple[NDArray[np.float64], NDArray[np.float64]]
    r2: tuple[float, float]


def parity(path: Path, shown: Sequence[Parity]) -> None:
    """Predicted against actual latents of training and test set (paper, figure 6 b)."""
    figure = Figure(figsize=(4.4 * len(shown), 4.4), layout="constrained")
    for axes, one in zip(figure.subplots(1, len(shown), squeeze=False)[0], shown, strict=True):
        sets = (("training", one.train, COLOURS[0], 8), ("test", one.test, COLOURS[1], 16))
        for (name, pair, colour, size), r2 in zip(sets, one.r2, strict=True):
            axes.scatter(
                pair[0].ravel(), pair[1].ravel(), s=size, color=colour, alpha=0.6, lw=0, label=f"{name}, r² = {r2:.2f}"
            )
        ends = np.array([min(-0.1, *(p.min() for p in one.test)), max(1.1, *(p.max() for p in one.test))])
        axes.plot(ends, ends, color="0.6", lw=1)
        axes.set(xlabel="latent of the autoencoder (scaled)", ylabel="latent predicted by the forest", title=one.title)
        axes.set_aspect("equal", adjustable="datalim")
        axes.legend(frameon=False, fontsize=9, loc="upper left")
    save(figure, path)


class Against(NamedTuple):
    """Error against a number: places, means and standard deviations by label, and levels to compare with."""

    xlabel: str
    curves: Mapping[str, tuple[Any, ...]]
    levels: Mapping[str, float]


def against(path: Path, shown: Sequence[Against], ylabel: str = "RMSE of ln g, weighted") -> None:
    """Panels of errors against numbers, on a logarithmic abscissa."""
    figure = Figure(figsize=(6.2 * len(shown), 4.2), layout="constrained")
    for axes, one in zip(figure.subplots(1, len(shown), squeeze=False, sharey=True)[0], shown, strict=True):
        for i, (label, (x, mean, deviation)) in enumerate(one.curves.items()):
            axes.errorbar(x, mean, deviation, color=COLOURS[i % 5], marker="o", lw=1.6, capsize=3, label=label)
        for (name, level), style in zip(one.levels.items(), ("--", ":", "-."), strict=False):
            axes.axhline(level, color="0.45", lw=1, ls=style, label=f"{name} ({level:.2f})")
        axes.set_xscale("log", base=2)
        ticks = sorted({round(float(x), 1) for places, _, _ in one.curves.values() for x in places})
        axes.set_xticks(ticks, [f"{x:.0f}" for x in ticks])
        axes.minorticks_off()
        axes.set_xlabel(one.xlabel)
        axes.legend(frameon=False, fontsize=9)
    axes.set_ylim(0, None)  # of all panels, once everything is drawn: they share it
    figure.supylabel(ylabel, fontsize=10)
    save(figure, path)


def maps(path: Path, shown: Mapping[str, NDArray[np.float64]], colour: NDArray[np.float64], label: str) -> None:
    """Places (n, 2) of curves on maps by name, coloured by one number of each."""
    figure = Figure(figsize=(4.6 * len(shown) + 0.8, 4.2), layout="constrained")
    every = figure.subplots(1, len(shown), squeeze=False)[0]
    for axes, (name, places) in zip(every, shown.items(), strict=True):
        drawn = axes.scatter(places[:, 0], places[:, 1], c=colour, cmap="viridis", s=22, edgecolors="0.3", lw=0.3)
        axes.set(title=name, xticks=[], yticks=[])
    figure.colorbar(drawn, ax=list(every), label=label)
    save(figure, path)
