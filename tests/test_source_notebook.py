import ast
import json

import pytest

from keraslint.source.files import Source, SourceError, read, split_lines
from keraslint.source.notebook import mask, source_pieces


def notebook(*cells, **metadata):
    return {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def code(source, **metadata):
    return {
        "cell_type": "code",
        "source": source,
        "metadata": metadata,
        "outputs": [],
        "execution_count": None,
    }


def markdown(source):
    return {"cell_type": "markdown", "source": source, "metadata": {}}


def as_source(*cells, **metadata):
    return Source("n.ipynb", json.dumps(notebook(*cells, **metadata)).encode())


def parses(text):
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def test_cells_are_joined_and_rows_map_back_to_cells_counted_over_all_cells():
    source = as_source(code("a = 1\nb = 2"), markdown("# hi"), code(["c = 3\n", "d = 4\n"]), code("e = 5"))
    assert source.text == "a = 1\nb = 2\nc = 3\nd = 4\n\ne = 5\n"
    rows = {line: source.place(row) for row, line in enumerate(source.text.split("\n"), start=1) if line}
    assert rows == {"a = 1": (1, 1), "b = 2": (1, 2), "c = 3": (3, 1), "d = 4": (3, 2), "e = 5": (4, 1)}
    assert source.cells.row(3, 2) == 4


@pytest.mark.parametrize(
    "cell, accepted",
    [
        ("    a = 1\n    if a:\n        b = 2", True),
        ("\n  # c\n\n  a = 1\n", True),
        ("\t%matplotlib inline\n\ta = 1", True),
        ("    # c\na = 1", True),
        ("  # only", True),
        ("  a = 1\nb = 2", False),
        ("# c\n  a = 1", False),
        ("    a = 1\n  b = 2", False),
    ],
)
def test_a_cell_that_is_indented_as_a_whole_is_python_as_in_ipython(cell, accepted):
    """`accepted` is whether CPython parses what IPython 9 makes of the cell."""
    source = as_source(code("x = 0"), code(cell), code("y = 3"))
    assert parses(source.text) is accepted
    assert source.without_broken(parses)[1] == ([] if accepted else [(2, 1)])
    rows = source.text.split("\n")
    for row, line in enumerate(split_lines(mask(cell)), start=1):
        assert rows[source.cells.row(2, row) - 1] == line
        assert source.place(source.cells.row(2, row)) == (2, row)
    assert source.place(rows.index("y = 3") + 1) == (3, 1)


def test_empty_cells_keep_their_place():
    source = as_source(code(""), code([]), code("x = 1"))
    row = source.text.split("\n").index("x = 1") + 1
    assert source.place(row) == (3, 1)


@pytest.mark.parametrize(
    "line, masked",
    [
        ("%matplotlib inline", "pass"),
        ("!pip install keras  # it's", "pass"),
        ("    !ls", "    pass"),
        ("model.fit?", "pass"),
        ("?model", "pass"),
        ("files = !ls", "files = get_ipython()"),
        ("a, b = %sql select", "a, b = get_ipython()"),
        ("d['x'] = !ls", "d['x'] = get_ipython()"),
        ("pip install -q keras", "pass"),
        ("cd ..", "pass"),
        ("ls -la", "pass"),
        ("matplotlib inline", "pass"),
        ("%time model.fit(x, y)", "if 1: model.fit(x, y)"),
        ("    %time h = model.fit(x, y)", "    if 1: h = model.fit(x, y)"),
        ("%timeit model(x)", "pass"),
    ],
)
def test_ipython_lines_are_masked(line, masked):
    assert mask(line) == masked


@pytest.mark.parametrize(
    "text",
    [
        "x = a % b",
        "x = (a\n% b)",
        "x = a \\\n% b",
        's = """\n%matplotlib inline\n!ls\n"""',
        "print('what?')",
        "x = 1  # why?",
        "if a != b: pass",
        "ls = 3",
        "ls in x",
        "ls - la",
        "pip = install == 3",
        "env if x else y",
        "x = f(a=1, b='%s' % c)",
        "@decorator\ndef f(): pass",
        "'''it's'''",
    ],
)
def test_python_is_left_alone(text):
    assert parses(text)
    assert mask(text) == text


def test_a_joined_shell_command_is_masked_as_a_whole_and_what_follows_is_not():
    text = "!pip install \\\n    keras 'open\nx = 1\r\n%time f()\r\ny = '''\n%no\n'''\n%yes"
    assert mask(text) == "pass\n\nx = 1\r\nif 1: f()\r\ny = '''\n%no\n'''\npass"


def test_the_columns_of_a_timed_statement_stay():
    line = "  %time history = model.fit(x)"
    assert mask(line).index("model") == line.index("model")


def test_cell_magics():
    assert mask("%%bash\nrm -rf x\n") == "\n\n"
    assert mask("%%time\nmodel.fit(x)") == "pass\nmodel.fit(x)"
    assert mask("\n%%capture out\nx = 1") == "\npass\nx = 1"


@pytest.mark.parametrize("text", ["%%time\nx\n", "!a\\\nb", "x?\r\ny", "a\rb", "%x\n\n\n", "'''\n"])
def test_masking_keeps_the_number_of_lines(text):
    assert len(split_lines(mask(text))) == len(split_lines(text))


def test_cells_in_another_language_are_left_out():
    source = as_source(code("x = 1"), code("select 1", vscode={"languageId": "sql"}), code("y = 2"))
    assert source.text == "x = 1\ny = 2\n"
    assert source.place(2) == (3, 1)
    assert as_source(code("x <- 1"), language_info={"name": "R"}).text == ""
    assert as_source(code("x = 1"), kernelspec={"language": "julia"}).text == ""
    assert as_source(code("x = 1"), kernelspec={"language": "python"}).text == "x = 1\n"


def test_broken_cells_are_masked_and_named():
    source = as_source(code("x = 1"), markdown("-"), code("for in\nz"), code("y = 2"))
    assert not parses(source.text)
    mended, broken = source.without_broken(parses)
    assert broken == [(3, 1)]
    assert mended.text == "x = 1\n\n\ny = 2\n"
    assert mended.place(4) == (4, 1)
    assert mended.lines(3) == ["for in", "z"]


def test_lines_are_the_authors():
    assert as_source(code("%matplotlib inline\nx = 1")).lines(1) == ["%matplotlib inline", "x = 1"]


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"{", "n.ipynb:1: not a notebook: not JSON"),
        (b"", "n.ipynb:1: not a notebook: not JSON"),
        (b"[]", "no list of cells"),
        (b'{"worksheets": []}', "no list of cells"),
        (b'{"cells": [1]}', "no list of cells"),
        (b"[" * 200_000, "n.ipynb"),
        (b'{"cells": "\xff"}', "n.ipynb:1: not UTF-8"),
    ],
)
def test_what_is_no_notebook_is_one_clear_line(data, reason):
    with pytest.raises(SourceError) as error:
        _ = Source("n.ipynb", data).text
    assert reason in str(error.value) and "\n" not in str(error.value)


