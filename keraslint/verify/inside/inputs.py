"""What a model may be called with: what it declares, how `call` takes it apart, and what its first layers take."""

from __future__ import annotations

import ast
import inspect
import itertools
import math
import re
from collections.abc import Iterator
from typing import Any

from keraslint.verify.inside.arrays import Spec, Structure, leaves
from keraslint.verify.inside.by_name import SMALL
from keraslint.verify.inside.documented import Said, documentation, said
from keraslint.verify.inside.hints import (
    aliases,
    definition,
    gone_through,
    handed_on,
    hint,
    may_be_none,
    of_self,
    parts_of,
    rank_of_shape,
)
from keraslint.verify.inside.library import entrance
from keraslint.verify.inside.sizes import checked, fitted

VECTOR, SEQUENCE = Spec("float", (2, SMALL)), Spec("float", (2, 8, SMALL))
IMAGE, TOKENS, VOLUME = Spec("float", (2, 32, 32, 3)), Spec("int", (2, 8)), Spec("float", (2, 8, 8, 8, 3))
FLAT_IMAGE, SQUARE = Spec("float", (2, 28, 28)), Spec("float", (2, SMALL, SMALL, SMALL))
USUAL = (VECTOR, SEQUENCE, IMAGE, TOKENS, SQUARE, FLAT_IMAGE, VOLUME)
COUNT, LENGTHS = Spec("int", (), 3), Spec("int", (2,), 8)
MASKS = (None, Spec("float", (2, 1, 1, 1)))  # that fit whatever they are added to
BY_RANK = {1: Spec("float", (2,)), 2: VECTOR, 3: SEQUENCE, 4: SQUARE, 5: VOLUME}
DEPTH = 4  # of layers in layers
MOST_OPTIONAL = 2
SMALLEST = 8  # side of the images of a pyramid
LIGHT = 50_000  # numbers that are quick to go through

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
    (r"(^|_)len(gths?)?$", LENGTHS),
    (
        r"(^|_)(ids?|tokens?|indices|index|words?|sentences?|positions?|text|src|tgt)$|token_ids|input_ids|segment",
        TOKENS,
    ),
    (r"imag|img|pixel|photo|frame", IMAGE),
    (r"seq|hidden|embed|quer|key|value|memory|encoder_output|enc_output|context", SEQUENCE),
    (r"state|latent|noise|^z$|vector|feature", VECTOR),
)


def structures(model, library, sources, shown: list[tuple[list, dict]] = ()) -> list[list[Structure]]:
    """Arguments to try, the likeliest first: each a list with one structure for each argument of `call`.

    sources: filename -> text. shown: (positional, named) arguments that the project itself calls such a model with.
    """
    declared = _declared(model, library)
    if declared is not None:
        return [[declared]]
    names = _arguments(model)
    if not names:
        return [[VECTOR]]
    call = definition(type(model), "call", sources)
    specified = _specified(model)
    hinted = [list(_distinct(sized_hints(model, name, call, library, sources))) for name in names]
    if specified is not None:
        hinted[0].insert(0, specified)
    found = [_filled(hinted)]
    found += [masked for mask in MASKS if (masked := _masked(names, found[0], mask)) != found[0]]
    shown = [arguments for call in shown if (arguments := _in_order(call, names, model)) is not None]
    light = [each for each in shown if _weight(each) < LIGHT]
    found = [*light, *found, *(each for each in shown if each not in light)]
    arguments = arguments_of(entrance(model))
    optional = [name for name in arguments if name not in names][:MOST_OPTIONAL]
    more = [next(hints(model, name, call, library, sources, DEPTH - 1), VECTOR) for name in optional]
    base = found[len(light)]
    found += [[*base, *more[:count]] for count in range(1, len(more) + 1)]
    if len(arguments) > len(names) + len(more):
        like = next((each for each in base if _is_spec(each)), VECTOR)
        found.append([*base, *(None if "mask" in name.lower() else like for name in arguments[len(names) :])])
    if len(names) > 1:
        found.append([SEQUENCE] * len(names))
        found += [[*found[-1], *more]] if more else []
        found += [[spec] * len(names) for spec in (VECTOR, SQUARE, IMAGE)]
    for rank in range(max(map(len, hinted)) + len(USUAL)):
        for at, options in enumerate(hinted):
            others = [*options[1:], *(spec for spec in USUAL if spec not in options[:1])]
            if rank < len(others):
                found.append([*base[:at], others[rank], *base[at + 1 :]])
    return found


