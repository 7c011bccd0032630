"""What a parameter takes that is more than a number: by what the code does with it, an object of the project or one like it."""

from __future__ import annotations

import ast
import contextlib
import copy
import inspect
import itertools
import json
import re
import sys
from collections.abc import Iterator
from inspect import Parameter
from pathlib import Path
from typing import Any

from keraslint.verify.inside.as_written import made_smaller
from keraslint.verify.inside.by_name import holds_layers, holds_settings
from keraslint.verify.inside.guesses import Instance, for_parameter
from keraslint.verify.inside.namespace import Namespace
from keraslint.verify.inside.stand_ins import (
    Activation,
    Config,
    Factory,
    Layer,
    Made,
    Options,
    code_of,
    for_use,
)
from keraslint.verify.inside.uses import Use, merged, use
from keraslint.verify.inside.wanted import Wanted

_NAMES_SETTINGS = re.compile(r"config|cfg|params|settings|options|default|args", re.I)
_GETS = re.compile(r"(get|make|create|default|build)_|_(default|config)s?$")
MOST_FILES, MOST_BYTES = 8, 100_000  # with settings
MOST_SETTINGS = 12  # values of a module that may be what is meant
MOST_CLASSES = 40  # of a module, of which one may be meant
ENOUGH = 2  # attributes that tell a class
_OBJECTS = (Options, Config, Instance, Layer)
_CALLED = (Layer, Factory, Activation)


def by_use(wanted: Wanted, parameter: Parameter) -> list:
    """Values with which can be done what the code does with a parameter, where what its name suggests is none of them."""
    done = used_as(wanted, parameter.name)
    if holds_settings(parameter.name) and (given := list(_settings(wanted, done))):
        return given
    found = for_use(done, parameter.name, wanted.library)
    if holds_layers(parameter.name) and found and isinstance(found[0], list):
        found = [[Layer(wanted.library)] * len(found[0])]
    usual = next(iter(for_parameter(parameter, wanted.library)), None)
    more = isinstance(usual, Layer) and any(
        not hasattr(wanted.library.layer, name) for name in done.attributes
    )
    if not found or _fits(usual, found[0]) and not more:
        return []
    return [*_of_project(wanted, parameter.name, done), *found] if isinstance(found[0], Options) else found


def _fits(usual, wanted) -> bool:
    """Whether what is usual can be used as what is wanted."""
    for kinds, others in (
        (Options, _OBJECTS),
        (_CALLED, _CALLED),
        ((list, tuple), (list, tuple, dict, Options)),
    ):
        if isinstance(wanted, kinds):
            same = (
                not isinstance(usual, list)
                or not isinstance(wanted, list)
                or type(usual[0]) is type(wanted[0])
            )
            return isinstance(usual, others) and same
    return isinstance(usual, type(wanted))


def used_as(wanted: Wanted, name: str) -> Use:
    """What a class, with those that it derives from, or a function does with an argument."""
    found = Use()
    for node in _definitions(wanted):
        methods = [part for part in getattr(node, "body", ()) if getattr(part, "name", "") == "__init__"]
        for function in methods if isinstance(node, ast.ClassDef) else [node]:
            found = merged(found, use(function, name, node))
    return found


def _definitions(wanted: Wanted) -> Iterator[ast.ClassDef | ast.FunctionDef]:
    target = wanted.target
    for owner in inspect.getmro(target) if inspect.isclass(target) else [inspect.unwrap(target)]:
        module = sys.modules.get(getattr(owner, "__module__", None) or "")
        filename = getattr(module, "__file__", None) or ""
        namespace = next((each for each in wanted.modules if each.filename == filename), {})
        if filename in wanted.sources:
            name = getattr(owner, "__name__", "")
            body = code_of(filename, namespace).body
            yield from (node for node in body if getattr(node, "name", None) == name)


def _of_project(wanted: Wanted, name: str, done: Use) -> Iterator[Instance]:
    """Objects of the classes that the module knows and that have all the attributes."""
    for cls in _classes(wanted.modules[0]):
        told = len(done.attributes) >= ENOUGH or name.strip("_").replace("_", "") in cls.__name__.lower()
        if (
            _is_of_project(cls, wanted)
            and told
            and cls is not wanted.target
            and done.attributes <= _attributes(cls)
        ):
            yield Instance(wanted.library, cls)


