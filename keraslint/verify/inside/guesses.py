"""What a parameter or a missing name may be, from its annotation, its default and its name."""

from __future__ import annotations

import inspect
import re
import sys
import types
from collections.abc import Iterator
from typing import Any

from keraslint.verify.inside.by_name import ACTIVATION, SMALL, for_name, holds_layer, holds_settings
from keraslint.verify.inside.stand_ins import (
    Activation,
    Asked,
    Config,
    Factory,
    Layer,
    Made,
    Options,
    Table,
    made,
)

_BY_ANNOTATION: dict[Any, tuple] = {
    bool: (False, True),
    int: (SMALL, 2),
    float: (0.5,),
    str: ("relu",),
    list: ([SMALL, SMALL],),
    tuple: ((SMALL, SMALL),),
    dict: ({},),
}
_LIBRARIES = ("keras", "tf_keras", "tensorflow", "numpy", "jax", "torch", "pandas", "scipy")
MOST_WITHIN = 3  # objects that are made for one another


def for_parameter(parameter: inspect.Parameter, library) -> list:
    """Values to try for a parameter without a default, the likeliest first."""
    plain = _plain_annotation(parameter.annotation)
    named = for_name(parameter.name)
    if plain in (int, float):
        fitting = [
            value for value in named if type(value) is plain or (plain is float and type(value) is int)
        ]
        return fitting or list(_BY_ANNOTATION[plain])
    if plain in _BY_ANNOTATION:
        fitting = [value for value in named if isinstance(value, plain)]
        return fitting + [value for value in _BY_ANNOTATION[plain] if value not in fitting]
    if re.search(r"columns?$", parameter.name) and plain is parameter.empty:
        return [Options(library), *named]  # of tables, each with its size
    if holds_settings(parameter.name):
        known = inspect.isclass(plain) and plain is not parameter.empty
        return [*([Config(library, plain)] if known else []), Options(library), {}]
    if re.search(ACTIVATION, parameter.name.lower()) and plain is parameter.empty:
        return [Activation(library), *named]  # layers take a function as well as its name, and code calls it
    if re.search(r"(^|_)(table|matrix)$", parameter.name.lower()) and plain is parameter.empty:
        return [Table(library), SMALL]
    layered = [Layer(library), Factory(library)] if holds_layer(parameter.name.lower()) else []
    if inspect.isclass(plain) and issubclass(plain, library.layer):
        own = [] if library.is_keras(plain) else [Instance(library, plain)]
        layered, named = [*own, Layer(library)], []
    elif _is_written(plain):
        return [Instance(library, plain), Options(library)]
    if isinstance(plain, types.FunctionType):
        layered, named = [], []
    return [*layered, *named] or [SMALL, Layer(library), [SMALL, SMALL], 0.5, None]


def _is_written(cls) -> bool:
    """Whether it is a class that is written in Python, and not by the libraries that a model is made of."""
    package = getattr(cls, "__module__", "").partition(".")[0]
    own = package not in (*_LIBRARIES, *sys.stdlib_module_names)
    return inspect.isclass(cls) and own and not issubclass(cls, (type, BaseException))


class Instance(Made):
    """For an object of a class of the project's: made with what its parameters' names suggest."""

    def __init__(self, library, cls: type):
        super().__init__(library)
        self.cls = cls

    within = 0  # how many are being made for one another

    def make(self):
        if Instance.within == MOST_WITHIN:
            raise RecursionError(f"{self.cls.__name__} needs too many others")
        Instance.within += 1
        try:
            return self._made()
        finally:
            Instance.within -= 1

    def _made(self):
        parameters = list(inspect.signature(self.cls).parameters.values())
        plain = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
        needed = [p for p in plain if p.default is p.empty]
        return self.cls(**{p.name: made(for_parameter(p, self.library)[0]) for p in needed})

    def __repr__(self):
        return f"{self.cls.__name__}(...) with what its names suggest"


def _plain_annotation(annotation):
    """`int` of `int`, `"int"`, `Optional[int]` and `int | None`."""
    if isinstance(annotation, str):
        names = re.findall(r"[\w.]+", annotation)
        known = {kind.__name__: kind for kind in _BY_ANNOTATION}
        known.update(List=list, Tuple=tuple, Sequence=list, Dict=dict)
        return next((known[name] for name in names if name in known), None)
    options = [kind for kind in getattr(annotation, "__args__", ()) if kind is not type(None)]
    origin = getattr(annotation, "__origin__", None)
    if origin in _BY_ANNOTATION:
        return origin
    if options and (origin is not None or isinstance(annotation, getattr(types, "UnionType", ()))):
        return _plain_annotation(options[0])
    return annotation


def choices(
    parameters: list[inspect.Parameter], library, known: dict[str, list] = {}, limit: int = 40
) -> Iterator[dict]:
    """Values for the parameters: the likeliest of all, then others, one parameter changed at a time.

    known: values that the code says of some.
    """
    values = {p.name: [*known.get(p.name, ()), *for_parameter(p, library)] for p in parameters}
    first = {name: options[0] for name, options in values.items()}
    yield dict(first)
    count = 1
    for rank in range(1, max((len(options) for options in values.values()), default=1)):
        for name, options in values.items():
            if rank < len(options) and count < limit:
                count += 1
                yield {**first, name: options[rank]}


def assumed(name: str):
    """What a variable holds whose value cannot be had, by its name. Raises LookupError if it suggests nothing."""
    values = for_name(name)
    if values:
        return values[0]
    if holds_settings(name):
        return Asked()
    raise LookupError(name)
