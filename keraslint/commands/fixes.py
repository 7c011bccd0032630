"""The options of `keraslint check` that repair what it finds, and what they print."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..config import OPTIONS, Settings
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
    if not reason.strip() or "#" in reason or len(reason.splitlines()) > 1:
        raise UsageError(
            "--add-ignore: say the reason in one line without `#`, as in --add-ignore 'the teacher'"
        )

    def suppressed(result: Result, settings: Settings) -> Fixed:
        from ..fix.ignore import add_ignores

        return add_ignores(result, settings, reason.strip())

    return _each(groups, results, suppressed)


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

    def fixed(result: Result, settings: Settings) -> Fixed:
        from ..fix.apply import fix_all

        return fix_all(result, settings)

    return _each(groups, results, fixed)


def _each(groups: list[Group], results: list[Result], work: Callable[[Result, Settings], Fixed]) -> Repaired:
    """The work done on every result in which anything was found; it imports what it needs itself."""
    repaired = Repaired()
    for group, result in zip(groups, results):
        if result.findings:
            repaired.all.append(work(result, group.settings))
            result = repaired.all[-1].result
        repaired.results.append(result)
    return repaired


def propose(groups: list[Group], results: list[Result]) -> None:
    """Give the findings their fixes, for formats that show them."""
    from ..fix.propose import with_fixes

    for group, result in zip(groups, results):
        result.findings = with_fixes(result, group.settings)


def write(repaired: Repaired, stdin: str | None) -> None:
    """Write the files that changed, and what came on stdin to stdout. Raises SourceError."""
    for path, (before, after) in repaired.changed.items():
        if before.filename != stdin:
            from ..fix.apply import write as write_file

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
