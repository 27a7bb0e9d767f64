"""Every public function has an example in its docstring, and the examples give what they say."""

from __future__ import annotations

import doctest
import importlib
import inspect
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nanonet
from docs.make.reference import ROOMS, modules
from nanonet.composition import Composition
from nanonet.potentials.mediated import PairInputs
from nanonet.protocol import WINDOWS, preset
from nanonet.simulate import engine, frames
from tests.analyze.made_up import made_up_windows

ROOT = Path(nanonet.__file__).parent
MODULES = [
    ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__")
    for path in sorted(ROOT.rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]

NOT_RUN = {
    "analyze.implicit_runs.equilibrate",
    "campaign.campaign.run",
    "campaign.fidelity.compare",
    "campaign.implicit.entry",
    "campaign.implicit.generate",
    "campaign.implicit.simulate",
    "campaign.starts.place",
    "predict.implicit_run.about_run",
    "simulate.accelerate.plugin",
    "simulate.engine.extend",
    "simulate.engine.run",
    "simulate.langevin.run",
}
"""Functions that simulate, or compile what does: a line of their examples is not run."""

MADE = {
    "analyze.frames": ("Batch",),
    "analyze.neighbours": ("Neighbours",),
    "analyze.trajectory": ("Trajectory",),
    "composition": ("Composition",),
    "curve": ("Curve", "Quantity"),
    "dataset": ("Dataset",),
    "evaluate.baselines": ("Mean", "Nearest"),
    "grafted": ("GraftedComposition",),
    "learn.autoencoder": ("Architecture", "Autoencoder"),
    "learn.gaussian_process": ("GaussianProcess",),
    "learn.nanonet": ("NanoNet",),
    "learn.regressors": (
        *("CurveRegressor", "DenseAutoencoder", "ImagePCA", "LatentRegressor", "MeanImage", "TSNEBaseline"),
    ),
    "learn.training": ("Training",),
    "models.transforms": ("Logarithm",),
    "phases.state": ("Criteria",),
    "potentials.dilute": ("DiluteLimit",),
    "potentials.many_body": ("ManyBody",),
    "potentials.mediated": ("PairInputs",),
    "predict.applicability": ("ApplicabilityDomain",),
    "protocol": ("Protocol",),
    "rdf": ("RDF",),
    "space": ("DeclaredPoint", "Input", "InputSpace"),
    "structure_factor": ("StructureFactor",),
    "systems.base": ("Configuration", "ForceField"),
    "systems.grafted": ("Grafted",),
    "systems.melt": ("Melt",),
    "systems.umbrella": ("UmbrellaWindows",),
}
"""Classes that users make themselves."""


def public_functions(module: str) -> dict[str, Any]:
    """Functions that the reference shows of a module."""
    return {
        name: one
        for name, one in vars(importlib.import_module(module)).items()
        if inspect.isfunction(one) and one.__module__ == module and not name.startswith("_") and inspect.getdoc(one)
    }


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which examples find `run1`, a finished run, and `w1`, one of umbrella windows, both made up."""
    folder = tmp_path_factory.mktemp("examples")
    composition, protocol, rng = Composition(3, 40, 0.002, 0.5, 1.0), preset("smoke"), np.random.default_rng(0)
    run1 = engine.write_deck(composition, protocol, folder / "run1")
    walks = 0.3 * np.cumsum(rng.normal(size=(protocol.frames, composition.nps, 3)), axis=0)
    positions = rng.uniform(0, 21, (composition.nps, 3)) + walks
    frames.write(run1 / "trajectory.gsd", protocol.frame_steps, 21.0, positions, 3.0, 27.0)
    short = replace(WINDOWS, equilibration_steps=1_000, production_steps=40_000)
    windows, trajectory = made_up_windows(PairInputs(3, 40, 1.0), short.frames, seed=1)
    w1 = engine.write_deck(windows, short, folder / "w1")
    frames.write(w1 / "trajectory.gsd", short.frame_steps, 300.0, trajectory.positions, 3.0, 27.0)
    return folder


@pytest.mark.parametrize("module", MODULES)
def test_examples(module: str, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(runs)
    found = doctest.testmod(importlib.import_module(module))
    assert found.attempted
    assert not found.failed


def test_every_public_function_has_an_example_that_runs() -> None:
    without, not_run = [], set()
    for module in modules(sum(ROOMS.values(), ())):
        for name, one in public_functions(module).items():
            text = inspect.getdoc(one) or ""
            if ">>> " not in text:
                without.append(f"{module}.{name}")
            if "+SKIP" in text:
                not_run.add(f"{module}.{name}".removeprefix("nanonet."))
    assert without == []
    assert not_run == NOT_RUN


def test_classes_that_users_make_have_examples() -> None:
    for module, names in MADE.items():
        for name in names:
            assert ">>> " in (inspect.getdoc(getattr(importlib.import_module(f"nanonet.{module}"), name)) or ""), name
