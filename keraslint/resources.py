"""The files of `rules/`, from the installed package or from a checkout."""

from __future__ import annotations

import sys
from functools import lru_cache
from importlib.resources import files
from pathlib import Path


@lru_cache(maxsize=None)
def rules_dir():
    """The folder `rules/`. Raises RuntimeError if the installation has lost it."""
    inside = files("keraslint").joinpath("rules")
    if inside.is_dir():
        return inside
    checkout = Path(__file__).resolve().parent.parent / "rules"
    if checkout.is_dir():
        return checkout
    raise RuntimeError("keraslint: its rules/ folder is missing from this installation; install it again")


def rules_file(name: str):
    """One file of `rules/`, by its path with slashes."""
    found = rules_dir()
    for part in name.split("/"):
        found = found.joinpath(part)
    return found


def toml_loads(text: str) -> dict:
    """Parse TOML."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads(text)
