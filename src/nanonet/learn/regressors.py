"""What can stand in place of nanoNET, or of its convolutional autoencoder: the alternatives that the paper names."""

from __future__ import annotations

import copy
import math
import warnings
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.compose import TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import RidgeCV
from sklearn.manifold import TSNE
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.nn import functional

from nanonet.learn.estimator import CurveEstimator
from nanonet.learn.forest import Forest
from nanonet.learn.training import one_thread
from nanonet.models.image import LOWEST, SIZE, rasterize, read_images


def regressor(kind: str, seed: int) -> Any:
    """A regressor of many outputs: `forest`, `boosting`, `network` or `ridge`, by scikit-learn.

    Examples
    --------
    >>> type(regressor("ridge", seed=0)).__name__
    'Pipeline'
    """
    if kind == "forest":
        return RandomForestRegressor(n_estimators=100, random_state=seed)
    if kind == "boosting":
        return MultiOutputRegressor(GradientBoostingRegressor(random_state=seed))
    if kind == "network":
        layers = MLPRegressor(hidden_layer_sizes=(128, 128, 128), max_iter=1000, random_state=seed)
        return TransformedTargetRegressor(make_pipeline(StandardScaler(), layers), transformer=StandardScaler())
    return make_pipeline(StandardScaler(), RidgeCV(alphas=np.logspace(-3, 3, 13)))


class CurveRegressor(CurveEstimator):
    """Regression of the values of a curve themselves, without images and latents.

    Parameters
    ----------
    kind:
        Of `regressor`.
    logarithm:
        Learn ln g, g not below 0.001, as an image shows it; otherwise g.
    components:
        Learn that many principal components of the curves instead of their values; 0: the values.

    Examples
    --------
    >>> X, r = np.linspace(0, 1, 8)[:, None], np.array([1.0, 2.0])
    >>> CurveRegressor("ridge").fit(X, 1 + X * r, r).predict([[0.5]]).shape
    (1, 2)
    """

    def __init__(
        self, kind: str, *, logarithm: bool = True, components: int = 0, seed: int = 0, r: ArrayLike | None = None
    ) -> None:
        self.kind, self.logarithm, self.components, self.seed, self.r = kind, logarithm, components, seed, r

    def fit(self, X: ArrayLike, G: ArrayLike, r: ArrayLike | None = None) -> CurveRegressor:
        """Learn curves G (n, m) from inputs X (n, p); their grid does not count."""
        inputs, curves = np.asarray(X, dtype=np.float64), np.asarray(G, dtype=np.float64)
        targets = np.log(np.maximum(curves, LOWEST)) if self.logarithm else curves
        if self.components:
            self.pca_ = PCA(min(self.components, len(targets) - 1)).fit(targets)
            targets = self.pca_.transform(targets)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # a thousand epochs are what it gets
            self.model_ = regressor(self.kind, self.seed).fit(inputs, targets)
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Curves (n, m) for inputs (n, p)."""
        values = self.model_.predict(np.asarray(X, dtype=np.float64))
        if self.components:
            values = self.pca_.inverse_transform(values)
        if self.logarithm:
            values = np.exp(np.minimum(values, math.log(1e6)))
            return np.asarray(np.where(values > 1.01 * LOWEST, values, 0.0))
        return np.asarray(np.maximum(values, 0.0))


class ImageEncoder(Protocol):
    """Images to latents and back, in place of the convolutional autoencoder."""

    def fit(self, images: NDArray[np.float32]) -> ImageEncoder:
        """Learn images (n, 64, 64)."""

    def encode(self, images: NDArray[np.float32]) -> NDArray[np.float64]:
        """Latents (n, k) of images."""

    def decode(self, latents: NDArray[np.float32]) -> NDArray[np.float32]:
        """Images of latents."""


class LatentRegressor(CurveEstimator):
    """A forest from inputs to the latents of a codec, and the codec back to images: nanoNET with another codec.

    Examples
    --------
    >>> LatentRegressor(ImagePCA(8)).trees
    20
    """

    def __init__(self, codec: ImageEncoder, *, trees: int = 20, seed: int = 0, r: ArrayLike | None = None) -> None:
        self.codec, self.trees, self.seed, self.r = codec, trees, seed, r

    def fit(self, X: ArrayLike, G: ArrayLike, r: ArrayLike | None = None) -> LatentRegressor:
        """Learn curves G (n, m) on the grid r (m,) from inputs X (n, p)."""
        self.r_ = np.asarray(self._grid(r), dtype=np.float64)
        images = rasterize(G, self.r_)
        self.fitted_ = copy.deepcopy(self.codec).fit(images)
        self.forest_ = Forest.fit(
            np.asarray(X, dtype=np.float64), self.encode(images), trees=self.trees, seed=self.seed
        )
        return self

    def encode(self, images: NDArray[np.float32]) -> NDArray[np.float64]:
        """Latents of images (n, 64, 64)."""
        return self.fitted_.encode(images)

    def decode(self, latents: NDArray[np.float32]) -> NDArray[np.float32]:
        """Images (n, 64, 64) of latents."""
        return self.fitted_.decode(latents)

    def predict_images(self, X: ArrayLike) -> NDArray[np.float32]:
        """Images (n, 64, 64) for inputs (n, p)."""
        return self.decode(self.forest_.predict(np.asarray(X, dtype=np.float64)))

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Curves (n, m) for inputs (n, p)."""
        return read_images(self.predict_images(X), self.r_)


