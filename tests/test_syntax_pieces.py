"""Parsing in pieces says what parsing the whole says, whatever was parsed before."""

from pathlib import Path

import pytest

from keraslint.syntax import pieces as syntax
from keraslint.syntax.locate import locate
from keraslint.syntax.lower import lower
from keraslint.syntax.parse import NotPython, parse
from keraslint.syntax.pieces import Pieces

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted([*(ROOT / "keraslint").rglob("*.py"), *(ROOT / "fixtures").rglob("*.py")])[::12]

TEXTS = [
    "",
    "\n\n",
    "x = f()",
    "def f(): pass",
    "@a\n@b(\n    1,\n)\n# c\nclass A:\n    x = f()\n@c\nasync def g(): h()\n",
    "class A:\n\tx = f()\nclass B:\n    y = g()\n\n\n# the end\n",
    "import a\r\n\r\nclass A:\r\n    x = f()\r\ndef g():\r\n    h()\r\n",
    "def f():\r    g()\rclass A:\n    x = h()\n",
    "if a:\n    f()\nelse:\n    g()\ndef f(): pass\nwhile a: f()\n",
    "x = '''\nclass A:\n    pass\n'''\ny = f()\n",
    "x = (\nclass_,\ndef_)\ndef f(): g()\n",
    "x = f(\\\n1)\nclass A(f()): pass\n\x0cclass B: x = g()\n",
    "definite = f()\nclassy = g()\n",
    "class A: pass\nclass A: pass\nclass A:\n    x = f()\nclass A:\n    x = f()\n",
]
BROKEN = [
    "def f(:\n    pass\nclass A: pass\n",
    "class A:\n    x = '''\ndef f(): pass\n",
    "@a\n",
    "class A:\ndef f(): pass\n",
]


def is_the_same(parsed, text):
    summary, nodes = lower(parse(text))
    assert parsed.summary == summary
    assert parsed.locate(set(range(len(nodes)))) == locate(text, range(len(nodes)))


@pytest.mark.parametrize("text", TEXTS)
def test_texts(text):
    is_the_same(Pieces().parsed("a.py", text), text)


def test_files():
    pieces = Pieces()
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        is_the_same(pieces.parsed(str(path), text), text)


def test_edits_one_after_the_other():
    pieces = Pieces()
    for text in [*TEXTS, *TEXTS[::-1]]:
        is_the_same(pieces.parsed("a.py", text), text)


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_broken_is_broken_where_the_whole_is(text):
    pieces = Pieces()
    pieces.parsed("a.py", "class A: pass\ndef f(): pass\n")
    with pytest.raises(NotPython) as found:
        pieces.parsed("a.py", text)
    with pytest.raises(NotPython) as expected:
        parse(text)
    assert (found.value.row, found.value.column) == (expected.value.row, expected.value.column)


def test_an_edit_costs_its_piece_only(monkeypatch):
    pieces = Pieces()
    head = '"""Not\nclass A, and\n@b \\""" neither."""\n# it\'s "\nx = "\\""; y = \'"""\'\nimport a\n'
    text = head + "".join(f"class A{number}:\n    x = f()\n" for number in range(9))
    pieces.parsed("a.py", text)
    seen, lowered = [], []
    monkeypatch.setattr(syntax, "parse", lambda piece: seen.append(piece) or parse(piece))
    monkeypatch.setattr(syntax, "lower", lambda tree, at: lowered.append(tree.code) or lower(tree, at))
    is_the_same(pieces.parsed("a.py", text.replace("A4:", "A4(B):")), text.replace("A4:", "A4(B):"))
    assert seen == lowered == ["class A4(B):\n    x = f()\n"]


def test_no_two_pieces_share_a_record():
    pieces = Pieces()
    text = "def f(): pass\n" * 3
    for _ in range(3):
        text += "def f(): pass\n"
        found = [id(stretch.body[0]) for stretch in pieces.parsed("a.py", text).stretches]
        assert len(set(found)) == len(found)
