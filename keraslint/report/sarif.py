"""SARIF 2.1.0, what code scanning services read: https://docs.oasis-open.org/sarif/sarif/v2.1.0/."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .. import __version__
from ..finding import Edit, Finding, Fix, Span
from ..rulebook import Rule, rules, url
from . import Context
from .fingerprint import fingerprints
from .style import message, place

_LEVEL = {"error": "error", "warning": "warning", "info": "note"}
# How often a finding of the category is right, in the words that GitHub sorts by.
_PRECISION = {"correctness": "very-high", "migration": "high", "suspicious": "medium", "pedantic": "low"}


def render(findings: list[Finding], context: Context) -> Iterator[str]:
    codes = sorted({finding.code for finding in findings})
    results = [
        _result(finding, codes.index(finding.code), name, context)
        for finding, name in zip(findings, fingerprints(findings, context))
    ]
    driver = {"name": "keraslint", "version": __version__, "rules": [_rule(rules()[code]) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"SRCROOT": {"uri": Path.cwd().as_uri().rstrip("/") + "/"}},
        "results": results,
    }
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    yield json.dumps(document, indent=2) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    page = url(rule.code)
    return {
        "id": rule.code,
        "name": rule.name.title().replace("-", ""),
        "shortDescription": {"text": f"{rule.summary}."},
        "fullDescription": {"text": f"{rule.summary}."},
        "help": {"text": rule.text, "markdown": rule.text},
        **({"helpUri": page} if page else {}),
        "defaultConfiguration": {"level": "error" if rule.category == "correctness" else "warning"},
        "properties": {"tags": [rule.category], "precision": _PRECISION[rule.category]},
    }


def _result(finding: Finding, rule: int, fingerprint: str, context: Context) -> dict[str, Any]:
    location = _location(finding.span, context)
    if finding.symbol:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.symbol}]
    result = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": _LEVEL[finding.severity],
        "message": {"text": message(finding)},
        "locations": [location],
        "partialFingerprints": {"keraslint/v1": fingerprint},
        "properties": {
            "category": finding.category,
            "certainty": finding.certainty,
            "regimes": finding.regimes,
            "entries": finding.entries,
            "cell": finding.span.cell,
            "evidence": finding.evidence,
        },
    }
    if finding.trace:
        steps = [{"location": _location(step.span, context, _step_text(step))} for step in finding.trace]
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    if _can_be_applied(finding):
        result["fixes"] = [_fix(finding.fix)]
    return result


def _step_text(step) -> str:
    return step.message if step.span.cell is None else f"{place(step.span)}: {step.message}"


def _location(span: Span, context: Context, text: str | None = None) -> dict[str, Any]:
    region = context.region(span)
    place = {"startLine": region.row, "endLine": region.end_row}
    if region.column is not None:
        place |= {"startColumn": region.column, "endColumn": region.end_column}
    physical = {"artifactLocation": _artifact(span.filename), "region": place}
    return {"physicalLocation": physical, **({"message": {"text": text}} if text else {})}


def _artifact(filename: str) -> dict[str, str]:
    if os.path.isabs(filename):
        return {"uri": Path(filename).as_uri()}
    return {"uri": quote(filename.replace(os.sep, "/")), "uriBaseId": "SRCROOT"}


def _can_be_applied(finding: Finding) -> bool:
    """Whether the fix can be told in rows and columns of files, which those of a notebook's cell are not."""
    fix = finding.fix
    return (
        fix is not None
        and fix.applicability != "display"
        and all(each.span.cell is None for each in fix.edits)
    )


def _fix(fix: Fix) -> dict[str, Any]:
    by_file: dict[str, list[Edit]] = {}
    for edit in fix.edits:
        by_file.setdefault(edit.span.filename, []).append(edit)
    changes = [
        {"artifactLocation": _artifact(filename), "replacements": [_replacement(edit) for edit in edits]}
        for filename, edits in by_file.items()
    ]
    return {"description": {"text": fix.message}, "artifactChanges": changes}


def _replacement(edit: Edit) -> dict[str, Any]:
    (row, column), (end_row, end_column) = edit.span.start, edit.span.end
    region = {"startLine": row, "startColumn": column, "endLine": end_row, "endColumn": end_column}
    return {"deletedRegion": region, "insertedContent": {"text": edit.content}}
