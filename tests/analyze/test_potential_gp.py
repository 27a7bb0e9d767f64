from __future__ import annotations

import numpy as np
import pytest

from nanonet import InputError
from nanonet.analyze import potential_gp
from nanonet.analyze.potential_gp import PotentialGP
from nanonet.potentials.mediated import PairInputs
from tests.analyze.made_up import PAIR, made_up_forces, w_poly

PAIRS = (
    PAIR,
    PairInputs(2.0, 40, 0.2),
    PairInputs(4.5, 25, 0.2),
    PairInputs(2.0, 25, 1.4),
    PairInputs(4.5, 40, 1.4),
    PairInputs(3.3, 32, 0.7),
)


@pytest.fixture(scope="module")
def model() -> PotentialGP:
    return potential_gp.fit([made_up_forces(pair, seed=i) for i, pair in enumerate(PAIRS)])


def test_one_pair_is_recovered_within_its_error() -> None:
    """Over ten runs: the root mean square of the deviation in standard errors is about 1 at contact, and nowhere 4."""
    scores = []
    for seed in range(10):
        found = potential_gp.fit([made_up_forces(PAIR, seed=seed)]).predict(PAIR)
        inside = (found.r > 2.3) & (found.r < 7.0)
        scores.append(((found.w - w_poly(found.r, PAIR)) / found.error)[inside])
        assert found.w[-1] == pytest.approx(0.0, abs=0.2)
    assert np.abs(scores).max() < 4.5
    assert np.sqrt(np.mean(np.square(scores))) == pytest.approx(1.0, abs=0.5)


def test_the_error_falls_with_time() -> None:
    """Four times the frames: half the error at contact."""
    short, long = (potential_gp.fit([made_up_forces(PAIR, frames)]).predict(PAIR).at(3.0)[1] for frames in (400, 1_600))
    assert long / short == pytest.approx(0.5, abs=0.12)


def test_between_pairs_the_error_is_honest(model: PotentialGP) -> None:
    """Left-out pairs lie within their errors, which are larger than at pairs that have windows."""
    pairs = potential_gp.leave_one_out(model.data)
    scores = []
    for (others, own), pair in zip(pairs, PAIRS, strict=True):
        assert others.pair_inputs == own.pair_inputs == pair
        inside = (others.r > 0.85 * pair.diameter) & (others.r < pair.diameter + 3.0)
        scores.append(np.sqrt(np.mean(((others.w - w_poly(others.r, pair)) / others.error)[inside] ** 2)))
        assert others.at(pair.diameter)[1] > model.predict(pair).at(pair.diameter)[1]
    assert np.median(scores) < 2.0
    assert max(scores) < 4.0


def test_the_same_process_reproduces_its_data(model: PotentialGP) -> None:
    for pair in PAIRS:
        found = model.predict(pair)
        alone = potential_gp.fit([one for one in model.data if one.pair_inputs == pair]).predict(pair)
        difference = np.abs(found.w - np.interp(found.r, alone.r, alone.w))
        assert np.all(difference < 4.0 * np.maximum(found.error, 0.05) + 0.1)
        assert found.extrapolated == ""


def test_outside_of_the_data_it_says_so(model: PotentialGP) -> None:
    found = model.predict(PairInputs(6.0, 20, 1.0))
    assert found.extrapolated == "diameter = 6 is not between 2 and 4.5; chain_length = 20 is not between 25 and 40"
    assert found.at(6.0)[1] > 3 * model.predict(PAIR).at(3.0)[1]


def test_what_it_refuses(model: PotentialGP) -> None:
    with pytest.raises(InputError, match="1 pair or more"):
        potential_gp.fit([])
    with pytest.raises(InputError, match="stand twice"):
        potential_gp.fit([model.data[0], model.data[0]])
    with pytest.raises(InputError, match="r = 1 is not between"):
        model.predict(PAIR).at(1.0)
