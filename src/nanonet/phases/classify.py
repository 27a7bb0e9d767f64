"""The state of the nanoparticles, read off g(r): in contact, bridged by polymer layers, or dispersed.

The terms are those of Hooper & Schweizer (2005, doi:10.1021/ma051318k) and of the review of Hall, Jayaraman & Schweizer
(2010, doi:10.1016/j.cossms.2009.08.004), who name the states of nanoparticles (NPs) in a melt after the potential of
mean force of a pair, W = -ln g: which of its minima, if any, holds a pair, and how much polymer fits in between.
docs/results/phases.md gives the reasons for the rules below and their results for every simulated composition.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nanonet.errors import InputError
from nanonet.phases.curve_sampling import TINY, sample_curves
from nanonet.phases.state import (
    STATES,
    UNCERTAIN,
    Criteria,
    Estimate,
    PhaseClassification,
    Place,
)
from nanonet.rdf import RDF, check_density, others_a_volume

_FAR = 4.0  # the gap (monomer diameters) from which on g may count as far away
_REFERENCE = 2.0  # how much of the end of the curve counts as far away (monomer diameters)
_LEVEL = 0.1  # a change of ln g over the reference that is worth a caveat
_RISE = 0.1  # how far W rises (kT) on both sides of what is named a minimum, before it is as low again
_FREEZING = 0.494  # volume fraction at which hard spheres freeze; no fluid is more crowded


def classify(
    rdf: RDF,
    diameter: float,
    density: float | None = None,
    criteria: Criteria | None = None,
    common: float = 0.0,
    samples: int = 4000,
    seed: int = 0,
    nps: int | None = None,
) -> PhaseClassification:
    """The state of an RDF, with probabilities from its error bars or band; certain, and said so, where it has none.

    Parameters
    ----------
    rdf:
        g(r), simulated or predicted.
    diameter:
        NP diameter D (in the unit of r).
    density:
        NPs a volume, for what crowding does and for the excess neighbours; left out, neither is known.
    criteria:
        What separates the states; by default those of `Criteria`.
    common:
        Part of the relative standard error of g that all distances share: it scales the curve, which does not matter.
    samples, seed:
        How many curves are drawn within the error bars or the band (`curve_sampling`).
    nps:
        Number of NPs n in the box of which g is: each has (n - 1) / V others about it. Left out, the excess neighbours
        count n / V.

    Raises
    ------
    InputError
        It is no RDF, the curve ends before g can be taken as far away, or a number is not allowed.

    Examples
    --------
    >>> from nanonet.dataset import Dataset
    >>> entry = next(one for one in Dataset.shipped() if one.composition.eps_pn == 0.1)  # hardly attracts the polymer
    >>> classify(entry.rdf, entry.composition.diameter, entry.composition.density).state
    'contact aggregation'
    """
    if not isinstance(rdf, RDF):
        raise InputError(f"{type(rdf).__name__} is not an RDF")
    criteria = criteria or Criteria()
    curves = sample_curves(rdf, samples, seed, common, criteria.monomer)
    return _classification(rdf.r, rdf.g, curves, diameter, density, criteria, nps)


def classify_curves(
    r: NDArray[np.float64],
    curves: NDArray[np.float64],
    diameter: float,
    density: float | None = None,
    criteria: Criteria | None = None,
    nps: int | None = None,
) -> PhaseClassification:
    """The state behind curves (samples, m) that are equally likely, such as draws from a predictor; see `classify`.

    Examples
    --------
    >>> r = (np.arange(100) + 0.5) / 10
    >>> classify_curves(r, np.exp(-np.exp((3.0 - r) / 0.06))[None], 3.0, 0.002).most_probable
    'dispersion'
    """
    curves = np.asarray(curves, dtype=np.float64)
    if curves.ndim != 2 or curves.shape[0] < 1 or curves.shape[1] != len(r):
        raise InputError(f"curves have shape {curves.shape}; allowed is (samples, {len(r)})")
    if not (np.isfinite(curves).all() and curves.min() >= 0):
        raise InputError("curves have values that are not finite and 0 or above")
    return _classification(r, np.median(curves, axis=0), curves, diameter, density, criteria or Criteria(), nps)


def mean_force_potential(
    r: NDArray[np.float64], g: NDArray[np.float64], diameter: float, criteria: Criteria | None = None
) -> NDArray[np.float64]:
    """W = -ln g (m,) from its value far away, from g = 1 where no pair is there (kT); infinite where g is 0.

    Examples
    --------
    >>> r = (np.arange(100) + 0.5) / 10
    >>> w = mean_force_potential(r, np.where(r < 3, 0.0, np.where(r < 4, np.e, 1.0)), 3.0)
    >>> float(w[0]), round(float(w[35]), 3)
    (inf, -1.0)
    """
    _, _, far = _regions(r, diameter, criteria or Criteria())
    with np.errstate(divide="ignore"):
        return np.asarray(-np.log(g / _far_away(r, g, far)))


def states(
    r: NDArray[np.float64],
    curves: NDArray[np.float64],
    diameter: float,
    density: float | None = None,
    criteria: Criteria | None = None,
) -> NDArray[np.int64]:
    """Index in `STATES` of each curve (..., m) as it stands, without regard to errors.

    Contact aggregation: the minimum of W where not even one monomer fits between (gap below half a monomer) holds a
    pair, and none further out is deeper by more than `depth`; shells of neighbours in a cluster lie there too.
    Bridging: the deepest minimum further out holds a pair and has at most `layers` monomer layers (the number nearest
    to gap over monomer diameter) between the NPs. Dispersion: neither.

    Examples
    --------
    >>> r = (np.arange(100) + 0.5) / 10
    >>> gas, contact = np.where(r < 3, 0.0, 1.0), np.where(r < 3, 0.0, 1 + 20 * np.exp(-((r - 3.05) ** 2) / 0.05))
    >>> [STATES[i] for i in states(r, np.array([gas, contact]), 3.0, 0.002)]
    ['dispersion', 'contact aggregation']
    """
    criteria = criteria or Criteria()
    gap, outside, far = _regions(r, diameter, criteria)
    away = _far_away(r, curves, far)
    near, beyond = (
        _minimum(r, curves, away, outside & region, density, criteria) for region in (gap < 0.5, gap >= 0.5)
    )
    touching = near.holds & (beyond.depth <= near.depth + criteria.depth)
    bridged = beyond.holds & (gap[beyond.at] < criteria.layers + 0.5)
    return np.where(touching, 0, np.where(bridged, 1, 2))


def well_depths(
    r: NDArray[np.float64], curves: NDArray[np.float64], diameter: float, criteria: Criteria | None = None
) -> NDArray[np.float64]:
    """How deep W = -ln g is at its deepest, from its value far away, of each curve (..., m): (...), kT.

    Examples
    --------
    >>> r = (np.arange(100) + 0.5) / 10
    >>> well_depths(r, np.where(r < 3, 0.0, 1 + (np.e - 1) * (r < 4))[None], 3.0).round(2)
    array([1.])
    """
    criteria = criteria or Criteria()
    _, outside, far = _regions(r, diameter, criteria)
    return _minimum(r, curves, _far_away(r, curves, far), outside, None, criteria).depth


def probabilities(
    r: NDArray[np.float64],
    curves: NDArray[np.float64],
    diameters: ArrayLike,
    densities: ArrayLike | None,
    criteria: Criteria | None = None,
) -> NDArray[np.float64]:
    """Probabilities (n, 3) of `STATES` for n compositions of diameters, densities (n,), each with curves (n, s, m).

    Examples
    --------
    >>> r = (np.arange(100) + 0.5) / 10
    >>> probabilities(r, np.where(r < 3, 0.0, 1.0)[None, None], [3.0], [0.002])
    array([[0., 0., 1.]])
    """
    sizes = np.broadcast_to(np.asarray(diameters, dtype=np.float64), len(curves))
    dense = [None] * len(curves) if densities is None else np.broadcast_to(np.asarray(densities), len(curves)).tolist()
    found = [states(r, x, float(d), n, criteria) for x, d, n in zip(curves, sizes, dense, strict=True)]
    return np.array([np.bincount(x, minlength=len(STATES)) / len(x) for x in found]).reshape(-1, len(STATES))


def decide(shares: NDArray[np.float64], criteria: Criteria | None = None) -> str:
    """The verdict of probabilities (3,).

    Examples
    --------
    >>> decide(np.array([0.95, 0.05, 0.0])), decide(np.array([0.6, 0.4, 0.0]))
    ('contact aggregation', 'uncertain')
    """
    best = int(np.argmax(shares))
    return STATES[best] if shares[best] >= (criteria or Criteria()).confidence else UNCERTAIN


def _regions(
    r: NDArray[np.float64], diameter: float, criteria: Criteria
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Gaps in monomer diameters (m,), where two NPs can be at all (m,), and what counts as far away (m,)."""
    if not (np.isfinite(diameter) and diameter > 0):
        raise InputError(f"diameter = {diameter:g} is not above 0")
    gap = (r - diameter) / criteria.monomer
    if gap[0] >= 0.5:
        raise InputError(f"r starts at {r[0]:g}, beyond contact for diameter = {diameter:g}; allowed is less")
    end = float(gap[-1]) + 0.5 * float(gap[1] - gap[0])
    if end < _FAR + 0.5:
        raise InputError(
            f"r ends at a gap r - D of {round(end * criteria.monomer, 6):.3g} for diameter = {diameter:g}; "
            f"allowed are {(_FAR + 0.5) * criteria.monomer:g} and more, because W counts from its value far away"
        )
    return gap, r >= 0.5 * diameter, gap >= max(_FAR, end - _REFERENCE)


