"""A module parsed in pieces, so that parsing it again after an edit costs what was edited only.

A piece starts with each class, function or decorator in the first column. Modules put together at such lines
are one module; where a piece is none, the text is not cut at all.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import NamedTuple

import libcst as cst

from keraslint.summary import Summary
from keraslint.syntax.locate import Place, places
from keraslint.syntax.lower import lower
from keraslint.syntax.parse import NotPython, parse

_START = re.compile(r"^(?:class|def|async def)\b|^@", re.MULTILINE)


class Piece(NamedTuple):
    """A stretch of a module's text, with its tree, and the row before its first."""

    text: str
    tree: cst.Module
    rows_before: int


class Parsed(NamedTuple):
    """A module's pieces, its summary, and the nodes that the numbers in it stand for, piece by piece."""

    pieces: list[Piece]
    summary: Summary
    nodes: list[list[cst.CSTNode]]

    def locate(self, wanted: set[int]) -> dict[int, Place]:
        """The places of the records with these numbers, as `syntax.locate` finds them."""
        found: dict[int, Place] = {}
        first = 0
        for piece, nodes in zip(self.pieces, self.nodes):
            own = {at: nodes[at - first] for at in wanted if first <= at < first + len(nodes)}
            if own:
                found.update(places(piece.tree, own, piece.rows_before))
            first += len(nodes)
        return found


class Pieces:
    """Parses modules that are edited, keeping the trees of the texts that it saw last."""

    def __init__(self, most: int = 4):
        self.most = most
        self._trees: OrderedDict[str, dict[str, cst.Module]] = OrderedDict()  # by path and text

    def parsed(self, path: str, text: str) -> Parsed:
        """The module at a path, whose text this is now. Raises NotPython."""
        pieces = _parsed(_cut(text), self._trees.get(path, {}))
        if pieces is None:
            pieces = [Piece(text, parse(text), 0)]
        self._trees[path] = {piece.text: piece.tree for piece in pieces}
        self._trees.move_to_end(path)
        while len(self._trees) > self.most:
            self._trees.popitem(last=False)
        body, nodes, first = [], [], 0
        for piece in pieces:
            summary, own = lower(piece.tree, first)
            body += summary.body
            nodes.append(own)
            first += len(own)
        return Parsed(pieces, Summary(tuple(body), first), nodes)


def _cut(text: str) -> list[str]:
    if "\r" in text.replace("\r\n", ""):
        return [text]  # a line end that rows are not counted by below
    starts, decorated = [0], False
    for match in _START.finditer(text):
        if not decorated and match.start():
            starts.append(match.start())
        decorated = match.group() == "@"
    return [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)])]


def _parsed(texts: list[str], known: dict[str, cst.Module]) -> list[Piece] | None:
    """The pieces; None if one of them is no module by itself."""
    pieces, row = [], 0
    try:
        for text in texts:
            pieces.append(Piece(text, known[text] if text in known else parse(text), row))
            row += text.count("\n")
    except NotPython:
        return None
    return pieces
