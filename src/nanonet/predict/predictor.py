"""A loaded model that answers for compositions, or other inputs: the curve, what it rests on, and when it is none."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nanonet.composition import FIELDS, NANOCOMPOSITE, Composition, as_composition, check_repulsion
from nanonet.curve import G_R, Curve, Quantity
from nanonet.errors import InputError, NanonetWarning
from nanonet.grafted import known_space
from nanonet.models.base import Array, Band, CurveModel, check_draws, check_inputs
from nanonet.models.load import load_model
from nanonet.notebook import card
from nanonet.phases.classify import classify, classify_curves
from nanonet.phases.state import Criteria, PhaseClassification
from nanonet.predict.applicability import ApplicabilityDomain, Support
from nanonet.predict.implicit_run import EMULATED, RUN, about_run
from nanonet.predict.intervals import Intervals, intervals_of
from nanonet.predict.prediction import Checked, Prediction
from nanonet.predict.rows import rows_of
from nanonet.rdf import RDF, curve_of
from nanonet.space import InputSpace, Point

if TYPE_CHECKING:
    import pandas as pd

DRAWS = 400
"""Curves drawn for intervals of what is read off a curve."""

STATE_DRAWS = 1_000
"""Curves drawn for the state of the NPs."""


AnyPoint = Point | Mapping[str, float] | Sequence[float]
"""What a model can be asked for: a composition or other point, its values by name, or in order."""


class OutsideDataWarning(NanonetWarning):
    """A prediction outside of the simulated compositions."""


class Predictor:
    """A loaded model; make one with `load`.

    Parameters
    ----------
    model:
        Answers with arrays.
    card:
        What `model.json` holds: kind, inputs, quantity, runs.

    Attributes
    ----------
    space, quantity:
        What its inputs and its curves are: those that the card declares, else a composition's and g(r).
    """

    def __init__(self, model: CurveModel, card: Mapping[str, Any]) -> None:
        self.model = model
        self.card = card
        self.space = known_space(InputSpace.from_json(card["space"])) if "space" in card else NANOCOMPOSITE
        self.quantity = Quantity.from_json(card["quantity"]) if "quantity" in card else G_R
        self._domain = ApplicabilityDomain(model.X)

    def __repr__(self) -> str:
        return f"Predictor {self.card['kind']} from {len(self.model.X)} simulations"

    @property
    def X(self) -> Array:
        """Inputs (n, p) that the model was fitted to."""
        return self.model.X

    @property
    def r(self) -> Array:
        """Grid (m,) of its curves."""
        return self.model.x

    @property
    def uncertain(self) -> bool:
        """Whether the model knows how sure it is: has bands, intervals, curves that differ when drawn."""
        return self.model.uncertain

    def _repr_html_(self) -> str:
        low, high = self.X.min(axis=0), self.X.max(axis=0)
        facts = [(name, f"{a:g} to {b:g}") for name, a, b in zip(self.inputs, low, high, strict=True)]
        scored = self.card.get("cross_validation") or {}
        facts += [(name, f"{value:g}") for name, value in scored.items() if isinstance(value, float)]
        return card(f"Model {self.card['kind']} of {self.quantity.name}, from {len(self.X)} curves", facts)

    @overload
    def predict(self, point: Composition | Sequence[float], strict: bool = False, implicit: str = EMULATED) -> RDF: ...

    @overload
    def predict(
        self,
        point: Point | Mapping[str, float] | None = None,
        strict: bool = False,
        implicit: str = EMULATED,
        **inputs: float,
    ) -> Curve: ...

    @overload
    def predict(self, point: Array, strict: bool = False) -> Array: ...

    @overload
    def predict(self, point: pd.DataFrame, strict: bool = False) -> pd.DataFrame: ...

    def predict(
        self,
        point: AnyPoint | pd.DataFrame | None = None,
        strict: bool = False,
        implicit: str = EMULATED,
        **inputs: float,
    ) -> Curve | Array | pd.DataFrame:
        """The RDF of a composition, or of its five numbers, with its 90 % band where the model has one.

        Of a model of other inputs or of another quantity, the curve of a mapping from names to values, or of keywords.
        An array (n, p) gives the curves (n, m) alone, a DataFrame with a column an input a DataFrame of them: the same
        index, a column a point of the grid. Warns once, with `OutsideDataWarning` and all reasons, when it lies outside
        of the simulated compositions.

        With `implicit` `run` the implicit NPs that a prediction starts from are simulated (seconds), not emulated.

        Raises
        ------
        InputError
            It is no point of the model's inputs, or eps_nn is below `composition.MIN_EPS_NN`; the model does not say
            what its inputs are; with `strict`, also where it would warn.

        Examples
        --------
        >>> rdf = load().predict([3, 40, 0.002, 0.5, 1.0])
        >>> rdf.g.shape
        (100,)
        >>> bool((rdf.low <= rdf.g).all() and (rdf.g <= rdf.high).all())
        True
        """
        if point is None:
            point = inputs
        elif inputs:
            raise InputError(f"{next(iter(inputs))} is given beside a point; allowed is one of both")
        pandas = sys.modules.get("pandas")  # not loaded: it is no DataFrame
        if pandas is not None and isinstance(point, pandas.DataFrame):
            return self._predict_table(point, strict)
        if isinstance(point, np.ndarray) and point.ndim == 2:
            return self._predict_rows(point, strict)
        asked = self.point(cast(AnyPoint, point))
        if implicit != EMULATED:
            return self.about_run(asked, implicit).predict(cast(Composition, asked), strict)
        support = self._checked(asked, strict)
        if support.warnings:
            warnings.warn("; ".join(support.warnings), OutsideDataWarning, stacklevel=2)
        return self.curve(asked)

    def _predict_rows(self, X: Array, strict: bool) -> Array:
        """Curves (n, m) of inputs (n, p); how many lie outside of the data is warned of, or refused."""
        rows = rows_of(self.space, self.inputs, X)
        far = self._domain.outside(rows)
        if far.any():
            text = f"{far.sum()} of {len(far)} points lie outside of the model's data, the first is row {far.argmax()}"
            if strict:
                raise InputError(text)
            warnings.warn(text, OutsideDataWarning, stacklevel=3)
        return self.model.predict(rows)

    def _predict_table(self, table: pd.DataFrame, strict: bool) -> pd.DataFrame:
        missing = [one.name for one in self.space.inputs if one.name not in table.columns and one.default is None]
        if missing:
            raise InputError(f"the table has no column {', '.join(missing)}")
        columns = [
            table[one.name] if one.name in table.columns else np.full(len(table), one.default)
            for one in self.space.inputs
        ]
        curves = self._predict_rows(np.column_stack(columns).astype(np.float64), strict)
        return type(table)(curves, index=table.index, columns=self.r)

    def point(self, values: AnyPoint) -> Point:
        """What is to be predicted, from a point, its values by name, or in the order of `space`.

        `InputError` for other inputs than the model's, or values that are not allowed.
        """
        self.inputs  # noqa: B018  # refuses a model that does not say them
        if isinstance(values, Point):
            if values.space != self.space:
                raise InputError(f"the model's inputs are {', '.join(self.space.names)}, not those of {values}")
            return values
        if self.space == NANOCOMPOSITE and not isinstance(values, Mapping):
            return as_composition(values)
        return self.space.point(values)

    def about_run(self, point: Point, implicit: str = RUN) -> Predictor:
        """The same for a composition whose implicit NPs are run now (`implicit_run.about_run`, with its errors)."""
        if implicit != RUN:
            raise InputError(f"implicit = {implicit!r} is not one of {EMULATED}, {RUN}")
        if not isinstance(point, Composition):
            raise InputError(f"{point} is no composition: there are no implicit NPs to run")
        return Predictor(about_run(self.model, point), self.card)

    def predict_all(self, point: AnyPoint, strict: bool = False, criteria: Criteria | None = None) -> Prediction:
        """The curve with all that is read off it and what it rests on; what `predict` warns of is in `support`.

        `criteria` are those of the state of the NPs. The same errors.
        """
        asked = self.point(point)
        support = self._checked(asked, strict)
        curve = self.curve(asked)
        if not (isinstance(asked, Composition) and isinstance(curve, RDF)):
            return Prediction(asked, curve, None, support, None, "only g(r) of a composition tells it")
        composition = asked
        state: PhaseClassification | None = None
        unknown = ""
        try:
            state = self.classify(composition, criteria)
        except InputError as error:  # g(r) is too short for NPs of this size
            unknown = str(error)
        return Prediction(composition, curve, self.intervals(composition), support, state, unknown)

    def predict_each(self, points: Sequence[AnyPoint]) -> tuple[Prediction, ...]:
        """Curves of many points at once, with what they rest on, and without state and intervals, which take time.

        `InputError` as of `predict_all`, with the row of the point.
        """
        return self.predict_checked(self.check_each(points))

    def check_each(self, points: Sequence[AnyPoint]) -> tuple[Checked, ...]:
        """Many points with what their predictions rest on; all errors of `predict_each` are raised here."""
        found = []
        for i, point in enumerate(points):
            try:
                asked = self.point(point)
                found.append(Checked(asked, self._checked(asked, strict=False)))
            except InputError as error:
                raise InputError(f"row {i}: {error}") from None
        return tuple(found)

    def predict_checked(self, points: Sequence[Checked]) -> tuple[Prediction, ...]:
        """What `predict_each` gives, of points that were checked, together or apart."""
        curves = self._curves([one.point for one in points]) if points else ()
        return tuple(
            Prediction(one.point, curve, None, one.support, None, "not asked for")
            for one, curve in zip(points, curves, strict=True)
        )

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
        x = self.rows(composition)
        curves = self.model.sample(x, DRAWS, seed)[:, 0]
        return intervals_of(self.model.predict(x)[0], curves, self.r, composition, radius)

    def classify(self, composition: Composition, criteria: Criteria | None = None) -> PhaseClassification:
        """The state of the NPs, from drawn curves where the model has them; `InputError` where r ends too near."""
        c = composition
        if not self.uncertain:
            return classify(
                RDF(self.r, self.predict_curves(self.rows(c))[0]), c.diameter, c.density, criteria, nps=c.nps
            )
        curves = self.model.sample(self.rows(c), STATE_DRAWS)[:, 0]
        return classify_curves(self.r, curves, c.diameter, c.density, criteria, c.nps)

    def outside(self, X: ArrayLike) -> NDArray[np.bool_]:
        """Which inputs (n, 5) lie outside of the simulated compositions, as `support` says it with reasons."""
        return self._domain.outside(check_inputs(X, self.X.shape[1]))

    def support(self, point: AnyPoint) -> Support:
        """What the prediction for a composition or other point rests on, and whether that is too far away."""
        x = self.rows(self.point(point))
        found = self._domain.support(x[0], self._own, self.card)
        if self._own != self.space:
            found = replace(found, neighbours=tuple(self.space.point(one.to_json()) for one in found.neighbours))
        caveat = self.model.caveat(x)
        return replace(found, warnings=(*found.warnings, caveat)) if caveat else found

    basis = support

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the model's inputs, the columns of `X`.

        `InputError` where its card does not say them, or others than its space has.
        """
        names = tuple(self.card.get("inputs", ()))
        if not names or not set(names) <= set(self.space.names):
            raise InputError(f"the model's inputs are {self.card.get('inputs')}; a composition's are {list(FIELDS)}")
        return names

    @property
    def _own(self) -> InputSpace:
        """The inputs of the model alone: `space` without those that came later, which have to be at their default."""
        names = self.inputs
        return self.space if names == self.space.names else self.space.subspace(*names)

    def rows(self, point: Point) -> Array:
        """The inputs (1, p) of the model for a point; `InputError` where it knows no other value of one it lacks."""
        own, values = self._own, dict(zip(point.space.names, point.values, strict=True))
        for one in self.space.inputs:
            if one.name not in own.names and values[one.name] != one.default:
                raise InputError(f"{one.name} = {values[one.name]:g} is not {one.default:g}: the model knows no other")
        return np.array([[values[name] for name in own.names]])

    def _checked(self, point: Point, strict: bool) -> Support:
        if isinstance(point, Composition):
            check_repulsion(point)
        support = self.support(point)
        if strict and support.warnings:
            raise InputError(f"{point} is outside the simulated compositions: {'; '.join(support.warnings)}; {support}")
        return support

    def curve(self, point: Point) -> Curve:
        """The curve of a point with its band, unchecked and without a warning: what `predict` returns."""
        return self._curves([point])[0]

    def _curves(self, points: Sequence[Point]) -> tuple[Curve, ...]:
        X = np.concatenate([self.rows(point) for point in points])
        band = self.model.band(X)
        if band is None:
            return tuple(curve_of(self.quantity, self.r, y) for y in self.model.predict(X))
        return tuple(
            curve_of(self.quantity, self.r, y, low=np.minimum(low, y), high=np.maximum(high, y))
            for y, low, high in zip(*band, strict=True)
        )


def load(model: str | os.PathLike[str] | None = None) -> Predictor:
    """Load a model: a folder (what `nanonet train` writes), or a shipped one. No code in the files is run.

    Parameters
    ----------
    model:
        A folder; or the name of a shipped model, `gp` (Gaussian process, the default), `nanonet` (the paper's), `sq`
        (a Gaussian process of the structure factor) or `grafted` (of grafted NPs, from few simulations).

    Raises
    ------
    InputError
        The folder or a file in it is missing, damaged, or of another format; the file and the reason are named.

    Examples
    --------
    >>> model = load()
    >>> model.uncertain, load("nanonet").uncertain
    (True, False)
    >>> model.sample_curves([[3, 40, 0.002, 0.5, 1.0]], n=10).shape
    (10, 1, 100)
    """
    found, folder = load_model(model)
    return Predictor(found, folder.card)
