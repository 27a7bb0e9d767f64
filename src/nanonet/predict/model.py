"""What every model folder that answers shares: composition -> RDF, what the answer rests on, and when it is none."""

from __future__ import annotations

import hashlib
import os
import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nanonet.composition import FIELDS, Composition, as_composition, check_repulsion, from_array, to_array
from nanonet.errors import InputError, NanonetWarning
from nanonet.formats.model_folder import Card, is_sealed
from nanonet.formats.reading import read_bytes, read_json
from nanonet.rdf import RDF, Peak

FORMAT = 1
SHIPPED = ("gp", "nanonet")
"""Names of the shipped models; the first is the default. A folder of such a name has to be given as a path, ./gp."""

NEAREST = 3
"""How many simulated compositions a prediction names."""


class OutsideDataWarning(NanonetWarning):
    """A prediction outside of the simulated compositions."""


class Interval(NamedTuple):
    """Ends of a 90 % interval."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:.3g} to {self.high:.3g}"


@dataclass(frozen=True)
class Intervals:
    """Peaks of the predicted (median) curve and the neighbours, with 90 % intervals from equally likely curves."""

    peak_probability: float
    """Share of the curves that have `peak`; without one, that have any first peak."""
    peak_height: Interval | None
    """Of those curves; None where hardly any has one."""
    peak_position: Interval | None
    """Of the same (sigma)."""
    coordination_number: Interval | None
    """Other NPs within `radius`."""
    radius: float
    """sigma."""
    peak: Peak | None = None
    """First peak of the predicted curve; None where it has none: the place is then not known, or nothing exceeds 1."""
    second_probability: float = 0.0
    """As of the first."""
    second_height: Interval | None = None
    """As of the first."""
    second_position: Interval | None = None
    """As of the first (sigma)."""
    second_peak: Peak | None = None
    """As of the first."""
    neighbours: float = 0.0
    """Median of the other NPs within `radius`."""


@dataclass(frozen=True)
class Basis:
    """What a prediction rests on."""

    simulations: int
    """Simulated compositions that the model has learnt from."""
    nps: tuple[int, int]
    """Smallest and largest number of NPs in one of those runs; (0, 0) where the model does not say."""
    converged: int | None
    """How many of those runs were judged converged; None where the model does not say."""
    neighbours: tuple[Composition, ...]
    """The nearest of those compositions, by rising distance."""
    distances: tuple[float, ...]
    """Their distances, each of the five inputs in units of its simulated range."""
    leverage: float
    """How far all five inputs together lie outside of the data: at most `leverage_limit` for what is inside."""
    leverage_limit: float
    """Largest leverage of a simulated composition with respect to the others."""
    warnings: tuple[str, ...]
    """Why the composition is outside the data; empty if it is not."""

    @property
    def nearest(self) -> Composition:
        """The nearest simulated composition."""
        return self.neighbours[0]

    @property
    def distance(self) -> float:
        """Its distance."""
        return self.distances[0]

    def __str__(self) -> str:
        low, high = self.nps
        nps = f" of {low} to {high} NPs" if high > low else f" of {low} NPs" if high else ""
        verdict = "" if self.converged is None else f", {self.converged} of them converged"
        near = "; ".join(f"{c} ({d:.2f})" for c, d in zip(self.neighbours, self.distances, strict=True))
        return (
            f"{self.simulations} simulations{nps}{verdict}; nearest simulated compositions (distance in units of the "
            f"ranges): {near}"
        )

    @property
    def line(self) -> str:
        """The same in one line, with the nearest composition alone."""
        return f"{str(self).partition(';')[0]}; nearest {self.nearest} ({self.distance:.2f} of the ranges)"


class Predictor(ABC):
    """A loaded model; make one with `load`.

    Parameters
    ----------
    card:
        What `model.json` holds.
    """

    def __init__(self, card: Mapping[str, Any]) -> None:
        self.card = card
        self._X = array(card, "X", 2)
        self.r = array(card, "r", 1)

    def __repr__(self) -> str:
        return f"Predictor {self.card['kind']} from {len(self._X)} simulations"

    @abstractmethod
    def predict_curves(self, X: ArrayLike) -> NDArray[np.float64]:
        """Curves (n, m) on the grid `r` for inputs (n, p), without any warning; `InputError` for wrong arrays."""

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
        check_repulsion(composition)
        basis = self.basis(composition)
        if strict and basis.warnings:
            raise InputError(
                f"{composition} is outside the simulated compositions: {'; '.join(basis.warnings)}; {basis}"
            )
        if basis.warnings:
            warnings.warn("; ".join(basis.warnings), OutsideDataWarning, stacklevel=2)
        return self._rdf(to_array([composition])[0])

    def _rdf(self, x: NDArray[np.float64]) -> RDF:
        return RDF(self.r, self.predict_curves(x[None])[0])

    def outside(self, X: ArrayLike) -> NDArray[np.bool_]:
        """Which inputs (n, 5) lie outside of the simulated compositions, as `basis` says it with reasons."""
        inputs = checked_inputs(X, self._X.shape[1])
        low, high, span = self._range
        beyond = ((inputs < low - 0.02 * span) | (inputs > high + 0.02 * span)).any(axis=1)
        distances = np.linalg.norm((inputs[:, None] - self._X) / span, axis=2).min(axis=1)
        return np.asarray(
            beyond | (distances > self._reach) | (leverage(self._scaled, (inputs - low) / span) > self._limit)
        )

    @cached_property
    def _range(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Least and largest simulated inputs, and their difference, 1 where there is none."""
        low, high = self._X.min(axis=0), self._X.max(axis=0)
        return low, high, np.where(high > low, high - low, 1.0)

    @cached_property
    def _scaled(self) -> NDArray[np.float64]:
        low, _, span = self._range
        return np.asarray((self._X - low) / span)

    @cached_property
    def _reach(self) -> float:
        return _reach(self._scaled)

    @cached_property
    def _limit(self) -> float:
        return largest_leverage(self._scaled)

    def intervals(
        self, composition: Composition | Sequence[float], radius: float | None = None, seed: int = 0
    ) -> Intervals | None:
        """90 % intervals of the first peak and the coordination number; None where the model has no bands."""
        return None

    def basis(self, composition: Composition | Sequence[float]) -> Basis:
        """What the prediction for a composition rests on, and whether that is too far away."""
        composition = as_composition(composition)
        if tuple(self.card.get("inputs", ())) != FIELDS:
            raise InputError(f"the model's inputs are {self.card.get('inputs')}; a composition's are {list(FIELDS)}")
        x = to_array([composition])[0]
        low, high, span = self._range
        distances = np.linalg.norm((self._X - x) / span, axis=1)
        order = np.argsort(distances, kind="stable")[:NEAREST]
        texts = [
            f"{name} = {value:g} is outside the simulated {a:g} to {b:g}"
            for name, value, a, b, s in zip(FIELDS, x, low, high, span, strict=True)
            if not a - 0.02 * s <= value <= b + 0.02 * s
        ]
        if distances[order[0]] > (reach := self._reach):
            texts.append(
                f"the nearest simulated composition is {distances[order[0]]:.2f} away (in units of the ranges), "
                f"farther than any two neighbours in the data ({reach:.2f})"
            )
        own, limit = float(leverage(self._scaled, (x - low)[None] / span)[0]), self._limit
        if own > limit:
            texts.append(
                f"all five inputs together lie outside the simulated compositions (leverage {own:.2f}, "
                f"in the data at most {limit:.2f})"
            )
        runs = self.card.get("runs", ())
        nps = [int(run["nps"]) for run in runs if "nps" in run]
        verdicts = [bool(run["converged"]) for run in runs if "converged" in run]
        return Basis(
            simulations=len(self._X),
            nps=(min(nps), max(nps)) if nps else (0, 0),
            converged=sum(verdicts) if verdicts else None,
            neighbours=from_array(self._X[order]),
            distances=tuple(float(d) for d in distances[order]),
            leverage=own,
            leverage_limit=limit,
            warnings=tuple(texts),
        )


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
    if model is not None and not isinstance(model, str | os.PathLike):
        raise InputError(f"model = {model!r} is not a folder, nor one of {', '.join(SHIPPED)}")
    if model is None or str(model) in SHIPPED:
        with as_file(files("nanonet") / "data" / (SHIPPED[0] if model is None else str(model))) as path:
            return _load(path)
    return _load(Path(model))


