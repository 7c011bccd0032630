"""What holds of everything that the interpreter computes, whatever the program: watched while any test runs."""

from keraslint.delivery import expressions, layers
from keraslint.delivery.machine import Frame, Machine
from keraslint.delivery.names import Folder
from keraslint.delivery.state import State
from keraslint.delivery.values import (
    ANYTHING,
    DATA,
    Applied,
    BoundMethod,
    Builtin,
    ClassMethod,
    ClassValue,
    External,
    ExternalMethod,
    FunctionValue,
    Instance,
    Known,
    Mapping,
    Node,
    Origin,
    PartialCall,
    PropertyValue,
    Sequence,
    Site,
    StaticMethod,
    SuperValue,
    Tape,
    Tensor,
    Union,
    Weights,
)
from keraslint.project.modules import Module
from keraslint.semantics.context import UNKNOWN, Given

OTHERS = (
    Applied, BoundMethod, Builtin, ClassMethod, ClassValue, External, ExternalMethod, Folder, FunctionValue, Instance,
    Module, PartialCall, PropertyValue, StaticMethod, SuperValue, Tape, Weights,
)  # fmt: skip
ORIGINS = ("entry", "literal", "default", "assigned", "computed", "nothing")


def watch(monkeypatch):
    """Check every value, delivery and note from now on, and that marks are given back in order."""
    evaluate, deliver, note, release = expressions.evaluate, layers.note_delivery, Machine.note, State.release

    def evaluated(m, expr):
        value = evaluate(m, expr)
        assert is_value(value), f"{expr} is {value!r}"
        assert isinstance(m.frame, Frame) and m.forks >= 0 and m.state.open >= 0
        return value

    def delivered(m, *args, **kwargs):
        before = len(m.deliveries)
        deliver(m, *args, **kwargs)
        for delivery in m.deliveries[before:]:
            assert is_delivery(delivery), delivery

    def noted(m, *args, **kwargs):
        note(m, *args, **kwargs)
        assert is_note(m.noted[-1]), m.noted[-1]

    def released(state):
        release(state)
        assert state.open >= 0 and (state.open or not state.trail)

    monkeypatch.setattr(State, "release", released)
    monkeypatch.setattr(expressions, "evaluate", evaluated)
    monkeypatch.setattr(layers, "note_delivery", delivered)
    monkeypatch.setattr(Machine, "note", noted)


def is_value(value, depth=2) -> bool:
    """Whether it is one of the interpreter's values, made of such."""
    if not depth or value is DATA or value is ANYTHING:
        return True
    if isinstance(value, Union):
        alone = all(not isinstance(option, Union) and is_value(option, depth - 1) for option in value.options)
        return len(value.options) > 1 and alone
    if isinstance(value, Sequence):
        inner = all(is_value(item, depth - 1) for item in value.items)
        return (
            value.kind in ("list", "tuple", "set")
            and type(value.items) is tuple
            and type(value.open) is bool
            and inner
        )
    if isinstance(value, Mapping):
        inner = all(is_value(item, depth - 1) for item in value.items.values())
        return type(value.items) is dict and type(value.open) is bool and inner
    if isinstance(value, Known):
        return value.origin is None or is_origin(value.origin)
    if isinstance(value, Tensor):
        known = value.dtype is None or isinstance(value.dtype, str)
        return known and (value.node is None or is_node(value.node))
    return isinstance(value, OTHERS)


def is_origin(origin) -> bool:
    return (
        isinstance(origin, Origin)
        and origin.kind in ORIGINS
        and is_site(origin.site)
        and isinstance(origin.text, str)
    )


def is_site(site) -> bool:
    return site is None or (isinstance(site, Site) and isinstance(site.path, str) and type(site.at) is int)


def is_node(node) -> bool:
    from_tensors = all(isinstance(parent, Tensor) and parent.node is not None for parent in node.parents)
    pinned = node.pin is None or isinstance(node.pin, Given)
    made = is_site(node.site) and isinstance(node.within, str)
    return isinstance(node, Node) and from_tensors and pinned and made and node.fast in (True, False, None)


def is_given(given) -> bool:
    """Whether it is a training value that something may receive."""
    known = given.value in (True, False, None) or given.value is UNKNOWN
    return isinstance(given, Given) and known and (given.origin is None or is_origin(given.origin))


def is_delivery(delivery) -> bool:
    sites = (delivery.site, delivery.outer, *delivery.inside)
    return (
        is_given(delivery.received)
        and delivery.how in ("explicit", "context", "default", "direct")
        and isinstance(delivery.passed, Given)
        and isinstance(delivery.layer, Instance)
        and (delivery.frame is None or isinstance(delivery.frame, Frame))
        and all(map(is_site, sites))
        and isinstance(delivery.within, str)
        and isinstance(delivery.label, str)
        and delivery.label != ""
        and (delivery.node is None or isinstance(delivery.node, Node))
        and all(isinstance(tape, Tape) for tape in delivery.tapes)
    )


def is_note(note) -> bool:
    return (
        isinstance(note.kind, str)
        and is_site(note.site)
        and (note.frame is None or isinstance(note.frame, Frame))
        and isinstance(note.kwargs, dict)
        and all(isinstance(tape, Tape) for tape in note.tapes)
        and (note.layer is None or is_value(note.layer))
    )
