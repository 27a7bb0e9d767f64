"""Writes docs/results/phases.md and its images in a minute: `python -m docs.make.phases`.

What was judged by hand is in validation/phase_labels.json: state and remark of each composition.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

import nanonet
from docs.make import RESULTS, ROOT, TEMPLATES
from docs.make.pair import Pair
from nanonet import RDF, Composition, Dataset, umbrella_runs
from nanonet.analyze import potential_gp
from nanonet.formats.atomic import writing
from nanonet.phases.classify import classify, states
from nanonet.phases.classify_dataset import ClassifiedCurve, classify_dataset
from nanonet.phases.curve_sampling import CORRELATION
from nanonet.phases.state import BRIDGING, CONTACT, DISPERSION, STATES, UNCERTAIN, Criteria, Place
from nanonet.plots.phases import COLOURS, draw_judged, draw_plane
from nanonet.plots.style import save
from nanonet.predict.phase_map import MappedModel, PhaseMap, compute_map, near_plane
from nanonet.rdf import standard_grid

LABELS = ROOT / "validation" / "phase_labels.json"
THEORY = ROOT / "tests" / "data" / "hooper-schweizer-2005"
DILUTE = 1e-5  # a density at which nothing is crowded
PLANES: tuple[tuple[tuple[str, str], dict[str, float | None]], ...] = (
    (("eps_pn", "eps_nn"), {"diameter": 3, "chain_length": 40, "density": 0.001}),
    (("eps_pn", "diameter"), {"chain_length": 40, "density": 0.001, "eps_nn": 0.5}),
)


def main() -> None:
    criteria = Criteria()
    hand = json.loads(LABELS.read_text())
    explicit, implicit = Dataset.shipped(), Dataset.shipped("implicit")
    hand["explicit"] = _by_measured_density(hand["explicit"], explicit)
    judged = classify_dataset(explicit, None, criteria)
    of_implicit = classify_dataset(implicit, None, criteria)
    bridges = [_bridges(explicit, i) for i in range(len(explicit))]
    draw_judged(RESULTS / "phases.png", judged, criteria)
    parts = {
        "WHERE": _where(explicit),
        "CORRELATION": _correlation(explicit),
        "THEORY": _theory(),
        "COUNTS": _counts(judged),
        "EXPLICIT": _table(explicit, judged, bridges, hand["explicit"]),
        "BLOCKS": _blocks(explicit, judged),
        "FIGURE4": _figure_4(explicit, judged, implicit, of_implicit),
        "BRIDGES": _agreement(judged, bridges),
        "DIFFER": _differences(explicit, judged, hand["explicit"]),
        "IMPLICIT": _implicit(implicit, of_implicit, hand["implicit"]),
        "DEPENDS": _depends(explicit, implicit),
        "MAP": _maps(nanonet.load(), "phase-map.png", None, explicit, judged, criteria),
        "PAIRMAP": _maps(Pair(), "phase-map-pair.png", DILUTE, explicit, judged, criteria),
    }
    text = (TEMPLATES / "phases.md").read_text()
    for name, part in parts.items():
        assert f"<!-- {name} -->" in text, name
        text = text.replace(f"<!-- {name} -->", part)
    with writing(RESULTS / "phases.md") as temporary:
        temporary.write_text(text)


def _where(data: Dataset) -> str:
    lines = ["| D | N | eps_pn | contact (kT, at gap) | barrier | layer minima |", "|---|---|---|---|---|---|"]
    for run in potential_gp.fit(umbrella_runs.by_pair_inputs(umbrella_runs.shipped())).data:
        found = potential_gp.fit([run]).predict(run.pair_inputs)
        gap, w = found.r - run.pair_inputs.diameter, found.total(0.5)
        turns = np.diff(np.sign(np.diff(w)))
        low, high = (np.flatnonzero(turns == sign) + 1 for sign in (2, -2))
        contact, layers = low[gap[low] < 0.5], low[gap[low] >= 0.5]
        between = [i for i in high if not len(layers) or i < layers[0]]
        lines.append(
            f"| {run.pair_inputs.diameter:g} | {run.pair_inputs.chain_length} | {run.pair_inputs.eps_pn:g} | "
            + " | ".join(
                ", ".join(f"{w[i]:.1f} ± {found.error[i]:.1f} at {gap[i]:.2f}" for i in places[:3]) or "none"
                for places in (contact, between, layers)
            )
            + " |"
        )
    by_size: dict[float, list[float]] = {}
    for c, i in sorted(zip(data.compositions, range(len(data)), strict=True)):
        by_size.setdefault(c.diameter, []).append(2 * _polymer(data, i)["layer"][0] - c.diameter)
    sizes = "; ".join(f"D = {d:g}: {', '.join(f'{gap:.2f}' for gap in sorted(g))}" for d, g in by_size.items())
    return "\n".join(lines) + f"\n\nGaps at which one monomer is in both first layers, explicit runs: {sizes}."


def _correlation(data: Dataset) -> str:
    """Correlation of the deviations of blocks from their mean, over all runs, where pairs were seen."""
    lags = np.array([1, 3, 5, 8, 12, 20])
    found = {int(lag): 0.0 for lag in (0, *lags)}
    counts = dict.fromkeys(found, 0)
    for c, behind in zip(data.compositions, data.runs, strict=True):
        for run in behind:
            mean, spread = run.blocks.mean(axis=0), run.blocks.std(axis=0, ddof=1)
            known = (mean > 0.05) & (spread > 0) & (data.r < c.diameter + 5)
            z = np.where(known, (run.blocks - mean) / np.where(known, spread, 1.0), np.nan)
            for lag in found:
                product = z[:, : z.shape[1] - lag] * z[:, lag:]
                found[lag] += float(np.nansum(product))
                counts[lag] += int(np.isfinite(product).sum())
    step = data.r[1] - data.r[0]
    base = found[0] / counts[0]
    cells = [(lag * step, found[lag] / counts[lag] / base, math.exp(-lag * step / CORRELATION)) for lag in lags]
    return "\n".join(
        [
            "Deviations of the blocks of each explicit run from their mean, in units of their spread, over all runs:",
            "",
            "| distance (d) | " + " | ".join(f"{a:.1f}" for a, _, _ in cells) + " |",
            "|---" * (len(cells) + 1) + "|",
            "| correlation of errors of g | " + " | ".join(f"{b:.2f}" for _, b, _ in cells) + " |",
            f"| used: exp(−distance / {CORRELATION:g}) | " + " | ".join(f"{e:.2f}" for _, _, e in cells) + " |",
        ]
    )


def _theory() -> str:
    lines = [
        "| alpha | state in their paper | verdict | layer minimum (kT, at gap) | layers | W above 1 kT up to |",
        "|---|---|---|---|---|---|",
    ]
    for alpha, name in (("0.25", "bridging"), ("0.5", "–"), ("1.0", "steric stabilisation")):
        r, g = np.loadtxt(THEORY / f"alpha{alpha}.csv", delimiter=",", unpack=True)
        order = np.argsort(r)
        even = standard_grid(23.7, 1185)[750:]
        rdf = RDF(even, np.interp(even, r[order], np.maximum(g[order], 0.0), left=0.0))
        verdict = classify(rdf, 16.0, 6 / np.pi * 0.4e-3 / 16**3)
        lines.append(
            f"| {alpha} | {name} | {verdict.state} | {_place(verdict.bridge, errors=False)} | "
            f"{verdict.layers or '–'} | {verdict.closest:.2f} |"
        )
    return "\n".join(lines)


def _table(
    data: Dataset,
    judged: Sequence[ClassifiedCurve],
    bridges: Sequence[tuple[float, float, float]],
    hand: Mapping[str, Sequence[str]],
) -> str:
    lines = [
        "| D | N | rho | eps_nn | eps_pn | by hand | verdict | contact, bridging, dispersion | contact (kT, at gap) | "
        "barrier | layer minimum | layers | crowding (kT) | excess in contact | excess where layers fit | "
        "joined | converged |",
        "|---" * 17 + "|",
    ]
    for i, (c, one, (joined, _, ideal)) in enumerate(zip(data.compositions, judged, bridges, strict=True)):
        v = one.verdict
        assert v.excess_contact is not None
        assert v.excess_layers is not None
        shares = ", ".join(f"{p:.2f}" for p in v.probabilities.values())
        cells = [
            f"{c.diameter:g} | {c.chain_length} | {c.density:.5f} | {c.eps_nn:g} | {c.eps_pn:g}",
            _by_hand(hand, c)[0],
            f"**{v.state}**",
            shares,
            *(_place(place) for place in (v.contact, v.barrier, v.bridge)),
            "–" if v.layers is None else str(v.layers),
            f"{v.crowding:.2f}",
            *(f"{excess.value:+.2f} ± {excess.error:.2f}" for excess in (v.excess_contact, v.excess_layers)),
            f"{joined:.2f} ({ideal:.2f})",
            "yes" if data.provenance[i]["convergence"]["converged"] else "no",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _counts(judged: Sequence[ClassifiedCurve]) -> str:
    counts = Counter(one.verdict.state for one in judged)
    return ", ".join(f"{state}: {counts[state]}" for state in (*STATES, UNCERTAIN)) + "."


def _bridges(data: Dataset, i: int) -> tuple[float, float, float]:
    """Joined neighbours of an NP, all neighbours, and what g = 1 makes of them, at gaps of about 0.5 to 3.5."""
    c, polymer = data.compositions[i], _polymer(data, i)
    centres = np.arange(0.25, 10.0, 0.5)
    inside = centres[(centres - c.diameter > 0.5) & (centres - c.diameter < 3.5)]
    seen = [(share, pairs) for r, share, pairs in polymer["profile"] if np.isclose(inside, r).any()]
    norm = 2.0 / polymer["nps"] / polymer["configurations"]
    ideal = 4 / 3 * np.pi * c.density * ((inside[-1] + 0.25) ** 3 - (inside[0] - 0.25) ** 3)
    return norm * sum(a * b for a, b in seen), norm * sum(b for _, b in seen), float(ideal)


def _polymer(data: Dataset, i: int) -> dict[str, Any]:
    """What was counted on the whole configurations of the longest of the runs that the entry is made of."""
    out = data.provenance[i].get("left_out", {})
    records = [run.record for run in data.runs[i] if run.record["polymer"] and run.record["id"] not in out]
    best = max(records, key=lambda record: int(record["polymer"]["configurations"]))
    return {**best["polymer"], "nps": best["nps"]}


def _agreement(judged: Sequence[ClassifiedCurve], bridges: Sequence[tuple[float, float, float]]) -> str:
    ratios: dict[str, list[float]] = {}
    shells = []
    for one, (joined, _, ideal) in zip(judged, bridges, strict=True):
        ratios.setdefault(one.verdict.state, []).append(joined / ideal)
        excess = one.verdict.excess_layers
        if one.verdict.state == CONTACT and excess is not None and excess.value > 2 * excess.error:
            shells.append(f"{one.title.split(' ', 1)[1]}, excess {excess.value:+.2f} but {joined / ideal:.2f}")
    text = "; ".join(
        f"{len(found)} runs of {state}: {min(found):.2f} to {max(found):.2f}" for state, found in sorted(ratios.items())
    )
    most = max(value for found in ratios.values() for value in found)
    return (
        f"Joined neighbours, in units of what g = 1 would give: {text}. Nowhere are they more than {most:.2f}: polymer "
        f"gathers no NPs in numbers that speak for bridging, and no verdict is bridging. They also show that rule 3 is "
        f"needed: clusters whose g has an excess of neighbours where layers fit have few that are joined "
        f"({'; '.join(shells)}). Nearly every near pair is joined in most runs, whatever the state, so the joined "
        f"fraction alone says little ([simulation.md](../simulation.md))."
    )


def _blocks(data: Dataset, judged: Sequence[ClassifiedCurve]) -> str:
    same, total, others = 0, 0, []
    for c, behind, one in zip(data.compositions, data.runs, judged, strict=True):
        for run in behind:
            found = [STATES[i] for i in states(data.r, run.blocks, c.diameter, c.density)]
            odd = Counter(state for state in found if state != one.verdict.most_probable)
            same, total = same + len(found) - odd.total(), total + len(found)
            others += [f"{n} of {len(found)} of {c} ({run.record['start']} start): {state}" for state, n in odd.items()]
    return f"{same} of {total} blocks are in the state of their composition. The others: {'; '.join(others) or 'none'}."


def _figure_4(
    explicit: Dataset, judged: Sequence[ClassifiedCurve], implicit: Dataset, others: Sequence[ClassifiedCurve]
) -> str:
    head = "figure 4 | the paper | run | verdict | contact (kT, at gap) | barrier | layer minimum | closest | highest g"
    lines = [f"| {head} |", "|---" * 9 + "|"]
    paper = (("a", CONTACT, 0.1, 0.1), ("b", BRIDGING, 0.5, 1.0), ("c", DISPERSION, 0.2, 0.4))
    for letter, said, eps_nn, eps_pn in paper:
        for name, data, found in (("explicit", explicit, judged), ("implicit", implicit, others)):
            for c, one in zip(data.compositions, found, strict=True):
                if (c.diameter, c.chain_length, c.eps_nn, c.eps_pn) == (3, 40, eps_nn, eps_pn) and c.density < 0.001:
                    v, top = one.verdict, int(one.rdf.g.argmax())
                    places = " | ".join(_place(place) for place in (v.contact, v.barrier, v.bridge))
                    lines.append(
                        f"| {letter} | {said} | {name}, {c} | **{v.state}** | {places} | {v.closest:.2f} | "
                        f"{one.rdf.g[top]:.3g}, {one.rdf.r[top]:.2f} |"
                    )
    return "\n".join(lines)


def _differences(data: Dataset, judged: Sequence[ClassifiedCurve], hand: Mapping[str, Sequence[str]]) -> str:
    rows = []
    for c, one in zip(data.compositions, judged, strict=True):
        state, remark = _by_hand(hand, c)
        if state not in ("–", one.verdict.state):
            rows.append(f"{c}: by hand {state} ({remark}), by rule {one.verdict.state}.")
    remarks = [f"{c}: {r}." for c in data.compositions if (r := _by_hand(hand, c)[1])]
    return (" ".join(rows) or "Nowhere.") + "\n\nRemarks by hand:\n\n" + "\n".join(f"- {text}" for text in remarks)


def _by_measured_density(hand: Mapping[str, Sequence[str]], data: Dataset) -> dict[str, Sequence[str]]:
    """Hand labels are kept by nominal composition, which more runs don't change; entries go by measured density."""
    nominal = (str(Composition(**runs[0].record["composition"])) for runs in data.runs)
    return {str(c): hand[name] for c, name in zip(data.compositions, nominal, strict=True) if name in hand}


