from __future__ import annotations

from pathlib import Path

import numpy as np

from nanonet.formats import run_folder
from nanonet.protocol import preset
from nanonet.simulate import script
from nanonet.systems.base import Configuration
from tests.conftest import SMOKE

GOLDEN = Path(__file__).parents[1] / "golden"


def test_the_scripts_are_the_golden_ones() -> None:
    """Golden text; after a wanted change:  python -m tests.simulate.test_script."""
    assert script.start_text(SMOKE, preset("paper")) == (GOLDEN / run_folder.START).read_text()
    assert script.resume_text(SMOKE, preset("paper")) == (GOLDEN / run_folder.RESUME).read_text()


def test_only_a_longer_time_step_has_substeps() -> None:
    for text in (script.start_text, script.resume_text):
        assert "run_style respa 2 2 bond 1 pair 2\n" in text(SMOKE, preset("standard"))
        assert "respa" not in text(SMOKE, preset("paper"))


def test_the_data_file_wraps_and_counts() -> None:
    monomers = np.array([[[9.5, 1.0, 1.0], [10.4, 1.0, 1.0]], [[1.0, 1.0, -0.25], [1.0, 1.0, 0.5]]])
    text = script.data_text(Configuration.of_chains(10.0, monomers, np.array([[5.0, 5.0, 5.0]])), (1.0, 27.0))
    lines = text.splitlines()
    assert "5 atoms" in lines
    assert "2 bonds" in lines
    assert "2 27" in lines
    assert "2 1 1 0.400000 1.000000 1.000000 1 0 0" in lines
    assert "3 2 1 1.000000 1.000000 9.750000 0 0 -1" in lines
    assert "5 0 2 5.000000 5.000000 5.000000 0 0 0" in lines
    assert lines[-2:] == ["1 1 1 2", "2 1 3 4"]


def test_nps_alone_have_no_bonds() -> None:
    text = script.data_text(Configuration.of_chains(10.0, np.empty((0, 1, 3)), np.ones((2, 3))), (1.0, 3.0))
    assert "0 bonds" in text
    assert "Bonds" not in text


if __name__ == "__main__":
    (GOLDEN / run_folder.START).write_text(script.start_text(SMOKE, preset("paper")))
    (GOLDEN / run_folder.RESUME).write_text(script.resume_text(SMOKE, preset("paper")))
