"""Runs of one composition -> one entry of a dataset: which of them are at equilibrium, and their common result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nanonet.analyze.equilibrium import agree, assess
from nanonet.analyze.replicas import pool
from nanonet.composition import Composition
from nanonet.dataset import Dataset, Run
from nanonet.errors import InputError
from nanonet.formats import potential_table
from nanonet.grafted import GraftedComposition
from nanonet.potentials.mediated import PairInputs
from nanonet.rdf import RDF
from nanonet.records import Convergence, MeasuredRun, Provenance, TrajectoryStatistics
from nanonet.systems.grafted import Grafted
from nanonet.systems.kinds import as_system

CONDENSING, EDGE, DISPERSED = "condensing", "edge", "dispersed"
"""Regimes, by the reduced second virial coefficient B2* of U_nn + W_poly."""

EDGE_LIMITS = (-8.0, -1.0)
"""B2* between which a gathered state may dissolve, and a dispersed one gather, within a few thousand tau."""


def regime(second_virial: float | None) -> str:
    """`condensing`, `edge` or `dispersed`; where B2* is not known either may be, as at the edge.

    Examples
    --------
    >>> regime(0.5), regime(-12.0), regime(None)
    ('dispersed', 'condensing', 'edge')
    """
    if second_virial is None:
        return EDGE
    low, high = EDGE_LIMITS
    return CONDENSING if second_virial < low else DISPERSED if second_virial > high else EDGE


def second_virial(composition: Composition) -> float | None:
    """B2* of a composition at infinite dilution, from the shipped table of W_poly; None where that does not reach.

    Examples
    --------
    >>> round(second_virial(Composition(3, 40, 0.002, 0.5, 1.0)), 1)
    3.0
    >>> second_virial(Composition(8, 40, 0.0002, 0.5, 1.0)) is None  # W_poly is not known there
    True
    """
    if _grafted(composition):
        return None
    pair = PairInputs.of(composition)
    found = potential_table.shipped().potential(pair)
    return None if found.extrapolated else found.second_virial(composition.eps_nn)


def has_room(composition: Composition) -> bool:
    """Whether NPs could gather in a part of the box: grafted ones without or in little matrix fill it.

    Examples
    --------
    >>> has_room(Composition(3, 40, 0.002, 0.5, 1.0))
    True
    >>> has_room(GraftedComposition(3, 40, 0.002, 0.5, 1.0, n_grafts=24, graft_length=12))
    False
    """
    found = as_system(composition)
    return not isinstance(found, Grafted) or found.has_room


def _grafted(composition: Composition) -> bool:
    return isinstance(composition, GraftedComposition) and composition.n_grafts > 0


def regime_of(composition: Composition) -> str:
    """The regime of a composition; NPs that fill the box are dispersed.

    Examples
    --------
    >>> regime_of(Composition(3, 40, 0.002, 0.5, 0.3))
    'condensing'
    """
    return regime(second_virial(composition)) if has_room(composition) else DISPERSED


def recorded_statistics(record: MeasuredRun) -> TrajectoryStatistics:
    """Statistics of a run's trajectory; `InputError` where its record has none.

    Examples
    --------
    >>> recorded_statistics(Dataset.shipped().runs[0][0].record).inefficiency > 1
    True
    """
    if record.statistics is None:
        raise InputError(f"run {record.id} cannot be assessed: its record has no trajectory statistics")
    return record.statistics


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

    Examples
    --------
    >>> runs = Dataset.shipped().runs[0]
    >>> statistics = [recorded_statistics(run.record) for run in runs]
    >>> len(choose(statistics, [run.record.starting_point for run in runs], "dispersed").used)
    1
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


def assess_records(records: Sequence[MeasuredRun]) -> tuple[Choice, Convergence]:
    """Which runs of a composition count, and whether they have converged, from their records.

    At the edge that takes explicit runs from both ends: implicit configurations may all lie on the wrong side of it.
    Where NPs fill the box there is one end, and dispersed runs with other seeds are independent.

    Examples
    --------
    >>> choice, verdict = assess_records([run.record for run in Dataset.shipped().runs[0]])
    >>> verdict.converged
    False
    """
    seen = [recorded_statistics(record) for record in records]
    starts = [record.starting_point for record in records]
    composition = records[0].composition.value
    kind = regime_of(composition)
    choice = choose(seen, starts, kind)
    explicit = records[0].fidelity != "implicit"
    verdict = assess(
        [seen[i] for i in choice.used],
        [starts[i] for i in choice.used],
        both_ends=explicit and kind == EDGE,
        one_end=not has_room(composition),
    )
    return choice, verdict


def entry(runs: Sequence[Run]) -> Dataset:
    """One composition: its run, or those of its runs that count, put together; see `merge`.

    Examples
    --------
    >>> from nanonet.analyze.runs import measure_run
    >>> entry([measure_run("run1")]).provenance[0].convergence.converged  # one run alone
    False
    """
    rdfs = [run.rdf for run in runs]
    errors = [np.zeros_like(rdf.g) if rdf.error is None else rdf.error for rdf in rdfs]
    merged = merge([run.record for run in runs], [rdf.g for rdf in rdfs], errors)
    rdf = RDF(rdfs[0].r, merged.y, merged.error)
    return Dataset((merged.composition,), (rdf,), (merged.provenance,), (tuple(runs),))


class Merged(NamedTuple):
    """Runs of one composition, put together."""

    composition: Composition
    """With the measured density."""
    y: NDArray[np.float64]
    """The curve (m,)."""
    error: NDArray[np.float64]
    """Its standard errors (m,)."""
    provenance: Provenance
    """Names the weight of each run, and why those that do not count are left out."""


def merge(records: Sequence[MeasuredRun], curves: ArrayLike, errors: ArrayLike) -> Merged:
    """One curve of a composition from the curves (runs, m) of its runs and their standard errors, by their records.

    Runs that count (`choose`) weigh by their production; where the result lies between runs from different starts its
    error reaches to each of them.

    Raises
    ------
    InputError
        A record has no trajectory statistics.

    Examples
    --------
    >>> from nanonet.analyze.runs import measure_run
    >>> run = measure_run("run1")
    >>> merge([run.record], [run.rdf.g], [run.rdf.error]).y.shape
    (100,)
    """
    y, error = np.asarray(curves, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    first, nominal = records[0], records[0].composition.value
    virial = second_virial(nominal)
    starts = [record.starting_point for record in records]
    choice, verdict = assess_records(records)
    used = list(choice.used)
    tau = np.array([record.production_tau if i in used else 0.0 for i, record in enumerate(records)])
    weights = tau / tau.sum()
    mean, standard = pool(y[used], error[used], weights[used])
    if choice.between:
        for start in dict.fromkeys(starts[i] for i in used):
            own = weights * [one == start for one in starts]
            standard = np.maximum(standard, np.abs(own @ y / own.sum() - mean))
    dense = np.array([(record.density, record.density_error) for record in records])[used].T
    density, density_error = (float(x) for x in pool(dense[0], dense[1], weights[used]))
    provenance = Provenance(
        id=first.id,
        fidelity=first.fidelity or "explicit",
        nps=first.nps,
        volume=first.nps / density,
        nominal_density=nominal.density,
        density_error=density_error,
        production_tau=float(tau.sum()),
        replicas=len(used),
        starts=tuple(sorted(set(starts))),
        second_virial=None if virial is None else round(virial, 3),
        regime=regime_of(nominal),
        weights=tuple(weights.tolist()),
        left_out={records[i].id: why for i, why in choice.left_out.items()},
        between=choice.between,
        convergence=verdict,
    )
    return Merged(replace(nominal, density=density), mean, standard, provenance)
