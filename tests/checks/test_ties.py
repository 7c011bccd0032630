"""By which names the parts of a file are tied, so that an edit of one has the other judged again."""

import pytest
from test_reuse import HEAD, NET, rejudged  # noqa: F401

TYING = (
    "shared = [1]",
    "shared: list = [1]",
    "first, (shared, *rest) = [], ([], [])",
    "shared += [1]",
    "shared[0] = 1",
    "shared.field = 1",
    "del shared",
    "for shared in [[]]: pass",
    "while (shared := []): pass",
    "with open('x') as shared: pass",
    "try:\n    pass\nexcept ValueError as shared:\n    pass",
    "try:\n    shared = []\nfinally:\n    pass",
    "if keras:\n    pass\nelse:\n    shared = []",
    "match keras:\n    case [shared, *_]:\n        pass",
    "def shared(): pass",
    "class shared: pass",
    "import shared",
    "from somewhere import thing as shared",
    "import somewhere.part as shared",
)
UNTIED = ("other = [1]", "print(shared)", "shared == 1", "assert shared", "from tensorflow import nn")
USES = ("    Net0()", "    print(shared)\n    Net0()"), ("    Net1()", "    print(shared)\n    Net1()")


def edited(statement):
    """A file with that statement behind its last function, before and after an edit of `train0`."""
    text = HEAD + "".join(NET.format(n) for n in range(3)) + f"def last():\n    pass\n\n\n{statement}\n"
    for use, more in USES:
        text = text.replace(use, more)
    return text, text.replace("Net0().fit([1])", "Net0().fit([1], epochs=3)")


@pytest.mark.parametrize("statement", TYING)
def test_a_name_that_is_given_a_value_ties(rejudged, statement):  # noqa: F811
    assert rejudged(*edited(statement)) == ["Net0", "Net1"]


@pytest.mark.parametrize("statement", UNTIED)
def test_a_name_that_is_only_read_does_not(rejudged, statement):  # noqa: F811
    assert rejudged(*edited(statement)) == ["Net0"]


def test_a_star_from_other_sources_ties_all(rejudged, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setattr("test_reuse.PATH", str(tmp_path / "models.py"))
    (tmp_path / "helpers.py").write_text("value = 1\n")
    text = HEAD + "from helpers import *\n" + "".join(NET.format(n) for n in range(3))
    assert rejudged(text, text.replace("Net0().fit([1])", "Net0().fit([1], epochs=3)")) == [
        "Net0",
        "Net1",
        "Net2",
    ]


def test_a_part_that_others_import_is_always_judged_again(rejudged, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setattr("test_reuse.PATH", str(tmp_path / "models.py"))
    text = HEAD + "".join(NET.format(n) for n in range(2))
    assert rejudged(text, text) == []
    assert rejudged(text, text + "# a line\n") == ["Net1"]
