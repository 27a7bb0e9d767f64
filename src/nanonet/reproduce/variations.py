"""The network's own settings: latent size, and picture size, layers and filters."""

from __future__ import annotations

from typing import Any

from nanonet.reproduce import figures
from nanonet.reproduce.page import Block, Picture, Text
from nanonet.reproduce.scores import LEGEND, Row, measure, rebuilt, repeated, spread, table
from nanonet.reproduce.studies import Context, Study, learnt, network, references, richest


def _latent_rows(context: Context) -> dict[str, Row]:
    repeats, implicit = context.plan.study_repeats, richest(context)
    return references(context, implicit) | {
        f"latent {size}": network(context, f"{size} latents", repeats, {"latent": size}, implicit=implicit)
        for size in context.plan.latents
    }


def _latent(context: Context) -> list[Block]:
    rows = _latent_rows(context)
    chosen = {size: rows[f"latent {size}"] for size in context.plan.latents}
    found = {
        name: repeated(measure(row, context.results, context.evidence).weighted)
        for name, row in rows.items()
        if not name.startswith("latent")
    }
    points = [repeated(measure(row, context.results, context.evidence).weighted) for row in chosen.values()]
    figures.against(
        context.folder / "latent.png",
        [
            figures.Against(
                "size of the latent space",
                {"nanoNET": (list(chosen), [mean for mean, _ in points], [deviation for _, deviation in points])},
                {rows[name].label: found[name][0] for name in ("nearest", "mean of ln g")},
            )
        ],
    )
    best = min(zip(points, chosen, strict=True))[1]
    alone = [f"{size}: {spread(rebuilt(row, context.results)[:, None], '{:.4f}')}" for size, row in chosen.items()]
    return [
        Text(
            f"The paper picks 8 latents by trials (its supporting information). Here {best} comes out best. MSE of "
            "the autoencoder alone on held-out pictures, by size, ± standard deviation over splits: "
            f"{'; '.join(alone)}."
        ),
        Picture(
            "latent.png", f"Error of g(r) against the size of the latent space. {learnt(context, richest(context))}"
        ),
        _table(context, list(chosen.values())),
    ]


def _architecture_rows(context: Context) -> dict[str, Row]:
    named: dict[str, dict[str, Any]] = {
        "32 x 32 pictures, 5 layers": {"size": 32},
        "128 x 128 pictures, 7 layers": {"size": 128},
        "4 layers": {"filters": (64, 32, 32, 8)},
        "half as many filters": {"filters": (32, 16, 16, 8, 8, 8)},
    }
    repeats, implicit = context.plan.study_repeats, richest(context)
    changed = {
        label: network(context, label, repeats, settings, implicit=implicit) for label, settings in named.items()
    }
    return changed | references(context, implicit)


def _architecture(context: Context) -> list[Block]:
    simple = references(context, richest(context))
    changed = [row for name, row in _architecture_rows(context).items() if name not in simple]
    return [
        Text(
            "The paper settles picture size, number of layers and filters by initial trials that it does not show. "
            "One thing at a time is changed here; the default has 64 x 64 pictures, 6 layers and 64, 32, 32, 16, 16, "
            "8 filters. Errors of pictures of another size are not comparable: a line fills less of a larger one."
        ),
        _table(context, changed),
    ]


def _table(context: Context, rows: list[Row]) -> Block:
    implicit = richest(context)
    every: list[Row | str] = [*rows, "for comparison", *references(context, implicit).values()]
    return table(every, context.results, context.evidence, f"{learnt(context, implicit)} {LEGEND}")


STUDIES = {
    "latent": Study("Size of the latent space", _latent_rows, _latent),
    "architecture": Study("Picture size, layers, filters", _architecture_rows, _architecture),
}
