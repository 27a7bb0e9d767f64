"""NanoNet = random forest + decoder (paper, nanoNET Workflow; figure 3), on plain arrays."""

from __future__ import annotations

import datetime
import hashlib
import json
import math
import os
import platform
import shutil
import tempfile
import warnings
from collections.abc import Callable, Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from nanonet.composition import FIELDS
from nanonet.dataset import Dataset
from nanonet.errors import InputError
from nanonet.files import check_replaceable
from nanonet.learn.autoencoder import ACTIVATIONS
from nanonet.learn.forest import Forest
from nanonet.learn.graphs import decoder_graph, forest_graph
from nanonet.learn.training import LOSSES, fit_autoencoder, one_thread
from nanonet.picture import SIZE, draw_curves, trace_curves

FORMAT = 1
"""Of the model folder; `predict` refuses another."""

CARD = "model.json"

MIN_CURVES = 4


class NanoNet:
    """The paper's predictor: forest from inputs to latents, decoder from latents to pictures of curves.

    Nothing here knows what the inputs mean.

    Parameters
    ----------
    latent:
        Size of the latent space (paper: 8).
    trees:
        Trees of the forest (paper: 20).
    activation, loss:
        `leaky_relu` and `bce` train; the paper's are `relu` and `mse`.
    epochs:
        Passes over the curves (paper: 400).
    batch_size, learning_rate:
        Of Adam; the paper gives neither.
    latent_noise:
        Of the latents in training, in their standard deviations (paper: 0).
    attempts:
        Initialisations tried until one beats the mean picture.
    seed:
        Of weights, order and forest.
    """

    def __init__(
        self,
        *,
        latent: int = 8,
        trees: int = 20,
        activation: str = "leaky_relu",
        loss: str = "bce",
        epochs: int = 400,
        batch_size: int = 2,
        learning_rate: float = 2e-3,
        latent_noise: float = 0.2,
        attempts: int = 3,
        seed: int = 0,
    ) -> None:
        self.latent = latent
        self.trees = trees
        self.activation = activation
        self.loss = loss
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.latent_noise = latent_noise
        self.attempts = attempts
        self.seed = seed

    def fit(
        self, X: ArrayLike, G: ArrayLike, r: ArrayLike, progress: Callable[[int, int], None] | None = None
    ) -> NanoNet:
        """Learn curves G (n, m) on the grid r (m,) from inputs X (n, p); returns itself.

        Warns when there are fewer curves than the latent space has dimensions.

        Raises
        ------
        InputError
            Wrong shapes, values that are not finite, negative curves, fewer than 4 curves, or a setting that does not
            exist.
        TrainingError
            The autoencoder learnt nothing.
        """
        self._check_settings()
        inputs, curves, grid = _checked(X, G, r)
        if len(inputs) < self.latent:
            warnings.warn(
                f"{len(inputs)} curves for a latent space of {self.latent} dimensions: it can only remember them",
                stacklevel=2,
            )
        pictures = draw_curves(curves, grid)
        self.autoencoder, self.history = fit_autoencoder(
            pictures,
            latent=self.latent,
            activation=self.activation,
            loss=self.loss,
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            latent_noise=self.latent_noise,
            attempts=self.attempts,
            seed=self.seed,
            progress=progress,
        )
        self.forest = Forest.fit(inputs, self.encode(pictures), trees=self.trees, seed=self.seed)
        self.X, self.r = inputs, grid
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Curves (n, m) for inputs (n, p); `InputError` for a wrong shape or values that are not finite."""
        return trace_curves(self.predict_pictures(X), self.r)

    def predict_pictures(self, X: ArrayLike) -> NDArray[np.float32]:
        """Pictures (n, 64, 64) for inputs (n, p)."""
        if not hasattr(self, "forest"):
            raise InputError("this NanoNet has not been fitted; call fit first")
        inputs = _matrix("X", X)
        if inputs.shape[1] != self.X.shape[1]:
            raise InputError(f"X has {inputs.shape[1]} columns; allowed are {self.X.shape[1]}")
        return self.decode(self.forest.predict(inputs))

    def encode(self, pictures: NDArray[np.float32]) -> NDArray[np.float64]:
        """Latents (n, latent) of pictures (n, 64, 64)."""
        with one_thread(), torch.no_grad():
            codes: NDArray[np.float32] = self.autoencoder.encoder(torch.from_numpy(pictures)[:, None]).numpy()
        return codes.astype(np.float64)

    def decode(self, latents: NDArray[np.float32]) -> NDArray[np.float32]:
        """Pictures (n, 64, 64) of latents (n, latent)."""
        with one_thread(), torch.no_grad():
            logits = self.autoencoder.decoder(torch.from_numpy(latents.astype(np.float32)))
            pictures: NDArray[np.float32] = torch.sigmoid(logits)[:, 0].numpy()
        return pictures

    def export(self, folder: str | os.PathLike[str], card: Mapping[str, Any] | None = None) -> Path:
        """Write the model folder that `nanonet.load` reads: `forest.onnx`, `decoder.onnx`, `model.json`.

        Parameters
        ----------
        folder:
            Made, whole or not at all; an older model folder of that name is replaced.
        card:
            What else the model should tell about itself, as plain JSON values (names of the inputs, runs, ...).

        Raises
        ------
        InputError
            Not fitted, the parent folder is missing, or `folder` holds something else than a model.
        """
        if not hasattr(self, "forest"):
            raise InputError("this NanoNet has not been fitted; call fit first")
        target = check_replaceable(folder, CARD)
        temporary, old = (Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent)) for _ in range(2))
        try:
            (temporary / "forest.onnx").write_bytes(forest_graph(self.forest.trees))
            (temporary / "decoder.onnx").write_bytes(decoder_graph(self.autoencoder.decoder, self.latent, SIZE))
            names = ("forest.onnx", "decoder.onnx")
            content = {
                "format": FORMAT,
                "kind": "nanonet",
                **(card or {}),
                "X": self.X.tolist(),
                "r": self.r.tolist(),
                "input_scaling": {"low": self.forest.inputs.low.tolist(), "span": self.forest.inputs.span.tolist()},
                "latent_scaling": {"low": self.forest.latents.low.tolist(), "span": self.forest.latents.span.tolist()},
                "picture_size": SIZE,
                "settings": {k: v for k, v in vars(self).items() if isinstance(v, (int, float, str))},
                "training": {k: v for k, v in asdict(self.history).items() if k != "losses"},
                "versions": {"python": platform.python_version()}
                | {name: version(name) for name in ("nanonet-pnc", "torch", "scikit-learn", "skl2onnx", "onnx")},
                "sha256": {name: hashlib.sha256((temporary / name).read_bytes()).hexdigest() for name in names},
            }
            (temporary / CARD).write_text(json.dumps(content, indent=1, allow_nan=False) + "\n")
            temporary.chmod(0o755)
            if target.exists():
                os.replace(target, old)
            os.replace(temporary, target)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)
        return target

    def _check_settings(self) -> None:
        for name, allowed in (("activation", tuple(ACTIVATIONS)), ("loss", LOSSES)):
            if getattr(self, name) not in allowed:
                raise InputError(f"{name} = {getattr(self, name)!r} is not one of {', '.join(allowed)}")
        for name in ("latent", "trees", "epochs", "batch_size", "attempts"):
            if not isinstance(getattr(self, name), int) or getattr(self, name) < 1:
                raise InputError(f"{name} = {getattr(self, name)!r} is not a whole number of 1 or more")
        if not isinstance(self.seed, int) or not 0 <= self.seed < 2**32 - self.attempts:
            raise InputError(f"seed = {self.seed!r} is not a whole number from 0 to 2^32, less the attempts")
        if not 0 < self.learning_rate < math.inf:
            raise InputError(f"learning_rate = {self.learning_rate!r} is not above 0")
        if not 0 <= self.latent_noise < math.inf:
            raise InputError(f"latent_noise = {self.latent_noise!r} is not 0 or above")


def card_of(dataset: Dataset) -> dict[str, Any]:
    """What a model's card should tell of the dataset that it was fitted to: names of the inputs, runs, date."""
    kept = ("id", "nominal_density", "nps", "production_tau", "lammps", "nanonet")
    runs = [{name: entry[name] for name in kept if name in entry} for entry in dataset.provenance]
    for run, entry in zip(runs, dataset.provenance, strict=True):
        if "convergence" in entry:
            run["converged"] = entry["convergence"]["converged"]
    return {"inputs": list(FIELDS), "created": datetime.date.today().isoformat(), "runs": runs}


