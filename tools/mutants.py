"""The mutants of a file: copies of it with one small mistake each, made with mutmut's operators and a few more.

What is not mutated, because a test that noticed it would be of no use: annotations and decorators, `__slots__`, `__repr__`,
texts for people (strings with a space in them), and the limits (numbers that a module gives a name in capitals). As in
mutmut, nothing is changed within `isinstance(...)` and `len(...)`: that would nearly always raise, and prove little.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import libcst as cst
from libcst import metadata
from mutmut.mutation.file_mutation import NEVER_MUTATE_FUNCTION_CALLS
from mutmut.mutation.mutators import mutation_operators


class Mutant(NamedTuple):
    """One small mistake.

    within: the function that it stands in; empty where it is evaluated when the module is imported.
    """

    path: Path
    lines: range  # of the statement that it is in, without the statements in that
    within: str
    number: int  # among the mutants of its file
    old: cst.CSTNode
    new: cst.CSTNode


def mutants(path: Path) -> tuple[cst.Module, list[Mutant]]:
    """The tree of a file, and its mutants in the order of the text."""
    wrapper = metadata.MetadataWrapper(
        cst.parse_module(path.read_text(encoding="utf-8")), unsafe_skip_copy=True
    )
    collector = _Collector(path)
    wrapper.visit(collector)
    return wrapper.module, collector.found


def mutated(tree: cst.Module, mutant: Mutant) -> str:
    """The text of the file with the mistake in it."""
    return tree.deep_replace(mutant.old, mutant.new).code


def difference(tree: cst.Module, mutant: Mutant) -> str:
    """The lines that the mistake changes."""
    lines = difflib.unified_diff(tree.code.splitlines(), mutated(tree, mutant).splitlines(), lineterm="", n=0)
    return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))


def _negated(node: cst.If | cst.While | cst.CompIf) -> Iterator[cst.CSTNode]:
    """`if a` becomes `if not a`"""
    grouped = node.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    if isinstance(node.test, cst.UnaryOperation) and isinstance(node.test.operator, cst.Not):
        return  # mutmut takes the `not` away
    yield node.with_changes(test=cst.UnaryOperation(cst.Not(), grouped))


def _left_out(node: cst.Expr) -> Iterator[cst.CSTNode]:
    """A call for its effect is left out."""
    if isinstance(node.value, cst.Call):
        yield cst.Pass()


def _returned(node: cst.Return) -> Iterator[cst.CSTNode]:
    """`return a` becomes `return None`"""
    named = node.value.value if isinstance(node.value, cst.Name) else ""
    if node.value is not None and named not in ("None", "True", "False"):  # those are mutated as names
        yield node.with_changes(value=cst.Name("None"), whitespace_after_return=cst.SimpleWhitespace(" "))


OPERATORS = (
    *mutation_operators,
    (cst.If, _negated),
    (cst.While, _negated),
    (cst.CompIf, _negated),
    (cst.Expr, _left_out),
    (cst.Return, _returned),
)


class _Collector(cst.CSTVisitor):
    METADATA_DEPENDENCIES = (metadata.PositionProvider,)

    def __init__(self, path: Path):
        super().__init__()
        self.path = path
        self.found: list[Mutant] = []
        self.lines = range(1, 2)
        self.around: list[str] = []  # the classes and functions
        self.bodies: list[cst.CSTNode] = []  # those of the functions, which run after the import

    def on_visit(self, node: cst.CSTNode) -> bool:
        if _left_alone(node, bool(self.bodies)):
            return False
        if isinstance(node, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):
            self.lines = self._lines(node)
        for kind, operator in OPERATORS:
            if isinstance(node, kind):
                for new in operator(node):
                    within = ".".join(self.around) if self.bodies else ""
                    self.found.append(Mutant(self.path, self.lines, within, len(self.found), node, new))
        if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
            self.around.append(node.name.value)
            for part in node.children:
                # A default is evaluated where the function is defined.
                inside = isinstance(node, cst.FunctionDef) and part is node.body
                if inside:
                    self.bodies.append(part)
                part.visit(self)
                if inside:
                    self.bodies.pop()
            self.around.pop()
            return False
        return True

    def _lines(self, statement) -> range:
        where = self.get_metadata(metadata.PositionProvider, statement)
        if isinstance(statement, cst.BaseCompoundStatement) and isinstance(statement.body, cst.BaseSuite):
            body = self.get_metadata(metadata.PositionProvider, statement.body)
            return range(where.start.line, max(where.start.line + 1, body.start.line))
        return range(where.start.line, where.end.line + 1)


def _left_alone(node: cst.CSTNode, running: bool) -> bool:
    """Whether neither a node nor what is in it is mutated."""
    if isinstance(node, (cst.Annotation, cst.Decorator, cst.Import, cst.ImportFrom)):
        return True
    if isinstance(node, (cst.SimpleString, cst.ConcatenatedString)):
        return " " in (node.evaluated_value or " ")
    if isinstance(node, cst.FunctionDef):
        return node.name.value == "__repr__"
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Name):
        return node.func.value in NEVER_MUTATE_FUNCTION_CALLS
    if isinstance(node, cst.Assign) and isinstance(node.targets[0].target, cst.Name):
        name = node.targets[0].target.value
        return name == "__slots__" or (
            not running and name.isupper() and isinstance(node.value, cst.BaseNumber)
        )
    return False
