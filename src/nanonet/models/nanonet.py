"""The paper's nanoNET as it answers: a forest and a decoder as ONNX graphs, and images that are read as curves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nanonet.errors import InputError
from nanonet.formats.model_folder import ModelFolder
from nanonet.models.base import Array, check_inputs
from nanonet.models.image import PAPER, Axes, read_images
from nanonet.models.onnx_graph import check_graph

if TYPE_CHECKING:
    import onnxruntime

KIND = "nanonet"
FILES = ("forest.onnx", "decoder.onnx")
_CHUNK = 256  # inputs that are decoded at once: bounds the memory


@dataclass(frozen=True, eq=False)
class OnnxNanoNet:
    """A loaded nanoNET, a `base.CurveModel` without bands.

    Parameters
    ----------
    X, x:
        Inputs (n, p) that it was fitted to, grid (m,) of its curves.
    forest, decoder:
        Graphs from scaled inputs to scaled latents, and from latents to images.
    input_scaling, latent_scaling:
        What is taken off and divided by: (low, span) of inputs (p,) and of latents (k,).
    axes:
        Of the images.
    """

    X: Array
    x: Array
    forest: onnxruntime.InferenceSession = field(repr=False)
    decoder: onnxruntime.InferenceSession = field(repr=False)
    input_scaling: tuple[Array, Array]
    latent_scaling: tuple[Array, Array]
    axes: Axes = PAPER

    uncertain = False

    @staticmethod
    def read(folder: ModelFolder) -> OnnxNanoNet:
        """Read the graphs of a model folder; `InputError` names a file that cannot be used."""
        inputs, latents = (
            (folder.array("low", 1, entry), folder.array("span", 1, entry))
            for entry in ("input_scaling", "latent_scaling")
        )
        axes = Axes(**folder.card.get("axes", {}))
        forest, decoder = (_session(folder, name) for name in FILES)
        return OnnxNanoNet(folder.array("X", 2), folder.array("r", 1), forest, decoder, inputs, latents, axes)

    def predict(self, X: ArrayLike) -> Array:
        """Curves (n, m) for inputs (n, p); `InputError` for a wrong shape or values that are not finite."""
        parts = [read_images(self._images(part), self.x, self.axes) for part in self._parts(X)]
        return np.concatenate(parts) if parts else np.empty((0, len(self.x)))

    def band(self, X: ArrayLike) -> None:
        """None: it has no bands."""
        check_inputs(X, self.X.shape[1])

    def sample(self, X: ArrayLike, draws: int, seed: int = 0, common: bool = False) -> Array:
        """The prediction (draws, n, m), repeated."""
        found = self.predict(X)
        return np.broadcast_to(found, (draws, *found.shape))

    def caveat(self, X: Array) -> str:
        """Nothing."""
        return ""

    def predict_images(self, X: ArrayLike) -> NDArray[np.float32]:
        """Images (n, 64, 64) for inputs (n, p), from which `predict` reads; the same errors."""
        parts = [self._images(part) for part in self._parts(X)]
        return np.concatenate(parts) if parts else np.empty((0, 0, 0), dtype=np.float32)

    def _parts(self, X: ArrayLike) -> list[Array]:
        inputs = check_inputs(X, self.X.shape[1])
        return [inputs[i : i + _CHUNK] for i in range(0, len(inputs), _CHUNK)]

    def _images(self, inputs: Array) -> NDArray[np.float32]:
        (low, span), (latent_low, latent_span) = self.input_scaling, self.latent_scaling
        (codes,) = self.forest.run(None, {"inputs": ((inputs - low) / span).astype(np.float32)})
        latents = (codes.reshape(len(inputs), -1) * latent_span + latent_low).astype(np.float32)
        (images,) = self.decoder.run(None, {"latents": latents})
        return np.asarray(images[:, 0], dtype=np.float32)


def _session(folder: ModelFolder, name: str) -> onnxruntime.InferenceSession:
    import onnxruntime  # here, because other models need none

    content = folder.content(name)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    try:
        check_graph(content)
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise InputError(f"model file {folder.path / name} cannot be used: {error}") from None
