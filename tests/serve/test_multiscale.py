from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from nanonet import Composition, Dataset, protocol, umbrella_runs
from nanonet.analyze.umbrella import follow, mean_forces
from nanonet.campaign import fidelity, implicit
from nanonet.formats import potential_table
from nanonet.potentials.mediated import PairInputs
from nanonet.protocol import IMPLICIT
from nanonet.records import UmbrellaRunRecord
from nanonet.umbrella_runs import UmbrellaRun
from tests.analyze.made_up import made_up_windows
from tests.conftest import TINY

PAIR = ["--diameter", "3", "--chain-length", "40", "--eps-pn", "1"]


@pytest.fixture(scope="module")
def forces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """File of made-up umbrella runs."""
    path = tmp_path_factory.mktemp("forces") / "windows.json"
    runs = []
    for seed, pair in enumerate((PairInputs(3, 40, 1.0), PairInputs(3, 40, 0.2), PairInputs(2.5, 30, 0.6))):
        subject, trajectory = made_up_windows(pair, 400, seed)
        runs.append(
            UmbrellaRun(subject, mean_forces(follow(trajectory, subject), subject), UmbrellaRunRecord(id=f"{seed:016}"))
        )
    umbrella_runs.save(path, runs)
    return path


def test_potential_shows_w_poly(run, forces: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    plot, table = tmp_path / "w.png", tmp_path / "w.csv"
    status, out, err = run(
        "potential", *PAIR, "--eps-nn", 0.5, "--windows", forces, "--plot", plot, "--csv", table
    )  # fmt: skip
    assert (status, err) == (0, "")
    assert "contact    W_poly(D) = " in out
    assert "warning" not in out
    assert plot.read_bytes().startswith(b"\x89PNG")
    with table.open() as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    assert list(rows[0]) == ["r", "w_poly", "error", "w_poly_plus_u_nn"]
    status, out, _ = run("potential", *PAIR, "--windows", forces, "--json")
    content = json.loads(out)
    assert len(content["w_poly"]) == len(content["error"]) == len(content["r"]) == len(rows)
    assert content["total"] is None


def test_a_table_of_w_poly_is_written(run, forces: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    status, out, err = run("potential-table", tmp_path / "table.npz", "--windows", forces)
    assert (status, err) == (0, "")
    assert "13 x 3 x 15 pair inputs" in out
    assert potential_table.load(tmp_path / "table.npz").w.shape[:3] == (13, 3, 15)
    status, _, err = run("potential-table", tmp_path / "no-such-folder" / "table.npz", "--windows", forces)
    assert (status, "no-such-folder" in err) == (2, True)


def test_potential_outside_warns_and_nonsense_is_refused(run, forces: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    status, out, _ = run("potential", *PAIR[:-1], 1.4, "--windows", forces)
    assert status == 0
    assert "warning    eps_pn = 1.4 is not between 0.2 and 1" in out
    status, _, err = run("potential", *PAIR[:-1], 9, "--windows", forces)
    assert status == 2
    assert "eps_pn = 9 is not between 0 and 5" in err
    status, _, err = run("potential", *PAIR, "--windows", tmp_path / "none.json")
    assert status == 2
    assert "does not exist" in err
    status, _, err = run("potential", *PAIR, "--windows", forces, "--plot", "w.txt")
    assert status == 2
    assert "suffix" in err


def test_windows_are_run_and_measured(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    short = replace(TINY, name="windows", configurations=0)
    monkeypatch.setattr(protocol, "WINDOWS", short)
    monkeypatch.setattr("nanonet.systems.umbrella.springs", lambda diameter: ((2.2, 20.0), (2.6, 20.0), (3.0, 20.0)))
    words = ["--diameter", 2, "--chain-length", 10, "--eps-pn", 1, "--out", tmp_path / "run"]
    status, out, _ = run("windows", *words)
    assert status == 0
    assert "3 dimers" in out
    assert "contact    W_poly(D) = " in out
    status, _, err = run("windows", *words, "--replica", -1)
    assert status == 2
    assert "replica = -1" in err


def test_implicit_makes_a_dataset_and_a_report(  # type: ignore[no-untyped-def]
    run, forces: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = replace(IMPLICIT, equilibration_steps=1_000, production_steps=10_000, frame_every=100, min_nps=32)
    for module, name in ((implicit, "IMPLICIT"), (fidelity, "_PROTOCOL")):
        monkeypatch.setattr(module, name, quick)
    design = tmp_path / "design.csv"
    design.write_text("diameter,chain_length,density,eps_nn,eps_pn\n3,40,0.001,0.2,1.0\n2.7,33,0.002,0.2,0.7\n")
    explicit = Dataset.shipped().subset(
        [i for i, c in enumerate(Dataset.shipped().compositions) if c.eps_pn == 1.0][:1]
    )
    explicit.save(tmp_path / "explicit.nc")
    out, report = tmp_path / "implicit.nc", tmp_path / "report.json"
    status, said, err = run(
        "implicit", tmp_path / "work", "--out", out, "--design", design, "--windows", forces,
        "--explicit", tmp_path / "explicit.nc", "--report", report,
    )  # fmt: skip
    assert (status, err) == (0, "")
    assert "compared   " in said
    assert "beyond     known errors, dispersed" in said
    data = Dataset.load(out)
    assert len(data) == 2
    assert {entry["fidelity"] for entry in data.provenance} == {"implicit"}
    assert len(fidelity.load(report)) == 1


def test_what_stops_implicit_is_found_before_its_model_is_fitted(  # type: ignore[no-untyped-def]
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nanonet.serve.multiscale._model", lambda path: pytest.fail("it was fitted"))
    (tmp_path / "file").write_text("")
    for folder, said in ((tmp_path / "file", "a file has that name"), (Path("/sys/none"), "cannot write /sys/none")):
        status, _, err = run("implicit", folder, "--out", tmp_path / "out.nc", "--count", 2)
        assert status == 2
        assert said in err
    status, _, err = run("implicit", tmp_path / "new", "--out", tmp_path / "out.nc", "--explicit", tmp_path / "file")
    assert status == 2
    assert f"dataset {tmp_path / 'file'} cannot be read" in err
    assert not (tmp_path / "new").exists()


def test_simulate_takes_an_implicit_polymer(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    five = ["--diameter", 3, "--chain-length", 40, "--density", 0.001, "--eps-nn", 0.3, "--eps-pn", 1]
    status, out, _ = run("simulate", *five, "--implicit", "--production-steps", 2_000, "--out", tmp_path / "run")
    assert status == 0
    assert "9 NPs and 0 chains" in out
    status, out, _ = run("analyze", tmp_path / "run", "--out", tmp_path / "data.nc")
    assert status == 0
    data = Dataset.load(tmp_path / "data.nc")
    assert data.compositions[0].eps_nn == Composition(3, 40, 0.001, 0.3, 1.0).eps_nn
    assert data.provenance[0]["fidelity"] == "implicit"
