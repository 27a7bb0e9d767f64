"""g(r) at infinite dilution, exp(-W): U_nn is known, W_poly comes from a table over (D, N, eps_pn) and the gap r - D.

What NPs do at a finite density, in a run of finite length, is learnt as a difference from this.
"""

from __future__ import annotations

import os
from dataclasses import astuple, dataclass
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray

from nanonet.composition import FIELDS
from nanonet.errors import InputError
from nanonet.formats.atomic import writing
from nanonet.formats.reading import read_arrays, read_bytes
from nanonet.potential import PolymerPotential, Triple, direct

SHIPPED = "potential.npz"
INNER_SLOPE = 30.0
"""How fast (kT/sigma) W_poly is taken to rise inside of the innermost separation of the windows."""

_NAMES = ("diameters", "chain_lengths", "eps_pn", "gaps", "w")
_NAMES_OF_TRIPLE = ("diameter", "chain_length", "eps_pn")
_COLUMNS = tuple(FIELDS.index(name) for name in _NAMES_OF_TRIPLE)
_EPS_NN = FIELDS.index("eps_nn")
_FARTHEST = 50.0
_INNERMOST = 0.6  # r (sigma) below which the potential of a triple is not given


@dataclass(frozen=True, eq=False)
class PolymerTable:
    """W_poly on a grid, linear in between; a triple outside of the grid takes the values at its rim.

    Parameters
    ----------
    diameters, chain_lengths, eps_pn:
        Rising values (a,), (b,), (c,) of D (sigma), N and eps_pn (epsilon).
    gaps:
        Evenly spaced r - D (k,) in sigma; W_poly is 0 beyond.
    w:
        W_poly (a, b, c, k), kT.

    Raises
    ------
    InputError
        Shapes do not match, a value is not finite, or an axis does not rise.
    """

    diameters: NDArray[np.float64]
    chain_lengths: NDArray[np.float64]
    eps_pn: NDArray[np.float64]
    gaps: NDArray[np.float64]
    w: NDArray[np.float32]

    def __post_init__(self) -> None:
        for name in _NAMES:
            kind = np.float32 if name == "w" else np.float64
            values = np.array(getattr(self, name), dtype=kind)
            if not np.isfinite(values).all():
                raise InputError(f"table of W_poly: {name} has values that are not finite")
            values.flags.writeable = False
            object.__setattr__(self, name, values)
        axes = (self.diameters, self.chain_lengths, self.eps_pn, self.gaps)
        for name, axis in zip(_NAMES, axes, strict=False):
            if axis.ndim != 1 or len(axis) < 2 or (np.diff(axis) <= 0).any():
                raise InputError(f"table of W_poly: {name} are not 2 or more rising values")
        if self.w.shape != tuple(len(axis) for axis in axes):
            raise InputError(f"table of W_poly: w has shape {self.w.shape}")

    def mean_force(self, X: NDArray[np.float64], r: NDArray[np.float64]) -> NDArray[np.float64]:
        """W(r) = U_nn + W_poly (n, m), kT, of compositions X (n, 5) at separations r (m,)."""
        w = self._between(self.w, X, r)
        inside = r - X[:, :1] < self.gaps[0]
        w = np.where(inside, w + INNER_SLOPE * (self.gaps[0] - (r - X[:, :1])), w)
        return np.minimum(w + direct(r, X[:, :1], X[:, _EPS_NN, None]), _FARTHEST)

    def potential(self, triple: Triple) -> PolymerPotential:
        """W_poly of a triple; its covariance is NaN, since the table holds no errors.

        Outside of the table the potential is that at its rim, and says so in `extrapolated`.
        """
        axes = (self.diameters, self.chain_lengths, self.eps_pn)
        beyond = [
            f"{name} = {value:g} is not between {axis[0]:g} and {axis[-1]:g}"
            for name, value, axis in zip(_NAMES_OF_TRIPLE, astuple(triple), axes, strict=True)
            if not axis[0] <= value <= axis[-1]
        ]
        X = np.zeros((1, len(FIELDS)))
        X[0, list(_COLUMNS)] = astuple(triple)
        r = self.gaps[self.gaps > _INNERMOST - triple.diameter] + triple.diameter
        w = self._between(self.w, X, r)[0]
        covariance = np.full((len(r), len(r)), np.nan)
        return PolymerPotential(triple, r, w, covariance, "; ".join(beyond))

    def contact(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Separation (n,) at which two NPs of each composition touch: D."""
        return np.asarray(X[:, 0])

    def outside(self, X: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which compositions (n,) lie outside of the table."""
        axes = (self.diameters, self.chain_lengths, self.eps_pn)
        beyond = [(X[:, i] < axis[0]) | (X[:, i] > axis[-1]) for i, axis in zip(_COLUMNS, axes, strict=True)]
        return np.asarray(np.any(beyond, axis=0))

    def _between(
        self, values: NDArray[np.float32], X: NDArray[np.float64], r: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Linear interpolation (n, m) of a table (a, b, c, k); 0 beyond its last gap."""
        places = []
        for column, axis in zip(_COLUMNS, (self.diameters, self.chain_lengths, self.eps_pn), strict=True):
            x = np.clip(X[:, column], axis[0], axis[-1])
            i = np.clip(np.searchsorted(axis, x, side="right") - 1, 0, len(axis) - 2)
            places.append((i, (x - axis[i]) / (axis[i + 1] - axis[i])))
        rows = np.zeros((len(X), len(self.gaps)))
        for corner in np.ndindex(2, 2, 2):
            weight = np.ones(len(X))
            index = []
            for bit, (i, fraction) in zip(corner, places, strict=True):
                weight *= fraction if bit else 1.0 - fraction
                index.append(i + bit)
            rows += weight[:, None] * values[tuple(index)]
        return shifted(rows, self.gaps, r - X[:, :1], right=0.0)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the table to one .npz file, whole or not at all."""
        with writing(path) as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, **{name: getattr(self, name) for name in _NAMES})

    @staticmethod
    def load(path: str | os.PathLike[str]) -> PolymerTable:
        """Read what `save` wrote; `InputError` names the file and what is wrong with it."""
        return PolymerTable.parse(read_bytes(path, "table of W_poly"), f"table of W_poly {path}")

    @staticmethod
    def parse(content: bytes, what: str) -> PolymerTable:
        """The table in the content of a file; `InputError` says `what` it is and what is wrong with it."""
        arrays = read_arrays(content, _NAMES, what)
        return PolymerTable(*(arrays[name] for name in _NAMES))

    @staticmethod
    def shipped() -> PolymerTable:
        """The table made from the windows that come with nanonet (`make model`)."""
        with as_file(files("nanonet") / "data" / SHIPPED) as path:
            return PolymerTable.load(path)


def shifted(
    rows: NDArray[np.float64], grid: NDArray[np.float64], points: NDArray[np.float64], right: float | None = None
) -> NDArray[np.float64]:
    """Rows (..., n, k) on an evenly spaced grid (k,), linearly interpolated each at its own points (n, m).

    Outside of the grid a row takes its end values, or `right` beyond its end.
    """
    place = (points - grid[0]) / (grid[1] - grid[0])
    i = np.clip(np.floor(place).astype(np.intp), 0, len(grid) - 2)
    fraction = np.clip(place - i, 0.0, 1.0)
    i += len(grid) * np.arange(len(i))[:, None]
    flat = rows.reshape(*rows.shape[:-2], -1)
    left = flat.take(i, axis=-1)
    i += 1
    values = flat.take(i, axis=-1)
    values -= left
    values *= fraction
    values += left
    return values if right is None else np.where(place > len(grid) - 1, right, values)
