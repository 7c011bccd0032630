"""What an error says, and how far the source came before it."""

from __future__ import annotations

import re
import traceback
from collections.abc import Container

_RAISED = re.compile(r"\w*(Error|Exception): \S")


def told(error: BaseException) -> str:
    """`TypeError: what it says`, in a line and without Keras' introduction."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if "in user code:" in lines[:2]:  # of autograph; the frames follow, and then what was raised
        lines = [line.partition(": ")[2] for line in lines if _RAISED.match(line)][:1] or lines
    said = (
        [line for line in lines if not line.startswith("Exception encountered when calling")] or lines or [""]
    )
    return f"{type(error).__name__}: {said[0][:300]}"


def progress(error: BaseException, sources: Container[str]) -> float:
    """How far the source came until it raised, by the rows of its calls, the outermost first: less than one."""
    rows = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename in sources]
    return sum(min(row, 9_999) / 10_000 ** (depth + 1) for depth, row in enumerate(rows[:3]))
