"""Runs the models of a source text under real Keras and notes which mode every layer call gets.

Runs inside one of the environments of `keras_envs.py`. How it is noted is the verifier's: `keraslint/verify/inside`.

A text says in its first comments what to run:

    # run: Net() <- float(2, 8)                 the model's expression, and what it is called with
    # run: make(3) <- float(2, 8), int(2, 5) < 10 -> float(2, 1)     several inputs; the shape of the targets
    # only: 3.0, 3.10                           the regimes it is meant for
"""

from __future__ import annotations

import ast
import os
import re
import sys
import types
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from keraslint.verify.inside.arrays import Recipe, arrays, recipe
from keraslint.verify.inside.library import Library
from keraslint.verify.inside.session import ENTRIES, Session, mode


# ---------------------------------------------------------------- what to run


def runs(text: str) -> list[Recipe]:
    """The `# run:` lines of a source text."""
    result = []
    for line in re.findall(r"^# run:(.*)$", text, re.M):
        if "<-" not in line:
            raise ValueError(f"no `<-` in {line.strip()!r}")
        result.append(recipe(line))
    return result


def only(text: str) -> list[str] | None:
    """The regimes of the `# only:` line; None if there is none."""
    line = re.search(r"^# only:(.*)$", text, re.M)
    return [name.strip() for name in line.group(1).split(",")] if line else None


# ---------------------------------------------------------------- running it


class Program:
    """A source text that can be loaded afresh as often as needed."""

    def __init__(self, text: str, filename: str):
        self.text, self.filename = text, filename
        self.code = compile(text, filename, "exec")
        self.folder = os.path.dirname(filename)
        siblings = Path(self.folder).rglob("*.py") if self.folder else []
        self.sources = {**{str(path): path.read_text() for path in siblings}, filename: text}

    def load(self) -> dict:
        """A new namespace of the module; sibling modules of a file are importable, and fresh as well."""
        module = types.ModuleType("fixture")
        module.__file__ = self.filename
        sys.modules["fixture"] = module
        if self.folder:
            sys.path.insert(0, self.folder)
            for name, other in list(sys.modules.items()):
                if other is not module and (getattr(other, "__file__", None) or "").startswith(self.folder + os.sep):
                    del sys.modules[name]
        try:
            exec(self.code, module.__dict__)
        finally:
            if self.folder:
                sys.path.remove(self.folder)
        return module.__dict__


def session_of(program: Program, run: Recipe, library: Library, kind: type[Session] = Session) -> Session:
    def build():
        return eval(run.expression, program.load())

    return kind(library, build, program.sources, arrays(run.inputs), arrays(run.targets))


def name_of(model, run: Recipe, library: Library) -> str:
    """The class's name if the source has the class; else the function's or the variable's."""
    if not library.is_keras(type(model)):
        return type(model).__name__
    node = ast.parse(run.expression, mode="eval").body
    while isinstance(node, (ast.Call, ast.Subscript)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", run.expression)


def table(program: Program, run: Recipe, library: Library, session: Session | None = None):
    """(name, kind, the regime's record) of one `# run:` line."""
    session = session or session_of(program, run, library)
    result = {"version": library.version, "sites": [], "errors": {}}
    try:
        model = session.model()
    except Exception as error:
        return None, None, {"version": library.version, "error": message(error)}
    rows: dict[tuple, dict] = {}
    for entry in ENTRIES:
        try:
            events = session.record(entry)
        except Exception as error:
            result["errors"][entry] = message(error)
            continue
        for event in events:
            modes = rows.setdefault((event.site, event.name, event.accepts), {}).setdefault(entry, [])
            if mode(event.value) not in modes:
                modes.append(mode(event.value))
    for (site, layer, accepts), modes in sorted(rows.items(), key=lambda item: order(item[0])):
        row = {"row": site.row, "column": site.column, "within": site.within, "callee": site.callee}
        if site.filename != program.filename:
            row["filename"] = os.path.relpath(site.filename, program.folder)
        row.update(layer=layer, accepts=accepts, modes={key: sorted(modes[key]) for key in ENTRIES if key in modes})
        result["sites"].append(row)
    if not result["errors"]:
        del result["errors"]
    return name_of(model, run, library), library.kind(model), result


def order(key):
    site, layer, accepts = key
    return site.filename, site.row, site.column, layer, accepts


def message(error: Exception) -> str:
    """`TypeError: what it says`, without what differs between two runs."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    said = [line for line in lines if not line.startswith("Exception encountered when calling")] or lines or [""]
    return f"{type(error).__name__}: {re.sub(r'0x[0-9a-f]+', '0x', said[0])[:160]}"


def record_text(text: str, filename: str, library: Library) -> dict:
    """What this environment's Keras does with the models of a text: name -> kind, expression and record.

    `filename` may be invented for a text that is no file, as the example of a rule's page.
    """
    result = {}
    program = Program(text, filename)
    for run in runs(text):
        name, kind, found = table(program, run, library)
        key = name or run.expression
        if key in result:
            key = run.expression
        result[key] = {"kind": kind, "run": run.expression, "record": found}
    return result
