"""The notebooks of `examples`, converted from their text and run by a kernel of their own; a cell that fails raises."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "examples" / "notebooks").glob("*.py"))
LAST = {"own_curves": r"off by (0\.\d+)", "predict": r"(\d+)% of the bins"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_a_notebook_runs_to_its_end(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MPLBACKEND", raising=False)  # a command that ran before in this process has set it
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import jupytext
        import nbclient

        notebook = jupytext.read(path)
        resources = {"metadata": {"path": str(tmp_path)}}
        nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3", resources=resources).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output for output in outputs if output.get("name") == "stderr"]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    (said,) = re.findall(LAST[path.stem], outputs[-1].text)
    assert float(said) < 0.02 if path.stem == "own_curves" else float(said) > 80


def test_there_are_two() -> None:
    assert {path.stem for path in NOTEBOOKS} == set(LAST)
