"""A model's folder: what its files are called, and the checksum of its card."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, NotRequired, TypedDict

from msgspec import Meta

CARD = "model.json"


class Scaling(TypedDict):
    """How inputs or latents are scaled."""

    low: list[float]
    span: list[float]


class CardRun(TypedDict, total=False):
    """A run that a model has learnt from."""

    nps: Annotated[int, Meta(ge=0, le=10**12)]
    converged: bool


class Card(TypedDict):
    """`model.json`."""

    format: int
    kind: str
    X: list[list[float]]
    r: list[float]
    sha256: dict[str, str]
    checksum: NotRequired[str]
    inputs: NotRequired[list[str]]
    runs: NotRequired[list[CardRun]]
    kernel: NotRequired[str]
    transform: NotRequired[str]
    input_scaling: NotRequired[Scaling]
    latent_scaling: NotRequired[Scaling]


def seal(card: Mapping[str, Any]) -> dict[str, Any]:
    """A model's card with its own checksum, by which `is_sealed` knows it again."""
    content = {name: value for name, value in card.items() if name != "checksum"}
    return content | {"checksum": _digest(content)}


def is_sealed(card: Mapping[str, Any]) -> bool:
    """Whether a card is what `seal` made; one of before there were checksums passes."""
    return "checksum" not in card or seal(card)["checksum"] == card["checksum"]


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
