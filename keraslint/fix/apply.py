"""Applying fixes: round by round in memory, until nothing is left to fix; then every file is written once."""

from __future__ import annotations

import difflib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from keraslint.analysis import in_deep_stack
from keraslint.config import Settings, is_applied
from keraslint.engine import Result, recheck
from keraslint.finding import Finding
from keraslint.fix.propose import outcome, with_fixes
from keraslint.fix.scene import Scene
from keraslint.fix.text import Change, change_of, edited_sources, lines_of, merged
from keraslint.source.files import Source, SourceError

# Each round leaves fewer findings; this only ends what would not.
MOST_ROUNDS = 50


@dataclass
class Fixed:
    """What fixing a check's findings came to: the check of the fixed sources, the findings that went, the files
    (by absolute path) that changed with their sources before and after, and the findings whose fixes the settings
    do not let be made."""

    result: Result
    done: list[Finding] = field(default_factory=list)
    changed: dict[str, tuple[Source, Source]] = field(default_factory=dict)
    left: list[Finding] = field(default_factory=list)


@in_deep_stack
def fix_all(
    result: Result, settings: Settings, wanted: Callable[[Finding], bool] = lambda finding: True
) -> Fixed:
    """Fix, in memory, what the settings let be fixed of a check's findings; of those with a fix, what is wanted."""
    first = result.read
    fixed = Fixed(result)
    for _ in range(MOST_ROUNDS):
        findings = [each for each in with_fixes(fixed.result, settings) if _may_be_fixed(each)]
        chosen = [each for each in findings if is_applied(each.fix.applicability, settings)]
        fixed.left = [each for each in findings if not is_applied(each.fix.applicability, settings)]
        done, changes = _fitting(fixed.result, settings, list(filter(wanted, chosen)))
        if not done:
            break
        before, errors = fixed.result.read, fixed.result.errors
        sources = before.edited(edited_sources(before, changes))
        fixed.result = recheck(sources, fixed.result.files, settings)
        fixed.result.errors = errors
        fixed.done += done
    for path, source in fixed.result.read.read.items():
        before = first.read.get(path)
        if before is not None and source is not None and source.data != before.data:
            fixed.changed[path] = (before, source)
    return fixed


def _may_be_fixed(finding: Finding) -> bool:
    return finding.fix is not None and finding.fix.applicability != "display"


def _fitting(
    result: Result, settings: Settings, findings: list[Finding]
) -> tuple[list[Finding], list[Change]]:
    """The findings whose fixes can be applied at once, and their changes; the first half if all together do harm."""
    if not findings:
        return [], []
    changes, fitting = merged(_changes(result, finding) for finding in findings)
    together = [findings[number] for number in fitting]
    if len(together) == 1:
        return together, changes
    scene = Scene.of(result, {change.path for change in changes}, settings)
    if outcome(scene, [changes], together).right:
        return together, changes
    return _fitting(result, settings, together[: len(together) // 2])


def _changes(result: Result, finding: Finding) -> list[Change]:
    """The changes of a finding's fix."""
    paths = {source.filename: path for path, source in result.read.read.items() if source is not None}
    found = []
    for edit in finding.fix.edits:
        path = paths[edit.span.filename]
        found.append(change_of(path, result.read.read[path], edit))
    return found


def write(path: str, before: Source, after: Source) -> None:
    """Write a file in one step, with the mode it has. Raises SourceError if it cannot be, or is no longer as read."""
    target = os.path.realpath(path)
    name = None
    try:
        with open(target, "rb") as file:
            if file.read() != before.data:
                raise SourceError(before.filename, "changed while it was being fixed; run again")
        handle, name = tempfile.mkstemp(prefix=".keraslint-", dir=os.path.dirname(target))
        with os.fdopen(handle, "wb") as file:
            file.write(after.data)
        shutil.copymode(target, name)
        os.replace(name, target)
    except OSError as error:
        if name is not None and os.path.exists(name):
            os.unlink(name)
        raise SourceError(before.filename, f"cannot be written: {error.strerror or error}") from None


def diff(before: Source, after: Source) -> Iterator[str]:
    """A unified diff of a file, cell by cell for a notebook, in lines with their ends."""
    if before.cells is None:
        yield from _unified(before.filename, before.text, after.text)
        return
    for old, new in zip(before.cells.code, after.cells.code):
        yield from _unified(f"{before.filename}:cell {old.number}", old.original, new.original)


def _unified(name: str, old: str, new: str) -> Iterator[str]:
    if old == new:
        return
    for line in difflib.unified_diff(lines_of(old), lines_of(new), name, name):
        yield line if line.endswith(("\n", "\r")) else f"{line}\n\\ No newline at end of file\n"
