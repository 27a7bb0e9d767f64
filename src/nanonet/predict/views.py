"""Other readings of a predicted g(r), with 90 % bands: potential of mean force, S(q), neighbours within r."""

from __future__ import annotations

import warnings
from typing import cast

import numpy as np

from nanonet import fourier
from nanonet.composition import NANOCOMPOSITE, Composition, check_repulsion
from nanonet.curve import G_R, Curve, Quantity
from nanonet.errors import InputError
from nanonet.models.base import Array
from nanonet.phases.classify import mean_force_potential
from nanonet.predict.predictor import AnyPoint, Predictor
from nanonet.rdf import RDF, running_coordination_numbers
from nanonet.structure_factor import Q_MAX, Q_WIDTH, S_Q

PMF = Quantity("W", "r", "potential of mean force of two NPs", "NP-NP distance", unit="kT", x_unit="sigma", limit=0.0)
"""W = -ln g, from its value far away."""

NEIGHBOURS = Quantity("n", "r", "other NPs within r of an NP", "NP-NP distance", x_unit="sigma", low=0.0)
"""How many other NPs are nearer to an NP than r."""

OF_RDF = {one.name: one for one in (G_R, PMF, S_Q, NEIGHBOURS)}
"""Quantities that g(r) of a composition gives, by name; the first is g(r) itself."""

WAVE_NUMBERS = np.arange(0.5 * Q_WIDTH, Q_MAX, Q_WIDTH)
"""q of S(q), the centres of its bins (1/sigma)."""

_DRAWS = 200  # curves behind a band of S(q) or n(r)
_LEAST = 1e-6  # g below which W is not told: no pair is there


def names(model: Predictor) -> tuple[str, ...]:
    """Names of the quantities that a model's curves give: of g(r) of compositions all of `OF_RDF`, else its own.

    Examples
    --------
    >>> from nanonet.predict.predictor import load
    >>> names(load())
    ('g', 'W', 'S', 'n')
    """
    return tuple(OF_RDF) if of_compositions(model) else (model.quantity.name,)


def of_compositions(model: Predictor) -> bool:
    """Whether a model predicts g(r) of compositions: peaks, neighbours, states and maps are known then.

    Examples
    --------
    >>> from nanonet.predict.predictor import load
    >>> of_compositions(load()), of_compositions(load("sq"))
    (True, False)
    """
    return model.quantity == G_R and model.space == NANOCOMPOSITE


def view(model: Predictor, point: AnyPoint, name: str) -> Curve:
    """The curve that a model predicts for a point, as another quantity.

    Parameters
    ----------
    model, point:
        As of `Predictor.predict_all`; what `predict` warns of is not said again.
    name:
        One of `names`. Bands of W are those of g; bands of S(q) and n(r) come from 200 curves that the
        model draws.

    Raises
    ------
    InputError
        Another name, no point of the model, or g(r) is too short for NPs of this size (W).

    Examples
    --------
    >>> from nanonet.predict.predictor import load
    >>> view(load(), [3, 40, 0.002, 0.5, 1.0], "W").quantity.unit
    'kT'
    """
    if name not in names(model):
        raise InputError(f"view = {name!r} is not one of {', '.join(names(model))}")
    asked = model.point(point)
    if isinstance(asked, Composition):
        check_repulsion(asked)
    curve = model.curve(asked)
    if name == model.quantity.name:
        return curve
    composition = cast(Composition, asked)
    if name == PMF.name:
        return potential_of_mean_force(cast(RDF, curve), composition.diameter)
    curves = model.sample_curves(model.rows(asked), _DRAWS)[:, 0] if model.uncertain else None
    if name == S_Q.name:
        return structure(cast(RDF, curve), composition, curves)
    return neighbours(cast(RDF, curve), composition, curves)


