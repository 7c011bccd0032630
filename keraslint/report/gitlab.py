"""GitLab's code quality report: a JSON array of issues."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

from ..finding import Finding
from . import Context
from .fingerprint import fingerprints
from .style import message

_SEVERITY = {"error": "major", "warning": "minor", "info": "info"}


def render(findings: list[Finding], context: Context) -> Iterator[str]:
    names = fingerprints(findings, context)
    issues = [_issue(finding, name, context) for finding, name in zip(findings, names)]
    yield json.dumps(issues, indent=2) + "\n"


def _issue(finding: Finding, fingerprint: str, context: Context) -> dict[str, Any]:
    region = context.region(finding.span)
    return {
        "check_name": finding.code,
        "description": f"{finding.code}: {message(finding)}",
        "severity": _SEVERITY[finding.severity],
        "fingerprint": fingerprint,
        "location": {
            "path": _in_project(finding.span.filename),
            "positions": {
                "begin": {"line": region.row, "column": region.column or 1},
                "end": {"line": region.end_row, "column": region.end_column or 1},
            },
        },
    }


def _in_project(filename: str) -> str:
    """The path as GitLab wants it: relative to the folder that its runner names."""
    project = os.environ.get("CI_PROJECT_DIR")
    path = os.path.relpath(filename, project) if project else filename
    return path.replace(os.sep, "/")
