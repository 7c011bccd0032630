"""Which files to read: the paths that were named, and what lies in named folders and is not left out."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from .files import SourceError, shown
from .patterns import matches

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

    from ..config import Settings

SUFFIXES = (".py", ".pyi", ".ipynb")
STDIN = "-"


class _Ignores(NamedTuple):
    """One folder's ignore rules; its patterns are relative to the folder."""

    folder: str
    spec: GitIgnoreSpec


def discover(paths: Iterable[str], settings: Settings, failed: list[str] | None = None) -> Iterator[str]:
    """The files to read, each once, in the order of `paths` and within a folder by name.

    A named file is taken whatever its name or the excludes say, unless `force-exclude` is set. `-` is passed
    on. A path that is not there or cannot be listed raises SourceError, or is noted in `failed` if given.
    """
    seen = set()
    for path in paths:
        for found in _each(path, settings, failed):
            key = found if found == STDIN else os.path.abspath(found)
            if key not in seen:
                seen.add(key)
                yield found


def excluded(path: str, settings: Settings) -> bool:
    """Whether the excludes leave out the file at `path`, itself or by one of its folders."""
    patterns = settings.exclude + settings.extend_exclude
    full, root = os.path.abspath(path), os.path.abspath(settings.root)
    while full != root and os.path.dirname(full) != full:
        if matches(patterns, full, root):
            return True
        full = os.path.dirname(full)
    return False


def _each(path: str, settings: Settings, failed: list[str] | None) -> Iterator[str]:
    if path == STDIN:
        yield path
    elif os.path.isdir(path):
        if not (settings.force_exclude and excluded(path, settings)):
            yield from _walk(os.path.normpath(path), settings, failed)
    elif os.path.exists(path):
        if not (settings.force_exclude and excluded(path, settings)):
            yield os.path.normpath(path)
    else:
        _fail(f"{shown(path)}: no such file or folder", failed)


def _walk(top: str, settings: Settings, failed: list[str] | None) -> Iterator[str]:
    patterns = settings.exclude + settings.extend_exclude
    root = os.path.abspath(settings.root)
    rules = _inherited(os.path.abspath(top)) if settings.respect_gitignore else ()
    # What is still to be visited, the next one last, with the rules of the folders above it.
    waiting: list[tuple[str, bool, tuple[_Ignores, ...]]] = [(top, True, rules)]
    while waiting:
        path, is_folder, rules = waiting.pop()
        if not is_folder:
            yield path
            continue
        full = os.path.abspath(path)
        try:
            with os.scandir(path) as entries:
                inside = sorted(entries, key=lambda entry: entry.name, reverse=True)
        except OSError as error:
            _fail(f"{shown(path)}: cannot be listed: {error.strerror}", failed)
            continue
        if settings.respect_gitignore and any(entry.name == ".gitignore" for entry in inside):
            rules = (*rules, *_read(full, os.path.join(full, ".gitignore")))
        for entry in inside:
            is_folder = entry.is_dir(follow_symlinks=False)
            if not is_folder and not (entry.name.endswith(SUFFIXES) and entry.is_file()):
                continue
            place = os.path.join(full, entry.name)
            if not matches(patterns, place, root) and not _ignored(rules, place, is_folder):
                waiting.append((os.path.normpath(entry.path), is_folder, rules))


def _ignored(rules: tuple[_Ignores, ...], path: str, is_folder: bool) -> bool:
    """What the rules say, of which the innermost that says anything decides."""
    for folder, spec in reversed(rules):
        inside = os.path.relpath(path, folder).replace(os.sep, "/") + ("/" if is_folder else "")
        verdict = spec.check_file(inside).include
        if verdict is not None:
            return verdict
    return False


def _inherited(top: str) -> tuple[_Ignores, ...]:
    """The rules of the repository and of the folders above `top`; none if they leave out `top` itself."""
    above = [top]
    while not os.path.exists(os.path.join(above[-1], ".git")):
        parent = os.path.dirname(above[-1])
        if parent == above[-1]:
            return ()
        above.append(parent)
    repository = above[-1]
    rules = _read(repository, os.path.join(repository, ".git", "info", "exclude"))
    for folder in reversed(above[1:]):
        rules += _read(folder, os.path.join(folder, ".gitignore"))
    for folder in reversed(above[:-1]):
        if _ignored(rules, folder, is_folder=True):
            return ()
    return rules


def _read(folder: str, path: str) -> tuple[_Ignores, ...]:
    """The rules in an ignore file; none if it is not there or says nothing. pathspec is imported only for rules."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = [line for line in file.read().splitlines() if line.strip() and not line.startswith("#")]
    except OSError:
        return ()
    if not lines:
        return ()
    from pathspec import GitIgnoreSpec

    try:
        spec = GitIgnoreSpec.from_lines(lines)
    except (ValueError, re.error):
        # A line is no pattern: git skips it, and so do we.
        spec = GitIgnoreSpec.from_lines(line for line in lines if _is_pattern(line))
    return (_Ignores(folder, spec),)


def _is_pattern(line: str) -> bool:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except (ValueError, re.error):
        return False
    return True


def _fail(message: str, failed: list[str] | None) -> None:
    if failed is None:
        raise SourceError(message)
    failed.append(message)
