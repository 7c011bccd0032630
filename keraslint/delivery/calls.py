"""Calls of anything: functions of the source, classes, layers, builtins and what comes from outside."""

from __future__ import annotations

from keraslint import summary as s
from keraslint.delivery import expressions, graphs, keras, layers, objects, statements
from keraslint.delivery.alike import act_alike
from keraslint.delivery.machine import DEPTH_LIMIT, Frame, Machine, OutOfBudget, Raised, fork
from keraslint.delivery.values import (
    ANYTHING,
    DATA,
    NONE,
    Applied,
    BoundMethod,
    Builtin,
    ClassMethod,
    ClassValue,
    Environment,
    External,
    ExternalMethod,
    FunctionValue,
    Instance,
    Known,
    Mapping,
    Origin,
    PartialCall,
    PropertyValue,
    Sequence,
    StaticMethod,
    Tape,
    Tensor,
    Union,
    union,
)

DEEPEST_RECURSION = 3


def call(m: Machine, function, args: list, kwargs: dict):
    """The value of function(*args, **kwargs). Raises Raised if that raises on every path.

    An unknown `*sequence` or `**mapping` among the arguments stands in `kwargs` under the key "**".
    """
    m.step()
    handler = _CALL.get(type(function))
    if handler is None:
        return _opaque_call(m, function, args, kwargs)
    return handler(m, function, args, kwargs)


def _union(m, function, args, kwargs):
    callables = [o for o in function.options if not isinstance(o, (Known, Sequence, Mapping))]
    if not callables:
        raise Raised
    callables = _distinct(callables)
    return union(fork(m, [lambda o=o: call(m, o, args, kwargs) for o in callables]))


MOST_CALLEES = 4


def _distinct(callables: list) -> list:
    """The oldest callee of those that act alike: what one does, the others do."""
    kept: list = []
    for callee in sorted(callables, key=lambda c: c.slots.born if isinstance(c, Instance) else 0):
        if not (isinstance(callee, Instance) and any(act_alike(callee, other) for other in kept)):
            kept.append(callee)
    return kept[:MOST_CALLEES] + ([ANYTHING] if len(kept) > MOST_CALLEES else [])


def _bound_method(m, function, args, kwargs):
    inner, receiver = function
    if isinstance(inner, FunctionValue):
        if inner.name == "call" and isinstance(receiver, Instance) and keras.kind(receiver.cls):
            return layers.direct_call(m, receiver, inner, args, kwargs)
        return call_function(m, inner, [receiver, *args], kwargs, receiver)
    return call(m, inner, [receiver, *args], kwargs)


def _partial(m, function, args, kwargs):
    return call(m, function.function, [*function.args, *args], {**dict(function.kwargs), **kwargs})


def _instance(m, function, args, kwargs):
    if keras.kind(function.cls) is not None:
        own = objects.method(function, "__call__")
        if own is not None:
            return call_function(m, own.function, [function, *args], kwargs, function)
        return layers.call_layer(m, function, args, kwargs)
    own = objects.method(function, "__call__")
    if own is not None:
        return call_function(m, own.function, [function, *args], kwargs, function)
    return _opaque_call(m, ANYTHING, args, kwargs)


def _unwrapped(m, function, args, kwargs):
    return call(m, function[0], args, kwargs)


def _opaque_call(m, function, args, kwargs):
    """A call of something unknown, or of data."""
    tensors = graphs.symbolic((*args, *kwargs.values()))
    if isinstance(function, Tensor) or function is DATA:
        return graphs.derived(tensors) if tensors else DATA
    if function is ANYTHING or isinstance(function, Instance):
        return layers.call_unknown(m, args, kwargs, tensors)
    if isinstance(function, Known):
        raise Raised
    return DATA


def _function(m, function, args, kwargs):
    return call_function(m, function, args, kwargs, args[0] if args and function.owner is not None else None)


_CALL = {
    Union: _union,
    FunctionValue: _function,
    BoundMethod: _bound_method,
    PartialCall: _partial,
    ClassValue: lambda m, cls, args, kwargs: objects.instantiate(m, cls, args, kwargs),
    Instance: _instance,
    External: lambda m, external, args, kwargs: keras.call_outside(m, external.name, args, kwargs),
    ExternalMethod: lambda m, method, args, kwargs: keras.call_method(m, method, args, kwargs),
    Applied: lambda m, applied, args, kwargs: applied.function(m, applied.receiver, args, kwargs),
    Builtin: lambda m, builtin, args, kwargs: builtin.run(m, args, kwargs),
    StaticMethod: _unwrapped,
    ClassMethod: _unwrapped,
    PropertyValue: _unwrapped,
}


