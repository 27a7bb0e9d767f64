"""Trajectories from the command line: into datasets of g(r) and of mean squared displacements, and to predictions."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nanonet import Dataset
from nanonet.curve import MSD
from nanonet.formats.curve_csv import read_curve
from nanonet.simulate.lmp import environment, find_lmp

pytest.importorskip("MDAnalysis", exc_type=ImportError)

from tests.analyze.made_up_files import UPRIGHT, data, dump, extended_xyz, fluid, vectors, write

Run = Callable[..., tuple[int, str, str]]

ROOT = Path(__file__).parents[2]
ARGON = ROOT / "docs" / "examples" / "argon-krypton.in"
DECLARED = """
[inputs.temperature]
unit = "K"

[quantity]
name = "g"
x = "r"
x_unit = "angstrom"
low = 0
limit = 1
"""
DECLARED_MSD = """
[inputs.temperature]
unit = "K"

[quantity]
name = "msd"
x = "t"
unit = "nm^2"
x_unit = "ps"
low = 0
"""


def _table(path: Path, *rows: str, columns: str = "temperature,curve") -> Path:
    path.write_text("\n".join([columns, *rows]) + "\n")
    return path


def test_trajectories_of_every_format_stand_in_one_table(run: Run, tmp_path: Path) -> None:
    positions, boxes = fluid(UPRIGHT)
    for name in ("a.gsd", "a.dcd", "a.xtc", "a.trr"):
        write(tmp_path / name, positions, boxes, 40)
    (tmp_path / "a.lammpstrj").write_text(dump(positions, boxes, 40))
    (tmp_path / "a.xyz").write_text(extended_xyz(positions, boxes, 40))
    (tmp_path / "top.data").write_text(data(positions[0], boxes[0], 40))
    (tmp_path / "own.toml").write_text(DECLARED)
    given = {"gsd": ",type NP,A", "xyz": ",type NP,real", "lammpstrj": ",type 2,metal", "dcd": "top.data,type 2,A",
             "xtc": "top.data,type 2,nm", "trr": "top.data,type 2,"}  # fmt: skip
    table = _table(
        tmp_path / "runs.csv",
        *(f"{300 + i},a.{suffix},{cells}" for i, (suffix, cells) in enumerate(given.items())),
        columns="temperature,curve,topology,select,units",
    )
    out, inputs = tmp_path / "own.nc", ("--inputs", tmp_path / "own.toml", "--r-max", "1nm", "--bins", 50)
    status, text, err = run("dataset", "create", out, "--table", table, *inputs, "--last", 18)
    assert (status, "error" in err) == (0, False)
    assert "trajectories: 6, of 19 frames" in text
    made = Dataset.load(out)
    assert made.errors.min() > 0
    for g in made.Y[1:]:
        assert np.abs(np.cumsum(g - made.Y[0])).max() < 0.5  # XTC is rounded
    assert made.provenance[0].nps == 40
    _table(table, "310,a.xyz")
    more = ("--select", "type NP", "--units", "A", *inputs[2:])
    assert run("dataset", "add", out, "--table", table, *more)[0] == 0
    before = out.read_bytes()
    for row, options, said in (
        ("311,a.xyz", ("--select", "type NP", *inputs[2:]), "line 2: units of "),
        ("311,a.xyz", ("--select", "type M", "--units", "lj", *inputs[2:]), "lengths in .*a.xyz are in sigma"),
        ("311,a.xyz", ("--select", "type X", "--units", "A", *inputs[2:]), "selection 'type X' matches nothing"),
        ("311,a.xyz", (*more, "--first", 17), "3 frames cannot be cut into 5 blocks"),
        ("311,a.xyz", (*more, "--interval", "1ps"), "interval = 1ps is not for g(r)"),
        ("311,none.xyz", more, "none.xyz does not exist"),
        ("311,top.csv", more, "top.csv cannot be read: it does not exist"),
    ):
        status, text, err = run("dataset", "add", out, "--table", _table(table, row), *options)
        assert (status, text) == (2, "")
        assert "runs.csv, line 2: " in err
        assert said.split(".*")[-1] in err
        assert out.read_bytes() == before
    (tmp_path / "g.csv").write_text("1 0\n2 1\n")
    status, _, err = run("dataset", "create", out, "--table", _table(table, "311,g.csv"), "--units", "A")
    assert (status, "units is for trajectories" in err) == (2, True)


def test_msd_of_a_trajectory(run: Run, tmp_path: Path) -> None:
    """Of walks with 6 D = 3 x 0.25 / 2 fs."""
    path = np.cumsum(np.random.default_rng(0).normal(0, 0.5, (500, 20, 3)), axis=0)
    boxes = np.broadcast_to(vectors(UPRIGHT), (500, 3, 3))
    write(tmp_path / "a.trr", path % boxes[0].diagonal(), boxes, 20)
    (tmp_path / "top.data").write_text(data(path[0], boxes[0], 20))
    how = ("--topology", tmp_path / "top.data", "--select", "all", "--sigma", "1A")
    out = tmp_path / "msd.csv"
    plot = tmp_path / "msd.png"
    status, text, _ = run("msd", tmp_path / "a.trr", *how, "--interval", "2fs", "--out", out, "--plot", plot)
    assert status == 0
    assert "20 NPs, 500 frames" in text
    assert "sigma^2 at t = 200 fs" in text
    assert plot.read_bytes().startswith(b"\x89PNG")
    head = out.read_text().splitlines()
    assert head[1] == "t [fs],msd [sigma^2],error"
    t, msd, error = np.array([line.split(",") for line in head[2:]], dtype=float).T
    assert np.abs((msd - 0.375 * t) / error).max() < 4
    for options, said in (
        ((), "interval is not given"),
        (("--interval", "2"), "interval = 2 has no unit"),
        (("--interval", "2fs", "--lag-max", "1ns"), "lag_max = 1e+06 fs is more than half the trajectory, 500 fs"),
        (("--interval", "2fs", "--last", 8), "9 frames, 2 fs apart"),
    ):
        out.unlink(missing_ok=True)
        status, text, err = run("msd", tmp_path / "a.trr", *how, *options, "--out", out)
        assert (status, text, said in err) == (2, "", True)
        assert not out.exists()


def test_msd_of_kept_runs_is_learnt_and_predicted(run: Run, tmp_path: Path, kept_runs: list[Path]) -> None:
    folders = kept_runs[:8]
    out, model = tmp_path / "msd.nc", tmp_path / "model"
    status, text, _ = run("msd", *folders, "--out", out, "--lag-max", 300)
    assert (status, "sigma^2 at t = 250 tau" in text) == (0, True)
    made = Dataset.load(out)
    assert (made.quantity, made.x[0], made.x[-1]) == (MSD, 10, 250)
    assert (np.diff(made.Y) > 0).all()
    assert run("msd", folders[0], "--out", tmp_path / "one.csv")[0] == 0
    one = read_curve(tmp_path / "one.csv", MSD).curve
    assert one.x[-1] == 500
    assert run("train", out, "--out", model)[0] == 0
    words = [word for name, x in made.points[0].to_json().items() for word in ("--set", f"{name}={x}")]
    status, text, _ = run("predict", "--model", model, *words, "--csv", tmp_path / "p.csv")
    assert (status, "NP mean squared displacement" in text) == (0, True)
    predicted = read_curve(tmp_path / "p.csv", MSD).curve
    assert predicted.low is not None
    assert predicted.y == pytest.approx(made.Y[0], rel=0.5)
    status, text, _ = run("evaluate", out)
    assert (status, "RMSE of ln msd" in text) == (0, True)
    for options, said in (
        (("--units", "lj"), "units is for trajectories"),
        (("--lag-max", "3ps"), "lag_max = 3ps is in ps; times are in tau"),
        (("--lag-max", 10), "leaves 1 lag times"),
    ):
        status, _, err = run("msd", folders[0], *options, "--out", tmp_path / "other.nc")
        assert (status, said in err) == (2, True)


def test_argon_in_real_units_from_lammps_to_a_prediction(run: Run, tmp_path: Path) -> None:
    command = [*find_lmp(), "-log", "none", "-screen", "none", "-in", str(ARGON)]
    small = ("-var", "cells", "3", "-var", "equilibration", "300", "-var", "production", "1000")
    temperatures = (150, 180, 210, 250, 300)
    for temperature in temperatures:
        subprocess.run(
            [*command, *small, "-var", "T", str(temperature)], env=environment(command), cwd=tmp_path, check=True,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    table = _table(tmp_path / "runs.csv", *(f"{T},{T}.lammpstrj" for T in temperatures))
    how = ("--table", table, "--units", "real", "--select", "type 1")
    for name, declared, options in (
        ("g", DECLARED, ("--r-max", "9A", "--bins", 30)),
        ("msd", DECLARED_MSD, ("--interval", "0.2ps")),
    ):
        (tmp_path / "own.toml").write_text(declared)
        out = tmp_path / f"{name}.nc"
        assert run("dataset", "create", out, *how, "--inputs", tmp_path / "own.toml", *options)[0] == 0
        assert run("train", out, "--out", tmp_path / name)[0] == 0
        predicted = tmp_path / f"{name}.csv"
        status, text, _ = run("predict", "--model", tmp_path / name, "--set", "temperature=200", "--csv", predicted)
        assert status == 0
        assert "temperature=200" in text
        curve = read_curve(predicted, Dataset.load(out).quantity).curve
        assert curve.low is not None
        if name == "g":
            assert curve.x[curve.y.argmax()] == pytest.approx(3.8, abs=0.3)  # 2^(1/6) x 3.405 A
        else:
            assert 0 < curve.y[0] < curve.y[-1] < 0.5
