"""The options of `keraslint check` that repair what it finds, and what they print."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from ..config import OPTIONS, Settings, applicability, fixable, settings_near
from . import UsageError
from .counts import counted
from .groups import Group

if TYPE_CHECKING:
    from ..finding import Finding
    from ..fix.apply import Fixed
    from ..result import Result


def arguments(parser: argparse.ArgumentParser) -> None:
    fixes = parser.add_argument_group("fixes")
    for name in ("fix", "unsafe-fixes", "fix-only", "show-fixes"):
        fixes.add_argument(f"--{name}", action=argparse.BooleanOptionalAction, help=OPTIONS[name].help)
    fixes.add_argument("--diff", action="store_true", help="show what would be repaired, and write nothing")
    fixes.add_argument(
        "--exit-non-zero-on-fix", action="store_true", help="exit with 1 if anything was repaired"
    )
    for name in ("fixable", "unfixable", "extend-safe-fixes", "extend-unsafe-fixes"):
        fixes.add_argument(f"--{name}", action="append", metavar="CODES", help=OPTIONS[name].help)
    fixes.add_argument(
        "--add-ignore", metavar="REASON", help="suppress every finding by a comment that says why"
    )


def add_ignores(groups: list[Group], results: list[Result], reason: str) -> Repaired:
    """Suppress in memory all that was found. Raises UsageError for a reason that is none, SourceError."""
    from ..fix.ignore import add_ignores

    if not reason.strip() or "#" in reason or len(reason.splitlines()) > 1:
        raise UsageError(
            "--add-ignore: say the reason in one line without `#`, as in --add-ignore 'the teacher'"
        )
    suppressed = [
        add_ignores(result, group.settings, reason.strip()) for group, result in zip(groups, results)
    ]
    return Repaired([fixed.result for fixed in suppressed], suppressed)


def wanted(groups: list[Group], args: argparse.Namespace) -> bool:
    """Whether anything is to be repaired, be it on paper."""
    return args.diff or any(group.settings.fix or group.settings.fix_only for group in groups)


@dataclass
class Repaired:
    """What repairing came to: the checks of what is now, and all that went with it."""

    results: list[Result] = field(default_factory=list)
    all: list[Fixed] = field(default_factory=list)

    @property
    def done(self) -> list[Finding]:
        return [finding for fixed in self.all for finding in fixed.done]

    @property
    def changed(self) -> dict:
        return {path: pair for fixed in self.all for path, pair in fixed.changed.items()}

    @property
    def left(self) -> int:
        """How many findings only `--unsafe-fixes` would repair."""
        return sum(len(fixed.left) for fixed in self.all)


def repair(groups: list[Group], results: list[Result]) -> Repaired:
    """Repair in memory what the settings of each group let be repaired."""
    from ..fix.apply import fix_all

    repaired = Repaired()
    for group, result in zip(groups, results):
        fixed = fix_all(result, group.settings, partial(_chosen, group.settings))
        fixed.left = [each for each in fixed.left if _may_be_fixed(each, group.settings)]
        repaired.all.append(fixed)
        repaired.results.append(fixed.result)
    return repaired


def propose(groups: list[Group], results: list[Result]) -> None:
    """Give the findings their fixes, for formats that show them."""
    from dataclasses import replace

    from ..fix.propose import with_fixes

    for group, result in zip(groups, results):
        found = with_fixes(result, group.settings)
        result.findings = [
            finding
            if finding.fix is None
            else replace(finding, fix=finding.fix._replace(applicability=_kind(finding, group.settings)))
            for finding in found
        ]


def _kind(finding: Finding, settings: Settings) -> str:
    near = settings_near(settings, finding.span.filename)
    proposed = applicability(finding.code, finding.fix.applicability, near)
    return proposed if fixable(finding.code, near) else "display"


def _chosen(settings: Settings, finding: Finding) -> bool:
    kind = _kind(finding, settings)
    return kind == "safe" or (kind == "unsafe" and settings.unsafe_fixes)


def _may_be_fixed(finding: Finding, settings: Settings) -> bool:
    return _kind(finding, settings) != "display"


def write(repaired: Repaired, stdin: str | None) -> None:
    """Write the files that changed, and what came on stdin to stdout. Raises SourceError."""
    from ..fix.apply import write as write_file

    for path, (before, after) in repaired.changed.items():
        if before.filename != stdin:
            write_file(path, before, after)
    if stdin is not None:
        for result in repaired.results:
            if stdin in result.sources:
                sys.stdout.buffer.write(result.sources[stdin].data)
                sys.stdout.buffer.flush()


def diffs(repaired: Repaired) -> Iterator[str]:
    from ..fix.apply import diff

    for before, after in repaired.changed.values():
        yield from diff(before, after)


def list_fixes(repaired: Repaired) -> None:
    """What was repaired, by file and rule, on stderr."""
    by_file: dict[str, Counter] = {}
    for finding in repaired.done:
        by_file.setdefault(finding.span.filename, Counter())[finding.code, finding.name] += 1
    print(f"Fixed {counted(len(repaired.done), 'finding')}:", file=sys.stderr)
    for filename, codes in sorted(by_file.items()):
        print(f"- {filename}:", file=sys.stderr)
        for (code, name), count in sorted(codes.items()):
            print(f"    {count} x {code} ({name})", file=sys.stderr)


def summary(repaired: Repaired, remaining: int, verb: str = "Fixed") -> str:
    """The closing line: what was repaired, what remains, and what `--unsafe-fixes` would repair."""
    done = len(repaired.done)
    hint = (
        f" ({counted(repaired.left, 'more fix', 'more fixes')} with `--unsafe-fixes`)"
        if repaired.left
        else ""
    )
    if verb != "Fixed":
        return f"Would fix {counted(done, 'finding')} in {counted(len(repaired.changed), 'file')}.{hint}"
    return f"Found {counted(done + remaining, 'finding')} ({done} fixed, {remaining} remaining).{hint}"
