"""What an error says, and how far the source came before it."""

from __future__ import annotations

import ast
import contextlib
import re
import traceback
from collections.abc import Container

MOST_COMPARED = 200  # characters
_MISFIT = re.compile(r"Shape mismatch|Wrong shape")
_RAISED = re.compile(r"\w*(Error|Exception): \S")


def told(error: BaseException) -> str:
    """`TypeError: what it says`, in a line and without Keras' introduction."""
    key = error.args[0] if isinstance(error, KeyError) and error.args else None
    # Python writes a KeyError's text with its line breaks as one; in it, Keras gives the key without quotes.
    text = re.sub(r"\x1b\[[0-9;]*m", "", key if isinstance(key, str) and "\n" in key else str(error))
    text = re.sub(r"^(\w+)$", r"'\1'", text, flags=re.M) if isinstance(key, str) else text
    text = re.split(r"^Call arguments received by", text, flags=re.M)[0]  # which Keras adds
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if "in user code:" in lines[:2]:  # of autograph; the frames follow, and then what was raised
        lines = [line.partition(": ")[2] for line in lines if _RAISED.match(line)][:1] or lines
    said = [line for line in lines if not line.startswith("Exception encountered when calling")]
    compared = _compared(error) if isinstance(error, AssertionError) else ""
    if type(error).__name__ == "EinopsError":  # which says first where it was, and last what it was
        said = [" ".join(line for line in said if line is said[0] or _MISFIT.match(line))]
    return f"{type(error).__name__}: {(said or [_raised_by(error)])[0][:300]}{compared}"


def _raised_by(error: BaseException) -> str:
    """The line that raised an error, which says more than nothing: `assert x.shape[1] == self.length`."""
    last = frames(error)[-1:]
    return (last[0].line or "") if last else ""


def _compared(error: AssertionError) -> str:
    """The two sides that were asserted to be the same: ` ((2, 8) != (16, 16))`."""
    with contextlib.suppress(Exception):
        test = ast.parse(_raised_by(error)).body[0].test
        if not isinstance(test.ops[0], ast.Eq):
            return ""
        left, right = (
            eval(compile(ast.Expression(side), "<asserted>", "eval"), *names(error))
            for side in (test.left, *test.comparators)
        )
        return f" ({left!r} != {right!r})"[:MOST_COMPARED]
    return ""


def progress(error: BaseException, sources: Container[str]) -> float:
    """How far the source came until it raised, by the rows of its calls, the outermost first: less than one."""
    rows = [f.lineno for f in frames(error) if f.filename in sources]
    return sum(min(row, 9_999) / 10_000 ** (depth + 1) for depth, row in enumerate(rows[:3]))


def frames(error: BaseException) -> traceback.StackSummary:
    """Where an error went through, the outermost first."""
    return getattr(error, "went_through", None) or traceback.extract_tb(error.__traceback__)


def names(error: BaseException) -> tuple[dict, dict]:
    """The globals and locals of where an error was raised."""
    if hasattr(error, "raised_in"):
        return error.raised_in
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return frame.f_globals, frame.f_locals


def left_to_others(error: BaseException | None) -> NotImplementedError | None:
    """The error, or one that was raised before on the way to it, by which a class leaves something to those that derive from it."""
    while error is not None and not isinstance(error, NotImplementedError):
        error = error.__context__
    return error


def release(error: BaseException) -> None:
    """Let go of all that the frames of a raised error hold, which may be a whole model; but of what was asserted there."""
    if error.__traceback__ is not None and not isinstance(error, AssertionError):
        error.went_through, error.raised_in = frames(error), (names(error)[0], {})
        error.__traceback__ = error.__cause__ = error.__context__ = None
