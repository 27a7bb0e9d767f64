from __future__ import annotations

import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from nanonet.learn.autoencoder import Autoencoder, default_filters
from nanonet.learn.onnx_export import decoder_graph


def _convolutions(network: nn.Module) -> list[nn.Conv2d]:
    return [m for m in network.modules() if isinstance(m, nn.Conv2d)]


def test_sizes_are_the_papers() -> None:
    network = Autoencoder(latent=8, activation="relu")
    encoder, decoder = _convolutions(network.encoder), _convolutions(network.decoder)
    assert [m.out_channels for m in encoder] == [64, 32, 32, 16, 16, 8]
    assert [m.out_channels for m in decoder] == [8, 16, 16, 32, 32, 64, 1]
    assert all(m.kernel_size == (3, 3) and m.stride == (1, 1) for m in encoder + decoder)
    assert sum(isinstance(m, nn.MaxPool2d) for m in network.encoder.layers) == 6
    assert sum(isinstance(m, nn.Upsample) for m in network.decoder.layers) == 5  # the sixth is in the last convolution


def _published(network: Autoencoder, images: Tensor) -> Tensor:
    """The same network as the paper describes it: activation at once, transposed convolutions, all doublings."""
    values = images
    for convolution in _convolutions(network.encoder):
        values = nn.functional.max_pool2d(nn.functional.leaky_relu(convolution(values), 0.01), 2)
    *hidden, last = _convolutions(network.decoder)
    for convolution in hidden:
        kernels = convolution.weight.transpose(0, 1).flip(2, 3)
        values = nn.functional.conv_transpose2d(values, kernels, convolution.bias, padding=1)
        values = nn.functional.interpolate(nn.functional.leaky_relu(values, 0.01), scale_factor=2)
    return nn.functional.conv2d(values, last.weight, last.bias, padding=1)


def test_the_map_is_the_published_one() -> None:
    torch.manual_seed(0)
    network = Autoencoder()
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.2)
    images = torch.rand(3, 1, 64, 64)
    with torch.no_grad():
        expected = _published(network, images)
        assert expected.std() > 0.1
        assert torch.allclose(network(images), expected, atol=1e-5 * float(expected.abs().max()))


@pytest.mark.parametrize(
    ("size", "filters", "latent"),
    [(64, default_filters(6), 5), (32, default_filters(5), 8), (128, default_filters(7), 2), (64, (12, 8, 4), 8),
     (16, (6,), 32)],
)  # fmt: skip
def test_other_sizes_have_no_dense_layers_and_the_graph_says_the_same(
    size: int, filters: tuple[int, ...], latent: int
) -> None:
    torch.manual_seed(0)
    network = Autoencoder(latent, filters=filters, size=size)
    images = torch.rand(3, 1, size, size)
    with torch.no_grad():
        latents = network.encoder(images)
        rebuilt = network.reconstruct(images)
    assert latents.shape == (3, latent)
    assert rebuilt.shape == (3, 1, size, size)
    assert 0 <= float(rebuilt.min()) <= float(rebuilt.max()) <= 1
    assert not any(isinstance(m, nn.Linear) for m in network.modules())
    session = onnxruntime.InferenceSession(decoder_graph(network.decoder, latent, size))
    (drawn,) = session.run(None, {"latents": latents.numpy()})
    assert drawn == pytest.approx(rebuilt.numpy(), abs=1e-5)


@pytest.mark.parametrize("initial", ["he", "glorot"])
def test_weights_begin_as_named(initial: str) -> None:
    torch.manual_seed(0)
    network = Autoencoder(activation="relu", initial=initial)
    for name, values in network.state_dict().items():
        if name.endswith("bias"):
            assert not values.any()
        elif values.numel() > 4000:
            inputs, outputs = 9 * values.shape[1], 9 * values.shape[0]
            variance = 2 / inputs if initial == "he" else 2 / (inputs + outputs)
            assert float(values.var()) == pytest.approx(variance, rel=0.1)


def test_default_filters() -> None:
    assert default_filters(6) == (64, 32, 32, 16, 16, 8)
    assert default_filters(5) == (64, 32, 32, 16, 8)
    assert default_filters(7) == (64, 32, 32, 16, 16, 16, 8)
    assert default_filters(1) == (8,)
