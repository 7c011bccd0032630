"""Why a layer got the wrong mode: each delivery is explained by the first cause that fits.

A cause is a function `(case, run, delivery) -> Report | None`.
"""

from __future__ import annotations

from keraslint.checks.case import Case, Report, consequence, layer_text
from keraslint.delivery import graphs, keras, layers, objects
from keraslint.delivery.entries import TRAINER, WANTED
from keraslint.delivery.values import ClassValue, FunctionValue, Origin
from keraslint.semantics.context import ABSENT
from keraslint.summary import text

MISNAMED = frozenset(
    "is_training training_mode train is_train mode trainable phase istraining train_mode".split()
)
STEPS = ("train_step", "test_step", "predict_step")


def explain(case: Case, run, delivery) -> Report | None:
    """The report that a wrong delivery comes to; None where it is meant, or cannot be told."""
    if _meant(case, run, delivery):
        return None
    for cause in CAUSES:
        report = cause(case, run, delivery)
        if report is not None:
            return report if report is not MEANT else None
    return None


MEANT = Report("", None, "", "", False)  # type: ignore[arg-type]


def report(case, code, site, message, delivery, run, symbol=None, manifest=None, trace=()) -> Report:
    """A report on a delivery, with the path that leads to it."""
    seen = case.usage.manifest if manifest is None else manifest
    steps = (*trace, *path(case, run, delivery))
    return Report(code, site, message, symbol or delivery.within, seen, (run.entry,), steps)


def path(case: Case, run, delivery) -> tuple:
    """From the entry to the layer: (site, message) pairs."""
    steps = []
    if run.entry in TRAINER and case.usage.trained is not None and run.entry == "fit":
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
    if WANTED[run.entry] and getattr(frozen, "value", None) is False:
        return True
    return False


def _always_acting(case, run, delivery):
    """`super().call(x, training=True)` in a subclass of a Keras layer: Monte-Carlo dropout, meant."""
    origin = delivery.received.origin
    direct = delivery.how == "direct" and isinstance(origin, Origin) and origin.kind == "literal"
    if direct and delivery.received.value is True and isinstance(delivery.layer.cls, ClassValue):
        return MEANT
    return None


def _own_true_default(case, run, delivery):
    """A hand-made augmentation whose own default is True, run where nothing was decided, is not a leak."""
    return None


# ---------------------------------------------------------------- values decided in the code


def _pinned(case, run, delivery):
    """KER104, KER106: a constant at the layer's own call; on a sub-model it is a decision about that sub-model."""
    origin = delivery.received.origin
    if not isinstance(origin, Origin) or origin.kind != "literal":
        return None
    if delivery.received.value is None:
        return _reset(case, run, delivery, origin)
    here = origin.site == delivery.site
    if not here and _inside_call_at(delivery, origin.site):
        return MEANT if not delivery.received.value else None
    if not here:
        return None
    if _in_step(delivery):
        return _step_value(case, run, delivery)
    if delivery.frame is None or delivery.frame.function is None or graphs.is_graph(delivery.layer):
        return MEANT
    pinned = delivery.received.value
    message = (
        f"{layer_text(delivery)} is called with `training={pinned}`, so it {consequence(delivery, run.entry)}. "
        "Pass `training=training`, or say that it is meant."
    )
    return report(case, "KER104", delivery.site, message, delivery, run)


def _reset(case, run, delivery, origin):
    if not WANTED[run.entry] or origin.site is None:
        return None
    message = (
        f"An explicit `training=None` switches the call context off: {layer_text(delivery)} "
        f"{consequence(delivery, run.entry)}. Leave it out, or pass `training=training`."
    )
    return report(case, "KER106", origin.site, message, delivery, run)


def _inside_call_at(delivery, site) -> bool:
    """Whether the delivery happened inside the call made at this site."""
    frame = delivery.frame
    while frame is not None:
        if frame.site == site:
            return True
        frame = frame.parent
    return False


