"""One fit on one split: the unit that is computed, kept, and found again after an interruption."""

from __future__ import annotations

import base64
import hashlib
import json
import time
import warnings
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanonet.formats.atomic import writing
from nanonet.formats.reading import read_json
from nanonet.learn.forest import Forest
from nanonet.learn.model import NanoNet
from nanonet.learn.training import STUCK
from nanonet.picture import draw_curves, trace_curves
from nanonet.reproduce.evidence import Evidence
from nanonet.reproduce.models import MODELS, code_hash

FORMAT = 1
"""Of results; raised when `run` means something else by them."""


@dataclass(frozen=True)
class Task:
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


def key(task: Task, evidence: Evidence) -> str:
    """What a result depends on, as a hash: curves and inputs, settings, seed, and the code of the model."""
    X, G, errors = evidence.training(task.train, task.test, task.implicit)
    test = list(task.test)
    digest = hashlib.sha256()
    learnt = (X, G, errors) if MODELS[task.model].weighs else (X, G)
    for array in (*learnt, evidence.explicit.X[test], evidence.explicit.G[test], evidence.explicit.r):
        digest.update(np.ascontiguousarray(array).tobytes())
    said = {
        "format": FORMAT,
        "model": task.model,
        "settings": dict(task.settings),
        "leak": task.leak,
        "seed": task.seed,
        "code": code_hash(MODELS[task.model].modules, MODELS[task.model].files),
    }
    digest.update(json.dumps(said, sort_keys=True).encode())
    return digest.hexdigest()[:32]


def run(task: Task, evidence: Evidence) -> dict[str, Any]:
    """Fit and predict; what comes back is plain JSON.

    `G` (k, m) predicted curves of the test compositions, `mse` and `mae` (k,) of the predicted pictures, `seconds` of
    processor time of the fit. Models with an autoencoder also give `latents` and `rebuilt`; nanoNET its `history`, with
    the held-out pictures as validation that nothing depends on, and under `one_feature` the answers of a forest that
    looks at one feature a split. A network is `stuck` when it ends hardly better than the mean picture; it answers all
    the same.
    """
    X, G, errors = evidence.training(task.train, task.test, task.implicit)
    data, test = evidence.explicit, list(task.test)
    held_out, curves, r = data.X[test], data.G[test], data.r
    model = MODELS[task.model].make(task.seed, **task.settings)
    more: dict[str, Any] = {"error": errors} if MODELS[task.model].weighs else {}
    if isinstance(model, NanoNet):
        more["validation_G"] = curves
        if task.leak:
            more["autoencoder_G"] = np.concatenate([G, curves])
    started = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # fewer curves than latents: the report says so
        model.fit(X, G, r, **more)
    result: dict[str, Any] = {"seconds": time.process_time() - started, "stuck": False}
    if isinstance(model, NanoNet):
        result["history"] = asdict(model.history)
        result["stuck"] = model.history.mse > STUCK * model.history.mse_mean
    return result | _answers(task, model, X, G, held_out, curves, r)


def _answers(
    task: Task,
    model: Any,
    X: NDArray[np.float64],
    G: NDArray[np.float64],
    held_out: NDArray[np.float64],
    curves: NDArray[np.float64],
    r: NDArray[np.float64],
) -> dict[str, Any]:
    predicted = model.predict(held_out)
    if not hasattr(model, "encode"):
        return {"G": _short(predicted), **_errors(draw_curves(curves, r), draw_curves(np.maximum(predicted, 0.0), r))}
    guessed = model.predict_pictures(held_out)
    size = guessed.shape[1]
    seen, unseen = draw_curves(G, r, size), draw_curves(curves, r, size)
    result: dict[str, Any] = {"G": _short(predicted), **_errors(unseen, guessed)}
    codes = {"train": model.encode(seen), "test": model.encode(unseen)}
    rebuilt = {name: model.decode(z.astype(np.float32)) for name, z in codes.items()}
    if isinstance(model, NanoNet):
        variant = Forest.fit(X, codes["train"], trees=model.trees, max_features=1, seed=task.seed)
        other = model.decode(variant.predict(held_out))
        result["one_feature"] = {"G": _short(trace_curves(other, r)), **_errors(unseen, other)}
        result["rebuilt_pictures"] = packed(rebuilt["test"])
    result["rebuilt"] = {"train": _errors(seen, rebuilt["train"]), "test": _errors(unseen, rebuilt["test"])}
    result["latents"] = {name: _short(z) for name, z in codes.items()}
    result["inputs"] = X.tolist()
    return result


def _errors(pictures: NDArray[np.float32], guessed: NDArray[np.float32]) -> dict[str, list[float]]:
    difference = (guessed - pictures).astype(np.float64)
    return {
        "mse": np.square(difference).mean(axis=(1, 2)).tolist(),
        "mae": np.abs(difference).mean(axis=(1, 2)).tolist(),
    }


def packed(pictures: NDArray[np.float32]) -> str:
    """Pictures (n, size, size) in 256 grey levels as text; `unpacked` is the inverse."""
    levels = np.rint(255 * np.clip(pictures, 0, 1)).astype(np.uint8)
    return base64.b64encode(zlib.compress(levels.tobytes(), 9)).decode() + f":{levels.shape[1]}"


def unpacked(text: str) -> NDArray[np.float32]:
    """Pictures (n, size, size) of a text that `packed` wrote."""
    content, size = text.split(":")
    levels = np.frombuffer(zlib.decompress(base64.b64decode(content)), dtype=np.uint8)
    return (levels / np.float32(255)).reshape(-1, int(size), int(size)).astype(np.float32)


def _short(array: NDArray[Any]) -> list[list[float]]:
    return [[float(f"{value:.6g}") for value in row] for row in array.tolist()]


class Store:
    """Results in a folder, one file a task, each written whole or not at all."""

    def __init__(self, folder: Path, evidence: Evidence) -> None:
        self.folder, self.evidence = folder, evidence

    def path(self, task: Task) -> Path:
        """Where the result of a task lies, or will lie."""
        return self.folder / f"{key(task, self.evidence)}.json"

    def missing(self, tasks: list[Task]) -> list[Task]:
        """Those without a result, each once."""
        found = {self.path(task): task for task in tasks}
        return [task for path, task in found.items() if not path.is_file()]

    def compute(self, task: Task) -> None:
        """Run a task and keep its result."""
        content = {"task": asdict(task), **run(task, self.evidence)}
        with writing(self.path(task)) as temporary:
            temporary.write_text(json.dumps(content, allow_nan=False), encoding="utf-8")

    def result(self, task: Task) -> dict[str, Any]:
        """The result of a task that was computed."""
        content: dict[str, Any] = read_json(self.path(task), dict[str, Any], "result")
        return content
