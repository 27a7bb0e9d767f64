"""`nanonet sweep`, `nanonet predict --table`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from nanonet import InputError
from nanonet.composition import NANOCOMPOSITE
from nanonet.serve.sweep import values_along

FOUR = ["--diameter", 3, "--chain-length", 40, "--density", 0.002, "--eps-nn", 0.5]


def test_a_sweep_from_the_command_line(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    out, plot = tmp_path / "sweep.nc", tmp_path / "sweep.png"
    status, text, error = run("sweep", *FOUR, "--vary", "eps-pn=0.1:1.0:4", "--out", out, "--plot", plot)
    assert (status, error) == (0, "") or "predicting" in error
    assert "predicted  4 of eps_pn: 4 curves" in text
    assert plot.stat().st_size > 10_000
    np.testing.assert_allclose(xr.load_dataset(out).eps_pn, [0.1, 0.4, 0.7, 1.0])
    two = ["--vary", "eps_pn=0.2,1.0", "--vary", "eps_nn=0.5:1:2"]
    assert run("sweep", *FOUR[:6], *two, "--out", tmp_path / "two.parquet", "--plot", plot)[0] == 0
    for words, said in (
        (["--vary", "eps_pn=1:2"], "vary eps_pn = '1:2' is not NAME=LOW:HIGH:COUNT"),
        (["--vary", "eps_pn=x,1"], "is not NAME=LOW:HIGH:COUNT"),
        (["--vary", "eps_pn=1,1"], "a value stands twice"),
        (["--vary", "eps_pn=2:1:5"], "allowed are rising ends and 2 to 100,000 values"),
        (["--vary", "eps_pn=1:2:1000000000"], "allowed are rising ends and 2 to 100,000 values"),
        (["--vary", f"eps_pn=1:2:{'9' * 30}"], "allowed are rising ends and 2 to 100,000 values"),
        (["--vary", "eps_pn=1:9:5"], "eps_pn = 9 is not between 0 and 5"),
        (["--vary", "eps=1,2"], "eps is not one of"),
        (["--vary", "eps_nn=1,2"], "eps_nn = 0.5 is given, but the sweep runs over it"),
        (["--vary", "eps_pn=1,2", "--vary", "eps_pn=1,3"], "eps_pn is varied twice"),
        (["--vary", "eps_pn"], "vary = 'eps_pn' is not NAME=VALUE"),
    ):
        status, _, error = run("sweep", *FOUR, *words, "--out", tmp_path / "no.nc")
        assert (status, said in error) == (2, True), error
    assert not (tmp_path / "no.nc").exists()


def test_values_follow_the_declaration() -> None:
    np.testing.assert_allclose(values_along(NANOCOMPOSITE, "density", "0.0001:0.01:3"), [0.0001, 0.001, 0.01])
    assert values_along(NANOCOMPOSITE, "chain_length", "10:13:20").tolist() == [10, 11, 12, 13]
    with pytest.raises(InputError, match=r"chain_length = 10.5 is not a whole number"):
        values_along(NANOCOMPOSITE, "chain_length", "10.5,11")


def test_a_table_from_the_command_line(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    table, out = tmp_path / "points.csv", tmp_path / "out.parquet"
    table.write_text("label,diameter,chain_length,density,eps_nn,eps_pn\na,3,40,.002,.5,1\nb,9,40,.0001,.5,1\n")
    status, text, _ = run("predict", "--table", table, "--out", out)
    assert status == 0
    assert "predicted  2 rows" in text
    assert "1 rows lie outside of the model's data" in text
    assert "columns that are no inputs: label" in text
    for words, said in (
        (["--table", table], "--table needs --out FILE"),
        (["--out", out], "--out needs --table FILE"),
        (["--table", table, "--out", out, "--diameter", 3], "diameter is given beside --table"),
        (["--table", table, "--out", out, "--json"], "json is given beside --table"),
        (["--table", table, "--out", out, "--strict"], "line 3: it lies outside of the model's data"),
    ):
        status, _, error = run("predict", *words)
        assert (status, said in error) == (2, True), error
