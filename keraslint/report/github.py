"""Workflow commands of GitHub Actions, which become annotations of the changed lines."""

from __future__ import annotations

from collections.abc import Iterator

from ..finding import Finding
from . import Context
from .style import place

_LEVEL = {"error": "error", "warning": "warning", "info": "notice"}


def render(findings: list[Finding], context: Context) -> Iterator[str]:
    for finding in findings:
        span = finding.span
        region = context.region(span)
        properties = {
            "title": f"keraslint ({finding.code})",
            "file": span.filename,
            "line": region.row,
            "col": region.column,
            "endLine": region.end_row,
            "endColumn": region.end_column,
        }
        said = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items() if value)
        notes = "".join(f"\n  {place(step.span)}: {step.message}" for step in finding.trace)
        message = _data(f"{place(span)}: {finding.code} {finding.message}{notes}")
        yield f"::{_LEVEL[finding.severity]} {said}::{message}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
