"""Writes docs/results/multiscale.md and its images in half a minute: `python -m docs.make.multiscale`.

The comparisons with explicit runs are read from docs/results/multiscale.json, which `make multiscale` and
`python -m docs.make.compared` leave.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from docs.make import RESULTS, TEMPLATES
from nanonet import Dataset, umbrella_runs
from nanonet.analyze import potential_gp
from nanonet.analyze.potential_gp import PotentialGP
from nanonet.campaign import fidelity
from nanonet.campaign.fidelity import Comparison
from nanonet.campaign.implicit import REGIMES, regime
from nanonet.campaign.potentials import TARGET
from nanonet.formats.atomic import writing
from nanonet.plots.rdf import draw_potential
from nanonet.plots.style import COLOURS, save
from nanonet.potentials.mediated import CONDENSES
from nanonet.umbrella_runs import UmbrellaRun

GAPS = ((-0.5, 0.0), (0.0, 0.5), (0.5, 1.0), (1.0, 2.0), (2.0, 3.0), (3.0, 4.5))
COLOUR_CYCLE = (*COLOURS, "#444444", "#a61c00", "#3d85c6")


def main() -> None:
    runs = umbrella_runs.shipped()
    model = potential_gp.fit(umbrella_runs.by_pair_inputs(runs))
    found = fidelity.load(RESULTS / "multiscale.json")
    implicit = Dataset.shipped("implicit")
    _draw_potentials(model)
    _draw_comparisons(found)
    _draw_many_body(found)
    parts = {
        "WINDOWS": _windows(runs),
        "REPLICAS": _replicas(runs),
        "BETWEEN": _between(model),
        "COMPARED": _compared(found),
        "BEYOND": _beyond(found),
        "MANY_BODY": _many_body(found),
        "IMPLICIT": _implicit(implicit),
        "COST": _cost(runs),
    }
    text = (TEMPLATES / "multiscale.md").read_text()
    for name, part in parts.items():
        assert f"<!-- {name} -->" in text, name
        text = text.replace(f"<!-- {name} -->", part)
    with writing(RESULTS / "multiscale.md") as temporary:
        temporary.write_text(text)


def _windows(runs: Sequence[UmbrellaRun]) -> str:
    lines = [
        "| D | N | eps_pn | runs | tau | box | W_poly at contact (kT) | target | core-hours | to the target | "
        "largest W_poly (kT, at gap) | lowest beyond a gap of 1 (kT, at gap) | faults of a run |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for pair, group in umbrella_runs.grouped(runs).items():
        alone = potential_gp.fit([umbrella_runs.combine(group)]).predict(pair)
        w, error = alone.at(pair.diameter)
        target = float(np.interp(pair.diameter, *TARGET))
        gap = alone.r - pair.diameter
        high = int(alone.w.argmax())
        beyond = np.flatnonzero(gap > 1.0)
        low = int(beyond[alone.w[beyond].argmin()])
        spent = sum(core_hours(run) for run in group)
        faults = "; ".join(problem for run in group for problem in run.record["problems"])
        lines.append(
            f"| {pair.diameter:g} | {pair.chain_length} | {pair.eps_pn:g} | {len(group)} | "
            f"{sum(run.record['tau'] for run in group):,.0f} | {group[0].record['box']:.1f} | {w:.2f} ± {error:.2f} | "
            f"{target:g}{'' if error <= target else ', **missed**'} | {spent:.1f} | "
            f"{spent * (error / target) ** 2:.1f} | {alone.w[high]:.2f} ± {alone.error[high]:.2f}, {gap[high]:.2f} | "
            f"{alone.w[low]:.2f} ± {alone.error[low]:.2f}, {gap[low]:.2f} | {faults or '–'} |"
        )
    return "\n".join(lines)


def core_hours(run: UmbrellaRun) -> float:
    """Core-hours of a window run, equilibration included, at the speed that it had."""
    protocol = run.record["protocol"]
    steps = protocol["equilibration_steps"] + protocol["production_steps"]
    return float(steps / run.record["steps_per_second"] / 3600)


def _replicas(runs: Sequence[UmbrellaRun]) -> str:
    """Runs of the same windows from other starts: do they differ by as much as their errors say?"""
    lines = [
        "| D | N | eps_pn | tau of each | W_poly at contact (kT) | difference in standard errors | "
        "mean square difference of the windows' forces in standard errors |",
        "|---|---|---|---|---|---|---|",
    ]
    for pair, group in umbrella_runs.grouped(runs).items():
        if len(group) < 2:
            continue
        one, other = group[0].forces, group[1].forces
        (w, error), (again, its) = (potential_gp.fit([x]).predict(pair).at(pair.diameter) for x in (one, other))
        squares = (one.force - other.force) ** 2 / (one.error**2 + other.error**2)
        lines.append(
            f"| {pair.diameter:g} | {pair.chain_length} | {pair.eps_pn:g} | "
            f"{', '.join(format(run.record['tau'], ',.0f') for run in group[:2])} | {w:.2f} ± {error:.2f}, "
            f"{again:.2f} ± {its:.2f} | {abs(w - again) / np.hypot(error, its):.1f} | "
            f"{squares.mean():.2f} ± {np.sqrt(2 / len(squares)):.2f} ({len(squares)} windows) |"
        )
    return "\n".join(lines)


def _between(model: PotentialGP) -> str:
    head = " | ".join(f"{low:g} to {high:g}" for low, high in GAPS)
    lines = [f"| left out | {head} |", "|---" * (len(GAPS) + 1) + "|"]
    squares: list[list[float]] = [[] for _ in GAPS]
    for others, own in potential_gp.leave_one_out(model.data):
        gap = others.r - others.pair_inputs.diameter
        difference = others.w - np.interp(others.r, own.r, own.w)
        error = np.hypot(others.error, np.interp(others.r, own.r, own.error))
        cells = []
        for k, (low, high) in enumerate(GAPS):
            inside = (gap >= low) & (gap < high)
            rms = float(np.sqrt(np.mean(difference[inside] ** 2)))
            squares[k].append(rms**2)
            cells.append(f"{rms:.2f} ({np.sqrt(np.mean(error[inside] ** 2)):.2f})")
        lines.append(f"| {others.pair_inputs} | {' | '.join(cells)} |")
    lines.append("| all | " + " | ".join(f"**{np.sqrt(np.mean(values)):.2f}**" for values in squares) + " |")
    scales = np.exp(model.scales)
    names = ("amplitude at contact for D = 3 (kT)", "decay of the amplitude (sigma)", "correlation in r (sigma)",
             "factor of the windows' errors", "correlation in D (sigma)", "in N", "in eps_pn",
             "amplitude of the part linear in eps_pn (kT)")  # fmt: skip
    lines.append("\nParameters of the process fitted to all: " + ", ".join(
        f"{name} {value:.2g}" for name, value in zip(names, scales, strict=True)
    ) + ".")  # fmt: skip
    return "\n".join(lines)


def _compared(found: Sequence[Comparison]) -> str:
    lines = [
        "| composition | NPs | B2 | regime | difference of −ln g (kT) | expected | first peak, explicit | implicit | "
        "neighbours, explicit | implicit | explicit converged | |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for one in sorted(found, key=lambda one: (one.regime, one.difference)):
        explicit, implicit = ("none" if peak is None else f"{peak[1]:.3g} at {peak[0]:.2f}" for peak in one.peaks)
        lines.append(
            f"| {one.composition} | {one.nps} | {one.second_virial:.3g} | {one.regime} | {one.difference:.2f} | "
            f"{one.expected:.2f} | {explicit} | {implicit} | {one.coordination[0]:.3g} | {one.coordination[1]:.3g} | "
            f"{'yes' if one.explicit_converged else 'no'} | {'agrees' if one.agrees else '**differs**'} |"
        )
    return "\n".join(lines)


def _beyond(found: Sequence[Comparison]) -> str:
    lines = []
    for kind in REGIMES:
        of_kind = [one for one in found if one.regime == kind]
        lines.append(
            f"- {kind}: {len(of_kind)} compositions, {sum(one.agrees for one in of_kind)} agree; the spread of ln g "
            f"beyond all known errors is {fidelity.discrepancy(found, kind):.2f}."
        )
    dispersed = [one for one in found if one.regime == "dispersed" and one.r]
    if len(dispersed) > 2:
        for name, value in (
            ("NP volume fraction", lambda one: one.composition.volume_fraction),
            ("number of neighbours (explicit)", lambda one: one.coordination[0]),
        ):
            lines.append(_trend(name, dispersed, value))
    return "\n".join(lines)


def _trend(name: str, found: Sequence[Comparison], value: Callable[[Comparison], float]) -> str:
    x = np.array([value(one) for one in found])
    y = np.array([np.mean(np.array(one.explicit) - one.implicit) for one in found])
    error = np.array([np.mean(one.error) for one in found])  # neighbouring bins share most of their errors
    rows = ", ".join(f"{a:.3g}: {b:+.2f} ± {c:.2f}" for a, b, c in sorted(zip(x, y, error, strict=True)))
    return f"- mean of (explicit − implicit) −ln g in kT by {name}, dispersed compositions: {rows}."


MANY_BODY: dict[str, Callable[[Comparison], float]] = {
    "number of neighbours (implicit)": lambda one: one.coordination[1],
    "D (σ)": lambda one: one.composition.diameter,
    "ε_PN": lambda one: one.composition.eps_pn,
    "NP volume fraction": lambda one: one.composition.volume_fraction,
}  # what the difference between explicit and implicit NPs may depend on


def _first_peaks(found: Sequence[Comparison]) -> tuple[list[Comparison], NDArray[np.float64], NDArray[np.float64]]:
    """Comparisons with a first peak both ways; ln of the ratio of its heights, and its shift (sigma)."""
    both = [(one, *one.peaks) for one in found]
    rows = [(one, np.log(a[1] / b[1]), a[0] - b[0]) for one, a, b in both if a is not None and b is not None]
    return [one for one, _, _ in rows], np.array([x for _, x, _ in rows]), np.array([x for _, _, x in rows])


def _many_body(found: Sequence[Comparison]) -> str:
    """How well one straight line, left out each composition in turn, foretells what explicit NPs add."""
    head = " | ".join(f"line in {name}" for name in MANY_BODY)
    lines = [f"| regime | compositions | of the first peak | as implicit | mean of the others | {head} |"]
    lines.append("|---" * (5 + len(MANY_BODY)) + "|")
    for kind in REGIMES:
        chosen, ratio, shift = _first_peaks([one for one in found if one.regime == kind])
        if len(chosen) < 4:
            continue
        for what, y in (("ln of the ratio of heights", ratio), ("shift (σ)", shift)):
            cells = [_left_out(np.ones((len(y), 1)), y)]
            for value in MANY_BODY.values():
                x = np.array([value(one) for one in chosen])
                cells.append(_left_out(np.column_stack([np.ones(len(y)), x]), y))
            row = " | ".join(f"{x:.2f}" for x in (np.sqrt(np.mean(y**2)), *cells))
            lines.append(f"| {kind} | {len(y)} | {what} | {row} |")
    means = []
    for kind in REGIMES:
        chosen, ratio, shift = _first_peaks([one for one in found if one.regime == kind])
        if len(chosen) > 1:
            scatter = np.std([ratio, shift], axis=1, ddof=1) / np.sqrt(len(chosen))
            means.append(
                f"{kind}: the explicit first peak is {np.exp(ratio.mean()):.2f} times the implicit one (ln of ratio "
                f"{ratio.mean():+.2f} ± {scatter[0]:.2f}), {shift.mean():+.2f} ± {scatter[1]:.2f} σ further out"
            )
    return "\n".join(lines) + "\n\nMeans: " + "; ".join(means) + "."


def _left_out(design: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Root mean square error of a linear fit at the points (n,) that it has not seen."""
    hat = design @ np.linalg.pinv(design)
    return float(np.sqrt(np.mean(((y - hat @ y) / np.maximum(1.0 - np.diag(hat), 1e-9)) ** 2)))


