"""Other people's results become datasets, or one message says why not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from nanonet import Dataset, InputError
from nanonet.composition import NANOCOMPOSITE
from nanonet.curve import G_R, Quantity
from nanonet.formats.curve_csv import read_curve
from nanonet.formats.declaration import read_declaration
from nanonet.import_dataset import CurveFile, extended, from_archive, from_table, from_wide_table
from nanonet.space import Input, InputSpace

MSD = Quantity("msd", "t", unit="nm^2", x_unit="ns", low=0.0)
SPACE = InputSpace((Input("temperature", "K", 200, 500),))
DECLARED = """
[inputs.temperature]
unit = "K"
low = 200
high = 500

[quantity]
name = "msd"
x = "t"
unit = "nm^2"
x_unit = "ns"
low = 0
"""


def _results(folder: Path, table: str, **curves: str) -> Path:
    for name, text in curves.items():
        (folder / f"{name}.csv").write_text(text)
    (folder / "runs.csv").write_text(table)
    return folder / "runs.csv"


def _made(path: Path, space: InputSpace | None = SPACE, quantity: Quantity = MSD, **more: object) -> Dataset:
    return from_table(path, space, quantity, lambda one, _: CurveFile(read_curve(one, quantity).curve), **more).data  # type: ignore[arg-type]


def test_a_declaration_gives_inputs_and_quantity(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(DECLARED)
    assert read_declaration(tmp_path / "own.toml") == (SPACE, MSD)
    (tmp_path / "own.toml").write_text(DECLARED.partition("[quantity]")[0])
    assert read_declaration(tmp_path / "own.toml") == (SPACE, G_R)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no inputs"),
        ("inputs = 3", "has no inputs"),
        ("[inputs", "is no TOML"),
        ("[inputs.a]\nlow = 'x'", "a: low = 'x' is not a number"),
        ("[inputs.a]\nunits = 'K'", "inputs.a.units is not one of unit, low"),
        ("[input.a]", "input is not one of inputs, quantity"),
        ("[inputs.a]\n[quantity]\nx = 'r'", "quantity.name is missing"),
    ],
)
def test_a_bad_declaration_is_explained(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "own.toml").write_text(text)
    with pytest.raises(InputError, match=said.replace("(", r"\(")):
        read_declaration(tmp_path / "own.toml")


def test_a_table_of_results_becomes_a_dataset(tmp_path: Path) -> None:
    table = _results(
        tmp_path,
        "temperature (K),curve,fidelity\n300,a.csv,experiment\n350,b.csv,\n",
        a="t (ns),msd (nm^2),error\n1,0.5,0.1\n2,1.0,0.1\n",
        b="1 0.7 0.1\n2 1.4 0.2\n",
    )
    data = _made(table)
    assert (data.space, data.quantity) == (SPACE, MSD)
    np.testing.assert_array_equal(data.X, [[300], [350]])
    np.testing.assert_array_equal(data.Y, [[0.5, 1.0], [0.7, 1.4]])
    np.testing.assert_array_equal(data.errors, [[0.1, 0.1], [0.1, 0.2]])
    assert data.provenance[0]["fidelity"] == "experiment"
    assert data.provenance[1]["source"] == "runs.csv, line 3: b.csv"
    data.save(tmp_path / "own.nc")
    assert Dataset.load(tmp_path / "own.nc") == data


def test_headings_declare_inputs_where_nothing_else_does(tmp_path: Path) -> None:
    table = _results(tmp_path, "T (K),curve\n300,a.csv\n", a="1 0.5\n2 1\n")
    assert _made(table, None).space == InputSpace((Input("T", "K"),))
    five = "diameter,chain_length,density,eps_nn,eps_pn,curve\n3,40,0.002,0.5,1,a.csv\n"
    assert _made(_results(tmp_path, five), None).space == NANOCOMPOSITE


@pytest.mark.parametrize(
    ("table", "curve", "said"),
    [
        ("temperature\n300\n", "1 1\n2 2\n", "needed is curve"),
        ("temperature,curve\n", "1 1\n2 2\n", "has a heading and no rows"),
        ("temperature,curve\n,a.csv\n", "1 1\n2 2\n", "line 2: temperature = '' is not a number"),
        ("temperature,curve\nnan,a.csv\n", "1 1\n2 2\n", "line 2: temperature = 'nan' is not a finite number"),
        ("temperature,curve\n600,a.csv\n", "1 1\n2 2\n", "line 2: temperature = 600 is not between 200 and 500"),
        ("temperature (C),curve\n300,a.csv\n", "1 1\n2 2\n", "temperature is in 'C'; declared is 'K'"),
        ("temperature,pressure,curve\n300,1,a.csv\n", "1 1\n2 2\n", "column pressure is not one of temperature, curve"),
        ("pressure,curve\n1,a.csv\n", "1 1\n2 2\n", "column pressure is not one of"),
        ("temperature,curve\n300,a.csv\n300,a.csv\n", "1 1\n2 2\n", "line 3: temperature=300 stands in"),
        ("temperature,curve\n300,none.csv\n", "1 1\n2 2\n", "none.csv cannot be read: it does not exist"),
        ("temperature,curve\n300,\n", "1 1\n2 2\n", "line 2: curve is empty"),
        ("temperature,curve\n300,a.csv\n", "", "a.csv is empty"),
        ("temperature,curve\n300,a.csv\n", "1 1\n2 nan\n", "line 2: msd = 'nan' is not a finite number"),
        ("temperature,curve\n300,a.csv\n", "1 1\n2 -2\n", "line 2: msd = -2 is not 0 or above"),
        ("temperature,curve\n300,a.csv\n", "2 1\n1 2\n", "line 2: t = 1 does not rise above 2"),
        (
            "temperature,curve\n300,a.csv\n",
            "1 1 1 1\n2 2 2 2\n",
            "4 columns without a heading; allowed are t, msd, error",
        ),
        ("temperature,curve\n300,a.csv\n", "t (ps),msd\n1,1\n2,2\n", "line 1: t is in 'ps'; allowed is ns"),
        (
            "temperature,curve\n300,a.csv\n350,b.csv\n",
            "1 1\n2 2\n",
            "line 3: its 2 values of t, 1 to 3 are not those of",
        ),
    ],
)
def test_what_is_wrong_with_a_table_is_named(tmp_path: Path, table: str, curve: str, said: str) -> None:
    path = _results(tmp_path, table, a=curve, b="1 1\n3 3\n")
    with pytest.raises(InputError) as caught:
        _made(path)
    assert said in str(caught.value)


def test_curves_on_other_grids_are_interpolated_when_asked(tmp_path: Path) -> None:
    path = _results(tmp_path, "temperature,curve\n300,a.csv\n350,b.csv\n", a="1 1\n2 2\n3 3\n", b="2.5 5\n1.5 3\n0 0\n")

    def read(one: Path, _: Mapping[str, str]) -> CurveFile:
        found = read_curve(one, MSD, sort=True)
        return CurveFile(found.curve, "sorted" if found.reordered else "")

    found = from_table(path, SPACE, MSD, read, interpolate=True)
    np.testing.assert_allclose(found.data.x, [1, 2])
    np.testing.assert_allclose(found.data.Y, [[1, 2], [2, 4]])
    (tmp_path / "b.csv").write_text("2 1\n1 -2\n")
    with pytest.raises(InputError, match="line 2: msd = -2 is not 0 or above"):
        read(tmp_path / "b.csv", {})
    assert found.notes == (
        "b.csv: sorted",
        "1 of 2 curves were interpolated linearly to 2 values of t, 1 to 2",
    )


def test_results_are_added_on_the_grid_of_the_dataset(tmp_path: Path) -> None:
    data = _made(_results(tmp_path, "temperature,curve\n300,a.csv\n", a="1 1\n2 2\n"))
    more = _made(_results(tmp_path, "temperature,curve\n350,a.csv\n"), grid=data.x)
    whole = extended(data, more)
    np.testing.assert_array_equal(whole.X, [[300], [350]])
    with pytest.raises(InputError, match="temperature=300 stands in entry 0"):
        extended(whole, data)


def test_an_archive_becomes_a_dataset(tmp_path: Path) -> None:
    X, Y, x = np.array([[300.0], [350.0]]), np.array([[1.0, 2.0], [2.0, 4.0]]), np.array([1.0, 2.0])
    np.savez(tmp_path / "own.npz", a=X, msd=Y, t=x)
    data = from_archive(tmp_path / "own.npz", SPACE, MSD, {"inputs": "a"}).data
    np.testing.assert_array_equal(data.Y, Y)
    assert data.curves[0].error is None
    with pytest.raises(InputError, match=r"no array X of inputs; it has a \(2, 1\), msd \(2, 2\), t \(2,\)"):
        from_archive(tmp_path / "own.npz", SPACE, MSD)
    with pytest.raises(InputError, match="no array e of errors"):
        from_archive(tmp_path / "own.npz", SPACE, MSD, {"inputs": "a", "errors": "e"})
    with pytest.raises(InputError, match="array error is not one of inputs, curves, grid, errors"):
        from_archive(tmp_path / "own.npz", SPACE, MSD, {"error": "e"})
    np.savez(tmp_path / "own.npz", X=X, msd=Y[:, :1], t=x)
    with pytest.raises(InputError, match="archive"):
        from_archive(tmp_path / "own.npz", SPACE, MSD)
    (tmp_path / "own.npz").write_bytes((tmp_path / "own.npz").read_bytes()[:100])
    with pytest.raises(InputError, match="cannot be read"):
        from_archive(tmp_path / "own.npz", SPACE, MSD)


def test_a_wide_table_becomes_a_dataset(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("temperature (K),1,2.5\n300,1,2\n350,2,4\n")
    data = from_wide_table(tmp_path / "own.csv", None, MSD).data
    np.testing.assert_array_equal(data.x, [1, 2.5])
    np.testing.assert_array_equal(data.Y, [[1, 2], [2, 4]])
    (tmp_path / "own.csv").write_text("temperature (K),1,2.5\n300,1,2\n350,2\n")
    with pytest.raises(InputError, match="line 3: 2 values for the 3 columns"):
        from_wide_table(tmp_path / "own.csv", None, MSD)
    (tmp_path / "own.csv").write_text("temperature (K),1,2.5\n300,1,2\n350,2,x\n")
    with pytest.raises(InputError, match=r"line 3: 2\.5 = 'x' is not a number"):
        from_wide_table(tmp_path / "own.csv", None, MSD)


def test_datasets_as_tables_of_others() -> None:
    data = Dataset.shipped()[:3]
    table, arrays = data.to_pandas(), data.to_xarray()
    assert len(table) == data.Y.size
    np.testing.assert_array_equal(table["g"].to_numpy().reshape(data.Y.shape), data.Y)
    np.testing.assert_array_equal(arrays["g"], data.Y)
    np.testing.assert_array_equal(arrays["density"], data.X[:, 2])
    html = data._repr_html_()
    assert "Dataset of 3 compositions" in html
    assert "data:image/png;base64," in html
    assert len(data.plot().lines) == 4  # the curves, and a line at 1
