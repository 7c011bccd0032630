"""Logging commands of Azure Pipelines, which become issues of the build."""

from __future__ import annotations

from collections.abc import Iterator

from ..finding import Finding
from . import Context
from .style import message

# Azure knows no level below warning.
_TYPE = {"error": "error", "warning": "warning", "info": "warning"}
_ESCAPES = str.maketrans({"%": "%AZP25", "\r": "%0D", "\n": "%0A"})
_PROPERTY_ESCAPES = {**_ESCAPES, ord(";"): "%3B", ord("]"): "%5D"}


def render(findings: list[Finding], context: Context) -> Iterator[str]:
    for finding in findings:
        region = context.region(finding.span)
        properties = {
            "type": _TYPE[finding.severity],
            "sourcepath": finding.span.filename,
            "linenumber": region.row,
            "columnnumber": region.column,
            "code": finding.code,
        }
        said = "".join(
            f"{name}={str(value).translate(_PROPERTY_ESCAPES)};"
            for name, value in properties.items()
            if value
        )
        yield f"##vso[task.logissue {said}]{message(finding).translate(_ESCAPES)}\n"
