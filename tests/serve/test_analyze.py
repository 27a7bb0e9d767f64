"""`nanonet analyze` of trajectories that other programs write."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from nanonet.formats.curve_csv import read_rdf

pytest.importorskip("MDAnalysis", exc_type=ImportError)

from tests.analyze.made_up_files import UPRIGHT, dump, fluid


def test_a_dump_becomes_a_curve_with_a_verdict(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "a.lammpstrj").write_text(dump(*fluid(UPRIGHT), 40))
    given = ["analyze", tmp_path / "a.lammpstrj", "--out", tmp_path / "g.csv", "--select", "type 2"]
    status, out, _ = run(*given, "--units", "lj", "--diameter", 3, "--bins", 50, "--first", 2)
    assert status == 0
    for text in ("40 NPs, 18 frames", "RDF of 50 bins to 10 sigma", "NOT converged", "memory of", "written"):
        assert text in out
    table = read_rdf(tmp_path / "g.csv")
    assert (len(table.rdf.r), table.diameter) == (50, 3.0)
    status, out, _ = run(*given, "--units", "nm", "--r-max", "8nm", "--cross", "type 1")
    assert status == 0
    for text in ("g with 20 others", "lengths are in nm", "no verdict: g is between two kinds", "nm^-3"):
        assert text in out
    assert "r [nm],g,error" in (tmp_path / "g.csv").read_text()


def test_nothing_is_written_for_what_cannot_be_used(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    text = dump(*fluid(UPRIGHT), 40)
    (tmp_path / "a.lammpstrj").write_text(text[:-5])
    (tmp_path / "b.lammpstrj").write_text(text)
    (tmp_path / "folder").mkdir()
    for arguments, what in (
        ([tmp_path / "a.lammpstrj", "--units", "lj"], "cut short"),
        (
            [tmp_path / "b.lammpstrj", "--units", "lj", "--select", "type 2", "--last", "2"],
            "b.lammpstrj cannot be used: 3 f",
        ),
        ([tmp_path / "a.lammpstrj", tmp_path / "folder"], "allowed are run folders, or files"),
        ([tmp_path / "folder", "--units", "lj"], "units is for trajectories"),
    ):
        status, out, err = run("analyze", *arguments, "--out", tmp_path / "g.csv")
        assert (status, out) == (2, "")
        assert what in err
        assert not (tmp_path / "g.csv").exists()


def test_without_mdanalysis_the_extra_is_named(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setitem(sys.modules, "MDAnalysis", None)
    (tmp_path / "a.lammpstrj").write_text(dump(*fluid(UPRIGHT), 40))
    arguments = ["--units", "lj", "--select", "type 2", "--out", tmp_path / "g.csv"]
    status, _, err = run("analyze", tmp_path / "a.lammpstrj", *arguments)
    assert status == 2
    assert "pip install 'nanonet-pnc[trajectories]'" in err
