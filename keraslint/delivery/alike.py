"""Which objects of one class act alike, so that one of them may be followed for all."""

from __future__ import annotations

import builtins

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

_DEPTH = 12
_TESTS = (s.If, s.While, s.IfExp, s.Assert)
_BEFORE = ("__init__", "build")  # what they decide is seen in what the object holds


def act_alike(one, other) -> bool:
    """Whether two objects differ in nothing but sizes, names and the like, on which no path of their methods hangs."""
    return isinstance(other, Instance) and isinstance(one.cls, ClassValue) and _alike(one, other, False, {})


def _alike(one, other, decides: bool, known: dict) -> bool:
    """decides: numbers and strings matter. known: what is assumed of the pairs that are being compared."""
    if one is other:
        return True
    if type(one) is not type(other) or len(known) > 400:
        return False
    if isinstance(one, Known):
        free = is_number(one) and is_number(other) and not decides
        return type(one.value) is type(other.value) if free else one == other
    pair = id(one), id(other)
    if pair not in known:
        known[pair] = True
        known[pair] = _same_inside(one, other, decides, known)
    return known[pair]


def _same_inside(one, other, decides, known) -> bool:
    def each(these, those) -> bool:
        return len(these) == len(those) and all(_alike(a, b, decides, known) for a, b in zip(these, those))

    if isinstance(one, Instance):
        return _instances(one, other, known)
    if isinstance(one, FunctionValue):
        return one.definition is other.definition
    if isinstance(one, External):
        return one == other
    if isinstance(one, (Sequence, Mapping)):
        return _alike(one.slots["held"], other.slots["held"], decides, known)
    if isinstance(one, Items):
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
    if one.cls is not other.cls or one.slots.keys() != other.slots.keys():
        return False
    deciding = deciding_names(one.cls) if isinstance(one.cls, ClassValue) else frozenset()
    return all(
        _alike(value, other.slots[name], deciding is None or name in deciding, known)
        for name, value in one.slots.items()
    )


def deciding_names(cls: ClassValue) -> frozenset[str] | None:
    """The attributes on which the paths of a class's methods may hang; None if any may be meant."""
    if cls.deciding is ...:
        found: set[str] = set()
        for one in cls.mro:
            for node in one.definition.body if isinstance(one, ClassValue) else ():
                if isinstance(node, s.Function) and node.name not in _BEFORE:
                    found |= _deciding(node) or {"*"}
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
        deciding = [value for node in nodes for target, value in _bindings(node) if _names(target) & names]
    return attributes


def _decides(node, own: str) -> list:
    """The parts of a statement or expression on which a path, or a `training` that is handed on, hangs."""
    if isinstance(node, _TESTS):
        return [node.test]
    if isinstance(node, (s.Compare, s.Bool, s.Not)):
        return [node]
    if isinstance(node, s.Match):
        return [node.subject]
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
