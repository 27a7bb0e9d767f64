"""Direct regression of the 100 values, and other codecs in place of the convolutional autoencoder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nanonet.learn.regressors import ImagePCA, tsne_map
from nanonet.models.image import rasterize
from nanonet.plots import report as figures
from nanonet.reproduce.chapters import Chapter, Context, Group, cheap, compared, references, slow, training_sets
from nanonet.reproduce.page import Block, FigureFile, Points, Table, Text
from nanonet.reproduce.scores import LEGEND, Comparison, measure, rebuilt, spread, table

DIRECT: dict[str, dict[str, Any]] = {
    "forest of g": {"kind": "forest", "logarithm": False},
    "forest of ln g": {"kind": "forest"},
    "gradient boosting of ln g": {"kind": "boosting"},
    "deep network of ln g": {"kind": "network"},
    "ridge regression of ln g": {"kind": "ridge"},
    "forest of 8 principal components of ln g": {"kind": "forest", "components": 8},
}


def _direct_group(context: Context, implicit: int | None) -> dict[str, Comparison]:
    rows = {}
    for label, settings in DIRECT.items():
        kind = slow if settings["kind"] == "boosting" else cheap
        rows[label] = kind(context, label, "direct", settings, implicit=implicit)
    return rows


def _direct(context: Context) -> list[Block]:
    items = []
    for said, implicit in training_sets(context).items():
        score = {
            name: float(measure(row, context.results, context.known).weighted.mean())
            for name, row in {**_direct_group(context, implicit), **references(context, implicit)}.items()
        }
        better = [name for name in DIRECT if score[name] < score["default"]]
        listed = f"better than nanoNET on average: {', '.join(better)}" if better else "none is better than nanoNET"
        items.append(f"trained on {said}: {listed}")
    return [
        Text(
            "The paper says that a forest cannot learn the 100 values of g(r) directly, and that XGBoost, a deep "
            "network and ridge regression are equally error-prone (its supporting information); so it goes by "
            "latents. On our data, in ln g, weighted:"
        ),
        Points(items),
        _table(
            context, _direct_group, "Gradient boosting is scikit-learn's; the deep network has three layers of 128."
        ),
    ]


def _codec_group(context: Context, implicit: int | None) -> dict[str, Comparison]:
    budget, eight = context.budget, {"latent": 8}
    dense, place = {**eight, "epochs": budget.epochs or 300}, "t-SNE, read off at the nearest training curve"
    return {
        "pca": cheap(context, "PCA of images, 8 components", "pca", eight, implicit=implicit),
        "dense": slow(context, "dense autoencoder, 8 latents", "dense", dense, implicit=implicit),
        "t-sne": cheap(context, place, "t-sne", implicit=implicit),
    }


def _codecs(context: Context) -> list[Block]:
    data, implicit = context.known.explicit, context.known.implicit
    X = data.X if implicit is None else np.concatenate([data.X, implicit.X])
    images = rasterize(data.G if implicit is None else np.concatenate([data.G, implicit.G]), data.r)
    places = {
        "PCA, first two components": ImagePCA(2).fit(images).encode(images),
        "t-SNE": tsne_map(images, 0),
        "t-SNE, another seed": tsne_map(images, 1),
    }
    figures.maps(context.folder / "maps.png", places, X[:, 4], "eps_pn")
    alone = []
    for said, number in training_sets(context).items():
        rows = {**references(context, number), **_codec_group(context, number)}
        for name in ("default", "pca", "dense", "mean image", "black image"):
            errors = [rebuilt(rows[name], context.results, kind) for kind in ("train", "test")]
            cells = [spread(found[:, None], "{:.4f}") for found in errors]
            alone.append([f"{rows[name].label}, {said}", *cells])
    return [
        Text(
            "The paper calls its network better than any other method for this system. In place of the convolutional "
            "autoencoder: principal components of the images, a dense autoencoder (4096-256-64-8 and back), and "
            "t-SNE, all with the same forest of 20 trees."
        ),
        Table(("codec alone, and its data", "MSE, training images", "MSE, held-out images"), alone),
        Text(
            "t-SNE cannot decode. It moves the given images about a map until near images are near; the map is "
            "the list of their places, no function of an image. There is no inverse from a place to an image, a new "
            "image has no place without a new map, and another start gives another map (below). What can be done is "
            "to read off the nearest image that is already there, as its row does: it can only answer with a curve "
            "that it was fitted on."
        ),
        FigureFile("maps.png", "All curves on maps of their images, coloured by eps_pn."),
        _table(context, _codec_group),
    ]


def _compared(group: Group) -> Callable[[Context], list[Comparison | str]]:
    return lambda context: compared(context, group, training_sets(context))


def _table(context: Context, group: Group, caption: str = "") -> Table:
    lines = compared(context, group, training_sets(context))
    return table(lines, context.results, context.known, f"{caption} {LEGEND}".strip())


CHAPTERS = {
    "direct": Chapter("Direct regression of the 100 values", _compared(_direct_group), _direct),
    "codecs": Chapter("PCA, a dense autoencoder and t-SNE in place of the network", _compared(_codec_group), _codecs),
}
