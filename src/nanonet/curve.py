"""What a curve is of (a quantity), and its values on a grid with their errors or band."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nanonet.errors import InputError
from nanonet.space import NAME, Input

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OPTIONAL = ("error", "low", "high")
"""Columns of a curve that may be missing."""

_LEAST_DRAWN = 1e-4  # of a band on a logarithmic axis


@dataclass(frozen=True)
class Quantity:
    """What a curve y(x) is of.

    Parameters
    ----------
    name, x:
        Short names of y and of x: letters, digits and underscores; the names of arrays, of columns.
    long_name, x_long_name:
        What they are, in words; the short names where left out.
    unit, x_unit:
        Units, `1` for pure numbers.
    low:
        Least value that y may have; without a bound where left out.
    limit:
        Value of y at large x; None where there is none.

    Raises
    ------
    InputError
        A name cannot be used, or a number is none.

    Examples
    --------
    >>> Quantity("msd", "t", unit="sigma^2", x_unit="tau", low=0).bounded
    True
    """

    name: str
    x: str = "x"
    long_name: str = ""
    x_long_name: str = ""
    unit: str = "1"
    x_unit: str = "1"
    low: float = -math.inf
    limit: float | None = None

    def __post_init__(self) -> None:
        for name in (self.name, self.x):
            if not isinstance(name, str) or not NAME.fullmatch(name):
                raise InputError(f"name of a quantity = {name!r}; allowed are letters, digits and underscores")
        if self.name == self.x:
            raise InputError(f"a quantity and its abscissa are both called {self.x}")
        for name in ("long_name", "x_long_name", "unit", "x_unit"):
            if not isinstance(getattr(self, name), str):
                raise InputError(f"{self.name}: {name} = {getattr(self, name)!r} is not a text")
        for name in ("low", "limit"):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float)) or value != value):
                raise InputError(f"{self.name}: {name} = {value!r} is not a number")
        for name, short in (("long_name", self.name), ("x_long_name", self.x)):
            object.__setattr__(self, name, getattr(self, name) or short)

    @property
    def bounded(self) -> bool:
        """Whether y is never negative: models learn its logarithm or square root then, else y itself."""
        return self.low >= 0

    @staticmethod
    def from_json(values: object) -> Quantity:
        """The quantity of plain values that `to_json` made; `InputError` for others."""
        try:
            return Quantity(**values)  # type: ignore[arg-type]  # checked there
        except TypeError as error:
            raise InputError(f"a quantity cannot be used: {error}") from None

    def to_json(self) -> dict[str, object]:
        """As plain values; what is left at its default is left out."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: x for name, x in found.items() if x is not None and x != -math.inf}


G_R = Quantity(
    "g", "r", "NP-NP radial distribution function", "NP-NP distance, bin centres", x_unit="sigma", low=0.0, limit=1.0
)
"""The radial distribution function of NPs."""

MSD = Quantity("msd", "t", "NP mean squared displacement", "lag time", "sigma^2", "tau", low=0.0)
"""The mean squared displacement of NPs, <abs(r(t0 + t) - r(t0))^2>; units of length and time may be others."""


