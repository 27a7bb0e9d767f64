"""A fitted forest and a trained decoder as ONNX graphs, which `predict` runs without scikit-learn and torch."""

from __future__ import annotations

import warnings

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import RandomForestRegressor
from torch import Tensor, nn

from nanonet.errors import NanonetError
from nanonet.learn.autoencoder import Decoder, DoublingConv2d

_OPSET, _IR_VERSION = 18, 8  # old enough for every onnxruntime that the default install allows


def forest_graph(trees: RandomForestRegressor) -> bytes:
    """Graph from `inputs` (n, p) to scaled latents (n, k)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the output's shape, which is right (a test compares the values)
        graph = to_onnx(
            trees,
            initial_types=[("inputs", FloatTensorType([None, trees.n_features_in_]))],
            target_opset={"": _OPSET, "ai.onnx.ml": 3},
        )
    graph.ir_version = _IR_VERSION
    return bytes(graph.SerializeToString())


def decoder_graph(decoder: Decoder, latent: int, size: int) -> bytes:
    """Graph from `latents` (n, latent) to `pictures` (n, 1, size, size), the sigmoid included."""
    weights = [numpy_helper.from_array(np.array([0, latent, 1, 1]), "shape")]
    nodes = [helper.make_node("Reshape", ["latents", "shape"], ["layer0"])]
    for i, layer in enumerate(decoder.layers):
        ends = [f"layer{i}"], [f"layer{i + 1}"]
        if isinstance(layer, nn.Conv2d):
            merged = isinstance(layer, DoublingConv2d)
            kernels, biases = layer.merged() if isinstance(layer, DoublingConv2d) else (layer.weight, layer.bias)
            names, out = [f"weight{i}", f"bias{i}"], f"layer{i}_parts" if merged else ends[1][0]
            weights += [_tensor(kernels, names[0]), _tensor(biases, names[1])]
            nodes.append(helper.make_node("Conv", ends[0] + names, [out], kernel_shape=[3, 3], pads=[1, 1, 1, 1]))
            if merged:
                nodes.append(helper.make_node("DepthToSpace", [out], ends[1], blocksize=2, mode="CRD"))
        elif isinstance(layer, nn.LeakyReLU):
            nodes.append(helper.make_node("LeakyRelu", *ends, alpha=layer.negative_slope))
        elif isinstance(layer, nn.ReLU):
            nodes.append(helper.make_node("Relu", *ends))
        elif isinstance(layer, nn.Upsample):
            settings = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
            factor = float(layer.scale_factor)  # type: ignore[arg-type]  # one number, as the decoder makes it
            weights.append(numpy_helper.from_array(np.array([1, 1, factor, factor], dtype=np.float32), f"scales{i}"))
            nodes.append(helper.make_node("Resize", [*ends[0], "", f"scales{i}"], ends[1], **settings))
        else:
            raise NanonetError(f"a decoder's layer {type(layer).__name__} has no counterpart in the graph")
    nodes.append(helper.make_node("Sigmoid", [f"layer{len(decoder.layers)}"], ["pictures"]))
    graph = helper.make_graph(
        nodes,
        "decoder",
        [helper.make_tensor_value_info("latents", TensorProto.FLOAT, ["n", latent])],
        [helper.make_tensor_value_info("pictures", TensorProto.FLOAT, ["n", 1, size, size])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def _tensor(values: Tensor | None, name: str) -> TensorProto:
    assert values is not None
    return numpy_helper.from_array(values.detach().numpy(), name)
