from __future__ import annotations

from nanonet.reproduce.published import Number, compare

VALUE = Number(0.84, "0.84", "figure 6 b", form="{:.2f}", why="Because.")
BOUND = Number(0.02, "below 2 %", "figure 5", below=True)


def test_what_is_said_follows_from_the_numbers() -> None:
    assert compare(0.85, VALUE) == "0.85; the paper: 0.84 (figure 6 b): about the same. Because."
    assert "lower than the paper's" in compare(0.3, VALUE)
    assert "higher than the paper's" in compare(0.99, VALUE)
    assert "so is ours" in compare(0.011, BOUND)
    assert "ours is not" in compare(0.03, BOUND)
