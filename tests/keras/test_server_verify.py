"""The language server's command that runs the class under the cursor."""

import os
import sys
from pathlib import Path

import pytest

pytest.importorskip("pygls")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "server"))

import verifying  # noqa: E402
from editor import NET, Editor, project  # noqa: E402
from lsprotocol import types as lsp  # noqa: E402


@pytest.fixture
def editor(tmp_path):
    verifying.python_of(tmp_path, "3.10")
    found = Editor(options={"settings": {"python": str(tmp_path / "python-3.10")}})
    yield found
    found.stop()


def verify(editor, uri, line):
    params = lsp.ExecuteCommandParams(command="keraslint.verify", arguments=[uri, line])
    return editor.ask(lsp.WORKSPACE_EXECUTE_COMMAND, params)


def test_the_class_under_the_cursor_is_run(editor, tmp_path, monkeypatch):
    monkeypatch.setattr("editor.WAIT", 180)
    path = project(tmp_path) / "net.py"
    path.write_text(NET)
    uri = editor.open(path)
    action = editor.actions(uri)["Run the model to verify its findings"]
    assert isinstance(action, lsp.Command)  # which nobody runs who applies actions by kind
    [found] = verify(editor, *action.arguments)
    assert found["evidence"]["verdict"] == "confirmed"
    assert editor.client.messages == ["keraslint: Net: 1 confirmed"]
    begin, *_, end = editor.client.progress
    assert (begin["kind"], begin["cancellable"], end["kind"]) == ("begin", True, "end")


def test_it_can_be_stopped(editor, tmp_path):
    path = project(tmp_path) / "net.py"
    path.write_text("import time\n\ntime.sleep(600)\n\n" + NET)
    uri = editor.open(path)
    editor.client.stops = True
    assert verify(editor, uri, 12) is None
    assert editor.client.progress[-1]["message"] == "stopped"


def test_what_cannot_be_run_is_said(editor, tmp_path):
    path = project(tmp_path) / "net.py"
    path.write_text(NET)
    uri = editor.open(path)
    assert verify(editor, uri, 0) is None
    editor.edit(uri, NET + "#")
    assert verify(editor, uri, 9) is None
    assert "no model or layer at this line" in editor.client.messages[0]
    assert "save the file first" in editor.client.messages[1]
    assert not os.path.exists(tmp_path / "__pycache__")
