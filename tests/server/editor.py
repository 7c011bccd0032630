"""An editor as the tests need it: it opens, edits and saves files, and asks a real server about them."""

import asyncio
import sys
import threading
import time
from functools import partial

import attrs
from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient
from pygls.protocol import default_converter

WAIT = 30  # seconds until a test gives up

NET = """\
import keras
from keras import layers


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.drop = layers.Dropout(0.5)

    def call(self, x):
        return self.drop(x)


def train(x, y):
    net = Net()
    net.compile("sgd", "mse")
    net.fit(x, y)
"""
FIXED = NET.replace("call(self, x)", "call(self, x, training=None)")


def place(text, needle):
    """The line and column, from 0, where some text first stands."""
    before = text[: text.index(needle)]
    return before.count("\n"), len(before) - before.rfind("\n") - 1


def applied(text, edits):
    """A text after a client made these edits, whose columns are characters."""
    lines = text.split("\n")
    starts = [sum(len(line) + 1 for line in lines[:row]) for row in range(len(lines))]

    def offset(position):
        return starts[position.line] + position.character

    for edit in sorted(edits, key=lambda each: offset(each.range.start), reverse=True):
        text = text[: offset(edit.range.start)] + edit.new_text + text[offset(edit.range.end) :]
    return text


def preferred(actions):
    """The action that the server prefers."""
    return next(each for each in actions.values() if getattr(each, "is_preferred", None))


def project(folder):
    """The folder as a project of Keras 3.10 on TensorFlow."""
    (folder / "keraslint.toml").write_text('keras = ["3.10"]\nbackend = ["tensorflow"]\n')
    return folder


def capabilities(encoding):
    """What an editor can do that can do everything which the server makes use of."""
    dynamic = {"dynamic_registration": True}
    return lsp.ClientCapabilities(
        general=lsp.GeneralClientCapabilities(position_encodings=[encoding]),
        workspace=lsp.WorkspaceClientCapabilities(
            configuration=True,
            workspace_folders=True,
            did_change_configuration=lsp.DidChangeConfigurationClientCapabilities(**dynamic),
            did_change_watched_files=lsp.DidChangeWatchedFilesClientCapabilities(**dynamic),
            diagnostics=lsp.DiagnosticWorkspaceClientCapabilities(refresh_support=True),
            inlay_hint=lsp.InlayHintWorkspaceClientCapabilities(refresh_support=True),
            workspace_edit=lsp.WorkspaceEditClientCapabilities(document_changes=True),
        ),
        text_document=lsp.TextDocumentClientCapabilities(diagnostic=lsp.DiagnosticClientCapabilities()),
        window=lsp.WindowClientCapabilities(work_done_progress=True),
    )


def _converter():
    """One that also reads the answer of a server that filters notebooks by their cells alone."""
    converter = default_converter()
    attrs.resolve_types(lsp.NotebookDocumentFilterWithCells)
    filters = attrs.fields(lsp.NotebookDocumentFilterWithCells).notebook.type
    converter.register_structure_hook(filters, lambda value, _: value)
    return converter


class Client(LanguageClient):
    """What a client keeps of what a server says and asks."""

    def __init__(self, settings):
        super().__init__("tests", "1", converter_factory=_converter)
        self.settings = settings
        self.published = {}  # by URI: what was published last
        self.publications = 0
        self.stops = False  # whether the user stops whatever shows progress
        self.refreshed = 0
        self.messages, self.logged, self.registered, self.progress = [], [], [], []
        for method, answer in {
            lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS: self._published,
            lsp.WORKSPACE_DIAGNOSTIC_REFRESH: self._refresh,
            lsp.WORKSPACE_INLAY_HINT_REFRESH: lambda params: None,
            lsp.WORKSPACE_CONFIGURATION: self._configuration,
            lsp.CLIENT_REGISTER_CAPABILITY: lambda params: self.registered.extend(params.registrations),
            lsp.WINDOW_SHOW_MESSAGE: lambda params: self.messages.append(params.message),
            lsp.WINDOW_LOG_MESSAGE: lambda params: self.logged.append(params.message),
            lsp.WINDOW_WORK_DONE_PROGRESS_CREATE: lambda params: None,
            lsp.PROGRESS: self._progressed,
        }.items():
            self.feature(method)(partial(answer))

    def _published(self, params):
        self.publications += 1
        self.published[params.uri] = params

    def _progressed(self, params):
        self.progress.append(params.value)
        if self.stops and params.value["kind"] == "begin":
            self.window_work_done_progress_cancel(lsp.WorkDoneProgressCancelParams(token=params.token))

    def _refresh(self, params):
        self.refreshed += 1

    def _configuration(self, params):
        return [self.settings.get(item.scope_uri) for item in params.items]


