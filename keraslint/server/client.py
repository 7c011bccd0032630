"""What the server asks the client for: settings, and to be told of files that change."""

from __future__ import annotations

from typing import Any

from lsprotocol import types as lsp
from pygls.uris import to_fs_path

from ..config import FILES
from . import options
from .options import Options
from .server import Server

# Files that say something about others: settings, declared versions, and whatever may be imported.
WATCHED = (
    *(f"**/{name}" for name in FILES),
    "**/*.py",
    "**/*requirements*.txt",
    "**/*.lock",
    "**/pylock*.toml",
    "**/Pipfile*",
    "**/setup.cfg",
    "**/*.y{a,}ml",
)


def pulls(capabilities: lsp.ClientCapabilities) -> bool:
    """Whether the client asks for diagnostics; then it is never sent any."""
    documents = capabilities.text_document
    return bool(documents and documents.diagnostic)


async def watch(server: Server) -> None:
    """Ask to be told when settings or files outside the editor change."""
    workspace = server.client_capabilities.workspace
    wanted = []
    if (
        workspace
        and workspace.did_change_watched_files
        and workspace.did_change_watched_files.dynamic_registration
    ):
        watchers = [lsp.FileSystemWatcher(glob_pattern=pattern) for pattern in WATCHED]
        wanted.append(
            lsp.Registration(
                id="keraslint-files",
                method=lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES,
                register_options=lsp.DidChangeWatchedFilesRegistrationOptions(watchers=watchers),
            )
        )
    if (
        workspace
        and workspace.did_change_configuration
        and workspace.did_change_configuration.dynamic_registration
    ):
        wanted.append(
            lsp.Registration(
                id="keraslint-settings",
                method=lsp.WORKSPACE_DID_CHANGE_CONFIGURATION,
                register_options=lsp.DidChangeConfigurationRegistrationOptions(section="keraslint"),
            )
        )
    if wanted:
        await server.client_register_capability_async(lsp.RegistrationParams(registrations=wanted))


async def configure(server: Server) -> None:
    """Ask the client for its settings, one set for each workspace folder, if it can be asked."""
    workspace = server.client_capabilities.workspace
    if not (workspace and workspace.configuration):
        return
    folders = [folder.uri for folder in server.workspace.folders.values()]
    items = [lsp.ConfigurationItem(section="keraslint", scope_uri=uri) for uri in folders]
    items.append(lsp.ConfigurationItem(section="keraslint"))
    *of_folders, general = await server.workspace_configuration_async(lsp.ConfigurationParams(items=items))
    if options.plain(general):
        server.session.options = understood(server, general)
    server.session.options_of = {
        to_fs_path(uri) or uri: understood(server, given)
        for uri, given in zip(folders, of_folders)
        if options.plain(given)
    }


def understood(server: Server, given: Any) -> Options:
    """The options in what the client sent; it is told what is wrong with them."""
    found = options.read(options.plain(given))
    for problem in found.problems:
        server.complain(problem)
    return found
