"""How well a predictor does on a dataset: cross-validation, the same for trivial models, and a learning curve."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from nanonet.dataset import Dataset
from nanonet.errors import InputError, check_seed
from nanonet.evaluate.baselines import Mean, Nearest
from nanonet.evaluate.cross_validation import LEAVE_ONE_OUT, Scores, error_of, least, scores
from nanonet.evaluate.splits import MIN_CURVES, splits
from nanonet.learn.train import doubted, gaussian_process_for

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

SHARES = (0.25, 0.5, 0.75, 1.0)
"""Of the training curves of each fold, at which the learning curve is measured."""


@dataclass(frozen=True)
class Evaluation:
    """Errors of predictions of curves that were left out, copies of them too."""

    measure: str
    """What the errors are: `ln_rmse` (RMSE of the logarithm) or `rmse` (in units of the spread of the curves)."""
    folds: int
    model: Scores
    """Error, and coverage and width of the bands where the model has them."""
    baselines: dict[str, float]
    """Errors of the mean curve and of the curve of the nearest input."""
    learning_curve: tuple[tuple[int, float], ...]
    """Number of training curves (mean over the folds), and the error of the model with so many."""

    def to_json(self) -> dict[str, object]:
        """As plain values."""
        return asdict(self)


def evaluate(
    data: Dataset,
    kind: str = "gp",
    epochs: int = 400,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Cross-validate a predictor on a dataset: each curve left out once, in ten folds beyond 30 curves.

    Parameters
    ----------
    data:
        What is learnt.
    kind:
        `gp`, a Gaussian process as `nanonet train` fits it, or `nanonet`, the network and forest.
    epochs:
        Of the network, at most.
    seed:
        Of the folds, of the subsets of the learning curve, and of the network.
    progress:
        Called with the number of fits done and of all.

    Raises
    ------
    InputError
        Another kind, or too few curves to learn and to leave out.

    Examples
    --------
    >>> from nanonet.curve import Quantity
    >>> from nanonet.space import Input, InputSpace
    >>> X, x, space = np.linspace(0, 1, 6)[:, None], np.array([1.0, 2.0]), InputSpace((Input("field"),))
    >>> found = evaluate(Dataset.from_arrays(X, 1 + X * x, x, space=space, quantity=Quantity("c")))
    >>> found.model["rmse"] < found.baselines["mean"]
    True
    """
    n, q = len(data), data.quantity
    if n <= MIN_CURVES:
        raise InputError(f"{n} entries; allowed are {MIN_CURVES + 1} or more, one to leave out")
    check_seed(seed)
    pairs = splits(n, n if n <= LEAVE_ONE_OUT else 10, seed=seed, X=data.X)
    fit = partial(_fit, data=data, kind=kind, epochs=epochs, seed=seed)
    random = np.random.default_rng(seed)
    shares = [share for share in SHARES if share * min(len(train) for train, _ in pairs) >= MIN_CURVES]
    if not shares:
        raise InputError(f"a fold leaves fewer than {MIN_CURVES} entries that are no copies to learn from")
    found = {name: np.empty_like(data.Y) for name in ("mean", "nearest")}
    curves = np.full((len(shares), 3, *data.Y.shape), np.nan)
    sizes = np.zeros((len(shares), len(pairs)))
    for i, (train, test) in enumerate(pairs):
        floor = least(q, data.Y) if q.bounded else None
        for name, model in (("mean", Mean(floor)), ("nearest", Nearest())):
            found[name][test] = model.fit(data.X[train], data.Y[train], data.x).predict(data.X[test])
        for k, share in enumerate(shares):
            own = train if share == 1.0 else np.sort(random.choice(train, round(share * len(train)), replace=False))
            sizes[k, i] = len(own)
            curves[k][:, test] = fit(own, test)
            if progress is not None:
                progress(i * len(shares) + k + 1, len(pairs) * len(shares))
    (measure,) = error_of(data.Y, found["mean"], q)
    errors = [error_of(data.Y, one[0], q)[measure] for one in curves]  # type: ignore[literal-required]
    last = (curves[-1, 0], curves[-1, 1], curves[-1, 2])
    banded = not np.isnan(last[1]).any()
    return Evaluation(
        measure=measure,
        folds=len(pairs),
        model=scores(data.Y, *last, q) if banded else error_of(data.Y, last[0], q),
        baselines={name: error_of(data.Y, one, q)[measure] for name, one in found.items()},  # type: ignore[literal-required]
        learning_curve=tuple(
            (round(float(size)), error) for size, error in zip(sizes.mean(axis=1), errors, strict=True)
        ),
    )


def _fit(train: Indices, test: Indices, data: Dataset, kind: str, epochs: int, seed: int) -> Array:
    """Medians and ends of the bands (3, n, m) of test curves; NaN for ends of a model without bands."""
    X, Y = data.X[train], data.Y[train]
    if kind == "gp":
        return np.array(gaussian_process_for(data).fit(X, Y, data.x, doubted(data)[train]).band(data.X[test]))
    if kind != "nanonet":
        raise InputError(f"kind = {kind!r} is not one of gp, nanonet")
    from nanonet.learn.nanonet import NanoNet  # needs torch

    network = NanoNet(epochs=epochs, seed=seed, quantity=data.quantity, keep_stuck=True)
    median = network.fit(X, Y, data.x).predict(data.X[test])
    return np.array([median, np.full_like(median, np.nan), np.full_like(median, np.nan)])
