from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from nanonet import Composition, InputError
from nanonet.analyze.pairs import measure
from nanonet.analyze.trajectory import read
from nanonet.formats import run_folder
from nanonet.potentials.lennard_jones import lj_cut_shifted
from nanonet.potentials.mediated import PairInputs, PolymerPotential
from nanonet.protocol import IMPLICIT
from nanonet.simulate import engine
from nanonet.systems.implicit import Implicit, implicit
from nanonet.systems.kinds import as_system, system_from_json
from validation.checks import run_lmp
from validation.checks import table as thermo

COMPOSITION = Composition(diameter=3, chain_length=40, density=0.0005, eps_nn=0.5, eps_pn=1.0)
SHORT = replace(
    IMPLICIT, equilibration_steps=5_000, production_steps=60_000, restart_every=10_000, min_nps=200, frame_every=100
)


def _potential(barrier: float = 2.0, end: float = 0.0, pair: PairInputs | None = None) -> PolymerPotential:
    r = np.arange(2.3, 7.76, 0.05)
    w = -3.0 / (1.0 + np.exp((r - 3.0) / 0.2)) + barrier * np.exp(-(((r - 3.9) / 0.4) ** 2)) + end
    return PolymerPotential(pair or PairInputs(3, 40, 1.0), r, w, np.diag(np.full(len(r), 0.04)))


def table(system: Implicit) -> NDArray[np.float64]:
    """Rows of separation, energy and force, as many as LAMMPS reads."""
    return system.at(np.linspace(system.inner, system.outer, 3_000))


def test_the_table_is_u_nn_and_w_poly() -> None:
    potential = _potential()
    rows = table(implicit(COMPOSITION, potential))
    inside = (rows[:, 0] > potential.r[0]) & (rows[:, 0] < potential.r[-1])
    r = rows[inside, 0]
    expected = lj_cut_shifted(r, 3.0, 0.5) + np.interp(r, potential.r, potential.w)
    assert rows[inside, 1] == pytest.approx(expected, abs=0.02)
    assert rows[-1, 0] == 7.75  # beyond the cutoff of U_nn
    assert rows[-1, 1] == pytest.approx(0.0, abs=1e-6)
    slope = np.gradient(rows[:, 1], rows[:, 0])
    assert np.abs(slope + rows[:, 2])[inside][5:-5].max() < 0.05 * np.abs(rows[inside, 2]).max()
    assert rows[:5, 1].min() > 1_000  # the core goes on inside of what was sampled


def test_lammps_sees_the_potential(tmp_path: Path) -> None:
    """Without W_poly the table's energy and pressure are those of lj/cut in the same configuration."""
    zero = replace(_potential(), w=np.zeros_like(_potential().w))
    subject = implicit(replace(COMPOSITION, density=0.01, eps_nn=1.5), zero)
    folder = engine.write_deck(subject, SHORT, tmp_path / "deck")
    head, _ = (folder / run_folder.START).read_text().split("# Langevin")
    tail = "thermo_style custom step evdwl press\nthermo_modify format float %.8g\nrun 0\n"
    lj = "pair_style lj/cut 7.5\npair_modify shift yes\npair_coeff * * 1.5 3.0 7.5\n"
    rows = [thermo(run_lmp(folder, text + tail))[0] for text in (head, head + lj)]
    assert rows[0] == pytest.approx(rows[1], rel=2e-3)


def test_dilute_nps_have_the_boltzmann_factor(tmp_path: Path) -> None:
    """At low density g(r) = exp(-U_nn - W_poly)."""
    subject = implicit(replace(COMPOSITION, density=0.0003), _potential(barrier=1.0))
    found = measure(read(engine.run(subject, SHORT, tmp_path / "run")))
    assert found.nps == 200
    assert found.density == pytest.approx(0.0003, rel=1e-6)
    rows = table(subject)
    centres = found.rdf.r
    fine = centres[:, None] + np.linspace(-0.05, 0.05, 21)
    expected = np.exp(-np.interp(fine, rows[:, 0], rows[:, 1], right=0.0))
    expected = (expected * fine**2).sum(axis=1) / (fine**2).sum(axis=1)
    assert found.rdf.error is not None
    score = (found.rdf.g - expected) / np.maximum(found.rdf.error, 0.02 * expected + 1e-3)
    assert np.abs(score).max() < 4.5
    assert np.sqrt(np.mean(score[centres > 2.5] ** 2)) < 1.5


def test_an_implicit_run_is_a_run(tmp_path: Path) -> None:
    """It is recorded, is not run twice, starts clustered, and reads back what it simulates."""
    subject = implicit(COMPOSITION, _potential())
    short = replace(SHORT, production_steps=2_000, equilibration_steps=1_000, min_nps=20, start="clustered")
    trajectory = engine.run(subject, short, tmp_path / "run")
    record = json.loads((tmp_path / "run" / run_folder.RECORD).read_text())
    assert (record["chains"], record["nps"], record["np_mass"]) == (0, 20, 1.0)
    again = system_from_json(record)
    assert again == subject
    assert engine.run_id(again, short) == record["id"]
    before = trajectory.stat().st_mtime_ns
    engine.run(subject, short, tmp_path / "run")
    assert trajectory.stat().st_mtime_ns == before
    assert (tmp_path / "run" / run_folder.TABLE).exists()
    start = as_system(subject).configuration(short).nps
    assert np.linalg.norm(start - start.mean(axis=0), axis=1).max() < 12.0
    engine.extend(tmp_path / "run", 4_000)
    assert len(read(trajectory).positions) == 40


def test_what_implicit_refuses() -> None:
    with pytest.raises(InputError, match=r"eps_pn = 1 of the composition is not that of the potential, 0\.5"):
        implicit(COMPOSITION, _potential(pair=PairInputs(3, 40, 0.5)))
    with pytest.raises(InputError, match=r"is not within 0\.3 of zero"):
        implicit(COMPOSITION, _potential(end=0.5))
    cut = _potential()
    inner = cut.r > 2.9
    short = PolymerPotential(cut.pair_inputs, cut.r[inner], cut.w[inner], np.eye(inner.sum()))
    with pytest.raises(InputError, match="windows further in are needed"):
        implicit(COMPOSITION, short)


def test_second_virial_coefficient() -> None:
    """Of nearly hard spheres it is 1; attraction makes it negative."""
    r = np.arange(2.0, 7.0, 0.01)
    wall = np.where(r < 3.0, 50.0, 0.0)
    hard = PolymerPotential(PairInputs(3, 40, 1.0), r, wall, np.eye(len(r)))
    assert hard.second_virial(0.0) == pytest.approx(1.0, abs=0.02)
    assert _potential(barrier=-3.0).second_virial(1.0) < -1.5
    assert isinstance(implicit(COMPOSITION, _potential()), Implicit)
