"""The calls in a module, each with what it stands in."""

from __future__ import annotations

import ast
import inspect
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


def fits(call: ast.Call, signature: inspect.Signature) -> bool:
    """Whether a call can be of what has the signature, as far as it says: another may have the same name."""
    if any(isinstance(argument, ast.Starred) for argument in call.args):
        return True
    try:
        signature.bind_partial(*call.args, **{each.arg: each.value for each in call.keywords if each.arg})
    except TypeError:
        return False
    return True


def signature_of(function: ast.FunctionDef) -> inspect.Signature:
    """How a function is called; a method, of an object."""
    given, kinds = function.args, inspect.Parameter
    positional = [*given.posonlyargs, *given.args]
    parameters = [
        *(kinds(each.arg, kinds.POSITIONAL_OR_KEYWORD) for each in positional[_is_method(function) :]),
        *(kinds(each.arg, kinds.VAR_POSITIONAL) for each in [given.vararg] if each is not None),
        *(kinds(each.arg, kinds.KEYWORD_ONLY) for each in given.kwonlyargs),
        *(kinds(each.arg, kinds.VAR_KEYWORD) for each in [given.kwarg] if each is not None),
    ]
    return inspect.Signature(parameters)


def _is_method(function: ast.FunctionDef) -> bool:
    return bool(function.args.args) and function.args.args[0].arg in ("self", "cls")
