"""Fits the autoencoder to images: fast, until it has converged, and never without noticing that it learns nothing."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from nanonet.errors import InputError, NanonetError
from nanonet.evaluate.metrics import black_mse, mean_mse
from nanonet.learn.autoencoder import Autoencoder

LOSSES = ("bce", "mse")
"""Binary cross-entropy; mean squared error of grey levels (paper)."""

MANY = 50
"""Images from which on steps are larger."""

CUTS, CUT = 3, 0.3
"""The learning rate is cut to 0.3 of itself when the loss stands still; converged when it stands still after 3 cuts."""

WINDOW_EPOCHS, WINDOW_STEPS, STILL = 10, 60, 0.05
"""The loss stands still when from one window (10 epochs, or those of 60 steps if that is more) to the next it came less
than 5 % nearer to the least that there can be: 0, or, of `bce`, the entropy of the grey levels."""

STUCK_STEPS, STUCK = 600, 0.9
"""Stuck: after 600 steps no epoch had a mean squared error below 0.9 of the mean image's."""


class TrainingError(NanonetError, RuntimeError):
    """The autoencoder learnt no more than the mean image, in every attempt."""


@dataclass(frozen=True)
class Training:
    """How the autoencoder is trained; checked when made.

    Raises
    ------
    InputError
        A value is not allowed; it is named.

    Examples
    --------
    >>> Training(epochs=100).rate(images=40)
    0.003
    """

    loss: str = "bce"
    """`bce` or, as published, `mse`."""
    epochs: int = 400
    """Passes over the images at most, or, with `converge` off, exactly (paper: 400)."""
    batch_size: int = 8
    """Images a step; the paper gives none."""
    learning_rate: float | None = None
    """Of Adam, at first; the paper gives none. None: 0.003, or 0.004 of 50 images and more."""
    latent_noise: float = 0.2
    """Of the latents that the decoder learns from, in their standard deviations (paper: 0)."""
    converge: bool = True
    """Cut the learning rate when the loss stands still, and stop when that no longer helps (paper: no)."""
    attempts: int = 3
    """Initialisations tried until one beats the mean image."""
    keep_stuck: bool = False
    """Return a network that learnt nothing, for studies, where there would be a `TrainingError`."""
    seed: int = 0
    """Of weights and order."""

    def __post_init__(self) -> None:
        if self.loss not in LOSSES:
            raise InputError(f"loss = {self.loss!r} is not one of {', '.join(LOSSES)}")
        for name in ("epochs", "batch_size", "attempts"):
            if not _whole(getattr(self, name)) or getattr(self, name) < 1:
                raise InputError(f"{name} = {getattr(self, name)!r} is not a whole number of 1 or more")
            if getattr(self, name) > 1_000_000:
                raise InputError(f"{name} = {getattr(self, name)!r} is not at most 1000000")
        if not _whole(self.seed) or not 0 <= self.seed < 2**32 - self.attempts:
            raise InputError(f"seed = {self.seed!r} is not a whole number from 0 to 2^32, less the attempts")
        for name in ("converge", "keep_stuck"):
            if not isinstance(getattr(self, name), bool):
                raise InputError(f"{name} = {getattr(self, name)!r} is not True or False")
        rate = self.learning_rate
        if rate is not None and (not _number(rate) or not 0 < rate < math.inf):
            raise InputError(f"learning_rate = {rate!r} is not above 0")
        if not _number(self.latent_noise) or not 0 <= self.latent_noise < math.inf:
            raise InputError(f"latent_noise = {self.latent_noise!r} is not 0 or above")

    def rate(self, images: int) -> float:
        """First learning rate for so many images."""
        if self.learning_rate is not None:
            return self.learning_rate
        return 4e-3 if images >= MANY else 3e-3


