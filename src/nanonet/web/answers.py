"""Requests -> what is answered, as plain values; all numbers come from `predict`, `phases` and `potentials`."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from functools import cached_property
from typing import cast

import numpy as np

from nanonet.composition import NANOCOMPOSITE, Composition
from nanonet.curve import G_R, Curve
from nanonet.dataset import Dataset
from nanonet.design.box import box_of
from nanonet.design.inverse import Answer, find
from nanonet.design.targets import parse
from nanonet.errors import InputError
from nanonet.formats import configurations, potential_table
from nanonet.phases.classify import decide
from nanonet.phases.state import STATES, Criteria
from nanonet.potentials.theory import DILUTE, theory
from nanonet.predict import views
from nanonet.predict.applicability import ApplicabilityDomain, Support
from nanonet.predict.phase_map import compute_map, near_plane
from nanonet.predict.prediction import Prediction
from nanonet.predict.predictor import OutsideDataWarning
from nanonet.rdf import RDF
from nanonet.space import Point
from nanonet.structure_factor import S_Q
from nanonet.web import schemas
from nanonet.web.served import ServedModel, ServedModels, quantity_json
from nanonet.web.workers import Turn

_MAPS = 64  # kept

_LABELS = {"gp": "Gaussian process", "nanonet": "nanoNET"}

Plain = dict[str, object]


class Answers:
    """What a service answers, from its models and the shipped simulations."""

    def __init__(self, models: ServedModels) -> None:
        self.models = models
        self._maps: dict[tuple[object, ...], Plain] = {}

    def predictions(self, asked: schemas.PredictRequest, turn: Turn) -> tuple[ServedModel, tuple[Prediction, ...]]:
        """Predictions in the order of the points; `InputError` names the row and the field."""
        model = self.models[asked.model]
        if not asked.details:
            return model, model.predictor.predict_each(asked.inputs)
        if len(asked.inputs) > schemas.MAX_DETAILED:
            raise InputError(
                f"details = true for {len(asked.inputs)} points; allowed are at most {schemas.MAX_DETAILED}"
            )
        found = []
        for i, values in enumerate(asked.inputs):
            turn()
            with _named_first(f"row {i}"):
                found.append(model.predictor.predict_all(values))
        return model, tuple(found)

    def explore(self, asked: schemas.ExploreRequest) -> Plain:
        """One point as the page draws it: `schemas.Explored`."""
        served = self.models[asked.model]
        model = served.predictor
        point = model.point(asked.inputs)
        name = asked.view or model.quantity.name
        curve = views.view(model, point, name)
        support = model.support(point)
        caveats: tuple[str, ...] = ()
        if name != model.quantity.name and name == S_Q.name:
            caveats = views.structure_caveats(cast(RDF, model.curve(point)), cast(Composition, point))
        return {
            "model": served.name,
            "inputs": _named(point),
            "quantity": quantity_json(curve.quantity),
            "x": curve.x, "y": curve.y, "low": curve.low, "high": curve.high,
            "caveats": caveats,
            "line": support.line,
            "support": _support(support),
            "beside": self._beside(served, point, name, asked.beside) if served.of_compositions else [],
            "details": _details(served, model.predict_all(point)) if asked.details else None,
        }  # fmt: skip

    def states(self, asked: schemas.StateRequest, turn: Turn) -> Plain:
        """States of compositions, or a map: `schemas.States`."""
        served = self.models[asked.model]
        criteria = Criteria(depth=asked.depth, confidence=asked.confidence)
        if asked.x is not None or asked.y is not None:
            if asked.x is None or asked.y is None:
                raise InputError(f"{'x' if asked.x is None else 'y'} is missing; a map needs both x and y")
            if len(asked.inputs) > 1:
                raise InputError(f"inputs holds {len(asked.inputs)} points; a map has one, of the inputs that it holds")
            held = tuple(sorted((k, v) for k, v in asked.inputs[0].items() if k not in (asked.x, asked.y)))
            ranges = (asked.x_range, asked.y_range)
            key = (served.name, (asked.x, asked.y), held, ranges, asked.steps, criteria, asked.samples)
            found = self._maps.get(key)
            if found is None:
                found = self._maps[key] = self._map(*key, turn)
                if len(self._maps) > _MAPS:
                    self._maps.pop(next(iter(self._maps)), None)
            return {"model": served.name, "map": found}
        if not served.of_compositions:
            raise InputError(f"model = {served.name!r} does not predict g(r) of compositions: it knows no states")
        states = []
        for i, values in enumerate(asked.inputs):
            turn()
            with _named_first(f"row {i}"):
                composition = cast(Composition, served.predictor.point(values))
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", OutsideDataWarning)
                    served.predictor.predict(composition)  # refuses what is not predicted
                verdict = served.predictor.classify(composition, criteria)
                outside = served.predictor.support(composition).warnings
                states.append({"inputs": _named(composition), **verdict.to_json(), "warnings": outside})
        return {"model": served.name, "states": states}

    def design(self, asked: schemas.DesignRequest, turn: Turn) -> Plain:
        """Points that meet targets: `schemas.Design`."""
        served = self.models[asked.model]
        model = served.predictor
        if not model.uncertain:
            raise InputError(f"model = {served.name!r} does not know how sure it is, so no probability can be told")
        for i, text in enumerate(asked.targets):
            with _named_first(f"targets[{i}]"):
                if text.partition("=")[0].strip() == "curve":
                    raise InputError("a curve is looked for by the command nanonet design alone, which reads its file")
                parse([text], model, asked.radius)
        with _named_first("targets"):
            wanted = parse(asked.targets, model, asked.radius)
        for name, values in (("tolerances", asked.tolerances), ("costs", asked.costs)):
            with _named_first(name):
                for one in values:
                    model.space.column(one)
        with _named_first("fixed"):
            box_of(model, asked.fixed, {})
        with _named_first("bounds"):
            box_of(model, asked.fixed, asked.bounds)
        found = find(
            model, wanted, fixed=asked.fixed, bounds=asked.bounds, costs=asked.costs, tolerances=asked.tolerances,
            count=asked.count, progress=turn,
        )  # fmt: skip
        plain = found.to_json() | {"answers": [_answer(one) for one in found.answers]}
        return {"model": served.name, "quantity": quantity_json(model.quantity), **plain}

    def configuration(self, asked: schemas.ConfigurationRequest) -> Plain:
        """The simulated configuration nearest to a composition: `schemas.Configuration`."""
        served = self.models[asked.model]
        point = served.predictor.point(asked.inputs)
        if not isinstance(point, Composition) or point.space != NANOCOMPOSITE:
            raise InputError(f"model = {served.name!r} is not of compositions: no simulated configuration is there")
        domain, kept = self._configurations
        order, distances = domain.nearest(np.array(point.values))
        one, distance = kept[order[0]], float(distances[0])
        return {
            "composition": _named(one.composition),
            "text": str(one.composition),
            "distance": distance,
            "run": one.run,
            "edges": one.edges,
            "diameter": one.composition.diameter,
            "nps": one.nps.round(3),
            "polymer": one.chains.reshape(-1, 3).round(2) if asked.polymer else None,
            "chain_length": one.chains.shape[1],
        }

    @cached_property
    def _simulated(self) -> tuple[ApplicabilityDomain, Dataset]:
        data = Dataset.shipped()
        return ApplicabilityDomain(data.X), data

    @cached_property
    def _configurations(self) -> tuple[ApplicabilityDomain, tuple[configurations.KeptConfiguration, ...]]:
        kept = configurations.shipped()
        return ApplicabilityDomain(np.array([one.composition.values for one in kept])), kept

    def warm(self) -> None:
        """Read and compute what the first requests would wait for."""
        for served in self.models:
            values = dict(zip(served.predictor.space.names, served.predictor.X[0], strict=False))
            if set(values) == set(served.predictor.space.names):
                served.predictor.predict_all(served.predictor.space.point(values))
        self._simulated, self._configurations  # noqa: B018
        potential_table.shipped()

    def _beside(self, served: ServedModel, point: Point, name: str, wanted: Sequence[str]) -> list[Plain]:
        composition = cast(Composition, point)
        lines: list[Plain] = []
        if "dilute" in wanted:
            found = theory(potential_table.shipped(), composition, DILUTE)
            note = "W_poly of the nearest pair inputs that are known" if found.extrapolated else "exp(-W)"
            lines.append(_line("dilute", "dilute limit", note, point, views.of_rdf(found.rdf, composition, name)))
        if "simulated" in wanted:
            domain, data = self._simulated
            for i, distance in zip(*domain.nearest(np.array(composition.values)), strict=True):
                own = data.compositions[i]
                curve = data.rdfs[i] if name == G_R.name else views.of_rdf(data.rdfs[i], own, name)
                lines.append(_line("simulated", str(own), f"{distance:.2f} of the ranges away", own, curve))
        if "models" in wanted:
            for other in self.models:
                if other.name != served.name and other.of_compositions:
                    curve = views.view(other.predictor, composition, name)
                    label = _LABELS.get(other.name, other.name)
                    lines.append(_line("model", label, f"from {len(other.predictor.X)} simulations", point, curve))
        return lines

    def _map(
        self, name: str, axes: tuple[str, str], held: tuple[tuple[str, float], ...],
        ranges: tuple[tuple[float, float] | None, tuple[float, float] | None], steps: int, criteria: Criteria,
        samples: int, turn: Turn,
    ) -> Plain:  # fmt: skip
        found = compute_map(self.models[name].predictor, axes, dict(held), ranges, steps, criteria, turn, samples)
        _, data = self._simulated
        near = near_plane(found, data) if data.space == found.space else []
        return {
            "x": axes[0], "y": axes[1], "held": found.held, "x_values": found.x, "y_values": found.y, "states": STATES,
            "probabilities": found.shares, "outside": found.outside, "simulated": [(x, y) for _, x, y in near],
            "verdicts": [[decide(shares, criteria) for shares in row] for row in found.shares],
            "method": found.method,
        }  # fmt: skip


@contextmanager
def _named_first(what: str) -> Iterator[None]:
    """Puts a row, or a field, before the message of an `InputError`."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{what}: {error}") from None


