from __future__ import annotations

import sys
import warnings

import pytest

import nanonet
from nanonet.errors import MissingExtraError

CELLS = (
    "import nanonet\nbox = nanonet.explore()\nbox",
    "before = bytes(box.image.value)\nassert before.startswith(b'\\x89PNG')",
    "assert f'{len(nanonet.load().X)} simulations' in box.text.value",
    "box.sliders['eps_pn'].value = 0.3\nassert bytes(box.image.value) != before",
    "assert 'warning' not in box.text.value",
    "box.sliders['eps_pn'].value = box.sliders['eps_pn'].max\nassert 'warning: eps_pn' in box.text.value",
    "box.sliders['density'].value = box.sliders['density'].max\nbox.sliders['diameter'].value = 5.75\n"
    "assert list(box.sliders) == ['diameter', 'chain_length', 'density', 'eps_nn', 'eps_pn']",
    "assert 'no data' not in nanonet.explore('nanonet').text.value",
)


def test_a_notebook_shows_sliders_and_plot_and_redraws_it() -> None:
    """Run by a kernel of its own; a cell that fails raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import nbclient
        import nbformat

        make = nbformat.v4
        notebook = make.new_notebook(cells=[make.new_code_cell(cell) for cell in CELLS])  # type: ignore[no-untyped-call]
        nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    (shown,) = notebook.cells[0].outputs
    assert "application/vnd.jupyter.widget-view+json" in shown.data


def test_without_ipywidgets_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(MissingExtraError, match=r"nanonet-pnc\[notebook\]"):
        nanonet.explore()
