"""`--diff-base`: only the findings that are new since a git revision."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace

from ..baseline import Key, key, new
from ..cache import Cache, Summaries
from ..config import Settings
from ..engine import check
from ..finding import Finding
from ..result import Result
from ..source.files import SourceError
from ..source.revision import checked_out, renamed, repository
from . import UsageError
from .groups import Group


def leave_out_before(revision: str, group: Group, result: Result, cached: bool) -> None:
    """Leave in the result what the sources of the revision, checked with today's settings, do not have.

    Raises UsageError.
    """
    try:
        top = repository(group.stdin[0] if group.stdin and not group.paths else group.paths[0])
        with checked_out(top, revision) as tree:
            paths = [_moved(path, top, tree) for path in _paths(group)]
            there = [path for path in paths if os.path.exists(path)]
            known = Summaries(Cache(group.settings.cache_dir)) if cached else None
            before = check(there, _settings_at(group.settings, top, tree), summaries=known)
        names = renamed(top, revision)
    except SourceError as error:
        raise UsageError(f"--diff-base: {error}") from None
    result.findings = _since(result.findings, before.findings, top, tree, names)


def _since(
    findings: list[Finding], before: list[Finding], top: str, tree: str, names: dict[str, str]
) -> list[Finding]:
    """The findings below `top` that are not among those of before below `tree`; `names` are the new names of files."""
    known: Counter[Key] = Counter()
    manifest, messages = set(), set()
    for finding in before:
        old = key(finding, tree)
        now = old._replace(file=names.get(old.file, old.file))
        known[now] += 1
        messages.add((now, finding.message))
        if finding.certainty == "manifest":
            manifest.add(now)
    # What could happen and now does is new as well.
    happens = [each for each in findings if each.certainty == "manifest" and key(each, top) not in manifest]
    more = new(findings, known, top)
    # Among several of a kind, those that say what was not said before are the new ones.
    unsaid = {key(each, top) for each in more if (key(each, top), each.message) not in messages}
    more = [
        each
        for each in more
        if key(each, top) not in unsaid or (key(each, top), each.message) not in messages
    ]
    chosen = set(map(id, happens + more))
    return [each for each in findings if id(each) in chosen]


def _paths(group: Group) -> list[str]:
    return [*group.paths, *([group.stdin[0]] if group.stdin else [])]


def _moved(path: str, top: str, tree: str) -> str:
    """Where a path of the repository is in the checked out tree; the path itself if it is outside."""
    inside = os.path.relpath(os.path.realpath(path), os.path.realpath(top))
    return path if inside.startswith(os.pardir) else os.path.normpath(os.path.join(tree, inside))


def _settings_at(settings: Settings, top: str, tree: str) -> Settings:
    """Today's settings for the tree of a revision; what it declares as its Keras is its own."""
    libraries = tuple(_moved(path, top, tree) for path in settings.library)
    root = _moved(settings.root, top, tree)
    return replace(settings, root=root if root.startswith(tree) else tree, library=libraries, origin=())
