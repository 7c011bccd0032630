"""One JSON array: ruff's fields first, so that what reads ruff's output reads ours, and our own after them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ..finding import Finding, Step
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
        "url": None,
        "fix": getattr(finding, "fix", None),
        "name": finding.name,
        "category": finding.category,
        "certainty": finding.certainty,
        "symbol": finding.symbol,
        "regimes": list(finding.regimes),
        "entries": list(finding.entries),
        "trace": [_step(step) for step in finding.trace],
        "evidence": getattr(finding, "evidence", None),
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "filename": step.span.filename,
        "cell": step.span.cell,
        "location": location(step.span.start),
        "end_location": location(step.span.end),
        "message": step.message,
    }
