"""The counterpart of figure 6: forests between compositions and latents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestRegressor

from nanonet.evaluate.metrics import r2
from nanonet.learn.forest import Scaling
from nanonet.plots import report as figures
from nanonet.reproduce import leak
from nanonet.reproduce.chapters import Chapter, Context
from nanonet.reproduce.page import Block, FigureFile, Points, Table, Text
from nanonet.reproduce.published import Published, compare
from nanonet.reproduce.scores import Comparison

PAPER_TREES = 20


@dataclass(frozen=True)
class StagedForest:
    """A forest fitted on one split, stage by stage: what it predicts with 1, 2, ... of its trees: scaled latents."""

    train: NDArray[np.float64]
    """Actual (n, k)."""
    test: NDArray[np.float64]
    guessed_train: NDArray[np.float64]
    """Predicted by the first 1, 2, ... trees (trees, n, k)."""
    guessed_test: NDArray[np.float64]

    def errors(self, test: bool) -> NDArray[np.float64]:
        """MSE of scaled latents by number of trees."""
        actual, guessed = (self.test, self.guessed_test) if test else (self.train, self.guessed_train)
        return np.asarray(np.square(guessed - actual).mean(axis=(1, 2)))


def grow(
    result: Mapping[str, Any], held_out: NDArray[np.float64], trees: int, max_features: float | int, seed: int
) -> StagedForest:
    """Grow a forest on the latents that a fit kept, inputs and latents scaled to 0..1 by the training set."""
    X, codes = np.array(result["inputs"]), {name: np.array(z) for name, z in result["latents"].items()}
    inputs, latents = Scaling.of(X), Scaling.of(codes["train"])
    actual = {name: latents.scale(z).astype(np.float64) for name, z in codes.items()}
    forest = RandomForestRegressor(n_estimators=trees, max_features=max_features, random_state=seed)
    forest.fit(inputs.scale(X), actual["train"])

    def by_number(places: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
        each = np.array([tree.predict(inputs.scale(places)).reshape(shape) for tree in forest.estimators_])
        return np.asarray(np.cumsum(each, axis=0) / np.arange(1, trees + 1)[:, None, None])

    return StagedForest(
        actual["train"], actual["test"], by_number(X, actual["train"].shape), by_number(held_out, actual["test"].shape)
    )


def grown_of(context: Context, row: Comparison, max_features: float | int) -> list[StagedForest]:
    """A forest for each fit of a row whose network is not stuck."""
    found = []
    for fit in row.flat:
        result = context.results(fit)
        if not result["stuck"]:
            held_out = context.known.explicit.X[list(fit.test)]
            found.append(grow(result, held_out, context.budget.trees, max_features, fit.seed))
    return found


def r2_of(grown: list[StagedForest], test: bool, trees: int) -> tuple[float, float]:
    """r² of all splits together: about the mean of all latents, and about each latent's own mean in training."""
    pairs = [(one.test, one.guessed_test) if test else (one.train, one.guessed_train) for one in grown]
    actual = [pair[0] for pair in pairs]
    guessed = [pair[1][trees - 1] for pair in pairs]
    own = [np.broadcast_to(one.train.mean(axis=0), z.shape) for one, z in zip(grown, actual, strict=True)]
    left = sum(float(np.square(a - b).sum()) for a, b in zip(actual, guessed, strict=True))
    there = sum(float(np.square(a - m).sum()) for a, m in zip(actual, own, strict=True))
    every = _joined(grown, test, trees)
    return r2(every[0][:, None], every[1][:, None]), (1 - left / there if there else float("nan"))


