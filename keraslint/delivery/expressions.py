"""Expressions: each record of the summary has one function that gives its value."""

from __future__ import annotations

import operator

from keraslint import summary as s
from keraslint.delivery import calls, containers, gradients, graphs, names, objects
from keraslint.delivery.machine import Machine, fork
from keraslint.delivery.values import (
    ANYTHING,
    DATA,
    LONGEST,
    MISSING,
    TENSOR,
    BoundMethod,
    ClassValue,
    Environment,
    External,
    FunctionValue,
    Instance,
    Known,
    Mapping,
    Origin,
    Sequence,
    Tensor,
    Weights,
    defines,
    join,
    options,
    truth,
    union,
)
from keraslint.semantics.names import is_keras, is_object


def evaluate(m: Machine, expr):
    """The value of an expression in the current frame. Raises Raised."""
    return _EVALUATE[type(expr)](m, expr)


def _const(m, expr):
    return Known(expr.value)


def _name(m, expr):
    return names.lookup(m, m.frame.env, expr.id)


def _attr(m, expr):
    return objects.attribute(m, evaluate(m, expr.value), expr.name)


_OF_THE_SOURCES = (FunctionValue, BoundMethod, ClassValue)


def _call(m, expr):
    function = evaluate(m, expr.func)
    args, kwargs = [], {}
    for arg in expr.args:
        value = evaluate(m, arg.value)
        if arg.star == "*":
            items = containers.some_items(m, value)
            if containers.iterate(value) is None and isinstance(function, _OF_THE_SOURCES):
                kwargs["**"] = DATA  # any parameter may get one of them, or none
                items = [union((item, ANYTHING)) for item in items]
            args.extend(items)
        elif arg.star == "**":
            kwargs.update(_keywords(value))
        elif arg.name:
            kwargs[arg.name] = _decided(m, arg, value, expr.at) if arg.name == "training" else value
        else:
            args.append(value)
    site, callee = m.site, m.callee
    m.site, m.callee = m.here(expr.at), expr.func
    try:
        return calls.call(m, function, args, kwargs)
    finally:
        m.site, m.callee = site, callee


def _decided(m, arg, value, at):
    """A `training` that is neither a constant nor a variable was decided by the expression at the call."""
    if isinstance(arg.value, (s.Const, s.Name)) or not isinstance(value, Known) or value.origin is not None:
        return value
    return Known(value.value, Origin("computed", m.here(at), f"`{s.text(arg.value)}`"))


def _keywords(value) -> dict:
    if not isinstance(value, Mapping):
        return {"**": DATA}
    found = {
        key: item for key, item in value.items.items() if isinstance(key, str) and key not in value.maybe
    }
    if value.open or value.maybe:
        found["**"] = DATA
    return found


def _sub(m, expr):
    value = evaluate(m, expr.value)
    return containers.subscript(m, value, index_of(m, expr.index))


def index_of(m, expr):
    """The value of what stands between the brackets; a Python slice for a slice."""
    if isinstance(expr, s.Slice):
        return slice(*(evaluate(m, b) if b is not None else None for b in expr))
    if isinstance(expr, s.Seq) and any(isinstance(i, s.Slice) for i in expr.items):
        for item in expr.items:
            if not isinstance(item, s.Slice):
                evaluate(m, item)
        return DATA
    return evaluate(m, expr)


def _seq(m, expr):
    items: list = []
    sure = None  # how many items come before those whose number is not known
    for item in expr.items:
        value = evaluate(m, item)
        if isinstance(item, s.Star):
            if sure is None and containers.iterate(value) is None:
                sure = len(items)
            items.extend(containers.some_items(m, value))
        else:
            items.append(value)
    return Sequence(expr.kind, items, sure is not None, sure or 0)


def _map(m, expr):
    made = Mapping()
    for key, value in expr.items:
        value = evaluate(m, value)
        if key is None:
            made = Mapping(*containers.merged(made, value))
        else:
            containers.set_item(m, made, evaluate(m, key), value)
    return made


def _comp(m, expr):
    env = Environment(m.frame.env, m.frame.env.module)
    outer, m.frame.env = m.frame.env, env
    items: list = []

    def element():
        value = evaluate(m, expr.element)
        if expr.kind == "dict":
            items.append((value, evaluate(m, expr.value)))
        else:
            items.append(value)

    try:
        certain = _comp_clauses(m, expr.clauses, element)
    finally:
        m.frame.env = outer
    if expr.kind == "dict":
        made = Mapping()
        for key, value in items:
            containers.set_item(m, made, key, value)
        return made if certain else containers.of_any_number(made)
    return Sequence("list" if expr.kind == "generator" else expr.kind, items, not certain)


