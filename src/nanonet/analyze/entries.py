"""Runs of one composition -> one entry of a dataset: which of them are at equilibrium, and their common result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from nanonet.analyze.equilibrium import agree, assess
from nanonet.analyze.pairs import Measurement
from nanonet.analyze.replicas import combine
from nanonet.composition import Composition
from nanonet.dataset import Dataset, Run
from nanonet.errors import InputError
from nanonet.formats import potential_table
from nanonet.potentials.mediated import PairInputs
from nanonet.rdf import RDF
from nanonet.records import Convergence, Provenance, TrajectoryStatistics

CONDENSING, EDGE, DISPERSED = "condensing", "edge", "dispersed"
"""Regimes, by the reduced second virial coefficient B2* of U_nn + W_poly."""

EDGE_LIMITS = (-8.0, -1.0)
"""B2* between which a gathered state may dissolve, and a dispersed one gather, within a few thousand tau."""


def regime(second_virial: float | None) -> str:
    """`condensing`, `edge` or `dispersed`; where B2* is not known either may be, as at the edge."""
    if second_virial is None:
        return EDGE
    low, high = EDGE_LIMITS
    return CONDENSING if second_virial < low else DISPERSED if second_virial > high else EDGE


def second_virial(composition: Composition) -> float | None:
    """B2* of a composition at infinite dilution, from the shipped table of W_poly; None where that does not reach."""
    pair = PairInputs(composition.diameter, composition.chain_length, composition.eps_pn)
    found = potential_table.shipped().potential(pair)
    return None if found.extrapolated else found.second_virial(composition.eps_nn)


def statistics_of(run: Run) -> TrajectoryStatistics:
    """Statistics of a run's trajectory; `InputError` where its record has none."""
    if run.record.statistics is None:
        raise InputError(f"run {run.record.id} cannot be assessed: its record has no trajectory statistics")
    return run.record.statistics


@dataclass(frozen=True)
class Choice:
    """Which runs make an entry."""

    used: tuple[int, ...]
    """Places of the runs that count."""
    left_out: Mapping[int, str]
    """Why each of the others does not, by place."""
    between: bool = False
    """Whether the used runs come from different starts and have not met: the entry lies between them."""


def choose(statistics: Sequence[TrajectoryStatistics], starts: Sequence[str], kind: str) -> Choice:
    """Which runs of a composition are at equilibrium, as far as their starts can tell.

    Runs that agree all count. Where dispersed and gathered starts differ, a condensing composition's dispersed runs
    are still gathering and a dispersed composition's clustered runs still dissolving: they do not count. At the edge
    either may hold, and the answer lies between them. Annealed runs stand for those that they were made to replace.

    Parameters
    ----------
    statistics, starts:
        One a run: of its trajectory, and how it started (`MeasuredRun.starting_point`).
    kind:
        The regime.
    """
    if "annealed" in starts:
        used = tuple(i for i, start in enumerate(starts) if start == "annealed")
        return _without(used, len(starts), "annealed runs take its place: dispersed and clustered starts differed")
    by_start = {start: [i for i, one in enumerate(starts) if one == start] for start in dict.fromkeys(starts)}
    met = all(
        agree(statistics[i], statistics[k])
        for a, b in product(by_start, by_start)
        if a < b
        for i, k in product(by_start[a], by_start[b])
    )
    everything = Choice(tuple(range(len(starts))), {})
    if met:
        return everything
    astray = {CONDENSING: ("dispersed", "still gathering"), DISPERSED: ("clustered", "still dissolving")}.get(kind)
    if astray is not None and astray[0] in by_start:
        used = tuple(i for i, start in enumerate(starts) if start != astray[0])
        return _without(used, len(starts), f"{astray[1]}: its NPs started {astray[0]}, and other starts differ from it")
    return Choice(everything.used, {}, between=True)


def _without(used: tuple[int, ...], count: int, why: str) -> Choice:
    return Choice(used, {i: why for i in range(count) if i not in used})


def assess_runs(runs: Sequence[Run]) -> tuple[Choice, Convergence]:
    """Which runs of a composition count, and whether they have converged.

    At the edge that takes explicit runs from both ends: implicit configurations may all lie on the wrong side of it.
    """
    seen = [statistics_of(run) for run in runs]
    starts = [run.record.starting_point for run in runs]
    kind = regime(second_virial(runs[0].record.composition.value))
    choice = choose(seen, starts, kind)
    explicit = runs[0].record.fidelity != "implicit"
    verdict = assess(
        [seen[i] for i in choice.used], [starts[i] for i in choice.used], both_ends=explicit and kind == EDGE
    )
    return choice, verdict


def entry(runs: Sequence[Run]) -> Dataset:
    """One composition: its run, or those of its runs that count, put together.

    The provenance names the weight of each run, and why those that do not count are left out.
    """
    first = runs[0].record
    nominal = runs[0].record.composition.value
    virial = second_virial(nominal)
    starts = [run.record.starting_point for run in runs]
    choice, verdict = assess_runs(runs)
    used = [runs[i] for i in choice.used]
    measured = combine([_measurement(run) for run in used], [run.record.production_tau for run in used])
    rdf = measured.rdf
    if choice.between:
        rdf = RDF(rdf.r, rdf.g, _reaching(rdf, used, [starts[i] for i in choice.used]))
    total = sum(run.record.production_tau for run in used)
    weights = [run.record.production_tau / total if i in choice.used else 0.0 for i, run in enumerate(runs)]
    provenance = Provenance(
        id=first.id,
        fidelity=first.fidelity or "explicit",
        nps=first.nps,
        volume=first.nps / measured.density,
        nominal_density=nominal.density,
        density_error=measured.density_error,
        production_tau=total,
        replicas=len(used),
        starts=tuple(sorted(set(starts))),
        second_virial=None if virial is None else round(virial, 3),
        regime=regime(virial),
        weights=tuple(weights),
        left_out={runs[i].record.id: why for i, why in choice.left_out.items()},
        between=choice.between,
        convergence=verdict,
    )
    composition = replace(nominal, density=measured.density)
    return Dataset((composition,), (rdf,), (provenance,), (tuple(runs),))


def _measurement(run: Run) -> Measurement:
    return Measurement(run.rdf, run.record.density, run.record.density_error, run.record.nps, run.blocks)


def _reaching(rdf: RDF, runs: Sequence[Run], starts: Sequence[str]) -> NDArray[np.float64]:
    """Standard errors (m,) that reach from the entry to the mean of the runs of every start."""
    ends = []
    for start in dict.fromkeys(starts):
        group = [run for run, one in zip(runs, starts, strict=True) if one == start]
        share = np.array([run.record.production_tau for run in group])
        ends.append(np.abs(share @ np.array([run.rdf.g for run in group]) / share.sum() - rdf.g))
    own = np.zeros_like(rdf.g) if rdf.error is None else rdf.error
    return np.asarray(np.maximum(own, np.max(ends, axis=0)))