def _checked(
    X: ArrayLike, G: ArrayLike, r: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    inputs, curves = _matrix("X", X), _matrix("G", G)
    grid = np.asarray(r, dtype=np.float64)
    if len(inputs) != len(curves):
        raise InputError(f"X has {len(inputs)} rows but G has {len(curves)}")
    if grid.shape != curves.shape[1:]:
        raise InputError(f"r has shape {grid.shape}; allowed is ({curves.shape[1]},), the columns of G")
    if len(grid) < 2 or not np.isfinite(grid).all() or grid[0] < 0 or (np.diff(grid) <= 0).any():
        raise InputError("r is not a rising grid of 2 or more finite distances from 0 on")
    if (curves < 0).any():
        raise InputError("G has values below 0")
    if len(inputs) < MIN_CURVES:
        raise InputError(f"{len(inputs)} curves; allowed are {MIN_CURVES} or more")
    return inputs, curves, grid


def _matrix(name: str, values: ArrayLike) -> NDArray[np.float64]:
    try:
        matrix = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name} is not an array of numbers") from None
    if matrix.ndim != 2:
        raise InputError(f"{name} has shape {matrix.shape}; allowed are two dimensions")
    if not np.isfinite(matrix).all():
        raise InputError(f"{name} has values that are not finite")
    return matrix
