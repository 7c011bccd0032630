"""Python's builtins, and the methods of lists, dicts and strings."""

from __future__ import annotations

import builtins

from keraslint.delivery import calls, expressions, graphs
from keraslint.delivery.values import (
    ANYTHING,
    DATA,
    LONGEST,
    MISSING,
    NONE,
    Applied,
    Builtin,
    ClassValue,
    External,
    FunctionValue,
    Instance,
    Known,
    Mapping,
    Sequence,
    SuperValue,
    Tensor,
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


def _isinstance(m, args, kwargs):
    if len(args) != 2:
        return DATA
    found = {_is_a(m, option, args[1]) for option in options(args[0])}
    return Known(found.pop()) if len(found) == 1 and None not in found else DATA


_PLAIN_TYPES = {
    "list": list,
    "tuple": tuple,
    "dict": dict,
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "set": set,
}


_CONTAINERS = ("Collection", "Iterable", "Mapping", "Sequence")


def _is_a(m, value, kinds) -> bool | None:
    from keraslint.delivery import objects

    if isinstance(kinds, Sequence):
        found = [_is_a(m, value, kind) for kind in kinds.items]
        return True if True in found else (None if None in found else False)
    if isinstance(value, Known):
        wanted = _PLAIN_TYPES.get(getattr(kinds, "name", "")) if isinstance(kinds, Builtin) else None
        if wanted is not None:
            return isinstance(value.value, wanted)
        return False if isinstance(kinds, (ClassValue, External)) else None
    if isinstance(value, (Sequence, Mapping)):
        if isinstance(kinds, Builtin):
            return kinds.name == (value.kind if isinstance(value, Sequence) else "dict")
        if not isinstance(kinds, (ClassValue, External)):
            return None
        return None if kinds.name.split(".")[-1] in _CONTAINERS else False
    if isinstance(value, Instance):
        if isinstance(kinds, ClassValue):
            return isinstance(value.cls, ClassValue) and kinds in value.cls.mro
        if isinstance(kinds, External):
            return _is_kind(value.cls, kinds, objects)
        return False if isinstance(kinds, Builtin) else None
    if isinstance(value, Tensor) and isinstance(kinds, Builtin):
        return False
    return None


def _is_kind(cls, kind, objects) -> bool | None:
    from keraslint.delivery import keras

    if isinstance(cls, ClassValue) and kind in cls.mro:
        return True
    base = objects.base_of(cls)
    if base is None:
        return None if objects.has_unknown_base(cls) else False
    if kind.name == "keras.layers.Layer":
        return True if keras.kind(cls) else None
    if kind.name == "keras.Model" and keras.kind(cls) == "model":
        return True
    if base == kind:
        return True
    return None if objects.has_unknown_base(cls) or kind.name in _ABSTRACT else False


_ABSTRACT = {"keras.layers.Wrapper", "keras.layers.RNN", "tensorflow.Module"}


def _getattr(m, args, kwargs):
    from keraslint.delivery import objects

    name = args[1] if len(args) > 1 else DATA
    if not (isinstance(name, Known) and isinstance(name.value, str)):
        found = [v for o in options(args[0]) if isinstance(o, Instance) for v in o.slots.values()]
        layers = [v for v in found if isinstance(v, Instance)]
        return union(layers) if layers else ANYTHING
    value = objects.attribute(m, args[0], name.value)
    if len(args) > 2 and (value is DATA or value is ANYTHING):
        return union((args[2], value))
    return value


def _setattr(m, args, kwargs):
    from keraslint.delivery import objects

    if len(args) == 3 and isinstance(args[1], Known) and isinstance(args[1].value, str):
        objects.set_attribute(m, args[0], args[1].value, args[2], m.site.at if m.site else None)
    return NONE


def _hasattr(m, args, kwargs):
    from keraslint.delivery import objects

    if len(args) == 2 and isinstance(args[0], Instance) and isinstance(args[1], Known):
        instance, name = args[0], args[1].value
        if name in instance.slots or objects.class_attribute(instance.cls, name) is not MISSING:
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
    items = expressions.iterate(m, args[0]) if args else None
    if items is not None:
        return Sequence("list", [Sequence("tuple", (Known(i), v)) for i, v in enumerate(items)])
    known = args[0].items if args and isinstance(args[0], Sequence) and args[0].items else None
    some = known or ([expressions.item_of(m, args[0])] if args else [])
    return Sequence("list", [Sequence("tuple", (DATA, v)) for v in some], True)


def _zip(m, args, kwargs):
    columns = [expressions.iterate(m, a) for a in args]
    known = [c for c in columns if c is not None]
    if columns and len(known) == len(columns):
        return Sequence("list", [Sequence("tuple", row) for row in zip(*columns)])
    length = max((len(c) for c in known), default=1)
    rows = []
    for i in range(min(length, 16)):
        row = [
            c[i] if c is not None and i < len(c) else expressions.item_of(m, a) for c, a in zip(columns, args)
        ]
        rows.append(Sequence("tuple", row))
    return Sequence("list", rows, not known)


def _to_sequence(kind):
    def convert(m, args, kwargs):
        if not args:
            return Sequence(kind)
        items = expressions.iterate(m, args[0])
        if items is not None:
            return Sequence(kind, items)
        if isinstance(args[0], Sequence):
            return Sequence(kind, args[0].items, True)
        return Sequence(kind, [expressions.item_of(m, args[0])], True) if args[0] is not DATA else DATA

    return convert


def _dict(m, args, kwargs):
    items, is_open = {}, False
    if args:
        source = args[0]
        if isinstance(source, Mapping):
            items, is_open = dict(source.items), source.open
        else:
            pairs = expressions.iterate(m, source)
            is_open = pairs is None
            for pair in pairs or ():
                if isinstance(pair, Sequence) and len(pair.items) == 2 and isinstance(pair.items[0], Known):
                    items[pair.items[0].value] = pair.items[1]
                else:
                    is_open = True
    is_open = is_open or "**" in kwargs
    return Mapping({**items, **{k: v for k, v in kwargs.items() if k != "**"}}, is_open)


def _reversed(m, args, kwargs):
    value = args[0] if args else DATA
    items = expressions.iterate(m, value)
    if items is not None:
        return Sequence("list", items[::-1])
    return Sequence("list", value.items[::-1], True) if isinstance(value, Sequence) else DATA


def _sorted(m, args, kwargs):
    value = args[0] if args else DATA
    return Sequence("list", value.items, value.open) if isinstance(value, Sequence) else DATA


def _len(m, args, kwargs):
    if args and isinstance(args[0], (Sequence, Mapping)) and not args[0].open:
        return Known(len(args[0].items))
    if args and isinstance(args[0], Known) and isinstance(args[0].value, (str, range)):
        return Known(len(args[0].value))
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
    items = expressions.iterate(m, args[1])
    if items is None:
        return Sequence("list", [calls.call(m, args[0], [expressions.item_of(m, args[1])], {})], True)
    return Sequence("list", [calls.call(m, args[0], [item], {}) for item in items])


def _next(m, args, kwargs):
    return expressions.item_of(m, args[0]) if args else DATA


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
    return graphs.derived(m, tensors) if tensors else DATA


def _any_all(name):
    def run(m, args, kwargs):
        items = expressions.iterate(m, args[0]) if args else None
        if items is None:
            return DATA
        found = [truth(i) for i in items]
        if name == "any":
            return Known(True) if True in found else (DATA if None in found else Known(False))
        return Known(False) if False in found else (DATA if None in found else Known(True))

    return run


def _nothing(m, args, kwargs):
    return NONE


def _data(m, args, kwargs):
    return DATA


def _first(m, args, kwargs):
    return args[0] if args else DATA


_FUNCTIONS = {
    "super": _super,
    "isinstance": _isinstance,
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
    "next": _next,
    "iter": _first,
    "type": _type,
    "callable": _callable,
    "any": _any_all("any"),
    "all": _any_all("all"),
    "sum": _sum,
    "print": _nothing,
    "property": _first,
    "staticmethod": _first,
    "classmethod": _first,
    "object": _data,
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


def method_of(value, name: str):
    """A method of a list, dict, tuple, set, string or number."""
    if isinstance(value, Sequence):
        table = _SEQUENCE
    elif isinstance(value, Mapping):
        table = _MAPPING
    else:
        if value.value is None:
            return ANYTHING
        return Applied(("known", name), value)
    return Applied(table[name], value) if name in table else DATA


def call_method(m, applied: Applied, args, kwargs):
    """Call what `method_of` gave."""
    if isinstance(applied.function, tuple):
        return _known_method(applied, args, kwargs)
    return applied.function(m, applied.receiver, args, kwargs)


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


def _known_method(applied, args, kwargs):
    value, name = applied.receiver.value, applied.function[1]
    if not isinstance(value, str) or name not in _STRING_METHODS:
        return DATA
    try:
        given = [a.value if isinstance(a, Known) else [i.value for i in a.items] for a in args]
        result = getattr(value, name)(*given, **{k: v.value for k, v in kwargs.items()})
    except Exception:
        return DATA
    return Sequence("list", [Known(p) for p in result]) if isinstance(result, list) else Known(result)


def _put(m, sequence, items, is_open=None):
    items = tuple(items)
    m.state.write(sequence.slots, "items", items[:LONGEST])
    if is_open or len(items) > LONGEST:
        m.state.write(sequence.slots, "open", True)
    return NONE


def _append(m, seq, args, kwargs):
    return _put(m, seq, (*seq.items, *args[:1]))


def _extend(m, seq, args, kwargs):
    value = args[0] if args else DATA
    found = expressions.iterate(m, value)
    if found is None:
        more = value.items if isinstance(value, Sequence) else (expressions.item_of(m, value),)
        return _put(m, seq, (*seq.items, *more), True)
    return _put(m, seq, (*seq.items, *found))


def _insert(m, seq, args, kwargs):
    items = list(seq.items)
    if len(args) == 2:
        at = args[0].value if isinstance(args[0], Known) and type(args[0].value) is int else 0
        items.insert(at, args[1])
    return _put(m, seq, items)


def _pop(m, seq, args, kwargs):
    items = list(seq.items)
    at = args[0].value if args and isinstance(args[0], Known) else (None if args else -1)
    if type(at) is int and not seq.open and -len(items) <= at < len(items):
        value = items.pop(at)
        _put(m, seq, items)
        return value
    return union(items) if items else ANYTHING


def _remove(m, seq, args, kwargs):
    _put(m, seq, [i for i in seq.items if i not in args], True)
    return NONE


def _copy(m, seq, args, kwargs):
    return Sequence(seq.kind, seq.items, seq.open)


def _clear(m, seq, args, kwargs):
    return _put(m, seq, ())


def _reverse(m, seq, args, kwargs):
    return _put(m, seq, seq.items[::-1])


_SEQUENCE = {
    "append": _append,
    "add": _append,
    "extend": _extend,
    "update": _extend,
    "insert": _insert,
    "pop": _pop,
    "remove": _remove,
    "discard": _remove,
    "copy": _copy,
    "clear": _clear,
    "reverse": _reverse,
    "index": lambda m, seq, args, kwargs: DATA,
    "count": lambda m, seq, args, kwargs: DATA,
    "sort": lambda m, seq, args, kwargs: NONE,
}


def _get(m, mapping, args, kwargs):
    key = args[0] if args else DATA
    default = args[1] if len(args) > 1 else kwargs.get("default", NONE)
    if isinstance(key, Known) and key.value.__hash__:
        if key.value in mapping.items:
            return mapping.items[key.value]
        return union((default, ANYTHING)) if mapping.open else default
    return union((*mapping.items.values(), default)) if mapping.items else union((default, ANYTHING))


def _pop_key(m, mapping, args, kwargs):
    value = _get(m, mapping, args if len(args) > 1 else [*args, ANYTHING], kwargs)
    key = args[0] if args else DATA
    if isinstance(key, Known) and key.value.__hash__ and key.value in mapping.items:
        m.state.write(mapping.slots, "items", {k: v for k, v in mapping.items.items() if k != key.value})
    return value


def _update(m, mapping, args, kwargs):
    items = dict(mapping.items)
    for source in args:
        if isinstance(source, Mapping):
            items.update(source.items)
            if source.open:
                m.state.write(mapping.slots, "open", True)
        else:
            m.state.write(mapping.slots, "open", True)
    items.update({k: v for k, v in kwargs.items() if k != "**"})
    m.state.write(mapping.slots, "items", items)
    return NONE


def _setdefault(m, mapping, args, kwargs):
    key = args[0] if args else DATA
    if not (isinstance(key, Known) and key.value.__hash__):
        return ANYTHING
    if key.value in mapping.items:
        return mapping.items[key.value]
    value = args[1] if len(args) > 1 else NONE
    m.state.write(mapping.slots, "items", {**mapping.items, key.value: value})
    return value


def _pairs(m, mapping, args, kwargs):
    return Sequence(
        "list", [Sequence("tuple", (Known(k), v)) for k, v in mapping.items.items()], mapping.open
    )


_MAPPING = {
    "get": _get,
    "pop": _pop_key,
    "update": _update,
    "setdefault": _setdefault,
    "items": _pairs,
    "keys": lambda m, mapping, args, kwargs: Sequence(
        "list", [Known(k) for k in mapping.items], mapping.open
    ),
    "values": lambda m, mapping, args, kwargs: Sequence("list", mapping.items.values(), mapping.open),
    "copy": lambda m, mapping, args, kwargs: Mapping(mapping.items, mapping.open),
}
