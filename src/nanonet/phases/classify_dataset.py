"""The states of the entries of a dataset."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from nanonet.dataset import Dataset
from nanonet.errors import InputError
from nanonet.phases.classify import classify
from nanonet.phases.state import Criteria, PhaseClassification
from nanonet.rdf import RDF


class ClassifiedCurve(NamedTuple):
    """A curve with its state."""

    title: str
    rdf: RDF
    diameter: float
    verdict: PhaseClassification


def classify_dataset(
    data: Dataset, entry: int | None = None, criteria: Criteria | None = None
) -> list[ClassifiedCurve]:
    """The states of all entries, or of one, with what their provenance adds to the caveats.

    `InputError` for an entry that does not exist, a curve that ends too near (`classify`), or inputs without a diameter
    and a density.

    Examples
    --------
    >>> data = Dataset.shipped()
    >>> weak = [c.eps_pn for c in data.compositions].index(0.1)
    >>> classify_dataset(data, entry=weak)[0].verdict.state
    'contact aggregation'
    """
    if entry is not None and not 0 <= entry < len(data):
        raise InputError(f"entry = {entry} is not between 0 and {len(data) - 1}")
    sizes, densities = (data.X[:, data.space.column(name)].tolist() for name in ("diameter", "density"))
    found = []
    for i in range(len(data)) if entry is None else [entry]:
        rdf, provenance = data.rdfs[i], data.provenance[i]
        spread = float(provenance.get("discrepancy", 0.0))
        verdict = classify(rdf, sizes[i], densities[i], criteria, common=spread, nps=provenance.get("nps"))
        more = []
        if spread and rdf.error is not None:
            more.append(f"the spread of implicit against explicit runs, {spread:.2g} in ln g, is not in probabilities")
        convergence = provenance.get("convergence") or {}
        if convergence.get("converged") is False:
            more.append(f"the runs are not converged: {convergence.get('reason', 'no reason is given')}")
        caveats = (*verdict.caveats, *more)
        found.append(ClassifiedCurve(f"{i} {data.points[i]}", rdf, sizes[i], replace(verdict, caveats=caveats)))
    return found
