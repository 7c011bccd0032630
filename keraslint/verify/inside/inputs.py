"""What a model may be called with: what its first layers take, then a search led by what Keras complains about."""

from __future__ import annotations

import ast
import heapq
import inspect
import itertools
import re
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from keraslint.verify.inside import guesses
from keraslint.verify.inside.namespace import Namespace

SMALL = guesses.SMALL
MOST_ELEMENTS = 3_000_000
MOST_TRIES = 40
MOST_SECONDS = 12.0
CONTROLS = ("training", "mask", "self")


class Spec(NamedTuple):
    """An array: float, int (below `limit`) or bool, of a shape that begins with the batch."""

    kind: str
    shape: tuple[int, ...]
    limit: int = 2

    def __str__(self):
        below = f" < {self.limit}" if self.kind == "int" else ""
        return f"{self.kind}{self.shape}{below}"

    def array(self):
        """Its values: the same ones each time."""
        import numpy

        rng = numpy.random.default_rng(0)
        if self.kind == "int":
            return rng.integers(0, self.limit, self.shape).astype("int32")
        values = rng.uniform(0, 1, self.shape)
        return values > 0.2 if self.kind == "bool" else values.astype("float32")


Structure = Any  # a Spec, or nested lists, tuples and dicts of them

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
            _of_shape(shape)
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
    return _of_shape(tuple(tensor.shape))._replace(kind=kind)


def _of_shape(shape) -> Spec:
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
        yield {key: next(itertools.chain(_named(key), (VECTOR,))) for key in keys[str]}
    if int in keys and max(keys[int]) > 0:
        size = max(keys[int]) + 1
        yield [VECTOR] * size
        yield [SEQUENCE] * size
        yield [IMAGE] * size


def _named(name: str) -> Iterator[Spec]:
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


# ---------------------------------------------------------------- the search


class Found(NamedTuple):
    """Arguments that work; or none, and what was tried last."""

    arguments: list[Structure] | None
    tried: list[str]


def search(
    starts: list[list[Structure]], attempt: Callable[[list[Structure]], tuple[int, Exception | None]]
) -> Found:
    """Arguments with which a model can be called.

    attempt: runs the model and says how many layers were reached, and the error if there was one. What an error
    message asks for is tried before what is usual, and what came further before what did not.
    """
    queue: list = []
    seen: set[str] = set()
    order = itertools.count()
    tried: list[str] = []
    deadline = time.monotonic() + MOST_SECONDS

    def push(arguments, priority):
        key = repr(arguments)
        if key not in seen and _elements(arguments) < MOST_ELEMENTS:
            seen.add(key)
            heapq.heappush(queue, (priority, next(order), arguments))

    for rank, start in enumerate(starts):
        push(start, rank)
    while queue and len(tried) < MOST_TRIES and time.monotonic() < deadline:
        _, _, arguments = heapq.heappop(queue)
        reached, error = attempt(arguments)
        if error is None:
            return Found(arguments, tried)
        tried.append(f"{describe(arguments)}: {told(error)}")
        for better in repairs(arguments, f"{type(error).__name__}: {error}"):
            push(better, -10 * (reached + 1))
    return Found(None, tried)


