"""The data of the chapters: explicit compositions, which are scored, and implicit ones, which are only learnt."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nanonet.composition import near_duplicates
from nanonet.dataset import Dataset
from nanonet.errors import InputError
from nanonet.evaluate.metrics import coordination_numbers

NEIGHBOUR_GAP = 3.0
"""NPs whose surfaces are nearer than this (sigma) count as neighbours, as in docs/results/multiscale.md."""

MIN_ENTRIES = 8
"""Explicit compositions below which no split leaves enough to train on."""


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Explicit compositions and, where there are any, implicit ones on the same grid.

    Raises
    ------
    InputError
        Fewer than 8 explicit compositions, or the grids differ.
    """

    explicit: Dataset
    implicit: Dataset | None

    def __post_init__(self) -> None:
        if len(self.explicit) < MIN_ENTRIES:
            raise InputError(f"{len(self.explicit)} explicit compositions; allowed are {MIN_ENTRIES} or more")
        if self.implicit is not None and not np.array_equal(self.implicit.r, self.explicit.r):
            raise InputError("the implicit dataset has another grid than the explicit one")

    @staticmethod
    def of(dataset: Dataset, implicit: Dataset | None) -> TrainingData:
        """Sort the entries of a dataset by their fidelity; implicit ones join the implicit dataset."""
        simple = [entry.get("fidelity") == "implicit" for entry in dataset.provenance]
        explicit = [i for i, one in enumerate(simple) if not one]
        if not explicit:
            raise InputError("the dataset has no explicit compositions, on which everything is scored")
        parts = [] if implicit is None else [implicit]
        if any(simple):
            parts.append(dataset.subset(i for i, one in enumerate(simple) if one))
        return TrainingData(dataset.subset(explicit), Dataset.concatenate(parts) if parts else None)

    def training(
        self, train: tuple[int, ...], test: tuple[int, ...], implicit: int | None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Inputs (n, 5), curves (n, m) and their errors of the explicit entries `train` and of `implicit` others.

        `implicit` None: all others. Implicit entries that all but repeat a composition of `test` are left out: nothing
        of it may be known.
        """
        explicit = tuple(array[list(train)] for array in (self.explicit.X, self.explicit.G, self.explicit.errors))
        if implicit == 0 or self.implicit is None:
            return explicit[0], explicit[1], explicit[2]
        repeated = near_duplicates(self.implicit.X, self.explicit.X[list(test)], np.ptp(self.implicit.X, axis=0))
        order = np.random.default_rng(0).permutation(len(self.implicit))
        kept = np.sort(order[~repeated[order]][:implicit])
        others = (self.implicit.X[kept], self.implicit.G[kept], self.implicit.errors[kept])
        X, G, errors = (np.concatenate(pair) for pair in zip(explicit, others, strict=True))
        return X, G, errors

    @cached_property
    def radii(self) -> NDArray[np.float64]:
        """Distance (n,) within which NPs are neighbours: D + 3, or the end of the grid."""
        r = self.explicit.r
        return np.asarray(np.minimum(self.explicit.X[:, 0] + NEIGHBOUR_GAP, r[-1] + 0.5 * (r[1] - r[0])))

    def neighbours(self, G: NDArray[np.float64]) -> NDArray[np.float64]:
        """Coordination numbers (n,) of curves (n, m), one an explicit composition, within `radii`."""
        nps = [entry.get("nps") for entry in self.explicit.provenance]
        return coordination_numbers(G, self.explicit.r, self.radii, self.explicit.X[:, 2], nps)
