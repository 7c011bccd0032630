"""Evaluates an expression where it stands: in a function that never runs, with the locals that it would have had."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

from keraslint.verify.inside import guesses
from keraslint.verify.inside.calls import FUNCTIONS, CallSite, calls_of, fits, signature_of
from keraslint.verify.inside.namespace import Namespace, bound, changed

_DEPTH = 4
_SIMPLE = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Import, ast.ImportFrom, *FUNCTIONS)
Callers = Callable[[], Iterable[Namespace]]


class Scope(dict):
    """Locals by demand: the assignment before `row` is run, a parameter gets its default, a caller's value or a guess.

    `assumed` says which names were guessed. callers: gives the other modules that may call these functions.
    """

    def __init__(
        self, namespace: Namespace, functions: tuple, row: int, callers: Callers = tuple, depth: int = _DEPTH
    ):
        super().__init__()
        self.namespace, self.functions, self.row = namespace, functions, row
        self.callers, self.depth = callers, depth
        self.assumed: dict[str, str] = {}
        self.loops: tuple[ast.comprehension, ...] = ()
        self._asked: set[str] = set()

    @classmethod
    def of(cls, namespace: Namespace, site: CallSite, callers: Callers = tuple, depth: int = _DEPTH) -> Scope:
        """The locals where a call stands; a comprehension's variable has its first value."""
        scope = cls(namespace, site.functions, site.call.lineno, callers, depth)
        scope.loops = site.loops
        return scope

    def value(self, expression: ast.expr) -> Any:
        return eval(_code(expression, self.namespace.filename), self)

    def __missing__(self, name: str):
        asked = name in self._asked
        self._asked.add(name)
        for loop in () if asked else reversed(self.loops):
            if name in _targets(loop.target):
                self._assign(loop.target, next(iter(self.value(loop.iter))))
                return self[name]
        for function in () if asked else reversed(self.functions):
            if self._local(function, name):
                return self[name]
            parameter = next((a for a in _parameters(function) if a.arg == name), None)
            if name == "self" and parameter is not None:
                self[name] = _Self(self.namespace, function, self.callers, self.depth)
                return self[name]
            if parameter is not None:
                self[name] = self._argument(function, name)
                return self[name]
        return self.namespace[name]

    def _local(self, function, name: str) -> bool:
        """Run, in order, what binds the name in a function: each may use what the one before it bound."""
        failed: Exception | None = None
        for statement in _binding(function, self.row, name):
            try:
                self._bind(statement, name)
            except Exception as error:  # such as one branch of several
                failed = error
        if failed is not None and name not in self:
            raise failed
        return name in self

    def _bind(self, statement, name: str):
        if isinstance(statement, ast.For):
            self._assign(statement.target, next(iter(self.value(statement.iter))))
        elif isinstance(statement, ast.With):
            for item in statement.items:
                if item.optional_vars is not None and name in _targets(item.optional_vars):
                    self[name] = self.value(item.context_expr).__enter__()
        else:
            exec(compile(ast.Module([statement], []), self.namespace.filename, "exec"), self)

    def _assign(self, target, value):
        if isinstance(target, ast.Name):
            self[target.id] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            for inner, part in zip(target.elts, value):
                self._assign(inner, part)

    def _argument(self, function, name: str):
        """What some caller passes, else the default, else a guess."""
        for module, site in self._calls(function) if self.depth else ():
            given = _given(function, site, name)
            if given is not None:
                outer = Scope.of(module, site, self.callers, self.depth - 1)
                outer.assumed = self.assumed
                try:
                    return outer.value(given)
                except Exception:
                    continue
        default = _defaults(function).get(name)
        if default is not None:
            return self.value(default)
        try:
            value = guesses.assumed(name)
        except LookupError:
            raise NameError(f"nothing says what {name!r} is") from None
        self.assumed[name] = f"guessed from its name in {function.name}()"
        return value

    def _calls(self, function) -> Iterator[tuple[Namespace, CallSite]]:
        """The calls of a function, or of the class that it makes objects of, each with its module."""
        made = _owner(self.namespace.tree, function) if function.name == "__init__" else None
        name = function.name if made is None else made.name
        others = (module for module in self.callers() if module is not self.namespace)
        for module in itertools.chain([self.namespace], others):
            for site in calls_of(module.tree, name):
                if fits(site.call, signature_of(function)):
                    yield module, site


