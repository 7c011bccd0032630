"""What an error says of the arguments that a model was made with: which one is to blame, and what it should be."""

from __future__ import annotations

import inspect
import itertools
import linecache
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from keraslint.verify.inside import guesses
from keraslint.verify.inside.by_name import SMALL, for_name
from keraslint.verify.inside.compared import OfClass, spared_by
from keraslint.verify.inside.errors import frames, names
from keraslint.verify.inside.repairs import differing
from keraslint.verify.inside.stand_ins import (
    ASKED,
    TAKEN_APART,
    Activation,
    Factory,
    Layer,
    Made,
    Options,
    Table,
    unpacked,
)

MOST_ROWS = 30  # in which a local name is looked for
MOST_LINES = 9  # of an expression
MOST_BEFORE = 3  # before what raises
MOST_LAST = 2  # settings that were asked for last, of which an error may come
MOST_OF_SETTING = 4  # values for one of them
_TAKEN_APART = r"not iterable|has no len|not subscriptable|unpack"
_OF_SIZES = r"[Ss]hape|[Dd]imension|[Ii]ncompatible|cannot be more than"
_CONDITION = re.compile(r"\s*(el)?if\b")
_NUMBERS = (SMALL, 2, 4, 32)
# What a message says -> what the argument should be. The words quoted in a message are tried as well.
_AMENDS: tuple[tuple[str, tuple], ...] = (
    (r"(?:tuple|list) of (?:\d )?integers?.*received.*entry", (1, 2)),
    (_TAKEN_APART + r"|must be a (?:list|tuple)", ([SMALL, SMALL], (2, 2), [[SMALL], [SMALL]], Options)),
    (r"has no attribute '(?:lower|upper|split|strip|startswith|endswith|format|replace)'", ("relu", "same", "a")),
    (r"can only concatenate str|must be str, not|argument of type '\w+' is not iterable", ("a", ["a", "b"])),
    (r"indices must be integers or slices, not (?:tuple|NoneType|Ellipsis)|unhashable type: 'slice'", (Table,)),
    (r"'str' object is not callable", (Activation,)),
    (r"'NoneType' object is not callable", (Layer,)),
    (r"not callable", (Factory, Layer, "relu")),
    (r"object has no attribute 'shape'|different ndims", (Table,)),
    (r"'(?:int|float|str|list|tuple|Dense|NoneType)' object has no attribute|has no attribute '\w+'", (Options, Layer, [SMALL, SMALL])),
    (r"integer|'(?:list|TrackedList|ListWrapper|tuple|float|str)'", _NUMBERS),
    (r"divisible|multiple of|evenly| % ", (48, 2, 4, 8, SMALL, 32)),
    (r"must be (?:positive|greater|strictly)|strictly positive|at least", (2, SMALL, 32)),
    (r"Negative dimension|would be negative|due to downsampling", (64, 224, (224, 224))),
    (r"bool", (True, False)),
    (r"KeyError|dict|mapping|items", (Options, {})),
)  # fmt: skip


def amended(
    chosen: Mapping, error: BaseException, parameters: list[inspect.Parameter], library, usual: bool = True
) -> Iterator[dict]:
    """The arguments with one changed, as the error suggests, the likeliest first.

    usual: also to what its name suggests, whatever the error says.
    """
    message = f"{type(error).__name__}: {error}"
    by_name = {parameter.name: parameter for parameter in parameters}
    for name, size in _other_sizes(message, {name: chosen.get(name) for name in by_name}):
        yield {**chosen, name: size}
    for name, value in chosen.items():
        if name in by_name and re.search(r"of length [2-5]\b", message):
            yield from ({**chosen, name: longer} for longer in _longer(message, value))
    spared = _spared(error, library)
    for name in _by_kind(blamed(error, list(by_name)), chosen, message):
        first = [*spared.get(name.lstrip("_"), ()), *_longer(message, chosen.get(name))]
        for value in itertools.chain(first, _values(message, by_name[name], library, usual)):
            if repr(chosen.get(name)) != repr(value):
                yield {**chosen, name: value}


def asked_for(error: BaseException, parameters: list[inspect.Parameter], library) -> Iterator[dict]:
    """The parameters with a default that the message of an error speaks of, each with another value.

    Of None it speaks without a name: that stands in the line.
    """
    by_name = {p.name: p for p in parameters if p.default is not p.empty}
    said = _said(error)
    if "'NoneType'" in str(error):
        said += blamed(error, [name for name, p in by_name.items() if p.default is None])
    for name in dict.fromkeys(said):
        if name in by_name:
            for value in _values(f"{type(error).__name__}: {error}", by_name[name], library):
                if repr(value) != repr(by_name[name].default):
                    yield {name: value}
                    break


