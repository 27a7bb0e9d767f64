"""Writes docs/results/starts.md, what runs from different starts say: `python -m docs.make.starts`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from docs.make import RESULTS, TEMPLATES
from nanonet import Dataset
from nanonet.analyze.entries import CONDENSING, DISPERSED, EDGE
from nanonet.dataset import Run
from nanonet.rdf import coordination_numbers

GAP = 3.0  # between the surfaces (sigma): NPs that at most three monomers keep apart are neighbours
SAME = 0.1  # relative difference of two first peaks that counts as agreement
SEEN = 0.05  # g below which bins are not compared: their counts are too few for an error bar


def main() -> None:
    data = Dataset.shipped()
    entries = [
        (
            f"D={c.diameter:g} N={c.chain_length} rho={p['nominal_density']:g} eps_nn={c.eps_nn:g} eps_pn={c.eps_pn:g}",
            p,
            runs,
        )
        for c, p, runs in zip(data.compositions, data.provenance, data.runs, strict=True)
    ]
    of = {
        kind: [(name, runs) for name, p, runs in entries if p["regime"] == kind]
        for kind in (CONDENSING, EDGE, DISPERSED)
    }
    lines = [(TEMPLATES / "starts.md").read_text().rstrip(), "", *_pairs(of[CONDENSING]), *_gathering(of[CONDENSING])]
    lines += [*_same(of[DISPERSED]), *_edge(of[EDGE])]
    (RESULTS / "starts.md").write_text("\n".join(lines) + "\n")


def _pairs(entries: Sequence[tuple[str, Sequence[Run]]]) -> Iterator[str]:
    """Condensing compositions with two gathered runs or more: their first peaks, as far apart as any two are."""
    rows = []
    for name, runs in entries:
        peaks = [
            (run.record.starting_point, *peak) for run in _gathered(runs) if (peak := _first_peak(run)) is not None
        ]
        if len(peaks) < 2:
            continue
        a, b = max(combinations(peaks, 2), key=lambda two: abs(two[0][1] - two[1][1]))
        apart = abs(a[1] - b[1]) / (0.5 * (a[1] + b[1]))
        errors = abs(a[1] - b[1]) / math.hypot(a[2], b[2])
        rows.append((apart, name, a, b, errors))
    good = sum(apart <= SAME for apart, *_ in rows)
    yield "## Condensing: independent gathered starts"
    yield ""
    yield f"{good} of {len(rows)} compositions with two gathered runs agree within {100 * SAME:.0f} % in the peak."
    yield ""
    yield "| composition | starts | first peaks g | difference | in standard errors |"
    yield "|---|---|---|---|---|"
    for apart, name, a, b, errors in sorted(rows):
        peaks_text = f"{a[1]:.3g} ± {a[2]:.2g}, {b[1]:.3g} ± {b[2]:.2g}"
        yield f"| {name} | {a[0]}, {b[0]} | {peaks_text} | {100 * apart:.0f} % | {errors:.1f} |"
    yield ""


def _gathering(entries: Sequence[tuple[str, Sequence[Run]]]) -> Iterator[str]:
    """Condensing compositions with a dispersed run and a gathered one: how fast the dispersed one gathers."""
    rows = []
    for name, runs in entries:
        gathered = _gathered(runs)
        dispersed = [run for run in runs if run.record.starting_point == "dispersed"]
        if not (gathered and dispersed):
            continue
        run = max(dispersed, key=lambda one: one.record.production_tau)
        course = _neighbours(run)
        end = float(np.mean([_neighbours(one).mean() for one in gathered]))
        length = run.record.production_tau
        times = (np.arange(len(course)) + 0.5) / len(course) * length
        slope, slope_error = _slope(times, course)
        rows.append((name, course, end, length, slope, slope_error))
    moving = sum(slope > 2.0 * error for *_, slope, error in rows)
    yield "## Condensing: a dispersed start moves towards them"
    yield ""
    yield (
        f"Neighbours of an NP within a gap of {GAP:g} sigma, in the first and the last fifth of the dispersed run, and "
        f"in the gathered runs. In {moving} of {len(rows)} dispersed runs they rise by more than two errors of "
        "the slope (of a straight line through the fifths). The last column is how long the rest would take at that "
        "rate, a lower bound: clusters of clusters move more slowly than NPs."
    )
    yield ""
    yield "| composition | tau | first fifth | last fifth | gathered | per 1,000 tau | tau that are missing |"
    yield "|---|---|---|---|---|---|---|"
    for name, course, end, length, slope, error in rows:
        rest = f"{round((end - course[-1]) / slope, -2):,.0f}" if slope > 2.0 * error and end > course[-1] else "–"
        rate = f"{1000 * slope:.2f} ± {1000 * error:.2f}"
        yield f"| {name} | {length:,.0f} | {course[0]:.2f} | {course[-1]:.2f} | {end:.2f} | {rate} | {rest} |"
    yield ""


def _same(entries: Sequence[tuple[str, Sequence[Run]]]) -> Iterator[str]:
    """Dispersed compositions with a dispersed and an implicit start: their g(r) compared bin by bin."""
    rows = []
    for name, runs in entries:
        by_start = {run.record.starting_point: run for run in runs}
        if not {"dispersed", "implicit"} <= set(by_start):
            continue
        a, b = by_start["dispersed"], by_start["implicit"]
        assert a.rdf.error is not None
        assert b.rdf.error is not None
        seen = np.minimum(a.rdf.g, b.rdf.g) > SEEN
        z = (a.rdf.g - b.rdf.g)[seen] / np.hypot(a.rdf.error, b.rdf.error)[seen]
        texts = []
        for run in (a, b):
            peak = _first_peak(run)
            texts.append("–" if peak is None else f"{peak[0]:.3g} ± {peak[1]:.2g}")
        rows.append((name, texts, float(np.sqrt(np.mean(z**2))), float(np.mean(np.abs(z) < 2)), len(z)))
    yield "## Dispersed: the start from implicit NPs adds nothing"
    yield ""
    yield (
        f"g(r) of the two starts over the bins with g above {SEEN:g}: root mean square of their difference in standard "
        "errors (1 is expected of independent runs; error bars from 5 blocks are themselves uncertain by a third), "
        "and the share of bins within 2 (0.95 is expected)."
    )
    yield ""
    yield "| composition | first peak, dispersed | first peak, implicit | rms difference, errors | within 2 | bins |"
    yield "|---|---|---|---|---|---|"
    for name, texts, rms, share, bins in rows:
        yield f"| {name} | {texts[0]} | {texts[1]} | {rms:.2f} | {share:.2f} | {bins} |"
    yield ""


def _edge(entries: Sequence[tuple[str, Sequence[Run]]]) -> Iterator[str]:
    """Compositions at the edge: neighbours along each run."""
    yield "## At the edge"
    yield ""
    yield f"Neighbours of an NP within a gap of {GAP:g} sigma, first and last fifth of each run."
    yield ""
    yield "| composition | start | tau | first fifth | last fifth |"
    yield "|---|---|---|---|---|"
    for name, runs in entries:
        for run in runs if len(runs) > 1 else ():
            course = _neighbours(run)
            tau = f"{run.record.production_tau:,.0f}"
            yield f"| {name} | {run.record.starting_point} | {tau} | {course[0]:.2f} | {course[-1]:.2f} |"


def _gathered(runs: Sequence[Run]) -> list[Run]:
    return [run for run in runs if run.record.starting_point != "dispersed"]


def _first_peak(run: Run) -> tuple[float, float] | None:
    """Height of the first peak and its standard error."""
    peak = run.rdf.first_peak
    if peak is None:
        return None
    error = run.rdf.error_at(peak.position)
    return peak.height, math.nan if error is None else error


def _neighbours(run: Run) -> NDArray[np.float64]:
    """Neighbours of an NP in each fifth of a run (5,)."""
    radius = run.record.composition.diameter + GAP
    density, nps = run.record.density, run.record.nps
    return coordination_numbers(run.rdf.r, np.asarray(run.blocks), radius, density, nps)


def _slope(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float]:
    """Slope of the least-squares line and its standard error."""
    (slope, _), covariance = np.polyfit(x, y, 1, cov=True)
    return float(slope), float(math.sqrt(covariance[0, 0]))


if __name__ == "__main__":
    main()
