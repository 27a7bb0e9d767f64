"""The compiled loop of NPs alone: LAMMPS's physics, and LAMMPS where it cannot run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nanonet.analyze.pairs import measure
from nanonet.analyze.trajectory import read
from nanonet.composition import Composition
from nanonet.errors import SimulationError
from nanonet.formats import run_folder
from nanonet.potentials.mediated import PairInputs, PolymerPotential
from nanonet.protocol import IMPLICIT, Protocol
from nanonet.simulate import cache, engine, langevin
from nanonet.simulate.accelerate import FallbackWarning
from nanonet.simulate.lmp import find_lmp
from nanonet.systems.implicit import Implicit, implicit
from nanonet.systems.kinds import as_system

COMPOSITION = Composition(diameter=3, chain_length=40, density=0.004, eps_nn=0.5, eps_pn=1.0)
SHORT = replace(IMPLICIT, equilibration_steps=2_000, production_steps=4_000)


def _subject(composition: Composition = COMPOSITION, barrier: float = 0.5, well: float = 2.0) -> Implicit:
    r = np.arange(2.5, 7.0, 0.05)
    w = -well * np.exp(-(((r - 3.0) / 0.3) ** 2)) + barrier * np.exp(-(((r - 4.0) / 0.4) ** 2))
    pair = PairInputs.of(composition)
    return implicit(composition, PolymerPotential(pair, r, w, np.diag(np.full(len(r), 0.04))))


def _run(subject: Implicit, protocol: Protocol) -> tuple[langevin.Loop, np.ndarray]:
    system = as_system(subject).configuration(protocol)
    loop = langevin.Loop(langevin._loaded(langevin.compiled()), subject, protocol, system.box, system.nps)
    return loop, langevin.run(subject, protocol, system.box, system.nps)


def test_g_is_that_of_lammps(tmp_path: Path) -> None:
    """Where NPs attract each other: the same g(r) within its errors, bin by bin and in all; sums over three seeds."""
    sums = []
    for seed in (1, 2, 3):
        long = replace(IMPLICIT, production_steps=100_000, seed=seed)
        folders = {name: tmp_path / f"{name}{seed}" for name in ("loop", "lammps")}
        engine.run(_subject(well=1.5), long, folders["loop"])
        engine.run(_subject(well=1.5), long, folders["lammps"], lmp=" ".join(find_lmp()))
        records = {name: json.loads((folder / run_folder.RECORD).read_text()) for name, folder in folders.items()}
        assert records["loop"]["accelerator"] == langevin.NAME
        assert records["lammps"]["accelerator"] == "none"
        assert records["loop"]["id"] == records["lammps"]["id"]
        a, b = (measure(read(folder / run_folder.TRAJECTORY)) for folder in folders.values())
        assert a.density == b.density
        assert a.rdf.error is not None
        assert b.rdf.error is not None
        assert a.rdf.g.max() > 4.0
        sums.append((a.rdf.g - b.rdf.g, a.rdf.error**2 + b.rdf.error**2))
    difference, variance = np.sum(sums, axis=0)
    score = difference / np.sqrt(variance)
    assert np.abs(score).max() < 5.0
    assert np.sqrt(np.mean(score[a.rdf.r > 2.7] ** 2)) < 1.6


def test_the_table_has_the_forces_that_lammps_reads() -> None:
    subject = _subject()
    inner, outer, over_r = langevin.force_table(subject, 4_000)
    rows = subject.at(np.linspace(subject.inner, subject.outer, 3_000))
    assert (inner, outer) == pytest.approx((rows[0, 0] ** 2, rows[-1, 0] ** 2))
    r = np.sqrt(np.linspace(inner, outer, len(over_r)))
    near = r > 2.5
    assert (over_r * r)[near] == pytest.approx(np.interp(r, rows[:, 0], rows[:, 2])[near], abs=0.02)


@pytest.mark.parametrize("nps", [36, 37, 51, 64])
def test_it_holds_its_temperature(nps: int) -> None:
    """Mean square of each velocity is T; what pads the vectors never moves."""
    loop, _ = _run(_subject(), replace(SHORT, min_nps=nps, temperature=1.5))
    assert loop.count == nps
    squares = []
    for _ in range(400):
        loop.step(100, 1.5, 1.5, 0)
        squares.append((loop.v[:, : loop.count] ** 2).mean())
    assert np.mean(squares[50:]) == pytest.approx(1.5, rel=0.03)
    assert not loop.v[:, loop.count :].any()


def test_it_is_cooled_as_the_protocol_says() -> None:
    protocol = replace(SHORT, anneal_from=2.0)
    assert [langevin._temperature(protocol, step) for step in (0, 1_000, 2_000, 5_000)] == [2.0, 1.5, 1.0, 1.0]


def test_more_production_goes_on_where_it_was(tmp_path: Path) -> None:
    """It begins anew, with the same steps: what was there is the beginning of what is there then."""
    trajectory = engine.run(_subject(), SHORT, tmp_path / "run")
    before = read(trajectory).positions
    assert engine.extend(tmp_path / "run", 8_000) == trajectory
    after = read(trajectory).positions
    assert len(after) == 2 * len(before)
    assert np.array_equal(after[: len(before)], before)


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    engine.run(_subject(), SHORT, tmp_path / "run", progress=lambda done, total: told.append((done, total)))
    assert told == [(0, 6_000), (2_000, 6_000), (6_000, 6_000)]


def test_positions_are_wrapped_with_their_images(tmp_path: Path) -> None:
    import gsd.hoomd

    trajectory = engine.run(_subject(), SHORT, tmp_path / "run")
    _, found = _run(_subject(), SHORT)
    with gsd.hoomd.open(str(trajectory), "r") as file:
        frames = list(file)
    assert [int(frame.configuration.step) for frame in frames] == list(range(2_200, 6_001, 200))
    for frame, expected in zip(frames, found, strict=True):
        box = frame.configuration.box[0]
        assert np.abs(frame.particles.position).max() <= 0.5 * box
        unwrapped = frame.particles.position + (frame.particles.image + 0.5) * box
        assert unwrapped == pytest.approx(expected, abs=1e-4)
        assert frame.particles.diameter == pytest.approx(3.0)
        assert frame.particles.types == ["NP"]


def test_without_a_compiler_lammps_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise cache.CacheError("there is no C++ compiler")

    langevin.compiled.cache_clear()
    monkeypatch.setattr(cache, "compiler", none)
    with pytest.warns(FallbackWarning, match="run in LAMMPS, several times slower: there is no C"):
        engine.run(_subject(), SHORT, tmp_path / "run")
    assert json.loads((tmp_path / "run" / run_folder.RECORD).read_text())["accelerator"] == "none"


@pytest.mark.parametrize(
    "wrong", [("- friction * v[k]", "+ friction * v[k]"), ("fx[i] += sum(sx)", "fx[i] -= sum(sx)")]
)
def test_a_loop_that_is_wrong_is_refused(
    wrong: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = langevin.SOURCE.read_text()
    assert wrong[0] in text
    source = tmp_path / "langevin.cpp"
    source.write_text(text.replace(*wrong))
    monkeypatch.setattr(langevin, "SOURCE", source)
    langevin.compiled.cache_clear()
    with pytest.raises(langevin.UnusableError, match="disagrees with NumPy"):
        langevin.compiled()
    langevin.compiled.cache_clear()


def test_nps_that_come_too_close_are_an_error() -> None:
    protocol = replace(SHORT, timestep=0.5)
    with pytest.raises(SimulationError, match=r"came closer than 1\.5 sigma"):
        _run(_subject(), protocol)


@pytest.mark.parametrize(("nps", "lmp", "accelerator"), [(65, None, "auto"), (8, "lmp", "auto"), (8, None, "opt")])
def test_who_asks_for_lammps_gets_it(nps: int, lmp: str | None, accelerator: str) -> None:
    assert langevin.serves(8, None, "auto")
    assert not langevin.serves(nps, lmp, accelerator)


def test_what_lammps_began_lammps_ends(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    engine.run(_subject(), SHORT, folder, lmp=" ".join(find_lmp()))
    engine.run(_subject(), SHORT.extended(8_000), folder)
    assert json.loads((folder / run_folder.RECORD).read_text())["accelerator"] == "none"
