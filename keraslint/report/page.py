"""A rule's page for a terminal; elsewhere the Markdown is printed as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import fill

from .style import Paint, painter, width

WIDEST = 100
_FENCE = re.compile(r"^```\w*\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")
_INLINE = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*")
_ESCAPES = re.compile(r"\x1b\[[\d;]*m")


def render(markdown: str, columns: int, color: bool) -> Iterator[str]:
    """The text of a page, wrapped to so many columns, in pieces."""
    paint = painter(color)
    columns = min(columns, WIDEST)
    pieces = _FENCE.split(markdown)
    for number, piece in enumerate(pieces):
        if number % 2:
            yield "".join(f"    {paint(line, 'cyan')}".rstrip() + "\n" for line in piece.splitlines()) + "\n"
            continue
        for block in re.split(r"\n{2,}", piece.strip("\n")):
            if block:
                yield _block(block, columns, paint) + "\n\n"


def _block(block: str, columns: int, paint: Paint) -> str:
    if block.startswith("#"):
        return paint(block.lstrip("# "), "bold")
    if block.startswith("|"):
        return _table(block, paint)
    if block.startswith("- "):
        return "\n".join(
            _wrapped(item, columns, paint, "- ")
            for item in re.split(r"\n?^- ", block, flags=re.MULTILINE)[1:]
        )
    return _wrapped(block, columns, paint)


def _wrapped(text: str, columns: int, paint: Paint, mark: str = "") -> str:
    text = _LINK.sub(r"\1 (\2)", " ".join(text.split()))
    # A blank that stands in code is no place to break the line.
    text = _INLINE.sub(lambda match: match[0].replace(" ", "\0"), text)
    lines = fill(
        text,
        columns,
        initial_indent=mark,
        subsequent_indent=" " * len(mark),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return _painted(lines.replace("\0", " "), paint)


def _table(block: str, paint: Paint) -> str:
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in block.splitlines()]
    cells = [[_painted(cell, paint) for cell in row] for row in rows if not set("".join(row)) <= set("-: ")]
    count = max(map(len, cells))
    widths = [max(_shown(row[at]) for row in cells if at < len(row)) for at in range(count)]
    return "\n".join(
        "  ".join(cell + " " * (widths[at] - _shown(cell)) for at, cell in enumerate(row)).rstrip()
        for row in cells
    )


def _painted(text: str, paint: Paint) -> str:
    return _INLINE.sub(lambda match: paint(match[1], "cyan") if match[1] else paint(match[2], "bold"), text)


def _shown(text: str) -> int:
    return width(_ESCAPES.sub("", text))
