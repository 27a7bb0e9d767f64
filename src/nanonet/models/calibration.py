"""Half-widths of bands from errors of curves left out: conformal prediction with a local scale.

Lei et al. 2018, doi:10.1080/01621459.2017.1307116.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nanonet.errors import InputError
from nanonet.models.base import Array


@dataclass(frozen=True)
class Calibration:
    """How wide bands are, in predicted standard deviations.

    Parameters
    ----------
    width:
        How far neighbours count, in correlation lengths of the process.
    factor:
        Of the local scale: the quantile of the ratios of errors to predicted ones.
    share:
        How many neighbours the mean of all errors counts as.

    Raises
    ------
    InputError
        One of them is not finite, or `width` is not above 0.
    """

    width: float
    factor: float
    share: float

    def __post_init__(self) -> None:
        for name in ("width", "factor", "share"):
            if not np.isfinite(getattr(self, name)):
                raise InputError(f"{name} = {getattr(self, name)!r} is not a finite number")
        if self.width <= 0:
            raise InputError(f"width = {self.width:g} is not above 0")

    def half_width(self, near: Array, weights: Array) -> Array:
        """Half-width (l,) of the 90 % band at l inputs, larger where curves were missed.

        `near` (l, n) says how near they are to those of the n curves, `weights` (n,) is the mean square error of each,
        left out, in units of the predicted one.
        """
        return np.asarray(self.factor * local_scale(near, weights, self.share))


def local_scale(near: Array, weights: Array, share: float) -> Array:
    """Root mean square of left-out errors near each of n inputs (n,); the mean of all counts as `share` neighbours.

    Examples
    --------
    >>> local_scale(near=np.array([[1.0, 0.0]]), weights=np.array([4.0, 1.0]), share=0.0)
    array([2.])
    """
    return np.asarray(
        np.sqrt((near @ weights.astype(near.dtype) + share * weights.mean()) / (near.sum(axis=1) + share))
    )
