"""Text becomes a libcst tree, or one clear line about why it does not."""

from __future__ import annotations

import ast
import re

import libcst as cst

from . import NotPython

_ERRORS = (cst.ParserSyntaxError, cst.CSTValidationError, RecursionError, ValueError)
_INDENTATION = re.compile(r"^[ \t\f]*\t[ \t\f]*", re.MULTILINE)


def parse(text: str) -> cst.Module:
    """Parse a module.

    Raises NotPython. libcst raises CSTValidationError, not only ParserSyntaxError, on some texts, and
    RecursionError on deep nesting; its own syntax messages carry unreliable positions, so CPython's
    are shown where CPython fails too.
    """
    try:
        return cst.parse_module(text)
    except _ERRORS as error:
        refused = _refused_by_python(text)
        if refused is None and "\t" in text:
            try:
                return cst.parse_module(_levelled(text))
            except _ERRORS:
                pass
        raise refused or _refused_by_libcst(error) from None


def _levelled(text: str) -> str:
    """The text with a space for each tab that indents, which libcst wants to begin as the block around it does.

    CPython accepts only what nests alike with tabs of eight columns and of one. Columns stay as they are.
    """
    return _INDENTATION.sub(lambda match: match[0].replace("\t", " "), text)


def _refused_by_python(text: str) -> NotPython | None:
    try:
        ast.parse(text)
    except SyntaxError as problem:
        row = min(problem.lineno or 1, text.count("\n") + 1)
        return NotPython(row, max(problem.offset or 1, 1), problem.msg or "invalid syntax")
    except (ValueError, RecursionError, MemoryError) as problem:
        return NotPython(1, 1, str(problem) or "too deeply nested")
    return None


def _refused_by_libcst(error: Exception) -> NotPython:
    row, column = getattr(error, "raw_line", 1), getattr(error, "raw_column", 0) + 1
    return NotPython(row, column, str(error).splitlines()[0] if str(error) else "cannot parse")


def parses(text: str) -> bool:
    """Whether the text is a module."""
    try:
        parse(text)
    except NotPython:
        return False
    return True
