"""Figures of inverse design and of sensitivities."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nanonet.composition import Composition
from nanonet.design.inverse import Answer, Design
from nanonet.design.targets import Target
from nanonet.plots.rdf import draw_axes
from nanonet.plots.style import COLOURS, check_plot_path, save, symbols
from nanonet.rdf import RDF

_COLUMNS = 3
_WANTED = COLOURS[1]


def plot_design(path: str | os.PathLike[str], found: Design) -> None:
    """The predicted curve of each answer with its 90 % band and what is wanted, a panel each, written to a file."""
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
    """One answer: its curve with the band, what is wanted, the inputs and the probability."""
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
    """What targets ask for, where it has a place on the axes: a shaded range, a point, a curve."""
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