@dataclass(frozen=True)
class History:
    """How a training went; `mse` is the mean squared error of grey levels."""

    losses: tuple[float, ...]
    """Training loss of each epoch of the last attempt, taken while it learns."""
    mses: tuple[float, ...]
    """The same of the mean squared error, whatever the loss."""
    validation_losses: tuple[float, ...]
    """Loss over the validation images after each epoch; empty without such images."""
    validation_mses: tuple[float, ...]
    """The same of the mean squared error."""
    mse: float
    """Of the trained network over the training images."""
    mse_black: float
    """Of a black image."""
    mse_mean: float
    """Of the mean image."""
    attempts: int
    """Initialisations tried."""
    converged: bool
    """It stopped because the loss stood still, not because the epochs were over."""
    bf16: bool
    """The convolutions ran in bfloat16, as they do where the processor has instructions for it."""


def fit_autoencoder(
    images: NDArray[np.float32],
    make: Callable[[], Autoencoder],
    training: Training,
    *,
    validation: NDArray[np.float32] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Autoencoder, History]:
    """Fit an autoencoder to images (n, size, size) with Adam; one thread, deterministic for a seed and a processor.

    With `latent_noise` the decoder learns from latents that are off by that many of their standard deviations over the
    images: a forest's latents are never exact, and between those that it was fitted on a decoder may draw anything.
    A network that is stuck at the mean image, soon or at the end, starts again from other weights.

    Parameters
    ----------
    images:
        To learn from.
    make:
        Makes a network with fresh weights.
    training:
        Settings.
    validation:
        Images (k, size, size) whose losses go into the history and into nothing else.
    progress:
        Called with the epochs done and the most there can be.

    Raises
    ------
    TrainingError
        Every attempt ended no better than the mean image.

    Examples
    --------
    >>> from nanonet.learn.autoencoder import Autoencoder
    >>> images = np.random.default_rng(0).random((4, 16, 16)).astype(np.float32)
    >>> made = lambda: Autoencoder(latent=2, filters=(8, 4), size=16)
    >>> network, history = fit_autoencoder(images, made, Training(epochs=2, attempts=1, keep_stuck=True))
    >>> history.attempts
    1
    """
    black, mean = black_mse(images), mean_mse(images)
    bf16 = has_bf16()
    with one_thread():
        data = _tensor(images)
        unseen = _tensor(images[:0] if validation is None else validation)
        least = 0.0 if training.loss == "mse" else float(functional.binary_cross_entropy(data, data))
        for attempt in range(training.attempts):
            torch.manual_seed(training.seed + attempt)
            network = make().to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # not in its types
            course = _Course(training, mean, least, -(-len(data) // training.batch_size))
            _descend(network, data, unseen, training, course, bf16, training.seed + attempt, progress)
            mse = _evaluate(network, data, training.loss)[1]
            learnt = mse < mean and not course.stuck
            if learnt or (training.keep_stuck and attempt + 1 == training.attempts):
                return network, History(
                    losses=tuple(course.losses),
                    mses=tuple(course.mses),
                    validation_losses=tuple(course.validation_losses),
                    validation_mses=tuple(course.validation_mses),
                    mse=mse,
                    mse_black=black,
                    mse_mean=mean,
                    attempts=attempt + 1,
                    converged=course.converged,
                    bf16=bf16,
                )
    raise TrainingError(
        f"the autoencoder learnt nothing in {training.attempts} attempts: MSE {mse:.4f}, mean image {mean:.4f}, "
        f"black image {black:.4f} (loss {training.loss}, {len(course.losses)} epochs); try another seed, more "
        f"epochs, or activation leaky_relu with loss bce"
    )


class _Course:
    """What the losses of an attempt ask for: continue, cut the learning rate, or stop."""

    def __init__(self, training: Training, mse_mean: float, least: float, steps: int) -> None:
        self.training, self.mse_mean, self.least, self.steps = training, mse_mean, least, steps
        self.window = max(WINDOW_EPOCHS, -(-WINDOW_STEPS // steps))
        self.losses: list[float] = []
        self.mses: list[float] = []
        self.validation_losses: list[float] = []
        self.validation_mses: list[float] = []
        self.cuts, self.since = 0, 0
        self.stuck = self.converged = False

    def on_plateau(self) -> bool:
        """After an epoch; True when the learning rate should be cut."""
        if len(self.losses) * self.steps >= STUCK_STEPS and min(self.mses) > STUCK * self.mse_mean:
            self.stuck = not self.training.keep_stuck
        self.since += 1
        if not self.training.converge or self.since < 2 * self.window:
            return False
        now, before = (
            float(np.mean(part)) for part in (self.losses[-self.window :], self.losses[-2 * self.window : -self.window])
        )
        if now - self.least < (1.0 - STILL) * (before - self.least):
            return False
        self.since = 0
        self.converged = self.cuts == CUTS
        self.cuts += 1
        return not self.converged


def _descend(
    network: Autoencoder,
    data: Tensor,
    unseen: Tensor,
    training: Training,
    course: _Course,
    bf16: bool,
    seed: int,
    progress: Callable[[int, int], None] | None,
) -> None:
    shuffle = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(network.parameters(), lr=training.rate(len(data)), fused=True)
    spread = torch.zeros(())  # of the latents over the images, as the epoch before saw them
    for epoch in range(training.epochs):
        total, squares, codes = torch.zeros(()), torch.zeros(()), []
        for batch in torch.split(torch.randperm(len(data), generator=shuffle), training.batch_size):
            target = data[batch]
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
                latents = network.encoder(target)
                noise = training.latent_noise * spread * torch.randn(latents.shape, generator=shuffle)
                logits = network.decoder(latents + noise).float()
            value, mse = _losses(logits, target, training.loss)
            optimizer.zero_grad()
            value.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            codes.append(latents.detach().float())
            total += value.detach() * len(batch)
            squares += mse.detach() * len(batch)
        spread = torch.cat(codes).std(dim=0, correction=0)
        course.losses.append(float(total) / len(data))
        course.mses.append(float(squares) / len(data))
        if len(unseen):
            loss, mean_square = _evaluate(network, unseen, training.loss)
            course.validation_losses.append(loss)
            course.validation_mses.append(mean_square)
        if course.on_plateau():
            for group in optimizer.param_groups:
                group["lr"] *= CUT
        if progress is not None:
            progress(epoch + 1, training.epochs)
        if course.stuck or course.converged:
            return


def _losses(logits: Tensor, target: Tensor, loss: str) -> tuple[Tensor, Tensor]:
    """The loss that is minimised, and the mean squared error of grey levels."""
    mse = functional.mse_loss(torch.sigmoid(logits), target)
    return (mse if loss == "mse" else functional.binary_cross_entropy_with_logits(logits, target)), mse


def _evaluate(network: Autoencoder, images: Tensor, loss: str) -> tuple[float, float]:
    """Loss and mean squared error over images (n, 1, size, size), in single precision."""
    sums = torch.zeros(2)
    with torch.no_grad():
        for part in torch.split(images, 16):
            sums += torch.stack(_losses(network(part), part, loss)) * len(part)
    loss_mean, mse = (sums / len(images)).tolist()
    return loss_mean, mse


def has_bf16() -> bool:
    """Whether the processor multiplies bfloat16 in hardware (AVX512-BF16 or AMX).

    Examples
    --------
    >>> has_bf16() in (True, False)
    True
    """
    found = torch.cpu.get_capabilities()
    return bool(found.get("avx512_bf16") or found.get("amx_bf16"))


def _tensor(images: NDArray[np.float32]) -> Tensor:
    tensor: Tensor = torch.from_numpy(np.array(images))[:, None].to(memory_format=torch.channels_last)
    return tensor


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread: for this network two are no faster on idle cores and ten times slower on busy ones.

    Examples
    --------
    >>> with one_thread():
    ...     torch.get_num_threads()
    1
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
