"""Text becomes a summary, and the records of a summary are found in the text again."""

import ast
import importlib.util
import pickle
import re
from functools import cache
from pathlib import Path

import pytest

from keraslint import summary as s
from keraslint.syntax.locate import locate
from keraslint.syntax.lower import lower
from keraslint.syntax.parse import NotPython, parse, parses

# Modules of the standard library with every sort of statement and a few hundred calls each.
LIBRARY = [
    "argparse",
    "dataclasses",
    "difflib",
    "inspect",
    "typing",
    "unittest.mock",
    "asyncio.base_events",
    "turtle",
]


def lowered(text):
    return lower(parse(text))[0]


def statement(text):
    [only] = lowered(text).body
    return only


def expression(text):
    return statement(f"x = {text}\n").value


def records(node, kind):
    """Every record of a kind below a node, in order."""
    found = [node] if isinstance(node, kind) else []
    for part in node if isinstance(node, tuple) else ():
        found += records(part, kind)
    return found


def places(text, kind=s.Call):
    """(what is there, place) of every record of a kind."""
    found = records(lowered(text), kind)
    at = locate(text, {record.at for record in found})
    return [(cut(text, at[record.at]), at[record.at]) for record in found]


def cut(text, place):
    """The stretch of the text that a place names."""
    lines = rows_of(text)[place.start.row - 1 : place.end.row]
    lines[-1] = lines[-1][: place.end.column - 1]
    lines[0] = lines[0][place.start.column - 1 :]
    return "".join(lines)


@cache
def rows_of(text):
    return re.split(r"(?<=\n)|(?<=\r)(?!\n)", text)


# ---------------------------------------------------------------- places


@pytest.mark.parametrize(
    "text, expected",
    [
        ("f(x)\n", ["f(x)"]),
        ("y = a.b(c)(d)\n", ["a.b(c)(d)", "a.b(c)"]),
        ("f(g(x), h(y)[0](z))\n", ["f(g(x), h(y)[0](z))", "g(x)", "h(y)[0](z)", "h(y)"]),
        ("f(\n    x,  # a comment with )\n    training=False,\n)\n", ["f(\n    x,  # a comment with )\n    training=False,\n)"]),
        ("a = f(1); b = g(2); h(3)\n", ["f(1)", "g(2)", "h(3)"]),
        ("if a: f(1); g(2)\n", ["f(1)", "g(2)"]),
        ("(f(x))\n", ["f(x)"]),
        ("x = (f\n     (1))\n", ["f\n     (1)"]),
        ("(\n  (f)(x)\n)\n", ["(f)(x)"]),
        ("s = 'äöü' + f('日本語') + g('𝔘𝔫𝔦')\n", ["f('日本語')", "g('𝔘𝔫𝔦')"]),
        ("naïve(x).größe(y)\n", ["naïve(x).größe(y)", "naïve(x)"]),
        ("@cache(1)\n@other.thing\ndef f(a=g(2)):\n    return h(a)\n", ["cache(1)", "g(2)", "h(a)"]),
        ("class A(base(1), metaclass=m(2)):\n    x = f(3)\n", ["base(1)", "m(2)", "f(3)"]),
        ("x = f(1) \\\n    + g(2)\n", ["f(1)", "g(2)"]),
        ("f'{g(x)} {h(y)!r}'; k(1)\n", ["g(x)", "h(y)", "k(1)"]),
        ("x = '''\n  f(0)\n''' + f(1)\n", ["f(1)"]),
        # An indentation that does not begin as the one around it, which libcst's tokenizer refuses.
        ("def f():\n  if a:\n\t  if b:\n\t    c()\n  else:\n\t  e()\n  g()\n", ["c()", "e()", "g()"]),
        ("async def f():\n\tawait g(1)\n\tasync with h(2) as x, k(3): pass\n", ["g(1)", "h(2)", "k(3)"]),
        ("xs = [f(x) for x in g(y) if h(x)]\n", ["g(y)", "h(x)", "f(x)"]),
        ("z = lambda q=d(0): f(q)\n", ["d(0)", "f(q)"]),
        ("if (n := f(1)) and g(n): pass\n", ["f(1)", "g(n)"]),
        ("\f\nf(x)\n", ["f(x)"]),
        ("f(x)", ["f(x)"]),
        ("f(*a(1), **b(2))\n", ["f(*a(1), **b(2))", "a(1)", "b(2)"]),
        ("try:\n    f(1)\nexcept E as e:\n    g(2)\nelse:\n    h(3)\nfinally:\n    k(4)\n", ["f(1)", "g(2)", "h(3)", "k(4)"]),
        ("match f(1):\n    case {'a': [x, *y]}:\n        g(2)\n    case _:\n        h(3)\n", ["f(1)", "g(2)", "h(3)"]),
    ],
)  # fmt: skip
def test_calls_are_found_where_they_stand(text, expected):
    assert sorted(piece for piece, _ in places(text)) == sorted(expected)


