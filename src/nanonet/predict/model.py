"""A model folder that answers: composition -> RDF, and what the answer rests on."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import ArrayLike, NDArray

from nanonet.composition import FIELDS, Composition, from_array, to_array
from nanonet.errors import InputError
from nanonet.picture import trace_curves
from nanonet.rdf import RDF

FORMAT = 1
SHIPPED = "nanonet"
_CHUNK = 256  # inputs that are decoded at once: bounds the memory


class OutsideDataWarning(UserWarning):
    """A prediction far from every simulated composition."""


@dataclass(frozen=True)
class Basis:
    """What a prediction rests on."""

    simulations: int
    """Simulated compositions that the model has learnt from."""
    nps: tuple[int, int]
    """Smallest and largest number of NPs in one of those runs; (0, 0) where the model does not say."""
    converged: int | None
    """How many of those runs were judged converged; None where the model does not say."""
    nearest: Composition
    """The nearest of those compositions."""
    distance: float
    """Its distance, each of the five inputs in units of its simulated range."""
    warnings: tuple[str, ...]
    """Why the composition is outside the data; empty if it is not."""

    def __str__(self) -> str:
        low, high = self.nps
        nps = f" of {low} to {high} NPs" if high > low else f" of {low} NPs" if high else ""
        verdict = "" if self.converged is None else f", {self.converged} of them converged"
        return (
            f"{self.simulations} simulations{nps}{verdict}; "
            f"nearest simulated composition: {self.nearest} (distance {self.distance:.2f} in units of the ranges)"
        )


class Predictor:
    """A loaded model; make one with `load`."""

    def __init__(
        self, card: Mapping[str, Any], forest: onnxruntime.InferenceSession, decoder: onnxruntime.InferenceSession
    ) -> None:
        self.card = card
        self._forest = forest
        self._decoder = decoder
        self._X = _array(card, "X", 2)
        self.r = _array(card, "r", 1)
        self._input_low, self._input_span = (_array(card["input_scaling"], name, 1) for name in ("low", "span"))
        self._latent_low, self._latent_span = (_array(card["latent_scaling"], name, 1) for name in ("low", "span"))

    def __repr__(self) -> str:
        return f"Predictor {self.card['kind']} from {len(self._X)} simulations"

    def predict(self, composition: Composition) -> RDF:
        """The RDF of a composition; its error bars are not known (None).

        Warns with `OutsideDataWarning` when the composition lies outside the simulated ones or far from all of them.

        Raises
        ------
        InputError
            The model was not trained on the five fields of a composition.
        """
        for text in self.basis(composition).warnings:
            warnings.warn(text, OutsideDataWarning, stacklevel=2)
        return RDF(self.r, self.predict_curves(to_array([composition]))[0])

    def predict_curves(self, X: ArrayLike) -> NDArray[np.float64]:
        """Curves (n, m) on the grid `r` for inputs (n, p), without any warning.

        Raises
        ------
        InputError
            Wrong shape, or values that are not finite.
        """
        inputs = self._checked(X)
        parts = [trace_curves(self._pictures(part), self.r) for part in _chunks(inputs)]
        return np.concatenate(parts) if parts else np.empty((0, len(self.r)))

    def predict_pictures(self, X: ArrayLike) -> NDArray[np.float32]:
        """Pictures (n, 64, 64) for inputs (n, p), from which `predict_curves` reads; the same errors."""
        parts = [self._pictures(part) for part in _chunks(self._checked(X))]
        return np.concatenate(parts) if parts else np.empty((0, 0, 0), dtype=np.float32)

    def _checked(self, X: ArrayLike) -> NDArray[np.float64]:
        try:
            inputs = np.asarray(X, dtype=np.float64)
        except (TypeError, ValueError):
            raise InputError("X is not an array of numbers") from None
        p = self._X.shape[1]
        if inputs.ndim != 2 or inputs.shape[1] != p:
            raise InputError(f"X has shape {inputs.shape}; allowed is (n, {p})")
        if not np.isfinite(inputs).all():
            raise InputError("X has values that are not finite")
        return inputs

    def basis(self, composition: Composition) -> Basis:
        """What the prediction for a composition rests on, and whether that is too far away."""
        if tuple(self.card.get("inputs", ())) != FIELDS:
            raise InputError(f"the model's inputs are {self.card.get('inputs')}; a composition's are {list(FIELDS)}")
        x = to_array([composition])[0]
        low, high = self._X.min(axis=0), self._X.max(axis=0)
        span = np.where(high > low, high - low, 1.0)
        distances = np.linalg.norm((self._X - x) / span, axis=1)
        nearest = int(distances.argmin())
        texts = [
            f"{name} = {value:g} is outside the simulated {a:g} to {b:g}"
            for name, value, a, b, s in zip(FIELDS, x, low, high, span, strict=True)
            if not a - 0.02 * s <= value <= b + 0.02 * s
        ]
        if distances[nearest] > (reach := _reach(self._X / span)):
            texts.append(
                f"the nearest simulated composition is {distances[nearest]:.2f} away (in units of the ranges), "
                f"farther than any two neighbours in the data ({reach:.2f})"
            )
        runs = self.card.get("runs", ())
        nps = [int(run["nps"]) for run in runs if "nps" in run]
        verdicts = [bool(run["converged"]) for run in runs if "converged" in run]
        return Basis(
            simulations=len(self._X),
            nps=(min(nps), max(nps)) if nps else (0, 0),
            converged=sum(verdicts) if verdicts else None,
            nearest=from_array(self._X[nearest : nearest + 1])[0],
            distance=float(distances[nearest]),
            warnings=tuple(texts),
        )

    def _pictures(self, inputs: NDArray[np.float64]) -> NDArray[np.float32]:
        scaled = ((inputs - self._input_low) / self._input_span).astype(np.float32)
        (codes,) = self._forest.run(None, {"inputs": scaled})
        latents = (codes.reshape(len(inputs), -1) * self._latent_span + self._latent_low).astype(np.float32)
        (pictures,) = self._decoder.run(None, {"latents": latents})
        return np.asarray(pictures[:, 0], dtype=np.float32)


def load(folder: str | os.PathLike[str] | None = None) -> Predictor:
    """Load a model folder (what `nanonet train` writes), or the shipped model. No code in the files is run.

    Raises
    ------
    InputError
        The folder or a file in it is missing, damaged, or of another format; the file and the reason are named.
    """
    if folder is None:
        with as_file(files("nanonet") / "data" / SHIPPED) as path:
            return load(path)
    path = Path(folder)
    if not path.is_dir():
        raise InputError(f"model {path} is not a folder")
    card = _read_card(path / "model.json")
    forest, decoder = (_session(path / name, card["sha256"].get(name)) for name in ("forest.onnx", "decoder.onnx"))
    try:
        predictor = Predictor(card, forest, decoder)
        shape = predictor.predict_curves(predictor._X[:1]).shape
    except InputError:
        raise
    except Exception as error:  # whatever files that do not belong together make the runtime say
        raise InputError(f"model {path} cannot be used: {error}") from None
    if shape != (1, len(predictor.r)):
        raise InputError(f"model {path} cannot be used: it predicts shape {shape}, not (1, {len(predictor.r)})")
    return predictor


def _read_card(path: Path) -> dict[str, Any]:
    try:
        card = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise InputError(f"model file {path} cannot be read: {error}") from None
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        found = card.get("format") if isinstance(card, dict) else None
        raise InputError(f"model file {path} has format {found}; allowed is {FORMAT}")
    for name in ("kind", "X", "r", "input_scaling", "latent_scaling", "sha256"):
        if name not in card:
            raise InputError(f"model file {path} has no entry {name!r}")
    return card


def _session(path: Path, digest: str | None) -> onnxruntime.InferenceSession:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"model file {path} cannot be read: {error}") from None
    if hashlib.sha256(content).hexdigest() != digest:
        raise InputError(f"model file {path} is damaged: its SHA-256 is not the one in model.json")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise InputError(f"model file {path} cannot be used: {error}") from None


def _array(card: Mapping[str, Any], name: str, dimensions: int) -> NDArray[np.float64]:
    try:
        array = np.array(card[name], dtype=np.float64)
    except (KeyError, TypeError, ValueError):
        raise InputError(f"model.json: {name} is not an array of numbers") from None
    if array.ndim != dimensions or not array.size or not np.isfinite(array).all():
        raise InputError(f"model.json: {name} is not an array of finite numbers in {dimensions} dimensions")
    array.flags.writeable = False
    return array


def _chunks(inputs: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    return [inputs[i : i + _CHUNK] for i in range(0, len(inputs), _CHUNK)]


def _reach(scaled: NDArray[np.float64]) -> float:
    """Largest distance from one simulated composition to its nearest other (n, p)."""
    if len(scaled) < 2:
        return 0.0
    distances = np.linalg.norm(scaled[:, None] - scaled[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    return float(distances.min(axis=1).max())
