"""Calls of layers: what each receives, what it leaves in the call context, and what it does inside."""

from __future__ import annotations

from typing import Any, NamedTuple

from keraslint.delivery import calls, graphs, keras, objects
from keraslint.delivery.machine import Frame, Machine, Raised, fork
from keraslint.delivery.values import (
    ANYTHING,
    MISSING,
    TENSOR,
    Cell,
    External,
    FunctionValue,
    Instance,
    Known,
    Node,
    Origin,
    Sequence,
    Site,
    options,
    truth,
    union,
)
from keraslint.semantics.context import ABSENT, EMPTY, NOTHING, UNKNOWN, Given, resolve
from keraslint.semantics.layers import REQUIRED, LayerFacts, Signature, layer_facts


class Delivery(NamedTuple):
    """What one layer got at one site, once.

    received: the value that decides its mode; how: explicit, context, default, direct or nothing.
    passed: what the call itself passed; label: the name of the class whose `call` runs.
    """

    site: Site | None
    callee: Any
    layer: Instance | None
    received: Given
    how: str
    passed: Given
    frame: Frame | None
    within: str
    label: str
    outer: Site | None  # the outermost layer call around it
    outer_layer: Any
    outer_callee: Any
    inside: tuple  # the sites of the layer calls around it
    node: Node | None  # the graph's node that ran it; None where a call written in a `call` did
    tapes: tuple = ()  # the differentiations under way


UNCERTAIN = (Signature(False), Signature(True, None, None), Signature(True, False), Signature(True, True))


def signatures(m: Machine, layer) -> tuple[Signature, ...]:
    """What the layer's `call` says of `training`; several if it cannot be told."""
    if not isinstance(layer, Instance) or "call" in layer.slots:
        return UNCERTAIN
    own = objects.class_attribute(layer.cls, "call")
    if isinstance(own, FunctionValue):
        return (function_signature(m, own),)
    if own is not MISSING:
        return UNCERTAIN
    if graphs.is_graph(layer):
        return (Signature(True, None, 1),)
    facts = facts_of(m, layer)
    if facts is not None:
        return facts.signatures
    if keras.kind(layer.cls) == "model":
        return (Signature(True, None, 1),)
    return UNCERTAIN


def function_signature(m: Machine, function: FunctionValue) -> Signature:
    """The signature that Keras sees of a `call` (it follows functools.wraps)."""
    shown = function
    while isinstance(shown.rewraps, FunctionValue):
        shown = shown.rewraps
    position = -1
    for param in shown.params:
        if param.kind == "positional":
            position += 1
        if param.name == "training" and param.kind in ("positional", "keyword"):
            at = position - 1 if param.kind == "positional" else None
            if "training" not in shown.defaults:
                return Signature(True, REQUIRED, at)
            default = shown.defaults["training"]
            return Signature(True, default.value if isinstance(default, Known) else UNKNOWN, at)
    if m.regime is not None and m.regime.kwargs_accept and any(p.kind == "starstar" for p in shown.params):
        return Signature(True)
    return Signature(False)


def facts_of(m: Machine, layer: Instance) -> LayerFacts | None:
    """The table's facts about a layer of Keras, or about the Keras layer that a class extends."""
    base = objects.base_of(layer.cls)
    if base is None or not base.name.startswith("keras.layers."):
        return None
    return layer_facts(base.name.rpartition(".")[2], m.regime.name if m.regime else "3.10")


# ---------------------------------------------------------------- Layer.__call__


def call_layer(m: Machine, layer: Instance, args: list, kwargs: dict):
    """layer(*args, **kwargs)"""
    kwargs = dict(kwargs)
    explicit = given(m, kwargs.pop("training")) if "training" in kwargs else [NOTHING]
    if "**" in kwargs:
        explicit = [Given(UNKNOWN)]
    tensors = graphs.symbolic((*args, *kwargs.values()))
    if not m.running or tensors:
        args, explicit = _by_position(m, layer, args, explicit)
        if tensors:
            pin = explicit[0] if len(explicit) == 1 else Given(UNKNOWN)
            plain = not kwargs and pin is NOTHING
            return graphs.call_symbolically(m, layer, args, pin, plain, tensors)
        m.note("call", layer, explicit, kwargs)
        return TENSOR
    args, explicit = _by_position(m, layer, args, explicit)
    return call_with(m, layer, args, kwargs, explicit)


def given(m: Machine, value) -> list[Given]:
    """The training values that an argument may stand for."""
    found = []
    for option in options(value):
        if isinstance(option, Known):
            origin = option.origin or Origin("literal", m.site)
            found.append(Given(option.value if option.value is None else _boolean(option.value), origin))
        else:
            found.append(Given(UNKNOWN))
    return found


def _boolean(value):
    return bool(value) if isinstance(value, (bool, int, float, str)) else UNKNOWN


def _by_position(m, layer, args, explicit):
    """A `training` passed by position: bound in Keras 2, perhaps to another parameter; an error in Keras 3."""
    raises = m.regime is not None and not m.regime.positional
    if m.running and any(_is_mode(value) for value in args[1:]):
        known = signatures(m, layer)
        at = known[0].position if len(known) == 1 else None
        if raises or at is None or at >= len(args) or not _is_mode(args[at]):
            m.note("positional", layer, explicit)
        # Keras 3 raises here; what follows is only read for more of the kind.
        if raises:
            m.state.remove(m.context, "goes on")
    for signature in signatures(m, layer):
        at = signature.position
        if signature.accepts and at is not None and 0 < at < len(args):
            return [*args[:at], *args[at + 1 :]], given(m, args[at])
    return args, explicit


def _is_mode(value) -> bool:
    """Whether an argument is the mode that the model was started with, or the default of a `training`."""
    origin = value.origin if isinstance(value, Known) and type(value.value) is bool else None
    if not isinstance(origin, Origin):
        return False
    return origin.kind == "entry" or (origin.kind == "default" and origin.text == "training")


def call_held(m: Machine, layer, explicit: list[Given]):
    """What Keras does with a layer that a graph or a wrapper holds: it goes through the layer's own `__call__`, if there is one."""
    own = objects.method(layer, "__call__") if isinstance(layer, Instance) else None
    if own is None:
        return call_with(m, layer, [TENSOR], {}, explicit)
    value = explicit[0] if len(explicit) == 1 else Given(UNKNOWN)
    kwargs = {} if value.value is ABSENT else {"training": as_value(value)}
    return calls.call_function(m, own.function, [layer, TENSOR], kwargs, layer)


def call_with(m: Machine, layer, args: list, kwargs: dict, explicit: list[Given]):
    """Layer.__call__ with the call context: resolve the value, run the layer, restore what is restored."""
    regime, context = m.regime, m.context
    if not isinstance(layer, Instance):
        return _uncertain_call(m, layer, args, kwargs, explicit)
    known = signatures(m, layer)
    if (
        not regime.required_may_be_absent
        and any(s.default is REQUIRED for s in known)
        and NOTHING in explicit
    ):
        m.note("required", layer, explicit)
        raise Raised
    before = context["cell"]
    outer = m.outer
    if m.outer[0] is None:
        m.outer = (m.site, layer, m.callee)
    cell = before if before is not None else Cell(layer, (EMPTY,))
    received, contexts = _resolved(regime, layer, known, explicit, cell.options)
    if NOTHING in explicit and keras.OLD_COPY in layer.slots and not _within_old_copy(m, before):
        received, contexts = (Given(UNKNOWN),), cell.options
    m.state.write(context, "cell", Cell(layer if regime.stack else cell.entry, contexts))
    _deliver(m, layer, known, explicit, received, contexts)
    m.passed = explicit[0]
    inside, m.inside = m.inside, (*m.inside, m.site)
    try:
        result = run(m, layer, _as_pinned(m, layer, received, before), args, kwargs)
    finally:
        m.outer, m.inside = outer, inside
    now = context["cell"]
    if regime.stack:
        m.state.write(context, "cell", before)
    elif now is None or now.entry is layer:
        m.state.write(context, "cell", None)
    return result


def _within_old_copy(m, context: Cell | None) -> bool:
    """Whether no layer is under way, or one of the copy of Keras 2 in TensorFlow, which has a call context of its own."""
    if context is None or isinstance(context.entry, Instance) and keras.OLD_COPY in context.entry.slots:
        return True
    frame = m.frame
    while frame is not None and not objects.is_legacy(getattr(frame.receiver, "cls", None)):
        frame = frame.parent
    return frame is not None


