"""Why a layer got the wrong mode: each delivery is explained by the first cause that fits.

A cause is a function `(case, run, delivery) -> Report | None`.
"""

from __future__ import annotations

from keraslint import summary as s
from keraslint.checks.case import Case, Report, caller_text, consequence, layer_text, outermost_callee
from keraslint.delivery import calls, gradients, layers, objects
from keraslint.delivery.entries import WANTED
from keraslint.delivery.values import ClassValue, FunctionValue, Origin
from keraslint.semantics.context import UNKNOWN

MISNAMED = frozenset(
    [
        "is_training",
        "training_mode",
        "train",
        "is_train",
        "mode",
        "trainable",
        "phase",
        "istraining",
        "train_mode",
    ]
)


def explain(case: Case, run, delivery) -> Report | None:
    """The report that a wrong delivery comes to; None where it is meant, or cannot be told."""
    if _meant(case, run, delivery):
        return None
    for cause in CAUSES:
        found = cause(case, run, delivery)
        if found is not None:
            return found if found is not MEANT and _counts(case, run, found) else None
    return None


def _counts(case, run, found: Report) -> bool:
    """A bare `model(x)` may only be wrong by what the code did to the value, or where the source makes one."""
    if run.entry != "call":
        return True
    return found.code == "KER107" or (found.code == "KER105" and case.usage.called is not None)


MEANT = Report("", None, "", "", False)  # type: ignore[arg-type]


def report(case, code, site, message, delivery, run, symbol=None, manifest=None, trace=()) -> Report:
    """A report on a delivery, with the path that leads to it."""
    seen = case.usage.manifest if manifest is None else manifest
    steps = (*trace, *path(case, run, delivery))
    return Report(code, site, message, symbol or delivery.within, seen, (run.entry,), steps)


def path(case: Case, run, delivery) -> tuple:
    """From the entry to the layer: (site, message) pairs."""
    steps = []
    if run.entry == "fit" and case.usage.trained is not None:
        steps.append((case.usage.trained, f"`fit` starts `{case.subject.name}`"))
    frames = []
    frame = delivery.frame
    while frame is not None:
        frames.append(frame)
        frame = frame.parent
    for frame in reversed(frames):
        if frame.site is not None and frame.entered:
            how = "calls" if frame.entered == "call" else "runs, past `__call__`,"
            steps.append((frame.site, f"which {how} `{frame.symbol}`"))
    if delivery.site is not None:
        steps.append((delivery.site, f"{layer_text(delivery)} gets `training={delivery.received.value}`"))
    return tuple(steps)


# ---------------------------------------------------------------- what is meant


def _meant(case, run, delivery) -> bool:
    """Idioms: layers that always act by design, frozen parts, pins on whole sub-models."""
    if delivery.site is None:
        return True
    origin = delivery.received.origin
    if not isinstance(origin, Origin):
        return False
    frozen = delivery.layer.slots.get("trainable")
    return WANTED[run.entry] and getattr(frozen, "value", None) is False


def _always_acting(case, run, delivery):
    """`super().call(x, training=True)` in a subclass of a Keras layer: Monte-Carlo dropout, meant."""
    origin = delivery.received.origin
    direct = delivery.how == "direct" and isinstance(origin, Origin) and origin.kind == "literal"
    if direct and delivery.received.value is True and isinstance(delivery.layer.cls, ClassValue):
        return MEANT
    return None


# ---------------------------------------------------------------- values decided in the code


def _pinned(case, run, delivery):
    """KER104, KER106: a constant at the layer's own call; on a sub-model it is a decision about that sub-model."""
    origin = delivery.received.origin
    if not isinstance(origin, Origin) or origin.kind != "literal":
        return None
    if delivery.outer is not None and origin.site == delivery.outer and _step_frame(delivery) is not None:
        return _step_value(case, run, delivery)
    if delivery.received.value is None:
        return _reset(case, run, delivery, origin)
    here = origin.site == delivery.site
    if not here and origin.site in delivery.inside:
        return _pinned_part(case, run, delivery, origin) if delivery.received.value else MEANT
    if not here:
        return None
    if _in_step(delivery):
        return _step_value(case, run, delivery)
    if delivery.node is not None or delivery.frame is None or delivery.frame.function is None:
        return MEANT
    if tested_oddly(delivery.frame.function):
        return MEANT  # reported as KER111
    pinned = delivery.received.value
    message = (
        f"{layer_text(delivery)} is called with `training={pinned}`, so it {consequence(delivery, run.entry)}. "
        "Pass `training=training`, or say that it is meant."
    )
    return report(case, "KER104", delivery.site, message, delivery, run)


