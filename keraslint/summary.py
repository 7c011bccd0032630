"""The summary: what the interpreter needs of a module, as small plain records without any syntax tree.

Expressions and statements keep Python's meaning and lose its looks. Records that a report may have to
point at carry `at`: their number in the module, from which `keraslint.syntax.locate` finds the place.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

# ---------------------------------------------------------------- expressions


class Const(NamedTuple):
    value: Any  # None, bool, int, float, str, bytes or Ellipsis


class Name(NamedTuple):
    id: str


class Attr(NamedTuple):
    value: Any
    name: str


class Arg(NamedTuple):
    """An argument of a call or a base of a class; `star` is "", "*" or "**"."""

    value: Any
    name: str | None = None
    star: str = ""


class Call(NamedTuple):
    func: Any
    args: tuple[Arg, ...]
    at: int


class Sub(NamedTuple):
    value: Any
    index: Any


class Slice(NamedTuple):
    lower: Any
    upper: Any
    step: Any


class Star(NamedTuple):
    value: Any


class Seq(NamedTuple):
    kind: str  # list | tuple | set
    items: tuple


class Map(NamedTuple):
    items: tuple  # (key, value) pairs; key None for **value


class Clause(NamedTuple):
    target: Any
    iter: Any
    tests: tuple


class Comp(NamedTuple):
    kind: str  # list | set | dict | generator
    element: Any
    value: Any  # of a dict comprehension
    clauses: tuple[Clause, ...]


class IfExp(NamedTuple):
    test: Any
    body: Any
    orelse: Any


class Bool(NamedTuple):
    op: str  # and | or
    left: Any
    right: Any


class Not(NamedTuple):
    value: Any


class Compare(NamedTuple):
    left: Any
    rest: tuple  # (operator, right) pairs


class Bin(NamedTuple):
    op: str
    left: Any
    right: Any


class Neg(NamedTuple):
    value: Any


class Lambda(NamedTuple):
    params: tuple
    body: Any
    at: int


class FString(NamedTuple):
    parts: tuple  # str or expression


class Walrus(NamedTuple):
    name: str
    value: Any


class Opaque(NamedTuple):
    """An expression of which only the evaluation of its parts matters."""

    parts: tuple


# ---------------------------------------------------------------- statements


class Param(NamedTuple):
    name: str
    kind: str  # positional | keyword | star | starstar
    default: Any  # expression or None
    annotation: str | None = None


class Assign(NamedTuple):
    targets: tuple
    value: Any
    at: int


class AugAssign(NamedTuple):
    target: Any
    op: str
    value: Any
    at: int


class Eval(NamedTuple):
    value: Any
    at: int


class Return(NamedTuple):
    value: Any
    at: int


class If(NamedTuple):
    test: Any
    body: tuple
    orelse: tuple
    at: int


class For(NamedTuple):
    target: Any
    iter: Any
    body: tuple
    orelse: tuple
    at: int


class While(NamedTuple):
    test: Any
    body: tuple
    orelse: tuple
    at: int


class With(NamedTuple):
    items: tuple  # (expression, target or None) pairs
    body: tuple
    at: int


class Try(NamedTuple):
    body: tuple
    handlers: tuple  # (name or None, body) pairs
    orelse: tuple
    final: tuple


class Function(NamedTuple):
    name: str
    params: tuple[Param, ...]
    body: tuple
    decorators: tuple
    at: int


class Class(NamedTuple):
    name: str
    bases: tuple[Arg, ...]
    body: tuple
    decorators: tuple
    at: int
    annotated: tuple[str, ...] = ()  # the names that its body annotates, in order


class Raise(NamedTuple):
    value: Any
    at: int


class Assert(NamedTuple):
    test: Any


class Import(NamedTuple):
    names: tuple  # (dotted name, alias or None) pairs


class ImportFrom(NamedTuple):
    module: str
    level: int
    names: tuple | None  # (name, alias or None) pairs; None for a star import


class Delete(NamedTuple):
    targets: tuple


class Scope(NamedTuple):
    names: tuple[str, ...]  # of a global or nonlocal statement


class Case(NamedTuple):
    """One case of a match: its `tests` are (operator, value) pairs any of which fits.

    They are () where anything fits, None where the pattern asks for more. Of a guarded case the body is one If.
    """

    bound: tuple  # names
    body: tuple
    tests: tuple | None
    guarded: bool


class Match(NamedTuple):
    subject: Any
    cases: tuple[Case, ...]


class Break(NamedTuple):
    pass


class Continue(NamedTuple):
    pass


class Summary(NamedTuple):
    """One module: its statements, and how many numbered records it has."""

    body: tuple
    size: int


class Stretch(NamedTuple):
    """A part of a module: its text, its statements, and the numbers of its records, `size` from `first` on."""

    text: str
    body: tuple
    first: int
    size: int


def text(expr, limit: int = 60) -> str:
    """The expression as its author may have written it, shortened to about `limit` characters."""
    written = _text(expr)
    return written if len(written) <= limit else written[: limit - 3] + "..."


def _text(expr) -> str:
    match expr:
        case Const(value):
            return "..." if value is Ellipsis else repr(value)
        case Name(id):
            return id
        case Attr(value, name):
            return f"{_text(value)}.{name}"
        case Call(func, args):
            return f"{_text(func)}({', '.join(map(_arg_text, args))})"
        case Sub(value, index):
            return f"{_text(value)}[{_text(index)}]"
        case Slice(lower, upper, _):
            return f"{_text(lower) if lower else ''}:{_text(upper) if upper else ''}"
        case Seq(kind, items):
            left, right = {"list": "[]", "tuple": "()", "set": "{}"}[kind]
            return left + ", ".join(map(_text, items)) + right
        case Star(value):
            return "*" + _text(value)
        case Not(value):
            return "not " + _text(value)
        case Neg(value):
            return "-" + _text(value)
        case Bool(op, left, right) | Bin(op, left, right):
            return f"{_text(left)} {op} {_text(right)}"
        case Compare(left, rest):
            return _text(left) + "".join(f" {op} {_text(right)}" for op, right in rest)
        case IfExp(test, body, orelse):
            return f"{_text(body)} if {_text(test)} else {_text(orelse)}"
        case Lambda():
            return "lambda ..."
        case FString(parts):
            return 'f"' + "".join(p if isinstance(p, str) else "{" + _text(p) + "}" for p in parts) + '"'
        case _:
            return "..."


def _arg_text(arg: Arg) -> str:
    return f"{arg.name}={_text(arg.value)}" if arg.name else arg.star + _text(arg.value)


def unplaced(node):
    """A part of a summary without its places: copies of the same code are equal."""
    if not isinstance(node, tuple):
        return node
    names = getattr(node, "_fields", None)
    if names is None:
        return tuple(map(unplaced, node))
    return (type(node), *(unplaced(part) for name, part in zip(names, node) if name != "at"))


def walk(node) -> Iterator[tuple]:
    """Every record in a part of a summary, the outermost first."""
    if isinstance(node, tuple):
        yield node
        for part in node:
            yield from walk(part)
