"""Which entries are learnt and which are tested: copies of what is tested are never learnt."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nanonet.composition import COPY, near_duplicates
from nanonet.errors import InputError

MIN_CURVES = 4
"""Fewest curves that a model can learn from."""


def splits(
    n: int, folds: int, repeats: int = 1, seed: int = 0, X: ArrayLike | None = None
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Repeated K-fold: `folds` * `repeats` pairs of sorted (train, test) indices of n entries.

    In each repeat every entry is tested once. The same for the same arguments. With inputs X (n, p) an entry that all
    but repeats one of the test part (`composition.COPY`) is not in its training part: it would give the answer away.

    Raises
    ------
    InputError
        Fewer than 2 folds or more than entries, or less than one repeat.

    Examples
    --------
    >>> train, test = splits(10, folds=5)[0]
    >>> len(train), len(test)
    (8, 2)
    """
    if not 2 <= folds <= n:
        raise InputError(f"folds = {folds} is not between 2 and {n}, the number of entries")
    if repeats < 1:
        raise InputError(f"repeats = {repeats} is not 1 or more")
    random = np.random.default_rng(seed)
    found = []
    for _ in range(repeats):
        for test in np.array_split(random.permutation(n), folds):
            found.append((np.setdiff1d(np.arange(n), test), np.sort(test)))
    return found if X is None else [(_without_copies(np.asarray(X), *pair), pair[1]) for pair in found]


def duplicate_pairs(X: ArrayLike) -> NDArray[np.bool_]:
    """Which inputs X (n, p) all but repeat which others, (n, n): themselves too.

    Examples
    --------
    >>> duplicate_pairs([[0.0], [0.001], [1.0]]).tolist()
    [[True, True, False], [True, True, False], [False, False, True]]
    """
    inputs = np.asarray(X, dtype=np.float64)
    return np.array([near_duplicates(inputs, one[None], np.ptp(inputs, axis=0), COPY) for one in inputs])


def _without_copies(X: NDArray[np.float64], train: NDArray[np.int64], test: NDArray[np.int64]) -> NDArray[np.int64]:
    return train[~near_duplicates(X[train], X[test], np.ptp(X, axis=0), COPY)]
