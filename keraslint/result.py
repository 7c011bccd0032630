"""What a check came to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .finding import Finding
from .source.files import Source

if TYPE_CHECKING:
    from .analysis import Sources
    from .delivery.program import Program


@dataclass
class Result:
    """What a check found.

    files: the absolute paths of what was checked.
    sources: all that was read, imported files included, by their filenames.
    read, program: what was made of the files, which is what a fix starts from; None if the cache gave the findings,
    or if no file is about Keras.
    """

    findings: list[Finding] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    lines: int = 0
    errors: list[str] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    read: Sources | None = None
    program: Program | None = None


def line_count(sources: Iterable[Source | None]) -> int:
    """The lines of all sources that could be read."""
    return sum(source.data.count(b"\n") for source in sources if source is not None)