def test_odd_cells_do_no_harm():
    cells = [
        {"cell_type": "code"},
        {"cell_type": "code", "source": None},
        {},
        {"cell_type": "code", "source": [1, "x"]},
    ]
    assert as_source(*cells).text.strip() == "x"


def test_a_notebook_is_judged_by_its_code_and_not_by_its_outputs(tmp_path):
    big = code("x = 1")
    big["outputs"] = [{"data": {"image/png": "A" * 12_000_000}}]
    path = tmp_path / "big.ipynb"
    path.write_text(json.dumps(notebook(big)))
    assert read(str(path)).text == "x = 1\n"
    path.write_text(json.dumps(notebook(code("x = 1\n" * 1000))))
    with pytest.raises(SourceError, match="larger than 100 bytes"):
        _ = read(str(path), max_bytes=100).text


@pytest.mark.parametrize("indent", [None, 1, 2])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_source_pieces_find_every_source_string_and_nothing_else(indent, ascii_only):
    document = notebook(
        code(["é = '漢'\n", 'y = "\\""']), markdown("# t"), code("x = 1\n"), code([]), {"cell_type": "raw"}
    )
    document["metadata"] = {"cells": [{"source": "no"}], "x": [1.0e5, {"a": [[], {}]}]}
    text = json.dumps(document, indent=indent, ensure_ascii=ascii_only)
    pieces = source_pieces(text)
    assert ["".join(piece.value for piece in cell) for cell in pieces] == [
        'é = \'漢\'\ny = "\\""',
        "# t",
        "x = 1\n",
        "",
        "",
    ]
    for piece in (piece for cell in pieces for piece in cell):
        assert json.loads(text[piece.start : piece.end]) == piece.value
    assert source_pieces("{}") == []


def test_a_notebook_with_byte_order_mark_is_read():
    data = b"\xef\xbb\xbf" + json.dumps(notebook(code("x = 1"))).encode()
    assert Source("n.ipynb", data).text == "x = 1\n"
