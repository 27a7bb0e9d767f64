"""A loaded model that answers for compositions: g(r), what the answer rests on, and when it is none."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nanonet.composition import FIELDS, Composition, as_composition, check_repulsion, to_array
from nanonet.errors import InputError, NanonetWarning
from nanonet.models.base import Array, Band, CurveModel, check_draws, check_inputs
from nanonet.models.load import load_model
from nanonet.phases.classify import classify, classify_curves
from nanonet.phases.state import Criteria, PhaseClassification
from nanonet.predict.applicability import ApplicabilityDomain, Support
from nanonet.predict.intervals import Intervals, intervals_of
from nanonet.predict.prediction import Prediction
from nanonet.rdf import RDF

DRAWS = 400
"""Curves drawn for intervals of what is read off a curve."""

STATE_DRAWS = 1_000
"""Curves drawn for the state of the NPs."""


class OutsideDataWarning(NanonetWarning):
    """A prediction outside of the simulated compositions."""


class Predictor:
    """A loaded model; make one with `load`.

    Parameters
    ----------
    model:
        Answers with arrays.
    card:
        What `model.json` holds: kind, names of the inputs, runs.
    """

    def __init__(self, model: CurveModel, card: Mapping[str, Any]) -> None:
        self.model = model
        self.card = card
        self._domain = ApplicabilityDomain(model.X)

    def __repr__(self) -> str:
        return f"Predictor {self.card['kind']} from {len(self.model.X)} simulations"

    @property
    def X(self) -> Array:
        """Inputs (n, p) that the model was fitted to."""
        return self.model.X

    @property
    def r(self) -> Array:
        """Grid (m,) of its curves (sigma)."""
        return self.model.x

    @property
    def uncertain(self) -> bool:
        """Whether the model knows how sure it is: has bands, intervals, curves that differ when drawn."""
        return self.model.uncertain

    def predict(self, composition: Composition | Sequence[float], strict: bool = False) -> RDF:
        """The RDF of a composition, or of its five numbers, with its 90 % band where the model has one.

        Warns once, with `OutsideDataWarning` and all reasons, when it lies outside of the simulated compositions.

        Raises
        ------
        InputError
            It is no composition, or eps_nn is below `composition.MIN_EPS_NN`; the model was not trained on the five
            fields of a composition; with `strict`, also where it would warn.
        """
        composition = as_composition(composition)
        support = self._checked(composition, strict)
        if support.warnings:
            warnings.warn("; ".join(support.warnings), OutsideDataWarning, stacklevel=2)
        return self._rdf(composition)

    def predict_all(
        self, composition: Composition | Sequence[float], strict: bool = False, criteria: Criteria | None = None
    ) -> Prediction:
        """The RDF with all that is read off it and what it rests on; what `predict` warns of is in `support`.

        `criteria` are those of the state of the NPs. The same errors.
        """
        composition = as_composition(composition)
        support = self._checked(composition, strict)
        rdf = self._rdf(composition)
        state: PhaseClassification | None = None
        unknown = ""
        try:
            state = self.classify(composition, criteria)
        except InputError as error:  # g(r) is too short for NPs of this size
            unknown = str(error)
        return Prediction(composition, rdf, self.intervals(composition), support, state, unknown)

    def predict_curves(self, X: ArrayLike) -> Array:
        """Curves (n, m) on the grid `r` for inputs (n, p), without any warning: medians where the model has bands.

        `InputError` for a wrong shape, or values that are not finite.
        """
        return self.model.predict(X)

    def predict_bands(self, X: ArrayLike) -> Band:
        """Medians, lower and upper ends of the 90 % bands, each (n, m); `InputError` too where the model has none."""
        found = self.model.band(X)
        if found is None:
            raise InputError(f"a model of kind {self.card['kind']!r} has no bands; predict_curves has its curves")
        return found

    def sample_curves(self, X: ArrayLike, n: int, seed: int = 0, common: bool = False) -> Array:
        """Curves (n, len(X), m) that are equally likely for each input: drawn along r together, inputs apart.

        With `common` all inputs share their random numbers, as a map of many wants it. A model that is not `uncertain`
        repeats its prediction. `InputError` as of `predict_curves`, or `n` is not 1 or more.
        """
        check_draws(n)
        return self.model.sample(X, n, seed, common)

    def intervals(
        self, composition: Composition | Sequence[float], radius: float | None = None, seed: int = 0
    ) -> Intervals | None:
        """90 % intervals of peaks and of the coordination number, from drawn curves; None where the model has no bands.

        `radius` (sigma) of the coordination number: 1.5 D where not given, and within the grid.
        """
        composition = as_composition(composition)
        if not self.uncertain:
            return None
        x = to_array([composition])
        curves = self.model.sample(x, DRAWS, seed)[:, 0]
        return intervals_of(self.model.predict(x)[0], curves, self.r, composition, radius)

    def classify(self, composition: Composition, criteria: Criteria | None = None) -> PhaseClassification:
        """The state of the NPs, from drawn curves where the model has them; `InputError` where r ends too near."""
        c = composition
        if not self.uncertain:
            return classify(self._rdf(c), c.diameter, c.density, criteria, nps=c.nps)
        curves = self.model.sample(to_array([c]), STATE_DRAWS)[:, 0]
        return classify_curves(self.r, curves, c.diameter, c.density, criteria, c.nps)

    def outside(self, X: ArrayLike) -> NDArray[np.bool_]:
        """Which inputs (n, 5) lie outside of the simulated compositions, as `support` says it with reasons."""
        return self._domain.outside(check_inputs(X, self.X.shape[1]))

    def support(self, composition: Composition | Sequence[float]) -> Support:
        """What the prediction for a composition rests on, and whether that is too far away."""
        composition = as_composition(composition)
        if tuple(self.card.get("inputs", ())) != FIELDS:
            raise InputError(f"the model's inputs are {self.card.get('inputs')}; a composition's are {list(FIELDS)}")
        found = self._domain.support(composition, self.card)
        caveat = self.model.caveat(to_array([composition]))
        return replace(found, warnings=(*found.warnings, caveat)) if caveat else found

    basis = support

    def _checked(self, composition: Composition, strict: bool) -> Support:
        check_repulsion(composition)
        support = self.support(composition)
        if strict and support.warnings:
            raise InputError(
                f"{composition} is outside the simulated compositions: {'; '.join(support.warnings)}; {support}"
            )
        return support

    def _rdf(self, composition: Composition) -> RDF:
        x = to_array([composition])
        band = self.model.band(x)
        if band is None:
            return RDF(self.r, self.model.predict(x)[0])
        g, low, high = (curves[0] for curves in band)
        return RDF(self.r, g, low=np.minimum(low, g), high=np.maximum(high, g))


def load(model: str | os.PathLike[str] | None = None) -> Predictor:
    """Load a model: a folder (what `nanonet train` writes), or a shipped one. No code in the files is run.

    Parameters
    ----------
    model:
        A folder; or the name of a shipped model, `gp` (Gaussian process, the default) or `nanonet` (the paper's).

    Raises
    ------
    InputError
        The folder or a file in it is missing, damaged, or of another format; the file and the reason are named.
    """
    found, folder = load_model(model)
    return Predictor(found, folder.card)
