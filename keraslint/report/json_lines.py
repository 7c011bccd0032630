"""One JSON object a line and finding, with the fields of `json`."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ..finding import Finding
from . import Context
from .json import record


def render(findings: list[Finding], context: Context) -> Iterator[str]:
    for finding in findings:
        yield json.dumps(record(finding)) + "\n"
