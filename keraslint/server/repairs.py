"""What can be done about a document's findings: fixes and suppressions, as edits."""

from __future__ import annotations

from typing import NamedTuple

from ..analysis import in_deep_stack
from ..config import applicability, is_applied
from ..finding import Edit, Finding, Fix, Location, Span
from ..fix.apply import fix_all
from ..fix.candidates import FIXED, proposed
from ..fix.ignore import NOT_SUPPRESSED, ignores
from ..fix.propose import with_fixes
from ..fix.text import differences, edit_of
from .outcome import Outcome

# Lines that must stay the first of a file.
_FIRST = ("#!", "# -*-", "# coding", "# vim:")


class Repair(NamedTuple):
    """One thing to do about one finding."""

    title: str
    edits: tuple[Edit, ...]
    preferred: bool = False
    asks: str = ""  # what in the edits the user is to replace


@in_deep_stack
def repairs(outcome: Outcome, findings: list[Finding]) -> list[tuple[Finding, Repair]]:
    """What can be done about these findings of a document, for each its fix first."""
    found = []
    for finding in findings:
        fix = _fix(outcome, finding)
        if fix is not None:
            title = f"{fix.message[:1].upper()}{fix.message[1:]} ({finding.code})"
            found.append((finding, Repair(title, fix.edits, preferred=True)))
        found += [(finding, repair) for repair in _suppressions(outcome, finding)]
    return found


@in_deep_stack
def all_fixed(outcome: Outcome) -> tuple[Edit, ...]:
    """The edits that fix all that can be fixed within the document, and that the settings do not call unsafe."""
    result, path = outcome.result, outcome.document.path
    if result is None:
        return ()

    def inside(finding: Finding) -> bool:
        return all(place.filename == path for place in (finding.span, *(e.span for e in finding.fix.edits)))

    fixed = fix_all(result, outcome.settings, inside)
    if path not in fixed.changed:
        return ()
    before, after = fixed.changed[path]
    return tuple(edit_of(before, change) for change in differences(path, before.text, after.text))


def may_be_fixed(outcome: Outcome) -> bool:
    """Whether some finding may have a fix that the settings let be made without being looked at."""
    settings = outcome.settings
    return any(
        finding.code in FIXED
        and is_applied(applicability(finding.code, proposed(finding), settings), settings)
        for finding in outcome.findings
    )


def _fix(outcome: Outcome, finding: Finding) -> Fix | None:
    """The finding's fix, looked for once."""
    key = id(finding)
    if key not in outcome.fixes:
        proposed = with_fixes(outcome.result, outcome.settings, lambda each: each is finding)
        at = next(number for number, each in enumerate(outcome.result.findings) if each is finding)
        fix = proposed[at].fix
        outcome.fixes[key] = fix if fix is not None and fix.applicability != "display" else None
    return outcome.fixes[key]


def _suppressions(outcome: Outcome, finding: Finding) -> list[Repair]:
    if finding.code in NOT_SUPPRESSED:
        return []
    reason = "why"
    here = Repair(f"Ignore {finding.code} here", _ignore(outcome, finding, ""))
    explained = Repair(
        f"Ignore {finding.code} here, and say why", _ignore(outcome, finding, reason), asks=reason
    )
    in_file = Repair(
        f"Ignore {finding.code} in this file", (_ignore_file(outcome, finding, reason),), asks=reason
    )
    return [explained, in_file] if outcome.settings.require_reason else [here, explained, in_file]


def _ignore(outcome: Outcome, finding: Finding, reason: str) -> tuple[Edit, ...]:
    path = outcome.document.path
    source = outcome.result.read.read[path]
    return tuple(edit_of(source, change) for change in ignores(path, source, [finding], reason))


def _ignore_file(outcome: Outcome, finding: Finding, reason: str) -> Edit:
    """A comment above the first line of the file, or of the finding's cell, that may have something above it."""
    part = outcome.document.part(finding.span.cell)
    lines = part.lines
    row = next(number for number, line in enumerate([*lines, ""], 1) if not line.startswith((*_FIRST, "%%")))
    here = Location(row, 1)
    comment = f"# keraslint: ignore-file[{finding.code}] {reason}\n"
    return Edit(Span(outcome.document.path, here, here, finding.span.cell), comment)
