"""The pipeline that ties the rooms together: paths to findings, and a target to its mode tables."""

from __future__ import annotations

import os
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from functools import lru_cache, partial

from keraslint import config, targets
from keraslint.ahead import parse_ahead
from keraslint.analysis import Problem, Sources, in_deep_stack, interpret
from keraslint.checks.case import Report
from keraslint.checks.collect import reports
from keraslint.checks.reuse import Judgements
from keraslint.config import Settings, enabled, settings_near
from keraslint.delivery.entries import ENTRIES, run_entries
from keraslint.delivery.program import Program, Subject
from keraslint.delivery.tables import rows
from keraslint.finding import Finding, Location, ModelReport, SiteRow, Span, Step, Table
from keraslint.result import Result, line_count
from keraslint.rulebook import rules
from keraslint.source.discover import discover
from keraslint.source.files import Source, SourceError, shown
from keraslint.source.suppress import suppressions
from keraslint.summary import Summary


def check(
    paths: list[str],
    settings: Settings,
    stdin: tuple[str, bytes] | None = None,
    summaries: MutableMapping[bytes, Summary] | None = None,
    jobs: int = 1,
) -> Result:
    """Check files and folders; `-` among the paths is `stdin`, a (filename, content) pair.

    summaries: what earlier checks learned of files, by digest; it is read and added to.
    jobs: how many processes may parse.
    """
    result = Result()
    given = {}
    if stdin is not None:
        name, content = stdin
        given[os.path.abspath(name)] = Source(name, content, settings.max_file_size)
    sources = Sources(settings.max_file_size, given, {} if summaries is None else summaries)
    named = [path for path in paths if path != "-"]
    files = [os.path.abspath(p) for p in discover(named, settings, result.errors)] if named else []
    files += [path for path in given if path not in files]
    parse_ahead(sources, filter(sources.about_keras, files), jobs)
    return _checked(sources, files, settings, result)


def recheck(
    sources: Sources, files: list[str], settings: Settings, judgements: Judgements | None = None
) -> Result:
    """Check sources that are in memory: `files` are the absolute paths of those to report on.

    judgements: what is known of the classes of one of them; it is added to.
    """
    return _checked(sources, files, settings, Result(), judgements)


@in_deep_stack
def _checked(
    sources: Sources, files: list[str], settings: Settings, result: Result, judgements=None
) -> Result:
    wanted = [path for path in files if sources.about_keras(path)]
    program = interpret(sources, wanted, settings.library, settings.root)
    if judgements is not None:
        judgements.begin(program, sources.stretches(judgements.path))
    result.findings = findings(sources, program, files, settings, judgements)
    result.files = files
    result.sources = {source.filename: source for source in sources.read.values() if source is not None}
    result.lines = line_count(map(sources.read.get, files))
    result.read, result.program = sources, program
    return result


def findings(
    sources: Sources,
    program: Program,
    files: list[str],
    settings: Settings,
    judgements: Judgements | None = None,
) -> list[Finding]:
    """What is to be reported in these files (absolute paths) of an interpreted program, in order."""
    loaded = [path for path in files if program.project.modules.get(path) is not None]
    found = reports(program, loaded, targets_of(sources, program, settings), judgements)
    sources.problems += [Problem(path, 1, 1, reason) for path, reason in program.failures]
    located = _findings(sources, found) + [
        _unread(sources, p) for p in sources.problems if p.path in set(files)
    ]
    located = [f for f in located if _reported(f, settings)]
    return sorted(_unsuppressed(sources, loaded, located, settings), key=lambda f: f.sort_key)


def targets_of(
    sources: Sources, program: Program, settings: Settings
) -> Callable[[Subject], list[tuple[str, str]]]:
    """A function from a model to the (regime, backend) pairs to judge it in.

    A file that sets `KERAS_BACKEND` speaks for itself, for what it imports and for what imports it.
    """
    by_file = sources.assigned_backends()
    project = program.project

    def assigned(subject) -> tuple[str, ...]:
        if not by_file or subject.site is None:
            return ()
        path = subject.site.path
        around = project.importers({path}) | {file for file in by_file if path in project.importers({file})}
        return tuple(dict.fromkeys(name for file in by_file if file in around for name in by_file[file]))

    def targets(subject) -> list[tuple[str, str]]:
        backends = assigned(subject)
        return [(r, b) for r in regimes_for(subject, settings) for b in backends_for(r, settings, backends)]

    return targets


def _findings(sources: Sources, found: list[Report]) -> list[tuple[Finding, int, int]]:
    """The reports with their places: (finding, first row, last row) of the statement in the module's text."""
    sites = {r.site for r in found} | {site for r in found for site, _ in r.trace if site is not None}
    places = sources.places(sites)
    out = []
    for report in found:
        place = places[report.site]
        out.append((_finding(sources, places, report), place.first_row, place.last_row))
    return out


def _finding(sources, places, report: Report) -> Finding:
    rule = rules()[report.code]
    category = rule.category
    if not report.manifest and category == "correctness":
        category = "suspicious"
    return Finding(
        code=report.code,
        message=report.message,
        span=sources.span(report.site, places[report.site]),
        name=rule.name,
        category=category,
        certainty="manifest" if report.manifest else "latent",
        severity="error" if category == "correctness" else "warning",
        symbol=report.symbol,
        holds=report.holds,
        models=report.models,
        trace=tuple(Step(sources.span(s, places[s]), text) for s, text in report.trace if s is not None),
        site=report.site,
    )