def _leaked(case, run, delivery):
    """KER105: an implicit call sees what an earlier one passed, or its default."""
    origin = delivery.received.origin
    if not isinstance(origin, Origin) or delivery.how == "explicit" or case.regime.stack:
        return None
    if origin.kind == "literal" and origin.site != delivery.site and not _in_step_site(case, origin.site):
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
        symbol = _symbol(delivery, origin.site)
        message = (
            f"`{symbol}` names its mode `{origin.text}`, which Keras never sets: {layer_text(delivery)} "
            f"{consequence(delivery, run.entry)}. Rename it to `training`."
        )
        return report(case, "KER103", origin.site, message, delivery, run, symbol=symbol)
    if origin.text != "training" or delivery.how not in ("explicit", "context"):
        return None
    function = _function_at(delivery, origin.site)
    if function is None or function.name in ("call", "__call__"):
        return None
    symbol = _symbol(delivery, origin.site)
    code = "KER106" if delivery.received.value is None else "KER107"
    if code == "KER106" and (case.regime.none_is_absent or not WANTED[run.entry]):
        return None
    message = (
        f"`{symbol}` is called without `training`, so its default {delivery.received.value} replaces the mode: "
        f"{layer_text(delivery)} {consequence(delivery, run.entry)}. Pass `training=training` to it."
    )
    return report(case, code, delivery.site, message, delivery, run)


def _function_at(delivery, site):
    frame = delivery.frame
    while frame is not None:
        if isinstance(frame.function, FunctionValue) and frame.function.site == site:
            return frame.function
        frame = frame.parent
    return None


def _symbol(delivery, site) -> str:
    frame = delivery.frame
    while frame is not None:
        if isinstance(frame.function, FunctionValue) and frame.function.site == site:
            return frame.symbol
        frame = frame.parent
    return delivery.within


def _overwritten(case, run, delivery):
    """KER107: the value was set, inverted or replaced on its way."""
    origin = delivery.received.origin
    if not isinstance(origin, Origin) or origin.kind not in ("assigned", "attribute", "computed"):
        return None
    if origin.site is None:
        return None
    message = (
        f"`training` is replaced by {origin.text or 'another value'} on its way: {layer_text(delivery)} "
        f"{consequence(delivery, run.entry)}. Pass on the `training` that `call` received."
    )
    return report(case, "KER107", origin.site, message, delivery, run)


# ---------------------------------------------------------------- values that never arrived


def _bypassed(case, run, delivery):
    """KER108, KER102, KER116: somewhere on the path the value was lost."""
    if delivery.received.value is not None and not _is_own_default(delivery):
        return None
    if not WANTED[run.entry] and not delivery.received.value:
        return None
    if delivery.how == "direct" and delivery.site is not None:
        return _bypass(case, run, delivery, delivery.site, layer_text(delivery))
    frame = delivery.frame
    while frame is not None:
        if frame.entered == "direct" and frame.site is not None:
            if _passes(frame):
                return _no_context(case, run, delivery)
            return _bypass(case, run, delivery, frame.site, f"`{frame.symbol}`")
        if frame.entered == "call" and frame.site is not None and _dropped(case, frame):
            message = (
                f"`{frame.symbol}` takes no `training`, and Keras 3.0 to 3.9 drop the value given to it: "
                f"{layer_text(delivery)} {consequence(delivery, run.entry)}. Add `training=None` to `{frame.symbol}`."
            )
            return report(case, "KER102", frame.site, message, delivery, run, symbol=frame.symbol)
        frame = frame.parent
    if case.backend == "jax" and not case.regime.jax_context and case.call is not None:
        accepts = layers.function_signature(case.machine, case.call).accepts
        if accepts and delivery.how != "explicit":
            return _no_context(case, run, delivery)
    return None


def _is_own_default(delivery) -> bool:
    return delivery.how in ("default", "direct")


def _passes(frame) -> bool:
    """Whether a direct `.call` was given a training value."""
    names = frame.env.names
    value = names.get("training")
    origin = getattr(value, "origin", None)
    return value is not None and not (isinstance(origin, Origin) and origin.kind == "default")


