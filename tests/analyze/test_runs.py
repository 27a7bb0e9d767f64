from __future__ import annotations

import json
import shutil
from pathlib import Path

import gsd.hoomd
import pytest

from nanonet import Dataset, InputError
from nanonet.analyze.runs import analyze
from tests.conftest import SMOKE, with_id


def test_a_run_becomes_a_dataset_entry(smoke_run: Path) -> None:
    data = analyze([smoke_run])
    assert len(data) == 1
    assert data.provenance[0]["nominal_density"] == SMOKE.density
    assert data.compositions[0].density == pytest.approx(SMOKE.density, rel=0.03)
    assert data.compositions[0].density != SMOKE.density
    assert data.provenance[0]["nps"] == 18
    ((run,),) = data.runs
    record = run.record
    assert run.rdf == data.rdfs[0]
    assert record["box"] > 20.5
    assert record["protocol"]["name"] == "smoke"
    assert record["polymer"]["configurations"] == 3
    assert len(record["polymer"]["g"]) == len(record["polymer"]["g_error"]) == 100
    assert json.loads((smoke_run / "polymer.json").read_text()) == record["polymer"]
    assert data.rdfs[0].g[data.r < 2.2].max() == 0  # NPs do not overlap
    assert data.rdfs[0].g[data.r > 5].mean() == pytest.approx(1, abs=0.2)


def test_frames_that_stand_twice_are_named(smoke_run: Path, tmp_path: Path) -> None:
    shutil.copy(smoke_run / "run.json", tmp_path)
    with (
        gsd.hoomd.open(str(smoke_run / "trajectory.gsd"), "r") as whole,
        gsd.hoomd.open(str(tmp_path / "trajectory.gsd"), "w") as twice,
    ):
        for i in [*range(30), *range(20, len(whole))]:  # a run that went on from before its last frame
            twice.append(whole[i])
    with pytest.raises(InputError, match=r"frame 30: its step is .*: frames stand doubled or out of order"):
        analyze([tmp_path])


def test_what_is_no_finished_run_is_named(smoke_run: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no run\.json"):
        analyze([tmp_path])
    shutil.copy(smoke_run / "run.json", tmp_path)
    with pytest.raises(InputError, match="not finished"):
        analyze([tmp_path])
    (tmp_path / "trajectory.gsd").write_bytes((smoke_run / "trajectory.gsd").read_bytes()[:2000])
    with pytest.raises(InputError, match="cannot be used"):
        analyze([tmp_path])
    shutil.copy(smoke_run / "trajectory.gsd", tmp_path)
    record = json.loads((tmp_path / "run.json").read_text())
    (tmp_path / "run.json").write_text(json.dumps(record | {"nps": 17}))
    with pytest.raises(InputError, match=r"40 frames of 18 NPs; run\.json says 40 frames of 17 NPs"):
        analyze([tmp_path])
    del record["composition"]
    (tmp_path / "run.json").write_text(json.dumps(record))
    with pytest.raises(InputError, match="composition"):
        analyze([tmp_path])


def _copy(run: Path, folder: Path, seed: int, **changes: object) -> Path:
    """The same trajectory under the name of another run."""
    folder.mkdir()
    shutil.copy(run / "trajectory.gsd", folder)
    record = json.loads((run / "run.json").read_text())
    record["protocol"] |= {"seed": seed, **changes}
    (folder / "run.json").write_text(json.dumps(with_id(record)))
    return folder


def test_replicas_become_one_entry(smoke_run: Path, tmp_path: Path) -> None:
    replica = _copy(smoke_run, tmp_path / "replica", 1001, start="clustered")
    slower = _copy(smoke_run, tmp_path / "slower", 1, timestep=0.005)
    data = analyze([smoke_run, slower, replica])
    assert len(data) == 2  # another time step is another simulation, another seed is not
    assert [run.record["protocol"]["seed"] for run in data.runs[0]] == [1, 1001]
    data.save(tmp_path / "data.nc")
    assert Dataset.load(tmp_path / "data.nc") == data
    assert data.provenance[0]["production_tau"] == 20
    assert data.provenance[0]["convergence"]["agreement"] == 0
    assert data.provenance[1]["convergence"]["agreement"] is None
    assert data.rdfs[0].g == pytest.approx(data.rdfs[1].g)
    with pytest.raises(InputError, match="the same run as"):
        analyze([smoke_run, smoke_run])
