"""The paper's idea with what we know put into it: images over r / r_min, Gaussian processes in place of the forest."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, WhiteKernel
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from nanonet.composition import FIELDS
from nanonet.learn.estimator import CurveEstimator
from nanonet.learn.nanonet import NanoNet
from nanonet.learn.training import Training
from nanonet.models.image import rasterize, read_images
from nanonet.potentials.dilute import PairPotential
from nanonet.potentials.emulator import gathering, number, well_of

Array = NDArray[np.float64]

PLACES = np.linspace(0.35, 4.95, 100)
"""r / r_min (k,) of the columns that are drawn."""

_FLOOR = 0.03  # added to g before its logarithm is interpolated
_GATHERED = 0.5  # of `gathering`: below, the place is the diameter
_LENGTHS, _NOISE = (0.3, 50.0), (1e-3, 2.0)


class AlignedNanoNet(CurveEstimator):
    """nanoNET whose images line up, and whose latents follow from what W(r) = U_nn + W_poly says of the NPs.

    A curve is drawn over r / r_min, r_min the minimum of W near contact where NPs gather, else their diameter: shells
    of small and of large NPs are then in one place. In place of the forest each latent has a Gaussian process of its
    own (squared exponential, one length an input; Rasmussen & Williams 2006). Its inputs are how far NPs gather, the
    second virial coefficient of W, contact, r_min, and the number of NPs.

    Parameters
    ----------
    potential:
        W(r) of compositions.
    epochs, attempts, keep_stuck, seed:
        As of `NanoNet`.

    Attributes
    ----------
    network_, processes_:
        The autoencoder, and a regressor for each of its latents.

    Examples
    --------
    >>> from nanonet.formats import potential_table
    >>> AlignedNanoNet(potential_table.shipped(), epochs=100).epochs
    100
    """

    def __init__(
        self, potential: PairPotential, *, epochs: int = Training.epochs, attempts: int = Training.attempts,
        keep_stuck: bool = Training.keep_stuck, seed: int = 0, r: ArrayLike | None = None,
    ) -> None:  # fmt: skip
        self.potential, self.epochs, self.attempts = potential, epochs, attempts
        self.keep_stuck, self.seed, self.r = keep_stuck, seed, r

    def fit(self, X: ArrayLike, G: ArrayLike, r: ArrayLike | None = None) -> AlignedNanoNet:
        """Learn curves G (n, m) on the grid r (m,) of compositions X (n, 5)."""
        inputs, curves = np.asarray(X, dtype=np.float64), np.asarray(G, dtype=np.float64)
        self.r_ = np.asarray(self._grid(r), dtype=np.float64)
        told, place = self._told(inputs)
        drawn = np.array([_moved(g, self.r_ / one, PLACES) for g, one in zip(curves, place, strict=True)])
        self.network_ = NanoNet(epochs=self.epochs, attempts=self.attempts, keep_stuck=self.keep_stuck, seed=self.seed)
        self.network_.fit(inputs, drawn, PLACES)
        latents = self.network_.encode(rasterize(drawn, PLACES, self.network_.size, self.network_.axes_))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # a length at its bound: that input tells nothing
            self.processes_ = [self._process(told.shape[1]).fit(told, one) for one in latents.T]
        return self

    def predict(self, X: ArrayLike) -> Array:
        """Curves (n, m) of compositions X (n, 5)."""
        told, place = self._told(np.asarray(X, dtype=np.float64))
        latents = np.column_stack([one.predict(told) for one in self.processes_])
        drawn = read_images(self.network_.decode(latents), PLACES, self.network_.axes_)
        curves = [_moved(g, PLACES, self.r_ / one) for g, one in zip(drawn, place, strict=True)]
        return np.where(self.r_ < PLACES[0] * place[:, None], 0.0, curves)

    def _told(self, X: Array) -> tuple[Array, Array]:
        """What W says of compositions (n, 5), and by what their r is divided (n,)."""
        well = well_of(self.potential, X)
        gate = gathering(well.second_virial)
        place = np.where(gate > _GATHERED, well.r_min, X[:, FIELDS.index("diameter")])
        told = (gate, np.arcsinh(-well.second_virial), well.contact, well.r_min, np.log(number(X)))
        return np.column_stack(told), place

    def _process(self, inputs: int) -> Pipeline:
        kernel = RBF(np.full(inputs, 2.0), _LENGTHS) + WhiteKernel(0.1, _NOISE)
        process = GaussianProcessRegressor(kernel, normalize_y=True, n_restarts_optimizer=1, random_state=self.seed)
        return make_pipeline(StandardScaler(), process)


def _moved(g: Array, places: Array, to: Array) -> Array:
    """A curve (k,) given at `places` (k,), at others (m,): ln(g + 0.03) is interpolated, the end values continue."""
    found = np.exp(np.interp(to, places, np.log(np.maximum(g, 0.0) + _FLOOR))) - _FLOOR
    return np.asarray(np.maximum(found, 0.0))
