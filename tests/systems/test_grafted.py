"""Grafted NPs: the rules of their composition, their start, and LAMMPS runs of them."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nanonet import Composition, Dataset, InputError, load
from nanonet.analyze import grafts
from nanonet.analyze.entries import assess_records, regime_of
from nanonet.analyze.runs import analyze, assemble
from nanonet.campaign import campaign, starts
from nanonet.campaign.design import read_csv
from nanonet.campaign.targets import protocol_for
from nanonet.campaign.workspace import Task
from nanonet.composition import MELT_DENSITY, np_volume
from nanonet.formats import run_folder
from nanonet.grafted import GRAFTED, GraftedComposition, most_grafts
from nanonet.learn.train import train_gaussian_process
from nanonet.protocol import preset
from nanonet.rdf import standard_grid
from nanonet.records import CompositionRecord
from nanonet.simulate import engine, lmp, process
from nanonet.simulate.script import data_text, start_text
from nanonet.systems.grafted import Grafted, even_points
from nanonet.systems.kinds import as_system, system_from_json
from nanonet.systems.melt import Melt
from nanonet.systems.placement import ClusterTooLargeError, place_alone
from tests.conftest import TINY

FIVE = (2, 8, 0.004, 0.5, 1.0)
HAIRY = GraftedComposition(*FIVE, n_grafts=5, graft_length=4)
ALONE = GraftedComposition(2, 0, 0.0139, 0.5, 1.0, n_grafts=12, graft_length=5)


def test_nps_that_chance_cannot_place_begin_on_a_lattice() -> None:
    positions = place_alone(32, 17.19, 5.0, "dispersed", np.random.default_rng(0))
    apart = positions[:, None] - positions
    apart -= 17.19 * np.round(apart / 17.19)
    assert (np.linalg.norm(apart, axis=2) + 9.0 * np.eye(32)).min() >= 5.0
    with pytest.raises(InputError, match="do not fit into a box of edge"):
        place_alone(64, 17.19, 5.0, "dispersed", np.random.default_rng(0))


def test_without_grafts_it_is_the_system_of_before() -> None:
    bare = GraftedComposition(*FIVE)
    five = Composition(*FIVE)
    assert as_system(bare) == Melt(five)
    assert bare.to_json() == five.to_json()
    for protocol in (TINY, preset("standard")):
        assert engine.run_id(bare, protocol) == engine.run_id(five, protocol)
    assert str(bare) == str(five)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((3, 40, 0.002, 0.5, 1, 60, 5), r"n_grafts = 60 is not at most 51, which the surface of an NP of diameter = 3"),
        ((3, 40, 0.002, 0.5, 1, 6, 0), r"graft_length = 0 with n_grafts = 6; allowed is 2 to 200"),
        ((3, 40, 0.002, 0.5, 1, 0, 6), r"graft_length = 6 needs n_grafts of 1 or more"),
        ((3, 0, 0.002, 0.5, 1, 0, 0), r"chain_length = 0 \(no matrix\) needs n_grafts"),
        ((3, 1, 0.002, 0.5, 1, 6, 6), r"chain_length = 1 is not 0 \(no matrix\) or 2 to 500"),
        ((3, 0, 0.002, 0.5, 1, 6, 6), r"density = 0.002 with chain_length = 0 \(no matrix\): .* at 0.0167"),
        ((3, 40, 0.02, 0.5, 1, 20, 20), r"density = 0.02 is not at most 0.0022"),
        ((3, 40, 0.002, 0.5, 1, 6, 6, 9), r"eps_gm = 9 is not between 0 and 5"),
    ],
)
def test_what_is_no_grafted_composition(values: tuple[float, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        GRAFTED.point((*values, 1.0)[:8])
    assert GRAFTED.refused(np.array([(*values, 1.0)[:8]], dtype=float)) is not None


@given(st.integers(4, 40))
@settings(max_examples=10, deadline=None)
def test_graft_points_are_even(count: int) -> None:
    """The nearest two of n points are 0.8 of the largest spacing apart (Fejes Toth's bound), or more."""
    points = even_points(count)
    assert np.linalg.norm(points, axis=1) == pytest.approx(1.0)
    apart = np.linalg.norm(points[:, None] - points, axis=2) + 9.0 * np.eye(count)
    assert apart.min() > 0.8 * np.sqrt(8.0 * np.pi / np.sqrt(3.0) / count)


@pytest.mark.parametrize("diameter", [1.0, 2.0, 3.5, 5.0])
def test_as_many_grafts_as_are_allowed_do_not_overlap(diameter: float) -> None:
    points = 0.5 * (diameter + 1.0) * even_points(most_grafts(diameter))
    apart = np.linalg.norm(points[:, None] - points, axis=2) + 9.0 * np.eye(len(points))
    assert apart.min() > 0.9


@given(st.floats(1, 5), st.integers(2, 60), st.integers(1, 12), st.integers(2, 20))
@settings(max_examples=50, deadline=None)
def test_particles_fill_the_volume_and_no_np_spans_it(diameter: float, matrix: int, count: int, length: int) -> None:
    rho = 0.5 / (np_volume(diameter) + count * length / MELT_DENSITY)
    composition = GraftedComposition(diameter, matrix, min(rho, 0.02), 1, 1, count, length)
    numbers = as_system(composition).numbers(TINY)
    volume = numbers.nps / composition.density
    beads = numbers.particles - numbers.nps
    assert numbers.nps * np_volume(diameter) + beads / MELT_DENSITY == pytest.approx(volume, abs=matrix)
    assert numbers.rigid == numbers.nps * (1 + count)
    reach = min(0.97 * (length - 1), 2.0 * np.sqrt(1.64 * (length - 1)))
    assert volume ** (1 / 3) >= diameter + 1 + 2 * reach - 1e-9
    assert composition.nps == as_system(composition).numbers(preset("standard")).nps


@pytest.mark.parametrize("composition", [HAIRY, ALONE, replace(HAIRY, eps_gm=0.4)])
@pytest.mark.parametrize("start", ["dispersed", "clustered"])
def test_a_start_has_its_grafts_on_their_nps(composition: GraftedComposition, start: str) -> None:
    system = Grafted(composition)
    if start == "clustered" and not composition.chain_length:
        with pytest.raises(ClusterTooLargeError, match="do not fit into a box"):
            system.configuration(replace(TINY, start=start))
        return
    found = system.configuration(replace(TINY, start=start))
    numbers = system.numbers(TINY)
    assert len(found.positions) == numbers.particles
    for bond in found.bonds:
        assert np.linalg.norm(found.positions[bond[1]] - found.positions[bond[2]]) == pytest.approx(0.97)
    body = found.molecules[-numbers.rigid :]
    for molecule in np.unique(body):
        centre, points = (
            found.positions[(found.molecules == molecule) & at] for at in (found.types == 2, found.types != 2)
        )
        assert len(centre) == 1
        assert np.linalg.norm(points - centre, axis=1) == pytest.approx(1.5)
    assert not set(body) & set(found.molecules[: -numbers.rigid])
    degree = np.bincount(found.bonds[:, 1:].ravel(), minlength=len(found.positions))
    assert (degree[found.types == 2] == 0).all()
    assert (degree[-numbers.rigid : -numbers.nps] == 1).all()
    assert set(found.types) == ({1, 2, 3} if composition.eps_gm != 1 and composition.chain_length else {1, 2})


def test_beads_do_not_start_among_graft_points() -> None:
    """Bonds of beads that did were caught between graft points, and broke."""
    dense = GraftedComposition(3, 8, 0.004, 0.5, 1.0, n_grafts=45, graft_length=4)
    found = Grafted(dense).configuration(TINY)
    free = found.positions[: -Grafted(dense).numbers(TINY).rigid]
    for centre in found.nps:
        apart = free - centre
        apart -= found.box * np.rint(apart / found.box)
        assert np.linalg.norm(apart, axis=1).min() > 2.0 + 0.85


def test_the_script_holds_bodies_together_and_knows_both_kinds() -> None:
    numbers = Grafted(HAIRY).numbers(TINY)
    text = start_text(HAIRY, TINY)
    assert f"group bodies id > {numbers.particles - numbers.rigid}\n" in text
    assert text.index("fix rigid bodies rigid/nvt/small molecule temp 1 1 0.5\n") < text.index("fix npt free npt temp")
    assert "pair_coeff 1 3" not in text
    other = start_text(replace(HAIRY, eps_gm=0.4), TINY)
    assert "pair_coeff 1 3 0.4 1 2.5\n" in other
    assert "pair_coeff 3 3 1 1 2.5\n" in other
    assert not Grafted(replace(HAIRY, eps_gm=0.4)).accelerated


def test_the_start_from_implicit_nps_is_not_known(tmp_path: Path) -> None:
    assert starts.why_not(HAIRY) == "W_poly was measured between NPs without grafts"
    assert starts.possible(HAIRY, preset("standard")).start == "dispersed"
    with pytest.raises(InputError, match="start = 'implicit' needs"):
        Grafted(HAIRY).configuration(preset("standard"))


def test_replicas_of_nps_without_matrix_start_dispersed() -> None:
    standard = preset("standard")
    assert [protocol_for(Grafted(ALONE), standard, k).start for k in range(3)] == ["dispersed"] * 3
    assert [protocol_for(Grafted(HAIRY), standard, k).start for k in range(3)] == [
        "dispersed",
        "clustered",
        "dispersed",
    ]


def test_grafted_nps_without_room_for_a_cluster_start_dispersed_and_that_is_said() -> None:
    """Their replicas do; two dispersed starts are then independent, as no other start exists."""
    crowded = GraftedComposition(3, 40, 0.002, 0.5, 0.3, n_grafts=24, graft_length=12)
    standard = preset("standard")
    with pytest.raises(ClusterTooLargeError, match=r"19 NPs of diameter = 9\.05115 do not fit"):
        Grafted(crowded).configuration(replace(standard, start="clustered"))
    assert [protocol_for(Grafted(crowded), standard, k).start for k in range(3)] == ["dispersed"] * 3
    assert regime_of(crowded) == "dispersed"
    assert "dispersed start (no room for a cluster), seed 1001" in campaign._named(
        Task(Grafted(crowded), protocol_for(Grafted(crowded), standard, 1))
    )
    run = Dataset.shipped().runs[0][0].record
    other = replace(run, composition=CompositionRecord.from_json(crowded.to_json(), "it"), start="dispersed")
    assert assess_records([other, other])[1].independent
    roomy = CompositionRecord.from_json(replace(crowded, n_grafts=4).to_json(), "it")
    assert not assess_records([replace(other, composition=roomy)] * 2)[1].independent


@pytest.mark.parametrize("graft", [(4, 6), (24, 6), (4, 12)])
def test_a_cluster_of_the_example_compositions_can_be_made(graft: tuple[int, int]) -> None:
    composition = GraftedComposition(3, 40, 0.002, 0.5, 0.3, *graft)
    assert Grafted(composition).has_room
    found = Grafted(composition).configuration(replace(preset("standard"), start="clustered", seed=1001))
    assert len(found.nps) == composition.nps


def test_no_grafts_in_the_space_of_grafts_is_a_bare_np() -> None:
    bare, five = GraftedComposition(*FIVE), Composition(*FIVE)
    assert regime_of(bare) == regime_of(five)
    assert starts.why_not(bare) == starts.why_not(five)


def test_a_design_may_hold_both(tmp_path: Path) -> None:
    path = tmp_path / "design.csv"
    path.write_text(
        "n_grafts,graft_length,diameter,chain_length,density,eps_nn,eps_pn\n5,4,2,8,0.004,0.5,1\n0,0,2,8,0.004,0.5,1\n"
    )
    assert read_csv(path) == (HAIRY, Composition(*FIVE))
    path.write_text("n_grafts,diameter,chain_length,density,eps_nn,eps_pn\n5,2,8,0.004,0.5,1\n")
    with pytest.raises(InputError, match="line 2: graft_length = 0 with n_grafts = 5"):
        read_csv(path)


@pytest.fixture(scope="module")
def hairy_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run, stopped on the way and resumed."""
    folder = tmp_path_factory.mktemp("grafted") / "run"

    def stop(done: int, total: int) -> None:
        if done > 400:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.run(HAIRY, TINY, folder, progress=stop)
    assert process.good_restarts(folder)
    engine.run(HAIRY, TINY, folder)
    return folder


def test_graft_points_stay_on_the_surface(hairy_run: Path) -> None:
    frames = sorted((hairy_run / run_folder.CONFIGURATIONS).glob("*.gz"))
    for found in (grafts.read(path, HAIRY) for path in frames):
        apart = found.grafts[:, :, 0] - found.nps[:, None]
        apart -= found.box * np.rint(apart / found.box)
        assert np.linalg.norm(apart, axis=2) == pytest.approx(1.5, abs=2e-3)
        sites = np.sort(np.linalg.norm(apart[:, :, None] - apart[:, None], axis=3), axis=None)
        even = 1.5 * even_points(5)
        wanted = np.sort(np.linalg.norm(even[:, None] - even, axis=2), axis=None).repeat(len(found.nps))
        assert sites == pytest.approx(wanted, abs=5e-3)


def test_where_grafts_and_matrix_are(hairy_run: Path) -> None:
    record = run_folder.read_record(hairy_run)
    assert system_from_json(record.parameters) == Grafted(HAIRY)
    assert engine.finished_id(hairy_run) == engine.run_id(HAIRY, TINY)
    frames = sorted((hairy_run / run_folder.CONFIGURATIONS).glob("*.gz"))
    found = grafts.measure([grafts.read(path, HAIRY) for path in frames], HAIRY.diameter)
    assert found.bond[0] == pytest.approx(0.965, abs=0.02)
    assert 0.5 < found.height[0] < found.end_height[0] < 0.5 + 3 * 0.97
    assert 0 < found.overlap[0] < found.matrix_share[0] < 1
    total = sum(4 / 3 * np.pi * ((r + 0.1) ** 3 - (r - 0.1) ** 3) * x for r, x in zip(found.r, found.own, strict=True))
    assert total == pytest.approx(5 * 3, rel=0.01)  # all free beads of an NP's grafts are in its profile


def test_a_predictor_learns_grafts(tmp_path: Path) -> None:
    """Files, models and predictions know them as compositions, with their rules."""
    r = standard_grid()
    points = [GraftedComposition(3, 20 + k, 0.002, 0.5, 0.3, n_grafts=4 + k, graft_length=4) for k in range(6)]
    curves = [np.exp(-np.exp(-4 * (r - 3.2))) * (1 + (6 - k) * 0.3 * np.exp(-((r - 4) ** 2))) for k in range(6)]
    data = Dataset.from_arrays(GRAFTED.array(points), np.array(curves), r, np.full((6, 100), 0.03), space=GRAFTED)
    data.save(tmp_path / "grafted.nc")
    again = Dataset.load(tmp_path / "grafted.nc")
    assert again.compositions == tuple(points)
    train_gaussian_process(again, tmp_path / "model")
    model = load(tmp_path / "model")
    assert model.space.points(again.X) == tuple(points)
    assert model.predict(points[2]).g[45] == pytest.approx(curves[2][45], rel=0.2)
    with pytest.raises(InputError, match="n_grafts = 60 is not at most 51"):
        model.predict({**points[2].to_json(), "n_grafts": 60})


def test_bare_nps_stand_beside_grafted_ones() -> None:
    bare = Dataset.shipped().runs[0][0]
    five = bare.record.composition.value
    hairy = CompositionRecord.from_json({**five.to_json(), "n_grafts": 3, "graft_length": 4}, "it")
    grafted = replace(bare, record=replace(bare.record, id="0" * 16, composition=hairy))
    data = assemble([bare, grafted])
    assert data.space == GRAFTED
    assert data.X[:, 5:].tolist() == [[0, 0, 1], [3, 4, 1]]
    assert data.runs[0][0].record == bare.record
    assert assemble([bare]).space == five.space


@pytest.mark.long
def test_runs_become_a_dataset_of_their_inputs(tmp_path: Path) -> None:
    composition = GraftedComposition(3, 10, 0.002, 0.5, 1.0, n_grafts=6, graft_length=4)
    protocol = replace(preset("smoke"), equilibration_steps=500, production_steps=500, configurations=2)
    engine.run(composition, protocol, tmp_path / "run")
    data = analyze([tmp_path / "run"])
    assert data.space == GRAFTED
    assert data.points == (replace(composition, density=data.X[0, 2]),)
    assert data.X[0, 2] == pytest.approx(0.002, rel=0.15)  # after 5 tau of equilibration
    found = data.runs[0][0].record.grafts
    assert found is not None
    assert json.loads((tmp_path / "run" / run_folder.GRAFTS).read_text())["height"] == list(found.height)
    data.save(tmp_path / "grafted.nc")
    again = Dataset.load(tmp_path / "grafted.nc")
    assert again == data
    assert isinstance(again.points[0], GraftedComposition)


def test_a_lammps_without_rigid_bodies_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    real = lmp._styles
    monkeypatch.setattr(
        lmp,
        "_styles",
        lambda text: {kind: {n for n in names if "rigid" not in n} for kind, names in real(text).items()},
    )
    with pytest.raises(InputError, match=r"lacks the fix style rigid/nvt/small \(package RIGID\)"):
        engine.run(HAIRY, TINY, tmp_path / "run")
    lmp.inspect(lmp.find_lmp())  # bare NPs need none


def _energy(folder: Path, composition: GraftedComposition) -> float:
    system = Grafted(composition)
    folder.mkdir()
    start, forces = system.configuration(TINY), system.force_field()
    (folder / "system.data").write_text(data_text(start, forces.masses, len(forces.bonds)))
    pairs = "".join(f"pair_coeff {p.types} {p.epsilon} {p.sigma} {p.cutoff}\n" for p in forces.pairs)
    (folder / "in").write_text(
        "units lj\natom_style bond\nbond_style fene\nspecial_bonds fene\npair_style lj/cut 2.5\nread_data system.data\n"
        f"bond_coeff 1 {forces.bonds[0].coefficients}\npair_modify shift yes\n{pairs}thermo_style custom step pe\n"
        "thermo_modify norm no format float %.12g\nrun 0\n"
    )
    done = subprocess.run([*lmp.find_lmp(), "-log", "none", "-in", "in"], cwd=folder, capture_output=True, text=True)
    found = re.search(r"Step +PotEng *\n +0 +(\S+)", done.stdout)
    assert found, done.stdout[-800:]
    return float(found[1])


def test_a_type_of_its_own_changes_nothing_but_the_matrix(tmp_path: Path) -> None:
    """With the attraction of like beads grafts of a third type have the energy of monomers, to the last digits."""
    like = _energy(tmp_path / "like", HAIRY)
    almost = _energy(tmp_path / "almost", replace(HAIRY, eps_gm=1 + 1e-12))
    weaker = _energy(tmp_path / "weaker", replace(HAIRY, eps_gm=0.5))
    assert almost == pytest.approx(like, rel=1e-9)
    assert abs(weaker / like - 1) > 1e-6
