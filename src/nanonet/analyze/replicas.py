"""Several trajectories of one composition -> one measurement with the error between them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nanonet.analyze.pairs import Measurement
from nanonet.errors import InputError
from nanonet.rdf import RDF


def combine(measurements: Sequence[Measurement], weights: Sequence[float]) -> Measurement:
    """The weighted mean of independent measurements of one composition.

    The standard error of a bin is the larger of what the measurements' own errors give and of their scatter about the
    mean: blocks of a trajectory that is trapped agree with one another, replicas show it.

    Parameters
    ----------
    measurements:
        One a replica, on one grid.
    weights:
        How much each counts: its time of production.

    Raises
    ------
    InputError
        No measurement, another number of weights, a weight that is not above 0, or different grids.

    Examples
    --------
    >>> from nanonet.analyze.pairs import measure
    >>> from nanonet.analyze.trajectory import read
    >>> one = measure(read("run1/trajectory.gsd"))
    >>> combine([one, one], weights=[1.0, 3.0]).nps
    18
    """
    if not measurements or len(weights) != len(measurements):
        raise InputError(f"{len(measurements)} measurements and {len(weights)} weights; allowed are as many, 1 or more")
    share = np.array(weights, dtype=np.float64)
    if not (np.isfinite(share).all() and (share > 0).all()):
        raise InputError(f"weights = {list(weights)} are not above 0")
    share /= share.sum()
    first = measurements[0].rdf
    if any(not np.array_equal(m.rdf.r, first.r) for m in measurements):
        raise InputError("the measurements have different grids")
    g, error = pool(np.array([m.rdf.g for m in measurements]), np.array([_error(m.rdf) for m in measurements]), share)
    density, density_error = pool(
        np.array([m.density for m in measurements]), np.array([m.density_error for m in measurements]), share
    )
    return Measurement(
        rdf=RDF(first.r, g, error),
        density=float(density),
        density_error=float(density_error),
        nps=measurements[0].nps,
        blocks=np.concatenate([m.blocks for m in measurements]),
    )


def _error(rdf: RDF) -> NDArray[np.float64]:
    return np.zeros_like(rdf.g) if rdf.error is None else rdf.error


def pool(
    values: NDArray[np.float64], errors: NDArray[np.float64], share: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weighted mean (...) of independent values (replicas, ...) and its standard error; shares (replicas,) sum to 1.

    The error is the larger of what the values' own errors give and of their scatter about the mean.

    Examples
    --------
    >>> mean, error = pool(np.array([[1.0], [2.0]]), np.array([[0.1], [0.1]]), np.array([0.5, 0.5]))
    >>> mean, error.round(2)  # they are farther apart than their errors say
    (array([1.5]), array([0.5]))
    """
    mean = np.tensordot(share, values, axes=1)
    within = np.sqrt(np.tensordot(share**2, errors**2, axes=1))
    if len(values) == 1:
        return mean, within
    between = np.sqrt(np.tensordot(share, (values - mean) ** 2, axes=1) / (len(values) - 1))
    return mean, np.maximum(within, between)
