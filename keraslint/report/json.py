"""One JSON array: ruff's fields first, so that what reads ruff's output reads ours, and our own after them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ..finding import Edit, Finding, Fix, Step
from ..rulebook import url
from . import Context
from .style import location


def render(findings: list[Finding], context: Context) -> Iterator[str]:
    yield json.dumps([record(finding) for finding in findings], indent=2) + "\n"


def record(finding: Finding) -> dict[str, Any]:
    """A finding as an object. Rows and columns start at 1, columns count characters, the end is exclusive."""
    span = finding.span
    return {
        "code": finding.code,
        "message": finding.message,
        "filename": span.filename,
        "cell": span.cell,
        "location": location(span.start),
        "end_location": location(span.end),
        "noqa_row": span.start.row,
        "severity": finding.severity,
        "url": url(finding.code),
        "fix": _fix(finding.fix) if finding.fix else None,
        "name": finding.name,
        "category": finding.category,
        "certainty": finding.certainty,
        "symbol": finding.symbol,
        "regimes": list(finding.regimes),
        "entries": list(finding.entries),
        "trace": [_step(step) for step in finding.trace],
        "evidence": finding.evidence,
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "filename": step.span.filename,
        "cell": step.span.cell,
        "location": location(step.span.start),
        "end_location": location(step.span.end),
        "message": step.message,
    }


def _fix(fix: Fix) -> dict[str, Any]:
    edits = [_edit(edit) for edit in fix.edits]
    return {"applicability": fix.applicability, "message": fix.message, "edits": edits}


def _edit(edit: Edit) -> dict[str, Any]:
    return {
        "content": edit.content,
        "filename": edit.span.filename,
        "cell": edit.span.cell,
        "location": location(edit.span.start),
        "end_location": location(edit.span.end),
    }