def _pinned_part(case, run, delivery, origin):
    """KER104: `self.block(x, training=True)` in a `call`; a part that is told False is frozen, or a teacher."""
    frame = delivery.frame
    while frame is not None and frame.site != origin.site:
        frame = frame.parent
    writer = frame.parent if frame is not None else None
    if writer is None or writer.function is None:
        return None
    message = (
        f"`{frame.symbol}` is run with `training=True`, so {layer_text(delivery)} {consequence(delivery, run.entry)}. "
        "Pass `training=training`, or say that it is meant."
    )
    return report(case, "KER104", origin.site, message, delivery, run, symbol=writer.symbol)


def _reset(case, run, delivery, origin):
    if not WANTED[run.entry] or origin.site is None:
        return None
    message = (
        f"An explicit `training=None` switches the call context off: {layer_text(delivery)} "
        f"{consequence(delivery, run.entry)}. Leave it out, or pass `training=training`."
    )
    return report(case, "KER106", origin.site, message, delivery, run)


def tested_oddly(function) -> bool:
    """Whether a function asks of `training` more than its truth."""
    body = function.definition.body
    return isinstance(body, tuple) and any(odd_comparison(test) for _, test in tests(body))


def tests(body):
    """(number, test) of the branches among some statements, nested ones included."""
    for node in body:
        if isinstance(node, s.If):
            yield node.at, node.test
            yield from tests((*node.body, *node.orelse))
        elif isinstance(node, (s.For, s.While, s.With)):
            yield from tests(node.body)


def odd_comparison(test) -> str:
    """A comparison of `training` for which a value of the same truth takes the other branch, as written; empty if none."""
    if not isinstance(test, s.Compare) or test.left != s.Name("training") or len(test.rest) != 1:
        return ""
    op, right = test.rest[0]
    if not isinstance(right, s.Const):
        return ""
    return s.text(test) if op == "is not" and right.value in (None, False) else ""


def _leaked(case, run, delivery):
    """KER105: an implicit call sees what an earlier one passed, or its default."""
    origin = delivery.received.origin
    if not isinstance(origin, Origin) or delivery.how == "explicit" or case.regime.stack:
        return None
    if origin.site in case.pins:
        return MEANT  # reported at the pin, as KER302
    if origin.kind == "literal" and origin.site != delivery.site:
        if delivery.frame is not None and delivery.frame.function is None:
            return None
        message = (
            f"{layer_text(delivery)} gets the `training={delivery.received.value}` of an earlier call, which stays in "
            f"the call context: it {consequence(delivery, run.entry)}. Pass `training=training` to it."
        )
        trace = (
            ((origin.site, f"`training={delivery.received.value}` enters the call context"),)
            if origin.site
            else ()
        )
        return report(case, "KER105", delivery.site, message, delivery, run, trace=trace)
    return None


