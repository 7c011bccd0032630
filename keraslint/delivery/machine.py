"""The machine that the interpreter's functions work on: its state, frames, budget and what it noted."""

from __future__ import annotations

from typing import Any, NamedTuple

from keraslint.delivery.state import State
from keraslint.delivery.values import DATA, Environment, Place, Site, is_number, is_plain, options

DEPTH_LIMIT = 70
STEP_LIMIT = 5_000


class Raised(Exception):
    """Every path here ends in an exception of the program that is interpreted."""


class OutOfBudget(Exception):
    """The program that is interpreted is too long or too deep; its caller gives up honestly."""


class Frame:
    """One active call of a function of the source (or the run of a module or class body)."""

    __slots__ = (
        "depth",
        "entered",
        "env",
        "exits",
        "forks",
        "function",
        "loops",
        "mark",
        "parent",
        "passed",
        "policy",
        "receiver",
        "site",
        "symbol",
    )

    def __init__(self, env: Environment, function=None, parent=None, site=None, receiver=None, symbol=""):
        self.env = env
        self.function = function
        self.parent = parent
        self.site = site
        self.receiver = receiver
        self.symbol = symbol
        self.exits: list = []
        self.loops: list = []
        self.mark = 0
        self.forks = 0
        self.depth = parent.depth + 1 if parent else 0
        self.entered = ""  # call: through Layer.__call__; direct: by `.call`; "": an ordinary call
        self.passed = None  # what the layer's caller passed as `training`
        self.policy = env.module.policy if parent is None else None  # for dtypes; None: its parent's


class Note(NamedTuple):
    """Something that the source does with a model: `kind` is a method's name, `call`, `positional`, ..."""

    kind: str
    layer: Any
    passed: Any
    site: Site | None
    callee: Any
    frame: Frame | None
    kwargs: dict
    tapes: tuple = ()  # the differentiations under way


class Machine:
    """`regime` is None while modules, constructors and builders run, before any layer does."""

    def __init__(self, project):
        self.project = project
        self.state = State()
        self.frame: Frame | None = None
        self.forks = 0
        self.steps = 0
        self.limit = STEP_LIMIT
        self.regime = None
        self.backend = "tensorflow"
        self.context: dict = {"cell": None, "goes on": True}
        self.site: Site | None = None  # the innermost call being made
        self.callee = ""
        self.within = ""  # the function in which a graph's call stands, where no function is under way
        self.deliveries: list = []
        self.noted: list = []  # usages: fit, direct calls, ... while modules run
        self.instances: list = []
        self.graphs: list = []
        self.entering = ("", None)  # how the next frame is entered
        self.passed = None
        self.outer: tuple = (None, None, "")  # the outermost layer call: its site, layer and callee
        self.inside: tuple = ()  # the sites of the layer calls that are under way
        self.called: set[int] = set()  # definitions of functions that ran
        self.tapes: tuple = ()  # the differentiations under way
        self.taped: list = []  # all that there were
        self.nested: list = []  # functions that functions define
        self.repeating = 0  # loops of unknown length under way
        self.tries: list = []  # the `try` statements under way: a mark, and the states in which they were left
        self.node = None  # the graph node whose layer is about to be called

    @property
    def running(self) -> bool:
        return self.regime is not None

    @property
    def broken(self) -> bool:
        """Whether Keras would have raised by now, whatever the path."""
        return "goes on" not in self.context

    def step(self):
        self.steps += 1
        if self.steps > self.limit:
            raise OutOfBudget

    def note(self, kind: str, layer, passed, kwargs=None):
        """Remember that the source does something with a model: starts it, calls it, passes by position."""
        self.noted.append(
            Note(kind, layer, passed, self.site, self.callee, self.frame, kwargs or {}, self.tapes)
        )

    def here(self, at: int) -> Site:
        return Site(self.frame.env.module.path, at)


def fork(m: Machine, branches, keep=lambda result: True) -> list:
    """Run each branch from the same state, join the states of those kept; their results.

    Raises Raised if no branch comes to its end.
    """
    state = m.state
    mark = state.mark()
    m.forks += 1
    frame, site, callee = m.frame, m.site, m.callee
    results, changes, raised = [], [], 0
    try:
        for branch in branches:
            try:
                result = branch()
            except Raised:
                raised += 1
            else:
                if keep(result):
                    results.append(result)
                    changes.append(state.changes(mark))
            m.frame, m.site, m.callee = frame, site, callee
            state.rewind(mark)
        if changes:
            state.merge(changes)
    finally:
        m.forks -= 1
        state.release()
    if raised and raised == len(branches):
        raise Raised
    return results


def _is_carried(m: Machine, change: tuple, last: int, anew: frozenset[str]) -> bool:
    """Whether the next round of a loop can tell a change of this one.

    It cannot if this round made the place, if each binds the name anew, or if nothing is known of the value.
    """
    place, name, value = change
    if place is m.state.sometimes:
        place = value
    if is_plain(value) or getattr(place, "born", 0) > last:
        return False
    return name not in anew or place is not m.frame.env.names


def repeat(m: Machine, body, anew: frozenset[str] = frozenset()):
    """Run `body` any number of times, none included, joining the states, until nothing changes.

    anew: the names that it binds before it does anything else.
    """
    # A context may take three rounds to settle. While modules run, and in a loop that is in another, one is enough.
    thorough = m.running and not m.repeating
    m.repeating += 1
    try:
        for round in range(3):
            before, last = m.state.mark(), Place().born
            try:
                fork(m, [lambda: True, body], keep=bool)
                changed = [c for c in m.state.changes(before).values() if _is_carried(m, c, last, anew)]
            finally:
                m.state.release()
            numbers = [change for change in changed if any(map(is_number, options(change[2])))]
            settles = thorough and (not round or any(container is m.context for container, _, _ in changed))
            if not changed or not (settles or (numbers and not round)):
                return
            for container, key, _ in numbers:  # what counts may come to any number
                m.state.write(container, key, DATA)
    finally:
        m.repeating -= 1
