from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nanonet import Dataset, InputError, records
from nanonet.analyze.runs import analyze
from nanonet.analyze.umbrella import measure_windows
from nanonet.check_dataset import check_dataset
from nanonet.dataset import Run
from nanonet.formats.run_folder import read_record
from nanonet.protocol import preset
from nanonet.records import MeasuredRun
from nanonet.simulate import engine
from nanonet.systems.kinds import as_system
from tests.conftest import SMOKE, TINY_WINDOWS, with_id


def test_ids_are_golden(kept_runs: list[Path]) -> None:
    """The identity of a run is the hash of its subject and protocol: it must never change."""
    assert engine.run_id(SMOKE, preset("smoke")) == "a5a0f702d1513b68"
    assert len(kept_runs) > 10
    for folder in kept_runs:
        record = json.loads((folder / "run.json").read_text())
        assert read_record(folder).id == record["id"] == folder.name
    for data in (Dataset.shipped(), Dataset.shipped("implicit")):
        for one in (run.record for behind in data.runs for run in behind if run.record.fidelity != "implicit"):
            records.check_id(one.id, {"composition": one.composition.to_json()}, one.protocol, "record")


def test_defaults_of_later_fields_do_not_count(kept_runs: list[Path]) -> None:
    record = json.loads((min(kept_runs) / "run.json").read_text())
    protocol = {name: value for name, value in record["protocol"].items() if name not in ("start", "bond_substeps")}
    full = protocol | {"start": "dispersed", "bond_substeps": 1}
    subject = {"composition": record["composition"]}
    assert records.run_id(subject, protocol) == records.run_id(subject, full)
    assert records.run_id(subject, full | {"start": "clustered"}) != records.run_id(subject, full)


def _copied(run: Path, folder: Path, **composition: float) -> Path:
    shutil.copytree(run, folder)
    record = json.loads((folder / "run.json").read_text())
    record["composition"] |= composition
    (folder / "run.json").write_text(json.dumps(record))
    return folder


def test_a_record_is_held_against_its_id(smoke_run: Path, tmp_path: Path) -> None:
    edited = _copied(smoke_run, tmp_path / "edited", eps_nn=0)
    for read in (lambda: analyze([edited]), lambda: engine.read_record(edited)):
        with pytest.raises(InputError, match=r"run\.json cannot be used: id = .* is not that of its composition"):
            read()


def test_an_edited_run_of_a_dataset_is_a_fault(smoke_run: Path, tmp_path: Path) -> None:
    data = analyze([smoke_run])
    ((run,),) = data.runs
    record = replace(run.record, protocol=replace(run.record.protocol, seed=7))
    changed = Dataset(data.compositions, data.rdfs, data.provenance, ((Run(record, run.rdf, run.blocks),),))
    changed.save(tmp_path / "data.nc")
    assert any("is not that of its composition and protocol" in fault for fault in check_dataset(tmp_path / "data.nc"))


BAD: list[tuple[Any, str]] = [
    (None, "expected `object`"),
    ([], "expected `object`"),
    ({"protocol": None}, "protocol = null"),
    ({"protocol": {}}, "missing required field"),
    ({"composition": "text"}, "composition = 'text'"),
    ({"composition": {"diameter": 3}}, "missing required field"),
    ({"nps": "many"}, "nps = 'many'"),
    ({"id": 5}, "id = 5"),
    ({"last_stretch": [1]}, "last_stretch"),
    ({"accelerator": {}}, "accelerator"),
]


@pytest.mark.parametrize(("change", "said"), BAD)
def test_damaged_records_have_one_message(change: Any, said: str, smoke_run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    shutil.copy(smoke_run / "trajectory.gsd", folder)
    record = json.loads((smoke_run / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(record | change if isinstance(change, dict) else change))
    for read in (lambda: analyze([folder]), lambda: engine.finished_id(folder), lambda: measure_windows(folder)):
        with pytest.raises(InputError, match=said):
            read()


def test_fields_of_another_version_are_named(smoke_run: Path, tmp_path: Path) -> None:
    record = json.loads((smoke_run / "run.json").read_text())
    for change, said in (
        ({"unknown_field": 1}, r"protocol\.unknown_field is not known: another version"),
        ({"min_box": None}, r"min_box = None is not a finite number"),
    ):
        (tmp_path / "run.json").write_text(json.dumps(with_id(record | {"protocol": record["protocol"] | change})))
        with pytest.raises(InputError, match=said):
            engine.read_record(tmp_path)
    del record["protocol"]["min_box"]
    (tmp_path / "run.json").write_text(json.dumps(with_id(record)))
    with pytest.raises(InputError, match=r"protocol\.min_box is missing"):
        engine.read_record(tmp_path)
    (tmp_path / "run.json").write_text(json.dumps(with_id(record) | {"format": 2}))
    with pytest.raises(InputError, match="format = 2 is not 1"):
        engine.read_record(tmp_path)


@pytest.mark.parametrize("content", ["null", "[]", "{", '{"id": 1}', '{"configurations": "x"}', ""])
def test_a_damaged_record_of_the_polymer_is_made_again(content: str, smoke_run: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(smoke_run, tmp_path / "run"))
    (folder / "polymer.json").write_text(content)
    data = analyze([folder])
    assert data.runs[0][0].record["polymer"]["configurations"] == 3
    assert json.loads((folder / "polymer.json").read_text()) == data.runs[0][0].record["polymer"]


def test_windows_have_ids_too() -> None:
    subject = as_system(TINY_WINDOWS).parameters()
    assert records.run_id(subject, {"seed": 1}) == records.run_id(json.loads(json.dumps(subject)), {"seed": 1})


def test_a_record_gives_back_what_it_was_made_of() -> None:
    """Entries of later versions, nested ones too, and numbers that were written whole."""
    run = Dataset.shipped().runs[0][0].record
    values = run.to_json()
    assert MeasuredRun.from_json(values) == run
    later = {**values, "later": [1, {"a": None}], "protocol": {**run.protocol, "later": None, "timestep": 1}}
    again = MeasuredRun.from_json(json.loads(json.dumps(later)))
    assert again.to_json() == later
    assert json.dumps(again.to_json()["protocol"]) == json.dumps(later["protocol"])
    assert again.production_tau == run.production_tau
    assert run.statistics is not None
    assert run["examination"]["entries"] == run.statistics.contact_events
    seen = {**run["examination"], "entries": "x"}
    with pytest.raises(InputError, match=r"run cannot be used: examination\.entries = 'x': expected `int`"):
        MeasuredRun.from_json({**values, "examination": seen}, "run")
    del seen["entries"]
    with pytest.raises(InputError, match=r"examination: object missing required field `entries`"):
        MeasuredRun.from_json({**values, "examination": seen}, "run")
    with pytest.raises(InputError, match=r"run cannot be used: protocol\.seed = 'x': expected `int`"):
        MeasuredRun.from_json({**values, "protocol": {**run.protocol, "seed": "x"}}, "run")
