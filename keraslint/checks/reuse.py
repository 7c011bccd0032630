"""What came of a file's classes when they were judged last, for those that an edit cannot have changed.

A file is in stretches: what comes before its first class or function, and then each of those with what follows it.
Two stretches are tied if both contain a name by which one could change the other: one that the file gives a value
that is no constant, or that it imports from other sources. What is tied, directly or through others, is a group.
With the first stretch it decides what comes of its classes, as long as nothing else that was read has changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from keraslint import summary as s
from keraslint.delivery import graphs
from keraslint.delivery.program import Program, Subject
from keraslint.delivery.values import DATA, External, Known, Site
from keraslint.project.modules import Module
from keraslint.summary import Stretch

_WORD = re.compile(r"[^\W\d]\w*")


class _Place(NamedTuple):
    """A numbered record by the stretch of a group that it is in, and its number there."""

    stretch: int
    at: int


class _Key(NamedTuple):
    """Everything that decides what comes of a subject: the texts of its group, and whatever else."""

    texts: tuple[str, ...]
    rest: tuple


class Judgements:
    """What came of the classes and graphs of one file.

    before: those of the file when all else that was read was as it is now; None if there are none such.
    """

    def __init__(self, path: str, before: Judgements | None = None):
        self.path = path
        self._known: dict[_Key, Any] = dict(before._known) if before is not None else {}
        self._groups: list[tuple[Stretch, list[Stretch]]] = []  # the group of each stretch but the first

    def begin(self, program: Program, stretches: list[Stretch]) -> None:
        """The file as it is now. Nothing can be told of one that other files import: they may do anything with it."""
        self._program = program
        module = program.project.modules.get(self.path)
        if module is None:
            return  # while it is not Python, what is known of it waits
        if stretches and program.project.importers({self.path}) == {self.path}:
            self._groups = [
                (each, group) for group in _groups(program, module, stretches) for each in group[1:]
            ]
        texts = {_texts(group) for _, group in self._groups}
        self._known = {key: value for key, value in self._known.items() if key.texts in texts}

    def of(self, what: str, subject: Subject, targets: Iterable, judge: Callable[[], Any]) -> Any:
        """What comes of a subject: as it was found before, if nothing has changed for it, else what `judge()` finds.

        what: a name for what is asked for, which may be anything made of tuples and lists, with sites in it.
        """
        key, group = self._key(what, subject, targets)
        if key is None:
            return judge()
        if key in self._known:
            return _moved(self._known[key], lambda at: _site(at, self.path, group))
        judged = judge()
        try:
            self._known[key] = _moved(judged, lambda at: _place(at, self.path, group))
        except LookupError:  # it is about another group: it is not known why, so it is not kept
            pass
        return judged

    def _key(self, what: str, subject: Subject, targets: Iterable) -> tuple[_Key | None, list[Stretch]]:
        """Everything that decides what comes of a subject, with its group; (None, []) if that cannot be told."""
        at = subject.site.at
        group = next((g for each, g in self._groups if each.first <= at < each.first + each.size), [])
        try:
            place = _place(subject.site, self.path, group)
            for instance in subject.instances:
                _place(instance.site, self.path, group)
        except LookupError:
            return None, []
        raised = self._program.raised(subject)
        assigned = {name for i in (*subject.instances, raised) if i is not None for name in i.assigned}
        read = self._program.project.read_outside() & assigned
        policies = str(
            [self._program.project.modules[self.path].policy, *map(graphs.policy, subject.instances)]
        )
        rest = (what, place, subject.name, subject.kind, subject.seen, tuple(targets), read, policies)
        return _Key(_texts(group), rest), group


def _texts(group: list[Stretch]) -> tuple[str, ...]:
    return tuple(each.text for each in group)


def _moved(value, move):
    """A value with its sites, and the places that stand for them, elsewhere."""
    if isinstance(value, (Site, _Place)):
        return move(value)
    if isinstance(value, list):
        return [_moved(each, move) for each in value]
    if isinstance(value, tuple):
        parts = [_moved(each, move) for each in value]
        return value._make(parts) if hasattr(value, "_make") else tuple(parts)
    return value


def _place(site: Site | None, path: str, group: list[Stretch]) -> Site | _Place | None:
    """A site by its place in a group; as it is if it is in another file. Raises LookupError if it is in another group."""
    if site is None or site.path != path:
        return site
    for number, each in enumerate(group):
        if each.first <= site.at < each.first + each.size:
            return _Place(number, site.at - each.first)
    raise LookupError(site)


def _site(place: Site | _Place, path: str, group: list[Stretch]) -> Site:
    return Site(path, group[place.stretch].first + place.at) if isinstance(place, _Place) else place


# ---------------------------------------------------------------- groups


def _groups(program: Program, module: Module, stretches: list[Stretch]) -> Iterator[list[Stretch]]:
    """The first stretch with each group of the others, in order."""
    first, *others = stretches
    imported = _imported(program, module, stretches)
    if "*" in imported:
        return
    tying = imported.union(*(_given(each.body) for each in others), _declared(stretches))
    tying |= {name for name in _given(first.body) if not _is_constant(module.env.names.get(name))}
    parents = list(range(len(others)))

    def root(number: int) -> int:
        while parents[number] != number:
            number = parents[number]
        return number

    seen: dict[str, int] = {}
    for number, each in enumerate(others):
        for name in _words(each.text) & tying:
            parents[root(number)] = root(seen.setdefault("" if name in imported else name, number))
    groups: dict[int, list[Stretch]] = {}
    for number, each in enumerate(others):
        groups.setdefault(root(number), [first]).append(each)
    yield from groups.values()


@lru_cache(maxsize=1024)
def _words(text: str) -> frozenset[str]:
    """All words of a text, in its strings and comments too: what is looked up by its name is tied as well."""
    return frozenset(_WORD.findall(text))


def _is_constant(value) -> bool:
    return isinstance(value, (External, Known)) or value is DATA


def _given(node) -> Iterator[str]:
    """The names that statements of a module give a value to, or whose value they change in place."""
    if isinstance(node, (s.Function, s.Class)):
        yield node.name
        return
    if isinstance(node, (s.Import, s.ImportFrom)):
        yield from _bound(node)
    elif isinstance(node, s.Walrus):
        yield node.name
    elif isinstance(node, (s.Try, s.Match)):
        for names, *_ in node.handlers if isinstance(node, s.Try) else node.cases:
            yield from (names,) if isinstance(names, str) else names or ()
    for target in _targets(node):
        yield from (part.id for part in s.walk(target) if isinstance(part, s.Name))
    for part in node:
        if isinstance(part, tuple):
            yield from _given(part)


def _targets(node) -> tuple:
    if isinstance(node, (s.Assign, s.Delete)):
        return node.targets
    if isinstance(node, (s.AugAssign, s.For)):
        return (node.target,)
    return tuple(target for _, target in node.items) if isinstance(node, s.With) else ()


def _declared(stretches: list[Stretch]) -> Iterator[str]:
    """The names that functions declare to be the module's."""
    for each in stretches:
        if {"global", "nonlocal"} & _words(each.text):
            yield from (
                name for node in s.walk(each.body) if isinstance(node, s.Scope) for name in node.names
            )


def _imported(program: Program, module: Module, stretches: list[Stretch]) -> set[str]:
    """The names that come from other sources, wherever they are imported; `*` for all that one of them has."""
    found: set[str] = set()
    for each in stretches:
        for node in s.walk(each.body) if "import" in _words(each.text) else ():
            if isinstance(node, s.Import):
                sources = [(dotted, 0) for dotted, _ in node.names]
            elif isinstance(node, s.ImportFrom):
                sources = [(node.module, node.level)]
            else:
                continue
            if any(program.project.where(module, *source) for source in sources):
                found.update(_bound(node))
    return found


def _bound(node: s.Import | s.ImportFrom) -> Iterator[str]:
    if node.names is None:
        yield "*"
        return
    for name, alias in node.names:
        yield alias or name.partition(".")[0]
