"""Makes and calls models as a run of the user's own did: the notes of `keraslint/verify/recorder`, read back."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from functools import partial
from typing import Any

from keraslint.verify.inside.arrays import Spec, describe
from keraslint.verify.inside.library import Library
from keraslint.verify.inside.project import Project
from keraslint.verify.inside.wanted import Way

FROM = "a recorded run"
MOST_ELEMENTS = 100_000  # of an array that is taken as it was, and not with a batch of 2


class Lost(LookupError):
    """A value that could not be noted, or cannot be made again; the text says which."""


class Reader:
    """Makes values of notes again, with the names of a project."""

    def __init__(self, project: Project, library: Library):
        self.project, self.library = project, library

    def ways(self, filename: str, name: str, notes: list[dict]) -> Iterator[tuple[Way, dict]]:
        """(how a run made the model, its note), for each note."""
        for note in notes:
            given = [(f"#{at + 1}", value) for at, value in enumerate(note["args"])]
            given += note["kwargs"].items()
            arguments = [(key, _shown(value), FROM) for key, value in given]
            text = ", ".join(
                value if key.startswith("#") else f"{key}={value}" for key, value, _ in arguments
            )
            yield (
                Way(
                    partial(self._made, {"file": filename, "name": name}, note), f"{name}({text})", arguments
                ),
                note,
            )

    def calls(self, note: dict) -> Iterator[tuple[list, dict, list[str]]]:
        """(arguments, keyword arguments, what they are) with which the model was called; at most with a small batch too."""
        if "call" not in note or _has_unknown([note["call"], note["call_kwargs"]]):
            return
        batch = next((shape[0] for _, shape, _ in _arrays(note["call"]) if shape), None)
        for small in _sizes(note, batch):
            spec = partial(_spec, batch=batch, small=small)
            arguments = [self.value(each, spec) for each in note["call"]]
            named = {key: self.value(each, spec) for key, each in note["call_kwargs"].items()}
            told = [_shown(each, spec) for each in note["call"]]
            told += [f"{key}={_shown(each, spec)}" for key, each in note["call_kwargs"].items()]
            yield arguments, named, told

    def value(self, note, spec=None) -> Any:
        """What a note stands for. Raises Lost."""
        again = partial(self.value, spec=spec)
        if isinstance(note, list):
            return [again(each) for each in note]
        if not isinstance(note, dict):
            return note
        [(kind, held)] = note.items()
        if kind in ("tuple", "set", "frozenset"):
            return {"tuple": tuple, "set": set, "frozenset": frozenset}[kind](map(again, held))
        if kind == "dict":
            return {again(key): again(value) for key, value in held}
        if kind == "array":
            return (spec or _spec)(held).array()
        if kind == "name":
            return self._named(held)
        if kind == "keras":
            return self.library.keras.saving.deserialize_keras_object(held)
        if kind == "made":
            return self._made(held[0], {"args": held[1], "kwargs": held[2]})
        if kind == "state":
            made = object.__new__(self._named(held[0]))
            vars(made).update({name: again(value) for name, value in held[1].items()})
            return made
        raise Lost(f"a value of type {held} was not recorded")

    def _made(self, target: dict, note: dict):
        arguments = [self.value(each) for each in note["args"]]
        return self._named(target)(
            *arguments, **{key: self.value(each) for key, each in note["kwargs"].items()}
        )

    def _named(self, held: dict):
        first, *rest = held["name"].split(".")
        file = os.path.abspath(held["file"]) if held["file"] else ""
        value = (
            self.project.namespace(file)[first]
            if file in self.project
            else getattr(importlib.import_module(held["module"]), first)
        )
        for part in rest:
            value = getattr(value, part)
        return value


def _spec(held, batch: int | None = None, small: bool = False) -> Spec:
    kind, shape, limit = held
    if small and shape and shape[0] == batch:
        shape = [2, *shape[1:]]
    return Spec(
        kind,
        tuple(
            2 if at == 0 and size is None else 8 if size is None else size for at, size in enumerate(shape)
        ),
        limit,
    )


def _sizes(note: dict, batch: int | None) -> list[bool]:
    """Whether to take a small batch, the quicker of both first."""
    if batch is None or batch <= 2:
        return [False]
    total = 0
    for _, shape, _ in _arrays([note["call"], *note["call_kwargs"].values()]):
        size = 1
        for each in shape:
            size *= each or 8
        total += size
    return [False, True] if total <= MOST_ELEMENTS else [True, False]


def _arrays(note) -> Iterator[list]:
    if isinstance(note, dict) and "array" in note:
        yield note["array"]
    elif isinstance(note, (dict, list)):
        for each in note.values() if isinstance(note, dict) else note:
            yield from _arrays(each)


def _has_unknown(note) -> bool:
    if isinstance(note, dict):
        return "unknown" in note or any(map(_has_unknown, note.values()))
    return isinstance(note, list) and any(map(_has_unknown, note))


def _shown(note, spec=_spec) -> str:
    """A note as people would write its value."""
    again = partial(_shown, spec=spec)
    if isinstance(note, list):
        return "[" + ", ".join(map(again, note)) + "]"
    if not isinstance(note, dict):
        return repr(note)
    [(kind, held)] = note.items()
    if kind == "array":
        return describe(spec(held))
    if kind == "dict":
        return "{" + ", ".join(f"{again(key)}: {again(value)}" for key, value in held) + "}"
    if kind == "name":
        return held["name"]
    if kind == "keras":
        return f"{held.get('class_name', held)}(...)" if isinstance(held, dict) else repr(held)
    if kind in ("made", "state"):
        return f"{held[0]['name']}(...)"
    if kind == "unknown":
        return f"<{held}>"
    return f"{kind}({again(held)})"
