"""The commands, one module each: `arguments(parser)` declares its options, `run(args)` returns the exit status.

`options`, `groups`, `checking` and `counts` are what commands share. A module is imported when it is asked for.
"""

from __future__ import annotations

import sys

# Each command with the line that says what it does.
COMMANDS = {
    "check": "report layers that run in the wrong mode",
    "explain": "show the mode of every layer of a file or class",
    "verify": "build the models that were reported, run them, and show what happens",
    "record": "run a program and keep how it makes and calls its models, for `verify`",
    "rule": "show a rule's page, or list the rules",
    "config": "show the settings in force for a path",
    "completion": "print a script that completes commands and options in a shell",
    "server": "answer editors as a language server, on stdin and stdout",
}

CLEAN, FOUND, FAILED = 0, 1, 2


class UsageError(Exception):
    """Arguments that make no sense; the text is one line that says what to write instead."""


def say(kind: str, message: str) -> None:
    """A line on stderr; `kind` is error or warning."""
    print(f"keraslint: {kind}: {message}", file=sys.stderr)
