"""What `itertools`, `collections` and `functools.reduce` make of containers, which may hold layers."""

from __future__ import annotations

import itertools

from keraslint.delivery import builtins, calls, containers
from keraslint.delivery.machine import Machine, Raised, repeat
from keraslint.delivery.values import ANYTHING, NONE, Known, Sequence, union


def _chain(m, args, kwargs):
    items = [item for each in args for item in containers.some_items(m, each)]
    return Sequence("list", items, any(containers.iterate(each) is None for each in args))


def _chain_from_iterable(m, args, kwargs):
    parts = containers.iterate(args[0]) if args else None
    return _chain(m, parts, kwargs) if parts is not None else ANYTHING


def _zip_longest(m, args, kwargs):
    columns = [containers.iterate(each) for each in args]
    if any(column is None for column in columns):
        return builtins.BUILTINS["zip"].run(m, args, {})
    rows = itertools.zip_longest(*columns, fillvalue=kwargs.get("fillvalue", NONE))
    return Sequence("list", [Sequence("tuple", row) for row in rows])


def _islice(m, args, kwargs):
    items = containers.iterate(args[0])
    limits = [each.value if isinstance(each, Known) else ANYTHING for each in args[1:]]
    if items is None or ANYTHING in limits:
        return _cycle(m, args, kwargs)
    try:
        return Sequence("list", list(itertools.islice(items, *limits)))
    except (TypeError, ValueError) as error:  # a limit that is negative, or no number
        raise Raised from error


def _cycle(m, args, kwargs):
    """Some of the items, any number of times."""
    return Sequence("list", containers.some_items(m, args[0]), True)


def _repeat(m, args, kwargs):
    return Sequence("list", args[:1], True)


def _starmap(m, args, kwargs):
    rows = containers.some_items(m, args[1])
    made = [calls.call(m, args[0], row.items, {}) if isinstance(row, Sequence) else ANYTHING for row in rows]
    return Sequence("list", made, containers.iterate(args[1]) is None)


def _reduce(m: Machine, args, kwargs):
    function, over, *first = args
    items = containers.iterate(over)
    if items is not None:
        items = [*first, *items]
        value = items[0] if items else ANYTHING
        for item in items[1:]:
            value = calls.call(m, function, [value, item], {})
        return value
    values = [*first, *containers.some_items(m, over)]

    def step() -> bool:
        for item in containers.some_items(m, over):
            values.append(calls.call(m, function, [union(values), item], {}))
        return True

    repeat(m, step)
    return union(values)


def _as_builtin(name):
    return lambda m, args, kwargs: builtins.BUILTINS[name].run(m, args, kwargs)


# By name, with the number of arguments that each needs.
_FUNCTIONS = {
    "collections.OrderedDict": (_as_builtin("dict"), 0),
    "collections.deque": (lambda m, args, kwargs: builtins.BUILTINS["list"].run(m, args[:1], {}), 0),
    "itertools.chain": (_chain, 0),
    "itertools.chain.from_iterable": (_chain_from_iterable, 1),
    "itertools.zip_longest": (_zip_longest, 0),
    "itertools.islice": (_islice, 2),
    "itertools.cycle": (_cycle, 1),
    "itertools.repeat": (_repeat, 1),
    "itertools.starmap": (_starmap, 2),
    "functools.reduce": (_reduce, 2),
}


def iterated(m: Machine, name: str, args: list, kwargs: dict):
    """The value of a call of a function of this name; None if it is none of these, or not all arguments are known."""
    function, needed = _FUNCTIONS.get(name, (None, 0))
    if function is None or len(args) < needed or "**" in kwargs:
        return None
    return function(m, args, kwargs)
