"""The models that a service has loaded, by the names that requests use."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nanonet.curve import Quantity
from nanonet.design.readings import OF_COMPOSITIONS, OF_CURVES, reading, tells_state
from nanonet.errors import InputError
from nanonet.formats.model_folder import CARD
from nanonet.models.load import SHIPPED
from nanonet.phases.state import STATES
from nanonet.predict import ranges, views
from nanonet.predict.predictor import Predictor, load


@dataclass(frozen=True)
class ServedModel:
    """A loaded model.

    Attributes
    ----------
    name:
        What requests call it: that of a shipped model, or of its folder.
    predictor:
        The model.
    card:
        Its `model.json`, None of a shipped one; `stamp` tells whether that is still the file that was read.
    """

    name: str
    predictor: Predictor
    card: Path | None = None
    stamp: tuple[int, int] | None = None

    @property
    def changed(self) -> bool:
        """Whether its folder was replaced, or went, since it was loaded: it answers as it was loaded."""
        return self.card is not None and _stamp(self.card) != self.stamp

    @property
    def of_compositions(self) -> bool:
        """Whether it predicts g(r) of compositions: peaks, states, maps and other readings are known then."""
        return views.of_compositions(self.predictor)

    def describe(self) -> dict[str, object]:
        """What it is, as plain values: inputs with their limits and sliders, quantity, what it can answer."""
        p = self.predictor
        scores = p.card.get("cross_validation") or {}
        inputs = []
        for one in p.space.inputs:
            known = ranges.known(p, one)
            slider = ranges.offered(one, *known)
            inputs.append(
                {
                    "name": one.name, "symbol": one.symbol, "long_name": one.long_name, "unit": one.unit,
                    "latex": one.latex, "whole": one.whole, "log": one.log, "default": one.default,
                    "low": _finite(ranges.least(one)), "high": _finite(one.high), "known": known, "slider": slider,
                }
            )  # fmt: skip
        return {
            "name": self.name,
            "kind": str(p.card["kind"]),
            "curves": len(p.X),
            "inputs": inputs,
            "start": dict(zip(p.space.names, ranges.middle(p), strict=True)),
            "quantity": quantity_json(p.quantity),
            "views": [quantity_json(views.OF_RDF.get(name, p.quantity)) for name in views.names(p)],
            "uncertain": p.uncertain,
            "targets": [
                {"name": one.name, "unit": one.unit, "text": one.text}
                for one in (reading(name, p) for name in (OF_COMPOSITIONS if tells_state(p) else OF_CURVES))
            ],
            "states": STATES if tells_state(p) else (),
            "compositions": self.of_compositions,
            "scores": {name: value for name, value in scores.items() if isinstance(value, float)},
            "shipped": self.card is None,
            "changed": self.changed,
        }


class ServedModels:
    """All models of a service; the first is the one that is asked where a request names none."""

    def __init__(self, models: Sequence[ServedModel]) -> None:
        self._models = {one.name: one for one in models}

    def __iter__(self) -> Iterator[ServedModel]:
        return iter(self._models.values())

    def __getitem__(self, name: str | None) -> ServedModel:
        """The model of a name; `InputError` names those that there are, none of which is a path."""
        if name is None:
            return next(iter(self))
        if name not in self._models:
            raise InputError(f"model = {name[:80]!r} is not one of {', '.join(self._models)}")
        return self._models[name]


def load_models(models: Sequence[str]) -> ServedModels:
    """Load models, folders or names of shipped ones, and the shipped ones that are not among them.

    `InputError` where one cannot be read, or two have one name.
    """
    found: list[ServedModel] = []
    for model in (*models, *(name for name in SHIPPED if name not in models)):
        shipped = model in SHIPPED
        card = None if shipped else Path(model) / CARD
        stamp = None if card is None else _stamp(card)
        name = model if shipped else Path(model).resolve().name
        if name in (one.name for one in found):
            raise InputError(f"two models are called {name}; allowed are folders of different names")
        found.append(ServedModel(name, load(model), card, stamp))
    return ServedModels(found)


def quantity_json(quantity: Quantity) -> dict[str, object]:
    """A quantity as plain values, all fields."""
    q = quantity
    return {
        "name": q.name, "x": q.x, "long_name": q.long_name, "x_long_name": q.x_long_name, "unit": q.unit,
        "x_unit": q.x_unit, "low": _finite(q.low), "limit": q.limit,
    }  # fmt: skip


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _stamp(card: Path) -> tuple[int, int] | None:
    """Number and time of a file, None where there is none."""
    try:
        found = card.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns
