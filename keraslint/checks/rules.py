"""The rules: every one is a function from a case to reports."""

from __future__ import annotations

from keraslint import summary as s
from keraslint.checks import causes, loops
from keraslint.checks.case import Case, Report, consequence, layer_text
from keraslint.delivery import calls, layers, objects
from keraslint.delivery.keras import held
from keraslint.delivery.sensitivity import is_sensitive, own_sensitivity
from keraslint.delivery.values import ClassValue, FunctionValue, Instance, Known, Origin, Site, options
from keraslint.semantics.layers import sensitive_functions
from keraslint.summary import text


def wrong_modes(case: Case):
    """KER101 to KER108, KER116, KER201, KER202: every wrong delivery, under its cause."""
    for run, delivery in case.wrong():
        found = causes.explain(case, run, delivery)
        if found is not None and found.site is not None:
            yield found


def dropped_values(case: Case):
    """KER102: an explicit value that the callee's regime drops."""
    if not case.regime.drops_undeclared:
        return
    for run in case.runs:
        for delivery in run.deliveries if run.entry in ("fit", "evaluate", "predict") else ():
            if isinstance(delivery.layer, Instance) and own_sensitivity(delivery.layer):
                found = causes.dropped(case, run, delivery)
                if found is not None:
                    yield found


def misnamed_and_unreached(case: Case):
    """KER103: a renamed flag guards a layer that `fit` therefore never reaches."""
    call = case.call
    if call is None or case.subject.kind != "model" or not _started_by_trainer(case):
        return
    named = next((p.name for p in call.params if p.name in causes.MISNAMED), None)
    if named is None or any(p.name == "training" for p in call.params):
        return
    reached = {id(d.layer) for run in case.runs for d in run.deliveries}
    for instance in case.subject.instances:
        for layer in held(instance):
            if own_sensitivity(layer) and id(layer) not in reached:
                symbol = f"{case.subject.name}.call"
                message = (
                    f"`{symbol}` names its mode `{named}`, which Keras never sets: "
                    f"{objects.base_of(layer.cls).name.rpartition('.')[2]} is never reached in `fit`. Rename it to `training`."
                )
                yield Report("KER103", call.site, message, symbol, case.usage.manifest, ("fit",))
                return


def _started_by_trainer(case) -> bool:
    cls = case.subject.cls
    return cls is not None and not isinstance(objects.class_attribute(cls, "train_step"), FunctionValue)


def defaults_true(case: Case):
    """KER109: a bare call trains because `call` says `training=True`."""
    call = case.call
    if call is None:
        return
    signature = layers.function_signature(case.machine, call)
    if not signature.accepts or signature.default is not True:
        return
    for run in case.runs:
        for delivery in run.deliveries if run.entry == "call" else ():
            origin = delivery.received.origin
            own = isinstance(origin, Origin) and origin.kind == "default" and origin.site == call.site
            if own and case.is_wrong("call", delivery):
                symbol = calls.symbol(call)
                message = (
                    f"`{symbol}` defaults to `training=True`: a bare `{case.subject.kind}(x)`, an export or a graph "
                    f"built from it trains: {layer_text(delivery)} {consequence(delivery, 'call')}. Default to None or False."
                )
                yield Report("KER109", call.site, message, symbol, True, ("call",))
                return


def positional(case: Case):
    """KER110: `training` passed by position raises in Keras 3."""
    for run in case.runs:
        for note in run.noted:
            if note.kind == "positional" and note.site is not None:
                if not case.regime.positional and objects.is_legacy(getattr(note.layer, "cls", None)):
                    continue  # no layer of Keras 3
                happens = (
                    "may bind to another parameter"
                    if case.regime.positional
                    else "raises ValueError in Keras 3"
                )
                message = (
                    f"`{text(note.callee)}` gets `training` by position, which {happens}. "
                    "Write `training=training`."
                )
                yield Report("KER110", note.site, message, _within(note), True, (run.entry,))


def required(case: Case):
    """KER115: a `training` without a default raises where the caller leaves it out."""
    for run in case.runs:
        for note in run.noted:
            if note.kind != "required" or note.site is None or not isinstance(note.layer, Instance):
                continue
            own = objects.class_attribute(note.layer.cls, "call")
            if isinstance(own, FunctionValue):
                symbol = calls.symbol(own)
                message = (
                    f"`{symbol}` requires `training`, and a call that leaves it out raises TypeError in Keras 3. "
                    "Give it the default None."
                )
                trace = ((note.site, "it is called without one here"),) if note.site else ()
                yield Report("KER115", own.site, message, symbol, note.site is not None, (run.entry,), trace)


def compared(case: Case):
    """KER111: `training` compared where only its truth counts."""
    call = case.call
    if call is None or not isinstance(call.definition, s.Function) or not _takes_training(call):
        return
    if not any(is_sensitive(i) for i in case.subject.instances):
        return
    for at, test in causes.tests(call.definition.body):
        written = causes.odd_comparison(test)
        if written:
            symbol = calls.symbol(call)
            message = (
                f"`{written}` is not whether the model trains: `training` may be None or False. "
                "Write `if training`."
            )
            yield Report("KER111", Site(call.env.module.path, at), message, symbol, True)


def _takes_training(call) -> bool:
    return any(p.name == "training" for p in call.params)


