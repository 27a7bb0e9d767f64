from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from nanonet.errors import InputError
from nanonet.serve.cli import app


def _run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["reproduce", *arguments], catch_exceptions=True)
    if result.exception is not None:
        raise result.exception
    return result.output


def test_a_chapter_without_fits_is_written_at_once(tmp_path: Path) -> None:
    out = tmp_path / "report"
    output = _run("--out", str(out), "--only", "phases", "--explicit-alone", "--kept-runs", str(tmp_path))
    assert f"written    {out / 'report.html'}" in output
    summary = (out / "summary.md").read_text()
    assert "from the shipped dataset:" in summary
    assert "no implicit ones" in summary
    assert "3 of 3 snapshots are not available" in summary
    assert "--only prediction" in summary


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--only", "figure8"), "chapter = 'figure8' is not one of"),
        (("--repeats", "0"), "repeats = 0 is not a whole number between 1 and 1000"),
        (("--kept-runs", "no-such-folder"), "kept_runs = no-such-folder is not a folder"),
        (("--dataset", "no-such.nc"), r"dataset no-such\.nc cannot be read"),
    ],
)
def test_what_is_not_allowed_is_named_before_anything_runs(
    arguments: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message):
        _run("--out", str(tmp_path / "report"), *arguments)
    assert not (tmp_path / "report").exists()
