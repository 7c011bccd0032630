"""A module whose statements run only when a name of theirs is asked for.

A script may download data and train at import; what a class needs of it is a handful of statements. `LOAD_GLOBAL`
asks a dict subclass's `__missing__`, which is where the statements that bind the name are run.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import importlib.util
import sys
import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any

_IMPORTS = (ast.Import, ast.ImportFrom)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_SCOPES = (*_FUNCTIONS, ast.ClassDef)
_ASSIGNMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign)
# Methods that go on making what a name stands for, where they are called in a statement of their own.
_CHANGES = frozenset(
    ("add", "add_argument", "append", "build", "compile", "extend", "insert", "pop", "register", "update")
)


class Unresolved(NameError):
    """A name that no statement binds, or whose statements failed."""


class Namespace(dict):
    """The globals of a module.

    assume: gives a stand-in for a name whose statements failed, or raises LookupError. `assumed` says for which names
    it was asked, and why. until: the row that the module has come to; what binds a name after it counts only where
    nothing does before, as the same names mean other things further down a notebook. end: the row that it may come to.
    """

    until = end = sys.maxsize

    def __init__(self, text: str, filename: str, name: str, package: str, assume: Callable[[str], Any]):
        super().__init__(__name__=name, __file__=filename, __package__=package, __builtins__=builtins)
        self.filename, self.assume = filename, assume
        self.tree = ast.parse(text, filename)
        self.binders: dict[str, list[ast.stmt]] = {}
        started: dict[str, list[ast.stmt]] = {}  # by what only runs where the module is the program
        for statement in self.tree.body:
            if _is_main_guard(statement):
                _note(started, filter(_gives_names, statement.body))
            else:
                _note(self.binders, [statement])
        self.stars: list[ast.stmt] = self.binders.pop("*", [])
        self.binders = {**started, **self.binders}
        self.assumed: dict[str, str] = {}
        self._started: set[int] = set()
        self._asking: set[str] = (
            set()
        )  # names that a star import is asked for: two modules may import each other
        self._errors: dict[str, BaseException] = {}

    def __missing__(self, name: str):
        binders = self.binders.get(name, [])
        for statement in [each for each in binders if each.lineno <= self.until] or binders:
            self._run(statement, name)
        if name not in self and name not in self.binders and not hasattr(builtins, name):
            for star in self.stars if name not in self._asking else ():
                self._asking.add(name)
                self._take(star, name)
                self._asking.discard(name)
        if name in self:
            return self[name]
        if name in self._errors:
            return self._assumed(name)
        raise KeyError(name)

    def _assumed(self, name: str):
        error = self._errors[name]
        reason = str(error) if isinstance(error, Unresolved) else f"{type(error).__name__}: {error}"
        if isinstance(error, ModuleNotFoundError):
            reason = f"needs the package {error.name!r}, which is not installed"
        try:
            if not all(map(is_value, self.binders[name])):
                raise LookupError(name)
            value = self.assume(name)
        except LookupError:
            raise Unresolved(f"{name}: {reason}") from error
        self.assumed[name] = reason
        self[name] = value
        return value

    def renew(self, is_old: Callable[[Any], bool]) -> None:
        """Make anew, when they are asked for again, the values of which this is said."""
        for name in [name for name, value in self.items() if name in self.binders and is_old(value)]:
            del self[name]
            self._started.difference_update(map(id, self.binders[name]))

    def offered(self) -> Iterator[str]:
        """What `from module import *` gives: what is there, and what is defined or imported and can be had."""
        yield from (name for name in self if not name.startswith("_"))
        for name, statements in self.binders.items():
            quick = all(isinstance(each, (*_IMPORTS, *_DEFINITIONS)) for each in statements)
            if quick and name not in self and not name.startswith("_") and self._failed(name) is None:
                yield name

    def _run(self, statement: ast.stmt, name: str):
        if id(statement) in self._started:
            return
        self._started.add(id(statement))
        missing: BaseException | None = None
        if isinstance(statement, ast.ClassDef):
            # A class body reads its globals without asking `__missing__`.
            for needed in loaded(statement):
                missing = missing or self._failed(needed)
        try:
            exec(compile(ast.Module([statement], []), self.filename, "exec"), self)
        except (Exception, SystemExit) as error:
            reason = missing if missing is not None and isinstance(error, NameError) else error
            for each in bound(statement):
                self._errors.setdefault(each, reason)
        except BaseException:  # it was stopped, and did not fail
            self._started.discard(id(statement))
            raise

    def _take(self, star: ast.ImportFrom, name: str):
        """The name out of the module that a star import is of, which may be one that runs by demand."""
        try:
            source = "." * star.level + (star.module or "")
            module = importlib.import_module(importlib.util.resolve_name(source, self["__package__"]))
            if name not in self:
                self[name] = getattr(module, name)
        except AttributeError:
            return
        except (Exception, SystemExit) as error:
            self._errors.setdefault(name, error)

    def _failed(self, name: str) -> Unresolved | None:
        """Why a name cannot be had; None if it can, or is not the module's."""
        try:
            self[name]
        except KeyError:
            pass
        except Unresolved as error:
            return error
        return None