# ---------------------------------------------------------------- functions of the source


def call_function(m: Machine, function: FunctionValue, args: list, kwargs: dict, receiver=None):
    """Run a function of the source with these arguments; its value."""
    outer = m.frame
    _check_depth(outer, function)
    if _too_recursive(outer, function):
        return ANYTHING
    m.called.add(id(function.definition))
    env = Environment(function.env if function.owner is None else _around(function), function.env.module)
    bind_arguments(m, function, args, kwargs, env.names)
    frame = Frame(env, function, outer, m.site, receiver, symbol(function))
    (frame.entered, frame.passed), m.entering = m.entering, ("", None)
    frame.mark = m.state.mark()
    frame.forks = m.forks
    site, callee = m.site, m.callee
    m.frame = frame
    try:
        if isinstance(function.definition, s.Lambda):
            return expressions.evaluate(m, function.definition.body)
        live = statements.execute(m, function.definition.body)
        return _leave(m, frame, live)
    except Raised:
        # An undecided path may have returned before the others raised.
        if not frame.exits:
            raise
        m.forks = frame.forks
        return _leave(m, frame, False)
    finally:
        m.frame, m.site, m.callee = outer, site, callee
        m.state.release()


def _around(function):
    """Methods do not see the names of the class body that they stand in."""
    return function.env.parent if function.env.names is function.owner.names else function.env


def _check_depth(frame, function):
    if frame is not None and frame.depth > DEPTH_LIMIT:
        raise OutOfBudget


def _too_recursive(frame, function) -> bool:
    depth = 0
    while frame is not None:
        active = frame.function
        if isinstance(active, FunctionValue) and active.definition is function.definition:
            if frame.receiver is None or frame.receiver is getattr(function, "receiver", frame.receiver):
                depth += 1
        frame = frame.parent
    return depth >= DEEPEST_RECURSION


def symbol(function: FunctionValue) -> str:
    """`Net.call` for a method, `build` for a function."""
    return f"{function.owner.name}.{function.name}" if function.owner is not None else function.name


def _leave(m, frame, live):
    exits = frame.exits
    if live:
        exits.append((NONE, None))
    if len(exits) == 1 and exits[0][1] is None:
        return exits[0][0]
    changes = [m.state.changes(frame.mark) if c is None else c for _, c in exits]
    m.state.rewind(frame.mark)
    m.state.merge(changes)
    return union(value for value, _ in exits)


def bind_arguments(m: Machine, function: FunctionValue, args: list, kwargs: dict, names: dict):
    """Bind arguments to parameters as Python does; what is missing and has no default is unknown."""
    params = function.params
    kwargs = dict(kwargs)
    unknown_keywords = kwargs.pop("**", None)
    position = 0
    for param in params:
        if param.kind == "positional" and position < len(args):
            names[param.name] = args[position]
            position += 1
            if param.name in kwargs and param.name != "self":
                kwargs.pop(param.name)
        elif param.kind == "star":
            names[param.name] = Sequence("tuple", args[position:], unknown_keywords is not None)
            position = len(args)
        elif param.kind == "starstar":
            continue
        elif param.name in kwargs:
            names[param.name] = kwargs.pop(param.name)
        elif param.name in function.defaults:
            default = default_of(function, param.name)
            names[param.name] = union((default, ANYTHING)) if unknown_keywords is not None else default
        else:
            names[param.name] = ANYTHING
    rest = next((p for p in params if p.kind == "starstar"), None)
    if rest is not None:
        names[rest.name] = Mapping(kwargs, unknown_keywords is not None)
    elif kwargs and unknown_keywords is None:
        raise Raised  # an unexpected keyword argument


def default_of(function: FunctionValue, name: str):
    """What a parameter is where nothing is passed."""
    value = function.defaults[name]
    if isinstance(value, Known) and value.origin is None and type(value.value) in (bool, type(None)):
        return Known(value.value, Origin("default", function.site, name))
    return value


def entered(m: Machine, value):
    """What `with value as x` binds to x."""
    if isinstance(value, Instance) and isinstance(value.cls, ClassValue):
        method = objects.method(value, "__enter__")
        return call(m, method, [], {}) if method is not None else value
    return value if isinstance(value, (External, Tape)) else DATA
