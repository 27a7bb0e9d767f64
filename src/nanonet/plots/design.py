"""Figures of inverse design and of sensitivities."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nanonet.composition import Composition
from nanonet.design.inverse import Answer, Design
from nanonet.design.sensitivity import Sensitivity
from nanonet.design.targets import Target
from nanonet.plots.rdf import draw_axes
from nanonet.plots.style import COLOURS, check_plot_path, save, symbols
from nanonet.rdf import RDF

_COLUMNS = 3
_WANTED = COLOURS[1]


def plot_design(path: str | os.PathLike[str], found: Design) -> None:
    """The predicted curve of each answer with its 90 % band and what is wanted, a panel each, written to a file.

    Examples
    --------
    >>> from nanonet.design.inverse import find
    >>> from nanonet.design.targets import parse
    >>> from nanonet.predict.predictor import load
    >>> model, held = load(), {"diameter": 3, "chain_length": 40, "density": 0.002, "eps_nn": 0.5}
    >>> plot_design("answers.png", find(model, parse(["state=dispersion"], model), fixed=held, count=1))
    """
    check_plot_path(path)
    columns = min(_COLUMNS, len(found.answers))
    rows = math.ceil(len(found.answers) / columns)
    figure = Figure(figsize=(4.3 * columns, 3.4 * rows + 0.3), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in panels[len(found.answers) :]:
        axes.axis("off")
    for axes, answer in zip(panels, found.answers, strict=False):
        draw_answer(axes, answer)
    wanted = "; ".join(str(one) for one in found.targets)
    figure.suptitle(f"wanted: {wanted}", fontsize=10, parse_math=False)
    save(figure, path)


def draw_answer(axes: Axes, answer: Answer) -> None:
    """One answer: its curve with the band, what is wanted, the inputs and the probability.

    Examples
    --------
    >>> from nanonet.design.inverse import find
    >>> from nanonet.design.targets import parse
    >>> from nanonet.predict.predictor import load
    >>> model, held = load(), {"diameter": 3, "chain_length": 40, "density": 0.002, "eps_nn": 0.5}
    >>> design = find(model, parse(["state=dispersion"], model), fixed=held, count=1)
    >>> draw_answer(Figure().subplots(), design.answers[0])
    """
    curve, point = answer.prediction.curve, answer.prediction.point
    if isinstance(curve, RDF) and isinstance(point, Composition):
        draw_axes(axes, point.diameter)
    else:
        curve.label_axes(axes)
    draw_wanted(axes, [one.target for one in answer.reached])
    curve.plot(axes, color=COLOURS[0], lw=1.8)
    text = f"p = {answer.probability:.2f}" + (", outside of the data" if answer.outside else "")
    axes.set_title(f"{text}\n{symbols(point)}", fontsize=9)


def draw_wanted(axes: Axes, targets: Sequence[Target]) -> None:
    """What targets ask for, where it has a place on the axes: a shaded range, a point, a curve.

    Examples
    --------
    >>> from nanonet.design.targets import parse
    >>> from nanonet.predict.predictor import load
    >>> draw_wanted(Figure().subplots(), parse(["g@3.1=2:4"], load()))
    """
    for one in targets:
        name = one.reading.name
        low, high = axes.get_ylim()
        if name == "peak_position":
            axes.axvspan(max(one.low, axes.get_xlim()[0]), min(one.high, axes.get_xlim()[1]), color=_WANTED, alpha=0.15)
        elif name == "peak_height":
            axes.axhspan(max(one.low, low), min(one.high, high), color=_WANTED, alpha=0.15, lw=0)
        elif "@" in name:
            place = float(name.partition("@")[2])
            axes.plot([place, place], [max(one.low, low), min(one.high, high)], color=_WANTED, lw=4, alpha=0.5)
        elif one.curve is not None:
            axes.plot(one.curve.x, one.curve.y, color=_WANTED, lw=1.5, ls="--")


def plot_sensitivities(path: str | os.PathLike[str], found: Sequence[Sensitivity]) -> None:
    """What makes each number vary: a bar each, of the inputs alone, their interactions, and the band; to a file.

    Examples
    --------
    >>> from nanonet.design.sensitivity import sensitivities
    >>> from nanonet.predict.predictor import load
    >>> held = {"diameter": 3, "chain_length": 40, "density": 0.002}
    >>> plot_sensitivities("sensitivity.png", sensitivities(load(), ["peak_height"], fixed=held, points=16))
    """
    check_plot_path(path)
    figure = Figure(figsize=(7.6, 0.55 * len(found) + 1.4), layout="constrained")
    axes = figure.subplots()
    names = [one.name for one in found[0].shares]
    left = np.zeros(len(found))
    explained = np.array([1.0 - one.band for one in found])
    alone = np.maximum([[share.first for share in one.shares] for one in found], 0.0)
    alone /= np.maximum(alone.sum(axis=1), 1.0)[:, None]
    rows = [*(alone * explained[:, None]).T, explained * (1.0 - alone.sum(axis=1)), 1.0 - explained]
    colours = [*(COLOURS[i % len(COLOURS)] for i in range(len(names))), "0.55", "0.87"]
    for label, colour, widths in zip((*names, "interactions", "left open (band)"), colours, rows, strict=True):
        axes.barh(range(len(found)), widths, left=left, color=colour, label=label, height=0.65)
        left += widths
    axes.set(xlim=(0, 1), xlabel="share of the variance")
    axes.set_yticks(range(len(found)), [one.text for one in found], fontsize=9)
    axes.invert_yaxis()
    figure.legend(loc="outside upper center", ncols=4, fontsize=8, frameon=False)
    save(figure, path)
