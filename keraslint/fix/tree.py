"""The syntax tree of a text with the place of every node, for who edits there."""

from __future__ import annotations

from contextlib import contextmanager
from functools import lru_cache

import libcst as cst
from libcst._nodes.internal import CodegenState

from keraslint.syntax.lower import lower
from keraslint.syntax.parse import parse

Function = cst.FunctionDef


class Tree:
    """A module's nodes: `numbered` are those of its summary's records, by number."""

    def __init__(self, text: str):
        self.text = text
        self.module = parse(text)
        self.numbered = lower(self.module)[1]
        generated = _Spans(self.module)
        self.module._codegen(generated)
        self._spans, self._wide, self._parents = generated.spans, generated.wide, generated.parents

    def span(self, node) -> tuple[int, int]:
        """Where the node stands in the text, without the whitespace and comma that libcst counts to it."""
        start, end = self._spans[id(node)]
        if isinstance(node, cst.Param):
            # libcst places a parameter at its name.
            last = node.default or node.annotation
            end = self._wide[id(last)][1] if last is not None else end
        return start, end

    def written(self, node) -> str:
        """The node as its author wrote it."""
        start, end = self.span(node)
        return self.text[start:end]

    def parent(self, node):
        return self._parents.get(id(node))

    def around(self, node, *kinds):
        """The innermost node of one of these kinds around a node, or None."""
        node = self.parent(node)
        while node is not None and not isinstance(node, kinds):
            node = self.parent(node)
        return node


@lru_cache(maxsize=64)
def tree_of(text: str) -> Tree:
    """The tree of a text. Raises NotPython."""
    return Tree(text)


def walk(node):
    """The node and all below it, in the order of the text."""
    yield node
    for child in node.children:
        yield from walk(child)


def parameters(function: cst.FunctionDef | cst.Lambda) -> list[cst.Param]:
    """All named parameters in their order, `*args` and `**kwargs` left out."""
    params = function.params
    return [*params.posonly_params, *params.params, *params.kwonly_params]


def parameter(function, name: str) -> cst.Param | None:
    return next((p for p in parameters(function) if p.name.value == name), None)


def keyword(call: cst.Call, name: str) -> cst.Arg | None:
    """The argument that a call gives by this name."""
    return next((a for a in call.args if a.keyword is not None and a.keyword.value == name), None)


class _Spans(CodegenState):
    """A code generator that keeps where every node starts and ends, and what is around it."""

    def __init__(self, module):
        super().__init__(default_indent=module.default_indent, default_newline=module.default_newline)
        self.at = 0
        self.open: list[tuple] = []  # the nodes that are being written, with their starts
        # Without whitespace, commas and parentheses around a node, and with what libcst counts to it.
        self.spans: dict[int, tuple[int, int]] = {}
        self.wide: dict[int, tuple[int, int]] = {}
        self.parents: dict[int, cst.CSTNode | None] = {}

    def add_indent_tokens(self):
        for token in self.indent_tokens:
            self.at += len(token)

    def add_token(self, value):
        self.at += len(value)

    def pop_trailing_newline(self):
        pass

    def before_codegen(self, node):
        self.parents[id(node)] = self.open[-1][0] if self.open else None
        self.open.append((node, self.at))

    def after_codegen(self, node):
        self.wide[id(node)] = (self.open.pop()[1], self.at)
        self.spans.setdefault(id(node), self.wide[id(node)])

    @contextmanager
    def record_syntactic_position(self, node, *, start_node=None, end_node=None):
        start = self.at
        yield
        self.spans[id(node)] = (
            start if start_node is None else self.spans[id(start_node)][0],
            self.at if end_node is None else self.spans[id(end_node)][1],
        )
