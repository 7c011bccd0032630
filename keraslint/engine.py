"""The pipeline that ties the rooms together: paths to findings, and a target to its mode tables."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from keraslint import targets
from keraslint.analysis import Sources, interpret
from keraslint.config import Settings
from keraslint.delivery.entries import ENTRIES, run_entry
from keraslint.delivery.tables import rows
from keraslint.finding import Finding, ModelReport, SiteRow, Table
from keraslint.source.files import Source, SourceError


@dataclass
class Result:
    """What a check found."""

    findings: list[Finding] = field(default_factory=list)
    files: int = 0
    lines: int = 0
    errors: list[str] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)

    def text(self, filename: str, cell: int | None) -> list[str]:
        """The lines of a file or cell, as the report shows them."""
        source = self.sources.get(filename)
        return source.lines(cell) if source is not None else []


def explain(target: str, settings: Settings) -> list[ModelReport]:
    """The mode tables of FILE, or of FILE::Class.

    Raises SourceError if the file cannot be read or parsed, or has nothing of that name.
    """
    filename, _, wanted = target.partition("::")
    path = os.path.abspath(filename)
    if os.path.isdir(path):
        raise SourceError(f"{filename}: is a folder; explain takes FILE or FILE::Class")
    sources = Sources(settings.max_file_size)
    program = interpret(sources, [path], settings.library, settings.root)
    if program.project.module(path) is None:
        problem = next(p for p in sources.problems if p.path == path)
        raise SourceError(f"{filename}:{problem.row}: {problem.reason}")
    subjects = [s for s in program.subjects(path) if not wanted or s.name == wanted]
    if wanted and not subjects:
        raise SourceError(
            f"{filename}: no model or layer named {wanted}; leave out ::{wanted} to see them all"
        )
    return [_report(program.machine, sources, subject, settings) for subject in subjects]


def _report(machine, sources, subject, settings) -> ModelReport:
    tables = []
    for regime in regimes_for(subject, settings):
        for backend in backends_for(regime, settings):
            runs = [run_entry(machine, i, e, regime, backend) for i in subject.instances for e in ENTRIES]
            tables.append((regime, backend, rows(machine, runs)))
    sites = {row.site for _, _, table in tables for row in table} | {subject.site}
    places = sources.places(sites)
    span = sources.span(subject.site, places[subject.site])
    report = ModelReport(subject.name, subject.kind, span)
    for regime, backend, table in tables:
        report.tables.append(Table(regime, backend, [_site_row(sources, places, row) for row in table]))
    return report


def _site_row(sources, places, row) -> SiteRow:
    span = sources.span(row.site, places[row.site])
    return SiteRow(span, row.within, row.callee, row.layer, row.sensitive, row.modes, row.why)


def regimes_for(subject, settings: Settings) -> tuple[str, ...]:
    """The regimes to judge a model in: what imports tf_keras runs on Keras 2 whatever else is said."""
    return ("2",) if subject.legacy else targets.regimes(settings)


def backends_for(regime: str, settings: Settings) -> tuple[str, ...]:
    """The backends to judge a regime on; Keras 2 has TensorFlow only."""
    return ("tensorflow",) if regime == "2" else targets.backends(settings)
