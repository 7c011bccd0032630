"""A whole program: its modules run once, then everything that can be started is listed."""

from __future__ import annotations

from typing import NamedTuple

from keraslint.delivery import calls, graphs, keras, names, objects
from keraslint.delivery.entries import RUN_LIMIT
from keraslint.delivery.machine import Frame, Machine
from keraslint.delivery.values import (
    DATA,
    BoundMethod,
    ClassValue,
    FunctionValue,
    Instance,
    Known,
    Site,
)
from keraslint.project.modules import Module, Project

MOST_INSTANCES = 4


class Subject(NamedTuple):
    """A class or graph to report on, with the instances that stand for it."""

    name: str
    kind: str  # model | layer | functional | sequential
    site: Site
    instances: tuple[Instance, ...]
    cls: ClassValue | None
    seen: bool  # whether the source itself makes an instance
    legacy: bool  # only ever runs on Keras 2


class Program:
    """The modules of a run, interpreted."""

    def __init__(self, project: Project):
        self.project = project
        self.machine = Machine(project)
        self._raised: dict = {}
        self.failures: list[tuple[str, str]] = []  # (path, reason) of what could not be analysed
        self._instances: dict = {}  # by class, in the order of their making
        # By (path, subject's name, number of the start, regime, backend): whether that run got stuck.
        self.stuck: dict[tuple, bool] = {}

    def run(self, paths) -> None:
        """Interpret the files, then the functions that nothing in them called."""
        modules = [module for module in map(self.project.module, paths) if module is not None]
        for action in (lambda module: names.run_module(self.machine, module), self._run_uncalled):
            for module in modules:
                self._guarded(module, action)
        for instance in self.machine.instances:
            if not instance.built_in_call:
                self._instances.setdefault(instance.cls, []).append(instance)

    def _guarded(self, module, action):
        """A defect of the interpreter costs one file, and says so."""
        try:
            action(module)
        except Exception as error:
            self.failures.append((module.path, f"internal error, please report it: {_told(error)}"))
            self.machine.frame, self.machine.forks = None, 0

    def _run_uncalled(self, module: Module):
        m = self.machine
        for value in list(module.env.names.values()):
            if isinstance(value, FunctionValue) and value.env.module is module:
                self._run_root(module, value)
            elif isinstance(value, ClassValue) and value.module is module and keras.kind(value) is None:
                self._run_plain_class(module, value)
        m.frame = None

    def _run_root(self, module, function, receiver=None):
        m = self.machine
        if id(function.definition) in m.called or not _builds_something(function):
            return
        m.steps, m.frame = 0, Frame(module.env)
        target = function if receiver is None else BoundMethod(function, receiver)
        args = objects.unknown_arguments(function, int(receiver is not None))
        objects.quietly(m, lambda: calls.call(m, target, args, {}))
        objects.run_handed_on(m)

    def _run_plain_class(self, module, cls):
        """A class that is no layer may still build and train models in its methods."""
        if _is_test(cls):
            return
        methods = [v for v in cls.names.values() if isinstance(v, FunctionValue)]
        waiting = [f for f in methods if id(f.definition) not in self.machine.called and _builds_something(f)]
        if not waiting:
            return
        m = self.machine
        m.steps, m.frame = 0, Frame(module.env)
        made = [i for i in m.instances if i.cls is cls]
        instance = made[0] if made else objects.quietly(m, lambda: _made(m, cls))
        for function in waiting:
            if isinstance(instance, Instance):
                self._run_root(module, function, instance)

    # ------------------------------------------------------------ subjects

    def subjects(self, path: str) -> list[Subject]:
        """What the file defines that can be started, in source order."""
        module = self.project.module(path)
        if module is None:
            return []
        found = [
            self._class_subject(cls)
            for cls in self.project.classes
            if cls.module is module and keras.kind(cls) is not None
        ]
        found += self._graph_subjects(module)
        return sorted(found, key=lambda subject: subject.site.at)

    def _class_subject(self, cls: ClassValue) -> Subject:
        m = self.machine
        made: list[Instance] = []
        for instance in self._instances.get(cls, ()):
            if all(not objects.alike(instance, other) for other in made):
                made.append(instance)
            if len(made) == MOST_INSTANCES:
                break
        seen = bool(made)
        if not made:
            m.steps, m.frame = 0, Frame(cls.module.env)
            instance = objects.quietly(m, lambda: _synthesise(m, cls))
            made = [instance] if isinstance(instance, Instance) else []
            m.frame = None
        kind = keras.kind(cls) or "layer"
        return Subject(cls.name, kind, cls.site, tuple(made), cls, seen, objects.is_legacy(cls))

    def raised(self, subject: Subject) -> Instance | None:
        """The subject with its rates raised, where the source leaves them at a default of 0; None if there is none."""
        cls = subject.cls
        if cls is None or not subject.seen:
            return None
        if cls not in self._raised:
            init = objects.class_attribute(cls, "__init__")
            rates = isinstance(init, FunctionValue) and any(
                _is_rate(p.name) and _is_zero(init.defaults.get(p.name)) for p in init.params
            )
            instance = None
            if rates:
                self.machine.steps, self.machine.frame = 0, Frame(cls.module.env)
                instance = objects.quietly(self.machine, lambda: _synthesise(self.machine, cls))
                self.machine.frame = None
            self._raised[cls] = instance if isinstance(instance, Instance) else None
        return self._raised[cls]

    def _graph_subjects(self, module: Module) -> list[Subject]:
        built = [
            g
            for g in self.machine.graphs
            if not isinstance(g.cls, ClassValue)
            and graphs.is_graph(g)
            and g.site is not None
            and g.site.path == module.path
        ]
        keras_classes = {cls.name for cls in self.project.classes if keras.kind(cls) is not None}
        built = [g for g in built if g.within.split(".")[0] not in keras_classes]
        inner = {id(member) for g in built for member in _all_members(g)}
        subjects, places = [], set()
        for graph in built:
            place = (graph.within, graph.site)
            if id(graph) in inner or place in places:
                continue
            places.add(place)
            name = graph.within or _variable(module, graph)
            kind = "sequential" if graphs.LAYERS in graph.slots else "functional"
            alike = tuple(g for g in built if (g.within, g.site) == place)
            subjects.append(
                Subject(name, kind, graph.site, alike[:MOST_INSTANCES], None, True, module.legacy)
            )
        return subjects


