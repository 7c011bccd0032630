"""What stands in for an argument that nobody wrote down: a layer, a function, a table, settings."""

from __future__ import annotations

import ast
import copy
import dis
import functools
import inspect
import linecache
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from types import FrameType
from typing import Any

from keraslint.verify.inside.by_name import ACTIVATION, SMALL, for_name, holds_settings, is_section
from keraslint.verify.inside.compared import parsed
from keraslint.verify.inside.uses import Use, use

# What errors taught of settings by their names, and those that were asked for since the model was made, the latest last.
KNOWN: dict[str, Any] = {}
ASKED: dict[str, None] = {}
TAKEN_APART: dict[str, None] = {}  # the names of settings that were taken apart since, as `**settings`
DEEPEST = 2  # of lists of settings in one another
PARTS = 2  # of settings that are gone through as a list
_OF_TEXTS = {"lower", "upper", "split", "strip", "startswith", "endswith", "format", "replace"}
_OF_ARRAYS = {"shape", "get_shape", "dtype", "ndim", "rank", "numpy", "astype", "assign", "T"}
_OF_LISTS = {"append", "extend", "insert", "sort", "index"}
NAMES = ("a", "b")  # that stand in for those of columns; what has such a name may be anything
_OF_NAMES = r"(features|names|keys|fields|columns)$"
_MAKES = {"__init__", "build", "__post_init__"}  # where layers are made, not called


def unpacked(section: str) -> str:
    """Under which KNOWN has the names that settings hold where they are taken apart."""
    return f"**{section}"


def begin(known: Mapping[str, Any]) -> None:
    """A model is going to be made, with these values for settings of these names."""
    ASKED.clear()
    TAKEN_APART.clear()
    KNOWN.clear()
    KNOWN.update(known)


class Made:
    """A stand-in that is made anew for each model, as layers cannot be shared. `kind`: the type of what is made, as errors name it."""

    kind = ""

    def __init__(self, library):
        self.library = library


def made(choice):
    """The value of a choice, which may be a stand-in; no two models get the same list."""
    if isinstance(choice, Made):
        return choice.make()
    if isinstance(choice, list):
        return list(map(made, choice))
    return copy.deepcopy(choice) if isinstance(choice, dict) else choice


class Layer(Made):
    """For a layer that someone passes in, whatever else it is called with. attributes: those that are read of it."""

    kind = "Dense"

    def __init__(self, library, attributes: Iterable[str] = ()):
        super().__init__(library)
        self.attributes = attributes

    def make(self):
        layer = _any_layer(self.library.keras)(SMALL)
        vars(layer)["_read_of_it"] = dict.fromkeys(self.attributes, Asked(library=self.library))
        return layer

    def __repr__(self):
        return f"keras.layers.Dense({SMALL})"


@functools.cache
def _any_layer(keras):
    class Dense(keras.layers.Dense):
        def call(self, inputs, *args, **kwargs):
            return super().call(inputs)

        def __getattr__(self, name):
            if name in vars(self).get("_read_of_it", ()):
                return self._read_of_it[name][name]
            return object.__getattribute__(self, name)

    return Dense


class Factory(Made):
    """For a class or function that makes a layer."""

    kind = "function"

    def make(self):
        return lambda *args, **kwargs: self.library.keras.layers.LayerNormalization()

    def __repr__(self):
        return "lambda *args, **kwargs: keras.layers.LayerNormalization()"


class Activation(Made):
    """For a function that is applied to an array."""

    kind = "function"

    def make(self):
        return self.library.keras.activations.relu

    def __repr__(self):
        return "keras.activations.relu"


class Getter(Made):
    """For a method that gives what its name suggests: `get_vocab_size()`."""

    kind = "function"

    def __init__(self, library, name: str):
        super().__init__(library)
        self.name = name

    def make(self):
        return lambda: next(iter(for_name(self.name)), SMALL)

    def __repr__(self):
        return f"lambda: {next(iter(for_name(self.name)), SMALL)!r}"


class Table(Made):
    """For an array of weights that someone passes in."""

    def make(self):
        return self.library.keras.initializers.Ones()((SMALL, SMALL))

    def __repr__(self):
        return f"keras.initializers.Ones()(({SMALL}, {SMALL}))"


class Options(Made):
    """For an object or a dict with settings: whatever is asked for is what its name suggests."""

    kind = "Asked"

    def make(self):
        return Asked(library=self.library)

    def __repr__(self):
        return "options that are what their names suggest"


