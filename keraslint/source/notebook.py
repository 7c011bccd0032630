"""A Jupyter notebook as one Python module: its code cells joined, IPython's own syntax masked line for line.

Cells are numbered from 1 over all cells, markdown included, as ruff does and as an editor counts them.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from json.decoder import scanstring
from typing import Any, NamedTuple

from .files import SourceError, split_lines
from .scan import logical_line_end

# Cell magics whose body is Python that runs in this module; the body of any other is not ours to read.
PYTHON_MAGICS = {
    "capture", "debug", "ipytest", "prun", "pypy", "python", "python3", "time", "timeit",
}  # fmt: skip

_LINE = re.compile(r"[^\r\n]*")
_LINE_END = re.compile(r"\r\n|\r|\n")
_CELL_MAGIC = re.compile(r"\s*%%(\w*)")
_ESCAPE = re.compile(r"[ \t]*[%!?,;/]")
_TIME = re.compile(r"[ \t]*(%time )[ \t]*[^\s-]")
_ASSIGNED = re.compile(r"([ \t]*[\w., \t*\[\]'\"]*[\w\])'\"][ \t]*=[ \t]*)[%!]")
# Words that IPython runs as magics or commands without a `%`; Python cannot have a word or path after a name.
_AUTOMAGIC = re.compile(
    r"[ \t]*(?:pip3?|conda|mamba|uv|apt|cd|ls|ll|cat|mkdir|rmdir|rm|cp|mv|man|env|matplotlib|load_ext|tensorboard)"
    r"[ \t]+(?!(?:in|is|if|and|or|not|else)\b)(?:-{0,2}\w|[./~])[^=]*$"
)


@dataclass(frozen=True)
class Cell:
    """A code cell: its number, its text with IPython's syntax masked, as it was, and its first row."""

    number: int
    text: str
    original: str
    first_row: int

    @property
    def module(self) -> str:
        """The text as a module by itself, perhaps with a row before it."""
        return _header(self.text) + self.text


@dataclass(frozen=True)
class Notebook:
    """The code cells in order, and the module which they are together."""

    code: tuple[Cell, ...]
    text: str

    def place(self, row: int) -> tuple[int | None, int]:
        """The cell and the row within it of a row of the module; (None, row) where there are no cells."""
        at = bisect_right(self.code, row, key=lambda cell: cell.first_row) - 1
        if at < 0:
            return None, row
        return self.code[at].number, row - self.code[at].first_row + 1

    def row(self, cell: int, row: int) -> int:
        """The row of the module which shows that row of a cell. Raises KeyError if it is not a code cell."""
        return {each.number: each.first_row for each in self.code}[cell] + row - 1

    def lines(self, cell: int) -> list[str]:
        """The lines of a code cell as the author wrote them; none for any other cell."""
        return next((split_lines(each.original) for each in self.code if each.number == cell), [])


def load(filename: str, text: str, masked: frozenset[int] = frozenset()) -> Notebook:
    """Read a notebook's JSON; the cells whose numbers are in `masked` become blank. Raises SourceError."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise SourceError(filename, f"not a notebook: not JSON: {error.msg}", error.lineno) from None
    except RecursionError:
        raise SourceError(filename, "not a notebook: nested too deeply") from None
    cells = document.get("cells") if isinstance(document, dict) else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise SourceError(
            filename, "not a notebook of format 4: it has no list of cells; open and save it again"
        )
    if not _is_python(document):
        cells = []
    code, pieces, row = [], [], 1
    for number, cell in enumerate(cells, start=1):
        if cell.get("cell_type") != "code" or _language(cell) not in (None, "python"):
            continue
        original = _source(cell)
        body = _blank(original) if number in masked else mask(original)
        row += _header(body).count("\n")
        code.append(Cell(number, body, original, row))
        pieces += [code[-1].module, "\n"]
        row += len(split_lines(body))
    return Notebook(tuple(code), "".join(pieces))


def mask(source: str) -> str:
    """A cell's text as Python: magics, shell commands and help lines replaced, every line kept in its row."""
    magic = _CELL_MAGIC.match(source)
    if magic and magic.group(1) not in PYTHON_MAGICS:
        return _blank(source)
    pieces, position = [], 0
    while position < len(source):
        line = _LINE.match(source, position).group()
        replaced = _masked_line(line)
        if replaced is None:
            end = logical_line_end(source, position)
            pieces.append(source[position:end])
        else:
            end = _escape_end(source, position)
            pieces += [replaced, *_LINE_END.findall(source, position, end)]
        position = end
    return "".join(pieces)


