"""Tables of points to tables of curves, and sweeps: what is written is what one prediction after another says."""

from __future__ import annotations

import csv
import os
import resource
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xarray as xr

import nanonet
from nanonet import InputError, Predictor
from nanonet.composition import FIELDS
from nanonet.errors import OutputError
from nanonet.predict import many
from nanonet.predict.many import predict_table
from nanonet.predict.sweep import sweep
from nanonet.rdf import first_peaks, peaks_of, standard_grid

X = np.array([[3, 40, 0.002, 0.5, 1.0], [3, 40, 0.002, 0.5, 0.2], [2, 30, 0.004, 1.0, 0.5], [9, 30, 0.0001, 1.0, 0.5]])


@pytest.fixture(scope="module")
def model() -> Predictor:
    return nanonet.load()


def _csv(path: Path, rows: np.ndarray = X, head: str = ",".join(FIELDS)) -> Path:
    path.write_text("\n".join(["# made", head, "", *(",".join(f"{x:g}" for x in row) for row in rows)]) + "\n")
    return path


def _read(path: Path) -> dict[str, np.ndarray]:
    """Columns of a table of predictions, by name."""
    if path.suffix == ".nc":
        return {str(name): x.values for name, x in xr.load_dataset(path).variables.items()}
    if path.suffix == ".parquet":
        return {name: np.array(x) for name, x in pq.read_table(pa.BufferReader(path.read_bytes())).to_pydict().items()}
    head, *rows = csv.reader(line for line in path.read_text().splitlines() if not line.startswith("#"))
    values = np.array(rows, dtype=np.float64)
    found = {name: values[:, k] for k, name in enumerate(head) if not name.rpartition("_")[2][0].isdigit()}
    for curve in ("g", "low", "high"):
        found[curve] = values[:, [k for k, name in enumerate(head) if name.rpartition("_")[0] == curve]]
    return found


