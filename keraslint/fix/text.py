"""Changes of a source's text, and what they make of the file's bytes."""

from __future__ import annotations

import codecs
import json
import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import replace
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

from keraslint.analysis import Sources
from keraslint.finding import Edit, Location, Span
from keraslint.source.files import Source, SourceError, declared_encoding, decode
from keraslint.source.notebook import Cell, Piece, source_pieces

_LINE_END = re.compile(r"\r\n|\r|\n")


class Change(NamedTuple):
    """Replace what stands from `start` to `end` (offsets in the text of the source at `path`) by `content`."""

    path: str
    start: int
    end: int
    content: str


@lru_cache(maxsize=64)
def line_starts(text: str) -> tuple[int, ...]:
    """The offset at which each line starts."""
    return (0, *(match.end() for match in _LINE_END.finditer(text)))


def line_end(text: str, offset: int) -> int:
    """The offset at which the line around `offset` ends, its line end left out."""
    match = _LINE_END.search(text, offset)
    return match.start() if match else len(text)


def newline(text: str) -> str:
    """The line end that the text uses."""
    match = _LINE_END.search(text)
    return match.group() if match else "\n"


def offset_of(source: Source, location: Location, cell: int | None = None) -> int:
    """The offset in the source's text of a place as reports show it."""
    row = location.row if cell is None or source.cells is None else source.cells.row(cell, location.row)
    return line_starts(source.text)[row - 1] + location.column - 1


def edit_of(source: Source, change: Change) -> Edit:
    """A change as reports show it."""
    cell, start = _location(source, change.start)
    _, end = _location(source, change.end)
    return Edit(Span(source.filename, start, end, cell), change.content)


def change_of(path: str, source: Source, edit: Edit) -> Change:
    """The change that an edit of the source at `path` asks for."""
    span = edit.span
    start, end = (offset_of(source, each, span.cell) for each in (span.start, span.end))
    return Change(path, start, end, edit.content)


def _location(source: Source, offset: int) -> tuple[int | None, Location]:
    starts = line_starts(source.text)
    row = bisect_right(starts, offset)
    cell, shown = source.place(row)
    return cell, Location(shown, offset - starts[row - 1] + 1)


def merged(groups: Iterable[Iterable[Change]]) -> tuple[list[Change], list[int]]:
    """The changes of all groups that fit together, and the numbers of these groups.

    A group fits if none of its changes touches one of an earlier group; the same change twice is one.
    """
    taken: list[Change] = []
    fitting = []
    for number, group in enumerate(groups):
        new = [change for change in group if change not in taken]
        if not any(_touch(one, other) for one in new for other in taken):
            taken += new
            fitting.append(number)
    return taken, fitting


def _touch(one: Change, other: Change) -> bool:
    return one.path == other.path and one.start <= other.end and other.start <= one.end


def shifted(offset: int, changes: Iterable[Change]) -> int:
    """Where what stood at `offset` stands after these changes of its text."""
    moved = offset
    for change in changes:
        if change.end <= offset:
            moved += len(change.content) - (change.end - change.start)
        elif change.start < offset:
            moved -= offset - change.start
    return moved


def applied(text: str, changes: Iterable[Change]) -> str:
    """The text with the changes made."""
    for change in sorted(changes, key=lambda each: (each.start, each.end), reverse=True):
        text = text[: change.start] + change.content + text[change.end :]
    return text


def differences(path: str, old: str, new: str) -> list[Change]:
    """Changes that make the old text the new one, each as small as its lines allow."""
    before, after = lines_of(old), lines_of(new)
    starts = [0]
    for line in before:
        starts.append(starts[-1] + len(line))
    found = []
    for kind, low, high, first, last in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind != "equal":
            found.append(_trimmed(Change(path, starts[low], starts[high], "".join(after[first:last])), old))
    return found


def _trimmed(change: Change, text: str) -> Change:
    path, start, end, content = change
    while start < end and content and text[start] == content[0]:
        start, content = start + 1, content[1:]
    while start < end and content and text[end - 1] == content[-1]:
        end, content = end - 1, content[:-1]
    return Change(path, start, end, content)


