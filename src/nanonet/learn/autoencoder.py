"""The paper's convolutional autoencoder (Convolutional Neural Network Autoencoder, figures 1 and 3)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

ENCODER_FILTERS = (64, 32, 32, 16, 16)
"""Filters of the encoder's convolutions but the last, whose number is the latent size (paper: 8)."""

DECODER_FILTERS = (8, 16, 16, 32, 32, 64)
"""Filters of the decoder's transposed convolutions (paper)."""

ACTIVATIONS: dict[str, type[nn.Module]] = {"leaky_relu": nn.LeakyReLU, "relu": nn.ReLU}
"""`relu` is the paper's; with it the network mostly stays at a black picture (see docs/model.md)."""


class Encoder(nn.Module):
    """Pictures (n, 1, 64, 64) to latents (n, latent): six times 3x3 convolution, activation, 2x2 max pooling."""

    def __init__(self, latent: int, activation: str) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inputs, outputs in _steps((1, *ENCODER_FILTERS, latent)):
            layers += [nn.Conv2d(inputs, outputs, 3, padding=1), ACTIVATIONS[activation](), nn.MaxPool2d(2)]
        self.layers = nn.Sequential(*layers)

    def forward(self, pictures: Tensor) -> Tensor:
        codes: Tensor = self.layers(pictures)
        return codes.flatten(1)


class Decoder(nn.Module):
    """Latents (n, latent) to logits of pictures (n, 1, 64, 64).

    Six times 3x3 transposed convolution, activation, doubling of both sides; then one 3x3 convolution to a single
    channel, which the paper does not name but needs: its sigmoid is the grey level.
    """

    def __init__(self, latent: int, activation: str) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inputs, outputs in _steps((latent, *DECODER_FILTERS)):
            layers += [
                nn.ConvTranspose2d(inputs, outputs, 3, padding=1),
                ACTIVATIONS[activation](),
                nn.Upsample(scale_factor=2, mode="nearest"),
            ]
        self.layers = nn.Sequential(*layers, nn.Conv2d(DECODER_FILTERS[-1], 1, 3, padding=1))

    def forward(self, latents: Tensor) -> Tensor:
        logits: Tensor = self.layers(latents[:, :, None, None])
        return logits


class Autoencoder(nn.Module):
    """Encoder and decoder; `forward` gives logits, `reconstruct` grey levels."""

    def __init__(self, latent: int = 8, activation: str = "leaky_relu") -> None:
        super().__init__()
        self.encoder = Encoder(latent, activation)
        self.decoder = Decoder(latent, activation)
        slope = 0.01 if activation == "leaky_relu" else 0.0
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):  # He et al. 2015, doi:10.1109/ICCV.2015.123
                nn.init.kaiming_normal_(module.weight, a=slope, mode="fan_in", nonlinearity="leaky_relu")
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]

    def forward(self, pictures: Tensor) -> Tensor:
        logits: Tensor = self.decoder(self.encoder(pictures))
        return logits

    def reconstruct(self, pictures: Tensor) -> Tensor:
        """Grey levels 0 to 1 of the pictures that the network makes of pictures (n, 1, 64, 64)."""
        return torch.sigmoid(self(pictures))


def _steps(widths: Sequence[int]) -> list[tuple[int, int]]:
    return list(pairwise(widths))
