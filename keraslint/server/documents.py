"""What the editor has open, as sources: files with their unsaved text, notebooks with their cells."""

from __future__ import annotations

import codecs
import json
import os
from typing import NamedTuple
from urllib.parse import unquote

from lsprotocol import types as lsp
from pygls.uris import from_fs_path, to_fs_path
from pygls.workspace import PositionCodec, Workspace

from ..finding import Location, Span
from ..source.files import Source, split_lines

PYTHON = "python"


class Part(NamedTuple):
    """A text that the client knows by a URI: a file, or one cell of a notebook."""

    uri: str
    version: int | None
    text: str
    language: str | None

    @property
    def lines(self) -> list[str]:
        return split_lines(self.text)


class Document(NamedTuple):
    """An open file or notebook as it is at one moment: one part for a file, one a cell for a notebook."""

    uri: str
    path: str
    parts: tuple[Part, ...]
    is_notebook: bool = False

    @property
    def state(self) -> tuple:
        """What differs as soon as anything in the document does."""
        return tuple((part.uri, part.version, part.language, hash(part.text)) for part in self.parts)

    def part(self, cell: int | None) -> Part | None:
        """The text that a span of this document is in; cells count from 1."""
        number = 1 if cell is None else cell
        return self.parts[number - 1] if 1 <= number <= len(self.parts) else None

    def text(self, uri: str) -> Part:
        """The part with that URI."""
        return next(part for part in self.parts if part.uri == uri)

    def cell_of(self, uri: str) -> int | None:
        """The number of the cell with that URI; None in a file."""
        if not self.is_notebook:
            return None
        return next(number for number, part in enumerate(self.parts, 1) if part.uri == uri)

    def source(self, max_bytes: int) -> Source:
        """The source that stands for the document, under its absolute path."""
        if self.is_notebook:
            return Source(self.path, json.dumps(_notebook(self.parts)).encode(), max_bytes)
        text = self.parts[0].text.removeprefix("\ufeff")
        # The mark says UTF-8, whatever a coding cookie says of the file on the disk.
        return Source(self.path, codecs.BOM_UTF8 + text.encode("utf-8", "replace"), max_bytes)


def document(workspace: Workspace, uri: str) -> Document | None:
    """The open Python file, or the notebook, of a URI, which may be a cell's; None for any other."""
    notebook = workspace.get_notebook_document(notebook_uri=uri) or workspace.get_notebook_document(
        cell_uri=uri
    )
    if notebook is not None:
        parts = tuple(
            _part(workspace, cell.document, cell.kind == lsp.NotebookCellKind.Code) for cell in notebook.cells
        )
        return Document(notebook.uri, path_of(workspace, notebook.uri, ".ipynb"), parts, is_notebook=True)
    opened = workspace.text_documents.get(unquote(uri))
    if opened is None or opened.language_id not in (PYTHON, None, ""):
        return None
    part = Part(opened.uri, opened.version, opened.source, PYTHON)
    return Document(opened.uri, path_of(workspace, uri), (part,))


def documents(workspace: Workspace) -> dict[str, Document]:
    """Every open file and notebook by its path."""
    found = {}
    for uri in (*workspace.notebook_documents, *workspace.text_documents):
        each = document(workspace, uri)
        if each is not None:
            found[each.path] = each
    return found


def path_of(workspace: Workspace, uri: str, ending: str = ".py") -> str:
    """The absolute path of a URI. What has none, being untitled, gets one in the workspace's folder."""
    path = to_fs_path(uri) if uri.startswith("file:") else None
    if path is not None:
        return os.path.abspath(path)
    name = uri.partition(":")[2].strip("/").replace("/", "_") or "untitled"
    folder = workspace.root_path or os.getcwd()
    return os.path.join(folder, name if name.endswith(ending) else name + ending)


class Places:
    """Positions as the client counts them: rows from 0, columns in units of the encoding that it chose."""

    def __init__(self, codec: PositionCodec, opened: dict[str, Document]):
        self.codec = codec
        self.opened = opened
        self._lines: dict[str, list[str]] = {}

    def uri(self, span: Span) -> str:
        """The URI of the text that a span is in."""
        part = self._part(span)
        return part.uri if part is not None else from_fs_path(os.path.abspath(span.filename))

    def version(self, span: Span) -> int | None:
        """The version of the text that a span is in; None for a file on the disk."""
        part = self._part(span)
        return part.version if part is not None else None

    def range(self, span: Span) -> lsp.Range:
        lines = self._lines_of(span)
        return lsp.Range(start=self._position(lines, span.start), end=self._position(lines, span.end))

    def range_in(self, part: Part, span: Span) -> lsp.Range:
        """The range of a span in a text that need not be what is open now."""
        lines = self._split(part.uri, part.text)
        return lsp.Range(start=self._position(lines, span.start), end=self._position(lines, span.end))

    def location(self, part: Part, position: lsp.Position) -> Location:
        """The row and column from 1 of a client's position."""
        lines = self._split(part.uri, part.text)
        row = min(position.line, len(lines) - 1)
        line = lines[row]
        column = 0
        units = 0
        while column < len(line) and units < position.character:
            units += self.codec.client_num_units(line[column])
            column += 1
        return Location(row + 1, column + 1)

    def _lines_of(self, span: Span) -> list[str]:
        """The lines of the text that a span is in; none if it cannot be had."""
        part = self._part(span)
        if part is not None:
            return self._split(part.uri, part.text)
        return self._split_file(span.filename)

    def _part(self, span: Span) -> Part | None:
        known = self.opened.get(os.path.abspath(span.filename))
        return known.part(span.cell) if known is not None else None

    def _position(self, lines: list[str], location: Location) -> lsp.Position:
        row = location.row - 1
        line = lines[row] if row < len(lines) else ""
        return lsp.Position(line=row, character=self.codec.client_num_units(line[: location.column - 1]))

    def _split(self, key: str, text: str) -> list[str]:
        if key not in self._lines:
            self._lines[key] = split_lines(text)
        return self._lines[key]

    def _split_file(self, filename: str) -> list[str]:
        try:
            with open(filename, encoding="utf-8-sig", errors="replace", newline="") as file:
                return self._split(filename, file.read())
        except OSError:
            return []


def _part(workspace: Workspace, uri: str, is_code: bool) -> Part:
    cell = workspace.text_documents.get(unquote(uri))
    if cell is None:
        return Part(uri, None, "", None)
    return Part(cell.uri, cell.version, cell.source, (cell.language_id or PYTHON) if is_code else None)


def _notebook(parts: tuple[Part, ...]) -> dict:
    """The cells in the notebook format, as far as it matters for their code."""
    cells = [
        {
            "cell_type": "code" if part.language else "markdown",
            "metadata": {"vscode": {"languageId": part.language or ""}},
            "source": part.text,
        }
        for part in parts
    ]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