def _unread(sources: Sources, problem) -> tuple[Finding, int, int]:
    """KER900 for a file or cell that could not be analysed."""
    rule = rules()["KER900"]
    source = sources.read.get(problem.path)
    filename = source.filename if source is not None else shown(problem.path)
    cell, row = problem.cell, problem.row
    if source is not None and source.is_notebook and cell is None:
        with suppress(SourceError):  # of what is no notebook at all, the row is one of the file
            cell, row = source.place(problem.row)
    start = Location(row, problem.column)
    span = Span(filename, start, Location(row, problem.column + 1), cell)
    message = f"not analysed: {problem.reason}"
    finding = Finding("KER900", message, span, rule.name, rule.category, "manifest", "warning")
    return finding, problem.row, problem.row


def _reported(found, settings: Settings) -> bool:
    finding = found[0]
    near = settings_near(settings, finding.span.filename)
    return enabled(finding.code, near, finding.span.filename)


def _unsuppressed(sources: Sources, files, found, settings: Settings) -> list[Finding]:
    """Leave out what comments suppress; report the comments that suppress nothing."""
    by_name = {
        source.filename: source for source in (sources.read.get(p) for p in files) if source is not None
    }
    comments = {}
    for name, source in by_name.items():
        try:
            comments[name] = suppressions(source, settings.require_reason)
        except SourceError:
            continue
    kept = []
    for finding, first, last in found:
        of_file = comments.get(finding.span.filename)
        if of_file is None or not of_file.covers(finding.code, first, last):
            kept.append(finding)
    for name, of_file in comments.items():
        kept += [f for f in _unused(by_name[name], of_file) if _reported((f,), settings)]
    return kept


def _unused(source: Source, comments) -> list[Finding]:
    rule = rules()["KER901"]
    out = []
    for each in comments.unused():
        cell, row = source.place(each.row)
        span = Span(source.filename, Location(row, each.column), Location(row, each.end_column), cell)
        out.append(Finding("KER901", each.message, span, rule.name, rule.category, "manifest", "warning"))
    return out


@in_deep_stack
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
    models = model_reports(sources, program, path, settings, wanted)
    if wanted and not models:
        raise SourceError(
            f"{filename}: no model or layer named {wanted}; leave out ::{wanted} to see them all"
        )
    return models


def model_reports(
    sources: Sources,
    program: Program,
    path: str,
    settings: Settings,
    name: str = "",
    judgements: Judgements | None = None,
) -> list[ModelReport]:
    """The mode tables of what a file of an interpreted program defines, or of what has that name in it.

    judgements: what is known of the classes of the file; it is added to. Calls in other files are left out then.
    """
    subjects = [s for s in program.subjects(path) if not name or s.name == name]
    targets = targets_of(sources, program, settings)

    def tables(subject: Subject) -> list:
        made = _tables(program.machine, subject, targets(subject))
        if judgements is None:
            return made
        return [(r, b, [row for row in table if row.site.path == path]) for r, b, table in made]

    def known(subject: Subject) -> list:
        if judgements is None:
            return tables(subject)
        return judgements.of("tables", subject, targets(subject), partial(tables, subject))

    found = [(subject, known(subject)) for subject in subjects]
    sites = {row.site for _, tables in found for _, _, table in tables for row in table}
    places = sources.places(sites | {subject.site for subject in subjects})
    return [_report(sources, places, subject, tables) for subject, tables in found]


def _tables(machine, subject, targets) -> list:
    """(regime, backend, rows) for each that is meant."""
    tables = []
    for regime, backend in targets:
        runs = run_entries(machine, subject.instances, ENTRIES, regime, backend)
        tables.append((regime, backend, rows(machine, runs)))
    return tables


def _report(sources, places, subject, tables) -> ModelReport:
    span = sources.span(subject.site, places[subject.site])
    report = ModelReport(subject.name, subject.kind, span, made=bool(subject.instances))
    for regime, backend, table in tables:
        report.tables.append(Table(regime, backend, [_site_row(sources, places, row) for row in table]))
    return report


def _site_row(sources, places, row) -> SiteRow:
    span = sources.span(row.site, places[row.site])
    return SiteRow(span, row.within, row.callee, row.layer, row.sensitive, row.modes, row.why)


def regimes_for(subject, settings: Settings) -> tuple[str, ...]:
    """The regimes to judge a model in: what imports tf_keras runs on Keras 2 whatever else is said."""
    return ("2",) if subject.legacy else _regimes(settings)


def backends_for(regime: str, settings: Settings, assigned: tuple[str, ...]) -> tuple[str, ...]:
    """The backends to judge a regime on; Keras 2 has TensorFlow only."""
    return ("tensorflow",) if regime == "2" else _backends(settings, assigned)


@lru_cache(maxsize=64)
def _regimes(settings: Settings) -> tuple[str, ...]:
    return targets.regimes(settings)


@lru_cache(maxsize=64)
def _backends(settings: Settings, assigned: tuple[str, ...]) -> tuple[str, ...]:
    return targets.backends(settings, assigned)


def forget() -> None:
    """Read configuration and declared versions anew from now on: for who lives longer than they stay the same."""
    config.forget()
    targets.forget()
    _regimes.cache_clear()
    _backends.cache_clear()
