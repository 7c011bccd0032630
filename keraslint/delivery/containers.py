"""What lists, tuples, sets and dicts hold: their items, how these change, and their methods."""

from __future__ import annotations

from collections.abc import Iterable

from keraslint.delivery import calls, graphs, objects
from keraslint.delivery.machine import Machine
from keraslint.delivery.values import (
    ANYTHING,
    DATA,
    MISSING,
    NONE,
    OTHERS,
    Applied,
    ClassValue,
    Entries,
    External,
    Instance,
    Items,
    Known,
    Mapping,
    Sequence,
    Tensor,
    Union,
    Weights,
    distinct,
    is_among,
    join,
    options,
    union,
)

LONGEST_UNROLLED = 64


def put(m: Machine, sequence: Sequence, items: Iterable, open: bool = False, sure: int = 0):
    """From now on a list holds these items. open, sure: as in `Items`."""
    m.state.write(sequence.slots, "held", Items.of(items, open, sure))
    return NONE


def put_entries(m: Machine, mapping: Mapping, items: dict, open: bool, maybe: Iterable = ()):
    """From now on a dict holds these entries. open, maybe: as in `Entries`."""
    m.state.write(mapping.slots, "held", Entries(items, open, frozenset(maybe)))
    return NONE


def become(m: Machine, container: Sequence | Mapping, value):
    """A container changes in place to what another holds; what a list or set holds is not known if that is neither."""
    if type(value) is type(container):
        m.state.write(container.slots, "held", value.slots["held"])
    elif isinstance(container, Sequence):
        put(m, container, (*container.items, ANYTHING), True)
    return container


# ---------------------------------------------------------------- items


def iterate(value) -> list | None:
    """The items that a loop over the value sees, in order; None if their number or order is not known."""
    if isinstance(value, Sequence):
        shuffled = value.kind == "set" and len(value.items) > 1
        return None if value.open or shuffled or len(value.items) > LONGEST_UNROLLED else list(value.items)
    if isinstance(value, Mapping):
        return None if value.open or value.maybe else [Known(key) for key in value.items]
    if isinstance(value, Known) and isinstance(value.value, (str, range, tuple)):
        return [Known(v) for v in value.value] if len(value.value) <= LONGEST_UNROLLED else None
    return None


def some_items(m: Machine, value) -> list:
    """Items of an iterable of which there may be more or fewer."""
    known = iterate(value)
    if known is not None:
        return known
    if isinstance(value, Sequence) and value.items:
        return distinct(value.items)
    if isinstance(value, Mapping) and value.items:
        return [_key(key) for key in value.items]
    if isinstance(value, Union):
        found = [item for option in value.options for item in some_items(m, option)]
        return found[:LONGEST_UNROLLED]
    return [item_of(m, value)]


def item_of(m: Machine, value):
    """Some item of an iterable."""
    if isinstance(value, Sequence):
        return union(value.items) if value.items else ANYTHING
    if isinstance(value, Mapping):
        return union((*map(_key, value.items), *([DATA] if value.open or not value.items else [])))
    if isinstance(value, Tensor):
        return graphs.derived([value])
    if isinstance(value, Weights):
        return value
    if isinstance(value, Instance) or value is ANYTHING:
        return ANYTHING
    if isinstance(value, Union):
        return union(item_of(m, option) for option in value.options)
    return DATA


def part(m: Machine, value, at: int):
    """The item that unpacking gives to the target at a position."""
    found = []
    for option in options(value):
        if isinstance(option, Sequence):
            known = iterate(option)
            found.append(known[at] if known is not None and at < len(known) else item_of(m, option))
        elif isinstance(option, Tensor):
            found.append(option)
        else:
            found.append(ANYTHING if option is ANYTHING or isinstance(option, Instance) else DATA)
    return union(found)


def subscript(m: Machine, value, index):
    """value[index]"""
    return union(_subscript(m, option, index) for option in options(value))


def _subscript(m, value, index):
    if isinstance(value, Sequence):
        return _of_sequence(value, index)
    if isinstance(value, Mapping):
        return _of_mapping(value, index)
    if isinstance(value, Tensor):
        return graphs.derived([value])
    if isinstance(value, Known):
        try:
            return Known(value.value[index.value])
        except Exception:
            return DATA
    if isinstance(value, (ClassValue, External)):
        return value  # a generic alias
    if isinstance(value, Instance):
        method = objects.method(value, "__getitem__")
        if method is not None:
            return calls.call(m, method, [index if not isinstance(index, slice) else DATA], {})
        return ANYTHING
    return value if value is DATA or isinstance(value, Weights) else ANYTHING


def _of_sequence(value, index):
    if isinstance(index, slice):
        bounds = [_bound(b) for b in (index.start, index.stop, index.step)]
        if MISSING not in bounds and not value.open:
            return Sequence(value.kind, value.items[slice(*bounds)])
        return Sequence(value.kind, value.items, True)
    at = _position(value, index)
    if at is not None:
        return value.items[at]
    known = isinstance(index, Known) and not value.open
    return union(value.items) if value.items and not known else ANYTHING


