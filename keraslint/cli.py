"""The command line: picks the command, and makes an exit status of what becomes of it.

Whatever is heavy is imported by the command that needs it, so that `--version` and `--help` are quick.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
from importlib import import_module
from typing import NoReturn

from . import __version__
from .commands import CLEAN, COMMANDS, FAILED, UsageError, say
from .config import ConfigError, did_you_mean
from .source.files import SourceError

INTERRUPTED, PIPE_CLOSED = 130, 141


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see `{self.prog} --help`")


def console() -> NoReturn:
    """Run the process's own command line and leave with its exit status."""
    status = main()
    if status == INTERRUPTED and threading.active_count() > 1:
        # An analysis that is torn down with the interpreter aborts the process.
        sys.stderr.flush()
        os._exit(status)
    raise SystemExit(status)


def main(argv: list[str] | None = None) -> int:
    """Run a command line and return its exit status: 0 clean, 1 findings, 2 could not do the work."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by who started this: print would write to the other
            setattr(sys, name, open(os.devnull, "w"))
        elif hasattr(stream := getattr(sys, name), "reconfigure"):
            # A source may hold, and a file may be called, what the terminal's encoding has not.
            stream.reconfigure(errors="backslashreplace")
    try:
        status = _run(sys.argv[1:] if argv is None else argv)
        sys.stdout.flush()
        return status
    except (UsageError, ConfigError, SourceError) as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        print("keraslint: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        _drop_output()
        return PIPE_CLOSED
    except Exception as error:
        if isinstance(error, OSError) and error.filename is None:  # such as a full disk
            _drop_output()
            return _fail(f"the output cannot be written: {error.strerror}")
        if os.environ.get("KERASLINT_TRACEBACK"):
            raise
        return _fail(
            f"internal error: {_in_one_line(error)}; set KERASLINT_TRACEBACK=1 to see all, and report it"
        )


def _run(argv: list[str]) -> int:
    name = argv[0] if argv else "--help"
    if name in COMMANDS:
        command = import_module(f".commands.{name}", __package__)
        parser = Parser(prog=f"keraslint {name}", description=COMMANDS[name], allow_abbrev=False)
        command.arguments(parser)
        return command.run(parser.parse_args(argv[1:]))
    if name in ("-V", "--version"):
        print(f"keraslint {__version__}")
        return CLEAN
    if name in ("-h", "--help", "help"):
        print(_help(), end="")
        return CLEAN if argv else FAILED
    hint = did_you_mean(name, COMMANDS)
    if not hint and os.path.exists(name):
        hint = f"; did you mean `keraslint check {name}`?"
    raise UsageError(f"there is no command {name!r}{hint or '; see `keraslint --help`'}")


def _help() -> str:
    widest = max(map(len, COMMANDS))
    commands = "".join(f"  {name:<{widest}}  {help}\n" for name, help in COMMANDS.items())
    return (
        "usage: keraslint COMMAND ...\n\n"
        "Finds the Keras layers that run in the wrong mode, training or inference.\n\n"
        f"commands:\n{commands}\n"
        "options:\n  -h, --help      show this\n  -V, --version   show the version\n\n"
        "`keraslint COMMAND --help` shows a command's options. Exit status: 0 clean, 1 findings, 2 could not do the work.\n"
    )


def _drop_output() -> None:
    """Let nothing more be written: Python would complain once more when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(message: str) -> int:
    say("error", message)
    return FAILED


def _in_one_line(error: Exception) -> str:
    """An unexpected error with the place in this package where it happened."""
    place, traceback = "", error.__traceback__
    while traceback:
        file = traceback.tb_frame.f_code.co_filename
        if os.path.dirname(__file__) in file:
            place = f" at {os.path.relpath(file, os.path.dirname(__file__))}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    said = " ".join(str(error).split())
    return f"{type(error).__name__}{': ' + said if said else ''}{place}"
