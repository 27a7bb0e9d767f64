"""The network's own settings: latent size, and image size, layers and filters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nanonet.evaluate.metrics import paired_bootstrap
from nanonet.plots import report as figures
from nanonet.reproduce.chapters import Chapter, Context, Group, compared, network, references, variation_training_sets
from nanonet.reproduce.page import Block, FigureFile, Points, Table, Text
from nanonet.reproduce.scores import LEGEND, Comparison, measure, rebuilt, repeated, spread, table

_ARCHITECTURES: dict[str, dict[str, Any]] = {
    "32 x 32 images, 5 layers": {"size": 32},
    "128 x 128 images, 7 layers": {"size": 128},
    "4 layers": {"filters": (64, 32, 32, 8)},
    "half as many filters": {"filters": (32, 16, 16, 8, 8, 8)},
}


def _latent_group(context: Context, implicit: int | None) -> dict[str, Comparison]:
    return {
        str(size): network(context, f"{size} latents", {"latent": size}, implicit=implicit)
        for size in context.budget.latents
    }


def _latent(context: Context) -> list[Block]:
    shown, alone = [], []
    for said, implicit in variation_training_sets(context).items():
        rows, levels = _latent_group(context, implicit), references(context, implicit)
        points = [_error(context, row) for row in rows.values()]
        curve = (context.budget.latents, [mean for mean, _ in points], [deviation for _, deviation in points])
        trivial = {levels[name].label: _error(context, levels[name])[0] for name in ("nearest", "mean of ln g")}
        shown.append(figures.Against(f"size of the latent space, {said}", {"nanoNET": curve}, trivial))
        sizes = [f"{size}: {spread(rebuilt(row, context.results)[:, None], '{:.4f}')}" for size, row in rows.items()]
        alone.append(f"{said}: {'; '.join(sizes)}")
    figures.against(context.folder / "latent.png", shown)
    return [
        Text("The paper picks 8 latents by trials (its supporting information). In ln g, weighted, learning"),
        Points(_verdicts(context, _latent_group)),
        Text("MSE of the autoencoder alone on held-out images by size, ± standard deviation over splits, learning"),
        Points(alone),
        FigureFile(
            "latent.png",
            "Error of g(r) against the size of the latent space; bars: standard deviation over repeated splits.",
        ),
        _table(context, _latent_group),
    ]


def _architecture_group(context: Context, implicit: int | None) -> dict[str, Comparison]:
    return {label: network(context, label, settings, implicit=implicit) for label, settings in _ARCHITECTURES.items()}


def _architecture(context: Context) -> list[Block]:
    return [
        Text(
            "The paper settles image size, number of layers and filters by initial trials that it does not show. "
            "One thing at a time is changed here; the default has 64 x 64 images, 6 layers and 64, 32, 32, 16, 16, "
            "8 filters. Errors of images of another size are not comparable: a line fills less of a larger one. In "
            "ln g, weighted, learning"
        ),
        Points(_verdicts(context, _architecture_group)),
        _table(context, _architecture_group),
    ]


def _compared(group: Group) -> Callable[[Context], list[Comparison | str]]:
    return lambda context: compared(context, group, variation_training_sets(context))


def _table(context: Context, group: Group) -> Table:
    return table(compared(context, group, variation_training_sets(context)), context.results, context.known, LEGEND)


def _verdicts(context: Context, group: Group) -> list[str]:
    """The best of each group against the default, by a paired bootstrap over compositions."""
    items = []
    for said, implicit in variation_training_sets(context).items():
        best = min(group(context, implicit).values(), key=lambda row: _error(context, row)[0])
        default = references(context, implicit)["default"]
        if best.fits == default.fits:
            items.append(f"{said}: {best.label}, the default, have the least error")
            continue
        one, other = (measure(row, context.results, context.known).weighted.mean(axis=0) for row in (best, default))
        found = paired_bootstrap(one, other)
        low, high = found.interval95
        told = "better than" if high < 0 else "worse than" if low > 0 else "not told from"
        items.append(
            f"{said}: {best.label} have the least error of the variations, {told} the default "
            f"({found.difference:+.2f}, 95 % {low:+.2f} to {high:+.2f}, bootstrap over compositions; picked as the "
            "best of several, which flatters it)"
        )
    return items


def _error(context: Context, row: Comparison) -> tuple[float, float]:
    return repeated(measure(row, context.results, context.known).weighted)


CHAPTERS = {
    "latent": Chapter("Size of the latent space", _compared(_latent_group), _latent),
    "architecture": Chapter("Image size, layers, filters", _compared(_architecture_group), _architecture),
}
