from __future__ import annotations

import json
import math
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import gsd.hoomd
import numpy as np
import pytest

from nanonet import Composition, Dataset, InputError
from nanonet.analyze.runs import analyze
from nanonet.campaign import campaign, dispatch, results
from nanonet.campaign.curves import Curves, add_runs
from nanonet.campaign.workspace import Workspace, create, open_workspace
from nanonet.dataset import Run
from nanonet.errors import NanonetError, OutputError
from nanonet.formats import run_folder
from nanonet.grafted import GraftedComposition
from nanonet.protocol import preset
from nanonet.simulate import engine
from nanonet.simulate.lmp import find_lmp
from nanonet.systems.kinds import as_system
from tests.conftest import SMOKE, TINY, TINY_COMPOSITION, with_id

THREE = tuple(replace(TINY_COMPOSITION, eps_pn=eps_pn) for eps_pn in (0.2, 0.6, 1.0))


@pytest.fixture
def tiny(tmp_path: Path) -> Workspace:
    return create(tmp_path / "work", THREE, TINY, tmp_path / "data.nc")


def _names(workspace: Workspace) -> list[str]:
    return [row.state.name for row in campaign.status(workspace)]


def _frames(workspace: Workspace, composition: Composition) -> list[int]:
    run = workspace.folder(workspace.task(composition)) / "run"
    with gsd.hoomd.open(str(run / run_folder.TRAJECTORY), "r") as file:
        return [frame.configuration.step for frame in file]


def test_campaigns_of_the_standard_preset_and_of_its_alias_are_one(tmp_path: Path) -> None:
    """The record of either names the protocol `desk`, as those of former versions do."""
    create(tmp_path / "work", THREE, preset("desk"), tmp_path / "data.nc")
    assert json.loads((tmp_path / "work" / "campaign.json").read_text())["protocol"]["name"] == "desk"
    assert open_workspace(tmp_path / "work").protocol == preset("standard")
    create(tmp_path / "work", THREE, preset("standard"), tmp_path / "data.nc")
    with pytest.raises(InputError, match=r"another protocol \(standard\)"):
        create(tmp_path / "work", THREE, TINY, tmp_path / "data.nc")


def test_job_identities_are_golden() -> None:
    """signac's hash of all parameters: a workspace must be found again by every version."""
    path = Path("/nowhere")
    standard = preset("standard")
    edge = Composition(diameter=3, chain_length=30, density=0.003, eps_nn=0.56, eps_pn=0.66)
    former = Workspace(path, (SMOKE,), replace(standard, start="dispersed"), path)
    tasks = [former.task(SMOKE, replica) for replica in (0, 1, 2)]
    from signac.job import calc_id

    assert [calc_id(task.state_point) for task in tasks] == [
        "94e4c86f5b37c0a31a6313f9812922af",
        "9912f93d9cfc7cb30ed3cadd1e79cc58",
        "b3c2892b895364975e7fa49f4bc2181a",
    ]
    assert [task.protocol.start for task in tasks] == ["dispersed", "clustered", "dispersed"]
    now = Workspace(path, (SMOKE,), standard, path)
    assert calc_id(now.task(SMOKE).state_point) == "16d354e6021c8e251db525bfce8f2d3c"
    assert [now.task(SMOKE, replica).protocol.start for replica in (0, 1, 2)] == ["implicit"] * 3
    assert [now.task(edge, replica).protocol.start for replica in range(4)] == [
        *("implicit", "clustered", "dispersed", "implicit")
    ]
    outside = replace(SMOKE, diameter=6, density=0.0005)
    assert [now.task(outside, replica).protocol.start for replica in (0, 1)] == ["dispersed", "clustered"]


def test_a_campaign_runs_once_and_for_all(tiny: Workspace, logged: list[str]) -> None:
    assert _names(tiny) == ["waiting"] * 3
    assert campaign.run(tiny, only=[2], max_replicas=1)
    assert _names(tiny) == ["waiting", "waiting", "done"]
    assert campaign.run(tiny, cores=2, max_replicas=1)
    assert _names(tiny) == ["done"] * 3
    assert [line.split()[0] for line in logged].count("starts") == 3
    assert campaign.run(tiny, max_replicas=1)
    assert [line.split()[0] for line in logged].count("starts") == 3