def _masked(names: list[str], arguments: list[Structure], mask: Structure) -> list[Structure]:
    """The arguments with this for each mask."""
    return [mask if "mask" in name.lower() else each for name, each in zip(names, arguments)]


def _is_spec(structure: Structure) -> bool:
    return isinstance(structure, Spec)


def _filled(arguments: list[list[Structure]]) -> list[Structure]:
    """The likeliest of each. What nothing is known of is like the others that hold numbers, or like what masks are for."""
    first = [options[0] for options in arguments if options]
    usual = SEQUENCE if any(_is_spec(each) and each.kind == "bool" for each in first) else VECTOR
    spec = next((s for s in first if _is_spec(s) and s.kind == "float" and len(s.shape) > 1), usual)
    return [options[0] if options else spec for options in arguments]


def _in_order(call: tuple[list, dict], needed: list[str], model) -> list[Structure] | None:
    """What a call passes, as the arguments of this model's `call`; None if it does not fit."""
    positional, named = call
    names = arguments_of(entrance(model))
    order = [name for name in inspect.signature(entrance(model)).parameters if name != "self"]
    given = {**dict(zip(order, positional)), **named}
    given.pop("training", None)  # which each entry passes as it does
    count = max([len(needed), *(names.index(name) + 1 for name in given if name in names)])
    fits = len(positional) <= len(order) and set(given) <= set(names)
    return [given[name] for name in names[:count]] if fits and set(names[:count]) <= set(given) else None


def _distinct(structures: Iterator[Structure]) -> Iterator[Structure]:
    seen: set[str] = set()
    for structure in structures:
        if repr(structure) not in seen:
            seen.add(repr(structure))
            yield structure


def _weight(arguments: list[Structure]) -> int:
    return sum(math.prod(leaf.shape) for leaf in leaves(arguments))


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


def _specified(model) -> Structure:
    """What a layer asks for in its `input_spec`, where that tells the ranks of several inputs; None if it does not."""
    specs = getattr(model, "input_spec", None)
    if not isinstance(specs, (list, tuple)) or len(specs) < 2:
        return None
    found = [_of_spec(spec) for spec in specs]
    return found if all(map(_is_spec, found)) else None


def _of_spec(spec) -> Spec | None:
    rank = getattr(spec, "ndim", None)
    rank = getattr(spec, "min_ndim", None) if rank is None else rank
    kind = "int" if "int" in str(getattr(spec, "dtype", None)) else "float"
    if rank == 0:
        return COUNT if kind == "int" else None
    if rank not in BY_RANK:
        return None
    shape = list(BY_RANK[rank].shape)
    for axis, size in (getattr(spec, "axes", None) or {}).items():
        if size is not None and axis % rank:
            shape[axis] = int(size)
    return Spec(kind, tuple(shape))


def _of_tensor(tensor) -> Spec:
    dtype = str(getattr(tensor.dtype, "name", tensor.dtype))
    kind = "int" if "int" in dtype else "bool" if "bool" in dtype else "float"
    return of_shape(tuple(tensor.shape))._replace(kind=kind)


def of_shape(shape) -> Spec:
    """A shape with None made an array's: batch 2, other free sizes small."""
    free = 32 if len(shape) == 4 else 8
    sizes = [int(size) if size is not None else free for size in shape]
    return Spec("float", (2, *sizes[1:]))


def arguments_of(call) -> list[str]:
    """The arguments of a `call` that take inputs: those that must be given, then the others, and masks last."""
    parameters = list(inspect.signature(call).parameters.values())
    plain = [
        p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY) and p.name != "training"
    ]
    needed = [p.name for p in plain if p.default is p.empty]
    others = [p.name for p in plain if p.default is not p.empty]
    first = needed or others[:1]
    return [*first, *sorted((name for name in others if name not in first), key="mask".__eq__)]


def _arguments(model) -> list[str]:
    """The arguments that `call` must be given, or its first."""
    try:
        parameters = inspect.signature(entrance(model)).parameters
        names = arguments_of(entrance(model))
    except (TypeError, ValueError):
        return ["inputs"]
    needed = [name for name in names if parameters[name].default is inspect.Parameter.empty]
    return needed or names[:1] or ["inputs"]


