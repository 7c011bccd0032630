"""Statements: each says whether the path goes on after it."""

from __future__ import annotations

from keraslint import summary as s
from keraslint.delivery import calls, containers, expressions, names, objects
from keraslint.delivery.machine import Machine, Raised, fork, repeat
from keraslint.delivery.values import (
    ANYTHING,
    DATA,
    Instance,
    Mapping,
    Sequence,
    Tape,
    Union,
    options,
    truth,
    union,
)

LONGEST_WHILE = 24


def execute(m: Machine, body) -> bool:
    """Run statements; False if no path reaches their end. Raises Raised if every path raises."""
    for statement in body:
        m.step()
        if not _EXECUTE[type(statement)](m, statement):
            return False
    return True


def _assign(m, node):
    value = expressions.evaluate(m, node.value)
    for target in node.targets:
        expressions.assign(m, target, value, node.at)
    return True


def _aug_assign(m, node):
    old = expressions.evaluate(m, node.target)
    value = expressions.evaluate(m, node.value)
    made = (
        [_augmented(m, node.op, old, value)]
        if not isinstance(old, Union)
        else fork(m, [lambda each=each: _augmented(m, node.op, each, value) for each in old.options])
    )
    expressions.assign(m, node.target, union(made), node.at)
    return True


def _augmented(m, op, old, value):
    """What `old op= value` binds; a list, set or dict changes in place."""
    if op == "+" and isinstance(old, Sequence) and old.kind == "list":
        containers.extend(m, old, [value])
        return old
    made = expressions.binary(m, op, old, value)
    if isinstance(old, Mapping) or (isinstance(old, Sequence) and old.kind != "tuple"):
        return containers.become(m, old, made)
    return made


def _eval(m, node):
    expressions.evaluate(m, node.value)
    return True


def _return(m, node):
    value = expressions.evaluate(m, node.value)
    frame = m.frame
    left = any(loop.breaks or loop.iteration.continues for loop in frame.loops)
    frame.exits.append((value, _changes_since(m, frame, left)))
    return False


def _changes_since(m, mark_owner, left: bool = False):
    """The changes to come back to after other paths; None if no other path is open.

    left: whether a loop that is left here has been left on other paths before.
    """
    if m.forks == mark_owner.forks and not left:
        return None
    return m.state.changes(mark_owner.mark)


def _if(m, node):
    decided = truth(expressions.evaluate(m, node.test))
    if decided is not None:
        return execute(m, node.body if decided else node.orelse)
    return bool(fork(m, [lambda: execute(m, node.body), lambda: execute(m, node.orelse)], keep=bool))


class _Loop:
    __slots__ = ("breaks", "forks", "iteration", "mark")

    iteration: _Iteration  # the one under way

    def __init__(self, m):
        self.mark = m.state.mark()
        self.forks = m.forks
        self.breaks: list = []


class _Iteration:
    __slots__ = ("continues", "forks", "mark")

    def __init__(self, m):
        self.mark = len(m.state.trail)
        self.forks = m.forks
        self.continues: list = []


def _for(m, node):
    iterated = expressions.evaluate(m, node.iter)
    items = containers.iterate(iterated)
    some = containers.some_items(m, iterated) if items is None else items

    def each(loop):
        return all(_iterate_once(m, loop, node, item) for item in some)

    return _looping(m, node, each) if items is not None else _unbounded(m, node, each)


def _bound(target) -> frozenset[str]:
    """The names that a loop's target binds."""
    if isinstance(target, s.Seq):
        return frozenset().union(*map(_bound, target.items))
    if isinstance(target, s.Star):
        return _bound(target.value)
    return frozenset({target.id}) if isinstance(target, s.Name) else frozenset()


def _looping(m, node, run) -> bool:
    """Run a loop's iterations, then its `else`, then join the paths that broke out."""
    loop = _Loop(m)
    loops = m.frame.loops
    loops.append(loop)
    try:
        try:
            live = _unless_left(lambda: run(loop), loop.breaks)
        finally:
            loops.pop()
        if live and node.orelse:
            live = _unless_left(lambda: execute(m, node.orelse), loop.breaks)
        return _gather(m, loop.mark, loop.breaks, live)
    finally:
        m.state.release()


def _iterate_once(m, loop, node, item) -> bool:
    m.step()
    if item is not None:
        expressions.assign(m, node.target, item)
    iteration = loop.iteration = _Iteration(m)
    live = _unless_left(lambda: execute(m, node.body), iteration.continues)
    return _gather(m, iteration.mark, iteration.continues, live)


def _unless_left(action, ends) -> bool:
    """Whether a path goes on after an action; that all of them raise says nothing of those that left before."""
    try:
        return action()
    except Raised:
        if not ends:
            raise
        return False


def _gather(m, mark, ends, live) -> bool:
    """Join the paths that left early with the one that got here."""
    if not ends:
        return live
    if len(ends) == 1 and ends[0] is None and not live:
        return True
    changes = [m.state.changes(mark) if end is None else end for end in ends]
    if live:
        changes.append(m.state.changes(mark))
    m.state.rewind(mark)
    m.state.merge(changes)
    return True


