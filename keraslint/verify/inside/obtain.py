"""Obtains a model that runs: ways to make it and data to start it with, until one of each fits the other.

A recipe is taken as it is; else what a run of the user's own was seen to do comes before everything that is guessed.
"""

from __future__ import annotations

import contextlib
import gc
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple

from keraslint.verify.inside import build, inputs
from keraslint.verify.inside.arrays import Recipe, arrays, describe, mapped
from keraslint.verify.inside.batches import batches
from keraslint.verify.inside.errors import frames, left_to_others, progress, release, told
from keraslint.verify.inside.library import Library, entrance
from keraslint.verify.inside.namespace import Namespace
from keraslint.verify.inside.observer import Observer
from keraslint.verify.inside.parts import Watch, parts
from keraslint.verify.inside.project import Project
from keraslint.verify.inside.recorded import Reader
from keraslint.verify.inside.search import MOST_ALIKE, Found, search
from keraslint.verify.inside.sensitivity import Facts
from keraslint.verify.inside.session import STEPS, Session, Spare, observed
from keraslint.verify.inside.shown import shown
from keraslint.verify.inside.state import held
from keraslint.verify.inside.unset import supplied
from keraslint.verify.inside.wanted import NotBuilt, Way, Wish
from keraslint.verify.inside.ways import ways

MOST_WAYS = 6
MOST_SECONDS = 10.0  # of the processor, for all searches of a model
MOST_FOR_HOLDER = 2.5  # for a model that holds the one that is wanted
MOST_FOR_HOLDERS = 5.0
MOST_FOR_STEP = 2.0  # for data that a step takes where `call` takes other
MOST_ALIKE_FOR_STEP = 6  # tries of it that fail alike: such a step always raises


@dataclass
class Task:
    """A job with what it is done with. `tried` gets a line for each way that failed."""

    job: dict
    library: Library
    facts: Facts
    project: Project
    recipe: Recipe
    seconds: float = MOST_SECONDS
    tried: list[str] = field(default_factory=list)
    stuck: set[str] = field(default_factory=set)  # messages that no arguments led away from
    session: type[Session] = Session
    trying: Callable[[str], Any] = lambda inputs: None
    until: float = 0.0  # the processor's time at which models that hold the one that is wanted are given up
    under_way: tuple[Session, build.Made] | None = None  # the model that was made last, and how it is started

    def may_try(self, inputs: Iterable[str]) -> bool:
        """Whether a call with such inputs has not ended the process before, also by its memory; if so, it is said to be tried now."""
        text = ", ".join(inputs)
        if text in self.job.get("crashed", ()):
            return False
        self.trying(text)
        return True


class Obtained(NamedTuple):
    """A model that can be started, as a session that makes it anew, and what it was started with."""

    session: Session
    made: build.Made
    inputs: list[str]
    batch: tuple[str, ...] = ()  # what its own step takes, where that is something else


class NotObtained(Exception):
    """No model was made that runs. result: what the job came to."""

    def __init__(self, failed: str, reason: str, **more):
        super().__init__(reason)
        self.result = {"failed": failed, "reason": reason, **more}


def obtain(task: Task) -> Obtained:
    """The first model of a task that can be made and started. Raises NotObtained."""
    found = _obtained(task)
    return found._replace(batch=_for_own_step(task, found))


def _obtained(task: Task) -> Obtained:
    try:
        return _as_recorded(task) or _first_that_runs(task)
    except NotBuilt as error:
        raise NotObtained("load", str(error)) from error
    except NotObtained:
        task.until = task.until or time.process_time() + MOST_FOR_HOLDERS
        for holder in () if task.recipe.expression else task.job["holders"]:
            if time.process_time() < task.until and (found := _as_part(task, holder)) is not None:
                return found
        raise


def _as_part(task: Task, holder: dict) -> Obtained | None:
    """The layer as another model of the project makes it, with what that model calls it with; None if it is not come to.

    holder: the file and name of that model, as in a job.
    """
    cls = task.project.namespace(task.job["filename"])[task.job["name"]]
    if not isinstance(cls, type):
        return None
    job = {**task.job, **holder, "recorded": []}
    nothing = {"tried": [], "recipe": Recipe("", [], []), "under_way": None, "stuck": set()}
    whole = replace(task, job=job, seconds=MOST_FOR_HOLDER, **nothing)
    watch = Watch(cls, task.library)
    with watch.on(), contextlib.suppress(NotObtained):
        _obtained(whole)
    if whole.under_way is None or not (watch.arrays or watch.shown):
        return None
    outer, made = whole.under_way
    with contextlib.suppress(NotBuilt, IndexError):
        for at in range(len(parts(outer.build(), cls))):
            way = Way(
                lambda at=at: parts(outer.build(), cls)[at],
                f"{task.job['name']} of {made.way.expression}",
                made.way.arguments,
            )
            if (found := _called_as_part(task, way, watch)) is not None:
                return found
    return None


