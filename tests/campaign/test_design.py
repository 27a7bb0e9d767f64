from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import qmc

from nanonet import Composition, InputError
from nanonet.campaign.design import FIGURE_4, LOWEST_DENSITY, MAX_VOLUME_FRACTION, RANGES, design, read_csv
from nanonet.composition import to_array

LOW, HIGH = np.array(list(RANGES.values())).T


def _unit(compositions: tuple[Composition, ...]) -> np.ndarray:
    X = to_array(compositions)
    unit = (X - LOW) / (HIGH - LOW)
    unit[:, 1] = (X[:, 1] - LOW[1] + 0.5) / (HIGH[1] - LOW[1] + 1)  # whole numbers
    unit[:, 2] = np.log(X[:, 2] / LOW[2]) / np.log(HIGH[2] / LOW[2])
    return np.asarray(unit)


def test_figure_4_comes_first() -> None:
    assert design(3) == FIGURE_4
    assert [c.eps_pn for c in FIGURE_4] == [0.1, 1.0, 0.4]
    assert design(1) == FIGURE_4[:1]


def test_the_design_is_golden() -> None:
    """Runs of years hang on it: it must not change."""
    assert [str(c) for c in design(9)[3:]] == [
        "D=2.28 N=34 rho=0.00063 eps_nn=1.16 eps_pn=0.31",
        "D=3.78 N=26 rho=0.00178 eps_nn=2.36 eps_pn=1.01",
        "D=4.53 N=38 rho=0.00106 eps_nn=1.76 eps_pn=1.36",
        "D=3.03 N=30 rho=0.003 eps_nn=0.56 eps_pn=0.66",
        "D=3.41 N=40 rho=0.00231 eps_nn=0.86 eps_pn=0.83",
        "D=4.91 N=32 rho=0.000817 eps_nn=2.06 eps_pn=0.13",
    ]
    assert str(design(78)[-1]) == "D=2.73 N=30 rho=0.00267 eps_nn=1.06 eps_pn=1.04"
    assert [str(c) for c in design(80)[15::16]][:2] == [
        "D=3.6 N=35 rho=0.000379 eps_nn=2.14 eps_pn=1.07",
        "D=2.1 N=27 rho=0.000489 eps_nn=0.94 eps_pn=0.37",
    ]


def test_a_shorter_design_is_the_beginning_of_a_longer_one() -> None:
    assert design(200)[:60] == design(60)
    assert len(set(design(200))) == 200


def test_every_sixteenth_is_dilute() -> None:
    densities = to_array(design(160))[:, 2]
    assert (densities[15::16] < RANGES["density"][0]).all()
    assert (densities[15::16] >= LOWEST_DENSITY).all()
    assert densities[15::16].max() > 0.00044
    assert np.count_nonzero(densities < RANGES["density"][0]) == 11  # ten, and one of figure 4


def test_every_composition_is_allowed() -> None:
    X = np.array([x for i, x in enumerate(to_array(design(300))) if i > 2 and i % 16 != 15])
    assert (X >= LOW).all()
    assert (X <= HIGH).all()
    assert max(c.volume_fraction for c in design(300)) <= MAX_VOLUME_FRACTION
    assert X.max(axis=0) == pytest.approx(HIGH, rel=0.05)
    assert X[:, 1].min() == 25
    assert X[:, 1].max() == 40


@pytest.mark.parametrize("count", [10, 20, 40, 80])
def test_every_prefix_fills_the_space(count: int) -> None:
    """Evener than all of 50 random designs of as many points that keep to the volume fraction."""
    usual = tuple(c for i, c in enumerate(design(2 * count)) if i > 2 and i % 16 != 15)
    ours = qmc.discrepancy(_unit(usual[:count]))
    rng = np.random.default_rng(0)
    others = []
    for _ in range(50):
        points = rng.random((4 * count, 5))
        diameter, density = 2 + 3 * points[:, 0], LOW[2] * (HIGH[2] / LOW[2]) ** points[:, 2]
        allowed = points[np.pi / 6 * density * diameter**3 <= MAX_VOLUME_FRACTION]
        others.append(qmc.discrepancy(allowed[:count]))
    assert ours < min(others)


@pytest.mark.parametrize("count", [0, -1, 2.0, True])
def test_a_bad_count_is_named(count: object) -> None:
    with pytest.raises(InputError, match="count = "):
        design(count)  # type: ignore[arg-type]


HEADING = "eps_pn,eps_nn,density,chain_length,diameter\n"


def test_a_design_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("# mine\n" + HEADING + "1.0,0.5,0.002,40,3\n\n0.1,0.5,0.002,40.0,3\n")
    assert read_csv(path) == (Composition(3, 40, 0.002, 0.5, 1.0), Composition(3, 40, 0.002, 0.5, 0.1))


def test_headings_with_units(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    heading = "eps_pn (epsilon);eps_nn [ε];density (sigma^-3);chain_length/beads;diameter (sigma)\n"
    path.write_text(heading + "1,0;0,5;0,002;40;3\n", encoding="utf-8")
    assert read_csv(path) == (Composition(3, 40, 0.002, 0.5, 1.0),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEADING.replace("density", "density (nm^-3)"), "density is in 'nm^-3'; allowed is sigma^-3, or no unit"),
        (HEADING.replace("eps_nn", "eps_nn (kT)"), "eps_nn is in 'kT'; allowed is epsilon, or no unit"),
        ("", "is empty; allowed are columns diameter"),
        (HEADING, "heading and no rows"),
        ("eps_pn,eps_nn,density,chain_length\n1,1,0.002,40\n", "needed are diameter"),
        (HEADING.strip() + ",seed\n1,1,0.002,40,3,1\n", "column 'seed'"),
        (HEADING + "1,1,0.002,40,3\n1,1,0.002,40\n", "line 3: 4 values for the 5 columns"),
        (HEADING + "1,1,0.002,40,3,7\n", "line 2: 6 values for the 5 columns"),
        (HEADING + "1,1,0.002,40,3\n1,1,much,40,3\n", "line 3: density = 'much' is not a number"),
        (HEADING + "1,9,0.002,40,3\n", "line 2: eps_nn = 9 is not between 0 and 5"),
        (HEADING + "1,1,0.002,40.5,3\n", "line 2: chain_length = 40.5 is not a whole number"),
        (HEADING + "1,1,0.02,40,4\n", "line 2: NP volume fraction = 0.67"),
        (HEADING + "1,1,0.002,40,3\n1,1,0.0020,40,3.0\n", "line 3: the same composition as line 2"),
    ],
)
def test_a_bad_design_is_explained(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=r"mine\.csv") as caught:
        read_csv(path)
    assert said in str(caught.value)


def test_a_missing_design(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_csv(tmp_path / "none.csv")
