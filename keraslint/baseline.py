"""The baseline: the findings that a project knows of and does not want to hear of again.

They are counted by file, rule and symbol, which stay when lines move. A baseline loses what is found no more and
gets nothing more unless it is written anew.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from .config import ConfigError
from .finding import Finding
from .source.files import shown

VERSION = 1


class Key(NamedTuple):
    """What findings are counted by. `file` is relative to some folder, with slashes."""

    file: str
    code: str
    symbol: str


class Baseline(NamedTuple):
    """`counts` is how many findings of each key are known, in files relative to the baseline's folder.

    paths, keras, backend: what the check covered that wrote it. One that covers less cannot tell what is gone.
    """

    counts: Counter[Key]
    paths: tuple[str, ...] = ()
    keras: tuple[str, ...] = ()
    backend: tuple[str, ...] = ()


def key(finding: Finding, folder: str) -> Key:
    return Key(relative(finding.span.filename, folder), finding.code, finding.symbol)


def relative(path: str, folder: str) -> str:
    return os.path.relpath(path, folder).replace(os.sep, "/")


def new(findings: list[Finding], known: Counter[Key], folder: str) -> list[Finding]:
    """The findings of each key of which there are more than known; which of those is the new one cannot be told."""
    counts = Counter(key(finding, folder) for finding in findings)
    return [each for each in findings if counts[key(each, folder)] > known[key(each, folder)]]


def without_gone(baseline: Baseline, found: Counter[Key], looked_for: Callable[[Key], bool]) -> Baseline:
    """The baseline without what was looked for and found less often than it says."""
    counts = {
        each: min(count, found[each]) if looked_for(each) else count
        for each, count in baseline.counts.items()
    }
    return baseline._replace(counts=+Counter(counts))


def read(path: str) -> Baseline:
    """The baseline in a file. Raises ConfigError."""
    try:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
    except FileNotFoundError:
        raise ConfigError(f"--baseline: there is no file {shown(path)}; --write-baseline writes it") from None
    except OSError as error:
        raise ConfigError(f"--baseline: {shown(path)} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ConfigError(f"--baseline: {shown(path)} is not JSON: {error}") from None
    try:
        return _baseline(document)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ConfigError(
            f"--baseline: {shown(path)} is no baseline of this version; --write-baseline writes it anew"
        ) from None


def write(path: str, baseline: Baseline) -> None:
    """Write a baseline, sorted so that its changes are easy to read. Raises OSError."""
    by_file: dict[str, dict[str, int]] = {}
    for each, count in sorted(baseline.counts.items()):
        by_file.setdefault(each.file, {})[f"{each.code} {each.symbol}".rstrip()] = count
    document = {
        "version": VERSION,
        "paths": baseline.paths,
        "keras": baseline.keras,
        "backend": baseline.backend,
        "findings": by_file,
    }
    beside = f"{path}.{os.getpid()}.tmp"
    with open(beside, "w", encoding="utf-8") as file:
        file.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    os.replace(beside, path)


def _baseline(document: Any) -> Baseline:
    if document["version"] != VERSION:
        raise ValueError
    counts: Counter[Key] = Counter()
    for file, of_file in document["findings"].items():
        for name, count in of_file.items():
            code, _, symbol = name.partition(" ")
            counts[Key(file, code, symbol)] = int(count)
    return Baseline(counts, *(_words(document[name]) for name in ("paths", "keras", "backend")))


def _words(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple(map(str, values))
