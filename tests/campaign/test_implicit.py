from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nanonet import Composition, Dataset, InputError
from nanonet.analyze import potential_gp
from nanonet.analyze.pairs import Measurement
from nanonet.analyze.potential_gp import PotentialGP
from nanonet.analyze.replicas import combine
from nanonet.campaign import fidelity, implicit
from nanonet.campaign.design import LOWEST_DENSITY, implicit_design
from nanonet.dataset import Run
from nanonet.potentials.mediated import PairInputs
from nanonet.protocol import IMPLICIT
from tests.analyze.made_up import made_up_forces

QUICK = replace(IMPLICIT, equilibration_steps=2_000, production_steps=20_000, frame_every=200, min_nps=64)
DISPERSED = Composition(diameter=3, chain_length=40, density=0.001, eps_nn=0.2, eps_pn=1.4)
CONDENSING = Composition(diameter=3, chain_length=40, density=0.002, eps_nn=2.0, eps_pn=0.2)


@pytest.fixture(scope="module")
def model() -> PotentialGP:
    pairs = (PairInputs(3, 40, 0.2), PairInputs(3, 40, 1.4), PairInputs(2.5, 30, 0.8))
    return potential_gp.fit([made_up_forces(pair, seed=i) for i, pair in enumerate(pairs)])


def test_many_compositions_become_one_dataset(model: PotentialGP, tmp_path: Path) -> None:
    """Error bars carry W_poly's; all start from both ends and are cooled where those differ; nothing is run twice."""
    beyond = {"dispersed": 0.3, "condensing": 0.0}
    data = implicit.generate(
        [DISPERSED, CONDENSING], model, tmp_path / "runs", tmp_path / "out.nc",
        discrepancy=beyond, protocol=QUICK,
    )  # fmt: skip
    assert Dataset.load(tmp_path / "out.nc") == data
    assert [entry["fidelity"] for entry in data.provenance] == ["implicit", "implicit"]
    assert {"clustered", "dispersed"} <= set(data.provenance[0]["starts"])
    assert data.provenance[1]["starts"] == ["annealed", "clustered", "dispersed"]  # 64 NPs do not gather in 200 tau
    assert data.provenance[1]["weights"] == [0.0, 0.0, 0.5, 0.5]
    assert all("annealed runs take its place" in why for why in data.provenance[1]["left_out"].values())
    assert data.provenance[0]["flags"] == []
    assert any("may condense" in flag for flag in data.provenance[1]["flags"])
    assert data.provenance[1]["nps"] == 64
    used = [run for run, share in zip(data.runs[0], data.provenance[0]["weights"], strict=True) if share]
    one, error = combine([_measurement(run) for run in used], [1.0] * len(used)).rdf, data.rdfs[0].error
    assert one.error is not None
    assert error is not None
    far = data.r > 9
    assert error[far] == pytest.approx(np.hypot(one.error, 0.3 * one.g)[far], rel=1e-3)
    near = np.argmin(np.abs(data.r - 3.0))
    potential = implicit.potential_of(model, DISPERSED)
    expected = np.sqrt(one.error[near] ** 2 + one.g[near] ** 2 * (potential.at(float(data.r[near]))[1] ** 2 + 0.09))
    assert error[near] == pytest.approx(expected, rel=0.02)
    folders = {path: path.stat().st_mtime_ns for path in (tmp_path / "runs").glob("*/trajectory.gsd")}
    assert len(folders) == sum(len(runs) for runs in data.runs)
    implicit.generate([DISPERSED], model, tmp_path / "runs", tmp_path / "out.nc", protocol=QUICK)
    after = {path: path.stat().st_mtime_ns for path in (tmp_path / "runs").glob("*/trajectory.gsd")}
    assert after == folders  # nothing is run again, nothing is lost


def test_flags_say_what_is_not_sure(model: PotentialGP) -> None:
    dense = replace(DISPERSED, density=0.018)
    assert f"above {implicit.MAX_VOLUME_FRACTION:g}," in implicit.flags(implicit.potential_of(model, dense), dense)[0]
    outside = replace(DISPERSED, diameter=4)
    assert "diameter = 4 is not between 2.5 and 3" in implicit.flags(implicit.potential_of(model, outside), outside)[0]


def test_explicit_and_implicit_runs_of_one_model_agree(
    model: PotentialGP, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Explicit data that were made by the same potential differ by no more than the errors; shifted ones do."""
    short = replace(fidelity._PROTOCOL, equilibration_steps=5_000, production_steps=100_000, frame_every=100)
    monkeypatch.setattr(fidelity, "_PROTOCOL", short)
    data = implicit.generate([DISPERSED], model, tmp_path / "runs", tmp_path / "out.nc", protocol=QUICK)
    (found,) = fidelity.compare(data, model, tmp_path / "compared")
    assert found.nps == 64
    assert found.regime == "dispersed"
    assert found.inputs_sampled
    assert found.agrees
    assert fidelity.discrepancy([found], "dispersed") == 0.0
    assert fidelity.discrepancy([found], "condensing") == 0.0
    shifted = replace(found, explicit=tuple(np.array(found.explicit) + 1.0))
    assert not shifted.agrees
    assert fidelity.discrepancy([shifted], "dispersed") == pytest.approx(1.0, abs=0.3)
    fidelity.save(tmp_path / "found.json", [found])
    (again,) = fidelity.load(tmp_path / "found.json")
    assert again.composition == found.composition
    assert again.difference == pytest.approx(found.difference)
    with pytest.raises(InputError, match="cannot be read"):
        fidelity.load(tmp_path / "missing.json")


def test_what_generate_refuses(model: PotentialGP, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        implicit.generate([DISPERSED], model, tmp_path / "a" / "b", tmp_path / "out.nc")
    with pytest.raises(InputError, match="cores = 0"):
        implicit.generate([DISPERSED], model, tmp_path / "b", tmp_path / "out.nc", cores=0)


def test_the_implicit_design_fills_the_papers_densities() -> None:
    found = implicit_design(200)
    assert implicit_design(30) == found[:30]
    densities = [composition.density for composition in found]
    assert min(densities) < 1.05 * LOWEST_DENSITY
    assert max(densities) > 0.0038
    assert len(set(found)) == 200


def _measurement(run: Run) -> Measurement:
    return Measurement(run.rdf, run.record.density, run.record.density_error, run.record.nps, run.blocks)
