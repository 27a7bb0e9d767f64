"""Whole configurations -> what the polymer does around the NPs: its g(r), its first layer, its bridges."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nanonet.analyze.configurations import Configuration
from nanonet.analyze.equilibrium import BLOCKS, block_error
from nanonet.errors import InputError
from nanonet.rdf import BINS, R_MAX, RDF, Peak, standard_grid

NEAR = (0.5, 3.0)
"""Gap between the surfaces of two near NPs (sigma): room for a monomer between them, and for no more than three."""


@dataclass(frozen=True)
class Estimate:
    """A mean over configurations."""

    value: float
    error: float
    """Standard error, from block averages; infinite where there are too few configurations for it."""


@dataclass(frozen=True, eq=False)
class PolymerStructure:
    """The polymer around the NPs of one run."""

    configurations: int
    """Configurations that were averaged."""
    g: RDF
    """Polymer-NP radial distribution function."""
    layer: Peak
    """The first layer of monomers: distance from the NP's centre, and g there."""
    layer_radius: float
    """Where the first layer ends: the minimum of g behind its peak (sigma)."""
    adsorbed: Estimate
    """Monomers in an NP's first layer."""
    bridged: Estimate
    """Fraction of all NP pairs that a chain joins: one with monomers in the first layers of both."""
    bridged_near: Estimate
    """The same among near pairs; NaN where there were none. NPs in contact are no near pair: nothing is between."""
    shared_monomer: Estimate
    """Fraction of near pairs that one monomer joins, which is in both first layers: the paper's bridge."""
    partners: Estimate
    """Near NPs that chains join to an NP: high when NPs are bridged, low when they touch and when they are apart."""
    profile: tuple[tuple[float, float, int], ...]
    """(r, fraction of pairs bridged, pairs seen) in bins of half a sigma."""


def measure(configurations: Sequence[Configuration], diameter: float) -> PolymerStructure:
    """Structure of the polymer around NPs of a diameter (sigma), averaged over configurations.

    A monomer touches an NP when it is in the NP's first layer, which ends at the first minimum of the polymer-NP
    g(r): read off, not fixed. In a melt some chains touch two near NPs whatever their attraction, so compare bridged
    fractions with one another; one alone is no proof of attraction.

    Raises
    ------
    InputError
        No configuration, fewer than 2 NPs, no monomers, or a box too small for the standard grid.

    Examples
    --------
    >>> from nanonet.formats.configurations import shipped
    >>> one = shipped()[0]
    >>> found = measure([Configuration(0, one.edges, one.chains, one.nps)], one.composition.diameter)
    >>> found.layer.position > 0.5 * one.composition.diameter
    True
    """
    if not configurations:
        raise InputError("no whole configurations; a run writes as many as its protocol's `configurations`")
    configurations = list({c.step: c for c in configurations}.values())  # a moment that stands twice counts once
    nps = len(configurations[0].nps)
    if nps < 2 or not configurations[0].monomers.size:
        raise InputError(f"{nps} NPs and {configurations[0].monomers[..., 0].size} monomers; bridging needs 2 and 1")
    edge = min(float(c.box.min()) for c in configurations)
    if edge <= 2.0 * R_MAX:
        raise InputError(f"box edge = {edge:.2f} is too small: g(r) to {R_MAX:g} sigma needs more than {2 * R_MAX:g}")
    curves = np.array([_curve(c) for c in configurations])
    g = curves.mean(axis=0)
    error = block_error(curves, min(BLOCKS, len(curves))) if len(curves) > 1 else np.full(BINS, np.nan)
    rdf = RDF(standard_grid(), g, None if np.isnan(error).any() else error)
    layer, radius = _first_layer(rdf, diameter)

    edges = np.arange(0.0, R_MAX + 0.25, 0.5)
    adsorbed, bridged, near, shared, partners = [], [], [], [], []
    seen, joined = np.zeros(len(edges) - 1), np.zeros(len(edges) - 1)
    i, j = np.triu_indices(nps, 1)
    for c in configurations:
        touching, by_monomer = _touching(c, radius)
        distance = _pair_distances(c, i, j)
        pair_bridged = (touching @ touching.T)[i, j] > 0
        close = (distance > diameter + NEAR[0]) & (distance < diameter + NEAR[1])
        adsorbed.append(by_monomer.sum() / nps)
        bridged.append(pair_bridged.mean())
        near.append((int((pair_bridged & close).sum()), int(close.sum())))
        shared.append((int((((by_monomer @ by_monomer.T)[i, j] > 0) & close).sum()), near[-1][1]))
        partners.append(2.0 * (pair_bridged & close).sum() / nps)
        seen += np.histogram(distance, edges)[0]
        joined += np.histogram(distance[pair_bridged], edges)[0]
    return PolymerStructure(
        configurations=len(configurations),
        g=rdf,
        layer=layer,
        layer_radius=radius,
        adsorbed=_mean(adsorbed),
        bridged=_mean(bridged),
        bridged_near=_ratio(near),
        shared_monomer=_ratio(shared),
        partners=_mean(partners),
        profile=tuple((float(edges[k] + 0.25), float(joined[k] / seen[k]), int(seen[k])) for k in np.flatnonzero(seen)),
    )


