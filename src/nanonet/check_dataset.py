"""What can be wrong with a dataset file, and what that means."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

import numpy as np

from nanonet.composition import MIN_NPS, NANOCOMPOSITE
from nanonet.curve import G_R, Curve
from nanonet.dataset import Dataset
from nanonet.errors import InputError
from nanonet.evaluate.splits import MIN_CURVES
from nanonet.grafted import GRAFTED
from nanonet.records import check_id
from nanonet.systems.kinds import as_system

_NEEDED = ("id", "nominal_density", "nps", "production_tau", "convergence")
_RUN_NEEDED = ("nanonet", "lammps", "chains")


def check_dataset(path: str | os.PathLike[str]) -> list[str]:
    """Faults of a dataset file, one readable line each; empty for a good file.

    A file that cannot be read at all is one fault. Entries are counted from 0.
    """
    try:
        data = Dataset.load(path)
    except InputError as error:
        return [str(error)]
    return problems(data)


def problems(data: Dataset) -> list[str]:
    """Faults of a dataset, one readable line each."""
    ours = data.space in (NANOCOMPOSITE, GRAFTED) and data.quantity == G_R
    found = []
    for i, point in enumerate(data.points):
        own = [*_curve(data.curves[i], ours), *(_entry(data, i) if ours else ())]
        found += [f"entry {i} ({point}): {problem}" for problem in own]
    return [*found, *_whole(data), *(() if ours else _others(data))]


def _whole(data: Dataset) -> Iterator[str]:
    ids = Counter(run.record.id for runs in data.runs for run in runs)
    for identity, count in ids.items():
        if count > 1:
            yield f"run {identity} stands {count} times: its RDF counts more than once"
    hashes = Counter(run.record.trajectory_sha256 for runs in data.runs for run in runs)
    for digest, count in hashes.items():
        if digest is not None and count > 1:
            yield f"the trajectory {digest[:16]}... stands {count} times under different names: a copy is no replica"


def _curve(curve: Curve, simulated: bool) -> Iterator[str]:
    """Faults of one curve; only simulations of ours must have errors."""
    name = curve.quantity.name
    if curve.error is None:
        if simulated:
            yield f"it has no error bars: {name} without them cannot be judged or weighted"
    elif not (curve.error > 0).all():
        at = f"{curve.quantity.x} = {curve.x[np.argmin(curve.error)]:g}"
        yield f"its error is 0 at {at}: nothing measures {name} exactly; allowed is an error above 0, or none"
    if (curve.y == curve.y[0]).all():
        yield f"{name} is {curve.y[0]:g} everywhere" + (
            ": no pair of NPs was ever within the grid"
            if simulated and not curve.y[0]
            else ": nothing can be learnt of it"
        )


def _others(data: Dataset) -> Iterator[str]:
    """What keeps any dataset from being learnt."""
    for one, x in zip(data.space.inputs, data.X.T, strict=True):
        if len(data) > 1 and np.ptp(x) == 0:
            yield f"input {one.name} is {x[0]:g} in all entries: a model knows nothing of other values"
    _, first, number = np.unique(data.X, axis=0, return_index=True, return_counts=True)
    for i, count in zip(first[number > 1].tolist(), number[number > 1].tolist(), strict=True):
        yield f"{count} entries have the inputs of entry {i} ({data.points[i]}): allowed is one, their mean"
    if len(data) <= MIN_CURVES:
        yield f"{len(data)} entries; needed to train are {MIN_CURVES + 1} or more, one to leave out"


def _entry(data: Dataset, i: int) -> Iterator[str]:
    rdf, entry, composition = data.rdfs[i], data.provenance[i], data.compositions[i]
    missing = [name for name in _NEEDED if name not in entry]
    if missing:
        yield f"its provenance lacks {', '.join(missing)}: nobody can tell how it was made"
    overlap = rdf.r < 0.6 * composition.diameter
    if rdf.g[overlap].any():
        r = rdf.r[overlap][np.argmax(rdf.g[overlap] > 0)]
        yield f"g is above 0 at r = {r:g}: NPs of diameter {composition.diameter:g} cannot come that near"
    nominal = entry.nominal_density
    if nominal and abs(composition.density / nominal - 1.0) > 0.1:
        yield f"its density was to be {nominal:g}: more than a tenth off, so its chains were counted wrongly"
    if entry.nps is not None and entry.nps < MIN_NPS:
        yield f"it has {entry.nps} NPs; allowed are {MIN_NPS} or more"
    if not data.runs[i] and entry.core_hours is not None:
        return  # its runs were not kept: `nanonet implicit --compact`
    if not data.runs[i]:
        yield "no runs stand behind it: its replicas and blocks are unknown, and none can be added"
        return
    for run in data.runs[i]:
        record, name = run.record, f"run {run.record.id}"
        lacking = [key for key in _RUN_NEEDED if key not in record]
        if lacking:
            yield f"{name}: its record lacks {', '.join(lacking)}"
            continue
        if record.fidelity != "implicit":  # the potential of an implicit run is not in its record
            try:
                composed = {"composition": record.composition.to_json()}
                check_id(record.id, as_system(record.composition.value).parameters() | composed, record.protocol, name)
            except InputError as error:
                yield str(error)
        ours = {key: value for key, value in record.composition.items() if key != "density"}
        if any(getattr(composition, key, value) != value for key, value in ours.items()):
            yield f"{name}: it is of another composition ({record.composition.to_json()})"
        if len(run.blocks) and not np.allclose(run.blocks.mean(axis=0), run.rdf.g, rtol=0.05, atol=0.05):
            yield f"{name}: the mean of its blocks is not its g"
        if record.box is not None and record.box <= 2.0 * (rdf.r[-1] + 0.5 * rdf.bin_width):
            yield f"{name}: its box edge is {record.box:.2f}, too small for g to {rdf.r[-1]:g}"
    times = [run.record.production_tau for run in data.runs[i]]
    weights = np.array(
        times if entry.weights is None else entry.weights, dtype=np.float64
    )  # older files: by their time, all of them
    if weights.shape != (len(data.runs[i]),) or not (weights >= 0).all():
        yield f"its weights are {entry.weights}: not one of 0 or more a run"
    elif weights.sum() > 0:
        mean = np.tensordot(weights / weights.sum(), np.array([run.rdf.g for run in data.runs[i]]), axes=1)
        if not np.allclose(mean, rdf.g, rtol=1e-6, atol=1e-9):
            yield "its g is not the mean of its runs, weighted as in its provenance: it was changed by hand"
