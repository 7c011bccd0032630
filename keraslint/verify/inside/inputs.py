"""What a model may be called with: what it declares, how `call` takes it apart, and what its first layers take."""

from __future__ import annotations

import ast
import inspect
import itertools
import re
from collections.abc import Iterator
from typing import Any

from keraslint.verify.inside import guesses
from keraslint.verify.inside.arrays import Spec, Structure
from keraslint.verify.inside.namespace import Namespace

SMALL = guesses.SMALL
CONTROLS = ("training", "mask", "self")


VECTOR, SEQUENCE = Spec("float", (2, SMALL)), Spec("float", (2, 8, SMALL))
IMAGE, TOKENS, VOLUME = Spec("float", (2, 32, 32, 3)), Spec("int", (2, 8)), Spec("float", (2, 8, 8, 8, 3))
FLAT_IMAGE = Spec("float", (2, 28, 28))
USUAL = (VECTOR, SEQUENCE, IMAGE, TOKENS, Spec("float", (2, 16, 16, SMALL)), FLAT_IMAGE, VOLUME)

# What a builtin layer takes, by the beginning of its class's name.
_TAKES: tuple[tuple[str, Spec], ...] = (
    (r"Embedding", TOKENS),
    (r"(Separable|Depthwise)?Conv1D|.*Pooling1D|.*Cropping1D|.*Padding1D|UpSampling1D", SEQUENCE),
    (r"(Separable|Depthwise)?Conv2D|.*Pooling2D|Cropping2D|ZeroPadding2D|UpSampling2D", IMAGE),
    (r"Random|Resizing|CenterCrop|Rescaling", IMAGE),
    (r"Conv3D|.*3D", VOLUME),
    (r"LSTM|GRU|SimpleRNN|RNN|Bidirectional|TimeDistributed|MultiHead|Attention|GroupQuery", SEQUENCE),
    (r"StringLookup|TextVectorization", TOKENS),
    (r"Flatten", FLAT_IMAGE),
    (r"Dense|EinsumDense", VECTOR),
)
_BY_NAME: tuple[tuple[str, Spec], ...] = (
    (r"mask", Spec("bool", (2, 8))),
    (
        r"(^|_)(ids?|tokens?|indices|index|words?|sentences?|positions?|text|src|tgt)$|token_ids|input_ids|segment",
        TOKENS,
    ),
    (r"imag|img|pixel|photo|frame", IMAGE),
    (r"seq|hidden|embed|quer|key|value|memory|encoder_output|enc_output|context", SEQUENCE),
    (r"state|latent|noise|^z$|vector|feature", VECTOR),
)


def structures(model, namespace: Namespace, library) -> list[list[Structure]]:
    """Arguments to try, the likeliest first: each a list with one structure for each argument of `call`."""
    declared = _declared(model, library)
    if declared is not None:
        return [[declared]]
    names = _arguments(model)
    if not names:
        return [[VECTOR]]
    call = _definition(model, namespace)
    hinted = [_hints(model, name, call, library) for name in names]
    found = [
        list(choice) for choice in zip(*(itertools.islice(itertools.chain(h, USUAL), 12) for h in hinted))
    ]
    return found


def _declared(model, library):
    """The inputs that a graph, or a model that is built, declares."""
    try:
        inputs = model.inputs if library.is_graph(model) else None
    except Exception:
        return None
    if not inputs:
        shape = getattr(model, "_build_input_shape", None) or getattr(model, "_build_shapes_dict", None)
        return (
            of_shape(shape)
            if isinstance(shape, tuple) and shape and not isinstance(shape[0], tuple)
            else None
        )
    names = [re.sub(r"[:/].*", "", str(tensor.name)) for tensor in inputs]
    specs = [_of_tensor(tensor) for tensor in inputs]
    structure = getattr(model, "_inputs_struct", None)
    if isinstance(structure, dict):
        return (
            dict(zip(names, specs))
            if set(names) == set(structure)
            else {k: _of_tensor(t) for k, t in structure.items()}
        )
    return specs[0] if len(specs) == 1 else specs


def _of_tensor(tensor) -> Spec:
    dtype = str(getattr(tensor.dtype, "name", tensor.dtype))
    kind = "int" if "int" in dtype else "bool" if "bool" in dtype else "float"
    return of_shape(tuple(tensor.shape))._replace(kind=kind)


def of_shape(shape) -> Spec:
    """A shape with None made an array's: batch 2, other free sizes small."""
    free = 32 if len(shape) == 4 else 8
    sizes = [int(size) if size is not None else free for size in shape]
    return Spec("float", (2, *sizes[1:]))


def _arguments(model) -> list[str]:
    """The arguments that `call` must be given."""
    try:
        parameters = list(inspect.signature(model.call).parameters.values())
    except (TypeError, ValueError):
        return ["inputs"]
    plain = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    needed = [p.name for p in plain if p.default is p.empty and p.name not in CONTROLS]
    return needed or [p.name for p in plain[:1]] or ["inputs"]