def _joined(grown: list[StagedForest], test: bool, trees: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Actual and predicted latents of several splits, all in one line."""
    pairs = [(one.test, one.guessed_test) if test else (one.train, one.guessed_train) for one in grown]
    actual = np.concatenate([pair[0].ravel() for pair in pairs])
    return actual, np.concatenate([pair[1][trees - 1].ravel() for pair in pairs])


def _write(context: Context) -> list[Block]:
    rows = leak.rows(context)
    trees = min(PAPER_TREES, context.budget.trees)
    numbers = np.arange(1, context.budget.trees + 1)
    lines, curves, shown = [], {}, []
    found: dict[str, tuple[float, float]] = {}
    chosen = "clean both" if "clean both" in rows else "clean"
    leaking = chosen.replace("clean", "leak")
    for name, row in rows.items():
        for label, features in (("all features", 1.0), ("one feature", 1)):
            grown = grown_of(context, row, features)
            if not grown:
                continue
            values = [r2_of(grown, test, trees) for test in (False, True)]
            errors = [np.mean([one.errors(test)[trees - 1] for one in grown]) for test in (False, True)]
            lines.append(
                [
                    f"{row.label}, {label} a split",
                    *(f"{v:.2f}" for pair in values for v in pair),
                    *(f"{e:.4f}" for e in errors),
                ]
            )
            if name == chosen:
                curves[f"training, {label} a split"] = np.array([one.errors(False) for one in grown])
                curves[f"held out, {label} a split"] = np.array([one.errors(True) for one in grown])
            if label == "all features" and name in (chosen, leaking):
                first = grown[: context.budget.folds]
                pairs = [_joined(first, test, trees) for test in (False, True)]
                shown.append(
                    figures.Parity(row.label.replace(", ", ",\n", 1), pairs[0], pairs[1], (values[0][0], values[1][0]))
                )
                found[name] = (values[0][0], values[1][0])
    if not curves:
        return [Text(f"There are no latents to predict: {rows[chosen].label}: all networks are stuck.")]
    figures.trees(context.folder / "figure6a.png", numbers, curves)
    figures.parity(context.folder / "figure6b.png", shown)
    held_out = curves["held out, all features a split"].mean(axis=0)
    enough = int(numbers[np.argmax(held_out <= 1.05 * held_out[-1])])
    return [
        Text(
            "The forest predicts latents, each scaled to 0..1 by the training set, as inputs are. Latents of held-out "
            "compositions are what the autoencoder of their split makes of their simulated curves. A split of a tree "
            "may look at all five inputs, our reading of the paper's “default value of one” (scikit-learn's 1.0); the "
            "other reading, one input a split, stands beside it."
        ),
        FigureFile(
            "figure6a.png",
            f"Counterpart of figure 6a: mean over all splits, band of one standard error of it; {rows[chosen].label}. "
            f"The dotted line is the paper's choice, {Published.TREES.said} trees.",
        ),
        FigureFile(
            "figure6b.png",
            f"Counterpart of figure 6b: all latents of the first {context.budget.folds} splits, {trees} trees.",
        ),
        Table(
            (
                "latents and forest",
                "r², training",
                "r² per latent, training",
                "r², held out",
                "r² per latent, held out",
                "MSE, training",
                "MSE, held out",
            ),
            lines,
            f"{trees} trees. r²: about the mean of all latents together, as a parity plot shows them; per latent: "
            "about each latent's own mean over its training set, so that 0 is what the mean latents would do.",
        ),
        Points(
            [
                f"From {enough} trees on the held-out MSE is within 5 % of that of {numbers[-1]} trees; the paper "
                f"takes {Published.TREES.said}.",
                f"r² of the training set ({rows[chosen].label}): " + compare(found[chosen][0], Published.R2_TRAIN),
                f"r² of the test set ({rows[chosen].label}): " + compare(found[chosen][1], Published.R2_TEST),
                *(
                    [f"r² of the test set when the autoencoder has seen it, as in the paper: {found[leaking][1]:.2f}."]
                    if leaking in found
                    else []
                ),
            ]
        ),
    ]


CHAPTERS = {"forest": Chapter("The forest (figure 6)", leak.scored, _write)}
