"""Which objects of one class act alike, so that one of them may be followed for all."""

from __future__ import annotations

import builtins
from itertools import islice

from keraslint import summary as s
from keraslint.delivery.values import (
    ClassValue,
    Entries,
    External,
    FunctionValue,
    Instance,
    Items,
    Known,
    Mapping,
    Node,
    Sequence,
    Union,
    is_number,
)

MOST_PAIRS = 400  # of values that are compared for two objects; more are taken for unlike
_TESTS = (s.If, s.While, s.IfExp, s.Assert)
_BEFORE = ("__init__", "build")  # what they decide is seen in what the object holds
_OF_LAYERS = frozenset(
    ("dtype", "recurrent_dropout")
)  # what decides of Keras' own layers: see graphs and layers


def act_alike(one, other) -> bool:
    """Whether two objects differ in nothing but sizes, names and the like, on which no path of their methods hangs."""
    return isinstance(other, Instance) and isinstance(one.cls, ClassValue) and _alike(one, other, False, {})


def _alike(one, other, decides: bool, known: dict) -> bool:
    """decides: numbers and strings matter. known: what is assumed of the pairs that are being compared."""
    if one is other:
        return True
    if type(one) is not type(other) or len(known) > MOST_PAIRS:
        return False
    if isinstance(one, Known):
        free = is_number(one) and is_number(other) and not decides
        return type(one.value) is type(other.value) if free else one == other
    pair = id(one), id(other), decides
    if pair not in known:
        known[pair] = True
        before = len(known)
        known[pair] = _same_inside(one, other, decides, known)
        if not known[pair]:  # what was found alike meanwhile may be so only if this pair is
            for later in [each for each in islice(known, before, None) if known[each]]:
                del known[later]
    return known[pair]


def _same_inside(one, other, decides, known) -> bool:
    def each(these, those) -> bool:
        return len(these) == len(those) and all(_alike(a, b, decides, known) for a, b in zip(these, those))

    if isinstance(one, Instance):
        return _instances(one, other, known)
    if isinstance(one, FunctionValue):
        return _functions(one, other, known)
    if isinstance(one, External):
        return one == other
    if isinstance(one, (Sequence, Mapping)):
        return _alike(one.slots["held"], other.slots["held"], decides, known)
    if isinstance(one, Items):
        if decides or len(one.items) == len(other.items):
            return one.open == other.open and each(one.items, other.items)
        return one.open == other.open and _among(one.items, other.items, decides, known)
    if isinstance(one, Entries):
        same_keys = (one.open, one.maybe, list(one.items)) == (other.open, other.maybe, list(other.items))
        return same_keys and each(list(one.items.values()), list(other.items.values()))
    if isinstance(one, Node):
        pins = (one.pin and one.pin.value) is (other.pin and other.pin.value)
        return pins and _alike(one.op, other.op, decides, known) and each(one.parents, other.parents)
    if isinstance(one, Union):
        return _among(one.options, other.options, decides, known)
    if isinstance(one, tuple):
        return each(one, other)
    return False


def _among(these, those, decides, known) -> bool:
    """Whether two lists hold the same kinds of things, however often."""
    return bool(these) == bool(those) and all(
        any(_alike(a, b, decides, known) for b in right)
        for left, right in ((these, those), (those, these))
        for a in left
    )


def _instances(one: Instance, other: Instance, known: dict) -> bool:
    if one.cls != other.cls or one.slots.keys() != other.slots.keys():
        return False
    own = deciding_names(one.cls) if isinstance(one.cls, ClassValue) else frozenset()
    return all(
        _alike(value, other.slots[name], own is None or name in own or name in _OF_LAYERS, known)
        for name, value in one.slots.items()
    )


def _functions(one: FunctionValue, other: FunctionValue, known: dict) -> bool:
    """Whether two functions made by one definition close over the same."""
    if one.definition is not other.definition or one.env.parent is not other.env.parent or one.defaults:
        return False
    here, there = one.env.names, other.env.names
    return all(
        _alike(here.get(name), there.get(name), True, known)
        for name in _names(one.definition) & (here.keys() | there.keys())
    )


