import json

import pytest

from keraslint.source.files import Source
from keraslint.source.suppress import suppressions


def of(text, **options):
    return suppressions(Source("a.py", text.encode()), **options)


@pytest.mark.parametrize(
    "comment, covered",
    [
        ("# noqa", True),
        ("# NoQA", True),
        ("# noqa: KER101", True),
        ("# noqa:KER101", True),
        ("# noqa: E501,KER101", True),
        ("# noqa: E501 KER101 because", True),
        ("# noqa: KER1", True),
        ("# noqa: ker101", True),
        ("# see above # noqa: KER101", True),
        ("# noqa: E501", False),
        ("# noqa: KER102", False),
        ("# noqa: KER1011", False),
        ("# keraslint: ignore[KER101] the teacher", True),
        ("# keraslint: ignore[KER102, KER101]", True),
        ("#keraslint:ignore[KER1]", True),
        ("# keraslint: ignore[KER102]", False),
        ("# keraslint: ignore", False),
        ("# keraslint: ignore[]", False),
        ("# keraslint: ignore[E501]", False),
        ("# a comment", False),
        ("", False),
    ],
)
def test_a_trailing_comment(comment, covered):
    assert of(f"x = f(x)  {comment}\n").covers("KER101", 1, 1) is covered


def test_any_line_of_the_statement_and_no_other():
    text = "x = f(\n    x,  # noqa: KER101\n)\ny = 1\n"
    assert of(text).covers("KER101", 1, 3)
    assert not of(text).covers("KER101", 4, 4)
    assert not of(text).covers("KER101", 1, 1)


def test_a_comment_on_a_line_of_its_own_is_about_the_next_line_of_code():
    text = "# keraslint: ignore[KER101] why\n# more\n\nx = 1\ny = 2\n"
    assert of(text).covers("KER101", 4, 4)
    assert not of(text).covers("KER101", 5, 5)
    assert not of("# noqa: KER101\nx = 1\n").covers("KER101", 2, 2)


@pytest.mark.parametrize(
    "text, covered",
    [
        ("# flake8: noqa\nx = 1\n", {"KER101", "KER202"}),
        ("# flake8: noqa: KER1\nx = 1\n", {"KER101"}),
        ("# flake8: noqa: E501\nx = 1\n", set()),
        ("'''doc'''\n# keraslint: ignore-file[KER2] old code\nx = 1\n", {"KER202"}),
        ("# keraslint: ignore-file\nx = 1\n", set()),
        ("x = 1  # keraslint: ignore-file[KER1]\n", set()),
        ("x = 1  # flake8: noqa\n", set()),
    ],
)
def test_whole_files(text, covered):
    found = of(text)
    assert {code for code in ("KER101", "KER202") if found.covers(code, 50, 50)} == covered


@pytest.mark.parametrize(
    "text",
    [
        's = "# noqa: KER101"\n',
        "s = '''\n# noqa: KER101\n'''\n",
        "s = 'it\\'s # noqa'\n",
        's = r"\\" # noqa"\n',
        's = """a \\""" # noqa """\n',
        "s = f'{x!r} # noqa'\n",
    ],
)
def test_strings_are_not_comments(text):
    rows = text.count("\n")
    assert not of(text).covers("KER101", 1, rows)


def test_comments_are_found_after_what_the_tokenizer_would_stop_at():
    assert of("for in in in $ ? (\ns = 'open\nx  # noqa: KER101\n").covers("KER101", 3, 3)


def test_windows_and_old_mac_line_ends_count_once():
    assert of("a\r\nb\r\nc  # noqa: KER101\r\n").covers("KER101", 3, 3)
    assert of("a\rb\rc  # noqa: KER101\r").covers("KER101", 3, 3)


def test_unused_are_only_ours_at_the_place_of_the_code():
    found = of("x = 1  # noqa: E501, KER101, KER2\ny = 1  # noqa\nz = 1  # noqa: E501\n")
    assert [(each.row, each.column, each.end_column, each.code) for each in found.unused()] == [
        (1, 22, 28, "KER101"),
        (1, 30, 34, "KER2"),
    ]
    assert found.covers("KER101", 1, 1)
    assert [each.code for each in found.unused()] == ["KER2"]


def test_every_comment_that_covers_a_finding_counts_as_used():
    found = of("# keraslint: ignore-file[KER101] a\nx = 1  # keraslint: ignore[KER101] b\n")
    assert [each.row for each in found.unused()] == [1, 2]
    assert found.covers("KER101", 2, 2)
    assert found.unused() == []


@pytest.mark.parametrize(
    "comment, said",
    [
        ("# keraslint: ignroe[KER101]", "unknown comment `keraslint: ignroe`"),
        ("# keraslint: ignore", "names no code"),
        ("# keraslint: ignore[]", "not a code"),
        ("# keraslint: ignore[F401]", "F401 is not a code of keraslint"),
        ("# keraslint: ignore-file[KER101]", "needs a line of its own"),
    ],
)
def test_what_cannot_be_understood_is_said(comment, said):
    [unused] = of(f"x = 1  {comment}\n").unused()
    assert said in unused.message
    assert (unused.row, unused.column, unused.end_column) == (1, 8, 8 + len(comment))


def test_a_reason_can_be_required_of_our_own_comments():
    text = "x = 1  # keraslint: ignore[KER101]\ny = 1  # keraslint: ignore[KER101] it is a teacher\nz = 1  # noqa: KER101\n"
    for require, rows in ((False, []), (True, [1])):
        found = of(text, require_reason=require)
        assert all(found.covers("KER101", row, row) for row in (1, 2, 3))
        assert [each.row for each in found.unused()] == rows


def test_rows_of_a_notebook_are_those_of_the_module():
    cells = [
        {"cell_type": "code", "source": source}
        for source in ("a = 1\nb = 2", "!echo '\nc = 3  # noqa: KER101")
    ]
    source = Source("n.ipynb", json.dumps({"cells": cells}).encode())
    assert suppressions(source).covers("KER101", 4, 4)


def test_a_file_without_the_words_is_not_decoded():
    assert suppressions(Source("a.py", b"\xff")).found == []
