"""The paper's own numbers: 68 compositions are learnt, the 12 others predicted (its figure 7)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nanonet.composition import near_duplicates
from nanonet.evaluate.metrics import ln_rmse, peak_errors
from nanonet.plots import report as figures
from nanonet.rdf import RDF
from nanonet.reproduce.chapters import PAPER, Chapter, Context, training_sets
from nanonet.reproduce.fits import CrossValidationFit
from nanonet.reproduce.forests import PAPER_TREES, grown_of, r2_of
from nanonet.reproduce.page import Block, FigureFile, Table, Text
from nanonet.reproduce.published import Published
from nanonet.reproduce.scores import Comparison, spread

LEARNT, PREDICTED = 68, 12

_HEADER = (
    "model", "ln g, weighted", "ln g", "first peak there or not, right", "height within 15 %", "place within 0.1 sigma",
    "r² of latents, training", "held out", "seconds",
)  # fmt: skip
_PUBLISHED, _TRAINED = "nanoNET, the paper's settings", "nanoNET"


def split(X: NDArray[np.float64], seed: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Rows of X (n, 5) that are learnt and predicted, drawn by lot: 68 and 12, of fewer than 80 in that proportion.

    What all but repeats a predicted row is not learnt.

    Examples
    --------
    >>> train, test = split(np.random.default_rng(0).uniform(size=(80, 5)), seed=1)
    >>> len(train), len(test)
    (68, 12)
    """
    n = len(X)
    order = np.random.default_rng(seed).permutation(n)
    test = order[: PREDICTED if n >= LEARNT + PREDICTED else max(1, n * PREDICTED // (LEARNT + PREDICTED))]
    others = order[len(test) :]
    train = others[~near_duplicates(X[others], X[test], np.ptp(X, axis=0))][:LEARNT]
    return tuple(sorted(train.tolist())), tuple(sorted(test.tolist()))


def _rows(context: Context) -> dict[str, list[Comparison]]:
    """What is compared, by what it learns; each row has one fit a draw."""
    found: dict[str, list[Comparison]] = {}
    training = context.budget.training
    networks = {_PUBLISHED: {**PAPER, **training}, _TRAINED: training}
    models = {label: ("nanonet", settings) for label, settings in networks.items()}
    models |= {"nanoNET, images aligned, Gaussian processes of latents": ("aligned nanonet", training)}
    models |= {"Gaussian process": ("gaussian process", {}), "mean of ln g": ("mean of ln g", {})}
    models |= {"nearest simulated composition": ("nearest", {})}
    for said, implicit in training_sets(context).items():
        draws = [split(context.known.explicit.X, i) for i in range(context.budget.draws if implicit == 0 else 1)]
        found[said] = [
            Comparison(
                label,
                [
                    [CrossValidationFit(model, *draw, settings, implicit=implicit, seed=i)]
                    for i, draw in enumerate(draws)
                ],
            )
            for label, (model, settings) in models.items()
        ]
    return found


def _write(context: Context) -> list[Block]:
    rows, data = _rows(context), context.known.explicit
    lines: list[list[str]] = []
    for said, group in rows.items():
        lines += [[f"trained on {said}"], *(_line(context, row) for row in group)]
    train, test = split(data.X, 0)
    curves = [{"simulated": data.rdfs[i]} for i in test]
    for said, group in rows.items():
        for row in _networks(group):
            for own, g in zip(curves, context.results(row.flat[0])["G"], strict=True):
                own[f"{row.label}, {said}"] = RDF(data.r, np.asarray(g))
    figures.panels(context.folder / "figure7-paper.png", [data.compositions[i] for i in test], curves)
    return [
        Text(verdict(context)),
        FigureFile(
            "figure7-paper.png",
            f"Counterpart of figure 7 with the paper's numbers: {len(test)} compositions, predicted by nanoNET with "
            f"the paper's settings, and with ours, from {len(train)} others, the first draw.",
        ),
        Table(
            _HEADER,
            lines,
            f"{len(train)} compositions learnt, {len(test)} predicted; mean over the predicted ones ± standard "
            f"deviation over {context.budget.draws} draw(s) by lot (one where implicit compositions are learnt too). "
            f"r² of all latents, scaled to 0..1, by {PAPER_TREES} trees.",
        ),
    ]


def _line(context: Context, row: Comparison) -> list[str]:
    data = context.known.explicit
    weighted, plain, agree, height, place, seconds = [], [], [], [], [], []
    for fit in row.flat:
        result, test = context.results(fit), list(fit.test)
        truth, guess = data.G[test], np.asarray(result["G"])
        peaks = peak_errors(truth, guess, data.r, data.errors[test])
        there = ~np.isnan(peaks.ratio)
        weighted.append(ln_rmse(truth, guess, error=data.errors[test]).mean())
        plain.append(ln_rmse(truth, guess).mean())
        agree.append(np.mean(peaks.agree))
        height.append(np.mean(np.abs(np.log(peaks.ratio[there])) < np.log(1.15)) if there.any() else np.nan)
        place.append(np.mean(np.abs(peaks.shift[there]) < 0.1 + 1e-9) if there.any() else np.nan)
        seconds.append(result["seconds"])
    shares = [spread(100 * np.array(one)[:, None], "{:.0f} %") for one in (agree, height, place)]
    errors = [spread(np.array(one)[:, None]) for one in (weighted, plain)]
    r2 = _r2(context, row)
    latents = ["–", "–"] if r2 is None else [f"{value:.2f}" for value in r2]
    return [row.label, *errors, *shares, *latents, f"{np.median(seconds):.0f}"]


def _networks(group: list[Comparison]) -> list[Comparison]:
    return [row for row in group if row.label in (_PUBLISHED, _TRAINED)]


def _r2(context: Context, row: Comparison) -> tuple[float, float] | None:
    """r² of all latents of training and held-out compositions; None for a model without latents, or a stuck one."""
    if row.flat[0].model != "nanonet":
        return None
    grown = grown_of(context, row, 1.0)
    trees = min(PAPER_TREES, context.budget.trees)
    return (r2_of(grown, False, trees)[0], r2_of(grown, True, trees)[0]) if grown else None


def verdict(context: Context) -> str:
    """Whether the paper's method reaches the paper's figures on its own numbers of compositions."""
    train, test = split(context.known.explicit.X, 0)
    parts = []
    for said, group in _rows(context).items():
        for row in _networks(group):
            r2, line = _r2(context, row), _line(context, row)
            latents = "all networks are stuck" if r2 is None else f"r² of latents {r2[0]:.2f} and {r2[1]:.2f}"
            peaks = f"height of the first peaks within 15 % in {line[4]}"
            parts.append(f"{row.label}, {said}: {latents}, ln g off by {line[2]}, {peaks}")
    return (
        f"The paper's method with the paper's numbers, {len(train)} explicit compositions learnt and {len(test)} "
        f"predicted. The paper has r² of latents {Published.R2_TRAIN.said} in training and {Published.R2_TEST.said} "
        f"held out, and “very close agreement” of g(r). {'; '.join(parts)}."
    )


CHAPTERS = {
    "split": Chapter(
        "68 compositions learnt, 12 predicted (figure 7, the paper's numbers)",
        lambda context: [row for group in _rows(context).values() for row in group],
        _write,
    )
}
