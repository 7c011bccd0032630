"""What is kept between runs: the summaries of files, and the findings of whole checks.

It is one SQLite file. A cache that cannot be opened, read or written is no cache, and nothing else: every error
here means that the work is done anew. Findings never depend on what it holds.

A repository may come with a cache that somebody else wrote, so what is unpickled may make nothing but records.
"""

from __future__ import annotations

import builtins
import io
import os
import pickle
import sqlite3
import sys
import zlib
from collections.abc import Iterator, MutableMapping
from datetime import date
from functools import cache
from hashlib import blake2b
from importlib.util import find_spec
from typing import Any

from . import finding, summary
from .rulebook import folder as rules_folder
from .summary import Summary

FILE = "cache.db"
# What nobody asked for in so many days is dropped.
KEPT_DAYS = 30
# How long to wait for another process that writes.
PATIENCE = 5.0

_CREATE = "CREATE TABLE IF NOT EXISTS kept (key BLOB PRIMARY KEY, value BLOB NOT NULL, day INTEGER NOT NULL) WITHOUT ROWID"


class Cache:
    """Values by key, kept in a folder. What is put is written by `save`, all at once."""

    def __init__(self, folder: str):
        self.folder = folder
        self._today = date.today().toordinal()
        self._new: dict[bytes, bytes] = {}
        self._used: list[bytes] = []
        self._database = _opened(folder)

    def get(self, key: bytes) -> Any:
        """The value of a key; None if there is none."""
        packed = self._new.get(key)
        if packed is None:
            packed = self._packed(key)
        try:
            return None if packed is None else _unpacked(packed)
        except Exception:  # whatever a broken or foreign file makes of it
            return None

    def has(self, key: bytes) -> bool:
        return key in self._new or self._packed(key) is not None

    def put(self, key: bytes, value: Any) -> None:
        try:
            self._new[key] = zlib.compress(pickle.dumps(value, pickle.HIGHEST_PROTOCOL), 1)
        except RecursionError:  # nested too deeply: it is made anew each time
            return

    def save(self) -> None:
        """Write what was put, note what was used, drop what nobody uses, and close the database."""
        try:
            if self._new or self._used:
                self._write()
        except sqlite3.OperationalError:  # another process writes for long, or nobody may write here
            pass
        except sqlite3.DatabaseError:
            _remove(self.folder)
        except OSError:
            pass
        if self._database is not None:
            self._database.close()
        self._new, self._used, self._database = {}, [], None

    def _write(self) -> None:
        _prepare(self.folder)
        self._database = self._database or _connected(self.folder)
        with self._database as database:
            database.execute(_CREATE)
            rows = [(key, value, self._today) for key, value in self._new.items()]
            database.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", rows)
            used = [(self._today, key) for key in self._used]
            database.executemany("UPDATE kept SET day = ? WHERE key = ?", used)
            database.execute("DELETE FROM kept WHERE day < ?", (self._today - KEPT_DAYS,))

    def _packed(self, key: bytes) -> bytes | None:
        if self._database is None:
            return None
        try:
            row = self._database.execute("SELECT value, day FROM kept WHERE key = ?", (key,)).fetchone()
        except sqlite3.Error:
            return None
        if row is None:
            return None
        if row[1] != self._today:
            self._used.append(key)
        return row[0]


class Summaries(MutableMapping[bytes, Summary]):
    """The summaries in a cache, by digest. Each time another copy: no two modules may share their records."""

    def __init__(self, kept: Cache):
        self._kept = kept

    def __getitem__(self, key: bytes) -> Summary:
        found = self._kept.get(_keyed(b"summary", key))
        if not isinstance(found, Summary):
            raise KeyError(key)
        return found

    def __setitem__(self, key: bytes, value: Summary) -> None:
        self._kept.put(_keyed(b"summary", key), value)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, bytes) and self._kept.has(_keyed(b"summary", key))

    def __delitem__(self, key: bytes) -> None:
        raise TypeError("a cache forgets by itself")

    def __iter__(self) -> Iterator[bytes]:
        raise TypeError("a cache does not say what it holds")

    def __len__(self) -> int:
        raise TypeError("a cache does not say what it holds")


def digest(*parts: Any) -> bytes:
    """A key made of values whose `repr` says all about them, and of the program that is running."""
    return blake2b(repr((program(), parts)).encode("utf-8", "surrogatepass"), digest_size=16).digest()


@cache
def program() -> str:
    """A name for this keraslint, its rules, its libcst and its Python: what another one made is of no use."""
    libcst = find_spec("libcst")
    folders = [os.path.dirname(__file__), str(rules_folder())]
    stamps = [stamp for each in folders for stamp in _stamps(each)]
    if libcst is not None and libcst.origin is not None:
        stamps += _stamps(os.path.join(os.path.dirname(libcst.origin), "_version.py"))
    return blake2b(repr((sys.version_info, stamps)).encode(), digest_size=16).hexdigest()


def _stamps(path: str) -> Iterator[tuple[str, int, int]]:
    """Names, times and sizes of the files at and below a path, Python's own cache left out."""
    if os.path.isdir(path):
        for name in sorted(os.listdir(path)):
            if name != "__pycache__":
                yield from _stamps(os.path.join(path, name))
    elif os.path.exists(path):
        status = os.stat(path)
        yield path, status.st_mtime_ns, status.st_size


def _keyed(kind: bytes, key: bytes) -> bytes:
    return blake2b(program().encode() + kind + key, digest_size=16).digest()


def _opened(folder: str) -> sqlite3.Connection | None:
    """The database of a folder, if it is there and is one."""
    if not os.path.isfile(os.path.join(folder, FILE)):
        return None
    try:
        return _connected(folder)
    except sqlite3.Error:
        return None


def _connected(folder: str) -> sqlite3.Connection:
    # The check runs in a thread of its own, one at a time.
    return sqlite3.connect(os.path.join(folder, FILE), timeout=PATIENCE, check_same_thread=False)


def _prepare(folder: str) -> None:
    """Make the folder, and let git and backups know what it is. Raises OSError."""
    if os.path.isdir(folder):
        return
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, ".gitignore"), "w", encoding="utf-8") as file:
        file.write("*\n")
    with open(os.path.join(folder, "CACHEDIR.TAG"), "w", encoding="utf-8") as file:
        file.write(
            "Signature: 8a477f597d28d172789f06886806bc55\n# keraslint's cache: it may be deleted at any time\n"
        )


def _remove(folder: str) -> None:
    """Start anew where the file is no database."""
    try:
        os.remove(os.path.join(folder, FILE))
    except OSError:
        pass


_RECORDS = {
    (module.__name__, name): value
    for module in (finding, summary)
    for name, value in vars(module).items()
    if isinstance(value, type) and value.__module__ == module.__name__
}
_RECORDS["builtins", "Ellipsis"] = builtins.Ellipsis


class _Unpickler(pickle.Unpickler):
    """Makes nothing but our own records: unpickling anything could run anything."""

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _RECORDS[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} is no record") from None


def _unpacked(packed: bytes) -> Any:
    return _Unpickler(io.BytesIO(zlib.decompress(packed))).load()
