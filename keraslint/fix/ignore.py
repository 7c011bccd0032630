"""`--add-ignore`: comments that suppress findings, put where they count and where Python has room for them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable

from keraslint.analysis import in_deep_stack
from keraslint.config import Settings
from keraslint.engine import Result, recheck
from keraslint.finding import Finding
from keraslint.fix.apply import Fixed
from keraslint.fix.text import Change, edited, line_end, line_starts, newline, offset_of
from keraslint.source.files import Source
from keraslint.source.scan import tokens

NOT_SUPPRESSED = ("KER900", "KER901")
_CODES = re.compile(r"#\s*keraslint:\s*ignore\s*\[([^\]]*)\]", re.IGNORECASE)


@in_deep_stack
def add_ignores(result: Result, settings: Settings, reason: str) -> Fixed:
    """Suppress the findings of a check, in memory. Raises SourceError if a file cannot be written back."""
    fixed = Fixed(result)
    paths = {source.filename: path for path, source in result.read.read.items() if source is not None}
    by_path: dict[str, list[Finding]] = {}
    for finding in result.findings:
        if finding.code not in NOT_SUPPRESSED:
            by_path.setdefault(paths[finding.span.filename], []).append(finding)
    for path, findings in by_path.items():
        before = result.read.read[path]
        fixed.changed[path] = (before, edited(before, ignores(path, before, findings, reason)))
    new = {path: after for path, (_, after) in fixed.changed.items()}
    fixed.result = recheck(result.read.edited(new), result.files, settings)
    remaining = {_key(finding) for finding in fixed.result.findings}
    fixed.done = [f for findings in by_path.values() for f in findings if _key(f) not in remaining]
    return fixed


def _key(finding: Finding) -> tuple:
    return finding.code, finding.span.filename, finding.symbol, finding.message


def ignores(path: str, source: Source, findings: Iterable[Finding], reason: str) -> list[Change]:
    """The comments that suppress some findings of one source, one for each line."""
    text = source.text
    room = _room(text)
    codes: dict[tuple[int, bool], set[str]] = {}
    for finding in findings:
        row = bisect_right(line_starts(text), offset_of(source, finding.span.start, finding.span.cell)) - 1
        codes.setdefault(_place(text, room, row), set()).add(finding.code)
    return [_comment(path, text, *place, named, reason) for place, named in codes.items()]


def _room(text: str) -> dict[int, int]:
    """Where a comment may start, or starts, in each line (from 0) that does not end in a string or with a backslash."""
    starts = line_starts(text)
    free: dict[int, int] = {}
    for kind, start, _end in tokens(text):
        if kind in ("\n", "#"):
            free.setdefault(bisect_right(starts, start) - 1, start)
    free.setdefault(len(starts) - 1, len(text))
    return free


def _place(text: str, room: dict[int, int], row: int) -> tuple[int, bool]:
    """Where the comment for a line goes: at its end, on a line of its own before it, or where its statement ends."""
    if row in room:
        return room[row], False
    if row == 0 or row - 1 in room:
        return line_starts(text)[row], True
    return room[min(each for each in room if each > row)], False


def _comment(path: str, text: str, at: int, own_line: bool, codes: set[str], reason: str) -> Change:
    """A new comment, or an old one with more codes."""
    stop = line_end(text, at)
    known = None if own_line else _CODES.search(text, at, stop)
    if known:
        written = ", ".join(sorted(codes | set(re.findall(r"[^,\s]+", known[1]))))
        return Change(path, known.start(1), known.end(1), written)
    comment = f"# keraslint: ignore[{', '.join(sorted(codes))}] {reason}".rstrip()
    if own_line:
        line = text[at:stop]
        indent = line[: len(line) - len(line.lstrip())]
        return Change(path, at, at, f"{indent}{comment}{newline(text)}")
    code = len(text[:stop].rstrip(" \t"))
    return Change(path, code, stop, f"  {comment}")