def _called_as_part(task: Task, way: Way, watch: Watch) -> Obtained | None:
    """A layer with what it was seen to be called with: the same arrays, else such as it got in a graph."""
    part = build.Made(way, way.make, *_observed(task, way.make), None)
    session = _session(task, part)
    task.under_way = session, part
    if watch.arrays and task.may_try(watch.told()):
        first, *others = watch.arrays
        session.data, session.named = [watch.arrays[first]], {name: watch.arrays[name] for name in others}
        _, error = _reached(session, "call")
        if error is None:
            return Obtained(session, part, watch.told())
        task.tried.append(f"{way.expression} called with {', '.join(watch.told())}: {told(error)}")
    return _searched(task, part, session, watch.shown, task.seconds)[0] if watch.shown else None


def _as_recorded(task: Task) -> Obtained | None:
    """The model as a run of the user's own made and called it, if one was recorded that still goes."""
    reader = Reader(task.project, task.library)
    notes = [] if task.recipe.expression else task.job["recorded"]
    for way, note in reader.ways(task.job["filename"], task.job["name"], notes):
        only = (each for each in [way])
        for made in build.build(only, task.library, task.project, task.tried, partial(_observed, task)):
            session = _session(task, made)
            for session.data, session.named, told_inputs in reader.calls(note):
                if not task.may_try(told_inputs):
                    continue
                _, error = _reached(session, session.first(made.model))
                if error is None:
                    return Obtained(session, made, told_inputs)
                task.tried.append(f"{way.expression} called with {', '.join(told_inputs)}: {told(error)}")
            session.named = {}
            found, _ = _searched(task, made, session)
            if found is not None:
                return found
    return None


def _first_that_runs(task: Task) -> Obtained:
    failed: NotObtained | None = None
    namespace = task.project.namespace(task.job["filename"])
    others = [task.project.namespace(path) for path in task.job["others"] if path in task.project]
    wish = Wish(task.job["raised"], task.job.get("small", False))
    found_ways = ways(
        task.job["name"],
        namespace,
        others,
        task.library,
        task.recipe.expression,
        wish,
        task.project,
        partial(_callers, task.project, task.job["holders"]),
    )
    called_with = []
    if not wish.small:  # which the models that the project makes are not
        called_with = shown(task.job["name"].rpartition(".")[2], [namespace, *others], task.library)
    end = time.process_time() + task.seconds
    models, error = (
        build.build(found_ways, task.library, task.project, task.tried, partial(_observed, task), end),
        None,
    )
    for _ in range(MOST_WAYS):
        try:
            made = models.send(error)
        except StopIteration:
            break
        # Half of what is left: another way may be the one that can be called.
        seconds = (end - time.process_time()) / 2
        found, error = _searched(task, made, _session(task, made), called_with, seconds)
        if found is not None:
            return found
        reason = told(error) if error is not None else "nothing could be tried"
        failed = failed or NotObtained("call", reason, built=made.way.expression)
    raise failed or NotObtained("build", _likeliest(task.tried))


def _callers(project: Project, holders: list[dict]) -> Iterator[Namespace]:
    """The modules that may call the models that hold the one that is wanted."""
    for holder in holders:
        for path in holder["others"]:
            if path in project:
                yield project.namespace(path)
        yield from _callers(project, holder["holders"])


def _session(task: Task, made: build.Made) -> Session:
    make, targets = partial(_anew, task, made.make), arrays(task.recipe.targets)
    session = task.session(task.library, make, task.project, [], targets, task.facts.operations)
    session.spare = Spare(made.model, made.observer)
    return session


def _observed(task: Task, make: Callable[[], Any]) -> tuple[Any, Observer]:
    return observed(partial(_anew, task, make), task.library, task.project, task.facts.operations)


def _anew(task: Task, make: Callable[[], Any]):
    """All of a model, also what modules hold of it. What was made before is gone: models hold themselves."""
    gc.collect()
    for namespace in list(task.project.namespaces.values()):  # which may import one more
        namespace.renew(task.library.is_part)
    return make()


def _searched(
    task: Task, made: build.Made, session: Session, called_with=(), seconds: float = MOST_SECONDS
) -> tuple[Obtained | None, Exception | None]:
    """The model with arguments that were found for it; or none, and the error of the start that came furthest.

    called_with: arguments to try first. seconds: of the processor, at most.
    """
    task.under_way = session, made
    try:
        entry = session.first(made.model)
    except TypeError as error:
        return None, error
    if entry != "call" and not task.recipe.inputs:
        found = _found_batch(task, made, session, entry, seconds)
    else:
        found = _found_arguments(task, made, session, called_with, seconds)
    if found.arguments is not None:
        return Obtained(session, made, list(map(describe, found.arguments))), None
    started = "called" if entry == "call" else "started"
    task.tried.extend(f"{made.way.expression} {started} with {line}" for line in found.tried[-3:])
    return None, found.error


