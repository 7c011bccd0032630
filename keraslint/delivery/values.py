"""The values that the interpreter computes with, and their join."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

from keraslint.semantics.context import Given
from keraslint.semantics.names import is_object


class Site(NamedTuple):
    """A numbered record of a module: a place in the source that a report can point at."""

    path: str
    at: int


class Origin(NamedTuple):
    """Where a training value was decided.

    kind: entry (whoever started the model), literal (a constant at a call), default (a signature),
    assigned (a statement that rebinds it), computed (another expression), pin (a graph node).
    """

    kind: str
    site: Site | None = None
    text: str = ""


class Known:
    """A constant of the source; `origin` is kept for values that may become `training`."""

    __slots__ = ("origin", "value")

    def __init__(self, value, origin: Origin | None = None):
        self.value = value
        self.origin = origin

    def __eq__(self, other):
        return (
            isinstance(other, Known) and type(self.value) is type(other.value) and self.value == other.value
        )

    def __hash__(self):
        return hash((type(self.value), self.value))

    def __repr__(self):
        return f"Known({self.value!r})"


class _Opaque:
    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return self.name


DATA = _Opaque("DATA")  # numbers, arrays, file handles: anything that is not a layer, None included
ANYTHING = _Opaque("ANYTHING")  # may even be a layer
MISSING = _Opaque("MISSING")  # no value on this path
NONE = Known(None)


FLOAT = "float32"  # the dtype of what says nothing of it


class Tensor:
    """A tensor, never None; with a `node` it is symbolic, made by that node of a functional graph."""

    __slots__ = ("dtype", "node")

    def __init__(self, node=None, dtype: str | None = FLOAT):
        self.node = node
        self.dtype = dtype  # None: not known

    def __repr__(self):
        return f"Tensor({self.node})"


TENSOR = Tensor()


class Node:
    """One call recorded in a functional graph. `op` is the layer, or None for any other operation."""

    __slots__ = ("callee", "fast", "op", "parents", "pin", "site", "within")

    def __init__(self, op, parents, pin: Given | None = None, fast=False, site=None, callee="", within=""):
        self.op = op
        self.parents = parents
        self.pin = pin
        self.fast = fast  # by the fast path of Keras 3.10; None: not known
        self.site = site
        self.callee = callee
        self.within = within


class External(NamedTuple):
    """Something outside the sources that are read, by its canonical dotted name."""

    name: str


_births = itertools.count()


class Place(dict):
    """Holds values by name; `born` tells the places that a loop has made from those that it found."""

    __slots__ = ("born",)

    def __init__(self, values=()):
        super().__init__(values)
        self.born = next(_births)


class Environment:
    """Names of a function, class body or module; `parent` is where the others are looked up."""

    __slots__ = ("globals_", "module", "names", "parent")

    def __init__(self, parent, module):
        self.names = Place()
        self.parent = parent
        self.module = module
        self.globals_: set[str] = set()


class FunctionValue:
    """A function of the source, with the defaults evaluated where it was defined."""

    __slots__ = ("defaults", "definition", "env", "extra", "name", "owner", "rewraps", "traced")

    def __init__(self, definition, env, defaults, owner=None):
        self.definition = definition
        self.env = env
        self.defaults = defaults
        self.owner = owner  # the class in whose body it stands
        self.name = getattr(definition, "name", "<lambda>")
        self.traced = False  # decorated with tf.function
        self.rewraps = None  # the function whose signature functools.wraps shows
        self.extra: dict = {}

    @property
    def params(self):
        return self.definition.params

    @property
    def site(self) -> Site:
        return Site(self.env.module.path, self.definition.at)


class BoundMethod(NamedTuple):
    function: Any
    receiver: Any


class ExternalMethod(NamedTuple):
    """A method that Keras (or another outside base) gives an instance."""

    receiver: Any
    name: str
    base: Any = None


class PartialCall(NamedTuple):
    function: Any
    args: tuple
    kwargs: tuple  # (name, value) pairs


class PropertyValue(NamedTuple):
    getter: Any
    setter: Any = None
    cached: bool = False


class StaticMethod(NamedTuple):
    function: Any


class ClassMethod(NamedTuple):
    function: Any


class SuperValue(NamedTuple):
    cls: Any
    receiver: Any


class Tape:
    """A differentiation; `by` holds what gradients are taken by, as far as it was seen."""

    __slots__ = ("by",)

    def __init__(self, by=()):
        self.by = list(by)


class Weights:
    """The variables of some layers (None: of any); two are the same only if they are one object."""

    __slots__ = ("owners",)

    def __init__(self, owners=()):
        self.owners = owners


class Applied(NamedTuple):
    """A Python builtin or library function that the interpreter knows, bound to a receiver."""

    function: Any
    receiver: Any


class Builtin:
    """A builtin function that the interpreter knows."""

    __slots__ = ("attributes", "name", "run")

    def __init__(self, name, run, attributes=None):
        self.name = name
        self.run = run
        self.attributes = attributes or {}

    def __repr__(self):
        return f"Builtin({self.name})"


class ClassValue:
    """A class of the source."""

    __slots__ = ("bases", "deciding", "definition", "env", "module", "mro", "names")

    def __init__(self, definition, env, bases, names, module):
        self.definition = definition
        self.env = env
        self.bases = bases
        self.deciding = ...  # see `alike.deciding_names`, once it is asked for
        self.names = names
        self.module = module
        self.mro = [self]

    @property
    def name(self) -> str:
        return self.definition.name

    @property
    def site(self) -> Site:
        return Site(self.module.path, self.definition.at)

    def __repr__(self):
        return f"ClassValue({self.name})"


class Slots(Place):
    """The attributes of an object."""


class Instance:
    """An object. `cls` is a ClassValue, or an External for Keras' own layers and models."""

    __slots__ = ("arguments", "assigned", "built_in_call", "cls", "site", "slots", "within")

    def __init__(self, cls, site=None, within=""):
        self.cls = cls
        self.slots = Slots()
        self.site = site
        self.arguments: tuple | None = None
        self.within = within
        self.built_in_call = False
        self.assigned: dict = {}  # attribute -> (site, value) of its first assignment

    def __repr__(self):
        return f"Instance({getattr(self.cls, 'name', self.cls)})"