def _draw_many_body(found: Sequence[Comparison]) -> None:
    chosen, ratio, shift = _first_peaks(found)
    figure = Figure(figsize=(3.1 * len(MANY_BODY), 5.2), layout="constrained")
    grid = figure.subplots(2, len(MANY_BODY), sharey="row", squeeze=False)
    for column, (name, value) in enumerate(MANY_BODY.items()):
        x = np.array([value(one) for one in chosen])
        for axes, y in ((grid[0, column], ratio), (grid[1, column], shift)):
            for kind, colour in zip(REGIMES, COLOURS, strict=False):
                for converged in (True, False):
                    here = [one.regime == kind and one.explicit_converged == converged for one in chosen]
                    label = f"{kind}, {'' if converged else 'not '}converged"
                    face = colour if converged else "none"
                    axes.plot(x[here], y[here], "o", ms=5, mec=colour, mfc=face, label=label)
            axes.axhline(0.0, color="0.7", lw=0.8, zorder=0)
        grid[1, column].set_xlabel(name)
    grid[0, 0].set_ylabel("ln (explicit / implicit)\nheight of the first peak")
    grid[1, 0].set_ylabel("explicit − implicit\nplace of the first peak (σ)")
    grid[0, 0].legend(frameon=False, fontsize=7)
    save(figure, RESULTS / "many-body.png")


