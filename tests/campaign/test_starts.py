from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nanonet import Composition, InputError
from nanonet.analyze import implicit_runs
from nanonet.campaign import starts
from nanonet.formats import run_folder
from nanonet.protocol import IMPLICIT, Protocol, preset
from nanonet.simulate import engine, lmp, script
from nanonet.systems.implicit import implicit as implicit_of
from nanonet.systems.kinds import as_system
from nanonet.systems.placement import Placement
from tests.conftest import TINY, TINY_COMPOSITION

QUICK = replace(IMPLICIT, equilibration_steps=2_000, production_steps=8_000)
DISPERSED = Composition(diameter=3, chain_length=40, density=0.001, eps_nn=0.5, eps_pn=1.2)
CONDENSING = Composition(diameter=3, chain_length=40, density=0.002, eps_nn=2.0, eps_pn=0.2)
STANDARD = preset("standard")
PLACES = np.array([[0.1, 0.2, 0.3], [0.6, 0.6, 0.7], [0.1, 0.7, 0.8]])


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starts, "IMPLICIT", QUICK)


def _ends(composition: Composition, protocol: Protocol, folder: Path) -> Placement:
    """Three NPs of the tiny melt, far apart."""
    return Placement(PLACES * (3 / composition.density) ** (1 / 3), {"reason": "made up"})


TINY_FROM_IMPLICIT = replace(TINY, start="implicit", equilibration_steps=400)


def test_a_run_begins_with_as_many_nps_in_the_volume_that_it_will_have(tmp_path: Path) -> None:
    placed = starts.place(DISPERSED, STANDARD, tmp_path)
    nps, *_ = as_system(DISPERSED).numbers(STANDARD)
    box = (nps / DISPERSED.density) ** (1 / 3)
    assert nps == DISPERSED.nps
    assert placed.nps.shape == (nps, 3)
    system = as_system(DISPERSED).configuration(STANDARD, placed.nps)
    assert system.box == pytest.approx(box)
    assert np.allclose(system.nps, placed.nps % box)
    record = placed.record
    seeds = {"dispersed": [1, 1001], "annealed": [2001, 3001]}[record["starts"][0]]  # 80 tau may be too short
    assert record["seeds"] == seeds
    assert len(record["g"]) == len(record["g_error"]) == 100
    json.dumps(record)


def test_nothing_is_run_twice_and_replicas_begin_independently(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = implicit_runs._run, []

    def interrupted(*arguments: object) -> object:
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(implicit_runs, "_run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        starts.place(DISPERSED, STANDARD, tmp_path)
    monkeypatch.setattr(implicit_runs, "_run", real)
    found = list(tmp_path.glob("implicit/*/trajectory.gsd"))
    assert len(found) == 1
    before = found[0].stat().st_mtime_ns
    first = starts.place(DISPERSED, STANDARD, tmp_path)
    assert found[0].stat().st_mtime_ns == before
    again = starts.place(DISPERSED, STANDARD, tmp_path)
    assert np.array_equal(first.nps, again.nps)
    assert first.record == again.record
    (tmp_path / "other").mkdir()
    other = starts.place(DISPERSED, STANDARD.replica(1), tmp_path / "other")
    assert not set(other.record["ids"]) & set(first.record["ids"])
    assert not np.allclose(other.nps, first.nps)


def test_where_the_ends_differ_nps_are_cooled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eighteen NPs do not gather in 6 tau: two more runs begin hot, and the record says so."""
    monkeypatch.setattr(starts, "IMPLICIT", replace(IMPLICIT, equilibration_steps=200, production_steps=1_000))
    record = starts.place(CONDENSING, STANDARD, tmp_path).record
    assert record["starts"] == ["annealed", "annealed"]
    assert "cooled" in record["reason"]
    assert not record["at_equilibrium"]
    assert len(list(tmp_path.glob("implicit/*/trajectory.gsd"))) == 4


def test_the_temperature_falls_and_stays(tmp_path: Path) -> None:
    """Cooling is even over equilibration, goes on from a restart where it was, and is over when production begins."""
    subject = implicit_of(CONDENSING, starts.potential_of(CONDENSING))
    cooled = replace(QUICK, anneal_from=2.0)
    text = script.start_text(subject, cooled)
    assert "fix bath all langevin 2 1 1 3\n" in text
    assert 'run 2000 upto start 0 stop 2000"' in text
    assert text.index("fix bath all langevin 1 1 1 3\n") > text.index("upto start 0")
    assert "start 0" not in script.start_text(subject, QUICK)
    assert engine.run_id(subject, cooled) != engine.run_id(subject, QUICK)
    with pytest.raises(InputError, match="anneal_from = 2 is for implicit runs only"):
        as_system(TINY_COMPOSITION).configuration(replace(TINY, anneal_from=2.0))


def test_nps_are_held_until_the_polymer_has_relaxed(tmp_path: Path) -> None:
    """While they are held only the box moves them: their places in units of its edge stay."""
    folder = engine.write_deck(TINY_COMPOSITION, TINY_FROM_IMPLICIT, tmp_path / "deck", _ends)
    text = (folder / run_folder.START).read_text()
    held, _ = text.split("unfix npt\n")
    assert f"run {TINY_FROM_IMPLICIT.hold_steps}\n" in held
    dump = "write_dump all custom held.dump id type xs ys zs modify sort id\n"
    (folder / run_folder.START).write_text(held + dump)
    command = [*lmp.find_lmp(), "-log", "none", "-in", run_folder.START]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    lines = (folder / "held.dump").read_text().splitlines()
    nps = np.array([line.split()[2:] for line in lines[9:] if line.split()[1] == "2"], dtype=float)
    assert nps == pytest.approx(PLACES, abs=1e-5)


def test_a_run_from_implicit_nps_keeps_what_it_began_with(tmp_path: Path) -> None:
    engine.run(TINY_COMPOSITION, TINY_FROM_IMPLICIT, tmp_path / "run", place=_ends)
    record = json.loads((tmp_path / "run" / run_folder.RECORD).read_text())
    assert record["start"] == "implicit"
    assert record["implicit"] == {"reason": "made up"}
    assert record["id"] == engine.run_id(TINY_COMPOSITION, TINY_FROM_IMPLICIT)
    text = (tmp_path / "run" / run_folder.RESUME).read_text()
    assert "moving" not in text


def test_the_hold_is_a_part_of_equilibration() -> None:
    assert STANDARD.start == "implicit"
    assert STANDARD.hold_steps == 12_500
    assert replace(STANDARD, start="dispersed").hold_steps == 0
    assert replace(preset("paper"), start="implicit").hold_steps == 30_000


def test_what_cannot_begin_with_implicit_nps() -> None:
    outside = replace(DISPERSED, diameter=6, density=0.0005)
    assert "diameter = 6 is not between 2 and 5" in starts.why_not(outside)
    assert starts.possible(outside, STANDARD).start == "dispersed"
    assert starts.possible(DISPERSED, STANDARD) == STANDARD
    with pytest.raises(InputError, match="not possible for D=6"):
        starts.place(outside, STANDARD, Path("nowhere"))
    with pytest.raises(InputError, match="needs the NPs of an implicit run"):
        as_system(DISPERSED).configuration(STANDARD)
    with pytest.raises(InputError, match=r"shape \(3, 3\); allowed is \(9, 3\)"):
        as_system(DISPERSED).configuration(STANDARD, np.zeros((3, 3)))