class LazyModule(types.ModuleType):
    """A module around a namespace, for `sys.modules` and for `from module import name`."""

    def __init__(self, namespace: Namespace):
        super().__init__(namespace["__name__"])
        self.__file__ = namespace.filename
        for name in ("__path__", "__spec__", "__package__"):
            if name in namespace:
                self.__dict__[name] = namespace[name]
        self.__dict__["_namespace"] = namespace

    def __getattr__(self, name: str):
        namespace = self.__dict__["_namespace"]
        if name == "__all__" and name not in namespace.binders:
            return list(namespace.offered())
        if name.startswith("__") and name not in namespace and name not in namespace.binders:
            raise AttributeError(name)
        try:
            return namespace[name]
        except KeyError:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}") from None
        except (
            NameError
        ) as error:  # with its reason, which `from module import name` leaves out of an AttributeError
            raise ImportError(str(error)) from error


def loaded(node: ast.AST) -> Iterator[str]:
    """The names that run with a statement: those in functions' bodies run later."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        yield node.id
    for child in ast.iter_child_nodes(node):
        if isinstance(node, _FUNCTIONS) and child in (
            node.body if isinstance(node.body, list) else [node.body]
        ):
            continue
        yield from loaded(child)


def changed(statement: ast.stmt) -> str | None:
    """The name that `model.add(...)` and its like are about, and `flags.DEFINE_integer(...)`."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return None
    changes = call.func.attr in _CHANGES or call.func.attr.startswith("DEFINE_")
    known = changes and isinstance(call.func.value, ast.Name)
    return call.func.value.id if known else None


def climbed(text: str) -> int:
    """How many folders the relative imports at the top of a module climb: 1 for `from .layers import Net`."""
    try:
        body = ast.parse(text).body
    except SyntaxError:
        return 0
    return max((node.level for node in body if isinstance(node, ast.ImportFrom)), default=0)


def _note(binders: dict[str, list[ast.stmt]], statements: Iterable[ast.stmt]) -> None:
    for statement in statements:
        extended = {*_extended(statement), *_registered(statement, binders)}
        for name in (*bound(statement), *filter(None, extended)):
            binders.setdefault(name, []).append(statement)


def _extended(statement: ast.stmt) -> Iterator[str | None]:
    """The names of what a statement goes on making: `net.add(...)`, `table["a"] = make()`, `base.trainable = False`."""
    yield changed(statement)
    if isinstance(statement, _ASSIGNMENTS) and statement.value is not None:
        plain = not any(isinstance(node, ast.Call) for node in ast.walk(statement.value))
        for target in getattr(statement, "targets", None) or [statement.target]:
            # What a call gives, such as `fit`, may be kept on an object that the class needs without it.
            if isinstance(target, ast.Subscript) or (plain and isinstance(target, ast.Attribute)):
                yield _root(target)


def _registered(statement: ast.stmt, binders: dict[str, list[ast.stmt]]) -> Iterator[str | None]:
    """The names of what a definition is put into by its decorators.

    `@find.register` puts it into `find`, `@register` into what a function of the module so called goes on making.
    """
    for decorator in getattr(statement, "decorator_list", ()):
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(called, ast.Attribute) and called.attr == "register":
            yield _root(called)
        for function in binders.get(getattr(called, "id", ""), ()):
            for node in ast.walk(function):
                if isinstance(node, (ast.Expr, *_ASSIGNMENTS)):
                    yield from (name for name in _extended(node) if name in binders)


def _root(place: ast.expr) -> str | None:
    """`x` of `x.y["z"]`."""
    while isinstance(place, (ast.Attribute, ast.Subscript)):
        place = place.value
    return getattr(place, "id", None)


def bound(node: ast.AST) -> Iterator[str]:
    """The names that a statement binds in its module; `*` for a star import."""
    if isinstance(node, _DEFINITIONS):
        yield node.name
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.asname or alias.name.partition(".")[0]
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            yield alias.asname or alias.name
    if not isinstance(node, (*_SCOPES, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        for child in ast.iter_child_nodes(node):
            yield from bound(child)


def is_value(statement: ast.stmt) -> bool:
    """Whether it binds what a number may stand in for: no module, class or function."""
    return not any(isinstance(node, (*_IMPORTS, *_DEFINITIONS)) for node in ast.walk(statement))


def _gives_names(statement: ast.stmt) -> bool:
    return isinstance(statement, (ast.Assign, ast.AnnAssign, *_IMPORTS)) or changed(statement) is not None


def _is_main_guard(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and "__main__" in ast.dump(statement.test)
