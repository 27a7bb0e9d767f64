"""The paper's convolutional autoencoder (Convolutional Neural Network Autoencoder, figures 1 and 3).

The maps are the published ones; three of them are computed in a cheaper, equal way:

- a transposed 3x3 convolution of stride 1 is a convolution with flipped, transposed kernels, so the decoder has plain
  convolutions;
- an activation that never falls gives the same before and after max pooling, and after a doubling of the sides, so it
  runs where there are fewer pixels;
- the last convolution reads doubled pixels, so it runs on the pixels before the doubling, with kernels added up.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from nanonet.errors import InputError, check_whole
from nanonet.models.image import SIZE

FILTERS = (64, 32, 32, 16, 16, 8)
"""Filters of the encoder's convolutions, those of the decoder in reverse (paper); the encoder's last: the latents."""

ACTIVATIONS: dict[str, type[nn.Module]] = {"leaky_relu": nn.LeakyReLU, "relu": nn.ReLU}
"""`relu` is the paper's."""

INITIALS = ("he", "glorot")
"""How weights start: He et al. 2015, doi:10.1109/ICCV.2015.123, or, as Keras does unasked, Glorot and Bengio 2010."""


SIZES = (16, 32, 64, 128, 256)
"""Pixels a side that images may have."""


def default_filters(layers: int) -> tuple[int, ...]:
    """The paper's filters for another number of convolutions: 64, 32, 32, then 16s, and 8 for the last.

    Examples
    --------
    >>> default_filters(6), default_filters(4)
    ((64, 32, 32, 16, 16, 8), (64, 32, 32, 8))
    """
    return (*(*FILTERS[:3], *[FILTERS[3]] * layers)[: layers - 1], FILTERS[-1])


class Encoder(nn.Module):
    """Images (n, 1, size, size) to latents (n, latent): 3x3 convolutions, each with 2x2 max pooling and activation.

    With fewer convolutions than it takes to halve an image to one pixel (the paper's six do), the last pooling is over
    all that is left, so that latents are never spread over pixels and no dense layer is needed.
    """

    def __init__(self, latent: int, activation: str, filters: Sequence[int], size: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise((1, *filters[:-1], latent)):
            layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.MaxPool2d(2), ACTIVATIONS[activation]()]
        layers[-2] = nn.MaxPool2d(size >> (len(filters) - 1))
        self.layers = nn.Sequential(*layers)

    def forward(self, images: Tensor) -> Tensor:
        codes: Tensor = self.layers(images)
        return codes.flatten(1)


