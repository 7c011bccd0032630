"""Rules on code that trains and evaluates by hand, outside any model: loops, functions, leftovers of other APIs."""

from __future__ import annotations

import operator
import os
import re
from typing import NamedTuple

from keraslint import summary as s
from keraslint.checks.case import Report
from keraslint.checks.causes import MISNAMED
from keraslint.delivery import gradients, keras, objects
from keraslint.delivery.calls import symbol
from keraslint.delivery.entries import run_entry
from keraslint.delivery.layers import function_signature
from keraslint.delivery.sensitivity import changes_output, is_sensitive, own_sensitivity
from keraslint.delivery.values import ClassValue, FunctionValue, Instance, Origin
from keraslint.semantics.context import ABSENT, UNKNOWN
from keraslint.semantics.regimes import REGIMES
from keraslint.summary import text

_EVALUATES = re.compile(
    r"(^|_)(eval|evaluate|evaluation|accuracy|test|validate|validation|predict|infer|inference|serve|serving|export)(_|$)"
)
# Functions that train as well, or that ask for the randomness of training mode.
_OTHERWISE = re.compile(r"train|mc|monte|uncertain|stochastic|bayes|dropout|sampl|ensemble")
_TESTS = re.compile(r"(^|_)test(_|$)")


def program_reports(program, targets):
    """The reports on everything that the modules do when they run."""
    phased = {note.site.path for note in program.machine.noted if _sets_phase(note)}
    meant = {
        legacy: tuple(dict.fromkeys(regime for regime, _ in targets(_Anyone(legacy))))
        for legacy in (False, True)
    }
    for note in program.machine.noted:
        if note.site is None:
            continue
        regimes = meant[program.project.modules[note.site.path].legacy]
        for report in _note_reports(program, note, regimes, note.site.path in phased):
            yield report._replace(regimes=tuple(regime for regime in report.regimes if regime in regimes))


class _Anyone(NamedTuple):
    """What `targets` asks of a subject, for code that belongs to none."""

    legacy: bool
    site: None = None


def _note_reports(program, note, regimes, phased):
    if note.kind == "learning_phase":
        yield learning_phase(note)
    if note.kind == "v1_layer":
        yield v1_layer(note)
    if not isinstance(note.layer, Instance) or keras.kind(note.layer.cls) is None:
        return
    if note.kind in ("train", "eval") and not objects.has_unknown_base(note.layer.cls):
        yield _torch_style(program, note, regimes)
    if note.kind in _CALLS:
        if not phased:
            yield from _loop(program, note, regimes)
            yield from _dropped(program, note, regimes)
        yield from _evaluation(program, note, regimes)


def learning_phase(note) -> Report:
    """KER401"""
    name = note.kwargs["name"].rpartition(".")[2]
    message = f"`{name}` is gone in Keras 3 (AttributeError). Use the `training` argument of `call`."
    return Report("KER401", note.site, message, _within(note), True, regimes=("3.0", "3.10", "3.16"))


def v1_layer(note) -> Report:
    """KER402"""
    name = note.kwargs["name"].replace("tensorflow.", "tf.")
    message = f"`{name}` without `training` is in inference mode whatever trains it. Pass `training=`."
    return Report("KER402", note.site, message, _within(note), True, regimes=("2",))


def _torch_style(program, note, regimes) -> Report:
    """KER204"""
    message = (
        f"`.{note.kind}()` changes nothing for a Keras model: its layers never look at it. "
        f"Pass `training={note.kind == 'train'}` to the call."
    )
    return _about(program, note, "KER204", message, True, regimes)


def _sets_phase(note) -> bool:
    """Whether the note is of `K.set_learning_phase`, which decides for every bare call after it."""
    return note.kind == "learning_phase" and note.site and note.kwargs["name"].endswith(".set_learning_phase")


