"""Code actions: fix, fix all, ignore here or in the file."""

from __future__ import annotations

from collections.abc import Iterable

from lsprotocol import types as lsp

from ..finding import Edit, Finding
from .diagnostics import SOURCE
from .documents import Part, Places
from .outcome import Outcome
from .repairs import Repair

FIX_ALL = "source.fixAll.keraslint"
FIX_ALL_NOTEBOOK = "notebook.source.fixAll.keraslint"
KINDS = [lsp.CodeActionKind.QuickFix, FIX_ALL, FIX_ALL_NOTEBOOK]


def wants(only: Iterable[str] | None, kind: str) -> bool:
    """Whether a client that asks for some kinds, which stand for all that begin with them, wants this one."""
    return not only or any(kind == each or kind.startswith(each + ".") for each in only)


def in_range(outcome: Outcome, part: Part, places: Places, wanted: lsp.Range) -> list[Finding]:
    """The findings of a text that touch a range."""
    cell = outcome.document.cell_of(part.uri)
    here = []
    for finding in outcome.findings:
        if finding.span.cell == cell:
            found = places.range_in(part, finding.span)
            if _order(found.start) <= _order(wanted.end) and _order(wanted.start) <= _order(found.end):
                here.append(finding)
    return here


def quick_fix(
    finding: Finding,
    repair: Repair,
    shown: Iterable[lsp.Diagnostic],
    part: Part,
    places: Places,
    capabilities: lsp.ClientCapabilities,
) -> lsp.CodeAction:
    """One repair as an action on those diagnostics, of those that the client shows, that it is about."""
    start = places.range_in(part, finding.span).start
    about = [
        each for each in shown if (each.source, each.code, each.range.start) == (SOURCE, finding.code, start)
    ]
    return lsp.CodeAction(
        title=repair.title,
        kind=lsp.CodeActionKind.QuickFix,
        diagnostics=about or None,
        is_preferred=repair.preferred or None,
        edit=workspace_edit(repair.edits, places, capabilities, repair.asks),
    )


def run(command: str, uri: str, line: int) -> lsp.Command:
    """Running the model at a line. It is of no kind: who applies actions by kind must not run code."""
    return lsp.Command(title="Run the model to verify its findings", command=command, arguments=[uri, line])


def workspace_edit(
    edits: Iterable[Edit], places: Places, capabilities: lsp.ClientCapabilities, asks: str = ""
) -> lsp.WorkspaceEdit:
    """Edits by the text that they are in, for the version that they were made for.

    asks: the word in them that the user is to replace: a placeholder where the client has such things.
    """
    workspace = capabilities.workspace.workspace_edit if capabilities.workspace else None
    snippets = bool(asks and workspace and workspace.snippet_edit_support)
    by_part: dict[tuple[str, int | None], list] = {}
    for edit in edits:
        known = by_part.setdefault((places.uri(edit.span), places.version(edit.span)), [])
        known.append(_text_edit(edit, places, asks, snippets))
    if not (workspace and workspace.document_changes):
        return lsp.WorkspaceEdit(changes={uri: found for (uri, _), found in by_part.items()})
    return lsp.WorkspaceEdit(
        document_changes=[
            lsp.TextDocumentEdit(
                text_document=lsp.OptionalVersionedTextDocumentIdentifier(uri=uri, version=version),
                edits=found,
            )
            for (uri, version), found in by_part.items()
        ]
    )


def _text_edit(edit: Edit, places: Places, asks: str, snippets: bool) -> lsp.TextEdit | lsp.SnippetTextEdit:
    range = places.range(edit.span)
    if not snippets or f"] {asks}" not in edit.content:
        return lsp.TextEdit(range=range, new_text=edit.content)
    escaped = edit.content.replace("\\", "\\\\").replace("$", "\\$")
    text = escaped.replace(f"] {asks}", f"] ${{1:{asks}}}")
    return lsp.SnippetTextEdit(range=range, snippet=lsp.StringValue(value=text))


def _order(position: lsp.Position) -> tuple[int, int]:
    return position.line, position.character
