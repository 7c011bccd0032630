"""What an error says of the arguments that a model was made with: which one is to blame, and what it should be."""

from __future__ import annotations

import inspect
import re
import traceback
from collections.abc import Iterator, Mapping

from keraslint.verify.inside import guesses
from keraslint.verify.inside.guesses import SMALL, Activation, Factory, Layer, Options, Table

_NUMBERS = (SMALL, 2, 4, 32)
# What a message says -> what the argument should be. The words quoted in a message are tried as well.
_AMENDS: tuple[tuple[str, tuple], ...] = (
    (r"(?:tuple|list) of (?:\d )?integers?.*received.*entry", (1, 2)),
    (r"not iterable|has no len|not subscriptable|unpack|must be a (?:list|tuple)", ([SMALL, SMALL], (2, 2), [[SMALL], [SMALL]])),
    (r"'str' object is not callable", (Activation,)),
    (r"not callable", (Factory, Layer, "relu")),
    (r"object has no attribute 'shape'|different ndims", (Table,)),
    (r"'(?:int|float|str|list|tuple|Dense|NoneType)' object has no attribute|has no attribute '\w+'", (Options, Layer, [SMALL, SMALL])),
    (r"integer|'(?:list|TrackedList|ListWrapper|tuple|float|str)'", _NUMBERS),
    (r"divisible|multiple of|evenly", (2, 4, 8, SMALL, 32)),
    (r"must be (?:positive|greater|strictly)|strictly positive|at least", (2, SMALL, 32)),
    (r"bool", (True, False)),
    (r"KeyError|dict|mapping|items", (Options, {})),
)  # fmt: skip


def amended(
    chosen: Mapping, error: BaseException, parameters: list[inspect.Parameter], library
) -> Iterator[dict]:
    """The arguments with one changed, as the error suggests, the likeliest first."""
    message = f"{type(error).__name__}: {error}"
    by_name = {parameter.name: parameter for parameter in parameters}
    for name in blamed(error, list(by_name)):
        for value in _values(message, by_name[name], chosen, library):
            if repr(chosen.get(name)) != repr(value):
                yield {**chosen, name: value}


def asked_for(error: BaseException | None, parameters: list[inspect.Parameter], library) -> Iterator[dict]:
    """The parameters with a default that the message of an error speaks of, each with another value."""
    by_name = {p.name: p for p in parameters if p.default is not p.empty}
    for name in dict.fromkeys(_said(error) if error is not None else ()):
        if name in by_name:
            for value in _values(f"{type(error).__name__}: {error}", by_name[name], {}, library):
                if repr(value) != repr(by_name[name].default):
                    yield {name: value}
                    break


def _said(error: BaseException) -> list[str]:
    """The words that an error's first line quotes, or gives a value to."""
    pairs = re.findall(r"[`'\"](\w+)[`'\"]|(\w+)=", str(error).partition("\n")[0])
    return [word for pair in pairs for word in pair if word]


def blamed(error: BaseException, names: list[str]) -> list[str]:
    """The parameters that the message, or the lines that raised it, speak of: the innermost line first."""
    found = _said(error)
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        found += [word.lstrip("_") for word in re.findall(r"\w+", frame.line or "")]
    return [name for name in dict.fromkeys(found) if name in names]


def _values(message: str, parameter: inspect.Parameter, chosen: Mapping, library) -> Iterator:
    for pattern, values in _AMENDS:
        if re.search(pattern, message):
            for value in values:
                yield value(library) if isinstance(value, type) else value
    first = message.partition("\n")[0]
    if re.search(
        r"one of|(?<!un)[Ss]upported|[Ee]xpected|[Vv]alid|[Uu]nknown|should be|must be|\bin [\[({]", first
    ):
        yield from dict.fromkeys(re.findall(r"['\"`](\w[\w./-]*)['\"`]", first))
    yield from guesses.for_parameter(parameter, library)