def _found_arguments(task: Task, made: build.Made, session: Session, called_with, seconds: float) -> Found:
    """What `call` takes; put into the session."""
    starts = (
        [task.recipe.inputs]
        if task.recipe.inputs
        else inputs.structures(made.model, task.library, task.project, called_with)
    )
    names = [] if task.recipe.inputs else inputs.arguments_of(entrance(made.model))

    def give(arguments: list) -> None:
        """The first by its position and the others by name, where `call` has so many."""
        values = arrays(arguments)
        apart = 1 < len(values) <= len(names)
        session.data = values[:1] if apart else values
        session.named = dict(zip(names[1:], values[1:])) if apart else {}

    return _found(task, session, session.first(made.model), starts, give, seconds)


def _found_batch(
    task: Task, made: build.Made, session: Session, entry: str, seconds: float, alike: int = MOST_ALIKE
) -> Found:
    """What a step of the model's own takes; put into the session."""

    def give(arguments: list) -> None:
        session.batch = arrays(arguments)

    starts = list(batches(made.model, STEPS[entry], task.library, task.project))
    return _found(task, session, entry, starts, give, seconds, alike)


def _found(
    task: Task,
    session: Session,
    entry: str,
    starts: list,
    give: Callable[[list], None],
    seconds: float,
    alike: int = MOST_ALIKE,
) -> Found:
    """The arguments with which an entry can be started, given to the session."""

    if task.job.get("small"):
        starts = [
            mapped(lambda leaf: leaf._replace(shape=(1, *leaf.shape[1:])) if leaf.shape else leaf, each)
            for each in starts
        ]

    abstract: list[Exception] = []

    def attempt(arguments: list) -> tuple[float, Exception | None]:
        if not task.may_try(map(describe, arguments)):
            return 0, RuntimeError("the process crashed, or needed too much memory")
        give(arguments)
        reached, error = _reached(session, entry)
        if error is not None:
            release(error)
            if isinstance(error, NotImplementedError) and frames(error)[-1].filename in session.sources:
                abstract.append(error)
        if type(error).__name__ == "ResourceExhaustedError" and not task.job.get("small"):
            raise MemoryError from error  # for the job to be done again, smaller
        return reached, error

    found = search(starts, attempt, seconds, alike, task.stuck)
    if found.arguments is not None:
        give(found.arguments)
    elif abstract:  # whatever it is called with; a class that derives from it may be meant
        return found._replace(error=abstract[0])
    elif found.error is not None:
        task.stuck.add(told(found.error))
    return found


def _for_own_step(task: Task, found: Obtained) -> tuple[str, ...]:
    """What `fit` takes, where the model can be called and its own step takes other data; nothing if that is not found."""
    session, model = found.session, found.made.model
    if not (session.has_own(model, "train_step") and session.first(model) == "call") or session.takes("fit"):
        return ()
    batch = _found_batch(task, found.made, session, "fit", MOST_FOR_STEP, MOST_ALIKE_FOR_STEP)
    if batch.arguments is None:
        session.batch = ()
        return ()
    return tuple(map(describe, batch.arguments))


def _likeliest(tried: list[str]) -> str:
    """Of the reasons why a model was not built the one of most ways, else the first that is about the model, not about a
    name at a call."""
    reasons = [line.partition(": ")[2] for line in tried] or ["nothing makes it"]
    usual, times = Counter(reasons).most_common(1)[0]
    if 2 * times > len(reasons):
        return usual
    return next((reason for reason in reasons if not reason.startswith("NameError")), reasons[0])


def _reached(session: Session, entry: str, asked: int = build.MOST_ASKED) -> tuple[float, Exception | None]:
    """How far a start comes, as layers that it builds and parts of one, and the error that ends it.

    A model that a start left as it was is started again; that it works counts of a new one only, which is kept.
    """
    spare, session.spare, session.kept = session.spare, None, None
    try:
        model, observer, started = spare or Spare(*session.fresh())
    except Exception as error:
        return 0, error
    before, was = _built(model), held(model, session.sources)
    observer.start()  # for what the first start makes
    try:
        session.begin(model, entry)
    except Exception as last:
        error = left_to_others(last) or last
        if asked and supplied(error, session.sources):
            return _reached(session, entry, asked - 1)
        built = _built(model) - before
        # What leaves something to others may be built in part by now.
        same = held(model, session.sources) == was and not isinstance(error, NotImplementedError)
        if not built and same:
            session.spare = Spare(model, observer, started=True)
        return built + progress(error, session.sources), error
    finally:
        observer.stop()
    if started:
        return _reached(session, entry)
    session.kept = (model, observer) if entry == "call" else None
    return _built(model) - before, None


def _built(model) -> int:
    return sum(layer.built for layer in model._flatten_layers(include_self=False))
