"""Findings with evidence, for people: what became of each model, and the verdict on each finding."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from ..finding import Finding
from ..source.files import shown
from . import structure, tables
from .style import Paint, painter, place, show, width

WORDS = {
    "confirmed": "red",
    "refuted": "green",
    "context-dependent": "yellow",
    "broken": "yellow",
    "inconclusive": "dim",
}
_NOT_BUILT = {"load": "cannot be had", "build": "was not built", "call": "was built, but not called"}


def render(
    models: Iterable, findings: Iterable[Finding], color: bool, explain: bool = False
) -> Iterator[str]:
    """Each model with the mode of every layer under each entry, then the verdicts on the findings it was built for.

    models: what `keraslint.verify` built. explain: say also what was tried.
    """
    paint = painter(color)
    findings = list(findings)
    for model, own in deciding(models, findings):
        yield from _model(model, own, paint, explain)
    for finding in findings:
        if "model" not in finding.evidence:
            yield from _verdict(finding, paint)
            yield "\n"


def deciding(models: Iterable, findings: list[Finding]) -> Iterator[tuple[Any, list[Finding]]]:
    """The models that there is something to say of, each with the findings that it decided.

    One without findings was asked for by its name, and what became of it is said whatever that is.
    """
    for model in models:
        places = {(finding.code, finding.span) for finding in model.findings}
        own = [f for f in findings if f.evidence.get("model") == model.name and (f.code, f.span) in places]
        if own or not model.findings or model.result.get("sites") is not None:
            yield model, own


def summary(findings: list[Finding]) -> str:
    """`3 confirmed, 1 inconclusive.`"""
    if not findings:
        return "No findings to verify."
    counts = Counter(finding.evidence["verdict"] for finding in findings)
    return ", ".join(f"{counts[word]} {word}" for word in WORDS if counts[word]) + "."


def _model(model, findings, paint: Paint, explain: bool) -> Iterator[str]:
    result = model.result
    if "failed" in result:
        yield f"{paint(model.name, 'bold')} {paint(place(model.span), 'cyan')}\n"
        yield from _not_built(result, explain, paint)
    else:
        yield f"{paint(model.name, 'bold')} ({result['kind']}) {paint(place(model.span), 'cyan')}\n"
        yield f"    {paint('ran', 'bold')} {how_it_ran(result, model.about)}\n"
        yield from _tree(model, paint)
        for entry, seen in result["entries"].items():
            if "error" in seen:
                yield f"    {paint(entry, 'bold')} stopped: {seen['error']['message']}\n"
        if explain:
            yield from _tried(result, paint)
    for finding in findings:
        yield from _verdict(finding, paint)
    yield "\n"


def _tree(model, paint: Paint) -> Iterator[str]:
    """The layers that act by mode under the model, each with its mode under each entry."""
    drawn = structure.nodes(model.name, model.result["sites"])
    if not drawn:
        yield "    it calls no layer that acts differently by mode\n"
        return
    places = [_place(node.site, model) for node in drawn]
    labels = [node.rails + show(node.label) for node in drawn]
    wide, label_wide = max(map(width, places)), max(width(model.name), *map(width, labels))
    heads = "  ".join(f"{entry:9}" for entry in tables.ENTRIES)
    yield "    " + paint(f"{'':{wide}}  {model.name:{label_wide}}  {heads}".rstrip(), "dim") + "\n"
    for node, where, label in zip(drawn, places, labels):
        styles = {
            entry: "red" if node.is_wrong(entry) else tables.STYLES[mode]
            for entry, mode in node.modes.items()
        }
        cells = "  ".join(paint(f"{mode:9}", styles[entry]) for entry, mode in node.modes.items())
        left = (
            paint(where, "cyan")
            + " " * (wide - width(where))
            + "  "
            + label
            + " " * (label_wide - width(label))
        )
        yield f"    {left}  {cells}".rstrip() + "\n"


def _place(site: dict, model) -> str:
    """Row and column, with the file where it is not the model's, and the cell of a notebook."""
    where = f"{site['where']}:{site['column']}"
    return where if site["filename"] == model.path else f"{os.path.basename(site['filename'])}:{where}"


def how_it_ran(result: dict, about: dict) -> str:
    """With which Keras, how made, with what: one line."""
    said = [f"Keras {about['keras']} on {about['backend']} {about['backend_version']}, {result['device']}"]
    started = "called" if "call" in result["entries"] else "fit"
    said.append(f"{result['built']} {started} with {', '.join(result['inputs'])}")
    if result["batch"]:
        said.append(f"fit with {', '.join(result['batch'])}")
    guessed = [
        f"{a['name']}={a['value']}"
        for a in result["arguments"]
        if a["from"].startswith(("guessed", "a rate"))
    ]
    if guessed:
        said.append(f"guessed: {', '.join(guessed)}")
    if result.get("assumed"):
        said.append(f"assumed: {', '.join(result['assumed'])}")
    if "weights" in result:
        said.append(
            f"without its {result['weights']:,} weights, which are too many to run: what runs change is not known"
        )
    return "; ".join([*said, f"{result['seconds']} s, {result['memory']} MB"])


def how_far(result: dict) -> str:
    """How far a model came that did not run."""
    return _NOT_BUILT.get(result["failed"], "was not run to its end")


def _not_built(result: dict, explain: bool, paint: Paint) -> Iterator[str]:
    yield f"    {how_far(result)}: {result['reason']}\n"
    if explain:
        yield from _tried(result, paint)
    else:
        yield f"    tried: {_ways(result['tried'])}--explain-build shows all\n"
    yield "    say how under [tool.keraslint.verify], or let a run show it: `keraslint record -- pytest` (docs/verify.md)\n"


def _ways(tried: list[str]) -> str:
    """The first ways that were tried, and how many others."""
    ways = list(dict.fromkeys(re.split(r": | called with ", line)[0] for line in tried))
    first = ", ".join(way if len(way) <= 60 else f"{way[:57]}..." for way in ways[:2])
    more = f" and {len(ways) - 2} more" if len(ways) > 2 else ""
    return f"{first}{more}; " if ways else "nothing, as the class itself could not be had; "


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
    yield f"{paint(word, WORDS[word])} {finding.code} {paint(place(finding.span), 'cyan')} {reason}\n"
    other = finding.evidence.get("counterfactual")
    if other:
        outcome = "gone" if other["gone"] else "not gone"
        yield f"    with the fix ({other['fix']}): {outcome}, {other['reason']}\n"
