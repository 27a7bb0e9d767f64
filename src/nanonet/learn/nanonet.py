"""NanoNet = random forest + decoder (paper, nanoNET Workflow; figure 3), on plain arrays."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from nanonet.curve import G_R, Quantity
from nanonet.errors import InputError, NanonetWarning, check_whole
from nanonet.formats.model_writing import write_model
from nanonet.learn.arrays import checked, checked_curves, matrix
from nanonet.learn.autoencoder import FILTERS, Architecture
from nanonet.learn.estimator import CurveEstimator
from nanonet.learn.forest import Forest, check_max_features
from nanonet.learn.onnx_export import decoder_graph, forest_graph
from nanonet.learn.training import Training, fit_autoencoder, one_thread
from nanonet.models.image import SIZE, Axes, check_images, rasterize, read_images
from nanonet.models.nanonet import FILES, KIND

_PART = 32  # images that go through the network at once: bounds the memory

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


class NanoNet(CurveEstimator):
    """The paper's predictor: forest from inputs to latents, decoder from latents to images of curves.

    Nothing here depends on what the inputs mean. `NanoNet.paper()` has the published settings (`PAPER`).

    Parameters
    ----------
    size:
        Pixels a side of the images: 16, 32, 64 (paper), 128 or 256.
    filters:
        Of the encoder's convolutions and, in reverse, of the decoder's; as many convolutions as there are numbers, six
        in the paper. None: as many as halve the image to one pixel (`autoencoder.default_filters`). With fewer, the
        encoder's last pooling and the decoder's first enlargement make up for the rest.
    latent:
        Size of the latent space, that is, filters of the encoder's last convolution (paper: 8).
    activation:
        `leaky_relu` or, as published, `relu`.
    initial, start_at_mean:
        Weights start by `he` or `glorot`; the last bias starts such that the untrained network draws the mean grey
        level of the images that it is to learn, or (False) at 0, as it does in Keras: grey 0.5.
    loss, epochs, batch_size, learning_rate, latent_noise, converge, attempts, keep_stuck:
        See `training.Training`.
    trees, max_features:
        Trees of the forest (paper: 20), and what a split may look at: a part of the inputs (1.0: all, our reading of
        the paper's "default value of one") or, as a whole number, so many of them.
    seed:
        Of weights, order and forest.
    quantity:
        What the curves are of: the axes of the images follow from it.
    r:
        Grid of the curves where `fit` is not given one.

    The parameters are single ones, not values that group them, so that scikit-learn's searches name them: `latent`.

    Attributes
    ----------
    autoencoder_, history_, forest_:
        The trained network, how its training went (`training.History`), the fitted forest.
    X_, r_, axes_:
        Inputs and grid that it was fitted to, axes of its images.

    Examples
    --------
    >>> NanoNet(latent=8, epochs=100).get_params()["latent"]
    8
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
        quantity: Quantity = G_R,
        r: ArrayLike | None = None,
    ) -> None:
        self.size = size
        self.filters = filters
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
        self.quantity = quantity
        self.r = r

    @staticmethod
    def paper(**changes: Any) -> NanoNet:
        """A NanoNet with the published settings (`PAPER`), and other ones where `changes` names them."""
        return NanoNet(**(PAPER | changes))

    def fit(
        self,
        X: ArrayLike,
        G: ArrayLike,
        r: ArrayLike | None = None,
        progress: Callable[[int, int], None] | None = None,
        *,
        autoencoder_G: ArrayLike | None = None,
        validation_G: ArrayLike | None = None,
    ) -> NanoNet:
        """Learn curves G (n, m) on the grid r (m,) from inputs X (n, p); returns itself.

        A column of X that never changes is allowed and tells the forest nothing. Warns when there are fewer curves than
        the latent space has dimensions, and of a curve that is higher than images are.

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
        architecture, training = self.architecture, self.training
        check_whole("trees", self.trees, 1, 10_000)
        if not isinstance(self.start_at_mean, bool):
            raise InputError(f"start_at_mean = {self.start_at_mean!r} is not True or False")
        inputs, curves, grid = checked(X, G, self._grid(r), self.quantity)
        check_max_features(self.max_features, inputs.shape[1])
        fitted_on = (
            curves if autoencoder_G is None else checked_curves("autoencoder_G", autoencoder_G, grid, self.quantity)
        )
        unseen = (
            curves[:0] if validation_G is None else checked_curves("validation_G", validation_G, grid, self.quantity)
        )
        if len(fitted_on) < self.latent:
            warnings.warn(
                f"{len(fitted_on)} curves for a latent space of {self.latent} dimensions: it can only remember them",
                NanonetWarning,
                stacklevel=2,
            )
        axes = Axes.of(self.quantity, fitted_on)
        if fitted_on.max() > axes.high:
            warnings.warn(
                f"curve {int(fitted_on.max(axis=1).argmax())} reaches {self.quantity.name} = {fitted_on.max():.4g}, "
                f"and images end at {axes.high:g}: what is higher is learnt as that",
                NanonetWarning,
                stacklevel=2,
            )
        images = rasterize(fitted_on, grid, self.size, axes)
        grey = float(images.mean()) if self.start_at_mean else 0.5
        self.autoencoder_, self.history_ = fit_autoencoder(
            images,
            lambda: architecture.network(grey),
            training,
            validation=rasterize(unseen, grid, self.size, axes),
            progress=progress,
        )
        Z = self.encode(rasterize(curves, grid, self.size, axes))
        self.forest_ = Forest.fit(inputs, Z, trees=self.trees, max_features=self.max_features, seed=self.seed)
        self.X_, self.r_, self.axes_ = inputs, grid, axes
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Curves (n, m) for inputs (n, p); `InputError` for a wrong shape or values that are not finite."""
        return read_images(self.predict_images(X), self.r_, self.axes_)

    def predict_images(self, X: ArrayLike) -> NDArray[np.float32]:
        """Images (n, size, size) for inputs (n, p)."""
        if not hasattr(self, "forest_"):
            raise InputError("this NanoNet has not been fitted; call fit first")
        inputs = matrix("X", X)
        if inputs.shape[1] != self.X_.shape[1]:
            raise InputError(f"X has {inputs.shape[1]} columns; allowed are {self.X_.shape[1]}")
        return self.decode(self.forest_.predict(inputs))

    def encode(self, images: ArrayLike) -> NDArray[np.float64]:
        """Latents (n, latent) of images (n, size, size); `InputError` for images that no curve could have drawn."""
        levels = torch.from_numpy(check_images(images))[:, None]
        if levels.shape[2] != self.size:
            raise InputError(f"images have {levels.shape[2]} pixels a side; allowed are {self.size}")
        with one_thread(), torch.no_grad():
            parts = [self.autoencoder_.encoder(part) for part in torch.split(levels, _PART)]
        return np.asarray(torch.cat(parts).numpy(), dtype=np.float64)

    def decode(self, latents: NDArray[Any]) -> NDArray[np.float32]:
        """Images (n, size, size) of latents (n, latent)."""
        with one_thread(), torch.no_grad():
            parts = torch.split(torch.from_numpy(latents.astype(np.float32)), _PART)
            images = torch.cat([torch.sigmoid(self.autoencoder_.decoder(part))[:, 0] for part in parts])
        return np.asarray(images.numpy(), dtype=np.float32)

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
        if not hasattr(self, "forest_"):
            raise InputError("this NanoNet has not been fitted; call fit first")
        forest, history = self.forest_, self.history_
        graphs = forest_graph(forest.trees), decoder_graph(self.autoencoder_.decoder, self.latent, self.size)
        content = {
            **(card or {}),
            "X": self.X_.tolist(),
            "r": self.r_.tolist(),
            "input_scaling": {"low": forest.inputs.low.tolist(), "span": forest.inputs.span.tolist()},
            "latent_scaling": {"low": forest.latents.low.tolist(), "span": forest.latents.span.tolist()},
            "picture_size": self.size,
            **({} if self.quantity == G_R else {"quantity": self.quantity.to_json(), "axes": asdict(self.axes_)}),
            "settings": self.settings,
            "training": {k: v for k, v in asdict(history).items() if not isinstance(v, tuple)},
        }
        packages = ("nanonet-pnc", "torch", "scikit-learn", "skl2onnx", "onnx")
        return write_model(folder, KIND, dict(zip(FILES, graphs, strict=True)), content, packages)

    @property
    def settings(self) -> dict[str, Any]:
        """What the constructor was given, but for grid and quantity, as plain JSON values."""
        given = {name: getattr(self, name) for name in self._get_param_names() if name not in ("r", "quantity")}
        return {
            name: list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
            for name, value in given.items()
        }

    @property
    def architecture(self) -> Architecture:
        """Of the autoencoder, by the parameters; `InputError` for one that is not allowed."""
        return Architecture(**{field.name: getattr(self, field.name) for field in fields(Architecture)})

    @property
    def training(self) -> Training:
        """Of the autoencoder, by the parameters; `InputError` for one that is not allowed."""
        return Training(**{field.name: getattr(self, field.name) for field in fields(Training)})
