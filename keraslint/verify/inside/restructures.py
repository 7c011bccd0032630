"""What an error message asks of the structure of arguments: a list of so many, a dict with a key, one more."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from keraslint.verify.inside.arrays import Spec, leaves, mapped
from keraslint.verify.inside.inputs import BY_RANK, IMAGE, SEQUENCE, TOKENS, VECTOR, named


def _as_list(size: int, arguments):
    own = leaves(arguments[0])[:1]
    for spec in dict.fromkeys([*own, VECTOR, SEQUENCE, BY_RANK[4], IMAGE, TOKENS]):
        yield [[spec] * size, *arguments[1:]]


def _unpacked(arguments, match):
    if isinstance(arguments[0], Spec):
        yield from _as_list(int(next(filter(None, match.groups()))), arguments)


def _up_to(arguments, match):
    """A list in which there is something at that index."""
    if isinstance(arguments[0], Spec):
        yield from _as_list(int(match[1]) + 1, arguments)


def _longer(arguments, _match):
    """Each list with one more, like the last."""
    for at, argument in enumerate(arguments):
        if isinstance(argument, list) and argument:
            yield [*arguments[:at], [*argument, argument[-1]], *arguments[at + 1 :]]


def _paired(arguments, _match):
    for at, argument in enumerate(arguments):
        if isinstance(argument, Spec):
            yield [*arguments[:at], [argument, argument], *arguments[at + 1 :]]
    if isinstance(arguments[0], Spec):
        yield from _as_list(2, arguments)


def _keyed(arguments, match):
    key = match[1] or match[2]
    value = next(itertools.chain(named(key), (VECTOR,)))
    for at, argument in enumerate(arguments):
        if isinstance(argument, dict) or len(arguments) == 1:
            yield [
                *arguments[:at],
                {**(argument if isinstance(argument, dict) else {}), key: value},
                *arguments[at + 1 :],
            ]


def _by_any_key(arguments, _match):
    for wanted in range(len(leaves(arguments))):
        counter = itertools.count()
        yield mapped(lambda leaf: {"x": leaf} if next(counter) == wanted else leaf, arguments)


def _one_more(arguments, match):
    name = match[1]
    for spec in itertools.chain(named(name), (VECTOR, SEQUENCE)):
        yield [*arguments, spec]


def _alone(arguments, _match):
    if not isinstance(arguments[0], Spec):
        yield [leaf for leaf in leaves(arguments[0])[:1]] + list(arguments[1:])


def _apart(arguments, _match):
    for at, argument in enumerate(arguments):
        if not isinstance(argument, Spec):
            yield [*arguments[:at], *leaves(argument)[:1], *arguments[at + 1 :]]


# What a message says -> arguments of another structure.
RESTRUCTURES: tuple[tuple[str, Callable], ...] = (
    (r"values to unpack \(expected (\d+)", _unpacked),
    (r"expects? (\d+) input|list of (?:at least )?(\d+) inputs|[Ll]ength (?:of )?(\d)", _unpacked),
    (r"slice index ([2-9]) of dimension 0 out of bounds", _up_to),
    (r"list index out of range", _longer),
    (
        r"should be called on a list|not iterable|object is not subscriptable|of type 'int' has no len|must be a list|[Ii]terating over a symbolic|list of .*inputs|'list'",
        _paired,
    ),
    (r"KeyError: ['\"](\w+)['\"]|valid indices, got ['\"](\w+)['\"]", _keyed),
    (
        r"Tensor' object has no attribute '(?:items|keys|values|copy|update|get|pop)'|has no attribute '(?:items|keys|values)'",
        _by_any_key,
    ),
    (r"missing 1 required positional argument: '(\w+)'", _one_more),
    (r"Cannot convert '\(\(", _apart),
    (r"'list' object has no attribute|'dict' object has no attribute|'tuple' object has no", _alone),
)
