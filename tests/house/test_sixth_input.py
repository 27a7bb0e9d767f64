"""A sixth input of nanocomposites is one line of the declaration: commands, files, models and designs follow."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import nanonet

FIFTH = "    eps_pn: float = field(metadata=_EPS_PN)\n"
SIXTH = '    stiffness: float = field(default=0.0, metadata={"low": 0, "high": 3, "unit": "epsilon", "symbol": "k"})\n'
FIVE = ["--diameter", "3", "--chain-length", "40", "--density", "0.0008", "--eps-nn", "0.2", "--eps-pn", "0.4"]


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with a sixth input."""
    root = tmp_path_factory.mktemp("six")
    package = root / "nanonet"
    shutil.copytree(Path(nanonet.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    file = package / "composition.py"
    source = file.read_text()
    assert source.count(FIFTH) == 1
    file.write_text(source.replace(FIFTH, FIFTH + SIXTH))
    return root


def _run(changed: Path, *command: str, status: int = 0) -> str:
    environment = {**os.environ, "PYTHONPATH": str(changed), "COLUMNS": "120"}
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, env=environment, cwd=changed)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_commands_have_its_option(changed: Path) -> None:
    for command in ("predict", "simulate", "phase", "phase-map"):
        assert "--stiffness" in _run(changed, "-m", "nanonet.serve.start", command, "--help")
    answer = json.loads(_run(changed, "-m", "nanonet.serve.start", "predict", *FIVE, "--json"))
    assert answer["composition"]["stiffness"] == 0
    refused = _run(changed, "-m", "nanonet.serve.start", "predict", *FIVE, "--stiffness", "2", status=2)
    assert "stiffness = 2 is not 0: the model knows no other" in refused
    refused = _run(changed, "-m", "nanonet.serve.start", "predict", *FIVE, "--stiffness", "4", status=2)
    assert "stiffness = 4 is not between 0 and 3" in refused


def test_files_designs_models_and_ids_follow(changed: Path) -> None:
    code = """
import numpy as np
from nanonet import Composition, Dataset, load
from nanonet.campaign.design import read_csv
from nanonet.protocol import preset
from nanonet.records import CompositionRecord
from nanonet.simulate import engine

old = Dataset.shipped()
assert old.X.shape[1] == 6 and not old.X[:, 5].any()
five = Composition(3, 40, 0.002, 0.5, 1.0)
stiff = Composition(3, 40, 0.002, 0.5, 1.0, stiffness=2)
assert str(five) == "D=3 N=40 rho=0.002 eps_nn=0.5 eps_pn=1" and str(stiff).endswith("k=2")
print(engine.run_id(five, preset("desk")), engine.run_id(stiff, preset("desk")))
assert CompositionRecord.from_json(stiff.to_json(), "it").value == stiff
with open("design.csv", "w") as file:
    print("diameter,chain_length,density,eps_nn,eps_pn,stiffness", "3,40,0.002,0.5,1.0,2", sep="\\n", file=file)
assert read_csv("design.csv") == (stiff,)
new = Dataset.from_arrays([stiff.values, (3, 40, 0.001, 0.5, 1.0, 1)], np.ones((2, 100)), old.r)
new.save("six.nc")
assert Dataset.load("six.nc") == new and new.compositions[1].stiffness == 1

from nanonet.learn.train import train_gaussian_process
data = Dataset.from_arrays(old.X + np.outer(np.arange(len(old)) % 3, [0, 0, 0, 0, 0, 1.0]), old.G, old.r, old.errors)
few = data.subset(range(8))
from nanonet.learn.gaussian_process import GaussianProcess
from nanonet.learn.train import card_of
GaussianProcess().fit(few.X, few.G, few.r, few.errors).export("six", card_of(few))
model = load("six")
assert model.card["inputs"][-1] == "stiffness"
assert model.support(stiff).nearest.stiffness in (0, 1, 2)
"""
    five, stiff = _run(changed, "-c", code).split()
    unchanged = subprocess.run(
        [sys.executable, "-c", "from nanonet import Composition\nfrom nanonet.protocol import preset\n"
         "from nanonet.simulate import engine\n"
         "print(engine.run_id(Composition(3, 40, 0.002, 0.5, 1.0), preset('desk')))"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert five == unchanged.stdout.strip()
    assert stiff != five
