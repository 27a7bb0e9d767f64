"""Makes the figure and the table of docs/grafted.md from the shipped runs: `python -m docs.make.grafted`."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from docs.make import RESULTS, ROOT
from nanonet import Dataset
from nanonet.dataset import Entry
from nanonet.grafted import GraftedComposition
from nanonet.plots.style import COLOURS, draw_curve, mark_axes, save
from nanonet.records import GraftRecord

PAGE = ROOT / "docs" / "grafted.md"
FIGURE = RESULTS / "grafted.png"
START, END = "<!-- numbers: python -m docs.make.grafted -->\n", "<!-- end of numbers -->\n"


def main() -> None:
    data = sorted(Dataset.shipped("grafted"), key=lambda entry: _order(_composition(entry)))
    save(_figure(data), FIGURE)
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    PAGE.write_text(before + START + table() + END + rest.partition(END)[2], encoding="utf-8")


def table() -> str:
    """A line a composition: what was measured on its first run, and its verdict."""
    lines = [
        "",
        "| N | n_g | N_g | largest g, at r | height | of the ends | overlap | matrix | first layer | converged |",
    ]
    lines += ["|" + 10 * "---|"]
    for entry in sorted(Dataset.shipped("grafted"), key=lambda entry: _order(_composition(entry))):
        c, found, top = _composition(entry), _grafts(entry), int(np.argmax(entry.curve.y))
        pairs = (found.height, found.end_height, found.overlap, found.matrix_share)
        error = entry.curve.error
        assert error is not None
        numbers = [_with_error(entry.curve.y[top], error[top]) + f", {entry.curve.x[top]:.2f}", *(map(_text, pairs))]
        numbers += [f"{found.layer[1]:.2f}, {found.layer[0]:.1f}"]
        verdict = entry.provenance.convergence
        assert verdict is not None
        shown = "yes" if verdict.converged else f"no: {verdict.reason}"
        lines.append(" | ".join([f"| {c.chain_length}", str(c.n_grafts), str(c.graft_length), *numbers, f"{shown} |"]))
    return "\n".join([*lines, "", *_powers(), "", ""])


def _powers() -> list[str]:
    """How the height of the ends grows with length and number of grafts, in the matrix of N = 40."""
    points = ((_composition(entry), _grafts(entry)) for entry in Dataset.shipped("grafted"))
    at = {(c.n_grafts, c.graft_length): found.end_height[0] for c, found in points if c.chain_length == 40}
    length = [math.log(at[n, 12] / at[n, 6]) / math.log(11 / 5) for n in (4, 24)]
    number = [math.log(at[24, beads] / at[4, beads]) / math.log(24 / 4) for beads in (6, 12)]
    return [
        f"The ends stand higher with N_g − 1 to the power of {length[0]:.2f} (4 grafts) and {length[1]:.2f} (24),",
        f"and with n_g to the power of {number[0]:.2f} (N_g = 6) and {number[1]:.2f} (N_g = 12), at N = 40.",
    ]


def _figure(data: list[Entry]) -> Figure:
    figure = Figure(figsize=(10, 7.6), layout="constrained")
    (matrix, alone), (profile, height) = figure.subplots(2, 2)
    for axes, kind, title in ((matrix, True, "in a matrix"), (alone, False, "without matrix")):
        chosen = [entry for entry in data if (_composition(entry).chain_length > 0) is kind]
        for entry, colour in zip(chosen, COLOURS, strict=False):
            c = _composition(entry)
            label = f"$n_g$ = {c.n_grafts}, $N_g$ = {c.graft_length}" + (f", $N$ = {c.chain_length}" if kind else "")
            draw_curve(axes, entry.rdf, label, colour, width=1.5)
        mark_axes(axes, diameter=3.0)
        axes.set(title=f"g(r), {title}", xlabel="r (σ)", ylabel="g", xlim=(2, 10), ylim=(0.01, 30))
        axes.legend(fontsize=8, loc="upper right")
    _profiles(profile, [e for e in data if _composition(e).chain_length and _composition(e).graft_length == 12])
    _heights(height, data)
    return figure


def _profiles(axes: Axes, entries: list[Entry]) -> None:
    for entry, colour in zip(entries, COLOURS, strict=False):
        c, found = _composition(entry), _grafts(entry)
        gap, label = np.array(found.r) - 0.5 * c.diameter, f"$n_g$ = {c.n_grafts}, $N$ = {c.chain_length}"
        near = gap < 7.0
        axes.plot(gap[near], np.array(found.own)[near], color=colour, lw=1.5, label=label)
        axes.plot(gap[near], np.array(found.matrix)[near], color=colour, lw=1.5, ls="--")
    axes.set(
        title="grafts of an NP (lines) and matrix (dashed), $N_g$ = 12", xlabel="distance from the surface (σ)",
        ylabel="beads a volume (σ$^{-3}$)", ylim=(0, None),
    )  # fmt: skip
    axes.legend(fontsize=8)


def _heights(axes: Axes, data: list[Entry]) -> None:
    """Heights of the ends against length and density of grafts, as the law of star polymers puts them together."""
    kinds = [("N = 40", True, "o"), ("no matrix", False, "s")]
    seen = []
    for label, matrix, marker in kinds:
        chosen = [e for e in data if _composition(e).chain_length == (40 if matrix else 0)]
        x = [_scaled(_composition(entry)) for entry in chosen]
        y, error = zip(*((v, e or 0.0) for v, e in (_grafts(entry).end_height for entry in chosen)), strict=True)
        axes.errorbar(x, y, error, fmt=marker, label=label, color=COLOURS[0] if matrix else COLOURS[1])
        seen += list(zip(x, y, strict=True))
    ends = np.array([min(x for x, _ in seen) / 1.15, max(x for x, _ in seen) * 1.15])
    through = math.exp(np.mean([math.log(y / x) for x, y in seen]))
    axes.plot(ends, through * ends, color="0.5", lw=1, label=f"{through:.2f} $(N_g-1)^{{3/5}} σ_g^{{1/5}}$")
    axes.set(
        title="height of the free ends", xlabel="$(N_g-1)^{3/5} σ_g^{1/5}$", ylabel="height (σ)", xscale="log",
        yscale="log",
    )  # fmt: skip
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(FixedLocator([1.5, 2, 2.5, 3, 4]))
        axis.set_major_formatter("{x:g}")
        axis.set_minor_locator(NullLocator())
    axes.legend(fontsize=8)


def _scaled(c: GraftedComposition) -> float:
    return float((c.graft_length - 1) ** 0.6 * c.graft_density**0.2)


def _composition(entry: Entry) -> GraftedComposition:
    assert isinstance(entry.point, GraftedComposition)
    return entry.point


def _grafts(entry: Entry) -> GraftRecord:
    found = entry.runs[0].record.grafts
    assert found is not None
    return found


def _order(c: GraftedComposition) -> tuple[int, int, int]:
    return -c.chain_length, c.graft_length, c.n_grafts


def _text(pair: tuple[float, float | None]) -> str:
    return f"{pair[0]:.3f}" if pair[1] is None else _with_error(pair[0], pair[1])


def _with_error(value: float, error: float) -> str:
    digits = max(0, 1 - math.floor(math.log10(error))) if error > 0 else 3
    return f"{value:.{digits}f} ± {error:.{digits}f}"


if __name__ == "__main__":
    main()
