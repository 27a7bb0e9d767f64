"""`nanonet structure-factor` and `nanonet theory`, each with what it refuses."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nanonet import Dataset
from nanonet.formats.curve_csv import read_curve, read_rdf
from nanonet.structure_factor import S_Q, StructureFactor

COMPOSITION = ("--diameter", 3, "--chain-length", 40, "--density", 0.002, "--eps-nn", 0.5, "--eps-pn", 1.0)

Run = Callable[..., tuple[int, str, str]]
warned = pytest.mark.filterwarnings("always::nanonet.fourier.TransformWarning")


@warned
def test_s_of_a_run_and_back(run: Run, kept_runs: list[Path], tmp_path: Path) -> None:
    out, plot = tmp_path / "s.csv", tmp_path / "s.png"
    status, text, err = run("structure-factor", kept_runs[0], "--out", out, "--q-max", 4, "--plot", plot)
    assert (status, err) == (0, "")
    assert "S(q)  " in text
    assert plot.read_bytes().startswith(b"\x89PNG")
    curve, diameter, density, _ = read_curve(out, S_Q)
    assert isinstance(curve, StructureFactor)
    assert curve.error is not None
    assert diameter is not None
    assert density is not None
    status, text, err = run(
        "structure-factor", kept_runs[0] / "thinned.gsd", "--out", tmp_path / "again.csv", "--q-max", 4
    )
    assert status == 0
    assert read_curve(tmp_path / "again.csv", S_Q).curve == curve
    status, text, _ = run("structure-factor", out, "--to-rdf", "--out", tmp_path / "g.csv")
    assert status == 0
    assert "window lorch" in text
    assert read_rdf(tmp_path / "g.csv").density == density
    status, text, err = run("structure-factor", kept_runs[0], "--out", out, "--q-max", 4, "--method", "debye")
    assert status == 0
    assert "debye" in text


def test_runs_become_a_dataset_of_s_that_can_be_loaded(run: Run, kept_runs: list[Path], tmp_path: Path) -> None:
    status, text, _ = run("structure-factor", *kept_runs[:4], "--out", tmp_path / "sq.nc", "--q-max", 2)
    assert status == 0
    assert "which all boxes fill" in text
    data = Dataset.load(tmp_path / "sq.nc")
    assert data.quantity == S_Q
    assert data.compositions[0].diameter > 0
    assert data.Y.shape == (len(data), len(data.x))
    assert 1 <= len(data) <= 4
    assert np.isfinite(data.errors).all()
    assert data.provenance[0]["replicas"] >= 1


@warned
def test_an_rdf_says_where_its_s_is_made_by_the_cut(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "g.csv"
    path.write_text("r,g\n" + "".join(f"{0.1 * (i + 0.5):g},1\n" for i in range(100)))
    status, _, err = run("structure-factor", path, "--out", tmp_path / "s.csv")
    assert (status, err.count("\n")) == (2, 1)
    assert "g.csv does not say the density of the NPs; give it with --density" in err
    status, _, err = run("structure-factor", path, "--out", tmp_path / "s.csv", "--density", 0.002, "--nps", 20)
    assert status == 0
    assert err == "warning: g(r) ends at r = 10: S(q) below q = 0.628 is made by the cut\n"
    assert read_curve(tmp_path / "s.csv", S_Q).curve.y == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("no-such-run",), "no-such-run does not exist"),
        (("RUN", "--out", "s.txt"), "out = s.txt is not one of FILE.nc (runs) and FILE.csv (one path)"),
        (("RUN", "RUN", "--out", "s.csv"), "is not one of FILE.nc"),
        (("g.csv", "--out", "s.nc"), "g.csv is not a run folder"),
        (("RUN", "RUN", "--out", "s.nc"), "is the same run as"),
        (("RUN", "--method", "fft"), "method = 'fft' is not one of direct, debye"),
        (("RUN", "--q-max", "0.3"), "q_max = 0.3 is not 0.2 times a whole number"),
        (("RUN", "--density", "0.1"), "density is for tables (.csv)"),
        (("RUN", "--to-rdf"), "--to-rdf takes S(q) in a table (.csv)"),
        (("RUN", "--out", "s.nc", "--method", "debye"), "method = 'debye' is for FILE.csv"),
        (("RUN", "--plot", "s.txt"), "plot s.txt has suffix '.txt'"),
        (("g.csv", "--density", "-1"), "density = -1 is not above 0"),
        (("g.csv", "--density", "1e30"), "is not above 0 and at most 1e+06"),
        (("g.csv", "--density", "0.002", "--nps", "9" * 30), "is not 2 or more, at most 1,000,000,000,000"),
        (("g.csv", "--density", "0.1", "--window", "hann"), "window = 'hann' is not one of lorch, none"),
        (("g.csv", "--density", "0.1", "--to-rdf"), "g.csv has columns r, g; allowed are q, S, error, low, high"),
        (("g.csv", "--density", "0.1", "--q-max", "nan"), "q_max = nan is not between"),
        ((".",), "is not a run of nanonet: it has no run.json"),
        (
            ("a.lammpstrj",),
            "a.lammpstrj is not a trajectory that S(q) is measured of; allowed are .gsd and run folders",
        ),
        (("empty",), "has neither trajectory.gsd nor thinned.gsd"),
    ],
)
def test_bad_input_is_one_message(
    run: Run,
    kept_runs: list[Path],
    arguments: tuple[str, ...],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("g.csv").write_text("r,g\n0.05,0\n0.15,1\n0.25,1\n")
    Path("a.lammpstrj").touch()
    Path("empty").mkdir()
    shutil.copy(kept_runs[0] / "run.json", "empty")
    given = [str(kept_runs[0]) if one == "RUN" else one for one in arguments]
    status, _, err = run("structure-factor", *given, *(() if "--out" in given else ("--out", "s.csv")))
    assert status == 2
    assert said in err
    assert len([line for line in err.splitlines() if "warning" not in line]) == 1


def test_theory_says_what_gave_it(run: Run, tmp_path: Path) -> None:
    out, plot = tmp_path / "g.csv", tmp_path / "g.png"
    status, text, err = run("theory", *COMPOSITION, "--out", out, "--plot", plot)
    assert (status, err) == (0, "")
    assert "integral equation (HNC): converged" in text
    assert plot.read_bytes().startswith(b"\x89PNG")
    status, text, _ = run("theory", *COMPOSITION, "--json")
    content = json.loads(text)
    assert (content["closure"], content["converged"], content["extrapolated"]) == ("HNC", True, False)
    assert read_rdf(out).rdf.g == pytest.approx(content["g"], abs=1e-4)
    condensing = ("--diameter", 5, "--chain-length", 30, "--density", 0.001, "--eps-nn", 2, "--eps-pn", 0.2)
    status, text, _ = run("theory", *condensing)
    assert status == 0
    assert "dilute limit: NOT converged" in text
    assert "HNC and PY did not converge at this density" in text
    status, text, _ = run("theory", *condensing, "--closure", "dilute")
    assert "dilute limit: converged" in text
    beyond = ("--diameter", 8, "--chain-length", 40, "--density", 0.0001, "--eps-nn", 0.5, "--eps-pn", 1.0)
    assert "W_poly is not known there" in run("theory", *beyond)[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((*COMPOSITION, "--closure", "MSA"), "closure = 'MSA' is not one of HNC, PY, dilute"),
        ((*COMPOSITION[:-1], -1), "eps_pn = -1"),
        ((*COMPOSITION, "--plot", "g.txt"), "plot g.txt has suffix '.txt'"),
        ((*COMPOSITION, "--out", "nowhere/g.csv"), "nowhere"),
    ],
)
def test_theory_refuses(run: Run, arguments: tuple[object, ...], said: str) -> None:
    status, _, err = run("theory", *arguments)
    assert status == 2
    assert said in err
