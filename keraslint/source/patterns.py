"""The glob patterns of `exclude` and `per-file-ignores`."""

from __future__ import annotations

import os
import re
from fnmatch import translate
from functools import lru_cache

# Folders that hold tools' files and other people's code; ruff's list.
DEFAULT_EXCLUDE = (
    ".bzr", ".direnv", ".eggs", ".git", ".git-rewrite", ".hg", ".ipynb_checkpoints", ".mypy_cache", ".nox", ".pants.d",
    ".pyenv", ".pytest_cache", ".pytype", ".ruff_cache", ".svn", ".tox", ".venv", ".vscode", "__pypackages__",
    "_build", "buck-out", "build", "dist", "node_modules", "site-packages", "venv",
)  # fmt: skip


def matches(patterns: tuple[str, ...], path: str, root: str) -> bool:
    """Whether a pattern fits the file or folder at the absolute `path`.

    A pattern without a slash is about the last part of the path. Any other is about the whole path, relative
    to `root` unless it is absolute; its `*` crosses slashes.
    """
    names, paths = _compiled(patterns, root.replace(os.sep, "/").rstrip("/"))
    path = path.replace(os.sep, "/")
    return bool(names.fullmatch(path.rpartition("/")[2]) or paths.fullmatch(path))


@lru_cache(maxsize=64)
def _compiled(patterns: tuple[str, ...], root: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    names, paths = [], []
    for pattern in patterns:
        pattern = pattern.replace(os.sep, "/").removeprefix("./").rstrip("/")
        if "/" not in pattern:
            names.append(translate(pattern))
        elif pattern.startswith("/") or os.path.isabs(pattern):
            paths.append(translate(pattern))
        else:
            paths.append(re.escape(root) + "/" + translate(pattern))
            if pattern.startswith("**/"):
                paths.append(re.escape(root) + "/" + translate(pattern[3:]))
    return _any(names), _any(paths)


def _any(expressions: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(expressions) or r"(?!)")
