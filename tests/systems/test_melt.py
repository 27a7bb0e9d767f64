from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nanonet import Composition, InputError
from nanonet.protocol import preset
from nanonet.systems.kinds import as_system
from tests.conftest import SMOKE, TINY, TINY_COMPOSITION


def _separations(a: np.ndarray, b: np.ndarray, box: float) -> np.ndarray:
    delta = a[:, None] - b[None]
    return np.asarray(np.linalg.norm(delta - box * np.rint(delta / box), axis=2))


def test_particles_stand_where_they_may() -> None:
    system = as_system(SMOKE).configuration(preset("smoke"))
    assert system.monomers.shape[1] == 40
    assert len(system.nps) == 18
    apart = _separations(system.nps, system.nps, system.box)
    assert apart[~np.eye(18, dtype=bool)].min() >= 3.0
    assert _separations(system.monomers.reshape(-1, 3), system.nps, system.box).min() >= 2.0
    bonds = np.linalg.norm(np.diff(system.monomers, axis=1), axis=2)
    assert bonds == pytest.approx(0.97)
    assert np.linalg.norm(system.monomers[:, 2:] - system.monomers[:, :-2], axis=2).min() > 1.02


def test_chains_start_near_their_melt_size() -> None:
    # Kremer-Grest N=50: R^2 = 82.7 (design notes, after ESPResSo's kremerGrest.tcl)
    composition = Composition(1, 50, 1e-3, 1, 1)
    ends = as_system(composition).configuration(replace(TINY, min_box=20.0)).monomers
    squared = np.mean(np.sum((ends[:, -1] - ends[:, 0]) ** 2, axis=1))
    assert squared == pytest.approx(82.7, rel=0.25)


def test_a_seed_decides() -> None:
    first, again, other = (as_system(TINY_COMPOSITION).configuration(replace(TINY, seed=seed)) for seed in (1, 1, 2))
    assert np.array_equal(first.monomers, again.monomers)
    assert not np.array_equal(first.nps, other.nps)


@given(diameter=st.floats(1, 5), length=st.integers(2, 100), density=st.floats(5e-4, 0.004), box=st.floats(8, 30))
@settings(max_examples=50, deadline=None)
def test_numbers_give_the_density_and_the_box(diameter: float, length: int, density: float, box: float) -> None:
    protocol = replace(TINY, min_box=box, min_nps=8)
    nps, chains, *_ = as_system(Composition(diameter, length, density, 1, 1)).numbers(protocol)
    assert nps >= 8
    assert nps / density >= box**3 * (1 - 1e-9)
    assert chains >= 1


def test_nps_that_leave_no_room_are_refused() -> None:
    composition = Composition(1, 500, 0.02, 1, 1)
    with pytest.raises(InputError, match="room"):
        as_system(composition).numbers(replace(TINY, min_nps=1, min_box=1.0))
