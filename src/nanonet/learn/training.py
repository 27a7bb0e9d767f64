"""Fits the autoencoder to pictures and notices when it learns nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from nanonet.errors import NanonetError
from nanonet.learn.autoencoder import Autoencoder
from nanonet.learn.scoring import black_mse, mean_mse

LOSSES = ("bce", "mse")
"""`mse` is the paper's; `bce`, binary cross-entropy, is what trains on thin lines."""


class TrainingError(NanonetError, RuntimeError):
    """The autoencoder learnt no more than the mean picture, in every attempt."""


@dataclass(frozen=True)
class History:
    """How a training went: mean squared errors of grey levels over the training pictures."""

    losses: tuple[float, ...]
    """Training loss after each epoch."""
    mse: float
    """Of the trained network."""
    mse_black: float
    """Of a black picture."""
    mse_mean: float
    """Of the mean picture."""
    attempts: int
    """Initialisations tried."""


def fit_autoencoder(
    pictures: NDArray[np.float32],
    *,
    latent: int,
    activation: str,
    loss: str,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    latent_noise: float,
    attempts: int,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Autoencoder, History]:
    """Fit the autoencoder to pictures (n, 64, 64) with Adam; one thread, deterministic for a seed.

    With `latent_noise` the decoder learns from latents that are off by that many of their standard deviations over the
    pictures: a forest's latents are never exact, and between the latents that it knows a decoder may draw anything.
    A network that ends no better than the mean picture starts again from other weights.

    Raises
    ------
    TrainingError
        Every attempt ended no better than the mean picture.
    """
    black, mean = black_mse(pictures), mean_mse(pictures)
    with one_thread():
        data = torch.from_numpy(np.array(pictures))[:, None].to(memory_format=torch.channels_last)
        for attempt in range(attempts):
            torch.manual_seed(seed + attempt)
            network = Autoencoder(latent, activation)
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's types
            losses = _descend(
                network, data, loss, epochs, batch_size, learning_rate, latent_noise, seed + attempt, progress
            )
            with torch.no_grad():
                mse = float(functional.mse_loss(network.reconstruct(data), data))
            if mse < mean:
                return network, History(tuple(losses), mse, black, mean, attempt + 1)
    raise TrainingError(
        f"the autoencoder learnt nothing in {attempts} attempts: MSE {mse:.4f}, mean picture {mean:.4f}, black picture "
        f"{black:.4f} (activation {activation}, loss {loss}, {epochs} epochs); try more epochs, or activation "
        f"leaky_relu with loss bce"
    )


def _descend(
    network: Autoencoder,
    data: torch.Tensor,
    loss: str,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    latent_noise: float,
    seed: int,
    progress: Callable[[int, int], None] | None,
) -> list[float]:
    shuffle = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(network.parameters(), lr=learning_rate)
    losses = []
    spread = torch.zeros(())  # of the latents over the pictures, as the epoch before saw them
    for epoch in range(epochs):
        total, codes = 0.0, []
        for batch in torch.split(torch.randperm(len(data), generator=shuffle), batch_size):
            target = data[batch]
            latents = network.encoder(target)
            codes.append(latents.detach())
            noise = latent_noise * spread * torch.randn(latents.shape, generator=shuffle)
            logits = network.decoder(latents + noise)
            if loss == "bce":
                value = functional.binary_cross_entropy_with_logits(logits, target)
            else:
                value = functional.mse_loss(torch.sigmoid(logits), target)
            optimizer.zero_grad()
            value.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            total += value.item() * len(batch)
        spread = torch.cat(codes).std(dim=0)
        losses.append(total / len(data))
        if progress is not None:
            progress(epoch + 1, epochs)
    return losses


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread: for this network two are no faster on idle cores and ten times slower on busy ones."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
