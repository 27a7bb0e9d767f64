"""The whole report in its quick version, on made-up data; its numbers mean nothing."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from nanonet import Dataset, InputError
from nanonet.records import Provenance
from nanonet.reproduce import report
from nanonet.reproduce.chapters import QUICK
from nanonet.reproduce.training_data import TrainingData

CHEAP = ("phases", "forest", "leak")


@pytest.fixture(scope="module")
def known(made_up_dataset: Dataset) -> TrainingData:
    compositions = tuple(replace(c, density=c.density * 1.3) for c in made_up_dataset.compositions)
    implicit = Dataset(compositions, made_up_dataset.rdfs, (Provenance(fidelity="implicit"),) * len(compositions))
    return TrainingData(made_up_dataset, implicit)


@pytest.fixture(scope="module")
def folder(known: TrainingData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A quick report of the chapters that take least, made after it was killed once."""
    out = tmp_path_factory.mktemp("reports") / "report"

    def killed(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        report.reproduce(out, known, budget=QUICK, only=CHEAP, progress=killed)
    assert len(list((out / report.RESULTS).iterdir())) == 3
    totals: list[tuple[int, int]] = []
    report.reproduce(out, known, budget=QUICK, only=CHEAP, progress=lambda *step: totals.append(step))
    assert totals[0][0] == 0
    assert totals[-1][0] == totals[-1][1] == len(list((out / report.RESULTS).iterdir())) - 3
    return out


def test_the_report_shows_what_is_there_and_names_what_is_not(folder: Path) -> None:
    page, summary = (folder / report.PAGE).read_text(), (folder / report.SUMMARY).read_text()
    for name, chapter in report.CHAPTERS.items():
        assert chapter.title in page
        assert (f"--only {name}" in summary) == (name not in CHEAP)
    for name in re.findall(r'<img src="([^"]+)"', page):
        assert (folder / name).read_bytes().startswith(b"\x89PNG"), name
    assert page.count("<img") == summary.count("![") >= 1
    assert "nan" not in re.findall(r"[a-z]+", summary), "no number is missing without saying so"
    assert "its numbers mean nothing" in page
    assert "stuck" in page


def test_settings_and_versions_are_kept(folder: Path) -> None:
    settings = json.loads((folder / report.SETTINGS).read_text())
    assert (settings["explicit"], settings["implicit"]) == (8, 8)
    assert settings["plan"]["quick"]
    assert "torch" in settings["versions"]


def test_what_is_not_allowed_is_refused(known: TrainingData, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="chapter = 'figure8' is not one of phases, autoencoder"):
        report.reproduce(tmp_path / "new", known, only=("figure8",))
    assert not (tmp_path / "new").exists()
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(InputError, match="holds no report"):
        report.reproduce(tmp_path, known)


@pytest.mark.long
def test_every_chapter_in_its_quick_version(known: TrainingData, tmp_path: Path) -> None:
    report.reproduce(tmp_path / "report", known, budget=QUICK)
    summary = (tmp_path / "report" / report.SUMMARY).read_text()
    assert "Not computed yet" not in summary
    assert summary.count("![") >= 7, "without those of forests where every network is stuck"
