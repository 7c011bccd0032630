"""Names for findings that stay when lines move: for services that compare one run with the next."""

from __future__ import annotations

from collections import Counter
from hashlib import blake2b

from ..finding import Finding
from . import Context


def fingerprints(findings: list[Finding], context: Context) -> list[str]:
    """A hexadecimal name for each finding, different for each.

    It is made of the file, the rule, the symbol, the words of the line that is reported and, among findings that
    agree in all that, the order; not of rows or cell numbers.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    names = []
    for finding in findings:
        key = (
            finding.span.filename.replace("\\", "/"),
            finding.code,
            finding.symbol,
            _words(finding, context),
        )
        seen[key] += 1
        text = "\0".join((*key, str(seen[key])))
        names.append(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest())
    return names


def _words(finding: Finding, context: Context) -> str:
    lines = context.lines(finding.span.filename, finding.span.cell)
    row = finding.span.start.row
    return " ".join(lines[row - 1].split()) if 1 <= row <= len(lines) else ""
