"""What code compares its settings to, so for which values it does what it does."""

from __future__ import annotations

import ast
import contextlib
import textwrap
from collections.abc import Iterator
from typing import Any

from keraslint.verify.inside.scope import last_name


def texts_compared_to(tree: ast.Module, name: str) -> dict[str, list[str]]:
    """The texts that the code of a class or function compares its arguments or attributes to, by their names."""
    found: dict[str, list[str]] = {}
    owners = [node for node in tree.body if getattr(node, "name", None) == name]
    for node in (part for owner in owners for part in ast.walk(owner) if isinstance(part, ast.Compare)):
        for constant in ast.walk(node.comparators[0]):
            if isinstance(constant, ast.Constant) and isinstance(constant.value, str):
                found.setdefault(last_name(node.left), []).append(constant.value)
    return found


def settings_for(tree: ast.Module, owner: str, attribute: str) -> Iterator[dict[str, Any]]:
    """Settings of a class with which it gives itself an attribute: `{"version": 2}` of `if version == 2: self.head = ...`."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == owner:
            for settings in _branches(node, attribute, {}):
                if settings:
                    yield settings


def spared_by(lines: list[str]) -> dict[str, Any]:
    """Settings with which an assertion in these lines holds, or a condition does not: `{"width": 64}` of `if width != 64:`."""
    text = textwrap.dedent("".join(lines)).strip()
    for complete in (text, f"{text}\n    pass", f"{text.removeprefix('el')}\n    pass"):
        with contextlib.suppress(SyntaxError):
            statement = ast.parse(complete).body[0]
            return (
                _such_that(statement.test, isinstance(statement, ast.Assert))
                if hasattr(statement, "test")
                else {}
            )
    return {}


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
