"""What code does with what it has by a name: with `x` and `self.x`, `config.x` and `config["x"]`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from keraslint.verify.inside.calls import every_call, last_name
from keraslint.verify.inside.hints import of_self

_THROUGH = ("reversed", "list", "tuple", "sorted", "iter")  # give what they are given, to go through
_AT_ONCE = ("len", "set", "sum", "any", "all", "dict")  # go through it themselves
_ASKS_FOR_TYPE = ("isinstance", "type", "callable", "hasattr")
_DEEPEST = 2  # of lists in one another


class Use(NamedTuple):
    """attributes: those that are read of it. keys: the constants that it is indexed with. called: the names of the functions
    that call it, and gives: without arguments. parts: what is done with each of what it is gone through for, if it is, and `apart` the names that each is
    taken apart into. texts: what it is compared to. indexes: others are indexed with it. tested: it is asked for its truth. checked: its type is asked for, so
    that it may be anything.
    """

    attributes: frozenset[str] = frozenset()
    keys: frozenset = frozenset()
    called: frozenset[str] = frozenset()
    gives: bool = False
    parts: Use | None = None
    apart: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    indexes: bool = False
    tested: bool = False
    checked: bool = False


def use(code: ast.AST, name: str, whole: ast.AST | None = None, depth: int = _DEEPEST) -> Use:
    """What a part of the code does with what has a name; and the whole, where that is kept in an attribute of `self`."""
    done = list(_index(code).get(name, ()))
    for kept in dict.fromkeys(what for kind, what in done if kind == "kept"):
        done += _index(whole or code).get(f"self.{kept}", ())
    found: dict[str, list] = {}
    for kind, what in done:
        found.setdefault(kind, []).append(what)
    through = found.get("gone through", ())
    parts = Use() if through else None
    for target, loop in through:
        if isinstance(target, ast.Name) and depth:
            parts = use(loop, target.id, depth=depth - 1)
            break
    return Use(
        frozenset(found.get("attribute", ())),
        frozenset(found.get("key", ())),
        frozenset(found.get("called", ())),
        "gives" in found,
        parts,
        next((_names(target) for target, _ in through if isinstance(target, ast.Tuple)), ()),
        tuple(dict.fromkeys(found.get("text", ()))),
        "indexes" in found,
        "tested" in found,
        "checked" in found,
    )


def merged(one: Use, other: Use) -> Use:
    """What is done in either of two parts of the code."""
    return Use(
        one.attributes | other.attributes,
        one.keys | other.keys,
        one.called | other.called,
        one.gives or other.gives,
        one.parts or other.parts,
        one.apart or other.apart,
        tuple(dict.fromkeys([*one.texts, *other.texts])),
        one.indexes or other.indexes,
        one.tested or other.tested,
        one.checked or other.checked,
    )


@lru_cache(maxsize=64)
def _index(code: ast.AST) -> dict[str, list[tuple[str, Any]]]:
    """All that is done, by name."""
    found: dict[str, list[tuple[str, Any]]] = {}

    def note(expression: ast.expr, kind: str, what: Any):
        name = _name(expression)
        for each in [name, f"self.{name}"] if of_self(expression) else [name]:
            found.setdefault(each, []).append((kind, what))

    for node in ast.walk(code):
        for each in _done(node):
            note(*each)
    for site in every_call(code):
        within = site.functions[-1].name if site.functions else ""
        given = site.call.args or site.call.keywords
        note(site.call.func, *(("called", within) if given else ("gives", None)))
    found.pop("", None)
    return found


def _done(node: ast.AST) -> Iterator[tuple[ast.expr, str, Any]]:
    """(with which expression, what kind of thing, more of it) for what is done at a node."""
    if isinstance(node, ast.Attribute):
        yield node.value, "attribute", node.attr
    elif isinstance(node, ast.Subscript):
        if isinstance(node.slice, ast.Constant):
            yield node.value, "key", node.slice.value
        elif isinstance(node.slice, (ast.Name, ast.Attribute)):
            yield node.slice, "indexes", None
    elif isinstance(node, ast.Call) and last_name(node.func) in _ASKS_FOR_TYPE:
        yield from ((argument, "checked", None) for argument in node.args[:1])
    elif isinstance(node, ast.Call) and last_name(node.func) in _AT_ONCE:
        yield from ((argument, "gone through", (None, node)) for argument in node.args[:1])
    elif isinstance(node, ast.Compare):
        yield from ((node.left, "text", text) for text in _texts(node))
    elif isinstance(node, (ast.If, ast.IfExp)):
        yield node.test, "tested", None
    elif isinstance(node, ast.BoolOp):
        yield from ((value, "tested", None) for value in node.values)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand, "tested", None
    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute):
        yield node.value, "kept", node.targets[0].attr
    elif isinstance(node, (ast.For, ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
        for loop in [node] if isinstance(node, ast.For) else node.generators:
            for expression, target in _through(loop.iter, loop.target):
                yield expression, "gone through", (target, node)


def _name(node: ast.expr) -> str:
    """`x` of `x`, `config.x` and `config["x"]`."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return node.slice.value if isinstance(node.slice.value, str) else ""
    return last_name(node)


def _texts(node: ast.Compare) -> Iterator[str]:
    for constant in ast.walk(node.comparators[0]):
        if isinstance(constant, ast.Constant) and isinstance(constant.value, str):
            yield constant.value


def _through(gone: ast.expr, target: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    """What a loop goes through, with what has each of it: `x` of `enumerate(x)`, both of `zip(x, y)`."""
    if not isinstance(gone, ast.Call):
        yield gone, target
    elif last_name(gone.func) in _THROUGH:
        yield from ((each, target) for each in gone.args[:1])
    elif isinstance(target, ast.Tuple) and last_name(gone.func) == "enumerate":
        yield from ((each, target.elts[-1]) for each in gone.args[:1])
    elif isinstance(target, ast.Tuple) and last_name(gone.func) == "zip":
        yield from zip(gone.args, target.elts)


def _names(target: ast.Tuple) -> tuple[str, ...]:
    return tuple(map(last_name, target.elts))
