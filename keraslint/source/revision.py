"""The files of a git revision, for who compares them with what is there now."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from .discover import SUFFIXES
from .files import SourceError

# Besides sources, what says which Keras a project is for.
_DECLARING = (".toml", ".txt", ".in", ".cfg", ".yml", ".yaml", ".lock", "Pipfile")


def repository(path: str) -> str:
    """The top folder of the git repository that a file or folder is in. Raises SourceError."""
    folder = path if os.path.isdir(path) else os.path.dirname(os.path.abspath(path))
    try:
        return os.path.normpath(_git(folder, "rev-parse", "--show-toplevel").rstrip("\n"))
    except subprocess.CalledProcessError:
        raise SourceError(f"{path} is not in a git repository") from None


@contextmanager
def checked_out(top: str, revision: str) -> Iterator[str]:
    """A temporary folder with the sources of a repository at a revision. Raises SourceError."""
    commit = _commit(top, revision)
    with TemporaryDirectory(prefix="keraslint-") as folder:
        index = {"GIT_INDEX_FILE": os.path.join(folder, "index")}
        tree = os.path.join(os.path.realpath(folder), "tree")
        _git(top, "read-tree", commit, environment=index)
        names = _git(top, "ls-files", "-z", environment=index).split("\0")
        wanted = "\0".join(name for name in names if name.endswith(SUFFIXES + _DECLARING))
        os.mkdir(tree)
        _git(top, "checkout-index", "-z", "--stdin", f"--prefix={tree}/", environment=index, stdin=wanted)
        yield tree


def renamed(top: str, revision: str) -> dict[str, str]:
    """The files that have another name now than at a revision: the old name to the new. Raises SourceError."""
    shown = _git(
        top, "diff", "--name-status", "--find-renames", "--diff-filter=R", "-z", _commit(top, revision)
    )
    fields = iter(shown.split("\0"))
    return {old: new for _status, old, new in zip(fields, fields, fields)}


def _commit(top: str, revision: str) -> str:
    try:
        if revision.startswith("-"):
            raise ValueError
        return _git(top, "rev-parse", "--verify", "--quiet", revision + "^{commit}").strip()
    except (ValueError, subprocess.CalledProcessError):
        raise SourceError(f"git knows no revision {revision!r} in {top}") from None


def _git(folder: str, *argv: str, environment: dict[str, str] | None = None, stdin: str | None = None) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", folder, *argv],
            env={**os.environ, **(environment or {})},
            input=None if stdin is None else os.fsencode(stdin),
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            check=True,
        )
    except FileNotFoundError:
        raise SourceError("git is not installed") from None
    return os.fsdecode(done.stdout)