def _as_pinned(m, layer, received, before):
    """What runs inside a Sequential whose graph is made by its first call, up to Keras 3.15.

    Its pins come from the context of that moment, where also a default may have been left by a layer of its own, and
    count where it got None. Most models make it before, in a trial without context (layers/layer.py, `_maybe_build`),
    but not those with a `build` of their own, nor where the trial does not come that far.
    """
    inner = (
        keras.with_inner(layer)[1:]
        if m.regime.records_defaults != "never" and graphs.is_deferred(layer)
        else []
    )
    known = [signature for each in inner for signature in signatures(m, each) if signature.accepts]
    defaults = [signature.default is True for signature in known]
    held = before is not None and any(given.value not in (None, ABSENT, False) for given in before.options)
    got_none = any(value.value in (None, ABSENT) for value in received)
    left = any(defaults) and _without_trial(_outermost(m))
    if not got_none or all(defaults) or not (held or left):
        return received
    _uncertain_inside(m)
    return (Given(UNKNOWN),)


def _outermost(m) -> Instance | None:
    """The layer of the sources around all others whose `call` is under way."""
    frame, found = m.frame, None
    while frame is not None:
        found = frame.receiver if frame.entered == "call" else found
        frame = frame.parent
    return found


def _without_trial(layer: Instance | None) -> bool:
    """Whether a layer builds itself, or passes on keywords that end its trial early."""
    if layer is None:
        return False
    own = objects.method(layer, "call")
    keywords = own is not None and any(p.kind == "starstar" for p in own.function.params)
    return keywords or objects.method(layer, "build") is not None


def _resolved(regime, layer, known, explicit, contexts):
    """What the layer may receive, and what the context may hold afterwards."""
    by_signature = []
    for signature in known:
        default = _default_of(layer, signature)
        received: list[Given] = []
        after: list[Given] = []
        for one in explicit:
            for context in contexts:
                result = resolve(regime, signature.accepts, default, one, context)
                _include(received, result.received if signature.accepts else result.context)
                _include(after, result.context)
        by_signature.append((tuple(received), tuple(after)))
    return _agreed([r for r, _ in by_signature]), _agreed([c for _, c in by_signature])


def _agreed(found: list[tuple]) -> tuple[Given, ...]:
    """One answer for several possible signatures: unknown where they differ."""
    values = {tuple(given.value for given in one) for one in found}
    return found[0] if len(values) == 1 else (Given(UNKNOWN),)


def _include(values: list, value: Given):
    if all(value.value is not other.value for other in values):
        values.append(value)


def _default_of(layer, signature) -> Given:
    if not signature.accepts or signature.default is REQUIRED or signature.default is None:
        return EMPTY
    own = objects.class_attribute(layer.cls, "call") if isinstance(layer, Instance) else None
    site = own.site if isinstance(own, FunctionValue) else None
    return Given(signature.default, Origin("default", site, keras.class_name(layer)))


def _uncertain_call(m, layer, args, kwargs, explicit):
    """A call of something that is not known: it may be a layer, and may change the context."""
    context = m.context
    before = context["cell"]
    if m.regime.stack:
        return ANYTHING
    cell = before if before is not None else Cell(None, (EMPTY,))
    _, after = _resolved(m.regime, None, UNCERTAIN, explicit, cell.options)
    if before is not None:
        m.state.write(context, "cell", Cell(cell.entry, after))
    return ANYTHING


def call_unknown(m: Machine, args, kwargs, tensors):
    """Something unknown is called; with a symbolic tensor it becomes an unknown node."""
    kwargs = dict(kwargs)
    explicit = given(m, kwargs.pop("training")) if "training" in kwargs else [NOTHING]
    if tensors:
        pin = explicit[0] if len(explicit) == 1 else Given(UNKNOWN)
        return graphs.call_symbolically(m, ANYTHING, args, pin, False, tensors)
    if m.running and _may_be_layer(m.callee):
        return _uncertain_call(m, ANYTHING, args, kwargs, explicit)
    return ANYTHING


def _may_be_layer(callee) -> bool:
    """Whether an unknown callee is written like a layer: `self.x(...)`, `layer(...)`, `self.x[i](...)`, `choice(x)(...)`."""
    from keraslint import summary as s

    while isinstance(callee, s.Sub):
        callee = callee.value
    if isinstance(callee, s.Call):
        return True
    if isinstance(callee, s.Attr):
        return callee.value == s.Name("self")
    return isinstance(callee, s.Name) and not callee.id.lstrip("_")[:1].isupper()