class _Minimum(NamedTuple):
    """The lowest W of each curve (...) in a region: the bin, its depth and what crowding explains of it (kT)."""

    at: NDArray[np.int64]
    depth: NDArray[np.float64]
    closest: NDArray[np.float64]
    crowding: NDArray[np.float64]
    holds: NDArray[np.bool_]


def _minimum(
    r: NDArray[np.float64],
    curves: NDArray[np.float64],
    away: NDArray[np.float64],
    region: NDArray[np.bool_],
    density: float | None,
    criteria: Criteria,
) -> _Minimum:
    within = np.flatnonzero(region)  # a run of bins
    index = within[0] + curves[..., within[0] : within[-1] + 1].argmax(axis=-1)
    height = np.take_along_axis(curves, index[..., None], axis=-1)[..., 0]
    depth = np.log(np.maximum(height, TINY) / away)
    last = int(index.max(initial=0))  # nothing further out is asked for
    repelled = curves[..., :last] < away[..., None] * np.exp(-criteria.depth)
    repelled &= np.arange(last) < index[..., None]
    nearest = last - 1 - repelled[..., ::-1].argmax(axis=-1) if last else np.zeros_like(index)
    closest = r[np.where(repelled.any(axis=-1), nearest, 0)] + 0.5 * (r[1] - r[0])
    crowding = _crowding(closest, density)
    return _Minimum(index, depth, closest, crowding, depth - crowding >= criteria.depth)


