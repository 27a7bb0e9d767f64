"""Inputs and their curves, compositions and RDFs before all, with where each came from."""

from __future__ import annotations

import json
import operator
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nanonet.composition import COPY, NANOCOMPOSITE, Composition, near_duplicates
from nanonet.curve import G_R, Curve, Quantity, plot_curves
from nanonet.entry import Entry as Entry
from nanonet.entry import Run as Run
from nanonet.entry import compositions_of, rdfs_of
from nanonet.errors import InputError, check_seed
from nanonet.formats import dataset_netcdf
from nanonet.notebook import card
from nanonet.rdf import RDF, curve_of
from nanonet.records import Provenance
from nanonet.schema import Record
from nanonet.space import InputSpace, Point

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.axes import Axes

SHIPPED = {"explicit": "simulated.nc", "implicit": "implicit.nc", "grafted": "grafted.nc"}
"""Dataset files that come with nanonet, by name: a fidelity of bare NPs, or grafted ones (explicit)."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Aligned inputs, curves and provenance of n entries, one a point of the space of inputs.

    Parameters
    ----------
    points:
        n points of one space: compositions (`density` is the measured one, the density is an outcome under NPT), or
        what `InputSpace.point` gives.
    curves:
        n curves of one quantity on one grid: RDFs, or others.
    provenance:
        How each entry was made: n records, or mappings of plain values (as JSON has them) that make such.
    runs:
        The runs behind each entry: n tuples, which may be empty. Left out: n empty ones.

    Raises
    ------
    InputError
        Lengths differ, a space, quantity or grid differs from the first, or provenance is not plain.

    Examples
    --------
    >>> data = Dataset.shipped()
    >>> data.X.shape == (len(data), 5), data.G.shape == (len(data), len(data.r))
    (True, True)
    >>> strong = data.subset(i for i, composition in enumerate(data.compositions) if composition.eps_pn > 1)
    >>> len(strong) < len(data)
    True
    >>> train, test = data.split(test_fraction=0.2, seed=0)
    >>> len(train) + len(test) == len(data)
    True
    """

    points: tuple[Point, ...]
    curves: tuple[Curve, ...]
    provenance: tuple[Provenance, ...]
    runs: tuple[tuple[Run, ...], ...] = ()

    def __post_init__(self) -> None:
        for name in ("points", "curves", "provenance"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        n = len(self.points)
        object.__setattr__(self, "runs", tuple(tuple(runs) for runs in self.runs) or ((),) * n)
        if not n:
            raise InputError("a dataset of no entries; allowed are 1 or more")
        for name in ("curves", "provenance", "runs"):
            if len(getattr(self, name)) != n:
                raise InputError(f"{name} has {len(getattr(self, name))} entries but points has {n}")
        made = (
            one if isinstance(one, Provenance) else Provenance.from_json(one, f"provenance[{i}]")
            for i, one in enumerate(self.provenance)
        )
        object.__setattr__(self, "provenance", tuple(made))
        for i, point in enumerate(self.points):
            if point.space != self.space:
                raise InputError(f"points[{i}] has other inputs than points[0]")
        for i, curve in enumerate(self.curves):
            if curve.quantity != self.quantity:
                raise InputError(f"curves[{i}] is of {curve.quantity.name}, curves[0] of {self.quantity.name}")
            if not np.array_equal(curve.x, self.x):
                raise InputError(f"curves[{i}] has another grid than curves[0]")
        for i, runs in enumerate(self.runs):
            for k, run in enumerate(runs):
                if not np.array_equal(run.rdf.r, self.x) or run.blocks.shape[1:] != self.x.shape:
                    raise InputError(f"runs[{i}][{k}] has another grid than curves[0]")
        for i, entry in enumerate(self.provenance):
            records: list[tuple[str, Record]] = [(f"runs[{i}]", run.record) for run in self.runs[i]]
            for what, content in ((f"provenance[{i}]", entry), *records):
                try:
                    json.dumps(content.to_json(), allow_nan=False)
                except (TypeError, ValueError) as error:
                    raise InputError(f"{what} is not plain JSON: {error}") from None

    def __len__(self) -> int:
        return len(self.points)

    def __iter__(self) -> Iterator[Entry]:
        return map(Entry, self.points, self.curves, self.provenance, self.runs)

    @overload
    def __getitem__(self, index: int) -> Entry: ...

    @overload
    def __getitem__(self, index: slice | Sequence[int] | NDArray[np.integer[Any]]) -> Dataset: ...

    def __getitem__(self, index: int | slice | Sequence[int] | NDArray[np.integer[Any]]) -> Entry | Dataset:
        """One entry; or of a slice, several indices or a mask a dataset. IndexError beyond the end, as of a list."""
        if isinstance(index, slice):
            return self.subset(range(len(self))[index])
        if isinstance(index, Sequence | np.ndarray):
            if (mask := np.asarray(index)).dtype == bool:
                return self.subset(np.arange(len(self))[mask].tolist())
            return self.subset(range(len(self))[operator.index(i)] for i in index)
        i = operator.index(index)
        return Entry(self.points[i], self.curves[i], self.provenance[i], self.runs[i])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Dataset):
            return NotImplemented
        return (self.points, self.curves, self.provenance, self.runs) == (
            other.points,
            other.curves,
            other.provenance,
            other.runs,
        )

    def __hash__(self) -> int:
        return hash((self.points, self.curves))

    def __str__(self) -> str:
        low, high = self.X.min(axis=0), self.X.max(axis=0)
        ranges = ", ".join(f"{name} {a:g} to {b:g}" for name, a, b in zip(self.space.names, low, high, strict=True))
        return f"Dataset of {len(self)} {self._called}: {ranges}"

    __repr__ = __str__

    @property
    def _called(self) -> str:
        return "compositions" if self.space == NANOCOMPOSITE else "points"

    @property
    def space(self) -> InputSpace:
        """The inputs."""
        return self.points[0].space

    @property
    def quantity(self) -> Quantity:
        """What the curves are of."""
        return self.curves[0].quantity

    @cached_property
    def compositions(self) -> tuple[Composition, ...]:
        """The points as compositions; `InputError` where they are none."""
        return compositions_of(self.points)

    @cached_property
    def rdfs(self) -> tuple[RDF, ...]:
        """The curves as RDFs; `InputError` where they are none."""
        return rdfs_of(self.curves)

    @cached_property
    def X(self) -> NDArray[np.float64]:
        """Inputs (n, p), columns in the order of `space.names`."""
        return _frozen(self.space.array(self.points))

    @cached_property
    def Y(self) -> NDArray[np.float64]:
        """Values of every curve (n, m)."""
        return _frozen(np.array([curve.y for curve in self.curves]))

    @cached_property
    def errors(self) -> NDArray[np.float64]:
        """Standard errors of `Y` (n, m); NaN where they are not known."""
        return _frozen(np.array([_error(curve) for curve in self.curves]))

    @property
    def x(self) -> NDArray[np.float64]:
        """Grid (m,) of the curves."""
        return self.curves[0].x

    @property
    def G(self) -> NDArray[np.float64]:
        """`Y`, by the name that it has for RDFs."""
        return self.Y

    @property
    def r(self) -> NDArray[np.float64]:
        """`x`, by the name that it has for RDFs."""
        return self.x

    @staticmethod
    def from_arrays(
        X: ArrayLike,
        Y: ArrayLike,
        x: ArrayLike,
        error: ArrayLike | None = None,
        space: InputSpace = NANOCOMPOSITE,
        quantity: Quantity = G_R,
        provenance: Iterable[Provenance | Mapping[str, object]] | None = None,
    ) -> Dataset:
        """A dataset of inputs X (n, p) and curves Y (n, m) on the grid x (m,), with standard errors (n, m) if known.

        Raises
        ------
        InputError
            Shapes do not match, or a row or a curve is not allowed: it is named.

        Examples
        --------
        >>> from nanonet.space import Input, InputSpace
        >>> from nanonet.curve import Quantity
        >>> space = InputSpace((Input("temperature", "kelvin", 200, 500),))
        >>> Dataset.from_arrays([[300], [350]], [[0, 1, 2], [0, 2, 4]], [1, 2, 3], space=space, quantity=Quantity("c"))
        Dataset of 2 points: temperature 300 to 350
        """
        points, rows = space.points(X), np.asarray(Y, dtype=np.float64)
        if rows.ndim != 2 or len(rows) != len(points):
            raise InputError(f"Y has shape {rows.shape}; allowed is ({len(points)}, m), a row for each of X")
        errors = np.full(rows.shape, np.nan) if error is None else np.asarray(error, dtype=np.float64)
        if errors.shape != rows.shape:
            raise InputError(f"error has shape {errors.shape}; allowed is {rows.shape}, that of Y")
        curves = []
        for i, (y, own) in enumerate(zip(rows, errors, strict=True)):
            try:
                curves.append(curve_of(quantity, x, y, None if np.isnan(own).all() else own))
            except InputError as problem:
                raise InputError(f"row {i}: {problem}") from None
        made = [Provenance()] * len(points) if provenance is None else list(provenance)
        return Dataset(points, tuple(curves), tuple(made))  # type: ignore[arg-type]  # records are made of mappings

    def to_xarray(self) -> xr.Dataset:
        """As an xarray dataset: a variable an input, the curves and their errors, over `entry` and the abscissa."""
        return dataset_netcdf.to_xarray(self._columns())

    def to_pandas(self) -> pd.DataFrame:
        """As a table with a row a point of a curve: entry, inputs, x, y and its error (NaN where not known).

        Examples
        --------
        >>> list(Dataset.shipped().to_pandas().columns)
        ['entry', 'diameter', 'chain_length', 'density', 'eps_nn', 'eps_pn', 'r', 'g', 'error']
        """
        import pandas as pd

        n, m = self.Y.shape
        inputs = {name: np.repeat(x, m) for name, x in zip(self.space.names, self.X.T, strict=True)}
        q = self.quantity
        columns = {q.x: np.tile(self.x, n), q.name: self.Y.ravel(), "error": self.errors.ravel()}
        return pd.DataFrame({"entry": np.repeat(np.arange(n), m), **inputs, **columns})

    def plot(self, ax: Axes | None = None, by: str | None = None) -> Axes:
        """Draw all curves, coloured by an input; returns the Matplotlib axes.

        Parameters
        ----------
        ax:
            Axes to draw in; left out: new ones.
        by:
            Name of the input; left out: the first that varies.

        Raises
        ------
        InputError
            No such input.
        """
        varied = [name for name, x in zip(self.space.names, self.X.T, strict=True) if np.ptp(x) > 0]
        name = by or (varied or self.space.names)[0]
        return plot_curves(self.curves, self.space[name], self.X[:, self.space.column(name)], ax)

    def _repr_html_(self) -> str:
        low, high = self.X.min(axis=0), self.X.max(axis=0)
        ends = zip(self.space.inputs, low, high, strict=True)
        facts = [(one.long_name, f"{a:g} to {b:g}" + ("" if one.unit == "1" else f" {one.unit}")) for one, a, b in ends]
        q, errors = self.quantity, int((~np.isnan(self.errors)).any(axis=1).sum())
        facts += [(q.long_name, f"{len(self.x)} values of {q.x}"), ("with error bars", f"{errors} of {len(self)}")]
        if judged := [one.convergence.converged for one in self.provenance if one.convergence is not None]:
            facts.append(("converged", f"{sum(judged)} of {len(self)}"))
        return card(f"Dataset of {len(self)} {self._called}", facts, self.plot)

    def subset(self, indices: Iterable[int]) -> Dataset:
        """The entries with the given indices, in that order."""
        chosen = [int(i) for i in indices]
        return Dataset(
            tuple(self.points[i] for i in chosen),
            tuple(self.curves[i] for i in chosen),
            tuple(self.provenance[i] for i in chosen),
            tuple(self.runs[i] for i in chosen),
        )

    def split(self, test_fraction: float = 0.2, seed: int = 0) -> tuple[Dataset, Dataset]:
        """Training and test part, drawn at random (paper: 80/20); each gets at least one entry.

        Entries that all but repeat one another (`composition.COPY`) go to the same part.

        Raises
        ------
        InputError
            `test_fraction` is not between 0 and 1, there is only one entry, or all entries are copies of one.
        """
        if not 0 < test_fraction < 1:
            raise InputError(f"test_fraction = {test_fraction:g} is not between 0 and 1")
        if len(self) < 2:
            raise InputError("a dataset of 1 entry cannot be split; allowed are 2 or more")
        order = np.random.default_rng(check_seed(seed)).permutation(len(self))
        wanted = min(max(1, round(test_fraction * len(self))), len(self) - 1)
        test: set[int] = set()
        for i in order:
            copies = set(np.flatnonzero(near_duplicates(self.X, self.X[[i]], np.ptp(self.X, axis=0), COPY)).tolist())
            if len(test) < wanted and len(test | copies) < len(self):
                test |= copies
        if not test:
            raise InputError(f"the {len(self)} entries are copies of one: a part without them would be empty")
        return self.subset(sorted(set(range(len(self))) - test)), self.subset(sorted(test))

    @staticmethod
    def concatenate(parts: Sequence[Dataset]) -> Dataset:
        """All entries of several datasets, in order; `InputError` for what is no dataset."""
        if other := [type(part).__name__ for part in parts if not isinstance(part, Dataset)]:
            raise InputError(f"{other[0]} is not a Dataset")
        return Dataset(
            tuple(p for part in parts for p in part.points),
            tuple(c for part in parts for c in part.curves),
            tuple(p for part in parts for p in part.provenance),
            tuple(runs for part in parts for runs in part.runs),
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write one self-describing netCDF file, whole or not at all; `InputError` if its folder is missing."""
        dataset_netcdf.write(path, self._columns())

    def _columns(self) -> dataset_netcdf.Columns:
        behind = ((i, run) for i, runs in enumerate(self.runs) for run in runs)
        runs = [(i, run.record, run.rdf.g, _error(run.rdf), run.blocks) for i, run in behind]
        return dataset_netcdf.Columns(
            self.space, self.quantity, self.X, self.x, self.Y, self.errors, self.provenance, runs
        )

    @staticmethod
    def load(path: str | os.PathLike[str]) -> Dataset:
        """Read a file that `save` wrote; `InputError` names the file and what is wrong with it."""
        found = dataset_netcdf.read(path)
        try:
            runs: list[list[Run]] = [[] for _ in found.y]
            for entry, record, g, error, blocks in found.runs:
                runs[entry].append(Run(record, RDF(found.x, g, _known(error)), blocks))
            curves = (
                curve_of(found.quantity, found.x, y, _known(error))
                for y, error in zip(found.y, found.error, strict=True)
            )
            behind = tuple(tuple(of_one) for of_one in runs)
            return Dataset(found.space.points(found.X), tuple(curves), tuple(found.provenance), behind)
        except ValueError as error:  # arrays that do not belong together, or curves that are none
            raise InputError(f"dataset {path} cannot be read: {error}") from None

    @staticmethod
    def shipped(fidelity: str = "explicit") -> Dataset:
        """The runs that come with nanonet: `explicit` (NPs in polymer), `implicit` (U_nn + W_poly), or `grafted`.

        Raises
        ------
        InputError
            Another name.
        """
        if fidelity not in SHIPPED:
            raise InputError(f"fidelity = {fidelity!r} is not one of {', '.join(SHIPPED)}")
        with as_file(files("nanonet") / "data" / SHIPPED[fidelity]) as path:
            return Dataset.load(path)


def _frozen(array: NDArray[np.float64]) -> NDArray[np.float64]:
    array.flags.writeable = False
    return array


def _known(error: NDArray[np.float64]) -> NDArray[np.float64] | None:
    return None if np.isnan(error).all() else error


def _error(curve: Curve) -> NDArray[np.float64]:
    return np.full(len(curve.x), np.nan) if curve.error is None else curve.error
