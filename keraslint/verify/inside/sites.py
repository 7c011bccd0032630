"""Places in the user's source: which call expression a running frame is at."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

_NEWLINE = re.compile("\r\n|\r|\n")
_COMPREHENSION = re.compile(r"\.<locals>\.<(listcomp|genexpr|dictcomp|setcomp)>")


@dataclass(frozen=True)
class Site:
    """The innermost call expression of the source from which a layer was called."""

    row: int
    column: int
    callee: str
    within: str
    filename: str


class Sites:
    """Finds sites in the sources, a mapping from filename to text."""

    def __init__(self, sources: Mapping[str, str]):
        self.sources = sources
        self._known: dict[tuple, Site] = {}

    def of(self, frame) -> Site:
        """The call expression that a frame is at."""
        at = frame.f_code, frame.f_lasti, frame.f_lineno
        if at not in self._known:
            self._known[at] = self._found(frame)
        return self._known[at]

    def _found(self, frame) -> Site:
        filename, code = frame.f_code.co_filename, frame.f_code
        lines, node = _lines(self.sources[filename]), self._node(frame)
        row, column, callee = frame.f_lineno, 0, ""
        if node is not None:
            row, column, callee = node.lineno, node.col_offset, _written(lines, node.func)
        within = _COMPREHENSION.sub("", getattr(code, "co_qualname", code.co_name))
        return Site(row, len(lines[row - 1][:column].decode()) + 1, callee, within, filename)

    def _node(self, frame) -> ast.Call | None:
        code, calls = frame.f_code, _calls(self.sources[frame.f_code.co_filename])
        if not hasattr(code, "co_positions"):  # Python 3.10: only where the line leaves no choice
            here = [node for node in calls if node.lineno <= frame.f_lineno <= node.end_lineno]
            return here[0] if len(here) == 1 else None
        # Its end is what identifies a call: a chain of calls shares its start.
        _, end_row, _, end_column = list(code.co_positions())[frame.f_lasti // 2]
        return next((n for n in calls if (n.end_lineno, n.end_col_offset) == (end_row, end_column)), None)


@lru_cache(maxsize=64)
def _calls(text: str) -> list[ast.Call]:
    return [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]


@lru_cache(maxsize=64)
def _lines(text: str) -> list[bytes]:
    return [line.encode() for line in _NEWLINE.split(text)]


def _written(lines: list[bytes], node: ast.expr) -> str:
    """An expression as it stands in the source, on one line."""
    rows = lines[node.lineno - 1 : node.end_lineno]
    rows[-1] = rows[-1][: node.end_col_offset]
    rows[0] = rows[0][node.col_offset :]
    return " ".join(b" ".join(rows).decode().split())
