"""Makes models in the ways that there are, until one can be called."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Generator, Mapping
from typing import Any, NamedTuple

from keraslint.verify.inside.errors import release, told
from keraslint.verify.inside.observer import Observer
from keraslint.verify.inside.quiet import Started, quiet
from keraslint.verify.inside.stand_ins import begin
from keraslint.verify.inside.unset import renew, supplied
from keraslint.verify.inside.wanted import Failure, NotBuilt, Way

MOST_ASKED = 8  # settings that a model asks for, one after the other


class Made(NamedTuple):
    way: Way
    make: Callable[[], Any]
    model: Any
    observer: Observer  # that saw it being made
    data: Any  # what the project's own code starts it with, if that was reached


def build(
    ways: Generator,
    library,
    sources: Mapping[str, str],
    tried: list[str],
    observed: Callable[[Callable[[], tuple]], tuple[tuple, Observer]],
    until: float = math.inf,
) -> Generator[Made, BaseException | None, None]:
    """The models that can be made; `tried` gets a line for each way that failed. sources: filename -> text.

    observed: gives what it is given makes, and the observer that saw that. until: the processor's time after which no way is tried but the first. What is sent back is why a model could not be
    called; it may lead to another way.
    """
    failure: Failure | None = None
    for first in itertools.chain([True], itertools.repeat(False)):
        if not first and time.process_time() > until:
            return
        try:
            way = ways.send(failure)
        except StopIteration:
            return
        make = _maker(way, library, sources)
        try:
            (model, data), observer = observed(make)
        except NotBuilt as error:
            tried.append(f"{way.expression}: {error}")
            failure = error.__cause__ and Failure(error.__cause__)
            if failure is not None:
                release(failure.error)
            continue
        raised = yield Made(way, lambda make=make: make()[0], model, observer, data)
        failure = raised and Failure(raised, made=True)


def _maker(way: Way, library, sources: Mapping[str, str]) -> Callable[[], tuple]:
    """(model, data) each time it is called; raises NotBuilt."""

    def make():
        data = None
        with quiet(library):
            try:
                made = _made(way, sources)
            except Started as started:
                made, data = started.model, started.data
            except (Exception, SystemExit) as error:
                raise NotBuilt(told(error)) from error
        found = _model_in(made, library)
        if found is None:
            raise NotBuilt(f"gives {type(made).__name__}, not a layer or model")
        return found, data

    return make


def _made(way: Way, sources: Mapping[str, str], asked: int = MOST_ASKED):
    begin(way.settings)
    renew()
    try:
        return way.make()
    except (AttributeError, NameError) as error:
        if asked and supplied(error, sources):
            return _made(way, sources, asked - 1)
        raise


def _model_in(made, library):
    """The model that a function returns, also among other things: the one that holds the others."""
    if isinstance(made, library.layer):
        return made
    parts = made.values() if isinstance(made, dict) else made if isinstance(made, (list, tuple)) else []
    found = [part for part in parts if isinstance(part, library.layer)]
    return max(found, key=lambda part: len(list(part._flatten_layers())), default=None)
