"""What the editor shows under the cursor: a rule's page on its code, a mode table on a layer's call."""

from __future__ import annotations

import re

from lsprotocol import types as lsp

from ..finding import Location, ModelReport, Span
from ..rulebook import rules
from . import modes
from .documents import Part, Places
from .outcome import Outcome

_CODE = re.compile(r"\bKER\d{3}\b", re.IGNORECASE)


def rule_at(part: Part, at: Location, places: Places) -> lsp.Hover | None:
    """The page of the rule whose code stands at a place, in a comment or anywhere."""
    line = part.lines[at.row - 1]
    for match in _CODE.finditer(line):
        rule = rules().get(match.group().upper())
        if rule and match.start() < at.column <= match.end() + 1:
            text = f"# {rule.code} {rule.name} ({rule.category})\n\n{rule.summary}.\n\n{rule.text}"
            place = Span("", Location(at.row, match.start() + 1), Location(at.row, match.end() + 1))
            return _hover(text, places.range_in(part, place))
    return None


def layer_at(
    outcome: Outcome, models: list[ModelReport], part: Part, at: Location, places: Places
) -> lsp.Hover | None:
    """The modes of the layer whose name, as it is called, stands at a place."""
    cell = outcome.document.cell_of(part.uri)
    here = [
        (span, rows)
        for span, rows in modes.places(models, outcome.document.path).items()
        if span.cell == cell and span.start <= at <= _end_of_callee(span, rows[0].site.callee)
    ]
    if not here:
        return None
    span, rows = max(here, key=lambda each: each[0].start)
    callee = rows[0].site.callee
    layers = " or ".join(dict.fromkeys(map(modes.layer_name, rows)))
    whys = "; ".join(dict.fromkeys(row.site.why for row in rows if row.site.why))
    text = f"`{callee}` ({layers})" + (f". Mode: {whys}" if whys else "") + f"\n\n{modes.table(rows)}"
    end = _end_of_callee(span, callee)
    return _hover(text, places.range_in(part, span._replace(end=end)))


def _end_of_callee(span: Span, callee: str) -> Location:
    """Where what is called ends, as far as it stands in the first line."""
    row, column = span.start
    end = column + len(callee)
    return Location(row, min(end, span.end.column) if span.end.row == row else end)


def _hover(text: str, range: lsp.Range) -> lsp.Hover:
    return lsp.Hover(contents=lsp.MarkupContent(kind=lsp.MarkupKind.Markdown, value=text), range=range)
