"""Runs jobs, and keeps what came of each as it comes: by the content of all that it depended on.

So a run that was interrupted goes on where it was, and what has not changed is not run again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from itertools import chain

from keraslint.cache import Cache, digest
from keraslint.verify.workers import Pool

# Failures that another run may not have: these depend on what else the machine does.
_CHANCE = ("died", "memory", "internal")


class Runner:
    """A pool that is started when there is something to run.

    interpreter: all that is known of the Python that runs. folder: where results are kept; None for nowhere.
    """

    def __init__(self, start: Callable[[], Pool], interpreter: tuple, folder: str | None):
        self._start, self._pool = start, None
        self._interpreter, self._folder = interpreter, folder

    def run(
        self, jobs: Iterable[dict], started: Callable[[dict], None] = lambda job: None
    ) -> Iterator[tuple[dict, dict, dict]]:
        """(job, result, what ran it), as they end or are found. Raises NoKeras, and what `jobs` does."""
        known: list[tuple[dict, dict, dict]] = []
        new = self._unknown(jobs, known)
        first = next(new, None)
        yield from _taken(known)
        if first is None:
            return
        self._pool = self._pool or self._start()
        for job, result in self._pool.run(chain([first], new), started):
            self._keep(job, result)
            yield job, result, self._pool.about
            yield from _taken(known)
        yield from _taken(known)

    def _unknown(self, jobs: Iterable[dict], known: list[tuple[dict, dict, dict]]) -> Iterator[dict]:
        """The jobs that have to be run; what is known of the others is put into `known` meanwhile."""
        kept = Cache(self._folder) if self._folder else None
        for job in jobs:
            found = kept and self._known(kept, job)
            if found:
                known.append((job, *found))
            else:
                yield job
        if kept:
            kept.save()

    def _known(self, kept: Cache, job: dict) -> tuple[dict, dict] | None:
        try:
            files, about, result = kept.get(self._key(job))
        except (TypeError, ValueError):  # there is nothing, or it is not ours
            return None
        return (result, about) if all(_state(path) == state for path, state in files) else None

    def _keep(self, job: dict, result: dict) -> None:
        if self._folder is None or result.get("failed") in _CHANCE:
            return
        files = tuple(
            (path, _state(path)) for path in {job["filename"], *job["others"], *result.get("files", ())}
        )
        kept = Cache(self._folder)
        kept.put(self._key(job), (files, self._pool.about, result))
        kept.save()  # at once: the next one may end it all

    def _key(self, job: dict) -> bytes:
        what = sorted(
            (name, value) for name, value in job.items() if name != "copy"
        )  # which is only its number
        return digest("verified", what, self._interpreter)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.close()

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *_) -> None:
        self.close()


def _taken(known: list) -> Iterator:
    while known:
        yield known.pop(0)


def _state(path: str) -> str:
    """A name for what a file holds; "" if it is not there."""
    try:
        if os.path.isdir(path):
            return ""
        with open(path, "rb") as file:
            return blake2b(file.read(), digest_size=16).hexdigest()
    except OSError:
        return ""
