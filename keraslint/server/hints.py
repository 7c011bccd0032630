"""Inlay hints: the mode of each sensitive layer under fit and predict, behind its call."""

from __future__ import annotations

from lsprotocol import types as lsp

from ..finding import ModelReport
from . import modes
from .documents import Part, Places
from .outcome import Outcome


def hints(
    outcome: Outcome, models: list[ModelReport], part: Part, places: Places, only_divergent: bool
) -> list[lsp.InlayHint]:
    cell = outcome.document.cell_of(part.uri)
    found = []
    for span, rows in modes.places(models, outcome.document.path).items():
        label = modes.hint(rows, only_divergent) if span.cell == cell else ""
        if label:
            found.append(
                lsp.InlayHint(
                    position=places.range_in(part, span).end,
                    label=label,
                    padding_left=True,
                    tooltip=lsp.MarkupContent(kind=lsp.MarkupKind.Markdown, value=modes.table(rows)),
                )
            )
    return found
