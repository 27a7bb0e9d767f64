"""Declared inputs: the names, units and limits of the numbers that a curve depends on."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING

from nanonet.errors import InputError, as_number

if TYPE_CHECKING:  # the command line takes its options from here, and should not wait for NumPy
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Input:
    """One number that a curve depends on.

    Parameters
    ----------
    name:
        Letters, digits and underscores; the name of a column, of an option, of a field.
    unit:
        Unit, `1` for a pure number.
    low, high:
        Limits, both included; without bounds where left out.
    symbol:
        Short name; `name` where left out.
    whole:
        Whether only whole numbers are allowed.
    log:
        Whether designs and maps space it evenly in its logarithm; `low` is above 0 then.
    default:
        Value where none is given; None: it must be given.
    spellings:
        Other ways to write the unit in the heading of a table.
    long_name:
        What it is, in words; `name` where left out.
    latex:
        The symbol as Matplotlib writes it between dollar signs; `symbol` where left out.

    Raises
    ------
    InputError
        The name cannot be used, a limit is not a number, the limits are in the wrong order, `log` has a limit that is
        not above 0, or the default is outside of the limits.

    Examples
    --------
    >>> Input("temperature", "kelvin", 200, 500, symbol="T").check("300")
    Traceback (most recent call last):
    nanonet.errors.InputError: temperature = '300' is not a number
    >>> Input("temperature", "kelvin", 200, 500, symbol="T").check(300)
    300.0
    """

    name: str
    unit: str = "1"
    low: float = -math.inf
    high: float = math.inf
    symbol: str = ""
    whole: bool = False
    log: bool = False
    default: float | None = None
    spellings: tuple[str, ...] = ()
    long_name: str = ""
    latex: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not NAME.fullmatch(self.name):
            raise InputError(f"name of an input = {self.name!r}; allowed are letters, digits and underscores")
        for text in ("unit", "symbol", "long_name", "latex"):
            if not isinstance(getattr(self, text), str):
                raise InputError(f"{self.name}: {text} = {getattr(self, text)!r} is not a text")
        for flag in ("whole", "log"):
            if not isinstance(getattr(self, flag), bool):
                raise InputError(f"{self.name}: {flag} = {getattr(self, flag)!r} is not true or false")
        object.__setattr__(self, "spellings", tuple(self.spellings))
        for end in ("low", "high"):
            value = getattr(self, end)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or math.isnan(value):
                raise InputError(f"{self.name}: {end} = {value!r} is not a number")
        if not self.low < self.high:
            raise InputError(f"{self.name}: low = {self.low:g} is not below high = {self.high:g}")
        if self.log and not (self.low > 0 and math.isfinite(self.high)):
            raise InputError(
                f"{self.name}: limits of a logarithmic input are {self.low:g} and {self.high:g}, not above 0"
            )
        object.__setattr__(self, "symbol", self.symbol or self.name)
        object.__setattr__(self, "long_name", self.long_name or self.name)
        object.__setattr__(self, "latex", self.latex or (self.symbol if len(self.symbol) == 1 else ""))
        if self.default is not None:
            object.__setattr__(self, "default", self.check(self.default))

    def check(self, value: object) -> float:
        """The value as a number; `InputError` when it is none, not whole where it must be, or outside of the limits."""
        number = as_number(self.name, value)
        if not self.low <= number <= self.high:
            raise InputError(f"{self.name} = {number:g} is not {self.allowed}")
        if self.whole and not number.is_integer():
            raise InputError(f"{self.name} = {number:g} is not a whole number")
        return number

    @property
    def allowed(self) -> str:
        """The limits in words."""
        if math.isinf(self.low) and math.isinf(self.high):
            return "finite"
        if math.isinf(self.high):
            return f"{self.low:g} or above"
        return f"at most {self.high:g}" if math.isinf(self.low) else f"between {self.low:g} and {self.high:g}"

    @property
    def help(self) -> str:
        """What it is, its symbol and its unit: the text of an option."""
        symbol = "" if self.symbol == self.name else f" {self.symbol}"
        return f"{self.long_name}{symbol}" + (f" ({self.unit})." if self.unit != "1" else ".")

    def to_json(self) -> dict[str, object]:
        """As plain values; what is left at its default is left out."""
        found = {one.name: getattr(self, one.name) for one in fields(self) if getattr(self, one.name) != one.default}
        return {name: list(x) if isinstance(x, tuple) else x for name, x in found.items()}

    def text(self, value: float) -> str:
        """The value with its symbol, `rho=0.002`."""
        return f"{self.symbol}={value:{'.5g' if self.log else 'g'}}"

    @property
    def units(self) -> tuple[str, ...]:
        """The unit and its other spellings, without that of a pure number."""
        return self.spellings if self.unit == "1" else (self.unit, *self.spellings)


@dataclass(frozen=True)
class InputSpace:
    """Inputs in the order of the columns of every array X (n, p).

    Parameters
    ----------
    inputs:
        One or more, each name once.

    Raises
    ------
    InputError
        No input, or a name that stands twice.

    Examples
    --------
    >>> space = InputSpace((Input("temperature", "kelvin", 200, 500), Input("density", "g/cm^3", 0.1, 2.0)))
    >>> space.check({"density": 0.9, "temperature": 300})
    (300.0, 0.9)
    """

    inputs: tuple[Input, ...]
    kind: type[Point] | None = field(default=None, compare=False, repr=False)
    """Class of its points, with a field an input; None: `DeclaredPoint`."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "inputs", tuple(self.inputs))
        if not self.inputs:
            raise InputError("a space of no inputs; allowed are 1 or more")
        for name in self.names:
            if self.names.count(name) > 1:
                raise InputError(f"input {name} stands twice")

    @staticmethod
    def of(kind: type[Point]) -> InputSpace:
        """The space of a dataclass: the metadata of each field are the parameters of its `Input`."""
        found = [(f, None if f.default is MISSING else f.default) for f in fields(kind)]  # type: ignore[arg-type]
        return InputSpace(tuple(Input(f.name, default=default, **f.metadata) for f, default in found), kind)

    @staticmethod
    def from_json(values: object) -> InputSpace:
        """The space of plain values that `to_json` made; `InputError` for others."""
        if not isinstance(values, Sequence) or isinstance(values, str):
            raise InputError("a space of inputs is no list")
        try:
            return InputSpace(tuple(Input(**one) for one in values))
        except TypeError as error:
            raise InputError(f"a space of inputs cannot be used: {error}") from None

    def to_json(self) -> list[dict[str, object]]:
        """As plain values: an entry an input."""
        return [one.to_json() for one in self.inputs]

    def point(self, values: Mapping[str, object] | Sequence[object]) -> Point:
        """A point, by name or in the order of the columns; `InputError` as of `check`."""
        if self.kind is None:
            return DeclaredPoint(self, self.check(values))
        return self.kind(*self.check(values))

    def array(self, points: Iterable[Point]) -> NDArray[np.float64]:
        """Points as an array (n, p)."""
        import numpy as np

        return np.array([one.values for one in points], dtype=np.float64).reshape(-1, len(self))

    def points(self, array: ArrayLike) -> tuple[Point, ...]:
        """Rows of an array (n, p) as points; `InputError` names a bad row."""
        import numpy as np

        rows = np.asarray(array, dtype=np.float64)
        if rows.ndim != 2 or rows.shape[1] != len(self):
            raise InputError(f"array of inputs has shape {rows.shape}; allowed is (n, {len(self)})")
        return tuple(self._row(i, row) for i, row in enumerate(rows.tolist()))

    def refused(self, array: NDArray[np.float64]) -> tuple[int, str] | None:
        """First row of an array (n, p) that is no point, and why; None where all are."""
        import numpy as np

        bad = ~np.isfinite(array).all(axis=1)
        for one, x in zip(self.inputs, array.T, strict=True):
            bad |= (x < one.low) | (x > one.high)
            if one.whole:
                bad |= x != np.floor(x)
        if self.kind is not None:
            bad |= self.kind.refused_rows(array)
        if not bad.any():
            return None
        row = int(bad.argmax())
        try:
            self.point(array[row].tolist())
        except InputError as error:
            return row, str(error)
        raise AssertionError(f"row {row} is a point")  # the limits are stated twice, and differ

    def _row(self, i: int, row: Sequence[float]) -> Point:
        try:
            return self.point(row)
        except InputError as error:
            raise InputError(f"row {i}: {error}") from None

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, name: str) -> Input:
        return self.inputs[self.column(name)]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the inputs, in the order of the columns."""
        return tuple(one.name for one in self.inputs)

    def column(self, name: str) -> int:
        """Column of an input in arrays X (n, p); `InputError` names those that there are."""
        if name not in self.names:
            raise InputError(f"{name} is not one of {', '.join(self.names)}")
        return self.names.index(name)

    def check(self, point: Mapping[str, object] | Sequence[object]) -> tuple[float, ...]:
        """The numbers of a point, by name or in the order of the columns; an input left out takes its default.

        Raises
        ------
        InputError
            A value is not allowed, an input without default is missing, or a name is unknown.
        """
        if not isinstance(point, Mapping):
            if len(point) != len(self):
                raise InputError(f"{len(point)} numbers; needed are the {len(self)} inputs {', '.join(self.names)}")
            return tuple(one.check(value) for one, value in zip(self.inputs, point, strict=True))
        for name in point:
            self.column(name)
        missing = [one.name for one in self.inputs if one.name not in point and one.default is None]
        if missing:
            raise InputError(f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing")
        return tuple(one.check(point.get(one.name, one.default)) for one in self.inputs)

    def subspace(self, *names: str) -> InputSpace:
        """Some of the inputs, in the order that is asked for.

        >>> space = InputSpace((Input("temperature", "kelvin", 200, 500), Input("density", "g/cm^3", 0.1, 2.0)))
        >>> space.subspace("density").from_unit_cube([[0.0], [1.0]]).tolist()
        [[0.1], [2.0]]
        """
        return InputSpace(tuple(self[name] for name in names))

    def within(self, ranges: Mapping[str, tuple[float, float]]) -> InputSpace:
        """The same with narrower limits for some; `InputError` for an unknown name or limits beyond those of before."""
        for name in ranges:
            self.column(name)
        found = []
        for one in self.inputs:
            low, high = ranges.get(one.name, (one.low, one.high))
            one.check(low)
            one.check(high)
            found.append(replace(one, low=low, high=high, default=None))
        return InputSpace(tuple(found))

    def from_unit_cube(self, u: ArrayLike) -> NDArray[np.float64]:
        """Points X (n, p) of the space from points (n, p) of the unit cube; every limit must be finite.

        Logarithmic inputs are even in their logarithm; whole ones take each value of their range alike.
        """
        import numpy as np

        cube = np.asarray(u, dtype=np.float64)
        columns = []
        for one, x in zip(self.inputs, cube.T, strict=True):
            if not (math.isfinite(one.low) and math.isfinite(one.high)):
                raise InputError(f"{one.name} has no limits: {one.low:g} and {one.high:g}")
            if one.whole:
                columns.append(np.minimum(one.low + np.floor(x * (one.high - one.low + 1)), one.high))
            elif one.log:
                columns.append(one.low * (one.high / one.low) ** x)
            else:
                columns.append(one.low + x * (one.high - one.low))
        return np.column_stack(columns)


class Point:
    """A value of each input of a space: what a curve is of."""

    if TYPE_CHECKING:  # a property at run time would be the default of a dataclass's field

        @property
        def space(self) -> InputSpace:
            """Its inputs."""

        @property
        def values(self) -> tuple[float, ...]:
            """Their values, in the order of the columns."""

    @classmethod
    def refused_rows(cls, array: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which rows (n,) of an array (n, p) of inputs within their limits are refused all the same: none."""
        import numpy as np

        return np.zeros(len(array), dtype=np.bool_)

    def to_json(self) -> dict[str, float]:
        """Values by name, without those that are at the default of their input."""
        pairs = zip(self.space.inputs, self.values, strict=True)
        return {one.name: value for one, value in pairs if one.default is None or value != one.default}

    def __str__(self) -> str:
        pairs = zip(self.space.inputs, self.values, strict=True)
        return " ".join(one.text(value) for one, value in pairs if one.default is None or value != one.default)


class TypedPoint(Point):
    """A point that has a field an input: what a frozen dataclass of them derives from, which says its `space`."""

    def __post_init__(self) -> None:
        for one in self.space.inputs:
            value = one.check(getattr(self, one.name))
            object.__setattr__(self, one.name, int(value) if one.whole else value)

    @property
    def values(self) -> tuple[float, ...]:
        """The fields, in the order of the columns."""
        return tuple(getattr(self, name) for name in self.space.names)


@dataclass(frozen=True)
class DeclaredPoint(Point):
    """A point of a space without a class of its own; made by `InputSpace.point`.

    Examples
    --------
    >>> space = InputSpace((Input("temperature", "kelvin", 200, 500, symbol="T"),))
    >>> print(space.point({"temperature": 300}))
    T=300
    """

    declared: InputSpace
    numbers: tuple[float, ...]

    @property
    def space(self) -> InputSpace:
        """Its inputs."""
        return self.declared

    @property
    def values(self) -> tuple[float, ...]:
        """Their values, in the order of the columns."""
        return self.numbers
