"""The models that the chapters compare, by name."""

from __future__ import annotations

from collections.abc import Callable

from nanonet.evaluate.baselines import Mean, Nearest
from nanonet.evaluate.cross_validation import Estimator
from nanonet.evaluate.metrics import FLOOR
from nanonet.formats import potential_table
from nanonet.learn.aligned import AlignedNanoNet
from nanonet.learn.gaussian_process import GaussianProcess
from nanonet.learn.nanonet import NanoNet
from nanonet.learn.regressors import (
    CurveRegressor,
    DenseAutoencoder,
    ImagePCA,
    LatentRegressor,
    MeanImage,
    TSNEBaseline,
)
from nanonet.potentials.dilute import DiluteLimit

MODELS: dict[str, Callable[..., Estimator]] = {
    "nanonet": lambda seed, **settings: NanoNet(seed=seed, keep_stuck=True, **settings),
    "aligned nanonet": lambda seed, **settings: AlignedNanoNet(
        potential_table.shipped(), seed=seed, keep_stuck=True, **settings
    ),
    "mean of g": lambda seed: Mean(),
    "mean of ln g": lambda seed: Mean(FLOOR),
    "nearest": lambda seed: Nearest(),
    "black image": lambda seed: LatentRegressor(MeanImage(black=True), seed=seed),
    "mean image": lambda seed: LatentRegressor(MeanImage(), seed=seed),
    "direct": lambda seed, **settings: CurveRegressor(seed=seed, **settings),
    "pca": lambda seed, latent: LatentRegressor(ImagePCA(latent), seed=seed),
    "dense": lambda seed, **settings: LatentRegressor(DenseAutoencoder(seed=seed, **settings), seed=seed),
    "gaussian process": lambda seed, prior=True: GaussianProcess(
        DiluteLimit(potential_table.shipped()) if prior else None
    ),
    "t-sne": lambda seed: TSNEBaseline(seed=seed),
}
"""What a `CrossValidationFit` may name, made from a seed and settings. Another predictor enters here and in `chapters`.

A model whose `fit` takes `error` is given the errors of the curves. A `NanoNet` and a
`LatentRegressor` are also scored in their images and latents.
"""
