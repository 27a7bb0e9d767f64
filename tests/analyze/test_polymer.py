from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from nanonet import InputError
from nanonet.analyze import configurations, polymer
from nanonet.analyze.configurations import Configuration

BOX = np.full(3, 24.0)


def _shell(centre: np.ndarray, radius: float, n: int, seed: int) -> np.ndarray:
    points = np.random.default_rng(seed).normal(size=(n, 3))
    return np.asarray(centre + radius * points / np.linalg.norm(points, axis=1, keepdims=True))


def _made(gap: float) -> Configuration:
    """Two near NPs (D = 3) and a far one, each in a shell of short chains; one long chain touches the near two."""
    nps = np.array([[1.0, 5.0, 5.0], [1.0 - 3.0 - gap, 5.0, 5.0], [12.0, 17.0, 17.0]])
    shells = np.concatenate([_shell(c, 2.05, 90, i) for i, c in enumerate(nps)]).reshape(-1, 3, 3)
    bridge = np.array([nps[0] + [0, 2.05, 0], [-1.0, 8.0, 5.0], nps[1] + [0, 2.05, 0]])
    return Configuration(0, BOX, np.concatenate([shells, bridge[None]]), nps)


def test_a_bridge_is_seen_and_counted() -> None:
    made = _made(gap=2.9)
    seen = polymer.measure([made], diameter=3.0)
    assert seen.layer.position == pytest.approx(2.05)
    assert 2.1 < seen.layer_radius < 2.6
    assert seen.adsorbed.value == pytest.approx((90 * 3 + 2) / 3, abs=1)
    assert seen.bridged.value == pytest.approx(1 / 3)
    assert seen.bridged_near.value == 1.0
    assert seen.partners.value == pytest.approx(2 / 3)
    assert seen.shared_monomer.value == 0.0
    assert math.isinf(seen.bridged.error)  # one configuration has no error
    assert sum(pairs for _, _, pairs in seen.profile) == 1  # the far pairs lie beyond the grid
    unbridged = Configuration(0, BOX, made.monomers[:-1], made.nps)
    assert polymer.measure([unbridged], 3.0).bridged.value == 0.0


def test_one_monomer_can_bridge() -> None:
    assert polymer.measure([_made(gap=1.1)], 3.0).shared_monomer.value == 1.0


def test_no_near_pairs_are_no_number() -> None:
    made = _made(gap=2.9)
    apart = Configuration(0, BOX, made.monomers, made.nps + np.array([[0, 0, 0], [0, 9.0, 0], [0, 0, 0]]))
    assert math.isnan(polymer.measure([apart], 3.0).bridged_near.value)


def test_a_gas_of_monomers_is_flat() -> None:
    rng = np.random.default_rng(0)
    gas = [Configuration(i, BOX, rng.uniform(0, 24, (200, 10, 3)), rng.uniform(0, 24, (20, 3))) for i in range(40)]
    g = polymer.measure(gas, diameter=3.0).g
    assert g.error is not None
    far = g.r > 4
    assert g.g[far] == pytest.approx(1.0, abs=0.06)
    assert np.mean(np.abs(g.g[far] - 1) < 3 * g.error[far]) > 0.9


def test_a_melt_has_a_layer_and_bridges(smoke_run: Path) -> None:
    found = [configurations.read(path) for path in sorted((smoke_run / "configurations").iterdir())]
    chains = found[-1].chains
    assert np.linalg.norm(np.diff(chains, axis=1), axis=2).max() < 1.5  # FENE bonds never stretch further
    seen = polymer.measure(found, diameter=3.0)
    assert seen.configurations == 3
    assert seen.layer.position == pytest.approx(2.1, abs=0.2)
    assert seen.layer.height > 1.5
    assert 25 < seen.adsorbed.value < 70
    assert 0 < seen.bridged.value < 1
    assert seen.g.g[-20:].mean() == pytest.approx(1.0, abs=0.06)


def test_what_cannot_be_measured(tmp_path: Path, smoke_run: Path) -> None:
    made = _made(2.9)
    with pytest.raises(InputError, match="no whole configurations"):
        polymer.measure([], 3.0)
    with pytest.raises(InputError, match="1 NPs"):
        polymer.measure([Configuration(0, BOX, made.monomers, made.nps[:1])], 3.0)
    with pytest.raises(InputError, match=r"box edge = 19\.00"):
        polymer.measure([Configuration(0, BOX - 5, made.monomers, made.nps)], 3.0)
    source = sorted((smoke_run / "configurations").iterdir())[0]
    torn = tmp_path / "torn.lammpstrj.gz"
    torn.write_bytes(source.read_bytes()[:5000])
    for path in (torn, tmp_path / "none.lammpstrj"):
        with pytest.raises(InputError, match=r"cannot be (used|read)"):
            configurations.read(path)
