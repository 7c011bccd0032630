"""The messages of the protocol that the server answers."""

from __future__ import annotations

from typing import Any

from lsprotocol import types as lsp
from pygls.uris import to_fs_path

from . import actions, client, hints, hover, options, repairs, verifying
from .documents import document, path_of
from .server import Server


def create() -> Server:
    """A server that answers everything it can."""
    server = Server()
    for method, handler in _HANDLERS.items():
        server.feature(method, _OPTIONS.get(method))(handler)
    server.command(verifying.COMMAND)(verifying.verify)
    return server


def _initialize(server: Server, params: lsp.InitializeParams) -> None:
    given = options.plain(params.initialization_options)
    given = given.get("settings", given) if isinstance(given, dict) else {}
    server.session.options = client.understood(server, given)
    server.pulls = client.pulls(params.capabilities)
    if server.pulls:
        server.feature(
            lsp.TEXT_DOCUMENT_DIAGNOSTIC,
            lsp.DiagnosticOptions(
                identifier="keraslint", inter_file_dependencies=True, workspace_diagnostics=False
            ),
        )(_diagnostic)


async def _initialized(server: Server, params: lsp.InitializedParams) -> None:
    await client.watch(server)
    await client.configure(server)
    server.changed_all()


async def _configuration(server: Server, params: lsp.DidChangeConfigurationParams) -> None:
    given = options.plain(params.settings)
    if isinstance(given, dict) and given:
        server.session.options = client.understood(server, given.get("keraslint", given))
    await client.configure(server)
    server.changed_all()


async def _folders(server: Server, params: lsp.DidChangeWorkspaceFoldersParams) -> None:
    await client.configure(server)
    server.changed_all()


def _watched(server: Server, params: lsp.DidChangeWatchedFilesParams) -> None:
    edited = [
        to_fs_path(change.uri) or "" for change in params.changes if change.type == lsp.FileChangeType.Changed
    ]
    if len(edited) == len(params.changes) and all(path.endswith(".py") for path in edited):
        for path in edited:
            server.changed(path)
    else:
        server.changed_all()


def _opened(server: Server, params: Any) -> None:
    found = document(server.workspace, _uri(params))
    if found is not None:
        server.opened(found.path)


def _edited(server: Server, params: Any) -> None:
    found = document(server.workspace, _uri(params))
    if found is not None:
        server.changed(found.path)


def _edited_notebook(server: Server, params: lsp.DidChangeNotebookDocumentParams) -> None:
    structure = params.change.cells.structure if params.change.cells else None
    if structure:
        # pygls closes cells after it has opened others: one that is closed and opened again, it forgets.
        closed = {cell.uri for cell in structure.did_close or ()}
        for cell in structure.did_open or ():
            if cell.uri in closed:
                server.workspace.put_text_document(cell, notebook_uri=params.notebook_document.uri)
    _edited(server, params)


def _uri(params: Any) -> str:
    """The URI of the file or notebook that a message is about."""
    of_file = getattr(params, "text_document", None)
    return of_file.uri if of_file is not None else params.notebook_document.uri


def _saved(server: Server, params: Any) -> None:
    """What clients do not watch is looked at anew when something is saved."""
    server.changed_all()


def _closed(server: Server, params: lsp.DidCloseTextDocumentParams) -> None:
    server.closed(path_of(server.workspace, params.text_document.uri))


def _closed_notebook(server: Server, params: lsp.DidCloseNotebookDocumentParams) -> None:
    server.closed(path_of(server.workspace, params.notebook_document.uri, ".ipynb"))


async def _diagnostic(server: Server, params: lsp.DocumentDiagnosticParams) -> lsp.DocumentDiagnosticReport:
    return await server.pull(params.text_document.uri, params.previous_result_id)


async def _hover(server: Server, params: lsp.HoverParams) -> lsp.Hover | None:
    now = document(server.workspace, params.text_document.uri)
    if now is None:
        return None
    places = server.places({now.path: now})
    part = now.text(params.text_document.uri)
    at = places.location(part, params.position)
    rule = hover.rule_at(part, at, places)
    if rule is not None:
        return rule
    outcome = await server.session.outcome(server.workspace, params.text_document.uri)
    if outcome is None:
        return None
    models = await server.session.work(outcome.models)
    return hover.layer_at(outcome, models, outcome.document.text(part.uri), at, places)


