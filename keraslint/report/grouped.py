"""The findings under the name of their file, in columns."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from ..finding import Finding
from . import Context
from .style import SEVERITY, painter, place


def render(findings: list[Finding], context: Context) -> Iterator[str]:
    paint = painter(context.color)
    for filename, group in groupby(findings, key=lambda finding: finding.span.filename):
        inside = [(place(each.span).removeprefix(filename).lstrip(":"), each) for each in group]
        widest = max(len(where) for where, _ in inside)
        yield f"{paint(filename, 'bold')}:\n"
        for where, finding in inside:
            code = paint(finding.code, SEVERITY[finding.severity])
            yield f"  {paint(where.ljust(widest), 'cyan')} {code} {finding.message}\n"
        yield "\n"
