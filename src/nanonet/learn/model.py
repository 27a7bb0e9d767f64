"""NanoNet = random forest + decoder (paper, nanoNET Workflow; figure 3), on plain arrays."""

from __future__ import annotations

import datetime
import hashlib
import inspect
import json
import os
import platform
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from nanonet.composition import FIELDS
from nanonet.dataset import Dataset
from nanonet.errors import InputError, NanonetWarning
from nanonet.formats.atomic import writing_folder
from nanonet.formats.model_folder import seal
from nanonet.learn.arrays import checked, checked_curves, matrix
from nanonet.learn.autoencoder import ACTIVATIONS, FILTERS, INITIALS, Autoencoder, default_filters
from nanonet.learn.forest import Forest, check_max_features
from nanonet.learn.graphs import decoder_graph, forest_graph
from nanonet.learn.training import Training, fit_autoencoder, one_thread
from nanonet.picture import HIGHEST, SIZE, check_pictures, draw_curves, trace_curves

FORMAT = 1
"""Of the model folder; `predict` refuses another."""

CARD = "model.json"

_PART = 32  # pictures that go through the network at once: bounds the memory

SIZES = (16, 32, 64, 128, 256)
"""Pixels a side that pictures may have."""


PAPER: dict[str, Any] = {
    "size": 64,
    "filters": FILTERS,
    "latent": 8,
    "activation": "relu",
    "loss": "mse",
    "epochs": 400,
    "latent_noise": 0.0,
    "converge": False,
    "trees": 20,
    "max_features": 1.0,
    "initial": "glorot",
    "start_at_mean": False,
    "batch_size": 32,
    "learning_rate": 1e-3,
}
"""The published settings; the last four are not given there and are what Keras, which the paper uses, does unasked."""