def edited(source: Source, changes: Iterable[Change]) -> Source:
    """The source after the changes; every byte that they do not touch stays.

    Raises SourceError if the file cannot be written back as it is.
    """
    bom = codecs.BOM_UTF8 if source.data.startswith(codecs.BOM_UTF8) else b""
    encoding = "utf-8" if bom or source.is_notebook else declared_encoding(source.data)
    text = decode(source.filename, source.data)
    if bom + text.encode(encoding) != source.data:
        raise SourceError(source.filename, f"cannot be written back as {encoding}; save it as UTF-8")
    new = _edited_notebook(source, text, list(changes)) if source.is_notebook else applied(text, changes)
    try:
        return replace(source, data=bom + new.encode(encoding))
    except UnicodeEncodeError as error:
        reason = f"{error.object[error.start : error.end]!r} cannot be written as {encoding}"
        raise SourceError(source.filename, reason) from None


def edited_sources(sources: Sources, changes: Iterable[Change]) -> dict[str, Source]:
    """The sources that some changes touch, after them. Raises SourceError as `edited` does."""
    by_path: dict[str, list[Change]] = {}
    for change in changes:
        by_path.setdefault(change.path, []).append(change)
    return {path: edited(sources.source(path), own) for path, own in by_path.items()}


# ---------------------------------------------------------------- notebooks


def _edited_notebook(source: Source, text: str, changes: list[Change]) -> str:
    pieces = source_pieces(text)
    stretches = []
    for cell in source.cells.code:
        start = line_starts(source.text)[cell.first_row - 1]
        own = [c for c in changes if start <= c.start and c.end <= start + len(cell.text)]
        if own:
            inside = [_in_cell(source, cell, start, change) for change in own]
            stretches += _stretches(text, pieces[cell.number - 1], inside)
    return applied(text, stretches)


def _in_cell(source: Source, cell: Cell, start: int, change: Change) -> Change:
    """The change in the cell as its author wrote it: IPython's lines are masked, but keep their rows."""
    low, high = (_original_offset(cell, offset - start) for offset in (change.start, change.end))
    if cell.original[low:high] != cell.text[change.start - start : change.end - start]:
        raise SourceError(source.filename, f"cell {cell.number}: cannot edit IPython's own syntax")
    return Change(change.path, low, high, change.content)


def _original_offset(cell: Cell, offset: int) -> int:
    row = bisect_right(line_starts(cell.text), offset) - 1
    return line_starts(cell.original)[row] + offset - line_starts(cell.text)[row]


def _stretches(text: str, pieces: list[Piece], changes: list[Change]) -> list[Change]:
    """The changes of the file's JSON that make the changes in one cell's strings."""
    ends: list[int] = []
    for piece in pieces:
        ends.append((ends[-1] if ends else 0) + len(piece.value))
    ranges: list[tuple[int, int, list[Change]]] = []
    for change in sorted(changes, key=lambda each: each.start):
        low = min(bisect_right(ends, change.start), len(pieces) - 1)
        high = max(low, min(bisect_right(ends, max(change.end - 1, change.start)), len(pieces) - 1))
        if ranges and low <= ranges[-1][1]:
            ranges[-1] = (ranges[-1][0], max(high, ranges[-1][1]), [*ranges[-1][2], change])
        else:
            ranges.append((low, high, [change]))
    return [_stretch(text, pieces, ends, *each) for each in ranges]


def _stretch(text, pieces, ends, low, high, changes) -> Change:
    base = ends[low] - len(pieces[low].value)
    old = "".join(piece.value for piece in pieces[low : high + 1])
    new = applied(old, (Change("", c.start - base, c.end - base, c.content) for c in changes))
    if not new and len(pieces) > high - low + 1:
        # A list of strings must not keep the comma of one that went: a neighbour is written again with it.
        if low > 0:
            low, new = low - 1, pieces[low - 1].value
        else:
            high, new = high + 1, pieces[high + 1].value
    start, end = pieces[low].start, pieces[high].end
    ascii_only = text[start:end].isascii()
    before = text[:start].rstrip(" \t\r\n")
    if not before.endswith(("[", ",")):  # one string, not a list of lines
        return Change("", start, end, json.dumps(new, ensure_ascii=ascii_only))
    separator = "," + text[len(before) : start]
    lines = lines_of(new) or [""]
    return Change("", start, end, separator.join(json.dumps(line, ensure_ascii=ascii_only) for line in lines))


def lines_of(text: str) -> list[str]:
    """The lines with their ends, as Jupyter keeps them."""
    ends = [match.end() for match in _LINE_END.finditer(text)]
    starts = [0, *ends]
    return [line for line in (text[a:b] for a, b in zip(starts, [*ends, len(text)])) if line]