def _loop(program, note, regimes):
    """KER203: a model called bare where it is differentiated by its own variables."""
    machine = program.machine
    if any(value.value is not ABSENT for value in note.passed) or MISNAMED & set(note.kwargs):
        return
    by_tape = gradients.trains(note.tapes, note.layer)
    if not by_tape and not _trained_by_torch(machine, note):
        return
    exists = [r for r in regimes if note.kind != "stateless_call" or not REGIMES[r].stack]
    affected, certain = _idle(machine, note.layer, exists, "call")
    if affected:
        called = f"`{text(note.callee)}`"
        if (
            keras.held(note.layer)
            or isinstance(note.layer.cls, ClassValue)
            or keras.is_application(note.layer)
        ):
            message = (
                f"{called} is trained here but called without `training=True`: its sensitive layers run as in "
                "inference. Pass `training=True`."
            )
        else:
            name = keras.class_name(note.layer).rpartition(".")[2]
            message = (
                f"{called} ({name}) is called without `training=True` where a model is trained: it runs as in "
                "inference. Pass `training=True`."
            )
        yield _about(program, note, "KER203", message, certain, affected)


def _dropped(program, note, regimes):
    """KER102: the same with a `training=True` that never arrives, since the model's `call` does not take it."""
    call = objects.class_attribute(note.layer.cls, "call")
    written = all(_is_written_true(value, note.site) for value in note.passed)
    if note.kind != "call" or not written or not isinstance(call, FunctionValue):
        return
    machine = program.machine
    if function_signature(machine, call).accepts or not gradients.trains(note.tapes, note.layer):
        return
    drop = [regime for regime in regimes if REGIMES[regime].drops_undeclared]
    affected, certain = _idle(machine, note.layer, drop, "call_true")
    if affected:
        name = symbol(call)
        message = (
            f"`{name}` takes no `training`, and Keras 3.0 to 3.9 drop the value given to it: the sensitive layers of "
            f"`{text(note.callee)}`, which is trained here, run as in inference. Add `training=None` to `{name}`."
        )
        yield _about(program, note, "KER102", message, certain, affected)._replace(symbol=name)


def _idle(machine, model, regimes, entry) -> tuple[tuple[str, ...], bool]:
    """The regimes in which this start leaves sensitive layers of a model in inference, and whether outputs show it."""
    if is_sensitive(model) is not True:
        return (), False
    idle = {regime: found for regime in regimes if (found := _inactive(machine, model, regime, entry))}
    return tuple(idle), any(changes_output(layer) for layers in idle.values() for layer in layers)


_CALLS = ("call", "stateless_call")
_TORCH = ("parameters", "zero_grad", "trainable_weights", "trainable_variables")


def _trained_by_torch(machine, note) -> bool:
    """Whether the loss of the function (or script) around the call is differentiated by PyTorch, for this very model.

    Where another call of the model there says `training=True`, this one may be of another kind.
    """
    function = note.frame.function if note.frame is not None else None
    if note.frame is None or (function is not None and not isinstance(function.definition, s.Function)):
        return False
    body = function.definition.body if function is not None else note.frame.env.module.summary.body
    callee = text(note.callee)
    read = [node for node in s.walk(body) if isinstance(node, s.Attr)]
    if not any(attr.name == "backward" for attr in read):
        return False
    if not any(attr.name in _TORCH and text(attr.value) == callee for attr in read):
        return False
    return True not in _passed_beside(machine, note)


def _inactive(machine, layer, regime, entry) -> list[Instance]:
    """The sensitive layers inside that a start leaves in inference mode."""
    run = run_entry(machine, layer, entry, regime)
    return [
        d.layer
        for d in run.deliveries
        if isinstance(d.layer, Instance)
        and d.received.value is not UNKNOWN
        and not d.received.value
        and own_sensitivity(d.layer)
        and not _is_as_true(d.layer, d.received.value)
    ]


_HOLDS = {"is": operator.is_, "is not": operator.is_not, "==": operator.eq, "!=": operator.ne}


def _is_as_true(layer, value) -> bool:
    """Whether a branch of a layer of the source is taken for this value as for True: None is `not False`.

    A branch on None itself mostly puts another value in its place, which says nothing of the layer.
    """
    call = objects.class_attribute(layer.cls, "call") if isinstance(layer.cls, ClassValue) else None
    nodes = s.walk(call.definition.body) if isinstance(call, FunctionValue) else ()
    tests = [node.test for node in nodes if isinstance(node, (s.If, s.IfExp))]
    tests = [test.value if isinstance(test, s.Not) else test for test in tests]
    return any(
        _HOLDS[op](value, right.value) is _HOLDS[op](True, right.value)
        for test in tests
        if isinstance(test, s.Compare) and test.left == s.Name("training")
        for op, right in test.rest
        if op in _HOLDS and isinstance(right, s.Const) and (op, right.value) not in _ASKS_FOR_NONE
    )


