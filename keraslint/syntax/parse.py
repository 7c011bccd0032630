"""Text becomes a libcst tree, or one clear line about why it does not."""

from __future__ import annotations

import ast

import libcst as cst

from . import NotPython


def parse(text: str) -> cst.Module:
    """Parse a module.

    Raises NotPython. libcst raises CSTValidationError, not only ParserSyntaxError, on some texts, and
    RecursionError on deep nesting; its own syntax messages carry unreliable positions, so CPython's
    are shown where CPython fails too.
    """
    try:
        return cst.parse_module(text)
    except (cst.ParserSyntaxError, cst.CSTValidationError, RecursionError, ValueError) as error:
        raise _explained(text, error) from None


def _explained(text: str, error) -> NotPython:
    try:
        ast.parse(text)
    except SyntaxError as problem:
        row = min(problem.lineno or 1, text.count("\n") + 1)
        return NotPython(row, max(problem.offset or 1, 1), problem.msg or "invalid syntax")
    except (ValueError, RecursionError, MemoryError) as problem:
        return NotPython(1, 1, str(problem) or "too deeply nested")
    row = getattr(error, "raw_line", 1)
    return NotPython(
        row, getattr(error, "raw_column", 0) + 1, str(error).splitlines()[0] if str(error) else "cannot parse"
    )


def parses(text: str) -> bool:
    """Whether the text is a module."""
    try:
        cst.parse_module(text)
    except (cst.ParserSyntaxError, cst.CSTValidationError, RecursionError, ValueError):
        return False
    return True
