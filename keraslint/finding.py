"""What keraslint reports: findings with their path, and the mode tables of `explain`.

Rows and columns start at 1; columns count characters. In a notebook `cell` is the 1-based index of
the cell among all cells and rows count within it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Location(NamedTuple):
    row: int
    column: int


class Span(NamedTuple):
    """A stretch of one file (or notebook cell); `end` is exclusive."""

    filename: str
    start: Location
    end: Location
    cell: int | None = None


class Step(NamedTuple):
    """One step of the path that leads to a finding."""

    span: Span
    message: str


class Edit(NamedTuple):
    """Replace what a span holds by `content`; an empty span inserts."""

    span: Span
    content: str


class Fix(NamedTuple):
    """What makes a finding go away: edits that do not overlap, of one or several files.

    applicability: safe (no mode changes), unsafe (training or inference changes, which is the point),
    display (shown, never applied).
    """

    applicability: str
    message: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True)
class Finding:
    """A delivery that contradicts what its entry wants."""

    code: str
    message: str
    span: Span
    name: str
    category: str  # correctness | suspicious | migration | pedantic
    certainty: str  # manifest | latent
    severity: str  # error | warning | info
    symbol: str = ""
    holds: tuple[tuple[str, tuple[str, ...]], ...] = ()  # (regime, entries) pairs
    models: tuple[str, ...] = ()  # the models it was seen in, each as PATH::NAME
    trace: tuple[Step, ...] = ()
    fix: Fix | None = None
    evidence: dict | None = None  # what the verifier recorded
    # The path and number of the record that `span` shows, for who edits there; None for a comment or a file.
    site: tuple[str, int] | None = field(default=None, compare=False, repr=False)

    @property
    def regimes(self) -> tuple[str, ...]:
        """Those in which it holds."""
        return tuple(regime for regime, _ in self.holds)

    @property
    def entries(self) -> tuple[str, ...]:
        """Those under which it holds in some regime."""
        return tuple(dict.fromkeys(entry for _, entries in self.holds for entry in entries))

    @property
    def sort_key(self):
        return (self.span.filename, self.span.cell or 0, self.span.start, self.code, self.message)


@dataclass
class SiteRow:
    """One layer at one place, with its mode under each entry.

    `modes` maps an entry name (`fit`, `evaluate`, `predict`, `call`, `call_true`, `call_false`) to
    `train`, `infer`, `either`, `unreached` or `unknown`.
    """

    span: Span
    within: str
    callee: str
    layer: str | None
    sensitive: bool
    modes: dict[str, str]
    why: str


@dataclass
class Table:
    """The modes of one model in one regime on one backend."""

    regime: str
    backend: str
    sites: list[SiteRow] = field(default_factory=list)


@dataclass
class ModelReport:
    """The mode tables of one class, functional graph or Sequential; `made` is False if no instance could be made."""

    name: str
    kind: str  # model | layer | functional | sequential
    span: Span
    tables: list[Table] = field(default_factory=list)
    made: bool = True
