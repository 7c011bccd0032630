"""`keraslint record`: run a program of the user's and keep how it made and called its models."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile

from . import FAILED, UsageError, say


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = "keraslint record [-h] [--] COMMAND ..."
    parser.epilog = "Examples: keraslint record -- pytest tests    keraslint record train.py --epochs 1"
    parser.add_argument(
        "command",
        nargs=argparse.REMAINDER,
        metavar="COMMAND",
        help="what to run; a script is run by this Python",
    )


def run(args: argparse.Namespace) -> int:
    """The program's own exit status; 2 if it went well, but made no model of the project's."""
    from ..config import settings_for
    from ..verify import recorded

    command = args.command[1:] if args.command[:1] == ["--"] else args.command
    if not command:
        raise UsageError(
            "nothing to run; write `keraslint record -- pytest tests` or `keraslint record train.py`"
        )
    root = settings_for(".").root
    recorded.load(root)  # better now than after an hour of training
    with tempfile.TemporaryDirectory(prefix="keraslint-record-") as folder:
        status = _run([sys.executable, *command] if command[0].endswith(".py") else command, folder)
        notes = recorded.collect(folder, root)
    if notes:
        where = os.path.relpath(recorded.save(root, notes))
        models = "1 model" if len(notes) == 1 else f"{len(notes)} models"
        print(f"Recorded {models} in {where}: `keraslint verify` starts from them.", file=sys.stderr)
    else:
        say("warning", f"nothing was recorded: {command[0]} made no Keras model of a file under {root}")
    return status or (0 if notes else FAILED)


def _run(command: list[str], folder: str) -> int:
    """The exit status of a program in which every Python writes its notes to a folder."""
    from ..verify.recorded import RECORDER

    path = filter(None, [RECORDER, os.environ.get("PYTHONPATH")])
    environment = {**os.environ, "KERASLINT_RECORD": folder, "PYTHONPATH": os.pathsep.join(path)}
    try:
        process = subprocess.Popen(command, env=environment)
    except OSError as error:
        raise UsageError(f"{command[0]}: cannot be run: {error.strerror}") from None
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is for the program, whose notes are kept
    try:
        status = process.wait()
    finally:
        signal.signal(signal.SIGINT, before)
    return 128 - status if status < 0 else status