def told(error: BaseException) -> str:
    """`TypeError: what it says`, in a line and without Keras' introduction."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    said = (
        [line for line in lines if not line.startswith("Exception encountered when calling")] or lines or [""]
    )
    return f"{type(error).__name__}: {said[0][:300]}"


def describe(structure) -> str:
    if isinstance(structure, dict):
        return "{" + ", ".join(f"{key!r}: {describe(value)}" for key, value in structure.items()) + "}"
    if isinstance(structure, (list, tuple)) and not isinstance(structure, Spec):
        return "[" + ", ".join(map(describe, structure)) + "]"
    return str(structure)


def leaves(structure) -> list[Spec]:
    if isinstance(structure, Spec):
        return [structure]
    parts = structure.values() if isinstance(structure, dict) else structure
    return [leaf for part in parts for leaf in leaves(part)]


def _elements(structure) -> int:
    total = 0
    for leaf in leaves(structure):
        size = 1
        for length in leaf.shape:
            size *= max(int(length), 1)
        total += size
    return total


def repairs(arguments: list[Structure], message: str) -> Iterator[list[Structure]]:
    """Arguments that do what an error message asks for."""
    for pattern, change in _REPAIRS:
        match = re.search(pattern, message, re.DOTALL)
        if match:
            count = len(leaves(arguments))
            for at in [*range(count), None] if count > 1 else [None]:
                yield from _changed(arguments, lambda leaf: change(leaf, match), at)
    for pattern, restructure in _RESTRUCTURES:
        match = re.search(pattern, message, re.DOTALL)
        if match:
            yield from restructure(arguments, match)


def _changed(arguments, change, at: int | None) -> Iterator[list[Structure]]:
    """The arguments with one leaf changed, or all."""
    options = [change(leaf) for leaf in leaves(arguments)]
    for choice in range(max(map(len, options), default=0)):
        counter = itertools.count()

        def replaced(leaf):
            index = next(counter)
            wanted = options[index]
            return wanted[min(choice, len(wanted) - 1)] if wanted and at in (None, index) else leaf

        yield _mapped(replaced, arguments)


def _mapped(function, structure):
    if isinstance(structure, Spec):
        return function(structure)
    if isinstance(structure, dict):
        return {key: _mapped(function, value) for key, value in structure.items()}
    return [_mapped(function, value) for value in structure]


def _with_rank(leaf: Spec, rank: int) -> list[Spec]:
    usual = {2: VECTOR, 3: SEQUENCE, 4: IMAGE, 5: VOLUME}.get(rank)
    return [leaf._replace(shape=usual.shape, kind="float")] if usual and len(leaf.shape) != rank else []


def _with_last(leaf: Spec, size: int) -> list[Spec]:
    return (
        [leaf._replace(shape=(*leaf.shape[:-1], size))]
        if len(leaf.shape) > 1 and leaf.shape[-1] != size
        else []
    )


def _with_axis(leaf: Spec, axis: int, size: int) -> list[Spec]:
    if not -len(leaf.shape) <= axis < len(leaf.shape) or axis in (0, -len(leaf.shape)):
        return []
    shape = list(leaf.shape)
    shape[axis] = size
    return [leaf._replace(shape=tuple(shape))]


def _to_match(leaf: Spec, match) -> list[Spec]:
    """`In[0]: [2,16], In[1]: [8,4]`: the last size has to become the other's."""
    got, wanted = int(match[1]), int(match[2])
    last = leaf.shape[-1]
    if len(leaf.shape) < 2 or not got:
        return []
    if last == got:
        return [leaf._replace(shape=(*leaf.shape[:-1], wanted))]
    return [leaf._replace(shape=(*leaf.shape[:-1], max(1, last * wanted // got)))]


def _bigger(leaf: Spec, _match) -> list[Spec]:
    if len(leaf.shape) < 3:
        return []
    return [leaf._replace(shape=(leaf.shape[0], *(2 * n for n in leaf.shape[1:-1]), leaf.shape[-1]))]


def _to_tokens(leaf: Spec, _match) -> list[Spec]:
    return [] if leaf.kind == "int" else [Spec("int", (2, 8), 10), leaf._replace(kind="int")]


def _to_float(leaf: Spec, _match) -> list[Spec]:
    return [] if leaf.kind == "float" else [leaf._replace(kind="float")]


# What a message says -> what a leaf may become.
_REPAIRS: tuple[tuple[str, Callable], ...] = (
    (r"expected (?:min_)?ndim=(\d+)", lambda leaf, m: _with_rank(leaf, int(m[1]))),
    (
        r"expected axis (-?\d+)(?: of input shape)? to have value (\d+)",
        lambda leaf, m: _with_axis(leaf, int(m[1]), int(m[2])),
    ),
    (r"expected axis (-?\d+)[^{]*\{(-?\d+): (\d+)\}", lambda leaf, m: _with_axis(leaf, int(m[2]), int(m[3]))),
    (
        r"expected shape=\(None, ([\d, None]+)\)",
        lambda leaf, m: [
            _of_shape(
                (None, *(int(n) if n.strip().isdigit() else None for n in m[1].split(",") if n.strip()))
            )
        ],
    ),
    (r"In\[0\]: \[[\d,]*?(\d+)\], In\[1\]: \[(\d+),", _to_match),
    (r"Dimensions must be equal, but are (\d+) and (\d+)", _to_match),
    (
        r"Negative dimension|computed output size would be negative|must be positive|would be less than|window size|larger than",
        _bigger,
    ),
    (
        r"Tindices|must be (?:an )?int|int32, int64|indices must be|'indices'|Indexer must have integer|integer type|not an integer",
        _to_tokens,
    ),
    (r"float|Value for attr 'T' of int|half, bfloat16", _to_float),
    (
        r"indices\[.*?\] = (\d+) is not in \[0, (\d+)\)",
        lambda leaf, m: [leaf._replace(limit=max(int(m[2]), 1))] if leaf.kind == "int" else [],
    ),
    (r"rank 4|4D|4-D|4 dimensions|\(batch, height, width|expected 4", lambda leaf, m: _with_rank(leaf, 4)),
    (
        r"rank 3|3D|3-D|expected 3|tuple index out of range|list index out of range|need at least 3",
        lambda leaf, m: _with_rank(leaf, 3),
    ),
    (r"[Ii]ncompatible shapes: \[[\d,]*?(\d+)\] vs\.? \[[\d,]*?(\d+)\]", _to_match),
    (r"shapes? \([\d, ]*?(\d+)\) and \([\d, ]*?(\d+)\)", _to_match),
    (r"not enough values to unpack \(expected (\d+)", lambda leaf, m: _with_rank(leaf, int(m[1]))),
    (r"too many values to unpack \(expected (\d+)", lambda leaf, m: _with_rank(leaf, int(m[1]))),
)


def _as_list(size: int, arguments):
    for spec in (VECTOR, SEQUENCE, IMAGE, TOKENS):
        yield [[spec] * size, *arguments[1:]]


def _unpacked(arguments, match):
    if isinstance(arguments[0], Spec):
        yield from _as_list(int(match[1]), arguments)


def _paired(arguments, _match):
    if isinstance(arguments[0], Spec):
        yield from _as_list(2, arguments)


def _keyed(arguments, match):
    first = arguments[0]
    key = match[1]
    value = next(itertools.chain(_named(key), (VECTOR,)))
    yield [{**(first if isinstance(first, dict) else {}), key: value}, *arguments[1:]]


def _one_more(arguments, match):
    name = match[1]
    for spec in itertools.chain(_named(name), (VECTOR, SEQUENCE)):
        yield [*arguments, spec]


def _alone(arguments, _match):
    if not isinstance(arguments[0], Spec):
        yield [leaf for leaf in leaves(arguments[0])[:1]] + list(arguments[1:])


_RESTRUCTURES: tuple[tuple[str, Callable], ...] = (
    (r"values to unpack \(expected (\d+)", _unpacked),
    (r"expects? (\d+) input", _unpacked),
    (
        r"should be called on a list|list of (?:at least )?2|not iterable|must be a list|[Ii]terating over a symbolic",
        _paired,
    ),
    (r"KeyError: ['\"](\w+)['\"]", _keyed),
    (r"missing 1 required positional argument: '(\w+)'", _one_more),
    (r"'list' object has no attribute|'dict' object has no attribute|'tuple' object has no", _alone),
)
