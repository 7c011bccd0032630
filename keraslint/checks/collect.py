"""Run the rules over a program and join what they say of one place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from keraslint.checks.case import Case, Report, Usages
from keraslint.checks.loops import program_reports
from keraslint.checks.pins import graph_pins
from keraslint.checks.reuse import Judgements
from keraslint.checks.rules import RULES
from keraslint.checks.skew import skewed_branches
from keraslint.delivery import graphs, keras
from keraslint.delivery.entries import run_entries
from keraslint.delivery.program import Program, Subject
from keraslint.delivery.sensitivity import is_sensitive, names_sensitive
from keraslint.semantics.regimes import REGIMES

JUDGED = ("fit", "evaluate", "predict", "call")


def reports(
    program: Program,
    paths: Iterable[str],
    targets: Callable[[Subject], list[tuple[str, str]]],
    judgements: Judgements | None = None,
) -> list[Report]:
    """What the rules find in these files.

    targets: the (regime, backend) pairs to judge a subject in. judgements: what is known of subjects; it is added to.
    """
    found: dict = {}
    usages = Usages(program.machine)
    for path in paths:
        for subject in program.subjects(path):
            try:
                judge = partial(_judged, program, subject, targets, usages)
                known = judgements is not None and subject.site.path == judgements.path
                judged = judgements.of("findings", subject, targets(subject), judge) if known else judge()
                for regime, report in judged:
                    _join(found, report, regime)
            except Exception as error:
                reason = f"{subject.name}: internal error, please report it: {type(error).__name__}: {error}"
                program.failures.append((path, reason))
    for report in program_reports(program, targets):
        for regime in report.regimes:
            _join(found, report, regime)
    checked = set(paths)
    return [report for report in found.values() if report.site.path in checked]


def _judged(program, subject, targets, usages) -> list[tuple[str, Report]]:
    """What is found in each regime."""
    return list(_judgement(program, subject, targets, usages))


def _judgement(program, subject, targets, usages):
    for report in skewed_branches(program.machine, subject):
        yield from ((regime, report) for regime in dict.fromkeys(regime for regime, _ in targets(subject)))
    if _matters(program, subject):
        for regime, backend in targets(subject):
            for report in _judge(program, subject, regime, backend, usages.of(subject)):
                yield regime, report._replace(models=(f"{subject.site.path}::{subject.name}",))


def _matters(program, subject) -> bool:
    """Whether anything in the subject can act by mode, as far as is known."""
    if any(is_sensitive(i) is not False for i in subject.instances):
        return True
    return subject.cls is not None and (
        names_sensitive(subject.cls.definition.body) or program.raised(subject) is not None
    )


def _judge(program, subject, regime, backend, usage):
    machine = program.machine
    runs = run_entries(machine, subject.instances, JUDGED, regime, backend)
    for number, run in enumerate(runs):
        started = (subject.site.path, subject.name, number, regime, backend)
        program.stuck[started] = program.stuck.get(started, False) or run.stuck
    yield from _ruled(machine, subject, regime, backend, usage, runs)
    raised = program.raised(subject)
    if raised is not None:
        latent = subject._replace(instances=(raised,))
        runs = run_entries(machine, latent.instances, JUDGED, regime, backend)
        for report in _ruled(machine, latent, regime, backend, usage, runs):
            yield report._replace(manifest=False)


def _ruled(machine, subject, regime, backend, usage, runs):
    case = Case(machine, subject, REGIMES[regime], backend, runs, usage, _pins(subject))
    for rule in (*RULES, graph_pins):
        yield from rule(case)


def _pins(subject: Subject) -> dict:
    """The graph nodes inside a subject that are called with True or False: site -> the origins of these values."""
    found: dict = {}
    stack, seen = list(subject.instances), set()
    while stack:
        layer = stack.pop()
        if id(layer) in seen:
            continue
        seen.add(id(layer))
        stack.extend(keras.held(layer))
        if graphs.GRAPH in layer.slots:
            for node in graphs.execution_order(*layer.slots[graphs.GRAPH]):
                if node.pin is not None and isinstance(node.pin.value, bool) and node.site is not None:
                    found.setdefault(node.site, set()).add(node.pin.origin)
    return found


def _join(found: dict, report: Report, regime: str):
    key = (report.code, report.site)
    known = found.get(key)
    if known is None:
        found[key] = report._replace(holds=((regime, report.entries),))
        return
    holds = dict(known.holds)
    better, other = (report, known) if report.manifest and not known.manifest else (known, report)
    found[key] = better._replace(
        holds=tuple({**holds, regime: _united(holds.get(regime, ()), report.entries)}.items()),
        manifest=known.manifest or report.manifest,
        models=_united(better.models, other.models),
    )


def _united(one: tuple, other: tuple) -> tuple:
    return one + tuple(value for value in other if value not in one)
