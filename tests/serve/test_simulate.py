"""`nanonet simulate` of grafted NPs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nanonet.formats import run_folder
from nanonet.grafted import GraftedComposition
from nanonet.systems.grafted import Grafted
from nanonet.systems.kinds import system_from_json

Run = Callable[..., tuple[int, str, str]]
FIVE = ("--diameter", 2, "--chain-length", 8, "--density", 0.004, "--eps-nn", 0.5, "--eps-pn", 1)


def test_grafts_are_options(run: Run, tmp_path: Path) -> None:
    status, out, _ = run(
        "simulate", *FIVE, "--n-grafts", 5, "--graft-length", 4, "--write-only", "--out", tmp_path / "a"
    )
    assert status == 0
    assert "start      dispersed, not implicit: W_poly was measured between NPs without grafts" in out
    assert (tmp_path / "a" / "start.in").exists()
    expected = Grafted(GraftedComposition(2, 8, 0.004, 0.5, 1.0, n_grafts=5, graft_length=4))
    assert system_from_json(run_folder.read_record(tmp_path / "a").parameters) == expected


def test_the_model_of_grafted_nps_has_no_theory_beside_it(run: Run, tmp_path: Path) -> None:
    asked = ("predict", "--model", "grafted", *FIVE, "--set", "n_grafts=5", "--set", "graft_length=4")
    status, _, err = run(*asked, "--theory", "--plot", tmp_path / "a.png")
    assert (status, err.splitlines()[0]) == (2, "error: --theory knows NPs without grafts; allowed is n_grafts = 0")
    assert not (tmp_path / "a.png").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--n-grafts", 5, "--graft-length", 0), "graft_length = 0 with n_grafts = 5; allowed is 2 to 200"),
        (
            ("--n-grafts", 5, "--graft-length", 4, "--implicit"),
            "--implicit knows NPs without grafts; allowed is n_grafts = 0",
        ),
    ],
)
def test_what_has_no_grafts_is_said(run: Run, tmp_path: Path, options: tuple[object, ...], message: str) -> None:
    status, _, err = run("simulate", *FIVE, *options, "--out", tmp_path / "b")
    assert (status, err.splitlines()[0]) == (2, f"error: {message}")
    assert not (tmp_path / "b").exists()
