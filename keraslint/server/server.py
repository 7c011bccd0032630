"""The server's own state on top of the protocol: its session, and the diagnostics that it sends or is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer

from .. import __version__
from . import diagnostics
from .documents import Document, Places, documents
from .session import QUIET, Session

NOTEBOOKS = lsp.NotebookDocumentFilterWithCells(
    notebook="jupyter-notebook", cells=[lsp.NotebookCellLanguage(language="python")]
)


class Server(LanguageServer):
    """The language server. A client either gets diagnostics or asks for them (`pulls`), never both."""

    def __init__(self):
        super().__init__(
            "keraslint",
            __version__,
            # The whole text each time: where lines end at form feeds is something that libraries differ on.
            text_document_sync_kind=lsp.TextDocumentSyncKind.Full,
            notebook_document_sync=lsp.NotebookDocumentSyncOptions(notebook_selector=[NOTEBOOKS], save=True),
        )
        self.session = Session(self.complain)
        self.pulls = False
        self._tasks: dict[str, asyncio.Task] = {}  # what is under way, by path, or under a name
        self._sent: dict[str, set[str]] = {}  # by path: the URIs that were sent diagnostics
        self._complaints: set[str] = set()

    # ------------------------------------------------------------ telling the user

    def complain(self, message: str) -> None:
        """Show the user a line, once."""
        if message not in self._complaints:
            self._complaints.add(message)
            self.tell(message, lsp.MessageType.Warning)

    def tell(self, message: str, kind: lsp.MessageType = lsp.MessageType.Info) -> None:
        """Show the user a line."""
        text = message if message.startswith("keraslint: ") else f"keraslint: {message}"
        self.window_show_message(lsp.ShowMessageParams(type=kind, message=text))

    def report_server_error(self, error: Exception, source: type) -> None:
        """What a client sends wrongly goes to the log, not into the user's face."""
        self.say(f"{type(error).__name__}: {error}", lsp.MessageType.Error)

    def say(self, message: str, kind: lsp.MessageType = lsp.MessageType.Info) -> None:
        self.window_log_message(lsp.LogMessageParams(type=kind, message=f"keraslint: {message}"))

    # ------------------------------------------------------------ what changed

    def changed(self, path: str) -> None:
        """A file has another text: see to it, and to what depends on it."""
        self.session.touch(path)
        others = self.session.depending(path)
        self.renew(others if self.pulls else [path, *others])

    def opened(self, path: str) -> None:
        """A document was opened; what it imports is worth knowing before anybody asks about it."""
        self.changed(path)
        if self.pulls:
            self._start(path, self._learn(documents(self.workspace)[path].uri))

    def changed_all(self) -> None:
        """Settings, or files outside the editor, are others."""
        self.session.touch_all()
        self._complaints.clear()
        self.renew(documents(self.workspace))

    def renew(self, paths: Iterable[str]) -> None:
        """Send the diagnostics of open documents anew. A client that pulls is told to pull them again."""
        opened = documents(self.workspace)
        paths = [path for path in paths if path in opened]
        if not self.pulls:
            for path in paths:
                self._start(path, self._send(path, opened[path].uri))
        elif any(path in self.session.outcomes for path in paths):
            self._start("refresh", self._refresh())

    def closed(self, path: str) -> None:
        """A document is open no longer: what is on the disk counts again."""
        task = self._tasks.pop(path, None)
        if task is not None:
            task.cancel()
        for uri in self._sent.pop(path, ()):
            self._publish(uri, None, [])
        self.changed(path)
        self.session.close(path)

    # ------------------------------------------------------------ diagnostics

    def places(self, opened: dict[str, Document]) -> Places:
        """Positions as this client counts them, in what was open at some moment."""
        return Places(self.workspace.position_codec, opened)

    async def pull(self, uri: str, previous: str | None) -> lsp.DocumentDiagnosticReport:
        """The diagnostics of a file or cell, or that they are still the same."""
        outcome = await self.session.outcome(self.workspace, uri, patient=True)
        if outcome is None:
            return lsp.RelatedFullDocumentDiagnosticReport(items=[])
        if previous == outcome.serial:
            return lsp.RelatedUnchangedDocumentDiagnosticReport(result_id=outcome.serial)
        self.renew(self.session.misjudged(documents(self.workspace)))
        places = self.places(outcome.opened)
        part = outcome.document.text(uri)
        items = diagnostics.of_part(outcome, part, places)
        return lsp.RelatedFullDocumentDiagnosticReport(items=items, result_id=outcome.serial)

    async def _send(self, path: str, uri: str) -> None:
        outcome = await self.session.outcome(self.workspace, uri, patient=True)
        if outcome is None:
            return
        places = self.places(outcome.opened)
        parts = outcome.document.parts
        for gone in self._sent.get(path, set()) - {part.uri for part in parts}:
            self._publish(gone, None, [])
        self._sent[path] = {part.uri for part in parts}
        for part in parts:
            self._publish(part.uri, part.version, diagnostics.of_part(outcome, part, places))
        self.renew(self.session.misjudged(documents(self.workspace)))

    async def _learn(self, uri: str) -> None:
        await self.session.outcome(self.workspace, uri, patient=True)
        self.renew(self.session.misjudged(documents(self.workspace)))

    async def _refresh(self) -> None:
        await asyncio.sleep(QUIET)
        workspace = self.client_capabilities.workspace
        if workspace and workspace.diagnostics and workspace.diagnostics.refresh_support:
            await self.workspace_diagnostic_refresh_async(None)
        else:
            self.say("other open files may have other findings now: edit them to see")
        if workspace and workspace.inlay_hint and workspace.inlay_hint.refresh_support:
            await self.workspace_inlay_hint_refresh_async(None)

    def _publish(self, uri: str, version: int | None, items: list[lsp.Diagnostic]) -> None:
        self.text_document_publish_diagnostics(
            lsp.PublishDiagnosticsParams(uri=uri, version=version, diagnostics=items)
        )

    def _start(self, name: str, work: Coroutine) -> None:
        """Start something instead of what was started under that name before."""
        before = self._tasks.get(name)
        if before is not None:
            before.cancel()
        self._tasks[name] = asyncio.get_running_loop().create_task(self._guarded(work))

    async def _guarded(self, work: Coroutine) -> None:
        try:
            await work
        except Exception as error:
            self.report_server_error(error, type(error))
