"""What all figures share: colours, the paper's axes for g(r), and how they are written."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nanonet.errors import InputError
from nanonet.formats.atomic import check_parent, writing
from nanonet.models.image import HIGHEST, LOWEST
from nanonet.rdf import RDF
from nanonet.space import Input, Point

FORMATS = (".png", ".pdf", ".svg")
COLOURS = ("#0b5394", "#cc5500", "#38761d", "#741b47", "#7f6000")


def check_plot_path(path: str | os.PathLike[str]) -> Path:
    """The path, if a plot can be written there; `InputError` otherwise.

    Examples
    --------
    >>> check_plot_path("rdf.png").suffix
    '.png'
    >>> check_plot_path("rdf.gif")
    Traceback (most recent call last):
        ...
    nanonet.errors.InputError: plot rdf.gif has suffix '.gif'; allowed are .png, .pdf, .svg
    """
    if Path(path).suffix.lower() not in FORMATS:
        raise InputError(f"plot {path} has suffix {Path(path).suffix!r}; allowed are {', '.join(FORMATS)}")
    return check_parent(path)


def save(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure, whole or not at all.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> save(Figure(), "empty.svg")
    """
    with writing(path) as temporary:
        figure.savefig(temporary, dpi=160)


def symbols(point: Point, separator: str = ", ") -> str:
    """A point in the symbols of its inputs, as Matplotlib writes them; `separator` before the fourth.

    Examples
    --------
    >>> from nanonet.composition import Composition
    >>> symbols(Composition(3, 40, 0.002, 0.5, 1.0))
    '$D$ = 3, $N$ = 40, $ρ$ = 0.002, $ε_{NN}$ = 0.5, $ε_{PN}$ = 1'
    """
    return symbols_of([(point.space[name], value) for name, value in point.to_json().items()], separator)


def symbols_of(pairs: Sequence[tuple[Input, float]], separator: str = ", ") -> str:
    """The same of inputs with their values.

    Examples
    --------
    >>> from nanonet.space import Input
    >>> symbols_of([(Input("temperature", "kelvin", symbol="T"), 300.0)])
    '$T$ = 300'
    """
    texts = [f"{_symbol(one) or one.symbol} = {value:{'.2g' if one.log else 'g'}}" for one, value in pairs]
    return separator.join(", ".join(part) for part in (texts[:3], texts[3:]) if part)


def axis_label(one: Input) -> str:
    """Label of an axis along which an input runs: what it is, its symbol, its unit.

    Examples
    --------
    >>> from nanonet.space import Input
    >>> axis_label(Input("temperature", "kelvin", symbol="T"))
    'temperature $T$ (kelvin)'
    """
    unit = one.unit.replace("sigma", "σ").replace("epsilon", "ε")
    unit = re.sub(r"\^(-?\d+)", r"$^{\1}$", unit)
    return " ".join(text for text in (one.long_name, _symbol(one), "" if unit == "1" else f"({unit})") if text)


def _symbol(one: Input) -> str:
    return f"${one.latex}$" if one.latex else ""


def mark_axes(axes: Axes, diameter: float, grey: str = "0.6") -> None:
    """The paper's axes: r to 10 sigma, g from 0.001 to 300 on a logarithmic ordinate; lines at g = 1 and r = D.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> axes = Figure().subplots()
    >>> mark_axes(axes, diameter=3.0)
    >>> axes.get_yscale()
    'log'
    """
    axes.set(xlim=(0, 10), ylim=(LOWEST, HIGHEST), yscale="log")
    axes.axhline(1.0, color=grey, lw=0.8, ls=":")
    axes.axvline(diameter, color=grey, lw=0.8, ls="--")
    axes.tick_params(direction="in", which="both", top=True, right=True)


def draw_curve(axes: Axes, rdf: RDF, label: str, colour: str, style: str = "-", width: float = 2) -> None:
    """One curve, with its 90 % band or else a band of one standard error, where known and pairs were seen.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from nanonet.predict.predictor import load
    >>> draw_curve(Figure().subplots(), load().predict([3, 40, 0.002, 0.5, 1.0]), "predicted", "C0")
    """
    rdf.plot(axes, label=label, color=colour, ls=style, lw=width)
