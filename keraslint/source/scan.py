"""Where strings, comments, brackets and line ends are in Python text, without parsing it.

The standard tokenizer stops at the first broken or too new construct and is slow; comments and IPython
lines have to be found in such files as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_NEXT = re.compile(r"""\#[^\r\n]* | \"\"\" | ''' | ["'] | [([{] | [)\]}] | \\?(?:\r\n|\r|\n)""", re.VERBOSE)
_STRING_END = {
    '"': re.compile(r'\\(?:\r\n|.)|"|(?=[\r\n])', re.DOTALL),
    "'": re.compile(r"\\(?:\r\n|.)|'|(?=[\r\n])", re.DOTALL),
    '"""': re.compile(r'\\.|"""', re.DOTALL),
    "'''": re.compile(r"\\.|'''", re.DOTALL),
}


class Token(NamedTuple):
    """`kind` is `#` for a comment, `(` or `)` for any bracket, `\\n` for a line end, `\\` for a joined one."""

    kind: str
    start: int
    end: int


def tokens(text: str, position: int = 0) -> Iterator[Token]:
    """The comments, brackets and line ends outside of strings, from a position that is outside of strings."""
    while match := _NEXT.search(text, position):
        found, position = match.group(), match.end()
        if found in _STRING_END:
            position = _string_end(text, position, _STRING_END[found])
        elif found[0] == "#":
            yield Token("#", *match.span())
        elif found in "([{":
            yield Token("(", *match.span())
        elif found in ")]}":
            yield Token(")", *match.span())
        else:
            yield Token("\\" if found[0] == "\\" else "\n", *match.span())


def logical_line_end(text: str, position: int) -> int:
    """Where the logical line that starts at `position` ends, its line end included."""
    depth = 0
    for kind, _start, end in tokens(text, position):
        if kind == "(":
            depth += 1
        elif kind == ")":
            depth = max(0, depth - 1)
        elif kind == "\n" and depth == 0:
            return end
    return len(text)


def _string_end(text: str, position: int, pattern: re.Pattern[str]) -> int:
    """The end of the string whose quotes end at `position`; a one-line string ends with its line at the latest."""
    while match := pattern.search(text, position):
        if not match.group().startswith("\\"):
            return match.end()
        position = match.end()
    return len(text)