def _definition(model, namespace: Namespace) -> ast.FunctionDef | None:
    """The syntax tree of the `call` that runs."""
    try:
        function = inspect.unwrap(type(model).call)
        code = function.__code__
        tree = namespace.tree if code.co_filename == namespace.filename else _parsed(code.co_filename)
    except (AttributeError, OSError, SyntaxError):
        return None
    functions = (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == "call")
    return next(
        (
            f
            for f in functions
            if f.lineno <= code.co_firstlineno <= f.lineno or _first(f) == code.co_firstlineno
        ),
        None,
    )


def _first(function: ast.FunctionDef) -> int:
    return min([function.lineno, *(d.lineno for d in function.decorator_list)])


def _parsed(filename: str) -> ast.Module:
    with open(filename, encoding="utf-8") as file:
        return ast.parse(file.read())


def _hints(model, name: str, call, library, depth: int = 4) -> Iterator[Structure]:
    """What one argument may be: how `call` takes it apart, which layer it goes to, how it is named."""
    if call is not None:
        aliases = _aliases(call, name)
        yield from _taken_apart(model, aliases, call, library, depth)
        for layer in _consumers(model, aliases, call):
            yield from _taken_by(layer, library, depth)
    for pattern, spec in _BY_NAME:
        if re.search(pattern, name.lower()):
            yield spec


def _aliases(call, name: str) -> set[str]:
    """The argument's names: `x = inputs`, `x = tf.cast(inputs, ...)`."""
    found = {name}
    for node in ast.walk(call):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            value = node.value
            if isinstance(value, ast.Call) and value.args and not _of_self(value.func):
                value = value.args[0]
            if isinstance(value, ast.Name) and value.id in found:
                found.add(node.targets[0].id)
    return found


def _of_self(node) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"


def _taken_apart(model, aliases, call, library, depth) -> Iterator[Structure]:
    """`a, b = inputs`, `inputs[0]`, `inputs["x"]`."""
    keys: dict = {}
    for node in ast.walk(call):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and node.value.id in aliases:
            target = node.targets[0]
            if isinstance(target, (ast.Tuple, ast.List)):
                parts = [getattr(part, "id", "_") for part in target.elts]
                yield [
                    next(itertools.chain(_hints(model, part, call, library, depth - 1), (VECTOR,)))
                    for part in parts
                ]
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in aliases:
            if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, (str, int)):
                keys.setdefault(type(node.slice.value), {})[node.slice.value] = node
    if str in keys:
        yield {key: next(itertools.chain(named(key), (VECTOR,))) for key in keys[str]}
    if int in keys and max(keys[int]) > 0:
        size = max(keys[int]) + 1
        yield [VECTOR] * size
        yield [SEQUENCE] * size
        yield [IMAGE] * size


def named(name: str) -> Iterator[Spec]:
    return (spec for pattern, spec in _BY_NAME if re.search(pattern, name.lower()))


def _consumers(model, aliases, call) -> Iterator[Any]:
    """The layers of `self` that are called with the argument, in source order."""
    calls = [n for n in ast.walk(call) if isinstance(n, ast.Call) and n.args]
    for node in sorted(calls, key=lambda n: (n.lineno, n.col_offset)):
        if isinstance(node.args[0], ast.Name) and node.args[0].id in aliases:
            callee = node.func.value if isinstance(node.func, ast.Subscript) else node.func
            if _of_self(callee):
                value = getattr(model, callee.attr, None)
                yield value[0] if isinstance(value, (list, tuple)) and value else value
    for node in ast.walk(call):
        if isinstance(node, ast.For) and _of_self(node.iter):
            value = getattr(model, node.iter.attr, None)
            if isinstance(value, (list, tuple)) and value:
                yield value[0]


def _taken_by(layer, library, depth) -> Iterator[Structure]:
    if not isinstance(layer, library.layer) or depth <= 0:
        return
    declared = _declared(layer, library)
    if declared is not None:
        yield declared
        return
    if isinstance(layer, library.sequential) and layer.layers:
        yield from _taken_by(layer.layers[0], library, depth - 1)
        return
    if library.is_keras(type(layer)):
        found = next((spec for pattern, spec in _TAKES if re.match(pattern, type(layer).__name__)), None)
        if found is not None:
            limit = getattr(layer, "input_dim", None)
            yield found._replace(limit=min(limit, 1000)) if found.kind == "int" and limit else found
        return
    for name in _arguments(layer)[:1]:
        try:
            call = _definition_of(layer)
        except (AttributeError, OSError, SyntaxError, TypeError):
            return
        yield from _hints(layer, name, call, library, depth - 1)


def _definition_of(layer):
    code = inspect.unwrap(type(layer).call).__code__
    functions = (
        n for n in ast.walk(_parsed(code.co_filename)) if isinstance(n, ast.FunctionDef) and n.name == "call"
    )
    return next((f for f in functions if _first(f) == code.co_firstlineno), None)