def _load(path: Path) -> Predictor:
    if not path.is_dir():
        raise InputError(f"model {path} is not a folder, nor one of {', '.join(SHIPPED)}")
    card = _read_card(path / "model.json")
    from nanonet.predict import gaussian  # ONNX Runtime is loaded only for the model that needs it

    try:
        predictor: Predictor
        if card["kind"] == gaussian.KIND:
            predictor = gaussian.GaussianPredictor.load(path, card)
        else:
            from nanonet.predict import network

            if card["kind"] != network.KIND:
                raise InputError(f"model file {path / 'model.json'} has kind {card['kind']!r}, which is not known")
            predictor = network.NetworkPredictor.load(path, card)
        shape = predictor.predict_curves(predictor._X[:1]).shape
    except InputError:
        raise
    except Exception as error:  # whatever files that do not belong together make the readers say
        raise InputError(f"model {path} cannot be used: {error}") from None
    if shape != (1, len(predictor.r)):
        raise InputError(f"model {path} cannot be used: it predicts shape {shape}, not (1, {len(predictor.r)})")
    return predictor


def _read_card(path: Path) -> dict[str, Any]:
    card: dict[str, Any] = read_json(path, Card, "model file")
    if card["format"] != FORMAT:
        raise InputError(f"model file {path} has format {card['format']}; allowed is {FORMAT}")
    if not is_sealed(card):
        raise InputError(f"model file {path} is damaged: its own checksum is not the one in it")
    return card