@pytest.mark.parametrize("suffix", [".csv", ".nc", ".parquet"])
def test_each_format_goes_in_and_out(suffix: str, model: Predictor, tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(many, "_PART", 3)  # more than one part
    table = tmp_path / f"points{suffix}"
    columns = dict(zip(FIELDS, X.T, strict=True))
    if suffix == ".csv":
        _csv(table)
    elif suffix == ".nc":
        xr.Dataset({name: ("row", x) for name, x in columns.items()}).to_netcdf(table, engine="h5netcdf")
    else:
        pq.write_table(pa.table({**columns, "label": ["a", "b", "c", "d"]}), table)
    seen = []
    found = predict_table(
        model, table, tmp_path / f"out{suffix}", progress=lambda done, total: seen.append((done, total))
    )
    assert (found.rows, found.outside, len(seen), seen[-1]) == (4, 1, 2, (4, 4))
    assert found.unused == (("label",) if suffix == ".parquet" else ())
    written = _read(tmp_path / f"out{suffix}")
    for name, x in columns.items():
        np.testing.assert_allclose(written[name], x)
    np.testing.assert_array_equal(written["outside"], [0, 0, 0, 1])
    for curve, expected in zip(("g", "low", "high"), model.predict_bands(X), strict=True):
        np.testing.assert_allclose(written[curve], expected, rtol=2e-5, atol=1e-9)
    peak = model.predict(X[1]).first_peak
    assert peak is not None
    np.testing.assert_allclose([written["peak_position"][1], written["peak_height"][1]], peak, rtol=1e-5)


@pytest.mark.parametrize("size", [1_000, 12_000, 300_000])
@pytest.mark.parametrize("suffix", [".csv", ".nc", ".parquet"])
def test_a_limit_on_file_sizes_leaves_nothing(suffix: str, size: int, model: Predictor, tmp_path: Path) -> None:
    """HDF5 ended the process at the end of a file that it could not write."""
    table = _csv(tmp_path / "t.csv", np.tile(X[:3], (200, 1)))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        with pytest.raises(OutputError, match=r"cannot write .*out\.\w+: File too large"):
            predict_table(model, table, tmp_path / f"out{suffix}")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == [table]


def test_names_of_any_bytes(model: Predictor, tmp_path: Path) -> None:
    table = _csv(tmp_path / os.fsdecode(b"\xff.csv"))
    first, second = (tmp_path / os.fsdecode(b"\xff%d.parquet" % i) for i in range(2))
    predict_table(model, table, first)
    predict_table(model, first, second)
    np.testing.assert_array_equal(_read(second)["g"], _read(first)["g"])


def test_a_model_without_bands_writes_curves_alone(tmp_path: Path) -> None:
    network = nanonet.load("nanonet")
    predict_table(network, _csv(tmp_path / "points.csv", X[:2]), tmp_path / "out.nc")
    written = _read(tmp_path / "out.nc")
    assert "low" not in written
    np.testing.assert_allclose(written["g"], network.predict_curves(X[:2]), rtol=1e-5)


def test_bad_rows_are_named_and_nothing_is_written(model: Predictor, tmp_path: Path) -> None:
    table, out = tmp_path / "points.csv", tmp_path / "out.nc"
    for line, said in (
        ("3,40,0.002,0.5,9", r"points.csv, line 7: eps_pn = 9 is not between 0 and 5"),
        ("3,40,0.002,0.5,nan", "line 7: eps_pn = nan is not a finite number"),
        ("3,40,0.002,0.5,x", "line 7: eps_pn = 'x' is not a number"),
        ("3,40,0.002,0.5,", "line 7: eps_pn = '' is not a number"),
        ("3,40.5,0.002,0.5,1", "line 7: chain_length = 40.5 is not a whole number"),
        ("6,40,0.01,0.5,1", "line 7: NP volume fraction"),
        ("3,40,0.002,0.01,1", r"line 7: eps_nn = 0.01 is not 0.02 or above"),
        ("3,40,0.002,0.5", "line 7: 4 values for the 5 columns"),
    ):
        table.write_text(_csv(table, X[:3]).read_text() + line + "\n")
        with pytest.raises(InputError, match=said):
            predict_table(model, table, out)
        assert not out.exists()
    with pytest.raises(InputError, match="line 7: it lies outside of the model's data"):
        predict_table(model, _csv(table), out, strict=True)
    for text, said in (
        ("", "points.csv is empty"),
        ("diameter,density\n", "has no column chain_length, eps_nn, eps_pn"),
        (",".join(FIELDS) + "\n", "has no rows"),
        ("diameter (nm),chain_length,density,eps_nn,eps_pn\n", "diameter is in 'nm'; allowed is sigma"),
        (
            ",".join(FIELDS) + ',label\n3,40,0.002,0.5,1,"two\nlines"\n',
            "a quoted value has a line break between lines 2 and 3",
        ),
        ("diameter,diameter,chain_length,density,eps_nn,eps_pn\n", "column diameter stands twice"),
    ):
        table.write_text(text)
        with pytest.raises(InputError, match=said):
            predict_table(model, table, out)
    for name in ("damaged.nc", "damaged.parquet"):
        (tmp_path / name).write_bytes(b"nothing of the kind")
        with pytest.raises(InputError, match=f"{name} cannot be read as"):
            predict_table(model, tmp_path / name, out)
    with pytest.raises(InputError, match=r"suffix '.txt'; allowed are .csv, .nc, .parquet"):
        predict_table(model, _csv(table), tmp_path / "out.txt")
    with pytest.raises(InputError, match="is no file"):
        predict_table(model, tmp_path / "missing.csv", out)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["damaged.nc", "damaged.parquet", "points.csv"]


def test_decimal_commas_are_read(model: Predictor, tmp_path: Path) -> None:
    text = _csv(tmp_path / "points.csv").read_text().replace(",", ";").replace(".", ",")
    (tmp_path / "points.csv").write_text(text)
    predict_table(model, tmp_path / "points.csv", tmp_path / "out.nc")
    np.testing.assert_allclose(_read(tmp_path / "out.nc")["density"], X[:, 2])


def test_a_sweep_says_what_single_predictions_say(model: Predictor, tmp_path: Path) -> None:
    held = {"diameter": 3.0, "chain_length": 40.0, "density": 0.002}
    found = sweep(model, {"eps_nn": np.array([0.5, 1.0]), "eps_pn": np.array([0.2, 0.6, 1.0])}, held)
    found.write(tmp_path / "sweep.nc")
    written = xr.load_dataset(tmp_path / "sweep.nc")
    one = model.predict_all([3, 40, 0.002, 1.0, 0.2])
    here = written.sel(eps_nn=1.0, eps_pn=0.2)
    np.testing.assert_allclose(here.g, one.curve.y, rtol=1e-5, atol=1e-7)  # ln(g + 0.03) is in single precision
    assert one.intervals is not None
    assert one.intervals.peak is not None
    assert float(here.peak_height) == pytest.approx(one.intervals.peak.height)
    assert (float(here.peak_height_low), float(here.peak_height_high)) == pytest.approx(one.intervals.peak_height)
    assert float(here.neighbours) == pytest.approx(one.intervals.neighbours)
    assert (written.g.dims, float(written.density)) == (("eps_nn", "eps_pn", "r"), 0.002)
    found.write(tmp_path / "sweep.csv")
    np.testing.assert_allclose(_read(tmp_path / "sweep.csv")["g"], found.columns["g"], rtol=1e-4, atol=1e-9)
    axis = np.array([0.5])
    for axes, more, said in (
        ({"eps_nn": axis}, held | {"eps_nn": 1.0}, "eps_nn = 1 is given, but the sweep runs over it"),
        ({"eps_nn": axis}, held, "eps_pn is missing"),
        ({"eps": axis}, held, "eps is not one of"),
        ({"eps_nn": np.linspace(0.1, 1, 1000), "eps_pn": np.linspace(0.1, 1, 1000)}, held, "allowed are 1 to 100,000"),
    ):
        with pytest.raises(InputError, match=said):
            sweep(model, axes, more)


@pytest.mark.parametrize("decimals", [1, 6])
def test_first_peaks_of_many_are_those_of_each(decimals: int) -> None:
    """With few decimals, equal values are frequent."""
    random, r = np.random.default_rng(decimals), standard_grid()
    walks = np.cumsum(random.normal(0, 0.1, (800, 100)), axis=1).clip(0)
    curves = np.round(np.concatenate([np.abs(random.normal(1, 0.5, (800, 100))), walks, 3 * walks]), decimals)
    expected = [one[0] if one else (np.nan, np.nan) for one in peaks_of(r, curves)]
    np.testing.assert_allclose(np.transpose(first_peaks(r, curves)), expected)
    assert 0.1 < np.isnan(expected).any(axis=1).mean() < 0.9
