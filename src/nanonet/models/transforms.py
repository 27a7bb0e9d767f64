"""Transforms of curves in which noise is even and models learn; and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from nanonet.models.base import Array
from nanonet.rdf import MAX_G

_HIGHEST = float(np.log(10.0 * MAX_G))  # logarithms are not taken beyond: ten times what can be learnt


class Transform(Protocol):
    """Of values y of any shape, element by element."""

    name: ClassVar[str]
    bounded: ClassVar[bool]
    """Whether it is of values that are never negative: 0 says little, and `floor` and below does not count."""

    @property
    def floor(self) -> float:
        """Below it values are too small to count."""

    def __call__(self, y: Array) -> Array:
        """The transformed values."""

    def slope(self, y: Array) -> Array:
        """The derivative, which turns an error of y into one of the transformed value."""

    def inverse(self, t: Array) -> Array:
        """y of transformed values, 0 or above where `bounded`; `t` may be overwritten."""


@dataclass(frozen=True)
class Logarithm:
    """ln(y + floor).

    Examples
    --------
    >>> Logarithm(0.03)
    Logarithm(floor=0.03)
    """

    name: ClassVar[str] = "ln"
    bounded: ClassVar[bool] = True
    floor: float

    def __call__(self, y: Array) -> Array:
        return np.asarray(np.log(y + self.floor))

    def slope(self, y: Array) -> Array:
        """1 / (y + floor)."""
        return np.asarray(1.0 / (y + self.floor))

    def inverse(self, t: Array) -> Array:
        """exp(t) - floor, 0 or above."""
        np.exp(np.minimum(t, _HIGHEST, out=t), out=t)
        t -= self.floor
        return np.multiply(t, t > 16.0 * np.finfo(t.dtype).eps * self.floor, out=t)  # less is how exp was rounded


@dataclass(frozen=True)
class SquareRoot:
    """The square root, which evens out the noise of counts."""

    name: ClassVar[str] = "sqrt"
    bounded: ClassVar[bool] = True
    floor: float

    def __call__(self, y: Array) -> Array:
        return np.asarray(np.sqrt(y))

    def slope(self, y: Array) -> Array:
        """0.5 / sqrt(y + floor): finite where y is 0."""
        return np.asarray(0.5 / np.sqrt(y + self.floor))

    def inverse(self, t: Array) -> Array:
        """The square, 0 where t is below 0."""
        np.maximum(t, 0.0, out=t)
        return np.square(t, out=t)


@dataclass(frozen=True)
class Identity:
    """The value itself, of a quantity that may be negative."""

    name: ClassVar[str] = "none"
    bounded: ClassVar[bool] = False
    floor: float

    def __call__(self, y: Array) -> Array:
        return np.array(y, dtype=np.float64)

    def slope(self, y: Array) -> Array:
        """1."""
        return np.ones_like(y)

    def inverse(self, t: Array) -> Array:
        """The value."""
        return t


TRANSFORMS: dict[str, Callable[[float], Transform]] = {"ln": Logarithm, "sqrt": SquareRoot, "none": Identity}
"""By the name that a model folder has, made from the floor."""
