"""Paths by the settings that count for them."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from ..config import Settings, find_file
from ..source.discover import STDIN
from .options import settings_in_force

if TYPE_CHECKING:
    from ..result import Result


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
    data = b"" if args.show_files or args.show_settings else sys.stdin.buffer.read()
    for at, group in enumerate(groups):
        if group.settings == settings:
            groups[at] = group._replace(stdin=(name, data))
            return groups
    return [Group([], settings, (name, data)), *groups]


def checked(
    groups: list[Group],
    cached: bool = True,
    with_fixes: bool = False,
    live: bool = False,
    jobs: int | None = None,
) -> list[Result]:
    """What a check of each group finds. Raises ConfigError.

    cached: whether to use and fill the cache.
    with_fixes: whether the findings are to come with their fixes.
    live: whether the programs are needed, and not only the findings.
    jobs: how many processes may work; by default as many as there are processors.
    """
    from .. import targets

    for group in groups:
        # A wrong version is an error even where no model asks for it.
        targets.regimes(group.settings)
        targets.backends(group.settings)
    return [_checked(group, cached, with_fixes, live, jobs) for group in groups]


def _checked(group: Group, cached: bool, with_fixes: bool, live: bool, jobs: int | None) -> Result:
    if not cached:
        return _check(group, with_fixes, None, jobs)
    from .. import recall
    from ..cache import Cache, Summaries

    kept = Cache(group.settings.cache_dir)
    if live or group.stdin is not None:
        result = _check(group, with_fixes, Summaries(kept), jobs)
    else:
        key, result = recall.recall(kept, group.paths, group.settings, with_fixes)
        if result is None:
            result = _check(group, with_fixes, Summaries(kept), jobs)
            recall.remember(kept, key, result)
    kept.save()
    return result


def _check(group: Group, with_fixes: bool, summaries: Any, jobs: int | None) -> Result:
    from ..ahead import processors
    from ..engine import check

    jobs = jobs or processors()
    result = check(group.paths, group.settings, stdin=group.stdin, summaries=summaries, jobs=jobs)
    if with_fixes:
        from .fixes import propose

        propose([group], [result])
    return result


def _common(paths: list[str]) -> str:
    try:
        return os.path.commonpath([os.path.abspath(path) for path in paths])
    except ValueError:  # on two drives
        return os.path.abspath(paths[0])
