"""Obtains a model that runs: ways to make it and arguments to call it with, until one of each fits the other.

A recipe is taken as it is; else what a run of the user's own was seen to do comes before everything that is guessed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from keraslint.verify.inside import build, guesses, inputs
from keraslint.verify.inside.arrays import Recipe, arrays, describe
from keraslint.verify.inside.library import Library
from keraslint.verify.inside.project import Project
from keraslint.verify.inside.recorded import Reader
from keraslint.verify.inside.search import search, told
from keraslint.verify.inside.sensitivity import Facts
from keraslint.verify.inside.session import Session

MOST_WAYS = 6


@dataclass
class Task:
    """A job with what it is done with. `tried` gets a line for each way that failed."""

    job: dict
    library: Library
    facts: Facts
    project: Project
    recipe: Recipe
    tried: list[str] = field(default_factory=list)
    session: type[Session] = Session
    trying: Callable[[str], Any] = lambda inputs: None

    def may_try(self, inputs: Iterable[str]) -> bool:
        """Whether a call with such inputs has not ended the process before; if so, it is said to be tried now."""
        text = ", ".join(inputs)
        if text in self.job.get("crashed", ()):
            return False
        self.trying(text)
        return True


class Obtained(NamedTuple):
    """A model that can be called, as a session that makes it anew, and what it was called with."""

    session: Session
    made: build.Made
    inputs: list[str]


class NotObtained(Exception):
    """No model was made that runs. result: what the job came to."""

    def __init__(self, failed: str, reason: str, **more):
        super().__init__(reason)
        self.result = {"failed": failed, "reason": reason, **more}


def assume(name: str):
    values = guesses.for_name(name)
    if not values:
        raise LookupError(name)
    return values[0]


def obtain(task: Task) -> Obtained:
    """The first model of a task that can be made and called. Raises NotObtained."""
    try:
        return _as_recorded(task) or _first_that_runs(task)
    except build.NotBuilt as error:
        raise NotObtained("load", str(error)) from error


def _as_recorded(task: Task) -> Obtained | None:
    """The model as a run of the user's own made and called it, if one was recorded that still goes."""
    reader = Reader(task.project, task.library)
    notes = [] if task.recipe.expression else task.job["recorded"]
    for way, note in reader.ways(task.job["filename"], task.job["name"], notes):
        for made in build.build(iter([way]), task.library, task.tried):
            session = _session(task, made)
            for session.data, session.named, told_inputs in reader.calls(note):
                if not task.may_try(told_inputs):
                    continue
                _, error = _reached(session)
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
    ways = build.ways(
        task.job["name"], namespace, others, task.library, task.recipe.expression, task.job["raised"]
    )
    for count, made in enumerate(build.build(ways, task.library, task.tried)):
        found, reason = _searched(task, made, _session(task, made))
        if found is not None:
            return found
        failed = failed or NotObtained("call", reason, built=made.way.expression)
        if count + 1 >= MOST_WAYS:
            break
    raise failed or NotObtained("build", _likeliest(task.tried))


def _session(task: Task, made: build.Made) -> Session:
    return task.session(
        task.library, made.make, task.project, [], arrays(task.recipe.targets), task.facts.operations
    )


def _searched(task: Task, made: build.Made, session: Session) -> tuple[Obtained | None, str]:
    """The model with arguments that were found for it; or none, and the reason why the last ones did not do."""
    namespace = task.project.namespace(task.job["filename"])
    starts = (
        [task.recipe.inputs] if task.recipe.inputs else inputs.structures(made.model, namespace, task.library)
    )

    def attempt(arguments: list) -> tuple[int, Exception | None]:
        if not task.may_try(map(describe, arguments)):
            return 0, RuntimeError("the process crashed")
        session.data = arrays(arguments)
        return _reached(session)

    found = search(starts, attempt)
    if found.arguments is not None:
        session.data = arrays(found.arguments)
        return Obtained(session, made, list(map(describe, found.arguments))), ""
    task.tried.extend(f"{made.way.expression} called with {line}" for line in found.tried[-3:])
    return None, found.tried[-1].partition(": ")[2] if found.tried else "nothing could be tried"


def _likeliest(tried: list[str]) -> str:
    """Of the reasons why a model was not built the first that is about the model, not about a name at a call."""
    reasons = [line.partition(": ")[2] for line in tried] or ["nothing makes it"]
    return next((reason for reason in reasons if not reason.startswith("NameError")), reasons[0])


def _reached(session: Session) -> tuple[int, Exception | None]:
    """How many layers a call reaches, and the error that ends it."""
    try:
        model, observer = session.fresh()
    except Exception as error:
        return 0, error
    observer.recording = True
    observer.start()
    try:
        output = session.call(model)
    except Exception as error:
        return len(observer.events), error
    finally:
        observer.stop()
    with contextlib.suppress(Exception):  # not every output is made of tensors
        session.expect(output)
    return len(observer.events), None
