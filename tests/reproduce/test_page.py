from __future__ import annotations

from nanonet.reproduce.page import Block, FigureFile, Heading, Points, Table, Text, to_html, to_markdown

BLOCKS: list[Block] = [
    Heading("A title", 1),
    Heading("One & two"),
    Text("a < b, **bold** and `code`"),
    Points(["first", "second"]),
    Table(("x", "y"), (("group",), ("a|b", "1")), "what it shows"),
    FigureFile("figure.png", "a caption"),
]


def test_html_is_one_escaped_page_with_contents() -> None:
    page = to_html(BLOCKS)
    assert page.startswith("<!DOCTYPE html>")
    assert page.count("<html") == page.count("</html>") == 1
    assert '<a href="#one-two">One &amp; two</a>' in page
    assert 'id="one-two"' in page
    assert "a &lt; b, <strong>bold</strong> and <code>code</code>" in page
    assert '<td colspan="2">group</td>' in page
    assert '<img src="figure.png"' in page
    assert "http" not in page, "nothing is fetched from anywhere"


def test_markdown_says_the_same() -> None:
    text = to_markdown(BLOCKS)
    assert text.startswith("# A title\n\n## One & two\n")
    assert "- first\n- second" in text
    assert "| **group** |  |\n| a\\|b | 1 |" in text
    assert "![figure.png](figure.png)\n\n*a caption*" in text
