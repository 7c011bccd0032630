"""The closing lines of a check: what was found in how many files."""

from __future__ import annotations

import sys


def summary(findings: list, files: int) -> str:
    from ..rulebook import rules

    if not findings:
        return f"No findings in {counted(files, 'file')}."
    hit = len({finding.span.filename for finding in findings})
    said = f"Found {counted(len(findings), 'finding')} in {counted(hit, 'file')}."
    if any(rules()[finding.code].fix != "none" for finding in findings):
        said += " `--diff --unsafe-fixes` shows what can be repaired."
    return said


def print_statistics(findings: list, files: int, lines: int, seconds: float) -> None:
    from collections import Counter

    counts = Counter((finding.code, finding.name) for finding in findings)
    widest = len(str(max(counts.values(), default=0)))
    for (code, name), count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        print(f"{count:>{widest}}  {code}  {name}", file=sys.stderr)
    found = f"{counted(len(findings), 'finding')} in {counted(files, 'file')}"
    print(f"{found}, {counted(lines, 'line')}, {seconds:.2f} s", file=sys.stderr)


def counted(number: int, what: str, several: str = "") -> str:
    return f"{number} {what}" if number == 1 else f"{number} {several or what + 's'}"
