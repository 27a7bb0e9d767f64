"""Every kind of file, damaged in a few hundred ways: allowed are the right answer or one `InputError` of one line.

The short test is part of the suite, the long one (`make test-long`) takes thousands; docs/reliability.md has figures.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any

import gsd.hoomd
import h5py
import numpy as np
import pytest

import nanonet
from nanonet import Composition, Dataset, InputError, umbrella_runs
from nanonet.analyze import configurations, trajectory
from nanonet.analyze.runs import analyze
from nanonet.campaign.design import read_csv
from nanonet.campaign.workspace import create, open_workspace
from nanonet.check_dataset import check_dataset
from nanonet.curve import Quantity
from nanonet.formats.curve_csv import read_rdf, write_curve
from nanonet.formats.reading import read_json
from nanonet.records import PolymerRecord, StatusRecord
from nanonet.simulate import engine
from nanonet.space import Input, InputSpace
from nanonet.systems.kinds import as_system
from nanonet.umbrella_runs import by_pair_inputs
from tests.analyze.test_configurations import BEADS, NPS
from tests.conftest import TINY, TINY_COMPOSITION, with_id

SHORT, LONG = 25, 200
"""Damaged files of each kind."""

VALUES: list[Any] = [None, True, -1, 0, 1e308, 10**30, "", "x" * 1000, "[/b]\x1b[31m", [], {}, [[1]], {"a": None}, 0.5]
DATA = files("nanonet") / "data"


def _bytes(content: bytes, dice: random.Random) -> bytes:
    """Flip, cut, repeat, insert or blank some bytes."""
    damaged = bytearray(content)
    kind = dice.randrange(6)
    place, size = dice.randrange(len(content)), dice.randrange(1, 1 + min(len(content), 4_000))
    if kind == 0:
        for _ in range(dice.randrange(1, 20)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
    elif kind == 1:
        del damaged[place:]
    elif kind == 2:
        del damaged[place : place + size]
    elif kind == 3:
        damaged[place:place] = damaged[place : place + size]
    elif kind == 4:
        damaged[place:place] = dice.randbytes(size)
    else:
        damaged[place : place + size] = bytes(len(damaged[place : place + size]))
    return bytes(damaged)


def _json(content: bytes, dice: random.Random) -> bytes:
    """Change, take away or add an entry anywhere in it; or nest it deep."""
    values = json.loads(content)
    places: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        for name in list(node) if isinstance(node, dict) else range(len(node)):
            places.append((node, name))
            if isinstance(node[name], dict | list):
                walk(node[name])

    walk(values)
    node, name = dice.choice(places)
    kind = dice.randrange(5)
    if kind == 0 and isinstance(node, dict):
        del node[name]
    elif kind == 1 and isinstance(node, dict):
        node[f"later_{name}"] = dice.choice(VALUES)
    elif kind == 2:
        return b'{"id": ' + b"[" * 5_000 + b"]" * 5_000 + b"}"
    else:
        node[name] = dice.choice(VALUES)
    return json.dumps(values).encode()


Damage = Callable[[bytes, random.Random], bytes]
Kind = tuple[Path, Callable[[], Any], tuple[Damage, ...]]


def _trajectory(path: Path) -> None:
    with gsd.hoomd.open(str(path), "w") as file:
        for step in range(8):
            frame = gsd.hoomd.Frame()
            frame.configuration.step = 10 * step
            frame.configuration.box = [22, 22, 22, 0, 0, 0]
            frame.particles.N = 6
            frame.particles.types = ["NP"]
            frame.particles.position = np.random.default_rng(step).uniform(-10, 10, (6, 3))
            file.append(frame)


def _run(folder: Path) -> None:
    """A run folder as analyze takes it."""
    folder.mkdir()
    protocol = asdict(TINY) | {"production_steps": 160, "frame_every": 20}
    record = {
        "format": 1, "nanonet": "0", "lammps": "0", "accelerator": "opt", "nps": 6, "chains": 1, "monomers": 10,
        "np_mass": 8.0, "start": "dispersed", **as_system(TINY_COMPOSITION).parameters(), "protocol": protocol,
    }  # fmt: skip
    (folder / "run.json").write_text(json.dumps(with_id(record)))
    _trajectory(folder / "trajectory.gsd")


def _kinds(tmp: Path, data: Dataset) -> dict[str, Kind]:
    """For each kind of file: a good one, what reads it and all beside it, and how it is damaged."""
    data.save(tmp / "data.nc")
    _declared().save(tmp / "declared.nc")
    _run(tmp / "run")
    _trajectory(tmp / "t.gsd")
    head = ["ITEM: TIMESTEP", "0", "ITEM: NUMBER OF ATOMS", "17", "ITEM: BOX BOUNDS pp pp pp", *["0 22"] * 3]
    text = "\n".join([*head, "ITEM: ATOMS id mol type x y z ix iy iz", *BEADS, *NPS]) + "\n"
    (tmp / "c.lammpstrj").write_text(text)
    (tmp / "c.lammpstrj.gz").write_bytes(gzip.compress(text.encode()))
    for name in ("gp", "nanonet"):
        shutil.copytree(str(DATA / name), tmp / name)
    write_curve(tmp / "rdf.csv", data.rdfs[0], "made up", 3, 0.002)
    (tmp / "design.csv").write_text("diameter,chain_length,density,eps_nn,eps_pn\n3,40,0.002,0.5,1\n2,30,0.001,1,1\n")
    create(tmp / "work", [TINY_COMPOSITION], TINY, tmp / "none.nc")
    (tmp / "windows.json").write_bytes(_few_windows())
    polymer = next(run.record["polymer"] for runs in Dataset.shipped().runs for run in runs if run.record["polymer"])
    (tmp / "polymer.json").write_text(json.dumps(polymer))
    (tmp / "status.json").write_text('{"error": "LAMMPS failed", "step": 100, "time": 1.5}')
    composition = Composition(3, 40, 0.002, 0.5, 1.0)

    def asked(name: str) -> Callable[[], Any]:
        return lambda: nanonet.load(tmp / name).predict_curves([[3, 40, 0.002, 0.5, 1.0]])

    def dataset(name: str) -> Any:
        faults = check_dataset(tmp / name)
        assert all(len(fault) < 2_000 for fault in faults)
        return Dataset.load(tmp / name)

    def run() -> Any:
        engine.finished_id(tmp / "run")
        return analyze([tmp / "run"])

    def model_card() -> Any:
        model = nanonet.load(tmp / "gp")
        return model.basis(composition), str(model), model.intervals(composition)

    return {
        "dataset (.nc)": (tmp / "data.nc", lambda: dataset("data.nc"), (_bytes,)),
        "dataset of declared inputs (.nc)": (
            tmp / "declared.nc", lambda: dataset("declared.nc"), (_bytes, _declarations, _declarations),
        ),
        "run record (run.json)": (tmp / "run" / "run.json", run, (_bytes, _json, _json)),
        "trajectory (.gsd)": (tmp / "t.gsd", lambda: trajectory.read(tmp / "t.gsd"), (_bytes,)),
        "configuration (.lammpstrj)": (
            tmp / "c.lammpstrj", lambda: configurations.read(tmp / "c.lammpstrj"), (_bytes,),
        ),
        "configuration (.gz)": (
            tmp / "c.lammpstrj.gz", lambda: configurations.read(tmp / "c.lammpstrj.gz"), (_bytes,),
        ),
        "model card (model.json)": (tmp / "gp" / "model.json", model_card, (_bytes, _unsealed, _unsealed)),
        "model arrays (.npz)": (tmp / "gp" / "process.npz", asked("gp"), (_bytes,)),
        "model graph (.onnx)": (tmp / "nanonet" / "decoder.onnx", asked("nanonet"), (_bytes,)),
        "RDF table (.csv)": (tmp / "rdf.csv", lambda: read_rdf(tmp / "rdf.csv"), (_bytes,)),
        "design (.csv)": (tmp / "design.csv", lambda: read_csv(tmp / "design.csv"), (_bytes,)),
        "campaign (campaign.json)": (
            tmp / "work" / "campaign.json", lambda: open_workspace(tmp / "work"), (_bytes, _json, _json),
        ),
        "umbrella runs (windows.json)": (
            tmp / "windows.json",
            lambda: by_pair_inputs(umbrella_runs.load(tmp / "windows.json")),
            (_bytes, _json, _json),
        ),
        "polymer.json": (
            tmp / "polymer.json", lambda: read_json(tmp / "polymer.json", PolymerRecord, "record"), (_bytes, _json),
        ),
        "status.json": (
            tmp / "status.json", lambda: read_json(tmp / "status.json", StatusRecord, "status"), (_bytes, _json),
        ),
    }  # fmt: skip


def _declared() -> Dataset:
    """Curves of another quantity than g(r), of inputs that the file declares."""
    space = InputSpace(
        (Input("temperature", "kelvin", 200, 500, symbol="T"), Input("density", low=0.1, high=1, log=True))
    )
    X, Y = [[250, 0.2], [300, 0.4], [350, 0.3]], np.ones((3, 8))
    return Dataset.from_arrays(X, Y, np.arange(8), 0.1 * Y, space=space, quantity=Quantity("c", "t", low=0.0))


def _declarations(content: bytes, dice: random.Random) -> bytes:
    """What a dataset declares, changed as JSON, in an HDF5 file that is whole."""
    changed = io.BytesIO(content)
    with h5py.File(changed, "r+") as file:
        name = dice.choice(["inputs", "quantity"])
        file.attrs[name] = _json(file.attrs[name].encode(), dice).decode()
    return changed.getvalue()


def _few_windows() -> bytes:
    content = json.loads((DATA / "windows.json").read_text())
    content["runs"] = content["runs"][:2]
    return json.dumps(content).encode()


def _unsealed(content: bytes, dice: random.Random) -> bytes:
    """A card of a version before it had a checksum, changed: the readers behind it are on their own."""
    values = json.loads(content)
    values.pop("checksum", None)
    return _json(json.dumps(values).encode(), dice)


def _count(kinds: dict[str, Kind], each: int) -> dict[str, Counter[str]]:
    """What came back of each kind."""
    found = {}
    for name, (path, read, damages) in kinds.items():
        good = path.read_bytes()
        read()  # the good file is read
        dice = random.Random(name)
        results: Counter[str] = Counter()
        for i in range(each):
            path.write_bytes(damages[i % len(damages)](good, dice))
            try:
                read()
                results["answer"] += 1
            except InputError as error:
                results["one line" if len(str(error).splitlines()) == 1 else f"more than a line: {error}"] += 1
            except Exception as error:
                raise AssertionError(f"{name}, number {i}: {type(error).__name__}: {error}") from error
        path.write_bytes(good)
        found[name] = results
    return found


def test_damaged_files_have_one_line_or_the_right_answer(tmp_path: Path, made_up_dataset: Dataset) -> None:
    found = _count(_kinds(tmp_path, made_up_dataset), SHORT)
    assert all(results.keys() <= {"answer", "one line"} for results in found.values()), found
    assert all(sum(results.values()) == SHORT for results in found.values())
    assert sum(results["one line"] for results in found.values()) > 100


@pytest.mark.long
def test_many_damaged_files(tmp_path: Path, made_up_dataset: Dataset) -> None:
    found = _count(_kinds(tmp_path, made_up_dataset), LONG)
    assert all(results.keys() <= {"answer", "one line"} for results in found.values()), found
    print("\n| file | damaged | one line | read |\n|---|---|---|---|")
    for name, results in found.items():
        print(f"| {name} | {sum(results.values())} | {results['one line']} | {results['answer']} |")
