"""KER501: branches on `training` that compute different functions without any randomness."""

from __future__ import annotations

import re

from keraslint import summary as s
from keraslint.checks.case import Report
from keraslint.delivery import objects
from keraslint.delivery.sensitivity import is_sensitive
from keraslint.delivery.values import FunctionValue, Instance, Site, options

_RANDOM = re.compile(r"random|dropout|noise|shuffle|sampl|uniform|normal|bernoulli|augment|perturb")


def skewed_branches(machine, subject):
    """A report on each branch of the subject's own `call` whose sides differ, with no layer in them that acts by mode."""
    call = objects.class_attribute(subject.cls, "call") if subject.cls is not None else None
    if not isinstance(call, FunctionValue) or call.owner is not subject.cls:
        return
    for branch in _branches(call.definition.body):
        if _assigned(branch.body) == _assigned(branch.orelse) == set():
            continue
        if any(_varies(machine, subject, called) for called in s.walk((branch.body, branch.orelse))):
            continue
        symbol = f"{call.owner.name}.call"
        message = (
            f"`if {s.text(branch.test)}` makes `{symbol}` another function in training than in inference, with nothing "
            "random in it: what is trained is not what is used."
        )
        yield Report("KER501", Site(call.env.module.path, branch.at), message, symbol, True)


def _branches(body):
    for node in body:
        if isinstance(node, s.If):
            if _is_mode(node.test):
                yield node
            else:
                yield from _branches((*node.body, *node.orelse))
        elif isinstance(node, (s.For, s.While, s.With)):
            yield from _branches(node.body)


def _is_mode(test) -> bool:
    """`training`, `not training`, or one of them and something else."""
    if isinstance(test, s.Not):
        return _is_mode(test.value)
    return test == s.Name("training")


def _assigned(body) -> set:
    """The local names that some statements compute, and "return" for a value returned."""
    found: set = set()
    for node in body:
        if isinstance(node, (s.Assign, s.AugAssign)):
            targets = node.targets if isinstance(node, s.Assign) else (node.target,)
            if not isinstance(node.value, s.Const):
                found |= {target.id for target in targets if isinstance(target, s.Name)}
        elif isinstance(node, s.Return) and node.value is not None:
            found.add("return")
        elif isinstance(node, s.If):
            found |= _assigned((*node.body, *node.orelse))
        elif isinstance(node, (s.For, s.While, s.With)):
            found |= _assigned(node.body)
    return found


def _varies(machine, subject, called) -> bool:
    """Whether this is a call that may act by mode, or draw at random."""
    if not isinstance(called, s.Call):
        return False
    if _RANDOM.search(s.text(called.func)):
        return True
    if not (isinstance(called.func, s.Attr) and called.func.value == s.Name("self")):
        return False
    held = [o for i in subject.instances for o in options(i.slots.get(called.func.name))]
    return any(isinstance(o, Instance) and is_sensitive(o) is not False for o in held)
