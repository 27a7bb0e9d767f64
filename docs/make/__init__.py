"""Scripts that write the pages of docs/results, from templates and results."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "docs" / "results"
TEMPLATES = ROOT / "docs" / "templates"
