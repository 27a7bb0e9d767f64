from __future__ import annotations

import torch

from nanonet.learn.autoencoder import Autoencoder


def test_sizes_are_the_papers() -> None:
    network = Autoencoder(latent=8, activation="relu")
    convolutions = [m for m in network.encoder.layers if isinstance(m, torch.nn.Conv2d)]
    assert [m.out_channels for m in convolutions] == [64, 32, 32, 16, 16, 8]
    transposed = [m for m in network.decoder.layers if isinstance(m, torch.nn.ConvTranspose2d)]
    assert [m.out_channels for m in transposed] == [8, 16, 16, 32, 32, 64]
    assert all(m.kernel_size == (3, 3) and m.stride == (1, 1) for m in convolutions + transposed)
    assert sum(isinstance(m, torch.nn.MaxPool2d) for m in network.encoder.layers) == 6
    assert sum(isinstance(m, torch.nn.Upsample) for m in network.decoder.layers) == 6
    last = network.decoder.layers[-1]
    assert isinstance(last, torch.nn.Conv2d)
    assert (last.out_channels, last.kernel_size) == (1, (3, 3))


def test_shapes() -> None:
    network = Autoencoder(latent=5)
    pictures = torch.rand(3, 1, 64, 64)
    with torch.no_grad():
        assert network.encoder(pictures).shape == (3, 5)
        rebuilt = network.reconstruct(pictures)
    assert rebuilt.shape == (3, 1, 64, 64)
    assert 0 <= float(rebuilt.min()) <= float(rebuilt.max()) <= 1
