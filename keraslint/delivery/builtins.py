"""Python's builtins, and the methods of strings."""

from __future__ import annotations

import builtins

from keraslint.delivery import calls, containers, graphs, kinds
from keraslint.delivery.values import (
    ANYTHING,
    DATA,
    MISSING,
    NONE,
    Applied,
    Builtin,
    ClassMethod,
    ClassValue,
    FunctionValue,
    Instance,
    Known,
    Mapping,
    PropertyValue,
    Sequence,
    StaticMethod,
    SuperValue,
    options,
    truth,
    union,
)

# ---------------------------------------------------------------- functions


def _super(m, args, kwargs):
    if len(args) >= 2:
        return SuperValue(args[0], args[1])
    frame = m.frame
    while frame is not None and getattr(frame.function, "owner", None) is None:
        frame = frame.parent
    if frame is None:
        return ANYTHING
    return SuperValue(frame.function.owner, frame.receiver)


def _getattr(m, args, kwargs):
    from keraslint.delivery import objects

    if len(args) < 2:
        return DATA
    name = args[1]
    if not (isinstance(name, Known) and isinstance(name.value, str)):
        found = [v for o in options(args[0]) if isinstance(o, Instance) for v in o.slots.values()]
        layers = [v for v in found if isinstance(v, Instance)]
        return union(layers) if layers else ANYTHING
    value = objects.attribute(m, args[0], name.value)
    if len(args) > 2 and not all(_has(m, option, name.value) for option in options(args[0])):
        return union((args[2], value))
    return value


def _has(m, value, name: str) -> bool | None:
    """Whether an object has an attribute, None if that is not known."""
    from keraslint.delivery import objects

    if not isinstance(value, Instance):
        return None
    if m.state.is_certain(value.slots, name) or objects.class_attribute(value.cls, name) is not MISSING:
        return True
    return None


def _setattr(m, args, kwargs):
    from keraslint.delivery import objects

    if len(args) == 3 and isinstance(args[1], Known) and isinstance(args[1].value, str):
        objects.set_attribute(m, args[0], args[1].value, args[2], m.site.at if m.site else None)
    elif len(args) == 3:
        objects.set_some_attribute(m, args[0], args[2])
    return NONE


def _hasattr(m, args, kwargs):
    if len(args) == 2 and isinstance(args[1], Known) and _has(m, args[0], args[1].value):
        return Known(True)
    return DATA


def _range(m, args, kwargs):
    if args and all(isinstance(a, Known) and type(a.value) is int for a in args):
        try:
            return Known(range(*(a.value for a in args)))
        except (TypeError, ValueError):
            return DATA
    return DATA


def _enumerate(m, args, kwargs):
    items = containers.some_items(m, args[0]) if args else []
    start = args[1] if len(args) > 1 else kwargs.get("start", Known(0))
    counted = bool(args) and containers.iterate(args[0]) is not None
    if counted and isinstance(start, Known) and type(start.value) is int:
        numbers = [Known(start.value + i) for i in range(len(items))]
    else:
        numbers = [DATA] * len(items)
    return Sequence("list", [Sequence("tuple", pair) for pair in zip(numbers, items)], not counted)


def _zip(m, args, kwargs):
    columns = [containers.iterate(a) for a in args]
    known = [c for c in columns if c is not None]
    if columns and len(known) == len(columns):
        return Sequence("list", [Sequence("tuple", row) for row in zip(*columns)])
    length = max((len(c) for c in known), default=1)
    rows = []
    for i in range(min(length, containers.LONGEST_UNROLLED)):
        row = [
            c[i] if c is not None and i < len(c) else containers.item_of(m, a) for c, a in zip(columns, args)
        ]
        rows.append(Sequence("tuple", row))
    return Sequence("list", rows, True)


def _to_sequence(kind):
    def convert(m, args, kwargs):
        if not args:
            return Sequence(kind)
        if args[0] is DATA:
            return DATA
        return Sequence(kind, containers.some_items(m, args[0]), containers.iterate(args[0]) is None)

    return convert


def _dict(m, args, kwargs):
    source = args[0] if args else Mapping()
    if not isinstance(source, Mapping):
        pairs = containers.iterate(source)
        items, is_open = {}, pairs is None
        for pair in pairs or ():
            if isinstance(pair, Sequence) and len(pair.items) == 2 and isinstance(pair.items[0], Known):
                items[pair.items[0].value] = pair.items[1]
            else:
                is_open = True
        source = Mapping(items, is_open)
    return Mapping(*containers.merged(source, containers.keywords(kwargs)))


def _reversed(m, args, kwargs):
    value = args[0] if args else DATA
    if value is DATA:
        return DATA
    return Sequence("list", containers.some_items(m, value)[::-1], containers.iterate(value) is None)


def _sorted(m, args, kwargs):
    value = args[0] if args else DATA
    if not isinstance(value, (Sequence, Mapping)):
        return DATA
    items = containers.some_items(m, value)
    ordered = containers.in_order(items, kwargs)
    held = isinstance(value, Sequence) and value.kind == "set" and not value.open
    known = ordered is not None and (held or containers.iterate(value) is not None)
    return Sequence("list", items if ordered is None else ordered, not known)


def _filter(m, args, kwargs):
    return Sequence("list", containers.some_items(m, args[1]), True) if len(args) == 2 else DATA


