from __future__ import annotations

import numpy as np

from nanonet.composition import near_duplicates
from nanonet.reproduce.paper_split import split


def test_nothing_that_is_predicted_is_learnt() -> None:
    X = np.random.default_rng(0).uniform(size=(45, 5))
    X = np.concatenate([X, X * 1.001])
    draws = [split(X, seed) for seed in range(5)]
    assert len(set(draws)) == 5
    for train, test in draws:
        assert len(test) == 12
        assert 55 <= len(train) <= 68
        assert not near_duplicates(X[list(train)], X[list(test)], np.ptp(X, axis=0)).any()
    assert split(X, 3) == draws[3]


def test_fewer_compositions_are_split_alike() -> None:
    train, test = split(np.random.default_rng(1).uniform(size=(20, 5)), 0)
    assert (len(train), len(test)) == (17, 3)
    assert sorted(train + test) == list(range(20))