def _line(kind: str, label: str, note: str, point: Point, curve: Curve) -> Plain:
    return {
        "kind": kind, "label": label, "note": note, "inputs": _named(point), "x": curve.x, "y": curve.y,
        "error": curve.error, "low": curve.low, "high": curve.high,
    }  # fmt: skip


def _support(support: Support) -> Plain:
    plain: Plain = {one.name: getattr(support, one.name) for one in fields(support)}
    return plain | {
        "neighbours": [_named(one) for one in support.neighbours],
        "nearest": _named(support.nearest),
        "distance": support.distance,
    }


def _answer(found: Answer) -> Plain:
    """An answer of a search; what `Prediction.to_json` names after the quantity is x and y here."""
    curve, plain = found.prediction.curve, found.to_json()
    return {
        **{name: plain[name] for name in ("probability", "probability_error", "cost", "outside", "targets")},
        "inputs": _named(found.prediction.point),
        "x": curve.x, "y": curve.y, "low": curve.low, "high": curve.high,
        "line": found.prediction.support.line, "support": _support(found.prediction.support),
        "state": found.prediction.state and found.prediction.state.to_json(),
    }  # fmt: skip


def _details(served: ServedModel, found: Prediction) -> Plain:
    """Peaks, neighbours and state of a prediction; of another curve where it is largest."""
    curve = found.curve
    if not served.of_compositions:
        k = int(curve.y.argmax())
        ends = None if curve.low is None or curve.high is None else (float(curve.low[k]), float(curve.high[k]))
        return {"largest": {"x": float(curve.x[k]), "y": float(curve.y[k]), "interval": ends}}
    return {
        "peaks": [
            {
                "name": one.name,
                "position": one.peak and one.peak.position,
                "height": one.peak and one.peak.height,
                "probability": one.probability,
                "height_interval": one.height,
                "position_interval": one.position,
            }
            for one in found.peaks
        ],
        "neighbours": found.neighbours._asdict(),
        "state": found.state and found.state.to_json(),
        "state_unknown": found.state_unknown,
        "nps": found.composition.nps,
        "volume_fraction": found.composition.volume_fraction,
    }


def _named(point: Point) -> Mapping[str, float]:
    return dict(zip(point.space.names, point.values, strict=True))
