"""From results to the numbers of the tables: every row scored alike, on the held-out explicit compositions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanonet.evaluate.metrics import FLOOR, SOFTENING, ln_noise, ln_rmse, peak_errors
from nanonet.evaluate.splits import splits
from nanonet.reproduce.fits import CrossValidationFit
from nanonet.reproduce.page import Table
from nanonet.reproduce.training_data import TrainingData

Results = Callable[[CrossValidationFit], Mapping[str, Any]]
"""Finds the result of a fit."""

HEADER = (
    "model",
    "ln g, weighted",
    "ln g",
    "image MSE",
    "image MAE",
    "peak, no peak agree",
    "peak height, factor",
    "peak position",
    "neighbours",
    "seconds",
)

LEGEND = (
    "Mean over the held-out compositions, ± standard deviation over the repeated splits where there are several. ln "
    f"g: root mean square error over the bins where the simulated g exceeds {FLOOR:g} (a prediction below that counts "
    f"as that); weighted: a bin counts by 1 / (s² + {SOFTENING:g}²), s its relative standard error. Image: mean "
    "squared and mean absolute error of grey levels 0 to 1. Peak, no peak: in how many of the compositions both "
    "curves have a first peak or neither has; its height: exp of the mean |ln(predicted / simulated)|, 1 is right; "
    "its position: mean distance in sigma. Neighbours: mean error of the number of other NPs within a gap of 3 sigma "
    "of an NP. Seconds: of processor time of one fit, median. Stuck: the network ended hardly better than the mean "
    "image; it answers all the same."
)


@dataclass(frozen=True)
class Comparison:
    """A line of a table: a model, cross-validated; `fits[repeat][fold]`, or a `part` of their results."""

    label: str
    fits: Sequence[Sequence[CrossValidationFit]]
    part: str = ""

    @property
    def flat(self) -> list[CrossValidationFit]:
        """All fits."""
        return [fit for repeat in self.fits for fit in repeat]


@dataclass(frozen=True)
class Measured:
    """The scores of a row, repeats first: each (repeats, n) but `seconds` and `stuck`."""

    curves: NDArray[np.float64]
    """Predicted g (repeats, n, m)."""
    weighted: NDArray[np.float64]
    plain: NDArray[np.float64]
    mse: NDArray[np.float64]
    mae: NDArray[np.float64]
    agree: NDArray[np.float64]
    log_ratio: NDArray[np.float64]
    shift: NDArray[np.float64]
    neighbours: NDArray[np.float64]
    seconds: float
    """Median of a fit."""
    stuck: int
    """Fits that ended hardly better than the mean image."""


def crossed(
    X: NDArray[np.float64],
    folds: int,
    repeats: int,
    model: str,
    settings: Mapping[str, Any] | None = None,
    **kwargs: Any,
) -> list[list[CrossValidationFit]]:
    """Fits [repeat][fold] of a repeated cross-validation of compositions X (n, 5); a repeat's number is the seed."""
    pairs = splits(len(X), folds, repeats, X=X)
    return [
        [
            CrossValidationFit(
                model, tuple(map(int, train)), tuple(map(int, test)), settings or {}, seed=repeat, **kwargs
            )
            for train, test in pairs[repeat * folds : (repeat + 1) * folds]
        ]
        for repeat in range(repeats)
    ]


def measure(row: Comparison, results: Results, known: TrainingData) -> Measured:
    """Put the folds of each repeat together and score them."""
    data = known.explicit
    n, repeats = len(data), len(row.fits)
    curves = np.full((repeats, n, len(data.r)), np.nan)
    mse, mae = np.full((repeats, n), np.nan), np.full((repeats, n), np.nan)
    seconds, stuck = [], 0
    for i, fits in enumerate(row.fits):
        for fit in fits:
            result, test = results(fit), list(fit.test)
            part = result.get(row.part, result)
            curves[i, test], mse[i, test], mae[i, test] = part["G"], part["mse"], part["mae"]
            seconds.append(result["seconds"])
            stuck += bool(result["stuck"])
    truth = known.neighbours(data.G)
    peaks = [peak_errors(data.G, guess, data.r, data.errors) for guess in curves]
    return Measured(
        curves=curves,
        weighted=np.array([ln_rmse(data.G, guess, error=data.errors) for guess in curves]),
        plain=np.array([ln_rmse(data.G, guess) for guess in curves]),
        mse=mse,
        mae=mae,
        agree=np.array([found.agree for found in peaks], dtype=np.float64),
        log_ratio=np.array([np.log(found.ratio) for found in peaks]),
        shift=np.array([found.shift for found in peaks]),
        neighbours=np.array([known.neighbours(guess) - truth for guess in curves]),
        seconds=float(np.median(seconds)),
        stuck=stuck,
    )


def rebuilt(row: Comparison, results: Results, kind: str = "test", error: str = "mse") -> NDArray[np.float64]:
    """Error of the images that the codec alone makes of its own latents, by fit.

    `kind` is `train` or `test`, `error` `mse` or `mae`.
    """
    return np.array([np.mean(results(fit)["rebuilt"][kind][error]) for fit in row.flat])


def table(rows: Sequence[Comparison | str], results: Results, known: TrainingData, caption: str = "") -> Table:
    """Rows scored alike; a text between them heads the rows below it."""
    lines: list[list[str]] = []
    for row in rows:
        lines.append([row] if isinstance(row, str) else _line(row, measure(row, results, known)))
    noise = float(np.nanmean(ln_noise(known.explicit.G, known.explicit.errors)))
    floor = f"The simulations' own errors alone would make ln g, weighted, {noise:.2f}."
    return Table(HEADER, lines, " ".join(part for part in (caption, floor) if part))


def _line(row: Comparison, found: Measured) -> list[str]:
    label = row.label + (f" (stuck {found.stuck} of {len(row.flat)})" if found.stuck else "")
    return [
        label,
        spread(found.weighted),
        spread(found.plain),
        spread(found.mse, "{:.4f}"),
        spread(found.mae, "{:.4f}"),
        f"{found.agree.mean() * found.agree.shape[1]:.3g} of {found.agree.shape[1]}",
        spread(np.abs(found.log_ratio), transform=math.exp),
        spread(np.abs(found.shift)),
        spread(np.abs(found.neighbours)),
        f"{found.seconds:.0f}" if found.seconds >= 10 else f"{found.seconds:.1g}",
    ]


def repeated(values: NDArray[np.float64]) -> tuple[float, float]:
    """Mean and standard deviation over repeats, 0 for a single one, of values (repeats, n)."""
    return float(np.nanmean(values)), float(np.nanmean(values, axis=1).std(ddof=1)) if len(values) > 1 else 0.0


def spread(values: NDArray[np.float64], form: str = "{:.2f}", transform: Callable[[float], float] = float) -> str:
    """Mean over entries, then mean and standard deviation over repeats, of values (repeats, n); – where all are NaN."""
    known = [row[~np.isnan(row)] for row in values]
    means = np.array([transform(float(row.mean())) for row in known if len(row)])
    if not len(means):
        return "–"
    text = form.format(means.mean())
    return text if len(means) < 2 else f"{text} ± {form.format(means.std(ddof=1))}"
