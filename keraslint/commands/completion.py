"""`keraslint completion`: a script that lets a shell complete commands and options."""

from __future__ import annotations

import argparse
from importlib import import_module

from . import CLEAN, COMMANDS, UsageError

SHELLS = ("bash", "zsh", "fish")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=f"the shell: {', '.join(SHELLS)}")


def run(args: argparse.Namespace) -> int:
    try:
        import shtab
    except ImportError:
        raise UsageError("completion needs shtab: pip install shtab") from None
    print(shtab.complete(whole_parser(shtab.FILE), args.shell))
    return CLEAN


def whole_parser(files: dict[str, str]) -> argparse.ArgumentParser:
    """A parser of all commands at once; `files` is what completes the name of a file."""
    parser = argparse.ArgumentParser(prog="keraslint", allow_abbrev=False)
    parser.add_argument("-V", "--version", action="store_true", help="show the version")
    commands = parser.add_subparsers()
    for name, help in COMMANDS.items():
        command = commands.add_parser(name, help=help, description=help)
        import_module(f".{name}", __package__).arguments(command)
        for action in command._actions:
            if action.metavar in ("PATH", "FILE", "FOLDER", "TARGET"):
                action.complete = files
    return parser
