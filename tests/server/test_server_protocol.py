"""A server that stays up: malformed messages, cancelled requests, clients that die."""

import ast
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from editor import NET, Editor

import keraslint.server

SERVER = [sys.executable, "-m", "keraslint", "server"]


class Raw:
    """A client that writes what it likes."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [*SERVER, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )

    def write(self, body):
        body = body if isinstance(body, bytes) else json.dumps({"jsonrpc": "2.0", **body}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def answer(self, number):
        """The answer to the request of that number; whatever else comes is dropped."""
        while True:
            length = 0
            while (line := self.process.stdout.readline().strip()) != b"":
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            message = json.loads(self.process.stdout.read(length))
            if message.get("id") == number and "method" not in message:
                return message

    def initialize(self, **params):
        params = {"processId": None, "rootUri": None, "capabilities": {}, **params}
        self.write({"id": 1, "method": "initialize", "params": params})
        answer = self.answer(1)
        self.write({"method": "initialized", "params": {}})
        return answer["result"]

    def open(self, path, text):
        item = {"uri": path.as_uri(), "languageId": "python", "version": 1, "text": text}
        self.write({"method": "textDocument/didOpen", "params": {"textDocument": item}})

    def hover(self, number, path):
        params = {"textDocument": {"uri": path.as_uri()}, "position": {"line": 10, "character": 18}}
        self.write({"id": number, "method": "textDocument/hover", "params": params})
        return self.answer(number)

    def ends(self):
        return self.process.wait(20)


@pytest.fixture
def raw(request):
    client = Raw(*getattr(request, "param", ()))
    yield client
    client.process.kill()
    client.process.wait()
    client.process.stdin.close()
    client.process.stdout.close()


MALFORMED = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"\xff\xfe",
    b'{"jsonrpc": "2.0"}',
    b'{"jsonrpc": "2.0", "method": "textDocument/didOpen"}',
    b'{"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": 3}}',
    b'{"jsonrpc": "2.0", "method": "textDocument/didChange", "params": {"textDocument": '
    b'{"uri": "file:///gone.py", "version": 2}, "contentChanges": [{"text": ""}]}}',
    b'{"jsonrpc": "2.0", "method": "textDocument/didClose", "params": {"textDocument": {"uri": "file:///gone.py"}}}',
    b'{"jsonrpc": "2.0", "method": "workspace/didChangeConfiguration", "params": {"settings": [1]}}',
    b'{"jsonrpc": "2.0", "method": "$/unheardOf", "params": {}}',
    b'{"jsonrpc": "2.0", "id": 7, "method": "unheard/of", "params": {}}',
    b'{"jsonrpc": "2.0", "id": 8, "method": "textDocument/hover", "params": {}}',
    b'{"jsonrpc": "2.0", "id": 9, "method": "workspace/executeCommand", "params": {"command": "rm"}}',
    b'{"jsonrpc": "2.0", "id": 99, "result": null}',
]


def test_malformed_messages_are_survived(raw, tmp_path):
    raw.initialize()
    path = tmp_path / "net.py"
    raw.open(path, NET)
    for body in MALFORMED:
        raw.write(body)
    assert "Dropout" in raw.hover(50, path)["result"]["contents"]["value"]


@pytest.mark.parametrize("raw", [["--stdio"], ["--stdio", "--clientProcessId=123"]], indirect=True)
def test_arguments_that_clients_add(raw):
    assert raw.initialize()["serverInfo"]["name"] == "keraslint"


def test_a_client_with_no_capabilities_and_no_folder(raw, tmp_path):
    result = raw.initialize()
    assert "diagnosticProvider" not in result["capabilities"]
    assert result["capabilities"]["positionEncoding"] == "utf-16"
    path = tmp_path / "net.py"
    raw.open(path, NET)
    assert "Dropout" in raw.hover(2, path)["result"]["contents"]["value"]


def test_shutdown_and_exit(raw):
    raw.initialize()
    raw.write({"id": 2, "method": "shutdown"})
    assert raw.answer(2)["result"] is None
    raw.write({"method": "exit"})
    assert raw.ends() == 0


def test_a_client_that_goes_away(raw, tmp_path):
    raw.initialize()
    raw.open(tmp_path / "net.py", NET * 20)
    raw.process.stdin.close()
    raw.process.stdout.close()
    raw.ends()


def test_a_client_that_is_killed(tmp_path):
    """The server ends with the process that started it, whatever it is doing."""
    code = f"""
import subprocess, sys, time
server = subprocess.Popen({SERVER!r}, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
print(server.pid, flush=True)
time.sleep(60)
"""
    client = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    server = int(client.stdout.readline())
    client.send_signal(signal.SIGKILL)
    client.wait()
    client.stdout.close()
    deadline = time.monotonic() + 20
    while _runs(server) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(server)


def _runs(pid):
    try:
        os.kill(pid, 0)
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_cancelled_request_is_answered_at_once_and_the_next_one_too(raw, tmp_path):
    raw.initialize()
    path = tmp_path / "net.py"
    raw.open(path, NET * 20)
    params = {"textDocument": {"uri": path.as_uri()}, "position": {"line": 10, "character": 18}}
    raw.write({"id": 2, "method": "textDocument/hover", "params": params})
    raw.write({"method": "$/cancelRequest", "params": {"id": 2}})
    assert raw.answer(2)["error"]["code"] == -32800
    assert "Dropout" in raw.hover(3, path)["result"]["contents"]["value"]


def test_records_of_the_protocol_are_made_with_keywords():
    """Newer versions of lsprotocol have new fields between the others."""
    calls = [
        (path.name, node)
        for path in Path(keraslint.server.__file__).parent.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("lsp.")
    ]
    assert len(calls) > 20
    assert not [f"{name}:{node.lineno}" for name, node in calls if node.args]


def test_the_command_line_never_imports_the_protocol(tmp_path):
    (tmp_path / "net.py").write_text(NET)
    code = "import sys; from keraslint.cli import main; main(['check', '.']); print({'pygls', 'lsprotocol'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert "KER101" in done.stdout
    assert done.stdout.endswith("set()\n")


def test_what_is_printed_does_not_come_between_the_messages(tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text(
        "import builtins, threading, time\n"
        "def chatter():\n    while True:\n        print('noise', flush=True)\n        time.sleep(0.05)\n"
        "import keraslint.commands.server as c\n"
        "before = c.run\n"
        "def run(args):\n"
        "    from keraslint.server import app\n"
        "    create = app.create\n"
        "    def noisy():\n        threading.Thread(target=chatter, daemon=True).start()\n        return create()\n"
        "    app.create = noisy\n"
        "    return before(args)\n"
        "c.run = run\n"
    )
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    monkeypatch.setenv("PYTHONPATH", path)
    editor = Editor(pull=True)
    assert editor.codes(editor.open(tmp_path / "net.py", NET)) == ["KER101"]
    assert editor.stop() == 0
