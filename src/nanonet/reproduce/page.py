"""A report as a list of blocks, written as one HTML page and as Markdown."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

_STYLE = """
body { font: 16px/1.5 Georgia, serif; max-width: 80rem; margin: 2rem auto; padding: 0 1.5rem; color: #1a1a1a; }
h1, h2, h3 { font-family: Helvetica, Arial, sans-serif; line-height: 1.2; color: #0b3a66; }
h1 { font-size: 1.9rem; } h2 { margin-top: 3rem; border-bottom: 2px solid #d5dfe8; padding-bottom: .3rem; }
h3 { margin-top: 2rem; font-size: 1.1rem; }
p, ul { max-width: 52rem; }
table { border-collapse: collapse; font: 14px/1.35 Helvetica, Arial, sans-serif; margin: .8rem 0; }
th, td { padding: .3rem .7rem; text-align: right; border-bottom: 1px solid #e2e8ee; vertical-align: bottom; }
th:first-child, td:first-child { text-align: left; min-width: 17rem; }
td { white-space: nowrap; } th { background: #f0f4f8; }
tr.group td { background: #f8fafc; font-weight: bold; }
.wide { overflow-x: auto; }
figure { margin: 1.2rem 0; } figure img { max-width: 100%; border: 1px solid #e2e8ee; }
figcaption, caption { font: 14px/1.45 Helvetica, Arial, sans-serif; color: #444; text-align: left; max-width: 52rem; }
nav { font: 14px/1.6 Helvetica, Arial, sans-serif; } code { background: #f3f3f3; padding: 0 .2rem; font-size: .88em; }
"""


@dataclass(frozen=True)
class Heading:
    """A heading of level 1 (the title), 2 or 3."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Text:
    """A paragraph; `**bold**` and `` `code` `` are set so, anything else is plain."""

    text: str


@dataclass(frozen=True)
class Points:
    """A list."""

    items: Sequence[str]


@dataclass(frozen=True)
class Table:
    """A header and rows of ready text; a row of one cell heads the rows below it."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""


@dataclass(frozen=True)
class FigureFile:
    """A PNG file beside the page, by name."""

    name: str
    caption: str


Block = Heading | Text | Points | Table | FigureFile


def to_html(blocks: Sequence[Block]) -> str:
    """One page with its own style and a list of contents; images lie beside it."""
    title = next((block.text for block in blocks if isinstance(block, Heading) and block.level == 1), "nanonet")
    chapters = [block.text for block in blocks if isinstance(block, Heading) and block.level == 2]
    contents = " · ".join(f'<a href="#{_anchor(text)}">{_inline(text)}</a>' for text in chapters)
    lines = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head><body>",
    ]
    for block in blocks:
        lines.append(_html(block))
        if isinstance(block, Heading) and block.level == 1:
            lines.append(f"<nav>{contents}</nav>")
    return "\n".join([*lines, "</body></html>", ""])


def to_markdown(blocks: Sequence[Block]) -> str:
    """The same in Markdown."""
    return "\n\n".join(_markdown(block) for block in blocks) + "\n"


def _html(block: Block) -> str:
    if isinstance(block, Heading):
        return f'<h{block.level} id="{_anchor(block.text)}">{_inline(block.text)}</h{block.level}>'
    if isinstance(block, Text):
        return f"<p>{_inline(block.text)}</p>"
    if isinstance(block, Points):
        return "<ul>" + "".join(f"<li>{_inline(item)}</li>" for item in block.items) + "</ul>"
    if isinstance(block, FigureFile):
        name = html.escape(block.name, quote=True)
        return f'<figure><img src="{name}" alt="{name}"><figcaption>{_inline(block.caption)}</figcaption></figure>'
    head = "".join(f"<th>{_inline(cell)}</th>" for cell in block.header)
    rows = "".join(_html_row(row, len(block.header)) for row in block.rows)
    caption = f"<figcaption>{_inline(block.caption)}</figcaption>" if block.caption else ""
    return f'<figure class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{caption}</figure>'


def _html_row(row: Sequence[str], columns: int) -> str:
    if len(row) == 1:
        return f'<tr class="group"><td colspan="{columns}">{_inline(row[0])}</td></tr>'
    return "<tr>" + "".join(f"<td>{_inline(cell)}</td>" for cell in row) + "</tr>"


def _markdown(block: Block) -> str:
    if isinstance(block, Heading):
        return f"{'#' * block.level} {block.text}"
    if isinstance(block, Text):
        return block.text
    if isinstance(block, Points):
        return "\n".join(f"- {item}" for item in block.items)
    if isinstance(block, FigureFile):
        return f"![{block.name}]({block.name})\n\n*{block.caption}*"
    lines = [_markdown_row(block.header), "|" + "---|" * len(block.header)]
    for row in block.rows:
        cells = [f"**{row[0]}**", *[""] * (len(block.header) - 1)] if len(row) == 1 else row
        lines.append(_markdown_row(cells))
    return "\n".join(lines) + (f"\n\n*{block.caption}*" if block.caption else "")


def _markdown_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _inline(text: str) -> str:
    escaped = html.escape(text, quote=False)
    escaped = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", escaped)
    return re.sub(r"`(.+?)`", r"<code>\1</code>", escaped)


def _anchor(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
