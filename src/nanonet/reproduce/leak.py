"""What it is worth that the paper's autoencoder has seen the curves on which its forest is tested."""

from __future__ import annotations

from nanonet.evaluate.metrics import paired_bootstrap
from nanonet.reproduce.chapters import Chapter, Context, network, training_sets, trivial
from nanonet.reproduce.page import Block, Points, Text
from nanonet.reproduce.scores import LEGEND, Comparison, measure, rebuilt, spread, table


def rows(context: Context) -> dict[str, Comparison]:
    """Clean and leaking networks, trained on explicit data, and on both kinds where there are both."""
    clean, leak = "split before anything is fitted", "autoencoder sees the test curves"
    found = {
        "clean": network(context, f"{clean}, explicit"),
        "leak": network(context, f"{leak}, explicit", leak=True),
    }
    if context.both:
        end = "explicit and implicit"
        found["clean both"] = network(context, f"{clean}, {end}", implicit=None)
        found["leak both"] = network(context, f"{leak}, {end}", implicit=None, leak=True)
    return found


def scored(context: Context) -> list[Comparison | str]:
    """The same beside the trivial baselines, under what they are trained on."""
    networks = rows(context)
    lines: list[Comparison | str] = []
    for (said, implicit), end in zip(training_sets(context).items(), ("", " both"), strict=False):
        pair = [networks[f"{name}{end}"] for name in ("clean", "leak")]
        lines += [f"trained on {said}", *pair, *trivial(context, implicit=implicit).values()]
    return lines


def _write(context: Context) -> list[Block]:
    every = rows(context)
    errors = {name: measure(row, context.results, context.known).weighted.mean(axis=0) for name, row in every.items()}
    alone = {name: spread(rebuilt(row, context.results)[:, None], "{:.4f}") for name, row in every.items()}
    items = []
    for end, label in (("", "Explicit data"), (" both", "Explicit and implicit data")):
        if f"leak{end}" in every:
            one = paired_bootstrap(errors[f"leak{end}"], errors[f"clean{end}"])
            low, high = one.interval95
            items.append(
                f"{label}: the leak changes ln g, weighted, by {one.difference:+.2f} (95 % interval {low:+.2f} to "
                f"{high:+.2f}, bootstrap over compositions). MSE of the autoencoder alone on the test images: "
                f"{alone[f'leak{end}']} when it has seen them, {alone[f'clean{end}']} when it has not."
            )
    return [
        Text(
            "The paper splits the data for the autoencoder and again, apart from that, for the forest: most curves on "
            "which the forest is tested have been seen by the autoencoder, so their latents and their reconstruction "
            "are not those of new curves. Here is the same network with the split made before anything is fitted, "
            "and with an autoencoder that saw the test curves while the forest did not. Nothing else differs."
        ),
        table(scored(context), context.results, context.known, LEGEND),
        Points(items),
    ]


CHAPTERS = {"leak": Chapter("What the paper's split is worth", scored, _write)}
