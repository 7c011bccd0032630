"""One job: obtain a model, build it, find inputs, start every entry, and say what each layer received."""

from __future__ import annotations

import contextlib
import io
import os
import time
import traceback
from dataclasses import dataclass, field
from typing import Any

from keraslint.verify.inside import build, effects, guesses, inputs
from keraslint.verify.inside.arrays import Recipe, arrays, describe, recipe
from keraslint.verify.inside.library import Library
from keraslint.verify.inside.project import Project
from keraslint.verify.inside.search import search, told
from keraslint.verify.inside.sensitivity import Facts
from keraslint.verify.inside.session import ENTRIES, Session

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


def run(job: dict, library: Library, facts: Facts) -> dict:
    """What came of a job, ready for JSON.

    job: `filename`, `name`, `root`, `texts` (filename -> text that stands in for the file), `recipe` (as people write
    it, or ""), `raised` (put on rates that are off by default), `others` (files in which the model may be made).

    With `failed` (load, build or call) there is a `reason` and `tried`; else `sites`, `entries` and how it was built.
    """
    started = time.monotonic()
    task = Task(job, library, facts, Project(job["root"], job["texts"], _assume), recipe(job["recipe"]))
    task.project.install()
    os.chdir(job["folder"])
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            result = _first_that_runs(task)
        except build.NotBuilt as error:
            result = {"failed": "load", "reason": str(error)}
        except (SyntaxError, OSError) as error:
            result = {"failed": "load", "reason": told(error)}
    assumed = {name: why for each in task.project.namespaces.values() for name, why in each.assumed.items()}
    return {
        **result,
        "tried": task.tried,
        "assumed": assumed,
        "seconds": round(time.monotonic() - started, 2),
    }


def _assume(name: str):
    values = guesses.for_name(name)
    if not values:
        raise LookupError(name)
    return values[0]


def _first_that_runs(task: Task) -> dict:
    failed: dict = {}
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
            return {
                **_recorded(session, task.facts),
                "built": made.way.expression,
                "arguments": [{"name": n, "value": v[:200], "from": w} for n, v, w in made.way.arguments],
                "inputs": [describe(structure) for structure in found.arguments],
                "kind": task.library.kind(made.model),
                "lacks": [name for name in ("train", "eval") if not hasattr(made.model, name)],
            }
        task.tried.extend(f"{made.way.expression} called with {line}" for line in found.tried[-3:])
        reason = found.tried[-1].partition(": ")[2] if found.tried else "nothing could be tried"
        failed = failed or {"failed": "call", "reason": reason, "built": made.way.expression}
        if count + 1 >= MOST_WAYS:
            break
    return failed or {"failed": "build", "reason": _likeliest(task.tried)}


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


def _recorded(session: Session, facts: Facts) -> dict:
    rows: dict[tuple, dict] = {}
    entries: dict[str, dict] = {}
    for entry in ENTRIES:
        recording = session.observe(entry)
        about: dict[str, Any] = {}
        if recording.error is not None:
            about["error"] = _error(recording.error, session.sources)
        if recording.moved:
            about["moved"] = recording.moved
        if len(recording.outputs) > 1:
            about["repeats"] = effects.same(recording.outputs[-1], recording.outputs[-2])
        about["built"] = [_place(site) | {"layer": name} for site, name in recording.built]
        about["operations"] = [_place(site) | {"name": name} for site, name in recording.operated]
        about["held"] = recording.held
        entries[entry] = {key: value for key, value in about.items() if value not in ([], {}, None)}
        for event in recording.events:
            sensitive = facts.is_sensitive(event.layer)
            row = rows.setdefault(
                (event.site, event.name, sensitive), {"accepts": event.accepts, "values": {}}
            )
            values = row["values"].setdefault(entry, [])
            if (value := _value(event.value)) not in values:
                values.append(value)
    ordered = sorted(rows.items(), key=lambda item: (item[0][0].filename, item[0][0].row, item[0][0].column))
    sites = [
        {
            **_place(site),
            "within": site.within,
            "callee": site.callee,
            "layer": name,
            "sensitive": sensitive,
            **row,
        }
        for (site, name, sensitive), row in ordered
    ]
    return {"sites": sites, "entries": entries}


def _place(site) -> dict:
    return {"filename": site.filename, "row": site.row, "column": site.column}


def _value(value):
    """True, False, None, or for a tensor what it comes to."""
    if value is None or isinstance(value, bool):
        return value
    try:
        return bool(value)
    except Exception:
        return "symbolic"


def _error(error: BaseException, sources) -> dict:
    """What was raised, and where in the user's source."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename in sources]
    place = {"filename": frames[-1].filename, "row": frames[-1].lineno} if frames else {}
    return {"message": told(error), **place}
