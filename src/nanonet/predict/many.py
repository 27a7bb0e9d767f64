"""Curves of many points at once, from one table to another, in memory that does not grow with their number."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.metadata import version
from typing import NamedTuple

import numpy as np

from nanonet.curve import G_R
from nanonet.errors import InputError
from nanonet.formats.point_tables import open_points
from nanonet.formats.prediction_tables import Columns, Layout, check_table_path, writing_predictions
from nanonet.models.base import Array
from nanonet.predict.predictor import Predictor
from nanonet.predict.rows import rows_of
from nanonet.rdf import first_peaks

OUTSIDE = "outside"

_PART = 4_096  # rows that are held at once

_NUMBERS = {OUTSIDE: "1 where the point lies outside of the model's data, else 0"}
_PEAKS = {
    "peak_position": "place of the first peak of the median g(r), NaN where it has none",
    "peak_height": "its height",
}


class Written(NamedTuple):
    """What became of a table of points."""

    rows: int
    outside: int
    """How many lie outside of the model's data."""
    unused: tuple[str, ...]
    """Columns of the table that are no inputs."""


def layout_of(model: Predictor) -> Layout:
    """The columns that the predictions of a model have.

    Examples
    --------
    >>> from nanonet.predict.predictor import load
    >>> layout_of(load()).curves
    ('g', 'low', 'high')
    """
    numbers = _NUMBERS | (_PEAKS if model.quantity == G_R else {})
    note = f"predictions by model {model.card['kind']} of {len(model.X)} curves, nanonet {version('nanonet-pnc')}"
    return Layout(model.space, model.quantity, model.r, model.uncertain, numbers, note)


def predict_rows(model: Predictor, X: Array, where: Callable[[int], str] = "row {}".format) -> Columns:
    """Columns of a table, by name, for points (n, q) in the order of the model's space.

    `InputError` for a point that is not allowed; `where` names a row.

    Examples
    --------
    >>> from nanonet.predict.predictor import load
    >>> columns = predict_rows(load(), np.array([[3, 40, 0.002, 0.5, 1.0]]))
    >>> columns["g"].shape, columns["outside"].tolist()
    ((1, 100), [0.0])
    """
    inputs = rows_of(model.space, model.inputs, X, where)
    columns: dict[str, Array] = dict(zip(model.space.names, X.T, strict=True))
    columns[OUTSIDE] = model.outside(inputs).astype(np.float64)
    name = model.quantity.name
    if model.uncertain:
        columns[name], columns["low"], columns["high"] = model.predict_bands(inputs)
    else:
        columns[name] = model.predict_curves(inputs)
    if model.quantity == G_R:
        columns["peak_position"], columns["peak_height"] = first_peaks(model.r, columns[name])
    return columns


def predict_table(
    model: Predictor,
    table: str | os.PathLike[str],
    out: str | os.PathLike[str],
    strict: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Written:
    """Predict each row of a table of points and write a table of curves, in formats by suffix (CSV, netCDF, Parquet).

    Parameters
    ----------
    model:
        Its space names the columns that are read.
    table, out:
        The files.
    strict:
        Whether a point outside of the model's data is refused.
    progress:
        Called with the rows done and those in all.

    Raises
    ------
    InputError, OutputError, MissingExtraError
        A file cannot be used, or a point is not allowed: file, row and value are named, and nothing is written.

    Examples
    --------
    >>> from nanonet.composition import FIELDS
    >>> from nanonet.predict.predictor import load
    >>> np.savetxt("points.csv", [[3, 40, 0.002, 0.5, 1.0]], delimiter=",", header=",".join(FIELDS), comments="")
    >>> predict_table(load(), "points.csv", "curves.nc").rows
    1
    """
    check_table_path(out)
    done = outside = 0
    with (
        open_points(table, model.space) as points,
        writing_predictions(out, layout_of(model), points.rows) as write,
    ):
        for X, where in points.parts(_PART):
            columns = predict_rows(model, X, where)
            far = columns[OUTSIDE]
            if strict and far.any():
                raise InputError(f"{where(int(far.argmax()))}: it lies outside of the model's data")
            write(columns)
            done, outside = done + len(X), outside + int(far.sum())
            if progress is not None:
                progress(done, points.rows)
    return Written(done, outside, points.unused)
