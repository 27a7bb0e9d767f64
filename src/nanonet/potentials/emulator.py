"""g(r) of NPs with implicit polymer, emulated: a small network on W = U_nn + W_poly in place of a simulation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nanonet.composition import FIELDS, MIN_BOX, MIN_NPS
from nanonet.errors import InputError
from nanonet.interpolation import interpolate_rows
from nanonet.potentials.dilute import Expected, MediatedPotential, PairPotential, check_grid

Array = NDArray[np.float64]
Single = NDArray[np.float32]

ARRAYS = (
    "low", "high", "mean", "projection", "shells", "layers", "weights_1", "biases_1", "weights_2", "biases_2",
    "weights_3", "biases_3",
)  # fmt: skip
"""Names of the arrays of an `Emulator`."""

SHELLS = np.linspace(0.6, 6.0, 217)
"""r / r_min (k,), on which shells about a particle of a cluster line up whatever its size."""

LAYERS = np.linspace(-1.5, 8.5, 201)
"""r - contact (k,), on which polymer layers line up (sigma)."""

CAPS = (1.0, 3.0, 8.0)
"""Depths (kT) at which attraction levels off in the parts of ln g that follow W itself."""

LEAST, HIGHEST = -12.0, 8.0
"""Bounds of ln g."""

_OWN = len(CAPS) + 2  # parts of ln g that follow W, and a constant
_SUB = 4  # points of a bin over which exp(-W) is averaged
_WIDTH = 0.1
FINE = np.asarray(_WIDTH / _SUB * (np.arange(100 * _SUB) + 0.5))
"""Where W is known for the inputs of the network (sigma)."""

_SQUARES = np.square(FINE).astype(np.float32)
_INTO_BINS = np.repeat(np.eye(10, dtype=np.float32), _SUB, axis=0)  # (40, 10): points of ten bins, added up
_BINS = _SQUARES.reshape(-1, _SUB).sum(axis=1)
_NEXT = np.array([-1, 0, 1])
_PLACES = np.arange(len(FINE), dtype=np.int16)

_FARTHEST = 60.0  # kT
_CORE = 1.0  # kT: W at contact
_WELL = 1.5  # sigma from contact within which the minimum is that of contact
_ROUND_CONTACT, _ROUND_SHELLS = np.linspace(-0.7, 6.0, 55), np.linspace(0.7, 3.0, 47)

AROUND_SHELLS, NUMBERS = len(_ROUND_SHELLS), 11
"""How much of what is read off is W at multiples of r_min, and how many are single numbers: the last ones."""


class PairWell(NamedTuple):
    """What W(r) of n compositions says of their NPs."""

    contact: Array
    """Where W falls below 1 kT (n,), sigma."""
    r_min: Array
    """Place (n,) of its minimum near contact, or what stands for it where there is none."""
    second_virial: Array
    """In units of that of hard spheres (n,)."""
    w: Single
    """W (n, k) on `FINE`, kT."""
    bins: Single
    """exp(-W) averaged over the volume of bins of 0.1 sigma (n, m)."""


@dataclass(frozen=True, eq=False)
class Emulator:
    """g(r) of implicit NPs of compositions, as many in the volume as an explicit run has: a `models.base.PriorMean`.

    ln g is a sum of W itself (levelled off at several depths), of modes on r / r_min and of modes on r - contact; a
    network gives the coefficients.

    Parameters
    ----------
    potential:
        W(r).
    low, high:
        Ranges (5,) of the compositions that it was fitted to.
    mean, projection:
        From what is read off W and the composition (k,) to the inputs (q,) of the network.
    shells, layers:
        Modes of ln g on `SHELLS` (a, k) and on `LAYERS` (b, k).
    weights_1, biases_1, weights_2, biases_2, weights_3, biases_3:
        Of m networks with two hidden layers: (m, q, h), (m, h), (m, h, h), (m, h), (m, h, c), (m, c).

    Raises
    ------
    InputError
        A value is not finite, or shapes do not match.
    """

    potential: MediatedPotential
    low: Array
    high: Array
    mean: Array
    projection: Array
    shells: Array
    layers: Array
    weights_1: Array
    biases_1: Array
    weights_2: Array
    biases_2: Array
    weights_3: Array
    biases_3: Array

    beyond = "W_poly is not known there: that of the nearest diameter, chain length and eps_pn in its table was taken"
    features = 2

    def __post_init__(self) -> None:
        for name in ARRAYS:
            values = np.array(getattr(self, name), dtype=np.float64 if name in ("low", "high") else np.float32)
            if not np.isfinite(values).all():
                raise InputError(f"emulator: {name} has values that are not finite")
            values.flags.writeable = False
            object.__setattr__(self, name, values)
        p, (k, q), m = len(self.low), _shape(self.projection, 2), len(self.weights_1)
        hidden = self.weights_1.shape[-1]
        c = _OWN + len(self.shells) + len(self.layers)
        shapes = {
            "low": (p,), "high": (p,), "mean": (k,), "shells": (len(self.shells), len(SHELLS)),
            "layers": (len(self.layers), len(LAYERS)), "weights_1": (m, q, hidden), "biases_1": (m, hidden),
            "weights_2": (m, hidden, hidden), "biases_2": (m, hidden), "weights_3": (m, hidden, c),
            "biases_3": (m, c),
        }  # fmt: skip
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                raise InputError(f"emulator: {name} has shape {getattr(self, name).shape}; allowed is {shape}")

    def predict(self, X: Array, x: Array) -> Array:
        """g (n, m) of compositions X (n, 5) in bins about x (m,)."""
        return self.curves(X, x, well_of(self.potential, X)).astype(np.float64)

    def evaluate(self, X: Array, x: Array) -> Expected:
        """g (n, m), place r / r_min, and as features how far NPs gather (0 to 1) and the logarithm of their number."""
        well = well_of(self.potential, X)
        return Expected(
            self.curves(X, x, well).astype(np.float64),
            features_of(X, gathering(well.second_virial)),
            x / well.r_min[:, None],
        )

    def outside(self, X: Array) -> NDArray[np.bool_]:
        """Which compositions (n,) lie outside of what it was fitted to, or where W is not known."""
        slack = 0.02 * (self.high - self.low)
        beyond = ((self.low - slack > X) | (self.high + slack < X)).any(axis=1)
        return np.asarray(beyond | self.potential.outside(X))

    def check(self, X: Array, x: Array) -> None:
        """As `dilute.check_grid`."""
        check_grid(X, x)

    def curves(self, X: Array, x: Array, well: PairWell) -> Single:
        """g (n, m) of NPs with the potential of `well`."""
        a = self._coefficients((read_off(X, well) - self.mean) @ self.projection)
        parts = parts_of_w(x, well)
        ln_g = np.einsum("nc,cnm->nm", a[:, :_OWN], parts)
        layers = _OWN + len(self.shells)
        ln_g += interpolate_rows(a[:, _OWN:layers] @ self.shells, SHELLS, x / well.r_min[:, None])
        ln_g += interpolate_rows(a[:, layers:] @ self.layers, LAYERS, x - well.contact[:, None])
        g = np.exp(np.clip(ln_g, LEAST, HIGHEST, out=ln_g), out=ln_g)
        g *= parts[len(CAPS)] > -HIGHEST  # nothing in the core
        return g

    def _coefficients(self, inputs: Single) -> Single:
        """Mean of the networks' outputs (n, c) for their inputs (n, q)."""
        hidden = inputs
        for weights, biases in ((self.weights_1, self.biases_1), (self.weights_2, self.biases_2)):
            hidden = hidden @ weights
            hidden += biases[:, None]
            hidden = _silu(hidden)
        hidden = hidden @ self.weights_3
        hidden += self.biases_3[:, None]
        return np.asarray(hidden.sum(axis=0) / np.float32(len(hidden)))


