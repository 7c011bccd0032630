"""`keraslint config`: the settings in force for a path, and where each came from."""

from __future__ import annotations

import argparse
import os
from typing import Any

from ..config import OPTIONS, TABLES, Settings
from . import CLEAN, UsageError
from .options import add_config_options, add_target_options, settings_in_force


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "path", nargs="?", default=".", metavar="PATH", help="a file or folder (default: this folder)"
    )
    parser.add_argument(
        "--schema", action="store_true", help="print the JSON schema of the settings, and stop"
    )
    add_target_options(parser)
    add_config_options(parser)


def run(args: argparse.Namespace) -> int:
    if args.schema:
        import json

        from ..schema import schema

        print(json.dumps(schema(), indent=2))
        return CLEAN
    if not os.path.exists(args.path):
        raise UsageError(f"{args.path}: no such file or folder")
    print_settings(settings_in_force(args.path, args))
    return CLEAN


def print_settings(settings: Settings) -> None:
    """The options as they would stand in a file, where each came from, and what `auto` comes to."""
    from ..targets import backend_targets, keras_targets

    print(f"# root: {settings.root}")
    for option in OPTIONS.values():
        value = getattr(settings, option.field)
        written = "{}" if option.kind in TABLES and not value else _toml(value)
        print(f"{option.name} = {written}  # {settings.sources.get(option.name, 'default')}")
    for name, answer in (("keras", keras_targets(settings)), ("backend", backend_targets(settings))):
        print(f"# {name} in force: {', '.join(answer.values)} ({answer.why})")


def _toml(value: Any) -> str:
    import json

    if isinstance(value, tuple) and value and isinstance(value[0], tuple):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_toml(each)}" for key, each in value) + " }"
    return json.dumps(value, ensure_ascii=False)
