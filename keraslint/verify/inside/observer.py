"""Sees which mode every layer call gets, while a model runs.

No `call` is patched: `sys.setprofile` shows every one as it starts, with its arguments bound, so that signatures stay as
Keras and their authors see them. That makes Python half as fast, and is done only while what is seen is wanted. The
parts of graphs say where they are made at any time.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

from keraslint.verify.inside.library import Library
from keraslint.verify.inside.sites import Site, Sites

# Builtin layers whose children the user wrote; what other builtin layers hold is their own affair.
HOLDERS = {
    "Bidirectional",
    "Pipeline",
    "RNN",
    "SpectralNormalization",
    "StackedRNNCells",
    "TimeDistributed",
    "Wrapper",
}
GRAPH_LOOPS = {"_run_through_graph", "_run_internal_graph"}


class Event(NamedTuple):
    """A layer was called: where, as which class, whether its `call` takes `training`, and the value it acts by."""

    site: Site
    name: str
    accepts: bool
    value: Any
    layer: Any


class Operation(NamedTuple):
    """A function that drops or draws was called by the source itself."""

    site: Site
    name: str


@dataclass
class Observer:
    """Notes events and operations while `recording`, and from `start` to `stop` where the parts of graphs are made.

    sources: filename -> text of what the user wrote. operations: code -> name of the functions that count.
    """

    library: Library
    sources: Mapping[str, str]
    operations: Mapping[Any, str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    operated: list[Operation] = field(default_factory=list)
    built: list[tuple[Site, str]] = field(default_factory=list)
    active: ClassVar[Observer | None] = None

    def __post_init__(self):
        self.sites = Sites(self.sources)
        self.nodes = {}  # id(graph node) -> (node, Site)
        self.added = {}  # (id(sequential), id(layer)) -> (both, Site)
        self.codes = {}  # class -> codes of the `call`s in its MRO
        self._recording = False

    def start(self):
        if not hasattr(self.library.node.__init__, "__wrapped__"):
            self.library.node.__init__ = _noting(self.library.node.__init__, Observer.node_made)
            self.library.sequential.add = _noting(self.library.sequential.add, Observer.layer_added)
        Observer.active = self

    def stop(self):
        self.recording = False
        Observer.active = None

    @property
    def recording(self) -> bool:
        return self._recording

    @recording.setter
    def recording(self, on: bool):
        self._recording = on
        sys.setprofile(self.profile if on else None)

    def node_made(self, frame, node, *_args, **_named):
        self.nodes[id(node)] = (node, self.user_site(frame))

    def layer_added(self, frame, model, layer, *_args, **_named):
        self.added[id(model), id(layer)] = (model, layer, self.user_site(frame))

    def profile(self, frame, event, argument):
        if event != "call":
            return
        code = frame.f_code
        name = code.co_name
        if name == "call":
            self.layer_call(frame)
        elif name == "__init__":
            if isinstance(frame.f_locals.get("self"), self.library.layer):
                self.layer_made(frame)
        elif code in self.operations:
            self.operation(frame)

    def operation(self, frame):
        """An operation counts where the source calls it, not where a layer of Keras does."""
        outer = frame.f_back
        while outer is not None and outer.f_code.co_filename not in self.sources:
            if self.is_layer(outer) or outer.f_code in self.operations:
                return
            outer = outer.f_back
        if outer is not None:
            self.operated.append(Operation(self.sites.of(outer), self.operations[frame.f_code]))

    def layer_made(self, frame):
        """A layer that the source makes while the model runs."""
        name, outer = self.library.name(type(frame.f_locals["self"])), frame.f_back
        if outer.f_code.co_filename not in self.sources:
            outer = outer.f_back  # through the metaclass's or a wrapper's frame
        if (
            outer is not None
            and outer.f_code.co_filename in self.sources
            and outer.f_code.co_name != "__init__"
        ):
            self.built.append((self.sites.of(outer), name))

    def held(self, model) -> dict[str, bool]:
        """`Class.attribute` of the layers that the source's own classes hold -> whether a call reached one."""
        called = {id(event.layer) for event in self.events}
        holders = {id(event.layer): event.layer for event in self.events} | {id(model): model}
        found: dict[str, bool] = {}
        for holder in holders.values():
            for name, value in self._attributes(holder):
                if isinstance(value, self.library.layer):
                    key = f"{type(holder).__name__}.{name}"
                    found[key] = found.get(key, False) or id(value) in called
        return found

    def _attributes(self, holder) -> list[tuple[str, Any]]:
        """What an object of the source's own classes holds; on PyTorch a layer's layers are its modules."""
        if self.library.is_keras(type(holder)):
            return []
        return [*vars(holder).items(), *vars(holder).get("_modules", {}).items()]

    def is_layer(self, frame) -> bool:
        return frame.f_code.co_name == "call" and isinstance(frame.f_locals.get("self"), self.library.layer)

    def layer_call(self, frame):
        if not self.is_layer(frame):
            return
        layer = frame.f_locals["self"]
        if type(layer) is self.library.keras.layers.InputLayer or not self.is_written(frame, layer):
            return
        site = self.site(frame)
        if site is None:
            return
        accepts, value = self.value(frame)
        name = self.library.name(self.owner(frame.f_code, type(layer)))
        self.events.append(Event(site, name, accepts, value, layer))

    def is_written(self, frame, layer) -> bool:
        """Whether this call stands for one in the source: not a builtin's super().call, nor its inner parts."""
        outer = frame.f_back
        while outer is not None and outer.f_code.co_filename not in self.sources:
            if self.is_layer(outer):
                holder = outer.f_locals["self"]
                if holder is layer or getattr(holder, "_functional", None) is layer:
                    return False
                builtin = next((base for base in type(holder).__mro__ if base in self.library.public), None)
                return builtin in self.library.graphs or getattr(builtin, "__name__", "") in HOLDERS
            outer = outer.f_back
        return True

    def owner(self, code, cls) -> type:
        """The class whose `call` runs: the object's own, unless that one went to a base by super()."""
        if cls not in self.codes:
            self.codes[cls] = [
                (inspect.unwrap(vars(base)["call"]).__code__, base)
                for base in cls.__mro__
                if inspect.isfunction(inspect.unwrap(vars(base).get("call", None)))
            ]
        found = self.codes[cls]
        if found and found[0][0] is code:
            return cls
        owner = next((base for other, base in found if other is code), cls)
        if owner in self.library.public or not owner.__module__.startswith(("keras.", "tf_keras.")):
            return owner
        # A private base, as BatchNormalizationBase of Keras 2: the public class that stands for it.
        before = cls.__mro__[: cls.__mro__.index(owner)]
        return next((base for base in reversed(before) if base in self.library.public), owner)

    def value(self, frame):
        """(does `call` take it, the value)."""
        names, code = frame.f_locals, frame.f_code
        if "training" in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]:
            return True, names["training"]
        if code.co_flags & inspect.CO_VARKEYWORDS:
            position = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & inspect.CO_VARARGS)
            given = names[code.co_varnames[position]]
            if "training" in given or self.library.legacy:
                return True, given.get("training")
        return False, self.library.context_value()

    def site(self, frame) -> Site | None:
        """Where the source calls this layer; None for the root itself."""
        child = frame.f_locals["self"]
        outer = frame.f_back
        added = None  # the place in a Sequential's list, for one that nobody in the source calls
        inner = False  # inside the graph that is only how a Sequential runs its list
        while outer is not None:
            if outer.f_code.co_filename in self.sources:
                return self.sites.of(outer)
            name = outer.f_code.co_name
            if name in GRAPH_LOOPS:
                inner = self.of_sequential(outer)
                if not inner:
                    return self.nodes.get(id(outer.f_locals["node"]), (None, None))[1]
            if name == "call" and self.is_layer(outer):
                holder = outer.f_locals["self"]
                if isinstance(holder, self.library.sequential):
                    known = self.added.get((id(holder), id(child)))
                    added = known[2] if known else added
                    inner = False
                if not inner:
                    child = holder
            outer = outer.f_back
        return added

    def of_sequential(self, loop) -> bool:
        """Whether a graph that runs is only how a Sequential runs its list."""
        owner = loop.f_locals.get("self")
        outer = loop.f_back
        while outer is not None:
            if self.is_layer(outer):
                holder = outer.f_locals["self"]
                if isinstance(holder, self.library.sequential):
                    return owner in (holder, getattr(holder, "_functional", None))
                if holder is not owner:
                    return False
            outer = outer.f_back
        return False

    def user_site(self, frame) -> Site | None:
        outer = frame.f_back
        while outer is not None:
            if outer.f_code.co_filename in self.sources:
                return self.sites.of(outer)
            outer = outer.f_back
        return None


def _noting(function: Callable, note: Callable) -> Callable:
    """The function, telling the observer that is active of each call."""

    @functools.wraps(function)
    def noted(*args, **named):
        if Observer.active is not None:
            note(Observer.active, sys._getframe(), *args, **named)
        return function(*args, **named)

    return noted