def _by_hand(hand: Mapping[str, Sequence[str]], c: Composition) -> tuple[str, str]:
    state, remark = hand.get(str(c), ("–", ""))
    return state, remark


def _implicit(data: Dataset, judged: Sequence[ClassifiedCurve], hand: Mapping[str, Sequence[str]]) -> str:
    names = (*STATES, UNCERTAIN)
    lines = ["| by hand, down; by rule, across | " + " | ".join(names) + " |", "|---" * 5 + "|"]
    pairs = Counter((_by_hand(hand, c)[0], one.verdict.state) for c, one in zip(data.compositions, judged, strict=True))
    for state in names:
        lines.append(f"| {state} | " + " | ".join(str(pairs[state, other]) for other in names) + " |")
    most = Counter(
        (_by_hand(hand, c)[0], one.verdict.most_probable)
        for c, one in zip(data.compositions, judged, strict=True)
        if one.verdict.state == UNCERTAIN
    )
    doubtful = sum(most.values())
    same = sum(count for (a, b), count in most.items() if a == b)
    wrong = sum(count for (a, b), count in pairs.items() if a in STATES and b in STATES and a != b)
    layered = [one for one in judged if one.verdict.bridge and one.verdict.most_probable != CONTACT]
    deepest = min(layered, key=lambda one: one.verdict.bridge.w.value + one.verdict.crowding)  # type: ignore[union-attr]
    bridge = deepest.verdict.bridge
    assert bridge is not None
    return "\n".join(lines) + (
        f"\n\nHand and rule name different states for {wrong} of {len(data)}. Of the {doubtful} uncertain ones the "
        f"most probable state is that by hand for {same}. They are of two kinds: NPs in contact whose W_poly is not "
        f"known well enough, and strong attraction at large D, where three layers of polymer (gaps of 2.7 to 3.2) make "
        f"a well of about 1 kT with an error of half of that: on the verge of tele-bridging. The deepest beyond "
        f"crowding is that of {deepest.title.split(' ', 1)[1]}: "
        f"{bridge.w.value:.2f} ± {bridge.w.error:.2f} kT at {bridge.gap:.2f}, probabilities "
        + ", ".join(f"{p:.2f} {name}" for name, p in deepest.verdict.probabilities.items())
        + "."
    )


