"""Paths by the settings that count for them."""

from __future__ import annotations

import argparse
import os
import sys
from typing import NamedTuple

from ..config import Settings, find_file
from ..source.discover import STDIN
from . import UsageError
from .options import settings_in_force


class Group(NamedTuple):
    """Paths that share their settings, and what came on stdin among them."""

    paths: list[str]
    settings: Settings
    stdin: tuple[str, bytes] | None = None


def grouped(paths: list[str], args: argparse.Namespace) -> list[Group]:
    """The paths by the configuration file that counts for them; those without one belong together."""
    by_file: dict[str | None, list[str]] = {}
    for path in paths:
        folder = os.path.abspath(path if os.path.isdir(path) else os.path.dirname(path))
        file = None if args.config or args.isolated else find_file(folder)
        by_file.setdefault(file, []).append(path)
    return [Group(group, settings_in_force(_common(group) if file is None else group[0], args))
            for file, group in by_file.items()]  # fmt: skip


def stdin_groups(args: argparse.Namespace) -> list[Group]:
    """What came on stdin, and the other paths with it if they share its settings."""
    from ..source.discover import excluded

    name = args.stdin_filename or STDIN
    settings = settings_in_force(args.stdin_filename or ".", args)
    groups = grouped(args.paths, args) if args.paths else []
    if args.stdin_filename and settings.force_exclude and excluded(name, settings):
        return groups or [Group([], settings)]
    if sys.stdin is None:
        raise UsageError("-: standard input is closed")
    data = b"" if args.show_files or args.show_settings else sys.stdin.buffer.read()
    for at, group in enumerate(groups):
        if group.settings == settings:
            groups[at] = group._replace(stdin=(name, data))
            return groups
    return [Group([], settings, (name, data)), *groups]


def _common(paths: list[str]) -> str:
    try:
        return os.path.commonpath([os.path.abspath(path) for path in paths])
    except ValueError:  # on two drives
        return os.path.abspath(paths[0])
