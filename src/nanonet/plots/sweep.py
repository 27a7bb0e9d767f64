"""The plot of a sweep: curves over one input and what is read off them, or a map over two."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from nanonet.curve import G_R, plot_curves
from nanonet.errors import InputError
from nanonet.models.image import HIGHEST, LOWEST
from nanonet.plots.style import COLOURS, axis_label, check_plot_path, save, symbols_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nanonet.predict.sweep import Sweep


def check_sweep_plot(path: str | os.PathLike[str], varied: int) -> None:
    """`InputError` for a path that cannot be written, or more than two inputs that are varied.

    Examples
    --------
    >>> check_sweep_plot("sweep.png", varied=1)
    >>> check_sweep_plot("sweep.png", varied=3)
    Traceback (most recent call last):
        ...
    nanonet.errors.InputError: a plot over 3 inputs; allowed are 1 or 2
    """
    check_plot_path(path)
    if varied > 2:
        raise InputError(f"a plot over {varied} inputs; allowed are 1 or 2")


def plot_sweep(path: str | os.PathLike[str], found: Sweep) -> None:
    """Of one input: the curves, and beside them their first peak (of g(r)) or largest value; of two: a map of it.

    Examples
    --------
    >>> from nanonet.predict.predictor import load
    >>> from nanonet.predict.sweep import sweep
    >>> held = {"diameter": 3, "chain_length": 40, "density": 0.002, "eps_nn": 0.5}
    >>> plot_sweep("sweep.png", sweep(load(), {"eps_pn": np.array([0.3, 1.2])}, held))
    """
    check_sweep_plot(path, len(found.axes))
    one = len(found.axes) == 1
    figure = Figure(figsize=(9.6, 4.2) if one else (6.4, 4.8), layout="constrained")
    if one:
        left, right = figure.subplots(1, 2, width_ratios=(1.35, 1.0))
        _draw_curves(left, found)
        _draw_heights(right, found)
    else:
        _draw_map(figure, figure.subplots(), found)
    space = found.model.space
    held = symbols_of([(space[name], x) for name, x in found.held.items()])
    figure.suptitle(f"predicted for {held}" if held else "predicted", fontsize=11)
    save(figure, path)


def _draw_curves(axes: Axes, found: Sweep) -> None:
    ((name, values),) = found.axes.items()
    plot_curves(found.curves, found.model.space[name], values, axes)
    if found.model.quantity == G_R:
        axes.set_ylim(LOWEST, HIGHEST)


def _draw_heights(axes: Axes, found: Sweep) -> None:
    ((name, values),) = found.axes.items()
    label, heights, low, high = _heights(found)
    axes.plot(values, heights, color=COLOURS[0], lw=2, marker="o", ms=3)
    if low is not None and high is not None:
        axes.fill_between(values, low, high, color=COLOURS[0], alpha=0.25, lw=0, label="90 %")
        axes.legend(frameon=False, fontsize=9)
    outside = np.asarray(found.columns["outside"], dtype=bool)
    if outside.any():
        axes.plot(values[outside], heights[outside], "o", ms=6, mfc="none", color=COLOURS[1], label="outside the data")
        axes.legend(frameon=False, fontsize=9)
    one = found.model.space[name]
    axes.set(xlabel=axis_label(one), ylabel=label, xscale="log" if one.log else "linear")
    if found.model.quantity == G_R:
        axes.set_yscale("log")
    axes.tick_params(direction="in", which="both", top=True, right=True)


def _draw_map(figure: Figure, axes: Axes, found: Sweep) -> None:
    (x, xs), (y, ys) = found.axes.items()
    label, heights, _, _ = _heights(found)
    norm = "log" if found.model.quantity == G_R else "linear"
    drawn = axes.pcolormesh(xs, ys, heights.reshape(len(xs), len(ys)).T, norm=norm, cmap="viridis", shading="nearest")
    figure.colorbar(drawn, ax=axes, label=label)
    space = found.model.space
    scales = {f"{axis}scale": "log" for axis, name in (("x", x), ("y", y)) if space[name].log}
    axes.set(xlabel=axis_label(space[x]), ylabel=axis_label(space[y]), **scales)


def _heights(found: Sweep) -> tuple[str, np.ndarray, np.ndarray | None, np.ndarray | None]:
    """What is drawn of each curve, its label, and its 90 % interval: the first peak of g(r), else the largest value."""
    q, columns = found.model.quantity, found.columns
    if q == G_R:
        return (
            "first peak of g(r)",
            columns["peak_height"],
            columns.get("peak_height_low"),
            columns.get("peak_height_high"),
        )
    largest = columns[q.name].argmax(axis=1)[:, None]
    ends = [
        np.take_along_axis(columns[name], largest, 1)[:, 0] if name in columns else None for name in ("low", "high")
    ]
    unit = "" if q.unit == "1" else f" ({q.unit})"
    return f"largest {q.name}{unit}", columns[q.name].max(axis=1), ends[0], ends[1]