class Asked(MutableMapping):
    """Settings that are what their names suggest, as attributes and by key, but for what the program puts into them.

    No dict: Keras 3 keeps a copy of those that a layer holds.
    """

    __hash__ = object.__hash__

    def __init__(self, depth: int = 0, name: str = "", library=None):
        vars(self).update(_held={}, _depth=depth, _name=name, _library=library)

    def __getitem__(self, name: str):
        if name in self._held:
            return self._held[name]
        if not isinstance(name, str):  # a place in a list of such settings
            return self._held.setdefault(name, Asked(self._depth + 1, library=self._library))
        ASKED.pop(name, None)
        ASKED[name] = None
        if name in KNOWN:
            return made(KNOWN[name])
        if is_section(name) or holds_settings(name):
            return self._held.setdefault(name, Asked(name=name, library=self._library))
        done = _use_by_caller(name) if self._library is not None else Use()
        if values := for_use(done, name, self._library):
            return self._held.setdefault(name, made(values[0]))
        if name in NAMES and done == Use():
            return self._held.setdefault(name, Asked(name=name, library=self._library))
        return next(iter(for_name(name)), SMALL)

    def __getattr__(self, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def __setitem__(self, name: str, value):
        self._held[name] = value

    __setattr__ = __setitem__

    def __delitem__(self, name: str):
        self._held.pop(name, None)

    def __contains__(self, name) -> bool:
        return True

    def keys(self) -> list[str]:
        TAKEN_APART.pop(self._name, None)
        TAKEN_APART[self._name] = None
        held = [name for name in self._held if isinstance(name, str)]
        return list(dict.fromkeys([*held, *KNOWN.get(unpacked(self._name), ())]))

    def items(self) -> list[tuple[str, Any]]:
        return [(name, self[name]) for name in self.keys()]

    def __iter__(self) -> Iterator[Asked]:
        """As a list of such settings: as many as they are taken apart into. Raises TypeError for lists in lists in lists."""
        if self._depth == DEEPEST:
            raise TypeError("settings that are not iterable")
        return iter([self[at] for at in range(_unpacked(sys._getframe(1)) or len(self))])

    def __len__(self) -> int:
        return len(self.keys()) or PARTS

    def __call__(self, *args, **kwargs):
        """As a part that passes on what it is given."""
        return args[0] if args else self


def _use_by_caller(name: str) -> Use:
    """What the module that asks for a setting does with it."""
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_globals.get("__name__") in (
        __name__,
        "collections.abc",
        "_collections_abc",
    ):
        frame = frame.f_back
    return use(code_of(frame.f_code.co_filename, frame.f_globals), name)


def code_of(filename: str, names: Mapping = {}) -> ast.Module:
    """The syntax tree of a file, of which a module by demand has one already. names: what the module holds."""
    return getattr(names, "tree", None) or parsed("".join(linecache.getlines(filename)))


def for_use(done: Use, name: str, library) -> list:
    """What can be done this with, the likeliest first; nothing where that says no more than the name does."""
    named = for_name(name)
    if done.checked or done.attributes & _OF_ARRAYS:
        return []
    if done.attributes & _OF_TEXTS:
        return [value for value in named if isinstance(value, str)] or ["a"]
    if done.called:
        if re.search(ACTIVATION, name.lower()):
            return [Activation(library)]
        return [Factory(library)] if done.called <= _MAKES else [Layer(library, done.attributes)]
    if done.gives:
        return [Getter(library, name)]
    if done.attributes - _OF_LISTS or any(isinstance(key, str) for key in done.keys):
        return [Options(library)]
    if done.parts is not None:
        parts = _parts(done, name, library)
        usual = [value for value in named if isinstance(value, list) and type(value[0]) is int]
        return usual if usual and parts == [parts[0]] * PARTS and type(parts[0]) in (int, float) else [parts]
    places = [key + 1 for key in done.keys if type(key) is int and key >= 0]
    if places and not any(isinstance(value, (list, tuple)) for value in named[:1]):
        return [[value for value in named[:1] or [SMALL]] * max(*places, PARTS)]
    return [text for text in done.texts[:1] if text not in named[:1]] or [False] * (done.tested and not named)


def _parts(done: Use, name: str, library) -> list | Made:
    """A list of such parts as are gone through."""
    if done.apart:
        return [tuple(next(iter(for_name(each)), SMALL) for each in done.apart)] * PARTS
    if done.parts.indexes and re.search(_OF_NAMES, name):
        return list(NAMES)
    if done.parts.texts:
        return list(done.parts.texts[:PARTS])
    usual = next((value for value in for_name(name) if type(value) in (int, float)), SMALL)
    values = for_use(done.parts, "", library) or [usual]
    return values[0] if isinstance(values[0], Options) else [values[0]] * PARTS


def _unpacked(frame: FrameType) -> int:
    """The number of names that a frame takes a value apart into; 0 if it does something else with it."""
    at = frame.f_lasti
    here = next((each for each in dis.get_instructions(frame.f_code) if each.offset == at), None)
    return here.arg or 0 if here is not None and here.opname == "UNPACK_SEQUENCE" else 0


class Config(Made):
    """For an instance of a class of the project's that holds settings: small ones."""

    def __init__(self, library, cls: type):
        super().__init__(library)
        self.cls = cls

    def make(self):
        parameters = inspect.signature(self.cls).parameters.values()
        named = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
        return self.cls(**{p.name: value for p in named for value in _smaller(p)})

    def __repr__(self):
        return f"{self.cls.__name__}(...) with small sizes"


def _smaller(parameter: inspect.Parameter) -> list:
    """What a setting is instead of a default that is larger; [] if the default may stay."""
    values = for_name(parameter.name)[:1]
    if parameter.default is parameter.empty:
        return values or [SMALL]
    if type(parameter.default) is not int or not values or type(values[0]) is not int:
        return []
    return values if values[0] < parameter.default else []