def _len(m, args, kwargs):
    value = args[0] if args else DATA
    if isinstance(value, Mapping) and not value.open and not value.maybe:
        return Known(len(value.items))
    if isinstance(value, Sequence) and not value.open:
        if value.kind != "set" or len(value.items) < 2:
            return Known(len(value.items))
        if all(isinstance(item, Known) for item in value.items):
            return Known(len({item.value for item in value.items}))
    if isinstance(value, Known) and isinstance(value.value, (str, range)):
        return Known(len(value.value))
    return DATA


def _computed(function):
    """A function of numbers and strings, computed when all of its arguments are known."""

    def run(m, args, kwargs):
        if args and not kwargs and all(isinstance(a, Known) for a in args):
            try:
                return Known(function(*(a.value for a in args)))
            except Exception:
                return DATA
        return DATA

    return run


def _bool(m, args, kwargs):
    decided = truth(args[0]) if args else False
    return DATA if decided is None else Known(decided)


def _map(m, args, kwargs):
    if len(args) < 2:
        return DATA
    rows = _zip(m, args[1:], {})
    return Sequence("list", [calls.call(m, args[0], list(row.items), {}) for row in rows.items], rows.open)


def _next(m, args, kwargs):
    return containers.item_of(m, args[0]) if args else DATA


def _type(m, args, kwargs):
    value = args[0] if args else DATA
    return value.cls if isinstance(value, Instance) else ANYTHING


def _callable(m, args, kwargs):
    value = args[0] if args else DATA
    if isinstance(value, (Instance, FunctionValue, ClassValue)):
        return Known(True)
    return Known(False) if isinstance(value, (Known, Sequence, Mapping)) else DATA


def _sum(m, args, kwargs):
    tensors = graphs.symbolic(args)
    if tensors:
        return graphs.derived(tensors)
    if len(args) == 2 and isinstance(args[1], Sequence):  # sum(lists, [])
        lists = containers.some_items(m, args[0])
        items = [item for each in lists for item in containers.some_items(m, each)]
        known = all(containers.iterate(each) is not None for each in (args[0], *lists))
        return Sequence(args[1].kind, (*args[1].items, *items), not known or args[1].open)
    return DATA


def _any_all(decisive: bool):
    """`any`, which one true item decides, or `all`, which a false one does."""

    def run(m, args, kwargs):
        items = containers.iterate(args[0]) if args else None
        found = [truth(item) for item in items] if items is not None else [None]
        if decisive in found:
            return Known(decisive)
        return DATA if None in found else Known(not decisive)

    return run


def _nothing(m, args, kwargs):
    return NONE


def _data(m, args, kwargs):
    return DATA


def _anything(m, args, kwargs):
    return ANYTHING


def _iter(m, args, kwargs):
    value = args[0] if args else DATA
    turned = isinstance(value, (Known, Mapping)) or (isinstance(value, Sequence) and value.kind != "list")
    return _to_sequence("list")(m, args, kwargs) if turned else value


def _property(m, args, kwargs):
    getter, setter = (
        args[at] if at < len(args) else kwargs.get(f"f{name}") for at, name in enumerate(("get", "set"))
    )
    return DATA if getter is None else PropertyValue(getter, setter)


def _wrapped_in(kind):
    return lambda m, args, kwargs: kind(args[0]) if args else DATA


_FUNCTIONS = {
    "super": _super,
    "isinstance": kinds.is_instance,
    "getattr": _getattr,
    "setattr": _setattr,
    "hasattr": _hasattr,
    "range": _range,
    "enumerate": _enumerate,
    "zip": _zip,
    "list": _to_sequence("list"),
    "tuple": _to_sequence("tuple"),
    "set": _to_sequence("set"),
    "frozenset": _to_sequence("set"),
    "dict": _dict,
    "reversed": _reversed,
    "sorted": _sorted,
    "len": _len,
    "bool": _bool,
    "map": _map,
    "filter": _filter,
    "next": _next,
    "iter": _iter,
    "type": _type,
    "callable": _callable,
    "any": _any_all(True),
    "all": _any_all(False),
    "sum": _sum,
    "print": _nothing,
    "property": _property,
    "staticmethod": _wrapped_in(StaticMethod),
    "classmethod": _wrapped_in(ClassMethod),
    "object": _data,
    **dict.fromkeys(("eval", "globals", "locals", "vars"), _anything),
    **{
        name: _computed(f)
        for name, f in {"int": int, "float": float, "str": str, "abs": abs, "round": round}.items()
    },
    "min": _computed(min),
    "max": _computed(max),
}
BUILTINS = {name: Builtin(name, run) for name, run in _FUNCTIONS.items()}
PLAIN = dict.fromkeys(
    (*dir(builtins), "__path__", "display", "get_ipython"), DATA
)  # the others, and IPython's


# ---------------------------------------------------------------- methods

_STRING_METHODS = {
    "format",
    "join",
    "lower",
    "upper",
    "strip",
    "replace",
    "startswith",
    "endswith",
    "split",
    "title",
}


def method_of(value: Known, name: str):
    """A method of a string or number."""
    if value.value is None:
        return ANYTHING
    return Applied(_known_method(name), value)


def _known_method(name: str):
    def run(m, receiver, args, kwargs):
        value = receiver.value
        if not isinstance(value, str) or name not in _STRING_METHODS:
            return DATA
        try:
            given = [a.value if isinstance(a, Known) else [i.value for i in a.items] for a in args]
            result = getattr(value, name)(*given, **{k: v.value for k, v in kwargs.items()})
        except Exception:
            return DATA
        return Sequence("list", [Known(p) for p in result]) if isinstance(result, list) else Known(result)

    return run
