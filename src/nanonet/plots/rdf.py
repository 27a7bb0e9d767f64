"""Plots of RDFs for papers and talks."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nanonet.composition import Composition
from nanonet.curve import Curve
from nanonet.errors import printable
from nanonet.plots.style import COLOURS, check_plot_path, draw_curve, mark_axes, save, symbols
from nanonet.potentials.mediated import PolymerPotential
from nanonet.potentials.theory import Theory
from nanonet.rdf import RDF
from nanonet.space import Point
from nanonet.structure_factor import StructureFactor


def plot_rdf(
    path: str | os.PathLike[str],
    rdf: RDF,
    composition: Composition,
    note: str = "",
    theories: Sequence[Theory] = (),
    title: str = "predicted for ",
) -> None:
    """An RDF on the paper's axes, NP diameter and first peak marked, theories beside it, written to a PNG, PDF or SVG.

    `title` stands before the composition: how the RDF was found.

    Examples
    --------
    >>> from nanonet.predict.predictor import load
    >>> composition = Composition(3, 40, 0.002, 0.5, 1.0)
    >>> plot_rdf("rdf.png", load().predict(composition), composition)
    """
    check_plot_path(path)
    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    axes = figure.subplots()
    draw_axes(axes, composition.diameter)
    draw_curve(axes, rdf, title.split()[0] + ("" if rdf.low is None else ", 90 % band"), COLOURS[0])
    for one, colour, style in zip(theories, COLOURS[1:], ("--", "-.", ":"), strict=False):
        draw_curve(axes, one.rdf, one.label, colour, style, 1.4)
    if rdf.low is not None or theories:
        axes.legend(frameon=False, fontsize=9, loc="upper right")
    peak = rdf.first_peak
    if peak is not None:
        axes.annotate(
            f"g = {peak.height:.3g} at {peak.position:.2f} σ", (peak.position, peak.height), (0, 10),
            textcoords="offset points", fontsize=10, color=COLOURS[0], ha="left",
        )  # fmt: skip
    axes.set_title(title + symbols(composition), fontsize=11)
    _add_note(figure, note)
    save(figure, path)


def plot_prediction(
    path: str | os.PathLike[str], curve: Curve, point: Point, note: str = "", theories: Sequence[Theory] = ()
) -> None:
    """A predicted curve with its band, written to a PNG, PDF or SVG file; an RDF of a composition as `plot_rdf`.

    Examples
    --------
    >>> from nanonet.predict.predictor import load
    >>> composition = Composition(3, 40, 0.002, 0.5, 1.0)
    >>> plot_prediction("rdf.png", load().predict(composition), composition)
    """
    if isinstance(curve, RDF) and isinstance(point, Composition):
        plot_rdf(path, curve, point, note, theories)
        return
    check_plot_path(path)
    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    axes = curve.label_axes(figure.subplots())
    curve.plot(axes, color=COLOURS[0], lw=2)
    band = "" if curve.low is None else ", 90 % band"
    axes.set_title(f"predicted{band} for {symbols(point)}", fontsize=11)
    _add_note(figure, note)
    save(figure, path)


def _add_note(figure: Figure, note: str) -> None:
    if note:
        lines = [line for text in printable(note).splitlines() for line in textwrap.wrap(text, 105)]
        figure.supxlabel("\n".join(lines), fontsize=7.5, color="0.35", parse_math=False)


def draw_axes(axes: Axes, diameter: float) -> None:
    """The paper's axes with their labels, and D named at its line.

    Examples
    --------
    >>> axes = Figure().subplots()
    >>> draw_axes(axes, diameter=3.0)
    >>> axes.get_ylabel()
    'g(r)'
    """
    mark_axes(axes, diameter)
    axes.set_xlabel("NP–NP distance r (σ)", fontsize=11)
    axes.set_ylabel("g(r)", fontsize=11)
    axes.text(diameter, 0.0014, " D", color="0.4", fontsize=10)


def plot_structure_factors(
    path: str | os.PathLike[str], curves: Mapping[str, StructureFactor], title: str = "", note: str = ""
) -> None:
    """Structure factors by label, each with its band, on one pair of axes, written to a PNG, PDF or SVG file.

    Examples
    --------
    >>> from nanonet.structure_factor import percus_yevick
    >>> q = [0.1 * i for i in range(1, 100)]
    >>> plot_structure_factors("s.png", {"hard spheres": percus_yevick(q, 0.3)})
    """
    check_plot_path(path)
    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    axes = figure.subplots()
    for (label, one), colour in zip(curves.items(), COLOURS, strict=False):
        axes.plot(one.q, one.s, color=colour, lw=2, label=label)
        bar = 0.0 if one.error is None else one.error
        low, high = (one.s - bar, one.s + bar) if one.low is None or one.high is None else (one.low, one.high)
        axes.fill_between(one.q, low, high, color=colour, alpha=0.25, lw=0)
    axes.axhline(1.0, color="0.6", lw=0.8, ls=":")
    axes.tick_params(direction="in", which="both", top=True, right=True)
    axes.set(xlabel="wave number q (1/σ)", ylabel="S(q)", xlim=(0.0, None), ylim=(0.0, None))
    axes.legend(frameon=False, fontsize=9)
    axes.set_title(title, fontsize=11)
    if note:
        figure.supxlabel("\n".join(textwrap.wrap(printable(note), 105)), fontsize=7.5, color="0.35", parse_math=False)
    save(figure, path)


def plot_potential(path: str | os.PathLike[str], potential: PolymerPotential, eps_nn: float | None = None) -> None:
    """W_poly(r) with a band of one standard error, and with `eps_nn` also U_nn + W_poly, written to a file.

    Examples
    --------
    >>> from nanonet.formats import potential_table
    >>> from nanonet.potentials.mediated import PairInputs
    >>> plot_potential("w.png", potential_table.shipped().potential(PairInputs(3, 40, 1.0)), eps_nn=0.5)
    """
    check_plot_path(path)
    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    axes = figure.subplots()
    draw_potential(axes, potential, "$W_{poly}$", COLOURS[0])
    if eps_nn is not None:
        axes.plot(potential.r, potential.total(eps_nn), color=COLOURS[1], ls="--", lw=1.8, label="$U_{NN} + W_{poly}$")
        axes.legend(frameon=False)
    low = min(float(potential.w.min()), -2.0)
    axes.set(ylim=(1.1 * low, max(5.0, 1.5 * float(potential.w.max()))), xlabel="NP–NP distance r (σ)", ylabel="kT")
    axes.set_title(str(potential.pair_inputs), fontsize=11)
    if potential.extrapolated:
        figure.supxlabel("extrapolated: " + potential.extrapolated, fontsize=7.5, color="0.35", parse_math=False)
    save(figure, path)


def draw_potential(axes: Axes, potential: PolymerPotential, label: str, colour: str) -> None:
    """One W_poly with a band of one standard error.

    Examples
    --------
    >>> from nanonet.formats import potential_table
    >>> from nanonet.potentials.mediated import PairInputs
    >>> draw_potential(Figure().subplots(), potential_table.shipped().potential(PairInputs(3, 40, 1.0)), "W", "C0")
    """
    axes.plot(potential.r, potential.w, color=colour, lw=2, label=label)
    low, high = potential.w - potential.error, potential.w + potential.error
    axes.fill_between(potential.r, low, high, color=colour, alpha=0.25, lw=0)
    axes.axhline(0.0, color="0.6", lw=0.8, ls=":")
    axes.tick_params(direction="in", which="both", top=True, right=True)


def plot_panels(path: str | os.PathLike[str], panels: Sequence[tuple[str, float, Mapping[str, RDF]]]) -> None:
    """Panels side by side, each (title, NP diameter, RDFs by label), written to a file.

    Examples
    --------
    >>> from nanonet.predict.predictor import load
    >>> rdf = load().predict([3, 40, 0.002, 0.5, 1.0])
    >>> plot_panels("panels.png", [("strong attraction", 3.0, {"predicted": rdf})])
    """
    check_plot_path(path)
    figure = Figure(figsize=(5.2 * len(panels), 4.2), layout="constrained")
    for axes, (title, diameter, curves) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        draw_axes(axes, diameter)
        styles = ("-", "--", "-.", ":")
        for (label, rdf), colour, style in zip(curves.items(), ("0.15", *COLOURS), styles, strict=False):
            draw_curve(axes, rdf, label, colour, style)
        axes.set_title(title, fontsize=11)
        axes.legend(frameon=False, fontsize=7, loc="upper right")  # a high first peak stands beside it
    save(figure, path)