@cache
def _code(expression: ast.expr, filename: str):
    return compile(ast.Expression(expression), filename, "eval")


class _Self:
    """The object whose method a call stands in: its attributes are what the class's methods assign to them."""

    def __init__(self, namespace: Namespace, function, callers: Callers, depth: int):
        owner = _owner(namespace.tree, function)
        self._methods = [m for m in getattr(owner, "body", ()) if isinstance(m, FUNCTIONS)]
        self._namespace, self._callers, self._depth = namespace, callers, depth

    def __getattr__(self, name: str):
        if name.startswith("_") or not self._depth:
            raise AttributeError(name)
        for method in self._methods:
            for statement in _assigning(method, name):
                scope = Scope(self._namespace, (method,), statement.lineno, self._callers, self._depth - 1)
                return scope.value(statement.value)
        raise AttributeError(f"nothing assigns self.{name}")


@cache
def _assigning(method, name: str) -> tuple[ast.Assign, ...]:
    """The statements of a method that assign an attribute of its object."""
    assignments = (node for node in ast.walk(method) if isinstance(node, ast.Assign))
    return tuple(node for node in assignments if any(_is_own(target, name) for target in node.targets))


@cache
def _owner(tree: ast.Module, function) -> ast.ClassDef | None:
    """The class that a method stands in."""
    classes = (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    return next((node for node in classes if function in node.body), None)


def _is_own(target, name: str) -> bool:
    return (
        isinstance(target, ast.Attribute)
        and target.attr == name
        and getattr(target.value, "id", "") == "self"
    )


def _parameters(function) -> list[ast.arg]:
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]


def _defaults(function) -> dict[str, ast.expr]:
    positional = [*function.args.posonlyargs, *function.args.args]
    found = {a.arg: d for a, d in zip(reversed(positional), reversed(function.args.defaults))}
    found.update(
        {a.arg: d for a, d in zip(function.args.kwonlyargs, function.args.kw_defaults) if d is not None}
    )
    return found


def _given(function, site: CallSite, name: str) -> ast.expr | None:
    """What a call passes for a parameter."""
    for keyword in site.call.keywords:
        if keyword.arg == name:
            return keyword.value
    names = [a.arg for a in [*function.args.posonlyargs, *function.args.args]]
    if names and names[0] in ("self", "cls"):
        names = names[1:]
    position = names.index(name) if name in names else len(site.call.args)
    plain = not any(isinstance(a, ast.Starred) for a in site.call.args)
    return site.call.args[position] if plain and position < len(site.call.args) else None


@cache
def _binding(function, row: int, name: str) -> tuple[ast.stmt, ...]:
    """The statements of a function before a row that give a name its value."""
    return tuple(statement for statement in _before(function.body, row) if name in _given_by(statement))


@cache
def _given_by(statement: ast.stmt) -> frozenset[str | None]:
    """The names that a statement gives a value to."""
    if isinstance(statement, ast.For):
        return frozenset(_targets(statement.target))
    if isinstance(statement, ast.With):
        variables = [item.optional_vars for item in statement.items if item.optional_vars is not None]
        return frozenset(name for each in variables for name in _targets(each))
    return frozenset(bound(statement) if isinstance(statement, _SIMPLE) else [changed(statement)])


def _before(body, row: int) -> Iterator[ast.stmt]:
    """The statements of a function, nested ones too, that start before a row."""
    for statement in body:
        if statement.lineno >= row and not (statement.lineno <= row <= (statement.end_lineno or row)):
            return
        if statement.lineno <= row and not isinstance(statement, FUNCTIONS):
            if (statement.end_lineno or 0) < row or isinstance(statement, (ast.For, ast.With)):
                yield statement
        elif isinstance(statement, FUNCTIONS) and (statement.end_lineno or 0) < row:
            yield statement
        for part in ("body", "orelse", "finalbody"):
            if not isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
                yield from _before(getattr(statement, part, []), row)


def _targets(node) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