HIDDEN = ["def f():\n    yield from g(1)\n", "match a:\n    case x if g(1):\n        pass\n"]


@pytest.mark.parametrize("text", HIDDEN)
def test_calls_in_yield_from_and_guards_are_found(text):
    assert [piece for piece, _ in places(text)] == ["g(1)"]


def test_line_ends_do_not_move_places():
    text = "x = f(\n    1,\n)\n\n\ndef g():\n    return h(\n        2)\n"
    for end in ("\r\n", "\r"):
        other = text.replace("\n", end)
        assert [place for _, place in places(other)] == [place for _, place in places(text)]


def test_columns_are_characters():
    [(_, place)] = places("é = '𝔘' + f(x)\n")
    assert (place.start, place.end) == ((1, 11), (1, 15))


starts_too_late = pytest.mark.xfail(
    strict=True, reason="the rows before the first place asked for are left out"
)


@pytest.mark.parametrize(
    "text, rows",
    [
        ("f(x)\n", (1, 1)),
        ("y = f(\n    x,\n)\n", (1, 3)),
        ("if f(x):\n    pass\n", (1, 1)),
        ("if a:\n    y = f(x,\n         1)\n    z = 2\n", (2, 3)),
        ("y = 1; z = f(x)\n", (1, 1)),
        ("y = f(x)  # comment\n", (1, 1)),
        ("y = f(x)", (1, 1)),
        ("y = [\n    1,\n    f(x),\n    2,\n]\n", (1, 5)),
        pytest.param("if (\n    f(x)\n):\n    pass\n", (1, 3), marks=starts_too_late),
    ],
)
def test_the_rows_of_the_statement_are_those_that_a_suppression_may_stand_on(text, rows):
    [(_, place)] = places(text)
    assert (place.first_row, place.last_row) == rows


@pytest.mark.parametrize(
    "text, kind, expected",
    [
        ("@a\n@b(1)\nclass Net(keras.Model):\n    pass\n", s.Class, ["class Net"]),
        ("class Out:\n    @a\n    def call(self, x):\n        pass\n", s.Function, ["def call"]),
        ("async def f():\n    pass\n", s.Function, ["async def f"]),
        ("for a in b:\n    pass\n", s.For, ["for"]),
        ("while a:\n    pass\n", s.While, ["while"]),
        ("a = b = c\n", s.Assign, ["a = b = c"]),
        ("a: int = 3\n", s.Assign, ["a: int = 3"]),
        ("def f():\n    return 1 + 2\n", s.Return, ["return 1 + 2"]),
    ],
)
def test_other_records_stand_at_their_heads(text, kind, expected):
    assert [piece for piece, _ in places(text, kind)] == expected


def test_only_what_is_asked_for_is_located():
    text = "f(1)\ng(2)\n"
    calls = records(lowered(text), s.Call)
    assert list(locate(text, {calls[1].at})) == [calls[1].at]
    assert locate(text, set()) == {}


@pytest.mark.parametrize("module", LIBRARY)
def test_calls_stand_where_cpython_says(module):
    text = Path(importlib.util.find_spec(module).origin).read_text(encoding="utf-8")
    lines = text.split("\n")

    def characters(row, offset):
        return (row, len(lines[row - 1].encode()[:offset].decode()) + 1)

    tree = ast.parse(text)
    left_out = {id(inner) for node in ast.walk(tree) for part in skipped(node) for inner in ast.walk(part)}
    theirs = sorted(
        (characters(node.lineno, node.col_offset), characters(node.end_lineno, node.end_col_offset))
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and id(node) not in left_out
    )
    ours = sorted((tuple(place.start), tuple(place.end)) for _, place in places(text))
    assert len(theirs) > 50
    assert ours == theirs


def skipped(node):
    """The parts of a node that are not lowered: types, and how exceptions are matched."""
    if isinstance(node, (ast.AnnAssign, ast.arg)) and node.annotation is not None:
        yield node.annotation
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.returns is not None:
        yield node.returns
    if isinstance(node, ast.ExceptHandler) and node.type is not None:
        yield node.type
    if isinstance(node, ast.Assert) and node.msg is not None:
        yield node.msg


# ---------------------------------------------------------------- summaries

A, B, C, X = s.Name("a"), s.Name("b"), s.Name("c"), s.Name("x")


