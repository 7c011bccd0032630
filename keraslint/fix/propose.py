"""Fixes for findings: a candidate is kept only if the interpreter says, of the edited sources, that it is right.

Right means: it parses, its finding is gone, no other finding appeared in the versions meant, and no run raises
that did not raise before.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from keraslint.analysis import in_deep_stack
from keraslint.config import Settings, applicability, settings_near
from keraslint.engine import Result
from keraslint.finding import Finding, Fix
from keraslint.fix.candidates import FIXED, Candidate, candidates
from keraslint.fix.scene import Scene
from keraslint.fix.text import Change, differences, edit_of, merged, shifted
from keraslint.source.files import SourceError

# How often a candidate may be widened by what its own result asks for: first the signature, then a call, then another.
WIDENINGS = 3


@in_deep_stack
def with_fixes(
    result: Result, settings: Settings, wanted: Callable[[Finding], bool] = lambda finding: True
) -> list[Finding]:
    """The findings of a check, those that are wanted with their fix where one is found to be right.

    How applicable a fix is, is what the settings for its file say.
    """
    paths = {source.filename: path for path, source in result.read.read.items() if source is not None}
    by_path: dict[str, list[Finding]] = {}
    for finding in result.findings:
        if finding.code in FIXED and wanted(finding):
            by_path.setdefault(paths[finding.span.filename], []).append(finding)
    fixes: dict[int, Fix] = {}
    for path, findings in by_path.items():
        fixes.update(_fixes_of_file(Scene.of(result, {path}, settings), findings))
    return [_fixed(f, fixes[id(f)], settings) if id(f) in fixes else f for f in result.findings]


def _fixed(finding: Finding, fix: Fix, settings: Settings) -> Finding:
    near = settings_near(settings, finding.span.filename)
    kind = applicability(finding.code, fix.applicability, near)
    return replace(finding, fix=fix._replace(applicability=kind))


def _fixes_of_file(scene: Scene, findings: list[Finding]) -> dict[int, Fix]:
    """The fixes of one file's findings."""
    first = [(finding, next(candidates(scene, finding), None)) for finding in findings]
    return _fixes_of_group(
        scene, [(finding, candidate) for finding, candidate in first if candidate is not None]
    )


def _fixes_of_group(scene: Scene, group: list[tuple[Finding, Candidate]]) -> dict[int, Fix]:
    """The fixes of findings with their first candidates: all together if these hold together, else of each part.

    So one that does not hold costs as many checks as the group can be parted, and not one for each of the others.
    """
    if len(group) < 2:
        found = ((finding, _search(scene, finding)) for finding, _ in group)
        return {id(finding): fix for finding, fix in found if fix is not None}
    changes, fitting = merged(candidate.changes for _, candidate in group)
    together = [group[number] for number in fitting]
    apart = [each for number, each in enumerate(group) if number not in fitting]
    if outcome(scene, [changes], [finding for finding, _ in together]).right:
        done = {id(finding): _fix(scene, candidate, candidate.changes) for finding, candidate in together}
        return {**done, **_fixes_of_group(scene, apart)}
    one, other = _parted(group)
    return {**_fixes_of_group(scene, one), **_fixes_of_group(scene, other)}