def _deliver(m, layer, known, explicit, received, contexts):
    """Note what the layer got: what it received, or the context where it does not take `training`."""
    passed = explicit[0]
    accepts = {signature.accepts for signature in known}
    values = (
        received if accepts == {True} else contexts if accepts == {False} else _agreed([received, contexts])
    )
    values = [v for v in values if v.value is UNKNOWN] or values  # one unknown path makes the mode unknown
    for value in values:
        how = "explicit" if passed.value is not ABSENT else "context"
        if value.value is ABSENT:
            value, how = _default_of(layer, known[0]), "default"
        elif passed.value is ABSENT and isinstance(value.origin, Origin) and value.origin.kind == "default":
            how = "default" if value.origin.text == keras.class_name(layer) else "context"
        note_delivery(m, layer, value, how, passed)


def note_delivery(m: Machine, layer, value: Given, how: str, passed: Given = NOTHING, label: str = ""):
    """Keep a delivery for the tables and the rules."""
    if m.broken:
        return
    node = m.node
    within = node.within if node is not None else m.frame.symbol if m.frame else m.within
    label = label or keras.class_name(layer)
    outer, outer_layer, outer_callee = m.outer
    m.deliveries.append(
        Delivery(
            m.site,
            m.callee,
            layer,
            value,
            how,
            passed,
            m.frame,
            within,
            label,
            outer,
            outer_layer,
            outer_callee,
            m.inside,
            node,
            m.tapes,
        )
    )


# ---------------------------------------------------------------- Layer.call


def run(m: Machine, layer: Instance, received, args, kwargs):
    """Layer.call with the received training values."""
    own = objects.class_attribute(layer.cls, "call")
    node, m.node = m.node, None
    try:
        if isinstance(own, FunctionValue):
            return _run_own(m, layer, own, received, args, kwargs)
        if own is not MISSING or "call" in layer.slots:
            return _uncertain_inside(m)
        return run_base(m, layer, received)
    finally:
        m.node = node


def _uncertain_inside(m):
    cell = m.context["cell"]
    if cell is not None and not m.regime.stack:
        m.state.write(m.context, "cell", Cell(cell.entry, (Given(UNKNOWN),)))
    return TENSOR


def _run_own(m, layer, function, received, args, kwargs):
    kwargs = dict(kwargs)
    passed = [v for v in received if v.value is not ABSENT]
    signature = function_signature(m, function)
    if passed and signature.accepts:
        value = union(as_value(v) for v in passed)
        if len(passed) < len(received) and "training" in function.defaults:
            value = union((value, calls.default_of(function, "training")))
        if signature.position is not None and signature.position < len(args):
            args = [*args[: signature.position], value, *args[signature.position :]]
        else:
            kwargs["training"] = value
    if function.traced and not m.regime.stack:
        cell = m.context["cell"]
        if cell is not None:
            m.state.write(m.context, "cell", Cell(cell.entry, (Given(UNKNOWN),)))
    m.entering = ("call", m.passed)
    return calls.call_function(m, function, [layer, *args], kwargs, layer)


def as_value(value: Given):
    """A training value as the interpreter's value."""
    return ANYTHING if value.value is UNKNOWN else Known(value.value, value.origin or Origin("nothing"))


def direct_call(m: Machine, layer: Instance, function: FunctionValue, args, kwargs):
    """`layer.call(x)` or `super().call(x)`: no context is read or written."""
    if m.running:
        values = _direct_value(m, function, args, kwargs)
        for value in [v for v in values if v.value is UNKNOWN] or values:
            note_delivery(
                m,
                layer,
                value,
                "direct",
                value if "training" in kwargs else NOTHING,
                _class_of(layer, function),
            )
        node, m.node = m.node, None
        m.entering = ("direct", NOTHING)
        try:
            return calls.call_function(m, function, [layer, *args], kwargs, layer)
        finally:
            m.node = node
    if graphs.symbolic((*args, *kwargs.values())):
        m.note("graph", layer, [])
    return calls.call_function(m, function, [layer, *args], kwargs, layer)


def _class_of(layer: Instance, function: FunctionValue) -> str:
    """The class by which a `call` is named: the layer's own, or the base that `super()` went to."""
    inherited = objects.class_attribute(layer.cls, "call") is function
    return keras.class_name(layer) if inherited or function.owner is None else function.owner.name


def _direct_value(m, function, args, kwargs) -> list[Given]:
    signature = function_signature(m, function)
    if "training" in kwargs:
        return given(m, kwargs["training"])
    if "**" in kwargs:
        return [Given(UNKNOWN)]
    if signature.position is not None and 0 < signature.position < len(args):
        return given(m, args[signature.position])
    if not signature.accepts:
        cell = m.context["cell"]
        return list(cell.options) if cell is not None else [EMPTY]
    if signature.default is REQUIRED or signature.default is UNKNOWN:
        return [Given(UNKNOWN)]
    return [Given(signature.default, Origin("default", function.site, "call"))]


