"""Times the training of the autoencoder against a plain loop of the same network: `python benchmarks/train.py`.

The plain loop is what this package began with: the published layers one after the other, float32, channels last, two
images a step, Adam at a constant rate.
Both learn the shipped RDFs on one thread, in turns; times are processor times, because machines are shared. Reported
are the time of an epoch and the time to the same loss, which is the loss that the plain loop ends with. `--epochs N`
(of the plain loop: 100), `--data implicit` for the implicit compositions, `--repeats N`, and `--batch-size N` and
`--learning-rate X` of our loop. `--precision`: nanoNET in bfloat16 and in float32 on the same splits and seeds, errors
on training and held-out curves side by side.
"""

from __future__ import annotations

import argparse
import time
from itertools import pairwise

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from nanonet import Dataset
from nanonet.composition import COPY, near_duplicates
from nanonet.evaluate.metrics import ln_rmse
from nanonet.learn import training as training_module
from nanonet.learn.autoencoder import FILTERS, Autoencoder
from nanonet.learn.nanonet import NanoNet
from nanonet.learn.training import Training, fit_autoencoder, one_thread
from nanonet.models.image import rasterize, read_images


class Plain(nn.Module):
    """The paper's layers one after the other, as published."""

    def __init__(self) -> None:
        super().__init__()
        encoder: list[nn.Module] = []
        for inputs, outputs in pairwise((1, *FILTERS)):
            encoder += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.LeakyReLU(), nn.MaxPool2d(2)]
        decoder: list[nn.Module] = []
        for inputs, outputs in pairwise((FILTERS[-1], *reversed(FILTERS))):
            decoder += [nn.ConvTranspose2d(inputs, outputs, 3, padding=1), nn.LeakyReLU(), nn.Upsample(scale_factor=2)]
        self.layers = nn.Sequential(*encoder, *decoder, nn.Conv2d(FILTERS[0], 1, 3, padding=1))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.layers(images)
        return logits


def fit_plain(images: np.ndarray, grey: float, epochs: int) -> tuple[nn.Module, list[float], list[float]]:
    """Network, losses and processor times since the start, after each epoch."""
    torch.manual_seed(0)
    network = Plain()
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's types
    data = torch.from_numpy(images)[:, None].to(memory_format=torch.channels_last)
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.kaiming_normal_(module.weight, a=0.01, nonlinearity="leaky_relu")
            nn.init.zeros_(module.bias)  # type: ignore[arg-type]
    nn.init.constant_(network.layers[-1].bias, float(np.log(grey / (1 - grey))))  # type: ignore[arg-type]
    optimizer = torch.optim.Adam(network.parameters(), lr=2e-3)
    losses, times, start = [], [], time.process_time()
    for _ in range(epochs):
        total = 0.0
        for batch in torch.split(torch.randperm(len(data)), 2):
            loss = functional.binary_cross_entropy_with_logits(network(data[batch]), data[batch])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            total += loss.item() * len(batch)
        losses.append(total / len(data))
        times.append(time.process_time() - start)
    return network, losses, times