LONGEST = 400  # items of a list that are told apart


class Items(NamedTuple):
    """What a list holds.

    open: after the first `sure` items there may be more or fewer of the others, in another order.
    """

    items: tuple
    open: bool
    sure: int

    @classmethod
    def of(cls, items, open: bool, sure: int) -> Items:
        items = tuple(items)
        if len(items) > LONGEST:
            return cls(items[:LONGEST], True, sure if open else LONGEST)
        return cls(items, open, sure if open else len(items))


class Sequence:
    """A list, tuple or set."""

    __slots__ = ("kind", "slots")

    def __init__(self, kind, items=(), open=False, sure=0):
        self.kind = kind
        self.slots = Place({"held": Items.of(items, open, sure)})

    @property
    def items(self) -> tuple:
        return self.slots["held"].items

    @property
    def open(self) -> bool:
        return self.slots["held"].open

    @property
    def sure(self) -> int:
        return self.slots["held"].sure


OTHERS = ("?",)  # the key of what is under keys that are not known, in the items of a dict


class Entries(NamedTuple):
    """What a dict with constant keys holds.

    open: it may hold others. maybe: the keys that may be missing.
    """

    items: dict
    open: bool
    maybe: frozenset

    @property
    def others(self):
        """What keys other than those known may hold; MISSING if there are none."""
        return self.items.get(OTHERS, ANYTHING if self.open else MISSING)


class Mapping:
    """A dict."""

    __slots__ = ("slots",)

    def __init__(self, items=None, open=False, maybe=()):
        self.slots = Place({"held": Entries(dict(items or {}), open, frozenset(maybe))})

    @property
    def items(self) -> dict:
        return self.slots["held"].items

    @property
    def open(self) -> bool:
        return self.slots["held"].open

    @property
    def maybe(self) -> frozenset:
        return self.slots["held"].maybe


class Union(NamedTuple):
    """One of several values, by the path taken."""

    options: tuple


class Cell(NamedTuple):
    """The call context: who opened it, and the values it may hold."""

    entry: Any
    options: tuple[Given, ...]


_WIDEST = 8


def options(value) -> tuple:
    return value.options if isinstance(value, Union) else (value,)


def is_plain(value) -> bool:
    """Whether nothing is known of a value that another one could change."""
    return value is DATA or value is ANYTHING or (isinstance(value, Tensor) and value.node is None)