def _parted(group: list[tuple[Finding, Candidate]]) -> tuple[list, list]:
    """The findings of the first one's rule and those of others, as what one fix of a rule lacks the others mostly lack; else halves."""
    code = group[0][0].code
    own = [each for each in group if each[0].code == code]
    others = [each for each in group if each[0].code != code]
    return (own, others) if others else (group[: len(group) // 2], group[len(group) // 2 :])


def _search(scene: Scene, finding: Finding) -> Fix | None:
    """The first candidate that holds, alone or with what it turns out to need."""
    for candidate in candidates(scene, finding):
        steps = [candidate.changes]
        for _ in range(WIDENINGS):
            seen = outcome(scene, steps, [finding])
            if seen.right:
                return _fix(scene, candidate, _composed(scene, seen.scene) if len(steps) > 1 else steps[0])
            more = _asked_for(seen, finding)
            if not more:
                break
            steps.append(more)
    return None


def _asked_for(seen: Outcome, fixed: Finding) -> list[Change]:
    """The first candidates of all findings that appeared; none if one of them has none, or is where the fixed one was.

    A place that is wrong either way, as in a helper of both train_step and test_step, would only be turned to and fro.
    """
    if seen.scene is None or not seen.new or seen.stuck:
        return []
    if any(finding.site == fixed.site for finding in seen.new):
        return []
    groups = [next(candidates(seen.scene, finding), None) for finding in seen.new]
    if None in groups:
        return []
    changes, fitting = merged(candidate.changes for candidate in groups)
    return changes if len(fitting) == len(groups) else []


class Outcome(NamedTuple):
    """What becomes of a scene, None if it cannot be written: the findings that were not there, and whether a run
    that came to its end gets stuck."""

    scene: Scene | None
    new: Sequence[Finding] = ()
    stuck: bool = False

    @property
    def right(self) -> bool:
        return self.scene is not None and not self.new and not self.stuck


def outcome(scene: Scene, steps: list[list[Change]], fixed: list[Finding]) -> Outcome:
    """What the interpreter says of a scene after some steps of changes, by which these findings should go."""
    touched = {change.path for changes in steps for change in changes}
    if not touched.issubset(scene.whole.files):
        return Outcome(None)
    scene = after = scene.around(touched)
    try:
        for changes in steps:
            after = after.after(changes)
    except SourceError:
        return Outcome(None)
    if not all(_parses_as_before(scene, after, path) for path in touched):
        return Outcome(None)
    seen = _compared(scene, scene.whole, after, steps, fixed)
    # The whole check is known already, but is of more files and fewer rules: what it says against a fix may be wrong.
    return seen if seen.right else _compared(scene, scene.result, after, steps, fixed)


def _compared(
    scene: Scene, before: Result, after: Scene, steps: list[list[Change]], fixed: list[Finding]
) -> Outcome:
    """What is in the scene after the steps that was not there in a check before."""
    known = _known(scene, before, steps, fixed)
    new = []
    for key, findings in after.places(after.result).items():
        for finding in findings:
            match = next(
                (old for old in known.get(key, ()) if set(finding.regimes) <= set(old.regimes)), None
            )
            if match is not None:
                known[key].remove(match)
            elif finding.code != "KER901":
                new.append(finding)
    stuck = after.result.program.stuck
    return Outcome(after, new, any(stuck[what] and not before.program.stuck.get(what) for what in stuck))


def _known(
    scene: Scene, before: Result, steps: list[list[Change]], fixed: list[Finding]
) -> dict[tuple, list[Finding]]:
    """The findings of a check before that may stay, by where they stand after the steps."""
    gone = [(finding.code, finding.span) for finding in fixed]
    known: dict[tuple, list[Finding]] = {}
    for (code, path, place), findings in scene.places(before).items():
        for changes in steps:
            place = shifted(place, [change for change in changes if change.path == path])
        kept = [finding for finding in findings if (finding.code, finding.span) not in gone]
        known.setdefault((code, path, place), []).extend(kept)
    return known


def _parses_as_before(before: Scene, after: Scene, path: str) -> bool:
    """Whether the edited text is a module for libcst, and for Python too if it was one before."""
    if after.result.program.project.modules.get(path) is None:
        return False
    return _is_python(after.text(path)) or not _is_python(before.text(path))


def _is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _composed(before: Scene, after: Scene) -> list[Change]:
    return [
        change
        for path in after.files
        if before.source(path) is not after.source(path)
        for change in differences(path, before.text(path), after.text(path))
    ]


def _fix(scene: Scene, candidate: Candidate, changes: list[Change]) -> Fix:
    ordered = sorted(changes)
    edits = tuple(edit_of(scene.source(change.path), change) for change in ordered)
    return Fix(candidate.applicability, candidate.message, edits)
