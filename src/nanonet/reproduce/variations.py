"""The studies that the paper names: latent size, architecture, direct regression, other codecs; and learning curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nanonet.picture import draw_curves
from nanonet.reproduce import figures
from nanonet.reproduce.page import Block, Picture, Text
from nanonet.reproduce.rivals import PicturePCA, tsne_map
from nanonet.reproduce.scores import LEGEND, Row, measure, table
from nanonet.reproduce.studies import Context, Study, cheap, data_said, network, studied, trivial

_HEADLINE = ("mean of ln g", "nearest")


def _references(context: Context) -> dict[str, Row]:
    implicit = studied(context)
    default = network(context, "nanoNET, default", context.plan.study_repeats, implicit=implicit)
    return {"default": default, **trivial(context, implicit=implicit)}


def _compared(context: Context, rows: Sequence[Row | str], caption: str = "") -> Block:
    """A table of rows, the default network and the trivial baselines below them."""
    default, *simple = _references(context).values()
    text = " ".join(part for part in (caption, data_said(context), LEGEND) if part)
    return table([*rows, "for comparison", default, *simple], context.results, context.evidence, text)


def _levels(context: Context) -> dict[str, float]:
    rows = _references(context)
    return {
        rows[name].label: float(measure(rows[name], context.results, context.evidence).weighted.mean())
        for name in _HEADLINE
    }


def _latent_rows(context: Context) -> dict[str, Row]:
    repeats, implicit = context.plan.study_repeats, studied(context)
    return _references(context) | {
        f"latent {size}": network(context, f"{size} latents", repeats, {"latent": size}, implicit=implicit)
        for size in context.plan.latents
    }


def _latent(context: Context) -> list[Block]:
    rows = _latent_rows(context)
    chosen = {size: rows[f"latent {size}"] for size in context.plan.latents}
    whole, alone = [], []
    for row in chosen.values():
        found = measure(row, context.results, context.evidence).weighted
        whole.append((float(found.mean()), float(found.mean(axis=1).std(ddof=1)) if len(found) > 1 else 0.0))
        alone.append(
            np.nanmean(
                [
                    np.mean(one["rebuilt"]["test"]["mse"]) if not one["stuck"] else np.nan
                    for one in map(context.results, row.flat)
                ]
            )
        )
    figures.against(
        context.folder / "latent.png",
        "size of the latent space",
        {"nanoNET": (list(chosen), [m for m, _ in whole], [s for _, s in whole])},
        _levels(context),
        logarithmic=True,
    )
    best = min(zip(whole, chosen, strict=True))[1]
    rebuilt = ", ".join(f"{size}: {mse:.4f}" for size, mse in zip(chosen, alone, strict=True))
    return [
        Text(
            f"The paper picks 8 latents by trials (its supporting information). Here {best} comes out best. MSE of the "
            f"autoencoder alone on held-out pictures, by size: {rebuilt}."
        ),
        Picture(
            "latent.png",
            "Error of g(r) of held-out compositions against the size of the latent space. " + data_said(context),
        ),
        _compared(context, list(chosen.values())),
    ]


def _architecture_rows(context: Context) -> dict[str, Row]:
    repeats, implicit = context.plan.study_repeats, studied(context)
    named: dict[str, dict[str, Any]] = {
        "32 x 32 pictures, 5 layers": {"size": 32, "layers": 5},
        "128 x 128 pictures, 7 layers": {"size": 128, "layers": 7},
        "4 layers": {"layers": 4},
        "5 layers": {"layers": 5},
        "half as many filters": {"filters": (32, 16, 16, 8, 8)},
        "twice as many filters": {"filters": (128, 64, 64, 32, 32)},
    }
    return _references(context) | {
        label: network(context, label, repeats, settings, implicit=implicit) for label, settings in named.items()
    }


def _architecture(context: Context) -> list[Block]:
    rows = _architecture_rows(context)
    changed = [row for name, row in rows.items() if name not in _references(context)]
    return [
        Text(
            "The paper settles picture size, number of layers and filters by initial trials that it does not show. One "
            "thing at a time is changed here; the default has 64 x 64 pictures, 6 layers and 64, 32, 32, 16, 16, 8 "
            "filters."
        ),
        _compared(
            context,
            changed,
            "Errors of pictures of another size are not comparable: a line fills less of a larger one.",
        ),
    ]


def _direct_rows(context: Context) -> dict[str, Row]:
    implicit = studied(context)
    named: dict[str, dict[str, Any]] = {
        "forest of g": {"kind": "forest", "logarithm": False},
        "forest of ln g": {"kind": "forest"},
        "gradient boosting of ln g": {"kind": "boosting"},
        "deep network of ln g": {"kind": "network"},
        "ridge regression of ln g": {"kind": "ridge"},
        "forest of 8 principal components of ln g": {"kind": "forest", "components": 8},
    }
    rows = {label: cheap(context, label, "direct", settings, implicit=implicit) for label, settings in named.items()}
    slow = rows["gradient boosting of ln g"]
    rows["gradient boosting of ln g"] = replace(slow, tasks=slow.tasks[: context.plan.repeats])
    return _references(context) | rows


def _direct(context: Context) -> list[Block]:
    rows = _direct_rows(context)
    direct = [row for name, row in rows.items() if name not in _references(context)]
    default = float(measure(rows["default"], context.results, context.evidence).weighted.mean())
    scores = {row.label: float(measure(row, context.results, context.evidence).weighted.mean()) for row in direct}
    better = [label for label, score in scores.items() if score < default]
    verdict = (
        f"On these data that does not hold: {', '.join(better)} {'does' if len(better) == 1 else 'do'} better than "
        "nanoNET."
        if better
        else "On these data none of them does better than nanoNET."
    )
    return [
        Text(
            "The paper says that a forest cannot learn the 100 values of g(r) directly, and that XGBoost, a deep "
            "network and "
            "ridge regression are equally error-prone (its supporting information); so it goes by latents. " + verdict
        ),
        _compared(context, direct, "Gradient boosting is scikit-learn's; the deep network has three layers of 128."),
    ]


def _codec_rows(context: Context) -> dict[str, Row]:
    implicit, epochs = studied(context), context.plan.epochs or 300
    dense = cheap(context, "dense autoencoder, 8 latents", "dense", {"latent": 8, "epochs": epochs}, implicit=implicit)
    return _references(context) | {
        "pca": cheap(context, "PCA of pictures, 8 components", "pca", {"latent": 8}, implicit=implicit),
        "dense": replace(dense, tasks=dense.tasks[: context.plan.repeats]),
        "t-sne": cheap(context, "t-SNE, read off at the nearest training curve", "t-sne", implicit=implicit),
    }


def _codecs(context: Context) -> list[Block]:
    rows = _codec_rows(context)
    data, implicit = context.evidence.explicit, context.evidence.implicit
    X = data.X if implicit is None else np.concatenate([data.X, implicit.X])
    pictures = draw_curves(data.G if implicit is None else np.concatenate([data.G, implicit.G]), data.r)
    places = {
        "PCA, first two components": PicturePCA(2).fit(pictures).encode(pictures),
        "t-SNE": tsne_map(pictures, 0),
        "t-SNE, another seed": tsne_map(pictures, 1),
    }
    figures.maps(context.folder / "maps.png", places, X[:, 4], "eps_pn")
    names = ("pca", "dense")
    alone = {}
    for name in ("default", *names):
        found = [one for one in map(context.results, rows[name].flat) if not one["stuck"]]
        if found:
            alone[rows[name].label] = float(np.mean([np.mean(one["rebuilt"]["test"]["mse"]) for one in found]))
    return [
        Text(
            "The paper calls its network better than any other method for this system. In place of the convolutional "
            "autoencoder: principal components of the pictures, a dense autoencoder (4096-256-64-8 and back), and "
            "t-SNE, all "
            "with the same forest. MSE of the codec alone on held-out pictures: "
            + ", ".join(f"{label} {mse:.4f}" for label, mse in alone.items())
            + "."
        ),
        Text(
            "t-SNE cannot decode. It moves the given pictures about a map until near pictures are near; the map is "
            "the list "
            "of their places, no function of a picture. There is no inverse from a place to a picture, a new picture "
            "has no "
            "place without a new map, and another start gives another map (below). What can be done is to read off the "
            "nearest picture that is already there, which the last row does: it can only answer with a curve that it "
            "knows."
        ),
        Picture("maps.png", "All curves on maps of their pictures, coloured by eps_pn."),
        _compared(context, [rows["pca"], rows["dense"], rows["t-sne"]]),
    ]


def _sizes(context: Context) -> tuple[list[int], list[int]]:
    """Numbers of explicit, and of implicit, compositions that a point of the learning curves is trained on."""
    n = len(context.evidence.explicit)
    least = n - -(-n // context.plan.folds)
    explicit = sorted({4, max(4, least // 2), max(4, 3 * least // 4), least})
    if context.evidence.implicit is None:
        return explicit, []
    m = len(context.evidence.implicit)
    return explicit, [m // 8, m // 4, m // 2]


def _cut(row: Row, size: int) -> Row:
    """The same splits with the first `size` of each training set, in a lot that is the same for all sizes."""

    def fewer(indices: tuple[int, ...], seed: int) -> tuple[int, ...]:
        order = np.random.default_rng(seed).permutation(len(indices))[:size]
        return tuple(sorted(indices[i] for i in order))

    return replace(
        row, tasks=[[replace(task, train=fewer(task.train, task.seed)) for task in fold] for fold in row.tasks]
    )


def _learning_rows(context: Context) -> dict[str, Row]:
    explicit, implicit = _sizes(context)
    repeats = context.plan.study_repeats
    rows: dict[str, Row] = {}
    for name, base in (
        ("nanoNET", network(context, "nanoNET", repeats)),
        ("nearest", cheap(context, "nearest simulated composition", "nearest")),
        ("mean of ln g", cheap(context, "mean of ln g", "mean of ln g")),
    ):
        rows |= {f"{name} {size}": _cut(base, size) for size in explicit}
    for size in implicit:
        rows[f"nanoNET + {size}"] = network(context, "nanoNET", repeats, implicit=size)
        rows[f"nearest + {size}"] = cheap(context, "nearest", "nearest", implicit=size)
        rows[f"mean of ln g + {size}"] = cheap(context, "mean", "mean of ln g", implicit=size)
    if implicit:
        rows["nanoNET + all"] = network(context, "nanoNET", repeats, implicit=None)
        rows["nearest + all"] = cheap(context, "nearest", "nearest", implicit=None)
        rows["mean of ln g + all"] = cheap(context, "mean", "mean of ln g", implicit=None)
    return rows


def _learning(context: Context) -> list[Block]:
    rows = _learning_rows(context)
    explicit, implicit = _sizes(context)
    curves = {}
    for name in ("nanoNET", "nearest", "mean of ln g"):
        points = [_point(context, rows[f"{name} {size}"]) for size in explicit]
        ends = [f"{name} + {size}" for size in implicit] + ([f"{name} + all"] if implicit else [])
        points += [_point(context, rows[end]) for end in ends]
        curves[name] = tuple(map(list, zip(*points, strict=True)))
    figures.against(
        context.folder / "learning.png", "number of compositions learnt", _typed(curves), {}, logarithmic=True
    )
    few, most = curves["nanoNET"][1][0], curves["nanoNET"][1][-1]
    return [
        Text(
            "Error of g(r) of held-out explicit compositions against the number of compositions learnt: up to "
            f"{explicit[-1]} or so "
            "explicit ones"
            + (
                ", and from there on all explicit ones of the split and a growing number of implicit ones"
                if implicit
                else ""
            )
            + f". nanoNET goes from {few:.2f} to {most:.2f}."
        ),
        Picture(
            "learning.png",
            "Learning curves: RMSE of ln g, weighted; bars: standard deviation over repeated splits, where there are "
            "several.",
        ),
    ]


def _point(context: Context, row: Row) -> tuple[float, float, float]:
    found = measure(row, context.results, context.evidence).weighted
    learnt = [len(context.evidence.training(task.train, task.test, task.implicit)[0]) for task in row.flat]
    return float(np.mean(learnt)), float(found.mean()), float(found.mean(axis=1).std(ddof=1)) if len(found) > 1 else 0.0


def _typed(curves: Mapping[str, tuple[list[float], ...]]) -> dict[str, tuple[list[float], list[float], list[float]]]:
    return {name: (places, means, deviations) for name, (places, means, deviations) in curves.items()}


STUDIES = {
    "latent": Study("Size of the latent space", _latent_rows, _latent),
    "architecture": Study("Picture size, layers, filters", _architecture_rows, _architecture),
    "direct": Study("Direct regression of the 100 values", _direct_rows, _direct),
    "codecs": Study("PCA, a dense autoencoder and t-SNE in place of the network", _codec_rows, _codecs),
    "learning": Study("Learning curves", _learning_rows, _learning),
}
