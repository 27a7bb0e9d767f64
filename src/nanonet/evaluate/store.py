"""Results in a folder, one JSON file each, under the fingerprint of what they depend on: found again, never stale."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nanonet.evaluate.fingerprint import fingerprint
from nanonet.formats.atomic import writing
from nanonet.formats.reading import read_json


@dataclass(frozen=True)
class Store:
    """A folder of results, each written whole or not at all."""

    folder: Path

    def path(self, *dependencies: object) -> Path:
        """Where the result lies, or will lie, that depends on these things (`fingerprint`)."""
        return self.folder / f"{fingerprint(*dependencies)}.json"

    def result(self, path: Path, compute: Callable[[], Mapping[str, object]] | None = None) -> dict[str, Any]:
        """The result at a path; computed and kept first where it is not there. `InputError` where it cannot be read."""
        if compute is not None and not path.is_file():
            content = json.dumps(compute(), allow_nan=False)
            self.folder.mkdir(parents=True, exist_ok=True)
            with writing(path) as temporary:
                temporary.write_text(content, encoding="utf-8")
        found: dict[str, Any] = read_json(path, dict[str, Any], "result")
        return found
