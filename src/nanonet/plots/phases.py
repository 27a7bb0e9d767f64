"""Figures of phases: the potential of mean force with its verdict, and the map over two inputs."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from nanonet.errors import printable
from nanonet.phases.classify import mean_force_potential
from nanonet.phases.classify_dataset import ClassifiedCurve
from nanonet.phases.state import STATES, UNCERTAIN, Criteria, PhaseClassification
from nanonet.plots.style import axis_label, check_plot_path, save
from nanonet.predict.phase_map import PhaseMap
from nanonet.rdf import RDF

COLOURS = {"contact aggregation": "#cc5500", "bridging": "#38761d", "dispersion": "#0b5394", "uncertain": "0.55"}
"""Of the states in figures."""

_COLUMNS = 4


def draw_judged(path: str | os.PathLike[str], judged: Sequence[ClassifiedCurve], criteria: Criteria) -> None:
    """W = -ln g of each curve with its state, a panel each, written to a PNG, PDF or SVG file.

    Examples
    --------
    >>> from nanonet.dataset import Dataset
    >>> from nanonet.phases.classify_dataset import classify_dataset
    >>> draw_judged("states.png", classify_dataset(Dataset.shipped(), entry=53), Criteria())
    """
    check_plot_path(path)
    columns = min(_COLUMNS, len(judged))
    rows = math.ceil(len(judged) / columns)
    size = (6.4, 4.4) if len(judged) == 1 else (3.6 * columns, 2.7 * rows)
    figure = Figure(figsize=size, layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in panels[len(judged) :]:
        axes.axis("off")
    for axes, (title, rdf, diameter, verdict) in zip(panels, judged, strict=False):
        draw_verdict(axes, rdf, diameter, verdict, criteria)
        axes.set_title(printable(title), fontsize=11 if len(judged) == 1 else 7.5, parse_math=False)
    figure.supxlabel("gap between the surfaces r − D (σ)", fontsize=10)
    figure.supylabel("W = −ln g, from far away (kT)", fontsize=10)
    save(figure, path)


def draw_verdict(axes: Axes, rdf: RDF, diameter: float, verdict: PhaseClassification, criteria: Criteria) -> None:
    """One potential of mean force, with contact and layers shaded, its extrema marked and the verdict written in.

    Examples
    --------
    >>> from nanonet.dataset import Dataset
    >>> from nanonet.phases.classify_dataset import classify_dataset
    >>> (_, rdf, diameter, verdict), = classify_dataset(Dataset.shipped(), entry=53)
    >>> draw_verdict(Figure().subplots(), rdf, diameter, verdict, Criteria())
    """
    gap, w = rdf.r - diameter, mean_force_potential(rdf.r, rdf.g, diameter, criteria)
    shown = np.isfinite(w)
    half, end = 0.5 * criteria.monomer, (criteria.layers + 0.5) * criteria.monomer
    axes.axvspan(-0.5 * diameter, half, color=COLOURS[STATES[0]], alpha=0.10, lw=0)
    axes.axvspan(half, end, color=COLOURS[STATES[1]], alpha=0.10, lw=0)
    axes.axhline(0.0, color="0.5", lw=0.8)
    axes.axhline(-criteria.depth - verdict.crowding, color="0.5", lw=0.8, ls="--")
    axes.plot(gap[shown], w[shown], color="0.15", lw=1.5)
    if rdf.low is not None and rdf.high is not None:
        shift = w[shown] + np.log(rdf.g[shown])
        low, high = (shift - np.log(np.maximum(end[shown], 1e-9)) for end in (rdf.high, rdf.low))
        axes.fill_between(gap[shown], low, high, color="0.15", alpha=0.2, lw=0)
    elif rdf.error is not None:
        relative = np.sqrt(np.log1p((rdf.error[shown] / rdf.g[shown]) ** 2))
        axes.fill_between(gap[shown], w[shown] - relative, w[shown] + relative, color="0.15", alpha=0.2, lw=0)
    for one, marker in ((verdict.contact, "v"), (verdict.barrier, "^"), (verdict.bridge, "v")):
        if one is not None and np.isfinite(one.w.value):
            axes.plot(one.gap, one.w.value, marker, color=COLOURS[verdict.state], ms=5, mec="white", mew=0.5)
    likely = verdict.most_probable
    text = f"{verdict.state}\n{likely if verdict.state == UNCERTAIN else 'p'} = {verdict.probabilities[likely]:.2f}"
    axes.text(0.97, 0.95, text, transform=axes.transAxes, ha="right", va="top", fontsize=8.5,
              color=COLOURS[verdict.state], fontweight="bold")  # fmt: skip
    axes.set(xlim=(-0.25 * diameter, min(float(gap[-1]), 6.0)), ylim=(min(-2.5, float(w[shown].min()) - 0.5), 5.0))
    axes.tick_params(direction="in", which="both", top=True, right=True, labelsize=8)


def draw_map(
    path: str | os.PathLike[str], found: PhaseMap, marks: Sequence[tuple[float, float, str]], criteria: Criteria
) -> None:
    """A phase map: the colour is the most probable state, paler the less it is so, hatched outside the data.

    Examples
    --------
    >>> from nanonet.predict.phase_map import compute_map
    >>> from nanonet.predict.predictor import load
    >>> held = {"diameter": 3, "chain_length": 40, "density": 0.002}
    >>> found = compute_map(load(), ("eps_pn", "eps_nn"), held, (None, None), 3, Criteria(), samples=20)
    >>> draw_map("map.png", found, [], Criteria())
    """
    check_plot_path(path)
    figure = Figure(figsize=(6.6, 5.2), layout="constrained")
    axes = figure.subplots()
    draw_plane(axes, found, marks, criteria)
    axes.set_title(printable(f"{found.title}\nprobabilities {found.method}"), fontsize=8.5, parse_math=False)
    handles: list[Patch | Line2D] = [Patch(color=COLOURS[state], label=state) for state in STATES]
    handles.append(Patch(fc="0.85", ec="0.45", hatch="////", label="outside the data"))
    handles.append(Line2D([], [], color="0.1", lw=1.2, ls="--", label=f"p = {criteria.confidence:g}"))
    handles.append(Line2D([], [], marker="o", ls="", mfc="white", mec="0.1", label="simulated near this plane"))
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=8, frameon=False)
    save(figure, path)


def draw_plane(axes: Axes, found: PhaseMap, marks: Sequence[tuple[float, float, str]], criteria: Criteria) -> None:
    """The plane itself.

    Examples
    --------
    >>> from nanonet.predict.phase_map import compute_map
    >>> from nanonet.predict.predictor import load
    >>> held = {"diameter": 3, "chain_length": 40, "density": 0.002}
    >>> found = compute_map(load(), ("eps_pn", "eps_nn"), held, (None, None), 3, Criteria(), samples=20)
    >>> draw_plane(Figure().subplots(), found, [], Criteria())
    """
    best, sure = found.shares.argmax(axis=-1), found.shares.max(axis=-1)
    colours = np.array([to_rgb(COLOURS[state]) for state in STATES])[best]
    strength = np.clip((sure - 1.0 / len(STATES)) / (1.0 - 1.0 / len(STATES)), 0.12, 1.0)[..., None]
    image = 1.0 - 0.85 * strength * (1.0 - colours)
    axes.pcolormesh(found.x, found.y, image, shading="nearest")
    if sure.min() < criteria.confidence < sure.max():
        axes.contour(found.x, found.y, sure, [criteria.confidence], colors="0.1", linewidths=1.2, linestyles="--")
    if found.outside.any():
        hatched = axes.contourf(found.x, found.y, found.outside, [0.5, 1.5], colors="none", hatches=["////"])
        hatched.set(edgecolor="0.25", linewidth=0)
    for x, y, state in marks:
        axes.plot(x, y, "o", color=COLOURS[state], ms=8, mec="0.1", mew=1.2, clip_on=False)
    axes.set(xlim=(found.x[0], found.x[-1]), ylim=(found.y[0], found.y[-1]))
    axes.set_xlabel(axis_label(found.space[found.names[0]]), fontsize=11)
    axes.set_ylabel(axis_label(found.space[found.names[1]]), fontsize=11)
