import os

import pytest

from keraslint.source.files import Source, SourceError, decode, read, shown, split_lines


def test_text_keeps_line_ends_and_drops_the_byte_order_mark(tmp_path):
    path = tmp_path / "a.py"
    path.write_bytes(b"\xef\xbb\xbfx = 1\r\ny = '\xc3\xa9'\r\n")
    source = read(str(path))
    assert source.text == "x = 1\r\ny = 'é'\r\n"
    assert source.place(2) == (None, 2)
    assert source.lines() == ["x = 1", "y = 'é'", ""]
    assert source.cells is None


@pytest.mark.parametrize(
    "data, text",
    [
        (b"# coding: latin-1\nx = '\xe9'", "# coding: latin-1\nx = 'é'"),
        (
            b"#!/usr/bin/python\n# -*- coding: cp1252 -*-\n'\x80'",
            "#!/usr/bin/python\n# -*- coding: cp1252 -*-\n'€'",
        ),
        (b"\r\n# vim: set fileencoding=latin-1 :\r\n'\xe9'", "\r\n# vim: set fileencoding=latin-1 :\r\n'é'"),
        (b"x = 1\n# coding: latin-1\n'\xc3\xa9'", "x = 1\n# coding: latin-1\n'é'"),
        (b"", ""),
    ],
)
def test_the_declared_encoding_is_used(data, text):
    assert decode("a.py", data) == text


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"x = 1\ny = '\xe9'\n", "a.py:2: not UTF-8 (byte 0xe9)"),
        (b"# coding: no-such\n", "a.py:1: unknown encoding 'no-such'"),
        (b"# coding: rot13\n", "a.py:1: unknown encoding 'rot13'"),
    ],
)
def test_what_cannot_be_decoded_is_one_clear_line(data, reason):
    with pytest.raises(SourceError) as error:
        _ = Source("a.py", data).text
    assert str(error.value).startswith(reason)
    assert str(error.value) == f"a.py:{error.value.row}: {error.value.reason}"
    assert "\n" not in str(error.value)


def test_what_cannot_be_read_is_one_clear_line(tmp_path):
    with pytest.raises(SourceError, match=r"none.py: cannot be read: No such file or directory"):
        read(str(tmp_path / "none.py"))
    with pytest.raises(SourceError, match="cannot be read: Is a directory"):
        read(str(tmp_path))


def test_the_size_guard(tmp_path):
    path = tmp_path / "a.py"
    path.write_bytes(b"x" * 101)
    assert read(str(path), max_bytes=101).data == b"x" * 101
    with pytest.raises(SourceError, match="a.py: larger than 100 bytes"):
        read(str(path), max_bytes=100)


def test_a_path_is_shown_relative_to_the_current_folder_if_it_lies_inside(tmp_path, monkeypatch):
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    assert shown("./a.py") == "a.py"
    assert shown(str(tmp_path / "sub" / "b" / "a.py")) == os.path.join("b", "a.py")
    assert shown(str(tmp_path / "subway" / "a.py")) == str(tmp_path / "subway" / "a.py")
    assert shown("../a.py") == str(tmp_path / "a.py")


def test_lines_are_what_python_counts():
    assert split_lines("a\r\nb\rc\nd\x0ce\u2028f") == ["a", "b", "c", "d\x0ce\u2028f"]


def test_a_python_file_has_no_broken_cells():
    source = Source("a.py", b"x = = 1")
    assert source.without_broken(lambda text: False) == (source, [])