def number(X: Array) -> Array:
    """Number of NPs (n,) of compositions X (n, 5), by the standard rule (`composition.number_of_nps`).

    Examples
    --------
    >>> number(np.array([[3, 40, 0.002, 0.5, 1.0]]))
    array([18.])
    """
    return np.maximum(MIN_NPS, np.ceil(X[:, FIELDS.index("density")] * MIN_BOX**3))


def features_of(X: Array, gate: Array) -> Array:
    """Inputs of a kernel (n, 2): how far NPs gather (n,), and the logarithm of their number.

    Examples
    --------
    >>> features_of(np.array([[3, 40, 0.002, 0.5, 1.0]]), np.array([0.2])).round(1)
    array([[0.2, 2.9]])
    """
    return np.column_stack([gate, np.log(number(X))])


def gathering(second_virial: Array) -> Array:
    """0 where NPs repel each other, 1/2 at a reduced second virial coefficient of -3, 1 where they gather (n,).

    Examples
    --------
    >>> gathering(np.array([1.0, -3.0, -100.0])).round(2)
    array([0.02, 0.5 , 0.99])
    """
    return np.asarray(1.0 / (1.0 + np.exp(-1.5 * (np.arcsinh(-second_virial) - np.arcsinh(3.0)))))


def well_of(potential: PairPotential, X: Array) -> PairWell:
    """Contact, minimum and second virial coefficient of W of compositions X (n, 5).

    Examples
    --------
    >>> from nanonet.formats import potential_table
    >>> well_of(potential_table.shipped(), np.array([[3, 40, 0.002, 0.5, 0.3]])).contact.round(1)
    array([2.5])
    """
    return describe(X, potential.pmf(X, FINE))


