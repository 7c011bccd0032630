"""The options of `keraslint check` that leave out what is known: from a baseline, or from a git revision."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..baseline import Baseline, Key, key, new, read, relative, without_gone, write
from ..config import OPTIONS, enabled, settings_near
from ..source.files import shown
from . import UsageError, say
from .counts import counted
from .groups import Group

if TYPE_CHECKING:
    from ..finding import Finding
    from ..result import Result

Checks = list[tuple[Group, "Result"]]


def arguments(parser: argparse.ArgumentParser) -> None:
    known = parser.add_argument_group("known findings")
    known.add_argument("--baseline", metavar="FILE", help=OPTIONS["baseline"].help)
    known.add_argument(
        "--write-baseline", action="store_true", help="write all that is found to the baseline, and stop"
    )
    known.add_argument(
        "--diff-base", metavar="REV", help="report only what was not yet there at a git revision"
    )


def leave_out(groups: list[Group], results: list[Result], args: argparse.Namespace) -> None:
    """Leave in the results only what is new, and in the baselines only what is found. Raises ConfigError, UsageError."""
    for path, checks in _by_baseline(groups, results):
        _remove_gone(path, checks, args.quiet)
    leave_out_baselines(groups, results)
    if args.diff_base:
        from .since import leave_out_before

        for group, result in zip(groups, results):
            if result.findings:
                leave_out_before(args.diff_base, group, result, not args.no_cache)


def leave_out_baselines(groups: list[Group], results: list[Result]) -> None:
    """Leave in the results only what the baselines do not know. Raises ConfigError."""
    for path, checks in _by_baseline(groups, results):
        fresh = _fresh(checks, read(path), os.path.dirname(path))
        chosen = set(map(id, fresh))
        for _, result in checks:
            result.findings = [finding for finding in result.findings if id(finding) in chosen]


def write_baselines(groups: list[Group], results: list[Result], quiet: bool) -> None:
    """Write what was found to the baselines that the settings name. Raises UsageError."""
    if not all(group.settings.baseline for group in groups):
        raise UsageError("--write-baseline: name the file, as in --baseline keraslint-baseline.json")
    for path, checks in _by_baseline(groups, results):
        keras, backend = _targets(checks)
        folder = os.path.dirname(path)
        paths = sorted({relative(each, folder) for group, _ in checks for each in group.paths})
        written = Baseline(_found(checks, folder), tuple(paths), keras, backend)
        before = read(path).counts.total() if os.path.exists(path) else 0
        try:
            write(path, written)
        except OSError as error:
            raise UsageError(f"--baseline: {shown(path)} cannot be written: {error.strerror}") from None
        if not quiet:
            now = written.counts.total()
            print(f"{shown(path)}: {counted(now, 'known finding')} (before: {before}).", file=sys.stderr)


def _by_baseline(groups: list[Group], results: list[Result]) -> Iterator[tuple[str, Checks]]:
    checks: dict[str, Checks] = {}
    for group, result in zip(groups, results):
        if group.settings.baseline:
            checks.setdefault(group.settings.baseline, []).append((group, result))
    return iter(checks.items())


def _remove_gone(path: str, checks: Checks, quiet: bool) -> None:
    folder, known = os.path.dirname(path), read(path)
    found = _found(checks, folder)
    unread = any(finding.code == "KER900" for finding in _fresh(checks, known, folder))
    if unread or not _covers(checks, known, folder):
        return
    left = without_gone(known, found, lambda key: _looked_for(key, checks, folder))
    gone = known.counts.total() - left.counts.total()
    if not gone:
        return
    try:
        write(path, left)
    except OSError as error:
        say(
            "warning",
            f"{shown(path)}: {counted(gone, 'finding')} gone, but cannot be written: {error.strerror}",
        )
        return
    if not quiet:
        print(f"{shown(path)}: {counted(gone, 'known finding')} gone, and removed from it.", file=sys.stderr)


def _fresh(checks: Checks, known: Baseline, folder: str) -> list[Finding]:
    return new([each for _, result in checks for each in result.findings], known.counts, folder)


def _found(checks: Checks, folder: str) -> Counter[Key]:
    return Counter(key(finding, folder) for _, result in checks for finding in result.findings)


def _covers(checks: Checks, known: Baseline, folder: str) -> bool:
    """Whether the checks saw all that the check saw which wrote the baseline: only then is what is missing gone."""
    if any(group.stdin or result.errors for group, result in checks):
        return False
    keras, backend = _targets(checks)
    given = [os.path.abspath(path) for group, _ in checks for path in group.paths]
    paths = [os.path.normpath(os.path.join(folder, path)) for path in known.paths]
    within = all(
        any((path + os.sep).startswith(each.rstrip(os.sep) + os.sep) for each in given) for path in paths
    )
    return within and set(known.keras) <= set(keras) and set(known.backend) <= set(backend)


def _looked_for(key: Key, checks: Checks, folder: str) -> bool:
    """Whether a finding of that key would have been reported, if it is there."""
    path = os.path.normpath(os.path.join(folder, key.file))
    for group, result in checks:
        if path in result.files:
            return enabled(key.code, settings_near(group.settings, path), path)
    return not os.path.exists(path)


def _targets(checks: Checks) -> tuple[tuple[str, ...], tuple[str, ...]]:
    from .. import targets

    keras = {regime for group, _ in checks for regime in targets.regimes(group.settings)}
    backend = {backend for group, _ in checks for backend in targets.backends(group.settings)}
    return tuple(sorted(keras)), tuple(sorted(backend))
