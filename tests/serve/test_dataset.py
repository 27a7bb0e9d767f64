"""`nanonet dataset`: from other people's files to a dataset, without a line of Python."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nanonet import Dataset
from tests.test_import_dataset import DECLARED


def test_create_add_show_check(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "own.toml").write_text(DECLARED)
    for i in range(5):
        (tmp_path / f"{i}.csv").write_text(f"1 {i + 1}\n2 {2 * i + 2}\n")
    (tmp_path / "first.csv").write_text("temperature,curve\n" + "".join(f"{300 + i},{i}.csv\n" for i in range(3)))
    (tmp_path / "more.csv").write_text("temperature,curve\n310,3.csv\n311,4.csv\n")
    out, declared = tmp_path / "own.nc", tmp_path / "own.toml"
    status, text, _ = run("dataset", "create", out, "--table", tmp_path / "first.csv", "--inputs", declared)
    assert (status, Dataset.load(out).X.ravel().tolist()) == (0, [300, 301, 302])
    assert "msd(t), t in ns: 2 values, 1 to 2" in text
    assert "no error bars" in text
    status, text, _ = run("dataset", "check", out)
    assert (status, "needed to train are 5" in text) == (1, True)
    assert run("dataset", "add", out, "--table", tmp_path / "more.csv")[0] == 0
    before = out.read_bytes()
    status, _, error = run("dataset", "add", out, "--table", tmp_path / "more.csv")
    assert (status, "stands in entry 3 of the dataset" in error) == (2, True)
    assert out.read_bytes() == before
    assert run("dataset", "check", out)[0] == 0
    status, text, _ = run("dataset", "show", out, "--plot", tmp_path / "own.png")
    assert (status, len(text.splitlines())) == (0, 10)
    assert (tmp_path / "own.png").stat().st_size > 5_000


def test_import_of_an_archive(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "own.toml").write_text(DECLARED)
    np.savez(tmp_path / "own.npz", a=[[300.0], [350.0]], msd=[[1.0, 2.0], [2.0, 4.0]], t=[1.0, 2.0])
    words = ["dataset", "import", tmp_path / "own.npz", "--out", tmp_path / "own.nc"]
    assert "needed is --inputs" in run(*words)[2]
    assert "say which with --array inputs=NAME" in run(*words, "--inputs", tmp_path / "own.toml")[2]
    assert not (tmp_path / "own.nc").exists()
    assert run(*words, "--inputs", tmp_path / "own.toml", "--array", "inputs=a")[0] == 0
    assert len(Dataset.load(tmp_path / "own.nc")) == 2
    assert "'a' is not NAME=VALUE" in run(*words, "--inputs", tmp_path / "own.toml", "--array", "a")[2]


def test_what_cannot_be_is_found_before_the_work(run, tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "wide.csv").write_text("T,0.1,0.2\n1,1,1\n2,1,2\n")
    out = tmp_path / "own.nc"
    assert run("dataset", "import", tmp_path / "wide.csv", "--out", out)[0] == 0
    assert "by = 'T' colours the curves of a plot" in run("dataset", "show", out, "--by", "T")[2]
    monkeypatch.setattr("nanonet.formats.atomic._try", lambda folder: (_ for _ in ()).throw(OSError(30, "Read-only")))
    status, _, error = run("dataset", "add", out, "--table", tmp_path / "no table")
    assert (status, error) == (2, f"error: cannot write {out}: Read-only\n")


def test_shipped_datasets_have_names(run) -> None:  # type: ignore[no-untyped-def]
    status, out, _ = run("dataset", "show", "explicit")
    assert (status, f"Dataset of {len(Dataset.shipped())} compositions" in out) == (0, True)
    converged = [entry.convergence.converged for entry in Dataset.shipped().provenance if entry.convergence]
    assert f"{sum(converged)} of {len(converged)} converged, " in out
    assert run("dataset", "check", "implicit")[0] == 0
    status, _, err = run("train", "explicitly", "--out", "model")
    assert (status, err.splitlines()[0]) == (2, "error: dataset explicitly cannot be read: it does not exist")


def test_a_model_without_numbers_of_nps_says_what_it_starts_from(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    data = Dataset.shipped().subset(range(6))
    Dataset.from_arrays(data.X, data.G, data.r, data.errors).save(tmp_path / "bare.nc")
    status, out, _ = run("train", tmp_path / "bare.nc", "--out", tmp_path / "model")
    assert status == 0
    assert "entries lack the number of NPs" in out
