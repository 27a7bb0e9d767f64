"""The scripts of `examples` give what is right."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nanonet
from nanonet.phases.state import STATES

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
PNG = b"\x89PNG"


def run(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the names of an example stand for at its end."""
    monkeypatch.setattr(sys, "argv", [name, str(folder)])
    return runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")


def test_a_prediction_is_written_with_its_band(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run("predict_and_plot", tmp_path, monkeypatch)
    rdf = nanonet.load().predict([3, 40, 0.002, 0.5, 1.0])
    table = np.loadtxt(tmp_path / "prediction.csv", delimiter=",", skiprows=5, usecols=(0, 1))
    np.testing.assert_allclose(table, np.column_stack([rdf.r, rdf.g]), rtol=1e-5, atol=1e-8)
    assert (tmp_path / "prediction.png").read_bytes().startswith(PNG)
    assert "dispersion" in capsys.readouterr().out


def test_the_attraction_of_polymer_takes_particles_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = run("sweep_and_phase_map", tmp_path, monkeypatch)["found"]
    heights = found.columns["peak_height"]
    assert heights[0] > 10 * heights[-1]
    lines = (tmp_path / "map.csv").read_text(encoding="utf-8").splitlines()
    names, rows = lines[1].split(","), [line.split(",") for line in lines[2:]]
    assert len(rows) == 21 * 21
    shares = np.array([[float(row[names.index(state.replace(" ", "_"))]) for state in STATES] for row in rows])
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, atol=1e-5)
    weak, strong = shares[0], shares[20]  # both at the weakest attraction of NPs
    assert weak[0] > 0.5 > 0.1 > strong[0]


def test_curves_of_other_inputs_are_learnt_to_within_their_noise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = run("own_inputs", tmp_path, monkeypatch)
    assert values["off"] < 0.02
    model = nanonet.load(tmp_path / "isotherms")
    assert model.space.names == ("temperature",)
    assert model.quantity.name == "P"


def test_designs_disperse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("inverse_design", tmp_path, monkeypatch)
    answers = json.loads((tmp_path / "answers.json").read_text(encoding="utf-8"))["answers"]
    assert len(answers) == 3
    for answer in answers:
        found = nanonet.load().predict_all(answer["composition"])
        assert found.point.values[0] == 3
        assert found.state is not None
        assert found.state.most_probable == "dispersion"


@pytest.mark.long
def test_toy_runs_become_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("simulate_analyze_train", tmp_path, monkeypatch)
    data = nanonet.Dataset.load(tmp_path / "mine.nc")
    assert data.X[:, 4].tolist() == [0.2, 0.4, 0.6, 0.9, 1.2]
    assert (data.G[:, data.r < 2.5] == 0).all()  # NPs do not overlap
    np.testing.assert_allclose(data.X[:, 2], 0.0018, rtol=0.03)  # what is asked for is approached under NPT
    model = nanonet.load(tmp_path / "my-model")
    np.testing.assert_array_equal(model.X, data.X)


def test_each_example_says_what_it_takes_and_writes_and_is_short() -> None:
    paths = sorted(EXAMPLES.glob("*.py"))
    listed = (ROOT / "docs" / "examples.md").read_text(encoding="utf-8")
    assert len(paths) == 5
    for path in paths:
        text = path.read_text(encoding="utf-8")
        assert "Takes " in text
        assert "Writes " in text
        assert len(text.split('"""', 2)[2].strip().splitlines()) <= 45
        assert f"examples/{path.name}" in listed
