"""reviewdog's diagnostic format: https://github.com/reviewdog/reviewdog/tree/master/proto/rdf."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ..finding import Edit, Finding, Location, Span
from ..rulebook import url
from . import Context
from .style import message

_SEVERITY = {"error": "ERROR", "warning": "WARNING", "info": "INFO"}


def render(findings: list[Finding], context: Context) -> Iterator[str]:
    document = {
        "source": {"name": "keraslint"},
        "severity": "WARNING",
        "diagnostics": [_diagnostic(finding, context) for finding in findings],
    }
    yield json.dumps(document, indent=2) + "\n"


def _diagnostic(finding: Finding, context: Context) -> dict[str, Any]:
    page = url(finding.code)
    diagnostic = {
        "message": message(finding),
        "location": _location(finding.span, context),
        "severity": _SEVERITY[finding.severity],
        "code": {"value": finding.code, **({"url": page} if page else {})},
    }
    if finding.trace:
        diagnostic["related_locations"] = [
            {"message": step.message, "location": _location(step.span, context)} for step in finding.trace
        ]
    if _can_be_suggested(finding):
        diagnostic["suggestions"] = [_suggestion(edit, context) for edit in finding.fix.edits]
    return diagnostic


def _can_be_suggested(finding: Finding) -> bool:
    """A suggestion is about the file of its diagnostic, and about its rows, which a notebook's cell has not."""
    fix, span = finding.fix, finding.span
    if fix is None or fix.applicability == "display" or span.cell is not None:
        return False
    return all(edit.span.filename == span.filename for edit in fix.edits)


def _suggestion(edit: Edit, context: Context) -> dict[str, Any]:
    return {"range": _range(edit.span, context), "text": edit.content}


def _location(span: Span, context: Context) -> dict[str, Any]:
    return {"path": span.filename, "range": _range(span, context)}


def _range(span: Span, context: Context) -> dict[str, Any]:
    if span.cell is not None:
        region = context.region(span)
        return {"start": {"line": region.row}, "end": {"line": region.end_row}}
    lines = context.lines(span.filename)
    return {"start": _position(span.start, lines), "end": _position(span.end, lines)}


def _position(where: Location, lines: list[str]) -> dict[str, int]:
    """The format counts columns in the bytes of UTF-8."""
    line = lines[where.row - 1] if 1 <= where.row <= len(lines) else ""
    wider = len(line[: where.column - 1].encode("utf-8", "surrogatepass")) - len(line[: where.column - 1])
    return {"line": where.row, "column": where.column + wider}
