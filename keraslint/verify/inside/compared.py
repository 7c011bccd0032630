"""What code compares its settings to, so for which values it does what it does."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from keraslint.verify.inside.calls import last_name


class OfClass(NamedTuple):
    """A value must be an object of a class, which an expression names."""

    expression: str


def texts_compared_to(tree: ast.Module, name: str) -> dict[str, list[str]]:
    """The texts that the code of a class or function compares its arguments or attributes to, by their names."""
    found: dict[str, list[str]] = {}
    owners = [node for node in tree.body if getattr(node, "name", None) == name]
    for node in (part for owner in owners for part in ast.walk(owner) if isinstance(part, ast.Compare)):
        for constant in ast.walk(node.comparators[0]):
            if isinstance(constant, ast.Constant) and isinstance(constant.value, str):
                found.setdefault(last_name(node.left), []).append(constant.value)
    return found


def keys_of_keywords(tree: ast.Module, owner: str) -> list[str]:
    """The names that the constructor of a class must find in its `**kwargs`: `units` of `kwargs["units"]`."""
    constructors = [
        part
        for node in tree.body
        if isinstance(node, ast.ClassDef) and node.name == owner
        for part in node.body
        if isinstance(part, ast.FunctionDef) and part.name == "__init__" and part.args.kwarg
    ]
    found: dict[str, None] = {}
    for function in constructors:
        for node in ast.walk(function):
            held, key = getattr(node, "value", None), None
            if isinstance(node, ast.Subscript):
                key = node.slice
            elif (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "pop"
            ):
                held, key = node.func.value, node.args[0] if len(node.args) == 1 else None
            if last_name(held) == function.args.kwarg.arg and isinstance(key, ast.Constant):
                found[str(key.value)] = None
    return list(found)


def settings_for(tree: ast.Module, owner: str, attribute: str) -> Iterator[dict[str, Any]]:
    """Settings of a class with which it gives itself an attribute: `{"version": 2}` of `if version == 2: self.head = ...`."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == owner:
            for settings in _branches(node, attribute, {}):
                if settings:
                    yield settings


def spared_by(text: str, row: int) -> dict[str, list]:
    """Values, by what is compared, with which a row of a module would not raise, those of the innermost condition first.

    `{"kind": ["max", "mean"]}` of the `else` of `if kind == "mean": ... elif kind == "max": ... else: raise`.
    """
    found: dict[str, list] = {}
    for test, holds in reversed(_conditions(parsed(text), row)):
        for name, value in _such_that(test, holds).items():
            found.setdefault(name, []).append(value)
    return found


@lru_cache(maxsize=16)
def parsed(text: str) -> ast.Module:
    """The syntax tree of a module, an empty one if it has none."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return ast.Module([], [])


def _conditions(node: ast.AST, row: int) -> list[tuple[ast.expr, bool]]:
    """The tests on the way to a row, the outermost first, each with what would have led elsewhere."""
    for part in ast.iter_child_nodes(node):
        if not isinstance(part, ast.stmt) or not part.lineno <= row <= part.end_lineno:
            continue
        if isinstance(part, ast.Assert):
            return [(part.test, True)]
        if isinstance(part, ast.If):
            within = any(each.lineno <= row <= each.end_lineno for each in part.body)
            return [(part.test, not within), *_conditions(part, row)]
        return _conditions(part, row)
    return []


def _branches(node: ast.AST, attribute: str, settings: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The settings of the branches, within a part of the code, that assign the attribute."""
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if any(isinstance(each, ast.Attribute) and each.attr == attribute for each in targets):
            yield settings
    elif isinstance(node, ast.If):
        for parts, holds in ((node.body, True), (node.orelse, False)):
            for part in parts:
                yield from _branches(part, attribute, {**settings, **_such_that(node.test, holds)})
    else:
        for part in ast.iter_child_nodes(node):
            yield from _branches(part, attribute, settings)


def _such_that(test: ast.expr, holds: bool) -> dict[str, Any]:
    """Values for which a test holds, or does not; nothing for what says none."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _such_that(test.operand, not holds)
    if isinstance(test, ast.BoolOp):
        parts = [_such_that(part, holds) for part in test.values]
        all_of_them = isinstance(test.op, ast.And) == holds
        return {name: value for part in (parts if all_of_them else parts[:1]) for name, value in part.items()}
    if isinstance(test, (ast.Name, ast.Attribute)):
        return {last_name(test): holds}
    if isinstance(test, ast.Call) and last_name(test.func) == "isinstance" and holds and len(test.args) == 2:
        return {last_name(test.args[0]): OfClass(ast.unparse(test.args[1]))}
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and last_name(test.left):
        return {last_name(test.left): value for value in _of_comparison(test, holds)[:1]}
    return {}


def _of_comparison(test: ast.Compare, holds: bool) -> list:
    """Values of the left side for which a comparison with constants holds, or does not."""
    try:
        right = ast.literal_eval(test.comparators[0])
    except ValueError:
        return []
    kind = type(test.ops[0])
    kind = kind if holds else _OPPOSITE.get(kind, kind)
    if kind in (ast.Eq, ast.Is):
        return [right]
    if kind is ast.In:
        return list(right)
    return [right + _BEYOND[kind]] if kind in _BEYOND and isinstance(right, (int, float)) else []


_OPPOSITES = (
    (ast.Eq, ast.NotEq),
    (ast.Is, ast.IsNot),
    (ast.In, ast.NotIn),
    (ast.Lt, ast.GtE),
    (ast.Gt, ast.LtE),
)
_OPPOSITE = {one: other for pair in _OPPOSITES for one, other in (pair, pair[::-1])}
_BEYOND = {ast.Lt: -1, ast.LtE: 0, ast.Gt: 1, ast.GtE: 0}
