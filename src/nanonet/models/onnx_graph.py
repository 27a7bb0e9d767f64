"""What an ONNX graph of a model folder may hold: ours and nothing that runs for ever or reads other files.

A graph from a stranger is data, but a loop in it need not end, and its weights may lie in any file. So it is read here
before ONNX Runtime sees it, with Protocol Buffers and the few fields of the format (onnx.proto) that matter.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from nanonet.errors import InputError

OPERATORS = (
    "Cast", "Conv", "DepthToSpace", "Identity", "LeakyRelu", "Relu", "Reshape", "Resize", "Sigmoid",
    "TreeEnsembleRegressor",
)  # fmt: skip
"""Operators that a forest or a decoder is made of."""

_NODES = 200  # a graph has at most
_LARGEST = 16  # number among the settings of a node: sizes of kernels, pads, blocks
_TARGETS = 1_024  # size of a latent space
_ENLARGED = 256  # pixels a side that one pixel may become
_EXTERNAL = 1  # TensorProto.data_location
_FLOAT = 1  # TensorProto.data_type

_TREE = ("nodes_treeids", "nodes_nodeids", "nodes_truenodeids", "nodes_falsenodeids")

_FIELDS: dict[str, tuple[tuple[str, int, str], ...]] = {
    "Tensor": (
        ("*dims", 1, "int64"), ("data_type", 2, "int32"), ("*float_data", 4, "float"), ("name", 8, "string"),
        ("raw_data", 9, "bytes"), ("*external_data", 13, "bytes"), ("data_location", 14, "int32"),
    ),
    "Attribute": (
        ("name", 1, "string"), ("i", 3, "int64"), ("t", 5, "bytes"), ("g", 6, "bytes"), ("*ints", 8, "int64"),
        ("*strings", 9, "bytes"), ("*tensors", 10, "bytes"), ("*graphs", 11, "bytes"),
    ),
    "Node": (
        ("*input", 1, "string"), ("op_type", 4, "string"), ("*attribute", 5, "Attribute"), ("domain", 7, "string"),
    ),
    "Graph": (("*node", 1, "Node"), ("*initializer", 5, "Tensor"), ("*sparse_initializer", 15, "bytes")),
    "Model": (("graph", 7, "Graph"), ("*functions", 25, "bytes")),
}  # fmt: skip


def check_graph(content: bytes) -> None:
    """Refuse an ONNX model that is not made of `OPERATORS` alone, or that could grow without bounds.

    Raises
    ------
    InputError
        It is no ONNX model; it has an operator or a function of its own kind, weights in another file, a tree whose
        branches lead back, or settings that enlarge an image beyond any of ours.
    """
    from google.protobuf.message import DecodeError

    model = _type("Model")()
    try:
        model.ParseFromString(content)
    except (DecodeError, RecursionError) as error:
        raise InputError(f"it is no ONNX model: {error}") from None
    graph = model.graph
    if not 1 <= len(graph.node) <= _NODES:
        raise InputError(f"its graph has {len(graph.node)} nodes; allowed are 1 to {_NODES}")
    if model.functions or graph.sparse_initializer:
        raise InputError("it has functions or sparse weights; allowed are none")
    for tensor in graph.initializer:
        if tensor.external_data or tensor.data_location == _EXTERNAL:
            raise InputError(f"the weights {tensor.name!r} lie in another file")
    enlarged = 1.0
    for node in graph.node:
        if node.op_type not in OPERATORS or node.domain not in ("", "ai.onnx", "ai.onnx.ml"):
            raise InputError(f"its operator {node.op_type!r} is not one of {', '.join(OPERATORS)}")
        for attribute in node.attribute:
            if attribute.g or attribute.graphs or attribute.t or attribute.tensors:
                raise InputError(f"{node.op_type} has a graph or weights of its own in {attribute.name!r}")
        if node.op_type == "TreeEnsembleRegressor":
            _check_trees(node)
        else:
            enlarged *= _enlarges(node, graph.initializer)
    if not enlarged <= _ENLARGED:
        raise InputError(f"it makes {enlarged:g} pixels of one; allowed are {_ENLARGED}")


def _check_trees(node: Any) -> None:
    """Every branch has to lead to a node of a higher number that exists, so that every path ends."""
    targets = next((attribute.i for attribute in node.attribute if attribute.name == "n_targets"), 1)
    if not 1 <= targets <= _TARGETS:
        raise InputError(f"its trees have {targets} targets; allowed are 1 to {_TARGETS}")
    columns = {attribute.name: np.array(attribute.ints, dtype=np.int64) for attribute in node.attribute}
    modes = next((list(attribute.strings) for attribute in node.attribute if attribute.name == "nodes_modes"), [])
    if any(len(columns.get(name, ())) != len(modes) for name in _TREE):
        raise InputError("its trees have not as many branches as nodes")
    branching = np.array([mode != b"LEAF" for mode in modes], dtype=bool)
    for name in _TREE[2:]:
        if (columns[name][branching] <= columns["nodes_nodeids"][branching]).any():
            raise InputError(f"{name} of its trees lead back")
        if (columns[name][branching] > columns["nodes_nodeids"].max(initial=0)).any():
            raise InputError(f"{name} of its trees lead to nodes that do not exist")


def _enlarges(node: Any, weights: Any) -> float:
    """How many times larger a node makes a side of an image."""
    settings = {attribute.name: [attribute.i, *attribute.ints] for attribute in node.attribute}
    for name, values in settings.items():
        if max(map(abs, values)) > _LARGEST:
            raise InputError(f"{name} of {node.op_type} = {max(map(abs, values))} is not at most {_LARGEST}")
    if node.op_type == "DepthToSpace":
        return float(max(settings.get("blocksize", [1])))
    if node.op_type != "Resize":
        return 1.0
    scales = [_numbers(tensor) for tensor in weights if len(node.input) == 3 and tensor.name == node.input[2]]
    if len(scales) != 1 or not scales[0]:
        raise InputError("Resize has no scales")
    return max(scales[0])


def _numbers(tensor: Any) -> list[float]:
    if tensor.data_type != _FLOAT or math.prod(tensor.dims) > _LARGEST:
        return []
    found = np.frombuffer(tensor.raw_data, dtype="<f4").tolist() if tensor.raw_data else list(tensor.float_data)
    return found if all(map(math.isfinite, found)) else []


@cache
def _type(name: str) -> Any:
    """Class of one of the messages of `_FIELDS`."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(name="nanonet/onnx.proto", package="nanonet.onnx", syntax="proto2")
    kinds = descriptor_pb2.FieldDescriptorProto
    for message, entries in _FIELDS.items():
        described = file.message_type.add(name=message)
        for field, number, kind in entries:
            plain = getattr(kinds, f"TYPE_{kind.upper()}", None)
            described.field.add(
                name=field.lstrip("*"),
                number=number,
                label=kinds.LABEL_REPEATED if field.startswith("*") else kinds.LABEL_OPTIONAL,
                type=kinds.TYPE_MESSAGE if plain is None else plain,
                type_name=f".nanonet.onnx.{kind}" if plain is None else None,
            )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"nanonet.onnx.{name}"))
