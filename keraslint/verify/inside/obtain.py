"""Obtains a model that runs: ways to make it and arguments to call it with, until one of each fits the other."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import NamedTuple

from keraslint.verify.inside import build, guesses, inputs
from keraslint.verify.inside.arrays import Recipe, arrays
from keraslint.verify.inside.library import Library
from keraslint.verify.inside.project import Project
from keraslint.verify.inside.search import search
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


class Obtained(NamedTuple):
    """A model that can be called, as a session that makes it anew, and what it was called with."""

    session: Session
    made: build.Made
    arguments: list


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
        return _first_that_runs(task)
    except build.NotBuilt as error:
        raise NotObtained("load", str(error)) from error


def _first_that_runs(task: Task) -> Obtained:
    failed: NotObtained | None = None
    namespace = task.project.namespace(task.job["filename"])
    others = [task.project.namespace(path) for path in task.job["others"] if path in task.project]
    ways = build.ways(
        task.job["name"], namespace, others, task.library, task.recipe.expression, task.job["raised"]
    )
    for count, made in enumerate(build.build(ways, task.library, task.tried)):
        session = Session(
            task.library, made.make, task.project, [], arrays(task.recipe.targets), task.facts.operations
        )
        starts = (
            [task.recipe.inputs]
            if task.recipe.inputs
            else inputs.structures(made.model, namespace, task.library)
        )
        found = search(starts, lambda arguments, session=session: _reached(session, arguments))
        if found.arguments is not None:
            session.data = arrays(found.arguments)
            return Obtained(session, made, found.arguments)
        task.tried.extend(f"{made.way.expression} called with {line}" for line in found.tried[-3:])
        reason = found.tried[-1].partition(": ")[2] if found.tried else "nothing could be tried"
        failed = failed or NotObtained("call", reason, built=made.way.expression)
        if count + 1 >= MOST_WAYS:
            break
    raise failed or NotObtained("build", _likeliest(task.tried))


def _likeliest(tried: list[str]) -> str:
    """Of the reasons why a model was not built the first that is about the model, not about a name at a call."""
    reasons = [line.partition(": ")[2] for line in tried] or ["nothing makes it"]
    return next((reason for reason in reasons if not reason.startswith("NameError")), reasons[0])


def _reached(session: Session, arguments: list) -> tuple[int, Exception | None]:
    """How many layers a call with these arguments reaches, and the error that ends it."""
    session.data = arrays(arguments)
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
