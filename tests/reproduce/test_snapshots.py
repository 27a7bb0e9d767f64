from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from matplotlib.collections import EllipseCollection
from matplotlib.figure import Figure

from nanonet.analyze.configurations import Configuration
from nanonet.reproduce import snapshots

NOMINAL = (3.0, 2.0, 0.002, 0.5, 1.0)


def _kept(folder: Path, step: int, diameter: float = 3.0) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    composition = {"diameter": diameter, "chain_length": 2, "density": 0.002, "eps_nn": 0.5, "eps_pn": 1.0}
    (folder / "run.json").write_text(json.dumps({"composition": composition}))
    head = ["ITEM: TIMESTEP", str(step), "ITEM: NUMBER OF ATOMS", "3", "ITEM: BOX BOUNDS pp pp pp", *["0 10"] * 3]
    rows = ["1 1 1 1 1 1 0 0 0", "2 1 1 2 1 1 0 0 0", "3 2 2 9 9 9 0 0 0"]
    text = "\n".join([*head, "ITEM: ATOMS id mol type x y z ix iy iz", *rows])
    (folder / f"{step}.lammpstrj.gz").write_bytes(gzip.compress(text.encode()))


def test_the_last_configuration_of_the_right_run_is_found(tmp_path: Path) -> None:
    _kept(tmp_path / "other", 7, diameter=4.0)
    _kept(tmp_path / "right", 900)
    _kept(tmp_path / "right", 1000)
    found = snapshots.find(tmp_path, NOMINAL)
    assert found is not None
    configuration, diameter = found
    assert (configuration.step, diameter) == (1000, 3.0)
    assert snapshots.find(tmp_path, (3.0, 2.0, 0.003, 0.5, 1.0)) is None


def test_broken_and_foreign_run_folders_are_passed_over(tmp_path: Path) -> None:
    for name, text in (("a", "not JSON"), ("b", "[]"), ("c", '{"composition": {}}')):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(text)
    _kept(tmp_path / "d", 5)
    (tmp_path / "d" / "5.lammpstrj.gz").write_bytes(b"cut short")
    assert snapshots.find(tmp_path, NOMINAL) is None


def test_what_lies_nearer_is_drawn_over_what_lies_farther() -> None:
    monomers = np.array([[[5.0, 5.0, 1.0]], [[5.0, 5.0, 9.0]]])
    made = Configuration(0, np.full(3, 10.0), monomers, np.array([[5.0, 5.0, 5.0]]))
    axes = Figure().subplots()
    snapshots.draw(axes, made, 3.0)
    (discs,) = axes.collections
    assert isinstance(discs, EllipseCollection)
    widths = np.asarray(discs.get_widths(), dtype=np.float64)
    assert widths[0] == pytest.approx(widths[-1]), "one monomer is behind the NP, the other before it"
    assert widths[1:-1].max() == pytest.approx(3.0 * widths[0] / 0.5)
