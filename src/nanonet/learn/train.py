"""Dataset -> model folder: what `nanonet train` does, with scores on curves left out in the card."""

from __future__ import annotations

import datetime
import os
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from nanonet.composition import NANOCOMPOSITE
from nanonet.curve import G_R
from nanonet.dataset import Dataset
from nanonet.errors import NanonetWarning
from nanonet.evaluate.cross_validation import Scores, folded, held_out, scores
from nanonet.formats import emulator_file, potential_table
from nanonet.learn.gaussian_process import GaussianProcess
from nanonet.models.base import PriorMean
from nanonet.potentials.dilute import DiluteLimit
from nanonet.potentials.many_body import ManyBody

if TYPE_CHECKING:
    from nanonet.learn.nanonet import NanoNet  # which needs torch, and a Gaussian process none

Array = NDArray[np.float64]

DOUBT = 0.2
"""Standard error of ln g of a run that has not converged, beside its own."""

_ROUNDING = 1  # NPs: the rule takes the measured density, a run the nominal one

Progress = Callable[[int, int], None]


def train_gaussian_process(
    data: Dataset, out: str | os.PathLike[str], progress: Progress | None = None
) -> tuple[GaussianProcess, Scores]:
    """Fit a Gaussian process, score it and write its folder; returns it and the scores.

    `InputError` where the data are too few, or `out` cannot be written.

    Examples
    --------
    >>> from nanonet.curve import Quantity
    >>> from nanonet.space import Input, InputSpace
    >>> X, x, space = np.linspace(0, 1, 6)[:, None], np.array([1.0, 2.0]), InputSpace((Input("field"),))
    >>> data = Dataset.from_arrays(X, 1 + X * x, x, space=space, quantity=Quantity("c"))
    >>> _, scores = train_gaussian_process(data, "my-model")
    >>> scores["rmse"] < 0.3
    True
    """
    errors = doubted(data)
    model = gaussian_process_for(data).fit(data.X, data.Y, data.x, errors)
    found = held_out(lambda: gaussian_process_for(data), data.X, data.Y, data.x, errors, progress)
    tested = scores(data.Y, *found, data.quantity)
    model.export(out, card_of(data) | {"cross_validation": tested, "range": _range(data)})
    return model, tested


def gaussian_process_for(data: Dataset) -> GaussianProcess:
    """One to be fitted, about the prior mean that a dataset allows (`prior_for`).

    Examples
    --------
    >>> type(gaussian_process_for(Dataset.shipped("implicit")).prior).__name__
    'DiluteLimit'
    """
    return GaussianProcess(prior_for(data), quantity=data.quantity)


def prior_for(data: Dataset) -> PriorMean | None:
    """What to start from: where it has g(r) of compositions, implicit NPs and what many of them do, else nothing.

    Implicit NPs were run with as many NPs as the standard rule has: about a dataset of other numbers, or which does not
    say them (`numbers_known`), nothing is known but the dilute limit. So it is for a dataset of implicit NPs itself.

    Examples
    --------
    >>> type(prior_for(Dataset.shipped())).__name__
    'ManyBody'
    """
    if not (data.space == NANOCOMPOSITE and data.quantity == G_R):
        return None
    explicit = all(entry.fidelity != "implicit" for entry in data.provenance)
    if explicit and numbers_known(data):
        return ManyBody(emulator_file.shipped())
    return DiluteLimit(potential_table.shipped())


def numbers_known(data: Dataset) -> bool:
    """Whether all entries say how many NPs they had, and it is what the standard rule says, but for rounding.

    Examples
    --------
    >>> numbers_known(Dataset.shipped())
    True
    """
    pairs = zip(data.compositions, data.provenance, strict=True)
    return all(entry.nps is not None and abs(entry.nps - one.nps) <= _ROUNDING for one, entry in pairs)


def doubted(data: Dataset) -> Array:
    """Standard errors (n, m) of curves with what their verdicts leave open: `DOUBT` of g if not converged.

    Examples
    --------
    >>> data = Dataset.shipped()
    >>> bool((doubted(data) >= data.errors).all())
    True
    """
    verdicts = [entry.convergence for entry in data.provenance]
    doubt = np.array([0.0 if verdict is None or verdict.converged else DOUBT for verdict in verdicts])
    return np.asarray(np.hypot(data.errors, doubt[:, None] * np.abs(data.Y)))


def fit_network(network: NanoNet, data: Dataset, progress: Progress | None = None) -> list[str]:
    """Fit a network; returns what it warned of, each once.

    Examples
    --------
    >>> from nanonet.learn.nanonet import NanoNet
    >>> tiny = NanoNet(size=16, filters=(8, 4), latent=2, epochs=1, attempts=1, keep_stuck=True)
    >>> warned = fit_network(tiny, Dataset.shipped().subset(range(8)))
    >>> tiny.history_.attempts
    1
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        network.fit(data.X, data.Y, data.x, progress=progress)
    ours = (warning for warning in caught if issubclass(warning.category, NanonetWarning))
    return list(dict.fromkeys(str(warning.message) for warning in ours))


def score_network(network: NanoNet, data: Dataset, out: str | os.PathLike[str]) -> Scores | None:
    """Score a fitted network on curves left out, five more trainings, and write its folder; returns the scores.

    Examples
    --------
    >>> from nanonet.learn.nanonet import NanoNet
    >>> data = Dataset.shipped().subset(range(10))
    >>> tiny = NanoNet(size=16, filters=(8, 4), latent=2, epochs=1, attempts=1, keep_stuck=True)
    >>> _ = fit_network(tiny, data)
    >>> sorted(score_network(tiny, data, "my-network"))
    ['how', 'ln_rmse']
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # fewer curves than latents: said when it was fitted
        tested = folded(
            lambda: clone(network).set_params(keep_stuck=True), data.X, data.Y, data.x, quantity=data.quantity
        )
    network.export(out, card_of(data) | {"cross_validation": tested, "range": _range(data)})
    return tested


def card_of(dataset: Dataset) -> dict[str, Any]:
    """What a model's card should tell of the dataset that it was fitted to: names of the inputs, runs, date.

    Examples
    --------
    >>> card_of(Dataset.shipped())["inputs"]
    ['diameter', 'chain_length', 'density', 'eps_nn', 'eps_pn']
    """
    kept = ("id", "nominal_density", "nps", "production_tau", "lammps", "nanonet")
    runs = [{name: entry[name] for name in kept if name in entry} for entry in dataset.provenance]
    for run, entry in zip(runs, dataset.provenance, strict=True):
        if "convergence" in entry:
            run["converged"] = entry["convergence"]["converged"]
    declared = {} if dataset.space == NANOCOMPOSITE else {"space": dataset.space.to_json()}
    return {"inputs": list(dataset.space.names), **declared, "created": datetime.date.today().isoformat(), "runs": runs}


def _range(data: Dataset) -> dict[str, list[float]]:
    """Least and largest simulated value of each input."""
    return {"low": data.X.min(axis=0).tolist(), "high": data.X.max(axis=0).tolist()}
