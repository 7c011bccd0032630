"""Suppression comments without a code that suppresses nothing."""

from __future__ import annotations

import re

from keraslint.finding import Finding
from keraslint.fix.scene import Scene
from keraslint.fix.text import Change, line_end, newline, offset_of
from keraslint.source.scan import tokens
from keraslint.source.suppress import DIRECTIVES


def without_code(scene: Scene, finding: Finding) -> list[Change] | None:
    """The comment without the code at the finding's place, or without its directive if that names no other."""
    path = scene.path_of(finding.span.filename)
    source = scene.source(path)
    text, at = source.text, offset_of(source, finding.span.start, finding.span.cell)
    start, end = next((t.start, t.end) for t in tokens(text) if t.kind == "#" and t.start <= at < t.end)
    for pattern in DIRECTIVES:
        match = pattern.search(text, start, end)
        if match and match["codes"] is not None and match.start("codes") <= at < match.end("codes"):
            codes = list(re.finditer(r"[^,\s]+", match["codes"]))
            if len(codes) == 1:
                return [_without(path, text, start, end, match)]
            return [_without_one(path, match.start("codes"), codes, at)]
    return None


def _without_one(path: str, base: int, codes, at: int) -> Change:
    """One of several codes less, with the comma that parts it from its neighbour."""
    index = next(i for i, code in enumerate(codes) if base + code.start() <= at < base + code.end())
    if index + 1 < len(codes):
        return Change(path, base + codes[index].start(), base + codes[index + 1].start(), "")
    return Change(path, base + codes[index - 1].end(), base + codes[index].end(), "")


def _without(path: str, text: str, start: int, end: int, match) -> Change:
    """The comment without its directive; nothing of it, and no line for it, if it says nothing else."""
    before, after = text[start : match.start()].rstrip(), text[match.end() : end].strip()
    if before or after:
        rest = after if before or after.startswith("#") else f"# {after}"
        return Change(path, start, end, "  ".join(part for part in (before, rest) if part))
    code = text[:start].rstrip(" \t")
    if code and code[-1] not in "\r\n":
        return Change(path, len(code), end, "")
    stop = line_end(text, end)
    return Change(path, len(code), stop + (len(newline(text[stop:])) if stop < len(text) else 0), "")