def checked_file(path: Path, card: Mapping[str, Any]) -> bytes:
    """Content of a file of a model folder, if its hash is the card's; `InputError` otherwise."""
    content = read_bytes(path, "model file")
    if hashlib.sha256(content).hexdigest() != card["sha256"].get(path.name):
        raise InputError(f"model file {path} is damaged: its SHA-256 is not the one in model.json")
    return content


def checked_inputs(X: ArrayLike, p: int) -> NDArray[np.float64]:
    """Inputs (n, p); `InputError` for another shape, or values that are not finite numbers."""
    try:
        inputs = np.asarray(X, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError("X is not an array of numbers") from None
    if inputs.ndim != 2 or inputs.shape[1] != p:
        raise InputError(f"X has shape {inputs.shape}; allowed is (n, {p})")
    if not np.isfinite(inputs).all():
        raise InputError("X has values that are not finite")
    return inputs


def array(card: Mapping[str, Any], name: str, dimensions: int) -> NDArray[np.float64]:
    """An array of the card, checked and read-only; `InputError` names it."""
    try:
        values = np.array(card[name], dtype=np.float64)
    except (KeyError, TypeError, ValueError):
        raise InputError(f"model.json: {name} is not an array of numbers") from None
    if values.ndim != dimensions or not values.size or not np.isfinite(values).all():
        raise InputError(f"model.json: {name} is not an array of finite numbers in {dimensions} dimensions")
    values.flags.writeable = False
    return values


def leverage(inputs: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Leverage (l,) of each x (l, p) with respect to inputs (n, p).

    q (Q^T Q)^-1 q with q = (1, x): how far x lies from the middle of the data along directions in which they hardly
    extend, whatever each input alone does. A slight ridge keeps directions in which nothing varies out of it.
    """
    rows, asked = (np.column_stack([np.ones(len(part)), part]) for part in (inputs, x))
    inverse = np.linalg.inv(rows.T @ rows + 1e-3 * np.eye(rows.shape[1]))
    return np.asarray(np.einsum("ij,jk,ik->i", asked, inverse, asked))


def largest_leverage(inputs: NDArray[np.float64]) -> float:
    """The largest leverage of one of the inputs (n, p) with respect to all others."""
    inside = leverage(inputs, inputs)
    return float((inside / np.maximum(1.0 - inside, 1e-9)).max())


def _reach(scaled: NDArray[np.float64]) -> float:
    """Largest distance from one simulated composition to its nearest other (n, p)."""
    if len(scaled) < 2:
        return 0.0
    distances = np.linalg.norm(scaled[:, None] - scaled[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    return float(distances.min(axis=1).max())
