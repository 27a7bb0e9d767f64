"""A model's folder: what its files are called, and the checksum of its card."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

CARD = "model.json"


def seal(card: Mapping[str, Any]) -> dict[str, Any]:
    """A model's card with its own checksum, by which `is_sealed` knows it again."""
    content = {name: value for name, value in card.items() if name != "checksum"}
    return content | {"checksum": _digest(content)}


def is_sealed(card: Mapping[str, Any]) -> bool:
    """Whether a card is what `seal` made; one of before there were checksums passes."""
    return "checksum" not in card or seal(card)["checksum"] == card["checksum"]


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
