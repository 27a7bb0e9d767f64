"""A model's folder: `model.json`, its card, and beside it the files whose hashes the card has. No code is in them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple, NotRequired, TypedDict

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from nanonet.errors import InputError
from nanonet.formats.reading import read_bytes, read_json

FORMAT = 1
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
    space: NotRequired[list[dict[str, Any]]]
    quantity: NotRequired[dict[str, Any]]
    axes: NotRequired[dict[str, float | bool | None]]
    runs: NotRequired[list[CardRun]]
    kernel: NotRequired[str]
    transform: NotRequired[str]
    input_scaling: NotRequired[Scaling]
    latent_scaling: NotRequired[Scaling]


class ModelFolder(NamedTuple):
    """A folder whose card has been read."""

    path: Path
    card: Mapping[str, Any]

    def content(self, name: str, shipped: Callable[[], bytes] | None = None) -> bytes:
        """Content of a file, if its hash is the card's; `InputError` otherwise.

        Where the folder lacks the file, what `shipped` returns stands for it, if its hash is the card's.
        """
        path, wanted = self.path / name, self.card["sha256"].get(name)
        if shipped is not None and not path.exists():
            if hashlib.sha256(content := shipped()).hexdigest() == wanted:
                return content
            raise InputError(f"model file {path} does not exist, and the one that comes with nanonet is another")
        content = read_bytes(path, "model file")
        if hashlib.sha256(content).hexdigest() != wanted:
            raise InputError(f"model file {path} is damaged: its SHA-256 is not the one in {CARD}")
        return content

    def array(self, name: str, dimensions: int, entry: str | None = None) -> NDArray[np.float64]:
        """An array of the card, or of one of its entries, checked and read-only; `InputError` names it."""
        if entry is not None and entry not in self.card:
            raise InputError(f"model file {self.path / CARD} has no entry {entry!r}")
        try:
            values = np.array((self.card if entry is None else self.card[entry])[name], dtype=np.float64)
        except (KeyError, TypeError, ValueError):
            raise InputError(f"{CARD}: {name} is not an array of numbers") from None
        if values.ndim != dimensions or not values.size or not np.isfinite(values).all():
            raise InputError(f"{CARD}: {name} is not an array of finite numbers in {dimensions} dimensions")
        values.flags.writeable = False
        return values


def read(path: Path) -> ModelFolder:
    """Read the card of a folder; `InputError` for one that is missing, damaged or of another format."""
    file = path / CARD
    card: dict[str, Any] = read_json(file, Card, "model file")
    if card["format"] != FORMAT:
        raise InputError(f"model file {file} has format {card['format']}; allowed is {FORMAT}")
    if not is_sealed(card):
        raise InputError(f"model file {file} is damaged: its own checksum is not the one in it")
    return ModelFolder(path, card)


def seal(card: Mapping[str, Any]) -> dict[str, Any]:
    """A model's card with its own checksum, by which `is_sealed` recognises it."""
    content = {name: value for name, value in card.items() if name != "checksum"}
    return content | {"checksum": _digest(content)}


def is_sealed(card: Mapping[str, Any]) -> bool:
    """Whether a card is what `seal` made; one of before there were checksums passes."""
    return "checksum" not in card or seal(card)["checksum"] == card["checksum"]


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