def _implicit(data: Dataset) -> str:
    converged = sum(entry["convergence"]["converged"] for entry in data.provenance)
    condensing = sum(any("may condense" in flag for flag in entry["flags"]) for entry in data.provenance)
    outside = sum(any("outside" in flag for flag in entry["flags"]) for entry in data.provenance)
    ranges = ", ".join(
        f"{name} {low:g} to {high:g}"
        for name, low, high in zip(
            ("D", "N", "rho", "eps_nn", "eps_pn"), data.X.min(axis=0), data.X.max(axis=0), strict=True
        )
    )
    gathered = sum(entry["convergence"]["converged"] for entry in data.provenance if entry["second_virial"] < CONDENSES)
    nps = [entry["nps"] for entry in data.provenance]
    return (
        f"{len(data)} compositions ({ranges}), {min(nps)} to {max(nps)} NPs each, as explicit runs have; {condensing} "
        "may condense; all ran from both ends, and were cooled where these differed. "
        f"{converged} are converged by their own verdict, {outside} lie outside of the windows' range. Of those "
        f"that may condense {gathered} are converged."
    )


def _cost(runs: Sequence[UmbrellaRun]) -> str:
    """Core-hours to a standard error of 0.3 in ln g at contact and up to a gap of 3."""
    explicit = Dataset.shipped()
    records = [run.record for behind in explicit.runs for run in behind]
    beads = float(np.median([_beads(record, record["composition"]["chain_length"]) for record in records]))
    speeds = [_beads(run.record, run.windows.chain_length) * run.record["steps_per_second"] for run in runs]
    rate = float(np.median(speeds))
    wanted = 0.3
    hours = []
    for rdf, composition, entry in zip(explicit.rdfs, explicit.compositions, explicit.provenance, strict=True):
        near = (rdf.r > composition.diameter) & (rdf.r < composition.diameter + 3.0) & (rdf.g > fidelity.FLOOR)
        assert rdf.error is not None
        error = float(np.sqrt(np.mean((rdf.error[near] / rdf.g[near]) ** 2)))
        tau = entry["production_tau"] * (error / wanted) ** 2
        hours.append(100.0 * tau * beads / rate / 3600)
    per_pair = []
    for run in runs:
        pair = run.windows.pair_inputs
        error = potential_gp.fit([run.forces]).predict(pair).at(pair.diameter)[1]
        tau = run.record["tau"] * (error / wanted) ** 2
        per_pair.append(100.0 * tau * _beads(run.record, run.windows.chain_length) / rate / 3600)
    implicit = {kind: _implicit_hours(kind) for kind in REGIMES}
    by_windows = 14 * float(np.median(per_pair)) + 80 * float(np.mean(np.concatenate(list(implicit.values()))))
    paper = 80 * 2e7 * beads / rate / 3600
    return "\n".join(
        [
            f"All at the speed of the window runs, {rate / 1e6:.1f} million bead-steps a second of one core "
            f"(both cores busy), {beads:,.0f} beads an explicit run:",
            "",
            "| way | core-hours |",
            "|---|---|",
            f"| explicit run, a composition, to 0.3 in ln g | {np.median(hours):.2g} (median of {len(hours)}; "
            f"{min(hours):.1g} to {max(hours):.2g}), if its blocks' errors are right: few are converged |",
            f"| windows, two NPs, to 0.3 kT at contact | {np.median(per_pair):.1f} (median of {len(per_pair)}; "
            f"{min(per_pair):.1f} to {max(per_pair):.1f}) |",
            *(
                f"| implicit runs, a composition, W_poly known, {kind} | {np.median(spent):.2g} (median of "
                f"{len(spent)}; {min(spent):.1g} to {max(spent):.1g}) |"
                for kind, spent in implicit.items()
            ),
            "| trained predictor, a composition (`python benchmarks/predict.py`) | 0.0000005 (2 ms) |",
            f"| the paper's campaign explicitly: 80 compositions of 2e7 steps | {paper:,.0f} |",
            f"| the same by windows, if 14 sets of pair inputs suffice, and 80 implicit runs | {by_windows:.0f} |",
        ]
    )


