"""What is differentiated, and by whose variables: `tf.GradientTape`, `optimizer.minimize`, `jax.grad`."""

from __future__ import annotations

from contextlib import contextmanager

from keraslint.delivery import calls, keras
from keraslint.delivery.values import (
    DATA,
    Applied,
    Builtin,
    Mapping,
    Sequence,
    Tape,
    Weights,
    options,
)

EVERYTHING = Weights(None)  # what a tape watched by itself
WEIGHTS = ("trainable_variables", "trainable_weights", "variables", "weights")


def variables(value) -> list:
    """What a gradient is taken by, one by one: `Weights`, or other values."""
    found = []
    for option in options(value):
        if isinstance(option, Sequence):
            found += [part for item in option.items for part in variables(item)]
        elif isinstance(option, Mapping):
            found += [part for item in option.items.values() for part in variables(item)]
        else:
            found.append(option)
    return found


def added(left, right):
    """`a.trainable_variables + b.trainable_variables`"""
    return Sequence("list", (*variables(left), *variables(right)))


def under(m, tape: Tape, action):
    """Run something that a tape watches."""
    outer, m.tapes = m.tapes, (*m.tapes, tape)
    m.taped.append(tape)
    try:
        return action()
    finally:
        m.tapes = outer


@contextmanager
def standing_for(m, weights, layer):
    """Inside, what is differentiated by these variables is differentiated by the layer's own: `stateless_call`."""
    given = options(weights)
    outer = m.tapes
    if any(source is option for tape in m.tapes for source in tape.by for option in given):
        m.tapes = (*m.tapes, Tape([Weights((layer,))]))
    try:
        yield
    finally:
        m.tapes = outer


def tape_attribute(tape: Tape, name: str):
    """A method of `tf.GradientTape`."""
    return Applied(_TAPE[name], tape) if name in _TAPE else DATA


def _gradient(m, tape, args, kwargs):
    tape.by += variables(kwargs.get("sources", args[1] if len(args) > 1 else DATA))
    return DATA


def _watched(m, tape, args, kwargs):
    return EVERYTHING


_TAPE = {"gradient": _gradient, "jacobian": _gradient, "watched_variables": _watched}


def _minimize(m, args, kwargs):
    """`optimizer.minimize(loss, var_list)`, where the loss is a function."""
    loss = kwargs.get("loss", args[0] if args else DATA)
    by = kwargs.get("var_list", args[1] if len(args) > 1 else DATA)
    if isinstance(kwargs.get("tape"), Tape):
        kwargs["tape"].by += variables(by)
    elif by is not DATA and loss is not DATA:
        under(m, Tape(variables(by)), lambda: calls.call(m, loss, [], {}))
    return DATA


# Methods of objects that the sources do not define.
METHODS = {"minimize": Builtin("minimize", _minimize)}


def differentiated(function, argnums, with_value: bool):
    """What `jax.grad(function)` and `jax.value_and_grad(function)` return."""
    return Applied(_run_differentiated, (function, argnums, with_value))


def _run_differentiated(m, receiver, args, kwargs):
    function, argnums, with_value = receiver
    args, by = list(args), []
    for at in argnums:
        if at < len(args):
            owners = [o for v in variables(args[at]) if isinstance(v, Weights) for o in v.owners or ()]
            args[at] = Weights(tuple(owners))
            by.append(args[at])
    result = under(m, Tape(by), lambda: calls.call(m, function, args, kwargs))
    return Sequence("tuple", (result, DATA)) if with_value else DATA


# ---------------------------------------------------------------- what is trained


def trains(tapes, layer) -> bool:
    """Whether one of these tapes differentiates a layer by its own variables."""
    return any(_is_of(source, layer) for tape in tapes for source in tape.by)


def _is_of(source, layer) -> bool:
    if not isinstance(source, Weights):
        return False
    return source is EVERYTHING or any(layer in keras.with_inner(owner) for owner in source.owners)
