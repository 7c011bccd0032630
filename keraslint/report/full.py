"""A finding with the source that it is about, and the path that leads to it as notes."""

from __future__ import annotations

from collections.abc import Iterator

from ..finding import Finding, Span, Step
from . import Context
from .style import SEVERITY, Paint, holding, painter, place, show, width

# Lines of source around the marked one, and the most lines that are marked in full.
AROUND = 2
MARKED = 4


def render(findings: list[Finding], context: Context) -> Iterator[str]:
    paint = painter(context.color)
    for finding in findings:
        style = SEVERITY[finding.severity]
        steps = [(step, _excerpt(step.span, context, 0)) for step in finding.trace]
        main = _excerpt(finding.span, context, AROUND)
        gutter = max(
            (len(str(row)) for rows in (main, *(rows for _, rows in steps)) for row, _, _ in rows), default=1
        )
        yield f"{paint(finding.code, style)} {paint(finding.message, 'bold')}\n"
        yield from _frame(finding.span, main, gutter, style, paint)
        yield from _remarks(finding, gutter, paint)
        for step, rows in steps:
            yield from _note(step, rows, gutter, paint)
        yield "\n"


def _note(step: Step, rows: list, gutter: int, paint: Paint) -> Iterator[str]:
    yield f"{paint('note', 'frame')}: {step.message}\n"
    yield from _frame(step.span, rows, gutter, "frame", paint)


def _remarks(finding: Finding, gutter: int, paint: Paint) -> Iterator[str]:
    """In which versions and under what it holds, and where to read more."""
    remarks = []
    if finding.regimes:
        remarks.append(("holds in", holding(finding)))
    if finding.certainty == "latent":
        remarks.append(("latent", "no code that was read runs it so; who does gets the wrong mode"))
    if finding.evidence:
        remarks.append((finding.evidence["verdict"], finding.evidence["reason"]))
    remarks.append(("help", f"`keraslint rule {finding.code}` explains {finding.name}"))
    for word, text in remarks:
        yield f"{' ' * gutter} {paint('=', 'frame')} {paint(word, 'bold')}: {text}\n"


def _excerpt(span: Span, context: Context, around: int) -> list[tuple[int, str, bool]]:
    """The rows to show, each with its line and whether it is marked; none if the file has no such row."""
    lines = context.lines(span.filename, span.cell)
    first, last = span.start.row, min(span.end.row, len(lines), span.start.row + MARKED - 1)
    if not 1 <= first <= len(lines):
        return []
    top, bottom = max(1, first - around), min(len(lines), last + around)
    rows = [(row, lines[row - 1], first <= row <= last) for row in range(top, bottom + 1)]
    while not rows[0][1].strip() and not rows[0][2]:
        del rows[0]
    while not rows[-1][1].strip() and not rows[-1][2]:
        del rows[-1]
    return rows


def _frame(span: Span, rows: list, gutter: int, style: str, paint: Paint) -> Iterator[str]:
    bar = paint("|", "frame")
    yield f"{' ' * gutter}{paint('-->', 'frame')} {place(span)}\n"
    if not rows:
        return
    yield f"{' ' * gutter} {bar}\n"
    for row, line, marked in rows:
        text = show(line)
        yield f"{paint(str(row).rjust(gutter), 'frame')} {bar}{' ' + text if text.strip() else ''}\n"
        if marked:
            before, under = _carets(span, row, line)
            yield f"{' ' * gutter} {bar} {before}{paint(under, style)}\n"
    yield f"{' ' * gutter} {bar}\n"


def _carets(span: Span, row: int, line: str) -> tuple[str, str]:
    """What stands under a line: blanks up to the marked part, and a caret for each column of it."""
    start = span.start.column - 1 if row == span.start.row else len(line) - len(line.lstrip())
    end = span.end.column - 1 if row == span.end.row else len(line.rstrip())
    before = width(show(line[:start]))
    return " " * before, "^" * max(1, width(show(line[:end])) - before)
