"""Findings and mode tables as text or data; one module a format, imported by name when it is asked for.

A format's module has `render(findings, context) -> Iterator[str]`, which yields pieces of the output, line ends
included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module

from ..finding import Finding

# The formats whose output is for people, and so may be coloured.
FOR_PEOPLE = ("full", "concise", "grouped")


@dataclass(frozen=True)
class Context:
    """What a format may need besides the findings: `lines(filename, cell)` is the source as its author wrote it."""

    lines: Callable[[str, int | None], list[str]]
    color: bool = False


def render(format: str, findings: Iterable[Finding], context: Context) -> Iterator[str]:
    """The findings in a format of config.FORMATS."""
    return import_module(f".{format.replace('-', '_')}", __name__).render(list(findings), context)
