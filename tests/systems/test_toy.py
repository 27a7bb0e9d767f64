"""A new kind of system is one class: what it is made of, in this file alone, and LAMMPS runs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import gsd.hoomd
import numpy as np
import pytest

from nanonet import Composition, InputError
from nanonet.campaign.targets import protocol_for
from nanonet.formats import run_folder
from nanonet.protocol import Protocol
from nanonet.simulate import engine, finished
from nanonet.simulate.script import start_text
from nanonet.systems.base import Array, Bond, Configuration, Ensemble, ForceField, Numbers, Pair, check_start
from nanonet.systems.kinds import SYSTEMS, system_from_json
from nanonet.systems.placement import place_alone
from tests.conftest import TINY


@dataclass(frozen=True)
class Tagged:
    """NPs in a bath, each with a small particle of a third type on a spring; nothing else attracts."""

    diameter: float
    count: int

    kind: ClassVar[str] = "tagged"
    entries: ClassVar[tuple[str, ...]] = ("tagged",)
    ensemble: ClassVar[Ensemble] = "langevin"
    accelerated: ClassVar[bool] = False
    composition: ClassVar[Composition | None] = None

    @property
    def inputs(self) -> Mapping[str, float]:
        return {"diameter": self.diameter}

    def parameters(self) -> dict[str, object]:
        return {"tagged": {"diameter": self.diameter, "count": self.count}}

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, object]) -> Tagged:
        return cls(**parameters["tagged"])  # type: ignore[arg-type]

    def numbers(self, protocol: Protocol) -> Numbers:
        return Numbers(self.count, 0, 2 * self.count)

    def configuration(self, protocol: Protocol, nps: Array | None = None) -> Configuration:
        check_start(protocol)
        rng = np.random.default_rng(protocol.seed)
        placed = place_alone(self.count, protocol.min_box, 2.0 * self.diameter, protocol.start, rng)
        tags = placed + np.array([0.5 * self.diameter + 0.5, 0.0, 0.0])
        ids = np.arange(self.count)
        return Configuration(
            protocol.min_box,
            np.concatenate([placed, tags]),
            np.repeat([2, 3], self.count),
            np.zeros(2 * self.count, dtype=np.int64),
            np.column_stack([np.ones_like(ids), ids, self.count + ids]),
        )

    def force_field(self) -> ForceField:
        minimum = 2.0 ** (1.0 / 6.0)
        sizes = {"1 1": 1.0, "1 2": 1.0, "1 3": 1.0, "2 2": self.diameter, "2 3": 0.5 * self.diameter, "3 3": 0.5}
        pairs = tuple(Pair(types, 1.0, sigma, minimum * sigma) for types, sigma in sizes.items())
        springs = (Bond("harmonic", f"50 {0.5 * self.diameter + 0.5:g}"),)
        return ForceField((1.0, self.diameter**3, 1.0), pairs, springs, bond_reach=self.diameter)

    def __str__(self) -> str:
        return f"{self.count} tagged NPs of diameter {self.diameter:g}"


TOY = Tagged(2.0, 6)


def test_a_new_kind_runs_goes_on_and_is_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SYSTEMS, Tagged.kind, Tagged)
    quick = replace(TINY, min_box=12.0, configurations=0)
    trajectory = engine.run(TOY, quick, tmp_path / "run")
    with gsd.hoomd.open(str(trajectory), "r") as file:
        assert [frame.configuration.step for frame in file] == list(quick.frame_steps)
        assert {frame.particles.N for frame in file} == {6}
        assert file[0].configuration.box[0] == pytest.approx(12.0)
        moved = file[-1].particles.position - file[0].particles.position
    assert np.abs(moved).max() > 0.05
    record = run_folder.read_record(tmp_path / "run")
    assert (record.nps, record.chains, record.monomers, record.np_mass) == (6, 0, 6, 8.0)
    assert system_from_json(record.parameters) == TOY
    assert engine.finished_id(tmp_path / "run") == engine.run_id(TOY, quick) == record.id
    longer = quick.extended(1_200)
    engine.extend(tmp_path / "run", 1_200)  # from its restart file
    assert finished.covers(tmp_path / "run", TOY, longer)
    assert not finished.covers(tmp_path / "run", replace(TOY, count=7), longer)
    with pytest.raises(InputError, match=r"holds another run \(6 tagged NPs of diameter 2, protocol tiny"):
        engine.run(replace(TOY, diameter=2.5), quick, tmp_path / "run")
    with pytest.raises(InputError, match="is of the kind tagged; a campaign runs umbrella, melt"):
        protocol_for(TOY, quick)


def test_its_script_has_its_particles_and_no_others() -> None:
    text = start_text(TOY, TINY)
    assert "bond_style harmonic\n" in text
    assert "pair_coeff 2 3 1 1 1.1224" in text
    assert "fix npt" not in text


def test_a_kind_that_is_not_known_is_an_error() -> None:
    with pytest.raises(InputError, match="nor the parameters of another kind"):
        system_from_json(TOY.parameters())
