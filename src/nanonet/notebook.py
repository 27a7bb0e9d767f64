"""What a notebook shows of an object: a heading, a table of facts, a small figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def card(title: str, facts: Sequence[tuple[str, str]], draw: Callable[[Axes], object] | None = None) -> str:
    """HTML of a title, rows of facts (name, value), and the figure that `draw` makes on Matplotlib axes."""
    import html  # a large table, which every command would wait for

    rows = "".join(
        f'<tr style="text-align:left"><th>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>'
        for name, value in facts
    )
    image = "" if draw is None else f'<img alt="{html.escape(title)}" src="data:image/png;base64,{_figure(draw)}">'
    return f"<div><b>{html.escape(title)}</b><div style='display:flex'><table>{rows}</table>{image}</div></div>"


def _figure(draw: Callable[[Axes], object]) -> str:
    import base64
    import io

    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.6, 2.6), layout="constrained")
    draw(figure.subplots())
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=100)
    return base64.b64encode(stream.getvalue()).decode()
