"""Predicted curves over a grid of one or more inputs, the others held."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nanonet.composition import NANOCOMPOSITE, from_array
from nanonet.curve import G_R, Curve
from nanonet.errors import InputError
from nanonet.formats.atomic import writing
from nanonet.formats.prediction_tables import Columns, Layout, writing_predictions
from nanonet.models.base import Array
from nanonet.predict.many import OUTSIDE, layout_of, predict_rows
from nanonet.predict.predictor import Predictor
from nanonet.rdf import curve_of
from nanonet.space import Input

if TYPE_CHECKING:
    import xarray as xr

MOST = 100_000
"""Points of a sweep at most; a table of points has no such limit."""

_PART = 1_024

_INTERVALS = {
    "peak_height": ("peak_height_low", "peak_height_high"),
    "peak_position": ("peak_position_low", "peak_position_high"),
    "coordination_number": ("neighbours_low", "neighbours_high"),
}


@dataclass(frozen=True, eq=False)
class Sweep:
    """Predictions over a grid.

    Attributes
    ----------
    model:
        What predicted.
    axes:
        Values of each input that is varied.
    held:
        Values of the others.
    columns:
        Of its points, the last axis fastest: inputs, curves and their bands, what is read off them; `predict.many`.
    """

    model: Predictor
    axes: Mapping[str, Array]
    held: Mapping[str, float]
    columns: Columns

    @property
    def curves(self) -> tuple[Curve, ...]:
        """The curves with their bands."""
        q, columns = self.model.quantity, self.columns
        if not self.model.uncertain:
            return tuple(curve_of(q, self.model.r, y) for y in columns[q.name])
        bands = zip(*(columns[name] for name in (q.name, "low", "high")), strict=True)
        return tuple(
            curve_of(q, self.model.r, y, low=np.minimum(low, y), high=np.maximum(high, y)) for y, low, high in bands
        )

    @property
    def layout(self) -> Layout:
        """What its columns are."""
        layout = layout_of(self.model)
        more = (name for name in self.columns if name not in (*layout.space.names, *layout.numbers, *layout.curves))
        return replace(layout, numbers={**layout.numbers, **{name: name.replace("_", " ") for name in more}})

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write a netCDF file as `to_xarray`, or a table with a row a point (CSV, Parquet)."""
        if Path(path).suffix.lower() == ".nc":
            packed = self.to_xarray().to_netcdf(engine="h5netcdf")  # in memory: HDF5 does not survive a full disk
            with writing(path) as temporary:
                temporary.write_bytes(packed)
            return
        with writing_predictions(path, self.layout, len(self.columns[OUTSIDE])) as write:
            write(self.columns)

    def to_xarray(self) -> xr.Dataset:
        """As an xarray dataset with a dimension for each input that is varied, and one along the curves."""
        import xarray as xr

        layout, names = self.layout, tuple(self.axes)
        q, shape = layout.quantity, tuple(map(len, self.axes.values()))
        found = {}
        for name, values in self.columns.items():
            if name in layout.space.names:
                continue
            along = (q.x,) if name in layout.curves else ()
            texts = {"units": q.unit} if along else {"long_name": layout.numbers[name]}
            found[name] = ((*names, *along), values.reshape(*shape, *values.shape[1:]), texts)
        coordinates = {name: (name, x, _about(layout.space[name])) for name, x in self.axes.items()}
        coordinates[q.x] = (q.x, layout.x, {"long_name": q.x_long_name, "units": q.x_unit})
        return xr.Dataset(found, {**coordinates, **self.held}, {"title": layout.note})


def sweep(
    model: Predictor,
    axes: Mapping[str, Array],
    held: Mapping[str, float],
    progress: Callable[[int, int], None] | None = None,
) -> Sweep:
    """Predict over a grid.

    Parameters
    ----------
    model:
        Predictor of any inputs and curves.
    axes:
        Values (k,) of each input that is varied.
    held:
        Values of the others; those with a default may be left out.
    progress:
        Called with the points done and those in all.

    Raises
    ------
    InputError
        An input is unknown, missing, both varied and held; a point is not allowed; more than `MOST` points.

    Examples
    --------
    >>> from nanonet.predict.predictor import load
    >>> held = {"diameter": 3, "chain_length": 40, "density": 0.002, "eps_nn": 0.5}
    >>> found = sweep(load(), {"eps_pn": np.array([0.3, 1.2])}, held)
    >>> bool(found.columns["peak_height"][0] > 10 * found.columns["peak_height"][1])
    True
    """
    space = model.space
    for name in (*axes, *held):
        space.column(name)
    if both := [name for name in axes if name in held]:
        raise InputError(f"{both[0]} = {held[both[0]]:g} is given, but the sweep runs over it")
    fixed = {one.name: held.get(one.name, one.default) for one in space.inputs if one.name not in axes}
    missing = [name for name, value in fixed.items() if value is None]
    if missing:
        raise InputError(f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing")
    count = int(np.prod([len(x) for x in axes.values()]))
    if not axes or count > MOST:
        raise InputError(
            f"a sweep of {count:,} points over {len(axes)} inputs; allowed are 1 to {MOST:,} over 1 or more"
        )
    grids = dict(zip(axes, np.meshgrid(*axes.values(), indexing="ij"), strict=True))
    X = np.column_stack(
        [grids[name].ravel() if name in axes else np.full(count, fixed[name]) for name in space.names]
    ).astype(np.float64)
    parts = []
    for i in range(0, count, _PART):
        columns = predict_rows(model, X[i : i + _PART], "point {} of the sweep".format)
        parts.append({**columns, **_intervals(model, X[i : i + _PART], progress, i, count)})
    whole = {name: np.concatenate([one[name] for one in parts]) for name in parts[0]}
    return Sweep(model, dict(axes), {name: value for name, value in fixed.items() if value is not None}, whole)


def _intervals(
    model: Predictor, X: Array, progress: Callable[[int, int], None] | None, start: int, count: int
) -> dict[str, Array]:
    """Neighbours of an NP, and 90 % intervals of what is read off g(r) of compositions; NaN where a curve has none."""
    if not (model.uncertain and model.quantity == G_R and model.space == NANOCOMPOSITE):
        return {}
    found: dict[str, list[float]] = {name: [] for name in ("neighbours", *sum(_INTERVALS.values(), ()))}
    for done, composition in enumerate(from_array(X), 1):
        read = model.intervals(composition)
        assert read is not None  # the model is uncertain
        found["neighbours"].append(read.neighbours)
        for name, columns in _INTERVALS.items():
            for column, end in zip(columns, getattr(read, name) or (np.nan, np.nan), strict=True):
                found[column].append(end)
        if progress is not None:
            progress(start + done, count)
    return {name: np.array(values) for name, values in found.items()}


def _about(one: Input) -> dict[str, str]:
    return {"long_name": one.long_name, "units": one.unit}
