"""The numbers that the paper prints, where it prints them, and what can be said when ours differ."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Number:
    """A published number.

    Parameters
    ----------
    value:
        As printed.
    said:
        In the paper's words.
    place:
        Where.
    below:
        Whether the paper gives an upper bound rather than a value.
    form:
        How to print ours beside it.
    why:
        Why there is a difference, or an agreement.
    """

    value: float
    said: str
    place: str
    below: bool = False
    form: str = "{:.4f}"
    why: str = ""


class Published:
    """All that we compare with."""

    MAE = Number(
        0.005,
        "~0.005",
        "Results and Discussion, training of the autoencoder",
        why="A mean absolute error over an image that is mostly black depends on the width of the line and on how it "
        "is drawn, which the paper does not give; our line's grey levels add up to 1 in every row, so a black image "
        "has an MAE of 1/64 = 0.0156.",
    )
    MSE = Number(
        0.02,
        "below 2 %",
        "Results and Discussion, figure 5 b to d",
        below=True,
        why="This bound is weak: a black image meets it too where the line is thin (see the table). Read errors "
        "of images beside those of the black and the mean image, and those of g(r) before either.",
    )
    R2_TRAIN = Number(
        0.98,
        "0.98",
        "Results and Discussion, figure 6 b",
        form="{:.2f}",
        why="The forest's fit to what it was trained on, which a forest always remembers well.",
    )
    R2_TEST = Number(
        0.84,
        "0.84",
        "Results and Discussion, figure 6 b",
        form="{:.2f}",
        why="The paper's test set was split off for the forest alone, so most of its latents come from curves that the "
        "autoencoder was trained on; and where all latents go into one r² about one mean, latents that differ from "
        "one another but hardly vary count as explained.",
    )
    TREES = Number(20, "20", "Results and Discussion, figure 6 a", form="{:.0f}")


def compare(measured: float, published: Number) -> str:
    """One sentence: our number beside the paper's, whether they agree, and why they may not."""
    ours = published.form.format(measured)
    if published.below:
        verdict = "so is ours" if measured < published.value else "ours is not"
    else:
        ratio = measured / published.value
        verdict = "about the same" if 0.9 <= ratio <= 1.1 else f"{'higher' if ratio > 1 else 'lower'} than the paper's"
    return f"{ours}; the paper: {published.said} ({published.place}): {verdict}. {published.why}".strip()