def unguarded(case: Case):
    """KER112: an operation that drops or adds noise whatever the mode, run at inference."""
    if case.subject.kind not in ("model", "layer"):
        return
    for run in case.runs:
        if run.entry not in ("evaluate", "predict"):
            continue
        for note in run.noted:
            if note.kind != "operation" or not _inside_call(note.frame):
                continue
            name = note.kwargs["name"]
            written = name.replace("tensorflow.", "tf.")
            if sensitive_functions().get(written, {}).get("kind") != "dropout" or _is_zero(
                note.kwargs["rate"]
            ):
                continue
            message = (
                f"`{written}` drops whenever it runs, and nothing guards it: it acts in `{run.entry}` too. "
                "Use a Dropout layer, or `if training`."
            )
            yield Report(
                "KER112", note.site, message, _within(note), _is_known(note.kwargs["rate"]), (run.entry,)
            )


def _is_known(rate) -> bool:
    return all(isinstance(o, Known) for o in options(rate))


def _is_zero(rate) -> bool:
    return any(isinstance(o, Known) and not o.value for o in options(rate))


def _inside_call(frame) -> bool:
    while frame is not None:
        if frame.entered:
            return True
        frame = frame.parent
    return False


def built_in_call(case: Case):
    """KER113: a sensitive layer made anew in every call. A class's own `__call__` may only ever build a graph."""
    cls = case.subject.cls
    builds = cls is not None and isinstance(objects.class_attribute(cls, "__call__"), FunctionValue)
    if case.usage.graphed:
        return
    for run in case.runs:
        for delivery in run.deliveries:
            layer = delivery.layer
            if not isinstance(layer, Instance) or not layer.built_in_call or layer.site not in run.anew:
                continue
            if own_sensitivity(layer) is False or isinstance(layer.cls, ClassValue):
                continue
            name = layer.cls.name.rpartition(".")[2]
            if case.regime.stack and name != "BatchNormalization":
                continue
            message = (
                f"{name} is built inside `{layer.within}`, anew at every call: its state is lost, and in a compiled "
                "step it raises. Build it in `__init__`."
            )
            yield Report("KER113", layer.site, message, layer.within, not builds, (run.entry,))


def never_called(case: Case):
    """KER114: a sensitive layer that is kept in an attribute and that no method calls."""
    cls = case.subject.cls
    if cls is None or case.call is None or objects.has_unknown_base(cls):
        return
    mentioned = _mentioned(case, cls)
    for instance in case.subject.instances:
        for name, (site, value) in instance.assigned.items():
            single = value if isinstance(value, Instance) else None
            if single is None or name in mentioned or site.path != cls.module.path or "*" in mentioned:
                continue
            if own_sensitivity(single) is False or isinstance(single.cls, ClassValue):
                continue
            if any(value is not v for k, v in instance.slots.items() if k != name and _holds(v, single)):
                continue
            kind = single.cls.name.rpartition(".")[2]
            message = f"`self.{name}` ({kind}) is built and never called: it never acts. Call it in `call`, or remove it."
            yield Report("KER114", site, message, f"{case.subject.name}.{name}", True)


def _holds(value, layer) -> bool:
    return any(o is layer for o in options(value)) or any(
        i is layer for i in getattr(value, "items", ()) or ()
    )


def _mentioned(case, cls: ClassValue) -> set:
    """Attribute names that the class or its bases read, or that other code reads of an object; "*" for any."""
    found: set = set()
    for one in cls.mro:
        if isinstance(one, ClassValue):
            for statement in one.definition.body:
                _reads(statement, found)
            for method in one.names.values():
                if isinstance(method, FunctionValue) and method.owner is not one:  # set from outside
                    _reads(method.definition, found)
    for other in case.machine.project.classes:
        if cls in other.mro and other is not cls:
            for statement in other.definition.body:
                _reads(statement, found)
    return found | case.machine.project.read_outside()


_ALL_LAYERS = frozenset(("layers", "_layers", "_flatten_layers", "submodules", "__dict__"))


def _reads(node, found: set):
    if isinstance(node, s.Assign):
        for target in node.targets:
            if not isinstance(target, s.Attr):
                _reads(target, found)
        _reads(node.value, found)
        return
    if isinstance(node, s.Attr):
        found.add(node.name)
        if node.value == s.Name("self") and node.name in _ALL_LAYERS:
            found.add("*")
    if isinstance(node, s.Call) and isinstance(node.func, s.Name) and node.func.id in ("getattr", "vars"):
        found.add("*")
    if isinstance(node, tuple):
        for part in node:
            if isinstance(part, tuple):
                _reads(part, found)
            elif isinstance(part, str) and isinstance(node, s.Const):
                found.add(part)


def leftovers(case: Case):
    """KER401, KER402: what a model still has of TensorFlow 1: the learning phase, layer functions."""
    for run in case.runs:
        for note in run.noted:
            if note.kind == "learning_phase" and note.site is not None and not case.regime.stack:
                yield loops.learning_phase(note)
            if note.kind == "v1_layer" and note.site is not None and case.regime.stack:
                yield loops.v1_layer(note)


def _within(note) -> str:
    return note.frame.symbol if note.frame is not None else ""


RULES = (
    wrong_modes,
    dropped_values,
    misnamed_and_unreached,
    defaults_true,
    positional,
    required,
    compared,
    unguarded,
    built_in_call,
    never_called,
    leftovers,
)
