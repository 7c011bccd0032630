"""Files become an interpreted program: reading, parsing and locating, with what went wrong on the way."""

from __future__ import annotations

import gc
import os
import re
import sys
import threading
from collections.abc import Mapping, MutableMapping
from contextlib import contextmanager
from functools import wraps
from hashlib import blake2b
from typing import TYPE_CHECKING

from keraslint.delivery.program import Program
from keraslint.delivery.values import Site
from keraslint.finding import Location, Span
from keraslint.project.modules import Project
from keraslint.source.files import Source, SourceError, read
from keraslint.summary import Stretch, Summary
from keraslint.syntax import NotPython

if TYPE_CHECKING:
    from keraslint.syntax.locate import Place
    from keraslint.syntax.pieces import Parsed, Pieces

_BACKEND = re.compile(rb"""KERAS_BACKEND["']\s*\]?\s*[=,]\s*["'](\w+)["']""")
RECURSION_LIMIT = 12_000

STACK_BYTES = 512 << 20


def in_deep_stack(function):
    """Run a function in a thread with a stack that deeply nested sources do not overflow.

    libcst's parser recurses in native code, where the overflow of an ordinary stack ends the process.
    """

    @wraps(function)
    def run(*args, **kwargs):
        outcome: dict = {}

        def work():
            try:
                outcome["value"] = function(*args, **kwargs)
            except BaseException as error:
                outcome["error"] = error

        before = threading.stack_size(STACK_BYTES)
        try:
            worker = threading.Thread(target=work, daemon=True)
            worker.start()
        finally:
            threading.stack_size(before)
        worker.join()
        if "error" in outcome:
            raise outcome["error"]
        return outcome["value"]

    return run


class Problem(Exception):
    """A file, cell or model that could not be analysed: where, and why in one line."""

    def __init__(self, path: str, row: int, column: int, reason: str, cell: int | None = None):
        super().__init__(reason)
        self.path, self.row, self.column, self.reason, self.cell = path, row, column, reason, cell


def summary_key(source: Source) -> bytes:
    """What the summary of a source is known by."""
    # Of a notebook, the code is measured when it is taken out.
    kind = b"notebook up to %d:" % source.max_bytes if source.is_notebook else b"python:"
    return blake2b(kind + source.data, digest_size=16).digest()


