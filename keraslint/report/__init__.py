"""Findings and mode tables as text or data; one module a format, imported by name when it is asked for.

A format's module has `render(findings, context) -> Iterator[str]`, which yields pieces of the output, line ends
included.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import NamedTuple

from ..finding import Finding, Span
from ..source.files import Source, SourceError

# The formats whose output is for people, and so may be coloured.
FOR_PEOPLE = ("full", "concise", "grouped")
# The formats that show what would repair a finding; to find out takes several times as long as to find it.
WITH_FIXES = ("json", "json-lines", "sarif", "rdjson")


class Region(NamedTuple):
    """A stretch of a file, its end exclusive; without columns where they would be those of a notebook's cell."""

    row: int
    column: int | None
    end_row: int
    end_column: int | None


@dataclass(frozen=True)
class Context:
    """What a format may need besides the findings: the sources by their filenames."""

    sources: Mapping[str, Source]
    color: bool = False

    def lines(self, filename: str, cell: int | None = None) -> list[str]:
        """The lines of a file or cell as the author wrote them; none if it was not or cannot be read."""
        source = self.sources.get(filename)
        try:
            return source.lines(cell) if source is not None else []
        except SourceError:
            return []

    def region(self, span: Span) -> Region:
        """Where a span is in its file. In a notebook these are rows of its JSON, which is what others open."""
        (row, column), (end_row, end_column) = span.start, span.end
        source = self.sources.get(span.filename)
        if span.cell is None:
            return Region(row, column, end_row, end_column)
        if source is None:
            return Region(1, None, 1, None)
        return Region(source.json_row(span.cell, row), None, source.json_row(span.cell, end_row), None)


def render(format: str, findings: Iterable[Finding], context: Context) -> Iterator[str]:
    """The findings in a format of config.FORMATS."""
    return import_module(f".{format.replace('-', '_')}", __name__).render(list(findings), context)
