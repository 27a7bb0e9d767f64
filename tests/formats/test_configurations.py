from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nanonet.composition import Composition
from nanonet.dataset import Dataset
from nanonet.errors import InputError
from nanonet.formats import configurations
from nanonet.formats.configurations import KeptConfiguration

C = Composition(3, 40, 0.002, 0.5, 1.0)


def made_up(seed: int, nps: int, chains: int, length: int) -> KeptConfiguration:
    rng = np.random.default_rng(seed)
    edges = rng.uniform(5, 30, 3)
    places = rng.uniform(-1, 2, (nps, 3)) * edges, rng.uniform(-1, 2, (chains, length, 3)) * edges
    return KeptConfiguration(C, f"{seed:016x}", edges, *places)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32), nps=st.integers(1, 9), chains=st.integers(1, 5), length=st.integers(1, 7))
def test_what_is_saved_is_read_to_a_fraction_of_the_box(
    tmp_path_factory: pytest.TempPathFactory, seed: int, nps: int, chains: int, length: int
) -> None:
    path = tmp_path_factory.mktemp("kept") / "kept.npz"
    kept = [made_up(seed, nps, chains, length), made_up(seed + 1, 2, 3, 4)]
    configurations.save(path, kept)
    for before, after in zip(kept, configurations.load(path), strict=True):
        assert (before.composition, before.run) == (after.composition, after.run)
        for one, other, cells in ((before.nps, after.nps, 2**16), (before.chains, after.chains, 2**8)):
            assert one.shape == other.shape
            assert ((other >= 0) & (other <= before.edges)).all()
            apart = (one - other) / before.edges
            assert np.abs(apart - np.rint(apart)).max() <= 0.5 / cells + 1e-9


def test_shipped_ones_are_of_the_simulated_compositions_and_whole() -> None:
    kept = configurations.shipped()
    data = Dataset.shipped()
    assert {one.composition for one in kept} <= set(data.compositions)
    runs = {run.record["id"] for behind in data.runs for run in behind}
    for one in kept:
        assert one.run in runs
        steps = np.diff(one.chains, axis=1)
        bonds = np.linalg.norm(steps - one.edges * np.rint(steps / one.edges), axis=2)
        assert 0.9 < bonds.mean() < 1.05  # FENE
        assert len(one.nps) / np.prod(one.edges) == pytest.approx(one.composition.density, rel=0.05)


def test_damaged_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "kept.npz"
    configurations.save(path, [made_up(1, 3, 2, 4)])
    with np.load(path) as arrays:
        content = dict(arrays)
    for name, values, text in (
        ("counts", content["counts"] + 1, "counts are not those"),
        ("edges", content["edges"][:0], "do not belong together"),
        ("nps", content["nps"][:1], "counts are not those"),
    ):
        np.savez(path, **(content | {name: values}))
        with pytest.raises(InputError, match=f"configurations .*kept.npz.*{text}"):
            configurations.load(path)