class MeanImage:
    """The mean of the images, or black, as a codec with one latent without information: a trivial baseline.

    Examples
    --------
    >>> MeanImage(black=True).fit(np.ones((2, 64, 64), np.float32)).decode(np.zeros((1, 1), np.float32)).max()
    np.float32(0.0)
    """

    def __init__(self, black: bool = False) -> None:
        self.black = black

    def fit(self, images: NDArray[np.float32]) -> MeanImage:
        """Take the mean of images (n, 64, 64)."""
        self.mean = images.mean(axis=0) * np.float32(not self.black)
        return self

    def encode(self, images: NDArray[np.float32]) -> NDArray[np.float64]:
        """Zeros (n, 1)."""
        return np.zeros((len(images), 1))

    def decode(self, latents: NDArray[np.float32]) -> NDArray[np.float32]:
        """The same image, n times."""
        return np.repeat(self.mean[None], len(latents), axis=0)


class ImagePCA:
    """Principal components of images.

    Examples
    --------
    >>> images = np.random.default_rng(0).random((5, 64, 64)).astype(np.float32)
    >>> ImagePCA(2).fit(images).encode(images).shape
    (5, 2)
    """

    def __init__(self, components: int) -> None:
        self.components = components

    def fit(self, images: NDArray[np.float32]) -> ImagePCA:
        """Learn images (n, 64, 64)."""
        self.pca = PCA(min(self.components, len(images) - 1)).fit(images.reshape(len(images), -1))
        return self

    def encode(self, images: NDArray[np.float32]) -> NDArray[np.float64]:
        """Scores (n, components) of images."""
        return np.asarray(self.pca.transform(images.reshape(len(images), -1)), dtype=np.float64)

    def decode(self, latents: NDArray[np.float32]) -> NDArray[np.float32]:
        """Images of scores, levels cut to 0..1."""
        flat = np.clip(self.pca.inverse_transform(latents), 0.0, 1.0)
        return np.asarray(flat, dtype=np.float32).reshape(len(latents), SIZE, SIZE)


