"""Links from one file of the repository to another lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "docs" / "templates"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md")), ROOT / "data" / "README.md"]


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_relative_links_lead_to_files(page: Path) -> None:
    folder = ROOT / "docs" / "results" if page.parent == TEMPLATES else page.parent  # where the page is that it becomes
    targets = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    relative = [target.partition("#")[0] for target in targets if not re.match("[a-z]+:|#", target)]
    assert [target for target in relative if not (folder / target).exists()] == []


def test_there_are_pages_and_they_have_links() -> None:
    assert len(PAGES) > 20
    assert "](docs/" in (ROOT / "README.md").read_text(encoding="utf-8")