def _default_of_helper(case, run, delivery):
    """KER103, KER106, KER107: a parameter's default stands in for what nobody passed."""
    origin = delivery.received.origin
    if not isinstance(origin, Origin) or origin.kind != "default" or origin.site is None:
        return None
    if origin.text in MISNAMED:
        if origin.text in case.usage.flags or (case.subject.kind == "layer" and case.usage.inside):
            return MEANT
        symbol = _symbol(delivery, origin.site)
        message = (
            f"`{symbol}` names its mode `{origin.text}`, which Keras never sets: {layer_text(delivery)} "
            f"{consequence(delivery, run.entry)}. Rename it to `training`."
        )
        return report(case, "KER103", origin.site, message, delivery, run, symbol=symbol)
    if origin.text != "training" or delivery.how not in ("explicit", "context"):
        return None
    frame = _frame_at(delivery, origin.site)
    if frame is not None and frame.entered == "direct" and frame.site is not None:
        return _bypass(case, run, delivery, frame.site, f"`{frame.symbol}`")
    if frame is None or frame.function.name in ("call", "__call__"):
        return None
    symbol = _symbol(delivery, origin.site)
    step = _step_frame(delivery)
    if step is not None and frame is not step and frame.site is not None and not frame.entered:
        return _helper_of_step(case, run, delivery, step, frame)
    code = "KER106" if delivery.received.value is None else "KER107"
    if code == "KER106" and (case.regime.none_is_absent or not WANTED[run.entry]):
        return None
    message = (
        f"`{symbol}` is called without `training`, so its default {delivery.received.value} replaces the mode: "
        f"{layer_text(delivery)} {consequence(delivery, run.entry)}. Pass `training=training` to it."
    )
    return report(case, code, delivery.site, message, delivery, run)


def _helper_of_step(case, run, delivery, step, helper):
    """KER201, KER202: a step calls a helper without the mode, and the helper's default decides."""
    code, wanted = ("KER201", True) if WANTED[run.entry] else ("KER202", False)
    if WANTED[run.entry] and not _is_trained(run, delivery):
        return MEANT
    message = (
        f"`{step.symbol}` calls `{helper.symbol}` without `training`, so that its default {delivery.received.value} "
        f"counts: {layer_text(delivery)} {consequence(delivery, run.entry)}. Pass `training={wanted}`."
    )
    return report(case, code, helper.site, message, delivery, run, symbol=step.symbol, manifest=True)


def _frame_at(delivery, site):
    """The active call of the function that is defined at this site."""
    frame = delivery.frame
    while frame is not None:
        if isinstance(frame.function, FunctionValue) and frame.function.site == site:
            return frame
        frame = frame.parent
    return None


def _symbol(delivery, site) -> str:
    frame = _frame_at(delivery, site)
    return frame.symbol if frame is not None else delivery.within


def _overwritten(case, run, delivery):
    """KER107: the value was set, inverted or replaced on its way."""
    origin = delivery.received.origin
    if not isinstance(origin, Origin) or origin.kind not in ("assigned", "computed"):
        return None
    if origin.site is None:
        return None
    if any(origin in origins for origins in case.pins.values()):
        return MEANT  # whoever built a graph decided it
    if origin.text.startswith("`self.") and _differs(case, run, delivery):
        return MEANT  # a setting: one object is made to train, another to be used
    message = (
        f"`training` is replaced by {origin.text or 'another value'} on its way: {layer_text(delivery)} "
        f"{consequence(delivery, run.entry)}. Pass on the `training` that `call` received."
    )
    return report(case, "KER107", origin.site, message, delivery, run)


def _differs(case, run, delivery) -> bool:
    """Whether other objects of the class get another value at the place."""
    others = (d for other in case.runs if other.entry == run.entry for d in other.deliveries)
    return len({d.received.value for d in others if d.site == delivery.site}) > 1


# ---------------------------------------------------------------- values that never arrived


def _bypassed(case, run, delivery):
    """KER108, KER102, KER116: somewhere on the path the value was lost."""
    if not _is_lost(delivery) or not WANTED[run.entry] and not delivery.received.value:
        return None
    if delivery.how == "direct" and delivery.site is not None:
        return _bypass(case, run, delivery, delivery.site, layer_text(delivery))
    frame = _without_context(delivery)
    if frame is not None:
        if _passes(frame):
            return _no_context(case, run, delivery)
        return _bypass(case, run, delivery, frame.site, f"`{frame.symbol}`")
    return _no_context(case, run, delivery) if _starts_without_context(case) else None


def _is_lost(delivery) -> bool:
    """Whether a layer has no mode but None, or what its `call`, or the one around it, has where nobody gave it one."""
    origin = delivery.received.origin
    default = isinstance(origin, Origin) and origin.kind == "default"
    return delivery.received.value is None or _is_own_default(delivery) or default


def _is_own_default(delivery) -> bool:
    return delivery.how in ("default", "direct")


