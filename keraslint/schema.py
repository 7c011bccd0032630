"""The JSON schema of the configuration, for editors and validators, made from the table of options."""

from __future__ import annotations

from typing import Any

from .config import OPTIONS, TABLES, Option
from .rulebook import CATEGORIES

_STRINGS = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
# Patterns have no common way to say "in any case".
_CODE = {"type": "string", "pattern": "^([Aa][Ll][Ll]|[Kk][Ee][Rr][0-9]{0,3}|" + "|".join(CATEGORIES) + ")$"}
_CODES = {"anyOf": [_CODE, {"type": "array", "items": _CODE}]}
_KINDS: dict[str, dict[str, Any]] = {
    "list": _STRINGS,
    "codes": _CODES,
    "flag": {"type": "boolean"},
    "number": {"type": "integer", "minimum": 1},
    "text": {"type": "string"},
    "table": {"type": "object", "additionalProperties": _CODES},
    "texts": {"type": "object", "additionalProperties": {"type": "string"}},
}


def schema() -> dict[str, Any]:
    """The schema of keraslint.toml, and of [tool.keraslint] in pyproject.toml."""
    properties = {name: _property(option) for name, option in OPTIONS.items()}
    extend = {"type": "string", "description": "another configuration file, which these options override"}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": "urn:keraslint:settings",
        "title": "keraslint",
        "description": "The settings of keraslint, a linter of the modes of Keras layers.",
        "type": "object",
        "properties": dict(sorted({**properties, "extend": extend}.items())),
        "additionalProperties": False,
    }


def tool_schema(tool: str) -> dict[str, Any]:
    """What validate-pyproject asks its plugins for."""
    return schema()


def _property(option: Option) -> dict[str, Any]:
    default = {} if option.kind in TABLES else option.default
    found = {**_KINDS[option.kind], "description": option.help}
    found["default"] = list(default) if isinstance(default, tuple) else default
    if option.choices:
        found["enum"] = list(option.choices)
    return found
