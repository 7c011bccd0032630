"""The verifier, run for one class when the user asks for it: in a process of its own that can be stopped."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import uuid
from typing import Any

from lsprotocol import types as lsp

from .documents import document
from .server import Server

COMMAND = "keraslint.verify"


async def verify(server: Server, uri: str, line: int) -> list[dict[str, Any]] | None:
    """Build the class or graph around a line (from 0) and run it; the findings with what was seen.

    None if nothing was run: the user was told why, or stopped it.
    """
    now = document(server.workspace, uri)
    outcome = await server.session.outcome(server.workspace, uri)
    if now is None or outcome is None:
        return None
    models = await server.session.work(outcome.models)
    above = [model for model in models if model.span.start.row <= line + 1 and model.span.cell is None]
    if not above:
        server.tell("there is no model or layer at this line; the verifier runs those of saved Python files")
        return None
    if not await asyncio.to_thread(_is_saved, now.path, now.parts[0].text):
        server.tell("save the file first: the verifier runs what is on the disk")
        return None
    name = max(above, key=lambda model: model.span.start).name
    return await _run(server, f"{now.path}::{name}", server.session.options_for(now.path).python)


def _is_saved(path: str, text: str) -> bool:
    try:
        with open(path, encoding="utf-8-sig", errors="replace", newline="") as file:
            return file.read() == text.removeprefix("\ufeff")
    except OSError:
        return False


async def _run(server: Server, target: str, python: str) -> list[dict[str, Any]] | None:
    command = [sys.executable, "-m", "keraslint", "verify", target, "--python", python or sys.executable]
    process = await asyncio.create_subprocess_exec(
        *command,
        "--output-format",
        "json",
        "--quiet",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    running = asyncio.create_task(process.communicate())
    name = target.rpartition("::")[2]
    token = await _begin(server, f"keraslint: running {name}")
    stopped = asyncio.wrap_future(server.work_done_progress.tokens[token]) if token else None
    try:
        await asyncio.wait({running, stopped} if stopped else {running}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        if not running.done():
            os.killpg(process.pid, signal.SIGTERM)
    out, err = await running
    said = None if stopped and stopped.cancelled() else _said(name, process.returncode, out, err)
    if token:
        server.work_done_progress.end(token, lsp.WorkDoneProgressEnd(message=said or "stopped"))
    if said is None:
        return None
    server.tell(said)
    return json.loads(out) if process.returncode in (0, 1) else None


async def _begin(server: Server, title: str) -> str | None:
    """A token for the progress that the client shows and can cancel; None if it shows none."""
    window = server.client_capabilities.window
    if not (window and window.work_done_progress):
        return None
    token = str(uuid.uuid4())
    await server.work_done_progress.create_async(token)
    server.work_done_progress.begin(token, lsp.WorkDoneProgressBegin(title=title, cancellable=True))
    return token


def _said(name: str, status: int | None, out: bytes, err: bytes) -> str:
    """One line on what came of it."""
    if status not in (0, 1):
        lines = err.decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else f"the verifier ended with status {status}"
    verdicts = [finding["evidence"]["verdict"] for finding in json.loads(out)]
    counts = ", ".join(f"{verdicts.count(each)} {each}" for each in dict.fromkeys(verdicts))
    return f"{name}: {counts or 'no findings to verify'}"