def _comp_clauses(m, clauses, element) -> bool:
    """Make the elements; whether their number is known."""
    if not clauses:
        element()
        return True
    clause, rest = clauses[0], clauses[1:]
    iterated = evaluate(m, clause.iter)
    found = containers.iterate(iterated)
    certain = found is not None
    if found is None:
        found = containers.some_items(m, iterated)[: containers.LONGEST_UNROLLED]
    for item in found:
        m.step()
        assign(m, clause.target, item)
        tests = [truth(evaluate(m, test)) for test in clause.tests]
        if False in tests:
            continue
        certain = _comp_clauses(m, rest, element) and certain and None not in tests
    return certain


def _if_exp(m, expr):
    decided = truth(evaluate(m, expr.test))
    if decided is not None:
        return evaluate(m, expr.body if decided else expr.orelse)
    return union(fork(m, [lambda: evaluate(m, expr.body), lambda: evaluate(m, expr.orelse)]))


def _bool(m, expr):
    left = evaluate(m, expr.left)
    decided = truth(left)
    stops = expr.op == "or"
    if decided is not None:
        return left if decided == stops else evaluate(m, expr.right)
    [right, *_] = fork(m, [lambda: evaluate(m, expr.right), lambda: MISSING])
    kept = union(option for option in options(left) if truth(option) in (stops, None))
    return join(kept, right)


def _not(m, expr):
    decided = truth(evaluate(m, expr.value))
    return DATA if decided is None else Known(not decided)


_ORDER = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _compare(m, expr):
    left = evaluate(m, expr.left)
    result: bool | None = True
    for op, right_expr in expr.rest:
        right = evaluate(m, right_expr)
        one = compared(op, left, right)
        if one is False:
            return Known(False)
        if one is None:
            result = None
        left = right
    return DATA if result is None else Known(result)


def compared(op: str, left, right) -> bool | None:
    """Whether a comparison holds, None if it cannot be told."""
    found = {_compare_one(op, a, b) for a in options(left) for b in options(right)}
    return found.pop() if len(found) == 1 else None


def _compare_one(op, left, right) -> bool | None:
    if op in ("is", "is not"):
        same = _identical(left, right)
        return None if same is None else same == (op == "is")
    if op in ("in", "not in"):
        found = containers.contains(right, left)
        return None if found is None else found == (op == "in")
    if isinstance(left, Known) and isinstance(right, Known) and op in _ORDER:
        try:
            return bool(_ORDER[op](left.value, right.value))
        except Exception:
            return None
    if op in ("==", "!=") and _concrete(left) and _concrete(right):
        same = _identical(left, right)
        return None if same is None else same == (op == "==")
    return None


def _concrete(value) -> bool:
    """Whether a value is equal to what it is identical with, and to nothing else."""
    if isinstance(value, Instance) and defines(value.cls, "__eq__"):
        return False
    return value is not DATA and value is not ANYTHING and not isinstance(value, (Tensor, Sequence, Mapping))


def _may_be_anything(value) -> bool:
    return value is DATA or value is ANYTHING or (isinstance(value, External) and not is_object(value.name))


def _identical(left, right) -> bool | None:
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Known) and one.value is None:
            if isinstance(other, Known):
                return other.value is None
            return None if _may_be_anything(other) else False
    if isinstance(left, Known) and isinstance(right, Known):
        return left == right
    if _may_be_anything(left) or _may_be_anything(right) or isinstance(left, Tensor):
        return None
    if left is not right and all(isinstance(one, Sequence) and one.kind == "tuple" for one in (left, right)):
        return None  # Python may keep equal tuples as one
    outside = [value for value in (left, right) if isinstance(value, External)]
    if left != right and not all(is_keras(value.name) for value in outside):
        return None  # a dtype is equal to its name, say
    return left is right or left == right


_ARITHMETIC = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
}


def _bin(m, expr):
    return binary(m, expr.op, evaluate(m, expr.left), evaluate(m, expr.right))


def binary(m, op, left, right):
    """left op right."""
    if op in ("+", "*", "|") and any(
        isinstance(o, (Sequence, Mapping)) for o in (*options(left), *options(right))
    ):
        return union(_put_together(op, a, b) for a in options(left) for b in options(right))
    if isinstance(left, Known) and isinstance(right, Known):
        return _arithmetic(op, left.value, right.value)
    if op == "+" and (isinstance(left, Weights) or isinstance(right, Weights)):
        return gradients.added(left, right)
    tensors = graphs.symbolic((left, right))
    if tensors:
        return graphs.derived(tensors)
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        return TENSOR
    return DATA


