"""The sizes that a model checks its inputs against: `b, h, w, c = x.shape` and `assert h == self.img_size[0]`."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from typing import Any

from keraslint.verify.inside.arrays import Spec
from keraslint.verify.inside.hints import aliases, is_shape

LARGEST = 16_384


def checked(model, call: ast.FunctionDef | None, name: str) -> tuple[int, dict[int, int]]:
    """(the rank of an argument of `call`, the sizes that it must have, by axis), as far as the code says."""
    if call is None:
        return 0, {}
    axes = next(_taken_apart(call, aliases(call, name)), {})
    sizes = {}
    known = _Values(model, call)
    for one, other in _compared(call):
        for size, value in ((one, other), (other, one)):
            if isinstance(size, ast.Name) and size.id in axes and (wanted := known.size(value)):
                sizes[axes[size.id]] = wanted
    sizes.pop(0, None)  # the batch is ours to choose
    return len(axes), sizes


def fitted(spec: Spec, rank: int, sizes: dict[int, int]) -> Spec:
    """A specification of this rank with these sizes; any other as it is."""
    if not sizes or len(spec.shape) != rank:
        return spec
    return spec._replace(shape=tuple(sizes.get(at, size) for at, size in enumerate(spec.shape)))


def _taken_apart(call: ast.FunctionDef, names: set[str]) -> Iterator[dict[str, int]]:
    for node in ast.walk(call):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], (ast.Tuple, ast.List)):
            parts = node.targets[0].elts
            if is_shape(node.value, names) and all(isinstance(part, ast.Name) for part in parts):
                yield {part.id: at for at, part in enumerate(parts)}


def _compared(call: ast.FunctionDef) -> Iterator[tuple[ast.expr, ast.expr]]:
    """What is asserted to be equal, or raises where it is not."""
    for node in ast.walk(call):
        equal = isinstance(node, ast.Assert)
        raises = isinstance(node, ast.If) and isinstance(node.body[0], ast.Raise)
        for each in ast.walk(node.test) if equal or raises else ():
            if isinstance(each, ast.Compare) and isinstance(each.ops[0], ast.Eq if equal else ast.NotEq):
                yield each.left, each.comparators[0]


class _Values(dict):
    """The locals of a `call` that hang on the model alone, by demand."""

    def __init__(self, model, call: ast.FunctionDef):
        super().__init__(self=model)
        self.call = call
        self.names = getattr(inspect.unwrap(type(model).call), "__globals__", {})

    def size(self, expression: ast.expr) -> int | None:
        try:
            value = self.value(expression)
        except Exception:
            return None
        return value if type(value) is int and 0 < value <= LARGEST else None

    def value(self, expression: ast.expr) -> Any:
        return eval(compile(ast.Expression(expression), "<sizes>", "eval"), self.names, self)

    def __missing__(self, name: str) -> Any:
        for node in ast.walk(self.call):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], (ast.Name, ast.Tuple)):
                target = node.targets[0]
                names = [target] if isinstance(target, ast.Name) else target.elts
                for at, each in enumerate(names):
                    if isinstance(each, ast.Name) and each.id == name and not _speaks_of(node.value, name):
                        value = self.value(node.value)
                        return value if each is target else value[at]
        raise KeyError(name)


def _speaks_of(expression: ast.expr, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(expression))