def deciding_names(cls: ClassValue) -> frozenset[str] | None:
    """The attributes on which the paths of a class's methods may hang; None if any may be meant."""
    if cls.deciding is ...:
        bodies = [one.definition.body for one in cls.mro if isinstance(one, ClassValue)]
        methods = [n for body in bodies for n in body if isinstance(n, s.Function) and n.name not in _BEFORE]
        found = set().union(*map(_deciding, methods))
        waiting = [method for method in methods if method.name in found]
        while waiting:  # what properties and methods give that something hangs on
            methods = [method for method in methods if method not in waiting]
            parts = [part for method in waiting for part in s.walk(method.body)]
            found |= {part.name for part in parts if isinstance(part, s.Attr)}
            waiting = [method for method in methods if method.name in found]
        cls.deciding = None if "*" in found else frozenset(found)
    return cls.deciding


def _deciding(function: s.Function) -> set[str]:
    """The attributes that a method names where it decides something, itself or through local names; `*` stands for all."""
    own = function.params[0].name if function.params else ""
    nodes = list(s.walk(function.body))
    deciding = [part for node in nodes for part in _decides(node, own)]
    if any(isinstance(part, s.Arg) and part.value == s.Name(own) for part in deciding):
        return {"*"}
    attributes: set[str] = set()
    seen: set[str] = set()
    while deciding:
        parts = [part for one in deciding for part in s.walk(one)]
        attributes |= {part.name for part in parts if isinstance(part, s.Attr)}
        names = {part.id for part in parts if isinstance(part, s.Name)} - seen - {own}
        seen |= names
        bound = [value for node in nodes for target, value in _bindings(node) if _names(target) & names]
        deciding = [_without_data(value) for value in bound]
    return attributes


def _without_data(value):
    """A value that a name is bound to, of a call only what is called: what layers give is data, on which no path hangs.

    What is handed to functions and methods of the sources counts where they are called.
    """
    while isinstance(value, s.Call) and not (
        isinstance(value.func, s.Name) and hasattr(builtins, value.func.id)
    ):
        value = value.func.value if isinstance(value.func, s.Attr) else ()
    return value


def _decides(node, own: str) -> list:
    """The parts of a statement or expression on which a path, or a `training` that is handed on, hangs."""
    if isinstance(node, _TESTS):
        return [node.test]
    if isinstance(node, (s.Compare, s.Bool, s.Not)):
        return [node]
    if isinstance(node, s.Match):
        return [node.subject, *(value for case in node.cases for _, value in case.tests or ())]
    if isinstance(node, s.Sub):
        return [node.index]
    if isinstance(node, s.Clause):
        return list(node.tests)
    if isinstance(node, s.Arg) and node.name == "training":
        return [node.value]
    if isinstance(node, s.Call) and isinstance(node.func, s.Name):
        if not hasattr(builtins, node.func.id):
            return list(node.args)
        return [arg for arg in node.args if arg.value != s.Name(own)]
    if isinstance(node, s.Call) and isinstance(node.func, s.Attr):
        to_itself = node.func.value == s.Name(own)
        return [arg for arg in node.args if to_itself or arg.value == s.Name(own)]
    return []


def _bindings(node):
    """(target, value) of the names that a statement binds."""
    if isinstance(node, s.Assign):
        return [(target, node.value) for target in node.targets]
    if isinstance(node, s.AugAssign):
        return [(node.target, node.value)]
    if isinstance(node, s.Walrus):
        return [(s.Name(node.name), node.value)]
    if isinstance(node, s.For):
        return [(node.target, node.iter)]
    if isinstance(node, s.Clause):
        return [(node.target, node.iter)]
    return []


def _names(target) -> set[str]:
    return {part.id for part in s.walk(target) if isinstance(part, s.Name)}