def _is_of_project(cls: type, wanted: Wanted) -> bool:
    return (getattr(sys.modules.get(cls.__module__), "__file__", None) or "") in wanted.sources


class Settings(Made):
    """For settings that the project has: as they are, but for sizes that are large. name: of what has them."""

    def __init__(self, library, name: str, value):
        super().__init__(library)
        self.name, self.value = name, made_smaller(value)

    def make(self):
        return copy.deepcopy(self.value)

    def __repr__(self):
        return f"{self.name}, with small sizes"


def _settings(wanted: Wanted, done: Use) -> Iterator[Settings]:
    """What the class itself gives, the modules have, a function of theirs gives, or a file beside them says, that holds
    all that is read."""
    keys = {key for key in done.keys if isinstance(key, str)}
    attributes = done.attributes if keys == set() else done.attributes - set(dir(dict))
    own = _of_class(wanted)
    for module in wanted.modules if len(keys | attributes) >= ENOUGH else ():
        own = itertools.chain(own, _named_as_settings(module), _in_files(module))
    for name, value in own:
        with contextlib.suppress(Exception):
            if all(key in value for key in keys) and all(hasattr(value, each) for each in attributes):
                yield Settings(wanted.library, name, value)


def _of_class(wanted: Wanted) -> Iterator[tuple[str, Any]]:
    """What the static and class methods of a class of the project give that are named as its default settings are."""
    owners = inspect.getmro(wanted.target) if inspect.isclass(wanted.target) else ()
    for owner in (each for each in owners if _is_of_project(each, wanted)):
        for name, method in vars(owner).items():
            if isinstance(method, (staticmethod, classmethod)) and _gives_settings(name):
                with contextlib.suppress(Exception, SystemExit):
                    yield f"{wanted.name}.{name}()", getattr(wanted.target, name)()


def _named_as_settings(module: Namespace) -> Iterator[tuple[str, Any]]:
    """What a module's settings are by their names, and what its functions give that are named so."""
    for name in itertools.islice(filter(_NAMES_SETTINGS.search, module.binders), MOST_SETTINGS):
        with contextlib.suppress(Exception, SystemExit):
            value = module[name]
            if inspect.isfunction(value) and _gives_settings(name):
                yield f"{name}()", value()
            elif not callable(value):
                yield name, value


def _gives_settings(name: str) -> bool:
    return bool(_NAMES_SETTINGS.search(name) and _GETS.search(name))


def _in_files(module: Namespace) -> Iterator[tuple[str, Any]]:
    """What the JSON files beside a module hold."""
    for path in sorted(Path(module.filename).parent.glob("*.json"))[:MOST_FILES]:
        with contextlib.suppress(OSError, ValueError):
            if path.stat().st_size < MOST_BYTES:
                yield path.name, json.loads(path.read_text(encoding="utf-8"))


def _classes(module: Namespace) -> Iterator[type]:
    """The classes that a module defines or imports."""
    for name in itertools.islice(filter(_names_class, module.binders), MOST_CLASSES):
        with contextlib.suppress(Exception):
            if inspect.isclass(cls := module[name]):
                yield cls


def _names_class(name: str) -> bool:
    return name[:1].isupper() and not name.isupper()


def _attributes(cls: type) -> set[str]:
    """What an object of a class has: methods, fields, and what its methods assign."""
    found = {*dir(cls), *getattr(cls, "__annotations__", ())}
    for owner in inspect.getmro(cls):
        module = sys.modules.get(owner.__module__)
        if not getattr(module, "__file__", None) or owner.__module__.partition(".")[0] in (
            "keras",
            "tf_keras",
        ):
            continue
        for node in code_of(module.__file__).body:
            if getattr(node, "name", None) == owner.__name__:
                stored = (part for part in ast.walk(node) if isinstance(part, ast.Attribute))
                found.update(part.attr for part in stored if isinstance(part.ctx, ast.Store))
    return found