async def _hints(server: Server, params: lsp.InlayHintParams) -> list[lsp.InlayHint]:
    uri = params.text_document.uri
    wanted = server.session.options_for(path_of(server.workspace, uri)).inlay_hints
    outcome = await server.session.outcome(server.workspace, uri, patient=True) if wanted != "off" else None
    if outcome is None:
        return []
    models = await server.session.work(outcome.models)
    places = server.places(outcome.opened)
    found = hints.hints(outcome, models, outcome.document.text(uri), places, wanted == "divergent")
    first, last = params.range.start.line, params.range.end.line
    return [each for each in found if first <= each.position.line <= last]


async def _actions(server: Server, params: lsp.CodeActionParams) -> list[lsp.CodeAction | lsp.Command]:
    uri, only = params.text_document.uri, params.context.only
    outcome = await server.session.outcome(server.workspace, uri)
    if outcome is None or not outcome.findings:
        return []
    places, part = server.places(outcome.opened), outcome.document.text(uri)
    found: list[lsp.CodeAction | lsp.Command] = []
    if actions.wants(only, lsp.CodeActionKind.QuickFix):
        here = actions.in_range(outcome, part, places, params.range)
        for finding, repair in await server.session.work(repairs.repairs, outcome, here):
            shown = params.context.diagnostics
            found.append(actions.quick_fix(finding, repair, shown, part, places, server.client_capabilities))
        if here and not only and not outcome.document.is_notebook:
            found.append(actions.run(verifying.COMMAND, uri, here[0].span.start.row - 1))
    kind = actions.FIX_ALL_NOTEBOOK if outcome.document.is_notebook else actions.FIX_ALL
    if actions.wants(only, kind) and repairs.may_be_fixed(outcome):
        every = lsp.CodeAction(title="keraslint: fix all", kind=kind, data={"uri": uri})
        # A client that asks for this alone is about to save, and some of those never resolve.
        found.append(await _resolve(server, every) if only else every)
    return found


async def _resolve(server: Server, action: lsp.CodeAction) -> lsp.CodeAction:
    """Fill in the edit of an action that was left without; some clients send back every action."""
    data = options.plain(action.data)
    outcome = None
    if isinstance(data, dict) and isinstance(data.get("uri"), str):
        outcome = await server.session.outcome(server.workspace, data["uri"])
    if outcome is not None:
        edits = await server.session.work(repairs.all_fixed, outcome)
        places = server.places(outcome.opened)
        action.edit = actions.workspace_edit(edits, places, server.client_capabilities)
    return action


_HANDLERS = {
    lsp.INITIALIZE: _initialize,
    lsp.INITIALIZED: _initialized,
    lsp.WORKSPACE_DID_CHANGE_CONFIGURATION: _configuration,
    lsp.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: _folders,
    lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES: _watched,
    lsp.TEXT_DOCUMENT_DID_OPEN: _opened,
    lsp.TEXT_DOCUMENT_DID_CHANGE: _edited,
    lsp.TEXT_DOCUMENT_DID_SAVE: _saved,
    lsp.TEXT_DOCUMENT_DID_CLOSE: _closed,
    lsp.NOTEBOOK_DOCUMENT_DID_OPEN: _opened,
    lsp.NOTEBOOK_DOCUMENT_DID_CHANGE: _edited_notebook,
    lsp.NOTEBOOK_DOCUMENT_DID_SAVE: _saved,
    lsp.NOTEBOOK_DOCUMENT_DID_CLOSE: _closed_notebook,
    lsp.TEXT_DOCUMENT_HOVER: _hover,
    lsp.TEXT_DOCUMENT_INLAY_HINT: _hints,
    lsp.TEXT_DOCUMENT_CODE_ACTION: _actions,
    lsp.CODE_ACTION_RESOLVE: _resolve,
}
_OPTIONS = {
    lsp.TEXT_DOCUMENT_CODE_ACTION: lsp.CodeActionOptions(
        code_action_kinds=actions.KINDS, resolve_provider=True
    ),
}
