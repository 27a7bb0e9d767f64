"""Checks of the arrays that a model learns from and answers to."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nanonet.curve import G_R, Quantity
from nanonet.errors import InputError
from nanonet.evaluate.splits import MIN_CURVES
from nanonet.rdf import MAX_G


def checked(
    X: ArrayLike, G: ArrayLike, r: ArrayLike, quantity: Quantity = G_R
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Inputs X (n, p), curves G (n, m) and their grid r (m,), of which one can learn.

    A column of X that never changes is allowed: it tells nothing, whatever it holds when one predicts.

    Raises
    ------
    InputError
        Wrong shapes, values that are not finite, curves that are not of the quantity (`checked_curves`), a grid that
        does not rise, fewer than 4 curves, inputs of which no column changes, or curves that are all the same.

    Examples
    --------
    >>> X, G, r = checked([[0], [1], [2], [3]], [[1, 1], [1, 2], [2, 1], [2, 2]], [0.5, 1.5])
    >>> X.shape, G.shape, r.shape
    ((4, 1), (4, 2), (2,))
    """
    inputs, grid = matrix("X", X), np.asarray(r, dtype=np.float64)
    curves = checked_curves("G", G, grid, quantity)
    if len(inputs) != len(curves):
        raise InputError(f"X has {len(inputs)} rows but G has {len(curves)}")
    if len(grid) < 2 or not np.isfinite(grid).all() or (quantity == G_R and grid[0] < 0) or (np.diff(grid) <= 0).any():
        where = " distances from 0 on" if quantity == G_R else " values"
        raise InputError(f"{quantity.x} is not a rising grid of 2 or more finite{where}")
    if len(inputs) < MIN_CURVES:
        raise InputError(f"{len(inputs)} curves; allowed are {MIN_CURVES} or more")
    if (inputs == inputs[0]).all():
        raise InputError(f"X has the same {inputs.shape[1]} inputs in all {len(inputs)} rows: nothing can be learnt")
    if (curves == curves[0]).all():
        raise InputError(f"G has the same curve in all {len(curves)} rows: nothing can be learnt")
    return inputs, curves, grid


def checked_curves(name: str, G: ArrayLike, r: NDArray[np.float64], quantity: Quantity = G_R) -> NDArray[np.float64]:
    """Curves (n, m) of a quantity on the grid r (m,); `InputError` for another shape, or values below its bound.

    Of a quantity that is never negative, values above `MAX_G` are refused too: their logarithm is learnt.

    Examples
    --------
    >>> checked_curves("G", [[1, 2]], np.array([0.5, 1.5]))
    array([[1., 2.]])
    """
    curves = matrix(name, G)
    if r.shape != curves.shape[1:]:
        raise InputError(f"r has shape {r.shape}; allowed is ({curves.shape[1]},), the columns of {name}")
    if (curves < quantity.low).any():
        raise InputError(f"{name} has values below {quantity.low:g}")
    if quantity.bounded and (curves > MAX_G).any():
        i, k = np.argwhere(curves > MAX_G)[0]
        raise InputError(f"curve {i} of {name} has {curves[i, k]:g} at r = {r[k]:g}; allowed is up to {MAX_G:g}")
    return curves


def matrix(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """An array of two dimensions; `InputError`, which names it, for anything else or values that are not finite.

    Examples
    --------
    >>> matrix("X", [[1, 2], [3, 4]]).dtype
    dtype('float64')
    """
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{name} is not an array of numbers") from None
    if array.ndim != 2:
        raise InputError(f"{name} has shape {array.shape}; allowed are two dimensions")
    if not np.isfinite(array).all():
        raise InputError(f"{name} has values that are not finite")
    return array