@pytest.mark.parametrize(
    "text, expected",
    [
        ("True", s.Const(True)),
        ("None", s.Const(None)),
        ("...", s.Const(...)),
        ("1_000", s.Const(1000)),
        ("0x1F", s.Const(31)),
        ("1e-3", s.Const(0.001)),
        ("-1", s.Neg(s.Const(1))),
        ("'a' \"b\"", s.Const("ab")),
        ("r'\\d'", s.Const("\\d")),
        ("b'a'", s.Const(b"a")),
        ("f'a{b}'", s.FString(("a", B))),
        ("(a)", A),
        ("a.b.c", s.Attr(s.Attr(A, "b"), "c")),
        ("a[0]", s.Sub(A, s.Const(0))),
        ("a[1:]", s.Sub(A, s.Slice(s.Const(1), None, None))),
        ("a[b, c]", s.Sub(A, s.Seq("tuple", (B, C)))),
        ("[a, *b]", s.Seq("list", (A, s.Star(B)))),
        ("()", s.Seq("tuple", ())),
        ("{a}", s.Seq("set", (A,))),
        ("{a: b, **c}", s.Map(((A, B), (None, C)))),
        ("a if b else c", s.IfExp(B, A, C)),
        ("a and b or c", s.Bool("or", s.Bool("and", A, B), C)),
        ("not a", s.Not(A)),
        ("a < b is not c", s.Compare(A, (("<", B), ("is not", C)))),
        ("a not in b", s.Compare(A, (("not in", B),))),
        ("a + b * c", s.Bin("+", A, s.Bin("*", B, C))),
        ("a << b", s.Bin("?", A, B)),
        ("(x := a)", s.Walrus("x", A)),
        ("[a for a in b if c]", s.Comp("list", A, None, (s.Clause(A, B, (C,)),))),
        ("{a: b for a in c for b in a}", s.Comp("dict", A, B, (s.Clause(A, C, ()), s.Clause(B, A, ())))),
        ("~a", s.Opaque((A,))),
        ("1j", s.Opaque(())),
    ],
)
def test_expressions(text, expected):
    assert expression(text) == expected


def test_arguments():
    call = expression("f(a, *b, training=True, **c)")
    assert call.func == s.Name("f")
    assert call.args == (s.Arg(A), s.Arg(B, star="*"), s.Arg(s.Const(True), "training"), s.Arg(C, star="**"))


@pytest.mark.parametrize(
    "text, kinds",
    [
        ("def f(a, /, b, *c, d=1, **e): pass\n", ["positional", "positional", "star", "keyword", "starstar"]),
        ("def f(a, *, b): pass\n", ["positional", "keyword"]),
        ("def f(): pass\n", []),
    ],
)
def test_parameters(text, kinds):
    assert [param.kind for param in statement(text).params] == kinds


def test_imports():
    assert statement("import a.b as c, d\n") == s.Import((("a.b", "c"), ("d", None)))
    assert statement("from ..a import (b as c,)\n") == s.ImportFrom("a", 2, (("b", "c"),))
    assert statement("from . import b\n") == s.ImportFrom("", 1, (("b", None),))
    assert statement("from a import *\n") == s.ImportFrom("a", 0, None)


def test_docstrings_and_bare_annotations_are_left_out():
    assert lowered('"""Doc."""\nx: int\npass\n').body == ()


def test_an_elif_is_an_if_in_the_else():
    found = statement("if a:\n    x = 1\nelif b:\n    x = 2\nelse:\n    x = 3\n")
    [second] = found.orelse
    assert (found.test, second.test, len(second.orelse)) == (A, B, 1)


def test_numbers_are_those_of_the_nodes():
    summary, nodes = lower(parse("x = f(g(1))\nfor a in b:\n    h(a)\n"))
    numbered = [record.at for kind in (s.Call, s.Assign, s.For, s.Eval) for record in records(summary, kind)]
    assert sorted(numbered) == list(range(len(nodes)))


@pytest.mark.parametrize("module", LIBRARY)
def test_a_summary_survives_the_cache(module):
    summary = lowered(Path(importlib.util.find_spec(module).origin).read_text(encoding="utf-8"))
    assert pickle.loads(pickle.dumps(summary)) == summary


# ---------------------------------------------------------------- texts that are no Python


@pytest.mark.parametrize(
    "text, row",
    [("x = \n", 1), ("a\nb c\n", 2), ("def f(:\n", 1), ("x = (\n", 1), ("if a:\nb\n", 2), ("x = 'a\n", 1), ("\n\n  x\n", 3)],
)  # fmt: skip
def test_what_is_not_python_says_where(text, row):
    with pytest.raises(NotPython) as caught:
        parse(text)
    assert caught.value.row == row and caught.value.column >= 1
    assert caught.value.reason and "\n" not in caught.value.reason
    assert not parses(text)


@pytest.mark.parametrize("text", ["", "\n", "# only a comment", "x = 1", "\f\nx = 1\n"])
def test_what_is_python(text):
    assert parses(text)
    lowered(text)