class DoublingConv2d(nn.Conv2d):
    """Doubling of both sides, then 3x3 convolution, zeros beyond the edges: the same map without the doubled pixels.

    Of the three pixels that an output pixel reads along a side two are copies of one, so each of the four outputs
    within a pixel is a convolution of the undoubled image with sums of the kernel's weights.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, 3, padding=1)

    def merged(self) -> tuple[Tensor, Tensor]:
        """Kernels (4 outputs, inputs, 3, 3) and biases (4 outputs,) of the convolution of the undoubled image."""
        sums = torch.zeros(2, 3, 3)  # [which half of a pixel, undoubled neighbour, doubled neighbour]
        sums[0, 0, 0] = sums[0, 1, 1] = sums[0, 1, 2] = 1.0
        sums[1, 1, 0] = sums[1, 1, 1] = sums[1, 2, 2] = 1.0
        kernels = torch.einsum("aik,bjl,ockl->oabcij", sums, sums, self.weight)
        assert self.bias is not None
        return kernels.reshape(4 * self.out_channels, self.in_channels, 3, 3), self.bias.repeat_interleave(4)

    def forward(self, values: Tensor) -> Tensor:
        kernels, biases = self.merged()
        return functional.pixel_shuffle(functional.conv2d(values, kernels, biases, padding=1), 2)


class Decoder(nn.Module):
    """Latents (n, latent) to logits of images (n, 1, size, size).

    3x3 transposed convolutions, each with activation and doubling of both sides; then one 3x3 convolution to a single
    channel, which the paper does not name but needs: its sigmoid is the grey level. With fewer transposed convolutions
    than the paper's six, the first doubling makes up for the rest.
    """

    def __init__(self, latent: int, activation: str, filters: Sequence[int], size: int) -> None:
        super().__init__()
        widths = tuple(reversed(filters))
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise((latent, *widths)):
            layers += [nn.Conv2d(inputs, outputs, 3, padding=1), ACTIVATIONS[activation](), nn.Upsample(scale_factor=2)]
        first = size >> (len(filters) - 1)
        layers[2] = nn.Upsample(scale_factor=first)
        if len(filters) > 1:
            layers[-1] = DoublingConv2d(widths[-1], 1)
        else:
            layers.append(nn.Conv2d(widths[-1], 1, 3, padding=1))
        self.layers = nn.Sequential(*layers)

    def forward(self, latents: Tensor) -> Tensor:
        logits: Tensor = self.layers(latents[:, :, None, None])
        return logits


class Autoencoder(nn.Module):
    """Encoder and decoder; `forward` gives logits, `reconstruct` grey levels.

    `grey` is the grey level about which an untrained network draws, by its last bias; other biases start at 0.

    Examples
    --------
    >>> Autoencoder().reconstruct(torch.zeros(1, 1, 64, 64)).shape
    torch.Size([1, 1, 64, 64])
    """

    def __init__(
        self,
        latent: int = 8,
        activation: str = "leaky_relu",
        filters: Sequence[int] = FILTERS,
        size: int = 64,
        initial: str = "he",
        grey: float = 0.5,
    ) -> None:
        super().__init__()
        self.encoder = Encoder(latent, activation, filters, size)
        self.decoder = Decoder(latent, activation, filters, size)
        slope = 0.01 if activation == "leaky_relu" else 0.0
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                if initial == "he":
                    nn.init.kaiming_normal_(module.weight, a=slope, nonlinearity="leaky_relu")
                else:
                    nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]
        nn.init.constant_(self.decoder.layers[-1].bias, math.log(grey / (1.0 - grey)))  # type: ignore[arg-type]

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.decoder(self.encoder(images))
        return logits

    def reconstruct(self, images: Tensor) -> Tensor:
        """Grey levels 0 to 1 of the images that the network makes of images (n, 1, size, size)."""
        return torch.sigmoid(self(images))


@dataclass(frozen=True)
class Architecture:
    """What an autoencoder is made of; checked when made.

    Raises
    ------
    InputError
        A value is not allowed; it is named.

    Examples
    --------
    >>> Architecture(latent=4).widths
    (64, 32, 32, 16, 16, 8)
    """

    size: int = SIZE
    """Pixels a side of the images, one of `SIZES` (paper: 64)."""
    filters: Sequence[int] | None = None
    """Of the encoder's convolutions and, in reverse, of the decoder's; None: as `default_filters` has them."""
    latent: int = FILTERS[-1]
    """Size of the latent space, that is, filters of the encoder's last convolution (paper: 8)."""
    activation: str = "leaky_relu"
    """One of `ACTIVATIONS`."""
    initial: str = "he"
    """How weights start, one of `INITIALS`."""

    def __post_init__(self) -> None:
        for name, allowed in (("activation", tuple(ACTIVATIONS)), ("initial", INITIALS), ("size", SIZES)):
            if getattr(self, name) not in allowed:
                raise InputError(f"{name} = {getattr(self, name)!r} is not one of {', '.join(map(str, allowed))}")
        check_whole("latent", self.latent, 1, 10_000)
        most = self.size.bit_length() - 1
        if not 1 <= len(self.widths) <= most or not all(isinstance(w, int) and w >= 1 for w in self.widths):
            raise InputError(
                f"filters = {self.filters!r} are not 1 to {most} whole numbers of 1 or more, as images of size "
                f"{self.size} allow"
            )

    @property
    def widths(self) -> tuple[int, ...]:
        """Filters of the encoder's convolutions."""
        return default_filters(self.size.bit_length() - 1) if self.filters is None else tuple(self.filters)

    def network(self, grey: float = 0.5) -> Autoencoder:
        """One with fresh weights; `grey` as in `Autoencoder`."""
        return Autoencoder(self.latent, self.activation, self.widths, self.size, self.initial, grey)