def _put_together(op, left, right):
    """The list or dict that an operator makes of two values."""
    if op == "*":
        left, right = (left, right) if isinstance(left, Sequence) else (right, left)
        if isinstance(left, Sequence) and isinstance(right, Known) and type(right.value) is int:
            return Sequence(left.kind, left.items * min(right.value, LONGEST + 1), left.open)
        return Sequence(left.kind, left.items, True) if isinstance(left, Sequence) else DATA
    if isinstance(left, Mapping) and op == "|":
        return Mapping(*containers.merged(left, right))
    if isinstance(left, Sequence) and isinstance(right, Sequence) and op == "+":
        return Sequence(left.kind, left.items + right.items, left.open or right.open, left.sure)
    if isinstance(left, Sequence) or isinstance(right, Sequence):
        known = left if isinstance(left, Sequence) else right
        return union((Sequence(known.kind, (*known.items, ANYTHING), True), TENSOR))
    return DATA


def _arithmetic(op, left, right):
    numbers = (int, float, bool)
    small = isinstance(left, numbers) and isinstance(right, numbers) and (op != "**" or abs(right) < 64)
    words = isinstance(left, str) and (op == "%" or (op == "+" and isinstance(right, str)))
    if not (small or words):
        return DATA
    try:
        return Known(_ARITHMETIC[op](left, right))
    except Exception:
        return DATA


def _neg(m, expr):
    value = evaluate(m, expr.value)
    if isinstance(value, Known) and isinstance(value.value, (int, float)):
        return Known(-value.value)
    tensors = graphs.symbolic((value,))
    return graphs.derived(tensors) if tensors else DATA


def _lambda(m, expr):
    return define(m, expr)


def define(m, definition, owner=None) -> FunctionValue:
    """A function of the source, its defaults evaluated now."""
    defaults = {p.name: evaluate(m, p.default) for p in definition.params if p.default is not None}
    return FunctionValue(definition, m.frame.env, defaults, owner)


def _fstring(m, expr):
    parts = []
    for part in expr.parts:
        if isinstance(part, str):
            parts.append(part)
            continue
        value = evaluate(m, part)
        parts.append(value.value if isinstance(value, Known) else None)
    return DATA if None in parts else Known("".join(str(p) for p in parts))


def _walrus(m, expr):
    value = evaluate(m, expr.value)
    names.bind(m, m.frame.env, expr.name, value)
    return value


def _opaque(m, expr):
    values = [evaluate(m, part) for part in expr.parts]
    tensors = graphs.symbolic(values)
    return graphs.derived(tensors) if tensors else DATA


def _star(m, expr):
    return evaluate(m, expr.value)


_EVALUATE = {
    s.Const: _const,
    s.Name: _name,
    s.Attr: _attr,
    s.Call: _call,
    s.Sub: _sub,
    s.Slice: lambda m, expr: DATA,
    s.Star: _star,
    s.Seq: _seq,
    s.Map: _map,
    s.Comp: _comp,
    s.IfExp: _if_exp,
    s.Bool: _bool,
    s.Not: _not,
    s.Compare: _compare,
    s.Bin: _bin,
    s.Neg: _neg,
    s.Lambda: _lambda,
    s.FString: _fstring,
    s.Walrus: _walrus,
    s.Opaque: _opaque,
}


# ---------------------------------------------------------------- assignment


def assign(m: Machine, target, value, at: int | None = None):
    """Bind the target of an assignment or loop."""
    if isinstance(target, s.Name):
        names.bind(m, m.frame.env, target.id, _with_origin(m, target.id, value, at))
    elif isinstance(target, s.Attr):
        objects.set_attribute(m, evaluate(m, target.value), target.name, value, at)
    elif isinstance(target, s.Seq):
        _unpack(m, target.items, value)
    elif isinstance(target, s.Sub):
        container = evaluate(m, target.value)
        containers.set_item(m, container, index_of(m, target.index), value)
    elif isinstance(target, s.Star):
        assign(m, target.value, Sequence("list", [value], True))


def _with_origin(m, name, value, at):
    """A constant that may later be passed as `training` remembers the statement that set it."""
    if (
        at is not None
        and isinstance(value, Known)
        and value.origin is None
        and type(value.value) in (bool, type(None))
    ):
        return Known(value.value, Origin("assigned", m.here(at), f"the assignment to `{name}`"))
    return value


def _unpack(m, targets, value):
    items = None
    if isinstance(value, (Sequence, Mapping, Known)):
        items = containers.iterate(value)
    starred = [i for i, t in enumerate(targets) if isinstance(t, s.Star)]
    if items is not None and starred and len(items) >= len(targets) - 1:
        first, after = starred[0], len(targets) - starred[0] - 1
        middle = items[first : len(items) - after]
        items = [*items[:first], Sequence("list", middle), *items[len(items) - after :]]
        targets = [t.value if isinstance(t, s.Star) else t for t in targets]
    if items is None or len(items) != len(targets):
        if isinstance(value, Tensor):
            items = [value] * len(targets)  # the outputs of one node
        else:
            items = [containers.part(m, value, i) for i in range(len(targets))]
    for target, item in zip(targets, items):
        assign(m, target, item)