def _unbounded(m, node, body) -> bool:
    """A loop of unknown length: the body any number of times, joined with not at all."""

    def run(loop):
        repeat(m, lambda: body(loop), _bound(node.target))
        return True

    return _looping(m, node, run)


def _while(m, node):
    def run(loop):
        for _ in range(LONGEST_WHILE):
            decided = truth(expressions.evaluate(m, node.test))
            if decided is None:
                repeat(m, lambda: _iterate_once(m, loop, node, None))
            if not decided:
                return True
            if not _iterate_once(m, loop, node, None):
                return False
        repeat(m, lambda: _iterate_once(m, loop, node, None))
        return True

    return _looping(m, node, run)


def _break(m, node):
    if m.frame.loops:
        loop = m.frame.loops[-1]
        loop.breaks.append(_changes_since(m, loop, bool(loop.iteration.continues)))
    return False


def _continue(m, node):
    if m.frame.loops:
        iteration = m.frame.loops[-1].iteration
        iteration.continues.append(_changes_since(m, iteration))
    return False


def _with(m, node):
    tapes = []
    for expr, target in node.items:
        value = expressions.evaluate(m, expr)
        if target is not None:
            expressions.assign(m, target, calls.entered(m, value))
        tapes += [option for option in options(value) if isinstance(option, Tape)]
    outer, m.tapes = m.tapes, (*m.tapes, *tapes)
    try:
        return execute(m, node.body)
    finally:
        m.tapes = outer


def _try(m, node):
    if all(type(b) in (s.Import, s.ImportFrom) for b in node.body) or not node.handlers:
        live = execute(m, (*node.body, *node.orelse))
    else:
        left: list[dict] = []  # the states in which something may have been raised
        handlers = [lambda h=h: _handle(m, h, left) for h in node.handlers]
        live = bool(
            fork(m, [lambda: _tried(m, node.body, left) and execute(m, node.orelse), *handlers], keep=bool)
        )
    return execute(m, node.final) and live


def _tried(m, body, left) -> bool:
    mark = len(m.state.trail)
    m.tries.append((mark, left))
    try:
        return execute(m, body)
    finally:
        m.tries.pop()
        left.append(m.state.passed_through(mark))


def _handle(m, handler, left):
    name, body = handler
    m.state.merge([{}, *left])
    if name:
        names.bind(m, m.frame.env, name, DATA)
    return execute(m, body)


def _function(m, node):
    function = expressions.define(m, node, objects.defining_class(m))
    if not m.running and m.frame.function is not None:
        m.nested.append(function)
    names.bind(
        m,
        m.frame.env,
        node.name,
        objects.decorated(m, function, node),
    )
    return True


def _class(m, node):
    names.bind(m, m.frame.env, node.name, objects.make_class(m, node))
    return True


def _raise(m, node):
    if node.value is not None:
        expressions.evaluate(m, node.value)
    if m.tries:
        mark, left = m.tries[-1]
        left.append(m.state.changes(mark))
    raise Raised


def _assert(m, node):
    if truth(expressions.evaluate(m, node.test)) is False:
        raise Raised
    return True


def _import(m, node):
    names.import_names(m, node)
    return True


def _import_from(m, node):
    names.import_from(m, node)
    return True


def _delete(m, node):
    for target in node.targets:
        if isinstance(target, s.Name):
            m.state.remove(m.frame.env.names, target.id)
        elif isinstance(target, s.Attr):
            for owner in options(expressions.evaluate(m, target.value)):
                if isinstance(owner, Instance):
                    m.state.remove(owner.slots, target.name)
        elif isinstance(target, s.Sub):
            container = expressions.evaluate(m, target.value)
            containers.delete_item(m, container, expressions.index_of(m, target.index))
    return True


def _scope(m, node):
    m.frame.env.globals_.update(node.names)
    return True


def _match(m, node):
    subject = expressions.evaluate(m, node.subject)
    branches = []
    for case in node.cases:
        fits = _fits(m, subject, case)
        if fits is not False:
            branches.append(lambda case=case: _case(m, subject, case))
        if fits and not case.guarded:
            break
    else:
        branches.append(lambda: True)
    return bool(fork(m, branches, keep=bool))


def _case(m, subject, case):
    for name in case.bound:
        names.bind(m, m.frame.env, name, ANYTHING if case.tests is None else subject)
    return execute(m, case.body)


def _fits(m, subject, case) -> bool | None:
    """Whether a value has the pattern of a case, None if that cannot be told."""
    if not case.tests:
        return None if case.tests is None else True
    found = {expressions.compared(op, subject, expressions.evaluate(m, value)) for op, value in case.tests}
    return True if True in found else None if None in found else False


_EXECUTE = {
    s.Assign: _assign,
    s.AugAssign: _aug_assign,
    s.Eval: _eval,
    s.Return: _return,
    s.If: _if,
    s.For: _for,
    s.While: _while,
    s.With: _with,
    s.Try: _try,
    s.Function: _function,
    s.Class: _class,
    s.Raise: _raise,
    s.Assert: _assert,
    s.Import: _import,
    s.ImportFrom: _import_from,
    s.Delete: _delete,
    s.Scope: _scope,
    s.Match: _match,
    s.Break: _break,
    s.Continue: _continue,
}
