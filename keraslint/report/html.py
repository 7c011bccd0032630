"""What was verified as a page that needs nothing else: each model's layers with their modes, and what running it changed."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

from ..finding import Finding
from . import structure
from .style import place
from .tables import ENTRIES
from .verified import WORDS, deciding, how_far, how_it_ran

_STYLE = Path(__file__).with_name("verified.css")
_SAID = {
    "fit": "fit",
    "evaluate": "evaluate",
    "predict": "predict",
    "call": "model(x)",
    "call_true": "training=True",
    "call_false": "training=False",
}


def page(models: Iterable, findings: Iterable[Finding], title: str) -> Iterator[str]:
    """The page, in pieces. models: what `keraslint.verify` built."""
    models, findings = list(models), list(findings)
    yield (
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{escape(title)} · keraslint verify</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE.read_text("utf-8")}</style>\n'
        f"<main><h1>{escape(title)}</h1>"
    )
    yield f'<div class="soft">keraslint verify · {escape(_ran_on(models))}</div>\n'
    yield _counts(findings)
    shown = [(model, own) for model, own in deciding(models, findings)]
    if len(shown) > 1:
        yield _contents(shown)
    for number, (model, own) in enumerate(shown):
        yield from _model(model, own, number)
    alone = [finding for finding in findings if "model" not in finding.evidence]
    if alone:
        yield (
            "<section><header><h2>Without a model</h2></header>"
            + "".join(map(_finding, alone))
            + "</section>\n"
        )
    yield "</main></html>\n"


def _ran_on(models) -> str:
    """The versions that models were run with."""
    runs = {
        f"Keras {about['keras']} on {about['backend']} {about['backend_version']}, Python {about['python']}": None
        for about in (model.about for model in models)
        if about
    }
    return "; ".join(runs) or "nothing was run"


def _counts(findings: list[Finding]) -> str:
    counts = Counter(finding.evidence["verdict"] for finding in findings)
    cells = [(word, counts[word]) for word in WORDS if counts[word]]
    fixed = [f.evidence["counterfactual"]["gone"] for f in findings if "counterfactual" in f.evidence]
    tiles = "".join(f'<div class="count {word}"><b>{count}</b>{word}</div>' for word, count in cells)
    if fixed:
        tiles += f'<div class="count gone"><b>{sum(fixed)} / {len(fixed)}</b>gone with the fix</div>'
    return f'<div class="counts">{tiles or "No findings to verify."}</div>\n'


def _contents(shown) -> str:
    lines = []
    for number, (model, own) in enumerate(shown):
        badges = "".join(_badge(f.evidence["verdict"], f.code) for f in own)
        lines.append(
            f'<a href="#m{number}"><b>{escape(model.name)}</b> {badges}'
            f'<code class="where soft">{escape(place(model.span))}</code></a>'
        )
    return f'<nav class="contents">{"".join(lines)}</nav>\n'


def _badge(word: str, text: str = "") -> str:
    return f'<span class="badge {word}" title="{word}">{escape(text or word)}</span>'


def _model(model, findings: list[Finding], number: int) -> Iterator[str]:
    result = model.result
    kind = f'<span class="soft">{result["kind"]}</span> ' if "kind" in result else ""
    where = f'<code class="soft">{escape(place(model.span))}</code>'
    yield f'<section id="m{number}"><header><h2>{escape(model.name)}</h2>{kind}{where}</header>'
    if "failed" in result:
        yield f'<p class="how">It {how_far(result)}: <code>{escape(result["reason"])}</code></p>'
    else:
        yield f'<p class="how soft">{escape(how_it_ran(result, model.about))}</p>'
    yield "".join(map(_finding, findings))
    if "failed" not in result:
        yield from _modes(model)
        yield _plots("Called again with the same data", map(_spread, *_of(result, "outputs")))
        yield _plots("Moving statistics, before and after", _moving(result))
    yield _details(result) + "</section>\n"


def _finding(finding: Finding) -> str:
    seen = finding.evidence
    other = seen.get("counterfactual")
    fixed = ""
    if other:
        outcome = _badge("gone", "gone") if other["gone"] else _badge("inconclusive", "not gone")
        fixed = f'<p class="soft">With the fix ({_marked(other["fix"])}): {outcome} {_marked(other["reason"])}</p>'
    return (
        f'<div class="finding {seen["verdict"]}">{_badge(seen["verdict"])} <b>{finding.code}</b> '
        f'<code class="soft">{escape(place(finding.span))}</code>'
        f"<p>{_marked(finding.message)}</p><p>{_marked(seen['reason'])}.</p>{fixed}</div>"
    )


def _marked(text: str) -> str:
    """A message, what stands in backquotes as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _modes(model) -> Iterator[str]:
    """The tree of the layers, each with its mode under each entry."""
    drawn = structure.nodes(model.name, model.result["sites"], everything=True)
    heads = "".join(f"<th>{_SAID[entry]}</th>" for entry in ENTRIES)
    yield f'<h3>What each layer did</h3><div class="scroll"><table><tr><th>{escape(model.name)}</th>{heads}</tr>'
    for node in drawn:
        where = f"{os.path.basename(node.site['filename'])}:{node.site['where']}"
        acts = node.site["sensitive"] or (node.site["sensitive"] is None and "." not in node.site["layer"])
        cells = "".join(f"<td>{_mode(node, entry) if acts else ''}</td>" for entry in node.modes)
        yield (
            f'<tr class="{"" if acts else "plain"}"><td class="layer mono"><span class="rails">{node.rails}</span>'
            f'<span class="name">{escape(node.label)}</span> <span class="soft">{escape(where)}</span></td>{cells}</tr>'
        )
    yield (
        '</table></div><div class="legend"><span><span class="mode train">train</span>acts as in training</span>'
        '<span><span class="mode infer">infer</span>acts as in inference</span>'
        '<span><span class="mode infer wrong">infer</span>not what the entry wants</span>'
        "<span>layers without modes do the same in both</span></div>"
    )


