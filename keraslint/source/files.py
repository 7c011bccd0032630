"""Reading one file: its bytes, its text, and which cell and row a row of the text came from."""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .notebook import Notebook

MAX_BYTES = 1 << 20
# A notebook is judged by its code; this only stops a read that would fill the memory.
MAX_NOTEBOOK_BYTES = 512 << 20

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"^[ \t\f]*(?:#.*)?$")
_NEWLINE = re.compile(r"\r\n|\r|\n")
_ABOUT_KERAS = re.compile(rb"keras|tensorflow", re.IGNORECASE)
_MAY_DEFINE_MODELS = re.compile(rb"def call\b|def train_step|\.fit\(|\btraining\b")


class SourceError(Exception):
    """A file that cannot be read; the text is one line that names the file and the reason.

    Who reports it at a place of its own takes `reason` and `row`, which is 1 where no row is at fault.
    """

    def __init__(self, filename: str, reason: str = "", row: int | None = None):
        place = filename if row is None else f"{filename}:{row}"
        super().__init__(f"{place}: {reason}" if reason else place)
        self.reason = reason or filename
        self.row = row or 1


@dataclass(frozen=True)
class Source:
    """One file. Decoding waits until `text` is asked for, because a cached file needs only `data`.

    `filename` is what the user is shown. `masked` are the numbers of notebook cells left out because they
    do not parse. `text`, `cells` and `lines` raise SourceError.
    """

    filename: str
    data: bytes = field(repr=False)
    max_bytes: int = MAX_BYTES
    masked: frozenset[int] = frozenset()

    @property
    def is_notebook(self) -> bool:
        return is_notebook(self.filename)

    @property
    def about_keras(self) -> bool:
        """Whether the file can have anything to do with Keras, by a look at its bytes.

        One that has not is never parsed, unless another imports it.
        """
        return bool(_ABOUT_KERAS.search(self.data) or _MAY_DEFINE_MODELS.search(self.data))

    @cached_property
    def text(self) -> str:
        """The Python text without a byte order mark, its line ends as they are in the file."""
        return self.cells.text if self.cells is not None else decode(self.filename, self.data)

    @cached_property
    def cells(self) -> Notebook | None:
        """The map of a notebook's code cells, or None for a Python file."""
        if not self.is_notebook:
            return None
        from . import notebook

        cells = notebook.load(self.filename, decode(self.filename, self.data), self.masked)
        check_size(self.filename, len(cells.text), self.max_bytes)
        return cells

    def place(self, row: int) -> tuple[int | None, int]:
        """The cell, or None, and the row within it of a row of `text`."""
        return (None, row) if self.cells is None else self.cells.place(row)

    def lines(self, cell: int | None = None) -> list[str]:
        """The lines as the author wrote them, magics included: of the file, or of one cell."""
        if self.cells is None:
            return split_lines(self.text)
        return self.cells.lines(cell) if cell is not None else split_lines(self.text)

    def json_row(self, cell: int, row: int) -> int:
        """The row of a notebook's file that holds a row of a cell."""
        from . import notebook

        return notebook.json_row(decode(self.filename, self.data), cell, row)

    def without_broken(self, parses: Callable[[str], bool]) -> tuple[Source, list[tuple[int, int]]]:
        """The notebook without the cells that do not parse alone, and the cell and row of each of those."""
        if self.cells is None:
            return self, []
        broken = [cell.number for cell in self.cells.code if not parses(cell.module)]
        return replace(self, masked=self.masked | set(broken)), [(number, 1) for number in broken]


def read(path: str, max_bytes: int = MAX_BYTES) -> Source:
    """Read the file at `path`. Raises SourceError if it is not there, not readable or too large."""
    filename = shown(path)
    limit = MAX_NOTEBOOK_BYTES if is_notebook(path) else max_bytes
    try:
        with open(path, "rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise SourceError(filename, f"cannot be read: {error.strerror or error}") from None
    check_size(filename, len(data), limit)
    return Source(filename, data, max_bytes)


def shown(path: str) -> str:
    """The path as the user knows it: relative to the current folder where it lies inside."""
    full, here = os.path.abspath(path), os.getcwd()
    inside = full.startswith(here.rstrip(os.sep) + os.sep)
    return os.path.relpath(full, here) if inside else full


def is_notebook(path: str) -> bool:
    return path.endswith(".ipynb")


def check_size(filename: str, size: int, limit: int) -> None:
    """Raises SourceError if `size` is over `limit`."""
    if size > limit:
        raise SourceError(filename, f"larger than {limit} bytes; exclude it or raise max-file-size")


def split_lines(text: str) -> list[str]:
    """The lines as Python counts them: str.splitlines would also split at form feeds and U+2028."""
    return _NEWLINE.split(text)


def decode(filename: str, data: bytes) -> str:
    """The text of a Python file or notebook: byte order mark, coding cookie, else UTF-8. Raises SourceError."""
    if data.startswith(codecs.BOM_UTF8):
        encoding, data = "utf-8", data[len(codecs.BOM_UTF8) :]
    else:
        encoding = "utf-8" if is_notebook(filename) else declared_encoding(data)
    try:
        return data.decode(encoding)
    except LookupError:
        raise SourceError(filename, f"unknown encoding {encoding!r}", 1) from None
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        byte = f"0x{data[error.start]:02x}"
        reason = f"not {encoding.upper()} (byte {byte}); save it as UTF-8 or declare its encoding"
        raise SourceError(filename, reason, row) from None


def declared_encoding(data: bytes) -> str:
    """What PEP 263 says: a comment in the first line, or in the second if the first is blank or a comment."""
    for line in re.split(rb"\r\n|\r|\n", data[:1000], maxsplit=2)[:2]:
        match = _COOKIE.match(line)
        if match:
            return match.group(1).decode("ascii", "replace")
        if not _BLANK.match(line):
            break
    return "utf-8"
