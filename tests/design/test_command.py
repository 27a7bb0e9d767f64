from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from nanonet.campaign.design import read_csv
from nanonet.design import inverse

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inverse, "_MANY", 128)
    monkeypatch.setattr(inverse, "_STEPS", (0.1,))


def test_answers_are_told_drawn_and_written(run: Run, tmp_path: Path) -> None:
    asked = [
        "design",
        "--target",
        "state=dispersion",
        "--target",
        "peak-height=1:2",
        "--fix",
        "diameter=3",
        "--count",
        2,
    ]
    status, out, _ = run(*asked, "--plot", tmp_path / "a.png", "--csv", tmp_path / "a.csv")
    assert status == 0
    assert out.count("probability ") >= 4
    assert "wanted       state: dispersion" in out
    assert "nearest D=" in out
    assert (tmp_path / "a.png").stat().st_size > 10_000
    status, text, _ = run(*asked, "--json")
    found = json.loads(text)
    assert [one["composition"] for one in found["answers"]] == [one.to_json() for one in read_csv(tmp_path / "a.csv")]
    assert found["fixed"] == {"diameter": 3}
    assert len(found["answers"][0]["low"]) == 100
    assert 0 < found["answers"][0]["probability_error"] < 0.02


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no target"),
        (["--target", "state=contact", "--fix", "diameter"], "fix = 'diameter' is not NAME=VALUE"),
        (["--target", "state=contact", "--fix", "diameter=x"], "fix: diameter = 'x' is not a number"),
        (["--target", "state=contact", "--bounds", "diameter=3"], "is not NAME=LOW:HIGH"),
        (["--target", "state=contact", "--cost", "eps_nn=1", "--cost", "eps_nn=2"], "cost: eps_nn is given twice"),
        (["--target", "state=contact", "--plot", "a.txt"], "suffix '.txt'"),
        (["--target", "state=contact", "--model", "nanonet"], "does not know how sure it is"),
    ],
)
def test_bad_options_are_explained(run: Run, arguments: list[str], message: str) -> None:
    status, _, error = run("design", *arguments)
    assert status == 2
    assert message in error
    assert error.count("\n") == 1