def _mode(node: structure.Node, entry: str) -> str:
    mode, wrong = node.modes[entry], " wrong" if node.is_wrong(entry) else ""
    received = ", ".join(f"training={value}" for value in node.site["values"].get(entry, ())) or "not called"
    return f'<span class="mode {mode}{wrong}" title="{received}">{mode}</span>'


# ---------------------------------------------------------------- pictures


def _plots(title: str, figures: Iterable[str]) -> str:
    drawn = "".join(figures)
    return f'<h3>{title}</h3><div class="plots">{drawn}</div>' if drawn else ""


def _of(result: dict, key: str) -> tuple[list, list]:
    found = [(entry, seen) for entry, seen in result["entries"].items() if seen.get(key)]
    return [entry for entry, _ in found], [seen for _, seen in found]


def _spread(entry: str, seen: dict) -> str:
    """Each number of the output as a column, and each call as a dot in it."""
    columns = [[n for n in column if n is not None] for column in zip(*seen["outputs"])]
    scaled = _scale([n for column in columns for n in column])
    marks = []
    for at, column in enumerate(columns):
        x, heights = 24 + at * 26, [scaled(number) for number in column]
        if heights:
            marks.append(f'<line class="range" x1="{x}" x2="{x}" y1="{min(heights)}" y2="{max(heights)}"/>')
        marks += [f'<circle class="dot" cx="{x}" cy="{y}" r="3.2"/>' for y in heights]
    same = seen.get("repeats")
    said = "the same" if same else "not comparable" if same is None else "varies"
    return _figure(
        _SAID[entry], said, "" if same else "spread", marks, f"first numbers, {len(seen['outputs'])} calls"
    )


def _moving(result: dict) -> Iterator[str]:
    """A line for each number of a layer's statistics, from before to after."""
    for entry, seen in result["entries"].items():
        for path, (before, after) in seen.get("statistics", {}).items():
            moved = seen.get("moved", {}).get(path)
            marks = []
            for at, (name, *values) in enumerate(zip(("mean", "variance"), before, after)):
                pairs = [pair for pair in zip(*values) if None not in pair]
                scaled = _scale([number for pair in pairs for number in pair], 66)
                left = 4 + at * 124
                marks += [
                    f'<path class="{"moved" if moved else "still"}" d="M{left} {scaled(b)} L{left + 98} {scaled(a)}"/>'
                    for b, a in pairs
                ]
                marks.append(f'<text x="{left}" y="105">{name}, before → after</text>')
            yield _figure(_SAID[entry], "moved" if moved else "stayed", "", marks, path)


def _figure(title: str, said: str, kind: str, marks: list[str], below: str) -> str:
    return (
        f'<figure class="{kind}"><figcaption><b>{title}</b><span class="soft">{said}</span></figcaption>'
        f'<svg viewBox="0 0 240 108" role="img" aria-label="{escape(title)}: {said}"><line class="axis" x1="8" x2="232" y1="92" y2="92"/>'
        f'{"".join(marks)}</svg><div class="soft mono" style="font-size:11px">{escape(below)}</div></figure>'
    )


def _scale(numbers: list[float], height: int = 74):
    """From a number to its height in a picture."""
    low, high = min(numbers, default=0.0), max(numbers, default=0.0)
    return lambda number: (
        round(84 - height * (number - low) / (high - low), 1) if high > low else 84 - height / 2
    )


def _details(result: dict) -> str:
    lines = [f"{each['name']} = {each['value']} ({each['from']})" for each in result.get("arguments", ())]
    lines += [f"assumed: {name}" for name in result.get("assumed", ())]
    lines += [
        f"{entry} stopped: {seen['error']['message']}"
        for entry, seen in result.get("entries", {}).items()
        if "error" in seen
    ]
    lines += [f"tried: {line}" for line in result.get("tried", ())]
    items = "".join(f"<li><code>{escape(line)}</code></li>" for line in lines)
    return f"<details><summary>How it was made</summary><ul>{items}</ul></details>" if items else ""
