"""Notes how a program makes and first calls its Keras models.

`keraslint record` puts this folder first on PYTHONPATH, so that every Python which its command starts imports this
module at its start. That Python need not have keraslint: nothing but the standard library is imported here. Each note
is a line of JSON in the folder that KERASLINT_RECORD names; `keraslint/verify/inside/recorded.py` reads the values.
"""

from __future__ import annotations

import atexit
import enum
import functools
import importlib.abc
import importlib.machinery
import importlib.util
import inspect
import json
import os
import sys
import weakref

FOLDER = os.environ.get("KERASLINT_RECORD", "")
MOST_NOTES = 5  # of a class or function
DEEPEST = 6
# The modules of Keras' versions that define the classes whose instances are noted.
WATCHED = {
    "keras.src.layers.layer": "Layer",
    "keras.src.models.model": "Model",
    "keras.src.engine.base_layer": "Layer",
    "keras.src.engine.training": "Model",
    "keras.engine.base_layer": "Layer",
    "keras.engine.training": "Model",
    "tf_keras.src.engine.base_layer": "Layer",
    "tf_keras.src.engine.training": "Model",
}
_KERAS = ("keras", "tf_keras")
_GRAPHS = ("Functional", "Sequential")

_notes: dict[str, list] = {}  # FILE::NAME -> the notes made of it
_made: dict[int, tuple] = {}  # id of a layer of the user's -> (weak reference to it, its note)
_uncalled: dict[int, str] = {}  # id -> FILE::NAME, of those that nothing has called yet


def watch(owner) -> None:
    """Note every instance of Layer or Model that is made, and its first call."""
    new, call = owner.__new__, owner.__call__

    @functools.wraps(new)
    def noting_new(cls, *args, **kwargs):
        made = new(cls, *args, **kwargs)
        _quietly(_note, made, cls, args, kwargs)
        return made

    @functools.wraps(call)
    def noting_call(self, *args, **kwargs):
        if id(self) in _uncalled:
            _quietly(_note_call, self, args, kwargs)
        return call(self, *args, **kwargs)

    owner.__new__ = staticmethod(noting_new)
    if "__call__" in vars(owner):
        owner.__call__ = noting_call


def _quietly(note, *args) -> None:
    """The user's run goes on whatever becomes of a note."""
    try:
        note(*args)
    except Exception:
        pass


def _note(made, cls, args, kwargs) -> None:
    if _is_keras(type(made)):
        if type(made).__name__ in _GRAPHS:
            _note_function()
        return
    key = f"{_file(cls)}::{cls.__qualname__}"
    seen = _notes.setdefault(key, [])
    known = _made.get(id(made))
    if known is not None and known[0]() is made:  # Model.__new__ after Layer.__new__, which was given less
        note = known[1]
    elif len(seen) < MOST_NOTES:
        note = {"name": key}
        seen.append(note)
    else:
        return
    note["args"] = [encoded(value) for value in args]
    note["kwargs"] = {name: encoded(value) for name, value in kwargs.items()}
    _made[id(made)] = (weakref.ref(made), note)
    _uncalled[id(made)] = key


def _note_function() -> None:
    """A graph is made: the function of the user's that makes it, with its arguments."""
    frame = sys._getframe(1)
    while frame is not None:
        code, module = frame.f_code, frame.f_globals
        function = inspect.unwrap(module[code.co_name]) if callable(module.get(code.co_name)) else None
        if (
            getattr(function, "__code__", None) is code
            and not _is_keras(function)
            and module is not globals()
        ):
            break
        frame = frame.f_back
    if frame is None or _rebinds(code):
        return
    key = f"{os.path.abspath(code.co_filename)}::{code.co_name}"
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    note = {"name": key, "args": [], "kwargs": {name: encoded(frame.f_locals[name]) for name in names}}
    seen = _notes.setdefault(key, [])
    if len(seen) < MOST_NOTES and note not in seen:
        seen.append(note)
        _write(note)


def _rebinds(code) -> bool:
    """Whether a function takes more than names, or has changed what they were by the time it makes a layer."""
    import dis

    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    stored = {
        step.argval
        for step in dis.get_instructions(code)
        if step.opname.startswith(("STORE_FAST", "STORE_DEREF"))
    }
    variable = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS
    return bool(code.co_flags & variable) or not stored.isdisjoint(names)


def _note_call(layer, args, kwargs) -> None:
    del _uncalled[id(layer)]
    reference, note = _made[id(layer)]
    if reference() is layer:
        given = {name: value for name, value in kwargs.items() if name not in ("training", "mask")}
        note["call"] = [encoded(value) for value in args]
        note["call_kwargs"] = {name: encoded(value) for name, value in given.items() if value is not None}
        _write(note)


