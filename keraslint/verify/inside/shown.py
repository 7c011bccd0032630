"""What the project itself calls a model with, evaluated where it stands."""

from __future__ import annotations

import ast
import contextlib
import time
from collections.abc import Iterator

from keraslint.verify.inside.arrays import Spec, Structure
from keraslint.verify.inside.calls import CallSite, every_call, last_name
from keraslint.verify.inside.namespace import Namespace
from keraslint.verify.inside.quiet import Started, TooLong, limited, quiet
from keraslint.verify.inside.scope import Scope
from keraslint.verify.inside.weightless import TooBig

MOST_CALLS = 4
MOST_ROWS = 2
MOST_SECONDS = 2.0  # of the processor: a call may stand where large models are made, or run
NOT_INPUTS = ("training",)


def shown(name: str, modules: list[Namespace], library) -> list[tuple[list, dict]]:
    """(positional, named) arguments of `Net(...)(x)`, `net(x)` and `net.build(shape)` where `net = Net(...)`, for a class or function Net."""
    found: list[tuple[list, dict]] = []
    end = time.process_time() + MOST_SECONDS
    for module in modules:
        for site in list(_calls(module.tree, name))[:MOST_CALLS]:
            left = end - time.process_time()
            if left <= 0:
                return found
            scope = Scope.of(module, site)
            stopped = contextlib.suppress(Exception, SystemExit, Started, TooBig, TooLong)
            with stopped, quiet(library), limited(left):
                positional = [structure(scope.value(argument)) for argument in site.call.args]
                named = {
                    keyword.arg: structure(scope.value(keyword.value))
                    for keyword in site.call.keywords
                    if keyword.arg not in NOT_INPUTS
                }
                if (positional or named) and (positional, named) not in found:
                    found.append((positional, named))
    return found


def _calls(tree: ast.Module, name: str) -> Iterator[CallSite]:
    held = _holders(tree, name)
    for site in every_call(tree):
        callee = site.call.func
        if isinstance(callee, ast.Attribute) and callee.attr in ("build", "call"):
            callee = callee.value
        if isinstance(callee, ast.Subscript):
            callee = callee.value
        if _makes(callee, name) or (
            isinstance(callee, (ast.Name, ast.Attribute)) and ast.unparse(callee) in held
        ):
            yield site


def _holders(tree: ast.Module, name: str) -> set[str]:
    """What holds such models: `net`, `self.nets`, and `each` of `for each in self.nets`."""
    held: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and _makes(node.value, name):
            held.update(map(ast.unparse, node.targets))
        elif (
            isinstance(node, ast.Call)
            and last_name(node.func) == "append"
            and any(_makes(a, name) for a in node.args)
        ):
            held.add(ast.unparse(node.func.value))
    for node in ast.walk(tree):
        if isinstance(node, (ast.For, ast.comprehension)) and isinstance(node.target, ast.Name):
            if ast.unparse(node.iter) in held:
                held.add(node.target.id)
    return held


def _makes(node: ast.expr, name: str) -> bool:
    """`Net(...)`, `[Net(...), ...]` and `[Net(...) for ...]`."""
    if isinstance(node, (ast.List, ast.Tuple)):
        return any(_makes(part, name) for part in node.elts)
    if isinstance(node, ast.ListComp):
        return _makes(node.elt, name)
    return isinstance(node, ast.Call) and last_name(node.func) == name


def structure(value) -> Structure:
    """Specifications of arrays, tensors and shapes. Raises AttributeError for what is none."""
    if value is None or isinstance(value, bool):
        return value
    if _is_shape(value):
        return Spec("float", tuple(MOST_ROWS if at == 0 else size or 32 for at, size in enumerate(value)))
    if isinstance(value, dict):
        return {key: structure(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)) and value:
        return [structure(part) for part in value]
    dtype, sizes = str(getattr(value.dtype, "name", value.dtype)), tuple(value.shape)
    kind = "bool" if "bool" in dtype else "int" if "int" in dtype else "float"
    shape = tuple(
        min(size or MOST_ROWS, MOST_ROWS) if at == 0 else size or 32 for at, size in enumerate(sizes)
    )
    return Spec(kind, shape, _limit(value) if kind == "int" else 2)


def _is_shape(value) -> bool:
    return (
        isinstance(value, (list, tuple))
        and len(value) > 1
        and all(size is None or type(size) is int for size in value)
    )


def _limit(value) -> int:
    """More than the greatest number, where the numbers are known."""
    try:
        import numpy

        return int(numpy.max(numpy.asarray(value))) + 1
    except Exception:
        return 2
