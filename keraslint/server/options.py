"""What the client sets: options of the configuration file in camelCase, and what only an editor has."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from ..config import OPTIONS, did_you_mean

HINTS = ("off", "divergent", "all")
# Options that mean nothing in an editor.
_ELSEWHERE = {"output-format", "cache-dir"}


class Options(NamedTuple):
    """The client's settings.

    overrides: options of the configuration file that go before it. configuration: a file to use whatever lies
    closer. inlay_hints: which calls show their modes. python: the interpreter that has Keras, for the verifier; ""
    is the server's own. problems: what could not be used, a line each.
    """

    overrides: Mapping[str, Any] = MappingProxyType({})
    configuration: str | None = None
    inlay_hints: str = "divergent"
    python: str = ""
    problems: tuple[str, ...] = ()


def read(given: Any) -> Options:
    """The options in what a client sends, which is anything: Neovim sends [] for an empty table."""
    overrides: dict[str, Any] = {}
    own: dict[str, Any] = {}
    problems = []
    for key, value in (given if isinstance(given, dict) else {}).items():
        if value is None or key in _OF_CLIENTS:
            continue
        if key in _OVERRIDES:
            # A client sends every setting that it declares, set or not.
            if value not in ("", [], {}):
                overrides[_OVERRIDES[key]] = value
        elif key in _OWN:
            problem = _OWN[key](value)
            if problem:
                problems.append(f"the setting `{key}`: {problem}")
            else:
                own[_snake(key)] = value
        else:
            problems.append(f"unknown setting `{key}`{did_you_mean(key, [*_OVERRIDES, *_OWN])}")
    own["configuration"] = own.get("configuration") or None
    return Options(overrides, **own, problems=tuple(problems))


def plain(value: Any) -> Any:
    """What the protocol layer made of JSON, as dicts and lists again."""
    if hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, (list, tuple)) else value


def _camel(name: str) -> str:
    first, *rest = name.split("-")
    return first + "".join(word.capitalize() for word in rest)


def _snake(name: str) -> str:
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)


def _text(value: Any) -> str:
    return "" if isinstance(value, str) else "expected a path"


def _hints(value: Any) -> str:
    return "" if value in HINTS else f"expected one of {', '.join(HINTS)}"


_OVERRIDES = {_camel(name): name for name in OPTIONS if name not in _ELSEWHERE}
_OWN = {"configuration": _text, "inlayHints": _hints, "python": _text}
# What clients keep under the same name and the server has no use for.
_OF_CLIENTS = {"path", "interpreter", "importStrategy", "trace", "enable", "enabled"}
