"""Would the fix help: it is applied to a copy, the model is built and recorded again, and judged again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from keraslint.config import Settings
from keraslint.finding import Finding, Location, Span
from keraslint.fix.text import Change, change_of, edited, line_starts, merged, offset_of, shifted
from keraslint.result import Result
from keraslint.source.files import Source
from keraslint.verify.jobs import job, place
from keraslint.verify.kept import Runner
from keraslint.verify.models import Model
from keraslint.verify.verdict import CONFIRMED, acts, judge, wrong

# What these report is that a value which the source passes does not count: with the fix it does, whatever its entry wants.
_PASSED = ("KER102",)
# What a fixed line calls the model with, where the line is not part of the model.
_CALLED = {"KER202": "call_false", "KER203": "call_true"}


def add(
    chosen: list[Model], runner: Runner, result: Result, settings: Settings, answers: dict[int, dict]
) -> None:
    """Put under `counterfactual` of each confirmed finding what becomes of it with its model's fixes applied."""
    copies = []
    for model in chosen:
        findings = [f for f in model.findings if _to_show(f, answers[id(f)], model)]
        outside = [f for f in findings if f.code in _CALLED and not f.entries]
        for finding in outside:
            answers[id(finding)]["counterfactual"] = _called(finding, model.result)
        inside = [f for f in findings if f not in outside]
        if inside:
            copies.append((model, *_fixed(inside, result)))
    for each, after, about in runner.run(_jobs(copies, result, settings)):
        model, findings, changes, sources = copies[each["copy"]]
        for finding in findings:
            moved = _moved(finding, result, changes, sources)
            found = _compared(moved, model.result, after, about, result, sources)
            answers[id(finding)]["counterfactual"] = {"fix": finding.fix.message, **found}


def _jobs(copies: list[tuple], result: Result, settings: Settings) -> Iterator[dict]:
    for number, (model, _, changes, sources) in enumerate(copies):
        texts = {path: sources[path].text for path in {change.path for change in changes}}
        yield {**job(model, result, settings, texts), "effects": False, "copy": number}


def _to_show(finding: Finding, answer: dict, model: Model) -> bool:
    return finding.fix is not None and answer["verdict"] == CONFIRMED and answer["model"] == model.name


def _called(finding: Finding, result: dict) -> dict:
    entry = _CALLED[finding.code]
    left = [
        site
        for site in result["sites"]
        if acts(site) and any(wrong(v, entry) for v in site["values"].get(entry, ()))
    ]
    reason = (
        f"called so, {len(left)} layers get the wrong mode"
        if left
        else "called so, every layer gets the right mode"
    )
    return {"fix": finding.fix.message, "gone": not left, "reason": reason}


def _fixed(findings: list[Finding], result: Result) -> tuple[list[Finding], list[Change], dict[str, Source]]:
    """The findings whose fixes go together, their changes, and all sources after them."""
    sources = {path: source for path, source in result.read.read.items() if source is not None}
    paths = {source.filename: path for path, source in sources.items()}
    groups = [
        [change_of(paths[e.span.filename], sources[paths[e.span.filename]], e) for e in f.fix.edits]
        for f in findings
    ]
    changes, fitting = merged(groups)
    for path in {change.path for change in changes}:
        sources[path] = edited(sources[path], [change for change in changes if change.path == path])
    return [findings[number] for number in fitting], changes, sources


def _moved(finding: Finding, result: Result, changes: list[Change], sources: dict[str, Source]) -> Finding:
    """The finding with its places where they are after the changes."""
    paths = {source.filename: path for path, source in result.read.read.items() if source is not None}

    def moved(span: Span) -> Span:
        path = paths[span.filename]
        own = [change for change in changes if change.path == path]
        before, after = result.read.read[path], sources[path]
        starts = line_starts(after.text)
        ends = []
        for location in (span.start, span.end):
            offset = shifted(offset_of(before, location, span.cell), own)
            row = sum(start <= offset for start in starts)
            cell, shown = after.place(row)
            ends.append(Location(shown, offset - starts[row - 1] + 1))
        return Span(span.filename, *ends, cell)

    trace = tuple(step._replace(span=moved(step.span)) for step in finding.trace)
    return replace(finding, span=moved(finding.span), trace=trace)


def _compared(
    finding: Finding, before: dict, after: dict, about: dict, result: Result, sources: dict
) -> dict:
    if "failed" in after:
        return {"gone": False, "reason": f"the fixed model does not run: {after['reason']}"}
    failing = [
        entry
        for entry, seen in after["entries"].items()
        if "error" in seen and "error" not in before.get("entries", {}).get(entry, {})
    ]
    if failing and "failed" not in before:
        reason = after["entries"][failing[0]]["error"]["message"]
        return {"gone": False, "reason": f"with it `{failing[0]}` stops: {reason}"}
    verdict = judge(finding, after, about, lambda path, row: place(sources, path, row))
    old, new = _wrongs(before), _wrongs(after)
    more = sorted(
        f"{layer} in {entry}" for layer, entry in new if new[layer, entry] > old.get((layer, entry), 0)
    )
    if more and "failed" not in before and finding.code not in _PASSED:
        return {"gone": False, "reason": f"now wrong: {', '.join(more)}"}
    if verdict.word == CONFIRMED:
        return {"gone": False, "reason": verdict.reason}
    return {"gone": True, "reason": f"{sum(old.values())} wrong deliveries before, {sum(new.values())} after"}


def _wrongs(result: dict) -> dict[tuple[str, str], int]:
    """How many sites of each layer get the wrong mode, by entry."""
    found: dict[tuple[str, str], int] = {}
    for site in result.get("sites", ()):
        for entry, values in site["values"].items():
            if acts(site) and any(wrong(value, entry) for value in values):
                key = site["layer"], entry
                found[key] = found.get(key, 0) + 1
    return found