class Piece(NamedTuple):
    """One string of a cell's source: its value, and where its JSON, quotes included, stands in the file's text."""

    value: str
    start: int
    end: int


def source_pieces(text: str) -> list[list[Piece]]:
    """For each cell of a notebook that `load` accepts, the strings of its source.

    A fix replaces only these stretches and so leaves every other byte of the file as it is.
    """
    cells = []
    for key, start in _members(text, _skip_space(text, 0)):
        if key == "cells":
            cells = [_pieces(text, at) for at in _items(text, start)]
    return cells


def json_row(text: str, cell: int, row: int) -> int:
    """The row of a notebook's text that holds a row of a cell; 1 if the cell has no source."""
    first, start = 1, 0
    for piece in source_pieces(text)[cell - 1]:
        if first > row:
            break
        start = piece.start
        first += len(_LINE_END.findall(piece.value))
    return text.count("\n", 0, start) + 1


def _masked_line(line: str) -> str | None:
    """Python in the place of a line of IPython's own syntax, or None if the line is Python."""
    indent = line[: len(line) - len(line.lstrip())]
    if timed := _TIME.match(line):
        # As many characters as `%time `, so that the columns of the timed statement stay.
        return line[: timed.start(1)] + "if 1: " + line[timed.end(1) :].lstrip()
    if _ESCAPE.match(line) or (line.rstrip().endswith("?") and "#" not in line) or _AUTOMAGIC.match(line):
        return indent + "pass"
    if assigned := _ASSIGNED.match(line):
        # The value is not known, and None or a string would be taken for one that is.
        return assigned.group(1) + "get_ipython()"
    return None


def _escape_end(source: str, position: int) -> int:
    """Where an IPython line ends: a backslash joins the next line, brackets and quotes mean nothing."""
    while True:
        line = _LINE.match(source, position)
        newline = _LINE_END.match(source, line.end())
        position = newline.end() if newline else line.end()
        if not newline or not line.group().endswith("\\"):
            return position


def _header(text: str) -> str:
    """What makes a cell that is indented as a whole, which IPython accepts, a module with the same columns."""
    lines = [line for line in split_lines(text) if line.strip()]
    indented = all(line[0] in " \t" for line in lines)
    return "if 1:\n" if indented and any(line.lstrip()[0] != "#" for line in lines) else ""


def _blank(source: str) -> str:
    return "".join(_LINE_END.findall(source))


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    if isinstance(source, list):
        return "".join(piece for piece in source if isinstance(piece, str))
    return source if isinstance(source, str) else ""


def _language(cell: dict[str, Any]) -> str | None:
    """The language that VS Code notes at a cell, if it is not the notebook's own."""
    return _dig(cell, "metadata", "vscode", "languageId")


def _is_python(document: dict[str, Any]) -> bool:
    named = _dig(document, "metadata", "language_info", "name")
    named = named or _dig(document, "metadata", "kernelspec", "language")
    return named is None or str(named).lower() in ("python", "ipython")


def _dig(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


# What follows walks JSON text that is known to be valid.

_SPACE = re.compile(r"[ \t\n\r]*")
_decoder = json.JSONDecoder()


def _skip_space(text: str, position: int) -> int:
    return _SPACE.match(text, position).end()


def _value_end(text: str, position: int) -> int:
    return _decoder.raw_decode(text, position)[1]


def _members(text: str, position: int) -> Iterator[tuple[str, int]]:
    """The keys of the object at `position`, each with the place of its value."""
    position = _skip_space(text, position + 1)
    while text[position] != "}":
        key, position = scanstring(text, position + 1)
        start = _skip_space(text, _skip_space(text, position) + 1)
        yield key, start
        position = _next(text, start)


def _items(text: str, position: int) -> Iterator[int]:
    """The places of the values of the list at `position`."""
    position = _skip_space(text, position + 1)
    while text[position] != "]":
        yield position
        position = _next(text, position)


def _next(text: str, position: int) -> int:
    """The place behind the value at `position` and its comma."""
    position = _skip_space(text, _value_end(text, position))
    return _skip_space(text, position + 1) if text[position] == "," else position


def _pieces(text: str, position: int) -> list[Piece]:
    """The strings of the source of the cell at `position`."""
    for key, start in _members(text, position):
        if key == "source":
            strings = _items(text, start) if text[start] == "[" else [start]
            return [Piece(*_string(text, at)) for at in strings if text[at] == '"']
    return []


def _string(text: str, position: int) -> tuple[str, int, int]:
    value, end = scanstring(text, position + 1)
    return value, position, end
