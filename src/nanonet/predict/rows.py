"""Points of a table as inputs of a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nanonet.composition import MIN_EPS_NN, NANOCOMPOSITE
from nanonet.errors import InputError
from nanonet.models.base import Array
from nanonet.space import InputSpace


def rows_of(space: InputSpace, own: Sequence[str], X: Array, where: Callable[[int], str] = "row {}".format) -> Array:
    """Inputs (n, p), named `own`, of a model from points (n, q) in the order of its `space`.

    `InputError` for the first point that is not allowed, or for which the model has no answer; `where` names a row.

    Examples
    --------
    >>> import numpy as np
    >>> from nanonet.composition import FIELDS
    >>> rows_of(NANOCOMPOSITE, FIELDS, np.array([[3, 40, 0.002, 0.5, 1.0]])).shape
    (1, 5)
    """
    refused = space.refused(X)
    columns = dict(zip(space.names, X.T, strict=True))
    if refused is None and space == NANOCOMPOSITE and (low := columns["eps_nn"] < MIN_EPS_NN).any():
        row = int(low.argmax())
        refused = row, f"eps_nn = {columns['eps_nn'][row]:g} is not {MIN_EPS_NN:g} or above"
    for one in space.inputs:
        if refused is None and one.name not in own and (other := columns[one.name] != one.default).any():
            row = int(other.argmax())
            refused = row, f"{one.name} = {columns[one.name][row]:g} is not {one.default:g}: the model knows no other"
    if refused is not None:
        raise InputError(f"{where(refused[0])}: {refused[1]}")
    return X[:, [space.column(name) for name in own]]
