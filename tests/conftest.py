"""What several tests share: one smoke run of LAMMPS, one trained network, curves to learn."""

from __future__ import annotations

import fcntl
import logging
import os
import pickle
import shutil
import signal
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nanonet import records
from nanonet.composition import Composition
from nanonet.dataset import Dataset
from nanonet.potentials.mediated import PairInputs
from nanonet.protocol import Protocol, preset
from nanonet.rdf import RDF, standard_grid
from nanonet.records import Convergence, Provenance
from nanonet.simulate import engine
from nanonet.systems.umbrella import UmbrellaWindows

if TYPE_CHECKING:
    from nanonet.learn.nanonet import NanoNet  # torch takes its seconds

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it, and so would ours

SMOKE = Composition(diameter=3, chain_length=40, density=0.002, eps_nn=0.5, eps_pn=1.0)

TINY = Protocol(
    name="tiny",
    timestep=0.01,
    equilibration_steps=300,
    production_steps=600,
    frame_every=20,
    configurations=2,
    min_box=8.0,
    min_nps=2,
    restart_every=100,
)
"""A melt of some 500 beads: seconds of one core."""

TINY_COMPOSITION = Composition(diameter=2, chain_length=10, density=0.004, eps_nn=0.5, eps_pn=1.0)


TINY_WINDOWS = UmbrellaWindows(PairInputs(2, 10, 1.0), ((2.2, 20.0), (2.6, 20.0), (3.0, 20.0), (3.4, 20.0)))


@pytest.fixture(scope="session")
def kept_runs() -> list[Path]:
    """Folders of the kept runs (data/runs), the smallest first; a source distribution has none."""
    found = (Path(__file__).parents[1] / "data" / "runs").glob("*/thinned.gsd")
    return [path.parent for path in sorted(found, key=lambda path: path.stat().st_size)] or pytest.skip("no kept runs")


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """Lines that nanonet logs during a test."""
    lines: list[str] = []
    logger, handler = logging.getLogger("nanonet"), logging.Handler(logging.INFO)
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield lines
    logger.removeHandler(handler)
    logger.setLevel(before)


def _made_once(tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """This process's copy of a folder that the first of pytest-xdist's workers to need it makes for all."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (whole := shared / f"{name}.made").exists():
            shutil.rmtree(part := shared / f"{name}.part", ignore_errors=True)
            part.mkdir()
            make(part)
            part.rename(whole)
    return Path(shutil.copytree(whole, own / name))


@pytest.fixture(scope="session")
def windows_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a finished run of windows, four dimers in a melt of some 1,000 beads."""
    protocol = replace(TINY, configurations=0)
    return _made_once(tmp_path_factory, "windows", lambda folder: engine.run(TINY_WINDOWS, protocol, folder))


@pytest.fixture(scope="session")
def smoke_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a finished smoke run."""
    return _made_once(tmp_path_factory, "smoke", lambda folder: engine.run(SMOKE, preset("smoke"), folder))


def with_id(record: dict[str, Any]) -> dict[str, Any]:
    """The record of a run, edited, under the id that belongs to it."""
    subject: dict[str, Any] = {name: record[name] for name in ("windows", "composition", "potential") if name in record}
    return record | {"id": records.run_id(subject, record["protocol"])}


def made_up_curves(n: int, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Inputs (n, 5) within the physical limits, and curves (n, 100) that look like RDFs and depend on them."""
    rng = np.random.default_rng(seed)
    X = rng.uniform([2, 25, 0.0005, 0.1, 0.1], [5, 40, 0.002, 2.5, 1.5], (n, 5))
    X[:, 1] = np.round(X[:, 1])
    r = standard_grid()
    contact, height = X[:, :1], 30.0 * np.exp(-2.0 * X[:, 4:5]) + 1.5
    G = 1.0 + (height - 1.0) * np.exp(-(((r - contact) / 0.3) ** 2)) + 0.3 * np.exp(-(((r - 1.8 * contact) / 0.5) ** 2))
    G *= 1.0 / (1.0 + np.exp(-np.clip((r - contact + 0.4) / 0.05, -50, 50)))
    G[G < 1e-4] = 0.0
    return X, G, r


@pytest.fixture(scope="session")
def made_up_dataset() -> Dataset:
    """Eight made-up runs."""
    X, G, r = made_up_curves(8)
    compositions = tuple(Composition(*x) for x in X.tolist())
    provenance = tuple(
        Provenance(nps=10 + i, nominal_density=float(x[2]), convergence=Convergence(converged=i < 3))
        for i, x in enumerate(X)
    )
    return Dataset(compositions, tuple(RDF(r, g, 0.1 * g + 0.01) for g in G), provenance)


@pytest.fixture(scope="session")
def trained(made_up_dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> NanoNet:
    """A network trained on them, briefly: noise in the latents asks for more epochs."""

    def make(folder: Path) -> None:
        from nanonet.learn.nanonet import NanoNet

        with warnings.catch_warnings():
            warnings.simplefilter("error")
            network = NanoNet(epochs=100, latent_noise=0).fit(made_up_dataset.X, made_up_dataset.G, made_up_dataset.r)
        (folder / "network").write_bytes(pickle.dumps(network))

    folder = _made_once(tmp_path_factory, "trained", make)
    network: NanoNet = pickle.loads((folder / "network").read_bytes())
    return network


@pytest.fixture(scope="session")
def model_folder(trained: NanoNet, made_up_dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exported network."""
    from nanonet.learn.train import card_of

    return trained.export(tmp_path_factory.mktemp("models") / "model", card_of(made_up_dataset))