def second_virial(X: Array, w: NDArray[np.floating]) -> Array:
    """Second virial coefficient (n,) of W (n, k) on `FINE`, in units of that of hard spheres.

    Examples
    --------
    >>> X = np.array([[3, 40, 0.002, 0.5, 1.0]])
    >>> second_virial(X, np.where(FINE < 3.0, 40.0, 0.0)[None]).round(1)
    array([1.])
    """
    mayer = np.exp(-_bounded(w))
    mayer -= 1.0
    return _of_hard_spheres(X, mayer @ _SQUARES)


def _of_hard_spheres(X: Array, integral: Single) -> Array:
    return np.asarray(-3.0 * _WIDTH / _SUB * integral / X[:, FIELDS.index("diameter")] ** 3)


def _bounded(w: NDArray[np.floating]) -> Single:
    return w.astype(np.float32, copy=False).clip(-_FARTHEST, _FARTHEST)


def describe(X: Array, w: NDArray[np.floating], exact: Callable[[NDArray[np.intp]], Array] | None = None) -> PairWell:
    """The same of W (n, k) on `FINE`; of one in single precision `exact` gives values (n, l) at places (n, l) of it.

    Examples
    --------
    >>> X = np.array([[3, 40, 0.002, 0.5, 1.0]])
    >>> describe(X, np.where(FINE < 3.0, 40.0, 0.0)[None]).contact.round(1)
    array([3.])
    """
    contact = FINE[((w > _CORE) * _PLACES).max(axis=1)]
    lowest = w.argmin(axis=1)
    inner = np.minimum(np.maximum(lowest, 1), w.shape[1] - 2)
    about = inner[:, None] + _NEXT
    left, here, right = (np.take_along_axis(w, about, axis=1) if exact is None else exact(about)).T
    bend = left - 2.0 * here + right
    shift = np.where(bend > 0, 0.5 * (left - right) / np.where(bend > 0, bend, 1.0), 0.0)
    place = FINE[inner] + _WIDTH / _SUB * np.clip(shift, -0.5, 0.5)
    near = (w.min(axis=1) < -0.1) & (place < contact + _WELL)
    single = _bounded(w)
    boltzmann = np.exp(-single)
    boltzmann *= _SQUARES
    bins = (boltzmann.reshape(-1, len(_INTO_BINS)) @ _INTO_BINS).reshape(len(w), -1)
    bins /= _BINS
    virial = _of_hard_spheres(X, (bins - 1.0) @ _BINS)
    return PairWell(contact, np.where(near, place, 1.03 * contact), virial, single, bins)


