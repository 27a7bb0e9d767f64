"""What is released says the same everywhere: versions, dependencies, licences."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DATA = ROOT / "src" / "nanonet" / "data"
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONDA = {"matplotlib": "matplotlib-base"}
"""Names of the conda packages that are not those of PyPI."""


def _yaml(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def test_the_version_is_the_same_everywhere() -> None:
    changelog = re.findall(r"^## \[?([\d.]+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    citation = _yaml(ROOT / "CITATION.cff")
    (data,) = (one for one in citation["references"] if one["type"] == "data")
    found = [changelog[0], citation["version"], data["version"], _yaml(DATA / "CITATION.cff")["version"]]
    assert [*found, _yaml(ROOT / "release" / "recipe.yaml")["context"]["version"]] == [PROJECT["version"]] * 5


def test_the_recipe_needs_what_the_package_needs() -> None:
    recipe = _yaml(ROOT / "release" / "recipe.yaml")
    ours = [re.fullmatch(r"([\w-]+)(.*)", one) for one in PROJECT["dependencies"]]
    needed = {f"{CONDA.get(one[1], one[1])} {one[2]}" for one in ours if one}
    assert set(recipe["requirements"]["run"]) == {f"python {PROJECT['requires-python']}", *needed}
    (script,) = recipe["build"]["python"]["entry_points"]
    assert script == f"nanonet = {PROJECT['scripts']['nanonet']}"
    assert recipe["package"]["name"] == PROJECT["name"]


def test_code_and_data_have_their_licences() -> None:
    code, data = (_yaml(folder / "CITATION.cff")["license"] for folder in (ROOT, DATA))
    assert PROJECT["license"] == f"{code} AND {data}" == _yaml(ROOT / "release" / "recipe.yaml")["about"]["license"]
    assert PROJECT["license-files"] == [str((folder / "LICENSE").relative_to(ROOT)) for folder in (ROOT, DATA)]
    assert data in (DATA / "LICENSE").read_text(encoding="utf-8")
