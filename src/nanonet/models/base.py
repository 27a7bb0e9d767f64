"""What every fitted model can do, and what a model may start from."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nanonet.errors import InputError
from nanonet.potentials.dilute import Expected

Array = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

LEVEL = 0.9
"""Of bands: the share of values that they should hold."""

HALF_WIDTH = 1.6448536
"""Half the width of a 90 % interval of a normal distribution, in standard deviations."""


class Band(NamedTuple):
    """Curves with their 90 % bands, each (n, m)."""

    median: Array
    low: Array
    high: Array


class CurveModel(Protocol):
    """A model that has been fitted to curves on one grid."""

    @property
    def X(self) -> Array:
        """Inputs (n, p) that it was fitted to."""

    @property
    def x(self) -> Array:
        """Grid (m,) of its curves."""

    @property
    def uncertain(self) -> bool:
        """Whether it has error bars: `band` is None, and samples are all the same, where not."""

    def predict(self, X: ArrayLike) -> Array:
        """Curves (n, m) for inputs (n, p); `InputError` for a wrong shape or values that are not finite."""

    def band(self, X: ArrayLike) -> Band | None:
        """The same with their bands, None for a model that has none."""

    def sample(self, X: ArrayLike, draws: int, seed: int = 0, common: bool = False) -> Array:
        """Equally likely curves (draws, n, m), drawn along the grid together, inputs apart or from `common` numbers."""

    def caveat(self, X: Array) -> str:
        """What is uncertain beyond the band at inputs (n, p), in words; empty where nothing is."""


class PriorMean(Protocol):
    """What curves are expected to be before any has been seen: y0(x; X), from which models learn differences.

    What models learn counts only where y0 is not close to 0: `gaussian_process`.
    """

    @property
    def features(self) -> int:
        """How many further inputs it gives the kernel."""

    @property
    def beyond(self) -> str:
        """What it does outside of its training data, in words."""

    def evaluate(self, X: Array, x: Array) -> Expected:
        """y0 (n, m) on the grid x (m,), further inputs of the kernel (n, features), and where curves line up (n, m)."""

    @property
    def parameters(self) -> tuple[float, ...]:
        """Numbers that are fitted to curves before differences from it are learnt; none where it is as it is."""

    def with_parameters(self, values: tuple[float, ...]) -> PriorMean:
        """The same with other parameters; values that cannot be are taken to the nearest that can."""

    def outside(self, X: Array) -> BoolArray:
        """Which inputs (n,) lie outside of its training data."""

    def check(self, X: Array, x: Array) -> None:
        """`InputError` for inputs or a grid that it cannot take."""


def check_draws(draws: object) -> None:
    """`InputError` unless it is a whole number of 1 or more.

    Examples
    --------
    >>> check_draws(0)
    Traceback (most recent call last):
        ...
    nanonet.errors.InputError: n = 0 is not a whole number of 1 or more
    """
    if isinstance(draws, bool) or not isinstance(draws, int) or draws < 1:
        raise InputError(f"n = {draws!r} is not a whole number of 1 or more")


def check_inputs(X: ArrayLike, p: int) -> Array:
    """Inputs (n, p); `InputError` for another shape, or values that are not finite numbers.

    Examples
    --------
    >>> check_inputs([[3, 40, 0.002, 0.5, 1.0]], 5).shape
    (1, 5)
    """
    try:
        inputs = np.asarray(X, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise InputError("X is not an array of numbers") from None
    if inputs.ndim != 2 or inputs.shape[1] != p:
        raise InputError(f"X has shape {inputs.shape}; allowed is (n, {p})")
    if not np.isfinite(inputs).all():
        raise InputError("X has values that are not finite")
    return inputs
