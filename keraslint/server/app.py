"""The messages of the protocol that the server answers."""

from __future__ import annotations

from typing import Any

from lsprotocol import types as lsp
from pygls.uris import to_fs_path

from . import client, options
from .documents import document, path_of
from .server import Server


def create() -> Server:
    """A server that answers everything it can."""
    server = Server()
    for method, handler in _HANDLERS.items():
        server.feature(method, *_OPTIONS.get(method, ()))(handler)
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
    lsp.NOTEBOOK_DOCUMENT_DID_CHANGE: _edited,
    lsp.NOTEBOOK_DOCUMENT_DID_SAVE: _saved,
    lsp.NOTEBOOK_DOCUMENT_DID_CLOSE: _closed_notebook,
}
_OPTIONS: dict[str, tuple] = {}