def of_rdf(rdf: RDF, composition: Composition, name: str) -> Curve:
    """An RDF, simulated or of theory, as one of the quantities of `OF_RDF`, without errors.

    `InputError` as of `view`.

    Examples
    --------
    >>> rdf = RDF((np.arange(100) + 0.5) / 10, np.ones(100))
    >>> bool(abs(of_rdf(rdf, Composition(3, 40, 0.002, 0.5, 1.0), "W").y).max() < 1e-9)
    True
    """
    if name == PMF.name:
        return potential_of_mean_force(RDF(rdf.r, rdf.g), composition.diameter)
    if name == S_Q.name:
        return structure(rdf, composition, None)
    return neighbours(rdf, composition, None) if name == NEIGHBOURS.name else rdf


def potential_of_mean_force(rdf: RDF, diameter: float) -> Curve:
    """W(r) (kT) where g is above 1e-6, from its value far away, with its band where g has one.

    Examples
    --------
    >>> r = (np.arange(100) + 0.5) / 10
    >>> w = potential_of_mean_force(RDF(r, np.exp(np.exp(-((r - 3.05) ** 2)))), 3.0)
    >>> round(float(w.y.min()), 2)
    -1.0
    """
    seen = rdf.g > _LEAST
    if seen.sum() < 2:
        raise InputError("no pair of NPs is seen: W is not known")
    w = mean_force_potential(rdf.r, rdf.g, diameter)[seen]
    if rdf.low is None or rdf.high is None:
        return Curve(PMF, rdf.r[seen], w)
    g, low, high = (np.maximum(one[seen], _LEAST) for one in (rdf.g, rdf.low, rdf.high))
    return Curve(PMF, rdf.r[seen], w, low=w - np.log(high / g), high=w + np.log(g / low))


def structure(rdf: RDF, composition: Composition, curves: Array | None) -> Curve:
    """S(q) of g(r) (`fourier.from_rdf`); its band from equally likely curves (draws, m) of g.

    Examples
    --------
    >>> rdf = RDF((np.arange(100) + 0.5) / 10, np.ones(100))
    >>> bool(np.allclose(structure(rdf, Composition(3, 40, 0.002, 0.5, 1.0), None).y, 1.0, atol=0.1))
    True
    """
    c = composition
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fourier.TransformWarning)  # `structure_caveats` has them
        found = fourier.from_rdf(RDF(rdf.r, rdf.g), c.density, WAVE_NUMBERS, nps=c.nps)
    if curves is None:
        return found
    kernel = c.density * (c.nps - 1) / c.nps * fourier.rdf_kernel(rdf.r, WAVE_NUMBERS)
    return _with_band(S_Q, WAVE_NUMBERS, found.s, np.maximum(1.0 + (curves - 1.0) @ kernel.T, 0.0))


def structure_caveats(rdf: RDF, composition: Composition) -> tuple[str, ...]:
    """What the end of g(r) makes unsure in S(q), in words.

    Examples
    --------
    >>> rdf = RDF((np.arange(100) + 0.5) / 10, np.ones(100))
    >>> len(structure_caveats(rdf, Composition(3, 40, 0.002, 0.5, 1.0)))
    1
    """
    return fourier.caveats(rdf, composition.density, WAVE_NUMBERS, composition.nps)


def neighbours(rdf: RDF, composition: Composition, curves: Array | None) -> Curve:
    """Other NPs within r (ends of the bins) of an NP; the band from equally likely curves (draws, m) of g.

    Examples
    --------
    >>> rdf = RDF((np.arange(100) + 0.5) / 10, np.ones(100))
    >>> round(float(neighbours(rdf, Composition(3, 40, 0.002, 0.5, 1.0), None).y[-1]), 2)
    7.91
    """
    c = composition
    rows = rdf.g[None] if curves is None else np.vstack([rdf.g, curves])
    ends, counted = running_coordination_numbers(rdf.r, rows, c.density, c.nps)
    counted = np.minimum(counted, c.nps - 1)  # no NP has more neighbours
    if curves is None:
        return Curve(NEIGHBOURS, ends, counted[0])
    return _with_band(NEIGHBOURS, ends, counted[0], counted[1:])


def _with_band(quantity: Quantity, x: Array, y: Array, drawn: Array) -> Curve:
    low, high = np.quantile(drawn, (0.05, 0.95), axis=0)
    return Curve(quantity, x, y, low=np.minimum(low, y), high=np.maximum(high, y))
