"""One line a finding: `file:row:col: KER101 message`."""

from __future__ import annotations

from collections.abc import Iterator

from ..finding import Finding
from . import Context
from .style import SEVERITY, painter, place


def render(findings: list[Finding], context: Context) -> Iterator[str]:
    paint = painter(context.color)
    for finding in findings:
        where = place(finding.span).removeprefix(finding.span.filename)
        code = paint(finding.code, SEVERITY[finding.severity])
        yield f"{paint(finding.span.filename, 'bold')}{paint(where + ':', 'cyan')} {code} {finding.message}\n"
