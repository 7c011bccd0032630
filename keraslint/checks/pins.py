"""KER301, KER302, KER303: what a graph makes of `layer(x, training=...)`, and of a base that thaws."""

from __future__ import annotations

from typing import NamedTuple

from keraslint import summary as s
from keraslint.checks.case import Case, Report, consequence, layer_text
from keraslint.delivery import keras
from keraslint.delivery.sensitivity import is_sensitive
from keraslint.delivery.values import FunctionValue, Origin
from keraslint.semantics.layers import layer_facts
from keraslint.summary import text


def graph_pins(case: Case):
    """The pins of a graph that `fit` or `predict` overrides, those that reach other layers, and thawed bases."""
    thawed = _thawed(case)
    for run in case.runs:
        if run.entry not in ("fit", "evaluate", "predict"):
            continue
        for delivery in run.deliveries:
            if _pin(delivery) is not None:
                yield from _overridden(case, run, delivery, thawed)
            if _is_leak(case, run, delivery):
                yield _leak(run, delivery)
            if run.entry == "fit" and delivery.node is not None and _thaws(case, delivery, thawed):
                yield _thaw(case, delivery)


def _pin(delivery) -> bool | None:
    """The True or False with which a graph calls the layer."""
    pin = delivery.node.pin if delivery.node is not None else None
    return pin.value if pin is not None and isinstance(pin.value, bool) else None


def _overridden(case, run, delivery, thawed):
    pinned, value = _pin(delivery), delivery.received.value
    if not case.regime.graph_overrides_pins or not isinstance(value, bool) or value == pinned:
        return
    if _thaws(case, delivery, thawed) or is_sensitive(delivery.layer) is not True:
        return
    message = (
        f"{layer_text(delivery)} is called with `training={pinned}` in a graph, which `{run.entry}` overrides: "
        f"it runs with {value}. Pin it in a layer of its own, or freeze it with `trainable`."
    )
    started = case.usage.trained if run.entry == "fit" else case.usage.predicted
    yield Report("KER301", delivery.site, message, delivery.within, started is not None, (run.entry,))


def _is_leak(case, run, delivery) -> bool:
    origin = delivery.received.origin
    if not isinstance(origin, Origin) or origin.site not in case.pins or delivery.site in case.pins:
        return False
    inside = origin.site in delivery.inside
    return not inside and delivery.how != "explicit" and case.is_wrong(run.entry, delivery)


def _leak(run, delivery):
    message = (
        f"The pin `training={delivery.received.value}` stays in the call context and reaches {layer_text(delivery)}, "
        f"which {consequence(delivery, run.entry)}. Pass `training` to the layers after it too."
    )
    trace = ((delivery.site, f"{layer_text(delivery)} gets it"),) if delivery.site else ()
    site = delivery.received.origin.site
    return Report("KER302", site, message, delivery.within, True, (run.entry,), trace)


class Thawed(NamedTuple):
    """The layers, by id, that the source freezes itself, and those that it later trains, thawed."""

    frozen: set[int]
    trained: set[int]
    before: set[int]  # those that the subject was trained around while they were frozen


def _thawed(case) -> Thawed:
    """What the source freezes, thaws, and then trains in the subject.

    Keras 2 keeps what it compiled: there a thaw counts from the next `compile`.
    """
    named, frozen, thawed, compiled, trained, before = set(), set(), set(), set(), set(), set()
    for note in case.machine.noted:
        if note.kind == "trainable":
            value = getattr(note.passed, "value", None)
            if value is False:
                inner = {id(layer) for layer in keras.with_inner(note.layer)}
                named.add(id(note.layer))
                frozen |= inner
                thawed -= inner
            elif value is True and frozen:
                inner = {id(layer) for layer in keras.with_inner(note.layer)} & frozen
                if inner and not _spares_statistics(note):
                    thawed |= inner
        elif any(note.layer is instance for instance in case.subject.instances):
            if note.kind == "compile":
                compiled = set(thawed)
            elif note.kind in keras.TRAINED_BY:
                trained |= compiled if case.regime.stack else thawed
                before |= frozen - thawed
    return Thawed(named, trained, before)


def _spares_statistics(note) -> bool:
    """Whether the thaw, or the loop it stands in, asks for BatchNormalization: `if not isinstance(layer, ...)`."""
    function = note.frame.function
    body = (
        function.definition.body
        if isinstance(function, FunctionValue)
        else note.frame.env.module.summary.body
    )
    return _guarded(body, note.kwargs["at"])


def _guarded(node, at: int, spared=False) -> bool:
    if isinstance(node, s.If):
        spared = spared or _asks_for_statistics(node)
    if isinstance(node, s.For):
        spared = spared or any(isinstance(each, s.If) and _asks_for_statistics(each) for each in node.body)
    if isinstance(node, s.Assign) and node.at == at:
        return spared
    return isinstance(node, tuple) and any(_guarded(part, at, spared) for part in node)


def _asks_for_statistics(branch) -> bool:
    return "BatchNorm" in text(branch.test, 500)


def _thaw(case, delivery):
    pinned = _pin(delivery) is not None
    how = (
        "is pinned to `training=False`, frozen, and thawed later" if pinned else "is frozen, and thawed later"
    )
    message = (
        f"{layer_text(delivery)} {how}: from then on `fit` runs it with `training=True`, and the statistics of its "
        "BatchNormalization move."
    )
    return Report("KER303", delivery.site, message, delivery.within, pinned, ("fit",))


def _thaws(case, delivery, thawed: Thawed) -> bool:
    """Whether a layer that the source froze trains a BatchNormalization, or its like, that is thawed by now.

    Without a pin only after training with it frozen: the halves of a GAN are frozen just to be compiled.
    """
    layer = delivery.layer
    if delivery.received.value is not True or id(layer) not in thawed.frozen:
        return False
    moved = thawed.trained if _pin(delivery) is not None else thawed.trained & thawed.before
    return any(id(one) in moved and _keeps_statistics(one) for one in keras.with_inner(layer))


def _keeps_statistics(layer) -> bool:
    if keras.is_application(layer):
        return "BatchNormalization" in keras.application_members(layer)
    facts = layer_facts(keras.class_name(layer).rpartition(".")[2])
    return facts is not None and facts.trainable