def _bound(value):
    if value is None:
        return None
    return value.value if isinstance(value, Known) and type(value.value) in (int, type(None)) else MISSING


def _position(sequence, index) -> int | None:
    """Where in the items an index points, if that is known."""
    if not isinstance(index, Known) or type(index.value) not in (int, bool):
        return None
    least = 0 if sequence.open else -len(sequence.items)
    return index.value if least <= index.value < sequence.sure else None


def _of_mapping(value, index):
    if _is_key(index) and index.value in value.items:
        return join(value.items[index.value], value.items.get(OTHERS, MISSING))
    if _is_key(index) and OTHERS in value.items:
        return value.items[OTHERS]
    if _is_key(index) and not value.open:
        return ANYTHING
    unknown = not value.items or value.slots["held"].others is ANYTHING
    return union((*value.items.values(), *([ANYTHING] if unknown else [])))


def _is_key(index) -> bool:
    return isinstance(index, Known) and bool(index.value.__hash__)


def contains(container, item) -> bool | None:
    """item in container; None if that is not known."""
    if isinstance(container, Known) and isinstance(item, Known):
        try:
            return item.value in container.value
        except TypeError:
            return None
    if not isinstance(item, Known):
        return None
    if isinstance(container, Mapping):
        if not _is_key(item) or item.value in container.maybe:
            return None
        return True if item.value in container.items else (None if container.open else False)
    if isinstance(container, Sequence) and not container.open:
        if item in container.items:
            return True
        return False if all(isinstance(i, Known) for i in container.items) else None
    return None


# ---------------------------------------------------------------- changes


def set_item(m: Machine, container, index, value):
    """container[index] = value"""
    certain = len(options(container)) == 1
    for option in options(container):
        if isinstance(option, Mapping):
            _set_entry(m, option, index, value, certain)
        elif isinstance(option, Sequence):
            _set_position(m, option, index, value, certain)
        elif isinstance(option, Instance):
            method = objects.method(option, "__setitem__")
            if method is not None:
                calls.call(m, method, [index, value], {})


def _set_entry(m, mapping, index, value, certain):
    items, maybe = dict(mapping.items), mapping.maybe
    if not _is_key(index):
        items[OTHERS] = join(mapping.slots["held"].others, value)
        put_entries(m, mapping, items, True, maybe)
        return
    key = index.value
    if not certain and key not in items:
        maybe = maybe | {key}
    items[key] = value if certain else join(items.get(key, MISSING), value)
    put_entries(m, mapping, items, mapping.open, maybe - {key} if certain else maybe)


def _set_position(m, sequence, index, value, certain):
    if isinstance(index, slice):
        put(m, sequence, (*sequence.items, *some_items(m, value)), True)
        return
    at = _position(sequence, index)
    items = list(sequence.items)
    if at is not None:
        items[at] = value if certain else join(items[at], value)
    else:
        items = [join(item, value) for item in items] or [value]
    put(m, sequence, items, sequence.open, sequence.sure)


def delete_item(m: Machine, container, index):
    """del container[index]"""
    certain = len(options(container)) == 1
    for option in options(container):
        if isinstance(option, Sequence):
            items, at = list(option.items), _position(option, index) if certain else None
            if at is not None:
                del items[at]
            put(m, option, items, option.open or at is None, option.sure - 1 if at is not None else 0)
        elif isinstance(option, Mapping):
            _remove_key(m, option, index, certain)


def _remove_key(m, mapping, key, certain=True):
    items, maybe = dict(mapping.items), set(mapping.maybe)
    if _is_key(key) and certain:
        items.pop(key.value, None)
        maybe.discard(key.value)
        maybe.update({OTHERS} & items.keys())
    else:
        maybe.update(items if not _is_key(key) else {key.value} & set(items))
    put_entries(m, mapping, items, mapping.open, maybe)


# ---------------------------------------------------------------- methods


def method_of(value: Sequence | Mapping, name: str):
    """A method of a list, dict, tuple or set."""
    table = _SEQUENCE if isinstance(value, Sequence) else _MAPPING
    return Applied(table[name], value) if name in table else DATA


def _append(m, seq, args, kwargs):
    return _put_behind(m, seq, args[:1])


def _put_behind(m, seq, items, known: bool = True):
    """More items at the end; of those that a list of unknown length may hold already one is enough."""
    if seq.open or not known:
        items = [item for item in items if not is_among(item, seq.items[seq.sure :])]
        if seq.open and not items:
            return NONE
    return put(m, seq, (*seq.items, *items), seq.open or not known, seq.sure)


def extend(m: Machine, seq: Sequence, args: list, kwargs: dict | None = None):
    """list.extend(iterable), set.update(*iterables)"""
    for value in args or [DATA]:
        _put_behind(m, seq, some_items(m, value), iterate(value) is not None)
    return NONE


def _insert(m, seq, args, kwargs):
    items, known = list(seq.items), False
    if len(args) == 2:
        known = isinstance(args[0], Known) and type(args[0].value) is int
        items.insert(args[0].value if known else len(items), args[1])
    return put(m, seq, items, seq.open or not known)