def _depends(explicit: Dataset, implicit: Dataset) -> str:
    names = (*STATES, UNCERTAIN)
    head = [f"{which}: {name}" for which in ("explicit", "implicit") for name in names]
    lines = ["| rule | " + " | ".join(head) + " |", "|---" * 9 + "|"]
    variants = {
        "as above": Criteria(),
        "0.5 kT": Criteria(depth=0.5),
        "2 kT": Criteria(depth=2.0),
        "one layer at most": Criteria(layers=1),
        "crowding not taken out": None,
    }
    for name, criteria in variants.items():
        cells = []
        for data in (explicit, implicit):
            if criteria is None:
                found = [
                    classify(rdf, c.diameter, common=p.get("discrepancy", 0.0)).state
                    for c, rdf, p in zip(data.compositions, data.rdfs, data.provenance, strict=True)
                ]
            else:
                found = [one.verdict.state for one in classify_dataset(data, None, criteria)]
            cells += [str(found.count(state)) for state in names]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _maps(
    model: MappedModel,
    name: str,
    density: float | None,
    data: Dataset,
    judged: Sequence[ClassifiedCurve],
    criteria: Criteria,
) -> str:
    verdicts = [one.verdict.state for one in judged]
    figure = Figure(figsize=(11, 5.2), layout="constrained")
    found: list[PhaseMap] = []
    for axes, (names, held) in zip(figure.subplots(1, len(PLANES)), PLANES, strict=True):
        one = compute_map(model, names, {**held, "density": density or held["density"]}, (None, None), 40, criteria)
        marked = one._replace(held={**one.held, "density": held["density"] or 0.0})
        draw_plane(axes, one, [(x, y, verdicts[i]) for i, x, y in near_plane(marked, data)], criteria)
        found.append(one)
        axes.set_title(found[-1].title, fontsize=9)
    handles = [Patch(color=COLOURS[state], label=state) for state in STATES]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)
    save(figure, RESULTS / name)
    rows = []
    for one in found:
        best: NDArray[np.int64] = one.shares.argmax(axis=-1)
        sure = float((one.shares.max(axis=-1) >= criteria.confidence).mean())
        shares = ", ".join(f"{100 * float((best == k).mean()):.0f} % {state}" for k, state in enumerate(STATES))
        rows.append(f"{one.title}: {shares} (most probable); {100 * sure:.0f} % of the plane is certain.")
    return f"Probabilities {found[0].method}. " + " ".join(rows)


def _place(place: Place | None, errors: bool = True) -> str:
    if place is None:
        return "–"
    if not math.isfinite(place.w.value):
        return f"never seen, {place.gap:.2f}"
    bar = f" ± {place.w.error:.2f}" if errors else ""
    return f"{place.w.value:.2f}{bar}, {place.gap:.2f}"


if __name__ == "__main__":
    main()
