"""What a rule is given: a subject with its runs in one regime, and what the source does with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from keraslint.delivery import keras, names, objects
from keraslint.delivery.entries import WANTED, Run
from keraslint.delivery.program import Subject
from keraslint.delivery.sensitivity import own_sensitivity
from keraslint.delivery.values import ANYTHING, ClassValue, External, FunctionValue, Instance, Site, options
from keraslint.semantics.context import ABSENT, UNKNOWN
from keraslint.semantics.names import is_installed
from keraslint.semantics.regimes import Regime
from keraslint.summary import Call, text, walk


class Report(NamedTuple):
    """A finding before its places are known."""

    code: str
    site: Site
    message: str
    symbol: str
    manifest: bool
    entries: tuple[str, ...] = ()
    trace: tuple = ()  # (site, message) pairs
    regimes: tuple[str, ...] = ()  # those it is said of, where it is said of several at once
    holds: tuple[tuple[str, tuple[str, ...]], ...] = ()  # the entries by regime, once all is joined
    models: tuple[str, ...] = ()  # PATH::NAME of the subjects it was seen in


@dataclass
class Case:
    """One subject in one regime on one backend."""

    machine: Any
    subject: Subject
    regime: Regime
    backend: str
    runs: list[Run]
    usage: Usage
    pins: dict  # sites of the graph nodes that are called with True or False -> where these values come from

    @property
    def call(self) -> FunctionValue | None:
        """The subject's own `call`, None if its class in Keras defines it."""
        cls = self.subject.cls
        found = objects.class_attribute(cls, "call") if cls is not None else None
        return found if isinstance(found, FunctionValue) else None

    def wrong(self):
        """(run, delivery) for every sensitive layer that got the mode its entry does not want."""
        for run in self.runs:
            if run.entry not in ("fit", "evaluate", "predict", "call"):
                continue
            for delivery in run.deliveries:
                if self.is_wrong(run.entry, delivery):
                    yield run, delivery

    def is_wrong(self, entry: str, delivery) -> bool:
        """Whether a delivery contradicts its entry and the layer itself acts on it."""
        value = delivery.received.value
        if value is UNKNOWN or value is ABSENT or bool(value) == WANTED[entry]:
            return False
        layer = delivery.layer
        return isinstance(layer, Instance) and own_sensitivity(layer) is not False


class Usage(NamedTuple):
    """What the source itself does with an instance or class: which notes name it."""

    trained: Site | None  # a visible fit
    predicted: Site | None
    called: Site | None  # a visible bare call
    called_with_training: bool  # every visible direct call passes `training`
    flags: frozenset[str]  # the other keywords that visible calls pass
    inside: bool  # it is part of another model
    graphed: bool  # its `call` is only ever run by the source, to build a functional graph of what it does

    @property
    def manifest(self) -> bool:
        return self.trained is not None


class Usages:
    """What the modules did with their models, by instance and by class."""

    def __init__(self, machine):
        self.by_instance: dict[int, list] = {}
        self.by_class: dict[Any, list] = {}
        for note in machine.noted:
            if isinstance(note.layer, Instance) and note.site is not None:
                self.by_instance.setdefault(id(note.layer), []).append(note)
                self.by_class.setdefault(note.layer.cls, []).append(note)
        self.held: set = {
            inner.cls
            for outer in (*machine.instances, *machine.graphs)
            if keras.kind(outer.cls)
            for inner in keras.held(outer)
            if inner.cls is not outer.cls
        }
        # A class that nobody makes has its parts too: classes, and names of what is not known.
        self.named = {
            called
            for cls in machine.project.classes
            if keras.kind(cls)
            for called in _called(machine.project, cls)
            if called not in (cls, cls.name)
        }

    def of(self, subject: Subject) -> Usage:
        """What the source does with a subject."""
        if subject.cls is not None:
            notes = self.by_class.get(subject.cls, [])
        else:
            notes = [note for i in subject.instances for note in self.by_instance.get(id(i), [])]
        calls = [n for n in notes if n.kind == "call"]
        bare = [n.site for n in calls if all(v.value is ABSENT for v in n.passed)]
        trained = _first(notes, keras.TRAINED_BY)
        predicted = _first(notes, (*keras.PREDICTED_BY, *keras.EVALUATED_BY))
        return Usage(
            trained=trained,
            predicted=predicted,
            called=bare[0] if bare else None,
            called_with_training=bool(calls) and not bare,
            flags=frozenset(name for n in calls for name in n.kwargs),
            inside=subject.cls is not None
            and not {subject.cls, subject.cls.name}.isdisjoint(self.held | self.named),
            graphed=any(n.kind == "graph" for n in notes) and not (calls or trained or predicted),
        )


def _called(project, cls: ClassValue) -> set:
    """The classes that the body of a class calls, and the last names of whatever else it calls that is not known."""
    functions = (node.func for node in walk(cls.definition.body) if isinstance(node, Call))
    return {
        _class_or_name(value, function)
        for function in functions
        for value in options(names.known(project, cls.module, function))
    }


def _class_or_name(value, function):
    """A class that is called, or the name of what may be one: of a module that was not read or found, or of no known kind."""
    if isinstance(value, names.Deferred):
        return value.name
    unknown = value is ANYTHING or (isinstance(value, External) and not is_installed(value.name))
    return text(function).rpartition(".")[2] if unknown else value


def _first(notes, kinds) -> Site | None:
    return next((note.site for note in notes if note.kind in kinds), None)


def layer_text(delivery) -> str:
    """`self.drop` (Dropout), as a message names a layer."""
    name = delivery.label.rpartition(".")[2]
    callee = delivery.callee if isinstance(delivery.callee, str) else text(delivery.callee)
    return f"`{callee}` ({name})" if callee and callee != delivery.label else name


def outermost_callee(delivery) -> str:
    """What the source calls where it enters the layers that end in this delivery."""
    outer = delivery.outer_callee
    return outer if isinstance(outer, str) else text(outer)


def caller_text(delivery) -> str:
    """What was called outermost, as a message names it, with the layer that this is about."""
    outer = outermost_callee(delivery)
    if not outer or delivery.outer == delivery.site:
        return layer_text(delivery)
    return f"`{outer}` ({delivery.label.rpartition('.')[2]} inside)"


def consequence(delivery, entry: str) -> str:
    """What becomes of a layer with the wrong mode."""
    name = delivery.label.rpartition(".")[2]
    if keras.is_application(delivery.layer) or isinstance(delivery.layer.cls, ClassValue):
        return f"runs in {'inference' if WANTED[entry] else 'training'} mode in `{entry}`"
    if WANTED[entry]:
        return {"BatchNormalization": "never learns its statistics"}.get(
            name, "never acts"
        ) + f" in `{entry}`"
    if name == "BatchNormalization":
        return f"uses the batch's statistics and moves its own in `{entry}`"
    return f"acts in `{entry}`"
