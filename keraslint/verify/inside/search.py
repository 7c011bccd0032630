"""A search for arguments with which a model can be called, led by what Keras complains about."""

from __future__ import annotations

import heapq
import itertools
import math
import re
import time
from collections import Counter
from collections.abc import Callable, Container, Iterator
from typing import NamedTuple

from keraslint.verify.inside.arrays import Spec, Structure, describe, leaves, mapped
from keraslint.verify.inside.errors import told
from keraslint.verify.inside.repairs import SAID, repairs

MOST_ELEMENTS = 2_000_000
MOST_SIDE = 4096  # of an image: what a message counts may be its pixels, or what comes of them
MOST_TRIES = 80
MOST_ALIKE = 24  # tries that fail alike, whatever the arguments: it is not they that are wrong
MOST_SAME = 10  # of those that come furthest with the very same message, where no other is seen there
MOST_KNOWN = 3  # likewise, with a message that ended the search for another way to make the model
FIRST = 6  # starts that are all tried, so that what comes furthest of them is bettered
LARGE = 1_000_000
MOST_AT_ONCE = 3  # times that what an error asks for is tried before other starts, where a layer was passed
# Seconds of the processor after which it is worth to look for smaller arguments, and for tiny ones.
SLOW, LONG = 0.5, 2.0
LENGTH, SIDE = 8, 32  # what axes are made that are longer, and those of images
TINY = 8  # side of all images at once, if they may be so small
MOST_SMALLER = 6  # tries of that
FURTHER = 4  # what a layer more that was reached is worth against how far-fetched a repair is


class Found(NamedTuple):
    """Arguments that work; or none, what was tried, and the error of the call that came furthest."""

    arguments: list[Structure] | None
    tried: list[str]
    error: Exception | None = None


def search(
    starts: list[list[Structure]],
    attempt: Callable[[list[Structure]], tuple[float, Exception | None]],
    seconds: float = 12.0,
    alike: int = MOST_ALIKE,
    known: Container[str] = (),
) -> Found:
    """Arguments with which a model can be called.

    attempt: runs the model and says how far it came, and the error if there was one. What an error message asks for is
    tried before what is usual, and what came further before what did not. seconds: of the processor, at most. alike: tries
    that fail with the same error, at most. known: messages of which no arguments of other searches led away.
    """
    queue: list = []
    seen: set[str] = set()
    order = itertools.count()
    tried: list[str] = []
    furthest, last = -1.0, None
    times: Counter[str] = Counter()
    times_there: Counter[tuple[str, float]] = Counter()  # with the same error at the same place
    said_there: Counter[str] = Counter()  # where those end that come furthest
    deadline = time.process_time() + seconds

    def push(arguments, priority):
        key = repr(arguments)
        if key not in seen and _is_small(arguments):
            seen.add(key)
            heapq.heappush(queue, (priority, next(order), arguments))

    for rank, start in enumerate(starts):
        push(start, rank if rank >= FIRST else rank - LARGE)
    while queue and len(tried) < MOST_TRIES and time.process_time() < deadline:
        _, _, arguments = heapq.heappop(queue)
        began = time.process_time()
        reached, error = attempt(arguments)
        if error is None:
            took = time.process_time() - began
            if took > LONG:
                arguments = _tiny(arguments, attempt, seen)
            return Found(_smallest(arguments, attempt, seen) if took > SLOW else arguments, tried)
        said = told(error)
        tried.append(f"{describe(arguments)}: {said}")
        kind = re.sub(r"[\d\s,()\[\]]+", "", said)
        times[kind] += 1
        times_there[kind, reached] += 1
        if len(times) == 1 and times[kind] > alike:
            break
        if reached > furthest:
            furthest, last = reached, error
            said_there.clear()
        if reached == furthest:
            said_there[said] += 1
            if len(said_there) == 1 and said_there[said] > (MOST_KNOWN if said in known else MOST_SAME):
                break
        for at, (cost, better) in enumerate(repairs(arguments, said)):
            # What an error asks for again and again does not help against it.
            if at == 0 and cost == SAID and reached >= 1 and times[kind] <= MOST_AT_ONCE:
                push(better, -2 * LARGE)
            else:
                push(better, cost + times_there[kind, reached] - FURTHER * (reached + 1))
    return Found(None, tried, last)


def _tiny(arguments: list[Structure], attempt: Callable, seen: set[str]) -> list[Structure]:
    """The arguments with all images made tiny, if they still work."""

    def less(leaf: Spec) -> Spec:
        rows, *sides, channels = leaf.shape if len(leaf.shape) > 3 else (0, 0)
        return leaf._replace(shape=(rows, *(min(side, TINY) for side in sides), channels)) if sides else leaf

    tiny = mapped(less, arguments)
    return tiny if repr(tiny) not in seen and attempt(tiny)[1] is None else arguments


def _smallest(arguments: list[Structure], attempt: Callable, seen: set[str]) -> list[Structure]:
    """The arguments with long axes made short, one leaf after the other, where they still work.

    What an error asked for was given to all leaves, and mostly one needs it. seen: what was tried before, as text.
    """
    left = MOST_SMALLER
    for at in range(len(leaves(arguments))):
        for shape in _shorter(leaves(arguments)[at].shape):
            better = _with_shape(arguments, at, shape)
            if not left or repr(better) in seen:
                continue
            left -= 1
            if attempt(better)[1] is None:
                arguments = better
                break
    return arguments


def _shorter(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """The shape with its long axes short, but for the rows: those of an image all at once."""
    last = len(shape) - 1
    long = [at for at, size in enumerate(shape) if at and size > SIDE]
    places = [[at for at in long if at < last]] if last > 2 else [[at] for at in long]
    for chosen in filter(None, places):
        short = SIDE if last > 2 else LENGTH
        yield tuple(short if at in chosen else size for at, size in enumerate(shape))


def _with_shape(arguments: list[Structure], at: int, shape: tuple[int, ...]) -> list[Structure]:
    places = itertools.count()
    return mapped(lambda leaf: leaf._replace(shape=shape) if next(places) == at else leaf, arguments)


def _is_small(structure) -> bool:
    """Whether it can be tried without danger to the process."""
    shapes = [leaf.shape for leaf in leaves(structure)]
    sides = [side for shape in shapes if len(shape) > 3 for side in shape[1:]]
    return sum(map(math.prod, shapes)) < MOST_ELEMENTS and max(sides, default=0) <= MOST_SIDE
