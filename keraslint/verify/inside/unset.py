"""Settings that a program makes before its models: `config = None` and later `module.config = args`, or from a file."""

from __future__ import annotations

import argparse
import ast
import re
import types
from collections.abc import Iterator, Mapping
from traceback import walk_tb
from typing import Any

from keraslint.verify.inside.namespace import LazyModule, Namespace
from keraslint.verify.inside.stand_ins import Asked

_MISSING = re.compile(r"'([\w.]+)' object has no attribute '(\w+)'")
_HOLDERS = (argparse.Namespace, types.SimpleNamespace, dict)
_given: list[tuple[Any, str]] = []  # holders of settings, each with the name of one that was missing


def supplied(error: BaseException, sources: Mapping[str, str]) -> bool:
    """Whether the error was that there are no such settings yet, and there are some now: what their names suggest.

    Or that code which is a text, as in `eval("Net")`, found no name that its module has on demand.
    """
    if isinstance(error, NameError):
        return any(_demanded(frame.f_globals, error.name) for frame, _ in walk_tb(error.__traceback__))
    said = _MISSING.search(str(error))  # Keras makes another error of it, without the object
    frame, row = next(_frames(error, sources), (None, 0)) if said else (None, 0)
    if frame is None:
        return False
    tree = ast.parse(sources[frame.f_code.co_filename])
    read = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == said[2])
    nodes = [each.value for each in read if each.lineno <= row <= (each.end_lineno or row)]
    if said[1] == "NoneType":
        return any(_instead_of_nothing(node, frame) for node in nodes)
    return any(_given_to(node, said[2], frame) for node in nodes)


def _demanded(names: dict, name: str | None) -> bool:
    """Whether a module by demand has a name that it had not run yet. Python asks it only for names that are compiled with a function."""
    if not isinstance(names, Namespace) or dict.__contains__(names, name) or name not in names.binders:
        return False
    try:
        names[name]
    except Exception:
        return False
    return True


def renew() -> None:
    """Give those that were missing once more, as errors have told since what they hold."""
    for holder, name in _given:
        setattr(holder, name, Asked()[name])


def _frames(error: BaseException, sources: Mapping[str, str]) -> Iterator[tuple[types.FrameType, int]]:
    """The frames of the sources that an error came through, the innermost first, each with its row."""
    trace, found = error.__traceback__, []
    while trace is not None:
        if trace.tb_frame.f_code.co_filename in sources:
            found.append((trace.tb_frame, trace.tb_lineno))
        trace = trace.tb_next
    return reversed(found)


def _given_to(node: ast.expr, name: str, frame: types.FrameType) -> bool:
    """Whether what an expression gives holds settings, and holds one of this name now."""
    if not all(isinstance(part, (ast.Name, ast.Attribute, ast.Load)) for part in ast.walk(node)):
        return False
    try:
        holder = eval(compile(ast.Expression(node), "<settings>", "eval"), frame.f_globals, frame.f_locals)
        if not isinstance(holder, _HOLDERS) or type(holder) is dict:
            return False
        setattr(holder, name, Asked()[name])
        getattr(holder, name)
    except Exception:
        return False
    _given.append((holder, name))
    if isinstance(frame.f_globals, Namespace):
        frame.f_globals.assumed[f"{ast.unparse(node)}.{name}"] = "nothing sets it"
    return True


def _instead_of_nothing(node: ast.expr, frame: types.FrameType) -> bool:
    """Whether an expression names what a module has None for, and has settings for now."""
    if isinstance(node, ast.Name) and node.id not in frame.f_locals:
        return _put(frame.f_globals, node.id)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        module = frame.f_globals.get(node.value.id)
        if isinstance(module, types.ModuleType):
            lazy = isinstance(module, LazyModule)
            return _put(vars(module)["_namespace"] if lazy else vars(module), node.attr)
    return False


def _put(names: dict, name: str) -> bool:
    if names.get(name, name) is not None:
        return False
    names[name] = Asked()
    if isinstance(names, Namespace):
        names.assumed[name] = "it is None until the program sets it"
    return True
