"""What a step of a model's own may be given, where the model has no `call` or its step takes other data than that."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from keraslint.verify.inside.arrays import Spec, Structure
from keraslint.verify.inside.hints import aliases, definition
from keraslint.verify.inside.inputs import DEPTH, USUAL, hints, taken_by

LABELS = Spec("int", (2,))
_NAMES_LABELS = re.compile(r"label|class(es)?$")


def batches(model, step: str, library, sources) -> Iterator[list[Structure]]:
    """Inputs, and targets and weights where the step takes its data apart, the likeliest first.

    step: the method's name. sources: filename -> text. What the step does not tell is shaped as its parts take it.
    """
    function = definition(type(model), step, sources)
    if function is None:
        return
    data = function.args.args[-1].arg

    def hinted(name: str) -> Iterator[Spec]:
        found = hints(model, name, function, library, sources, DEPTH - 1)
        return (each for each in found if isinstance(each, Spec))

    held = [spec for part in vars(model).values() for spec in taken_by(part, library, sources, DEPTH)]
    usual = [*(each for each in held if isinstance(each, Spec)), *USUAL]
    apart = _taken_apart(function, aliases(function, data))
    if apart is None:
        yield from ([each] for each in hints(model, data, function, library, sources, DEPTH - 1))
        yield from ([each] for each in usual)
        yield from ([each, LABELS] for each in usual)
        return
    for spec in usual:
        yield _filled(apart, lambda name, spec=spec: next(hinted(name), spec))
    for spec in usual:
        yield _filled(apart, lambda name, spec=spec: spec)


def _taken_apart(function: ast.FunctionDef, names: set[str]) -> ast.Tuple | ast.List | None:
    """The names that `x, y = data` gives to the parts of the data."""
    for node in ast.walk(function):
        taken = isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and node.value.id in names
        if taken and isinstance(node.targets[0], (ast.Tuple, ast.List)):
            return node.targets[0]
    return None


def _filled(target: ast.expr, shaped: Callable[[str], Spec]) -> Structure:
    """A structure like the target, with what its names say."""
    if isinstance(target, (ast.Tuple, ast.List)):
        return [_filled(part, shaped) for part in target.elts]
    name = getattr(target, "id", "")
    return LABELS if _NAMES_LABELS.search(name) else shaped(name)