def _curve(c: Configuration) -> NDArray[np.float64]:
    import freud  # with Matplotlib, half of what a worker of a campaign would load

    counter = freud.density.RDF(bins=BINS, r_max=R_MAX)
    box = freud.box.Box(*c.box)
    counter.compute((box, box.wrap(c.monomers.reshape(-1, 3))), query_points=box.wrap(c.nps))
    return np.array(counter.rdf, dtype=np.float64)


def _first_layer(rdf: RDF, diameter: float) -> tuple[Peak, float]:
    """The first peak of the polymer-NP g(r) and the minimum behind it, on the curve smoothed over three bins."""
    smooth = np.convolve(rdf.g, [0.25, 0.5, 0.25], mode="same")
    contact = 0.5 * (diameter + 1.0)
    inside = np.flatnonzero(rdf.r < contact + 0.6)
    top = int(inside[np.argmax(smooth[inside])])
    behind = np.flatnonzero((rdf.r > rdf.r[top]) & (rdf.r < rdf.r[top] + 1.0))
    bottom = int(behind[np.argmin(smooth[behind])])
    return Peak(float(rdf.r[top]), float(rdf.g[top])), float(rdf.r[bottom])


def _touching(c: Configuration, radius: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which chains (NPs, chains) and which monomers (NPs, monomers) are within a radius of each NP: 0 or 1."""
    import freud

    chains, beads, _ = c.monomers.shape
    box = freud.box.Box(*c.box)
    query = freud.locality.AABBQuery(box, box.wrap(c.monomers.reshape(-1, 3)))
    pairs = query.query(box.wrap(c.nps), {"r_max": radius}).toNeighborList()
    by_monomer = np.zeros((len(c.nps), chains * beads), dtype=np.int64)
    by_monomer[pairs.query_point_indices, pairs.point_indices] = 1
    return (by_monomer.reshape(len(c.nps), chains, beads).sum(axis=2) > 0).astype(np.int64), by_monomer


def _pair_distances(c: Configuration, i: NDArray[np.int64], j: NDArray[np.int64]) -> NDArray[np.float64]:
    delta = c.nps[i] - c.nps[j]
    delta -= c.box * np.rint(delta / c.box)
    return np.asarray(np.linalg.norm(delta, axis=1))


def _mean(values: Sequence[float]) -> Estimate:
    array = np.array(values, dtype=np.float64)
    error = float(block_error(array, min(BLOCKS, len(array)))) if len(array) > 1 else math.inf
    return Estimate(float(array.mean()), error)


def _ratio(counts: Sequence[tuple[int, int]]) -> Estimate:
    """Sum of hits over sum of trials, with the error of the ratio's linearisation."""
    hits, trials = np.array(counts, dtype=np.float64).T
    if not trials.sum():
        return Estimate(math.nan, math.nan)
    ratio = hits.sum() / trials.sum()
    scatter = _mean(list((hits - ratio * trials) / trials.mean()))
    return Estimate(float(ratio), scatter.error)
