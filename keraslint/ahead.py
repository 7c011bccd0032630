"""Parsing many files at once, in several processes; what they find does not depend on it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable

from .analysis import RECURSION_LIMIT, Sources, in_deep_stack, summary_key
from .source.files import Source, SourceError
from .summary import Summary
from .syntax import NotPython

# With fewer files than that for each, more processes take longer to start than they save.
FILES_EACH = 40
# How many files a process is given at once: it finishes them before it can be stopped.
CHUNK = 4


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def parse_ahead(sources: Sources, paths: Iterable[str], jobs: int) -> None:
    """Put the summaries of files that are not known yet where `sources` looks for them."""
    known = sources.summaries
    if known is None or jobs < 2:
        return
    unknown: dict[bytes, Source] = {}
    for path in paths:
        source = sources.source(path)
        if source is not None and (key := summary_key(source)) not in known:
            unknown[key] = source
    jobs = min(jobs, len(unknown) // FILES_EACH)
    if jobs < 2:
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    pool = ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_prepare)
    try:
        for key, summary in zip(unknown, pool.map(_summary, unknown.values(), chunksize=CHUNK)):
            if summary is not None:
                known[key] = summary
    finally:
        pool.shutdown(cancel_futures=True)


def _prepare() -> None:
    # Ctrl-C reaches all processes of a terminal; the one that started the others speaks for all.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.setrecursionlimit(RECURSION_LIMIT)


@in_deep_stack
def _summary(source: Source) -> Summary | None:
    """The summary of a source; None where there is anything to say about it, which is said when it is asked for."""
    from .syntax.lower import lower
    from .syntax.parse import parse

    try:
        return lower(parse(source.text))[0]
    except (NotPython, RecursionError, SourceError):
        return None
