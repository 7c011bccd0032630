"""One job: obtain a model, build it, find inputs, start every entry, and say what each layer received."""

from __future__ import annotations

import contextlib
import io
import os
import re
import time
import traceback
from typing import Any

from keraslint.verify.inside import build, effects, guesses, inputs
from keraslint.verify.inside.library import Library
from keraslint.verify.inside.project import Project
from keraslint.verify.inside.sensitivity import Facts
from keraslint.verify.inside.session import ENTRIES, Session

MOST_WAYS = 6


def run(job: dict, library: Library, facts: Facts) -> dict:
    """What came of a job, ready for JSON.

    job: `filename`, `name`, `root`, `texts` (filename -> text that stands in for the file), `recipe` (an expression, or
    ""), `inputs` (structures as text, or None), `raised` (put on rates that are off by default), `others` (files in
    which the model may be made).

    With `failed` (load, build or call) there is a `reason` and `tried`; else `sites`, `entries` and how it was built.
    """
    started = time.monotonic()
    tried: list[str] = []
    result: dict[str, Any] = {"tried": tried}
    project = Project(job["root"], job["texts"], _assume)
    project.install()
    os.chdir(job["folder"])
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            namespace = project.namespace(job["filename"])
            others = [project.namespace(path) for path in job.get("others", ()) if path in project]
            made = build.build(
                job["name"],
                namespace,
                others,
                library,
                job.get("recipe", ""),
                job.get("raised", False),
                tried,
            )
            result.update(_first_that_runs(made, namespace, project, library, facts, job, tried))
        except build.NotBuilt as error:
            result.update(failed="load", reason=str(error))
        except (SyntaxError, OSError) as error:
            result.update(failed="load", reason=inputs.told(error))
    result["assumed"] = {
        name: why for each in project.namespaces.values() for name, why in each.assumed.items()
    }
    result["seconds"] = round(time.monotonic() - started, 2)
    return result


def _assume(name: str):
    values = guesses.for_name(name)
    if not values:
        raise LookupError(name)
    return values[0]


def _first_that_runs(made, namespace, project, library, facts, job, tried) -> dict:
    failed: dict | None = None
    for count, each in enumerate(made):
        session = Session(library, each.make, project, [], None, facts.operations)
        found = _inputs(each, session, namespace, library, job)
        if found.arguments is not None:
            session.data = [_arrays(structure) for structure in found.arguments]
            result = _recorded(session, facts, library)
            result.update(
                built=each.way.expression,
                arguments=[{"name": n, "value": v[:200], "from": w} for n, v, w in each.way.arguments],
                inputs=[inputs.describe(structure) for structure in found.arguments],
                kind=library.kind(each.model),
            )
            return result
        tried.extend(f"{each.way.expression} called with {line}" for line in found.tried[-3:])
        reason = found.tried[-1].partition(": ")[2] if found.tried else "nothing could be tried"
        failed = failed or {"failed": "call", "reason": reason, "built": each.way.expression}
        if count + 1 >= MOST_WAYS:
            break
    if failed is not None:
        return failed
    return {"failed": "build", "reason": tried[0].partition(": ")[2] if tried else "nothing makes it"}


def _arrays(structure):
    if isinstance(structure, inputs.Spec):
        return structure.array()
    if isinstance(structure, dict):
        return {key: _arrays(value) for key, value in structure.items()}
    return [_arrays(value) for value in structure]


def _inputs(made, session: Session, namespace, library, job) -> inputs.Found:
    """Arguments that the model can be called with."""

    def attempt(arguments):
        session.data = [_arrays(structure) for structure in arguments]
        try:
            model, observer = session.fresh()
        except Exception as error:
            return 0, error
        observer.recording = True
        observer.start()
        try:
            session.call(model)
        except Exception as error:
            return len(observer.events), error
        finally:
            observer.stop()
        return len(observer.events), None

    starts = job.get("inputs")
    if starts:
        starts = [[_structure(text) for text in starts]]
    else:
        starts = inputs.structures(made.model, namespace, library)
    return inputs.search(starts, attempt)


def _structure(value):
    """A structure of `float(2, 8)` or `int(2, 5) < 10` texts, as a recipe writes it."""
    if isinstance(value, dict):
        return {key: _structure(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_structure(each) for each in value]
    match = re.fullmatch(r"(float|int|bool)\(([\d, ]*)\)(?:\s*<\s*(\d+))?", value.strip())
    if match is None:
        raise build.NotBuilt(f"input {value!r} is not understood: write float(2, 8) or int(2, 5) < 10")
    shape = tuple(int(size) for size in match[2].split(",") if size.strip())
    return inputs.Spec(match[1], shape, int(match[3] or 2))


def _recorded(session: Session, facts: Facts, library) -> dict:
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
        about["unused"] = recording.unused
        entries[entry] = {key: value for key, value in about.items() if value not in ([], None)}
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
    model = session.fresh()[0]
    lacks = [name for name in ("train", "eval") if not hasattr(model, name)]
    return {"sites": sites, "entries": entries, "lacks": lacks}


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
    return {"message": inputs.told(error), **place}