def _starts_without_context(case) -> bool:
    """Whether the trainer hands the mode to the model's `call` and enters no call context with it."""
    if case.backend != "jax" or case.regime.jax_context or case.call is None:
        return False
    return layers.function_signature(case.machine, case.call).accepts


def _without_context(delivery):
    """The `call` on the path that was run past `__call__` where no layer was active; None if there is none."""
    direct = None
    frame = delivery.frame
    while frame is not None:
        if frame.entered == "call":
            direct = None
        elif frame.entered == "direct" and frame.site is not None and direct is None:
            direct = frame
        frame = frame.parent
    return direct


def _passes(frame) -> bool:
    """Whether a direct `.call` was given a training value."""
    names = frame.env.names
    value = names.get("training")
    origin = getattr(value, "origin", None)
    return value is not None and not (isinstance(origin, Origin) and origin.kind == "default")


def dropped(case: Case, run, delivery) -> Report | None:
    """KER102: a value given to a layer on the path that does not take it, and so never arrived."""
    frame = delivery.frame
    while frame is not None:
        passed = frame.passed.value if frame.entered == "call" and frame.passed is not None else None
        if passed in (True, False) and passed is not None and frame.site is not None:
            takes = layers.function_signature(case.machine, frame.function).accepts
            if (
                not takes
                and bool(delivery.received.value) != passed
                and delivery.received.value is not UNKNOWN
            ):
                message = (
                    f"`{frame.symbol}` takes no `training`, and Keras 3.0 to 3.9 drop the value given to it: "
                    f"{layer_text(delivery)} gets {delivery.received.value}, not {passed}. "
                    f"Add `training=None` to `{frame.symbol}`."
                )
                return report(case, "KER102", frame.site, message, delivery, run, symbol=frame.symbol)
        frame = frame.parent
    return None


def _bypass(case, run, delivery, site, callee):
    if outermost_callee(delivery).endswith(".stateless_call"):
        return _step_value(case, run, delivery)
    message = (
        f"{callee} is run by `.call`, which reads no call context and got no `training`: {layer_text(delivery)} "
        f"{consequence(delivery, run.entry)}. Call the layer itself, or pass `training=training`."
    )
    return report(case, "KER108", site, message, delivery, run)


def _no_context(case, run, delivery):
    site = delivery.outer or delivery.site
    message = (
        f"{layer_text(delivery)} is called where no call context exists, so the mode does not reach it: it "
        f"{consequence(delivery, run.entry)}. Pass `training=training` to it."
    )
    return report(case, "KER116", site, message, delivery, run)


# ---------------------------------------------------------------- steps


def _step_frame(delivery):
    """The hand-written step (or loss) in which the trainer's entry came to the layer; None if `call` was entered."""
    frame = delivery.frame
    while frame is not None and frame.parent is not None:
        frame = frame.parent
    if frame is None or frame.entered or not isinstance(frame.function, FunctionValue):
        return None
    return None if frame.function.name in ("call", "__call__") else frame


def _in_step(delivery) -> bool:
    """Whether the layer is called by a step itself, in no other layer's `call`."""
    if _step_frame(delivery) is None:
        return False
    frame = delivery.frame
    while frame is not None:
        if frame.entered:
            return False
        frame = frame.parent
    return True


def _step_value(case, run, delivery):
    """KER201, KER202: a step that starts a model without, or with the wrong, training value."""
    step = _step_frame(delivery)
    if step is None:
        return None
    site = delivery.outer or delivery.site
    if site is None or _wrapped_call(delivery):
        return None
    origin = delivery.received.origin
    given = isinstance(origin, Origin) and origin.kind == "literal" and origin.site == site
    if not given and _was_told(delivery):
        return MEANT  # the step says training=True; the value is lost further on
    if WANTED[run.entry]:
        if given and not any(delivery.outer_layer is i for i in case.subject.instances):
            return MEANT  # a part that is called with training=False is frozen, or a teacher
        if not _is_trained(run, delivery):
            return MEANT  # the other half of a GAN's step, a teacher, an encoder that stays as it is
        message = (
            f"`{step.symbol}` runs a model without `training=True`: {caller_text(delivery)} "
            f"{consequence(delivery, run.entry)}. Pass `training=True`."
        )
        return report(case, "KER201", site, message, delivery, run, symbol=step.symbol, manifest=True)
    if given and delivery.received.value is True:
        message = (
            f"`{step.symbol}` runs a model with `training=True`: {caller_text(delivery)} "
            f"{consequence(delivery, run.entry)}. Pass `training=False`."
        )
        return report(case, "KER202", site, message, delivery, run, symbol=step.symbol, manifest=True)
    return None