_ASKS_FOR_NONE = (("is", None), ("==", None))


def _evaluation(program, note, regimes):
    """KER202: a function that evaluates, by its name, and calls its model with `training=True`."""
    machine = program.machine
    function = note.frame.function if note.frame is not None else None
    if not isinstance(function, FunctionValue) or not _EVALUATES.search(function.name):
        return
    if (
        not any(_is_written_true(value, note.site) for value in note.passed)
        or is_sensitive(note.layer) is not True
    ):
        return
    if gradients.trains(note.tapes, note.layer) or _OTHERWISE.search(function.name):
        return
    if _is_unit_test(program, function) or _trains_as_well(machine, note):
        return
    if any(param.name == "training" for param in function.params):
        return  # a pass for both modes
    if _is_repeated(function.definition, note.site.at) or _tries_both(machine, note):
        return
    message = (
        f"`{function.name}` looks like evaluation but calls `{text(note.callee)}` with `training=True`: "
        "its sensitive layers act. Pass `training=False`."
    )
    yield _about(program, note, "KER202", message, False, regimes)


def _trains_as_well(machine, note) -> bool:
    """Whether the same call is differentiated where other code runs the function."""
    return any(other.tapes for other in machine.noted if other.site == note.site)


def _is_unit_test(program, function) -> bool:
    """Whether a function tests code, not a model: nothing needs to be given to it, or it is in a folder of tests."""
    if all(param.name in function.defaults for param in function.params):
        return True
    folder = os.path.dirname(function.site.path.removeprefix(program.project.root))
    return bool(_TESTS.search(function.name)) and not {"test", "tests"}.isdisjoint(folder.split(os.sep))


def _about(program, note, code, message, manifest, regimes) -> Report:
    models = _models(program, note)
    return Report(code, note.site, message, _within(note), manifest, regimes=regimes, models=models)


def _models(program, note) -> tuple[str, ...]:
    """The model that the code is about: of a class of the project's, built in a function, or held by a variable."""
    cls, layer = note.layer.cls, note.layer
    if isinstance(cls, ClassValue):
        return (f"{cls.module.path}::{cls.name}",)
    if layer.site is None:
        return ()
    path = layer.site.path
    if layer.within:  # what a constructor makes is made with its object
        return (f"{path}::{layer.within.removesuffix('.__init__')}",)
    named = (subject.name for subject in program.subjects(path) if any(i is layer for i in subject.instances))
    return tuple(f"{path}::{name}" for name in named)


def _is_written_true(given, site) -> bool:
    origin = given.origin
    return (
        given.value is True and isinstance(origin, Origin) and (origin.kind, origin.site) == ("literal", site)
    )


def _tries_both(machine, note) -> bool:
    """Whether the same function calls the same model with `training=False` too, as a test of the model does."""
    return False in _passed_beside(machine, note)


def _passed_beside(machine, note) -> set:
    """The values that calls of the same model get in the same function."""
    beside = [other for other in machine.noted if other.frame is note.frame and other.layer is note.layer]
    return {value.value for other in beside if other.kind in _CALLS for value in other.passed}


def _is_repeated(node, at: int, counted=False) -> bool:
    """Whether the call stands in a loop that only counts: Monte-Carlo samples of one input."""
    if isinstance(node, s.Call) and node.at == at:
        return counted
    if isinstance(node, s.For):
        return _is_repeated(node.body, at, counted or not _reads(node.body, node.target))
    if isinstance(node, s.Comp):
        counted = counted or any(not _reads(node.element, clause.target) for clause in node.clauses)
    return isinstance(node, tuple) and any(_is_repeated(part, at, counted) for part in node)


def _reads(node, name) -> bool:
    return not isinstance(name, s.Name) or any(part == name for part in s.walk(node))


def _within(note) -> str:
    return note.frame.symbol if note.frame is not None else ""