class Editor:
    """Speaks for a client; every method waits for its answer.

    pull: ask for diagnostics instead of being sent them. encoding: how it counts columns. options: what it sends
    at first. settings: by folder (None: for all), what it answers when it is asked for its settings. adapt:
    changes its capabilities. server: the module that is the server, with its arguments.
    """

    def __init__(
        self,
        pull=True,
        encoding="utf-16",
        options=None,
        settings=None,
        folders=(),
        adapt=None,
        server=("keraslint", "server"),
    ):
        self.pull, self.opened, self.server = pull, {}, server
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self.capabilities = capabilities(encoding)
        if not pull:
            self.capabilities.text_document.diagnostic = None
        if adapt:
            adapt(self.capabilities)
        self.initialized = self.run(self._start(options, settings or {}, folders))

    async def _start(self, options, settings, folders):
        self.client = Client(settings)
        await self.client.start_io(sys.executable, "-m", *self.server)
        answer = await self.client.initialize_async(
            lsp.InitializeParams(
                capabilities=self.capabilities,
                initialization_options=options,
                workspace_folders=[lsp.WorkspaceFolder(uri=f.as_uri(), name=f.name) for f in folders],
            )
        )
        self.client.initialized(lsp.InitializedParams())
        return answer

    def run(self, work):
        return asyncio.run_coroutine_threadsafe(asyncio.wait_for(work, WAIT), self._loop).result()

    def call(self, function, *args):
        """Run what does not wait on the loop, as the protocol wants it."""

        async def now():
            return function(*args)

        return self.run(now())

    def stop(self):
        """End the server as a client does; its exit status."""
        self.run(self.client.shutdown_async(None))
        self.call(self.client.exit, None)
        return self.run(self.client._server.wait())

    # ------------------------------------------------------------ files

    def open(self, path, text=None, language="python"):
        """Open a file (with a text that is not saved) and return its URI."""
        uri = path if isinstance(path, str) else path.as_uri()
        text = path.read_text() if text is None else text
        self.opened[uri] = 1
        item = lsp.TextDocumentItem(uri=uri, language_id=language, version=1, text=text)
        self.call(self.client.text_document_did_open, lsp.DidOpenTextDocumentParams(text_document=item))
        return uri

    def edit(self, uri, text):
        """Replace the text of an open file."""
        self.opened[uri] += 1
        changed = lsp.DidChangeTextDocumentParams(
            text_document=lsp.VersionedTextDocumentIdentifier(uri=uri, version=self.opened[uri]),
            content_changes=[lsp.TextDocumentContentChangeWholeDocument(text=text)],
        )
        self.call(self.client.text_document_did_change, changed)

    def configure(self, settings):
        """Send other settings."""
        params = lsp.DidChangeConfigurationParams(settings=settings)
        self.call(self.client.workspace_did_change_configuration, params)

    def save(self, uri):
        params = lsp.DidSaveTextDocumentParams(text_document=lsp.TextDocumentIdentifier(uri=uri))
        self.call(self.client.text_document_did_save, params)

    def close(self, uri):
        del self.opened[uri]
        params = lsp.DidCloseTextDocumentParams(text_document=lsp.TextDocumentIdentifier(uri=uri))
        self.call(self.client.text_document_did_close, params)

    def close_all(self):
        for uri in list(self.opened):
            self.close(uri)

    # ------------------------------------------------------------ answers

    def diagnostics(self, uri):
        """The diagnostics of a file's present version."""
        if self.pull:
            return self.pulled(uri).items
        self.until(lambda: self._version(uri) == self.opened[uri])
        return self.client.published[uri].diagnostics

    def codes(self, uri):
        return [each.code for each in self.diagnostics(uri)]

    def settles(self, uri, codes):
        """Wait until a file has these codes; what makes them change may be another file, or the settings."""
        try:
            self.until(lambda: self.codes(uri) == codes)
        except TimeoutError:
            pass
        return self.codes(uri) == codes

    def ask(self, method, params):
        async def answer():
            return await self.client.protocol.send_request_async(method, params)

        return self.run(answer())

    def hover(self, uri, text, needle, offset=0):
        """The Markdown of what is shown on a word of a text; None if nothing is."""
        line, character = place(text, needle)
        params = lsp.HoverParams(
            text_document=lsp.TextDocumentIdentifier(uri=uri), position=lsp.Position(line, character + offset)
        )
        found = self.ask(lsp.TEXT_DOCUMENT_HOVER, params)
        return found and found.contents.value

    def hints(self, uri, first=0, last=10_000):
        """The inlay hints by line."""
        params = lsp.InlayHintParams(
            text_document=lsp.TextDocumentIdentifier(uri=uri),
            range=lsp.Range(start=lsp.Position(first, 0), end=lsp.Position(last, 0)),
        )
        return {
            each.position.line: each.label for each in self.ask(lsp.TEXT_DOCUMENT_INLAY_HINT, params) or ()
        }

    def actions(self, uri, range=None, only=None, diagnostics=()):
        """The code actions by title."""
        params = lsp.CodeActionParams(
            text_document=lsp.TextDocumentIdentifier(uri=uri),
            range=range or lsp.Range(start=lsp.Position(0, 0), end=lsp.Position(10_000, 0)),
            context=lsp.CodeActionContext(diagnostics=list(diagnostics), only=only),
        )
        return {each.title: each for each in self.ask(lsp.TEXT_DOCUMENT_CODE_ACTION, params) or ()}

    def resolve(self, action):
        return self.ask(lsp.CODE_ACTION_RESOLVE, action)

    def pulled(self, uri, previous=None):
        params = lsp.DocumentDiagnosticParams(
            text_document=lsp.TextDocumentIdentifier(uri=uri), previous_result_id=previous
        )
        return self.run(self.client.text_document_diagnostic_async(params))

    def until(self, true, wait=WAIT):
        deadline = time.monotonic() + wait
        while not true():
            if time.monotonic() > deadline:
                raise TimeoutError
            time.sleep(0.02)

    def _version(self, uri):
        return self.client.published[uri].version if uri in self.client.published else None
