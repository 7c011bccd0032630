"""Comments that say "not here": flake8's `# noqa` and our own `# keraslint: ignore[...]`.

    x = self.drop(x)  # noqa: KER101         flake8's grammar; codes may be prefixes; no codes means all
    x = self.drop(x)  # keraslint: ignore[KER101] the teacher never trains
    # keraslint: ignore[KER101, KER104] on a line of its own it is about the next line
    # keraslint: ignore-file[KER101] reason
    # flake8: noqa

Rows are those of the source's text: in a notebook, of the joined module.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from .files import Source, split_lines
from .scan import tokens

_NOQA = re.compile(r"# noqa(?::[\s]?(?P<codes>(?:[A-Z]+[0-9]+(?:[,\s]+)?)+))?", re.IGNORECASE)
_NOQA_FILE = re.compile(r"# flake8[:=]\s*noqa(?::\s?(?P<codes>(?:[A-Z]+[0-9]+(?:[,\s]+)?)+))?", re.IGNORECASE)
_OURS = re.compile(
    r"#\s*keraslint:\s*(?P<verb>[\w-]*)\s*(?:\[(?P<codes>[^\]]*)\])?(?P<reason>[^#]*)", re.IGNORECASE
)
DIRECTIVES = (_NOQA_FILE, _NOQA, _OURS)
_CODE = re.compile(r"KER[0-9]*$", re.IGNORECASE)
_VERBS = ("ignore", "ignore-file")

ALL = ""


@dataclass
class Suppression:
    """One code, or prefix of codes, in one comment; `code` is `ALL` where the comment names none.

    `target` is the row that it is about, None for the whole file. `reason` is what our own comment says after
    the bracket, and None for `noqa`, which has no place for one.
    """

    code: str
    row: int
    column: int
    end_column: int
    target: int | None
    reason: str | None = None
    used: bool = False


class Unused(NamedTuple):
    """A suppression to report under KER901. Rows and columns start at 1, the end is exclusive."""

    row: int
    column: int
    end_column: int
    code: str
    message: str


@dataclass
class Suppressions:
    """The suppressions of one file, and which of them were of use."""

    found: list[Suppression] = field(default_factory=list)
    malformed: list[Unused] = field(default_factory=list)
    require_reason: bool = False

    def covers(self, code: str, first_row: int, last_row: int) -> bool:
        """Whether a finding on a statement of these rows is suppressed. Every comment that does it counts as used."""
        covering = [
            each
            for each in self.found
            if code.startswith(each.code)
            and (
                each.target is None
                or first_row <= each.target <= last_row
                or first_row <= each.row <= last_row
            )
        ]
        for each in covering:
            each.used = True
        return bool(covering)

    def unused(self) -> list[Unused]:
        """What suppresses nothing, what cannot be understood, and what has no reason where one is required.

        A `noqa` without codes or with the codes of other linters is never ours to judge.
        """
        found = list(self.malformed)
        for each in self.found:
            place = (each.row, each.column, each.end_column, each.code)
            if not each.used and (each.code or each.reason is not None):
                found.append(
                    Unused(*place, f"{each.code or 'this comment'} suppresses nothing here: remove it")
                )
            elif self.require_reason and each.reason == "":
                found.append(Unused(*place, "say why after the bracket: `require-reason` is set"))
        return sorted(found)


def suppressions(source: Source, require_reason: bool = False) -> Suppressions:
    """Find the suppressions of a source. Raises SourceError as `source.text` does."""
    result = Suppressions(require_reason=require_reason)
    # Both words may be split by escapes in a notebook's JSON, but nobody's notebook does that.
    lowered = source.data.lower()
    if b"noqa" not in lowered and b"keraslint:" not in lowered:
        return result
    lines = split_lines(source.text)
    for row, column, comment in comments(source.text):
        own_line = not lines[row - 1][:column].strip()
        for pattern, read in ((_NOQA_FILE, _noqa_file), (_NOQA, _noqa), (_OURS, _ours)):
            match = pattern.search(comment)
            if match:
                read(result, match, row, column, lines if own_line else None)
    return result


def _noqa_file(
    result: Suppressions, match: re.Match[str], row: int, column: int, lines: list[str] | None
) -> None:
    if lines is not None:
        result.found += _each_code(match, row, column, None, None)


def _noqa(
    result: Suppressions, match: re.Match[str], row: int, column: int, _lines: list[str] | None
) -> None:
    result.found += _each_code(match, row, column, row, None)


def _ours(result: Suppressions, match: re.Match[str], row: int, column: int, lines: list[str] | None) -> None:
    """`lines` is the file's lines where the comment has a line of its own, else None."""
    verb, codes = match["verb"].lower(), match["codes"]
    problem = None
    if verb not in _VERBS:
        problem = f"unknown comment `keraslint: {match['verb']}`: write `keraslint: ignore[CODE] reason`"
    elif verb == "ignore-file" and lines is None:
        problem = "`keraslint: ignore-file` needs a line of its own"
    elif codes is None:
        problem = f"`keraslint: {verb}` names no code: write `keraslint: {verb}[CODE] reason`"
    elif wrong := [code for code in _split(codes) if not _CODE.match(code)] or (
        not _split(codes) and ["nothing"]
    ):
        problem = f"{wrong[0]} is not a code of keraslint: `keraslint rule --all` lists them"
    if problem:
        end = column + len(match.string.rstrip())
        result.malformed.append(Unused(row, column + 1, end + 1, codes or "", problem))
        return
    target = None if verb == "ignore-file" else row if lines is None else _next_code_row(lines, row)
    result.found += _each_code(match, row, column, target, match["reason"].strip())


def _each_code(
    match: re.Match[str], row: int, column: int, target: int | None, reason: str | None
) -> Iterator[Suppression]:
    """A Suppression for each of our codes in the match, at the place of the code; one for all if it names none."""
    if match["codes"] is None:
        yield Suppression(ALL, row, column + match.start() + 1, column + match.end() + 1, target, reason)
        return
    for code in re.finditer(r"[^,\s]+", match["codes"]):
        if _CODE.match(code.group()):
            start = column + match.start("codes") + code.start() + 1
            yield Suppression(code.group().upper(), row, start, start + len(code.group()), target, reason)


def _split(codes: str) -> list[str]:
    return re.findall(r"[^,\s]+", codes)


def _next_code_row(lines: list[str], row: int) -> int:
    """The row of the first line after `row` that is neither blank nor a comment; `row` if there is none."""
    for number, line in enumerate(lines[row:], start=row + 1):
        if line.strip() and not line.lstrip().startswith("#"):
            return number
    return row


def comments(text: str) -> Iterator[tuple[int, int, str]]:
    """The row, the column from 0 and the text of each comment."""
    starts = [0]
    for match in re.finditer(r"\r\n|\r|\n", text):
        starts.append(match.end())
    for kind, start, end in tokens(text):
        if kind == "#":
            row = bisect_right(starts, start)
            yield row, start - starts[row - 1], text[start:end]