def _is_trained(run, delivery) -> bool:
    """Whether the step takes gradients by the variables of the model that it runs; so it is where none are seen."""
    if not any(tape.by for tape in run.tapes):
        return True
    return gradients.trains(delivery.tapes, delivery.outer_layer)


def _wrapped_call(delivery) -> bool:
    """Whether a decorator ran some `call` on the path: what it made of the value is not known."""
    frame = delivery.frame
    while frame is not None:
        if not frame.entered and getattr(frame.function, "name", "") == "call":
            return True
        frame = frame.parent
    return False


def _was_told(delivery) -> bool:
    frame = delivery.frame
    while frame is not None:
        if frame.entered == "call" and frame.site == delivery.outer and frame.passed is not None:
            return frame.passed.value is True
        frame = frame.parent
    return False


def _step(case, run, delivery):
    origin = delivery.received.origin
    decided = isinstance(origin, Origin) and origin.kind == "literal"
    if decided or delivery.received.value is None or _is_own_default(delivery) or not delivery.received.value:
        return _step_value(case, run, delivery)
    return None


# ---------------------------------------------------------------- the model itself


def _model_without_training(case, run, delivery):
    """KER101: the trainer starts a model whose `call` does not take `training`."""
    call = case.call
    if case.subject.kind != "model" or call is None or case.regime.trainer_always_passes:
        return None
    if layers.function_signature(case.machine, call).accepts or _step_frame(delivery) is not None:
        return None
    if delivery.how == "explicit" and not WANTED[run.entry]:
        return None  # a setting that the code passes: `training=self.use_batch`
    usage = case.usage
    if usage.trained is None and (usage.called_with_training or usage.inside or usage.graphed):
        return MEANT
    symbol = calls.symbol(call)
    misnamed = next((p.name for p in call.params if p.name in MISNAMED), None)
    where = f"{layer_text(delivery)} {consequence(delivery, run.entry)}"
    if misnamed:
        message = f"`{symbol}` names its mode `{misnamed}`, which Keras never sets: {where}. Rename it to `training`."
        return report(case, "KER103", call.site, message, delivery, run, symbol=symbol)
    message = (
        f"`{symbol}` takes no `training`, so Keras 3's `{run.entry}` starts it without one: {where}. "
        "Add `training=None` to `call`."
    )
    stepped = isinstance(objects.class_attribute(case.subject.cls, "train_step"), FunctionValue)
    seen = usage.manifest and (not stepped or usage.predicted is not None)
    return report(case, "KER101", call.site, message, delivery, run, symbol=symbol, manifest=seen)


def _latched(case, run, delivery):
    """KER105: a sibling's signature default has entered the context."""
    origin = delivery.received.origin
    if not isinstance(origin, Origin) or origin.kind != "default":
        return None
    # Up to 3.9 a None that is passed gives way to the context; a layer of Keras has no other default to pass on.
    gave_way = delivery.how == "explicit" and origin.site is None and delivery.node is None
    if delivery.how != "context" and not gave_way:
        return None
    if case.call is not None and origin.site == case.call.site:
        return MEANT  # the model's own default: KER109
    message = (
        f"{layer_text(delivery)} gets the default `training={delivery.received.value}` of {origin.text.rpartition('.')[2]}, "
        f"which ran before it: it {consequence(delivery, run.entry)}. Pass `training=training` to both."
    )
    return report(case, "KER105", delivery.site, message, delivery, run)


CAUSES = (
    _always_acting,
    _pinned,
    _default_of_helper,
    _overwritten,
    _bypassed,
    _leaked,
    _step,
    _model_without_training,
    _latched,
)