def _lacking(message: str) -> list[str]:
    """The arguments that a message says are missing."""
    said = re.search(r"missing \d+ required (?:positional|keyword-only) arguments?: (.+)", message)
    return re.findall(r"'(\w+)'", said[1]) if said else []


def handed_on(error: BaseException, target: Callable) -> dict[str, Any]:
    """What a constructor should be given for one that it hands its `**kwargs` on to: what is missing there, or None, or
    what the message names."""
    message = f"{type(error).__name__}: {error}"
    unset = (
        re.findall(r"\.([a-z]\w*)\b(?!\s*[=(])", " ".join(_lines(frames(error)[-1])))
        if "'NoneType'" in message
        else []
    )
    said = [name for name in _said(error) if name in _of_bases(target)]
    names = [*_lacking(message), *(name for name in unset if for_name(name)), *said]
    return {name: next(iter(for_name(name)), SMALL) for name in names}


def _of_bases(target: Callable) -> set[str]:
    """The parameters of the constructors that a class inherits."""
    bases = inspect.getmro(target)[1:] if inspect.isclass(target) else ()
    own = (vars(base)["__init__"] for base in bases if inspect.isfunction(vars(base).get("__init__")))
    return {name for function in own for name in inspect.signature(function).parameters}


def learned(known: Mapping[str, Any], error: BaseException, library, usual: bool = True) -> Iterator[dict]:
    """What settings hold, by name, with one changed: one that the error's lines speak of, or the last that was asked for."""
    message = f"{type(error).__name__}: {error}"
    if named := _lacking(message):
        for section in list(TAKEN_APART)[:-2:-1]:
            yield {**known, unpacked(section): [*known.get(unpacked(section), ()), *named]}
    asked, spared = list(ASKED), _spared(error, library)
    held = {name: known.get(name, next(iter(for_name(name)), SMALL)) for name in asked}
    in_order = _by_kind([*blamed(error, asked), *asked[: -1 - MOST_LAST : -1]], held, message)
    for name, size in _other_sizes(message, {name: held[name] for name in [*in_order, *asked]}):
        yield {**known, name: size}
    for name in dict.fromkeys(in_order):
        parameter = inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY)
        found = _values(message, parameter, library, usual, (False, None) if usual else ())
        whole = [Options(library)] if re.search(_TAKEN_APART, message) else []
        first = [*spared.get(name.lstrip("_"), ()), *_longer(message, held[name]), *whole]
        for value in itertools.islice(itertools.chain(first, found), MOST_OF_SETTING):
            if repr(known.get(name, SMALL)) != repr(value):
                yield {**known, name: value}


def _other_sizes(message: str, chosen: Mapping) -> Iterator[tuple[str, Any]]:
    """Arguments that are, or hold, one of two sizes in which a message says that something differs, each with the other."""
    for sizes in differing(message) if re.search(_OF_SIZES, message) else ():
        for one, other in (sizes, sizes[::-1]):
            for name, value in chosen.items():
                if type(value) is int and value == one:
                    yield name, other
                elif type(value) in (list, tuple) and one in value:
                    yield name, type(value)(other if part == one else part for part in value)


def _longer(message: str, value) -> list:
    """A list or tuple as long as a message wants it, or with one more if it says that an index is beyond its end."""
    kind, said = type(value), re.search(r"of length ([2-5])\b", message)
    if kind not in (list, tuple) or not value:
        return []
    beyond = f"{kind.__name__} index out of range" in message
    wanted = int(said[1]) if said else len(value) + beyond
    return [kind([*value, *value[-1:] * (wanted - len(value))])] if wanted > len(value) else []


def _by_kind(blamed: list[str], values: Mapping, message: str) -> list[str]:
    """The names, those first whose value, or its type, the message speaks of: `not "int"`, `Received: 0.5`."""
    said = re.findall(r"[`'\"](\w+)[`'\"]|[Rr]eceived:? ([\w.]+)|(\w+) index out", message.partition("\n")[0])
    words = {word for pair in said for word in pair}

    def spoken_of(name: str) -> bool:
        value = values.get(name)
        kind = value.kind if isinstance(value, Made) else type(value).__name__
        return kind in words or repr(value) in words

    return sorted(blamed, key=spoken_of, reverse=True)


