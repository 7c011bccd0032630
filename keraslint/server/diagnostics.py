"""Findings as the protocol's diagnostics."""

from __future__ import annotations

from lsprotocol import types as lsp

from ..finding import Finding
from ..report.style import holding
from ..rulebook import folder
from .documents import Part, Places
from .outcome import Outcome

SOURCE = "keraslint"

_SEVERITY = {
    "error": lsp.DiagnosticSeverity.Error,
    "warning": lsp.DiagnosticSeverity.Warning,
    "info": lsp.DiagnosticSeverity.Information,
}
_TAGS = {
    "KER114": [lsp.DiagnosticTag.Unnecessary],
    "KER401": [lsp.DiagnosticTag.Deprecated],
    "KER402": [lsp.DiagnosticTag.Deprecated],
    "KER901": [lsp.DiagnosticTag.Unnecessary],
}


def of_part(outcome: Outcome, part: Part, places: Places) -> list[lsp.Diagnostic]:
    """The diagnostics of a document's one text, or of one cell."""
    cell = outcome.document.cell_of(part.uri)
    return [diagnostic(finding, places) for finding in outcome.findings if finding.span.cell == cell]


def diagnostic(finding: Finding, places: Places) -> lsp.Diagnostic:
    return lsp.Diagnostic(
        range=places.range(finding.span),
        message=_message(finding),
        severity=_SEVERITY[finding.severity],
        code=finding.code,
        code_description=lsp.CodeDescription(href=page(finding.code)),
        source=SOURCE,
        tags=_TAGS.get(finding.code),
        related_information=[
            lsp.DiagnosticRelatedInformation(
                location=lsp.Location(uri=places.uri(step.span), range=places.range(step.span)),
                message=step.message,
            )
            for step in finding.trace
        ]
        or None,
    )


def page(code: str) -> str:
    """Where the rule's page is."""
    return (folder() / f"{code}.md").resolve().as_uri()


def _message(finding: Finding) -> str:
    if not finding.regimes:
        return finding.message
    latent = "; no code that was read runs it so" if finding.certainty == "latent" else ""
    return f"{finding.message} ({holding(finding)}{latent})"