def test_bare_and_grafted_nps_in_one_campaign(tmp_path: Path) -> None:
    grafted = GraftedComposition(2, 10, 0.004, 0.5, 1.0, n_grafts=5, graft_length=4)
    protocol = replace(TINY, min_box=20.5, equilibration_steps=100, production_steps=100)  # measured to 10 sigma
    tiny = create(tmp_path / "work", (TINY_COMPOSITION, grafted), protocol, tmp_path / "data.nc")
    assert campaign.run(tiny, cores=2, max_replicas=1)
    assert _names(tiny) == ["done"] * 2
    dataset = campaign.collect(tiny)
    assert dataset is not None
    assert dataset.space.names[5:] == ("n_grafts", "graft_length", "eps_gm")
    assert sorted(dataset.X[:, 5:].tolist()) == [[0, 0, 1], [5, 4, 1]]
    assert _names(tiny) == ["collected"] * 2
    known = results.find_known(tiny)
    assert all(known[one.kind].is_collected(tiny.task(one)) for one in tiny.systems)


def test_time_is_over_and_the_campaign_goes_on(tiny: Workspace, logged: list[str]) -> None:
    long = replace(TINY, production_steps=30_000, name="long")
    workspace = create(tiny.path.with_name("long"), THREE[:1], long, tiny.dataset)
    begun = time.monotonic()
    assert not campaign.run(workspace, hours=4 / 3600, max_replicas=1)
    assert time.monotonic() - begun < 60
    (row,) = campaign.status(workspace)
    assert row.state.name == "interrupted"
    assert logged[-1].startswith("stopped")
    assert campaign.run(workspace, max_replicas=1)
    assert _frames(workspace, THREE[0]) == list(range(320, 30_301, 20))


def test_a_run_that_fails_has_a_reason_and_stops_nobody(tiny: Workspace, tmp_path: Path, logged: list[str]) -> None:
    program = tmp_path / "lmp"
    real = find_lmp()[0]
    bad = 'if grep -q "1 2 0.6" start.in 2>/dev/null; then echo "ERROR: not this"; exit 1; fi'
    program.write_text(f'#!/bin/sh\n{bad}\nexec {real} "$@"\n')
    program.chmod(0o755)
    assert not campaign.run(tiny, cores=2, max_replicas=1, options={"lmp": str(program)})
    rows = campaign.status(tiny)
    assert [row.state.name for row in rows] == ["done", "failed", "done"]
    assert "ERROR: not this" in rows[1].state.reason
    assert sum(line.startswith("failed") for line in logged) == campaign.RETRIES + 1
    assert campaign.run(tiny, max_replicas=1)  # mended: it goes on
    assert _names(tiny) == ["done"] * 3