class NanoNet:
    """The paper's predictor: forest from inputs to latents, decoder from latents to pictures of curves.

    Nothing here knows what the inputs mean. `NanoNet.paper()` has the published settings (`PAPER`).

    Parameters
    ----------
    size:
        Pixels a side of the pictures: 16, 32, 64 (paper), 128 or 256.
    filters:
        Of the encoder's convolutions and, in reverse, of the decoder's; as many convolutions as there are numbers, six
        in the paper. None: as many as halve the picture to one pixel (`autoencoder.default_filters`). With fewer, the
        encoder's last pooling and the decoder's first enlargement make up for the rest.
    latent:
        Size of the latent space, that is, filters of the encoder's last convolution (paper: 8).
    activation:
        `leaky_relu` or, as published, `relu`.
    initial, start_at_mean:
        Weights begin by `he` or `glorot`; the last bias begins such that the untrained network draws the mean grey
        level of the pictures that it is to learn, or (False) at 0, as it does in Keras: grey 0.5.
    loss, epochs, batch_size, learning_rate, latent_noise, converge, attempts, keep_stuck:
        See `training.Training`.
    trees, max_features:
        Trees of the forest (paper: 20), and what a split may look at: a part of the inputs (1.0: all, our reading of
        the paper's "default value of one") or, as a whole number, so many of them.
    seed:
        Of weights, order and forest.
    """

    def __init__(
        self,
        *,
        size: int = SIZE,
        filters: Sequence[int] | None = None,
        latent: int = 8,
        activation: str = "leaky_relu",
        initial: str = "he",
        start_at_mean: bool = True,
        loss: str = Training.loss,
        epochs: int = Training.epochs,
        batch_size: int = Training.batch_size,
        learning_rate: float | None = Training.learning_rate,
        latent_noise: float = Training.latent_noise,
        converge: bool = Training.converge,
        attempts: int = Training.attempts,
        keep_stuck: bool = Training.keep_stuck,
        trees: int = 20,
        max_features: float = 1.0,
        seed: int = 0,
    ) -> None:
        self.size = size
        self.filters = None if filters is None else tuple(filters)
        self.latent = latent
        self.activation = activation
        self.initial = initial
        self.start_at_mean = start_at_mean
        self.loss = loss
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.latent_noise = latent_noise
        self.converge = converge
        self.attempts = attempts
        self.keep_stuck = keep_stuck
        self.trees = trees
        self.max_features = max_features
        self.seed = seed

    @staticmethod
    def paper(**changes: Any) -> NanoNet:
        """A NanoNet with the published settings (`PAPER`), and other ones where `changes` names them."""
        return NanoNet(**(PAPER | changes))

    def fit(
        self,
        X: ArrayLike,
        G: ArrayLike,
        r: ArrayLike,
        progress: Callable[[int, int], None] | None = None,
        *,
        autoencoder_G: ArrayLike | None = None,
        validation_G: ArrayLike | None = None,
    ) -> NanoNet:
        """Learn curves G (n, m) on the grid r (m,) from inputs X (n, p); returns itself.

        A column of X that never changes is allowed and tells the forest nothing. Warns when there are fewer curves than
        the latent space has dimensions, and of a curve that is higher than pictures are.

        Parameters
        ----------
        X, G, r:
            Inputs, curves and their grid.
        progress:
            Called with the epochs done and the most there can be.
        autoencoder_G:
            Curves (k, m) that the autoencoder learns from instead of G, as the paper splits forest and autoencoder
            apart. Whatever of them is not in G has no inputs; what the forest is then tested on may leak through them.
        validation_G:
            Curves (l, m) whose losses after each epoch go into `history` and into nothing else.

        Raises
        ------
        InputError
            Wrong shapes, values that are not finite, negative curves, fewer than 4 curves, inputs or curves that are
            all the same, or a setting that is not allowed.
        TrainingError
            The autoencoder learnt nothing.
        """
        training, filters = self._checked_settings()
        inputs, curves, grid = checked(X, G, r)
        check_max_features(self.max_features, inputs.shape[1])
        taught = curves if autoencoder_G is None else checked_curves("autoencoder_G", autoencoder_G, grid)
        unseen = curves[:0] if validation_G is None else checked_curves("validation_G", validation_G, grid)
        if len(taught) < self.latent:
            warnings.warn(
                f"{len(taught)} curves for a latent space of {self.latent} dimensions: it can only remember them",
                NanonetWarning,
                stacklevel=2,
            )
        if taught.max() > HIGHEST:
            warnings.warn(
                f"curve {int(taught.max(axis=1).argmax())} reaches g = {taught.max():.4g}, and pictures end at "
                f"{HIGHEST:g}: what is higher is learnt as that",
                NanonetWarning,
                stacklevel=2,
            )
        pictures = draw_curves(taught, grid, self.size)
        grey = float(pictures.mean()) if self.start_at_mean else 0.5
        self.autoencoder, self.history = fit_autoencoder(
            pictures,
            lambda: Autoencoder(self.latent, self.activation, filters, self.size, self.initial, grey),
            training,
            validation=draw_curves(unseen, grid, self.size),
            progress=progress,
        )
        Z = self.encode(draw_curves(curves, grid, self.size))
        self.forest = Forest.fit(inputs, Z, trees=self.trees, max_features=self.max_features, seed=self.seed)
        self.X, self.r = inputs, grid
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Curves (n, m) for inputs (n, p); `InputError` for a wrong shape or values that are not finite."""
        return trace_curves(self.predict_pictures(X), self.r)

    def predict_pictures(self, X: ArrayLike) -> NDArray[np.float32]:
        """Pictures (n, size, size) for inputs (n, p)."""
        if not hasattr(self, "forest"):
            raise InputError("this NanoNet has not been fitted; call fit first")
        inputs = matrix("X", X)
        if inputs.shape[1] != self.X.shape[1]:
            raise InputError(f"X has {inputs.shape[1]} columns; allowed are {self.X.shape[1]}")
        return self.decode(self.forest.predict(inputs))

    def encode(self, pictures: ArrayLike) -> NDArray[np.float64]:
        """Latents (n, latent) of pictures (n, size, size); `InputError` for pictures that no curve could have drawn."""
        levels = torch.from_numpy(check_pictures(pictures))[:, None]
        if levels.shape[2] != self.size:
            raise InputError(f"pictures have {levels.shape[2]} pixels a side; allowed are {self.size}")
        with one_thread(), torch.no_grad():
            parts = [self.autoencoder.encoder(part) for part in torch.split(levels, _PART)]
        return np.asarray(torch.cat(parts).numpy(), dtype=np.float64)

    def decode(self, latents: NDArray[Any]) -> NDArray[np.float32]:
        """Pictures (n, size, size) of latents (n, latent)."""
        with one_thread(), torch.no_grad():
            parts = torch.split(torch.from_numpy(latents.astype(np.float32)), _PART)
            pictures = torch.cat([torch.sigmoid(self.autoencoder.decoder(part))[:, 0] for part in parts])
        return np.asarray(pictures.numpy(), dtype=np.float32)

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
        with writing_folder(folder, CARD) as temporary:
            (temporary / "forest.onnx").write_bytes(forest_graph(self.forest.trees))
            (temporary / "decoder.onnx").write_bytes(decoder_graph(self.autoencoder.decoder, self.latent, self.size))
            names = ("forest.onnx", "decoder.onnx")
            content = {
                "format": FORMAT,
                "kind": "nanonet",
                **(card or {}),
                "X": self.X.tolist(),
                "r": self.r.tolist(),
                "input_scaling": {"low": self.forest.inputs.low.tolist(), "span": self.forest.inputs.span.tolist()},
                "latent_scaling": {"low": self.forest.latents.low.tolist(), "span": self.forest.latents.span.tolist()},
                "picture_size": self.size,
                "settings": self.settings,
                "training": {k: v for k, v in asdict(self.history).items() if not isinstance(v, tuple)},
                "versions": {"python": platform.python_version()}
                | {name: version(name) for name in ("nanonet-pnc", "torch", "scikit-learn", "skl2onnx", "onnx")},
                "sha256": {name: hashlib.sha256((temporary / name).read_bytes()).hexdigest() for name in names},
            }
            (temporary / CARD).write_text(json.dumps(seal(content), indent=1, allow_nan=False) + "\n", encoding="utf-8")
        return Path(folder)

    @property
    def settings(self) -> dict[str, Any]:
        """What the constructor was given, as plain JSON values."""
        own = inspect.signature(NanoNet).parameters
        return {k: list(v) if isinstance(v, tuple) else v for k, v in vars(self).items() if k in own}

    def _checked_settings(self) -> tuple[Training, tuple[int, ...]]:
        if self.activation not in ACTIVATIONS:
            raise InputError(f"activation = {self.activation!r} is not one of {', '.join(ACTIVATIONS)}")
        if self.initial not in INITIALS:
            raise InputError(f"initial = {self.initial!r} is not one of {', '.join(INITIALS)}")
        if self.size not in SIZES:
            raise InputError(f"size = {self.size!r} is not one of {', '.join(map(str, SIZES))}")
        if not isinstance(self.start_at_mean, bool):
            raise InputError(f"start_at_mean = {self.start_at_mean!r} is not True or False")
        for name in ("latent", "trees"):
            if not _whole(getattr(self, name)):
                raise InputError(f"{name} = {getattr(self, name)!r} is not a whole number of 1 or more")
            if getattr(self, name) > 10_000:
                raise InputError(f"{name} = {getattr(self, name)!r} is not at most 10000")
        most = self.size.bit_length() - 1
        filters = default_filters(most) if self.filters is None else self.filters
        if not 1 <= len(filters) <= most or not all(map(_whole, filters)):
            raise InputError(
                f"filters = {self.filters!r} are not 1 to {most} whole numbers of 1 or more, as pictures of size "
                f"{self.size} allow"
            )
        names = [field.name for field in fields(Training)]
        return Training(**{name: getattr(self, name) for name in names}), filters


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def card_of(dataset: Dataset) -> dict[str, Any]:
    """What a model's card should tell of the dataset that it was fitted to: names of the inputs, runs, date."""
    kept = ("id", "nominal_density", "nps", "production_tau", "lammps", "nanonet")
    runs = [{name: entry[name] for name in kept if name in entry} for entry in dataset.provenance]
    for run, entry in zip(runs, dataset.provenance, strict=True):
        if "convergence" in entry:
            run["converged"] = entry["convergence"]["converged"]
    return {"inputs": list(FIELDS), "created": datetime.date.today().isoformat(), "runs": runs}
