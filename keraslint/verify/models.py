"""The models that findings are about: which there are, where each is defined, and which findings it may decide."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from keraslint.finding import Finding, Location, Span
from keraslint.result import Result
from keraslint.source.files import Source, SourceError
from keraslint.verify.inside.namespace import bound

MOST_MODELS = 3  # of a finding
_NAMELESS = "<module>"  # what a graph is called that no name stands for at the end of its module


@dataclass
class Model:
    """A class or graph to build, and the findings that it may decide."""

    path: str
    name: str  # what its module calls it
    key: str = ""  # PATH::NAME, as findings say it
    findings: list[Finding] = field(default_factory=list)
    span: Span | None = None  # where it is defined
    until: int = 0  # the last row of the text in which the name means it; 0 if that is to the end
    about: dict = field(default_factory=dict)  # the interpreter that ran it
    result: dict | None = None  # what its job came to

    def __post_init__(self):
        self.key = self.key or f"{self.path}::{self.name}"


class _Definition(NamedTuple):
    """A place where a name becomes a model. start: the cell and row of its statement. name, span, until: as of a model."""

    name: str
    span: Span
    start: tuple[int, int] = (0, 0)
    until: int = 0


def models(result: Result, wanted: Iterable[str] = ()) -> list[Model]:
    """The models of a check's findings: of a name that is defined several times, the one that each finding is about.

    wanted: models as PATH::NAME that are built whether or not something was found; of their files no others are.
    """
    keys = dict.fromkeys([*wanted, *(key for f in result.findings for key in f.models[:MOST_MODELS])])
    defined = _definitions(keys, result)
    found: dict[tuple[str, int], Model] = {}

    def model(key: str, meant: _Definition) -> Model:
        made = Model(key.rpartition("::")[0], meant.name, key, [], meant.span, meant.until)
        return found.setdefault((key, meant.until), made)

    for key in wanted:
        model(key, defined[key][-1])
    named = {key.rpartition("::")[0] for key in wanted}
    for finding in result.findings:
        for key in finding.models[:MOST_MODELS]:
            if key in wanted or key.rpartition("::")[0] not in named:
                model(key, _meant(defined[key], finding.span)).findings.append(finding)
    return list(found.values())


def _definitions(keys: Iterable[str], result: Result) -> dict[str, list[_Definition]]:
    """Where each model is defined, in the order of the source."""
    sites = {}
    for key in keys:
        path, name = key.rsplit("::", 1)
        sites[key] = [subject.site for subject in result.program.subjects(path) if subject.name == name]
    places = result.read.places([site for each in sites.values() for site in each]) if sites else {}
    found = {}
    for key, own in sites.items():
        path, name = key.rsplit("::", 1)
        source = result.read.read[path]
        first = Span(source.filename, Location(1, 1), Location(1, 1))
        spans = [(places[site].start.row, result.read.span(site, places[site])) for site in own]
        if len(own) > 1 or name == _NAMELESS:
            found[key] = [_definition(source, name, row, span) for row, span in spans]
        else:
            found[key] = [_Definition(name, span) for _, span in spans]
        found[key] = found[key] or [_Definition(name, first)]
    return found


def _definition(source: Source, name: str, row: int, span: Span) -> _Definition:
    """The definition around a row of a text."""
    statement, *later = [each for each in statements(source) if (each.end_lineno or 0) >= row] or [None]
    if statement is None:  # it cannot be read as Python's own parser reads it
        return _Definition(name, span)
    own = next(bound(statement), name) if name == _NAMELESS else name
    again = (each.lineno - 1 for each in later if own.partition(".")[0] in bound(each))
    cell, shown = source.place(statement.lineno)
    return _Definition(own, span, (cell or 0, shown), next(again, 0))


def _meant(definitions: list[_Definition], span: Span) -> _Definition:
    """Of the definitions of a name the last before a place, or the last of all."""
    place = (span.cell or 0, span.start.row)
    before = [d for d in definitions if d.span.filename == span.filename and d.start <= place]
    return (before or definitions)[-1]


@lru_cache(maxsize=256)
def statements(source: Source) -> list[ast.stmt]:
    """What stands at the top of a module; nothing if it cannot be read."""
    try:
        return ast.parse(source.text).body
    except (SourceError, SyntaxError, ValueError, RecursionError):
        return []