def sized_hints(model, name: str, call, library, sources, depth: int = DEPTH) -> Iterator[Structure]:
    """What one argument may be, of the sizes that the code checks."""
    rank, sizes = checked(model, call, name)
    if sizes and rank in BY_RANK:
        yield fitted(IMAGE if rank == len(IMAGE.shape) else BY_RANK[rank], rank, sizes)
    for each in hints(model, name, call, library, sources, depth):
        yield fitted(each, rank, sizes) if _is_spec(each) else each


def hints(model, name: str, call, library, sources, depth: int = DEPTH) -> Iterator[Structure]:
    """What one argument may be: how `call` takes it apart, which layer it goes to, how it is named."""
    if depth == DEPTH:
        yield from _annotated(model, name)
    told = hint(type(model), call, name, sources)
    names = aliases(call, name) if call is not None else {name}
    fitting = lambda found: (s for s in found if not isinstance(s, Spec) or len(s.shape) >= told.least)
    if told.count:
        yield COUNT
    if told.flag and depth == DEPTH:
        yield from (False, True)
    words = said(documentation(type(model), call))
    whole = words.listed if [name] == _arguments(model) else []
    described = [words.named[each] for each in [name, *names] if each in words.named]
    for shape in described or filter(None, whole[:1] if len(whole) == 1 else []):
        if not told.ranks or told.ranks[0] == len(shape.shape):
            yield shape._replace(kind="int") if told.indices else shape
    if told.indices:
        yield TOKENS
    shapes = _shapes_in_build(model, sources) if depth == DEPTH and name == _arguments(model)[0] else []
    if call is not None:
        yield from _taken_apart(model, name, call, words, shapes, library, sources, depth)
    for parts in (whole, shapes):
        if len(parts) > 1:
            yield _filled([[*filter(None, [part])] for part in parts])
    yield from filter(None, shapes[:1] if len(shapes) == 1 else ())
    consumed = []
    if call is not None:
        helpers = handed_on(type(model), call, names, sources)
        inner = [(helper, aliases(helper, parameter)) for helper, parameter in helpers]
        for function, known in [(call, names), *inner]:
            for layer, place in _consumers(model, known, function):
                consumed += taken_by(layer, library, sources, depth, place)
        yield from (s for s in fitting(consumed) if not isinstance(s, Spec) or len(s.shape) in told.ranks)
    yield from (BY_RANK[rank] for rank in told.ranks if rank in BY_RANK)
    yield from fitting(consumed)
    for each in [name, *sorted(names - {name})]:
        yield from fitting(named(each))
    if told.least in BY_RANK and not told.ranks:
        yield BY_RANK[told.least]


def _annotated(model, name: str) -> Iterator[Structure]:
    """False for a `bool`, a number for an `int`, None for what may be None."""
    parameter = inspect.signature(entrance(model)).parameters.get(name)
    said = str(parameter.annotation) if parameter is not None else ""
    if said in ("bool", "<class 'bool'>"):
        yield False
    if said in ("int", "<class 'int'>"):
        yield COUNT
    if re.search(r"\bNone\b|\bNoneType\b|Optional\[", said):
        yield None


def _taken_apart(
    model, name, call, words: Said, shapes: list, library, sources, depth
) -> Iterator[Structure]:
    """`a, b = inputs`, `inputs[0]`, `inputs["x"]`, `for x in inputs`."""
    if depth > 0 and (each := gone_through(call, name)):
        found = filter(_is_spec, hints(model, each, call, library, sources, depth - 1))
        yield [next(found, VECTOR)] * 2
    call, parts, keyed = parts_of(call, name)
    if depth <= 0 or not parts:
        return
    described = [] if words.named.keys() & set(_arguments(model)) else list(words.named.values())
    known = [each for each in (words.listed, described, shapes) if len(each) == len(parts)]
    options = []
    for at, part in enumerate(parts):
        found = filter(_is_spec, hints(model, part, call, library, sources, depth - 1))
        options.append([*filter(None, (each[at] for each in known)), *itertools.islice(found, 1)])
    filled = _filled(options)
    given = [None if may_be_none(call, part) else spec for part, spec in zip(parts, filled)]
    needed = [given] if None in given and any(given) else []  # without what may be left out
    for each in (filled, *needed, *_pyramids(filled)):
        yield dict(zip(keyed, each)) if keyed else each


