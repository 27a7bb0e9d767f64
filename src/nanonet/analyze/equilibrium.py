"""How far the averages of one trajectory can be trusted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nanonet.errors import InputError

BLOCKS = 5
"""Blocks of a trajectory. Few and long: NPs need hundreds of tau to enter and leave contact."""


def block_means(series: NDArray[np.float64], blocks: int = BLOCKS) -> NDArray[np.float64]:
    """Means (blocks, ...) over consecutive blocks of a series (frames, ...); block lengths differ by one frame at most.

    Raises
    ------
    InputError
        Fewer than 2 blocks, or fewer frames than blocks.
    """
    if blocks < 2:
        raise InputError(f"blocks = {blocks} is not 2 or more")
    if len(series) < blocks:
        raise InputError(f"{len(series)} frames cannot be cut into {blocks} blocks")
    return np.array([part.mean(axis=0) for part in np.array_split(series, blocks)])


def block_error(series: NDArray[np.float64], blocks: int = BLOCKS) -> NDArray[np.float64]:
    """Standard error (...) of the mean of a series (frames, ...), from the scatter of its block means.

    Right as long as a block is longer than the series' memory; too small for a trajectory that is trapped.
    """
    means = block_means(series, blocks)
    return np.asarray(means.std(axis=0, ddof=1) / np.sqrt(len(means)))
