"""Writes a model's folder; apart from what reads one: a prediction should not wait for the versions of packages."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path

from nanonet.formats.atomic import writing_folder
from nanonet.formats.model_folder import CARD, FORMAT, seal


def write_model(
    folder: str | os.PathLike[str],
    kind: str,
    files: Mapping[str, bytes],
    content: Mapping[str, object],
    packages: Iterable[str],
) -> Path:
    """Write a model folder, whole or not at all; an older one of that name is replaced.

    Parameters
    ----------
    folder:
        To write.
    kind:
        By which `models.load` finds who reads it.
    files:
        Names and contents of the files beside the card.
    content:
        Other entries of the card, as plain JSON values.
    packages:
        Whose versions it records.

    Raises
    ------
    InputError
        The parent folder is missing, or `folder` holds something else than a model.
    """
    with writing_folder(folder, CARD) as temporary:
        for name, one in files.items():
            (temporary / name).write_bytes(one)
        card = {
            "format": FORMAT,
            "kind": kind,
            **content,
            "versions": {"python": platform.python_version()} | {name: version(name) for name in packages},
            "sha256": {name: hashlib.sha256(one).hexdigest() for name, one in files.items()},
        }
        (temporary / CARD).write_text(json.dumps(seal(card), indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return Path(folder)