class DenseAutoencoder:
    """A dense autoencoder of images (4096-256-64-latent and back), leaky ReLU, binary cross-entropy, Adam.

    Examples
    --------
    >>> DenseAutoencoder(8, epochs=10).latent
    8
    """

    def __init__(self, latent: int, *, epochs: int = 300, seed: int = 0) -> None:
        self.latent, self.epochs, self.seed = latent, epochs, seed

    def fit(self, images: NDArray[np.float32]) -> DenseAutoencoder:
        """Learn images (n, 64, 64); one thread, deterministic for a seed."""
        data = torch.from_numpy(np.array(images)).flatten(1)
        with one_thread():
            torch.manual_seed(self.seed)
            widths = (SIZE * SIZE, 256, 64, self.latent)
            self.encoder, self.decoder = _dense(widths), _dense(widths[::-1])
            both = [*self.encoder.parameters(), *self.decoder.parameters()]
            optimizer = torch.optim.Adam(both, lr=1e-3)
            for _ in range(self.epochs):
                for batch in torch.split(torch.randperm(len(data)), 4):
                    logits = self.decoder(self.encoder(data[batch]))
                    loss = functional.binary_cross_entropy_with_logits(logits, data[batch])
                    optimizer.zero_grad()
                    loss.backward()  # type: ignore[no-untyped-call]
                    optimizer.step()
        return self

    def encode(self, images: NDArray[np.float32]) -> NDArray[np.float64]:
        """Latents (n, latent) of images."""
        with one_thread(), torch.no_grad():
            codes: NDArray[np.float32] = self.encoder(torch.from_numpy(np.array(images)).flatten(1)).numpy()
        return codes.astype(np.float64)

    def decode(self, latents: NDArray[np.float32]) -> NDArray[np.float32]:
        """Images of latents."""
        with one_thread(), torch.no_grad():
            logits = self.decoder(torch.from_numpy(latents.astype(np.float32)))
            images: NDArray[np.float32] = torch.sigmoid(logits).numpy()
        return images.reshape(-1, SIZE, SIZE)


def _dense(widths: tuple[int, ...]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for i in range(len(widths) - 1):
        layers += [nn.Linear(widths[i], widths[i + 1]), nn.LeakyReLU()]
    return nn.Sequential(*layers[:-1])


class TSNEBaseline(CurveEstimator):
    """t-SNE in place of the autoencoder, as far as that goes.

    t-SNE places the images that it is given on a map; it is no function of an image and has no inverse. A forest
    can learn the map's coordinates, but only an image that is already on the map can be read off: the nearest one.

    Examples
    --------
    >>> TSNEBaseline(trees=10).trees
    10
    """

    def __init__(self, *, trees: int = 20, seed: int = 0, r: ArrayLike | None = None) -> None:
        self.trees, self.seed, self.r = trees, seed, r

    def fit(self, X: ArrayLike, G: ArrayLike, r: ArrayLike | None = None) -> TSNEBaseline:
        """Map curves G (n, m) and learn where inputs X (n, p) lie on the map."""
        self.G_ = np.asarray(G, dtype=np.float64)
        self.map_ = tsne_map(rasterize(self.G_, self._grid(r)), self.seed)
        self.forest_ = Forest.fit(np.asarray(X, dtype=np.float64), self.map_, trees=self.trees, seed=self.seed)
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Of each input, the curve (m,) that lies nearest to its predicted place."""
        places = self.forest_.predict(np.asarray(X, dtype=np.float64))
        return np.asarray(self.G_[np.square(places[:, None] - self.map_).sum(axis=2).argmin(axis=1)])


def tsne_map(images: NDArray[np.float32], seed: int) -> NDArray[np.float64]:
    """Places (n, 2) of images (n, 64, 64) on a t-SNE map.

    Examples
    --------
    >>> tsne_map(np.random.default_rng(0).random((12, 64, 64)).astype(np.float32), seed=0).shape
    (12, 2)
    """
    perplexity = min(10.0, (len(images) - 1) / 3)
    flat = images.reshape(len(images), -1)
    return np.asarray(TSNE(perplexity=perplexity, init="pca", random_state=seed).fit_transform(flat), dtype=np.float64)
