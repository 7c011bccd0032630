"""Colours, and how wide text is on a terminal."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TextIO
from unicodedata import combining, east_asian_width

from ..finding import Finding, Location, Span

TAB = 4

_CODES = {
    "bold": "1",
    "dim": "2",
    "red": "1;31",
    "green": "32",
    "yellow": "1;33",
    "amber": "33",
    "blue": "34",
    "frame": "1;34",
    "cyan": "36",
}
SEVERITY = {"error": "red", "warning": "yellow", "info": "frame"}

# The last version of each regime, in order; none follows the last.
_LAST = {"2": "2", "3.0": "3.9", "3.10": "3.15", "3.16": ""}

Paint = Callable[[str, str], str]


def painter(color: bool) -> Paint:
    """`paint(text, style)`, which leaves text as it is where there is no colour."""
    if not color:
        return lambda text, style: text
    return lambda text, style: f"\x1b[{_CODES[style]}m{text}\x1b[0m" if text else text


def wants_color(when: str, stream: TextIO) -> bool:
    """Whether to colour what is written to a stream; `when` is auto, always or never."""
    if when != "auto":
        return when == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR") not in (None, "", "0"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def width(text: str) -> int:
    """The columns that text takes on a terminal; it has no tabs."""
    return len(text) if text.isascii() else sum(map(_width, text))


def show(line: str) -> str:
    """A line of source as it is printed: tabs become spaces, and what would move the cursor a mark."""
    if line.isascii() and line.isprintable():
        return line
    shown, column = [], 0
    for char in line:
        piece = " " * (TAB - column % TAB) if char == "\t" else _visible(char)
        shown.append(piece)
        column += width(piece)
    return "".join(shown)


def place(span: Span) -> str:
    """Where a span starts, as an editor or a terminal makes a link of it."""
    cell = f":cell {span.cell}" if span.cell is not None else ""
    return f"{span.filename}{cell}:{span.start.row}:{span.start.column}"


def message(finding: Finding) -> str:
    """The message for a format that knows files and rows only: with the place in a notebook that these hide."""
    span = finding.span
    return (
        finding.message
        if span.cell is None
        else f"{finding.message} (cell {span.cell}, row {span.start.row})"
    )


def versions(regimes: Iterable[str]) -> str:
    """The versions that regimes stand for: `3.0 to 3.15`, `2, 3.16 and later`; neighbours make one range."""
    order = list(_LAST)
    ranges: list[list[str]] = []
    for regime in sorted(regimes, key=order.index):
        follows = ranges and order.index(ranges[-1][-1]) + 1 == order.index(regime)
        if follows and ranges[-1][0] != "2":
            ranges[-1].append(regime)
        else:
            ranges.append([regime])
    return ", ".join(_range(first, _LAST[last]) for first, *_, last in ([each[0], *each] for each in ranges))


def holding(finding: Finding) -> str:
    """Where a finding holds: `Keras 3.10 to 3.15, under evaluate, predict; Keras 3.16, under fit`."""
    regimes: dict[tuple[str, ...], list[str]] = {}
    for regime, entries in finding.holds:
        regimes.setdefault(entries, []).append(regime)
    parts = (
        f"Keras {versions(names)}" + (f", under {', '.join(entries)}" if entries else "")
        for entries, names in regimes.items()
    )
    return "; ".join(parts)


def _range(first: str, last: str) -> str:
    return f"{first} and later" if not last else first if first == last else f"{first} to {last}"


def location(where: Location) -> dict[str, int]:
    return {"row": where.row, "column": where.column}


@lru_cache(maxsize=4096)
def _width(char: str) -> int:
    if combining(char) or char in "\u200b\u200d\ufe0f":
        return 0
    return 2 if east_asian_width(char) in "WF" else 1


def _visible(char: str) -> str:
    return char if char.isprintable() or combining(char) or char in "\u200d\ufe0f" else "\ufffd"