def _pop(m, seq, args, kwargs):
    items = list(seq.items)
    at = _position(seq, args[0] if args else Known(-1)) if seq.kind == "list" else None
    if at is not None:
        value = items.pop(at)
        put(m, seq, items, seq.open, seq.sure - 1)
        return value
    put(m, seq, items, True)
    return union(items) if items else ANYTHING


def _remove(m, seq, args, kwargs):
    return put(m, seq, [i for i in seq.items if i not in args], True)


def _changed(m, seq, args, kwargs):
    """A change of a set that is not followed."""
    return put(m, seq, (*seq.items, ANYTHING), True)


def _copy(m, seq, args, kwargs):
    return Sequence(seq.kind, seq.items, seq.open, seq.sure)


def _clear(m, seq, args, kwargs):
    return put(m, seq, ())


def _reverse(m, seq, args, kwargs):
    return put(m, seq, seq.items[::-1], seq.open)


def _sort(m, seq, args, kwargs):
    ordered = in_order(seq.items, kwargs)
    return put(m, seq, ordered or seq.items, seq.open or ordered is None)


def in_order(items, kwargs: dict) -> list | None:
    """Items as `sorted` puts them; None if that is not known."""
    if len(items) < 2:
        return list(items)
    if kwargs or not all(isinstance(item, Known) for item in items):
        return None
    try:
        return sorted(items, key=lambda item: item.value)
    except TypeError:
        return None


_SEQUENCE = {
    "append": _append,
    "add": _append,
    "extend": extend,
    "update": extend,
    "insert": _insert,
    "pop": _pop,
    "remove": _remove,
    "discard": _remove,
    "difference_update": _changed,
    "intersection_update": _changed,
    "symmetric_difference_update": _changed,
    "copy": _copy,
    "clear": _clear,
    "reverse": _reverse,
    "sort": _sort,
}


def _get(m, mapping, args, kwargs):
    key = args[0] if args else DATA
    default = args[1] if len(args) > 1 else kwargs.get("default", NONE)
    found = contains(mapping, key)
    if found is False:
        return default
    value = _of_mapping(mapping, key)
    return value if found else union((default, value))


def _pop_key(m, mapping, args, kwargs):
    value = _get(m, mapping, args if len(args) > 1 else [*args, ANYTHING], kwargs)
    _remove_key(m, mapping, args[0] if args else DATA)
    return value


def _popitem(m, mapping, args, kwargs):
    put_entries(m, mapping, mapping.items, mapping.open, mapping.items)
    return Sequence("tuple", (DATA, union(mapping.items.values()) if mapping.items else ANYTHING))


def _update(m, mapping, args, kwargs):
    for source in (*args, keywords(kwargs)):
        put_entries(m, mapping, *merged(mapping, source))
    return NONE


def of_any_number(mapping: Mapping) -> Mapping:
    """A dict that has more or fewer keys than this one, with the same values."""
    values = mapping.items.values()
    items = {**mapping.items, OTHERS: union(values)} if values else {}
    return Mapping(items, True, items)


def keywords(kwargs: dict) -> Mapping:
    """The dict that keyword arguments make."""
    return Mapping({name: value for name, value in kwargs.items() if name != "**"}, "**" in kwargs)


def merged(mapping: Mapping, source) -> Entries:
    """What a dict holds after another one was put into it."""
    one = mapping.slots["held"]
    other = source.slots["held"] if isinstance(source, Mapping) else Entries({}, True, frozenset())
    certain = (one.items.keys() - one.maybe) | (other.items.keys() - other.maybe)
    items = dict(one.items)
    for key, value in other.items.items():
        items[key] = join(items.get(key, MISSING), value) if key in other.maybe else value
    if one.open or other.open:
        items[OTHERS] = join(one.others, other.others)
    return Entries(items, one.open or other.open, frozenset(items.keys() - certain))


def _setdefault(m, mapping, args, kwargs):
    key = args[0] if args else DATA
    value = args[1] if len(args) > 1 else NONE
    found = contains(mapping, key)
    old = _of_mapping(mapping, key) if found is not False else MISSING
    if not found:
        set_item(m, mapping, key, value if found is False else join(old, value))
    return old if found else join(old, value)


def _pairs(m, mapping, args, kwargs):
    return _listed(mapping, [Sequence("tuple", (_key(k), v)) for k, v in mapping.items.items()])


def _key(key):
    return DATA if key is OTHERS else Known(key)


def _keys(m, mapping, args, kwargs):
    return _listed(mapping, map(_key, mapping.items))


def _listed(mapping, items) -> Sequence:
    return Sequence("list", items, mapping.open or bool(mapping.maybe))


def _copy_mapping(m, mapping, args, kwargs):
    return Mapping(mapping.items, mapping.open, mapping.maybe)


_MAPPING = {
    "get": _get,
    "pop": _pop_key,
    "popitem": _popitem,
    "update": _update,
    "setdefault": _setdefault,
    "items": _pairs,
    "keys": _keys,
    "values": lambda m, mapping, args, kwargs: _listed(mapping, mapping.items.values()),
    "copy": _copy_mapping,
    "clear": lambda m, mapping, args, kwargs: put_entries(m, mapping, {}, False),
}