def _pyramids(parts: list) -> Iterator[list[Spec]]:
    """Three images or more as a backbone gives them: each half as high and wide as the one before, or twice."""
    if len(parts) < 3 or not all(_is_spec(part) and len(part.shape) == len(IMAGE.shape) for part in parts):
        return
    sides = [SMALLEST << at for at in range(len(parts))]
    for order in (sides[::-1], sides):
        yield [
            part._replace(shape=(part.shape[0], side, side, part.shape[-1]))
            for part, side in zip(parts, order)
        ]


def _shapes_in_build(model, sources) -> list[Spec | None]:
    """Of one array or of several, by `x_shape, t_shape = input_shape`, `(b, n, d), (b, m) = input_shape` and
    `b, h, w, c = input_shape` in `build`; None where a shape is not taken apart."""
    build = definition(type(model), "build", sources)
    if build is None or len(build.args.args) < 2:
        return []
    name = build.args.args[1].arg
    taken, parts, _ = parts_of(build, name)
    ranks = [rank_of_shape(taken, part) for part in parts]
    if any(ranks) or any("shape" in part for part in parts):
        return [
            BY_RANK.get(rank) or next(named(part.replace("_shape", "")), None)
            for part, rank in zip(parts, ranks)
        ]
    return [BY_RANK[len(parts)]] if len(parts) in BY_RANK and f"{name}[0]" not in parts else []


def named(name: str) -> Iterator[Spec]:
    return (spec for pattern, spec in _BY_NAME if re.search(pattern, name.lower()))


Place = (
    int | str | tuple[int, int]
)  # of an argument: by position, by name, or the first one's part of so many


def _consumers(model, aliases, call) -> Iterator[tuple[Any, Place]]:
    """The layers of `self` that are called with the argument, in source order, each with where it gets it."""
    calls = [n for n in ast.walk(call) if isinstance(n, ast.Call)]
    for node in sorted(calls, key=lambda n: (n.lineno, n.col_offset)):
        callee = node.func.value if isinstance(node.func, ast.Subscript) else node.func
        if isinstance(callee, ast.Attribute) and callee.attr == "call":
            callee = callee.value
        if of_self(callee):
            given = [*enumerate(node.args), *((keyword.arg, keyword.value) for keyword in node.keywords)]
            layer = _one_of(getattr(model, callee.attr, None))
            for argument, value in given:
                listed = value.elts if isinstance(value, (ast.List, ast.Tuple)) else []
                if argument is not None and isinstance(value, ast.Name) and value.id in aliases:
                    yield layer, argument
                for at, part in enumerate(listed):
                    if isinstance(part, ast.Name) and part.id in aliases:
                        yield layer, (at, len(listed))
    for node in ast.walk(call):
        if isinstance(node, ast.For) and of_self(node.iter):
            yield _one_of(getattr(model, node.iter.attr, None)), 0


def _one_of(value):
    return value[0] if isinstance(value, (list, tuple)) and value else value


def taken_by(layer, library, sources, depth, place: Place = 0) -> Iterator[Structure]:
    """What a layer takes at a place."""
    if not isinstance(layer, library.layer) or depth <= 0:
        return
    declared = _declared(layer, library)
    if isinstance(place, tuple):
        at, count = place
        if isinstance(declared, list) and len(declared) == count:
            yield declared[at]
        return
    if declared is not None:
        yield declared
        return
    if isinstance(layer, library.sequential) and layer.layers:
        yield from taken_by(layer.layers[0], library, sources, depth - 1)
        return
    if library.is_keras(type(layer)):
        found = next((spec for pattern, spec in _TAKES if re.match(pattern, type(layer).__name__)), None)
        if found is not None:
            limit = getattr(layer, "input_dim", None)
            yield found._replace(limit=min(limit, 1000)) if found.is_int and limit else found
        return
    names = [place] if isinstance(place, str) else arguments_of(entrance(layer))[place : place + 1]
    for name in names:
        call = definition(type(layer), "call", sources)
        yield from sized_hints(layer, name, call, library, sources, depth - 1)
