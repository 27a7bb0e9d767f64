"""One fit on one split: the unit that is computed, kept, and found again after an interruption."""

from __future__ import annotations

import base64
import time
import warnings
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import has_fit_parameter

from nanonet.evaluate.cross_validation import Estimator
from nanonet.evaluate.store import Store
from nanonet.learn.forest import Forest
from nanonet.learn.nanonet import NanoNet
from nanonet.learn.regressors import LatentRegressor
from nanonet.learn.training import STUCK
from nanonet.models.image import rasterize, read_images
from nanonet.reproduce.models import MODELS
from nanonet.reproduce.training_data import TrainingData

FORMAT = 1
"""Of results; raised when `run` means something else by them."""


@dataclass(frozen=True)
class CrossValidationFit:
    """A model fitted to some compositions and asked for others.

    Parameters
    ----------
    model, settings:
        A name in `models.MODELS`, and what it is made with.
    train, test:
        Indices of explicit compositions.
    implicit:
        How many implicit compositions are learnt too, those of `test` left out; None: all.
    leak:
        Whether the autoencoder sees the curves of `test`, and the forest alone does not (the paper's way).
    seed:
        Of the model.
    """

    model: str
    train: tuple[int, ...]
    test: tuple[int, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    implicit: int | None = 0
    leak: bool = False
    seed: int = 0


def dependencies(fit: CrossValidationFit, known: TrainingData) -> tuple[object, ...]:
    """What a result depends on: curves and inputs, and the model with its settings and seed."""
    X, G, errors = known.training(fit.train, fit.test, fit.implicit)
    test, model = list(fit.test), MODELS[fit.model](fit.seed, **fit.settings)
    learnt = (X, G, errors) if has_fit_parameter(model, "error") else (X, G)
    data = known.explicit
    return FORMAT, model, *learnt, data.X[test], data.G[test], data.r, fit.leak


def run(fit: CrossValidationFit, known: TrainingData) -> dict[str, Any]:
    """Fit and predict; what comes back is plain JSON.

    `G` (k, m) predicted curves of the test compositions, `mse` and `mae` (k,) of the predicted images, `seconds` of
    processor time of the fit. Models with an autoencoder also give `latents` and `rebuilt`; nanoNET its `history`, with
    the held-out images as validation that nothing depends on, and under `one_feature` the answers of a forest that
    looks at one feature a split. A network is `stuck` when it ends hardly better than the mean image; it answers all
    the same.
    """
    X, G, errors = known.training(fit.train, fit.test, fit.implicit)
    data, test = known.explicit, list(fit.test)
    held_out, curves, r = data.X[test], data.G[test], data.r
    model = MODELS[fit.model](fit.seed, **fit.settings)
    more: dict[str, Any] = {"error": errors} if has_fit_parameter(model, "error") else {}
    if isinstance(model, NanoNet):
        more["validation_G"] = curves
        if fit.leak:
            more["autoencoder_G"] = np.concatenate([G, curves])
    started = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # fewer curves than latents: the report says so
        model.fit(X, G, r, **more)
    result: dict[str, Any] = {"seconds": time.process_time() - started, "stuck": False}
    if isinstance(model, NanoNet):
        result["history"] = asdict(model.history_)
        result["stuck"] = model.history_.mse > STUCK * model.history_.mse_mean
    return result | _answers(fit, model, X, G, held_out, curves, r)


def _answers(
    fit: CrossValidationFit,
    model: Estimator,
    X: NDArray[np.float64],
    G: NDArray[np.float64],
    held_out: NDArray[np.float64],
    curves: NDArray[np.float64],
    r: NDArray[np.float64],
) -> dict[str, Any]:
    predicted = model.predict(held_out)
    if not isinstance(model, NanoNet | LatentRegressor):
        return {"G": _short(predicted), **_errors(rasterize(curves, r), rasterize(np.maximum(predicted, 0.0), r))}
    guessed = model.predict_images(held_out)
    size = guessed.shape[1]
    seen, unseen = rasterize(G, r, size), rasterize(curves, r, size)
    result: dict[str, Any] = {"G": _short(predicted), **_errors(unseen, guessed)}
    codes = {"train": model.encode(seen), "test": model.encode(unseen)}
    rebuilt = {name: model.decode(z.astype(np.float32)) for name, z in codes.items()}
    if isinstance(model, NanoNet):
        variant = Forest.fit(X, codes["train"], trees=model.trees, max_features=1, seed=fit.seed)
        other = model.decode(variant.predict(held_out))
        result["one_feature"] = {"G": _short(read_images(other, r)), **_errors(unseen, other)}
        result["rebuilt_pictures"] = packed(rebuilt["test"])
    result["rebuilt"] = {"train": _errors(seen, rebuilt["train"]), "test": _errors(unseen, rebuilt["test"])}
    result["latents"] = {name: _short(z) for name, z in codes.items()}
    result["inputs"] = X.tolist()
    return result


def _errors(images: NDArray[np.float32], guessed: NDArray[np.float32]) -> dict[str, list[float]]:
    difference = (guessed - images).astype(np.float64)
    return {
        "mse": np.square(difference).mean(axis=(1, 2)).tolist(),
        "mae": np.abs(difference).mean(axis=(1, 2)).tolist(),
    }


def packed(images: NDArray[np.float32]) -> str:
    """Images (n, size, size) in 256 grey levels as text; `unpacked` is the inverse."""
    levels = np.rint(255 * np.clip(images, 0, 1)).astype(np.uint8)
    return base64.b64encode(zlib.compress(levels.tobytes(), 9)).decode() + f":{levels.shape[1]}"


def unpacked(text: str) -> NDArray[np.float32]:
    """Images (n, size, size) of a text that `packed` wrote."""
    content, size = text.split(":")
    levels = np.frombuffer(zlib.decompress(base64.b64decode(content)), dtype=np.uint8)
    return (levels / np.float32(255)).reshape(-1, int(size), int(size)).astype(np.float32)


def _short(array: NDArray[Any]) -> list[list[float]]:
    return [[float(f"{value:.6g}") for value in row] for row in array.tolist()]


class FitStore:
    """Results of fits on the same data."""

    def __init__(self, folder: Path, known: TrainingData) -> None:
        self.store, self.known = Store(folder), known

    def path(self, fit: CrossValidationFit) -> Path:
        """Where the result of a fit lies, or will lie."""
        return self.store.path(*dependencies(fit, self.known))

    def missing(self, fits: list[CrossValidationFit]) -> list[CrossValidationFit]:
        """Those without a result, each once."""
        found = {self.path(fit): fit for fit in fits}
        return [fit for path, fit in found.items() if not path.is_file()]

    def compute(self, fit: CrossValidationFit) -> None:
        """Run a fit and keep its result."""
        self.store.result(self.path(fit), lambda: {"task": asdict(fit), **run(fit, self.known)})

    def result(self, fit: CrossValidationFit) -> dict[str, Any]:
        """The result of a fit that was computed."""
        return self.store.result(self.path(fit))
