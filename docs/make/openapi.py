"""Makes docs/openapi.json, the OpenAPI document of the service: `python -m docs.make.openapi`."""

from __future__ import annotations

import json
from pathlib import Path

from nanonet.web.app import create_app
from nanonet.web.served import load_models

FILE = Path(__file__).parents[1] / "openapi.json"

if __name__ == "__main__":
    FILE.write_text(json.dumps(create_app(load_models([])).openapi(), indent=1) + "\n", encoding="utf-8")
