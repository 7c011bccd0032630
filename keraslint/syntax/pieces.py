"""A module parsed in pieces, so that parsing it again after an edit costs what was edited only.

A piece starts with each class, function or decorator in the first column. Modules put together at such lines
are one module; where a piece is none, the text is not cut at all.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import NamedTuple

import libcst as cst

from keraslint.summary import Stretch, Summary
from keraslint.syntax.locate import Place, places
from keraslint.syntax.lower import lower
from keraslint.syntax.parse import NotPython, parse

# Where a piece starts; and what may hold a line that only looks so.
_START = re.compile(
    r"""
    (?P<start> ^(?:class|def|async[ ]def)\b | ^@ )
    | \"{3} [^"\\]* (?: (?: \\. | "(?!"") ) [^"\\]* )* \"{3}
    | '{3} [^'\\]* (?: (?: \\. | '(?!'') ) [^'\\]* )* '{3}
    | " (?: \\. | [^"\\\n] )* "
    | ' (?: \\. | [^'\\\n] )* '
    | \# [^\n]*
    """,
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)


class Piece(NamedTuple):
    """A stretch of a module's text, with its tree, and the places in it that somebody asked for, by number."""

    text: str
    tree: cst.Module
    places: dict[int, Place]

    def locate(self, nodes: list[cst.CSTNode], wanted: set[int], rows_before: int) -> dict[int, Place]:
        """The places of the nodes with these numbers, in a module with so many rows before the piece."""
        new = {at: nodes[at] for at in wanted if at not in self.places}
        if new:
            self.places.update(places(self.tree, new))
        return {at: _moved(self.places[at], rows_before) for at in wanted if at in self.places}


class Parsed(NamedTuple):
    """A module's text, its summary, and piece by piece its trees, their records and the nodes that these stand for."""

    text: str
    summary: Summary
    pieces: list[Piece]
    stretches: list[Stretch]
    nodes: list[list[cst.CSTNode]]

    def locate(self, wanted: set[int]) -> dict[int, Place]:
        """The places of the records with these numbers, as `syntax.locate` finds them."""
        found: dict[int, Place] = {}
        rows = 0
        for piece, stretch, nodes in zip(self.pieces, self.stretches, self.nodes):
            own = {at - stretch.first for at in wanted if 0 <= at - stretch.first < stretch.size}
            if own:
                located = piece.locate(nodes, own, rows)
                found.update((at + stretch.first, place) for at, place in located.items())
            rows += piece.text.count("\n")
        return found


class Pieces:
    """Parses modules that are edited, keeping the trees of the texts that it saw last."""

    def __init__(self, most: int = 4):
        self.most = most
        self._known: OrderedDict[str, Parsed] = OrderedDict()  # by path

    def parsed(self, path: str, text: str) -> Parsed:
        """The module at a path, whose text this is now. Raises NotPython."""
        before = self._known.get(path)
        if before is None or before.text != text:
            known = {piece.text: piece for piece in before.pieces} if before is not None else {}
            pieces = _parsed(_cut(text), known) or [Piece(text, parse(text), {})]
            self._known[path] = _lowered(text, pieces, before)
        self._known.move_to_end(path)
        while len(self._known) > self.most:
            self._known.popitem(last=False)
        return self._known[path]


def _lowered(text: str, pieces: list[Piece], before: Parsed | None) -> Parsed:
    """The module of these pieces. Those that were lowered with the same numbers before are not lowered again."""
    known = {}
    if before is not None:
        for piece, stretch, own in zip(before.pieces, before.stretches, before.nodes):
            known[id(piece), stretch.first] = stretch, own
    stretches, nodes, first = [], [], 0
    for piece in pieces:
        # Each for one piece only: no two may share their records.
        stretch, own = known.pop((id(piece), first), None) or _stretch(piece, first)
        stretches.append(stretch)
        nodes.append(own)
        first += stretch.size
    body = tuple(statement for stretch in stretches for statement in stretch.body)
    return Parsed(text, Summary(body, first), pieces, stretches, nodes)


def _stretch(piece: Piece, first: int) -> tuple[Stretch, list[cst.CSTNode]]:
    summary, nodes = lower(piece.tree, first)
    return Stretch(piece.text, summary.body, first, len(nodes)), nodes


def _cut(text: str) -> list[str]:
    if "\r" in text.replace("\r\n", ""):
        return [text]  # a line end that rows are not counted by below
    starts, decorated = [0], False
    for match in _START.finditer(text):
        if match["start"] is None:
            continue
        if not decorated and match.start():
            starts.append(match.start())
        decorated = match["start"] == "@"
    return [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)])]


def _parsed(texts: list[str], known: dict[str, Piece]) -> list[Piece] | None:
    """The pieces; None if one of them is no module by itself."""
    try:
        return [known[text] if text in known else Piece(text, parse(text), {}) for text in texts]
    except NotPython:
        return None


def _moved(place: Place, rows: int) -> Place:
    start, end, first_row, last_row = place
    return Place(
        start._replace(row=start.row + rows),
        end._replace(row=end.row + rows),
        first_row + rows,
        last_row + rows,
    )
