"""The calls in a module, each with what it stands in."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class CallSite(NamedTuple):
    """A call in a module, and the functions, classes and loops of comprehensions around it, the innermost last."""

    call: ast.Call
    functions: tuple[ast.FunctionDef, ...]
    classes: tuple[str, ...]
    loops: tuple[ast.comprehension, ...] = ()


def calls_of(tree: ast.Module, name: str) -> Iterator[CallSite]:
    """The calls of `name(...)` or `x.name(...)` in a module."""
    return (site for site in every_call(tree) if last_name(site.call.func) == name)


@lru_cache(maxsize=64)
def every_call(tree: ast.Module) -> tuple[CallSite, ...]:
    """The calls in a module, each with what it stands in."""
    return tuple(_calls_in(tree))


def _calls_in(
    node: ast.AST, functions: tuple = (), classes: tuple = (), loops: tuple = ()
) -> Iterator[CallSite]:
    if isinstance(node, ast.Call):
        yield CallSite(node, functions, classes, loops)
    if isinstance(node, FUNCTIONS):
        functions = (*functions, node)
    if isinstance(node, ast.ClassDef):
        classes = (*classes, node.name)
    loops = (*loops, *getattr(node, "generators", ()))
    for child in ast.iter_child_nodes(node):
        yield from _calls_in(child, functions, classes, loops)


def last_name(node: ast.AST) -> str:
    """`name` of `name` and of `x.name`."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
