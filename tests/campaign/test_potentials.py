from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from nanonet import InputError, umbrella_runs
from nanonet.analyze.umbrella import follow, mean_forces
from nanonet.campaign import campaign, potentials, results, targets
from nanonet.campaign.design import CORNERS, pair_inputs
from nanonet.campaign.workspace import Task, Workspace, create, open_workspace
from nanonet.potentials.mediated import PairInputs
from nanonet.protocol import WINDOWS
from nanonet.records import Seeded, UmbrellaRunRecord
from nanonet.systems.umbrella import UmbrellaWindows
from nanonet.umbrella_runs import UmbrellaRun
from tests.analyze.made_up import made_up_windows
from tests.conftest import TINY, TINY_COMPOSITION, TINY_WINDOWS

QUICK = replace(TINY, name="windows", configurations=0)
PAIR = PairInputs(2, 30, 1.0)


def _made_up(frames: int, seed: int = 1, pair: PairInputs = PAIR, tau: float = 3_000.0) -> UmbrellaRun:
    subject, trajectory = made_up_windows(pair, frames, seed)
    record = UmbrellaRunRecord(id=f"{seed:016}", tau=tau, protocol=Seeded(seed), problems=())
    return UmbrellaRun(subject, mean_forces(follow(trajectory, subject), subject), record)


def _more(workspace: Workspace, max_replicas: int = 4) -> list[tuple[float, Task]]:
    known = potentials.Potentials.read(workspace)
    return [one for system in workspace.windows for one in known.more(workspace, system, max_replicas)]


def test_windows_and_compositions_come_in_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logged: list[str]
) -> None:
    """A campaign of both runs both, once, collects both, and a new one knows what the files hold."""
    monkeypatch.setattr(targets, "WINDOWS", QUICK)
    monkeypatch.setattr(potentials, "TARGET", ((2.0, 5.0), (1e3, 1e3)))
    design = (TINY_COMPOSITION, replace(TINY_COMPOSITION, eps_pn=0.5))
    made = create(tmp_path / "work", design, TINY, tmp_path / "data.nc", [TINY_WINDOWS])
    assert open_workspace(made.path) == made
    assert campaign.run(made, only=[0, 2], max_replicas=1)
    begun = [line for line in logged if line.startswith("starts")]
    assert begun == [f"starts     {TINY_WINDOWS}", f"starts     {TINY_COMPOSITION}, dispersed start, seed 1"]
    assert [row.state.name for row in campaign.status(made)] == ["done", "waiting", "done"]
    potentials.collect_windows(made.forces, [made.folder(made.task(TINY_WINDOWS)) / "run"])
    (run,) = umbrella_runs.load(made.forces)
    assert run.windows == TINY_WINDOWS
    before = made.forces.read_bytes()
    potentials.collect_windows(made.forces, [made.folder(made.task(TINY_WINDOWS)) / "run"])
    assert made.forces.read_bytes() == before
    other = create(tmp_path / "other", design, TINY, tmp_path / "data.nc", [TINY_WINDOWS])
    assert [row.state.name for row in campaign.status(other)] == ["waiting", "waiting", "collected"]
    assert not campaign._next(other, [TINY_WINDOWS], results.find_known(other), campaign._Progress(), [], 4)[0]


def test_windows_that_miss_their_target_get_replicas(tmp_path: Path) -> None:
    """Few frames: large errors at contact, so replicas, the worst first; many frames: none."""
    subject = UmbrellaWindows(PAIR)
    made = create(tmp_path / "work", [TINY_COMPOSITION], TINY, tmp_path / "data.nc", [subject])
    assert _more(made) == []  # nothing has run
    umbrella_runs.save(made.forces, [_made_up(60)])
    assert potentials.contact_error([_made_up(60)]) > 0.5
    ((shortfall, task),) = _more(made)
    assert shortfall > 1
    assert (task.system, task.protocol.seed) == (subject, WINDOWS.replica(1).seed)
    assert _more(made, 1) == []
    umbrella_runs.save(made.forces, [_made_up(2_000)])
    assert _more(made) == []


def test_a_longer_window_run_takes_the_place_of_its_shorter_self(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "windows.json"
    umbrella_runs.save(path, [_made_up(60, tau=100.0), _made_up(60, seed=2, tau=100.0)])
    longer = replace(_made_up(80), record=replace(_made_up(80).record, id="longer", tau=200.0))
    monkeypatch.setattr(potentials, "measure_windows", lambda folder: longer)
    folder = tmp_path / "run"
    folder.mkdir()
    monkeypatch.setattr(potentials, "read_record", lambda folder: longer.record)
    potentials.collect_windows(path, [folder])
    assert sorted((run.id, run.record["tau"]) for run in umbrella_runs.load(path)) == [
        ("0000000000000002", 100.0),
        ("longer", 200.0),
    ]


def test_a_bad_window_run_keeps_nobody_out(windows_run: Path, tmp_path: Path, logged: list[str]) -> None:
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "run.json").write_text(json.dumps({"id": "x"}))
    potentials.collect_windows(tmp_path / "windows.json", [bad, windows_run])
    assert logged[0].startswith("left out")
    assert len(umbrella_runs.load(tmp_path / "windows.json")) == 1


def test_the_design_of_windows_grows_without_changing() -> None:
    assert pair_inputs(7) == CORNERS
    assert pair_inputs(40)[:12] == pair_inputs(12)
    assert len(set(pair_inputs(100))) == 100
    with pytest.raises(InputError, match="count = 0"):
        pair_inputs(0)
