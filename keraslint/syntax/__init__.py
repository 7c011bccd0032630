"""Python source becomes a summary, by libcst; the only room, with `fix`, that knows libcst."""

from __future__ import annotations


class NotPython(Exception):
    """The text does not parse; `row` and `column` start at 1, `reason` is one line."""

    def __init__(self, row: int, column: int, reason: str):
        super().__init__(reason)
        self.row, self.column, self.reason = row, column, reason
