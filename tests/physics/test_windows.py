"""Windows obey the laws: without polymer they give back what acts between partners, however crowded the dimers are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from nanonet.analyze.umbrella import follow, mean_forces
from nanonet.potentials.lennard_jones import lj_cut_shifted
from nanonet.potentials.mediated import MeanForces
from nanonet.simulate import script
from nanonet.systems.umbrella import APART
from validation.umbrella_cases import CROWDED, dimers_alone


def _scores(found: MeanForces, expected: NDArray[np.float64]) -> NDArray[np.float64]:
    return (found.force - expected) / found.error


def test_crowded_dimers_alone_have_no_mean_force(tmp_path: Path) -> None:
    """The other dimers push partners together; with their force taken out nothing is left, and without it much is."""
    found = mean_forces(follow(dimers_alone(tmp_path, CROWDED, 0.0, seed=3), CROWDED), CROWDED)
    scores = _scores(found, np.zeros(len(found.force)))
    assert np.abs(scores).max() < 4.0
    assert np.sqrt(np.mean(scores**2)) == pytest.approx(1.0, abs=0.4)
    rest, stiffness = np.array(CROWDED.springs).T
    centres = 0.5 * (found.grid[:-1] + found.grid[1:])
    bare = found.weights @ (2.0 / centres) - 2.0 * stiffness * (found.means - rest)
    assert np.mean(bare) > 0.15  # kT/sigma: some 0.8 kT over the windows' range


def test_without_polymer_the_windows_give_back_u_nn(tmp_path: Path) -> None:
    """Partners that attract each other by U_nn: every window's mean force is that of U_nn within its error."""
    eps = 1.5
    found = mean_forces(follow(dimers_alone(tmp_path, CROWDED, eps, seed=4), CROWDED), CROWDED)
    r = np.linspace(found.grid[0], found.grid[-1], 20 * (len(found.grid) - 1) + 1)
    u = lj_cut_shifted(r, 3.0, eps)
    slope = (u[20::20] - u[:-20:20]) / np.diff(found.grid)
    scores = _scores(found, found.weights @ slope)
    near = found.means > 3.0  # further in U_nn is too steep for bins of 0.05
    assert near.sum() >= 14
    assert np.abs(scores[near]).max() < 4.0
    assert np.sqrt(np.mean(scores[near] ** 2)) == pytest.approx(1.0, abs=0.5)


def test_zones_are_what_the_script_says() -> None:
    assert f"pair_coeff 2 2 1 {(3.0 + APART) / 2 ** (1 / 6):.10g} 6" in script.interactions(CROWDED)