def _dropped(case, frame) -> bool:
    passed = frame.passed
    takes = (
        isinstance(frame.function, FunctionValue)
        and layers.function_signature(case.machine, frame.function).accepts
    )
    return case.regime.drops_undeclared and not takes and passed is not None and bool(passed.value is True)


def _bypass(case, run, delivery, site, callee):
    message = (
        f"{callee} is run by `.call`, which reads no call context and got no `training`: {layer_text(delivery)} "
        f"{consequence(delivery, run.entry)}. Call the layer itself, or pass `training=training`."
    )
    return report(case, "KER108", site, message, delivery, run)


def _no_context(case, run, delivery):
    message = (
        f"{layer_text(delivery)} is called where no call context exists, so the mode does not reach it: it "
        f"{consequence(delivery, run.entry)}. Pass `training=training` to it."
    )
    return report(case, "KER116", delivery.site, message, delivery, run)


# ---------------------------------------------------------------- steps


def _step_frame(delivery):
    frame = delivery.frame
    while frame is not None:
        if isinstance(frame.function, FunctionValue) and frame.function.name in STEPS:
            return frame
        frame = frame.parent
    return None


def _outermost_call(delivery):
    """The site in a step (or a helper of it) where the outermost layer call was made; None at the step itself."""
    frame, site = delivery.frame, delivery.site
    while frame is not None and frame.entered:
        site = frame.site
        frame = frame.parent
        while frame is not None and not frame.entered and _step_frame_of(frame) is None:
            frame = frame.parent
    return site


def _step_frame_of(frame):
    return frame if isinstance(frame.function, FunctionValue) and frame.function.name in STEPS else None


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


def _in_step_site(case, site) -> bool:
    return False


def _step_value(case, run, delivery):
    """KER201, KER202: a step that starts a model without, or with the wrong, training value."""
    step = _step_frame(delivery)
    if step is None:
        return None
    site = _outermost_call(delivery)
    if site is None:
        return None
    origin = delivery.received.origin
    given = isinstance(origin, Origin) and origin.kind == "literal" and origin.site == site
    if WANTED[run.entry]:
        if given:
            return MEANT  # training=False in a train_step is said on purpose: a teacher, a frozen half
        if delivery.received.value and True:
            return None
        message = (
            f"`{step.symbol}` runs a model without `training=True`: {layer_text(delivery)} "
            f"{consequence(delivery, run.entry)}. Pass `training=True`."
        )
        return report(case, "KER201", site, message, delivery, run, symbol=step.symbol, manifest=True)
    if given and delivery.received.value is True:
        message = (
            f"`{step.symbol}` runs a model with `training=True`: {layer_text(delivery)} "
            f"{consequence(delivery, run.entry)}. Pass `training=False`."
        )
        return report(case, "KER202", site, message, delivery, run, symbol=step.symbol, manifest=True)
    return None


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
    usage = case.usage
    if usage.trained is None and (usage.called_with_training or usage.inside):
        return MEANT
    symbol = f"{call.owner.name}.call" if call.owner else "call"
    misnamed = next((p.name for p in call.params if p.name in MISNAMED), None)
    where = f"{layer_text(delivery)} {consequence(delivery, run.entry)}"
    if misnamed:
        message = f"`{symbol}` names its mode `{misnamed}`, which Keras never sets: {where}. Rename it to `training`."
        return report(case, "KER103", call.site, message, delivery, run, symbol=symbol)
    message = (
        f"`{symbol}` takes no `training`, so Keras 3's `{run.entry}` starts it without one: {where}. "
        "Add `training=None` to `call`."
    )
    return report(case, "KER101", call.site, message, delivery, run, symbol=symbol)


def _latched(case, run, delivery):
    """KER105: a sibling's signature default has entered the context."""
    origin = delivery.received.origin
    if not isinstance(origin, Origin) or origin.kind != "default" or delivery.how != "context":
        return None
    message = (
        f"{layer_text(delivery)} gets the default `training={delivery.received.value}` of {origin.text.rpartition('.')[2]}, "
        f"which ran before it: it {consequence(delivery, run.entry)}. Pass `training=training` to it."
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
__all__ = ["explain", "keras", "objects", "text"]
