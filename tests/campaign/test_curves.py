from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from nanonet import RDF, Composition
from nanonet.analyze.runs import replica_group
from nanonet.campaign import curves
from nanonet.campaign.workspace import Task, Workspace, create
from nanonet.dataset import Run
from nanonet.protocol import preset
from nanonet.rdf import standard_grid
from nanonet.records import MeasuredRun, TrajectoryStatistics
from nanonet.simulate import engine, finished
from tests.conftest import TINY, TINY_COMPOSITION

STANDARD = preset("standard")
CONDENSING = Composition(diameter=3, chain_length=40, density=0.002, eps_nn=0.5, eps_pn=0.3)
DISPERSED = replace(CONDENSING, eps_pn=1.0)
EDGE = Composition(diameter=3.03, chain_length=30, density=0.003, eps_nn=0.56, eps_pn=0.66)
FEW = TrajectoryStatistics((1.0, 2.0), (0.02, 0.02), (50.0, 50.0), 10.0, 0.0, 20, True, 2.0, 0.0, 0.3, 0)
MANY = replace(FEW, means=(6.0, 14.0))


def _run(task: Task, seen: TrajectoryStatistics) -> Run:
    protocol = task.goal
    record = {
        "id": engine.run_id(task.system, protocol), "start": protocol.start, "protocol": asdict(protocol),
        **task.system.parameters(), "examination": seen.to_json(), "nps": 18,
        "density": 0.002, "density_error": 1e-6,
        "production_tau": protocol.production_steps * protocol.timestep,
    }  # fmt: skip
    return Run(MeasuredRun.from_json(record), RDF(standard_grid(), np.ones(100)), np.ones((5, 100)))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return create(tmp_path / "work", (CONDENSING, DISPERSED, EDGE), STANDARD, tmp_path / "data.nc")


def _more(workspace: Workspace, composition: Composition, runs: list[Run]) -> tuple[str, int, int | None] | None:
    found = curves.more_of(workspace, composition, runs, 4)
    if not found:
        return None
    ((_, task),) = found
    return task.protocol.start, task.protocol.seed, task.production_steps


def test_a_second_implicit_start_comes_next_and_ends_it_when_they_agree(workspace: Workspace) -> None:
    first, second = (workspace.task(CONDENSING, k) for k in (0, 1))
    assert _more(workspace, CONDENSING, []) is None
    assert _more(workspace, CONDENSING, [_run(first, MANY)]) == ("implicit", 1001, None)
    assert _more(workspace, CONDENSING, [_run(first, MANY), _run(second, MANY)]) is None


def test_what_does_not_agree_is_extended_where_it_lies_and_else_repeated(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = [workspace.task(CONDENSING, k) for k in (0, 1)]
    runs = [_run(task, seen) for task, seen in zip(tasks, (MANY, FEW), strict=True)]
    assert _more(workspace, CONDENSING, runs) == ("implicit", 2001, None)  # neither lies here
    here = [workspace.folder(tasks[1]) / "run"]
    monkeypatch.setattr(finished, "can_be_extended", lambda folder: folder in here)
    assert _more(workspace, CONDENSING, runs) == ("implicit", 1001, 500_000)
    here.append(workspace.folder(tasks[0]) / "run")
    runs[1] = _run(replace(tasks[1], production_steps=500_000), FEW)
    assert _more(workspace, CONDENSING, runs) == ("implicit", 1, 500_000)  # the shortest first
    longest = [replace(task, production_steps=1_000_000) for task in tasks]
    runs = [_run(task, seen) for task, seen in zip(longest, (MANY, FEW), strict=True)]
    assert _more(workspace, CONDENSING, runs) == ("implicit", 2001, None)  # four times as long is enough


def test_both_ends_are_seen_at_the_edge(workspace: Workspace) -> None:
    runs = []
    for start, seed in (("implicit", 1), ("clustered", 1001), ("dispersed", 2001)):
        task = next(t for t in (workspace.task(EDGE, k) for k in range(3)) if t.protocol.start == start)
        assert task.protocol.seed == seed
        runs.append(_run(task, {"dispersed": FEW}.get(start, MANY)))
    assert _more(workspace, EDGE, runs[:1]) == ("clustered", 1001, None)
    assert _more(workspace, EDGE, runs[:2]) == ("dispersed", 2001, None)  # though these two agree
    assert _more(workspace, EDGE, runs) == ("implicit", 3001, None)  # they have not met, and none can be extended
    met = replace(runs[2], record=replace(runs[2].record, statistics=MANY))
    assert _more(workspace, EDGE, [*runs[:2], met]) is None


def test_a_dispersed_run_counts_as_the_first_where_nps_do_not_condense(workspace: Workspace) -> None:
    for composition, done in ((CONDENSING, False), (DISPERSED, True), (EDGE, False)):
        task = workspace.task(composition)
        assert task.protocol.start == "implicit"
        dispersed = _run(replace(task, protocol=replace(task.protocol, start="dispersed")), FEW)
        known = curves.Curves({replica_group(asdict(composition), asdict(STANDARD)): [dispersed]})
        assert known.is_done(workspace, task) is done
        assert not known.is_collected(task)
        begun = curves.Curves({replica_group(asdict(composition), asdict(STANDARD)): [_run(task, FEW)]})
        assert begun.is_done(workspace, task)
        assert begun.is_collected(task)


def test_an_extended_run_covers_its_shorter_self(tmp_path: Path) -> None:
    engine.run(TINY_COMPOSITION, TINY, tmp_path / "run")
    longer = TINY.extended(1_200)
    assert finished.can_be_extended(tmp_path / "run")
    assert finished.covers(tmp_path / "run", TINY_COMPOSITION, TINY)
    assert not finished.covers(tmp_path / "run", TINY_COMPOSITION, longer)
    engine.run(TINY_COMPOSITION, longer, tmp_path / "run")
    for protocol in (TINY, longer):
        assert finished.covers(tmp_path / "run", TINY_COMPOSITION, protocol)
    assert not finished.covers(tmp_path / "run", replace(TINY_COMPOSITION, eps_nn=0.6), TINY)
    assert not finished.covers(tmp_path / "run", TINY_COMPOSITION, TINY.replica(1))
    assert not finished.covers(tmp_path / "none", TINY_COMPOSITION, TINY)
    assert finished.started_protocol(tmp_path / "run") == longer
    assert finished.started_protocol(tmp_path / "none") is None
