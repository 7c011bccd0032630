"""What is known of one open document at one moment: its findings, their fixes, and the modes of its layers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count

from .. import engine
from ..analysis import Sources, in_deep_stack, not_collecting
from ..checks.reuse import Judgements
from ..config import Settings
from ..engine import Result
from ..finding import Finding, Fix, ModelReport
from ..source.discover import excluded
from ..syntax.pieces import Pieces
from .documents import Document
from .memory import Packed

_serials = count(1)


@dataclass
class Outcome:
    """A document as it was when it was analysed, and what came of it.

    users: the open documents (paths) that import it and so were judged with it. reads: every file whose change
    may change the outcome. imports: those of them that the document reaches by its own imports. judgements: what
    came of each class.
    """

    document: Document
    opened: dict[str, Document]
    settings: Settings
    users: frozenset[str] = frozenset()
    serial: str = field(default_factory=lambda: str(next(_serials)))
    reads: frozenset[str] = frozenset()
    imports: frozenset[str] = frozenset()
    result: Result | None = None
    judgements: Judgements | None = None
    fixes: dict[int, Fix | None] = field(default_factory=dict)  # by the finding's identity
    _models: list[ModelReport] | None = None

    @property
    def findings(self) -> list[Finding]:
        """The findings in the document itself."""
        found = self.result.findings if self.result is not None else ()
        return [each for each in found if each.span.filename == self.document.path]

    def models(self) -> list[ModelReport]:
        """The modes of the calls that stand in the document. Takes as long as an analysis, once."""
        if self._models is None:
            self._models = self._reported() if self.result is not None else []
        return self._models

    @in_deep_stack
    def _reported(self) -> list[ModelReport]:
        read, program = self.result.read, self.result.program
        path, judgements = self.document.path, self.judgements
        return engine.model_reports(read, program, path, self.settings, judgements=judgements)


@in_deep_stack
def analyse(
    document: Document,
    opened: dict[str, Document],
    users: Iterable[str],
    settings: Settings,
    summaries: Packed,
    pieces: Pieces,
    before: Outcome | None = None,
) -> Outcome:
    """Analyse one document, with what else is open as it stands in the editor. Raises ConfigError.

    before: what came of the document when everything but its own text was as it is now.
    """
    path = document.path
    outcome = Outcome(document, opened, settings, frozenset(users))
    if excluded(path, settings):
        return outcome
    given = {each.path: each.source(settings.max_file_size) for each in opened.values()}
    sources = Sources(settings.max_file_size, given, summaries, pieces)
    if not sources.about_keras(path):
        return outcome
    outcome.judgements = Judgements(path, before.judgements if before is not None else None)
    with not_collecting():
        outcome.result = engine.recheck(sources, [path, *sorted(outcome.users)], settings, outcome.judgements)
    # What was found before may be of files that nobody had to read again.
    outcome.reads = frozenset(sources.read) | (before.reads if before is not None else frozenset())
    outcome.imports = _reached(outcome.result.program.project.imports, path)
    return outcome


def _reached(imports: dict[str, set[str]], path: str) -> frozenset[str]:
    """The files that one imports, and those that they import, and so on."""
    found: set[str] = set()
    waiting = [path]
    while waiting:
        new = imports.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return frozenset(found - {path})
