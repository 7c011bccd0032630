"""What an error says, and how far the source came before it."""

from __future__ import annotations

import ast
import contextlib
import linecache
import re
import traceback
from collections.abc import Container

MOST_COMPARED = 200  # characters
_RAISED = re.compile(r"\w*(Error|Exception): \S")


def told(error: BaseException) -> str:
    """`TypeError: what it says`, in a line and without Keras' introduction."""
    key = error.args[0] if isinstance(error, KeyError) and error.args else None
    # Python writes a KeyError's text with its line breaks as one; in it, Keras gives the key without quotes.
    whole = (
        re.sub(r"^(\w+)$", r"'\1'", key, flags=re.M) if isinstance(key, str) and "\n" in key else str(error)
    )
    text = re.sub(r"\x1b\[[0-9;]*m", "", whole)
    text = re.split(r"^Call arguments received by", text, flags=re.M)[0]  # which Keras adds
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if "in user code:" in lines[:2]:  # of autograph; the frames follow, and then what was raised
        lines = [line.partition(": ")[2] for line in lines if _RAISED.match(line)][:1] or lines
    said = [line for line in lines if not line.startswith("Exception encountered when calling")]
    compared = _compared(error) if isinstance(error, AssertionError) else ""
    return f"{type(error).__name__}: {(said or [_raised_by(error)])[0][:300]}{compared}"


def _raised_by(error: BaseException) -> str:
    """The line that raised an error, which says more than nothing: `assert x.shape[1] == self.length`."""
    frames = traceback.extract_tb(error.__traceback__)
    return (frames[-1].line or "") if frames else ""


def _compared(error: AssertionError) -> str:
    """The two sides that were asserted to be the same: ` ((2, 8) != (16, 16))`."""
    with contextlib.suppress(Exception):
        *_, (frame, _) = traceback.walk_tb(error.__traceback__)
        line = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()
        test = ast.parse(line).body[0].test
        if not isinstance(test.ops[0], ast.Eq):
            return ""
        left, right = (
            eval(compile(ast.Expression(side), "<asserted>", "eval"), frame.f_globals, frame.f_locals)
            for side in (test.left, *test.comparators)
        )
        return f" ({left!r} != {right!r})"[:MOST_COMPARED]
    return ""


def progress(error: BaseException, sources: Container[str]) -> float:
    """How far the source came until it raised, by the rows of its calls, the outermost first: less than one."""
    rows = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename in sources]
    return sum(min(row, 9_999) / 10_000 ** (depth + 1) for depth, row in enumerate(rows[:3]))