def _crowding(closest: NDArray[np.float64], density: float | None) -> NDArray[np.float64]:
    """How deep W is at contact of hard spheres of diameters (...), kT: Carnahan & Starling 1969."""
    if density is None:
        return np.zeros_like(closest)
    check_density(density)
    packed = np.minimum(np.pi / 6.0 * density * closest**3, _FREEZING)
    return np.asarray(np.log((1.0 - 0.5 * packed) / (1.0 - packed) ** 3))


def _far_away(r: NDArray[np.float64], curves: NDArray[np.float64], far: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Mean of g over the volume far away (...); 1 for all curves where any of them has no pair there.

    In a run whose NPs are all in one cluster no pair is far away. W then counts from the uniform density, g = 1, which
    understates its depth: g far away is less than 1 there.
    """
    volume = r[far] ** 2
    away = np.asarray(curves[..., far] @ (volume / volume.sum()))
    return away if away.min() > 0 else np.ones_like(away)


def _classification(
    r: NDArray[np.float64],
    g: NDArray[np.float64],
    curves: NDArray[np.float64],
    diameter: float,
    density: float | None,
    criteria: Criteria,
    nps: int | None,
) -> PhaseClassification:
    others = None if density is None else others_a_volume(density, nps)
    gap, outside, far = _regions(r, diameter, criteria)
    shares = probabilities(r, curves[None], diameter, density, criteria)[0]
    both = _far_away(r, np.vstack([g, curves]), far)
    away, drawn_away = both[0], both[1:]
    with np.errstate(divide="ignore"):
        w = -np.log(g / away)

    def place(i: int) -> Place:
        low, high = np.quantile(np.log(np.maximum(curves[:, i], TINY) / drawn_away), (0.16, 0.84))
        error = 0.5 * float(high - low) if len(curves) > 1 and g[i] > 0 else np.nan
        return Place(float(gap[i] * criteria.monomer), Estimate(float(w[i]), error))

    def excess(shell: NDArray[np.bool_]) -> Estimate | None:
        if others is None:
            return None
        volumes = others * 4.0 * np.pi * r[shell] ** 2 * (r[1] - r[0])
        drawn = curves[:, shell] @ volumes - drawn_away * volumes.sum()
        error = float(drawn.std()) if len(curves) > 1 else np.nan
        return Estimate(float(g[shell] @ volumes - away * volumes.sum()), error)

    layered = (gap >= 0.5) & (gap < criteria.layers + 0.5)
    contact, bridge = _deepest(w, outside & (gap < 0.5)), _deepest(w, layered)
    barrier = None
    if contact is not None and bridge is not None and bridge - contact > 1:
        barrier = contact + 1 + int(w[contact + 1 : bridge].argmax())
    deepest = _minimum(r, g, away, outside, density, criteria)
    return PhaseClassification(
        state=decide(shares, criteria),
        probabilities=dict(zip(STATES, shares.tolist(), strict=True)),
        layers=None if bridge is None else int(gap[bridge] + 0.5),
        contact=None if contact is None else place(contact),
        barrier=None if barrier is None else place(barrier),
        bridge=None if bridge is None else place(bridge),
        closest=float(deepest.closest) - diameter,
        crowding=float(deepest.crowding),
        excess_contact=excess(gap < 0.5),
        excess_layers=excess(layered),
        caveats=_caveats(g[outside & (gap < 0.5)], g[far], len(curves), density),
    )


def _deepest(w: NDArray[np.float64], where: NDArray[np.bool_]) -> int | None:
    """Index of the lowest local minimum of W (m,) within a region, or None."""
    where = where & np.isfinite(w)
    for i in np.flatnonzero(where)[np.argsort(w[where], kind="stable")]:
        sides = (w[:i][::-1], w[i + 1 :])
        lower = (np.append(np.flatnonzero(side <= w[i]), len(side))[0] for side in sides)
        if all(side[:end].max(initial=w[i]) >= w[i] + _RISE for side, end in zip(sides, lower, strict=True)):
            return int(i)
    return None


def _caveats(
    touching: NDArray[np.float64], away: NDArray[np.float64], samples: int, density: float | None
) -> tuple[str, ...]:
    found = []
    if density is None:
        found.append("no density: what crowding does to W is not taken out")
    if samples == 1:
        found.append("no error bars: the curve is taken as it stands")
    if not touching.any():
        found.append("no pair was seen in contact: whether W is low there behind its barrier is not known")
    if not away.any():
        found.append("no pair was seen far away: depths of W count from g = 1 and are larger than given")
    inner, outer = (float(part.mean()) for part in np.array_split(away, 2))
    if min(inner, outer) > 0 and abs(np.log(inner / outer)) > _LEVEL:
        found.append(f"g has not levelled off at the end ({inner:.2g}, then {outer:.2g}): depths of W count from there")
    return tuple(found)