def _workers(workspace: Workspace) -> list[int]:
    """Process ids of the Pythons whose LAMMPS runs in the workspace."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            inside = (entry / "cwd").readlink().is_relative_to(workspace.path)
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            inside_too = Path(f"/proc/{parent}/cwd").readlink().is_relative_to(workspace.path)
        except (OSError, ValueError):
            continue
        if inside and not inside_too:  # PyPI's lmp is a wrapper: its child is no child of a worker
            found.append(parent)
    return found


def _kill_when_running(
    workspace: Workspace, of_worker: Callable[[int], int], killed: list[int], over: threading.Event
) -> None:
    """Kill one worker, or what stands above it, as soon as some run of the workspace has a restart file."""
    while not over.is_set():
        workers = _workers(workspace) if any(workspace.path.glob("workspace/*/run/restart.a")) else []
        if workers:
            killed.append(of_worker(workers[0]))
            os.kill(killed[0], signal.SIGKILL)
            return
        time.sleep(0.05)


def _parent(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[1])


@pytest.mark.parametrize(
    ("scheduler", "of_worker"),
    [("processes", int), ("htex", int), pytest.param("htex", _parent, marks=pytest.mark.long)],
    ids=["processes", "parsl", "parsl, all workers of a node"],
)
def test_a_killed_worker_costs_nothing(
    tmp_path: Path, scheduler: str, of_worker: Callable[[int], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NANONET_WORKERS", "2")
    monkeypatch.setenv("NANONET_PARSL_DIR", str(tmp_path / "parsl"))
    protocol = replace(TINY, production_steps=9_000)
    workspace = create(tmp_path / "work", THREE[:2], protocol, tmp_path / "data.nc")
    killed: list[int] = []
    over = threading.Event()
    killer = threading.Thread(target=_kill_when_running, args=(workspace, of_worker, killed, over))
    killer.start()
    try:
        assert campaign.run(workspace, cores=2, max_replicas=1, scheduler=scheduler)
    finally:
        over.set()
        killer.join()
    assert killed
    for composition in workspace.design:
        assert _frames(workspace, composition) == list(range(320, 9_301, 20))


def test_two_campaigns_on_one_workspace_are_safe(tiny: Workspace) -> None:
    code = (
        "import logging, sys; from nanonet.campaign import campaign\n"
        "from nanonet.campaign.workspace import open_workspace\n"
        "if __name__ == '__main__':\n"
        "    logging.basicConfig(level=logging.INFO, stream=sys.stdout)\n"
        f"    campaign.run(open_workspace({str(tiny.path)!r}), max_replicas=1)\n"
    )
    script = tiny.path.with_name("both.py")
    script.write_text(code)
    both = [subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [process.communicate(timeout=240)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert _names(tiny) == ["done"] * 3
    assert all("starts" in output and "failed" not in output for output in outputs)
    for composition in THREE:
        assert _frames(tiny, composition) == list(range(320, 901, 20))


@pytest.fixture
def smoke(tmp_path: Path, smoke_run: Path) -> Workspace:
    """A campaign of smoke runs, one of which is finished."""
    design = (SMOKE, replace(SMOKE, eps_pn=0.3))
    workspace = create(tmp_path / "work", design, preset("smoke"), tmp_path / "data.nc")
    shutil.copytree(smoke_run, workspace.prepare(workspace.task(SMOKE)) / "run")
    return workspace


def test_collecting_twice_changes_nothing(smoke: Workspace, smoke_run: Path, logged: list[str]) -> None:
    assert _names(smoke) == ["done", "waiting"]
    data = campaign.collect(smoke)
    assert data == Dataset.load(smoke.dataset)
    assert data is not None
    assert data.rdfs == analyze([smoke_run]).rdfs
    assert len(logged) == 1
    before = smoke.dataset.read_bytes()
    campaign.collect(smoke)
    assert smoke.dataset.read_bytes() == before
    assert len(logged) == 1
    assert _names(smoke) == ["collected", "waiting"]


def test_a_run_that_cannot_be_measured_keeps_nobody_out(smoke: Workspace, smoke_run: Path, logged: list[str]) -> None:
    bad = smoke.prepare(smoke.task(smoke.design[1])) / "run"
    shutil.copytree(smoke_run, bad)
    record = json.loads((bad / run_folder.RECORD).read_text())
    task = smoke.task(smoke.design[1])
    record |= {**as_system(task.system).parameters(), "nps": 17}
    (bad / run_folder.RECORD).write_text(json.dumps(with_id(record)))
    data = campaign.collect(smoke)
    assert data is not None
    assert len(data) == 1
    assert any(line.startswith("left out") and "17 NPs" in line for line in logged)
    (bad / run_folder.TRAJECTORY).write_bytes(b"torn")
    assert _names(smoke) == ["collected", "failed"]
    assert sorted(path.name for path in smoke.dataset.parent.iterdir()) == ["data.nc", "work"]  # and no litter


def test_nothing_to_collect(tiny: Workspace) -> None:
    assert campaign.collect(tiny) is None
    assert not tiny.dataset.exists()


def _other(smoke_run: Path, folder: Path, seed: int = 1, eps_pn: float = 1.0, **changes: object) -> Path:
    """A finished run under the name of another."""
    shutil.copytree(smoke_run, folder)
    record = json.loads((folder / run_folder.RECORD).read_text())
    record["protocol"] |= {"seed": seed, **changes}
    record["composition"]["eps_pn"] = eps_pn
    (folder / run_folder.RECORD).write_text(json.dumps(with_id(record | {"start": record["protocol"]["start"]})))
    (folder / "polymer.json").unlink(missing_ok=True)
    return folder


def test_the_order_of_collection_does_not_matter(smoke_run: Path, tmp_path: Path) -> None:
    folders = [
        _other(smoke_run, tmp_path / "a"),
        _other(smoke_run, tmp_path / "b", seed=1001, start="clustered"),
        _other(smoke_run, tmp_path / "c", eps_pn=0.3),
    ]
    for name, order in (("one.nc", [0, 1, 2]), ("two.nc", [2, 1, 0])):
        for i in order:
            add_runs(tmp_path / name, [folders[i]])
    one, two = (Dataset.load(tmp_path / name) for name in ("one.nc", "two.nc"))
    assert one == two
    assert [len(runs) for runs in one.runs] == [1, 2]
    assert one.provenance[1]["starts"] == ["clustered", "dispersed"]


def test_a_longer_run_takes_the_place_of_a_shorter(smoke_run: Path, tmp_path: Path) -> None:
    run = _other(smoke_run, tmp_path / "short")
    add_runs(tmp_path / "data.nc", [run])
    longer = engine.extend(shutil.copytree(smoke_run, tmp_path / "long"), 1_500).parent
    data = add_runs(tmp_path / "data.nc", [longer])
    assert data is not None
    assert [[one.record["production_tau"] for one in runs] for runs in data.runs] == [[15.0]]
    again = add_runs(tmp_path / "data.nc", [run])
    assert again == data


def test_a_vanished_workspace_costs_only_its_unfinished_runs(
    smoke: Workspace, tmp_path: Path, logged: list[str]
) -> None:
    campaign.collect(smoke)
    shutil.rmtree(smoke.path)
    again = create(smoke.path, smoke.design, smoke.protocol, smoke.dataset)
    assert _names(again) == ["collected", "waiting"]
    logged.clear()
    assert campaign.run(again, only=[0], max_replicas=1)
    assert logged == []  # the first composition is not run again


def _seen(run: Run, **changes: object) -> Run:
    """The run with other statistics."""
    assert run.record.statistics is not None
    statistics = replace(run.record.statistics, **changes)  # type: ignore[arg-type]
    return replace(run, record=replace(run.record, statistics=statistics))


def test_the_worst_gets_the_next_replica(smoke_run: Path, tmp_path: Path) -> None:
    design = (SMOKE, replace(SMOKE, eps_pn=0.3))
    data = tmp_path / "data.nc"
    for i, composition in enumerate(design):
        add_runs(data, [_other(smoke_run, tmp_path / f"run{i}", eps_pn=composition.eps_pn)])
    known = Dataset.load(data)
    workspace = create(tmp_path / "work", design, preset("smoke"), data)
    known_results = results.find_known(workspace)
    curves = known_results["melt"]
    assert isinstance(curves, Curves)
    systems = workspace.systems
    progress = campaign._Progress()
    for worst in (0, 1):
        for behind in curves.runs.values():
            for i, run in enumerate(behind):
                bad = run.record.composition.eps_pn == design[worst].eps_pn
                cast("list[Run]", behind)[i] = _seen(run, samples=(1.0, 1.0) if bad else (2.0, 2.0), drift=0.0)
        task, _ = campaign._next(workspace, systems, known_results, progress, [], 4)
        assert task is not None
        assert task.system == systems[worst]
        assert (task.protocol.start, task.protocol.seed) == ("clustered", 1001)
    for behind in curves.runs.values():  # a second run from the other end, which agrees
        one = _seen(behind[0], samples=(50.0, 50.0))
        other = replace(one, record=replace(one.record, start="clustered", id="other"))
        cast("list[Run]", behind)[:] = [one, other]
    assert campaign._next(workspace, systems, known_results, progress, [], 4) == (None, False)
    assert len(known) == 2


def test_what_a_campaign_refuses(tiny: Workspace, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="another protocol"):
        create(tiny.path, THREE, preset("smoke"), tiny.dataset)
    assert create(tiny.path, THREE[:1], TINY, tiny.dataset).design == THREE[:1]  # another design is welcome
    with pytest.raises(InputError, match="of no compositions"):
        create(tmp_path / "none", (), TINY, tiny.dataset)
    with pytest.raises(InputError, match=r"composition 1 of the design, D=2 .*: eps_nn = 0 is not 0\.02 or above"):
        create(tmp_path / "none", (THREE[0], replace(THREE[1], eps_nn=0.0)), TINY, tiny.dataset)
    with pytest.raises(InputError, match="is no workspace"):
        open_workspace(tmp_path)
    with pytest.raises(InputError, match="not empty"):
        create(tmp_path, THREE, TINY, tiny.dataset)
    with pytest.raises(InputError, match="does not exist"):
        create(tmp_path / "a" / "b", THREE, TINY, tiny.dataset)
    for change, said in (
        ({"cores": 0}, "cores = 0"),
        ({"cores": 10**30}, "cores = 10*0 is not a whole number between 1 and 100000"),
        ({"max_replicas": 10**30}, "replicas = 10*0 is not a whole number between 1 and 100"),
        ({"hours": -1.0}, "hours = -1"),
        ({"hours": math.nan}, "hours = nan"),
        ({"hours": math.inf}, "hours = inf"),
        ({"only": [10**30]}, "number 10*0 is not between 0 and 2"),
        ({"only": [3]}, "number 3 is not between 0 and 2"),
        ({"options": {"lmp": "'"}}, "is not a command: No closing quotation"),
        ({"options": {"lmp": "'"}, "scheduler": "htex"}, "is not a command: No closing quotation"),
        ({"options": {"lmp": "/bin/true"}}, "is not a LAMMPS that runs here"),
        ({"options": {"accelerator": "fast"}}, "accelerator = 'fast' is not one of auto"),
        ({"options": {"threads": 10**30}}, "threads = 10*0 is not a whole number between 1 and 1024"),
    ):
        with pytest.raises(InputError, match=said):
            campaign.run(tiny, **change)
    record = json.loads((tiny.path / "campaign.json").read_text())
    (tiny.path / "campaign.json").write_text(json.dumps(record | {"format": 0}))
    with pytest.raises(InputError, match="format = 0 is not 1: another version"):
        open_workspace(tiny.path)


def test_an_unknown_scheduler_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'lsf' is not one of processes, htex, slurm, pbs"):
        dispatch.executor("lsf", 1)
    bad = tmp_path / "mine.py"
    for text, said in (("config = 3", "defines no parsl Config"), ("1 / 0", "fails: ZeroDivisionError")):
        bad.write_text(text)
        with pytest.raises(InputError, match=said):
            dispatch.executor(str(bad), 1)


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")  # parsl's
@pytest.mark.parametrize("name", ["slurm", "pbs"])
def test_the_ready_configurations_load(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import runpy

    monkeypatch.setenv("NANONET_PARTITION", "short")
    monkeypatch.setenv("NANONET_WALLTIME", "01:00:00")
    config = runpy.run_path(str(Path(dispatch.__file__).with_name(dispatch.SCHEDULERS[name])))["config"]
    (executor,) = config.executors
    assert executor.provider.walltime == "01:00:00"
    assert "short" in (getattr(executor.provider, "partition", None), getattr(executor.provider, "queue", None))
    assert np.isfinite(executor.max_workers_per_node)


def test_a_dataset_that_cannot_be_written_is_found_at_the_beginning(
    tiny: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for dataset, said in ((tmp_path / "no" / "data.nc", "does not exist"), (Path("/sys/data.nc"), "cannot write")):
        with pytest.raises(NanonetError, match=said):
            create(tmp_path / "new", THREE, TINY, dataset)
        assert not (tmp_path / "new").exists()
        with pytest.raises(NanonetError, match=said):
            campaign.run(replace(tiny, dataset=dataset))
    (tmp_path / "text.nc").write_text("r,g\n")
    for dataset, said in ((tmp_path / "text.nc", "not a netCDF-4 file"), (Path("/dev/null"), "not a regular file")):
        with pytest.raises(InputError, match=f"dataset {dataset} cannot be read: .*{said}"):
            create(tmp_path / "new", THREE, TINY, dataset)
        assert not (tmp_path / "new").exists()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "windows.json").write_text("{}")
    with pytest.raises(InputError, match="file of umbrella runs"):
        create(tmp_path / "new", THREE, TINY, tmp_path / "other" / "data.nc")
    with pytest.raises(InputError, match=r"dataset = .*/b\\xff\.nc is not UTF-8 text"):
        create(tmp_path / "new", THREE, TINY, tmp_path / os.fsdecode(b"b\xff.nc"))
    inside = create(tmp_path / "inside", THREE, TINY, tmp_path / "inside" / "data.nc")
    assert open_workspace(inside.path).dataset == inside.path / "data.nc"

    def fail(folder: str) -> None:
        (Path(folder) / ".signac").mkdir()
        raise OSError(28, "No space left on device", folder)

    monkeypatch.setattr("signac.init_project", fail)
    (tmp_path / "empty").mkdir()
    for name in ("new", "empty"):
        with pytest.raises(OutputError, match=f"cannot make the workspace .*/{name}: No space left on device"):
            create(tmp_path / name, THREE, TINY, tmp_path / "data.nc")
    assert not (tmp_path / "new").exists()
    assert not any((tmp_path / "empty").iterdir())