def read_off(X: Array, well: PairWell) -> Single:
    """What the network is told of compositions X (n, 5), before it is projected (n, k).

    Examples
    --------
    >>> from nanonet.formats import potential_table
    >>> X = np.array([[3, 40, 0.002, 0.5, 1.0]])
    >>> len(read_off(X, well_of(potential_table.shipped(), X)))  # a row a composition
    1
    """
    place = np.concatenate([well.contact[:, None] + _ROUND_CONTACT, well.r_min[:, None] * _ROUND_SHELLS], axis=1)
    w = interpolate_rows(well.w, FINE, place)
    told = np.empty((len(X), w.shape[1] + NUMBERS), dtype=np.float32)
    told[:, :-NUMBERS] = 4.0 * np.tanh(np.minimum(w, 0.0) / 4.0) + 3.0 * np.tanh(np.maximum(w, 0.0) / 3.0)
    density, diameter = (X[:, FIELDS.index(name)] for name in ("density", "diameter"))
    n = number(X)
    depth = np.arcsinh(well.w.min(axis=1))
    numbers = [
        np.log(density * well.r_min**3), np.log(n), np.log(n / density), np.arcsinh(well.second_virial),
        np.arcsinh(well.second_virial * n), np.arcsinh(-2.0 * np.pi / 3.0 * well.second_virial * density * diameter**3),
        np.log(well.r_min), well.r_min - well.contact, well.contact, depth, diameter,
    ]  # fmt: skip
    told[:, -NUMBERS:].T[:] = numbers
    return told


def parts_of_w(x: Array, well: PairWell) -> Single:
    """Parts of ln g in bins about x (m,) that follow W, (c, n, m): attraction by `CAPS`, repulsion, and 1.

    Examples
    --------
    >>> from nanonet.formats import potential_table
    >>> X = np.array([[3, 40, 0.002, 0.5, 1.0]])
    >>> parts_of_w((np.arange(100) + 0.5) / 10, well_of(potential_table.shipped(), X)).shape
    (5, 1, 100)
    """
    bins = well.bins
    if not (len(x) == len(_BINS) and np.abs(x - _WIDTH * (np.arange(len(x)) + 0.5)).max() < 1e-9):
        points = (x[:, None] + (x[1] - x[0]) * ((np.arange(_SUB) + 0.5) / _SUB - 0.5)).ravel()
        w = interpolate_rows(well.w, FINE, np.broadcast_to(points, (len(well.w), len(points))), right=0.0)
        weights = (points**2).reshape(-1, _SUB)
        weights = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
        bins = np.einsum("nms,ms->nm", np.exp(-w).reshape(len(w), len(x), _SUB), weights)
    mean = -np.log(bins + np.float32(1e-26))
    parts = np.ones((_OWN, *mean.shape), dtype=np.float32)
    depth = np.maximum(-mean, 0.0)
    for part, cap in zip(parts, CAPS, strict=False):
        np.multiply(np.tanh(depth / np.float32(cap)), np.float32(cap), out=part)
    parts[len(CAPS)] = -np.clip(mean, 0.0, HIGHEST)
    return parts


def _silu(x: Single) -> Single:
    below = np.negative(x)
    np.exp(below, out=below)
    below += 1.0
    return np.divide(x, below, out=below)


def _shape(values: Array, dimensions: int) -> tuple[int, ...]:
    if values.ndim != dimensions:
        raise InputError(f"emulator: projection has {values.ndim} dimensions; allowed are {dimensions}")
    return values.shape
