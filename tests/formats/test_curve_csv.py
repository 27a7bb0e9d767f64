"""RDFs in tables: as spreadsheets, people, LAMMPS and earlier versions write them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nanonet import RDF, InputError
from nanonet.formats.curve_csv import is_table, read_rdf, write_curve
from nanonet.rdf import standard_grid

PLAIN = "r,g\n0.05,0\n0.15,0.5\n0.25,1.5\n0.35,1\n"
EXPECTED = RDF(np.array([0.05, 0.15, 0.25, 0.35]), np.array([0, 0.5, 1.5, 1]))
LAMMPS = """# Time-averaged data for fix rdf
# TimeStep Number-of-rows
# Row c_rdf[1] c_rdf[2] c_rdf[3]
5000 4
1 0.05 0 0
2 0.15 0.5 0.1
3 0.25 1.5 0.3
4 0.35 1 0.5
"""


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        b"\xef\xbb\xbf" + PLAIN.encode(),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\n\n").encode(),
        PLAIN.replace(",", ";").encode(),
        PLAIN.replace(",", ";").replace(".", ",").encode(),
        PLAIN.replace(",", "\t").replace(".", ",").encode(),
        "\n".join(",".join(f'"{x}"' for x in line.split(",")) for line in PLAIN.split()).encode(),
        PLAIN.replace("r,g", "r (sigma), g(r)").encode(),
        PLAIN.replace("r,g", "r/sigma,g").encode(),
        "# note: σ\n".encode() + PLAIN.replace("r,g", "r [σ],g").encode(),
        b"r,g,remark\n" + "".join(f"{line},x\n" for line in PLAIN.split()[1:]).encode(),
        b"g,r\n" + "".join(",".join(line.split(",")[::-1]) + "\n" for line in PLAIN.split()[1:]).encode(),
        b"r,g,error\n" + "".join(f"{line},\n" for line in PLAIN.split()[1:]).encode(),
        LAMMPS.encode(),
    ],
)
def test_one_curve_in_many_clothes(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "rdf.csv").write_bytes(content)
    assert read_rdf(tmp_path / "rdf.csv") == (EXPECTED, None, None)


def test_a_grid_from_0_begins_behind_it(tmp_path: Path) -> None:
    path = tmp_path / "rdf.csv"
    path.write_text("r,g\n0,0\n0.1,0\n0.2,1\n0.3,2\n")
    assert np.array_equal(read_rdf(path).rdf.r, [0.1, 0.2, 0.3])
    path.write_text("r,g\n0,5\n0.1,0\n0.2,1\n")
    with pytest.raises(InputError, match="r = 0 is not the centre of a bin"):
        read_rdf(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty; allowed are columns r, g, error, low, high"),
        ("# only a comment\n", "is empty"),
        ("r,g\n", "has a heading and no rows"),
        ("0.05,0,0.1,7\n0.15,1,0.1,7\n", "line 1: 4 columns without a heading; allowed are r, g, error"),
        ("x,g\n1,2\n", "has columns x, g"),
        ("r,g,g\n1,2,3\n", "line 1: column g stands twice"),
        ("r (nm),g\n1,2\n2,3\n", "line 1: r is in 'nm'; allowed is sigma"),
        ("# a\nr,g\n0.05,0\n0.15,x\n", "line 4: g = 'x' is not a number"),
        ("r,g\n0.05,0\n0.15,nan\n", "line 3: g = 'nan' is not a finite number"),
        ("r,g\n0.05,0\n0.15,-1\n", "line 3: g = -1 is not 0 or above"),
        ("r,g\n0,0\n0.1,0\n0.2,-1\n", "line 4: g = -1"),
        ("r,g\n0.05,0\n0.15,1,2\n", "line 3: 3 values for the 2 columns r, g"),
        ("r,g,error\n0.05,0,0.1\n0.15,1,\n", "line 3: error is empty"),
        ("r,g\n0.05,\n0.15,\n", "line 2: g is empty"),
        ("r;g\n0,05;0\n0,15;1.234,5\n", "line 3: g = '1.234,5' is not a number"),
        ('r,g\n"0.05,0\n', "line 2: unexpected end of data"),
        ("r,g\n0.05,0\n", "r has 1 values"),
        ("r,g\n0.05,0\n0.15,0\n0.45,1\n", "r is not evenly spaced"),
        ("# diameter = wide\n" + PLAIN, "diameter = 'wide' is not a number"),
        (LAMMPS + LAMMPS.split("rdf[3]\n")[1], "line 9: a second moment"),
        (LAMMPS.replace("5000 4", "5000 5"), "has 4 rows; its head has 5"),
        (LAMMPS.replace(" 0.1\n", "\n"), "line 6: 3 values; allowed are 4"),
        (LAMMPS.split("5000")[0], "no RDF of LAMMPS"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=r"bad\.csv") as caught:
        read_rdf(path)
    assert said in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_diameter_and_density_are_values_not_names(tmp_path: Path) -> None:
    """A comment that happens to contain D=7, a file's name for instance, says nothing about the NPs."""
    path = tmp_path / "rdf.csv"
    write_curve(path, EXPECTED, "measured from D=7 rho=9\n# diameter = 8\n.gsd", density=0.002)
    assert read_rdf(path)[1:] == (None, 0.002)
    write_curve(path, EXPECTED, "measured from x.gsd", diameter=3.0)
    assert read_rdf(path)[1:] == (3.0, None)
    write_curve(path, EXPECTED, "predicted for D=5 N=40 rho=0.1 eps_nn=1 eps_pn=1; near D=7", diameter=3, density=0.004)
    assert read_rdf(path)[1:] == (3.0, 0.004)


@pytest.mark.parametrize(
    ("comment", "diameter", "density"),
    [
        ("predicted for D=3 N=40 rho=0.002 eps_nn=0.5 eps_pn=1; 19 simulations; nearest D=5 rho=1", 3.0, 0.002),
        ("measured for D=3 N=40 rho=0.0019 eps_nn=0.5 eps_pn=1", 3.0, 0.0019),
        ("measured from D=7 rho=3.gsd, density 0.0015", None, 0.0015),
        ("measured from D=7 N=40 rho=3 eps_nn=1.gsd", None, None),
    ],
)
def test_files_of_earlier_versions(comment: str, diameter: float | None, density: float | None, tmp_path: Path) -> None:
    (tmp_path / "rdf.csv").write_text(f"# nanonet: {comment}\n{PLAIN}")
    assert read_rdf(tmp_path / "rdf.csv")[1:] == (diameter, density)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    g = np.linspace(0, 2, 100)
    for rdf in (RDF(standard_grid(), g, 0.1 * g), RDF(standard_grid(), g, low=0.5 * g, high=2 * g)):
        write_curve(tmp_path / "rdf.csv", rdf, "made up", 3, 0.002)
        again = read_rdf(tmp_path / "rdf.csv").rdf
        for name in ("r", "g", "error", "low", "high"):
            one, other = getattr(rdf, name), getattr(again, name)
            assert (one is None) == (other is None)
            assert one is None or other == pytest.approx(one, rel=1e-5)


def test_tables_and_datasets_are_told_apart() -> None:
    assert all(map(is_table, ("a.csv", "a.CSV", "a.rdf", "a.dat", "a.txt")))
    assert not any(map(is_table, ("explicit", "a.nc", "a.NC", "folder/a")))
