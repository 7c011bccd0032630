"""A search for arguments with which a model can be called, led by what Keras complains about."""

from __future__ import annotations

import heapq
import itertools
import re
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from keraslint.verify.inside.arrays import Spec, Structure, describe, leaves, mapped
from keraslint.verify.inside.inputs import IMAGE, SEQUENCE, TOKENS, VECTOR, VOLUME, named, of_shape

MOST_ELEMENTS = 3_000_000
MOST_TRIES = 40
MOST_SECONDS = 12.0


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


def _elements(structure) -> int:
    total = 0
    for leaf in leaves(structure):
        size = 1
        for length in leaf.shape:
            size *= max(int(length), 1)
        total += size
    return total


def told(error: BaseException) -> str:
    """`TypeError: what it says`, in a line and without Keras' introduction."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    said = (
        [line for line in lines if not line.startswith("Exception encountered when calling")] or lines or [""]
    )
    return f"{type(error).__name__}: {said[0][:300]}"


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

        yield mapped(replaced, arguments)


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
            of_shape((None, *(int(n) if n.strip().isdigit() else None for n in m[1].split(",") if n.strip())))
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
        yield from _as_list(int(next(filter(None, match.groups()))), arguments)


def _paired(arguments, _match):
    if isinstance(arguments[0], Spec):
        yield from _as_list(2, arguments)


def _keyed(arguments, match):
    first = arguments[0]
    key = match[1]
    value = next(itertools.chain(named(key), (VECTOR,)))
    yield [{**(first if isinstance(first, dict) else {}), key: value}, *arguments[1:]]


def _one_more(arguments, match):
    name = match[1]
    for spec in itertools.chain(named(name), (VECTOR, SEQUENCE)):
        yield [*arguments, spec]


def _alone(arguments, _match):
    if not isinstance(arguments[0], Spec):
        yield [leaf for leaf in leaves(arguments[0])[:1]] + list(arguments[1:])


_RESTRUCTURES: tuple[tuple[str, Callable], ...] = (
    (r"values to unpack \(expected (\d+)", _unpacked),
    (r"expects? (\d+) input|list of (?:at least )?(\d+) inputs", _unpacked),
    (
        r"should be called on a list|not iterable|object is not subscriptable|must be a list|[Ii]terating over a symbolic",
        _paired,
    ),
    (r"KeyError: ['\"](\w+)['\"]", _keyed),
    (r"missing 1 required positional argument: '(\w+)'", _one_more),
    (r"'list' object has no attribute|'dict' object has no attribute|'tuple' object has no", _alone),
)