def _spared(error: BaseException, library) -> dict[str, list]:
    """Values with which the conditions that led to what raised would have been others, by the names in them."""
    last = frames(error)[-1:]
    spared = spared_by("".join(linecache.getlines(last[0].filename)), last[0].lineno or 0) if last else {}
    return {
        name.lstrip("_"): [value for each in values for value in _of_class(each, error, library)]
        for name, values in spared.items()
    }


def _of_class(value, error: BaseException, library) -> list:
    """The value; or an object of the layer's class that it must have, if such a class is known where it was raised."""
    if not isinstance(value, OfClass):
        return [value]
    try:
        cls = eval(value.expression, *names(error))
    except Exception:
        return []
    own = inspect.isclass(cls) and issubclass(cls, library.layer) and not library.is_keras(cls)
    return [guesses.Instance(library, cls)] if own else []


def _said(error: BaseException) -> list[str]:
    """The words that an error's first line quotes, or gives a value to."""
    pairs = re.findall(r"[`'\"](\w+)[`'\"]|(\w+)=", str(error).partition("\n")[0])
    return [word for pair in pairs for word in pair if word]


def blamed(error: BaseException, among: list[str]) -> list[str]:
    """The names, among some, that the message, or the lines that raised it, speak of: the innermost line first."""
    found = _said(error)
    for frame in reversed(frames(error)):
        lines = _lines(frame)
        subjects = [
            word for pattern in _subjects(str(error)) for line in lines for word in re.findall(pattern, line)
        ]
        for word in subjects:
            found += [word, *_assigned_from(word, frame)]
        found += [word for line in lines for word in re.findall(r"\w+", line)]
    known = {name.lstrip("_"): name for name in among}
    return list(dict.fromkeys(known[word.lstrip("_")] for word in found if word.lstrip("_") in known))


def _subjects(message: str) -> Iterator[str]:
    """How what a message is about stands in its line: `x` of `x[0]`, of `x.shape` and of `x(1)`."""
    if "subscriptable" in message:
        yield r"(\w+)['\"]?\]?\["
    if attribute := re.search(r"has no attribute '(\w+)'", message):
        yield rf"(\w+)['\"]?\]?\.{attribute[1]}\b"
    if "not callable" in message:
        yield r"(\w+)['\"]?\]?\("
    if "iterable" in message or "unpack" in message:
        yield r"\bin (?:\w+[.\[(]['\"]?)*(\w+)"


def _assigned_from(name: str, frame: traceback.FrameSummary) -> list[str]:
    """The words of what was assigned to a local name last, in the rows before."""
    for row in range((frame.lineno or 1) - 1, max(0, (frame.lineno or 1) - 1 - MOST_ROWS), -1):
        if match := re.match(rf"\s*{name}\s*=(?!=)(.*)", linecache.getline(frame.filename, row)):
            return re.findall(r"\w+", match[1])[::-1]
    return []


def _lines(frame: traceback.FrameSummary) -> list[str]:
    """What a frame is at; where it raises, also the condition that stands before."""
    first = frame.lineno or 1
    last = min(getattr(frame, "end_lineno", None) or first, first + MOST_LINES)
    lines = [linecache.getline(frame.filename, row) for row in range(first, last + 1)]
    if lines[0].lstrip().startswith("raise"):
        before = [
            linecache.getline(frame.filename, row) for row in range(first - 1, first - 1 - MOST_BEFORE, -1)
        ]
        lines += next((before[: at + 1] for at, line in enumerate(before) if _CONDITION.match(line)), [])
    return lines


def _values(
    message: str, parameter: inspect.Parameter, library, usual: bool = True, then: tuple = ()
) -> Iterator:
    """What an argument should be by a message, then others, and where `usual` ones are wanted what its name suggests."""
    if many := re.search(r"a tensor with 1 values, but the requested shape has (\d{1,2})\b", message):
        yield [0.5] * int(many[1])
    if re.search(_TAKEN_APART, message):
        yield from (value for value in for_name(parameter.name) if isinstance(value, list))
    for pattern, values in _AMENDS:
        if re.search(pattern, message):
            for value in values:
                yield value(library) if isinstance(value, type) else value
    yield from then
    first = message.partition("\n")[0]
    if re.search(
        r"one of|available|(?<!un)[Ss]upported|[Ee]xpected|[Vv]alid|[Uu]nknown|should be|must be|\bin [\[({]",
        first,
    ):
        yield from dict.fromkeys(re.findall(r"['\"`](\w[\w./-]*)['\"`]", first))
    if usual:
        yield from guesses.for_parameter(parameter, library)
