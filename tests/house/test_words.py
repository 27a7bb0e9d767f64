"""Words that the field has better ones for do not come back: docs/notation.md has those in use."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import nanonet

ROOT = Path(nanonet.__file__).parent

RETIRED = {
    "badness": "shortfall",
    "basis": "training support, or a method",
    "begin": "start", "begins": "starts", "began": "started", "begun": "started",
    "dear": "expensive",
    "desk": "standard",
    "examination": "trajectory statistics", "examine": "trajectory statistics",
    "family": "replica group",
    "judge": "assess, or classify",
    "picture": "image, or figure", "pictures": "images, or figures",
    "reckoning": "explicit-implicit comparison, fidelity",
    "say": "logger, in identifiers", "rests": "depends on, or training support",
    "stretch": "segment", "hole": "gap", "holes": "gaps", "torn": "truncated",
    "studies": "chapters", "study": "chapter", "teach": "training data",
    "taught": "fitted on", "teaches": "training data",
    "triple": "pair inputs", "triples": "pair inputs",
    "twin": "near duplicate", "twins": "near duplicates",
}  # fmt: skip
"""Words, and what is said in place of each."""

PLAIN = {"say", "begin", "study", "studies", "rests", "hole"}
"""Those that prose may use in their everyday sense: they are retired as names only."""

PHRASES = {"goes on": "resumes", "go on": "resume", "begins anew": "starts again", "in turn": "alternately"}

KEPT = {
    ("phase.py", "judge"),  # the former names of `phases`, which import until version 0.3
    ("predict/predictor.py", "basis"),  # the former name of `support`
    ("formats/dataset_netcdf.py", "goes on"),  # HDF5, from one object of a heap to the next
    ("analyze/pairs.py", "begin"),  # where a slice of an array starts
    ("reproduce/chapters.py", "study"),  # a field whose name stands in settings.json
}


def _names(tree: ast.Module) -> Iterator[str]:
    """Every name that a module gives to something, or uses."""
    for node in ast.walk(tree):
        for field in ("id", "attr", "arg", "name", "asname", "module"):
            if isinstance(found := getattr(node, field, None), str):
                yield found


def _docstrings(tree: ast.Module) -> Iterator[str]:
    """Texts that stand alone, without the names in them: those in backticks."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield re.sub(r"`[^`]*`", "", node.value.value)


def _words(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]


def _retired(text: str) -> set[str]:
    """Retired words and phrases in the text of a module."""
    tree = ast.parse(text)
    found = {word for name in set(_names(tree)) for word in _words(name)} & RETIRED.keys()
    for docstring in _docstrings(tree):
        found |= set(_words(docstring)) & (RETIRED.keys() - PLAIN)
        found |= {phrase for phrase in PHRASES if re.search(rf"\b{phrase}\b", " ".join(docstring.split()))}
    return found


def test_retired_words_do_not_come_back() -> None:
    found = {
        (path.relative_to(ROOT).as_posix(), word)
        for path in sorted(ROOT.rglob("*.py"))
        for word in _retired(path.read_text(encoding="utf-8"))
    } - KEPT
    assert not found, [f"{path}: {word} -> {(RETIRED | PHRASES)[word]}" for path, word in sorted(found)]


def test_the_check_sees_names_and_docstrings() -> None:
    text = (
        '"""It goes\\non."""\ndef judge_runs(badness):\n    """A `picture` of twins, in a study."""\n'
        'class PairTriple:\n    x = "desk"\n    """Torn."""\n'
    )
    assert _retired(text) == {"goes on", "judge", "badness", "twins", "triple", "torn"}