@dataclass(frozen=True, eq=False)
class Curve:
    """Values of a quantity on a grid, with their errors or the band of a prediction.

    Parameters
    ----------
    quantity:
        What it is of.
    x:
        Grid (m,), rising.
    y:
        Values (m,), `quantity.low` or above.
    error:
        Standard errors (m,) of `y`, or None where they are not known.
    low, high:
        Ends (m,) of the 90 % band of a prediction, `y` between them; or both None.

    Raises
    ------
    InputError
        Shapes do not match, a value is not finite or below its bound, `x` does not rise, only one end of the band is
        given, or `y` is not within it.

    Examples
    --------
    >>> msd = Quantity("msd", "t", unit="sigma^2", x_unit="tau", low=0)
    >>> Curve(msd, [1, 2, 4], [0.5, 1.1, 2.0])
    Curve of msd at 3 values of t, 1 to 4, error bars not known
    """

    quantity: Quantity
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    error: NDArray[np.float64] | None = None
    low: NDArray[np.float64] | None = None
    high: NDArray[np.float64] | None = None
    _least_x: ClassVar[float] = -math.inf

    def __post_init__(self) -> None:
        q = self.quantity
        least = {"x": self._least_x, "y": q.low, "error": 0.0, "low": q.low, "high": q.low}
        called = {"x": q.x, "y": q.name}
        for name in ("x", "y", *OPTIONAL):
            if name in called or getattr(self, name) is not None:
                column = _column(called.get(name, name), getattr(self, name), least[name])
                object.__setattr__(self, name, column)
        if len(self.x) < 2:
            raise InputError(f"{q.x} has {len(self.x)} values; allowed are 2 or more")
        for name in ("y", *OPTIONAL):
            values = getattr(self, name)
            if values is not None and values.shape != self.x.shape:
                raise InputError(f"{called.get(name, name)} has {len(values)} values but {q.x} has {len(self.x)}")
        self._check_grid()
        if (self.low is None) != (self.high is None):
            raise InputError("only one of low and high is given")
        if self.low is not None and self.high is not None:
            outside = (self.y < self.low) | (self.y > self.high)
            if outside.any():
                i = int(np.argmax(outside))
                raise InputError(
                    f"{q.name}[{i}] = {self.y[i]:g} is not between low = {self.low[i]:g} and {self.high[i]:g}"
                )

    def _check_grid(self) -> None:
        if np.diff(self.x).min() <= 0:
            raise InputError(f"{self.quantity.x} is not rising")

    def plot(self, ax: Axes | None = None, **line: Any) -> Axes:
        """Draw the curve, with its 90 % band or else a band of one standard error, where known.

        Parameters
        ----------
        ax:
            Matplotlib axes to draw in; left out: new ones, with labels.
        line:
            What Matplotlib's `plot` takes: label, color, ls, lw.

        Returns
        -------
        The axes.

        Examples
        --------
        >>> ax = Curve(Quantity("msd", "t", low=0), [1, 2, 4], [0.5, 1.1, 2.0]).plot(label="D=3")
        >>> ax.get_xlabel()
        't'
        """
        if ax is None:
            from matplotlib import pyplot

            ax = self.label_axes(pyplot.subplots(layout="constrained")[1])
        y = np.where(self.y > 0, self.y, np.nan) if ax.get_yscale() == "log" else self.y
        (drawn,) = ax.plot(self.x, y, **line)
        low, high = self.low, self.high
        if self.error is not None:
            low, high = y - self.error, y + self.error
        if low is not None and high is not None:
            if ax.get_yscale() == "log":
                low = np.maximum(low, _LEAST_DRAWN)
            ax.fill_between(self.x, low, high, color=drawn.get_color(), alpha=0.22, lw=0)
        return ax

    def label_axes(self, ax: Axes) -> Axes:
        """Name the axes by the quantity; returns them."""
        q = self.quantity
        for axis, name, long_name, unit in (
            (ax.xaxis, q.x, q.x_long_name, q.x_unit),
            (ax.yaxis, q.name, q.long_name, q.unit),
        ):
            text = name if long_name == name else f"{long_name} {name}"
            axis.set_label_text(text + ("" if unit == "1" else f" ({unit})"))
        return ax

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Curve):
            return NotImplemented
        return self.quantity == other.quantity and self._columns() == other._columns()

    def __hash__(self) -> int:
        return hash(self._columns())

    def _columns(self) -> tuple[bytes | None, ...]:
        """What makes a curve; -0.0 is 0.0."""
        found = [getattr(self, name) for name in ("x", "y", *OPTIONAL)]
        return tuple(None if values is None else (values + 0.0).tobytes() for values in found)

    def __str__(self) -> str:
        q = self.quantity
        return f"Curve of {q.name} at {len(self.x)} values of {q.x}, {self.x[0]:g} to {self.x[-1]:g}" + self._known()

    def __repr__(self) -> str:
        return str(self)

    def _known(self) -> str:
        if self.low is not None:
            return ", with a 90 % band"
        return ", error bars not known" if self.error is None else ""


def plot_curves(curves: Sequence[Curve], by: Input, values: NDArray[np.float64], ax: Axes | None = None) -> Axes:
    """Draw n curves without bands, coloured by an input of values (n,); returns the Matplotlib axes.

    Examples
    --------
    >>> curves = [Curve(Quantity("c"), [1, 2], [0, 1]), Curve(Quantity("c"), [1, 2], [0, 2])]
    >>> len(plot_curves(curves, Input("temperature", "kelvin"), np.array([300.0, 350.0])).lines)
    2
    """
    import matplotlib as mpl

    if ax is None:
        from matplotlib import pyplot

        ax = pyplot.subplots(layout="constrained")[1]
    norm = mpl.colors.LogNorm if by.log else mpl.colors.Normalize
    colours = mpl.cm.ScalarMappable(norm(values.min(), values.max()), "viridis")
    curves[0].label_axes(ax)
    for curve, shade in zip(curves, colours.to_rgba(values), strict=True):
        ax.plot(curve.x, np.where(curve.y > 0, curve.y, np.nan) if ax.get_yscale() == "log" else curve.y, color=shade)
    ax.figure.colorbar(colours, ax=ax, label=by.long_name + ("" if by.unit == "1" else f" ({by.unit})"))
    return ax


def _column(name: str, values: ArrayLike, least: float) -> NDArray[np.float64]:
    try:
        column = np.array(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{name} is not an array of numbers") from None
    if column.ndim != 1:
        raise InputError(f"{name} has shape {column.shape}; allowed is one dimension")
    for wrong, what in ((~np.isfinite(column), "finite"), (column < least, f"{least:g} or above")):
        if wrong.any():
            raise InputError(f"{name}[{int(np.argmax(wrong))}] = {column[np.argmax(wrong)]:g} is not {what}")
    column.flags.writeable = False
    return column
