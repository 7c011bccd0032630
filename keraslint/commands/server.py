"""`keraslint server`: the language server, on stdin and stdout."""

from __future__ import annotations

import argparse
import os
import sys

from . import CLEAN, UsageError


def arguments(parser: argparse.ArgumentParser) -> None:
    # Clients add these of their own accord; stdio is the only way there is.
    parser.add_argument("--stdio", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--clientProcessId", help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    try:
        from ..server.app import create
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] in ("pygls", "lsprotocol"):
            raise UsageError("the server needs pygls: pip install 'keraslint[lsp]'") from None
        raise
    # What anything prints must not come between the messages.
    messages = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    create().start_io(stdout=messages)
    return CLEAN
