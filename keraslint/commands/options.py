"""The options that several commands share, and the settings that they come to."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..config import OPTIONS, Settings, settings_for
from . import UsageError


def add_target_options(parser: argparse.ArgumentParser) -> None:
    targets = parser.add_argument_group("targets")
    targets.add_argument("--keras", action="append", metavar="VERSIONS", help=OPTIONS["keras"].help)
    targets.add_argument("--backend", action="append", metavar="NAMES", help=OPTIONS["backend"].help)
    targets.add_argument("--library", action="append", metavar="FOLDER", help=OPTIONS["library"].help)


def add_config_options(parser: argparse.ArgumentParser) -> None:
    files = parser.add_argument_group("settings")
    files.add_argument("--config", metavar="FILE", help="the configuration file to use, whatever lies closer")
    files.add_argument("--isolated", action="store_true", help="use no configuration file")


def add_shape_option(parser: argparse.ArgumentParser) -> None:
    shapes = ("text", "json")
    parser.add_argument(
        "--output-format", dest="shape", choices=shapes, default="text", help="for people or programs"
    )


def add_color_option(parser: Any) -> None:
    parser.add_argument(
        "--color", choices=("auto", "always", "never"), default="auto", help="when to use colour"
    )


def settings_in_force(path: str, args: argparse.Namespace) -> Settings:
    """The settings in force for a path, with the command line's options over them. Raises ConfigError."""
    overrides = {}
    for option in OPTIONS.values():
        value = getattr(args, option.field, None)
        if value is not None:
            overrides[option.name] = _READ.get(option.name, lambda value: value)(value)
    return settings_for(path, overrides, args.config, args.isolated)


def _split(values: Iterable[str]) -> Iterator[str]:
    return (part.strip() for value in values for part in value.split(",") if part.strip())


def _from_here(pattern: str) -> str:
    """A pattern of the command line is relative to the current folder, one of a file to the file's."""
    return os.path.abspath(pattern) if "/" in pattern.rstrip("/") else pattern


def _per_file_ignores(values: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for value in values:
        pattern, colon, codes = value.rpartition(":")
        if not colon or not pattern:
            raise UsageError(
                f"--per-file-ignores: {value!r} is not PATTERN:CODES, as in tests/*:KER101,KER102"
            )
        found.setdefault(_from_here(pattern), []).extend(_split([codes]))
    return found


# How the command line's values of an option are read where they are not just taken.
_READ: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(
        (
            "select",
            "ignore",
            "extend-select",
            "extend-ignore",
            "fixable",
            "unfixable",
            "extend-safe-fixes",
            "extend-unsafe-fixes",
        ),
        lambda values: list(_split(values)),
    ),
    **dict.fromkeys(
        ("exclude", "extend-exclude"), lambda values: [_from_here(each) for each in _split(values)]
    ),
    "per-file-ignores": _per_file_ignores,
    "library": lambda values: [os.path.abspath(each) for each in values],
    "baseline": os.path.abspath,
    "cache-dir": os.path.abspath,
}