class Sources:
    """The sources of a run by their absolute paths, read once and parsed when asked for.

    given: sources that are not read from the disk: standard input, an editor's unsaved text.
    summaries: what earlier runs learned, by the digest of the source; it is read and added to.
    pieces: what parses the sources that are given, for who gives the same again with small changes.
    """

    def __init__(
        self,
        max_bytes: int,
        given: Mapping[str, Source] | None = None,
        summaries: MutableMapping[bytes, Summary] | None = None,
        pieces: Pieces | None = None,
    ):
        self.max_bytes = max_bytes
        self.given = dict(given or {})
        self.summaries = summaries
        self.pieces = pieces
        self._parsed: dict[str, Parsed] = {}
        self.read: dict[str, Source | None] = {}
        self.problems: list[Problem] = []

    def edited(self, changed: Mapping[str, Source]) -> Sources:
        """The same sources with some of them replaced, what is known of the others kept."""
        known = {path: source for path, source in self.read.items() if source is not None}
        return Sources(self.max_bytes, {**self.given, **known, **changed}, self.summaries)

    def source(self, path: str) -> Source | None:
        """The source at a path; None, and a problem noted, if it cannot be read."""
        if path not in self.read:
            if path in self.given:
                self.read[path] = self.given[path]
                return self.read[path]
            try:
                self.read[path] = read(path, self.max_bytes)
            except SourceError as error:
                self.read[path] = None
                self.problems.append(Problem(path, error.row or 1, 1, error.reason))
        return self.read[path]

    def summary(self, path: str):
        """The summary of a file; None, and a problem noted, if it does not parse."""
        source = self.source(path)
        if source is None:
            return None
        try:
            return self._remembered(path, source)
        except SourceError as error:
            self.problems.append(Problem(path, error.row or 1, 1, error.reason))
        except NotPython as error:
            self.problems.append(Problem(path, error.row, error.column, f"not Python: {error.reason}"))
        except RecursionError:
            self.problems.append(Problem(path, 1, 1, "nested too deeply to be read"))
        return None

    def _remembered(self, path, source):
        # What is parsed in pieces is remembered by them.
        if self.summaries is None or (self.pieces is not None and self.given.get(path) is source):
            return self._summary(path, source)
        key = summary_key(source)
        summary = self.summaries.get(key)
        if summary is None:
            summary = self._summary(path, source)
            if self.read[path] is source:  # and not one without its broken cells
                self.summaries[key] = summary
        return summary

    def _summary(self, path, source):
        # Here and not above: what is not parsed need not wait for libcst.
        from keraslint.syntax.lower import lower
        from keraslint.syntax.parse import parse, parses

        try:
            parsed = self._pieces(path, source)
            return parsed.summary if parsed is not None else lower(parse(source.text))[0]
        except NotPython:
            if not source.is_notebook:
                raise
        healed, broken = source.without_broken(parses)
        self.read[path] = healed
        for cell, row in broken:
            self.problems.append(Problem(path, row, 1, f"cell {cell} is not Python and was left out", cell))
        return lower(parse(healed.text))[0]

    def _pieces(self, path, source) -> Parsed | None:
        if self.pieces is None or self.given.get(path) is not source:
            return None
        if path not in self._parsed:
            self._parsed[path] = self.pieces.parsed(path, source.text)
        return self._parsed[path]

    def stretches(self, path: str) -> list[Stretch]:
        """The parts that a source was parsed in; none if it was parsed as a whole."""
        parsed = self._parsed.get(path)
        return parsed.stretches if parsed is not None else []

    def about_keras(self, path: str) -> bool:
        """Whether the file can be read and have anything to do with Keras."""
        source = self.source(path)
        return source is not None and source.about_keras

    def assigned_backends(self) -> dict[str, tuple[str, ...]]:
        """The backends that the files read so far set through `KERAS_BACKEND`, by file."""
        found = {}
        for path, source in self.read.items():
            names = dict.fromkeys(m[1].decode() for m in _BACKEND.finditer(source.data)) if source else ()
            if names:
                found[path] = tuple(names)
        return found

    def places(self, sites) -> dict[Site, Place]:
        """Where sites stand in their files, each file generated once."""
        wanted: dict[str, set[int]] = {}
        for site in sites:
            wanted.setdefault(site.path, set()).add(site.at)
        found = {}
        if wanted:
            from keraslint.syntax.locate import locate
        for path, numbers in wanted.items():
            source = self.source(path)
            parsed = self._pieces(path, source)
            located = parsed.locate(numbers) if parsed is not None else locate(source.text, numbers)
            for at, place in located.items():
                found[Site(path, at)] = place
        return found

    def span(self, site: Site, place: Place) -> Span:
        """A place as a report shows it: file, cell and rows within the cell."""
        source = self.read[site.path]
        cell, row = source.place(place.start.row)
        shift = row - place.start.row
        end = Location(place.end.row + shift, place.end.column)
        return Span(source.filename, Location(row, place.start.column), end, cell)


def interpret(sources: Sources, paths: list[str], libraries: tuple[str, ...], root: str) -> Program:
    """Run the program that the files make up, abstractly."""
    if sys.getrecursionlimit() < RECURSION_LIMIT:
        sys.setrecursionlimit(RECURSION_LIMIT)
    folders = tuple(map(os.path.abspath, libraries))
    program = Program(Project(sources.summary, folders, root, unsaved=sources.given))
    # Syntax trees and summaries have no cycles: looking for some costs a third of the time.
    with not_collecting():
        program.run(paths)
    return program


@contextmanager
def not_collecting():
    """Without looking for objects that only hold each other."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
