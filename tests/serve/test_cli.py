from __future__ import annotations

import csv
import functools
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nanonet import RDF, Dataset
from nanonet.composition import FIELDS
from nanonet.formats.curve_csv import read_curve
from nanonet.learn import nanonet
from tests.test_import_dataset import DECLARED, MSD

FIVE = ["--diameter", "3", "--chain-length", "40", "--density", "0.002", "--eps-nn", "0.5", "--eps-pn", "1.0"]


def _five(**changes: object) -> list[str]:
    words = list(FIVE)
    for name, value in changes.items():
        words[words.index("--" + name.replace("_", "-")) + 1] = str(value)
    return words


def test_predict_writes_numbers_a_plot_and_a_table(run, model_folder: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    plot, table = tmp_path / "rdf.png", tmp_path / "rdf.csv"
    status, out, err = run("predict", *FIVE, "--model", model_folder, "--plot", plot, "--csv", table)
    assert (status, err) == (0, "")
    assert "first peak" in out
    assert "8 simulations of 10 to 17 NPs" in out
    assert "error bars   not known" in out
    assert plot.read_bytes().startswith(b"\x89PNG")
    with table.open() as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    assert len(rows) == 100
    assert rows[0]["r"] == "0.05"
    assert rows[0]["error"] == ""


def test_json_says_the_same(run, model_folder: Path) -> None:  # type: ignore[no-untyped-def]
    status, out, _ = run("predict", *_five(diameter=9, density=0.0005), "--model", model_folder, "--json")
    content = json.loads(out)
    assert status == 0
    assert content["composition"]["diameter"] == 9
    assert len(content["g"]) == len(content["r"]) == 100
    assert content["error"] is None
    assert any("diameter = 9 is outside" in text for text in content["basis"]["warnings"])


def test_the_shipped_models_answer(run) -> None:  # type: ignore[no-untyped-def]
    status, out, _ = run("predict", *FIVE)
    assert status == 0
    words = [line.split("  ")[0] for line in out.splitlines()]
    assert words == ["composition", "state", "first peak", "second peak", "neighbours", "rests on"]
    assert "probability" in out
    assert "nearest D=3 N=40" in out
    status, out, _ = run("predict", *FIVE, "--values")
    assert "90 % band" in out
    assert len(out.splitlines()) == 6 + 4 + 25
    status, out, _ = run("predict", *FIVE, "--model", "nanonet")
    assert status == 0
    assert "error bars   not known" in out


def test_bands_and_intervals_reach_the_files(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    table = tmp_path / "rdf.csv"
    status, out, _ = run("predict", *_five(eps_pn=0.3), "--json", "--csv", table)
    assert status == 0
    content = json.loads(out)
    low, g, high = (np.array(content[name]) for name in ("low", "g", "high"))
    assert (low <= g).all()
    assert (g <= high).all()
    assert sum(content["state"][name] for name in ("contact aggregation", "bridging", "dispersion")) == pytest.approx(1)
    below, above = content["intervals"]["peak_height"]
    assert below < content["first_peak"]["height"] < above
    with table.open() as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    assert [float(row["high"]) for row in rows] == pytest.approx(high, rel=1e-5)


def test_a_peak_has_one_reading(run) -> None:  # type: ignore[no-untyped-def]
    """The peak that is shown, its probability and its intervals are read off the same curves."""
    for eps_nn, eps_pn in ((0.5, 1.0), (0.5, 0.3), (0.5, 1.4)):
        status, out, _ = run("predict", *_five(eps_nn=eps_nn, eps_pn=eps_pn), "--json")
        assert status == 0
        content = json.loads(out)
        for name, key in (("peak", "first_peak"), ("second", "second_peak")):
            probability = content["intervals"][f"{name}_probability"]
            peak = content[key]
            assert 0 <= probability <= 1
            if peak is not None:
                drawn = RDF(np.array(content["r"]), np.array(content["g"])).peaks()
                assert drawn[key == "second_peak"]._asdict() == peak
                for what in ("height", "position"):
                    low, high = content["intervals"][f"{name}_{what}"]
                    assert low <= peak[what] <= high
        status, out, _ = run("predict", *_five(eps_nn=eps_nn, eps_pn=eps_pn))
        assert ("first peak   not resolved" in out) == (content["first_peak"] is None)
        assert content["intervals"]["coordination_number"][1] <= content["nps"] - 1


def test_without_a_core_nothing_is_predicted_or_simulated(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    words = _five(eps_nn=0)
    for command in (["predict"], ["phase"], ["simulate", "--out", str(tmp_path / "run")]):
        status, out, err = run(*command, *words)
        assert (status, out) == (2, "")
        assert "eps_nn = 0 is not 0.02 or above" in err
    assert not (tmp_path / "run").exists()


def test_small_things_of_the_first_day(run) -> None:  # type: ignore[no-untyped-def]
    status, out, _ = run("--version")
    assert (status, out.startswith("nanonet ")) == (0, True)
    for words in (["-h"], ["predict", "-h"], ["dataset", "-h"], ["campaign", "run", "-h"]):
        status, out, _ = run(*words)
        assert (status, "Usage" in out) == (0, True)


def test_strict_refuses_what_is_outside(run) -> None:  # type: ignore[no-untyped-def]
    outside = _five(diameter=9, density=0.0005)
    status, out, _ = run("predict", *outside)
    assert status == 0
    assert "warning      diameter = 9 is outside" in out
    status, _, err = run("predict", *outside, "--strict")
    assert status == 2
    assert "outside the simulated compositions" in err
    assert "nearest simulated compositions" in err


def test_from_simulation_to_prediction(  # type: ignore[no-untyped-def]
    run, smoke_run: Path, made_up_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nanonet, "NanoNet", functools.partial(nanonet.NanoNet, size=16))  # of 64 it takes long
    status, out, _ = run("analyze", smoke_run, "--out", tmp_path / "one.nc")
    assert status == 0
    assert "D=3 N=40" in out
    Dataset.concatenate([Dataset.load(tmp_path / "one.nc"), made_up_dataset]).save(tmp_path / "all.nc")
    for kind, name in (("gp", "9 compositions"), ("nanonet", "9 runs")):
        folder = tmp_path / kind
        status, out, _ = run("train", tmp_path / "all.nc", "--out", folder, "--kind", kind, "--epochs", 60)
        assert status == 0
        assert f"trained    on {name}" in out
        card = json.loads((folder / "model.json").read_text())
        assert 0.1 < card["cross_validation"]["ln_rmse"] < 5
        assert len(card["range"]["low"]) == len(card["range"]["high"]) == 5
        status, out, _ = run("predict", *FIVE, "--model", folder)
        assert status == 0
        assert "9 simulations" in out


def test_analyze_takes_a_trajectory_alone(run, smoke_run: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    status, out, _ = run("analyze", smoke_run / "trajectory.gsd", "--out", tmp_path / "rdf.csv")
    assert status == 0
    assert "18 NPs" in out
    table = np.loadtxt(tmp_path / "rdf.csv", delimiter=",", comments=("#", "r"))
    assert table.shape == (100, 3)
    status, _, _ = run("analyze", smoke_run, "--out", tmp_path / "run.csv")
    assert status == 0
    assert np.array_equal(np.loadtxt(tmp_path / "run.csv", delimiter=",", comments=("#", "r")), table)


def test_simulate_can_leave_a_deck(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    status, out, _ = run("simulate", *FIVE, "--protocol", "paper", "--write-only", "--out", tmp_path / "deck")
    assert status == 0
    assert "lmp -log none -in start.in" in out
    assert (tmp_path / "deck" / "system.data").exists()


def test_bad_input_is_one_message_and_status_2(run, smoke_run: Path, made_up_dataset: Dataset, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "bad.nc").write_bytes(b"nonsense")
    missing = tmp_path / "no"
    network = ["train", tmp_path / "good.nc", "--out", tmp_path / "model", "--kind", "nanonet"]
    many, potential = 30 * "9", ["potential", "--diameter", "3", "--chain-length", "40", "--eps-pn", "1"]
    plane = [
        "phase-map",
        "--x",
        "eps_pn",
        "--y",
        "eps_nn",
        "--diameter",
        "3",
        "--chain-length",
        "40",
        "--density",
        "0.002",
    ]
    cases: list[tuple[list[object], str]] = [
        (["predict", *_five(eps_pn=-1)], "eps_pn = -1 is not between 0 and 5"),
        (["predict", *_five(chain_length=40.5)], "chain_length = 40.5 is not a whole number"),
        (["predict", *_five(density="nan")], "density = nan is not a finite number"),
        (["predict", *_five(diameter=8, density=0.002)], "volume fraction"),
        (["predict", *FIVE, "--model", missing], "is not a folder"),
        (["predict", *FIVE, "--plot", missing / "rdf.png"], "does not exist"),
        (["predict", *FIVE, "--plot", tmp_path / "rdf.txt"], "allowed are .png, .pdf, .svg"),
        (["predict", *FIVE, "--csv", missing / "rdf.csv"], "does not exist"),
        (["predict", *FIVE, "--theory"], "needed is --plot"),
        (["simulate", *_five(eps_nn=9), "--out", tmp_path / "run"], "eps_nn = 9 is not between"),
        (["simulate", *FIVE, "--out", tmp_path / "run", "--protocol", "fast"], "protocol = 'fast' is not one of"),
        (["simulate", *FIVE, "--out", tmp_path / "run", "--production-steps", "17"], "production_steps = 17"),
        (["simulate", *FIVE, "--out", tmp_path / "run", "--lmp", "no-lmp"], "'no-lmp' is not a program"),
        (["simulate", *FIVE, "--out", missing / "run"], "does not exist"),
        (["simulate", *FIVE, "--out", tmp_path / "run", "--lmp", "'"], "is not a command: No closing quotation"),
        (["simulate", *FIVE, "--out", tmp_path / "run", "--seed", many], f"seed = {many} is not"),
        (
            ["simulate", *FIVE, "--out", tmp_path / "run", "--production-steps", many],
            f"production_steps = {many} is not",
        ),
        (["simulate", *FIVE, "--out", tmp_path / "run", "--threads", many], f"threads = {many} is not"),
        ([*potential, "--eps-nn", "inf"], "eps_nn = inf is not a finite number"),
        ([*potential, "--eps-nn", "nan", "--json"], "eps_nn = nan is not a finite number"),
        ([*potential, "--eps-nn", "-1", "--csv", tmp_path / "w.csv"], "eps_nn = -1 is not between 0 and 5"),
        (["windows", *potential[1:], "--out", tmp_path / "w", "--replica", many], f"replica = {many} is not"),
        (["implicit", tmp_path / "i", "--out", tmp_path / "i.nc", "--cores", many], f"cores = {many} is not"),
        (["implicit", tmp_path / "i", "--out", tmp_path / "i.nc", "--count", many], f"count = {many} is not"),
        (["campaign", "init", tmp_path / "w", "--dataset", missing / "d.nc"], "does not exist"),
        (
            ["campaign", "init", tmp_path / "w", "--dataset", tmp_path / "d.nc", "--count", many],
            f"count = {many} is not",
        ),
        (
            ["campaign", "init", tmp_path / "w", "--dataset", tmp_path / "d.nc", "--windows", many],
            f"windows = {many} is",
        ),
        (["phase", tmp_path / "heading.csv", "--diameter", "3"], "heading.csv"),
        ([*plane, "--x-range", "0", "inf"], "eps_pn = inf is not a finite number"),
        ([*plane, "--x-range", "-5", "1"], "eps_pn = -5 is not between 0 and 5"),
        ([*network, "--epochs", many], f"epochs = {many} is not"),
        ([*network, "--seed", many], f"seed = {many} is not"),
        (["analyze", missing, "--out", tmp_path / "out.nc"], "does not exist"),
        (["analyze", smoke_run, "--out", missing / "out.nc"], "does not exist"),
        (["analyze", smoke_run, "--out", tmp_path / "out.txt"], "FILE.nc"),
        (["analyze", smoke_run / "trajectory.gsd", "--out", tmp_path / "out.nc"], "is not a run folder"),
        (["train", tmp_path / "bad.nc", "--out", tmp_path / "model"], "cannot be read"),
        (["train", tmp_path / "good.nc", "--out", tmp_path], "holds no model.json"),
        (["train", tmp_path / "good.nc", "--out", missing / "model"], "does not exist"),
        ([*network, "--epochs", "0"], "epochs = 0 is not"),
        ([*network, "--seed", "-1"], "seed = -1 is not"),
        (["train", missing, "--out", tmp_path / "model"], "does not exist"),
        (["train", tmp_path / "good.nc", "--out", tmp_path / "model", "--kind", "gpt"], "kind = 'gpt' is not one of"),
        (["train", tmp_path / "good.nc", "--out", tmp_path / "model", "--paper"], "--paper is for --kind nanonet"),
    ]
    made_up_dataset.save(tmp_path / "good.nc")
    (tmp_path / "heading.csv").write_text("r,g\n")
    before = sorted(p.name for p in tmp_path.iterdir())
    for arguments, what in cases:
        status, out, err = run(*arguments)
        assert status == 2, arguments
        assert out == ""
        assert err.startswith("error: ")
        assert what in err
        assert "Traceback" not in err
    assert sorted(p.name for p in tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("blocked", "arguments", "extra"),
    [
        ("gsd", ["simulate", *FIVE, "--out", "run"], "sim"),
        ("sklearn", ["train", "DATA", "--out", "model"], "learn"),
        ("torch", ["train", "DATA", "--out", "model", "--kind", "nanonet"], "learn"),
    ],
)
def test_a_missing_extra_is_named_after_the_input_was_checked(
    blocked: str, arguments: list[str], extra: str, made_up_dataset: Dataset, tmp_path: Path
) -> None:
    made_up_dataset.save(tmp_path / "data.nc")
    code = f"import sys; sys.modules[{blocked!r}] = None; from nanonet.serve.cli import main; main()"

    def call(words: list[str]) -> str:
        done = subprocess.run([sys.executable, "-c", code, *words], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
        return done.stderr

    good = [str(tmp_path / "data.nc") if word == "DATA" else word for word in arguments]
    assert f"nanonet-pnc[{extra}]" in call(good)
    bad = [word.replace("0.002", "-1").replace("DATA", "none.nc") for word in arguments]
    assert "nanonet-pnc" not in call(bad)


def test_help_is_there() -> None:
    done = subprocess.run([sys.executable, "-m", "nanonet.serve.cli", "--help"], capture_output=True, text=True)
    assert done.returncode == 0
    for command in ("predict", "simulate", "analyze", "train"):
        assert command in done.stdout


def test_a_campaign_from_the_command_line(run, smoke_run: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    import shutil

    from nanonet.campaign.workspace import open_workspace, write_status

    design = tmp_path / "mine.csv"
    design.write_text("diameter,chain_length,density,eps_nn,eps_pn\n3,40,0.002,0.5,1.0\n3,40,0.002,0.5,0.3\n")
    work, data = tmp_path / "work", tmp_path / "data.nc"
    words = ("--dataset", data, "--design", design, "--protocol", "smoke")
    status, out, _ = run("campaign", "init", work, *words)
    assert (status, "of 2 compositions" in out) == (0, True)
    status, out, _ = run("campaign", "collect", work)
    assert "nothing    has finished yet" in out
    opened = open_workspace(work)
    shutil.copytree(smoke_run, opened.prepare(opened.task(opened.design[0])) / "run")
    status, out, _ = run("campaign", "status", work)
    assert status == 0
    assert "1 waiting, 1 done" in out
    assert "0.002" in out
    status, out, _ = run("campaign", "run", work, "--only", "0", "--replicas", "1")
    assert (status, "nothing is left to do" in out) == (0, True)
    assert len(Dataset.load(data)) == 1
    status, out, _ = run("campaign", "status", work)
    assert "1 waiting, 1 collected" in out
    status, out, _ = run("dataset", "check", data)
    assert (status, "no faults" in out) == (0, True)
    job = opened.prepare(opened.task(opened.design[1]))
    write_status(job, error="[red]bold[/] [/nothing] \x1b[2J\x07 of a failure")  # neither markup nor control characters
    status, out, _ = run("campaign", "status", work)
    assert status == 0
    assert r"[red]bold[/] [/nothing] \x1b[2J\x07 of a failure" in " ".join(out.split())
    data.write_bytes(b"torn")
    status, out, _ = run("dataset", "check", data)
    assert (status, "1 fault(s)" in out) == (1, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["init", "WORK", "--dataset", "data.nc", "--count", "0"], "count = 0"),
        (["init", "WORK", "--dataset", "data.nc", "--protocol", "mine"], "protocol = 'mine'"),
        (["init", "WORK", "--dataset", "data.nc", "--design", "none.csv"], "none.csv cannot be read"),
        (["run", "WORK"], "is no workspace"),
        (["status", "WORK"], "is no workspace"),
    ],
)
def test_what_a_campaign_refuses_is_said(run, tmp_path: Path, words: list[str], said: str) -> None:  # type: ignore[no-untyped-def]
    status, _, err = run("campaign", *[word.replace("WORK", str(tmp_path / "work")) for word in words])
    assert status == 2
    assert said in err


def test_numbers_of_a_design() -> None:
    from nanonet import InputError
    from nanonet.serve.campaign import _numbers

    assert _numbers("0,3,5-8", 9) == [0, 3, 5, 6, 7, 8]
    for text in ("", "a", "3-1", "1;2", "9", "0-9", "0-" + 30 * "9", 5000 * "9", "-1", "²"):
        with pytest.raises(InputError, match="only = "):
            _numbers(text, 9)


def test_an_extension_from_the_command_line(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    from nanonet.simulate import engine
    from tests.conftest import TINY, TINY_COMPOSITION

    engine.run(TINY_COMPOSITION, TINY, tmp_path / "run")
    status, out, _ = run("extend", tmp_path / "run", "--production-steps", "1200")
    assert (status, "trajectory.gsd" in out) == (0, True)
    status, _, err = run("extend", tmp_path / "run", "--production-steps", "600")
    assert (status, "is not 1200 or more" in err) == (2, True)


def test_a_model_of_other_inputs_is_asked_by_name(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """From arrays to a prediction with its band, without Python."""
    (tmp_path / "own.toml").write_text(DECLARED)
    t, T = np.linspace(1.0, 8.0, 8), np.linspace(200.0, 500.0, 8)
    np.savez(tmp_path / "own.npz", X=T[:, None], msd=T[:, None] / 100.0 * t, t=t)
    assert (
        run("dataset", "import", tmp_path / "own.npz", "--out", tmp_path / "own.nc", "--inputs", tmp_path / "own.toml")[
            0
        ]
        == 0
    )
    assert run("train", tmp_path / "own.nc", "--out", tmp_path / "model")[0] == 0
    ask = ["predict", "--model", tmp_path / "model"]
    plot, table = tmp_path / "msd.png", tmp_path / "msd.csv"
    status, text, _ = run(*ask, "--set", "temperature=310", "--plot", plot, "--csv", table, "--values")
    assert status == 0
    assert "largest      msd = 24.8 (90 %:" in text
    assert "nm^2 at t = 8 ns" in text
    assert plot.stat().st_size > 5_000
    found = read_curve(table, MSD).curve
    np.testing.assert_allclose(found.y, 3.1 * t, rtol=0.02)
    assert found.low is not None
    for words, said in (
        (["--set", "temperature=600"], "temperature = 600 is not between 200 and 500"),
        (["--set", "temperature"], "set = 'temperature' is not NAME=VALUE"),
        (["--set", "temperature=x"], "temperature = 'x' is not a number"),
        (["--set", "pressure=1"], "pressure is not one of temperature"),
        (["--set", "temperature=300", "--set", "temperature=300"], "temperature is given twice"),
        (["--diameter", "3"], "chain_length, density, eps_nn, eps_pn are missing"),
    ):
        status, _, error = run(*ask, *words)
        assert (status, said in error) == (2, True), error
    by_name = [f"--set={name}={value}" for name, value in zip(FIELDS, FIVE[1::2], strict=True)]
    assert run("predict", *by_name)[1] == run("predict", *FIVE)[1]