@atexit.register
def _finish() -> None:
    for reference, note in map(_made.get, _uncalled):
        if reference() is not None:
            _quietly(_write, note)


def _write(note: dict) -> None:
    with open(os.path.join(FOLDER, f"{os.getpid()}.jsonl"), "a", encoding="utf-8") as file:
        file.write(json.dumps(note) + "\n")


# ---------------------------------------------------------------- values


def encoded(value, depth: int = DEEPEST):
    """A value as JSON: plain ones as they are, any other as a dictionary whose only key says what it is."""
    if value is None or type(value) in (bool, int, float, str):
        return value
    if depth == 0:
        return {"unknown": type(value).__name__}
    inner = functools.partial(encoded, depth=depth - 1)
    if type(value).__name__ in ("ListWrapper", "_TupleWrapper", "TrackedList"):
        value = list(value)
    if type(value) is list:
        return [inner(each) for each in value]
    if type(value) in (tuple, set, frozenset):
        return {type(value).__name__: [inner(each) for each in value]}
    if isinstance(value, dict):
        return {"dict": [[inner(key), inner(each)] for key, each in value.items()]}
    if isinstance(value, tuple):  # with names
        return {"made": [_named(type(value)), [inner(each) for each in value], {}]}
    for kind in (_array, _object):
        found = kind(value, inner)
        if found is not None:
            return found
    return {"unknown": type(value).__name__}


def _array(value, inner):
    """An array or tensor, symbolic or not: what it is like."""
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    if dtype is None or shape is None:
        return None
    name = str(getattr(dtype, "name", dtype)).rpartition(".")[2]
    kind = next((kind for kind in ("int", "bool", "float") if kind in name), None)
    if kind is None:
        return {"unknown": name}
    limit = 2
    if kind == "int":
        try:
            limit = int(value.max() if hasattr(value, "max") else value.numpy().max()) + 1
        except Exception:  # a symbolic tensor has no values
            pass
    sizes = [None if size is None else int(size) for size in shape]
    return {"array": [kind, sizes, max(limit, 2)]}


def _object(value, inner):
    known = _made.get(id(value))
    if known is not None and known[0]() is value:
        note = known[1]
        path, _, name = note["name"].rpartition("::")
        return {
            "made": [
                {"module": type(value).__module__, "file": path, "name": name},
                note["args"],
                note["kwargs"],
            ]
        }
    if isinstance(value, type) or inspect.isroutine(value):
        return {"name": _named(value)} if "<" not in getattr(value, "__qualname__", "<") else None
    cls = type(value)
    if hasattr(value, "get_config") and _is_keras(cls):
        package = sys.modules[cls.__module__.partition(".")[0]]
        config = package.saving.serialize_keras_object(value)
        json.dumps(config)
        return {"keras": config}
    if isinstance(value, enum.Enum):
        return {"name": {**_named(cls), "name": f"{cls.__qualname__}.{value.name}"}}
    if cls.__name__ == "DType" or cls.__name__.startswith("dtype"):
        return getattr(value, "name", None)
    if type(getattr(value, "__dict__", None)) is dict and not _is_keras(cls):
        state = {name: inner(each) for name, each in vars(value).items()}
        return {"state": [_named(cls), state]}
    return None


def _named(value) -> dict:
    return {"module": value.__module__, "file": _file(value), "name": value.__qualname__}


def _file(value) -> str:
    module = sys.modules.get(value.__module__)
    return os.path.abspath(getattr(module, "__file__", None) or "")


def _is_keras(value) -> bool:
    return value.__module__.partition(".")[0] in _KERAS


# ---------------------------------------------------------------- being there when Keras is imported


class Waiting(importlib.abc.MetaPathFinder):
    """Finds nothing by itself: it has the modules of `WATCHED` watched as soon as they have run."""

    def find_spec(self, name, path=None, target=None):
        if name not in WATCHED:
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        spec = next((spec for each in others if (spec := each.find_spec(name, path, target))), None)
        if spec is not None:
            run = spec.loader.exec_module

            def exec_module(module):
                run(module)
                watch(getattr(module, WATCHED[name]))

            spec.loader.exec_module = exec_module
        return spec


def _other_sitecustomize() -> None:
    """Run the one that would have been imported if this were not there."""
    here = os.path.dirname(os.path.abspath(__file__))
    path = [folder for folder in sys.path if os.path.abspath(folder or ".") != here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", path)
    if spec is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


if __name__ == "sitecustomize":
    if FOLDER:
        sys.meta_path.insert(0, Waiting())
    _other_sitecustomize()
