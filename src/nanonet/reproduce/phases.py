"""The counterpart of figure 4: three compositions that stand for three phases."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from nanonet.composition import Composition
from nanonet.errors import InputError
from nanonet.phases.classify import classify
from nanonet.plots import report as figures
from nanonet.plots.style import COLOURS, draw_curve, mark_axes
from nanonet.rdf import RDF, Peak
from nanonet.reproduce import snapshots
from nanonet.reproduce.chapters import Chapter, Context
from nanonet.reproduce.page import Block, FigureFile, Table, Text
from nanonet.reproduce.scores import Comparison

PHASES = {
    (3.0, 40.0, 0.00072, 0.1, 0.1): "microscopic phase separation, first peak at r ≈ D",
    (3.0, 40.0, 0.00032, 0.5, 1.0): "bridging by a polymer layer, first peak at r ≈ D + d",
    (3.0, 40.0, 0.00082, 0.2, 0.4): "dispersion, a low peak at r ≈ 8",
}
"""Compositions of the paper's figure 4 (D, N, rho, eps_nn, eps_pn), and what the paper sees there."""


def _no_rows(context: Context) -> list[Comparison]:
    return []


def _phases(context: Context) -> list[Block]:
    data = context.known.explicit
    figure = Figure(figsize=(12.6, 8.6), layout="constrained")
    axes = figure.subplots(2, 3, height_ratios=(1.15, 1))
    lines, without = [], 0
    for column, (nominal, said) in enumerate(PHASES.items()):
        found = [i for i in range(len(data)) if np.allclose(_nominal(context, i), nominal, rtol=1e-6)]
        upper, lower = axes[0, column], axes[1, column]
        mark_axes(lower, nominal[0], "0.7")
        lower.set(xticks=(2, 4, 6, 8))
        lower.set_xlabel("r (σ)")
        seen = None if context.runs is None else snapshots.find(context.runs, nominal)
        if seen is None:
            without += 1
            upper.text(0.5, 0.5, "no kept configuration", ha="center", va="center", transform=upper.transAxes)
            upper.set(xticks=[], yticks=[])
        else:
            snapshots.draw(upper, *seen)
        name = f"D={nominal[0]:g} N={nominal[1]:g} rho={nominal[2]:g} eps_nn={nominal[3]:g} eps_pn={nominal[4]:g}"
        upper.set_title(f"({'abc'[column]}) {name}", fontsize=9.5)
        if not found:
            lines.append([name, "not in the dataset", "", "", "", "", said])
            continue
        rdf, entry = data.rdfs[found[0]], data.provenance[found[0]]
        draw_curve(lower, rdf, "", COLOURS[0], width=1.8)
        peaks = [peak_text(peak, rdf) for peak in (rdf.first_peak, rdf.second_peak)]
        converged = "yes" if entry.get("convergence", {}).get("converged") else "no"
        phase = phase_text(rdf, data.compositions[found[0]])
        lines.append([name, str(entry.get("nps", "–")), *peaks, converged, phase, said])
    axes[1, 0].set_ylabel("g(r)")
    figures.save(figure, context.folder / "figure4.png", dpi=80)
    missing = f" {without} of 3 snapshots are not available: no kept run folder." if without else ""
    return [
        Text(
            "The paper's figure 4 shows three compositions that stand for its three phases. We simulated the same "
            "three with our own choice of what it does not give (numbers of particles, box, NP mass, length)."
        ),
        FigureFile(
            "figure4.png",
            "Counterpart of figure 4. Above: the last kept configuration of each run, seen through the whole box "
            "along z; NPs blue, monomers green at half their diameter, translucent. Below: g(r), band of one standard "
            f"error; dashed: r = D.{missing}",
        ),
        Table(("composition", "NPs", "first peak", "second peak", "converged", "phase", "the paper sees"), lines),
        Text(
            "Peaks are maxima above 1 that stand out of their errors; “none” means that no pair correlation does. "
            "With so few NPs a run that is not converged shows where NPs go, not how many."
        ),
    ]


def peak_text(peak: Peak | None, rdf: RDF) -> str:
    """Height, its error where it is known, and position of a peak."""
    if peak is None:
        return "none"
    error = rdf.error_at(peak.position)
    return f"{peak.height:.3g}{'' if error is None else f' ± {error:.1g}'} at {peak.position:.2f}"


def phase_text(rdf: RDF, composition: Composition) -> str:
    """The state that `nanonet.phases.classify` reads off g(r)."""
    try:
        return classify(rdf, composition.diameter, composition.density).state
    except InputError:  # g is 0 far away, say, as a bad prediction may be
        return "cannot be told"


def _nominal(context: Context, i: int) -> tuple[float, ...]:
    c = context.known.explicit.compositions[i]
    density = float(context.known.explicit.provenance[i].get("nominal_density", c.density))
    return (c.diameter, float(c.chain_length), density, c.eps_nn, c.eps_pn)


CHAPTERS = {"phases": Chapter("Three phases (figure 4)", _no_rows, _phases)}
