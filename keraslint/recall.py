"""The findings of a check that ran before, if nothing that they depend on has changed.

That is: the settings, what is targeted, which files there are to check, the bytes of every file that was read, and
what every import that was looked up names on the disk.
"""

from __future__ import annotations

import os
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from . import targets
from .cache import Cache, digest
from .config import Settings, settings_near
from .finding import Finding
from .result import Result, line_count
from .source.files import Source, SourceError, read
from .source.lookup import module_at

# The settings that findings and their fixes depend on, besides the targets.
_MATTER = (
    "root", "select", "ignore", "extend_select", "extend_ignore", "per_file_ignores", "keras", "backend", "library",
    "max_file_size", "require_reason", "fixable", "unfixable", "extend_safe_fixes", "extend_unsafe_fixes",
)  # fmt: skip


def recall(
    kept: Cache, files: list[str], settings: Settings, with_fixes: bool
) -> tuple[bytes, Result | None]:
    """The key of a check of files (absolute paths), and what it found if it would find the same. Raises ConfigError."""
    key = _key(files, settings, with_fixes)
    try:
        sources, findings = _valid(kept.get(key), settings.max_file_size)
    except (TypeError, ValueError):  # there is nothing, or it is not ours
        return key, None
    if not sources.keys() >= set(files):
        return key, None
    known = {path: source for path, source in sources.items() if source is not None}
    by_name = {source.filename: source for source in known.values()}
    return key, Result(findings, files, line_count(map(known.get, files)), sources=by_name)


def remember(kept: Cache, key: bytes, result: Result) -> None:
    """Keep what a check found, with what it depended on."""
    if result.read is None or result.program is None:
        return
    limit = result.read.max_bytes
    states = tuple(
        (path, _digest(source.data) if source is not None else _state(path, limit)[0])
        for path, source in result.read.read.items()
    )
    looked_up = tuple(result.program.project.looked_up.items())
    kept.put(key, (states, looked_up, tuple(map(_bare, result.findings))))


def _key(files: list[str], settings: Settings, with_fixes: bool) -> bytes:
    folders = dict.fromkeys(map(os.path.dirname, files))
    near = dict.fromkeys(settings_near(settings, os.path.join(folder, "x.py")) for folder in folders)
    said = [[getattr(each, name) for name in _MATTER] for each in (settings, *near)]
    goals = (targets.regimes(settings), targets.backends(settings))
    return digest(os.getcwd(), files, said, goals, with_fixes)


def _valid(known: Any, limit: int) -> tuple[dict[str, Source | None], list[Finding]]:
    """The files that were read, and the findings. Raises ValueError if anything is not as it was, TypeError."""
    states, looked_up, findings = known
    if any(module_at(stem) != found for stem, found in looked_up):
        raise ValueError
    sources = {}
    for path, state in states:
        now, sources[path] = _state(path, limit)
        if now != state:
            raise ValueError
    return sources, list(findings)


def _bare(finding: Finding) -> Finding:
    """A finding without what only a fix needs, and only in the run that made it."""
    return replace(finding, site=None)


def _state(path: str, limit: int) -> tuple[Any, Source | None]:
    """A digest of a file's bytes and the file, or the reason why it cannot be read."""
    try:
        source = read(path, limit)
    except SourceError as error:
        return error.reason, None
    return _digest(source.data), source


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=16).digest()