def _all_members(graph):
    stack, found = [graph], []
    while stack:
        for member in graphs.members(stack.pop()):
            if isinstance(member, Instance) and member not in found:
                found.append(member)
                if graphs.is_graph(member):
                    stack.append(member)
    return found


def _variable(module: Module, graph) -> str:
    return next((name for name, value in module.env.names.items() if value is graph), "<module>")


def _synthesise(m: Machine, cls: ClassValue):
    """An instance that no source makes; nor do the sources make what it makes."""
    count = len(m.instances), len(m.graphs)
    try:
        return _made(m, cls)
    finally:
        del m.instances[count[0] :], m.graphs[count[1] :]


def _made(m: Machine, cls: ClassValue):
    """An instance as `Cls()` would be, with what has no default unknown."""
    init = objects.class_attribute(cls, "__init__")
    params = init.params[1:] if isinstance(init, FunctionValue) else ()
    required = objects.unknown_arguments(init, 1) if isinstance(init, FunctionValue) else []
    # A rate whose default is 0 is there to be raised by someone.
    raised = {p.name: DATA for p in params if _is_rate(p.name) and _is_zero(init.defaults.get(p.name))}
    limit, m.limit = m.limit, RUN_LIMIT
    try:
        return objects.instantiate(m, cls, required, raised)
    finally:
        m.limit = limit


def _is_rate(name: str) -> bool:
    return "drop" in name or name.endswith("rate")


def _is_zero(value) -> bool:
    return isinstance(value, Known) and type(value.value) in (int, float) and value.value == 0


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _is_test(cls: ClassValue) -> bool:
    return any(getattr(base, "name", "").endswith("TestCase") for base in cls.mro[1:])


def _builds_something(function: FunctionValue) -> bool:
    return not function.name.startswith("test_")
