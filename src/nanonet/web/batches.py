"""Small requests that come close together, computed in one call of their model: one curve takes as long as ten."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from nanonet.predict.prediction import Checked, Prediction
from nanonet.web.served import ServedModel

_APART = 0.005
"""After a call for several requests the next one waits so long (s) for more; a request that comes alone never waits."""


class _Waiting(NamedTuple):
    points: Sequence[Checked]
    found: asyncio.Future[tuple[Prediction, ...]]


class Batches:
    """Predictions of points that were checked, so that none can spoil those of others."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[_Waiting]] = {}
        self._next: dict[str, float] = {}

    async def predict(self, model: ServedModel, points: Sequence[Checked]) -> tuple[Prediction, ...]:
        """As `Predictor.predict_checked`, together with the requests that are there by then."""
        loop = asyncio.get_running_loop()
        one = _Waiting(points, loop.create_future())
        if model.name not in self._waiting:
            self._waiting[model.name] = []
            loop.call_at(self._next.get(model.name, 0.0), self._compute, model)
        self._waiting[model.name].append(one)
        return await one.found

    def _compute(self, model: ServedModel) -> None:
        waiting = [one for one in self._waiting.pop(model.name) if not one.found.done()]
        self._next[model.name] = asyncio.get_running_loop().time() + _APART if len(waiting) > 1 else 0.0
        try:
            curves = iter(model.predictor.predict_checked([point for one in waiting for point in one.points]))
        except Exception as error:  # a defect: each request fails, and the log names it
            for one in waiting:
                one.found.set_exception(error)
            return
        for one in waiting:
            one.found.set_result(tuple(next(curves) for _ in one.points))