def is_number(value) -> bool:
    return isinstance(value, Known) and type(value.value) in (int, float, str)


def join(a, b):
    """The value that is `a` on one path and `b` on another."""
    if a is b or a is MISSING:
        return b
    if b is MISSING:
        return a
    if isinstance(a, Known) and a == b:
        return a
    if isinstance(a, Cell) or isinstance(b, Cell):
        return _join_cells(a, b)
    if type(a) is tuple and type(b) is tuple:
        return _join_tuples(a, b)
    if isinstance(a, Items):
        open = a.open or b.open or len(a.items) != len(b.items)
        return Items(_join_tuples(a.items, b.items), open, min(a.sure, b.sure))
    if isinstance(a, Entries):
        items = {
            key: join(a.items.get(key, MISSING), b.items.get(key, MISSING)) for key in {**a.items, **b.items}
        }
        if OTHERS in items:
            items[OTHERS] = join(a.others, b.others)
        return Entries(items, a.open or b.open, a.maybe | b.maybe | (a.items.keys() ^ b.items.keys()))
    if type(a) is bool and type(b) is bool:
        return a or b
    return union((*options(a), *options(b)))


def distinct(values) -> list:
    """Values without repeats, in their order."""
    found: dict = {}
    for value in values:
        found.setdefault(_identity(value), value)
    return list(found.values())


def is_among(value, values) -> bool:
    return any(_identity(value) == _identity(other) for other in values)


def _identity(value):
    """What two values have in common that are the same: constants of one type that are equal, or one object."""
    return (type(value.value), value.value) if type(value) is Known else id(value)


def same(one, other) -> bool:
    """Whether two values say the same: there is nothing new in the second."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, Entries):
        return (one.open, one.maybe, one.items.keys()) == (
            other.open,
            other.maybe,
            other.items.keys(),
        ) and all(same(value, other.items[key]) for key, value in one.items.items())
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, Tensor):
        return one.node is other.node is None
    return isinstance(one, (Known, bool, int, str)) and one == other


def union(values):
    """One value for several, without repeats; too many become unknown."""
    values = list(values)
    if len(values) == 1:
        return values[0]
    found = distinct(option for value in values for option in options(value))
    if any(isinstance(option, Tensor) and option.node is None for option in found):
        found = [o for o in found if o is not DATA and not (isinstance(o, Tensor) and o.node is None)]
        found.append(TENSOR)
    if any(option is DATA for option in found):
        found = [option for option in found if not is_number(option)]
    if len(found) == 1:
        return found[0]
    if not found:
        return ANYTHING
    if len(found) > _WIDEST:
        plain = all(isinstance(o, (Known, Tensor)) or o is DATA for o in found)
        return DATA if plain else Union((*[o for o in found if o is not ANYTHING][: _WIDEST * 2], ANYTHING))
    return Union(tuple(found))


def _join_tuples(a, b):
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    return tuple(join(x, y) for x, y in zip(a, b)) + longer[len(shorter) :]


def _join_cells(a, b):
    if a is None or b is None:
        return a or b
    merged = list(a.options)
    merged += [g for g in b.options if all(g.value is not h.value for h in merged)]
    return Cell(a.entry, tuple(merged))


def defines(cls, *names: str) -> bool:
    """Whether a class of the sources, or one that it extends there, has one of these methods."""
    return isinstance(cls, ClassValue) and any(
        name in one.names for one in cls.mro if isinstance(one, ClassValue) for name in names
    )


def truth(value) -> bool | None:
    """Whether the value is true, None if it cannot be told."""
    if isinstance(value, Known):
        return bool(value.value)
    if isinstance(value, Sequence):
        return True if value.sure else (None if value.open else False)
    if isinstance(value, Mapping):
        if value.items.keys() - value.maybe:
            return True
        return None if value.open or value.maybe else False
    if isinstance(value, Union):
        found = {truth(option) for option in value.options}
        return found.pop() if len(found) == 1 else None
    if value is DATA or value is ANYTHING or isinstance(value, (Tensor, Weights)):
        return None
    if isinstance(value, Instance) and defines(value.cls, "__bool__", "__len__"):
        return None
    if isinstance(value, External):
        return True if is_object(value.name) else None
    return True
