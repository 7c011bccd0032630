"""Where the numbered records of a summary stand in the text; asked only for what is reported.

libcst keeps no positions: they come from generating the code again and counting. Its own
PositionProvider does that for every node, at several times the cost of the parse.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import NamedTuple

import libcst as cst
from libcst._nodes.internal import CodegenState

from keraslint.finding import Location
from keraslint.syntax.lower import lower
from keraslint.syntax.parse import parse


class Place(NamedTuple):
    """The stretch of a record (`end` exclusive), and the rows of the statement around it."""

    start: Location
    end: Location
    first_row: int
    last_row: int


def locate(text: str, wanted) -> dict[int, Place]:
    """The places of the records with the numbers `wanted` in the summary of `text`.

    A class or function is placed at its `class` or `def` and name, an `if` or loop at its head.
    """
    tree = parse(text)
    _, nodes = lower(tree)
    return places(tree, {at: nodes[at] for at in wanted})


def places(tree: cst.Module, wanted: dict[int, cst.CSTNode]) -> dict[int, Place]:
    """The places of some nodes of a tree, by the keys they are given with."""
    state = _Counting(tree.default_indent, tree.default_newline, {id(node) for node in wanted.values()})
    tree._codegen(state)
    return {at: state.places[id(node)] for at, node in wanted.items() if id(node) in state.places}


class _Counting(CodegenState):
    """A code generator that keeps only the position, and the places of the nodes asked for."""

    def __init__(self, indent, newline, wanted):
        super().__init__(default_indent=indent, default_newline=newline)
        self.wanted = wanted
        self.places: dict[int, Place] = {}
        self.row, self.column = 1, 0
        self.first_row = 1  # of the simple statement being generated
        self.inside: list = []  # wanted nodes of the statement being generated

    def add_indent_tokens(self):
        for token in self.indent_tokens:
            self.add_token(token)

    def add_token(self, value):
        breaks = value.count("\n") if "\n" in value else value.count("\r")
        if breaks:
            self.row += breaks
            self.column = len(value) - max(value.rfind("\n"), value.rfind("\r")) - 1
        else:
            self.column += len(value)

    def pop_trailing_newline(self):
        pass

    def before_codegen(self, node):
        if type(node) is cst.SimpleStatementLine:
            self.inside = []

    def after_codegen(self, node):
        if type(node) is cst.SimpleStatementLine and self.inside:
            last = self.row if self.column else self.row - 1
            first = min(self.first_row, *(self.places[key].start.row for key in self.inside))
            for key in self.inside:
                self.places[key] = self.places[key]._replace(first_row=first, last_row=last)
            self.inside = []

    @contextmanager
    def record_syntactic_position(self, node, *, start_node=None, end_node=None):
        if type(node) is cst.SimpleStatementLine:
            self.first_row = self.row
        if id(node) not in self.wanted:
            yield
            return
        row, column = self.row, self.column
        yield
        start, end = Location(row, column + 1), Location(self.row, self.column + 1)
        head = _head(node)
        if head:
            end = Location(row, column + 1 + len(head))
        self.places[id(node)] = Place(start, end, start.row, end.row)
        if not head:
            self.inside.append(id(node))


def _head(node) -> str:
    """What stands for a compound statement in a report."""
    if isinstance(node, cst.FunctionDef):
        return ("async " if node.asynchronous else "") + "def " + node.name.value
    if isinstance(node, cst.ClassDef):
        return "class " + node.name.value
    return {cst.If: "if", cst.For: "for", cst.While: "while", cst.With: "with"}.get(type(node), "")
