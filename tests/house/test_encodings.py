"""Text files are UTF-8 whatever the locale, and all that the commands print passes `nanonet.serve.terminal.print`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import nanonet

ROOT = Path(nanonet.__file__).parent


def _without_encoding(tree: ast.Module) -> Iterator[int]:
    """Lines on which a path's text is read or written in the encoding of the locale."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or any(word.arg == "encoding" for word in node.keywords):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        modes = [word.value for word in node.args if isinstance(word, ast.Constant) and isinstance(word.value, str)]
        is_path = isinstance(node.func, ast.Attribute) and not isinstance(node.func.value, ast.Attribute)
        opens = (
            name == "open"
            and (not modes or modes[-1] in ("r", "w", "a", "x"))
            and not ast.unparse(node).startswith(("os.", "gsd.", "Image."))
        )
        if (is_path and name in ("read_text", "write_text")) or opens:
            yield node.lineno


def test_text_is_utf_8_everywhere() -> None:
    for path in ROOT.rglob("*.py"):
        lines = [
            line for line in _without_encoding(ast.parse(path.read_text("utf-8"))) if path.name != "reading.py"
        ]  # of archives
        assert not lines, f"{path}: {lines}"


def test_the_check_sees_what_lacks_it() -> None:
    text = "p.write_text(x)\np.write_text(x, encoding='utf-8')\np.open()\np.open('wb')\nopen(p, 'w')\np.read_text()"
    assert list(_without_encoding(ast.parse(text))) == [1, 3, 5, 6]


def test_commands_print_by_one_door() -> None:
    for path in (ROOT / "serve").glob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        prints = any(isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print" for node in ast.walk(tree))
        doors = [
            alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "nanonet.serve.terminal"
            for alias in node.names
        ]
        assert not prints or "print" in doors or path.name == "terminal.py", path
