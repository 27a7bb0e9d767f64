"""nanoNET's model folder that answers: a forest and a decoder as ONNX graphs, and pictures read off as curves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import ArrayLike, NDArray

from nanonet.errors import InputError
from nanonet.picture import trace_curves
from nanonet.predict.graphs import check_graph
from nanonet.predict.model import Predictor, array, checked_file, checked_inputs

KIND = "nanonet"
FILES = ("forest.onnx", "decoder.onnx")
_CHUNK = 256  # inputs that are decoded at once: bounds the memory


class NetworkPredictor(Predictor):
    """A loaded nanoNET; make one with `nanonet.load`. Its predictions have no error bars."""

    def __init__(
        self, card: Mapping[str, Any], forest: onnxruntime.InferenceSession, decoder: onnxruntime.InferenceSession
    ) -> None:
        super().__init__(card)
        self._forest = forest
        self._decoder = decoder
        self._input_low, self._input_span = (array(card["input_scaling"], name, 1) for name in ("low", "span"))
        self._latent_low, self._latent_span = (array(card["latent_scaling"], name, 1) for name in ("low", "span"))

    @staticmethod
    def load(folder: Path, card: Mapping[str, Any]) -> NetworkPredictor:
        """Read the graphs of a model folder whose card has been read; `InputError` names a file that cannot be used."""
        for name in ("input_scaling", "latent_scaling"):
            if name not in card:
                raise InputError(f"model file {folder / 'model.json'} has no entry {name!r}")
        forest, decoder = (_session(folder / name, card) for name in FILES)
        return NetworkPredictor(card, forest, decoder)

    def predict_curves(self, X: ArrayLike) -> NDArray[np.float64]:
        """Curves (n, m) on the grid `r` for inputs (n, p), without any warning.

        Raises
        ------
        InputError
            Wrong shape, or values that are not finite.
        """
        inputs = checked_inputs(X, self._X.shape[1])
        parts = [trace_curves(self._pictures(part), self.r) for part in _chunks(inputs)]
        return np.concatenate(parts) if parts else np.empty((0, len(self.r)))

    def predict_pictures(self, X: ArrayLike) -> NDArray[np.float32]:
        """Pictures (n, 64, 64) for inputs (n, p), from which `predict_curves` reads; the same errors."""
        parts = [self._pictures(part) for part in _chunks(checked_inputs(X, self._X.shape[1]))]
        return np.concatenate(parts) if parts else np.empty((0, 0, 0), dtype=np.float32)

    def _pictures(self, inputs: NDArray[np.float64]) -> NDArray[np.float32]:
        scaled = ((inputs - self._input_low) / self._input_span).astype(np.float32)
        (codes,) = self._forest.run(None, {"inputs": scaled})
        latents = (codes.reshape(len(inputs), -1) * self._latent_span + self._latent_low).astype(np.float32)
        (pictures,) = self._decoder.run(None, {"latents": latents})
        return np.asarray(pictures[:, 0], dtype=np.float32)


def _session(path: Path, card: Mapping[str, Any]) -> onnxruntime.InferenceSession:
    content = checked_file(path, card)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    try:
        check_graph(content)
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise InputError(f"model file {path} cannot be used: {error}") from None


def _chunks(inputs: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    return [inputs[i : i + _CHUNK] for i in range(0, len(inputs), _CHUNK)]
