"""Findings with evidence, for people: what became of each model, and the verdict on each finding."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator

from ..finding import Finding, Location, ModelReport, SiteRow, Span, Table
from ..source.files import shown
from . import tables
from .style import Paint, painter, place

_STYLES = {
    "confirmed": "red",
    "refuted": "green",
    "context-dependent": "yellow",
    "broken": "yellow",
    "inconclusive": "dim",
}
_MODES = {True: "train", False: "infer", None: "infer", "symbolic": "unknown"}


def render(
    models: Iterable, findings: Iterable[Finding], color: bool, explain: bool = False
) -> Iterator[str]:
    """Each model with the mode of every layer under each entry, then the verdicts on the findings it was built for.

    models: what `keraslint.verify` built. explain: say also what was tried.
    """
    paint = painter(color)
    findings = list(findings)
    for model in models:
        own = [
            f
            for f in findings
            if f.evidence.get("model") == model.name and f"{model.path}::{model.name}" in f.models
        ]
        if own or model.result.get("sites") is not None:
            yield from _model(model, own, paint, color, explain)
    for finding in findings:
        if "model" not in finding.evidence:
            yield from _verdict(finding, paint)
            yield "\n"


def summary(findings: list[Finding]) -> str:
    """`3 confirmed, 1 inconclusive.`"""
    if not findings:
        return "No findings to verify."
    counts = Counter(finding.evidence["verdict"] for finding in findings)
    return ", ".join(f"{counts[word]} {word}" for word in _STYLES if counts[word]) + "."


def _model(model, findings, paint: Paint, color: bool, explain: bool) -> Iterator[str]:
    result = model.result
    if "failed" in result:
        yield f"{paint(model.name, 'bold')} {paint(place(model.span), 'cyan')}\n"
        yield from _not_built(result, explain, paint)
    else:
        about = model.about
        report = ModelReport(model.name, result["kind"], model.span)
        report.tables = [_table(model, about)]
        yield from (line for line in tables.render([report], color) if line != "\n")
        yield f"    {paint('ran', 'bold')} {_run(result, about)}\n"
        for entry, seen in result["entries"].items():
            if "error" in seen:
                yield f"    {paint(entry, 'bold')} stopped: {seen['error']['message']}\n"
        if explain:
            yield from _tried(result, paint)
    for finding in findings:
        yield from _verdict(finding, paint)
    yield "\n"


def _table(model, about: dict) -> Table:
    rows = [
        SiteRow(
            Span(shown(site["filename"]), *[Location(site["row"], site["column"])] * 2),
            site["within"],
            site["callee"],
            site["layer"],
            site["sensitive"] is True,
            {entry: _mode(site["values"].get(entry, [])) for entry in tables.ENTRIES},
            "",
        )
        for site in model.result["sites"]
    ]
    return Table(about["regime"], about["backend"], rows)


def _mode(values: list) -> str:
    modes = {_MODES[value] for value in values}
    return "unreached" if not modes else modes.pop() if len(modes) == 1 else "either"


def _run(result: dict, about: dict) -> str:
    said = [f"Keras {about['keras']} on {about['backend']} {about['backend_version']}, {result['device']}"]
    said.append(f"{result['built']} called with {', '.join(result['inputs'])}")
    guessed = [
        f"{a['name']}={a['value']}"
        for a in result["arguments"]
        if a["from"].startswith(("guessed", "a rate"))
    ]
    if guessed:
        said.append(f"guessed: {', '.join(guessed)}")
    if result.get("assumed"):
        said.append(f"assumed: {', '.join(result['assumed'])}")
    return "; ".join([*said, f"{result['seconds']} s"])


def _not_built(result: dict, explain: bool, paint: Paint) -> Iterator[str]:
    stage = {"load": "cannot be had", "build": "was not built", "call": "was built, but not called"}
    what = stage.get(result["failed"], "was not run to its end")
    yield f"    {what}: {result['reason']}\n"
    if explain:
        yield from _tried(result, paint)
    else:
        yield f"    {len(result['tried'])} ways were tried; --explain-build shows them\n"
    yield "    say how to make and call it under [tool.keraslint.verify] (see docs/verify.md)\n"


def _tried(result: dict, paint: Paint) -> Iterator[str]:
    for line in result["tried"]:
        yield f"    {paint('tried', 'dim')} {line}\n"
    for each in result.get("arguments", ()):
        yield f"    {paint('argument', 'dim')} {each['name']} = {each['value']} ({_from(each['from'])})\n"


def _from(where: str) -> str:
    path, _, row = where.rpartition(":")
    return f"{shown(path)}:{row}" if os.path.isabs(path) else where


def _verdict(finding: Finding, paint: Paint) -> Iterator[str]:
    word, reason = finding.evidence["verdict"], finding.evidence["reason"]
    yield f"{paint(word, _STYLES[word])} {finding.code} {paint(place(finding.span), 'cyan')} {reason}\n"
    other = finding.evidence.get("counterfactual")
    if other:
        outcome = "gone" if other["gone"] else "not gone"
        yield f"    with the fix ({other['fix']}): {outcome}, {other['reason']}\n"
