"""One line a finding in pylint's old parseable form, `file:row: [KER101] message`, which many tools read."""

from __future__ import annotations

from collections.abc import Iterator

from ..finding import Finding
from . import Context
from .style import message


def render(findings: list[Finding], context: Context) -> Iterator[str]:
    for finding in findings:
        row = context.region(finding.span).row
        yield f"{finding.span.filename}:{row}: [{finding.code}] {message(finding)}\n"
