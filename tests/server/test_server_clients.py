"""The server as editors know it, each with what it can do: from a finding to its fix, sent or asked for."""

import asyncio
import sys

import pytest

pytest_lsp = pytest.importorskip("pytest_lsp")

from editor import FIXED, NET, applied, place, preferred  # noqa: E402
from lsprotocol import types as lsp  # noqa: E402

EDITORS = [
    "emacs@v29.1",
    "neovim@v0.7.0",
    "neovim@v0.10.0",
    "neovim@v0.11.0",
    "visual_studio_code@v1.65.2",
]
WAIT = 30  # seconds
pytestmark = pytest.mark.filterwarnings("error::pytest_lsp.LspSpecificationWarning")


@pytest_lsp.fixture(
    params=EDITORS,
    config=pytest_lsp.ClientServerConfig(server_command=[sys.executable, "-m", "keraslint", "server"]),
)
async def client(request, folder, lsp_client: pytest_lsp.LanguageClient):
    # What an editor that lets itself be asked answers, and pytest-lsp's client does not.
    lsp_client.feature(lsp.CLIENT_REGISTER_CAPABILITY)(lambda params: None)
    able = pytest_lsp.client_capabilities(request.param)
    params = lsp.InitializeParams(capabilities=able, root_uri=folder.as_uri())
    # The timeouts are for servers that say nothing.
    await asyncio.wait_for(lsp_client.initialize_session(params), WAIT)
    yield
    await asyncio.wait_for(lsp_client.shutdown_session(), WAIT)


@pytest.mark.asyncio
async def test_from_a_finding_to_its_fix(client, folder):
    document = lsp.TextDocumentIdentifier(uri=(folder / "net.py").as_uri())
    item = lsp.TextDocumentItem(uri=document.uri, language_id="python", version=1, text=NET)
    client.text_document_did_open(lsp.DidOpenTextDocumentParams(text_document=item))
    [found] = await diagnostics(client, document.uri)
    assert (found.code, found.range.start.line) == ("KER101", place(NET, "def call")[0])
    position = lsp.Position(*place(NET, "self.drop(x)"))
    hover = await client.text_document_hover_async(lsp.HoverParams(text_document=document, position=position))
    assert "| `Net`, Keras 3.10 to 3.15 | infer |" in hover.contents.value
    if client.capabilities.text_document.inlay_hint:
        everything = lsp.Range(start=lsp.Position(0, 0), end=lsp.Position(100, 0))
        hints = await client.text_document_inlay_hint_async(
            lsp.InlayHintParams(text_document=document, range=everything)
        )
        assert [(each.position.line, each.label) for each in hints] == [(position.line, "fit: infer")]
    actions = await client.text_document_code_action_async(
        lsp.CodeActionParams(
            text_document=document, range=found.range, context=lsp.CodeActionContext(diagnostics=[found])
        )
    )
    fix = preferred({each.title: each for each in actions})
    assert fix.diagnostics[0].code == found.code
    fixed = applied(NET, edits(client, fix.edit, document.uri))
    assert fixed == FIXED
    change(client, document.uri, fixed)
    assert await diagnostics(client, document.uri, until=lambda items: not items) == []


async def diagnostics(client, uri, until=bool):
    """The diagnostics once they are what is waited for, by the one way that the client has."""
    pulls = client.capabilities.text_document.diagnostic is not None
    deadline = asyncio.get_running_loop().time() + WAIT
    while True:
        if pulls:
            params = lsp.DocumentDiagnosticParams(text_document=lsp.TextDocumentIdentifier(uri=uri))
            items = list((await client.text_document_diagnostic_async(params)).items)
            assert uri not in client.diagnostics
        else:
            items = list(client.diagnostics.get(uri, [None]))
        if items != [None] and until(items):
            return items
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.02)


def edits(client, edit, uri):
    """The edits of one file, in the form that the client understands."""
    able = client.capabilities.workspace.workspace_edit
    if not (able and able.document_changes):
        return edit.changes[uri]
    [changed] = edit.document_changes
    assert (changed.text_document.uri, changed.text_document.version) == (uri, 1)
    return changed.edits


def change(client, uri, text):
    client.text_document_did_change(
        lsp.DidChangeTextDocumentParams(
            text_document=lsp.VersionedTextDocumentIdentifier(uri=uri, version=2),
            content_changes=[lsp.TextDocumentContentChangeWholeDocument(text=text)],
        )
    )
