"""Graphs of strangers: what never ends, reads other files or grows without bounds is refused before it is loaded."""

from __future__ import annotations

import hashlib
import json
import shutil
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from onnx import AttributeProto, ModelProto, TensorProto, helper, load_model_from_string, numpy_helper

import nanonet
from nanonet import InputError
from nanonet.models.onnx_graph import check_graph

SHIPPED = files("nanonet") / "data" / "nanonet"


def _model(name: str) -> ModelProto:
    return load_model_from_string((SHIPPED / name).read_bytes())


def _text(model: ModelProto) -> bytes:
    return bytes(model.SerializeToString())


def _set(node: object, name: str, value: object) -> None:
    for attribute in list(node.attribute):  # type: ignore[attr-defined]
        if attribute.name == name:
            node.attribute.remove(attribute)  # type: ignore[attr-defined]
    node.attribute.append(helper.make_attribute(name, value))  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["forest.onnx", "decoder.onnx"])
def test_ours_pass(name: str) -> None:
    check_graph((SHIPPED / name).read_bytes())


def _endless() -> ModelProto:
    body = helper.make_graph(
        [helper.make_node("Identity", ["on"], ["still_on"]), helper.make_node("Identity", ["x"], ["y"])],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 5]),
        ],
        [
            helper.make_tensor_value_info("still_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 5]),
        ],
    )
    loop = helper.make_node("Loop", ["", "on", "inputs"], ["variable"], body=body)
    graph = helper.make_graph(
        [loop],
        "endless",
        [helper.make_tensor_value_info("inputs", TensorProto.FLOAT, [None, 5])],
        [helper.make_tensor_value_info("variable", TensorProto.FLOAT, [None, 5])],
        [numpy_helper.from_array(np.array(True), "on")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)


def _external() -> ModelProto:
    model = _model("decoder.onnx")
    tensor = model.graph.initializer[1]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="secret.bin")
    return model


def _resized(scale: float) -> ModelProto:
    model = _model("decoder.onnx")
    for tensor in model.graph.initializer:
        if tensor.name.startswith("scales"):
            tensor.raw_data = np.array([1, 1, scale, scale], dtype=np.float32).tobytes()
    return model


def _changed(file: str, node: int, name: str, value: object) -> ModelProto:
    model = _model(file)
    _set(model.graph.node[node], name, value)
    return model


def _branch_to(node_id: int) -> ModelProto:
    model = _model("forest.onnx")
    (node,) = model.graph.node
    ids = next(attribute for attribute in node.attribute if attribute.name == "nodes_truenodeids")
    assert ids.type == AttributeProto.INTS
    ids.ints[0] = node_id
    return model


def _functions() -> ModelProto:
    model = _model("decoder.onnx")
    model.functions.add(name="f", domain="own")
    return model


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (_endless(), "operator 'Loop' is not one of"),
        (_external(), "lie in another file"),
        (_resized(1e6), "pixels of one"),
        (_resized(float("nan")), "no scales"),
        (_changed("decoder.onnx", 1, "pads", [10**9] * 4), "pads of Conv"),
        (_changed("forest.onnx", 0, "n_targets", 10**9), "1000000000 targets"),
        (_branch_to(0), "lead back"),
        (_branch_to(10**12), "nodes that do not exist"),
        (_functions(), "functions"),
    ],
)
def test_what_could_take_the_machine_is_refused(model: ModelProto, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        check_graph(_text(model))
    folder = Path(shutil.copytree(str(SHIPPED), tmp_path / "model"))
    (folder / "forest.onnx").write_bytes(_text(model))
    card = json.loads((folder / "model.json").read_text())
    card.pop("checksum", None)
    card["sha256"]["forest.onnx"] = hashlib.sha256(_text(model)).hexdigest()
    (folder / "model.json").write_text(json.dumps(card))
    with pytest.raises(InputError, match=rf"forest\.onnx cannot be used: .*{said}"):
        nanonet.load(folder)


@pytest.mark.parametrize("content", [b"", b"no graph", b"\x08\x08" * 1000])
def test_what_is_no_graph_is_refused(content: bytes) -> None:
    with pytest.raises(InputError):
        check_graph(content)