def fit_ours(images: np.ndarray, grey: float, training: Training) -> tuple[nn.Module, list[float], list[float]]:
    """The same of the package's loop, without noise in the latents, which the plain one has not got either."""
    times: list[float] = []
    start = time.process_time()
    network, history = fit_autoencoder(
        images,
        lambda: Autoencoder(grey=grey),
        training,
        progress=lambda done, of: times.append(time.process_time() - start),
    )
    return network, list(history.losses), times


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--epochs", type=int, default=100)
    options.add_argument("--data", default="explicit", choices=["explicit", "implicit"])
    options.add_argument("--repeats", type=int, default=2)
    options.add_argument("--batch-size", type=int, default=Training.batch_size)
    options.add_argument("--learning-rate", type=float)
    options.add_argument("--precision", action="store_true")
    chosen = options.parse_args()
    if chosen.precision:
        compare_precision(Dataset.shipped(), splits=3)
        return
    training = Training(
        epochs=4 * chosen.epochs,
        batch_size=chosen.batch_size,
        learning_rate=chosen.learning_rate,
        latent_noise=0.0,
    )
    data = Dataset.shipped() if chosen.data == "explicit" else Dataset.shipped("implicit")
    images = rasterize(data.G, data.r)
    grey = float(images.mean())
    print(f"{len(data)} images ({chosen.data}); best of {chosen.repeats}, processor seconds of one thread")
    epoch: dict[str, float] = {}
    reached: dict[str, float] = {}
    for _ in range(chosen.repeats):
        with one_thread():
            plain, plain_losses, plain_times = fit_plain(images, grey, chosen.epochs)
        goal = min(plain_losses)
        ours, losses, times = fit_ours(images, grey, training)
        for name, (seconds, at) in {
            "plain": (plain_times, plain_losses.index(goal)),
            "ours": (times, next((i for i, loss in enumerate(losses) if loss <= goal), -1)),
        }.items():
            epoch[name] = min(epoch.get(name, np.inf), float(np.median(np.diff([0.0, *seconds]))))
            reached[name] = min(reached.get(name, np.inf), seconds[at] if at >= 0 else np.inf)
    for name, network, course in (("plain", plain, plain_losses), ("ours", ours, losses)):
        mse, error = _accuracy(network, images, data)
        print(
            f"{name:6} {epoch[name]:7.3f} s an epoch, {reached[name]:6.1f} s to the loss {goal:.5f}; after "
            f"{len(course)} epochs: loss {course[-1]:.5f}, image MSE {mse:.5f}, RMSE of ln g {error:.3f}"
        )
    print(f"ratio  {epoch['plain'] / epoch['ours']:7.1f}           {reached['plain'] / reached['ours']:6.1f}")


def compare_precision(data: Dataset, splits: int) -> None:
    """Train nanoNET in bfloat16 and in float32 on the same four fifths of the data; print the errors of both."""
    if not training_module.has_bf16():
        raise SystemExit("this processor has no bfloat16: nanoNET trains in float32")
    wanted = training_module.has_bf16
    for seed in range(splits):
        held_out = np.arange(len(data)) % 5 == seed
        others = ~near_duplicates(data.X, data.X[held_out], np.ptp(data.X, axis=0), COPY)
        X, G = data.X[others], data.G[others]
        for name, has in (("bfloat16", wanted), ("float32", lambda: False)):
            training_module.has_bf16 = has
            start = time.process_time()
            network = NanoNet(seed=seed).fit(X, G, data.r, validation_G=data.G[held_out])
            seconds, history = time.process_time() - start, network.history
            errors = [
                np.nanmean(ln_rmse(curves, network.predict(inputs)))
                for inputs, curves in ((X, G), (data.X[held_out], data.G[held_out]))
            ]
            print(
                f"split {seed}, {name:8}: {seconds:5.1f} s, {len(history.losses)} epochs; image MSE "
                f"{history.mse:.5f} (held out {history.validation_mses[-1]:.5f}); RMSE of ln g {errors[0]:.2f} "
                f"(held out {errors[1]:.2f})",
                flush=True,
            )
    training_module.has_bf16 = wanted


def _accuracy(network: nn.Module, images: np.ndarray, data: Dataset) -> tuple[float, float]:
    """Mean squared error of the reconstructed training images, and of ln g read from them."""
    with torch.no_grad(), one_thread():
        parts = torch.split(torch.from_numpy(images)[:, None], 16)
        rebuilt = torch.cat([torch.sigmoid(network(part)) for part in parts])[:, 0].numpy()
    error = ln_rmse(data.G, read_images(rebuilt, data.r))
    return float(np.mean((rebuilt - images) ** 2)), float(np.nanmean(error))


if __name__ == "__main__":
    main()