def run_base(m: Machine, layer: Instance, received):
    """The `call` that Keras itself gives the layer."""
    if graphs.is_graph(layer):
        _for_each(m, received, lambda value: graphs.run(m, layer, _own_value(value)))
        return TENSOR
    facts = facts_of(m, layer)
    if facts is not None and facts.child:
        _run_children(m, layer, facts, received)
    elif facts is not None and facts.cell:
        _run_own_cell(m, layer, facts, received)
    elif facts is not None and facts.name == "Lambda":
        _run_lambda(m, layer, received)
    elif facts is None and keras.is_application(layer):
        _run_application(m, layer)
    return TENSOR


def _for_each(m, received, action):
    """Do something with each value that a layer may have received, as on paths of their own."""
    if len(received) == 1:
        action(received[0])
    elif received:
        fork(m, [lambda value=value: action(value) for value in received])


def _own_value(value: Given) -> Given:
    return EMPTY if value.value is ABSENT else value


def children(layer: Instance, facts: LayerFacts) -> list:
    """The layers that a wrapper holds."""
    found: list = []
    for name in facts.child:
        for option in options(layer.slots.get(name, ANYTHING)):
            items = option.items if isinstance(option, Sequence) else (option,)
            found.extend(o for item in items for o in options(item) if isinstance(o, Instance))
    return found


def _run_children(m, layer, facts, received):
    for child in children(layer, facts):
        _for_each(m, received, lambda value, child=child: _run_child(m, layer, facts, child, value))


def _run_child(m, layer, facts, child, value):
    if value.value is ABSENT:
        value = _default_of(layer, facts.signatures[0]) if facts.signatures[0].accepts else NOTHING
    accepts = all(s.accepts for s in signatures(m, child))
    if facts.forwards == "implicit" or not facts.signatures[0].accepts:
        call_held(m, child, [NOTHING])
    elif facts.forwards == "direct":
        _run_directly(m, child, value if accepts else NOTHING)
    else:
        # Pipeline keeps a None to itself; the others hand it on.
        keep = facts.name == "Pipeline" and value.value is None
        call_held(m, child, [value if accepts and not keep else NOTHING])


def _run_own_cell(m, layer, facts, received):
    """A recurrent layer calls the cell that it made with its own value, unless a kernel of the hardware does all of it."""
    cell = m.context["cell"]
    if m.regime.stack or cell is None:
        return
    default = _default_of(layer, facts.signatures[0])
    passed = [default if value.value is ABSENT else value for value in received]
    _, after = _resolved(m.regime, layer, (Signature(True, False),), passed, cell.options)
    if facts.cell != "cell" and not _needs_cell(layer):
        after = _agreed([after, cell.options])
    m.state.write(m.context, "cell", Cell(cell.entry, after))


def _needs_cell(layer) -> bool:
    """Whether no kernel may do the work of a GRU's or LSTM's cell."""
    dropped, kernel = (layer.slots.get(name, ANYTHING) for name in ("recurrent_dropout", "use_cudnn"))
    return truth(dropped) is True or truth(kernel) is False


def _run_directly(m, child, value):
    own = objects.class_attribute(child.cls, "call")
    kwargs = {} if value.value is ABSENT else {"training": as_value(value)}
    if isinstance(own, FunctionValue):
        direct_call(m, child, own, [TENSOR], kwargs)
        return
    if value.value is ABSENT:
        value = _default_of(child, signatures(m, child)[0])
    note_delivery(m, child, value, "explicit", value)
    run_base(m, child, (value,))


def _run_lambda(m, layer, received):
    function = layer.slots.get("function", ANYTHING)
    takes = isinstance(function, FunctionValue) and any(p.name == "training" for p in function.params)

    def called(value):
        kwargs = {"training": as_value(_own_value(value))} if takes else {}
        return calls.call(m, function, [TENSOR], kwargs)

    _for_each(m, received, called)


def _run_application(m, layer):
    cell = m.context["cell"]
    value = cell.options[0] if cell is not None and len(cell.options) == 1 else Given(UNKNOWN)
    for name in keras.application_members(layer):
        inner = Instance(External(f"keras.layers.{name}"))
        inner.slots.update({k: v for k, v in layer.slots.items() if k == "trainable"})
        note_delivery(m, inner, value, "context")