def _implicit_hours(kind: str) -> NDArray[np.float64]:
    """Core-hours of LAMMPS for each shipped implicit composition of a regime; condensing ones ran from both starts."""
    data = Dataset.shipped("implicit")
    known = ((entry.core_hours, entry.second_virial) for entry in data.provenance)
    return np.array([hours for hours, b2 in known if hours and b2 is not None and regime(b2) == kind])


def _beads(record: Mapping[str, Any], chain_length: int) -> int:
    """Particles of a run."""
    return int(record["chains"]) * chain_length + int(record["nps"])


def _draw_potentials(model: PotentialGP) -> None:
    figure = Figure(figsize=(10.4, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for axes, limits in ((left, (-16, 30)), (right, (-3, 5))):
        for one, colour in zip(model.data, COLOUR_CYCLE, strict=False):
            found = model.predict(one.pair_inputs)
            shifted = type(found)(found.pair_inputs, found.r - found.pair_inputs.diameter, found.w, found.covariance)
            draw_potential(axes, shifted, str(one.pair_inputs), colour)
        axes.set(xlim=(-1, 4.75), ylim=limits, xlabel="gap r − D (σ)", ylabel="$W_{poly}$ (kT)")
    left.legend(frameon=False, fontsize=8)
    right.set_title("the same, enlarged", fontsize=10)
    save(figure, RESULTS / "potentials.png")


def _draw_comparisons(found: Sequence[Comparison]) -> None:
    columns = 4
    rows = -(-len(found) // columns)
    figure = Figure(figsize=(3.1 * columns, 2.5 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid[len(found) :]:
        axes.axis("off")
    for axes, one in zip(grid, sorted(found, key=lambda one: (one.regime, one.difference)), strict=False):
        axes.plot(one.r, one.explicit, "o", ms=2.5, color="0.2", label="explicit")
        error = np.array(one.error)
        axes.plot(one.r, one.implicit, color=COLOURS[0], lw=1.5, label="implicit")
        low, high = np.array(one.implicit) - error, np.array(one.implicit) + error
        axes.fill_between(one.r, low, high, color=COLOURS[0], alpha=0.25, lw=0)
        c = one.composition
        axes.set_title(
            f"D={c.diameter:g} N={c.chain_length} ρ={c.density:.2g} εNN={c.eps_nn:g} εPN={c.eps_pn:g}", fontsize=7.5
        )
        axes.tick_params(direction="in", labelsize=7)
        axes.set_xlim(1.5, 10)
    grid[0].legend(frameon=False, fontsize=7)
    figure.supxlabel("r (σ)", fontsize=9)
    figure.supylabel("−ln g (kT)", fontsize=9)
    save(figure, RESULTS / "reckoning.png")


if __name__ == "__main__":
    main()
