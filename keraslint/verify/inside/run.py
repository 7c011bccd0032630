"""One job: obtain a model, build it, find inputs, start every entry, and say what each layer received."""

from __future__ import annotations

import contextlib
import gc
import io
import os
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from keraslint.verify.inside import effects, guesses
from keraslint.verify.inside.arrays import recipe
from keraslint.verify.inside.errors import frames, told
from keraslint.verify.inside.library import Library
from keraslint.verify.inside.obtain import NotObtained, Task, obtain
from keraslint.verify.inside.project import Project
from keraslint.verify.inside.quiet import quiet, stay
from keraslint.verify.inside.sensitivity import Facts
from keraslint.verify.inside.session import SHARING, Recording, Session
from keraslint.verify.inside.wanted import NotBuilt
from keraslint.verify.inside.weightless import TooBig, Weightless, deferred, weighed


def run(
    job: dict, library: Library, facts: Facts, trying: Callable[[str], Any] = lambda inputs: None
) -> dict:
    """What came of a job, ready for JSON. trying: told the inputs of each call before it is tried.

    job: `filename`, `name`, `until` (the last row in which the name means the model, or 0), `root`, `texts` (filename -> text that stands in for the file), `recipe` (as people write
    it, or ""), `recorded` (notes of the recorder on it), `raised` (put on rates that are off by default), `others` (files
    in which the model may be made), `effects` (whether to see what repeats itself), `crashed` (inputs that ended the
    process before and are left out).

    `files` are those of the project that were read. With `failed` (load, build or call) there is a `reason` and `tried`; else `sites`, `entries` and how it was built.
    """
    started = time.monotonic()
    task = Task(
        job,
        library,
        facts,
        Project(job["root"], job["texts"], guesses.assumed, partial(quiet, library)),
        recipe(job["recipe"]),
        trying=trying,
    )
    task.project.install()
    stay()
    os.chdir(job["folder"])
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            module = task.project.namespace(job["filename"])
            module.until = module.end = job.get("until") or module.end
            gc.freeze()  # every search for what is left of models would go through all that was imported
            result = _of_any_size(task)
        except NotObtained as error:
            result = error.result
        except (SyntaxError, OSError) as error:
            result = {"failed": "load", "reason": told(error)}
    assumed = dict(task.project.roots.ambiguous)
    for each in task.project.namespaces.values():
        assumed.update(each.assumed)
    return {
        **result,
        "tried": task.tried,
        "assumed": assumed,
        "files": task.project.read(),
        "seconds": round(time.monotonic() - started, 2),
        "processor_seconds": round(time.process_time(), 2),
    }


def _of_any_size(task: Task) -> dict:
    try:
        with weighed(task.library):
            return _of_first(task)
    except TooBig:
        task.tried.clear()
        task.session = Weightless
        with deferred(task.library):
            return _of_first(task)


def _of_first(task: Task) -> dict:
    """What the first model that can be made and called does."""
    session, made, inputs, batch = obtain(task)
    session.effects = task.job["effects"]
    try:
        recorded = _recorded(session, session.entries(made.model), task.facts)
    except NotBuilt as error:  # it could be made once
        if type(error.__cause__).__name__ == "ResourceExhaustedError":
            raise MemoryError from error  # for the job to be done again, smaller
        raise NotObtained("build", str(error), built=made.way.expression) from error
    weightless = {"weights": session.weights} if isinstance(session, Weightless) else {}
    return {
        **weightless,
        **recorded,
        "built": made.way.expression,
        "arguments": [{"name": n, "value": v[:200], "from": w} for n, v, w in made.way.arguments],
        "inputs": inputs,
        "batch": batch,
        "kind": task.library.kind(made.model),
        "lacks": [name for name in ("train", "eval") if not hasattr(made.model, name)],
    }


def _recorded(session: Session, started: tuple[str, ...], facts: Facts) -> dict:
    """`sites` and `entries`, as in what comes of a job."""
    rows: dict[tuple, dict] = {}
    entries: dict[str, dict] = {}
    sharing = [entry for entry in SHARING if entry in started]
    for entry in (*sharing, *(entry for entry in started if entry not in sharing)):
        recording = session.observe(entry)
        entries[entry] = _about(recording, session.sources)
        for event in recording.events:
            key = event.site, event.name, facts.is_sensitive(event.layer)
            row = rows.setdefault(key, {"accepts": event.accepts, "values": {}})
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
            "accepts": row["accepts"],
            "values": {entry: row["values"][entry] for entry in started if entry in row["values"]},
        }
        for (site, name, sensitive), row in ordered
    ]
    return {"sites": sites, "entries": {entry: entries[entry] for entry in started}}


def _about(recording: Recording, sources) -> dict:
    """What an entry did besides what its layers received; what there is nothing of is left out."""
    about: dict[str, Any] = {
        "moved": effects.moved(recording.before, recording.after),
        "statistics": effects.shown(recording.before, recording.after),
        "built": [_place(site) | {"layer": name} for site, name in recording.built],
        "operations": [_place(site) | {"name": name} for site, name in recording.operated],
        "held": recording.held,
    }
    if recording.error is not None:
        about["error"] = _error(recording.error, sources)
    if len(recording.outputs) > 1:
        first, *others = recording.outputs
        about["repeats"] = effects.alike([effects.same(first, other) for other in others])
        about["outputs"] = list(map(effects.numbers, recording.outputs))
    return {key: value for key, value in about.items() if value not in ([], {}, None)}


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
    own = [frame for frame in frames(error) if frame.filename in sources]
    place = {"filename": own[-1].filename, "row": own[-1].lineno} if own else {}
    return {"message": told(error), **place}
